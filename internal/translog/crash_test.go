package translog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
)

// history is what a log has told the world.
type history struct {
	acknowledged map[Digest]int64
}

// appendAll appends batches until one fails, and notes what was acknowledged.
func (h *history) appendAll(l *Log, series string, batches ...int) {
	n := 0
	for _, size := range batches {
		entries := digests(series, n, n+size)
		n += size
		at, err := l.Append(context.Background(), entries...)
		if err != nil {
			return
		}
		for i, d := range entries {
			h.acknowledged[d] = at[i]
		}
	}
}

// check checks a log that was opened again: nothing that was acknowledged is lost, every checkpoint that anybody can have seen is
// continued, and every file is right.
func (h *history) check(l *Log, disk *memory) error {
	for d, want := range h.acknowledged {
		if got, ok := l.Index(d); !ok || got != want {
			return fmt.Errorf("entry %d is at %d (%t) now", want, got, ok)
		}
	}
	head := l.Head()
	for _, raw := range disk.visible {
		seen, err := ParseSignedCheckpoint(raw)
		if err != nil {
			return err
		}
		if seen.Size > head.Size {
			return fmt.Errorf("a checkpoint of %d was seen, the log has %d", seen.Size, head.Size)
		}
		proof, err := l.ProveConsistency(context.Background(), seen.Size, head.Checkpoint)
		if err != nil {
			return err
		}
		if err := VerifyConsistency(seen.Size, seen.Root, head.Size, head.Root, proof); err != nil {
			return err
		}
	}
	if len(disk.changed) > 0 {
		return fmt.Errorf("tiles have changed: %q", disk.changed)
	}
	c := &Client{Source: disk, Log: testKeys}
	shown, err := c.Checkpoint(context.Background())
	if err != nil {
		return err
	}
	if !shown.same(head.Checkpoint) {
		return fmt.Errorf("the folder has a checkpoint of %d, the log one of %d", shown.Size, head.Size)
	}
	return c.Check(context.Background(), shown, nil)
}

func createInMemory(disk *memory) (*Log, error) {
	return createIn(disk, func() error { return nil }, Key{testOrigin, testPublic(1)}, testKey(1))
}

func openInMemory(disk *memory) (*Log, error) {
	return openIn(disk, func() error { return nil }, Key{testOrigin, testPublic(1)}, testKey(1))
}

// crashBatches fill tiles, leave them partial, cross them, and fill several at once.
var crashBatches = []int{1, 3, 250, 2, 1, 520, 1}

// keepers are what a power cut leaves of what was not synced.
func keepers(rnd *rand.Rand) map[string]func(int) bool {
	some := func(int) bool { return rnd.IntN(2) == 0 }
	return map[string]func(int) bool{
		"nothing":    func(int) bool { return false },
		"everything": func(int) bool { return true },
		"some":       some,
		"not first":  func(i int) bool { return i > 0 },
		"killed":     func(int) bool { return false },
	}
}

// TestPowerCut cuts the power at every step of a series of appends, opens the log, appends other entries, cuts again at some
// step, and opens it again.
func TestPowerCut(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	cuts := 0
	for cut := 1; ; cut++ {
		disk := newMemory()
		l, err := createInMemory(disk)
		if err != nil {
			t.Fatal(err)
		}
		disk.step, disk.cutAt = 0, cut
		h := &history{acknowledged: map[Digest]int64{}}
		h.appendAll(l, "first", crashBatches...)
		l.Close()
		if disk.step < cut {
			break // the series came to its end
		}
		cuts++
		for name, keep := range keepers(rnd) {
			second := disk.afterCut(keep)
			if name == "killed" { // the process first, the power later
				second = disk.afterKill()
			}
			h := &history{acknowledged: maps.Clone(h.acknowledged)}
			what := fmt.Sprintf("cut at step %d, of what was not synced %s is left", cut, name)
			// A second cut, while the log is opened or other entries are appended.
			second.cutAt = 1 + rnd.IntN(60)
			if l, err := openInMemory(second); err == nil {
				h.appendAll(l, "second", 1, 258)
				l.Close()
			} else if !errors.Is(err, errCut) {
				t.Fatalf("%s: open: %v", what, err)
			}
			third := second.afterCut(keep)
			l, err := openInMemory(third)
			if err != nil {
				t.Fatalf("%s, then at step %d: open: %v", what, second.cutAt, err)
			}
			h.appendAll(l, "third", 1, 256)
			if err := h.check(l, third); err != nil {
				t.Fatalf("%s, then at step %d: %v", what, second.cutAt, err)
			}
			l.Close()
		}
	}
	if cuts < 80 {
		t.Errorf("only %d steps at which the power was cut", cuts)
	}
}

// TestFailures lets one call fail, whether it has done what it should or not, and goes on with the same log; later the power is
// cut.
func TestFailures(t *testing.T) {
	for _, done := range []bool{false, true} {
		failures := 0
		for fail := 1; ; fail++ {
			disk := newMemory()
			l, err := createInMemory(disk)
			if err != nil {
				t.Fatal(err)
			}
			disk.calls, disk.failAt, disk.failDone = 0, fail, done
			h := &history{acknowledged: map[Digest]int64{}}
			n, failed := 0, false
			for _, size := range crashBatches {
				entries := digests("entry", n, n+size)
				n += size
				at, err := l.Append(context.Background(), entries...)
				if err != nil {
					failed = true
					if fail%2 == 0 {
						continue // others come first, and find it in the log
					}
					if at, err = l.Append(context.Background(), entries...); err != nil {
						t.Fatalf("call %d: the second try: %v", fail, err)
					}
				}
				for i, d := range entries {
					h.acknowledged[d] = at[i]
				}
			}
			if disk.calls < fail {
				break
			}
			failures++
			mustAppend(t, l, digest("last", 0)) // makes good what has failed last
			if err := h.check(l, disk); err != nil {
				t.Fatalf("call %d failed (%t), append failed %t: %v", fail, done, failed, err)
			}
			after := disk.afterCut(func(int) bool { return false })
			l, err = openInMemory(after)
			if err != nil {
				t.Fatalf("call %d: open: %v", fail, err)
			}
			if err := h.check(l, after); err != nil {
				t.Fatalf("call %d failed (%t), opened again: %v", fail, done, err)
			}
		}
		if failures < 40 {
			t.Errorf("only %d calls that failed", failures)
		}
	}
}
