package translog

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"
)

const testOrigin = "example.org/log"

// testKey makes a key of a seed byte.
func testKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func testPublic(seed byte) [32]byte { return [32]byte(testKey(seed).Public().(ed25519.PublicKey)) }

// digest makes the n-th entry of a series.
func digest(series string, n int) Digest { return sha256.Sum256(fmt.Appendf(nil, "%s %d", series, n)) }

func digests(series string, from, to int) []Digest {
	var out []Digest
	for i := from; i < to; i++ {
		out = append(out, digest(series, i))
	}
	return out
}

var testKeys = LogKeys{Origin: testOrigin, Keys: [][32]byte{testPublic(1)}}

func newTestLog(tb testing.TB, entries int) (*Log, string) {
	tb.Helper()
	dir := tb.TempDir()
	l, err := Create(dir, testOrigin, testKey(1))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	if entries > 0 {
		mustAppend(tb, l, digests("entry", 0, entries)...)
	}
	return l, dir
}

func mustAppend(tb testing.TB, l *Log, d ...Digest) []int64 {
	tb.Helper()
	at, err := l.Append(context.Background(), d...)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

// rest waits until a log has done what comes after the acknowledgement of an append.
func rest(l *Log) {
	l.commit.Lock()
	defer l.commit.Unlock()
}

// signed makes a signed checkpoint of any content.
func signed(tb testing.TB, c Checkpoint) *SignedCheckpoint {
	tb.Helper()
	key, err := keyOf(c.Origin, testKey(1))
	if err != nil {
		tb.Fatal(err)
	}
	s, err := newLog(nil, nil, key, testKey(1)).sign(c)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// must returns a value that comes without an error.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// wantError checks for an error that holds a text.
func wantError(tb testing.TB, err error, text string) {
	tb.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		tb.Errorf("error %v, want one with %q", err, text)
	}
}

func at(seconds int64) func() time.Time { return func() time.Time { return time.Unix(seconds, 0) } }

var errCut = errors.New("the power is cut")

// memory is storage whose power can be cut, and whose calls can fail, at any step.
type memory struct {
	mu       sync.Mutex
	files    map[string][]byte // as every process sees them
	lasting  map[string][]byte // as a power cut leaves them
	since    []change          // what is not in lasting yet
	step     int
	cutAt    int // step at which the power is cut; 0 is never
	calls    int
	failAt   int  // call that fails once; 0 is none
	failDone bool // that call does what it should all the same
	visible  [][]byte
	shown    map[string][]byte // tiles as somebody can have read them
	changed  []string          // tiles that became others
}

// change is a file written, or with nil data removed.
type change struct {
	name string
	data []byte
}

func newMemory() *memory {
	return &memory{files: map[string][]byte{}, lasting: map[string][]byte{}, shown: map[string][]byte{}}
}

// next counts a step, of which there are two around everything that is done.
func (m *memory) next(do func()) error {
	m.step++
	m.calls++
	if m.cutAt > 0 && m.step >= m.cutAt {
		return errCut
	}
	if m.failAt == m.calls {
		if m.failDone {
			do()
		}
		return errors.New("input/output error")
	}
	do()
	m.step++
	if m.cutAt > 0 && m.step >= m.cutAt {
		return errCut
	}
	return nil
}

func (m *memory) read(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.files[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return bytes.Clone(data), nil
}

func (m *memory) ReadFile(_ context.Context, name string, limit int) ([]byte, error) {
	data, err := m.read(name)
	if len(data) > limit {
		return nil, errors.New("too long")
	}
	return data, err
}

func (m *memory) write(name string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.next(func() {
		c := change{name, bytes.Clone(data)}
		m.apply(m.files, c)
		m.since = append(m.since, c)
		if name == checkpointName {
			m.visible = append(m.visible, c.data)
		}
		if _, err := parseTilePath(name); err == nil {
			if was, ok := m.shown[name]; ok && !bytes.Equal(was, data) {
				m.changed = append(m.changed, name)
			}
			m.shown[name] = c.data
		}
	})
}

func (m *memory) remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.next(func() {
		c := change{name: name}
		m.apply(m.files, c)
		m.since = append(m.since, c)
	})
}

func (m *memory) sync() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	done := false
	err := m.next(func() {
		done = true
		for _, c := range m.since {
			m.apply(m.lasting, c)
		}
		m.since = nil
	})
	if !done && err != nil && !errors.Is(err, errCut) {
		m.since = nil // a sync that has failed is not made good by a later one
	}
	return err
}

func (m *memory) apply(files map[string][]byte, c change) {
	if c.data != nil {
		files[c.name] = c.data
		return
	}
	maps.DeleteFunc(files, func(name string, _ []byte) bool { return name == c.name || strings.HasPrefix(name, c.name+"/") })
}

// afterCut returns what a power cut leaves: of what was not synced the changes that keep says.
func (m *memory) afterCut(keep func(i int) bool) *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := newMemory()
	next.lasting = maps.Clone(m.lasting)
	for i, c := range m.since {
		if keep(i) {
			next.apply(next.lasting, c)
		}
	}
	next.files = maps.Clone(next.lasting)
	next.visible, next.shown, next.changed = m.visible, maps.Clone(m.shown), m.changed
	return next
}

// afterKill returns what the end of a process leaves: everything, but what it has not synced does not last, whatever the next
// process syncs.
func (m *memory) afterKill() *memory {
	next := m.afterCut(func(int) bool { return false })
	m.mu.Lock()
	defer m.mu.Unlock()
	next.files = maps.Clone(m.files)
	return next
}
