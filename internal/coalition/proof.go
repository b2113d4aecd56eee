package coalition

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Proof is everything with which a stranger can check a release, in one file beside it: who the members are, what they
// signed, and where the log shows it. Its parts are in their one form, so that they have the digests that name them.
type Proof struct {
	Type      string            `json:"type"` // "proof"
	Coalition string            `json:"coalition"`
	Statement string            `json:"statement"`
	Manifest  Digest            `json:"manifest"`
	Roots     []json.RawMessage `json:"roots"`   // envelopes, from the first version on
	Content   json.RawMessage   `json:"content"` // the manifest
	Index     json.RawMessage   `json:"index"`   // of the release
	Events    []ProvenEvent     `json:"events"`  // all that are known about this content, in order of digest
}

// ProvenEvent is an event and where the log shows it.
type ProvenEvent struct {
	Event json.RawMessage `json:"event"` // envelope
	// Log is the proof (C2SP tlog-proof) by which it was seen first; "" where none is known.
	Log string `json:"log,omitempty"`
}

// MaxProof bounds a proof, in bytes.
const MaxProof = 256 << 20

var errProof = errors.New("proof")

// Proof makes the proof of a released revision. Folders with the same files make the same bytes.
func (f *Folder) Proof(r *Revision) ([]byte, error) {
	x, _, err := f.Open(r)
	if err != nil {
		return nil, err
	}
	p := &Proof{Type: "proof", Coalition: r.Root.Coalition, Statement: r.Statement, Manifest: r.Manifest, Events: []ProvenEvent{}}
	for _, file := range f.book.chain.Files() {
		p.Roots = append(p.Roots, file)
	}
	if p.Content, err = f.Blob(r.Manifest); err != nil {
		return nil, err
	}
	if p.Index, err = write(x); err != nil {
		return nil, fmt.Errorf("%w: %w", errProof, err)
	}
	for _, e := range f.book.Events() { // those that do not count, too: others may have known of them when they did
		if e.Manifest != r.Manifest || e.Statement != r.Statement {
			continue
		}
		_, log, _ := f.book.proof(e.ID)
		p.Events = append(p.Events, ProvenEvent{e.File, string(log)})
	}
	return write(p)
}

// ReadProof reads a proof in its one form. Nothing in it is verified.
func ReadProof(b []byte) (*Proof, error) {
	if len(b) > MaxProof {
		return nil, fmt.Errorf("%w: it is larger than %d bytes", errProof, int64(MaxProof))
	}
	p := new(Proof)
	if err := read(bytes.TrimSuffix(b, []byte{'\n'}), p); err != nil {
		return nil, fmt.Errorf("%w: %w", errProof, err)
	}
	if p.Type != "proof" {
		return nil, fmt.Errorf("%w: it is of type %.20q", errProof, p.Type)
	}
	return p, nil
}
