package rank

import (
	"slices"
	"strings"
	"testing"
)

var observedForms = []struct{ name, text, form, want string }{
	{"list", "T1001, t1001.001 # T1002 not this\n\nattack.s0001\nnothing", "a list", "S0001 T1001 T1001.001"},
	{"json list", `["T1001","x","S0001"]`, "a list", "S0001 T1001"},
	{"findings", `{"rule":{"title":"x","tags":["attack.execution","attack.s0001"]},"attack":{"techniques":[{"id":"T1001","name":"a"}]},"event":{"techniques":["T1099"]}}
{"rule":{"title":"y"},"attack":{"techniques":[{"id":"T1002"}]}}
{"incomplete":"stopped"}`, "findings of a hunt", "S0001 T1001 T1002"},
	{"verdicts", `{"host":"a","verdict":"compromised","chain":[{"techniques":["T1001","T1002"]}]}` + "\n" + `{"host":"b","verdict":"not-seen"}`, "verdicts of a hunt", "T1001 T1002"},
	{"coverage", `{"packs":[{"id":"p","ttps":[{"id":"T1001","state":"found"},{"id":"T1002","state":"not-found"},{"id":"T1003","now":"T1004","state":"found"}]}]}`, "the coverage of a hunt", "T1001 T1004"},
	{"layer", `{"name":"l","techniques":[{"techniqueID":"T1001","score":2},{"techniqueID":"T1002","score":0},{"techniqueID":"T1003"},{"techniqueID":"T1004","score":1,"enabled":false}]}`, "a layer of the Navigator", "T1001"},
	{"layer without scores", `{"techniques":[{"techniqueID":"T1001","color":"#fff"},{"techniqueID":"T1002","enabled":false}]}`, "a layer of the Navigator", "T1001"},
	{"layer of states", `{"techniques":[{"techniqueID":"T1001","score":1},{"techniqueID":"T1002","metadata":[{"name":"state","value":"no log"}]}]}`, "a layer of the Navigator", "T1001"},
	{"bundle", "\xef\xbb\xbf" + bundle(object("attack-pattern", "t", "T1001", "a", ""), object("tool", "s", "S0001", "b", ""), object("attack-pattern", "u", "T1002", "c", `,"revoked":true`), object("intrusion-set", "g", "G0001", "d", "")), "a bundle of STIX", "S0001 T1001"},
	{"case", `{"techniques":["T1001"],"software":["S0001"]}`, "lists of techniques and software", "S0001 T1001"},
}

func TestReadObserved(t *testing.T) {
	for _, c := range observedForms {
		o, err := ReadObserved(strings.NewReader(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := strings.Join(o.IDs, " "); got != c.want || o.Form != c.form {
			t.Errorf("%s: %s as %s, want %s as %s", c.name, got, o.Form, c.want, c.form)
		}
		if (o.Incomplete != "") != (c.name == "findings") || (o.Passed > 0) != (c.name == "list") {
			t.Errorf("%s: incomplete %q, %d passed over", c.name, o.Incomplete, o.Passed)
		}
	}
}

func TestReadObservedRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "empty"},
		{" \n", "empty"},
		{"nothing here", "names no technique"},
		{`{"rule":{}}`, "names no technique"},
		{`{"techniques":[{"techniqueID":"T1001","score":0}]}`, "names no technique"},
		{`{"rule":{"tags":["attack.t1001"]}}` + "\n{broken", "document 2, from byte"},
	} {
		if _, err := ReadObserved(strings.NewReader(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

func FuzzReadObserved(f *testing.F) {
	if len(observedForms) == 0 {
		f.Fatal("no seeds")
	}
	for _, c := range observedForms {
		f.Add(c.text)
	}
	f.Add(`[[["T1001"]],null,3,{"packs":{}},{"chain":[{}],"verdict":"x"}]`)
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ReadObserved(strings.NewReader(text))
		if err != nil {
			return
		}
		if len(o.IDs) == 0 || !slices.IsSorted(o.IDs) {
			t.Fatalf("ids %q", o.IDs)
		}
		for _, id := range o.IDs {
			if got, ok := IsID(id); !ok || got != id {
				t.Fatalf("%q is no id", id)
			}
		}
	})
}
