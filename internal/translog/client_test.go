package translog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// served serves the folder of a log.
func served(t *testing.T, dir string) *httptest.Server {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(Handler(root))
	t.Cleanup(func() { server.Close(); root.Close() })
	return server
}

// sources are the ways to read a log's folder.
func sources(t *testing.T, dir string) map[string]Source {
	t.Helper()
	remote, err := NewHTTPSource(served(t, dir).URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Source{"folder": FolderSource{os.DirFS(dir)}, "HTTP": remote}
}

func TestMonitor(t *testing.T) {
	l, dir := newTestLog(t, 0)
	ctx := context.Background()
	for name, source := range sources(t, dir) {
		c := &Client{Source: source, Log: testKeys}
		var seen *SignedCheckpoint
		var got []Digest
		for _, add := range []int{0, 1, 1, 300, 0, 210, 300} {
			from := int(l.Head().Size)
			mustAppend(t, l, digests(name, from, from+add)...)
			first := int64(len(got))
			if seen == nil {
				first = 0
			}
			now, err := c.Monitor(ctx, seen, func(i int64, entries []Digest) error {
				if i != first || len(entries) == 0 {
					return fmt.Errorf("%d entries from %d instead of %d", len(entries), i, first)
				}
				first += int64(len(entries))
				got = append(got, entries...)
				return nil
			})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if now.Size != l.Head().Size || int64(len(got)) != now.Size {
				t.Errorf("%s: %d entries of %d", name, len(got), now.Size)
			}
			seen = now
		}
		for i, d := range got {
			if at, ok := l.Index(d); !ok || at != int64(i) {
				t.Fatalf("%s: entry %d is not the log's", name, i)
			}
		}
		stop := errors.New("stop")
		if _, err := c.Monitor(ctx, nil, func(int64, []Digest) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("%s: visit says stop: %v", name, err)
		}
		if now, err := c.Monitor(ctx, nil, nil); err != nil || now.Size != seen.Size {
			t.Errorf("%s: nobody visits: %v", name, err)
		}
		none := func(first int64, _ []Digest) error { return fmt.Errorf("entries from %d", first) }
		if err := c.Entries(ctx, seen.Checkpoint, 5, 5, none); err != nil {
			t.Errorf("%s: no entries: %v", name, err)
		}
		if err := c.Entries(ctx, seen.Checkpoint, 0, seen.Size+1, none); err == nil {
			t.Errorf("%s: more entries than there are", name)
		}
	}
}

// TestMonitorFindsForks has logs that were put back, and go on otherwise.
func TestMonitorFindsForks(t *testing.T) {
	l, _ := newTestLog(t, 0)
	h := heads(t, l, 300, 600)
	other, otherDir := newTestLog(t, 0)
	mustAppend(t, other, digests("other", 0, 200)...)
	ctx := context.Background()
	c := &Client{Source: FolderSource{os.DirFS(otherDir)}, Log: testKeys}
	_, err := c.Monitor(ctx, h[0], nil)
	rollback, ok := errors.AsType[*RollbackError](err)
	if !ok || !errors.Is(err, ErrRollback) || rollback.Seen != h[0] || rollback.Got.Size != 200 {
		t.Errorf("put back: %v", err)
	}
	for _, size := range []int{300, 500, 700} {
		mustAppend(t, other, digests("other", 0, size)...)
		_, err := c.Monitor(ctx, h[0], func(int64, []Digest) error { return errors.New("an entry of a fork is shown") })
		fork, ok := errors.AsType[*ForkError](err)
		if !ok || !errors.Is(err, ErrFork) || fork.Seen != h[0] || fork.Got.Size != int64(size) {
			t.Errorf("fork of %d: %v", size, err)
			continue
		}
		// Both are signed: the evidence stands by itself.
		for _, s := range []*SignedCheckpoint{fork.Seen, fork.Got} {
			if _, err := testKeys.Open(s.Note()); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := c.Monitor(ctx, signed(t, Checkpoint{Origin: "example.org/other", Size: 3}), nil); !errors.Is(err, ErrOrigin) {
		t.Errorf("another log was seen: %v", err)
	}
	stranger := &Client{Source: c.Source, Log: LogKeys{testOrigin, [][32]byte{testPublic(8)}}}
	if _, err := stranger.Monitor(ctx, nil, nil); !errors.Is(err, ErrSignature) {
		t.Errorf("another key: %v", err)
	}
}

// spoiled is a source of which one file is another.
type spoiled struct {
	Source
	path string
	data []byte // nil is no file
}

func (s spoiled) ReadFile(ctx context.Context, path string, limit int) ([]byte, error) {
	if path == s.path {
		if s.data == nil {
			return nil, fs.ErrNotExist
		}
		return s.data, nil
	}
	return s.Source.ReadFile(ctx, path, limit)
}

func TestCheck(t *testing.T) {
	l, dir := newTestLog(t, 0)
	ctx := context.Background()
	for _, size := range []int{0, 1, 255, 256, 257, 600} {
		mustAppend(t, l, digests("entry", 0, size)...)
		for name, source := range sources(t, dir) {
			c := &Client{Source: source, Log: testKeys}
			s, err := c.Checkpoint(ctx)
			if err != nil {
				t.Fatal(err)
			}
			var done []int64
			if err := c.Check(ctx, s, func(n, of int64) {
				if of != s.Size {
					t.Errorf("progress of %d", of)
				}
				done = append(done, n)
			}); err != nil {
				t.Errorf("%s, %d entries: %v", name, size, err)
			}
			if size > 0 && (!slices.IsSorted(done) || done[len(done)-1] != s.Size) {
				t.Errorf("%s: progress %d", name, done)
			}
		}
	}
}

// TestCheckNamesTheFile breaks each file of a log in every way.
func TestCheckNamesTheFile(t *testing.T) {
	l, dir := newTestLog(t, 0)
	// A third level of tiles takes 65,536 entries.
	mustAppend(t, l, digests("entry", 0, 66_000)...)
	ctx := context.Background()
	source := FolderSource{os.DirFS(dir)}
	paths := []string{
		"tile/0/000", "tile/0/101", "tile/0/256", "tile/0/257.p/208", "tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1",
		"tile/entries/000", "tile/entries/101", "tile/entries/257.p/208",
	}
	for _, path := range paths {
		data, err := source.ReadFile(ctx, path, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		for name, change := range map[string]func([]byte) []byte{
			"first bit": func(b []byte) []byte { b[2] ^= 1; return b },
			"last bit":  func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
			"cut off":   func(b []byte) []byte { return b[:len(b)-1] },
			"empty":     func(b []byte) []byte { return b[:0] },
			"longer":    func(b []byte) []byte { return append(b, 0) },
			"gone":      func([]byte) []byte { return nil },
		} {
			if name != "first bit" && !strings.HasSuffix(path, "0") {
				continue // one of each kind
			}
			c := &Client{Source: spoiled{source, path, change(slices.Clone(data))}, Log: testKeys}
			err := c.Check(ctx, l.Head(), nil)
			bad, ok := errors.AsType[*BadTileError](err)
			if name == "gone" && !errors.Is(err, fs.ErrNotExist) || name != "gone" && (!ok || bad.Path != path) {
				t.Errorf("%s, %s: %v", path, name, err)
			}
			if name != "first bit" || strings.HasPrefix(path, "tile/2") || strings.HasPrefix(path, "tile/1/001") {
				continue // monitors can do without the one or the other
			}
			visit := func(int64, []Digest) error { return nil }
			if _, err := c.Monitor(ctx, nil, visit); err == nil {
				t.Errorf("%s, %s: a monitor is content", path, name)
			}
		}
	}
	// A log with another history under the same tiles: everything agrees but the root.
	other := signed(t, Checkpoint{Origin: testOrigin, Size: 66_000, Root: Hash{1}})
	c := &Client{Source: source, Log: testKeys}
	if err := c.Check(ctx, other, nil); !errors.Is(err, ErrProof) {
		t.Errorf("another root: %v", err)
	}
	// A bundle and the tile above it that agree are still not what was signed.
	entries := digests("forged", 0, 256)
	var leaves []Hash
	for _, d := range entries {
		leaves = append(leaves, LeafHash(d))
	}
	c.Source = spoiled{spoiled{source, "tile/0/003", appendHashes(nil, leaves)}, "tile/entries/003", bundleOf(entries...)}
	err := c.Check(ctx, l.Head(), nil)
	if bad, ok := errors.AsType[*BadTileError](err); !ok && !errors.Is(err, ErrProof) || ok && bad.Path != "tile/1/000" {
		t.Errorf("forged entries: %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := c.Check(cancelled, l.Head(), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestPartialGone reads a log at a checkpoint of which the partial tiles have been replaced by full ones.
func TestPartialGone(t *testing.T) {
	l, dir := newTestLog(t, 0)
	h := heads(t, l, 100, 300)
	rest(l)
	if _, err := os.Stat(filepath.Join(dir, "tile/entries/000.p")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("states of a full tile are still there: %v", err)
	}
	for name, source := range sources(t, dir) {
		c := &Client{Source: source, Log: testKeys}
		if err := c.Check(context.Background(), h[0], nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := c.Prove(context.Background(), 50, h[0]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHTTPSource(t *testing.T) {
	for _, bad := range []string{"", "example.org", "ftp://example.org", "file:///etc", "http://", "://"} {
		if _, err := NewHTTPSource(bad, nil); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	var mu sync.Mutex
	status := 200
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.WriteHeader(status)
		_, _ = w.Write(make([]byte, 1000))
	}))
	defer server.Close()
	s, err := NewHTTPSource(server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if data, err := s.ReadFile(ctx, "checkpoint", 1000); err != nil || len(data) != 1000 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	_, err = s.ReadFile(ctx, "checkpoint", 999)
	wantError(t, err, "longer than it can be")
	for _, not := range []int{404, 410} {
		status = not
		if _, err := s.ReadFile(ctx, "checkpoint", 1000); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("status %d: %v", not, err)
		}
	}
	status = 302
	_, err = s.ReadFile(ctx, "checkpoint", 1000)
	wantError(t, err, "302")
}
