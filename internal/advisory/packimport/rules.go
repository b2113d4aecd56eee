package packimport

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"entente/internal/advisory"
	"entente/internal/attack"
	"entente/internal/sigma"
	"entente/internal/stix"
)

// ruleFile is a file of rules that is to stand in the pack.
type ruleFile struct {
	where string // in the source
	path  string // in the pack
	docs  []string
	tag   bool // its tags make TTPs
}

// Limits of rules.
const (
	maxRuleFile  = 2 << 20  // bytes of a file
	maxRuleBytes = 40 << 20 // of all files
	maxDocs      = 200      // documents of a file
	maxAllDocs   = 10_000   // of all files
)

// addRuleFile takes in a file of Sigma documents. What does not load is found out when all are there, because rules may need
// each other.
// where is its place in the source, source the name that it had there.
func (d *draft) addRuleFile(where, source, body string) *ruleFile {
	if d.names == nil {
		d.names = names{}
	}
	switch {
	case len(body) > maxRuleFile:
		d.remark(where, "the rules are longer than %d MiB: they are left out", maxRuleFile>>20)
		return nil
	case len(d.rules) >= maxRules:
		d.remark(where, "the file is beyond the first %d of rules", maxRules)
		return nil
	case d.ruleDocs >= maxAllDocs:
		d.remark(where, "there are %d rules before it already: it is left out", d.ruleDocs)
		return nil
	case d.ruleBytes+len(body) > maxRuleBytes:
		d.remark(where, "the rules before it are %d MiB already: it is left out", maxRuleBytes>>20)
		return nil
	}
	docs := advisory.SplitRules(strings.ToValidUTF8(body, "\uFFFD"))
	if len(docs) == 0 {
		d.remark(where, "there is no rule in it")
		return nil
	}
	if len(docs) > maxDocs {
		d.remark(where, "the file has %d documents: those beyond the first %d are left out", len(docs), maxDocs)
		docs = docs[:maxDocs]
	}
	d.ruleBytes += len(body)
	d.ruleDocs += len(docs)
	docs = slices.DeleteFunc(docs, func(doc string) bool {
		err := advisory.CheckRuleText([]byte(doc))
		if err != nil {
			d.remark(where, "the rule %q is left out: %s", titleOf(doc), err)
		}
		return err != nil
	})
	if len(docs) == 0 {
		return nil
	}
	for i, doc := range docs {
		docs[i] = d.withID(where, doc)
	}
	f := &ruleFile{where: where, path: d.names.rulePath(source), docs: docs, tag: true}
	d.rules = append(d.rules, f)
	return f
}

// withID gives a rule or correlation without an id one that is made of its text.
func (d *draft) withID(where, doc string) string {
	id, kind := identity(doc)
	if id != "" || kind == "" || strings.HasPrefix(strings.TrimSpace(doc), "{") {
		return doc
	}
	id = stix.UUIDv5("rule", doc)
	d.remark(where, "the %s %q has no id: it gets %s", kind, titleOf(doc), id)
	// Comments may stand before the document's first key; the new one may as well stand before them.
	return "id: " + id + "\n" + doc
}

// identity reads a document's id and what it is: rule, correlation, filter, or "".
func identity(doc string) (id, kind string) {
	var root yaml.Node
	if yaml.Unmarshal([]byte(doc), &root) != nil || len(root.Content) != 1 || root.Content[0].Kind != yaml.MappingNode {
		return "", ""
	}
	for i := 0; i+1 < len(root.Content[0].Content); i += 2 {
		k, v := root.Content[0].Content[i], root.Content[0].Content[i+1]
		switch k.Value {
		case "id":
			id = strings.ToLower(strings.TrimSpace(v.Value))
		case "detection":
			if kind == "" {
				kind = "rule"
			}
		case "correlation", "filter":
			kind = k.Value
		case "action": // collections of Sigma 1: documents that are no rules by themselves
			return id, "action"
		}
	}
	if kind == "action" {
		return id, ""
	}
	return id, kind
}

