package attribution

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"entente/internal/coalition"
	"entente/internal/stix"
)

// random makes cases.
type random struct {
	*rand.Rand
	n     int
	parts []*Part
	id    string
	items []string
	hyps  []string
	// texts are those of parts, by label: each has a number that is in no other.
	texts map[string][]string
}

var makers = []string{stix.ID("identity", "A"), stix.ID("identity", "B"), stix.ID("identity", "C")}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (r *random) text(label string) string {
	r.n++
	t := fmt.Sprintf("t%06d %s %s", r.n, pick(r.Rand, []string{"it was.", "he said: very likely", "we are confident", "likely, with high confidence", "probably so!", "plain"}), "end")
	r.texts[label] = append(r.texts[label], t[:7])
	return t
}

func (r *random) add(tb testing.TB, maker string, b Body, id string) *Part {
	tb.Helper()
	r.n++
	at := time.Date(2021, 7, 19, 11, 0, 0, 0, time.UTC).Add(time.Duration(r.n) * time.Second)
	p := &Part{ID: id, Created: at, Modified: at, Maker: maker, Author: "x", TLP: pick(r.Rand, []string{"clear", "clear", "amber", ""}), Body: b}
	if b.Kind() == KindCase {
		p.TLP = "clear"
	}
	if id == "" {
		p.ID = stix.ID(typeOf(b.Kind()), fmt.Sprint(r.id, r.n))
	}
	label := p.TLP
	// Texts are made when the label is known.
	for _, t := range textsOf(b) {
		if *t == "" {
			*t = r.text(label)
		}
	}
	raw, err := p.Marshal()
	if err != nil {
		tb.Fatal(err)
	}
	if p, err = Read(raw); err != nil {
		tb.Fatal(err)
	}
	r.parts = append(r.parts, p)
	return p
}

func textsOf(b Body) []*string {
	switch b := b.(type) {
	case *Evidence:
		return []*string{&b.Text}
	case *Hypothesis:
		return []*string{&b.Text}
	case *Cell:
		return []*string{&b.Reason}
	case *GradeOf:
		return []*string{&b.Reason}
	case *Assumption:
		return []*string{&b.Text, &b.IfWrong}
	case *Gap:
		return []*string{&b.Text, &b.Would}
	case *Judgement:
		return []*string{&b.Reason, &b.Would}
	case *Head:
	}
	return nil
}

func (r *random) grade() Grade {
	return Grade{string(rune('A' + r.IntN(6))), string(rune('1' + r.IntN(6)))}
}

func (r *random) likelihood() Likelihood {
	if r.IntN(8) == 0 {
		return Likelihood{coalition.OwnWords, "as we see it"}
	}
	s := pick(r.Rand, coalition.Scales)
	return Likelihood{s.Name, pick(r.Rand, s.Terms).Name}
}

func newRandom(tb testing.TB, seed uint64) *random {
	tb.Helper()
	r := &random{Rand: rand.New(rand.NewPCG(seed, 1)), texts: map[string][]string{}}
	r.id = stix.ID("grouping", fmt.Sprint(seed))
	r.add(tb, makers[0], &Head{Key: "case", Title: "A case"}, r.id)
	for n := range 1 + r.IntN(5) {
		set := "actor"
		if r.IntN(5) == 0 {
			set = ""
		}
		p := r.add(tb, pick(r.Rand, makers), &Hypothesis{Case: r.id, Key: fmt.Sprintf("h%d", n), Stance: pick(r.Rand, Stances), Set: set, Degree: pick(r.Rand, Degrees)}, "")
		r.hyps = append(r.hyps, p.ID)
	}
	for n := range r.IntN(8) {
		p := r.add(tb, pick(r.Rand, makers), &Evidence{
			Case: r.id, Key: fmt.Sprintf("e%d", n), Item: pick(r.Rand, Items), Grade: r.grade(), Group: pick(r.Rand, []string{"", "g", "k"}),
			Observed: time.Date(2021, 3, 1+n, 0, 0, 0, 0, time.UTC),
		}, "")
		r.items = append(r.items, p.ID)
	}
	for range r.IntN(60) {
		r.say(tb)
	}
	return r
}

