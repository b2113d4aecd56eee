package packexport

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/advisory"
)

func csafOf(t *testing.T, p *advisory.Pack) (map[string]any, []advisory.Remark) {
	t.Helper()
	text, remarks := export(t, CSAF, p, Options{})
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	checkCSAF(t, doc)
	return doc, remarks
}

// at walks through a document.
func at(t *testing.T, v any, path string) any {
	t.Helper()
	for key := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			t.Fatalf("%s: there is no map for %s", path, key)
		}
		v = m[key]
	}
	return v
}

// checkCSAF demands what the schema of CSAF 2.0 demands of what an export writes, and the tests of section 6.1 that are about
// it.
func checkCSAF(t *testing.T, doc map[string]any) {
	t.Helper()
	text := func(path string, allowed ...string) string {
		s, ok := at(t, doc, path).(string)
		if !ok || s == "" || len(allowed) > 0 && !slices.Contains(allowed, s) {
			t.Errorf("%s is %v", path, at(t, doc, path))
		}
		return s
	}
	for key := range doc {
		if !slices.Contains([]string{"document", "product_tree", "vulnerabilities"}, key) {
			t.Errorf("CSAF knows no %s", key)
		}
	}
	category := text("document.category", "csaf_informational_advisory", "csaf_security_advisory")
	text("document.csaf_version", "2.0")
	text("document.title")
	text("document.publisher.category", "coordinator", "discoverer", "other", "translator", "user", "vendor")
	text("document.publisher.name")
	if ns := text("document.publisher.namespace"); !strings.Contains(ns, ":") {
		t.Errorf("the namespace %q is no URI", ns)
	}
	text("document.distribution.tlp.label", "AMBER", "GREEN", "RED", "WHITE")
	text("document.tracking.generator.engine.name")
	status := text("document.tracking.status", "draft", "final", "interim")
	if id := text("document.tracking.id"); strings.TrimSpace(id) != id {
		t.Errorf("the id %q has blanks around it", id)
	}
	version := text("document.tracking.version")
	if !regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`).MatchString(version) {
		t.Errorf("the version is %q", version)
	}
	for _, path := range []string{"document.tracking.initial_release_date", "document.tracking.current_release_date"} {
		if _, err := time.Parse(time.RFC3339, text(path)); err != nil {
			t.Error(err)
		}
	}
	if text("document.tracking.current_release_date") < text("document.tracking.initial_release_date") {
		t.Error("the current release was before the initial one")
	}
	// 6.1.14 sorted, 6.1.16 latest, 6.1.18 and 6.1.20 drafts, 6.1.19 pre-releases, 6.1.21 missing, 6.1.22 twice
	history := at(t, doc, "document.tracking.revision_history").([]any)
	if first := history[0].(map[string]any)["date"]; first != text("document.tracking.initial_release_date") {
		t.Errorf("the history begins at %v", first)
	}
	last, lastDate := -1, ""
	seen := map[string]bool{}
	var number string
	for i, h := range history {
		h := h.(map[string]any)
		number = h["number"].(string)
		major, _, _ := strings.Cut(number, ".")
		n := slices.Index([]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, major)
		switch {
		case strings.Contains(number, "-"):
			t.Errorf("the history has the pre-release %s", number)
		case seen[number]:
			t.Errorf("the history has %s twice", number)
		case i == 0 && n > 1, i > 0 && n > last+1, n < last:
			t.Errorf("the history goes from %d to %s", last, number)
		case n == 0 && status != "draft":
			t.Errorf("%s is %s", number, status)
		case h["date"].(string) < lastDate:
			t.Errorf("%s is dated before what it follows", number)
		case h["summary"] == "":
			t.Errorf("%s has no summary", number)
		}
		seen[number], last, lastDate = true, n, h["date"].(string)
	}
	bare, _, _ := strings.Cut(version, "+")
	core, _, pre := strings.Cut(bare, "-")
	if core != number {
		t.Errorf("the version is %s, the last revision %s", version, number)
	}
	if pre && status != "draft" {
		t.Errorf("%s is %s", version, status)
	}
	if lastDate != text("document.tracking.current_release_date") {
		t.Errorf("the last revision is of %s", lastDate)
	}
	notes := at(t, doc, "document.notes").([]any)
	checkNotes(t, notes)
	if !slices.ContainsFunc(notes, func(n any) bool {
		return slices.Contains([]string{"description", "details", "general", "summary"}, n.(map[string]any)["category"].(string))
	}) {
		t.Error("no note says what it is about (4.3)")
	}
	external := false
	for _, r := range at(t, doc, "document.references").([]any) {
		r := r.(map[string]any)
		if r["summary"] == "" || !strings.HasPrefix(r["url"].(string), "http") {
			t.Errorf("the reference %v lacks something", r)
		}
		external = external || r["category"] == "external"
	}
	if !external {
		t.Error("no reference is external (4.3)")
	}
	vulnerabilities, has := doc["vulnerabilities"].([]any)
	if has != (category == "csaf_security_advisory") || has != (doc["product_tree"] != nil) {
		t.Errorf("%s with vulnerabilities %v and products %v (4.3, 4.4)", category, has, doc["product_tree"] != nil)
	}
	if !has {
		return
	}
	products := map[any]bool{}
	for _, p := range at(t, doc, "product_tree.full_product_names").([]any) {
		p := p.(map[string]any)
		if p["name"] == "" || products[p["product_id"]] {
			t.Errorf("the product %v has no name or stands there twice", p)
		}
		products[p["product_id"]] = true
	}
	for _, v := range vulnerabilities {
		v := v.(map[string]any)
		if !regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,}$`).MatchString(v["cve"].(string)) {
			t.Errorf("%v is no CVE", v["cve"])
		}
		checkNotes(t, v["notes"].([]any))
		for _, id := range at(t, v, "product_status.under_investigation").([]any) {
			if !products[id] {
				t.Errorf("there is no product %v", id)
			}
		}
	}
}

