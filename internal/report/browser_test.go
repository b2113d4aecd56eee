package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// needBrowser skips unless browser tests are wanted, with -tags browser: go test by default must need nothing but
// Go. Where they are wanted a missing browser is a failure.
func needBrowser(t *testing.T) {
	t.Helper()
	if !wantBrowser {
		t.Skip("needs Chromium: run make test-browser")
	}
}

func htmlFile(t *testing.T, n int, o Options) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	format, _ := FormatByName("html")
	o.HTML.Title = "Browser test"
	writeSample(t, path, format, o, n)
	return path
}

// quiet fails on anything that the browser complained about, and on any request but for the file itself.
func (c *chromium) quiet(path string) {
	c.t.Helper()
	for _, s := range c.complaints() {
		c.t.Errorf("the browser complains: %.600s", s)
	}
	for _, u := range c.requests() {
		if u != "about:blank" && !strings.HasPrefix(u, "file://"+path) && !strings.HasPrefix(u, "data:image/svg+xml,") {
			c.t.Errorf("the report asked for %s", u)
		}
	}
}

const settled = `!document.getElementById("status").textContent.includes("searching")`

// search types a query and waits for its full result.
func (c *chromium) search(q string) int {
	c.t.Helper()
	c.eval(fmt.Sprintf(`(() => { const q = document.getElementById("q"); q.value = %q; q.dispatchEvent(new Event("input")); })()`, q), nil)
	c.until(fmt.Sprintf(`location.hash.includes("q=") === %t && new URLSearchParams(location.hash.split("?")[1] || "").get("q") === %s && %s`, q != "", jsString(q), settled))
	return c.shown()
}

func jsString(q string) string {
	if q == "" {
		return "null"
	}
	return fmt.Sprintf("%q", q)
}

// shown is the number of findings that the filters leave.
func (c *chromium) shown() int {
	c.t.Helper()
	return int(c.number(`document.querySelector("#status b").textContent.replaceAll(",", "")`))
}

func TestBrowserLargeReport(t *testing.T) {
	needBrowser(t)
	const n = 100_000
	path := htmlFile(t, n, Options{})
	if st, err := os.Stat(path); err == nil {
		t.Logf("%d findings: %.1f MB", n, float64(st.Size())/1e6)
	}
	c := startChromium(t)
	ms := c.open(path, "#findings")
	t.Logf("open and ready after %.0f ms", ms)
	if got := c.shown(); got != n {
		t.Fatalf("the report shows %d findings, wanted %d", got, n)
	}
	// What the report must find is counted here from the same findings.
	f := newFake(1)
	var critical, host, whoami, both, fieldOnly int
	for i := range n {
		x := f.finding(i, n)
		text := strings.ToLower(string(x.Event) + ruleTitle(x.Rule))
		if x.Rule.Level == "critical" {
			critical++
		}
		if strings.Contains(strings.ToLower(x.Host), "dc01") {
			host++
		}
		if strings.Contains(text, "whoami") {
			whoami++
			if strings.Contains(strings.ToLower(x.Host), "web01") {
				both++
			}
		}
		for _, m := range x.Matched {
			if m.Name == "TargetFilename" && strings.HasPrefix(m.Value, `C:\PerfLogs\1`) && strings.HasSuffix(m.Value, ".7z") {
				fieldOnly++
			}
		}
	}
	for _, q := range []struct {
		query string
		want  int
	}{
		{"level:critical", critical},
		{"host:dc01", host},
		{"whoami", whoami},
		{"whoami host:web01", both},
		{`TargetFilename:C:\PerfLogs\1*.7z`, fieldOnly},
		{"-level:critical", n - critical},
		{"nosuchwordanywhere", 0},
		{"", n},
	} {
		if got := c.search(q.query); got != q.want {
			t.Errorf("search %q shows %d, wanted %d", q.query, got, q.want)
		}
	}
	// Scrolling to the end draws the last row, and no more rows exist than fit.
	c.eval(`document.querySelector(".vlist").scrollTop = 1e9`, nil)
	c.until(fmt.Sprintf(`[...document.querySelectorAll(".vlist .trow")].some((r) => r.getAttribute("aria-rowindex") === "%d")`, n+1)) // the header is row 1
	if drawn := c.number(`document.querySelectorAll(".vlist .trow").length`); drawn > 80 {
		t.Errorf("%v rows are in the page at once", drawn)
	}
	var frames struct{ N, Worst, Total float64 }
	c.eval(`(async () => {
		const box = document.querySelector(".vlist"); box.scrollTop = 0;
		const times = []; let last = performance.now();
		for (let i = 0; i < 60; i++) { box.scrollTop += 1700; await new Promise(requestAnimationFrame); const t = performance.now(); times.push(t - last); last = t; }
		return { N: times.length, Worst: Math.max(...times), Total: times.reduce((a, b) => a + b) };
	})()`, &frames)
	t.Logf("scrolling 50 rows a frame: %.1f ms a frame, worst %.0f ms", frames.Total/frames.N, frames.Worst)
	var search float64
	c.eval(`(async () => {
		const q = document.getElementById("q"), t = performance.now();
		q.value = "users\\public\\svc1";
		q.dispatchEvent(new Event("input"));
		await new Promise((r) => setTimeout(r, 250));
		while (document.getElementById("status").textContent.includes("searching")) await new Promise((r) => setTimeout(r, 10));
		return performance.now() - t;
	})()`, &search)
	t.Logf("a search through all records: %.0f ms, %d found", search, c.shown())
	c.quiet(path)
}

