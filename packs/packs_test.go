package packs

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"entente/internal/attack"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// TestDemoRulesAreWhole: every rule loads, says what a reader needs, and has a log that serves it.
func TestDemoRulesAreWhole(t *testing.T) {
	c, err := sigma.LoadFS(sigma.Options{}, DemoRules())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Problems {
		t.Errorf("%s:%d: %s", p.File, p.Line, p.Reason)
	}
	if len(c.Rules) < 25 || len(c.Correlations) < 4 || c.Filters < 1 {
		t.Errorf("%d rules, %d correlations, %d filters", len(c.Rules), len(c.Correlations), c.Filters)
	}
	facts, err := attack.Default()
	if err != nil {
		t.Fatal(err)
	}
	table, err := taxonomy.Load()
	if err != nil {
		t.Fatal(err)
	}
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]string{}
	titles := map[string]bool{}
	check := func(m *sigma.Meta) {
		switch {
		case !uuid.MatchString(m.ID):
			t.Errorf("%s: the id %q is no random UUID", m.File, m.ID)
		case seen[m.ID] != "":
			t.Errorf("%s: the id is that of %s", m.File, seen[m.ID])
		case titles[m.Title] || m.Title == "" || len(m.Title) > 90:
			t.Errorf("%s: the title %q is missing, long or not its own", m.File, m.Title)
		case m.Description == "" || m.Author == "" || m.Date == "" || m.Level == "" || m.Status == "" || len(m.FalsePos) == 0:
			t.Errorf("%s: description, author, date, level, status or falsepositives is missing", m.File)
		}
		seen[m.ID], titles[m.Title] = m.File, true
		techniques := 0
		for _, tag := range m.Tags {
			if !strings.HasPrefix(tag, "attack.") {
				continue
			}
			ref, ok := facts.FromTag(tag)
			if !ok || (ref.Object != nil && ref.Object.Status == attack.Revoked) {
				t.Errorf("%s: ATT&CK knows no tag %s in force", m.File, tag)
			}
			techniques++
		}
		if techniques == 0 {
			t.Errorf("%s: no ATT&CK tag", m.File)
		}
	}
	for _, r := range c.Rules {
		check(&r.Meta)
		if len(table.For(r.LogSource)) == 0 {
			t.Errorf("%s: no log serves %s", r.File, taxonomy.Describe(r.LogSource))
		}
	}
	for _, r := range c.Correlations {
		check(&r.Meta)
	}
}

func TestDemoRulesAreFilesOfOneFolder(t *testing.T) {
	names, err := fs.Glob(DemoRules(), "*.yml")
	if err != nil || len(names) < 30 {
		t.Errorf("%d files, %v", len(names), err)
	}
}
