package hunt

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"entente/internal/event"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// testTable binds product "test" to JSON records, with a converted, a joined and a twofold field.
func testTable(tb testing.TB) *taxonomy.Table {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "map.yml")
	err := os.WriteFile(file, []byte(`
bindings:
  - name: test/json
    serves:
      - {product: test}
    match: {source: json, channel: only-for-this-test}
    fields:
      hex: {from: raw_hex, as: hex-to-dec}
      both: {from: [a, b]}
`), 0o600)
	if err != nil {
		tb.Fatal(err)
	}
	table, err := taxonomy.Load(file)
	if err != nil {
		tb.Fatal(err)
	}
	return table
}

// record is an event that sigma.Eval can read, through the same field names.
type record struct{ ev *event.Event }

func (r record) Values(field string) (vals []sigma.Val, present bool) {
	names := []string{field}
	switch field {
	case "hex":
		names = []string{"raw_hex"}
	case "both":
		names = []string{"a", "b"}
	}
	for _, n := range names {
		for i := range r.ev.Values {
			v := &r.ev.Values[i]
			if r.ev.Names.At(v.Slot).Text != n {
				continue
			}
			present = true
			v.Elements(func(e event.Value) bool {
				text := e.AppendText(nil)
				if field == "hex" {
					text = taxonomy.HexToDec.Append(nil, text)
				}
				vals = append(vals, sigma.Val{Text: string(text), Null: e.IsNull()})
				return true
			})
		}
	}
	return vals, present
}

func (r record) All(yield func(sigma.Val) bool) {
	for i := range r.ev.Values {
		more := true
		r.ev.Values[i].Elements(func(e event.Value) bool {
			more = yield(sigma.Val{Text: string(e.AppendText(nil)), Null: e.IsNull()})
			return more
		})
		if !more {
			return
		}
	}
}

type generator struct{ *rand.Rand }

