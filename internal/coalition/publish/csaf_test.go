package publish

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/advisory/packimport"
)

// csaf reads a document and demands what CSAF 2.0 demands of it: its schema, as far as it is used here, the profiles (4.3, 4.4),
// and the tests of section 6.1 that are about it.
func csaf(t *testing.T, raw []byte) csafFile {
	t.Helper()
	var f csafFile
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		t.Fatal(err)
	}
	h := f.Document
	if h.Version != "2.0" || h.Title == "" || h.Publisher.Name == "" || !strings.HasPrefix(h.Publisher.Namespace, "urn:uuid:") {
		t.Errorf("the head is %+v", h)
	}
	about := false
	for _, n := range h.Notes {
		if n.Text == "" || !slices.Contains([]string{"description", "details", "faq", "general", "legal_disclaimer", "other", "summary"}, n.Category) {
			t.Errorf("the note %+v is none", n)
		}
		about = about || slices.Contains([]string{"description", "details", "general", "summary"}, n.Category)
	}
	if !about {
		t.Error("no note says what it is about (4.3)")
	}
	if !slices.ContainsFunc(h.References, func(r csafReference) bool { return r.Category == "external" && strings.HasPrefix(r.URL, "https://") }) {
		t.Error("no reference leads elsewhere (4.3)")
	}
	if (h.Category == "csaf_security_advisory") != (len(f.Vulnerabilities) > 0) || (f.Products != nil) != (len(f.Vulnerabilities) > 0) {
		t.Errorf("it is a %s with %d vulnerabilities", h.Category, len(f.Vulnerabilities))
	}
	tr := h.Tracking
	for i, r := range tr.History { // 6.1.14, 6.1.16, 6.1.21, 6.1.22
		if r.Number != fmt.Sprint(i+1) || r.Date > tr.Current || r.Summary == "" {
			t.Errorf("the history has %+v", r)
		}
	}
	if last := tr.History[len(tr.History)-1]; last.Number != tr.Version || last.Date != tr.Current || tr.Status != "final" || tr.Initial > tr.Current {
		t.Errorf("the tracking is %+v", tr)
	}
	if _, err := time.Parse(time.RFC3339, tr.Current); err != nil {
		t.Error(err)
	}
	products, cves := map[string]bool{}, map[string]bool{}
	if f.Products != nil {
		for _, p := range f.Products.Names {
			if products[p.ID] {
				t.Errorf("product %s stands there twice (6.1.2)", p.ID)
			}
			products[p.ID] = true
		}
	}
	for _, v := range f.Vulnerabilities {
		var status map[string][]string
		if err := json.Unmarshal(v.Status, &status); err != nil || cves[v.CVE] || len(v.Notes) == 0 {
			t.Errorf("%s stands there twice (6.1.23) or has no notes: %v", v.CVE, err)
		}
		cves[v.CVE] = true
		for _, ids := range status {
			for _, id := range ids {
				if !products[id] {
					t.Errorf("there is no product %s (6.1.1)", id)
				}
			}
		}
	}
	return f
}

func TestCSAF(t *testing.T) {
	files := released(t, sample(t))
	f := csaf(t, files["csaf.json"])
	notes := map[string]string{}
	for _, n := range f.Document.Notes {
		notes[n.Title] = n.Text
	}
	for title, want := range map[string]string{
		"Claim intrusion (fr)":   "Des serveurs ont été pénétrés.",
		"Position of Cland (cc)": "Cland (cc) objects: state.",
		"Position of Bland (bb)": "In its own words (de):\n\nWir sind dessen sicher.",
		"Who says so":            "Objected to by Cland (cc) (on 1 of 2 claims).",
		"statement.md":           "We *hunt* with this.",
		"How to verify":          "--root " + string(digest("root")),
		"Advisory pack sample":   "",
	} {
		if got, ok := notes[title]; !ok || !strings.Contains(got, want) {
			t.Errorf("the note %q is %q", title, got)
		}
	}
	h := f.Document
	if h.Category != "csaf_security_advisory" || f.Vulnerabilities[0].CVE != "CVE-2021-26855" {
		t.Errorf("it is a %s", h.Category)
	}
	if h.Publisher.Name != "Aland" || h.Lang != "en" || h.Tracking.ID != "statement-"+testStatement || h.Tracking.Current != "2021-07-19T12:00:06.000Z" {
		t.Errorf("the head is %+v", h)
	}
	if !strings.Contains(string(h.Distribution), `"WHITE"`) || !strings.Contains(string(h.Distribution), "TLP:CLEAR") {
		t.Errorf("it is handled as %s", h.Distribution)
	}
	if got, want := string(files["csaf.json.sha256"]), fmt.Sprintf("%x  csaf.json\n", sha256.Sum256(files["csaf.json"])); got != want {
		t.Errorf("the digest beside it is %q, want %q", got, want)
	}
	if got, want := string(files["csaf.json.sha512"]), fmt.Sprintf("%x  csaf.json\n", sha512.Sum512(files["csaf.json"])); got != want {
		t.Errorf("the digest beside it is %q, want %q", got, want)
	}
}

func TestCSAFWithoutPacks(t *testing.T) {
	s := withFiles(sample(t), map[string][]byte{})
	s.Manifest.Revision, s.Manifest.Supersedes, s.Publisher, s.Manifest.TLP = 3, digest("before"), "bb", "green"
	f := csaf(t, released(t, s)["csaf.json"])
	if f.Document.Category != "csaf_informational_advisory" || len(f.Document.Tracking.History) != 3 || f.Document.Publisher.Name != "Bland" {
		t.Errorf("the head is %+v", f.Document)
	}
	s.Manifest.Revision = 1 << 40
	if _, err := Files(s); err == nil {
		t.Error("a history of a million million revisions is written")
	}
}

func TestCSAFOfSeveralPacks(t *testing.T) {
	s := withFiles(sample(t), map[string][]byte{"a.entente.zip": archive(t), "b.entente.zip": archive(t, "id: sample", "id: second")})
	f := csaf(t, released(t, s)["csaf.json"])
	if len(f.Vulnerabilities) != 1 || len(f.Vulnerabilities[0].Notes) != 2 {
		t.Errorf("the CVE that both name: %+v", f.Vulnerabilities)
	}
	var titles []string
	for _, n := range f.Document.Notes {
		titles = append(titles, n.Title)
	}
	for _, want := range []string{"T1190 Exploit Public-Facing Application (Initial Access) · sample", "T1190 Exploit Public-Facing Application (Initial Access) · second"} {
		if !slices.Contains(titles, want) {
			t.Errorf("no note is called %q: %q", want, titles)
		}
	}
}

// What is read out of it again are the techniques of the pack.
func TestCSAFIsReadBack(t *testing.T) {
	r, err := packimport.FromData("csaf.json", released(t, sample(t))["csaf.json"], packimport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.TTPs != 3 {
		t.Errorf("%d techniques are read back", r.TTPs)
	}
}

func TestCSAFOfAHostileStatement(t *testing.T) {
	csaf(t, released(t, hostile(t))["csaf.json"])
}
