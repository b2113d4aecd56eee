package translog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// AskCosignature has a checkpoint cosigned: it makes the proof from the checkpoint that the cosigner has seen last. Hint is a guess at that
// one's size; 0 is a good first one. It returns the cosignature, and the time in it is the witness's own. Errors are
// those of [Cosigner], and [AheadError].
//
// The caller has verified the checkpoint. A cosigner that has another tree of the same size is a [ForkError] where it is a
// [Witness]; over HTTP it is a [ConflictError] with that size.
func AskCosignature(ctx context.Context, c Cosigner, tree Prover, at *SignedCheckpoint, hint int64) (Cosignature, error) {
	old := min(max(hint, 0), at.Size)
	// Others may feed the same witness at the same time; then its size changes between two requests.
	const tries = 5
	for try := 1; ; try++ {
		proof, err := tree.ProveConsistency(ctx, old, at.Checkpoint)
		if err != nil {
			return Cosignature{}, err
		}
		sigs, err := c.AddCheckpoint(ctx, &AddCheckpoint{Old: old, Proof: proof, Checkpoint: at})
		if err == nil {
			return pick(c.Key(), at, sigs)
		}
		conflict, ok := errors.AsType[*ConflictError](err)
		if !ok || conflict.Size == old || try == tries {
			return Cosignature{}, err
		}
		if conflict.Size > at.Size {
			return Cosignature{}, &AheadError{Witness: c.Key(), Asked: at, Size: conflict.Size}
		}
		old = conflict.Size
	}
}

// pick returns the valid cosignature by a key among signatures.
func pick(k Key, at *SignedCheckpoint, sigs []Signature) (Cosignature, error) {
	for _, sig := range sigs {
		if sig.Name != k.Name || sig.KeyID != k.WitnessID() {
			continue
		}
		t, err := checkCosignature(k, at.text, sig.Bytes)
		if err != nil {
			return Cosignature{}, fmt.Errorf("witness %s: its cosignature: %w", k.Name, err)
		}
		return Cosignature{Witness: k, Time: t, Line: sig}, nil
	}
	return Cosignature{}, fmt.Errorf("witness %s: no cosignature by its key in the answer", k.Name)
}

// Cosign asks cosigners about the last checkpoint, all at a time, and keeps what they say ([Log.AddCosignatures]). It returns the
// checkpoint with the cosignatures, and an error that joins those of the cosigners that gave none.
func (l *Log) Cosign(ctx context.Context, cosigners ...Cosigner) (*SignedCheckpoint, error) {
	at := l.Head()
	var mu sync.Mutex
	var errs []error
	var keys []Key
	var lines []Signature
	var wg sync.WaitGroup
	for _, c := range cosigners {
		wg.Go(func() {
			l.mu.RLock()
			hint := l.asked[c.Key()]
			l.mu.RUnlock()
			sig, err := AskCosignature(ctx, c, l, at, hint)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
				return
			}
			keys, lines = append(keys, c.Key()), append(lines, sig.Line)
		})
	}
	wg.Wait()
	l.mu.Lock()
	for _, k := range keys {
		l.asked[k] = at.Size
	}
	l.mu.Unlock()
	s, err := l.AddCosignatures(at, keys, lines)
	if err != nil {
		errs = append(errs, err)
		s = at
	}
	return s, errors.Join(errs...)
}

// AddCosignatures keeps cosignatures of a checkpoint of this log, those that are valid and by keys of witnesses, wherever they come
// from: with the last checkpoint, if it is that one, and for [Log.Cosigned], if no larger one has some. It returns the
// checkpoint with them. Of a witness that has cosigned it before the first line stays. An error says what is wrong with lines
// that were left out; the others are kept all the same.
func (l *Log) AddCosignatures(at *SignedCheckpoint, witnesses []Key, lines []Signature) (*SignedCheckpoint, error) {
	if err := l.keys.Verify(at); err != nil {
		return nil, fmt.Errorf("add cosignatures: %w", err)
	}
	bare, err := l.keys.bare(at)
	if err != nil {
		return nil, fmt.Errorf("add cosignatures: %w", err)
	}
	with, wrong := bare.addValid(witnesses, slices.Concat(at.Signatures, lines))
	l.commit.Lock()
	defer l.commit.Unlock()
	if l.broken {
		if err := l.finishPending(); err != nil {
			return nil, fmt.Errorf("add cosignatures: %w", err)
		}
	}
	l.mu.RLock()
	head, cosigned, closed := l.head, l.cosigned, l.closed
	l.mu.RUnlock()
	if closed {
		return nil, fmt.Errorf("add cosignatures: %w", ErrClosed)
	}
	root, err := rootAt(at.Size, head.Checkpoint, logTiles{l.store, l.snapshot()})
	if err != nil {
		return nil, fmt.Errorf("add cosignatures: %w", err)
	}
	if root != at.Root {
		return nil, fmt.Errorf("add cosignatures: %w", &ForkError{Seen: head, Got: at})
	}
	if head.same(at.Checkpoint) {
		head, _ = head.addValid(witnesses, with.Signatures)
	}
	switch {
	case cosigned != nil && cosigned.same(at.Checkpoint):
		cosigned, _ = cosigned.addValid(witnesses, with.Signatures)
	case cosigned == nil || cosigned.Size < at.Size:
		if valid, _ := with.Cosignatures(witnesses); len(valid) > 0 {
			cosigned = with
		}
	}
	if err := l.keep(head, cosigned); err != nil {
		return nil, fmt.Errorf("add cosignatures: %w", err)
	}
	return with, wrong
}

// keep writes the checkpoints that have changed. The caller holds commit.
func (l *Log) keep(head, cosigned *SignedCheckpoint) error {
	if head != l.head {
		if err := l.store.write(checkpointName, head.note); err != nil {
			return err
		}
	}
	if cosigned != l.cosigned {
		if err := l.store.write(cosignedName, cosigned.note); err != nil {
			return err
		}
	}
	if err := l.store.sync(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.head, l.cosigned = head, cosigned
	return nil
}

// addValid adds the lines that are valid cosignatures by witnesses which have none yet.
func (s *SignedCheckpoint) addValid(witnesses []Key, lines []Signature) (*SignedCheckpoint, error) {
	have, _ := s.Cosignatures(witnesses)
	had := map[Key]bool{}
	for _, c := range have {
		had[c.Witness] = true
	}
	candidates := &SignedCheckpoint{Checkpoint: s.Checkpoint, Signatures: lines, text: s.text}
	valid, wrong := candidates.Cosignatures(witnesses)
	var add []Signature
	for _, c := range valid {
		if !had[c.Witness] {
			had[c.Witness] = true
			add = append(add, c.Line)
		}
	}
	if len(add) == 0 {
		return s, wrong
	}
	with, err := s.With(add...)
	if err != nil {
		return s, errors.Join(wrong, err)
	}
	return with, wrong
}
