package score

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"entente/internal/attribution/rank"
)

// Sets of cases.
const (
	report   = "report"
	campaign = "campaign"
	joined   = "joined"
)

// What Joined leaves of profiles.
const (
	ownKept   = 0.5 // of what was observed, of the group that did it
	otherKept = 0.9 // of everything else
)

// Joined makes cases that are harder than reports, of reports: what two reports of a group say together, where only half of what
// the group's profile had of that is left in it, by chance, and nine tenths of everything else. A campaign is like that: more is seen of it than a report
// tells, and less of that was known before. Of each there is one with the group, and one without. Chance is a hash of ids, so that the
// same cases make the same ones. Rows without ids stay.
func Joined(corpus *rank.Corpus, cases []Case) []Case {
	of := map[string][]*Case{}
	var groups []string
	for i := range cases {
		c := &cases[i]
		if c.Set != report || len(c.Answer) != 1 {
			continue
		}
		if of[c.Answer[0]] == nil {
			groups = append(groups, c.Answer[0])
		}
		of[c.Answer[0]] = append(of[c.Answer[0]], c)
	}
	slices.Sort(groups)
	var out []Case
	for _, group := range groups {
		reports := of[group]
		slices.SortFunc(reports, func(a, b *Case) int { return strings.Compare(a.ID, b.ID) })
		for i := 1; i < len(reports); i++ {
			out = append(out, join(corpus, group, reports[i-1], reports[i])...)
		}
	}
	return out
}

func join(corpus *rank.Corpus, group string, a, b *Case) []Case {
	with := Case{
		ID: fmt.Sprintf("joined-%s-%s", a.ID, b.ID), Set: joined, Filter: "simulated", Techniques: slices.Concat(a.Techniques, b.Techniques),
		Software: slices.Concat(a.Software, b.Software), Answer: []string{group}, Drop: slices.Concat(a.Drop, b.Drop),
	}
	without := with
	without.ID += "-unknown"
	without.Answer, without.RemoveGroup = nil, group
	observed := with.Observed()
	for i := range corpus.Rows {
		r := &corpus.Rows[i]
		kept := otherKept
		if corpus.Groups[r.Group].ID == group && slices.Contains(observed, corpus.Features[r.Feature].ID) {
			kept = ownKept
		}
		if r.ID != "" && chance(with.ID, r.ID) >= kept {
			with.Drop = append(with.Drop, r.ID)
		}
	}
	without.Drop = with.Drop
	return []Case{with, without}
}

// chance is a number from 0 to 1 that two texts make.
func chance(a, b string) float64 {
	h := sha256.Sum256([]byte(a + "\x00" + b))
	return float64(binary.BigEndian.Uint64(h[:])>>11) / (1 << 53)
}
