package stixpattern_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/stixpattern"
)

// A rule finds the record of a process exactly where the pattern matches the process, as long as nothing is dropped and the
// values leave no room for the ways in which rules are wider.
func TestSigmaAgainstMatch(t *testing.T) {
	r := rand.New(rand.NewPCG(2021, 7))
	hits, compared := 0, 0
	for range 2000 {
		pattern := "[" + randomComparison(r, 1+r.IntN(4)) + "]"
		p, err := stixpattern.Parse(pattern)
		if err != nil {
			t.Fatalf("%s: %v", pattern, err)
		}
		coll, losses, text := translate(t, pattern, stixpattern.SigmaMeta{})
		if slices.ContainsFunc(losses, func(l stixpattern.Loss) bool { return l.Kind == stixpattern.Dropped }) {
			continue
		}
		for range 5 {
			object, rec := randomProcess(r)
			res, err := p.Match([]stixpattern.Observed{{First: time.Unix(0, 0), Last: time.Unix(0, 0), Count: 1, Objects: object}}, stixpattern.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			compared++
			if res.Matched {
				hits++
			}
			if got := found(coll, "process_creation", rec); got != res.Matched {
				t.Fatalf("%s over %v: the rules say %v, the pattern %v\n%s", pattern, rec, got, res.Matched, text)
			}
		}
	}
	if compared < 2500 || hits < compared/20 || hits > compared*19/20 {
		t.Errorf("%d of %d matched: this compares too little", hits, compared)
	}
}

func randomComparison(r *rand.Rand, n int) string {
	if n > 1 {
		cut := 1 + r.IntN(n-1)
		return "(" + randomComparison(r, cut) + []string{" AND ", " OR "}[r.IntN(2)] + randomComparison(r, n-cut) + ")"
	}
	not := []string{"", "", "NOT "}[r.IntN(3)]
	switch r.IntN(8) {
	case 0:
		return fmt.Sprintf("process:pid %s%s %d", not, []string{"=", "!=", "<", "<=", ">", ">="}[r.IntN(6)], r.IntN(4))
	case 1:
		return fmt.Sprintf("process:image_ref.name %s%s 'n%d'", not, []string{"=", "!="}[r.IntN(2)], r.IntN(3))
	case 2:
		return fmt.Sprintf("process:image_ref.name %sIN ('n%d', 'n%d')", not, r.IntN(3), r.IntN(3))
	case 3:
		return fmt.Sprintf("process:command_line %sLIKE '%s'", not, []string{"%c1%", "c0%", "_1", "c_", "%*"}[r.IntN(5)])
	case 4:
		return fmt.Sprintf("process:command_line %sMATCHES '%s'", not, []string{"c[01]", "^c0", "2$", "^.1"}[r.IntN(4)])
	case 5:
		return not + "EXISTS process:" + []string{"pid", "command_line", "cwd"}[r.IntN(3)]
	case 6:
		return fmt.Sprintf("process:image_ref.name %sMATCHES '^n[0%d]$'", not, r.IntN(3))
	default:
		return fmt.Sprintf("process:cwd %s= '%s'", not, []string{"", "?", `d\\*`}[r.IntN(3)])
	}
}

func randomProcess(r *rand.Rand) (map[string]map[string]any, record) {
	o, rec := map[string]any{"type": "process"}, record{}
	objects := map[string]map[string]any{"0": o}
	if r.IntN(4) > 0 {
		n := fmt.Sprint(r.IntN(4))
		o["pid"], rec["ProcessId"] = json.Number(n), n
	}
	if r.IntN(4) > 0 {
		name := fmt.Sprint("n", r.IntN(3))
		o["image_ref"] = "1"
		objects["1"] = map[string]any{"type": "file", "name": name}
		rec["Image"] = []string{`C:\x\`, "/usr/"}[r.IntN(2)] + name
	}
	if r.IntN(4) > 0 {
		c := []string{"c0", "c1", "c2", "c*", "xc1y"}[r.IntN(5)]
		o["command_line"], rec["CommandLine"] = c, c
	}
	if r.IntN(4) > 0 {
		c := []string{"", "?", `d\*`, "d"}[r.IntN(4)]
		o["cwd"], rec["CurrentDirectory"] = c, c
	}
	return objects, rec
}

// What 10,000 addresses cost is what they say.
func TestSigmaLarge(t *testing.T) {
	var b strings.Builder
	b.WriteString("[")
	for i := range stixpattern.MaxTests {
		if i > 0 {
			b.WriteString(" OR ")
		}
		fmt.Fprintf(&b, "ipv4-addr:value = '10.1.%d.%d'", i/250, i%250)
	}
	b.WriteString("]")
	coll, losses, _ := translate(t, b.String(), stixpattern.SigmaMeta{})
	if len(losses) > 0 || !found(coll, "network_connection", record{"DestinationIp": "10.1.39.249"}) || found(coll, "network_connection", record{"DestinationIp": "10.1.40.250"}) {
		t.Errorf("losses %v", losses)
	}
}
