package packimport

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"entente/internal/advisory"
	"entente/internal/stix"
)

// csafFile is what an import reads of a CSAF 2.0 document.
type csafFile struct {
	Document struct {
		Category     text `json:"category"`
		Title        text `json:"title"`
		Distribution struct {
			Text text `json:"text"`
			TLP  struct {
				Label text `json:"label"`
			} `json:"tlp"`
		} `json:"distribution"`
		Notes     []json.RawMessage `json:"notes"`
		Publisher struct {
			Name      text `json:"name"`
			Namespace text `json:"namespace"`
		} `json:"publisher"`
		References []json.RawMessage `json:"references"`
		Tracking   struct {
			ID      text `json:"id"`
			Initial text `json:"initial_release_date"`
			Current text `json:"current_release_date"`
			Version text `json:"version"`
		} `json:"tracking"`
	} `json:"document"`
	ProductTree     json.RawMessage   `json:"product_tree"`
	Vulnerabilities []json.RawMessage `json:"vulnerabilities"`
}

type csafNote struct {
	Category text `json:"category"`
	Title    text `json:"title"`
	Text     text `json:"text"`
}

type csafReference struct {
	Summary text `json:"summary"`
	URL     text `json:"url"`
}

type csafVulnerability struct {
	CVE          text              `json:"cve"`
	Title        text              `json:"title"`
	References   []json.RawMessage `json:"references"`
	Remediations []json.RawMessage `json:"remediations"`
}

type csafRemediation struct {
	Category text `json:"category"`
	Details  text `json:"details"`
	URL      text `json:"url"`
}

// attackTitle is a note whose title begins with the id of a technique.
var attackTitle = regexp.MustCompile(`^(T\d{4}(?:\.\d{3})?)\b(?:.*\(([^()]*)\)$)?`)

// readCSAF makes a manifest of a document: notes become the description, remediations mitigations. A note whose title begins
// with the id of a technique becomes a TTP, as exports write them.
func (d *draft) readCSAF(data []byte) error {
	var f csafFile
	if err := json.Unmarshal(data, &f); err != nil {
		return fmt.Errorf("this is no CSAF document: %w", err)
	}
	doc := &f.Document
	if doc.Title == "" && doc.Tracking.ID == "" {
		return errors.New("the document has neither a title nor an id")
	}
	d.m.Title = string(doc.Title)
	d.m.ID = slug(string(doc.Tracking.ID), 64, '-')
	d.m.Version = csafVersion(string(doc.Tracking.Version))
	d.m.Issued, d.m.Modified = date(string(doc.Tracking.Initial)), date(string(doc.Tracking.Current))
	if name := oneLine(string(doc.Publisher.Name)); name != "" {
		is := advisory.Issuer{Name: clip(name, maxLine), Role: "publisher"}
		if ns := oneLine(string(doc.Publisher.Namespace)); webAddress(ns) {
			is.URL = ns
		}
		d.m.Issuers = append(d.m.Issuers, is)
	}
	d.mark(string(doc.Distribution.TLP.Label))
	d.csafHandling(string(doc.Distribution.Text), string(doc.Distribution.TLP.Label))
	bad := func(where string) func(int, error) {
		return func(i int, err error) { d.remark(fmt.Sprintf("%s %d", where, i+1), "it cannot be read: %s", err) }
	}
	each(doc.Notes, bad("note"), d.csafNote)
	each(doc.References, bad("reference"), func(r csafReference) { d.reference(string(r.Summary), string(r.URL)) })
	var cves []string
	each(f.Vulnerabilities, bad("vulnerability"), func(v csafVulnerability) {
		name := oneLine(string(v.CVE))
		if name == "" {
			name = oneLine(string(v.Title))
		}
		if name != "" && len(cves) < 1000 {
			line := "- " + name
			if t := oneLine(string(v.Title)); t != "" && t != name {
				line += ": " + t
			}
			cves = append(cves, line)
			d.remark(name, "the vulnerability is named in the description; its products, scores and status are left out")
		}
		each(v.References, bad(name+" reference"), func(r csafReference) { d.reference(string(r.Summary), string(r.URL)) })
		each(v.Remediations, bad(name+" remediation"), func(r csafRemediation) { d.csafRemediation(name, r) })
	})
	d.section("Vulnerabilities", strings.Join(cves, "\n"))
	if len(f.ProductTree) > 0 && string(f.ProductTree) != "null" {
		d.remark("product_tree", "a pack has no place for products")
	}
	return nil
}

// csafHandling takes in a label of TLP 2.0 that the words of a distribution name. CSAF 2.0 has no AMBER+STRICT: documents
// that mean it say RED in the label.
func (d *draft) csafHandling(words, label string) {
	if strings.Contains(strings.ToUpper(words), "TLP:AMBER+STRICT") && strings.EqualFold(label, "RED") {
		d.tlp = "amber+strict"
		return
	}
	for w := range strings.FieldsSeq(strings.ToLower(words)) {
		if l, ok := stix.TLPLabel(strings.Trim(w, ".,;:()")); ok && strings.HasPrefix(w, "tlp:") {
			d.mark(l)
		}
	}
}

func (d *draft) csafNote(n csafNote) {
	title := oneLine(string(n.Title))
	if m := attackTitle.FindStringSubmatch(title); m != nil {
		if t := d.ttp(title, m[1]); t != nil {
			procedure(t, string(n.Text))
			for name := range strings.SplitSeq(m[2], ",") {
				if _, ok := d.facts.Tactic(strings.TrimSpace(name)); ok {
					d.tactic(title, t, name)
				}
			}
			return
		}
	}
	switch {
	case n.Category == "summary" && d.m.Summary == "":
		d.m.Summary = oneLine(string(n.Text))
	case n.Category == "description" && d.m.Description == "":
		d.m.Description = tidy(string(n.Text))
	case n.Category == "legal_disclaimer":
		d.remark("note", "the legal disclaimer %q is left out: %s", title, n.Text)
	default:
		if rest, ok := strings.CutPrefix(title, "Mitigation: "); ok {
			d.mitigation(title, advisory.Mitigation{Title: rest, Text: string(n.Text), D3FEND: []string{}})
			return
		}
		d.section(title, string(n.Text))
	}
}

func (d *draft) csafRemediation(cve string, r csafRemediation) {
	body := tidy(string(r.Details))
	if body == "" {
		return
	}
	for i := range d.mitigations {
		if d.mitigations[i].Text == body {
			return
		}
	}
	kind := strings.ReplaceAll(oneLine(string(r.Category)), "_", " ")
	if kind == "" {
		kind = "remediation"
	}
	d.mitigation(cve, advisory.Mitigation{Title: clip(cve+": "+kind, 200), Text: body, D3FEND: []string{}})
	if r.URL != "" {
		d.reference(cve+": "+kind, string(r.URL))
	}
}

// csafVersion makes a semantic version of a whole number, the other kind that CSAF knows.
func csafVersion(s string) string {
	s = strings.TrimSpace(s)
	if s != "" && len(s) < 9 && strings.Trim(s, "0123456789") == "" {
		if s = strings.TrimLeft(s, "0"); s == "" {
			s = "0"
		}
		return s + ".0.0"
	}
	return s
}
