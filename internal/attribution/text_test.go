package attribution

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

var sentenceEnd = regexp.MustCompile(`[.!?]["”)]*\s+|\n`)

// Whatever people write, generated text never speaks of likelihood and confidence in one sentence, names alternatives, and says what
// would change the view.
func TestTextKeepsLikelihoodAndConfidenceApart(t *testing.T) {
	likely, confident := 0, 0
	for seed := range uint64(seeds) {
		r := newRandom(t, seed)
		c := Fold(r.parts, r.id)
		for _, most := range []string{"", "clear"} {
			sections := c.Assessment(most, org)
			for _, s := range sections {
				if len(s.Sentences) == 0 {
					t.Fatalf("seed %d: nothing under %q", seed, s.Heading)
				}
				for _, one := range s.Sentences {
					if Mixes(one) || !strings.HasSuffix(one, ".") {
						t.Fatalf("seed %d: %q", seed, one)
					}
				}
			}
			text := Text(sections)
			for _, one := range sentenceEnd.Split(text, -1) {
				if Mixes(one) {
					t.Fatalf("seed %d: %q in\n%s", seed, one, text)
				}
				if speaksOfLikelihood(one) {
					likely++
				}
				if speaksOfConfidence(one) {
					confident++
				}
			}
			for _, heading := range []string{"## Alternatives\n", "## What would change this view\n"} {
				if !strings.Contains(text, heading) {
					t.Fatalf("seed %d: no %q", seed, heading)
				}
			}
			alternatives := strings.Join(sections[2].Sentences, " ")
			for _, a := range c.Answers {
				if token := a.Text[:7]; a.Shown(most) && !strings.Contains(alternatives, token) && !strings.Contains(alternatives, "the hypothesis "+a.Name) {
					t.Fatalf("seed %d: no %s in\n%s", seed, a.Name, text)
				}
			}
		}
	}
	if likely < 100 || confident < 100 {
		t.Fatalf("%d and %d sentences: the cases are too poor", likely, confident)
	}
}

func TestMixes(t *testing.T) {
	for text, want := range map[string]bool{
		"very likely, with high confidence": true, "We are CONFIDENT that it is almost\ncertain": true, "probable; confidential": true,
		"very likely": false, "high confidence": false, "": false,
	} {
		if Mixes(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// Nothing that is labelled more strictly comes into what is shown under a label.
func TestNothingStricterIsShown(t *testing.T) {
	shown := 0
	for seed := range uint64(seeds) {
		r := newRandom(t, seed)
		c := Fold(r.parts, r.id)
		d, err := c.Dossier("clear", org, nil)
		if err != nil {
			t.Fatal(err)
		}
		page, _ := json.Marshal(d)
		bundle, err := c.Bundle("clear", makers[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		out := string(page) + string(bundle)
		if s, err := c.StatementDraft("clear", []string{"h0"}, org); err == nil {
			out += s.Text
		}
		for _, label := range []string{"amber", ""} {
			for _, token := range r.texts[label] {
				if strings.Contains(out, token) {
					t.Fatalf("seed %d: %s, labelled %q, is in\n%s", seed, token, label, out)
				}
			}
		}
		for _, token := range r.texts["clear"] {
			if strings.Contains(out, token) {
				shown++
			}
		}
	}
	if shown < 1000 {
		t.Fatalf("only %d texts are shown", shown)
	}
}

// What is added to a case gets the strictest label that the case has had, and of what it is about.
func TestUsualLabel(t *testing.T) {
	head := func(label string) *Part { return &Part{TLP: label, Body: &Head{}} }
	for _, x := range []struct {
		history []string
		about   []string
		want    string
	}{
		{[]string{"amber"}, nil, "amber"},
		{[]string{"amber", "clear"}, []string{"green"}, "amber"},
		{[]string{"clear"}, []string{"green", "red"}, "red"},
	} {
		c := &Case{Meta: Meta{TLP: x.history[len(x.history)-1]}}
		for _, l := range x.history {
			c.History = append(c.History, head(l))
		}
		c.History = append(c.History, &Part{TLP: "red", Body: &Gap{}})
		if got := c.Usual(x.about...); got != x.want {
			t.Errorf("%v %v: %s", x.history, x.about, got)
		}
	}
}
