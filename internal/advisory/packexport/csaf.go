package packexport

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"entente/internal/stix"
)

// The parts of a CSAF 2.0 document (section 3.2) that an export writes.
type (
	csafFile struct {
		Document        csafDocument        `json:"document"`
		ProductTree     *csafProducts       `json:"product_tree,omitempty"`
		Vulnerabilities []csafVulnerability `json:"vulnerabilities,omitempty"`
	}
	csafDocument struct {
		Category     string           `json:"category"`
		Version      string           `json:"csaf_version"`
		Distribution csafDistribution `json:"distribution"`
		Lang         string           `json:"lang"`
		Notes        []csafNote       `json:"notes"`
		Publisher    csafPublisher    `json:"publisher"`
		References   []csafReference  `json:"references,omitempty"`
		Title        string           `json:"title"`
		Tracking     csafTracking     `json:"tracking"`
	}
	csafDistribution struct {
		Text string  `json:"text"`
		TLP  csafTLP `json:"tlp"`
	}
	csafTLP struct {
		Label string `json:"label"`
		URL   string `json:"url"`
	}
	csafNote struct {
		Category string `json:"category"`
		Text     string `json:"text"`
		Title    string `json:"title,omitempty"`
	}
	csafPublisher struct {
		Category  string `json:"category"`
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	}
	csafReference struct {
		Category string `json:"category"`
		Summary  string `json:"summary"`
		URL      string `json:"url"`
	}
	csafTracking struct {
		Current   string         `json:"current_release_date"`
		Generator csafGenerator  `json:"generator"`
		ID        string         `json:"id"`
		Initial   string         `json:"initial_release_date"`
		History   []csafRevision `json:"revision_history"`
		Status    string         `json:"status"`
		Version   string         `json:"version"`
	}
	csafGenerator struct {
		Engine csafEngine `json:"engine"`
	}
	csafEngine struct {
		Name string `json:"name"`
	}
	csafRevision struct {
		Date    string `json:"date"`
		Number  string `json:"number"`
		Summary string `json:"summary"`
	}
	csafProducts struct {
		Names []csafProduct `json:"full_product_names"`
	}
	csafProduct struct {
		Name string `json:"name"`
		ID   string `json:"product_id"`
	}
	csafVulnerability struct {
		CVE    string     `json:"cve"`
		Notes  []csafNote `json:"notes"`
		Status csafStatus `json:"product_status"`
	}
	csafStatus struct {
		UnderInvestigation []string `json:"under_investigation"`
	}
)

// csafTLPs are the labels of TLP 1.0, all that CSAF 2.0 knows. AMBER+STRICT becomes the next stricter one, since AMBER of TLP
// 1.0 lets clients in.
var csafTLPs = map[string]string{"clear": "WHITE", "green": "GREEN", "amber": "AMBER", "amber+strict": "RED", "red": "RED"}

