package report

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestSplunk(t *testing.T) {
	x, y := plainFinding(), plainFinding()
	y.Time, y.Host, y.File = time.Time{}, "", ""
	out := render(t, "splunk", Options{Splunk: SplunkOptions{Index: "hunt"}}, nil, x, y)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if want := `{"time":1716196443.117,"host":"WEB01.corp.example","source":"logs/web01.evtx","sourcetype":"entente:finding","index":"hunt","event":{"rule":`; !strings.HasPrefix(lines[0], want) {
		t.Errorf("got %s\nwanted a line that starts with %s", lines[0], want)
	}
	if want := `{"sourcetype":"entente:finding","index":"hunt","event":{`; !strings.HasPrefix(lines[1], want) {
		t.Errorf("got %s\nwanted a line that starts with %s", lines[1], want)
	}
	var v struct {
		Event json.RawMessage `json:"event"`
	}
	if err := json.Unmarshal([]byte(lines[0]), &v); err != nil {
		t.Fatal(err)
	}
	if want := strings.TrimSpace(render(t, "jsonl", Options{}, nil, x)); string(v.Event) != want {
		t.Errorf("event is %s\nwanted the finding %s", v.Event, want)
	}
	before := plainFinding()
	before.Time = time.Date(1969, 12, 31, 23, 59, 59, 500e6, time.UTC)
	if got := render(t, "splunk", Options{}, nil, before); !strings.HasPrefix(got, `{"time":-0.500,`) {
		t.Errorf("before 1970: %.60s", got)
	}
}
