package advisory

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// ruleDoc is one document of rules/ as it was written.
type ruleDoc struct {
	file string
	line int // in the file, of the document's first line
	node *yaml.Node
	id   string
	name string
}

// ruleDocs reads the documents of rules/ as they are written. Files that cannot be read are left out: the loader of the
// rules says what is wrong with them.
func (p *Pack) ruleDocs() []*ruleDoc {
	var out []*ruleDoc
	for _, f := range p.Files() {
		if !strings.HasPrefix(f, rulesDir) {
			continue
		}
		l, err := yaml.NewLoader(bytes.NewReader(p.File(f)), yaml.WithPlugin(depthLimit{}))
		if err != nil {
			continue
		}
		for {
			var n yaml.Node
			if l.Load(&n) != nil { // the end, or what the loader cannot go on behind
				break
			}
			if n.Kind != yaml.DocumentNode || len(n.Content) != 1 || n.Content[0].Kind != yaml.MappingNode {
				continue
			}
			d := &ruleDoc{file: f, line: n.Content[0].Line, node: n.Content[0]}
			if id := child(d.node, "id"); id != nil {
				d.id = strings.ToLower(id.Value)
			}
			if name := child(d.node, "name"); name != nil {
				d.name = name.Value
			}
			out = append(out, d)
		}
	}
	return out
}

// title is what messages call the document.
func (d *ruleDoc) title() string {
	for _, key := range []string{"title", "name", "id"} {
		if n := child(d.node, key); n != nil {
			return n.Value
		}
	}
	return ""
}

// kind is what the document is: rule, filter or correlation.
func (d *ruleDoc) kind() string {
	for _, k := range []string{"correlation", "filter"} {
		if child(d.node, k) != nil {
			return k
		}
	}
	return "rule"
}

// documents checks how rules are written: plainly, and one a file, or a correlation with what it counts.
func (c *checker) documents(docs []*ruleDoc) {
	byFile := map[string][]*ruleDoc{}
	var order []string
	for _, d := range docs {
		if len(byFile[d.file]) == 0 {
			order = append(order, d.file)
		}
		byFile[d.file] = append(byFile[d.file], d)
		if !c.selectsDoc(d) {
			continue
		}
		bad := func(line int, format string, args ...any) {
			c.add(Problem{Kind: KindRule, File: d.file, Line: line, Rule: d.title(), Reason: fmt.Sprintf(format, args...)})
		}
		if err := checkYAML(d.node, 0); err != nil {
			line := d.line
			if ye, ok := errors.AsType[*yamlError](err); ok {
				line = ye.line
			}
			// Reading the pack has said it of files that are checked.
			said := func(p Problem) bool { return p.File == d.file && p.Line == line && p.Reason == err.Error() }
			if !slices.ContainsFunc(c.report.Problems, said) {
				bad(line, "%v", err)
			}
		}
		if a := child(d.node, "action"); a != nil {
			bad(a.Line, "action is of an older form of collections: write each rule out")
		}
		if d.kind() == "filter" {
			if d.title() == "" || !uuidForm.MatchString(d.id) {
				bad(d.line, "a filter has to have a title, and a UUID of its own as id")
			}
		}
	}
	for _, f := range order {
		list := byFile[f]
		correlations := 0
		for _, d := range list {
			if d.kind() == "correlation" {
				correlations++
			}
		}
		if len(list) > 1 && correlations == 0 && c.selectsDoc(list[0]) {
			c.add(Problem{Kind: KindRule, File: f, Line: list[1].line, Reason: "the file holds several documents and no correlation that counts them: one a file"})
		}
	}
}

// selectsDoc says that a document is to be checked.
func (c *checker) selectsDoc(d *ruleDoc) bool {
	if len(c.opts.Rules) == 0 {
		return true
	}
	if m := c.metas[d.id]; m != nil {
		return c.selects(m)
	}
	return c.selectsFile(d.file) // a filter, or a base rule without id
}
