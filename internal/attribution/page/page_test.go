package page

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"time"

	"entente/internal/attribution"
	"entente/internal/coalition"
	"entente/internal/stix"
)

// hostile is a text that would like to be more than one.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)> ]]> ${x} {{.Title}} ` + "\u202etxt\x00"

// dossier is one of a case in which everything that people write is hostile.
func dossier(t *testing.T) *attribution.Dossier {
	t.Helper()
	n := 0
	maker := stix.ID("identity", "m")
	var parts []*attribution.Part
	add := func(id string, b attribution.Body) string {
		n++
		if id == "" {
			id = stix.ID(map[bool]string{true: "opinion", false: "note"}[b.Kind() == attribution.KindCell], string(rune('a'+n)))
		}
		at := time.Date(2021, 7, 19, 11, 0, n, 0, time.UTC)
		p := &attribution.Part{ID: id, Created: at, Modified: at, Maker: maker, Author: "a", TLP: "amber", Body: b}
		raw, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if p, err = attribution.Read(raw); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, p)
		return id
	}
	k := add(stix.ID("grouping", "k"), &attribution.Head{Key: "case", Title: "Title " + hostile, Question: hostile})
	h1 := add("", &attribution.Hypothesis{Case: k, Key: "h1", Text: "They did " + hostile, Stance: attribution.ByActor, Actor: hostile, Sponsor: hostile, Degree: "state-ordered", Set: "actor"})
	h2 := add("", &attribution.Hypothesis{Case: k, Key: "h2", Text: "Others did", Stance: attribution.Unknown, Set: "actor"})
	e := add("", &attribution.Evidence{
		Case: k, Key: "e1", Item: "document", Text: hostile, Grade: attribution.Grade{Reliability: "B", Credibility: "2"}, Source: hostile, Supplier: hostile,
		Observed: time.Date(2021, 3, 2, 0, 0, 0, 0, time.UTC), Group: hostile, URL: "javascript:alert(1)",
	})
	add("", &attribution.Evidence{Case: k, Key: "e2", Item: "document", Text: "x", Grade: attribution.Grade{Reliability: "A", Credibility: "1"}, URL: "https://example.org/?a=b&c"})
	add("", &attribution.Cell{Case: k, Evidence: e, Hypothesis: h1, Rating: attribution.VeryConsistent, Reason: hostile})
	add("", &attribution.Cell{Case: k, Evidence: e, Hypothesis: h2, Rating: attribution.Inconsistent, Reason: hostile})
	add("", &attribution.Assumption{Case: k, Key: "a1", Text: hostile, IfWrong: hostile, Bears: []string{h1}})
	add("", &attribution.Gap{Case: k, Key: "g1", Text: hostile, Would: hostile})
	add("", &attribution.Judgement{Case: k, Hypothesis: h1, Likelihood: attribution.Likelihood{Scale: "icd-203", Term: "very likely"}, Reason: hostile, LeansOn: []string{e}, Would: hostile})
	add("", &attribution.Judgement{
		Case: k, Hypothesis: h1, Member: "M " + hostile, Likelihood: attribution.Likelihood{Scale: coalition.OwnWords, Term: hostile},
		Confidence: attribution.Confidence{Scale: coalition.OwnWords, Level: hostile}, Reason: hostile,
	})
	d, err := attribution.Fold(parts, k).Dossier("", func(id string) string {
		if id == maker {
			return "Keeper " + hostile
		}
		return id
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// What people write stays text, and the page loads and runs nothing.
func TestPageIsInert(t *testing.T) {
	b, err := Write(dossier(t), Options{Label: "amber"})
	if err != nil {
		t.Fatal(err)
	}
	got := string(b)
	for _, bad := range []string{"<script", "<img", "javascript:", "onerror=alert(1)>", "\u202e", "\x00", "style=", "ZgotmplZ"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q is in it", bad)
		}
	}
	css := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(got)
	if css == nil {
		t.Fatal("no style")
	}
	sum := sha256.Sum256([]byte(css[1]))
	if want := "style-src &#39;sha256-" + base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(strings.ReplaceAll(got, "&#43;", "+"), want) {
		t.Errorf("the policy does not allow the style: %s", want)
	}
	for _, m := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(got, -1) {
		if !strings.HasPrefix(m[1], "#") && !strings.HasPrefix(m[1], "data:image/svg+xml,") && !strings.HasPrefix(m[1], "https://example.org/") {
			t.Errorf("it links to %s", m[1])
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

func TestGraphIsAnImage(t *testing.T) {
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)
	b, err := Write(dossier(t), Options{Graph: svg})
	want := `<img class="graph" src="data:image/svg+xml;base64,` + base64.StdEncoding.EncodeToString(svg) + `"`
	if err != nil || !strings.Contains(strings.ReplaceAll(string(b), "&#43;", "+"), want) || strings.Contains(string(b), "<script") {
		t.Error(err, "the picture is not there as an image")
	}
	if _, err := Write(dossier(t), Options{Graph: []byte("<html>")}); err == nil {
		t.Error("a page is taken for a picture")
	}
}

func TestPageSays(t *testing.T) {
	b, err := Write(dossier(t), Options{Label: "amber"})
	if err != nil {
		t.Fatal(err)
	}
	got := string(b)
	for _, want := range []string{
		`<span class="tlp tlp-amber">TLP:AMBER</span>`, "state ordered, step 7 of 10", "<bdi>very likely</bdi><small>ICD 203, 80–95&nbsp;%</small>", `aria-label="80 to 95 percent"`,
		`class="cell r-CC" title="very consistent; Keeper `, "<b>e1</b> says the contrary", "Others did", "Not known:", "Assumed:", "unknown actor",
		"<h3>Alternatives</h3>", "<h3>What would change this view</h3>", "2 March 2021", "similarity is not attribution", "Not pooled, for it is on no scale: M ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in it", want)
		}
	}
}
