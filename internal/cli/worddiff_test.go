package cli

import (
	"slices"
	"strings"
	"testing"
)

func TestWordChanges(t *testing.T) {
	const text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
	for name, x := range map[string]struct {
		from, to string
		want     []wordChange
	}{
		"the same":       {text, strings.ReplaceAll(text, " ", "\n"), nil},
		"one word":       {text, strings.Replace(text, "eight", "8", 1), []wordChange{{"… four five six seven eight nine ten eleven twelve …", "… four five six seven 8 nine ten eleven twelve …"}}},
		"first and last": {text, strings.NewReplacer("one", "1", "sixteen", "16").Replace(text), []wordChange{{"one two three four five …", "1 two three four five …"}, {"… twelve thirteen fourteen fifteen sixteen", "… twelve thirteen fourteen fifteen 16"}}},
		"close":          {text, strings.NewReplacer("eight", "8", "ten", "10").Replace(text), []wordChange{{"… four five six seven eight nine ten eleven twelve thirteen fourteen …", "… four five six seven 8 nine 10 eleven twelve thirteen fourteen …"}}},
		"added":          {"a b", "a new b", []wordChange{{"a b", "a new b"}}},
		"removed":        {"a old b", "a b", []wordChange{{"a old b", "a b"}}},
		"repeated":       {"a a", "a a a", []wordChange{{"a a", "a a a"}}},
		"all":            {"a b", "c", []wordChange{{"a b", "c"}}},
		"from nothing":   {"", "c d", []wordChange{{"", "c d"}}},
		"to nothing":     {"c d", "", []wordChange{{"c d", ""}}},
		"both empty":     {"", " ", nil},
	} {
		if got := wordChanges(x.from, x.to); !slices.Equal(got, x.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, x.want)
		}
	}
	// Beyond the limit the middle is one change, and both ends are still left out.
	long := strings.Repeat("x ", 3000)
	got := wordChanges("h1 h2 h3 h4 h5 a "+long+"b t1 t2 t3 t4 t5", "h1 h2 h3 h4 h5 c "+long+"d t1 t2 t3 t4 t5")
	if len(got) != 1 || !strings.HasPrefix(got[0].from, "… h2 h3 h4 h5 a x") || !strings.HasSuffix(got[0].to, "x d t1 t2 t3 t4 …") {
		t.Errorf("%d changes", len(got))
	}
}

// FuzzWordChanges: what is said to differ does, and what is left out is in both.
func FuzzWordChanges(f *testing.F) {
	f.Add("a b c d e f g h i j k", "a b c d e x g h i j k")
	f.Add("", "a")
	f.Add("a a b a a a a a a a a a a c", "a b a a a a a a a a a a a c c")
	f.Fuzz(func(t *testing.T, from, to string) {
		if len(from)+len(to) > 4000 {
			return
		}
		same := slices.Equal(strings.Fields(from), strings.Fields(to))
		got := wordChanges(from, to)
		if same != (len(got) == 0) {
			t.Fatalf("%d changes, and the words are the same: %v", len(got), same)
		}
		for _, c := range got {
			if c.from == c.to && !strings.Contains(from+to, "…") {
				t.Errorf("%q is no change", c.from)
			}
		}
		a, b := strings.Fields(from), strings.Fields(to)
		at := commonRun{}
		for _, r := range commonWords(a, b) {
			if r.a < at.a || r.b < at.b || !slices.Equal(a[r.a:r.a+r.n], b[r.b:r.b+r.n]) {
				t.Fatalf("run %+v", r)
			}
			at = commonRun{r.a + r.n, r.b + r.n, 0}
		}
		if at.a != len(a) || at.b != len(b) {
			t.Errorf("the runs end at %+v", at)
		}
	})
}