func TestBrowserHostileReport(t *testing.T) {
	needBrowser(t)
	path := filepath.Join(t.TempDir(), "report.html")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	sink := NewHTML(out, Options{HTML: HTMLOptions{Title: hostileTexts[0]}, RuleText: sampleRuleText})
	for _, f := range hostile() {
		if err := sink.Finding(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := sink.Close(hostileSummary()); err != nil {
		t.Fatal(err)
	}
	out.Close()
	c := startChromium(t)
	for _, view := range []string{"overview", "timeline?lanes=rule", "timeline?lanes=tactic", "attack", "attack?paint=count", "findings", "findings?group=rule", "hosts", "quality"} {
		c.open(path, "#"+view)
	}
	c.open(path, "#findings")
	n := len(hostileTexts)
	if got := c.shown(); got != n {
		t.Errorf("the report shows %d findings, wanted %d", got, n)
	}
	for range n {
		c.key("j")
		c.until(`!document.getElementById("detail").hidden`)
	}
	// The texts are there as text, with what could act on the reader written out.
	body := c.text(`document.body.innerText`)
	for _, want := range []string{`</script><script>window.pwned=1</script>`, `\u{202e}gnp.exe`, `\x1b[31mred`} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not shown", want)
		}
	}
	if strings.ContainsAny(body, "\u202e\x1b\u009b\u2028") {
		t.Error("a control character or a bidirectional override reached the page")
	}
	if got := c.text(`window.pwned`); got != "undefined" {
		t.Error("a text of a log ran as script")
	}
	if got := c.number(`document.querySelectorAll("img, iframe, object, embed, svg[onload], [onerror], [onmouseover], [onclick]").length`); got != 0 {
		t.Errorf("%v elements were made of log text", got)
	}
	if got := c.text(`[...document.querySelectorAll("a[href]")].map((a) => a.protocol).filter((p) => !["file:", "https:", "http:"].includes(p)).join()`); got != "" {
		t.Errorf("links of protocol %s", got)
	}
	for _, x := range hostileTexts {
		if !utf8.ValidString(x) || strings.ContainsAny(x, "\x00\n\r\t") || len(x) > 1000 {
			continue
		}
		c.eval(fmt.Sprintf(`document.getElementById("q").value = JSON.parse(%q); document.getElementById("q").dispatchEvent(new Event("input"))`, string(appendJSONString(nil, x))), nil)
		c.until(`new Promise((r) => setTimeout(r, 220)).then(() => ` + settled + `)`)
	}
	c.quiet(path)
}

func TestBrowserPolicyHolds(t *testing.T) {
	needBrowser(t)
	path := htmlFile(t, 50, Options{})
	c := startChromium(t)
	c.open(path, "")
	// Markup made of text, other scripts, other styles and requests are refused by the page's own policy.
	for name, js := range map[string]string{
		"innerHTML":     `(() => { try { document.body.innerHTML = "<b>x</b>"; return "allowed"; } catch { return "refused"; } })()`,
		"eval":          `(() => { try { return (0, eval)("'allowed'"); } catch { return "refused"; } })()`,
		"inline script": `(() => { const s = document.createElement("script"); try { s.text = "window.inline = 1"; document.body.append(s); } catch { } return window.inline ? "allowed" : "refused"; })()`,
		"inline style":  `(() => { const s = document.createElement("style"); s.append("body { color: rgb(1, 2, 3) }"); document.body.append(s); return getComputedStyle(document.body).color === "rgb(1, 2, 3)" ? "allowed" : "refused"; })()`,
		"fetch":         `fetch("https://example.org/").then(() => "allowed", () => "refused")`,
		"image":         `new Promise((r) => { const i = new Image(); i.onload = () => r("allowed"); i.onerror = () => r("refused"); i.src = "https://example.org/x.png"; })`,
	} {
		var got string
		c.eval(js, &got)
		if got != "refused" {
			t.Errorf("%s is %s", name, got)
		}
	}
}