// writeCSAF writes a CSAF 2.0 document: an informational advisory, or a security advisory where the pack names CVEs
// (sections 4.3 and 4.4). TTPs and mitigations are notes. CSAF has no place for rules and indicators: rules are named, the
// rest is left out.
func (b *book) writeCSAF(w io.Writer) error {
	f := csafFile{Document: csafDocument{
		Category: "csaf_informational_advisory", Version: "2.0", Lang: "en", Title: firstOf(line(b.m.Title), b.m.ID, "unnamed"),
		Distribution: b.csafDistribution(), Publisher: b.csafPublisher(), Tracking: b.csafTracking(),
	}}
	d := &f.Document
	note := func(category, title, text string) {
		if text = strings.TrimSpace(clean(text)); text != "" {
			d.Notes = append(d.Notes, csafNote{category, text, line(title)})
		}
	}
	note("summary", "Summary", firstOf(b.m.Summary, b.m.Title, b.m.ID))
	note("description", "Description", b.m.Description)
	for _, t := range b.ttps {
		note("details", b.csafTitle(t), b.csafTTP(t))
	}
	for i := range b.p.Mitigations {
		m := &b.p.Mitigations[i]
		text := m.Text
		if ids := b.countermeasures(m); len(ids) > 0 {
			text += "\n\nSee " + strings.Join(ids, ", ") + "."
		}
		note("other", "Mitigation: "+m.Title, text)
	}
	note("legal_disclaimer", "Licence", b.m.License)
	for _, r := range b.m.References {
		if u, ok := webURL(r.URL); ok {
			d.References = append(d.References, csafReference{"external", firstOf(line(r.Title), u), u})
		} else {
			b.remark("references", "%q is no address of the web", r.URL)
		}
	}
	if len(d.References) == 0 { // the profile demands one
		d.References = []csafReference{{"external", "MITRE ATT&CK", "https://attack.mitre.org/"}}
	}
	b.csafVulnerabilities(&f)
	if n := len(b.files); n > 0 {
		b.remark("rules", "CSAF has no place for them: %s named, without text", plural(n, "rule file is", "rule files are"))
	}
	if n := len(b.p.Indicators); n > 0 {
		b.remark("indicators.yml", "CSAF has no place for them: %s left out", plural(n, "indicator is", "indicators are"))
	}
	b.remarkTests("CSAF")
	out, err := jsonText(f)
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

func (b *book) csafTitle(t *technique) string {
	names := make([]string, len(t.tactics))
	for i, s := range t.tactics {
		names[i] = b.tacticName(s)
	}
	title := t.id
	if t.name != t.id {
		title += " " + t.name
	}
	if len(names) > 0 {
		title += " (" + strings.Join(names, ", ") + ")"
	}
	return title
}

// csafTTP is a TTP in sentences.
func (b *book) csafTTP(t *technique) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	add("%s", t.Procedure)
	if len(t.Logs) > 0 {
		add("Logs that show it: %s.", strings.Join(t.Logs, "; "))
	}
	for _, f := range t.files {
		add("Detection: %s (Sigma rule %s, level %s).", f.main.Title, firstOf(f.main.ID, f.path), firstOf(f.main.Level, "not stated"))
	}
	if t.Undetectable != "" {
		add("No log can show it: %s", t.Undetectable)
	}
	for _, q := range t.Questions {
		add("Question: %s Look for: %s Where: %s", q.Ask, q.LookFor, q.Where)
	}
	var stops []string
	for _, id := range t.Mitigations {
		if m := b.mitigations[id]; m != nil {
			stops = append(stops, m.Title)
		}
	}
	if len(stops) > 0 {
		add("What stops it: %s.", strings.Join(stops, "; "))
	}
	return strings.Join(parts, "\n\n")
}

func (b *book) csafDistribution() csafDistribution {
	label := b.m.TLP
	old, ok := csafTLPs[label]
	if !ok {
		b.remark("tlp", "%q is no label of TLP 2.0: the document is marked RED", label)
		label, old = "red", "RED"
	}
	d := csafDistribution{Text: tlpName(label) + " (TLP 2.0).", TLP: csafTLP{old, "https://www.first.org/tlp/"}}
	if !strings.EqualFold(label, old) {
		d.Text += " CSAF 2.0 knows the labels of TLP 1.0 only: in these words, the document is " + old + "."
		b.remark("tlp", "CSAF 2.0 has no label %s: the document says %s, and the true label in words", tlpName(label), old)
	}
	return d
}

func (b *book) csafPublisher() csafPublisher {
	p := csafPublisher{Category: "other", Name: firstOf(b.m.ID, "unnamed")}
	order := []string{"publisher", "author", "source"}
	for _, role := range order {
		for _, is := range b.m.Issuers {
			if is.Role == role && is.Name != "" {
				p.Name = line(is.Name)
				p.Namespace, _ = webURL(is.URL)
				if p.Namespace == "" {
					p.Namespace = "urn:uuid:" + stix.UUIDv5("issuer", is.Name)
				}
				return p
			}
		}
	}
	p.Namespace = "urn:uuid:" + stix.UUIDv5("issuer", p.Name)
	return p
}

