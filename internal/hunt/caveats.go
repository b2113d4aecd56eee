package hunt

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxNamed bounds how many correlations a caveat names.
const maxNamed = 5

// correlationCaveats say what the correlations could not do, and which matches did not count for their time. capped are those that the budget has cost matches.
func (h *run) correlationCaveats(capped []*correlation, limit int) []Warning {
	var out []Warning
	say := func(format string, args ...any) {
		out = append(out, Warning{Offset: -1, Message: fmt.Sprintf(format, args...)})
	}
	if len(capped) > 0 {
		say("correlation windows reached %d matches at one time: the oldest were forgotten or their windows ended early, so that counts of %s are lower bounds",
			limit, named(capped))
	}
	order := slices.SortedFunc(maps.Keys(h.gaps), func(a, b gap) int { return cmp.Or(cmp.Compare(a.corr, b.corr), cmp.Compare(a.field, b.field)) })
	for i, g := range order {
		if i == maxGapCaveats {
			n := int64(0)
			for _, g := range order[i:] {
				n += h.gaps[g]
			}
			say("%s fields by which other correlations group: not counted there", lacking(n))
			break
		}
		d := h.plan.correlations[g.corr].doc
		say("%s the field %s, by which the correlation %q groups: not counted there", lacking(h.gaps[g]), d.GroupBy[g.field-1], d.Title)
	}
	if h.crowded > 0 {
		say("%s to more than %d groups of a correlation: counted in the first of them", matching(h.crowded, "belongs", "belong"), maxGroups)
	}
	if h.timeless > 0 {
		say("%s no time: not correlated", matching(h.timeless, "has", "have"))
	}
	return append(out, h.outdated.caveats()...)
}

// maxGapCaveats bounds the caveats about fields that matches lack.
const maxGapCaveats = 20

func lacking(n int64) string { return matching(n, "lacks", "lack") }

// matching is the beginning of a sentence about matches.
func matching(n int64, one, many string) string {
	if n == 1 {
		return "1 match " + one
	}
	return fmt.Sprintf("%d matches %s", n, many)
}

// named lists correlations by their titles.
func named(list []*correlation) string {
	var names []string
	for i, co := range list {
		if i == maxNamed {
			names = append(names, fmt.Sprintf("%d more", len(list)-i))
			break
		}
		names = append(names, fmt.Sprintf("%q", co.doc.Title))
	}
	return strings.Join(names, ", ")
}
