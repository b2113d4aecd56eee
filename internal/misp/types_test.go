package misp

import (
	"slices"
	"testing"
)

func TestCategories(t *testing.T) {
	for _, c := range []struct {
		kind, want, category string
		ok                   bool
	}{
		{"domain", "", "Network activity", true},
		{"domain", "External analysis", "External analysis", true},
		{"domain", "Person", "Network activity", false},
		{"domain", "no such", "Network activity", false},
		{"sha256", "", "Payload delivery", true},
		{"filename|sha256", "", "Payload delivery", true},
		{"email-src", "", "Payload delivery", true},
		{"email-dst", "", "Network activity", true},
		{"regkey", "", "Persistence mechanism", true},
		{"btc", "", "Financial fraud", true},
		{"text", "Attribution", "Attribution", true},
		{"email-srv", "", "", false},
		{"no such", "Other", "", false},
		{"", "", "", false},
	} {
		if category, ok := categoryOf(c.kind, c.want); category != c.category || ok != c.ok {
			t.Errorf("%s in %q: %q %t, want %q %t", c.kind, c.want, category, ok, c.category, c.ok)
		}
	}
	for name := range categories() {
		if !slices.Contains(categoryOrder, name) {
			t.Errorf("%s is never tried", name)
		}
	}
	for _, k := range kinds() { // every type that a foreign object may become is one of MISP's
		if category, _ := categoryOf(k.name, ""); category == "" {
			t.Errorf("MISP does not know the type %s", k.name)
		}
	}
	for _, tm := range templates() {
		for _, m := range tm.paths {
			if category, _ := categoryOf(m.kind, ""); category == "" {
				t.Errorf("MISP does not know the type %s of %s", m.kind, m.relation)
			}
		}
	}
}
