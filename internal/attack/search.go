package attack

import (
	"cmp"
	"slices"
	"strings"
)

// Named returns the objects that are called so: by name, full name or another name, without regard to case, blanks,
// dashes, dots and underscores. Those in force come first.
func (f *Facts) Named(name string) []*Object {
	want := plain(name)
	if want == "" {
		return nil
	}
	var out []*Object
	for _, o := range f.objects {
		if plain(o.Name) == want || o.Parent != nil && plain(o.FullName()) == want || o.Kind == Tactic && plain(o.Short) == want ||
			slices.ContainsFunc(o.Aliases, func(a string) bool { return plain(a) == want }) {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b *Object) int { return cmp.Compare(a.Status, b.Status) })
	return out
}

// plain is a name as people type it: lower case without what separates words.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '_', '.', ':', '/', '(', ')', '’', '\'':
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// Search returns the objects whose id or names hold all words of text, without regard to case, the best first: those
// in force before revoked and deprecated ones, whole names before beginnings before the rest.
func (f *Facts) Search(text string) []*Object {
	words := strings.Fields(strings.ToLower(text))
	if len(words) == 0 {
		return nil
	}
	type hit struct {
		o    *Object
		rank int
	}
	var hits []hit
	for _, o := range f.objects {
		if r, ok := match(o, words); ok {
			hits = append(hits, hit{o, r + 10*int(o.Status)})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.rank, b.rank) })
	out := make([]*Object, len(hits))
	for i, h := range hits {
		out[i] = h.o
	}
	return out
}

func match(o *Object, words []string) (rank int, ok bool) {
	whole := strings.Join(words, " ")
	rank = 9
	for _, name := range append([]string{o.ID, o.Name, o.FullName(), o.Short}, o.Aliases...) {
		name = strings.ToLower(name)
		switch {
		case name == whole:
			return 0, true
		case strings.HasPrefix(name, whole):
			rank = min(rank, 1)
		case strings.Contains(name, whole):
			rank = min(rank, 2)
		case holdsAll(name, words):
			rank = min(rank, 3)
		}
	}
	return rank, rank < 9
}

func holdsAll(s string, words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(s, w) })
}
