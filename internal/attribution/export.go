package attribution

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/internal/stix"
)

// Refers are the identifiers of objects of STIX that the case is about and that are no parts of it: organisations, actors, findings,
// in order.
func (c *Case) Refers(most string) []string {
	own, out := map[string]bool{}, []string{}
	for _, p := range c.History {
		own[p.ID] = true
	}
	add := func(ids ...string) {
		for _, id := range ids {
			if id != "" && !own[id] {
				out = append(out, id)
			}
		}
	}
	for _, p := range c.History {
		if most != "" && !Within(p.TLP, most) {
			continue
		}
		add(p.Maker)
		switch b := p.Body.(type) {
		case *Evidence:
			add(b.About...)
		case *Hypothesis:
			add(b.ActorRef)
		case *Head, *GradeOf, *Cell, *Assumption, *Gap, *Judgement:
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Bundle is the case as a bundle of STIX: every version of every part, byte for byte as it was read, with what explains them, and
// a report that holds them together, which is by exporter. others are objects that it refers to. What is labelled more strictly than
// most ("" for no bound) is left out.
func (c *Case) Bundle(most, exporter string, others [][]byte) ([]byte, error) {
	var objects []json.RawMessage
	seen := map[string]bool{}
	add := func(raw []byte) error {
		o, err := stix.Parse(raw, stix.Limits{})
		if err != nil {
			return err
		}
		if key := o.ID + " " + o.Version().Text; !seen[key] {
			seen[key] = true
			objects = append(objects, raw)
		}
		return nil
	}
	first := Definitions()
	labels, refs := map[string]bool{}, []string{}
	var last time.Time
	label := ""
	var parts [][]byte
	for _, p := range c.History {
		if most != "" && !Within(p.TLP, most) {
			continue
		}
		raw := []byte(p.raw)
		if len(raw) == 0 {
			return nil, errors.New("a part was not read from anywhere")
		}
		if p.TLP != "" {
			labels[p.TLP] = true
			label = stix.Stricter(label, p.TLP)
		}
		if p.Modified.After(last) {
			last = p.Modified
		}
		refs, parts = append(refs, p.ID), append(parts, raw)
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("nothing of the case may be shown under TLP:%s", strings.ToUpper(most))
	}
	for _, l := range []string{"clear", "green", "amber", "amber+strict", "red"} {
		if labels[l] {
			first = append(first, marking(l))
		}
	}
	for _, list := range [][][]byte{first, others, parts} {
		for _, raw := range list {
			if err := add(raw); err != nil {
				return nil, err
			}
		}
	}
	for _, raw := range others {
		if o, err := stix.Parse(raw, stix.Limits{}); err == nil && o.Type != "marking-definition" && o.Type != "extension-definition" {
			refs = append(refs, o.ID)
		}
	}
	slices.Sort(refs)
	report := &object{
		Type: "report", SpecVersion: "2.1", ID: stix.ID("report", Format, c.ID, exporter, most), CreatedBy: exporter, Created: stamp(c.Created), Modified: stamp(last),
		Name: c.Title, Description: c.Question, ReportTypes: []string{"threat-actor"}, Published: stamp(last), Objects: slices.Compact(refs),
	}
	if id, ok := stix.TLPMarking(label); ok {
		report.Markings = []string{id}
	}
	raw, err := marshal(report)
	if err != nil {
		return nil, err
	}
	if err := add(raw); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"type":"bundle","id":%q,"objects":[`, stix.ID("bundle", Format, c.ID, exporter, most, stamp(last)))
	for n, o := range objects {
		if n > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(o)
	}
	b.WriteString("\n]}\n")
	return b.Bytes(), nil
}

// marking is the definition of a label of TLP 2.0.
func marking(label string) []byte {
	id, _ := stix.TLPMarking(label)
	return fmt.Appendf(nil, `{"type":"marking-definition","spec_version":"2.1","id":%q,"created":%q,"name":"TLP:%s","extensions":{%q:{"extension_type":"property-extension","tlp_2_0":%q}}}`,
		id, stix.TLPCreated, strings.ToUpper(label), stix.TLPExtension, label)
}

// Claim is something that members can stand for.
type Claim struct{ ID, Text string }

// StatementDraft is the content of a statement, as a case has it.
type StatementDraft struct {
	Title  string
	Claims []Claim // in order of id
	Text   string  // Markdown
}

// ErrStrict says that what is to be said is labelled too strictly for it.
var ErrStrict = errors.New("it is labelled too strictly for the statement")

// StatementDraft makes the content of a statement: a claim for each hypothesis that is named by its key, and one for its degree of state
// responsibility, since members may agree on the one and not on the other; and the assessment as its text. Without keys they are the
// hypotheses that the organisation which keeps the case judges to be more probable than not. How likely a claim is, is not in it: each
// member says that in its own position, on its own scale. Nothing labelled more strictly than most comes into it.
func (c *Case) StatementDraft(most string, keys []string, org func(string) string) (*StatementDraft, error) {
	if most == "" {
		most = "clear"
	}
	if len(keys) == 0 {
		for _, o := range c.Opinions {
			if m, ok := o.Likelihood.Middle(); ok && m > 0.5 && o.Member == "" && o.Maker == c.Maker {
				keys = append(keys, c.Names[o.Hypothesis])
			}
		}
		if len(keys) == 0 {
			return nil, fmt.Errorf("%s, which keeps the case, judges no hypothesis to be more probable than not: name those that the statement is to claim", org(c.Maker))
		}
	}
	d := &StatementDraft{Title: c.Title}
	if !c.Shown(most) {
		return nil, fmt.Errorf("the case itself: %w", ErrStrict)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", strings.Join(strings.Fields(c.Title), " "))
	for _, key := range keys {
		a, err := c.Answer(key)
		if err != nil {
			return nil, err
		}
		if !a.Shown(most) {
			return nil, fmt.Errorf("hypothesis %s: %w", a.Name, ErrStrict)
		}
		if slices.ContainsFunc(d.Claims, func(x Claim) bool { return x.ID == a.Name }) {
			continue
		}
		text := strings.TrimSpace(a.Text)
		d.Claims = append(d.Claims, Claim{a.Name, text})
		fmt.Fprintf(&b, "- %s\n", strings.Join(strings.Fields(text), " "))
		if a.Degree != "" {
			id := a.Name[:min(len(a.Name), 56)] + ".state"
			who := cmp.Or(a.Sponsor, "the state in question")
			said := fmt.Sprintf("The responsibility of %s is of the degree %s, step %d of 10.", who, strings.ReplaceAll(a.Degree, "-", " "), slices.Index(Degrees, a.Degree)+1)
			d.Claims = append(d.Claims, Claim{id, said})
			fmt.Fprintf(&b, "- %s\n", said)
		}
	}
	slices.SortFunc(d.Claims, func(x, y Claim) int { return cmp.Compare(x.ID, y.ID) })
	b.WriteByte('\n')
	b.WriteString(Text(c.Assessment(most, org)))
	d.Text = b.String()
	return d, nil
}
