package translog

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"
)

// Cosigner cosigns checkpoints that continue those it has cosigned: [Witness] here, [WitnessClient] elsewhere.
type Cosigner interface {
	// Key returns the key by which it cosigns.
	Key() Key
	// AddCheckpoint cosigns a checkpoint, or says why not; a [ConflictError] says from which size a proof is needed. Signatures
	// of others may be among those returned.
	AddCheckpoint(ctx context.Context, request *AddCheckpoint) ([]Signature, error)
}

var (
	// ErrUnknownLog is a checkpoint of a log that a witness does not watch over.
	ErrUnknownLog = errors.New("the witness does not know this log")
	// ErrRequest is a request to a witness that cannot be right.
	ErrRequest = errors.New("the request is wrong")
)

// WitnessOptions is what makes a witness.
type WitnessOptions struct {
	Name   string        // a URL without scheme; no other witness has it
	Signer crypto.Signer // an Ed25519 key that is used for nothing else
	Logs   []LogKeys     // logs to watch over; [Witness.SetLogs] changes them
	Now    func() time.Time
}

// Witness cosigns checkpoints of logs after it has checked that they only grow (C2SP tlog-witness). It remembers the last one of
// each log in a folder, and does so before a cosignature leaves. One process has the folder open; methods may be
// called by several goroutines.
type Witness struct {
	key    Key
	signer crypto.Signer
	now    func() time.Time
	store  storage
	closer func() error

	mu     sync.Mutex
	logs   map[string]LogKeys
	latest map[string]*SignedCheckpoint // by origin, as far as asked for; nil where none was cosigned
	closed bool
}

// witnessName names the file that says whose folder it is: a folder without it is not that of a witness which has seen nothing.
const witnessName = "witness"

// CreateWitness makes the folder of a witness that has seen nothing, and opens it.
func CreateWitness(dir string, o WitnessOptions) (*Witness, error) {
	store, err := createFolder(dir, witnessName, "logs")
	if err != nil {
		return nil, fmt.Errorf("create witness: %w", err)
	}
	w, err := newWitness(store, store.close, o)
	if err == nil {
		err = writeLasting(store, witnessName, []byte(w.key.WitnessVerifierKey()+"\n"))
	}
	if err == nil {
		err = syncParent(dir)
	}
	if err != nil {
		return nil, fmt.Errorf("create witness in %s: %w", dir, errors.Join(err, store.close()))
	}
	return w, nil
}

// OpenWitness opens what [CreateWitness] has made. Never put the folder of a witness back to an older state.
func OpenWitness(dir string, o WitnessOptions) (*Witness, error) {
	store, err := openFolder(dir, witnessName)
	if err != nil {
		return nil, fmt.Errorf("open witness: %w", err)
	}
	w, err := openWitnessIn(store, store.close, o)
	if err != nil {
		return nil, fmt.Errorf("open witness in %s: %w", dir, errors.Join(err, store.close()))
	}
	return w, nil
}

func openWitnessIn(store storage, closer func() error, o WitnessOptions) (*Witness, error) {
	w, err := newWitness(store, closer, o)
	if err != nil {
		return nil, err
	}
	whose, err := store.read(witnessName)
	if err != nil {
		return nil, err
	}
	if string(whose) != w.key.WitnessVerifierKey()+"\n" {
		return nil, fmt.Errorf("the folder is that of %s", clip(string(whose)))
	}
	return w, nil
}

func newWitness(store storage, closer func() error, o WitnessOptions) (*Witness, error) {
	key, err := keyOf(o.Name, o.Signer)
	if err != nil {
		return nil, err
	}
	w := &Witness{key: key, signer: o.Signer, now: o.Now, store: store, closer: closer, latest: map[string]*SignedCheckpoint{}}
	if w.now == nil {
		w.now = time.Now
	}
	w.SetLogs(o.Logs)
	return w, nil
}

