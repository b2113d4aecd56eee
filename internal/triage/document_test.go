package triage

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// TestDocument checks that docs/formats/triage.md names every member of the JSON forms.
func TestDocument(t *testing.T) {
	doc, err := os.ReadFile("../../docs/formats/triage.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(doc), "\n## ")
	section := func(name string) string {
		for _, p := range parts {
			if strings.HasPrefix(p, name+"\n") {
				return p
			}
		}
		t.Fatalf("no section %q", name)
		return ""
	}
	for name, form := range map[string]reflect.Type{"logs": reflect.TypeFor[Inventory](), "logons": reflect.TypeFor[Logons]()} {
		text, seen := section(name), map[string]bool{}
		members(form, seen)
		if len(seen) < 20 {
			t.Fatalf("%s has %d members: the test does not see them", name, len(seen))
		}
		for m := range seen {
			if !strings.Contains(text, "`"+m+"`") {
				t.Errorf("section %q does not name `%s`", name, m)
			}
		}
	}
}

// members collects the JSON names of a form and of all that it holds.
func members(t reflect.Type, seen map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		members(t.Elem(), seen)
	case reflect.Struct:
		for f := range t.Fields() {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
				seen[name] = true
				members(f.Type, seen)
			}
		}
	default:
	}
}
