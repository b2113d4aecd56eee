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

func TestAcceptable(t *testing.T) {
	for value, kinds := range map[string]map[string]bool{
		"192.0.2.1":                          {"ip-dst": true, "ip-src": true, "domain": true, "md5": false, "text": true, "port": false},
		"192.0.2.1|443":                      {"ip-dst|port": true, "domain|ip": false},
		"c2.example|192.0.2.1":               {"domain|ip": true, "hostname|port": false},
		"d41d8cd98f00b204e9800998ecf8427e":   {"md5": true, "sha1": false, "imphash": true},
		"a|d41d8cd98f00b204e9800998ecf8427e": {"filename|md5": true, "filename|sha1": false, "malware-sample": true},
		"a":                                  {"email": false, "AS": false, "datetime": false, "boolean": false, "regkey|value": false},
		"":                                   {"text": false},
		"65536":                              {"port": false, "AS": true, "size-in-bytes": true},
		"-1":                                 {"port": false, "counter": false},
	} {
		for kind, want := range kinds {
			if acceptable(kind, value) != want {
				t.Errorf("%s %q: want %t", kind, value, want)
			}
		}
	}
}
