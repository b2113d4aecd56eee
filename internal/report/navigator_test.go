package report

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"entente/internal/hunt"
	"entente/internal/sigma"
)

type layer struct {
	Name     string `json:"name"`
	Domain   string `json:"domain"`
	Versions struct {
		Attack    string `json:"attack"`
		Navigator string `json:"navigator"`
		Layer     string `json:"layer"`
	} `json:"versions"`
	Techniques []struct {
		TechniqueID string `json:"techniqueID"`
		Color       string `json:"color"`
		Comment     string `json:"comment"`
		Score       int64  `json:"score"`
		Enabled     bool   `json:"enabled"`
		Metadata    []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"metadata"`
	} `json:"techniques"`
	Gradient struct {
		Colors   []string `json:"colors"`
		MinValue float64  `json:"minValue"`
		MaxValue float64  `json:"maxValue"`
	} `json:"gradient"`
}

func parseLayer(t *testing.T, text string) *layer {
	t.Helper()
	var l layer
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		t.Fatal(err)
	}
	if l.Versions.Layer != "4.5" || l.Versions.Navigator == "" || l.Name == "" || l.Gradient.MaxValue <= l.Gradient.MinValue || len(l.Gradient.Colors) < 2 {
		t.Errorf("layer %+v", l)
	}
	colour := regexp.MustCompile(`^#[0-9a-f]{6}$`)
	seen := map[string]bool{}
	for _, x := range l.Techniques {
		if seen[x.TechniqueID] || x.Score < 1 || !colour.MatchString(x.Color) || !x.Enabled {
			t.Errorf("technique %+v", x)
		}
		seen[x.TechniqueID] = true
	}
	return &l
}

func TestNavigator(t *testing.T) {
	a, b, c := plainFinding(), plainFinding(), plainFinding()
	a.Count = 3
	b.Rule = &sigma.Meta{ID: "b", Title: "Other rule", Level: "low"}
	b.Host = "DC01"
	c.Rule = &sigma.Meta{ID: "c", Title: "Third rule", Level: "medium"}
	c.Techniques = []hunt.Technique{{ID: "T1059", Name: "Command and Scripting Interpreter"}, {ID: "T1505.003"}}
	l := parseLayer(t, render(t, "navigator", Options{}, plainSummary(), a, b, c))
	if l.Domain != "enterprise-attack" || l.Versions.Attack != "18" || len(l.Techniques) != 2 {
		t.Fatalf("layer %+v", l)
	}
	x := l.Techniques[1]
	if x.TechniqueID != "T1505.003" || x.Score != 5 || x.Color != critical.colour() || l.Gradient.MaxValue != 5 {
		t.Errorf("technique %+v, gradient %+v", x, l.Gradient)
	}
	if want := "critical: Shell of a web server (3)\nmedium: Third rule (1)\nlow: Other rule (1)"; x.Comment != want {
		t.Errorf("comment %q, wanted %q", x.Comment, want)
	}
	if x.Metadata[0].Name != "hosts" || x.Metadata[0].Value != "2" {
		t.Errorf("metadata %+v", x.Metadata)
	}
}

func TestNavigatorDomains(t *testing.T) {
	x := plainFinding()
	x.Techniques = []hunt.Technique{{ID: "T0807"}}
	if l := parseLayer(t, render(t, "navigator", Options{}, nil, x)); l.Domain != "ics-attack" {
		t.Errorf("domain %q", l.Domain)
	}
	if l := parseLayer(t, render(t, "navigator", Options{}, nil)); l.Domain != "enterprise-attack" || len(l.Techniques) != 0 {
		t.Errorf("empty layer %+v", l)
	}
}

func TestNavigatorHostile(t *testing.T) {
	l := parseLayer(t, render(t, "navigator", Options{}, hostileSummary(), hostile()...))
	for _, x := range l.Techniques {
		if strings.Count(x.Comment, "\n") > navComments {
			t.Errorf("a comment has %d lines", strings.Count(x.Comment, "\n"))
		}
	}
}
