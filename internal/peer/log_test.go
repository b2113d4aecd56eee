package peer

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestLog demands that a round is logged as attributes that can be searched for, and that no secret is among them.
func TestLog(t *testing.T) {
	t.Parallel()
	a, b := newNode(t, "a", "b"), newNode(t, "b", "a")
	a.add(objects(0, 3)...)
	token := filepath.Join(t.TempDir(), "token")
	secret := a.tokens["b"]
	var out bytes.Buffer
	round := func(shown, url string) string {
		t.Helper()
		a.check(os.WriteFile(token, []byte(shown+"\n"), 0o600))
		c := Config{Name: "a", URL: url, Account: "peer-a", TokenFile: token}
		pulls(&c)
		opt := Options{Tries: 1, Backoff: time.Millisecond, Now: b.clock, Log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))}
		r, err := New(b.ex, b.st, []Config{c}, opt)
		a.check(err)
		out.Reset()
		_, _ = r.Sync(t.Context(), "a") // an error is logged, too
		return out.String()
	}
	attrs := regexp.MustCompile(`^time=\S+ level=\w+ msg=peer( [a-z]+=("([^"\\]|\\.)*"|[^" {}&\[]+))+\n$`)
	for _, c := range []struct {
		what, shown, url string
		want             []string
	}{
		{"what is new", secret, a.server.URL, []string{"level=INFO", "peer=a", "direction=pull", "local=api/shared", "remote=shared", "read=3", "stored=3"}},
		{"nothing", secret, a.server.URL, []string{"level=DEBUG", "peer=a", "remote=shared"}},
		{"a wrong token", "ent_wrong-" + secret[4:], a.server.URL, []string{"level=WARN", "peer=a", "error="}},
		{"nobody there", secret, "http://127.0.0.1:1", []string{"level=WARN", "peer=a", "error="}},
	} {
		got := round(c.shown, c.url)
		if !attrs.MatchString(got) {
			t.Errorf("%s: it is logged as something else than attributes: %s", c.what, got)
		}
		for _, want := range c.want {
			if !slices.ContainsFunc(strings.Fields(got), func(f string) bool { return f == want || strings.HasSuffix(want, "=") && strings.HasPrefix(f, want) }) {
				t.Errorf("%s: no %s in %s", c.what, want, got)
			}
		}
		if strings.Contains(got, secret[4:]) {
			t.Errorf("%s: the token is in the log: %s", c.what, got)
		}
	}
	rep := Report{Direction: "push", Notes: []string{"one", "two"}, Rewound: true, Compared: "it is time"}
	var text bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).LogAttrs(t.Context(), slog.LevelInfo, "peer", rep.attrs()...)
	if !strings.Contains(text.String(), `rewound=true compared="it is time" notes="one; two"`) {
		t.Error(text.String())
	}
}
