package report

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"entente/internal/attack"
	"entente/internal/event"
	"entente/internal/hunt"
)

// unpackedReport is what the page's script sees.
type unpackedReport struct {
	index   []map[string][]any
	details []map[string]any
	meta    map[string]any
}

var blockPattern = regexp.MustCompile(`<script type="application/json" class="([idm])" data-n="(\d+)">"([A-Za-z0-9+/=]*)"</script>`)

func unpackReport(tb testing.TB, page string) *unpackedReport {
	tb.Helper()
	var r unpackedReport
	for _, m := range blockPattern.FindAllStringSubmatch(page, -1) {
		raw, err := base64.StdEncoding.DecodeString(m[3])
		if err != nil {
			tb.Fatal(err)
		}
		zr, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			tb.Fatal(err)
		}
		text, err := io.ReadAll(zr)
		if err != nil {
			tb.Fatal(err)
		}
		switch m[1] {
		case "i":
			var b map[string][]any
			if err := json.Unmarshal(text, &b); err != nil {
				tb.Fatalf("%v in %.200s", err, text)
			}
			for k, col := range b {
				if k != "s" && fmt.Sprint(len(col)) != m[2] {
					tb.Errorf("column %s has %d values, the block %s rows", k, len(col), m[2])
				}
			}
			r.index = append(r.index, b)
		case "d":
			lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
			if fmt.Sprint(len(lines)) != m[2] {
				tb.Errorf("a block has %d lines and says %s", len(lines), m[2])
			}
			for _, line := range lines {
				var v map[string]any
				if err := json.Unmarshal([]byte(line), &v); err != nil {
					tb.Fatalf("%v in %.200s", err, line)
				}
				r.details = append(r.details, v)
			}
		case "m":
			if err := json.Unmarshal(text, &r.meta); err != nil {
				tb.Fatal(err)
			}
		}
	}
	if r.meta == nil {
		tb.Fatal("the report has no summary")
	}
	return &r
}

// rowHosts are the hosts that each row is of, as the page's script puts them together.
func (r *unpackedReport) rowHosts() [][]string {
	names, sets := r.meta["hosts"].([]any), r.meta["hostSets"].([]any)
	var out [][]string
	for _, b := range r.index {
		for _, n := range b["h"] {
			var list []string
			for _, i := range sets[int(n.(float64))].([]any) {
				list = append(list, names[int(i.(float64))].(string))
			}
			out = append(out, list)
		}
	}
	return out
}

