package stix

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Objects that are made to cost much cost little. None of these asserts a time: what is quadratic does not end.
func TestHostile(t *testing.T) {
	const n = 30_000
	list := func(one string) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
	var keys, observables strings.Builder
	for i := range n {
		fmt.Fprintf(&keys, `,"key_%d":1`, i)
		if i > 0 {
			observables.WriteByte(',')
		}
		fmt.Fprintf(&observables, `"%d":{"type":"file","name":"n","created":"2020-01-01T00:00:00Z","parent_directory_ref":"%d"}`, i, n-i)
	}
	head := `{"type":"tool",` + dated + `"id":"` + u("tool", 1) + `","name":"t"`
	for name, in := range map[string]string{
		"bad values":            head + `,"labels":[` + list("7") + `]}`,
		"bad references":        head + `,"object_marking_refs":[` + list(`"x"`) + `]}`,
		"selectors":             head + keys.String() + `,"granular_markings":[{"lang":"en","selectors":[` + list(`"key_29999"`) + `]}]}`,
		"selectors into a list": head + `,"labels":[` + list(`"a"`) + `],"granular_markings":[{"lang":"en","selectors":[` + list(`"labels.[29999]"`) + `]}]}`,
		"markings":              head + `,"granular_markings":[` + list(`{}`) + `]}`,
		"observables":           `{"type":"observed-data",` + dated + `"id":"` + u("observed-data", 1) + `","objects":{` + observables.String() + `}}`,
		"observables of 2.0":    `{"type":"observed-data","id":"` + u("observed-data", 1) + `","granular_markings":[{"selectors":[` + list(`"objects.29999.created"`) + `]}],"objects":{` + observables.String() + `}}`,
		"labels of 2.0":         `{"type":"indicator","labels":[` + list(`"benign"`) + `],"granular_markings":[{"selectors":[` + list(`"labels"`) + `]}]}`,
		"long name":             `{"type":"tool","` + strings.Repeat("a", 10<<20) + `":{},"name":{` + strings.TrimPrefix(keys.String(), ",") + `}}`,
		"long word":             `{"type":"opinion","opinion":"` + strings.Repeat("a", 10<<20) + `"}`,
		"long type":             `{"type":"` + strings.Repeat("a", 10<<20) + `"}`,
	} {
		o, err := Parse([]byte(in), Limits{Size: 1 << 26, Values: 1 << 22})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		found := Check(o)
		size := 0
		for _, f := range found {
			size += len(f.Message) + len(f.Pointer)
		}
		if len(found) == 0 || len(found) > maxFindings+2 || size > 1<<20 {
			t.Errorf("%s: %d findings of %d bytes", name, len(found), size)
		}
		refs := 0
		for range o.Refs() {
			refs++
		}
		if name == "bad references" && refs != n || name == "observables" && refs != n {
			t.Errorf("%s: %d references", name, refs)
		}
	}
}

func TestTooManyFindings(t *testing.T) {
	o := parse(t, `{"type":"mutex","id":"`+u("mutex", 1)+`","name":"m","object_marking_refs":[`+strings.TrimSuffix(strings.Repeat(`"x",`, 300), ",")+`]}`)
	f := Check(o)
	if len(f) != maxFindings+1 || f[maxFindings].Rule != "too-many" {
		t.Errorf("%d findings, the last is %+v", len(f), f[len(f)-1])
	}
	if !slices.ContainsFunc(f, func(f Finding) bool { return f.Pointer == "/object_marking_refs/249" }) {
		t.Error("the 250th is missing")
	}
}
