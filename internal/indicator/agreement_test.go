package indicator_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/hunt"
	"entente/internal/stixpattern"
)

// The hunt says of records what the pattern says of the observed data that they are: over random patterns and records of
// four kinds, wherever nothing of a pattern is lost. Values leave no room for the ways in which rules are wider, such as case.

type agreement struct{ *rand.Rand }

func (g agreement) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g agreement) maybe() bool { return g.IntN(3) > 0 }

type seen struct {
	data   stixpattern.Observed
	record map[string]any
}

var agreementEpoch = time.Date(2021, 3, 3, 9, 0, 0, 0, time.UTC)

// event is a record, and what it shows.
func (g agreement) event(second int) seen {
	at := agreementEpoch.Add(time.Duration(second) * time.Second)
	rec := map[string]any{
		"Channel": "Microsoft-Windows-Sysmon/Operational", "Provider_Name": "Microsoft-Windows-Sysmon", "Computer": "ws1",
		"@timestamp": at.Format(time.RFC3339),
	}
	objects := map[string]map[string]any{}
	switch g.IntN(4) {
	case 0:
		rec["EventID"] = 1
		o := map[string]any{"type": "process"}
		file := map[string]any{"type": "file"}
		objects["0"] = o
		if g.maybe() {
			name, dir := g.pick("a.exe", "b.exe", "cc.dll"), g.pick(`c:\x`, `c:\x\y`)
			rec["Image"] = dir + `\` + name
			file["name"], file["parent_directory_ref"] = name, "2"
			objects["2"] = map[string]any{"type": "directory", "path": dir}
		}
		if g.maybe() {
			h := g.hash()
			rec["Hashes"] = "MD5=" + h
			file["hashes"] = map[string]any{"MD5": h}
		}
		if len(file) > 1 {
			o["image_ref"], objects["1"] = "1", file
		}
		if g.maybe() {
			c := g.pick("run -a", "run -b 1", "x", "xrun*")
			rec["CommandLine"], o["command_line"] = c, c
		}
		if g.maybe() {
			n := g.IntN(4)
			rec["ProcessId"], o["pid"] = fmt.Sprint(n), json.Number(fmt.Sprint(n))
		}
	case 1:
		rec["EventID"] = 3
		o := map[string]any{"type": "network-traffic", "src_ref": "1", "dst_ref": "2"}
		src, dst, port := g.address(), g.address(), g.IntN(3)
		rec["SourceIp"], rec["DestinationIp"], rec["DestinationPort"] = src, dst, fmt.Sprint(port)
		o["dst_port"] = json.Number(fmt.Sprint(port))
		objects["0"], objects["1"], objects["2"] = o, map[string]any{"type": "ipv4-addr", "value": src}, map[string]any{"type": "ipv4-addr", "value": dst}
	case 2:
		rec["EventID"] = 22
		rec["QueryName"] = g.domain()
		objects["0"] = map[string]any{"type": "domain-name", "value": rec["QueryName"]}
	default:
		rec["EventID"], rec["EventType"] = 13, "SetValue"
		name, data := g.pick("v1", "v2"), g.pick("on", "off")
		rec["TargetObject"], rec["Details"] = `HKLM\k1\`+name, data
		objects["0"] = map[string]any{"type": "windows-registry-key", "values": []any{map[string]any{"name": name, "data": data}}}
	}
	return seen{stixpattern.Observed{First: at, Last: at, Count: 1, Objects: objects}, rec}
}

func (g agreement) hash() string { return strings.Repeat(g.pick("0a", "1b", "2c"), 16) }

func (g agreement) address() string {
	return fmt.Sprintf("10.%d.%d.%d", g.IntN(2), g.IntN(2), g.IntN(3))
}

func (g agreement) domain() string { return g.pick("a.example", "b.example", "x.a.example", "other") }

// test is a comparison of an object of a kind.
func (g agreement) test(kind string) string {
	not := g.pick("", "", "NOT ")
	text := func(path string, values ...string) string {
		v := func() string { return g.pick(values...) }
		switch g.IntN(4) {
		case 0:
			return fmt.Sprintf("%s %sIN ('%s', '%s')", path, not, v(), v())
		case 1:
			return fmt.Sprintf("%s %s= '%s'", path, not, v())
		default:
			return fmt.Sprintf("%s %s '%s'", path, g.pick("=", "!="), v())
		}
	}
	switch kind {
	case "process":
		switch g.IntN(5) {
		case 0:
			return fmt.Sprintf("process:pid %s%s %d", not, g.pick("=", "!=", "<", "<=", ">", ">="), g.IntN(4))
		case 1:
			return text("process:image_ref.name", "a.exe", "b.exe", "cc.dll", "no.exe")
		case 2:
			return fmt.Sprintf("process:command_line %sLIKE '%s'", not, g.pick("run%", "%1", "run -_", "%un%", "%*"))
		case 3:
			return fmt.Sprintf("process:command_line %sMATCHES '%s'", not, g.pick("^run", "-[ab]", "x$", "r.n"))
		default:
			return not + g.pick("EXISTS process:pid", "EXISTS process:command_line")
		}
	case "file":
		if g.IntN(2) == 0 {
			return text("file:hashes.MD5", strings.Repeat("0a", 16), strings.Repeat("1b", 16), strings.Repeat("ff", 16))
		}
		return text("file:name", "a.exe", "b.exe", "cc.dll")
	case "network-traffic":
		if g.IntN(2) == 0 {
			return text("network-traffic:dst_ref.value", g.address(), g.address())
		}
		return fmt.Sprintf("network-traffic:dst_port %s%s %d", not, g.pick("=", "!=", "<", ">="), g.IntN(3))
	case "ipv4-addr":
		if g.IntN(2) == 0 {
			return text("ipv4-addr:value", g.address(), g.address())
		}
		return fmt.Sprintf("ipv4-addr:value %sISSUBSET '10.%d.%d.0/%s'", not, g.IntN(2), g.IntN(2), g.pick("16", "24", "30", "31"))
	case "domain-name":
		if g.IntN(2) == 0 {
			return text("domain-name:value", "a.example", "b.example", "none")
		}
		return fmt.Sprintf("domain-name:value %s%s '%s'", not, "LIKE", g.pick("%.example", "_.example", "other", "%a.%"))
	default:
		return text(g.pick("windows-registry-key:values[*].name", "windows-registry-key:values[*].data"), "v1", "v2", "on", "off")
	}
}

var agreementKinds = []string{"process", "file", "network-traffic", "ipv4-addr", "domain-name", "windows-registry-key"}

// bracket is an observation expression about a kind of object, or about two of them.
func (g agreement) bracket(kind string) string {
	var build func(n int) string
	build = func(n int) string {
		if n <= 1 {
			return g.test(kind)
		}
		cut := 1 + g.IntN(n-1)
		return "(" + build(cut) + g.pick(" AND ", " OR ") + build(n-cut) + ")"
	}
	out := build(1 + g.IntN(3))
	if g.IntN(6) == 0 {
		kind = agreementKinds[g.IntN(len(agreementKinds))]
		out += " OR " + build(1)
	}
	return "[" + out + "]"
}

// joined is a pattern of several observations.
func (g agreement) joined() string {
	kinds := slices.Clone(agreementKinds)
	if g.IntN(2) == 0 {
		kinds = slices.Repeat(kinds[:1+g.IntN(2)], 3) // of which one record may be several
	}
	g.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	a, b := "["+g.test(kinds[0])+"]", "["+g.test(kinds[1])+"]"
	within := fmt.Sprintf(" WITHIN %d SECONDS", 1+g.IntN(20))
	span := fmt.Sprintf(" START t'%s' STOP t'%s'", agreementEpoch.Add(time.Duration(g.IntN(20))*time.Second).Format(time.RFC3339),
		agreementEpoch.Add(time.Duration(20+g.IntN(30))*time.Second).Format(time.RFC3339))
	switch g.IntN(7) {
	case 0:
		return "(" + a + " AND " + b + ")" + g.pick("", within)
	case 1:
		return "(" + a + " FOLLOWEDBY " + b + ")" + g.pick("", within)
	case 2:
		return a + fmt.Sprintf(" REPEATS %d TIMES", 2+g.IntN(3)) + g.pick("", within)
	case 3:
		return a + " OR " + b
	case 4:
		return a + span
	case 5:
		return "(" + a + " FOLLOWEDBY " + b + ")" + within + span
	default:
		return "(" + a + " AND " + b + " AND [" + g.test(kinds[2]) + "])" + g.pick("", within)
	}
}

func TestHuntAgreesWithPatterns(t *testing.T) {
	g := agreement{rand.New(rand.NewPCG(2021, 19))}
	rounds := 15
	if testing.Short() {
		rounds = 4
	}
	compared, matched, joins, joined := 0, 0, 0, 0
	for range rounds {
		var events []seen
		var text strings.Builder
		var data []stixpattern.Observed
		offsets := map[int64]int{}
		for i := range 25 {
			ev := g.event(2 * i)
			offsets[int64(text.Len())] = i
			line, err := json.Marshal(ev.record)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(append(line, '\n'))
			events, data = append(events, ev), append(data, ev.data)
		}
		patterns := map[string]*stixpattern.Pattern{} // by id
		var objects []string
		tr := stixpattern.NewLogTranslator()
		for i := range 120 {
			source := g.bracket(agreementKinds[i%len(agreementKinds)])
			if i%3 == 0 {
				source = g.joined()
			}
			p, err := stixpattern.Parse(source)
			if err != nil {
				t.Fatalf("%s: %v", source, err)
			}
			if _, losses := tr.Logs(p); slices.ContainsFunc(losses, func(l stixpattern.Loss) bool { return !l.General() }) {
				continue
			}
			object := indicatorJSON(i, source)
			objects = append(objects, object)
			patterns[fmt.Sprint("i", i)] = p
		}
		set := compile(t, bundleOf(objects...))
		if set.Hunted != len(objects) || set.Partly > 0 {
			t.Fatalf("%d of %d hunted: %v", set.Hunted, len(objects), set.Problems)
		}
		file := filepath.Join(t.TempDir(), "events.jsonl")
		if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		found := map[string]map[int]bool{} // by indicator: records, or -1 of a correlation
		findings, _ := run(t, planOf(t, set, hunt.PlanOptions{}), file)
		for _, f := range findings {
			n := -1
			if f.Correlation == nil {
				n = offsets[f.Offset]
			}
			if found[f.Rule.Title] == nil {
				found[f.Rule.Title] = map[int]bool{}
			}
			found[f.Rule.Title][n] = true
		}
		for title, p := range patterns {
			if len(p.Brackets()) == 1 && !strings.Contains(p.String(), "REPEATS") {
				for i := range events {
					res, err := p.Match(data[i:i+1], stixpattern.Limits{})
					if err != nil {
						t.Fatal(err)
					}
					compared++
					if res.Matched {
						matched++
					}
					if got := found[title][i]; got != res.Matched {
						t.Fatalf("%s over %v: the hunt says %v, the pattern %v", p, events[i].record, got, res.Matched)
					}
				}
				continue
			}
			res, err := p.Match(data, stixpattern.Limits{})
			if errors.Is(err, stixpattern.ErrBudget) {
				continue
			} else if err != nil {
				t.Fatal(err)
			}
			joins++
			if res.Matched {
				joined++
			}
			if got := len(found[title]) > 0; got != res.Matched {
				t.Fatalf("%s over\n%s: the hunt says %v, the pattern %v", p, text.String(), got, res.Matched)
			}
		}
	}
	t.Logf("%d of %d single observations matched, %d of %d joins", matched, compared, joined, joins)
	if compared < rounds*500 || matched < compared/50 || joins < rounds*5 || joined < joins/20 || joined > joins*19/20 {
		t.Errorf("this compares too little")
	}
}