// say adds something that an organisation says of the parts.
func (r *random) say(tb testing.TB) {
	tb.Helper()
	maker, h := pick(r.Rand, makers), pick(r.Rand, r.hyps)
	if r.IntN(4) == 0 || len(r.items) == 0 {
		switch r.IntN(4) {
		case 0:
			r.add(tb, maker, &Assumption{Case: r.id, Key: fmt.Sprintf("a%d", r.n), Bears: []string{h}}, "")
		case 1:
			r.add(tb, maker, &Gap{Case: r.id, Key: fmt.Sprintf("g%d", r.n), Bears: []string{h}}, "")
		default:
			j := &Judgement{Case: r.id, Hypothesis: h, Likelihood: r.likelihood(), Confidence: Confidence{"icd-203", pick(r.Rand, []string{"low", "high"})}}
			if len(r.items) > 0 {
				j.LeansOn = []string{pick(r.Rand, r.items)}
			}
			if r.IntN(3) == 0 {
				j.Member = pick(r.Rand, []string{"Norway", "Bank of Confidence", "Likely Ltd."})
			}
			r.version(tb, maker, JudgementID(maker, j.Member, h), j)
		}
		return
	}
	e := pick(r.Rand, r.items)
	if r.IntN(6) == 0 {
		r.version(tb, maker, GradeID(maker, e), &GradeOf{Case: r.id, Evidence: e, Grade: r.grade()})
		return
	}
	r.version(tb, maker, CellID(maker, e, h), &Cell{Case: r.id, Evidence: e, Hypothesis: h, Rating: pick(r.Rand, Ratings)})
}

// version adds a part, or a version of the one that is there.
func (r *random) version(tb testing.TB, maker, id string, b Body) {
	tb.Helper()
	r.add(tb, maker, b, id)
}

func org(id string) string {
	if n := slices.Index(makers, id); n >= 0 {
		return []string{"Alpha", "Likely Corp", "Confidence Inc."}[n]
	}
	return id
}

