package taxonomy

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"entente/internal/sigma"
)

// Table is the taxonomy: bindings, and what is knowingly not served. Use [Load].
type Table struct {
	list     []*Binding
	byName   map[string]int // into list, while it is built
	unserved []unserved
	products map[string]bool
	served   sync.Map // of [Table.For]: sigma.LogSource to []*Binding
}

type unserved struct {
	source sigma.LogSource
	reason string
}

// finish closes the gaps that switched-off bindings left.
func (t *Table) finish() {
	t.list = slices.DeleteFunc(t.list, func(b *Binding) bool { return b == nil })
	t.byName = nil
	t.products = map[string]bool{}
	for _, b := range t.list {
		for _, s := range b.Serves {
			t.products[s.Product] = true
		}
	}
}

// Bindings returns all bindings: the built-in ones by file and place, then the user's. The list is the caller's, the
// bindings are not.
func (t *Table) Bindings() []*Binding { return slices.Clone(t.list) }

// For returns the bindings that serve a rule of logsource ls, in the order of [Table.Bindings]. A part of ls that is
// empty matches anything; one that is set must equal the binding's part, without case. So a rule for Linux never
// gets a binding of Windows, and a rule for any webserver gets them all.
//
// A binding is left out where another one is both more general and selects all its records: a rule for
// `product: windows` runs once on every record of Windows, under the record's own names, and not once more for each
// category. Bindings of a user's file may still overlap; a hunt reports a record once per rule.
//
// The list is the table's.
func (t *Table) For(ls sigma.LogSource) []*Binding {
	if known, ok := t.served.Load(ls); ok {
		return known.([]*Binding)
	}
	out := slices.Clip(t.serving(lowered(ls)))
	t.served.Store(ls, out)
	return out
}

func (t *Table) serving(ls sigma.LogSource) []*Binding {
	if ls == (sigma.LogSource{}) {
		return nil // see Unserved
	}
	var out []*Binding
	for _, b := range t.list {
		if b.serves(ls) {
			out = append(out, b)
		}
	}
	if len(out) < 2 {
		return out
	}
	all := out
	return slices.DeleteFunc(slices.Clone(out), func(b *Binding) bool {
		return slices.ContainsFunc(all, func(e *Binding) bool {
			return e != b && e.moreGeneral(b, ls) && e.Match.covers(&b.Match)
		})
	})
}

// moreGeneral says that b serves ls under a logsource that is a true generalisation of every one under which other does.
func (b *Binding) moreGeneral(other *Binding, ls sigma.LogSource) bool {
	for _, s := range other.Serves {
		if !asks(ls, s) {
			continue
		}
		if !slices.ContainsFunc(b.Serves, func(g sigma.LogSource) bool { return asks(ls, g) && g != s && asks(g, s) }) {
			return false
		}
	}
	return true
}

// serves says that one of the binding's logsources is what the rule asks for. ls is in lower case.
func (b *Binding) serves(ls sigma.LogSource) bool {
	if b.Narrow && ls.Category == "" && ls.Service == "" {
		return false
	}
	return slices.ContainsFunc(b.Serves, func(s sigma.LogSource) bool { return asks(ls, s) })
}

// asks says that every part of rule that is set equals the part of served.
func asks(rule, served sigma.LogSource) bool {
	return part(rule.Product, served.Product) && part(rule.Category, served.Category) &&
		part(rule.Service, served.Service)
}

func part(rule, served string) bool { return rule == "" || rule == served }

func lowered(ls sigma.LogSource) sigma.LogSource {
	return sigma.LogSource{
		Product:  strings.ToLower(ls.Product),
		Category: strings.ToLower(ls.Category),
		Service:  strings.ToLower(ls.Service),
	}
}

// Unserved says why no binding serves a rule of logsource ls, or "" where one does.
func (t *Table) Unserved(ls sigma.LogSource) string {
	ls = lowered(ls)
	if ls == (sigma.LogSource{}) {
		return "the rule names no logsource"
	}
	if slices.ContainsFunc(t.list, func(b *Binding) bool { return b.serves(ls) }) {
		return ""
	}
	for _, u := range t.unserved {
		if asks(u.source, ls) {
			return u.reason
		}
	}
	switch {
	case ls.Product != "" && !t.products[ls.Product]:
		return fmt.Sprintf("no reader yields logs for product: %s; a user mapping can bind it (see docs/formats/taxonomy.md)",
			ls.Product)
	default:
		return fmt.Sprintf("no log that is read here is bound to %s; a user mapping can bind it (see docs/formats/taxonomy.md)",
			Describe(ls))
	}
}

// Describe writes a logsource as its rule does, on one line: product: windows, service: security.
func Describe(ls sigma.LogSource) string {
	var parts []string
	for _, p := range [...][2]string{{"product", ls.Product}, {"category", ls.Category}, {"service", ls.Service}} {
		if p[1] != "" {
			parts = append(parts, p[0]+": "+p[1])
		}
	}
	return strings.Join(parts, ", ")
}
