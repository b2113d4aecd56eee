package attribution

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// small is a case of two hypotheses and one item, kept by the first maker.
func small(t *testing.T) (r *random, e, h1, h2 string) {
	t.Helper()
	r = newRandom(t, 1)
	r.parts, r.n = nil, 0
	r.add(t, makers[0], &Head{Key: "case", Title: "A case"}, r.id)
	h1 = r.add(t, makers[0], &Hypothesis{Case: r.id, Key: "h1", Stance: ByActor, Set: "actor"}, "").ID
	h2 = r.add(t, makers[0], &Hypothesis{Case: r.id, Key: "h2", Stance: ByActor, Set: "actor"}, "").ID
	e = r.add(t, makers[1], &Evidence{Case: r.id, Key: "e1", Item: "finding", Grade: Grade{"A", "1"}}, "").ID
	return r, e, h1, h2
}

func TestWhoseWordCounts(t *testing.T) {
	r, e, h1, _ := small(t)
	state := func() (Grade, Rating, bool) {
		c := Fold(r.parts, r.id)
		x := c.Cells[Cross{e, h1}]
		if x == nil {
			x = &Crossing{}
		}
		return c.Items[0].Grade, x.Rating, x.Contested
	}
	for _, step := range []struct {
		maker     int
		grade     string
		rating    Rating
		wantGrade string
		want      Rating
		contested bool
	}{
		{1, "B2", VeryConsistent, "B2", VeryConsistent, false}, // its maker has another view of it now
		{2, "C3", Consistent, "C3", Consistent, false},         // others say less: the less counts
		{1, "A1", VeryConsistent, "C3", Consistent, false},
		{2, "D4", Inconsistent, "D4", Neutral, true}, // they are on different sides
		{0, "A2", VeryInconsistent, "A2", VeryInconsistent, true},
		{0, "B3", Neutral, "B3", Neutral, true}, // the keeper's later word
		{2, "E5", NotApplicable, "B3", Neutral, false},
	} {
		g, err := ReadGrade(step.grade)
		if err != nil {
			t.Fatal(err)
		}
		m := makers[step.maker]
		r.add(t, m, &GradeOf{Case: r.id, Evidence: e, Grade: g}, GradeID(m, e))
		r.add(t, m, &Cell{Case: r.id, Evidence: e, Hypothesis: h1, Rating: step.rating}, CellID(m, e, h1))
		if g, x, contested := state(); g.String() != step.wantGrade || x != step.want || contested != step.contested {
			t.Errorf("%+v: %s, %s, %v", step, g, x, contested)
		}
	}
}

// Nothing is overwritten: a judgement that changes leaves the one before it, with who said it and why it changed.
func TestJudgementsKeepWhatTheyWere(t *testing.T) {
	r, _, h1, _ := small(t)
	words := []string{"unlikely", "likely", "very likely"}
	for n, w := range words {
		p := r.add(t, makers[1], &Judgement{Case: r.id, Hypothesis: h1, Likelihood: Likelihood{"icd-203", w}}, JudgementID(makers[1], "", h1))
		p.Author, p.Change = fmt.Sprint("analyst ", n), fmt.Sprint("reason ", n)
	}
	c := Fold(r.parts, r.id)
	if len(c.Opinions) != 1 || c.Opinions[0].Versions != 3 {
		t.Fatalf("%+v", c.Opinions)
	}
	o := c.Opinions[0]
	for n, w := range slices.Backward(words) {
		if o == nil || o.Likelihood.Term != w || o.Author != fmt.Sprint("analyst ", n) || o.Change != fmt.Sprint("reason ", n) {
			t.Fatalf("%d: %+v", n, o)
		}
		o = o.Previous
	}
	texts := ""
	for _, m := range c.Timeline("") {
		if m.What == Judged {
			texts += m.Text + "; " + m.Reason + "\n"
		}
	}
	if want := "unlikely (ICD 203, 20–45 %); reason 0\nunlikely (ICD 203, 20–45 %) → likely (ICD 203, 55–80 %); reason 1\nlikely (ICD 203, 55–80 %) → very likely (ICD 203, 80–95 %); reason 2\n"; texts != want {
		t.Errorf("%s", texts)
	}
	// What another has recorded of a member stands behind what the member says itself.
	r.add(t, makers[0], &Judgement{Case: r.id, Hypothesis: h1, Member: makers[1], Likelihood: Likelihood{"icd-203", "almost certain"}}, "")
	if c = Fold(r.parts, r.id); len(c.Opinions) != 1 || c.Opinions[0].Likelihood.Term != "very likely" {
		t.Errorf("%+v", c.Opinions)
	}
}

