package hunt

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/sigma"
)

func TestSuppressionFaultsAreInWordsOfYAML(t *testing.T) {
	for file, want := range map[string]string{
		"suppress:\n  - rule: x\n    reasn: r\n": "line 3: there is no key `reasn`",
		"suppress: 5":                            "line 1: a number stands in a wrong place",
		"suppress: [{rule: [a], reason: r}]":     "line 1: a list stands in a wrong place",
		"suppress: {":                            "line",
	} {
		_, err := parseSuppressions([]byte(file), time.Now())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", file, err, want)
			continue
		}
		for _, word := range []string{"struct", "hunt.", "yaml:", "!!", "into"} {
			if strings.Contains(err.Error(), word) {
				t.Errorf("%q: %v", file, err)
			}
		}
	}
	missing := filepath.Join(t.TempDir(), "none.yml")
	if _, err := LoadSuppressions(missing, time.Now()); err == nil || strings.Contains(err.Error(), "open ") || !strings.Contains(err.Error(), missing) {
		t.Errorf("missing: %v", err)
	}
}

func TestSuppressionNotes(t *testing.T) {
	c, err := sigma.Parse(sigma.Options{}, "", []byte(whoamiRule+correlated))
	if err != nil {
		t.Fatal(err)
	}
	s, err := parseSuppressions([]byte(`
suppress:
  - {rule: 7F2B1C1E-3d54-4a0e-9a51-5a3f3c1f1d01, reason: r}
  - {rule: account asked for its own NAME, reason: r}
  - {rule: "*", field: host, value: h, reason: r}
  - {rule: Long ago, reason: r, expires: 2020-01-01}
  - {rule: Not there, reason: r}
  - {rule: Asked twice, reason: r}
`), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range s.Notes(c) {
		got = append(got, n.Message)
	}
	want := []string{
		"entry 4 (Long ago) expired on 2020-01-01 and is not applied",
		`entry 5 does nothing: no rule has the id or title "Not there"`,
		`entry 6 does nothing: "Asked twice" is a correlation; name the rules that it refers to`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("notes %q\nwant  %q", got, want)
	}
}
