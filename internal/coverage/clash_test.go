package coverage

import (
	"strings"
	"testing"

	"entente/internal/advisory"
)

func TestClash(t *testing.T) {
	rule := plainRule("1", "a", "whoami")
	for _, c := range []struct {
		name, first, second string
		want                bool
	}{
		{"the same rule", rule, rule, false},
		{"the same under another title", rule, strings.Replace(rule, "Rule whoami", "Rule for it", 1), false},
		{"another literal", rule, plainRule("1", "a", "nothing"), true},
		{"another log", rule, strings.Replace(rule, "process_creation", "file_event", 1), true},
		{"another level", rule, rule + "level: low\n", true},
		{"another id", rule, plainRule("2", "a", "nothing"), false},
		{"a correlation in its place", rule, plainRule("2", "a", "x") + "---" + strings.Replace(counting("2", "c", "a", ""), "0000000000f2", "000000000001", 1), true},
	} {
		err := Clash([]*advisory.Pack{packWith(t, "one", c.first), packWith(t, "two", c.second)})
		if (err != nil) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && (!strings.Contains(err.Error(), "one") || !strings.Contains(err.Error(), "two") || !strings.Contains(err.Error(), "20000000-")) {
			t.Errorf("%s: %v names not both packs and the rule", c.name, err)
		}
	}
}

func TestRulesThatDoNotRunAreNamed(t *testing.T) {
	pack := packWith(t, "one", plainRule("1", "a", "whoami"))
	same, other := collection(t, plainRule("1", "a", "whoami")), collection(t, plainRule("1", "a", "ipconfig"))
	if p := Rules([]*advisory.Pack{pack}, same).Problems; len(p) != 0 {
		t.Errorf("the same rule: %+v", p)
	}
	p := Rules([]*advisory.Pack{pack}, other).Problems
	if len(p) != 1 || !p[0].Warning || p[0].File != "rules/x.yml" || !strings.Contains(p[0].Reason, "another rule with this id") {
		t.Errorf("another rule: %+v", p)
	}
}
