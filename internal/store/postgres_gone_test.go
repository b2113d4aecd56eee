package store

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// PostgreSQL goes, as a power cut takes it, and comes back: meanwhile calls fail with ErrBusy and soon, afterwards they work
// without anybody doing anything, and what was acknowledged is there.
func TestPostgresGoneAndBack(t *testing.T) {
	if os.Getenv(postgresEnv) == "" {
		t.Skipf("%s is not set: nothing is tested on PostgreSQL", postgresEnv)
	}
	// Not in t.TempDir, whose folders belong to nobody but us: the database may have to run as another user.
	dir, err := os.MkdirTemp("", "gone-*") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	script := must[string](t)(filepath.Abs("../../tools/postgres.sh"))
	run := func(verb string) string {
		t.Helper()
		out, err := exec.Command("sh", script, verb, dir).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", verb, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	url := run("start")
	t.Cleanup(func() {
		_ = exec.Command("sh", script, "kill", dir).Run()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	s := must[*Store](t)(Create(t.Context(), Config{URL: url}))
	defer s.Close()
	w := newWorld(t, s)
	must[[]Outcome](t)(s.Add(t.Context(), []New{w.item("indicator--1", 1, Clear)}))
	for range 3 {
		run("kill")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		if _, err := s.Add(ctx, []New{w.item("indicator--2", 1, Clear)}); !errors.Is(err, ErrBusy) {
			t.Errorf("add while the database is away: %v", err)
		}
		if _, err := s.Items(ctx, w.annSees(), Query{}); !errors.Is(err, ErrBusy) {
			t.Errorf("items while the database is away: %v", err)
		}
		cancel()
		run("start")
		if p := must[Page](t)(s.Items(t.Context(), w.annSees(), Query{})); len(p.Items) == 0 {
			t.Error("nothing is there any more")
		}
		must[[]Outcome](t)(s.Add(t.Context(), []New{w.item("indicator--3", 1, Clear)}))
	}
	if problems := must[[]Problem](t)(s.Check(t.Context())); len(problems) > 0 {
		t.Error(problems)
	}
}
