package packexport

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"entente/internal/advisory"
	"entente/internal/sigma"
)

// ruleFile is a file of rules/ as one detection: a rule, or a correlation with the rules that it counts.
type ruleFile struct {
	path string
	docs []ruleDoc
	// borrowed are documents of other files without which this one finds something else: the rules that its correlations
	// count, and filters.
	borrowed []ruleDoc
	main     *sigma.Meta // of the correlation, or the first rule
	ids      []string    // of all rules and correlations
	stage    string
	cves     []string
}

// ruleDoc is a document of a file.
type ruleDoc struct {
	text    string
	id      string
	name    string
	counts  []string // rules that a correlation names
	filters []string // rules that a filter names
	filter  bool
}

// text is the file with what it borrows.
func (f *ruleFile) text() string {
	docs := make([]string, 0, len(f.docs)+len(f.borrowed))
	for _, d := range f.docs {
		docs = append(docs, d.text)
	}
	for _, d := range f.borrowed {
		docs = append(docs, d.text)
	}
	return advisory.JoinRules(docs)
}

// readRules arranges the files of rules/.
func (b *book) readRules() {
	b.byRule = map[string]*ruleFile{}
	byPath := map[string]*ruleFile{}
	var filters []ruleDoc
	known := map[string]ruleDoc{}
	for _, name := range b.p.Files() {
		if !strings.HasPrefix(name, "rules/") {
			continue
		}
		f := &ruleFile{path: name}
		for _, text := range advisory.SplitRules(string(b.p.File(name))) {
			d := readDoc(text)
			f.docs = append(f.docs, d)
			if d.filter {
				filters = append(filters, d)
				continue
			}
			for _, key := range []string{d.id, d.name} {
				if _, taken := known[key]; key != "" && !taken {
					known[key] = d
				}
			}
		}
		byPath[name] = f
	}
	add := func(m *sigma.Meta) {
		f := byPath[m.File]
		if f == nil || m.ID == "" && m.Title == "" {
			return // a rule that was made of an indicator, or the events of a legacy aggregation
		}
		if f.main == nil {
			f.main = m
		}
		if m.ID != "" {
			f.ids = append(f.ids, m.ID)
			b.byRule[m.ID] = f
		}
		for _, tag := range m.Tags {
			if stage, ok := strings.CutPrefix(tag, advisory.StageTag); ok && f.stage == "" {
				f.stage = stage
			}
			if cve, ok := cveOfTag(tag); ok && !slices.Contains(f.cves, cve) {
				f.cves = append(f.cves, cve)
			}
		}
	}
	if rules := b.p.Rules; rules != nil {
		for _, c := range rules.Correlations { // a correlation is what its file is about
			add(&c.Meta)
		}
		for _, r := range rules.Rules {
			add(&r.Meta)
		}
	}
	for _, name := range b.p.Files() {
		f := byPath[name]
		switch {
		case f == nil:
		case f.main != nil:
			f.borrow(known, filters)
			b.files = append(b.files, f)
		case slices.ContainsFunc(f.docs, func(d ruleDoc) bool { return !d.filter }):
			b.remark(name, "the rule does not load and is left out")
		}
	}
}

// readDoc reads what ties documents together. What is wrong with a document is for `pack check` to say.
func readDoc(text string) ruleDoc {
	d := ruleDoc{text: text}
	var root yaml.Node
	if yaml.Unmarshal([]byte(text), &root) != nil || len(root.Content) != 1 {
		return d
	}
	doc := root.Content[0]
	d.id = strings.ToLower(strings.TrimSpace(scalar(member(doc, "id"))))
	d.name = scalar(member(doc, "name"))
	d.counts = scalars(member(member(doc, "correlation"), "rules"))
	if f := member(doc, "filter"); f != nil {
		d.filter, d.filters = true, scalars(member(f, "rules"))
	}
	return d
}

func member(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func scalar(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

func scalars(n *yaml.Node) []string {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	var out []string
	for _, c := range n.Content {
		if s := scalar(c); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// borrow looks for the documents of other files that f needs.
func (f *ruleFile) borrow(known map[string]ruleDoc, filters []ruleDoc) {
	have := map[string]bool{} // by text
	for _, d := range f.docs {
		have[d.text] = true
	}
	queue := slices.Clone(f.docs)
	for len(queue) > 0 {
		d := queue[0]
		queue = queue[1:]
		var need []ruleDoc
		for _, ref := range d.counts {
			if k, ok := known[strings.ToLower(ref)]; ok {
				need = append(need, k)
			} else if k, ok := known[ref]; ok {
				need = append(need, k)
			}
		}
		if !d.filter {
			for _, fd := range filters {
				if slices.ContainsFunc(fd.filters, d.isCalled) {
					need = append(need, fd)
				}
			}
		}
		for _, n := range need {
			if !have[n.text] {
				have[n.text] = true
				f.borrowed = append(f.borrowed, n)
				queue = append(queue, n)
			}
		}
	}
}

// isCalled says that a filter means d when it says ref.
func (d ruleDoc) isCalled(ref string) bool {
	return ref == "any" || ref != "" && (strings.EqualFold(ref, d.id) || ref == d.name)
}

// cveOfTag reads a tag of the namespace cve: cve.2021-26855, cve.2021.26855 or cve.cve-2021-26855.
func cveOfTag(tag string) (string, bool) {
	rest, ok := strings.CutPrefix(strings.ToLower(tag), "cve.")
	if !ok {
		return "", false
	}
	id := "CVE-" + strings.ReplaceAll(strings.TrimPrefix(rest, "cve-"), ".", "-")
	return id, validCVE(id)
}

// validCVE says that s is a CVE id as CSAF 2.0 wants it: CVE-YYYY-NNNN and more digits.
func validCVE(s string) bool {
	year, number, _ := strings.Cut(strings.TrimPrefix(s, "CVE-"), "-")
	return strings.HasPrefix(s, "CVE-") && len(year) == 4 && allDigits(year) && len(number) >= 4 && len(number) <= 12 && allDigits(number)
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
