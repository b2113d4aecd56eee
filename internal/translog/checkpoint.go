package translog

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// MaxSize is the largest tree that is read: no log has as many entries, and the numbers of hashes in it fit 63 bits.
const MaxSize = 1 << 60

// Checkpoint says what a log holds: so many entries, under this root (C2SP tlog-checkpoint).
type Checkpoint struct {
	Origin string // which log
	Size   int64  // entries, 0 to MaxSize
	Root   Hash   // RFC 6962, section 2.1
	// Extensions are further lines, which the log has signed and nobody audits. Logs of this package have none.
	Extensions []string
}

// ParseCheckpoint reads the text of a checkpoint, without signatures. [Checkpoint.Text] gives the same bytes.
func ParseCheckpoint(text []byte) (Checkpoint, error) {
	if len(text) > maxNote {
		return Checkpoint{}, fmt.Errorf("checkpoint: more than %d bytes", maxNote)
	}
	if err := checkText(text); err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	body, ok := strings.CutSuffix(string(text), "\n")
	if !ok {
		return Checkpoint{}, errors.New("checkpoint: the last line does not end")
	}
	lines := strings.Split(body, "\n")
	if len(lines) < 3 {
		return Checkpoint{}, fmt.Errorf("checkpoint: %d lines; origin, size and root are needed", len(lines))
	}
	if i := slices.Index(lines, ""); i >= 0 {
		return Checkpoint{}, fmt.Errorf("checkpoint: line %d is empty", i+1)
	}
	if len(lines[0]) > maxName {
		return Checkpoint{}, fmt.Errorf("checkpoint: an origin of more than %d bytes", maxName)
	}
	size, err := parseNumber(lines[1])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: size: %w", err)
	}
	root, err := decodeHash(lines[2])
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: root: %w", err)
	}
	c := Checkpoint{Origin: lines[0], Size: size, Root: root}
	if len(lines) > 3 {
		c.Extensions = lines[3:]
	}
	return c, nil
}

// Text returns the text that is signed.
func (c Checkpoint) Text() []byte {
	b := fmt.Appendf(nil, "%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
	for _, line := range c.Extensions {
		b = append(append(b, line...), '\n')
	}
	return b
}

// parseNumber reads a decimal number from 0 to MaxSize without leading zeros.
func parseNumber(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return 0, fmt.Errorf("%q is not a decimal number", clip(s))
	case err != nil || n > MaxSize:
		return 0, fmt.Errorf("%s is more than 2^60", clip(s))
	case strconv.FormatUint(n, 10) != s:
		return 0, fmt.Errorf("%q has leading zeros", clip(s))
	}
	return int64(n), nil
}

// clip cuts what others have written to what a message can show.
func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

// SignedCheckpoint is a checkpoint as a log publishes it: a signed note. Its bytes stay as they were read.
type SignedCheckpoint struct {
	Checkpoint
	Signatures []Signature // of the log and of witnesses; whoever uses one verifies it first

	text, note []byte
}

// ParseSignedCheckpoint reads a signed checkpoint and verifies no signature: nothing in it can be believed
// before [LogKeys.Verify].
func ParseSignedCheckpoint(raw []byte) (*SignedCheckpoint, error) {
	raw = bytes.Clone(raw)
	text, sigs, err := splitNote(raw)
	if err != nil {
		return nil, err
	}
	c, err := ParseCheckpoint(text)
	if err != nil {
		return nil, err
	}
	return &SignedCheckpoint{Checkpoint: c, Signatures: sigs, text: text, note: raw}, nil
}

// Note returns the signed note; the caller does not change it.
func (s *SignedCheckpoint) Note() []byte { return s.note }

// With returns the checkpoint with more signatures, those that it has already left out.
func (s *SignedCheckpoint) With(sigs ...Signature) (*SignedCheckpoint, error) {
	raw := bytes.Clone(s.note)
	for _, sig := range sigs {
		if line := sig.String(); !bytes.Contains(raw, []byte("\n"+line)) {
			raw = append(raw, line...)
		}
	}
	return ParseSignedCheckpoint(raw)
}

// same says that two checkpoints tell of the same tree of the same log.
func (c Checkpoint) same(d Checkpoint) bool {
	return c.Origin == d.Origin && c.Size == d.Size && c.Root == d.Root
}

// LogKeys is what has to be known of a log before anything of it can be verified. The name of its keys is its origin.
type LogKeys struct {
	Origin string
	Keys   [][ed25519.PublicKeySize]byte // one; two while a log changes its key
}

// Open reads a signed checkpoint and verifies that it is this log's.
func (l LogKeys) Open(raw []byte) (*SignedCheckpoint, error) {
	s, err := ParseSignedCheckpoint(raw)
	if err != nil {
		return nil, err
	}
	if err := l.Verify(s); err != nil {
		return nil, err
	}
	return s, nil
}

var (
	// ErrOrigin is a checkpoint of another log.
	ErrOrigin = errors.New("the checkpoint is of another log")
	// ErrSignature is a checkpoint without a valid signature of its log.
	ErrSignature = errors.New("the checkpoint has no valid signature of its log")
)

// Verify checks that a checkpoint has the origin of this log and a signature by one of its keys, and that no line which
// says to be by one of them is wrong (C2SP signed-note, Signatures). The error is [ErrOrigin] or [ErrSignature].
func (l LogKeys) Verify(s *SignedCheckpoint) error {
	if s.Origin != l.Origin {
		return fmt.Errorf("%w: %q instead of %q", ErrOrigin, clip(s.Origin), clip(l.Origin))
	}
	found := false
	for _, public := range l.Keys {
		key := Key{Name: l.Origin, Public: public}
		id := key.LogID()
		for _, sig := range s.Signatures {
			if sig.Name != key.Name || sig.KeyID != id {
				continue
			}
			if !ed25519.Verify(public[:], s.text, sig.Bytes) {
				return fmt.Errorf("%w: that by key %08x is wrong", ErrSignature, id)
			}
			found = true
		}
	}
	if !found {
		return fmt.Errorf("%w: none of %d is by a key known for %s", ErrSignature, len(s.Signatures), clip(l.Origin))
	}
	return nil
}

// bare returns a verified checkpoint with the signatures of its log alone: others can be many, and nobody has verified them.
func (l LogKeys) bare(s *SignedCheckpoint) (*SignedCheckpoint, error) {
	raw := append(bytes.Clone(s.text), '\n')
	for _, public := range l.Keys {
		key := Key{Name: l.Origin, Public: public}
		for _, sig := range s.Signatures {
			if sig.Name == key.Name && sig.KeyID == key.LogID() {
				raw = append(raw, sig.String()...)
				break
			}
		}
	}
	return ParseSignedCheckpoint(raw)
}
