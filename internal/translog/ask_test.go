package translog

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// otherWitness makes a witness by another key.
func otherWitness(t *testing.T, seed byte, now int64) *Witness {
	t.Helper()
	o := WitnessOptions{Name: Key{"witness.example/" + string('a'+rune(seed)), testPublic(seed)}.Name, Signer: testKey(seed), Logs: []LogKeys{testKeys}, Now: at(now)}
	w, err := CreateWitness(t.TempDir(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func TestLogCosign(t *testing.T) {
	l, dir := newTestLog(t, 3)
	a, b := otherWitness(t, 3, 100), otherWitness(t, 4, 200)
	server := httptest.NewServer(b.Handler(nil))
	defer server.Close()
	remote := &WitnessClient{Witness: b.Key(), URL: server.URL}
	keys := []Key{a.Key(), b.Key()}
	ctx := context.Background()
	if _, ok := l.Cosigned(); ok {
		t.Error("cosigned before anybody was asked")
	}
	for _, size := range []int{3, 4, 300} {
		mustAppend(t, l, digests("entry", 0, size)...)
		s, err := l.Cosign(ctx, a, remote)
		if err != nil {
			t.Fatal(err)
		}
		when, ok := SeenAt(2, keys, s)
		if !ok || when.Unix() != 200 || s.Size != int64(size) {
			t.Errorf("%d entries: cosigned at %v, %t", s.Size, when, ok)
		}
		if l.Head() == s || string(l.Head().Note()) != string(s.Note()) {
			t.Errorf("the last checkpoint is %s", l.Head().Note())
		}
		onDisk, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
		if err != nil || string(onDisk) != string(s.Note()) {
			t.Errorf("the file is %q, %v", onDisk, err)
		}
	}
	// One more entry: what is cosigned stays, and proofs come with it.
	mustAppend(t, l, digest("entry", 300))
	cosigned, ok := l.Cosigned()
	if !ok || cosigned.Size != 300 || len(l.Head().Signatures) != 1 {
		t.Errorf("cosigned: %v, %t", cosigned, ok)
	}
	p, err := l.Prove(77, cosigned)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Verify(digest("entry", 77), testKeys); err != nil {
		t.Error(err)
	}
	if _, ok := SeenAt(2, keys, p.Checkpoint); !ok {
		t.Error("a proof without cosignatures")
	}
	l.Close()
	l, err = Open(dir, testOrigin, testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if s, ok := l.Cosigned(); !ok || string(s.Note()) != string(cosigned.Note()) {
		t.Errorf("opened again, cosigned is %v", s)
	}
	// A witness that is away costs its own cosignature alone.
	server.Close()
	s, err := l.Cosign(ctx, a, remote)
	if err == nil || len(s.Signatures) != 2 {
		t.Errorf("%d signatures, %v", len(s.Signatures), err)
	}
}

func TestAddCosignatures(t *testing.T) {
	l, _ := newTestLog(t, 0)
	h := heads(t, l, 3, 5)
	a, b := otherWitness(t, 3, 100), otherWitness(t, 4, 200)
	keys := []Key{a.Key(), b.Key()}
	line := func(w *Witness, s *SignedCheckpoint, seconds int64) Signature {
		return must(cosign(s, w.key, w.signer, at(seconds)()))
	}
	junk := must(h[0].With(Signature{"junk.example", 1, []byte{1}}))
	s, err := l.AddCosignatures(junk, keys, []Signature{line(a, h[0], 100), line(a, h[0], 50), {"junk.example", 2, []byte{2}}})
	if err != nil || len(s.Signatures) != 2 {
		t.Errorf("%v, %v", s, err)
	}
	if c, _ := l.Cosigned(); c == nil || string(c.Note()) != string(s.Note()) || len(l.Head().Signatures) != 1 {
		t.Errorf("cosigned %v", c)
	}
	// A later one of a witness is no news, one of another is; what is wrong is said.
	wrong := line(b, h[1], 60)
	s, err = l.AddCosignatures(h[0], keys, []Signature{line(a, h[0], 30), line(b, h[0], 70), wrong})
	wantError(t, err, "cosignature by "+b.key.Name)
	if c, _ := l.Cosigned(); len(c.Signatures) != 3 || len(s.Signatures) != 3 {
		t.Errorf("cosigned %s", c.Note())
	}
	if when, ok := SeenAt(1, keys[:1], must2(l.Cosigned())); !ok || when.Unix() != 100 {
		t.Errorf("the first line of a witness is of %v", when)
	}
	if _, err := l.AddCosignatures(h[1], keys, []Signature{line(b, h[1], 80)}); err != nil {
		t.Error(err)
	}
	if c, _ := l.Cosigned(); c.Size != 5 || len(l.Head().Signatures) != 2 {
		t.Errorf("cosigned %s", c.Note())
	}
	if _, err := l.AddCosignatures(h[0], keys, []Signature{line(a, h[0], 30)}); err != nil {
		t.Error(err)
	}
	if c, _ := l.Cosigned(); c.Size != 5 {
		t.Errorf("cosigned %s", c.Note())
	}
	fork := signed(t, Checkpoint{Origin: testOrigin, Size: 3, Root: Hash{1}})
	if _, err := l.AddCosignatures(fork, keys, []Signature{line(a, fork, 30)}); !errors.Is(err, ErrFork) {
		t.Errorf("of a fork: %v", err)
	}
	beyond := signed(t, Checkpoint{Origin: testOrigin, Size: 6, Root: Hash{1}})
	if _, err := l.AddCosignatures(beyond, keys, []Signature{line(a, beyond, 30)}); err == nil {
		t.Error("of a tree that the log does not have")
	}
}

func must2[T any](v T, ok bool) T {
	if !ok {
		panic("nothing")
	}
	return v
}

func TestAskCosignature(t *testing.T) {
	l, _ := newTestLog(t, 0)
	h := heads(t, l, 3, 5, 300)
	ctx := context.Background()
	w, _ := newTestWitness(t)
	for _, hint := range []int64{99, -4, 0} { // whatever is guessed
		if _, err := AskCosignature(ctx, w, l, h[1], hint); err != nil {
			t.Errorf("hint %d: %v", hint, err)
		}
	}
	if _, err := AskCosignature(ctx, w, l, h[2], 3); err != nil {
		t.Error(err)
	}
	_, err := AskCosignature(ctx, w, l, h[0], 0)
	ahead, ok := errors.AsType[*AheadError](err)
	if !ok || ahead.Size != 300 || ahead.Asked != h[0] || !errors.Is(err, ErrRollback) {
		t.Errorf("a witness that has seen more: %v", err)
	}
	// A log that was put back and goes on otherwise gets nothing.
	fork, err := Create(filepath.Join(t.TempDir(), "fork"), testOrigin, testKey(1))
	if err != nil {
		t.Fatal(err)
	}
	defer fork.Close()
	mustAppend(t, fork, digests("other", 0, 300)...)
	if _, err := AskCosignature(ctx, w, fork, fork.Head(), 0); !errors.Is(err, ErrFork) {
		t.Errorf("a fork: %v", err)
	}
	mustAppend(t, fork, digests("other", 300, 301)...)
	if _, err := AskCosignature(ctx, w, fork, fork.Head(), 0); !errors.Is(err, ErrProof) {
		t.Errorf("a fork that is larger: %v", err)
	}
	// Over HTTP a fork shows as a conflict that does not go away.
	server := httptest.NewServer(w.Handler(nil))
	defer server.Close()
	same := signed(t, Checkpoint{Origin: testOrigin, Size: 300, Root: Hash{1}})
	_, err = AskCosignature(ctx, &WitnessClient{Witness: w.Key(), URL: server.URL}, l, same, 300)
	if errorSize(Cosignature{}, err) != 300 {
		t.Errorf("a fork over HTTP: %v", err)
	}
	// An answer by another key is none.
	if _, err := AskCosignature(ctx, renamed{w}, l, h[2], 300); err == nil {
		t.Error("a cosignature by another key is taken")
	}
}

// renamed is a cosigner that says to be another.
type renamed struct{ *Witness }

func (renamed) Key() Key { return Key{"witness.example/other", testPublic(9)} }
