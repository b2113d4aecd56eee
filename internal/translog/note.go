package translog

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bounds of notes. Those of other readers are lower (x/mod reads 100 signatures); a coalition of 200 has 200 witnesses.
const (
	maxNote       = 1 << 20 // bytes
	maxSignatures = 1024
)

// Signature is one line of signature of a note, of whatever type.
type Signature struct {
	Name  string
	KeyID uint32
	Bytes []byte // without the key ID
}

// String returns the line, with its end.
func (s Signature) String() string {
	raw := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(s.Bytes)), s.KeyID)
	return sigPrefix + s.Name + " " + base64.StdEncoding.EncodeToString(append(raw, s.Bytes...)) + "\n"
}

const sigPrefix = "— "

// splitNote cuts a signed note into its text, with its last newline, and its signatures, of which none is verified
// (C2SP signed-note, Format).
func splitNote(raw []byte) (text []byte, sigs []Signature, err error) {
	if len(raw) > maxNote {
		return nil, nil, fmt.Errorf("note: more than %d bytes", maxNote)
	}
	if err := checkText(raw); err != nil {
		return nil, nil, fmt.Errorf("note: %w", err)
	}
	split := bytes.LastIndex(raw, []byte("\n\n"))
	if split < 0 {
		return nil, nil, errors.New("note: no empty line before signatures")
	}
	sigs, err = ParseSignatures(raw[split+2:])
	if err != nil {
		return nil, nil, fmt.Errorf("note: %w", err)
	}
	if len(sigs) == 0 {
		return nil, nil, errors.New("note: no signature")
	}
	return raw[:split+1], sigs, nil
}

// checkText checks that bytes are UTF-8 without control characters other than the ends of lines.
func checkText(raw []byte) error {
	if !utf8.Valid(raw) {
		return errors.New("not UTF-8")
	}
	for i, c := range raw {
		if c < 0x20 && c != '\n' {
			return fmt.Errorf("control character 0x%02x at offset %d", c, i)
		}
	}
	return nil
}

// ParseSignatures reads lines of signatures, as a note has them at its end and a witness returns them. None is verified.
func ParseSignatures(lines []byte) ([]Signature, error) {
	if len(lines) > maxNote {
		return nil, fmt.Errorf("signatures: more than %d bytes", maxNote)
	}
	var sigs []Signature
	for len(lines) > 0 {
		line, rest, ended := bytes.Cut(lines, []byte{'\n'})
		if !ended {
			return nil, fmt.Errorf("signature %d: its line does not end", len(sigs)+1)
		}
		if len(sigs) == maxSignatures {
			return nil, fmt.Errorf("more than %d signatures", maxSignatures)
		}
		sig, err := parseSignature(string(line))
		if err != nil {
			return nil, fmt.Errorf("signature %d: %w", len(sigs)+1, err)
		}
		sigs = append(sigs, sig)
		lines = rest
	}
	return sigs, nil
}

func parseSignature(line string) (Signature, error) {
	line, ok := strings.CutPrefix(line, sigPrefix)
	if !ok {
		return Signature{}, errors.New("its line does not begin with a dash (U+2014) and a space")
	}
	name, encoded, _ := strings.Cut(line, " ")
	if err := checkName(name); err != nil {
		return Signature{}, err
	}
	raw, err := decodeBase64(encoded)
	if err != nil {
		return Signature{}, err
	}
	if len(raw) < 5 {
		return Signature{}, errors.New("shorter than a key ID and a signature")
	}
	return Signature{Name: name, KeyID: binary.BigEndian.Uint32(raw), Bytes: raw[4:]}, nil
}

// decodeBase64 reads base64 as it is printed: the decoder would pass over ends of lines.
func decodeBase64(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, errors.New("not base64: an end of line in it")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("not base64: %w", err)
	}
	return raw, nil
}

// decodeHash reads a hash in base64.
func decodeHash(s string) (Hash, error) {
	raw, err := decodeBase64(s)
	if err != nil {
		return Hash{}, err
	}
	if len(raw) != len(Hash{}) {
		return Hash{}, fmt.Errorf("a hash of %d bytes instead of 32", len(raw))
	}
	return Hash(raw), nil
}