func TestHTMLHoldsEveryFinding(t *testing.T) {
	const n = 9000 // more than two blocks of the index
	f := newFake(6)
	var list []*hunt.Finding
	for i := range n {
		list = append(list, f.finding(i, n))
	}
	list[5].Time = time.Time{}
	r := unpackReport(t, render(t, "html", Options{RuleText: sampleRuleText}, f.summary(n), list...))
	if len(r.details) != n || r.meta["rows"] != float64(n) || r.meta["total"] != float64(n) || len(r.index) != 3 {
		t.Fatalf("%d details in %d blocks of the index, summary says %v of %v", len(r.details), len(r.index), r.meta["rows"], r.meta["total"])
	}
	// Put the columns together the way the script does and compare with what went in.
	dict := []string{""}
	row := 0
	rules := r.meta["rules"].([]any)
	hosts := r.rowHosts()
	for _, b := range r.index {
		for _, s := range b["s"] {
			dict = append(dict, s.(string))
		}
		var ms float64
		for i := range b["t"] {
			x := list[row]
			text := func(col string) string { return dict[int(b[col][i].(float64))] }
			rule := rules[int(b["r"][i].(float64))].(map[string]any)
			if rule["id"] != x.Rule.ID || fmt.Sprint(hosts[row]) != fmt.Sprint([]string{x.Host}) || text("u") != x.User || text("f") != x.File || b["e"][i] != float64(x.EventID) || b["n"][i] != 1.0 {
				t.Fatalf("row %d is %v %v %v, wanted %v", row, rule["id"], hosts[row], text("u"), x)
			}
			if want := max(x.Channel, string(x.Source)); x.Channel != "" && text("c") != want && text("c") != x.Channel {
				t.Fatalf("row %d: channel %q", row, text("c"))
			}
			if x.Time.IsZero() {
				if b["t"][i] != nil {
					t.Errorf("row %d has the time %v", row, b["t"][i])
				}
			} else if ms += b["t"][i].(float64); int64(ms) != x.Time.UnixMilli() {
				t.Fatalf("row %d: time %v, wanted %v", row, int64(ms), x.Time.UnixMilli())
			}
			flags := int(b["k"][i].(float64))
			if (flags&flagCaveat != 0) != (len(x.Caveats) > 0) || (flags&flagCorrelation != 0) != (x.Correlation != nil) {
				t.Errorf("row %d: flags %b", row, flags)
			}
			if !strings.HasPrefix(headline(x), b["d"][i].(string)) {
				t.Errorf("row %d: text %q", row, b["d"][i])
			}
			row++
		}
	}
	for i, d := range r.details {
		var want map[string]any
		if err := json.Unmarshal(appendFinding(nil, list[i], nil), &want); err != nil {
			t.Fatal(err)
		}
		delete(want, "rule")
		delete(want, "attack")
		if fmt.Sprint(d) != fmt.Sprint(want) {
			t.Fatalf("detail %d is\n%v\nwanted\n%v", i, d, want)
		}
	}
	sum := 0.0
	for _, x := range rules {
		rule := x.(map[string]any)
		sum += rule["count"].(float64)
		if rule["count"] != rule["rows"] || !strings.HasPrefix(rule["text"].(string), "title: ") {
			t.Errorf("rule %v", rule)
		}
	}
	if sum != n {
		t.Errorf("the rules fired %v times, wanted %d", sum, n)
	}
}

