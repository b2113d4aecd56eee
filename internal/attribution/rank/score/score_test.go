package score

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

// What Python 3 draws after random.seed(1).
func TestTwister(t *testing.T) {
	r := newTwister(1)
	for i, want := range []float64{0.13436424411240122, 0.8474337369372327, 0.763774618976614} {
		if got := r.float(); got != want {
			t.Errorf("number %d: %v, want %v", i, got, want)
		}
	}
	last := 0.0
	for range 10_000 {
		last = r.float()
	}
	if last != 0.19936793375727635 {
		t.Errorf("number 10003: %v", last)
	}
	r = newTwister(1)
	for i, want := range []int{7, 44, 40, 13, 26, 23, 34, 41} {
		if got := r.choice(53); got != want {
			t.Errorf("choice %d: %d, want %d", i, got, want)
		}
	}
}

const someCases = `
{"id":"a","set":"report","filter":"cite","techniques":["T1001"],"software":[],"answer":["G0001"],"drop":[]}
{"id":"b","set":"report","filter":"cite","techniques":["T1001"],"software":[],"answer":["G0001"],"drop":[]}
{"id":"c","set":"report","filter":"cite","techniques":["T1002"],"software":["S0001"],"answer":["G0002","G0003"],"drop":[]}
{"id":"d","set":"report","filter":"cite","techniques":["T1002"],"software":["S0001"],"answer":["G0003"],"drop":[]}

{"id":"e","set":"report","filter":"cite","techniques":["T1002"],"software":["S0001"],"answer":["G0004"],"drop":[]}
{"id":"a-unknown","set":"report","filter":"cite","techniques":["T1001"],"software":[],"answer":[],"drop":[],"remove_group":"G0001"}
{"id":"c-unknown","set":"report","filter":"cite","techniques":["T1001"],"software":[],"answer":[],"drop":[],"remove_group":"G0003"}
{"id":"f","set":"campaign","filter":"cite","techniques":["T1001"],"software":[],"answer":["G0001"],"drop":[]}
`

func somePredictions() []Prediction {
	return []Prediction{
		{"a", []Ranked{{"G0001", 0.7}, {"G0002", 0.2}, {"G0003", 0.1}}, 0.2},
		{"b", []Ranked{{"G0002", 0.45}, {"G0001", 0.45}, {"G0003", 0.1}}, 0.5}, // a tie counts against
		{"c", []Ranked{{"G0003", 0.93}, {"G0002", 0.05}}, 0.1},
		{"d", []Ranked{{"G0001", 0.5}, {"G0002", 0.3}, {"G0003", 0.2}}, 0.6},
		{"e", []Ranked{{"G0001", 1}, {"G0002", 0}}, 0.3}, // the right one is not ranked
		{"a-unknown", []Ranked{{"G0002", 0.6}, {"G0003", 0.4}}, 0.5},
		{"c-unknown", nil, 0.55},
		{"f", []Ranked{{"G0001", 0.3}}, 0.3},
	}
}

func readSome(t *testing.T) []Case {
	t.Helper()
	cases, err := ReadCases(strings.NewReader(someCases))
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// The tables are what the reference scorer prints for these cases and predictions.
func TestTablesOfTheReferenceScorer(t *testing.T) {
	m, err := Measure(readSome(t), somePredictions())
	if err != nil {
		t.Fatal(err)
	}
	const want = `campaign, cite
         n  top-1  95% interval  top-3  top-5    MRR    ECE  confidence  acc@30%  acc@50%  AUROC
entente  1  1.000     1.00-1.00  1.000  1.000  1.000  0.700       0.300    1.000    1.000      -

report, cite
         n  top-1  95% interval  top-3  top-5    MRR    ECE  confidence  acc@30%  acc@50%  AUROC
entente  5  0.400     0.00-0.75  0.800  0.800  0.567  0.436       0.716    0.500    0.667  0.750

`
	if got := Tables(m, "entente", false); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	const line = "| entente | 5 | 0.400 |    0.00-0.75 | 0.800 | 0.800 | 0.567 | 0.436 |      0.716 |   0.500 |   0.667 | 0.750 |"
	if got := Tables(m, "entente", true); !strings.Contains(got, line+"\n") || !strings.Contains(got, "**report, cite**\n\n|         | n | top-1 ") {
		t.Errorf("Markdown:\n%s", got)
	}
}

func TestCheckRefuses(t *testing.T) {
	c := Case{ID: "x", RemoveGroup: "G0009"}
	for _, bad := range []Prediction{
		{"x", []Ranked{{"G0001", 0.2}, {"G0001", 0.1}}, 0},
		{"x", []Ranked{{"G0009", 0.2}}, 0},
		{"x", []Ranked{{"G0001", 0.2}, {"G0002", 0.3}}, 0},
		{"x", []Ranked{{"G0001", 1.2}}, 0},
		{"x", []Ranked{{"G0001", math.NaN()}}, 0},
		{"x", nil, 1.5},
		{"x", nil, math.NaN()},
	} {
		if Check(&bad, &c) == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	if err := Check(&Prediction{"x", []Ranked{{"G0001", 0.2}, {"G0002", 0.2}}, 1}, &c); err != nil {
		t.Error(err)
	}
	cases, predictions := readSome(t), somePredictions()
	if _, err := Measure(cases, predictions[1:]); err == nil {
		t.Error("a case without a prediction is taken")
	}
	predictions[0], predictions[1] = predictions[1], predictions[0]
	if _, err := Measure(cases, predictions); err == nil {
		t.Error("predictions of other cases are taken")
	}
}

// Numbers come back as they were.
func TestPredictionJSON(t *testing.T) {
	p := Prediction{`a"b`, []Ranked{{"G0001", 1.0 / 3}, {"G0002", 1e-30}}, 0.1}
	var got struct {
		ID      string
		Ranking [][2]any
		Unknown float64
	}
	if err := json.Unmarshal(p.AppendJSON(nil), &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != p.ID || got.Unknown != 0.1 || len(got.Ranking) != 2 || got.Ranking[0][1] != 1.0/3 || got.Ranking[1][1] != 1e-30 {
		t.Errorf("%+v", got)
	}
}

func TestReadCasesRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"{", "line 1 is no case"},
		{"\n{\"id\":\"\"}", "line 2: a case needs an id"},
		{"{\"id\":\"a\"}\n{\"id\":\"a\"}", "line 2: a case needs an id"},
		{`{"id":"a","techniques":7}`, "line 1 is no case"},
	} {
		if _, err := ReadCases(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.text, err)
		}
	}
}

func FuzzReadCases(f *testing.F) {
	f.Add([]byte(someCases))
	f.Add([]byte(`{"id":"x","answer":[""],"remove_group":"","drop":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		cases, err := ReadCases(bytes.NewReader(text))
		if err != nil {
			return
		}
		var predictions []Prediction
		for i := range cases {
			predictions = append(predictions, Prediction{ID: cases[i].ID, Ranking: []Ranked{{"G0001", 0.5}}, Unknown: 0.5})
		}
		m, err := Measure(cases, predictions)
		if err == nil && len(cases) > 0 && (len(m) == 0 || slices.ContainsFunc(m, func(m Measures) bool { return !(m.Top1 >= 0 && m.Top1 <= 1) })) {
			t.Fatalf("%+v", m)
		}
	})
}
