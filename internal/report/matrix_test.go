package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"entente/internal/attack"
	"entente/internal/hunt"
	"entente/internal/sigma"
)

// TestBrowserMatrix checks that a technique stands in the columns of its own tactics alone, of those in the ones that its rule
// names where it names one.
func TestBrowserMatrix(t *testing.T) {
	needBrowser(t)
	facts, err := attack.Default()
	if err != nil {
		t.Fatal(err)
	}
	rule := func(id string, tactics []string, techniques ...hunt.Technique) *hunt.Finding {
		f := plainFinding()
		f.Rule = &sigma.Meta{ID: id, Title: id, Level: "high"}
		f.Tactics, f.Techniques = tactics, techniques
		return f
	}
	shell := hunt.Technique{ID: "T1059.001", Name: "PowerShell", Tactics: []string{"execution"}}
	task := hunt.Technique{ID: "T1053.005", Name: "Scheduled Task", Tactics: []string{"execution", "persistence", "privilege-escalation"}}
	scan := hunt.Technique{ID: "T1595", Name: "Active Scanning", Tactics: []string{"reconnaissance"}}
	unknown := hunt.Technique{ID: "T9999"}
	list := []*hunt.Finding{
		rule("a", []string{"reconnaissance", "persistence"}, shell, task, scan), rule("b", []string{"impact"}, unknown), rule("c", []string{"collection"}, shell),
	}
	for _, c := range []struct {
		name string
		o    Options
	}{{"with facts", Options{Attack: facts}}, {"without", Options{}}} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "report.html")
			if err := os.WriteFile(path, []byte(render(t, "html", c.o, &hunt.Summary{}, list...)), 0o600); err != nil {
				t.Fatal(err)
			}
			b := startChromium(t)
			b.open(path, "#attack")
			var got map[string][]string
			if err := json.Unmarshal([]byte(b.text(`JSON.stringify(Object.fromEntries([...document.querySelectorAll("table.matrix thead th")].map((th, i) => [th.querySelector("button").firstChild.textContent + ", " + th.querySelector("small").textContent,
				[...document.querySelectorAll("table.matrix tbody td:nth-child(" + (i + 1) + ") .id span")].map((x) => x.textContent)])))`)), &got); err != nil {
				t.Fatal(err)
			}
			for head, want := range map[string]string{
				"Reconnaissance, 1 finding": `["T1595"]`, "Execution, no rule names it": `["T1059","T1059.001"]`, "Persistence, 1 finding": `["T1053","T1053.005"]`,
				"Collection, 1 finding": `[]`, "Impact, 1 finding": `["T9999"]`,
			} {
				if have, _ := json.Marshal(got[head]); string(have) != want {
					t.Errorf("%s: %s, want %s", head, have, want)
				}
			}
			if len(got) != 5 {
				t.Errorf("the columns %v", got)
			}
			b.quiet(path)
		})
	}
}
