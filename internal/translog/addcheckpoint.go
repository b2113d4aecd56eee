package translog

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// maxRequest bounds the body of a request to a witness.
const maxRequest = maxNote + maxProofHashes*45 + 100

// AddCheckpoint is what a witness is asked: to cosign a checkpoint, with the proof that it continues the one of the first Old
// entries (C2SP tlog-witness, add-checkpoint). As a file it goes to witnesses that are on no network.
type AddCheckpoint struct {
	Old        int64
	Proof      []Hash // empty if Old is 0
	Checkpoint *SignedCheckpoint
}

// ParseAddCheckpoint reads the body of a request and verifies nothing. [AddCheckpoint.Body] gives the same bytes.
func ParseAddCheckpoint(body []byte) (*AddCheckpoint, error) {
	if len(body) > maxRequest {
		return nil, fmt.Errorf("add-checkpoint: more than %d bytes", maxRequest)
	}
	head, note, ok := bytes.Cut(body, []byte("\n\n"))
	if !ok {
		return nil, errors.New("add-checkpoint: no empty line before a checkpoint")
	}
	lines := strings.Split(string(head), "\n")
	old, ok := strings.CutPrefix(lines[0], "old ")
	if !ok {
		return nil, errors.New("add-checkpoint: the first line does not say the old size")
	}
	a := &AddCheckpoint{}
	var err error
	if a.Old, err = parseNumber(old); err != nil {
		return nil, fmt.Errorf("add-checkpoint: old size: %w", err)
	}
	if a.Proof, err = parseHashLines(lines[1:]); err != nil {
		return nil, fmt.Errorf("add-checkpoint: %w", err)
	}
	if a.Checkpoint, err = ParseSignedCheckpoint(note); err != nil {
		return nil, fmt.Errorf("add-checkpoint: %w", err)
	}
	return a, nil
}

// Body returns the body of the request.
func (a *AddCheckpoint) Body() []byte {
	b := fmt.Appendf(nil, "old %d\n", a.Old)
	for _, h := range a.Proof {
		b = fmt.Appendf(b, "%s\n", h)
	}
	b = append(b, '\n')
	return append(b, a.Checkpoint.Note()...)
}
