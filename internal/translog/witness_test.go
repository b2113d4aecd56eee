package translog

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var testWitness = Key{"witness.example/w", testPublic(2)}

func witnessOptions(now func() time.Time) WitnessOptions {
	return WitnessOptions{Name: testWitness.Name, Signer: testKey(2), Logs: []LogKeys{testKeys}, Now: now}
}

func newTestWitness(t *testing.T) (*Witness, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "witness")
	w, err := CreateWitness(dir, witnessOptions(at(5000)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w, dir
}

// heads appends series of entries, and returns the checkpoint after each.
func heads(t *testing.T, l *Log, sizes ...int) []*SignedCheckpoint {
	t.Helper()
	var out []*SignedCheckpoint
	for _, size := range sizes {
		mustAppend(t, l, digests("entry", 0, size)...)
		out = append(out, l.Head())
	}
	return out
}

// ask asks a witness with the right proof between two checkpoints.
func ask(t *testing.T, w Cosigner, l *Log, old int64, to *SignedCheckpoint) (Cosignature, error) {
	t.Helper()
	proof, err := l.ProveConsistency(context.Background(), old, to.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	sigs, err := w.AddCheckpoint(context.Background(), &AddCheckpoint{Old: old, Proof: proof, Checkpoint: to})
	if err != nil {
		return Cosignature{}, err
	}
	return pick(w.Key(), to, sigs)
}

func TestWitness(t *testing.T) {
	l, _ := newTestLog(t, 0)
	empty := l.Head()
	h := heads(t, l, 3, 5, 300)
	w, dir := newTestWitness(t)
	if s, err := w.Latest(testOrigin); s != nil || err != nil {
		t.Errorf("a new witness has seen %v, %v", s, err)
	}
	if _, err := ask(t, w, l, 0, empty); err != nil {
		t.Errorf("the empty tree: %v", err)
	}
	sig, err := ask(t, w, l, 0, h[0])
	if err != nil || sig.Time.Unix() != 5000 {
		t.Errorf("first checkpoint: %+v, %v", sig, err)
	}
	if _, err := ask(t, w, l, 3, h[0]); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if _, err := ask(t, w, l, 3, h[2]); err != nil {
		t.Errorf("a larger one: %v", err)
	}
	if c := errorSize(ask(t, w, l, 3, h[1])); c != 300 {
		t.Errorf("a smaller one: the witness says %d", c)
	}
	if c := errorSize(ask(t, w, l, 0, h[2])); c != 300 {
		t.Errorf("the same from nothing: the witness says %d", c)
	}
	w.Close()
	if _, err := ask(t, w, l, 300, h[2]); !errors.Is(err, ErrClosed) {
		t.Errorf("a closed witness: %v", err)
	}

	w, err = OpenWitness(dir, witnessOptions(at(6000)))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	latest, err := w.Latest(testOrigin)
	if err != nil || !latest.same(h[2].Checkpoint) || len(latest.Signatures) != 2 {
		t.Errorf("opened again it has seen %+v, %v", latest, err)
	}
	if c := errorSize(ask(t, w, l, 5, h[2])); c != 300 {
		t.Errorf("opened again: the witness says %d", c)
	}
	if sig, err := ask(t, w, l, 300, h[2]); err != nil || sig.Time.Unix() != 6000 {
		t.Errorf("opened again: %+v, %v", sig, err)
	}
}

// errorSize returns the size of a conflict; -1 for anything else.
func errorSize(_ Cosignature, err error) int64 {
	if conflict, ok := errors.AsType[*ConflictError](err); ok {
		return conflict.Size
	}
	return -1
}

// refusals are requests that get no cosignature from a witness that has seen the checkpoint of 5 entries, and the error.
func refusals(t *testing.T) (l *Log, first *SignedCheckpoint, requests map[string]refusal) {
	t.Helper()
	l, _ = newTestLog(t, 0)
	h := heads(t, l, 3, 5, 8, 20)
	fork, err := Create(filepath.Join(t.TempDir(), "fork"), testOrigin, testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { fork.Close() })
	mustAppend(t, fork, digests("other", 0, 5)...)
	forked := fork.Head()
	mustAppend(t, fork, digests("other", 5, 8)...)
	proof := func(p Prover, old int64, to *SignedCheckpoint) []Hash {
		return must(p.ProveConsistency(context.Background(), old, to.Checkpoint))
	}
	otherLog := signed(t, Checkpoint{Origin: "example.org/other", Size: 8, Root: Hash{1}})
	unsigned := must(ParseSignedCheckpoint(bytes.Replace(h[2].Note(), []byte("\n8\n"), []byte("\n9\n"), 1)))
	unknownKey := must(ParseSignedCheckpoint(append(append([]byte{}, h[2].text...), "\n— "+testOrigin+" AAAAAAAA\n"...)))
	good := proof(l, 5, h[2])
	return l, h[1], map[string]refusal{
		"another log":            {AddCheckpoint{5, good, otherLog}, ErrUnknownLog, 404},
		"wrong signature":        {AddCheckpoint{5, good, unsigned}, ErrSignature, 403},
		"no known signature":     {AddCheckpoint{5, good, unknownKey}, ErrSignature, 403},
		"old larger than new":    {AddCheckpoint{9, nil, h[2]}, ErrRequest, 400},
		"old is not what it was": {AddCheckpoint{3, proof(l, 3, h[2]), h[2]}, nil, 409},
		"from nothing":           {AddCheckpoint{0, nil, h[2]}, nil, 409},
		"rolled back":            {AddCheckpoint{3, nil, h[0]}, nil, 409},
		"fork of the same size":  {AddCheckpoint{5, nil, forked}, ErrFork, 409},
		"fork of a larger size":  {AddCheckpoint{5, proof(fork, 5, fork.Head()), fork.Head()}, ErrProof, 422},
		"no proof":               {AddCheckpoint{5, nil, h[2]}, ErrProof, 422},
		"proof cut off":          {AddCheckpoint{5, good[1:], h[2]}, ErrProof, 422},
		"proof too long":         {AddCheckpoint{5, append([]Hash{{}}, good...), h[2]}, ErrProof, 422},
		"proof for another":      {AddCheckpoint{5, proof(l, 5, h[3]), h[2]}, ErrProof, 422},
		"proof of the same":      {AddCheckpoint{5, good, h[1]}, ErrProof, 422},
	}
}

type refusal struct {
	request AddCheckpoint
	want    error // nil is a conflict with size 5
	status  int   // over HTTP
}

func TestWitnessRefuses(t *testing.T) {
	l, first, requests := refusals(t)
	w, _ := newTestWitness(t)
	if _, err := ask(t, w, l, 0, first); err != nil {
		t.Fatal(err)
	}
	for name, r := range requests {
		sigs, err := w.AddCheckpoint(context.Background(), &r.request)
		if r.want != nil && !errors.Is(err, r.want) || r.want == nil && errorSize(Cosignature{}, err) != 5 || len(sigs) > 0 {
			t.Errorf("%s: %v, %v", name, sigs, err)
		}
		if fork, ok := errors.AsType[*ForkError](err); ok && (!fork.Seen.same(first.Checkpoint) || fork.Got != r.request.Checkpoint) {
			t.Errorf("%s: the evidence is not what was seen", name)
		}
		if latest, err := w.Latest(testOrigin); err != nil || !latest.same(first.Checkpoint) {
			t.Errorf("%s: the witness remembers another checkpoint: %v", name, err)
		}
	}
	wrongEmpty := &AddCheckpoint{Checkpoint: signed(t, Checkpoint{Origin: testOrigin})}
	fresh, _ := newTestWitness(t)
	if _, err := fresh.AddCheckpoint(context.Background(), wrongEmpty); errorSize(Cosignature{}, err) != 0 {
		t.Errorf("the empty tree with another root: %v", err)
	}
	withProof := &AddCheckpoint{Proof: []Hash{{}}, Checkpoint: first}
	if _, err := fresh.AddCheckpoint(context.Background(), withProof); !errors.Is(err, ErrProof) {
		t.Errorf("a proof from nothing: %v", err)
	}
	fresh.SetLogs(nil)
	if _, err := ask(t, fresh, l, 0, first); !errors.Is(err, ErrUnknownLog) {
		t.Errorf("a log that is no longer watched over: %v", err)
	}
}

func TestWitnessFolder(t *testing.T) {
	if _, err := OpenWitness(t.TempDir(), witnessOptions(nil)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
	l, _ := newTestLog(t, 3)
	w, dir := newTestWitness(t)
	if _, err := OpenWitness(dir, witnessOptions(nil)); !errors.Is(err, ErrLocked) {
		t.Errorf("open twice: %v", err)
	}
	if _, err := CreateWitness(dir, witnessOptions(nil)); !errors.Is(err, fs.ErrExist) {
		t.Errorf("create over one: %v", err)
	}
	if _, err := ask(t, w, l, 0, l.Head()); err != nil {
		t.Fatal(err)
	}
	w.Close()
	o := witnessOptions(nil)
	o.Signer = testKey(7)
	_, err := OpenWitness(dir, o)
	wantError(t, err, "the folder is that of witness.example/w")
	path := filepath.Join(dir, statePath(testOrigin))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	own := bytes.LastIndex(data[:len(data)-1], []byte("\n"))
	for name, damaged := range map[string][]byte{
		"empty":              {},
		"cut off":            data[:len(data)-5],
		"another size":       bytes.Replace(data, []byte("\n3\n"), []byte("\n2\n"), 1),
		"no own cosignature": data[:own+1],
		"of another log":     signed(t, Checkpoint{Origin: "example.org/other"}).Note(),
	} {
		if err := os.WriteFile(path, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		w, err := OpenWitness(dir, witnessOptions(nil))
		if err != nil {
			t.Fatal(err)
		}
		if sig, err := ask(t, w, l, 0, l.Head()); err == nil || !strings.Contains(err.Error(), "is damaged") {
			t.Errorf("%s: %+v, %v", name, sig, err)
		}
		w.Close()
	}
}

// TestWitnessPowerCut cuts the power at every step of a witness's work: whatever cosignature has left, the witness never cosigns
// anything that does not continue it.
func TestWitnessPowerCut(t *testing.T) {
	l, _ := newTestLog(t, 0)
	h := heads(t, l, 3, 5, 300)
	fork, err := Create(filepath.Join(t.TempDir(), "fork"), testOrigin, testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	defer fork.Close()
	mustAppend(t, fork, digests("other", 0, 400)...)
	for cut := 1; ; cut++ {
		disk := newMemory()
		o := witnessOptions(at(1))
		if err := writeLasting(disk, witnessName, []byte(testWitness.WitnessVerifierKey()+"\n")); err != nil {
			t.Fatal(err)
		}
		open := func(disk *memory) *Witness {
			w, err := openWitnessIn(disk, func() error { return nil }, o)
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
		w := open(disk)
		disk.step, disk.cutAt = 0, cut
		old, left := int64(0), int64(0)
		for _, to := range h {
			if _, err := ask(t, w, l, old, to); err == nil {
				left = to.Size
			}
			old = to.Size
		}
		if disk.step < cut {
			break
		}
		for name, keep := range map[string]func(int) bool{
			"nothing":    func(int) bool { return false },
			"everything": func(int) bool { return true },
		} {
			w := open(disk.afterCut(keep))
			latest, err := w.Latest(testOrigin)
			if err != nil {
				t.Fatalf("cut at step %d, %s of what was not synced is left: %v", cut, name, err)
			}
			size := int64(0)
			if latest != nil {
				size = latest.Size
			}
			if size < left {
				t.Errorf("cut at step %d, %s is left: a cosignature of %d has left, the witness remembers %d", cut, name, left, size)
			}
			if left > 0 {
				for _, old := range []int64{0, size} {
					proof, _ := fork.ProveConsistency(context.Background(), old, fork.Head().Checkpoint)
					if _, err := w.AddCheckpoint(context.Background(), &AddCheckpoint{old, proof, fork.Head()}); err == nil {
						t.Errorf("cut at step %d, %s is left: a fork is cosigned", cut, name)
					}
				}
			}
		}
	}
}

// TestWitnessStorageFails has storage that fails: no cosignature leaves.
func TestWitnessStorageFails(t *testing.T) {
	l, _ := newTestLog(t, 3)
	for fail := 1; fail <= 2; fail++ { // write and sync
		for _, done := range []bool{false, true} {
			disk := newMemory()
			w := must(newWitness(disk, func() error { return nil }, witnessOptions(at(1))))
			disk.failAt, disk.failDone = fail, done
			if sig, err := ask(t, w, l, 0, l.Head()); err == nil {
				t.Errorf("call %d fails (%t): %+v", fail, done, sig)
			}
			if _, err := ask(t, w, l, 0, l.Head()); err != nil {
				t.Errorf("call %d has failed (%t): the next try: %v", fail, done, err)
			}
		}
	}
}

// TestWitnessRace has two branches of a fork submitted at a time: one is cosigned.
func TestWitnessRace(t *testing.T) {
	w, _ := newTestWitness(t)
	var mu sync.Mutex
	cosigned := 0
	var wg sync.WaitGroup
	for i := range 8 {
		to := signed(t, Checkpoint{Origin: testOrigin, Size: 7, Root: Hash{byte(i)}})
		wg.Go(func() {
			if _, err := w.AddCheckpoint(context.Background(), &AddCheckpoint{Checkpoint: to}); err == nil {
				mu.Lock()
				cosigned++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if cosigned != 1 {
		t.Errorf("%d of 8 branches are cosigned", cosigned)
	}
}