// compileRules loads all rules together, leaves out what does not load, and writes the files with tests that say that there
// are none.
func (d *draft) compileRules(files map[string][]byte) *sigma.Collection {
	var c *sigma.Collection
	const rounds = 8
	for round := range rounds + 2 { // what rests on a rule that was left out goes with it
		in := make([]sigma.File, 0, len(d.rules))
		at := map[string]*ruleFile{}
		for _, f := range d.rules {
			in = append(in, sigma.File{Name: f.path, Data: []byte(advisory.JoinRules(f.docs))})
			at[f.path] = f
		}
		c = sigma.ParseFiles(sigma.Options{}, in...)
		drop := map[*ruleFile]map[int]bool{}
		if round == rounds { // whoever builds such towers may lose them
			d.dropCorrelations(drop)
		}
		for _, p := range c.Problems {
			f := at[p.File]
			if p.Warning || f == nil {
				continue
			}
			i := f.docAt(p.Line)
			if drop[f] == nil {
				drop[f] = map[int]bool{}
			}
			if p.Line == 0 { // it is about the whole file
				for k := range f.docs {
					drop[f][k] = true
				}
			}
			if !drop[f][i] || p.Line == 0 {
				drop[f][i] = true
				d.remark(f.where, "the rule %q does not load and is left out: %s", titleOf(f.docs[i]), p.Reason)
			}
		}
		if len(drop) == 0 {
			break
		}
		for f, which := range drop {
			var kept []string
			for i, doc := range f.docs {
				if !which[i] {
					kept = append(kept, doc)
				}
			}
			f.docs = kept
		}
		d.rules = slices.DeleteFunc(d.rules, func(f *ruleFile) bool { return len(f.docs) == 0 })
	}
	for _, f := range d.rules {
		files[f.path] = []byte(advisory.JoinRules(f.docs))
	}
	d.writeTests(c, files)
	return c
}

// dropCorrelations marks all correlations.
func (d *draft) dropCorrelations(drop map[*ruleFile]map[int]bool) {
	for _, f := range d.rules {
		for i, doc := range f.docs {
			if _, kind := identity(doc); kind == "correlation" {
				if drop[f] == nil {
					drop[f] = map[int]bool{}
				}
				drop[f][i] = true
				d.remark(f.where, "the correlation %q is left out: too many rest on others that do not load", titleOf(doc))
			}
		}
	}
}

// titleOf is a document's title.
func titleOf(doc string) string {
	for l := range strings.Lines(doc) {
		if t, ok := strings.CutPrefix(l, "title:"); ok {
			return strings.Trim(strings.TrimSpace(t), `'"`)
		}
	}
	return "without title"
}

// docAt is the document that a line of the file, counted from 1, is of.
func (f *ruleFile) docAt(line int) int {
	n := 1
	for i, doc := range f.docs {
		n += strings.Count(doc, "\n") + 1 // and the marker behind it
		if line < n {
			return i
		}
	}
	return len(f.docs) - 1
}

// noTests stands in the files of tests that an import makes: `pack check` reports them until somebody writes cases.
const noTests = `# The source of this import has no tests for the rule. A pack's rule has two positive cases and three negative ones at
# least; until they stand here, "entente pack check" says that they are missing.
rule: %s
positive: []
negative: []
`

// writeTests writes an empty test for each rule that can be tested: those that only feed correlations are tested by these.
func (d *draft) writeTests(c *sigma.Collection, files map[string][]byte) {
	quiet := quietRules(c)
	used := names{}
	n := 0
	put := func(m *sigma.Meta) {
		if m.ID == "" || quiet[m.ID] != "" || files[m.File] == nil || len(files) >= 4900 {
			return
		}
		stem := strings.TrimSuffix(strings.TrimPrefix(m.File, "rules/"), ".yml")
		folder := "tests"
		if i := strings.LastIndexByte(stem, '/'); i >= 0 {
			folder, stem = "tests/"+stem[:i], stem[i+1:]
		}
		files[used.free(folder, stem)] = fmt.Appendf(nil, noTests, m.ID)
		n++
	}
	for _, co := range c.Correlations {
		put(&co.Meta)
	}
	for _, r := range c.Rules {
		put(&r.Meta)
	}
	if n > 0 {
		d.remark("tests", "the source has none: %d rules have an empty one, which `entente pack check` reports", n)
	}
}

