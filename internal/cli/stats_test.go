package cli

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"entente/internal/hunt"
)

// The time of --stats is that of the process, not of the hunt in it alone.
func TestStatsCountTheProcess(t *testing.T) {
	var b bytes.Buffer
	env := Env{Stderr: &b, Started: time.Now().Add(-time.Hour)}
	if err := printStats(env, &hunt.Summary{Events: 7200, Duration: time.Second}); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Seconds float64
		Rate    float64 `json:"events_per_second"`
	}
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Seconds < 3600 || got.Rate > 2 || got.Rate <= 0 {
		t.Errorf("%s", b.Bytes())
	}
}