// What was withdrawn stays so, and what is said anew gets an identifier of its own.
func TestAfterWithdrawal(t *testing.T) {
	r, e, h1, _ := small(t)
	b := &Cell{Case: r.id, Evidence: e, Hypothesis: h1, Rating: Consistent}
	if before, id := Fold(r.parts, r.id).Own(makers[0], b); before != nil || id != CellID(makers[0], e, h1) {
		t.Fatal(before, id)
	}
	p := r.add(t, makers[0], b, CellID(makers[0], e, h1))
	if before, id := Fold(r.parts, r.id).Own(makers[0], b); before != p || id != p.ID {
		t.Fatal(before, id)
	}
	gone := *p
	gone.Modified, gone.Withdrawn, gone.raw = p.Modified.Add(time.Second), true, "gone"
	r.parts = append(r.parts, &gone)
	if before, id := Fold(r.parts, r.id).Own(makers[0], b); before != nil || id != "" {
		t.Fatal(before, id)
	}
	if x := Fold(r.parts, r.id).Cells[Cross{e, h1}]; x != nil {
		t.Error(x)
	}
}

// Of two parts with one key, made on two nodes, the later one has another name, whichever comes first.
func TestTwoPartsOfOneKey(t *testing.T) {
	r, _, h1, _ := small(t)
	twin := r.add(t, makers[2], &Hypothesis{Case: r.id, Key: "h1", Stance: ByActor}, "").ID
	slices.Reverse(r.parts)
	c := Fold(r.parts, r.id)
	a, err := c.Answer("h1")
	if err != nil || a.ID != h1 || c.Names[twin] == "h1" || checkKey(c.Names[twin]) != nil {
		t.Errorf("%v, %v, %v", a, err, c.Names)
	}
	if b, err := c.Answer(c.Names[twin]); err != nil || b.ID != twin {
		t.Error(b, err)
	}
}

func TestFoldWithoutHead(t *testing.T) {
	r, _, _, _ := small(t)
	if c := Fold(r.parts[1:], r.id); c != nil {
		t.Error(c)
	}
	if list := Cases(append(r.parts, newRandom(t, 2).parts...)); len(list) != 2 {
		t.Error(list)
	}
}

func TestWeights(t *testing.T) {
	for s, want := range map[string]int{"A1": 100, "B2": 64, "b2": 64, "C3": 36, "E5": 4, "F6": 16, "A6": 40, "F1": 40} {
		if g, err := ReadGrade(s); err != nil || g.Weight() != want {
			t.Errorf("%s: %d, %v", s, g.Weight(), err)
		}
	}
	for _, bad := range []string{"", "A", "G1", "A7", "A0", "1A", "A11", "Ａ1"} {
		if g, err := ReadGrade(bad); err == nil {
			t.Errorf("%q is %s", bad, g)
		}
	}
}

// Similarity is one weak item, whatever its grade and however often it comes.
func TestSimilarityIsOneWeakItem(t *testing.T) {
	r, _, h1, h2 := small(t)
	for n := range 5 {
		e := r.add(t, makers[0], &Evidence{Case: r.id, Key: fmt.Sprint("s", n), Item: Similarity, Grade: Grade{"A", "1"}, Group: fmt.Sprint(n)}, "").ID
		r.add(t, makers[0], &Cell{Case: r.id, Evidence: e, Hypothesis: h1, Rating: VeryInconsistent}, "")
		r.add(t, makers[0], &Cell{Case: r.id, Evidence: e, Hypothesis: h2, Rating: VeryConsistent}, "")
	}
	if m := Fold(r.parts, r.id).Matrix("actor"); m.Scores[0].Against != 2*similarityWeight || m.Scores[1].For != 2*similarityWeight {
		t.Errorf("%+v", m.Scores)
	}
}
