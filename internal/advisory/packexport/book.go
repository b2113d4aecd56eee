package packexport

import (
	"fmt"
	"slices"
	"strings"

	"entente/internal/advisory"
	"entente/internal/attack"
)

// book is a pack arranged for writing.
type book struct {
	p           *advisory.Pack
	m           *advisory.Manifest
	facts       *attack.Facts
	today       bool
	ttps        []*technique
	files       []*ruleFile // with rules or correlations, in order of name
	byRule      map[string]*ruleFile
	mitigations map[string]*advisory.Mitigation
	remarks     []advisory.Remark
}

// technique is a TTP with what the rest of the pack and ATT&CK say of it.
type technique struct {
	*advisory.TTP
	id, name string // as asked for: published or today's
	object   *attack.Object
	tactics  []string // short names in the order of the kill chain
	files    []*ruleFile
}

func newBook(p *advisory.Pack, o Options) *book {
	b := &book{p: p, m: &p.Manifest, facts: o.Facts, today: o.Today, mitigations: map[string]*advisory.Mitigation{}}
	for i := range p.Mitigations {
		b.mitigations[p.Mitigations[i].ID] = &p.Mitigations[i]
	}
	b.readRules()
	for i := range p.TTPs {
		t := &technique{TTP: &p.TTPs[i]}
		t.id = t.ID
		if b.today {
			t.id = t.Current()
		}
		t.name = t.id
		if object, ok := b.facts.Technique(t.id); ok {
			t.object, t.name = object, object.FullName()
		}
		t.tactics = slices.Clone(t.Tactics)
		b.facts.SortTactics(t.tactics)
		t.tactics = slices.Compact(t.tactics)
		for _, id := range t.Detections {
			f := b.byRule[strings.ToLower(id)]
			switch {
			case f == nil:
				b.remark(t.ID, "the pack has no rule %s", id)
			case !slices.Contains(t.files, f):
				t.files = append(t.files, f)
			}
		}
		b.ttps = append(b.ttps, t)
	}
	return b
}

func (b *book) remark(where, format string, args ...any) {
	b.remarks = append(b.remarks, advisory.Remark{Where: where, What: fmt.Sprintf(format, args...)})
}

// tacticName is how people write a tactic.
func (b *book) tacticName(short string) string {
	if o, ok := b.facts.Tactic(short); ok {
		return o.Name
	}
	return short
}

// column is a tactic with its techniques, in the order of the pack.
type column struct {
	Short, Name string
	techniques  []*technique
}

// columns are the tactics that the pack has, in the order of the kill chain. A technique stands in each of its own.
func (b *book) columns() []*column {
	var short []string
	for _, t := range b.ttps {
		short = append(short, t.tactics...)
		if len(t.tactics) == 0 {
			short = append(short, "")
		}
	}
	b.facts.SortTactics(short)
	var out []*column
	for _, s := range slices.Compact(short) {
		c := &column{Short: s, Name: b.tacticName(s)}
		if s == "" {
			c.Name = "Without a tactic"
		}
		for _, t := range b.ttps {
			if slices.Contains(t.tactics, s) || s == "" && len(t.tactics) == 0 {
				c.techniques = append(c.techniques, t)
			}
		}
		out = append(out, c)
	}
	return out
}

// counts are the figures that stand at the head of an advisory.
func (b *book) detected() (n int) {
	for _, t := range b.ttps {
		if len(t.files) > 0 {
			n++
		}
	}
	return n
}

// attackURL is the page of an id at attack.mitre.org; "" where ATT&CK has no such id.
func (b *book) attackURL(id string) string {
	if o, ok := b.facts.Lookup(id); ok {
		return o.URL()
	}
	return ""
}

// tests counts the tests, which no format carries over.
func (b *book) tests() (n int) {
	for i := range b.p.Tests {
		n += len(b.p.Tests[i].Positive) + len(b.p.Tests[i].Negative)
	}
	return n
}

func (b *book) remarkTests(format string) {
	if n := b.tests(); n > 0 {
		b.remark("tests", "%s has no place for them: %s left out", format, plural(n, "case is", "cases are"))
	}
}
