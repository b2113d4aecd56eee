package coverage

import (
	"cmp"
	"slices"
	"strings"

	"entente/internal/advisory"
)

// Advice is a mitigation and why to take it.
type Advice struct {
	*advisory.Mitigation
	Pack *advisory.Pack
	// Stops are the TTPs that it stops and that were found, or all of them where nothing was asked for; in the order of
	// the pack.
	Stops []*TTP
	// Others is how many further TTPs of the pack it stops.
	Others int
}

// exploits are the techniques of which a flaw of a program is part; a fix takes it away from them.
var exploits = []string{"T1190", "T1203", "T1068", "T1210", "T1211", "T1212"}

// updateSoftware is the mitigation of ATT&CK that fixes flaws.
const updateSoftware = "M1051"

// fixes says that a flaw was tried, and that this mends it.
func (a *Advice) fixes() bool {
	return slices.Contains(a.Attack, updateSoftware) && slices.ContainsFunc(a.Stops, func(t *TTP) bool {
		return t.State == Found && slices.Contains(exploits, t.ID)
	})
}

// Advise orders the mitigations of the packs: those first that mend a flaw that was tried, for all else is in vain while it is
// open, then by how many of the TTPs that were found they stop, then by effort. With all
// they are ordered by how many TTPs they stop at all, and those that stop nothing that was found are there, too. A
// mitigation that several packs have, by its id, stands for each of them.
func (r *Report) Advise(all bool) []Advice {
	var out []Advice
	for i := range r.Packs {
		p := &r.Packs[i]
		for k := range p.Mitigations {
			a := Advice{Mitigation: &p.Mitigations[k], Pack: p.Pack}
			for n := range p.TTPs {
				t := &p.TTPs[n]
				switch {
				case !slices.Contains(t.Mitigations, a.ID):
				case t.State == Found || all:
					a.Stops = append(a.Stops, t)
				default:
					a.Others++
				}
			}
			if len(a.Stops) > 0 || all {
				out = append(out, a)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Advice) int {
		return cmp.Or(
			before(a.fixes(), b.fixes()), cmp.Compare(len(b.Stops), len(a.Stops)), cmp.Compare(effort(a.Effort), effort(b.Effort)), cmp.Compare(b.Others, a.Others),
			strings.Compare(a.ID, b.ID), strings.Compare(a.Pack.Manifest.ID, b.Pack.Manifest.ID),
		)
	})
	return out
}

// before orders what is so before what is not.
func before(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// Found is how many techniques were found; one that several packs have counts once.
func (r *Report) Found() int {
	found := map[string]bool{}
	for i := range r.Packs {
		for k := range r.Packs[i].TTPs {
			if t := &r.Packs[i].TTPs[k]; t.State == Found {
				found[t.ID] = true
			}
		}
	}
	return len(found)
}

// effort orders efforts; one that is not stated comes last.
func effort(s string) int {
	if i := slices.Index([]string{"low", "medium", "high"}, s); i >= 0 {
		return i
	}
	return 3
}