// told is all that is told of a case, but for its history.
func told(tb testing.TB, c *Case) string {
	tb.Helper()
	d, err := c.Dossier("", org, nil)
	if err != nil {
		tb.Fatal(err)
	}
	d.Timeline, d.Unresolved, d.Changed = nil, 0, time.Time{}
	b, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

const seeds = 300

// The state of a case is one of the set of its parts.
func TestOrderChangesNothing(t *testing.T) {
	for seed := range uint64(seeds) {
		r := newRandom(t, seed)
		for range 3 { // two versions of one moment
			p := *pick(r.Rand, r.parts)
			p.Author = pick(r.Rand, []string{"a", "z"})
			raw, err := p.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			twin, err := Read(raw)
			if err != nil {
				t.Fatal(err)
			}
			r.parts = append(r.parts, twin)
		}
		want, err := Fold(r.parts, r.id).Dossier("", org, nil)
		if err != nil {
			t.Fatal(err)
		}
		shuffled := append(slices.Clone(r.parts), r.parts[:len(r.parts)/2]...)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		got, err := Fold(shuffled, r.id).Dossier("", org, nil)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(want)
		b, _ := json.Marshal(got)
		if string(a) != string(b) {
			t.Fatalf("seed %d:\n%s\n%s", seed, a, b)
		}
	}
}

// Ten reports of one source count once: another item of a group, with the same grade and ratings, changes no score.
func TestDuplicatesOfAGroupChangeNothing(t *testing.T) {
	copied := 0
	for seed := range uint64(seeds) {
		r := newRandom(t, seed)
		before := Fold(r.parts, r.id)
		for _, i := range before.Items {
			if i.Group == "" && i.Item != Similarity {
				continue
			}
			copied++
			twin := i.Evidence
			twin.Key, twin.Grade = "twin", i.Grade
			more := &random{Rand: r.Rand, n: 1_000_000, parts: slices.Clone(r.parts), id: r.id, texts: map[string][]string{}}
			id := more.add(t, before.Maker, &twin, "").ID
			for k, x := range before.Cells {
				if k.Evidence == i.ID {
					more.add(t, before.Maker, &Cell{Case: r.id, Evidence: id, Hypothesis: k.Hypothesis, Rating: x.Rating}, CellID(before.Maker, id, k.Hypothesis))
				}
			}
			after := Fold(more.parts, r.id)
			for _, set := range before.Sets() {
				if a, b := before.Matrix(set), after.Matrix(set); !slices.Equal(a.Scores, b.Scores) || len(b.Items) != len(a.Items)+1 {
					t.Fatalf("seed %d, twin of %s: %v, then %v", seed, i.Name, a.Scores, b.Scores)
				}
			}
		}
	}
	if copied == 0 {
		t.Fatal("no item had a group")
	}
}

// Withdrawing an item is as if it had never been added.
func TestWithdrawnIsNeverAdded(t *testing.T) {
	for seed := range uint64(seeds) {
		r := newRandom(t, seed)
		for _, id := range append(slices.Clone(r.items), r.hyps[1:]...) {
			var never []*Part
			var last *Part
			for _, p := range r.parts {
				if p.ID == id {
					last = p
				} else {
					never = append(never, p)
				}
			}
			gone := *last
			gone.Modified, gone.Withdrawn, gone.raw = gone.Modified.Add(time.Hour), true, "gone"
			c := Fold(append(slices.Clone(r.parts), &gone), r.id)
			if got, want := told(t, c), told(t, Fold(never, r.id)); got != want {
				t.Fatalf("seed %d:\n%s\n%s", seed, got, want)
			}
			if len(c.Withdrawn) != 1 || c.Withdrawn[0].ID != id {
				t.Fatalf("seed %d: it is not on record: %v", seed, c.Withdrawn)
			}
		}
	}
}

// A better grade of an item never costs a hypothesis with which the item is consistent: no other one passes it, or draws level from behind.
func TestBetterGradeNeverCostsItsHypothesis(t *testing.T) {
	raised := 0
	for seed := range uint64(seeds) {
		r := newRandom(t, seed)
		before := Fold(r.parts, r.id)
		for _, i := range before.Items {
			for _, better := range betterThan(i.Grade) {
				more := &random{Rand: r.Rand, n: 1_000_000, parts: slices.Clone(r.parts), id: r.id, texts: map[string][]string{}}
				more.add(t, before.Maker, &GradeOf{Case: r.id, Evidence: i.ID, Grade: better}, GradeID(before.Maker, i.ID))
				after := Fold(more.parts, r.id)
				for _, set := range before.Sets() {
					a, b := before.Matrix(set), after.Matrix(set)
					for h, id := range a.Hypotheses {
						if x := before.Cells[Cross{i.ID, id}]; x == nil || x.Rating.value() <= 0 {
							continue
						}
						raised++
						for o := range a.Hypotheses {
							if a.Scores[h].Against-a.Scores[o].Against < b.Scores[h].Against-b.Scores[o].Against {
								t.Fatalf("seed %d: %s from %s to %s costs %s: %v, then %v", seed, i.Name, i.Grade, better, before.Names[id], a.Scores, b.Scores)
							}
						}
						if b.Scores[h].Rank > a.Scores[h].Rank {
							t.Fatalf("seed %d: %s lost its place", seed, before.Names[id])
						}
					}
				}
			}
		}
	}
	if raised < 500 {
		t.Fatalf("only %d", raised)
	}
}

// betterThan are the grades one step better, in one of both.
func betterThan(g Grade) (out []Grade) {
	if r := g.Reliability[0]; r > 'A' && r < 'F' {
		out = append(out, Grade{string(rune(r - 1)), g.Credibility})
	}
	if c := g.Credibility[0]; c > '1' && c < '6' {
		out = append(out, Grade{g.Reliability, string(rune(c - 1))})
	}
	return out
}
