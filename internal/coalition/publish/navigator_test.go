package publish

import (
	"encoding/json"
	"strings"
	"testing"
)

func layerOf(t *testing.T, raw []byte) layer {
	t.Helper()
	var l layer
	if err := json.Unmarshal(raw, &l); err != nil {
		t.Fatal(err)
	}
	if l.Versions["layer"] != "4.5" || l.Domain == "" || len(l.Layout) == 0 || len(l.Gradient) == 0 {
		t.Errorf("the layer is %+v", l)
	}
	return l
}

func TestNavigator(t *testing.T) {
	one := layerOf(t, released(t, sample(t))["navigator.json"])
	s := withFiles(sample(t), map[string][]byte{"a.entente.zip": archive(t), "b.entente.zip": archive(t, "id: sample", "id: second", "id: T1190", "id: T1133")})
	both := layerOf(t, released(t, s)["navigator.json"])
	if len(both.Techniques) != len(one.Techniques)+1 {
		t.Errorf("there are %d techniques, want one more than %d", len(both.Techniques), len(one.Techniques))
	}
	seen := map[string]bool{}
	for _, x := range both.Techniques {
		key := x.ID + " " + x.Tactic
		if seen[key] {
			t.Errorf("%s stands there twice", key)
		}
		seen[key] = true
		if !strings.HasPrefix(x.Comment, "sample: ") && !strings.HasPrefix(x.Comment, "second: ") {
			t.Errorf("%s does not say whose comment it is: %q", key, x.Comment)
		}
		if x.ID != "T1190" && x.ID != "T1133" && !strings.Contains(x.Comment, "\n\nsecond: ") {
			t.Errorf("%s: what the other pack says is missing: %q", key, x.Comment)
		}
	}
}

// Packs of two versions of ATT&CK are shown with today's ids: a layer is of one version.
func TestNavigatorOfTwoVersions(t *testing.T) {
	s := withFiles(sample(t), map[string][]byte{"a.entente.zip": archive(t), "b.entente.zip": archive(t, "id: sample", "id: second", "published: \"16.1\"", "published: \"15.1\"")})
	l := layerOf(t, released(t, s)["navigator.json"])
	for _, x := range l.Techniques {
		if x.ID == "T1562.002" {
			t.Error("an id of an older version stands there")
		}
	}
}
