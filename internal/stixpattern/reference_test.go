package stixpattern

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// The reference evaluates observation expressions by writing down every binding that there is: which observations, at which
// times of a grid of half seconds. It shares nothing with the solver but the tree.

type seen struct {
	obs, copy int
	at        int // in half seconds
}

type reference struct {
	data []Observed
	left int // bindings that may still be made
}

var epoch = time.Date(2021, 7, 19, 0, 0, 0, 0, time.UTC)

func halves(t time.Time) int { return int(t.Sub(epoch) / (time.Second / 2)) }

func (r *reference) bindings(o Observation) [][]seen {
	switch o := o.(type) {
	case *Bracket:
		var out [][]seen
		for i, d := range r.data {
			if !referenceHolds(o.Expr, d) {
				continue
			}
			for c := range int(d.Count) {
				for at := halves(d.First); at <= halves(d.Last); at++ {
					out = append(out, []seen{{i, c, at}})
				}
			}
		}
		return out
	case *Join:
		out := r.bindings(o.List[0])
		for _, k := range o.List[1:] {
			right := r.bindings(k)
			if o.Op == JoinOr {
				out = append(out, right...)
				continue
			}
			out = r.product(out, right, o.Op == FollowedBy)
		}
		return out
	case *Qualified:
		out := r.bindings(o.Of)
		for _, q := range o.Qualifiers {
			switch q.Kind {
			case Repeats:
				all := out
				for range q.Times - 1 {
					out = r.product(out, all, false)
				}
			case Within:
				out = keep(out, func(b []seen) bool {
					first, last := span(b)
					return time.Duration(last-first)*(time.Second/2) < q.Window
				})
			case StartStop:
				out = keep(out, func(b []seen) bool {
					first, last := span(b)
					return first >= halves(q.Start) && last < halves(q.Stop)
				})
			}
		}
		return out
	}
	return nil
}

func (r *reference) product(left, right [][]seen, ordered bool) [][]seen {
	var out [][]seen
	for _, a := range left {
		for _, b := range right {
			if r.left--; r.left < 0 {
				return nil
			}
			_, lastA := span(a)
			firstB, _ := span(b)
			if ordered && lastA > firstB || share2(a, b) {
				continue
			}
			out = append(out, append(append([]seen{}, a...), b...))
		}
	}
	return out
}

func share2(a, b []seen) bool {
	for _, x := range a {
		for _, y := range b {
			if x.obs == y.obs && x.copy == y.copy {
				return true
			}
		}
	}
	return false
}

func span(b []seen) (first, last int) {
	first, last = b[0].at, b[0].at
	for _, s := range b {
		first, last = min(first, s.at), max(last, s.at)
	}
	return first, last
}

func keep(list [][]seen, ok func([]seen) bool) [][]seen {
	var out [][]seen
	for _, b := range list {
		if ok(b) {
			out = append(out, b)
		}
	}
	return out
}

// referenceHolds knows comparisons of the form a:x = 1, for one object per observation.
func referenceHolds(c Comparison, d Observed) bool {
	switch c := c.(type) {
	case *Test:
		o := d.Objects["0"]
		return o["type"] == c.Path.Type && fmt.Sprint(o["x"]) == c.Values[0].Text
	case *Bool:
		for _, k := range c.List {
			if referenceHolds(k, d) != c.And {
				return !c.And
			}
		}
		return c.And
	}
	return false
}

func randomData(r *rand.Rand) []Observed {
	n := r.IntN(5)
	data := make([]Observed, n)
	for i := range data {
		first := r.IntN(5)
		last := first
		if r.IntN(3) == 0 {
			last += r.IntN(4)
		}
		data[i] = Observed{
			ID:    fmt.Sprint("o", i),
			First: epoch.Add(time.Duration(first) * time.Second), Last: epoch.Add(time.Duration(last) * time.Second),
			Count:   1 + int64(r.IntN(5)/4),
			Objects: map[string]map[string]any{"0": {"type": string(rune('a' + r.IntN(2))), "x": string(rune('0' + r.IntN(2)))}},
		}
	}
	return data
}

