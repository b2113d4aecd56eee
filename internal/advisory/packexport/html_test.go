package packexport

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
)

func TestHTML(t *testing.T) {
	page, _ := export(t, HTML, sample(t), Options{})
	for _, want := range []string{
		"<h1>Harbour Lantern against mail servers</h1>",
		`<span class="tlp tlp-amber">TLP:AMBER&#43;STRICT</span>`,
		`href="https://attack.mitre.org/techniques/T1190"`,
		"The actor posts to a page of the mail server that takes no posts.",
		"today T1685.001",
		"Which pages got posts?",
		"lantern[.]example",
		"2001[:]db8::7",
		`<a rel="noreferrer" href="https://example.org/report?a=1&amp;b=2">Report on Harbour Lantern</a>`,
		"cs-uri-stem|endswith: .ico",
		"Event log stopped &amp; &lt;b&gt;silent&lt;/b&gt;",
		"&lt;script&gt;alert(&#34;text, not a script&#34;)&lt;/script&gt;",
		`see Initial Access</a>`,
		"Install updates within a day",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in it", want)
		}
	}
	// Every pointer inside the page has an aim, and none is aimed at twice.
	ids := map[string]int{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]]++; ids[m[1]] > 1 {
			t.Errorf("the id %s stands there twice", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] == 0 {
			t.Errorf("#%s leads nowhere", m[1])
		}
	}
}

func TestHTMLPolicy(t *testing.T) {
	page, _ := export(t, HTML, sample(t), Options{})
	_, rest, _ := strings.Cut(page, "<style>")
	style, _, ok := strings.Cut(rest, "</style>")
	if !ok {
		t.Fatal("there is no style sheet")
	}
	sum := sha256.Sum256([]byte(style))
	m := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("there is no policy")
	}
	policy := strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(m[1])
	if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "script-src") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %s", policy)
	}
	if want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
		t.Errorf("the policy is %s, and the style needs %s", policy, want)
	}
	if strings.Contains(page, "<script") || strings.Contains(page, " style=") || strings.Contains(page, "onclick") || strings.Contains(page, "@import") {
		t.Error("the page has a script, an attribute of style, or loads something")
	}
	for _, m := range regexp.MustCompile(`(?:src|url\()[="' ]*([a-z]+:[^"' )]*)`).FindAllStringSubmatch(strings.Replace(page, m[0], "", 1), -1) {
		t.Errorf("the page loads %s", m[1])
	}
}

func TestHTMLOfAHostilePack(t *testing.T) {
	const evil = `"><img src=x onerror=alert(1)><script>alert(1)</script>`
	quoted := `'` + strings.ReplaceAll(evil, "'", "''") + `'`
	page, _ := export(t, HTML, sampleWith(t,
		"title: Harbour Lantern against mail servers", "title: "+quoted,
		"name: Example Agency", "name: "+quoted,
		"title: Knocking at the door", "title: "+quoted,
		"shows: attempt", "shows: "+quoted,
		"procedure: The actor posts to a page of the mail server that takes no posts.", "procedure: "+quoted,
		"ref: \"7\"", "ref: "+quoted,
		"tactics: [initial-access]", "tactics: ["+quoted+"]",
		"ask: Which pages got posts?", "ask: "+quoted,
		"title: Install updates within a day", "title: "+quoted,
		"d3fend: [D3-SU]", "d3fend: ["+quoted+"]",
		"context: The archiver, which is nobody's in a folder of the web server.", "context: "+quoted,
		"value: lantern-7", "value: "+quoted,
		"title: Event log stopped & <b>silent</b>", "title: "+quoted,
		"level: medium", "level: "+quoted,
		"confidence: high", "confidence: "+quoted,
		"effort: medium", "effort: "+quoted,
		"url: \"http://example.net/second\"", "url: \"javascript:alert(1)\"",
		"tlp: amber+strict", "tlp: "+quoted,
		"issued: 2024-02-03", "issued: "+quoted,
		"license: CC-BY-4.0", "license: "+quoted,
	), Options{})
	for _, bad := range []string{"<img", "<script", "javascript:alert(1)\""} {
		if strings.Contains(page, bad) {
			i := strings.Index(page, bad)
			t.Errorf("%q is in it: …%s", bad, page[max(0, i-80):min(len(page), i+80)])
		}
	}
}
