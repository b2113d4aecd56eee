package packimport

import (
	"slices"
	"strings"
	"testing"

	"entente/internal/advisory/packexport"
)

func TestCSAFThereAndBack(t *testing.T) {
	before := sample(t)
	p, r := mustLoad(t, "doc.json", export(t, packexport.CSAF, before), Options{})
	m := p.Manifest
	if r.Format != CSAF || m.ID != "sample" || m.TLP != "amber+strict" || m.Version != "2.1.0" || m.Issued != "2024-02-03" || m.Modified != "2024-03-05" ||
		m.Summary != before.Manifest.Summary || m.Title != before.Manifest.Title {
		t.Errorf("%+v", m)
	}
	equal(t, "references", before.Manifest.References, m.References)
	want, got := sorted(before.TTPs), sorted(p.TTPs)
	if len(want) != len(got) {
		t.Fatalf("%d TTPs, want %d", len(got), len(want))
	}
	for i := range want {
		a, b := slices.Sorted(slices.Values(want[i].Tactics)), slices.Sorted(slices.Values(got[i].Tactics))
		if want[i].ID != got[i].ID || !slices.Equal(a, b) || !strings.HasPrefix(got[i].Procedure, want[i].Procedure) {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
	if len(p.Mitigations) != 2 {
		t.Errorf("%d mitigations", len(p.Mitigations))
	}
}

func TestForeignCSAF(t *testing.T) {
	p, r := mustLoad(t, "advisory.json", []byte(`{"document":{"category":"csaf_security_advisory","title":"Mail server: two flaws","csaf_version":"2.0",
		"publisher":{"category":"vendor","name":"Example Vendor","namespace":"https://vendor.example"},
		"distribution":{"tlp":{"label":"WHITE"}},
		"notes":[{"category":"summary","text":"Two flaws."},{"category":"general","title":"Background","text":"Long ago."},{"category":"legal_disclaimer","text":"No warranty."}, 7],
		"references":[{"summary":"Ours","url":"https://vendor.example/1"},{"summary":"twice","url":"https://vendor.example/1"}],
		"tracking":{"id":"VENDOR-2024:07","version":"3","initial_release_date":"2024-01-01T23:30:00-02:00","current_release_date":"2024-02-01T00:00:00Z"}},
		"product_tree":{"full_product_names":[]},
		"vulnerabilities":[{"cve":"CVE-2024-0001","title":"A flaw","remediations":[{"category":"vendor_fix","details":"Install 2.0.","url":"https://vendor.example/fix"}]},
			{"cve":"CVE-2024-0002","remediations":[{"category":"vendor_fix","details":"Install 2.0."}]}]}`), Options{})
	m := p.Manifest
	if m.ID != "vendor-2024-07" || m.Version != "3.0.0" || m.TLP != "clear" || m.Issued != "2024-01-02" || m.Modified != "2024-02-01" || m.Summary != "Two flaws." {
		t.Errorf("%+v", m)
	}
	if len(m.References) != 2 || m.References[1].URL != "https://vendor.example/fix" {
		t.Errorf("%+v", m.References)
	}
	if !strings.Contains(m.Description, "## Background\n\nLong ago.") || !strings.Contains(m.Description, "- CVE-2024-0001: A flaw") {
		t.Errorf("%q", m.Description)
	}
	if len(p.Mitigations) != 1 || p.Mitigations[0].Text != "Install 2.0." {
		t.Errorf("%+v", p.Mitigations)
	}
	for _, words := range [][]string{{"No warranty"}, {"product_tree"}, {"CVE-2024-0002"}, {"note 4"}} {
		wantSaid(t, r, words...)
	}
}