func randomPattern(r *rand.Rand, leaves int) string {
	if leaves == 1 {
		list := []string{"[a:x = '0']", "[a:x = '1']", "[b:x = '0']", "[a:x = '0' OR a:x = '1']", "[a:x = '0' OR b:x = '0']", "[b:x = '0' OR b:x = '1']"}
		return list[r.IntN(len(list))] + randomQualifiers(r, 6)
	}
	cut := 1 + r.IntN(leaves-1)
	op := []string{" AND ", " OR ", " FOLLOWEDBY ", " FOLLOWEDBY ", " AND "}[r.IntN(5)]
	return "(" + randomPattern(r, cut) + op + randomPattern(r, leaves-cut) + ")" + randomQualifiers(r, 3)
}

func randomQualifiers(r *rand.Rand, rare int) string {
	var b strings.Builder
	for _, k := range r.Perm(3) {
		if r.IntN(rare) != 0 {
			continue
		}
		switch k {
		case 0:
			fmt.Fprintf(&b, " WITHIN %d SECONDS", 1+r.IntN(4))
		case 1:
			if r.IntN(2) == 0 {
				b.WriteString(" REPEATS 2 TIMES")
			}
		case 2:
			x := r.IntN(4)
			fmt.Fprintf(&b, " START t'2021-07-19T00:00:0%dZ' STOP t'2021-07-19T00:00:0%dZ'", x, x+1+r.IntN(4))
		}
	}
	return b.String()
}

// One pattern in many is too large for the reference, none for the solver.
func TestMatchAgainstReference(t *testing.T) {
	r := rand.New(rand.NewPCG(20210719, 1))
	rounds := 30_000
	if testing.Short() {
		rounds = 3_000
	}
	matched, skipped := 0, 0
	for i := range rounds {
		if compareWithReference(t, r, &matched, &skipped); t.Failed() {
			t.Fatalf("round %d", i)
		}
	}
	if matched < rounds/20 || matched > rounds*19/20 || skipped > rounds/5 {
		t.Errorf("%d of %d matched, %d were skipped: this compares too little", matched, rounds, skipped)
	}
}

func compareWithReference(t *testing.T, r *rand.Rand, matched, skipped *int) {
	t.Helper()
	data := randomData(r)
	text := randomPattern(r, 1+r.IntN(4))
	p, err := Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	ref := reference{data: data, left: 300_000}
	want := len(ref.bindings(p.Root)) > 0
	if ref.left < 0 {
		*skipped++
		return
	}
	got, err := p.Match(data, Limits{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if got.Matched != want {
		t.Errorf("%s over %s: got %v, the reference says %v", text, describeData(data), got.Matched, want)
	}
	if !got.Matched {
		return
	}
	*matched++
	// What was bound must be there, and must be enough by itself.
	used := map[int]int64{}
	for _, b := range got.Bindings {
		used[b.Observed] += b.Count
	}
	var only []Observed
	for i, n := range used {
		d := data[i]
		if n > d.Count {
			t.Errorf("%s over %s: observation %d is used %d times", text, describeData(data), i, n)
		}
		d.Count = n
		only = append(only, d)
	}
	ref = reference{data: only, left: 1_000_000}
	if len(ref.bindings(p.Root)) == 0 && ref.left >= 0 {
		t.Errorf("%s over %s: the bindings %v are not enough", text, describeData(data), got.Bindings)
	}
}

func describeData(data []Observed) string {
	var b strings.Builder
	for _, d := range data {
		fmt.Fprintf(&b, " [%v:%v %d..%d ×%d]", d.Objects["0"]["type"], d.Objects["0"]["x"], halves(d.First)/2, halves(d.Last)/2, d.Count)
	}
	return b.String()
}
