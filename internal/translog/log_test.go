package translog

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// filesOf lists the files of a log's folder that others see.
func filesOf(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestLogFiles(t *testing.T) {
	l, dir := newTestLog(t, 0)
	if want := []string{"checkpoint", "lock"}; !slices.Equal(filesOf(t, dir), want) {
		t.Errorf("files of an empty log: %q", filesOf(t, dir))
	}
	if h := l.Head(); h.Size != 0 || h.Root != EmptyRoot || h.Origin != testOrigin || len(h.Extensions) != 0 {
		t.Errorf("first checkpoint: %+v", h)
	}
	mustAppend(t, l, digests("entry", 0, 1)...)
	mustAppend(t, l, digests("entry", 1, 255)...)
	want := []string{"checkpoint", "lock", "pending", "tile/0/000.p/1", "tile/0/000.p/255", "tile/entries/000.p/1", "tile/entries/000.p/255"}
	if got := filesOf(t, dir); !slices.Equal(got, want) {
		t.Errorf("files of a log of 255: %q", got)
	}
	mustAppend(t, l, digests("entry", 255, 600)...)
	rest(l)
	want = []string{
		"checkpoint", "lock", "pending", "tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2",
		"tile/entries/000", "tile/entries/001", "tile/entries/002.p/88",
	}
	if got := filesOf(t, dir); !slices.Equal(got, want) {
		t.Errorf("files of a log of 600: %q", got)
	}
	data, err := os.ReadFile(filepath.Join(dir, "tile/entries/002.p/88"))
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := ParseBundle(data, 88); err != nil || !slices.Equal(entries, digests("entry", 512, 600)) {
		t.Errorf("the last bundle: %v", err)
	}
}

func TestAppend(t *testing.T) {
	l, dir := newTestLog(t, 0)
	a, b, c := digest("entry", 0), digest("entry", 1), digest("entry", 2)
	if got := mustAppend(t, l, a, b, a); !slices.Equal(got, []int64{0, 1, 0}) {
		t.Errorf("indices %d", got)
	}
	head := l.Head()
	if got := mustAppend(t, l, b, a); !slices.Equal(got, []int64{1, 0}) || l.Head() != head {
		t.Errorf("known entries are at %d, size %d", got, l.Head().Size)
	}
	if got := mustAppend(t, l); len(got) != 0 || l.Head() != head {
		t.Errorf("nothing is at %d", got)
	}
	if got := mustAppend(t, l, c, a); !slices.Equal(got, []int64{2, 0}) {
		t.Errorf("indices %d", got)
	}
	if i, ok := l.Index(c); !ok || i != 2 {
		t.Errorf("index %d, %t", i, ok)
	}
	if _, ok := l.Index(digest("entry", 3)); ok {
		t.Error("an entry that was not appended is found")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	if _, err := l.Append(context.Background(), digest("entry", 3)); !errors.Is(err, ErrClosed) {
		t.Errorf("append to a closed log: %v", err)
	}
	l, err := Open(dir, testOrigin, testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := mustAppend(t, l, digest("entry", 3), c, b, a); !slices.Equal(got, []int64{3, 2, 1, 0}) {
		t.Errorf("indices after opening %d", got)
	}
}

func TestAppendConcurrently(t *testing.T) {
	disk := newMemory()
	l, err := createInMemory(disk)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	const each, writers = 40, 20
	at := make([][]int64, writers)
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				// Half of the entries are those of a neighbour as well.
				got, err := l.Append(context.Background(), digest("shared", w/2*each+i), digest("own", w*each+i))
				if err != nil {
					t.Error(err)
					return
				}
				at[w] = append(at[w], got...)
			}
		})
	}
	wg.Wait()
	if size := l.Head().Size; size != writers*each*3/2 {
		t.Errorf("%d entries", size)
	}
	for w := range writers {
		for i := range each {
			for k, d := range []Digest{digest("shared", w/2*each+i), digest("own", w*each+i)} {
				if got, ok := l.Index(d); !ok || got != at[w][2*i+k] {
					t.Fatalf("writer %d was told %d, it is %d", w, at[w][2*i+k], got)
				}
			}
		}
	}
	if n := len(disk.visible); n > writers*each {
		t.Errorf("%d checkpoints for %d appends", n, writers*each)
	}
	if err := (&history{}).check(l, disk); err != nil {
		t.Error(err)
	}
	// Appends that wait for a checkpoint come under the next one.
	l.commit.Lock()
	n := len(disk.visible)
	for w := range writers {
		wg.Go(func() {
			if _, err := l.Append(context.Background(), digest("waiting", w)); err != nil {
				t.Error(err)
			}
		})
	}
	for {
		l.mu.RLock()
		waiting := 0
		if l.next != nil {
			waiting = len(l.next.entries)
		}
		l.mu.RUnlock()
		if waiting == writers {
			break
		}
	}
	l.commit.Unlock()
	wg.Wait()
	if got := len(disk.visible) - n; got != 1 {
		t.Errorf("%d checkpoints for what waited", got)
	}
}

func TestAppendCancelled(t *testing.T) {
	l, _ := newTestLog(t, 0)
	ctx, cancel := context.WithCancel(context.Background())
	l.commit.Lock()
	ended := make(chan error)
	go func() {
		_, err := l.Append(ctx, digest("entry", 0))
		ended <- err
	}()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled append: %v", err)
	}
	l.commit.Unlock()
	if _, err := l.Append(ctx, digest("entry", 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("append with a cancelled context: %v", err)
	}
	// Whether what was begun is there by now or comes with this, it is there once.
	if got := mustAppend(t, l, digest("entry", 0)); got[0] != 0 {
		t.Errorf("appended again at %d", got[0])
	}
}