// quietRules says of rules that only feed a correlation which it is, by id.
func quietRules(c *sigma.Collection) map[string]string {
	out := map[string]string{}
	loud := map[string]bool{}
	for _, co := range c.Correlations {
		for _, ref := range co.Rules {
			rules, sub := c.Resolve(ref)
			var ids []string
			for _, r := range rules {
				ids = append(ids, r.ID)
			}
			if sub != nil {
				ids = append(ids, sub.ID)
			}
			for _, id := range ids {
				if co.Generate {
					loud[id] = true
				} else {
					out[id] = co.ID
				}
			}
		}
	}
	for id := range loud {
		delete(out, id)
	}
	return out
}

// tagTTPs makes TTPs of the tags of rules, and ties both together.
func (d *draft) tagTTPs(c *sigma.Collection) {
	if c == nil {
		return
	}
	byPath := map[string]*ruleFile{}
	for _, f := range d.rules {
		byPath[f.path] = f
	}
	quiet := quietRules(c)
	found := map[string][]string{} // titles of rules by technique
	tie := func(m *sigma.Meta) {
		f := byPath[m.File]
		if f == nil || !f.tag || m.ID == "" {
			return
		}
		id := m.ID
		for range 8 {
			if up := quiet[id]; up != "" {
				id = up
			}
		}
		techniques, tactics := d.facts.Resolve(m.Tags)
		if len(techniques) == 0 {
			d.remark(f.where, "the rule %q has no tag of an ATT&CK technique: no TTP names it", m.Title)
		}
		for _, tag := range techniques {
			t := d.byTTP[tag.ID]
			if t == nil {
				t = d.byNow[tag.ID] // rules have today's ids, and a source may have those of its time
			}
			known := t != nil
			if t == nil {
				if t = d.ttp(f.where, tag.ID); t == nil {
					continue
				}
			}
			if !slices.Contains(t.Detections, id) {
				t.Detections = append(t.Detections, id)
			}
			if known && found[t.ID] == nil {
				continue // the source says more of it than its tags
			}
			found[t.ID] = append(found[t.ID], m.Title)
			for _, short := range tactics {
				if tag.Object != nil && slices.ContainsFunc(tag.Object.Latest().Tactics, func(o *attack.Object) bool { return o.Short == short }) {
					d.tactic(f.where, t, short)
				}
			}
		}
	}
	for _, co := range c.Correlations {
		tie(&co.Meta)
	}
	for _, r := range c.Rules {
		tie(&r.Meta)
	}
	for id, titles := range found {
		t := d.byTTP[id]
		d.facts.SortTactics(t.Tactics)
		if t.Procedure != "" {
			continue
		}
		const most = 5
		list := "“" + strings.Join(titles[:min(len(titles), most)], "”, “") + "”"
		if len(titles) > most {
			list += fmt.Sprintf(" and %d more", len(titles)-most)
		}
		t.Procedure = oneLine("The source has rules and no description. They find: " + list + ".")
		d.supply("the source has no procedure for a technique: the titles of the rules that name it are supplied")
	}
	have := map[string]bool{}
	for _, co := range c.Correlations {
		have[co.ID] = true
	}
	for _, r := range c.Rules {
		have[r.ID] = true
	}
	for _, t := range d.ttps {
		t.Detections = slices.DeleteFunc(t.Detections, func(id string) bool { return !have[id] })
	}
}
