package sigma

import (
	"fmt"
	"strings"
	"testing"
)

// brief writes an expression on one line.
func brief(e Expr) string {
	join := func(op string, l []Expr) string {
		parts := make([]string, len(l))
		for i, x := range l {
			parts[i] = brief(x)
		}
		return "(" + strings.Join(parts, " "+op+" ") + ")"
	}
	switch e := e.(type) {
	case And:
		return join("and", e)
	case Or:
		return join("or", e)
	case Not:
		return "not " + brief(e.X)
	case *Atom:
		return e.String()
	default:
		return fmt.Sprintf("%T", e)
	}
}

// indent puts four blanks before every line of s.
func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ")
}

// ruleWith returns a rule with that detection.
func ruleWith(detection string) string {
	return "title: a rule\nlogsource:\n    product: windows\ndetection:\n" + indent(detection) + "\n"
}

// ruleOf returns a rule whose only selection has these entries.
func ruleOf(entries string) string {
	return ruleWith("sel:\n" + indent(entries) + "\ncondition: sel")
}

// parse reads documents that have to be readable as a whole.
func parse(tb testing.TB, opts Options, text string) *Collection {
	tb.Helper()
	c, err := Parse(opts, "test.yml", []byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// problems joins what is wrong, without the names of files.
func problems(c *Collection) string {
	var out []string
	for _, p := range c.Problems {
		kind := "problem"
		if p.Warning {
			kind = "warning"
		}
		out = append(out, fmt.Sprintf("%s line %d: %s", kind, p.Line, p.Reason))
	}
	return strings.Join(out, "\n")
}

// itemTest is an entry of a selection and what it compiles to, or the part of the reason why it does not.
type itemTest struct {
	entry string
	want  string // as brief writes it
	fault string
	warn  string
}

// checkItems runs table tests over entries of selections.
func checkItems(t *testing.T, opts Options, tests []itemTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.entry, func(t *testing.T) {
			c := parse(t, opts, ruleOf(tt.entry))
			got := problems(c)
			if tt.fault != "" {
				if len(c.Rules) != 0 || !strings.Contains(got, "problem") || !strings.Contains(got, tt.fault) {
					t.Fatalf("%d rules loaded, problems are\n%s\nand should say %q", len(c.Rules), got, tt.fault)
				}
				if c.Problems[0].Line < 6 {
					t.Errorf("the problem is at line %d, not at the entry", c.Problems[0].Line)
				}
				return
			}
			if len(c.Rules) != 1 {
				t.Fatalf("not loaded: %s", got)
			}
			if b := brief(c.Rules[0].Condition); b != tt.want {
				t.Errorf("got  %s\nwant %s", b, tt.want)
			}
			switch {
			case tt.warn == "" && got != "":
				t.Errorf("unexpected: %s", got)
			case !strings.Contains(got, tt.warn):
				t.Errorf("problems are %q and should say %q", got, tt.warn)
			}
		})
	}
}

// record is a record for tests: nil is a null value.
type record map[string][]any

func (r record) Values(field string) ([]Val, bool) {
	list, ok := r[field]
	vals := make([]Val, len(list))
	for i, x := range list {
		if x == nil {
			vals[i].Null = true
		} else {
			vals[i].Text = fmt.Sprint(x)
		}
	}
	return vals, ok
}

func (r record) All(yield func(Val) bool) {
	for f := range r {
		vals, _ := r.Values(f)
		for _, v := range vals {
			if !yield(v) {
				return
			}
		}
	}
}

// matches says whether an entry of a selection is true for a record.
func matches(tb testing.TB, entry string, r record) bool {
	tb.Helper()
	c := parse(tb, Options{}, ruleOf(entry))
	if len(c.Rules) != 1 {
		tb.Fatalf("not loaded: %s", problems(c))
	}
	return Eval(c.Rules[0].Condition, r)
}

// checkMatches runs an entry over values of field F that match and that do not.
func checkMatches(t *testing.T, entry string, yes, no []any) {
	t.Helper()
	for _, v := range yes {
		if !matches(t, entry, record{"F": {v}}) {
			t.Errorf("%s does not match %q", entry, v)
		}
	}
	for _, v := range no {
		if matches(t, entry, record{"F": {v}}) {
			t.Errorf("%s matches %q", entry, v)
		}
	}
}
