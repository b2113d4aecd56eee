package report

import (
	"strings"
	"testing"
	"time"

	"entente/internal/hunt"
)

// TestJudgedRecords checks that a hunt that was asked for the records of a time says so, and tells of these and of no others.
func TestJudgedRecords(t *testing.T) {
	sum := plainSummary()
	until := sum.First.Add(6*time.Hour + 30*time.Second)
	sum.Asked = []string{"web01"}
	sum.Judged = &hunt.Judged{Until: until, Records: 375, First: sum.First, Last: until.Add(-time.Minute)}
	asked := "Asked for: only records before " + until.Format("2 Jan 2006 15:04:05 UTC") + ", of host web01."
	out := strings.Join(strings.Fields(render(t, "terminal", Options{}, sum)), " ")
	for _, want := range []string{"Searched 375 of 1,000 events in 3 files", asked, "Events from " + spanText(sum.First, sum.Judged.Last)} {
		if !strings.Contains(out, want) {
			t.Errorf("the terminal does not say %q:\n%s", want, out)
		}
	}
	r := unpackReport(t, render(t, "html", Options{}, sum))
	got := r.meta["summary"].(map[string]any)
	if got["searched"] != "375 of 1,000 events" || "Asked for: "+got["asked"].(string)+"." != asked || got["last"] != float64(sum.Judged.Last.UnixMilli()) {
		t.Errorf("the report has %v", got)
	}
	if layer := render(t, "navigator", Options{}, sum); !strings.Contains(layer, asked) || !strings.Contains(layer, sum.Judged.Last.Format("to 2006-01-02 15:04 UTC.")) {
		t.Errorf("the layer has %s", layer)
	}
	sum.Judged, sum.Asked = nil, nil
	if out := render(t, "terminal", Options{}, sum); !strings.Contains(out, "Searched 1,000 events") || strings.Contains(out, "Asked for") {
		t.Errorf("of a hunt in all records:\n%s", out)
	}
}