func (g generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g generator) text() string {
	var b strings.Builder
	for range g.IntN(4) {
		b.WriteString(g.pick("power", "SHELL", "cmd", ".exe", `\`, " ", "-e", "ß", "ſ", "K", "日本", "a", "0x10", "10", "192.0.2.7", "\n", "*", "?"))
	}
	return b.String()
}

// large is a number that no float64 tells from its neighbours.
func (g generator) large() string {
	n := strconv.FormatUint([]uint64{1 << 53, 1 << 63, 1<<64 - 4}[g.IntN(3)]+g.Uint64N(4), 10)
	if g.IntN(3) == 0 {
		n = "-" + n
	}
	return n
}

func (g generator) atom() *sigma.Atom {
	a := &sigma.Atom{Field: g.pick("a", "b", "c", "hex", "both", "gone", "")}
	switch g.IntN(9) {
	case 0:
		a.Op, a.Regexp = sigma.OpRegexp, g.pick("(?i)power.*exe", "cmd|shell", `\d+`, "^a", "(po|co)wer", "", "K")
	case 1:
		a.Op, a.Want = sigma.OpExists, g.IntN(2) == 0
	case 2:
		a.Op = sigma.OpNull
	case 3:
		text := strconv.Itoa(g.IntN(20))
		if g.IntN(2) == 0 {
			text = g.large()
		}
		a.Op, a.Compare = sigma.OpCompare, sigma.Compare(g.IntN(6))
		a.Decimal, _ = sigma.ParseDecimal(text)
	case 4:
		a.Op, a.Prefix = sigma.OpCIDR, netip.MustParsePrefix("192.0.2.0/24")
	case 5:
		a.Op, a.Ref, a.Place, a.Cased = sigma.OpFieldRef, g.pick("a", "b", "gone"), sigma.Place(g.IntN(4)), g.IntN(2) == 0
	default:
		p := g.text()
		if g.IntN(3) == 0 {
			p = "*" + p
		}
		if g.IntN(3) == 0 {
			p += "*"
		}
		a.Cased = g.IntN(4) == 0
		if !a.Cased {
			p = event.FoldString(p)
		}
		a.Pattern = sigma.ParsePattern(p)
	}
	if a.Field == "" && a.Op != sigma.OpMatch && a.Op != sigma.OpRegexp {
		a.Field = "a"
	}
	return a
}

// valueExpr is a condition of values alone.
func (g generator) valueExpr() sigma.Expr {
	out := make(sigma.Or, 1+g.IntN(4))
	for i := range out {
		a := &sigma.Atom{Field: g.pick("a", "b", "c", "hex", "both", "gone")}
		if g.IntN(4) == 0 {
			a.Op, a.Prefix = sigma.OpCIDR, netip.MustParsePrefix(g.pick("192.0.2.0/24", "192.0.2.7/32", "192.0.2.8/29", "2001:db8::/32"))
		} else {
			p := event.FoldString(g.pick("power", "SHELL", "cmd.exe", ".exe", "192.0.2.7", "10", "kelvin"))
			p = g.pick("", "*") + p + g.pick("", "*")
			a.Pattern = sigma.ParsePattern(p)
		}
		out[i] = a
	}
	return out
}

func (g generator) expr(depth int) sigma.Expr {
	if depth == 0 {
		return g.atom()
	}
	kids := func() []sigma.Expr {
		out := make([]sigma.Expr, 1+g.IntN(3))
		for i := range out {
			out[i] = g.expr(depth - 1)
		}
		return out
	}
	switch g.IntN(4) {
	case 0:
		return sigma.And(kids())
	case 1:
		return sigma.Or(kids())
	case 2:
		return sigma.Not{X: g.expr(depth - 1)}
	default:
		return g.atom()
	}
}

func (g generator) event(names *event.Names) *event.Event {
	ev := &event.Event{Source: event.SourceJSON, Channel: "only-for-this-test", Names: names}
	for _, f := range []string{"a", "b", "c", "raw_hex", "other"} {
		for range g.IntN(3) {
			s := names.Slot(f)
			switch g.IntN(7) {
			case 0:
				ev.Add(s, event.Null, nil)
			case 1:
				ev.Add(s, event.JSONArray, fmt.Appendf(nil, `["cmd",%d,null]`, g.IntN(20)))
			case 3:
				ev.Add(s, event.UTF8, []byte(g.large()))
			case 2:
				var raw []byte
				for _, c := range g.pick("PowerShell.exe", "kelvin", "日本") {
					raw = append(raw, byte(c), byte(c>>8))
				}
				ev.Add(s, event.UTF16, raw)
			default:
				ev.Add(s, event.UTF8, []byte(g.text()))
			}
		}
	}
	return ev
}

// again is a copy of an event, perhaps with a change.
func (g generator) again(old *event.Event) *event.Event {
	ev := *old
	ev.Values = slices.Clone(old.Values)
	if len(ev.Values) > 0 && g.IntN(2) == 0 {
		ev.Values[g.IntN(len(ev.Values))] = event.Value{Type: event.UTF8, Raw: []byte(g.text()), Slot: uint32(g.IntN(ev.Names.Len()))}
	}
	return &ev
}

// TestHuntAgainstReference runs many random rules at once over random records and compares with sigma.Eval, which
// takes them one by one.
func TestHuntAgainstReference(t *testing.T) {
	table := testTable(t)
	g := generator{rand.New(rand.NewPCG(7, 8))}
	rounds := 150
	if testing.Short() {
		rounds = 20
	}
	matches := 0
	for range rounds {
		c := &sigma.Collection{}
		for i := range 40 {
			c.Rules = append(c.Rules, &sigma.Rule{
				Meta:      sigma.Meta{ID: fmt.Sprint(i), Title: fmt.Sprint(i)},
				LogSource: sigma.LogSource{Product: "test"}, Condition: g.expr(3),
			})
			if i%4 == 0 {
				c.Rules[i].Condition = g.valueExpr()
			}
		}
		plan := NewPlan(c, table, PlanOptions{})
		w := newWorker(plan, nil, nil)
		w.plain = 5 // records that go the plain way; the others go through the sieve
		names := event.NewNames()
		var seen []*event.Event
		for range 60 {
			// Some records come again, as they were or with another value somewhere.
			ev := g.event(names)
			if len(seen) > 0 && g.IntN(2) == 0 {
				ev = g.again(seen[g.IntN(len(seen))])
			}
			seen = append(seen, ev)
			hunt := func(w *worker) []*Finding {
				w.begin("f")
				w.event(ev)
				return w.end().findings
			}
			found := hunt(w)
			if g.IntN(4) == 0 {
				if fresh := hunt(newWorker(plan, nil, nil)); !reflect.DeepEqual(found, fresh) {
					t.Fatalf("event %s: after others %v, alone %v", ev.AppendJSON(nil), found, fresh)
				}
			}
			var got, want []string
			for _, f := range found {
				got = append(got, f.Rule.ID)
			}
			for _, r := range c.Rules {
				if sigma.Eval(r.Condition, record{ev}) {
					want = append(want, r.ID)
				}
			}
			matches += len(want)
			if !slices.Equal(got, want) {
				for _, r := range c.Rules {
					if slices.Contains(got, r.ID) != slices.Contains(want, r.ID) {
						t.Errorf("rule %s: %s", r.ID, sigma.Format(r.Condition))
					}
				}
				t.Fatalf("event %s: matched %v, want %v", ev.AppendJSON(nil), got, want)
			}
		}
	}
	if matches < 1000 {
		t.Errorf("only %d matches: the test shows little", matches)
	}
}
