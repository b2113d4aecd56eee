package translog

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Bounds of proofs.
const (
	maxProofHashes = 63
	maxExtra       = 1 << 16 // bytes
	maxProof       = maxNote + 2*maxExtra + maxProofHashes*45 + 100
)

const proofHead = "c2sp.org/tlog-proof@v1\n"

// Proof is what a stranger needs to see that an entry is in a log (C2SP tlog-proof): beside it only the entry, the keys of the
// log, and those of the witnesses that the stranger trusts.
type Proof struct {
	Extra      []byte // whatever somebody has put there: nothing authenticates it; nil if there is none
	Index      int64  // of the entry, from 0
	Hashes     []Hash // RFC 6962, section 2.1.1
	Checkpoint *SignedCheckpoint
}

// ParseProof reads a proof and verifies nothing. [Proof.Text] gives the same bytes.
func ParseProof(text []byte) (*Proof, error) {
	if len(text) > maxProof {
		return nil, fmt.Errorf("proof: more than %d bytes", maxProof)
	}
	rest, ok := bytes.CutPrefix(text, []byte(proofHead))
	if !ok {
		return nil, fmt.Errorf("proof: the first line is not %q", proofHead[:len(proofHead)-1])
	}
	head, note, ok := bytes.Cut(rest, []byte("\n\n"))
	if !ok {
		return nil, errors.New("proof: no empty line before a checkpoint")
	}
	p := &Proof{}
	lines := strings.Split(string(head), "\n")
	if extra, ok := strings.CutPrefix(lines[0], "extra "); ok {
		raw, err := decodeBase64(extra)
		if err != nil {
			return nil, fmt.Errorf("proof: extra data: %w", err)
		}
		if len(raw) == 0 || len(raw) > maxExtra {
			return nil, fmt.Errorf("proof: %d bytes of extra data; there are 1 to %d, or no line", len(raw), maxExtra)
		}
		p.Extra, lines = raw, lines[1:]
	}
	var index string
	if len(lines) > 0 {
		index, ok = strings.CutPrefix(lines[0], "index ")
	}
	if len(lines) == 0 || !ok {
		return nil, errors.New("proof: no line with the index")
	}
	var err error
	if p.Index, err = parseNumber(index); err != nil {
		return nil, fmt.Errorf("proof: index: %w", err)
	}
	if p.Hashes, err = parseHashLines(lines[1:]); err != nil {
		return nil, fmt.Errorf("proof: %w", err)
	}
	if p.Checkpoint, err = ParseSignedCheckpoint(note); err != nil {
		return nil, fmt.Errorf("proof: %w", err)
	}
	return p, nil
}

// parseHashLines reads hashes in base64.
func parseHashLines(lines []string) ([]Hash, error) {
	if len(lines) > maxProofHashes {
		return nil, fmt.Errorf("%d hashes, more than %d", len(lines), maxProofHashes)
	}
	var hashes []Hash
	for i, line := range lines {
		h, err := decodeHash(line)
		if err != nil {
			return nil, fmt.Errorf("hash %d: %w", i+1, err)
		}
		hashes = append(hashes, h)
	}
	return hashes, nil
}

// Text returns the proof as a file holds it; files of proofs end in .tlog-proof.
func (p *Proof) Text() []byte {
	b := []byte(proofHead)
	if len(p.Extra) > 0 {
		b = fmt.Appendf(b, "extra %s\n", base64.StdEncoding.EncodeToString(p.Extra))
	}
	b = fmt.Appendf(b, "index %d\n", p.Index)
	for _, h := range p.Hashes {
		b = fmt.Appendf(b, "%s\n", h)
	}
	b = append(b, '\n')
	return append(b, p.Checkpoint.Note()...)
}

// Verify checks that the log has the entry d: the checkpoint is the log's, and d is in its tree. Which witnesses have cosigned
// it, and when, [SignedCheckpoint.Cosignatures] and [SeenAt] tell. Errors are [ErrOrigin], [ErrSignature] and [ErrProof].
func (p *Proof) Verify(d Digest, log LogKeys) error {
	if err := log.Verify(p.Checkpoint); err != nil {
		return err
	}
	return VerifyInclusion(d, p.Index, p.Checkpoint.Size, p.Checkpoint.Root, p.Hashes)
}
