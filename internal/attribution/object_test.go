package attribution

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"entente/internal/coalition"
	"entente/internal/stix"
)

// samples are parts of all kinds with everything that they can say.
func samples() []*Part {
	at := time.Date(2021, 7, 19, 11, 0, 0, 5_000_000, time.UTC)
	k := stix.ID("grouping", "k")
	e, h := stix.ID("note", "e"), stix.ID("note", "h")
	var out []*Part
	for _, b := range []Body{
		&Head{"case", "Title <b>", "Who?"},
		&Evidence{
			k, "e1", "document", "It says so",
			Grade{"B", "2"},
			"a paper", "a vendor", at, at.Add(time.Hour), "malware", "tactical", "vendor",
			[]string{stix.ID("indicator", "i")},
			"https://example.org/",
		},
		&GradeOf{k, e, Grade{"F", "6"}, "because"},
		&Hypothesis{k, "h1", "They did it", FalseFlag, "X", stix.ID("intrusion-set", "x"), "Y", "state-ordered", "actor"},
		&Cell{k, e, h, NotApplicable, "because"},
		&Assumption{k, "a1", "It is so", []string{h}, "then not"},
		&Gap{k, "g1", "Who?", []string{h}, "records"},
		&Judgement{k, h, "Norway", at, Likelihood{"uk-phia", "highly likely"}, Confidence{coalition.OwnWords, "sound"}, []string{e}, "because", "records"},
	} {
		p := &Part{
			ID: stix.ID(typeOf(b.Kind()), string(b.Kind())), Created: at, Modified: at.Add(time.Minute), Maker: makers[0], Author: "alice", TLP: "amber+strict",
			Change: "new", Withdrawn: true, Body: b,
		}
		if b.Kind() == KindCase {
			p.ID = k
		}
		out = append(out, p)
	}
	return out
}

// Parts come back as they were written, and are sound STIX, without a warning.
func TestPartsComeBack(t *testing.T) {
	for _, p := range samples() {
		raw, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		got, err := Read(raw)
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		want := *p
		want.raw = string(raw)
		if !reflect.DeepEqual(got, &want) {
			t.Errorf("%s\n%+v\n%+v", raw, got, want)
		}
		o, err := stix.Parse(raw, stix.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if f := stix.Check(o); len(f) > 0 {
			t.Errorf("%s: %v", raw, f)
		}
	}
	for _, raw := range Definitions() {
		o, err := stix.Parse(raw, stix.Limits{})
		if err != nil || len(stix.Check(o)) > 0 {
			t.Errorf("%s: %v, %v", raw, err, stix.Check(o))
		}
		if _, err := ReadObject(o); !errors.Is(err, ErrForeign) {
			t.Errorf("%s is a part: %v", raw, err)
		}
	}
}

func TestWhatIsNoPart(t *testing.T) {
	good := map[Kind]string{}
	for _, p := range samples() {
		raw, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		good[p.Body.Kind()] = string(raw)
	}
	for _, c := range []struct {
		kind     Kind
		old, new string
	}{
		{KindEvidence, `"reliability":"B"`, `"reliability":"G"`},
		{KindEvidence, `"credibility":"2"`, `"credibility":2`},
		{KindEvidence, `"item":"document"`, `"item":"rumour"`},
		{KindEvidence, `"key":"e1"`, `"key":"E 1"`},
		{KindEvidence, `"line":"malware"`, `"line":"colour"`},
		{KindEvidence, `"observed":"2021`, `"observed":"year 2021`},
		{KindEvidence, `"about_refs":[`, `"about_refs":[7,`},
		{KindEvidence, `"content":"It says so"`, `"content":" "`},
		{KindHypothesis, `"degree":"state-ordered"`, `"degree":"state-wished"`},
		{KindHypothesis, `"actor_ref":"intrusion-set`, `"actor_ref":"malware`},
		{KindCell, `"rating":"NA"`, `"rating":"CCC"`},
		{KindCell, `"kind":"cell"`, `"kind":"grade"`},
		{KindCell, `"hypothesis_ref":"note--`, `"hypothesis_ref":"note-`},
		{KindJudgement, `"likelihood":"highly likely"`, `"likelihood":"very likely"`},
		{KindJudgement, `"likelihood_scale":"uk-phia"`, `"likelihood_scale":"mine"`},
		{KindJudgement, `"confidence":"sound"`, `"confidence":"likely"`},
		{KindJudgement, `"likelihood":"highly likely","likelihood_scale":"uk-phia"`, `"likelihood":"high confidence","likelihood_scale":"own-words"`},
		{KindHypothesis, `"actor":"X"`, `"actor":"` + strings.Repeat("x", maxWord+1) + `"`},
	} {
		raw := strings.Replace(good[c.kind], c.old, c.new, 1)
		if raw == good[c.kind] {
			t.Fatalf("%s is not in %s", c.old, raw)
		}
		if p, err := Read([]byte(raw)); err == nil {
			t.Errorf("%s is taken: %+v", c.new, p.Body)
		}
	}
	j := samples()[7].Body.(*Judgement)
	j.Likelihood, j.Confidence = Likelihood{}, Confidence{}
	if err := j.check(); err == nil {
		t.Error("a judgement that judges nothing is taken")
	}
}

// FuzzRead reads whatever comes. What it takes is written and read again as it was, and a case can be made of it.
func FuzzRead(f *testing.F) {
	n := 0
	for _, p := range samples() {
		raw, err := p.Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		n++
	}
	if n == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := Read(raw)
		if err != nil {
			return
		}
		out, err := p.Marshal()
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		again, err := Read(out)
		if err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		again.raw = p.raw
		p.Created, p.Modified = p.Created.Truncate(time.Millisecond), p.Modified.Truncate(time.Millisecond)
		if !reflect.DeepEqual(p, again) {
			t.Fatalf("%+v\n%+v", p, again)
		}
		head := samples()[0]
		head.ID, head.Withdrawn = p.Case(), false
		if c := Fold([]*Part{p, head}, p.Case()); c != nil {
			c.Assessment("", org)
			if _, err := c.Dossier("", org, nil); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// docs/formats/attribution.md has these.
func TestIdentifiersAreAsPublished(t *testing.T) {
	for got, want := range map[string]string{
		Extension():                           "extension-definition--5c46e2bc-61b7-5c82-8395-2a6a0a16e1df",
		CellID("identity--1", "n--2", "n--3"): "opinion--b4122074-d01c-51c7-89b5-f13259f2f430",
	} {
		if got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}