// csafTracking writes the version and its history. CSAF wants a revision for each major version (tests 6.1.14 to 6.1.22);
// of earlier ones a pack knows nothing but that they were.
func (b *book) csafTracking() csafTracking {
	version, major, pre := csafVersion(b.m.Version)
	t := csafTracking{
		ID: firstOf(line(b.m.ID), "unnamed"), Initial: b.issued(), Current: b.modified(), Status: "final", Version: version,
		Generator: csafGenerator{csafEngine{"Entente"}},
	}
	if major == 0 || pre {
		t.Status = "draft"
	}
	const most = 50
	for n := 1; n < major && n <= most; n++ {
		t.History = append(t.History, csafRevision{b.issued(), strconv.Itoa(n) + ".0.0", "An earlier edition, of which this document knows no more."})
	}
	number, _, _ := strings.Cut(version, "-")
	number, _, _ = strings.Cut(number, "+")
	summary := "This edition."
	// The history begins with the initial release: of an edition that can have had one before it with what that is called, else
	// it is this one, for numbers are there once and a final document has none below 1.0.0.
	switch first := strconv.Itoa(min(major, 1)) + ".0.0"; {
	case major > 1:
	case b.issued() == b.modified():
		summary = "First edition."
	case number != first:
		t.History = append(t.History, csafRevision{b.issued(), first, "First edition."})
	default:
		t.Initial = b.modified()
		summary = "First edition as a document. The advisory was issued on " + b.issued()[:len("2006-01-02")] + "."
	}
	if major > most+1 {
		b.remark("version", "%s has more major versions before it than a revision history lists", version)
	}
	t.History = append(t.History, csafRevision{b.modified(), number, summary})
	return t
}

// csafVersion takes a semantic version apart; what is none becomes a draft.
func csafVersion(s string) (version string, major int, pre bool) {
	core, _, _ := strings.Cut(s, "+")
	core, _, pre = strings.Cut(core, "-")
	parts := strings.Split(core, ".")
	for _, p := range parts {
		if !allDigits(p) || len(p) > 9 || len(p) > 1 && p[0] == '0' {
			return "0.0.0", 0, false
		}
	}
	if len(parts) != 3 {
		return "0.0.0", 0, false
	}
	major, _ = strconv.Atoi(parts[0]) // it has digits only
	return s, major, pre
}

// csafVulnerabilities adds the CVEs that rules name by tag. A pack does not say which products have them, and the profile
// wants a product with a status: it is one that stands for those the CVE's own record names, under investigation.
func (b *book) csafVulnerabilities(f *csafFile) {
	rules := map[string][]string{}
	var cves []string
	for _, rf := range b.files {
		for _, cve := range rf.cves {
			if rules[cve] == nil {
				cves = append(cves, cve)
			}
			rules[cve] = append(rules[cve], line(rf.main.Title))
		}
	}
	if len(cves) == 0 {
		return
	}
	slices.Sort(cves)
	f.Document.Category = "csaf_security_advisory"
	f.ProductTree = &csafProducts{}
	for _, cve := range cves {
		product := "products-of-" + cve
		f.ProductTree.Names = append(f.ProductTree.Names, csafProduct{"Products that the record of " + cve + " names", product})
		f.Vulnerabilities = append(f.Vulnerabilities, csafVulnerability{
			CVE: cve, Status: csafStatus{[]string{product}},
			Notes: []csafNote{{
				"general", "The pack has rules for traces of its exploitation: " + strings.Join(rules[cve], "; ") +
					". Which products are affected stands in the record of the CVE.", "Detections",
			}},
		})
	}
	b.remark("rules", "the products that have %s are not in the pack: the document names none and gives their status as under investigation",
		strings.Join(cves, ", "))
}