func TestOpenErrors(t *testing.T) {
	if _, err := Open(t.TempDir(), testOrigin, testKey(1)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none"), testOrigin, testKey(1)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	l, dir := newTestLog(t, 600)
	if _, err := Open(dir, testOrigin, testKey(1)); !errors.Is(err, ErrLocked) {
		t.Errorf("open twice: %v", err)
	}
	if _, err := Create(dir, testOrigin, testKey(1)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("create over a log: %v", err)
	}
	l.Close()
	if _, err := Open(dir, testOrigin, testKey(2)); !errors.Is(err, ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	if _, err := Open(dir, "example.org/other", testKey(1)); !errors.Is(err, ErrOrigin) {
		t.Errorf("another origin: %v", err)
	}
	damage := func(name string, change func([]byte) []byte, want string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if changed := change(slices.Clone(data)); changed != nil {
			err = os.WriteFile(path, changed, 0o644)
		} else {
			err = os.Remove(path)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = Open(dir, testOrigin, testKey(1))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("damaged %s: %v", name, err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	bit := func(b []byte) []byte { b[5] ^= 1; return b }
	gone := func([]byte) []byte { return nil }
	damage("tile/entries/000", bit, "the entries give the root")
	damage("tile/entries/002.p/88", bit, "")
	damage("tile/entries/001", gone, "tile/entries/001")
	damage("tile/entries/001", func(b []byte) []byte { return b[:100] }, "tile/entries/001")
	damage("checkpoint", bit, "checkpoint")
	damage("checkpoint", gone, "checkpoint")
	damage("pending", bit, "pending: the file is damaged")
	damage("pending", func([]byte) []byte { return pending{size: 1, entries: digests("x", 0, 2)}.encode() }, "put together from two times")
	larger := signed(t, Checkpoint{Origin: testOrigin, Size: 601, Root: Hash{1}})
	if err := os.WriteFile(filepath.Join(dir, "cosigned"), larger.Note(), 0o644); err != nil {
		t.Fatal(err)
	}
	damage("cosigned", func(b []byte) []byte { return b }, "put together from two times")
	if err := os.Remove(filepath.Join(dir, "cosigned")); err != nil {
		t.Fatal(err)
	}
	l, err := Open(dir, testOrigin, testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := mustAppend(t, l, digest("entry", 600)); got[0] != 600 {
		t.Errorf("appended at %d", got[0])
	}
	// The checkpoint of a log is gone, its tiles are there: a new beginning would be a fork.
	l.Close()
	if err := os.Remove(filepath.Join(dir, "checkpoint")); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir, testOrigin, testKey(1)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("create over tiles: %v", err)
	}
}

func TestPending(t *testing.T) {
	for _, p := range []pending{{0, digests("p", 0, 1)}, {77, digests("p", 0, 300)}} {
		got, err := parsePending(p.encode())
		if err != nil || got.size != p.size || !slices.Equal(got.entries, p.entries) {
			t.Errorf("%d entries: %v", len(p.entries), err)
		}
	}
	good := pending{5, digests("p", 0, 2)}.encode()
	for i := range good {
		if _, err := parsePending(good[:i]); err == nil {
			t.Errorf("cut off at %d: is read", i)
		}
	}
}

func TestProveHistory(t *testing.T) {
	l, dir := newTestLog(t, 0)
	var heads []*SignedCheckpoint
	n := 0
	for _, add := range []int{1, 4, 250, 1, 1, 300, 3} {
		mustAppend(t, l, digests("entry", n, n+add)...)
		n += add
		heads = append(heads, l.Head())
	}
	c := &Client{Source: FolderSource{os.DirFS(dir)}, Log: testKeys}
	ctx := context.Background()
	for i, old := range heads {
		for _, index := range []int64{0, old.Size / 2, old.Size - 1} {
			p, err := l.Prove(index, old)
			if err != nil {
				t.Fatalf("entry %d of %d: %v", index, old.Size, err)
			}
			if err := p.Verify(digest("entry", int(index)), testKeys); err != nil {
				t.Error(err)
			}
			q, err := c.Prove(ctx, index, old)
			if err != nil || string(q.Text()) != string(p.Text()) {
				t.Errorf("entry %d of %d, proven by a reader: %v", index, old.Size, err)
			}
		}
		for _, to := range heads[i:] {
			for name, prover := range map[string]Prover{"log": l, "client": c} {
				proof, err := prover.ProveConsistency(ctx, old.Size, to.Checkpoint)
				if err != nil {
					t.Fatal(err)
				}
				if err := VerifyConsistency(old.Size, old.Root, to.Size, to.Root, proof); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
	beyond := signed(t, Checkpoint{Origin: testOrigin, Size: 561, Root: Hash{1}})
	other := signed(t, Checkpoint{Origin: testOrigin, Size: 300, Root: Hash{1}})
	for _, wrong := range []*SignedCheckpoint{beyond, other} {
		if _, err := l.Prove(0, wrong); err == nil {
			t.Errorf("proven in a tree of %d that the log does not have", wrong.Size)
		}
		if _, err := l.ProveConsistency(ctx, 1, wrong.Checkpoint); err == nil {
			t.Errorf("proven that a tree of %d which the log does not have goes on", wrong.Size)
		}
	}
}

func TestIndex(t *testing.T) {
	x := newIndex(0)
	const n = 5000
	for i := range n {
		if !x.add(digest("index", i)) || x.add(digest("index", i/2)) {
			t.Fatalf("entry %d", i)
		}
	}
	for i := range n {
		if at, ok := x.find(digest("index", i)); !ok || at != int64(i) {
			t.Fatalf("entry %d is found at %d, %t", i, at, ok)
		}
	}
	if _, ok := x.find(digest("index", n)); ok {
		t.Error("an entry that is not there is found")
	}
}