// SetLogs replaces the logs that the witness watches over. What it has seen of others it remembers.
func (w *Witness) SetLogs(logs []LogKeys) {
	m := make(map[string]LogKeys, len(logs))
	for _, l := range logs {
		m[l.Origin] = l
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.logs = m
}

// Close gives the folder free.
func (w *Witness) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	return w.closer()
}

// Key implements [Cosigner].
func (w *Witness) Key() Key { return w.key }

// Latest returns the last checkpoint of a log that the witness has cosigned, with its cosignature; nil if there is none.
func (w *Witness) Latest(origin string) (*SignedCheckpoint, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.recall(origin)
}

func statePath(origin string) string {
	sum := sha256.Sum256([]byte(origin))
	return "logs/" + hex.EncodeToString(sum[:])
}

// recall returns the last checkpoint. What cannot be read is an error: to take it for nothing would allow a fork. The caller
// holds mu.
func (w *Witness) recall(origin string) (*SignedCheckpoint, error) {
	if s, ok := w.latest[origin]; ok {
		return s, nil
	}
	if w.closed {
		return nil, ErrClosed
	}
	raw, err := w.store.read(statePath(origin))
	if errors.Is(err, fs.ErrNotExist) {
		w.latest[origin] = nil
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("state of log %s: %w", clip(origin), err)
	}
	s, err := ParseSignedCheckpoint(raw)
	if err == nil && s.Origin != origin {
		err = ErrOrigin
	}
	if err == nil {
		var own []Cosignature
		if own, err = s.Cosignatures([]Key{w.key}); err == nil && len(own) == 0 {
			err = errors.New("it does not have the witness's own cosignature")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("state of log %s is damaged: %s: %w", clip(origin), statePath(origin), err)
	}
	w.latest[origin] = s
	return s, nil
}

// AddCheckpoint implements [Cosigner]. Errors are [ErrUnknownLog], [ErrSignature], [ErrRequest], [ConflictError], [ForkError], [ErrProof],
// or of the witness itself.
func (w *Witness) AddCheckpoint(ctx context.Context, request *AddCheckpoint) ([]Signature, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, ErrClosed
	}
	got := request.Checkpoint
	log, ok := w.logs[got.Origin]
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrUnknownLog, clip(got.Origin))
	}
	if err := log.Verify(got); err != nil {
		return nil, err
	}
	if request.Old > got.Size {
		return nil, fmt.Errorf("%w: the old size %d is larger than the %d of the checkpoint", ErrRequest, request.Old, got.Size)
	}
	seen, err := w.recall(got.Origin)
	if err != nil {
		return nil, err
	}
	size, root := int64(0), EmptyRoot
	if seen != nil {
		size, root = seen.Size, seen.Root
	}
	if request.Old != size {
		return nil, &ConflictError{Size: size}
	}
	if got.Size == size && got.Root != root {
		if seen == nil {
			return nil, fmt.Errorf("a tree without entries has another root: %w", &ConflictError{})
		}
		return nil, &ForkError{Seen: seen, Got: got}
	}
	if err := VerifyConsistency(size, root, got.Size, got.Root, request.Proof); err != nil {
		return nil, err
	}
	sig, err := cosign(got, w.key, w.signer, w.now())
	if err != nil {
		return nil, err
	}
	if err := w.remember(log, got, sig); err != nil {
		return nil, err
	}
	return []Signature{sig}, nil
}

// remember keeps a checkpoint, with the signatures of its log and the witness's own alone.
func (w *Witness) remember(log LogKeys, got *SignedCheckpoint, own Signature) error {
	s, err := log.bare(got)
	if err == nil {
		s, err = s.With(own)
	}
	if err == nil {
		err = writeLasting(w.store, statePath(s.Origin), s.note)
	}
	if err != nil {
		return fmt.Errorf("remember a checkpoint of %s: %w", clip(got.Origin), err)
	}
	w.latest[s.Origin] = s
	return nil
}
