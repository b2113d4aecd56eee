package attribution

import (
	"strings"
	"testing"
)

const ranking = `{"caveat":"…","groups":170,"none_before":0.5,"none_of_these":0.2,"ranking":[
 {"id":"G0001","name":"Red","probability":0.6,"probability_if_one_of_these":0.75,"popularity_alone":0.01},
 {"id":"G0002","name":"Blue","probability":0.1,"probability_if_one_of_these":0.12,"popularity_alone":0.1},
 {"id":"G0003","name":"Green","probability":0.01,"probability_if_one_of_these":0.01,"popularity_alone":0.09}]}`

func TestLikenessRates(t *testing.T) {
	l, err := ReadLikeness([]byte(ranking))
	if err != nil {
		t.Fatal(err)
	}
	c := &Case{}
	for _, h := range []struct{ id, stance, actor string }{
		{"red", ByActor, "red"},
		{"blue", ByActor, "G0002"},
		{"green", ByActor, "Green"},
		{"other", ByActor, "Yellow"},
		{"nobody", ByActor, ""},
		{"unknown", Unknown, ""},
		{"flag", FalseFlag, "Red"},
	} {
		c.Answers = append(c.Answers, &Answer{Meta{ID: h.id}, Hypothesis{Stance: h.stance, Actor: h.actor}})
	}
	got, reasons := l.Rate(c)
	want := map[string]Rating{"red": Consistent, "blue": Neutral, "green": Inconsistent, "unknown": Inconsistent}
	if len(got) != len(want) || len(reasons) != len(want) {
		t.Errorf("%v", got)
	}
	for id, r := range want {
		if got[id] != r || reasons[id] == "" {
			t.Errorf("%s: %s, %q", id, got[id], reasons[id])
		}
	}
	if s := l.Text(); !strings.Contains(s, "Red (G0001, 60 %; by how much is written of it alone 1 %)") || !strings.Contains(s, "not attribution") {
		t.Error(s)
	}
}

func TestWhatIsNoRanking(t *testing.T) {
	for _, bad := range []string{
		"", "[]", "{}", `{"groups":1,"ranking":[]}`, strings.Replace(ranking, `"groups":170`, `"groups":2`, 1), strings.Replace(ranking, "0.75", "1.75", 1),
		strings.Replace(ranking, `"Red"`, `""`, 1), strings.Replace(ranking, `"none_of_these":0.2`, `"none_of_these":-1`, 1),
	} {
		if l, err := ReadLikeness([]byte(bad)); err == nil {
			t.Errorf("%s: %+v", bad, l)
		}
	}
}

func FuzzReadLikeness(f *testing.F) {
	f.Add([]byte(ranking))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ReadLikeness(b)
		if err != nil {
			return
		}
		text := l.Text()
		e := &Evidence{Case: samples()[0].ID, Key: "e1", Item: Similarity, Grade: Grade{"F", "6"}, Text: text}
		if len(text) < maxText && strings.ToValidUTF8(text, "") == text && e.check() != nil {
			t.Fatal(e.check())
		}
	})
}
