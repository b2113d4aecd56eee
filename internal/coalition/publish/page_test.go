package publish

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"entente/internal/coalition"
)

func TestPage(t *testing.T) {
	got := string(released(t, sample(t))["index.html"])
	for _, want := range []string{
		`<h1 lang="en" dir="auto">Intrusions into mail servers</h1>`,
		`<p class="title2" lang="fr" dir="auto">Intrusions dans des serveurs de courrier </p>`,
		`<span class="tlp tlp-clear">TLP:CLEAR</span>`,
		"<h2>Endorsed by</h2>", "<h2>Assessed by</h2>", "<h2>Objected to by</h2>", "<h2>Judgement reserved by</h2>", "<h2>Acknowledged by</h2>", "<h2>Relayed by</h2>", "<h2>Abstained</h2>",
		`No position recorded: <bdi>Hland</bdi> <span class="mid">hh</span>.`,
		`Cland</bdi></a> <span class="mid">cc</span> <span class="part">on 1 of 2 claims</span>`,
		`<td data-label="state" class="says"><span class="stance s-object">objects</span></td>`,
		`<td data-label="intrusion" class="none"><span title="does not speak to it">–</span></td>`,
		`<bdi>very likely</bdi><small>ICD 203, 80–95 %</small>`,
		`<bdi>highly likely</bdi><small>PHIA yardstick, 80–90 %</small>`,
		`<bdi>high</bdi><small>PHIA yardstick</small>`,
		`<blockquote lang="de" dir="auto"><p>Wir sind dessen sicher.</p></blockquote>`,
		`<p>We are sure of it.</p><p>No more is said.</p>`,
		`<h3>We say so</h3>`, `<em>hunt</em>`, `<p class="plain">Nous le disons.</p>`,
		`<a href="packs/sample.html">Read the advisory</a>`, `<a href="sample.entente.zip">`, `href="https://attack.mitre.org/techniques/T1190"`,
		"entente verify FOLDER --root " + string(digest("root")), string(digest("manifest")),
		"Positions as of", "19 July 2021, 12:00 UTC",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in it", want)
		}
	}
	ids := map[string]int{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(got, -1) {
		if ids[m[1]]++; ids[m[1]] > 1 {
			t.Errorf("the id %s stands there twice", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(got, -1) {
		if ids[m[1]] == 0 {
			t.Errorf("#%s leads nowhere", m[1])
		}
	}
}

// Every file that the page and its Markdown link to is in the release, and each of the release is listed but for themselves.
func TestLinksLeadToFiles(t *testing.T) {
	files := released(t, sample(t))
	for page, form := range map[string]string{"index.html": `href="([^#"][^"]*)"`, "index.md": `\]\(([^)]*)\)`} {
		linked := map[string]bool{"index.html": true, "index.md": true}
		for _, m := range regexp.MustCompile(form).FindAllStringSubmatch(string(files[page]), -1) {
			linked[m[1]] = true
			if files[m[1]] == nil && m[1] != coalition.ProofFile && !strings.HasPrefix(m[1], "https://attack.mitre.org/") && !strings.HasPrefix(m[1], "data:image/svg+xml,") {
				t.Errorf("%s: %s is not in the release", page, m[1])
			}
		}
		for name := range files {
			if !linked[name] {
				t.Errorf("%s does not link to %s", page, name)
			}
		}
	}
}

func TestPagePolicy(t *testing.T) {
	got := string(released(t, sample(t))["index.html"])
	_, rest, _ := strings.Cut(got, "<style>")
	style, _, ok := strings.Cut(rest, "</style>")
	m := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(got)
	if !ok || m == nil {
		t.Fatal("there is no style sheet, or no policy")
	}
	sum := sha256.Sum256([]byte(style))
	policy := strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(m[1])
	if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "script-src") || strings.Contains(policy, "unsafe") ||
		!strings.Contains(policy, "style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
		t.Errorf("the policy is %s", policy)
	}
	for _, bad := range []string{"<script", " style=", " onclick", "@import", "<link rel=\"stylesheet", "url(", " src="} {
		if strings.Contains(got, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
}

func TestPageOfAHostileStatement(t *testing.T) {
	got := string(released(t, hostile(t))["index.html"])
	for _, bad := range []string{"<img", "<script", `href="javascript`, "\u202e"} {
		if i := strings.Index(got, bad); i >= 0 {
			t.Errorf("%q is in it: …%s", bad, got[max(0, i-80):min(len(got), i+80)])
		}
	}
}

func TestPageKeepsWordsOfOtherScripts(t *testing.T) {
	s := sample(t)
	s.Said[0].Wording = []coalition.Wording{{Language: "fa", Text: "می\u200cدانیم"}}
	for _, name := range []string{"index.html", "index.md"} {
		if !strings.Contains(string(released(t, s)[name]), "می\u200cدانیم") {
			t.Errorf("%s misspells Persian", name)
		}
	}
}

func TestPageWithoutClaims(t *testing.T) {
	s := sample(t)
	s.Manifest.Claims = nil
	for i := range s.Said {
		s.Said[i].Covers = nil
	}
	got := string(released(t, s)["index.html"])
	if n := strings.Count(got, `<td data-label="Stance"`); n != len(s.Said) {
		t.Errorf("the table has the stance of %d members, want %d", n, len(s.Said))
	}
}

func TestPageOfManyClaims(t *testing.T) {
	s := sample(t)
	var claims []coalition.Claim
	for i := range 1000 {
		claims = append(claims, coalition.Claim{ID: string(rune('a'+i%26)) + strings.Repeat("x", i/26), Text: s.Manifest.Claims[0].Text})
	}
	s.Manifest.Claims = claims
	for range 20 {
		s.Said = append(s.Said, s.Said[0])
	}
	got := released(t, s)
	if strings.Contains(string(got["index.html"]), "<table class=\"matrix\"") || !strings.Contains(string(got["index.html"]), "too many cells") {
		t.Error("the page shows a table that nobody can read")
	}
	if n := strings.Count(string(got["matrix.csv"]), "\n"); n < 20_000 {
		t.Errorf("matrix.csv has %d lines", n)
	}
}
