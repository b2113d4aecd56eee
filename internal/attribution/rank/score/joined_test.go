package score

import (
	"fmt"
	"slices"
	"testing"

	"entente/internal/attribution/rank"
)

// Of three reports of one group two pairs are made, each with the group and without; what others and campaigns say makes none.
// About half of what was observed goes from the group's profile, and about a tenth of everything else.
func TestJoined(t *testing.T) {
	corpus := &rank.Corpus{}
	var seen []string
	for g, group := range []string{"G0001", "G0002"} {
		corpus.Groups = append(corpus.Groups, rank.Group{ID: group})
		for f := range 1000 {
			if g == 0 {
				corpus.Features = append(corpus.Features, rank.Feature{ID: fmt.Sprintf("T%04d", f)})
			}
			corpus.Rows = append(corpus.Rows, rank.Row{ID: fmt.Sprintf("r-%d-%d", g, f), Group: g, Feature: f})
		}
	}
	for f := range 500 {
		seen = append(seen, corpus.Features[f].ID)
	}
	cases := []Case{
		{ID: "c", Set: report, Techniques: seen[:100], Answer: []string{"G0001"}, Drop: []string{"r-0-900"}},
		{ID: "a", Set: report, Techniques: seen[100:], Answer: []string{"G0001"}},
		{ID: "b", Set: report, Techniques: seen, Answer: []string{"G0001"}},
		{ID: "d", Set: report, Techniques: seen, Answer: []string{"G0002"}},
		{ID: "e", Set: campaign, Techniques: seen, Answer: []string{"G0002"}},
		{ID: "a-unknown", Set: report, Techniques: seen, RemoveGroup: "G0001"},
	}
	got := Joined(corpus, cases)
	var ids []string
	for i := range got {
		c := &got[i]
		ids = append(ids, c.ID)
		var own, other float64
		for i := range corpus.Rows {
			switch r := &corpus.Rows[i]; {
			case !slices.Contains(c.Drop, r.ID):
			case r.Group == 0 && r.Feature < 500:
				own++
			default:
				other++
			}
		}
		if own < 200 || own > 300 || other < 100 || other > 200 {
			t.Errorf("%s: %v of 500 rows and %v of the other 1500 are dropped", c.ID, own, other)
		}
		if known := i%2 == 0; known != (len(c.Answer) == 1) || known != (c.RemoveGroup == "") {
			t.Errorf("%s: answer %q, removed %q", c.ID, c.Answer, c.RemoveGroup)
		}
	}
	if want := []string{"joined-a-b", "joined-a-b-unknown", "joined-b-c", "joined-b-c-unknown"}; !slices.Equal(ids, want) {
		t.Errorf("%q, want %q", ids, want)
	}
	if !slices.Contains(got[2].Drop, "r-0-900") {
		t.Error("what a report drops is not dropped")
	}
	slices.Reverse(cases)
	if again := Joined(corpus, cases); !slices.EqualFunc(got, again, func(a, b Case) bool { return a.ID == b.ID && slices.Equal(a.Drop, b.Drop) }) {
		t.Error("another order makes other cases")
	}
}
