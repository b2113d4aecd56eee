package hunt

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/internal/source"
)

// A hunt that is interrupted, or whose reader fails, says in its summary that it has not seen everything.
func TestIncomplete(t *testing.T) {
	rule := trapRule(0, "rule", "category: webserver", "  s:\n    cs-method: GET\n  condition: s")
	log := writeText(t, "u_ex.log", "#Fields: date time cs-method cs-uri-stem sc-status\n"+strings.Repeat("2021-03-02 10:00:00 GET /a 200\n", 1000))
	full := errors.New("the disk is full")
	for _, c := range []struct {
		name, want string
		err        error // of who takes the findings
	}{
		{"whole", "", nil},
		{"interrupted", "the hunt was interrupted", nil},
		{"failed", "the hunt failed: the disk is full", full},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.name == "interrupted" {
				cancel()
			}
			sum, err := Run(ctx, planOf(t, PlanOptions{}, rule), Options{Inputs: []string{log}, Finding: func(*Finding) error { return c.err }})
			if sum == nil || (err == nil) != (c.want == "") || sum.Incomplete != c.want {
				t.Fatalf("%+v, %v", sum, err)
			}
			told := len(sum.Warnings) > 0 && strings.HasPrefix(sum.Warnings[0].Message, c.want+":")
			if c.want != "" && (!told || sum.WarningsTotal == 0) || c.want == "" && len(sum.Warnings) > 0 {
				t.Errorf("warnings: %v", sum.Warnings)
			}
		})
	}
}

// TestLimitIsIncomplete checks that a hunt which a limit kept from reading all says so; damage is no such thing.
func TestLimitIsIncomplete(t *testing.T) {
	rule := trapRule(0, "rule", "category: webserver", "  s:\n    cs-method: GET\n  condition: s")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write([]byte("#Fields: date time cs-method cs-uri-stem sc-status\n" + strings.Repeat("2021-03-02 10:00:00 GET /a 200\n", 1000)))
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range map[string]string{"a.log.gz": packed.String(), "b.log.gz": packed.String(), "c.log.gz": packed.String()[:packed.Len()/2]} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		max  int64
		want string
	}{
		{-1, ""},
		{4000, filepath.Join(dir, "a.log.gz") + ": the rest of the file was not read: unpacks to too much: more than 4000 bytes; raise --max-unpacked if that is meant (and 1 more)"},
	} {
		sum, err := Run(t.Context(), planOf(t, PlanOptions{}, rule), Options{Inputs: []string{dir}, Read: source.Options{MaxUnpacked: c.max}})
		if err != nil || sum.Incomplete != c.want || sum.Findings == 0 {
			t.Errorf("limit %d: %q, want %q; %d findings, %v", c.max, sum.Incomplete, c.want, sum.Findings, err)
		}
	}
}
