package coalition

import (
	"slices"
	"strings"
	"testing"
)

func TestNameProblems(t *testing.T) {
	for _, l := range []looks{smallLooks, largeLooks} {
		if len(l.are) != len(l.like) {
			t.Fatalf("%d letters look like %d", len(l.are), len(l.like))
		}
	}
	root := func(names ...string) *Root {
		r := &Root{Name: "Allies"}
		for i := 0; i < len(names); i += 2 {
			r.Put(Member{ID: names[i], Name: names[i+1]})
		}
		return r
	}
	for _, c := range []struct {
		root *Root
		want string // "" for no problem
		who  []string
	}{
		{root("us", "United States", "uk", "United Kingdom", "jp", "日本国NATO担当", "ru", "Россия", "gr", "Ελλάδα", "il", "Israel", "li", "Liechtenstein", "ir", "می\u200cخواهیم", "in", "क्\u200dष"), "", nil},
		{root("se", "Sweden", "si", "Slovenia", "sk", "Slovakia", "ie", "Ireland", "is", "Iceland", "no", "NO-CERT", "am", "Հայաստան"), "", nil},
		{root("us", "us", "uk", "uk"), "", nil},
		{root("us", "United States", "xx", "Unitеd Statеs"), "several scripts in one word: Cyrillic, Latin", []string{"xx"}},
		{root("ca", "САНАДА", "xx", "CAHAдA"), "several scripts", []string{"xx"}},
		{root("ca", "COPE", "xx", "СОРЕ"), "look alike", []string{"ca", "xx"}}, // all Cyrillic
		{root("ca", "cope", "xx", "соре"), "look alike", []string{"ca", "xx"}},
		{root("ca", "TATA", "xx", "ΤΑΤΑ"), "look alike", []string{"ca", "xx"}}, // all Greek
		{root("ca", "Canada", "xx", "Canáda "), "look alike", []string{"ca", "xx"}},
		{root("ca", "Canada", "xx", "ＣＡＮＡＤＡ"), "look alike", []string{"ca", "xx"}},
		{root("is", "Iceland", "xx", "lceland"), "look alike", []string{"is", "xx"}},
		{root("de", "Germany", "xx", "Gerrnany"), "look alike", []string{"de", "xx"}},
		{root("uk", "United Kingdom", "xx", "UK"), "look alike", []string{"uk", "xx"}}, // the id of another
		{root("aa", "uk", "uk", "United Kingdom"), "look alike", []string{"aa", "uk"}},
		{root("c0", "Cod", "co", "Colombia"), "look alike", []string{"c0", "co"}},
		{root("c1", "Cone", "cl", "Chile"), "look alike", []string{"c1", "cl"}},
		{root("us", "United\u202eStates"), "shows nothing, or as little, U+202E", []string{"us"}},
		{root("us", "United\u200bStates"), "U+200B", []string{"us"}},
		{root("us", "Uni\u200dted"), "U+200D", []string{"us"}},
		{root("us", "United\u00a0States"), "U+00A0", []string{"us"}},
		{root("us", "United\nStates"), "U+000A", []string{"us"}},
		{root("us", "U\u3164S"), "U+3164", []string{"us"}},
		{root("us", "U\ufe0fS"), "U+FE0F", []string{"us"}},
		{root("us", "a\xff"), "is not text", []string{"us"}},
		{root("us", "—"), "has no letter", []string{"us"}},
		{&Root{Name: "Al\u202elies"}, "the name of the coalition", nil},
		{root("us", ""), "has no letter", []string{"us"}},
	} {
		got := c.root.NameProblems()
		if c.want == "" {
			if len(got) > 0 {
				t.Errorf("%q", got)
			}
			continue
		}
		if !slices.ContainsFunc(got, func(p NameProblem) bool { return strings.Contains(p.What, c.want) && slices.Equal(p.Members, c.who) }) {
			t.Errorf("%q: %q, want %q of %v", c.root.Members, got, c.want, c.who)
		}
	}
}
