package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"entente/internal/hunt"
)

// doubts counts the findings that carry a caveat, and the caveats by their texts: the first maxDoubts of them.
type doubts struct {
	findings int64
	texts    map[string]int64
	more     bool // there are other texts
}

const maxDoubts = 256

func (d *doubts) add(f *hunt.Finding) {
	if len(f.Caveats) == 0 {
		return
	}
	n := weight(f)
	d.findings += n
	text := caveatOf(f)
	if _, known := d.texts[text]; !known {
		if len(d.texts) >= maxDoubts {
			d.more = true
			return
		}
		if d.texts == nil {
			d.texts = map[string]int64{}
		}
		text = strings.Clone(text)
	}
	d.texts[text] += n
}

// caveatOf is all that is unsure about a finding, in one text.
func caveatOf(f *hunt.Finding) string { return clipBytes(strings.Join(f.Caveats, "; "), maxTopText) }

// besides says how many findings carry a caveat beside those that shown lists with theirs, and names the most frequent
// that is not among these; "" where there are none.
func (d *doubts) besides(shown []*topFinding) string {
	n, seen := d.findings, map[string]bool{}
	for _, e := range shown {
		n -= e.doubtful
		seen[e.caveat] = e.doubtful > 0
	}
	if n <= 0 {
		return ""
	}
	texts := slices.SortedFunc(maps.Keys(d.texts), func(a, b string) int {
		return cmp.Or(cmp.Compare(d.texts[b], d.texts[a]), strings.Compare(a, b))
	})
	first := texts[0]
	if i := slices.IndexFunc(texts, func(s string) bool { return !seen[s] }); i >= 0 {
		first = texts[i]
	}
	noun, verb := " findings", " carry"
	if n == 1 {
		noun, verb = " finding", " carries"
	}
	if n < d.findings {
		noun = " more" + noun
	}
	text := thousands(n) + noun + verb + " a caveat"
	if len(texts) > 1 || d.more {
		text += ", such as"
	}
	return text + ": " + visible(first)
}