func TestBrowserFiltersAndAddress(t *testing.T) {
	needBrowser(t)
	path := htmlFile(t, 3000, Options{RuleText: sampleRuleText})
	c := startChromium(t)
	c.open(path, "")
	click := func(what string) { c.t.Helper(); c.eval(what+".click()", nil) }
	click(`[...document.querySelectorAll(".pill")].find((p) => p.textContent.includes("critical"))`)
	critical := c.shown()
	click(`[...document.querySelectorAll(".chain button")].find((p) => p.textContent.includes("Credential Access"))`)
	both := c.shown()
	if both <= 0 || both >= critical {
		t.Errorf("%d critical findings, %d of them of one tactic", critical, both)
	}
	address := c.text("location.hash")
	if !strings.Contains(address, "level=critical") || !strings.Contains(address, "tactic=credential-access") {
		t.Errorf("the address does not say what was chosen: %s", address)
	}
	// A bookmark leads to the same findings.
	c.open(path, address)
	if got := c.shown(); got != both {
		t.Errorf("the bookmark shows %d, wanted %d", got, both)
	}
	c.key("4")
	c.until(`document.querySelector(".vlist")`)
	c.key("j")
	c.until(`!document.getElementById("detail").hidden && document.querySelectorAll("#detail table.fields tr").length > 5`)
	detail := c.text(`document.getElementById("detail").innerText`)
	for _, want := range []string{"WHERE AND WHEN", "WHAT THE RULE MATCHED", "THE WHOLE RECORD", "ABOUT THE RULE", "Example Team", "Administrators at work", "Inventory software", "https://example.org/notes/", "T1003"} {
		if !strings.Contains(detail, want) {
			t.Errorf("the detail pane does not show %q", want)
		}
	}
	if !strings.Contains(c.text("location.hash"), "sel=") {
		t.Error("the address does not name the open finding")
	}
	c.key("Escape")
	c.until(`document.getElementById("detail").hidden`)
	click(`document.querySelector(".chip.clear")`)
	if got := c.shown(); got != 3000 {
		t.Errorf("without filters %d findings, wanted 3000", got)
	}
	// A dragged range of time.
	c.eval(`(() => {
		const canvas = document.getElementById("time"), b = canvas.getBoundingClientRect();
		canvas.setPointerCapture = () => {};
		const at = (type, share) => canvas.dispatchEvent(new PointerEvent(type, { bubbles: true, button: 0, clientX: b.left + share * b.width, clientY: b.top + 20, pointerId: 1 }));
		at("pointerdown", 0.25); at("pointermove", 0.4); at("pointermove", 0.5); at("pointerup", 0.5);
	})()`, nil)
	c.until(`location.hash.includes("from=") && location.hash.includes("to=")`)
	if got := c.shown(); got < 300 || got > 1500 {
		t.Errorf("a quarter of the time has %d of 3000 findings", got)
	}
	// The page of a host lists what happened on it.
	c.open(path, "#hosts?page=DC01.corp.example")
	body := c.text("document.body.innerText")
	for _, want := range []string{"DC01.corp.example", "Kill chain on this host", "Copy of the directory database made with its own tool", `CORP\adm.weber`, "ntdsutil"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page of a host does not show %q", want)
		}
	}
	// Every view has one first heading and says what it is without its colours.
	for _, view := range []string{"overview", "timeline", "attack", "findings", "hosts", "quality"} {
		c.open(path, "#"+view)
		if n := c.number(`document.querySelectorAll("h1").length`); n != 1 {
			t.Errorf("%s has %v first headings", view, n)
		}
		if got := c.text(`[...document.querySelectorAll("button")].filter((b) => !b.innerText.trim() && !b.getAttribute("aria-label") && !b.title).length`); got != "0" {
			t.Errorf("%s: %s buttons without a name", view, got)
		}
	}
	c.quiet(path)
}

func TestBrowserCappedReportSaysSo(t *testing.T) {
	needBrowser(t)
	path := htmlFile(t, 5000, Options{HTML: HTMLOptions{MaxRows: 1000}})
	c := startChromium(t)
	c.open(path, "")
	body := c.text("document.body.innerText")
	for _, want := range []string{"more findings than one report can hold", "of 5,000", "5,000 findings"} {
		if !strings.Contains(body, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	c.quiet(path)
}

func TestBrowserEmptyReport(t *testing.T) {
	needBrowser(t)
	path := htmlFile(t, 0, Options{})
	c := startChromium(t)
	for _, view := range []string{"", "#timeline", "#attack", "#findings", "#hosts", "#quality"} {
		c.open(path, view)
	}
	c.open(path, "")
	if body := c.text("document.body.innerText"); !strings.Contains(body, "Nothing found") || !strings.Contains(body, "1,834,201 events") {
		t.Errorf("an empty report says\n%s", body)
	}
	c.quiet(path)
}

func TestBrowserShowsCaveatsAndIdleRules(t *testing.T) {
	needBrowser(t)
	path := htmlFile(t, 3000, Options{})
	c := startChromium(t)
	c.open(path, "#findings")
	if n := c.search("has:caveat"); n == 0 || n == 3000 {
		t.Fatalf("%d of 3000 findings have a caveat", n)
	}
	c.key("j")
	c.until(`document.querySelector("#detail .callout") !== null`)
	if got := c.text(`document.querySelector("#detail .callout").innerText`); !strings.Contains(got, "A filter of the rule reads Signed") {
		t.Errorf("the detail says %q", got)
	}
	c.open(path, "#quality")
	body := c.text("document.body.innerText")
	for _, want := range []string{"Findings with a caveat", "Invented rule 39 that reads parents", "windows/security/4688 has no field ParentCommandLine"} {
		if !strings.Contains(body, want) {
			t.Errorf("the data quality does not say %q", want)
		}
	}
	c.quiet(path)
}
