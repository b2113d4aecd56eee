package sigma

import "testing"

func TestEvalNullEmptyExists(t *testing.T) {
	const (
		null   = `F: null`
		empty  = `F: ''`
		exists = `F|exists: true`
		filled = `F: '*'`
	)
	for _, tt := range []struct {
		name                        string
		rec                         record
		null, empty, exists, filled bool
	}{
		{"missing", record{"G": {"x"}}, true, false, false, false},
		{"null", record{"F": {nil}}, true, false, true, false},
		{"nulls", record{"F": {nil, nil}}, true, false, true, false},
		{"empty", record{"F": {""}}, false, true, true, true},
		{"text", record{"F": {"x"}}, false, false, true, true},
		{"null and text", record{"F": {nil, "x"}}, false, false, true, true},
		{"empty and text", record{"F": {"", "x"}}, false, true, true, true},
		{"no values", record{"F": {}}, true, false, true, false},
	} {
		for entry, want := range map[string]bool{null: tt.null, empty: tt.empty, exists: tt.exists, filled: tt.filled} {
			if got := matches(t, entry, tt.rec); got != want {
				t.Errorf("%s: %s is %v", tt.name, entry, got)
			}
		}
	}
}

func TestEvalSeveralValues(t *testing.T) {
	rec := record{"F": {"a", "b", nil}}
	for entry, want := range map[string]bool{
		`F: b`: true, `F: c`: false, `F|all: [a, b]`: true, `F|all: [a, c]`: false, `F|neq: a`: false, `F|neq: c`: true,
		`F|re: '^B$'`: false, `F|re|i: '^B$'`: true,
	} {
		if got := matches(t, entry, rec); got != want {
			t.Errorf("%s is %v", entry, got)
		}
	}
}

func TestEvalKeywords(t *testing.T) {
	rec := record{"F": {"one Two"}, "G": {nil, "three"}, "H": {""}}
	for detection, want := range map[string]bool{
		"two": true, "[x, thre]": true, "x": false, "{'|all': [one, three]}": true, "{'|all': [one, four]}": false,
		"{'|re': '^three$'}": true, "{'|startswith': one}": true, "{'|startswith': two}": false, "'o*T'": true, "{'|cased': two}": false,
	} {
		c := parse(t, Options{}, ruleWith("sel: "+detection+"\ncondition: sel"))
		if len(c.Rules) != 1 {
			t.Fatal(problems(c))
		}
		if got := Eval(c.Rules[0].Condition, rec); got != want {
			t.Errorf("%s is %v", detection, got)
		}
	}
}

func TestEvalConnectives(t *testing.T) {
	yes, no := &Atom{Field: "F", Op: OpExists, Want: true}, &Atom{Field: "F", Op: OpExists}
	rec := record{"F": {"x"}}
	for _, tt := range []struct {
		e    Expr
		want bool
	}{
		{And{}, true},
		{Or{}, false},
		{Not{And{}}, false},
		{And{yes, no}, false},
		{And{yes, yes}, true},
		{Or{no, yes}, true},
		{Or{no, no}, false},
		{Not{no}, true},
		{nil, false},
		{&Atom{Field: "F", Op: OpRegexp, Regexp: "("}, false},
	} {
		if got := Eval(tt.e, rec); got != tt.want {
			t.Errorf("%v is %v", tt.e, got)
		}
	}
}

func TestEvalFolds(t *testing.T) {
	// Simple case folding: not only ASCII, and no letter becomes two.
	checkMatches(t, `F: 'straße Ünï K'`, []any{"STRAßE üNÏ k", "ſtraẞe ünï K"}, []any{"STRASSE ÜNÏ K"})
}