func TestHTMLPolicy(t *testing.T) {
	page := render(t, "html", Options{HTML: HTMLOptions{Title: `A "title" <b>& more`}}, plainSummary(), plainFinding())
	policy := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`).FindStringSubmatch(page)
	if policy == nil {
		t.Fatal("no policy")
	}
	script := page[strings.LastIndex(page, "<script>")+len("<script>") : strings.LastIndex(page, "</script>")]
	style := page[strings.Index(page, "<style>")+len("<style>") : strings.Index(page, "</style>")]
	for _, want := range []string{"default-src 'none'", "script-src '" + sourceHash(script) + "'", "style-src '" + sourceHash(style) + "'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(policy[1], want) {
			t.Errorf("the policy %q lacks %q", policy[1], want)
		}
	}
	if strings.Contains(policy[1], "unsafe") {
		t.Errorf("the policy %q allows too much", policy[1])
	}
	if strings.Index(page, "Content-Security-Policy") > strings.Index(page, "<style>") {
		t.Error("the policy stands after what it governs")
	}
	for _, bad := range []string{"{{", "<!--DATA-->", "<b>& more", ` src="`, "@import", "url("} {
		if strings.Contains(strings.Replace(page, script, "", 1), bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if !strings.Contains(page, "A &#34;title&#34; &lt;b&gt;&amp; more") {
		t.Error("the title is not escaped")
	}
}

// TestHTMLScriptStaysInItsElement: the page's own parts must not end the elements that hold them, nor make markup of
// text.
func TestHTMLScriptStaysInItsElement(t *testing.T) {
	script := htmlScript()
	for _, bad := range []string{"</script", "<!--", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "setAttribute(\"style\"", "\u2028", "fetch(", "XMLHttpRequest", "import("} {
		if strings.Contains(script, bad) {
			t.Errorf("the script holds %q", bad)
		}
	}
	if strings.Contains(htmlStyle, "</style") {
		t.Error("the style ends its element")
	}
	if strings.Count(script, "\n") < 1000 || !strings.HasSuffix(script, "})();\n") {
		t.Error("the script is not whole")
	}
}

func TestHTMLKeepsWhatMattersWhenFull(t *testing.T) {
	const n, room = 6000, 800
	f := newFake(7)
	var list []*hunt.Finding
	for i := range n {
		list = append(list, f.finding(i, n))
	}
	r := unpackReport(t, render(t, "html", Options{HTML: HTMLOptions{MaxRows: room}}, f.summary(n), list...))
	if got := len(r.details); got > room || got < room/2 {
		t.Errorf("%d rows, there is room for %d", got, room)
	}
	if r.meta["total"] != float64(n) {
		t.Errorf("total %v, wanted %d", r.meta["total"], n)
	}
	left := 0.0
	for _, x := range r.meta["rules"].([]any) {
		rule := x.(map[string]any)
		left += rule["count"].(float64) - rule["rows"].(float64)
		if rule["level"] == "critical" && rule["rows"] == 0.0 {
			t.Errorf("no row of critical rule %v", rule["title"])
		}
	}
	if int(left) != n-len(r.details) {
		t.Errorf("the rules say that %v rows are left out, wanted %d", left, n-len(r.details))
	}
	var levels float64
	for _, v := range r.meta["counts"].(map[string]any)["levels"].([]any) {
		levels += v.(float64)
	}
	if levels != n {
		t.Errorf("the counts by level are of %v, wanted %d", levels, n)
	}
}

func TestRowBudget(t *testing.T) {
	b := newRowBudget(80)
	noisy, other, bad := &ruleTally{}, &ruleTally{}, &ruleTally{}
	take := func(l level, r *ruleTally, n int) (taken int) {
		for range n {
			if b.take(l, r) {
				taken++
			}
		}
		return taken
	}
	if got := take(low, noisy, 1000); got != 40 {
		t.Errorf("a noisy rule got %d rows, wanted half of 80", got)
	}
	if got := take(low, other, 1000); got != 4 {
		t.Errorf("another rule got %d rows, wanted a twentieth of 80", got)
	}
	for range 20 {
		take(low, &ruleTally{}, 4)
	}
	if b.used != 70 {
		t.Errorf("rules of low level fill up to %d, wanted 70", b.used)
	}
	if got := take(critical, bad, 1000); got != 4 {
		t.Errorf("a critical rule got %d rows, wanted 4", got)
	}
	for range 20 {
		take(high, &ruleTally{}, 4)
	}
	if b.used != 80 {
		t.Errorf("high rules fill up to %d, wanted 80", b.used)
	}
}

func TestHTMLByteBudget(t *testing.T) {
	f := newFake(8)
	var list []*hunt.Finding
	for i := range 2000 {
		list = append(list, f.finding(i, 2000))
	}
	r := unpackReport(t, render(t, "html", Options{HTML: HTMLOptions{MaxBytes: 20_000}}, f.summary(2000), list...))
	bare := 0
	for _, d := range r.details {
		if d["event"] == nil {
			bare++
		}
		if d["matched"] == nil {
			t.Fatal("a row lost what its rule matched")
		}
	}
	if len(r.details) != 2000 || bare == 0 || bare == 2000 || r.meta["bare"] != float64(bare) {
		t.Errorf("%d rows, %d of them bare, the summary says %v", len(r.details), bare, r.meta["bare"])
	}
}

func TestSlim(t *testing.T) {
	x := plainFinding()
	long := strings.Repeat("é<", 200_000)
	x.Event = append(event.AppendJSONString([]byte(`{"a":"short","ScriptBlockText":`), long), `,"b":[1,2],"tail":"end"}`...)
	x.Matched = []hunt.FieldValue{{Name: "ScriptBlockText", Value: long}}
	y := *x
	if flags := slim(&y); flags != flagClipped {
		t.Errorf("flags %b", flags)
	}
	if len(y.Event) > maxDetail || !json.Valid(y.Event) || !strings.Contains(string(y.Event), `"tail":"end"`) || !strings.Contains(string(y.Event), "more characters]") {
		t.Errorf("%d bytes: %.100s", len(y.Event), y.Event)
	}
	if len(y.Matched[0].Value) > maxDetail || len(x.Matched[0].Value) != len(long) {
		t.Errorf("matched has %d bytes, the original %d", len(y.Matched[0].Value), len(x.Matched[0].Value))
	}
	z := *plainFinding()
	if flags := slim(&z); flags != 0 || string(z.Event) != string(plainFinding().Event) {
		t.Errorf("a short record was changed: %b", flags)
	}
}

func TestHTMLDictionaryIsBounded(t *testing.T) {
	b := newIndexBlock()
	for i := range 300_000 {
		b.number(fmt.Sprint(i, strings.Repeat("x", 500)))
		b.fresh = b.fresh[:0]
	}
	if b.dictBytes > maxDictBytes+1000 {
		t.Errorf("the list of texts has %d bytes", b.dictBytes)
	}
	if b.number(strings.Repeat("y", 500)) != b.number(strings.Repeat("z", 500)) {
		t.Error("texts beyond the bound have numbers of their own")
	}
}

func TestHTMLMatrix(t *testing.T) {
	facts, err := attack.Default()
	if err != nil {
		t.Fatal(err)
	}
	r := unpackReport(t, render(t, "html", Options{Attack: facts}, plainSummary(), plainFinding()))
	matrix := r.meta["matrix"].([]any)
	if len(matrix) < 14 || matrix[0].(map[string]any)["short"] != "reconnaissance" {
		t.Errorf("%d tactics", len(matrix))
	}
}

func FuzzHTML(f *testing.F) {
	for i, x := range hostileTexts {
		f.Add(x, hostileTexts[(i+3)%len(hostileTexts)], int64(i))
	}
	f.Fuzz(func(t *testing.T, a, b string, ns int64) {
		x := plainFinding()
		x.Host, x.User, x.Time, x.Event = a, b, time.Unix(0, ns), json.RawMessage(b)
		x.Matched = []hunt.FieldValue{{Name: a, Value: b}}
		out := render(t, "html", Options{HTML: HTMLOptions{Title: a}}, &hunt.Summary{Version: b, Inputs: []string{a}}, x)
		checkWellFormed(t, "html", out)
		checkHarmless(t, "html", out)
		if r := unpackReport(t, out); len(r.details) != 1 || r.details[0]["matched"] == nil {
			t.Fatalf("details %v", r.details)
		}
	})
}

func TestHTMLHoldsRulesThatCouldNotRun(t *testing.T) {
	s := plainSummary()
	for i := range htmlWarnings*5 + 3 {
		s.NotApplicable = append(s.NotApplicable, hunt.RuleNote{ID: fmt.Sprint("id-", i), Title: fmt.Sprint("rule ", i), Note: fmt.Sprint("note ", i)})
	}
	x := plainFinding()
	x.Caveats = []string{"first", "second"}
	r := unpackReport(t, render(t, "html", Options{}, s, x))
	sum := r.meta["summary"].(map[string]any)
	list := sum["notApplicable"].([]any)
	if len(list) != htmlWarnings*5 || sum["notApplicableTotal"] != float64(htmlWarnings*5+3) {
		t.Errorf("%d rules are listed and %v counted", len(list), sum["notApplicableTotal"])
	}
	if got := fmt.Sprint(list[7]); got != "map[id:id-7 note:note 7 title:rule 7]" {
		t.Errorf("rule 7 is %s", got)
	}
	if got := fmt.Sprint(r.details[0]["caveats"]); got != "[first second]" {
		t.Errorf("the caveats are %s", got)
	}
}