func checkNotes(t *testing.T, notes []any) {
	t.Helper()
	if len(notes) == 0 {
		t.Error("there are no notes")
	}
	for _, n := range notes {
		n := n.(map[string]any)
		if n["text"] == "" || !slices.Contains([]any{"description", "details", "faq", "general", "legal_disclaimer", "other", "summary"}, n["category"]) {
			t.Errorf("the note %v is not in order", n)
		}
	}
}

func TestCSAF(t *testing.T) {
	doc, remarks := csafOf(t, sample(t))
	if at(t, doc, "document.category") != "csaf_security_advisory" {
		t.Error("a pack that names a CVE is no security advisory")
	}
	v := doc["vulnerabilities"].([]any)[0].(map[string]any)
	if v["cve"] != "CVE-2021-26855" || !strings.Contains(v["notes"].([]any)[0].(map[string]any)["text"].(string), "Post to a page that takes none") {
		t.Errorf("%v", v)
	}
	var titles []string
	for _, n := range at(t, doc, "document.notes").([]any) {
		titles = append(titles, n.(map[string]any)["title"].(string))
	}
	for _, want := range []string{
		"T1190 Exploit Public-Facing Application (Initial Access)",
		"T1562.002 Impair Defenses: Disable Windows Event Logging (Defense Evasion)",
		"Mitigation: Install updates within a day",
	} {
		if !slices.Contains(titles, want) {
			t.Errorf("no note is called %q: %q", want, titles)
		}
	}
	for _, w := range []string{"rules", "indicators", "CVE-2021-26855"} {
		if !said(remarks, w) {
			t.Errorf("nothing is said of %s: %v", w, remarks)
		}
	}
}

func TestCSAFWithoutCVE(t *testing.T) {
	doc, _ := csafOf(t, sampleWith(t, "  - cve.2021-26855\n", ""))
	if at(t, doc, "document.category") != "csaf_informational_advisory" {
		t.Error("it is a security advisory about nothing")
	}
}

func TestCSAFHandling(t *testing.T) {
	for label, want := range map[string]string{"clear": "WHITE", "green": "GREEN", "amber": "AMBER", "amber+strict": "RED", "red": "RED", "odd": "RED"} {
		doc, remarks := csafOf(t, sampleWith(t, "tlp: amber+strict", "tlp: "+label))
		if got := at(t, doc, "document.distribution.tlp.label"); got != want {
			t.Errorf("%s is %v, want %s", label, got, want)
		}
		if same := label == "green" || label == "amber" || label == "red"; said(remarks, "tlp") == same {
			t.Errorf("%s: %v", label, remarks)
		}
		words := at(t, doc, "document.distribution.text").(string)
		if label != "odd" && !strings.Contains(words, tlpName(label)) {
			t.Errorf("%s: the words are %q", label, words)
		}
	}
}

func TestCSAFVersions(t *testing.T) {
	for version, want := range map[string]string{
		"1.0.0": "final", "2.1.0": "final", "5.0.3": "final", "0.4.0": "draft", "1.0.0-rc.1": "draft", "1.2.3+build": "final", "3": "draft", "01.0.0": "draft",
	} {
		doc, _ := csafOf(t, sampleWith(t, "version: 2.1.0", "version: "+version))
		if got := at(t, doc, "document.tracking.status"); got != want {
			t.Errorf("%s is %v, want %s", version, got, want)
		}
	}
}

func TestCVEOfTag(t *testing.T) {
	for tag, want := range map[string]string{
		"cve.2021-26855": "CVE-2021-26855", "cve.2021.26855": "CVE-2021-26855", "cve.cve-2021-1234567": "CVE-2021-1234567",
		"cve.2021": "", "attack.t1190": "", "cve.x": "", "cve.2021-12": "",
	} {
		if got, ok := cveOfTag(tag); ok != (want != "") || ok && got != want {
			t.Errorf("%s is %q", tag, got)
		}
	}
}

// TestCSAFHistoryBegins checks that the revision history begins with the initial release.
func TestCSAFHistoryBegins(t *testing.T) {
	for _, c := range []struct{ version, modified, want string }{
		{"1.0.0", "2021-07-19", "2021-07-19 1.0.0@2021-07-19"},
		{"1.0.0", "2021-08-20", "2021-08-20 1.0.0@2021-08-20"},
		{"1.2.0", "2021-08-20", "2021-07-19 1.0.0@2021-07-19 1.2.0@2021-08-20"},
		{"0.3.0", "2021-08-20", "2021-07-19 0.0.0@2021-07-19 0.3.0@2021-08-20"},
		{"3.0.0", "2021-08-20", "2021-07-19 1.0.0@2021-07-19 2.0.0@2021-07-19 3.0.0@2021-08-20"},
	} {
		b := &book{m: &advisory.Manifest{ID: "x", Version: c.version, Issued: "2021-07-19", Modified: advisory.Date(c.modified)}}
		x := b.csafTracking()
		got := x.Initial[:10]
		for _, r := range x.History {
			got += " " + r.Number + "@" + r.Date[:10]
		}
		if got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.version, c.modified, got, c.want)
		}
	}
}
