package packimport

import (
	"slices"
	"testing"

	"entente/internal/advisory/packexport"
)

func TestNavigatorThereAndBack(t *testing.T) {
	before := sample(t)
	p, r := mustLoad(t, "layer.json", export(t, packexport.Navigator, before), Options{})
	if r.Format != Navigator || r.ID != "sample" || p.Manifest.TLP != "amber+strict" || p.Manifest.Version != "2.1.0" || p.Manifest.Issued != "2024-02-03" {
		t.Errorf("%+v", p.Manifest)
	}
	want, got := sorted(before.TTPs), sorted(p.TTPs)
	if len(want) != len(got) {
		t.Fatalf("%d TTPs, want %d", len(got), len(want))
	}
	for i := range want {
		a, b := slices.Sorted(slices.Values(want[i].Tactics)), slices.Sorted(slices.Values(got[i].Tactics))
		if want[i].ID != got[i].ID || want[i].Now != got[i].Now || !slices.Equal(a, b) || want[i].Ref != got[i].Ref {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
	wantSaid(t, r, "score")
}

func TestOldLayer(t *testing.T) {
	p, r := mustLoad(t, "old.json", []byte(`{"name":"Old","version":"2.2","domain":"mitre-enterprise","techniques":[
		{"techniqueID":"T1086","tactic":"execution","comment":"a"},
		{"techniqueID":"T1190","enabled":false},
		{"techniqueID":"T1059","tactic":"no-such-tactic"},
		{"techniqueID":"T4711"},
		{"techniqueID":"TA0001"},
		{"techniqueID":7},
		{"techniqueID":"T1505.003","tactic":"persistence","comment":"b"},
		{"techniqueID":"T1505.003","tactic":"persistence","comment":"c"}]}`), Options{})
	var ids []string
	for _, x := range p.TTPs {
		ids = append(ids, x.ID+" "+x.Now)
		if len(x.Tactics) == 0 && x.ID != "T4711" {
			t.Errorf("%s has no tactic", x.ID)
		}
		if x.ID == "T1505.003" && x.Procedure != "b\n\nc" {
			t.Errorf("%q", x.Procedure)
		}
	}
	slices.Sort(ids)
	if !slices.Equal(ids, []string{"T1059 ", "T1086 T1059.001", "T1505.003 ", "T4711 "}) {
		t.Errorf("%q", ids)
	}
	for _, words := range [][]string{{"T1190", "switched off"}, {"no-such-tactic"}, {"T4711", "does not know"}, {"TA0001"}, {"platforms", "supplied"}} {
		wantSaid(t, r, words...)
	}
}
