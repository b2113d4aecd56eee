package advisory

import (
	"encoding/json"
	"os"
	"testing"
)

func TestD3FENDForms(t *testing.T) {
	names := map[string]string{}
	for id, name := range d3fendNames {
		if !d3fendForm(id) || name == "" {
			t.Errorf("%q %q", id, name)
		}
		if other := names[name]; other != "" {
			t.Errorf("%s and %s have the same name", id, other)
		}
		names[name] = id
	}
	for _, id := range []string{"D3-", "D3-a", "D3-MFA ", "T1190", "D3-ABCDEFGHI", ""} {
		if d3fendForm(id) {
			t.Errorf("%q", id)
		}
	}
}

// TestD3FENDOfFacts: the ids that the advisory names are known.
func TestD3FENDOfFacts(t *testing.T) {
	data, err := os.ReadFile("../../../shared/facts/ttps.json")
	if err != nil {
		t.Skip("the facts are not beside the project: ", err)
	}
	var facts []struct {
		D3FEND []struct{ ID string } `json:"d3fend"`
	}
	if err := json.Unmarshal(data, &facts); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range facts {
		for _, d := range f.D3FEND {
			n++
			if D3FENDName(d.ID) == "" {
				t.Errorf("%s is not known", d.ID)
			}
		}
	}
	if n == 0 {
		t.Error("the facts name none")
	}
}
