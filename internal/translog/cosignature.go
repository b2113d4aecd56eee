package translog

import (
	"crypto"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// lastTime bounds times of cosignatures: the end of the year 9999. The format has room for more, which no clock shows.
const lastTime = 253402300799

// Cosignature is a verified statement of a witness: at Time the checkpoint was the largest that it had seen of the
// log, and it continued every one before (C2SP tlog-cosignature, cosignature/v1).
type Cosignature struct {
	Witness Key
	Time    time.Time // whole seconds, by the clock of the witness
	Line    Signature
}

// cosignedText is what a cosignature signs.
func cosignedText(seconds uint64, text []byte) []byte {
	return append(fmt.Appendf(nil, "cosignature/v1\ntime %d\n", seconds), text...)
}

// cosign makes a cosignature. The caller has verified the checkpoint.
func cosign(s *SignedCheckpoint, key Key, signer crypto.Signer, at time.Time) (Signature, error) {
	seconds := at.Unix()
	if seconds < 0 || seconds > lastTime {
		return Signature{}, fmt.Errorf("cosign: the clock shows %s", at.UTC().Format(time.RFC3339))
	}
	sig, err := sign(signer, key.Public, cosignedText(uint64(seconds), s.text))
	if err != nil {
		return Signature{}, fmt.Errorf("cosign: %w", err)
	}
	return Signature{
		Name:  key.Name,
		KeyID: key.WitnessID(),
		Bytes: append(binary.BigEndian.AppendUint64(nil, uint64(seconds)), sig...),
	}, nil
}

// checkCosignature verifies a cosignature, without its key ID, of the text of a checkpoint.
func checkCosignature(k Key, text, raw []byte) (time.Time, error) {
	if len(raw) != 8+ed25519.SignatureSize {
		return time.Time{}, fmt.Errorf("%d bytes instead of %d", len(raw), 8+ed25519.SignatureSize)
	}
	seconds := binary.BigEndian.Uint64(raw)
	if seconds > lastTime {
		return time.Time{}, errors.New("its time is after the year 9999")
	}
	if !ed25519.Verify(k.Public[:], cosignedText(seconds, text), raw[8:]) {
		return time.Time{}, errors.New("it does not verify")
	}
	return time.Unix(int64(seconds), 0).UTC(), nil
}

// Cosignatures returns the valid cosignatures by keys of witnesses, in the order of their lines, and an error
// that joins what is wrong with lines which say to be by one of the keys. Other lines are passed over.
func (s *SignedCheckpoint) Cosignatures(witnesses []Key) ([]Cosignature, error) {
	type line struct {
		name string
		id   uint32
	}
	known := make(map[line]Key, len(witnesses))
	for _, k := range witnesses {
		known[line{k.Name, k.WitnessID()}] = k
	}
	var valid []Cosignature
	var wrong []error
	for _, sig := range s.Signatures {
		k, ok := known[line{sig.Name, sig.KeyID}]
		if !ok {
			continue
		}
		at, err := checkCosignature(k, s.text, sig.Bytes)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("cosignature by %s: %w", clip(sig.Name), err))
			continue
		}
		valid = append(valid, Cosignature{Witness: k, Time: at, Line: sig})
	}
	return valid, errors.Join(wrong...)
}
