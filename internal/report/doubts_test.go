package report

import (
	"fmt"
	"strings"
	"testing"

	"entente/internal/hunt"
	"entente/internal/sigma"
)

func TestTerminalCountsCaveatsThatItDoesNotList(t *testing.T) {
	mk := func(level, rule string, count int, caveats ...string) *hunt.Finding {
		x := plainFinding()
		x.Rule = &sigma.Meta{ID: rule, Title: rule, Level: level}
		x.Count, x.Caveats = count, caveats
		return x
	}
	worst := mk("critical", "worst", 1)
	long := strings.Repeat("reason ", 40)
	many := []*hunt.Finding{worst}
	for i := range maxDoubts + 10 {
		many = append(many, mk("low", fmt.Sprint("rule ", i), 2, fmt.Sprint("caveat ", i)))
	}
	for name, c := range map[string]struct {
		list []*hunt.Finding
		top  int    // 0: one
		want string // "": nothing is said
	}{
		"none":               {list: []*hunt.Finding{worst, mk("low", "a", 3)}},
		"listed":             {list: []*hunt.Finding{mk("critical", "worst", 3, "reads Signed"), mk("low", "a", 3)}},
		"one":                {list: []*hunt.Finding{worst, mk("low", "a", 1, "reads Signed")}, want: "1 finding carries a caveat: reads Signed"},
		"some":               {list: []*hunt.Finding{worst, mk("low", "a", 1200, "reads Signed")}, want: "1,200 findings carry a caveat: reads Signed"},
		"beside a listed":    {list: []*hunt.Finding{mk("critical", "worst", 1, "reads Signed"), mk("low", "a", 2, "reads Signed")}, want: "2 more findings carry a caveat: reads Signed"},
		"most frequent":      {list: []*hunt.Finding{worst, mk("low", "a", 2, "reads Signed"), mk("low", "b", 3, "reads Image")}, want: "5 findings carry a caveat, such as: reads Image"},
		"as often":           {list: []*hunt.Finding{worst, mk("low", "a", 2, "reads Signed"), mk("low", "b", 2, "reads Image")}, want: "4 findings carry a caveat, such as: reads Image"},
		"not the listed one": {list: []*hunt.Finding{mk("critical", "worst", 9, "reads Image"), mk("low", "a", 2, "reads Signed")}, want: "2 more findings carry a caveat, such as: reads Signed"},
		"no list":            {list: []*hunt.Finding{mk("critical", "worst", 1, "reads Signed")}, top: -1, want: "1 finding carries a caveat: reads Signed"},
		"hostile":            {list: []*hunt.Finding{worst, mk("low", "a", 1, "x\x1b[2J\ny")}, want: `1 finding carries a caveat: x\x1b[2J\ny`},
		"long":               {list: []*hunt.Finding{worst, mk("low", "a", 1, long)}, want: "1 finding carries a caveat: " + strings.TrimSpace(long)},
		"one long word":      {list: []*hunt.Finding{worst, mk("low", "a", 1, strings.Repeat("n", 300))}, want: "1 finding carries a caveat: " + strings.Repeat("n", 95) + "…"},
		"many texts":         {list: many, want: fmt.Sprint(2*(maxDoubts+10), " findings carry a caveat, such as: caveat 0")},
	} {
		t.Run(name, func(t *testing.T) {
			if c.top == 0 {
				c.top = 1
			}
			got := terminalText(t, TerminalOptions{Top: c.top}, nil, c.list...)
			words := strings.Join(strings.Fields(got), " ")
			if c.want == "" {
				if strings.Contains(words, "carr") {
					t.Errorf("caveats beside those that are listed:\n%s", got)
				}
				return
			}
			if !strings.Contains(words, " "+c.want+" →") {
				t.Errorf("%q is missing in\n%s", c.want, got)
			}
		})
	}
}
