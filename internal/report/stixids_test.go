package report

import (
	"encoding/json"
	"strings"
	"testing"

	"entente/internal/hunt"
	stix21 "entente/internal/stix"
)

// TestSTIXIdentifierVersions: all are UUID version 5 but those of processes, and a technique is the same object in every bundle.
func TestSTIXIdentifierVersions(t *testing.T) {
	x := plainFinding()
	x.Techniques = []hunt.Technique{{ID: "T1059.001", Name: "PowerShell"}}
	var bundle struct {
		ID      string
		Objects []struct{ Type, ID string }
	}
	if err := json.Unmarshal([]byte(render(t, "stix", Options{}, nil, x)), &bundle); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, o := range append(bundle.Objects, struct{ Type, ID string }{"bundle", bundle.ID}) {
		kind, id, _ := strings.Cut(o.ID, "--")
		version := id[14]
		if kind != o.Type || version != '5' && o.Type != "process" || version != '4' && o.Type == "process" {
			t.Errorf("%s: %s", o.Type, o.ID)
		}
		seen[o.Type] = true
		if want := stix21.ID("attack-pattern", "T1059.001"); kind == "attack-pattern" && o.ID != want {
			t.Errorf("technique %s, want %s", o.ID, want)
		}
	}
	for _, kind := range []string{"attack-pattern", "indicator", "sighting", "observed-data", "process", "bundle"} {
		if !seen[kind] {
			t.Errorf("no %s among %v", kind, seen)
		}
	}
}
