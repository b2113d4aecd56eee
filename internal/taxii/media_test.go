package taxii

import "testing"

func TestAccepts(t *testing.T) {
	for _, c := range []struct {
		headers []string
		want    bool
	}{
		{[]string{"application/taxii+json;version=2.1"}, true},
		{[]string{"application/taxii+json; version=2.1"}, true},
		{[]string{`application/taxii+json;version="2.1"`}, true},
		{[]string{"APPLICATION/TAXII+JSON;VERSION=2.1"}, true},
		{[]string{"application/taxii+json"}, true},
		{[]string{"application/taxii+json;version=2.1;q=0.1"}, true},
		{[]string{"application/taxii+json;version=2.1,application/stix+json;version=2.1"}, true},
		{[]string{"text/html, application/taxii+json;version=2.1"}, true},
		{[]string{"text/html", "application/taxii+json"}, true},
		{[]string{"application/*"}, true},
		{[]string{"*/*"}, true},
		{[]string{`text/html;p="a,b", */*;q=0.5`}, true},
		{nil, false},
		{[]string{""}, false},
		{[]string{"application/json"}, false},
		{[]string{"text/html"}, false},
		{[]string{"application/taxii+json;version=2.0"}, false},
		{[]string{"application/taxii+json;version=3.0"}, false},
		{[]string{"application/vnd.oasis.taxii+json;version=2.0"}, false},
		{[]string{"application/stix+json;version=2.1"}, false},
		{[]string{"application/taxii+json;version=2.1;q=0"}, false},
		{[]string{"*/*, application/taxii+json;version=2.1;q=0"}, false},
		{[]string{"application/taxii+json;q=x"}, false},
		{[]string{"application/taxii+json;;;=,\"\\"}, false},
	} {
		if got := accepts(c.headers); got != c.want {
			t.Errorf("accepts(%q) = %v", c.headers, got)
		}
	}
}

func TestIsTAXII(t *testing.T) {
	for s, want := range map[string]bool{
		"application/taxii+json;version=2.1":                true,
		"application/taxii+json; version=2.1":               true,
		"application/taxii+json":                            true,
		"application/taxii+json;version=2.1;charset=UTF-8":  true,
		"application/taxii+json;version=2.0":                false,
		"application/taxii+json;version=2.1;charset=latin1": false,
		"application/stix+json;version=2.1":                 false,
		"application/json":                                  false,
		"":                                                  false,
		"*/*":                                               false,
	} {
		if got := isTAXII(s); got != want {
			t.Errorf("isTAXII(%q) = %v", s, got)
		}
	}
}
