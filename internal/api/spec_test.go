package api_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"entente/internal/api"
)

// What is committed is what the program writes.
func TestDescriptionIsFresh(t *testing.T) {
	types, err := api.TypeScript(api.Spec())
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string][]byte{"../../docs/openapi.json": api.Spec(), "../../clients/typescript/entente.ts": types} {
		if have, err := os.ReadFile(file); err != nil || !bytes.Equal(have, want) {
			t.Errorf("%s is not what the program writes: run `make generate` (%v)", file, err)
		}
	}
}

// The description holds together: every reference leads somewhere, every operation is described and can be called.
func TestDescription(t *testing.T) {
	var doc struct {
		OpenAPI    string
		Paths      map[string]map[string]map[string]any
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(api.Spec(), &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || len(doc.Paths) < 30 {
		t.Errorf("OpenAPI %s with %d paths", doc.OpenAPI, len(doc.Paths))
	}
	for path, item := range doc.Paths {
		if !strings.HasPrefix(path, api.Prefix) {
			t.Errorf("%s is not under %s", path, api.Prefix)
		}
		for method, op := range item {
			if op["operationId"] == nil || op["summary"] == nil || op["responses"] == nil {
				t.Errorf("%s %s is not described", method, path)
			}
		}
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok && doc.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")] == nil {
				t.Errorf("%s leads nowhere", ref)
			}
			for _, c := range v {
				walk(c)
			}
		case []any:
			for _, c := range v {
				walk(c)
			}
		}
	}
	var all any
	if err := json.Unmarshal(api.Spec(), &all); err != nil {
		t.Fatal(err)
	}
	walk(all)
	if !bytes.Equal(api.Spec(), api.Spec()) {
		t.Error("the description changes from one time to the next")
	}
}

func TestTypeScriptOfStrangeDescriptions(t *testing.T) {
	for _, spec := range []string{"", "[]", `{"components":{"schemas":{"A":{"properties":{"b":{"type":["string","null"]}}}}}}`} {
		if _, err := api.TypeScript([]byte(spec)); err == nil {
			t.Errorf("%q is described", spec)
		}
	}
	got, err := api.TypeScript([]byte(`{"components":{"schemas":{"A":{"properties":{"b-c":{"type":"array","items":{"enum":["x","y"]},"description":"*/"}},"required":["b-c"]}}}}`))
	if err != nil || !strings.Contains(string(got), `"b-c": ("x" | "y")[];`) || !strings.Contains(string(got), "/** * / */") {
		t.Errorf("%s %v", got, err)
	}
}
