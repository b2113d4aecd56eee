package hunt

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"entente/internal/event"
	"entente/internal/sigma"
)

// Rules of nothing but values are decided by the searches for them: none of their tests is compiled, and no rule is tried on
// a record that does not hold one of its values.
func TestValueRules(t *testing.T) {
	var docs strings.Builder
	for i := range 300 {
		fmt.Fprintf(&docs, "title: r%d\nid: 00000000-0000-4000-8000-%012d\nlogsource: {category: network_connection, product: windows}\n", i, i)
		fmt.Fprintf(&docs, "detection:\n  s:\n    - DestinationIp: 198.51.100.%d\n    - SourceIp|cidr: 10.%d.0.0/16\n    - DestinationHostname|endswith: '.h%d.example'\n  condition: s\n---\n", i%250, i%250, i)
	}
	plan := planOf(t, PlanOptions{}, strings.TrimSuffix(docs.String(), "---\n"))
	prog := plan.program(header{source: event.SourceWindows, channel: "Microsoft-Windows-Sysmon/Operational", provider: "Microsoft-Windows-Sysmon", eventID: 3})
	if len(prog.rules) != 300 || len(prog.tests) != 0 {
		t.Fatalf("%d rules, %d tests", len(prog.rules), len(prog.tests))
	}
	for _, w := range prog.base {
		if w != 0 {
			t.Fatal("a rule is tried on every record")
		}
	}
}

func TestNetworkSet(t *testing.T) {
	wanted := map[guardLit][]int32{}
	for i, p := range []string{"10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "2001:db8::/32", "0.0.0.0/0", "192.0.2.128/25"} {
		wanted[guardLit{0, p, within}] = []int32{int32(i)}
	}
	sets := newNetworkSets(wanted)
	if len(sets) != 1 {
		t.Fatalf("%d sets", len(sets))
	}
	for _, text := range []string{"10.1.2.3", "10.1.2.4", "10.2.0.0", "192.0.2.127", "192.0.2.128", "::ffff:10.1.2.3", "2001:db8::1", "2001:db9::1", "host", "", "10.1.2.3:443"} {
		got := map[int32]bool{}
		sets[0].each([]byte(text), func(rules []int32) {
			for _, r := range rules {
				got[r] = true
			}
		})
		for l, rules := range wanted {
			addr, err := netip.ParseAddrPort(text)
			a := addr.Addr()
			if err != nil {
				a, _ = netip.ParseAddr(text)
			}
			want := a.IsValid() && netip.MustParsePrefix(l.text).Contains(a.Unmap())
			if got[rules[0]] != want {
				t.Errorf("%s in %s: %v", text, l.text, got[rules[0]])
			}
		}
	}
}

// A finding of a value rule names the fields that hold one of its values, as that of any rule does.
func TestValueRulesMatched(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(11, 12))}
	table := testTable(t)
	compared := 0
	for range 400 {
		rule := &sigma.Rule{Meta: sigma.Meta{ID: "1"}, LogSource: sigma.LogSource{Product: "test"}, Condition: g.valueExpr()}
		w := newWorker(NewPlan(&sigma.Collection{Rules: []*sigma.Rule{rule}}, table, PlanOptions{}), nil, nil)
		names := event.NewNames()
		for range 10 {
			ev := g.event(names)
			w.begin("f")
			w.event(ev)
			for _, f := range w.end().findings {
				var got, want []string
				for _, m := range f.Matched {
					got = append(got, m.Name)
				}
				sigma.Walk(rule.Condition, func(a *sigma.Atom) {
					if a.Eval(record{ev}) && !slices.Contains(want, a.Field) {
						want = append(want, a.Field)
					}
				})
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Fatalf("%s over %s: matched %v, want %v", sigma.Format(rule.Condition), ev.AppendJSON(nil), got, want)
				}
				compared++
			}
		}
	}
	if compared < 200 {
		t.Errorf("%d findings: the test shows little", compared)
	}
}
