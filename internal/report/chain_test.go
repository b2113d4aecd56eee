package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente/internal/hunt"
)

// A record without a time takes nothing from what is known of the others, and a finding lasts until its last record.
func TestBrowserTimesOfTheChain(t *testing.T) {
	needBrowser(t)
	at := time.Date(2024, 5, 20, 9, 14, 0, 0, time.UTC)
	var list []*hunt.Finding
	for i, x := range []time.Time{at, {}, at.Add(time.Hour)} {
		f := *plainFinding()
		f.Time, f.Last, f.Offset, f.Tactics = x, x, int64(i), []string{"execution"}
		list = append(list, &f)
	}
	list[2].Last = at.Add(3 * time.Hour)
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(render(t, "html", Options{}, plainSummary(), list...)), 0o600); err != nil {
		t.Fatal(err)
	}
	c := startChromium(t)
	c.open(path, "#overview")
	if step := c.text(`document.querySelector(".chain button:not(.none) .w").textContent`); !strings.Contains(step, "09:14") {
		t.Errorf("the step of the chain says %q", step)
	}
	if body := c.text(`document.querySelector(".verdict p").textContent`); !strings.Contains(body, "12:14") {
		t.Errorf("the range is %q, wanted up to 12:14", body)
	}
	c.quiet(path)
}
