package translog

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// Types of signatures (C2SP signed-note, Signature types).
const (
	algEd25519     = 0x01 // over the text of a note
	algCosignature = 0x04 // cosignature/v1: with the time, over the text of a checkpoint
)

// maxName bounds the name of a key or a log, in bytes.
const maxName = 255

// Key is an Ed25519 public key and the name under which it signs.
type Key struct {
	Name   string // without spaces and plus signs; of a log its origin, of a witness a URL without scheme
	Public [ed25519.PublicKeySize]byte
}

// id returns the key ID of a signature type (C2SP signed-note, Signatures).
func (k Key) id(alg byte) uint32 {
	h := sha256.New()
	h.Write([]byte(k.Name))
	h.Write([]byte{'\n', alg})
	h.Write(k.Public[:])
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// LogID returns the key ID of signatures by which a log signs its checkpoints.
func (k Key) LogID() uint32 { return k.id(algEd25519) }

// WitnessID returns the key ID of cosignatures.
func (k Key) WitnessID() uint32 { return k.id(algCosignature) }

// LogVerifierKey returns the key of a log as a vkey (C2SP signed-note, Verifier keys).
func (k Key) LogVerifierKey() string { return k.vkey(algEd25519) }

// WitnessVerifierKey returns the key of a witness as a vkey.
func (k Key) WitnessVerifierKey() string { return k.vkey(algCosignature) }

func (k Key) vkey(alg byte) string {
	return fmt.Sprintf("%s+%08x+%s", k.Name, k.id(alg), base64.StdEncoding.EncodeToString(append([]byte{alg}, k.Public[:]...)))
}

// ParseVerifierKey reads a vkey of a log or of a witness; witness says which.
func ParseVerifierKey(vkey string) (k Key, witness bool, err error) {
	parts := strings.Split(vkey, "+")
	if len(parts) < 3 {
		return Key{}, false, errors.New("verifier key: not of the form name+id+key")
	}
	// Base64 may hold plus signs, names may not.
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.Join(parts[2:], "+"))
	if err != nil || len(raw) != 1+ed25519.PublicKeySize {
		return Key{}, false, errors.New("verifier key: not an Ed25519 public key in base64")
	}
	if err := checkName(parts[0]); err != nil {
		return Key{}, false, fmt.Errorf("verifier key: %w", err)
	}
	k.Name = parts[0]
	copy(k.Public[:], raw[1:])
	switch raw[0] {
	case algEd25519:
	case algCosignature:
		witness = true
	default:
		return Key{}, false, fmt.Errorf("verifier key: signature type 0x%02x is neither 0x01 nor 0x04", raw[0])
	}
	if k.vkey(raw[0]) != vkey {
		return Key{}, false, errors.New("verifier key: its id does not belong to its name and key")
	}
	return k, witness, nil
}

// LogVerifier returns a verifier of a log's signatures for other users of signed notes.
func (k Key) LogVerifier() (note.Verifier, error) {
	return k.verifier(k.LogID(), func(msg, sig []byte) bool { return ed25519.Verify(k.Public[:], msg, sig) })
}

// WitnessVerifier returns a verifier of cosignatures for other users of signed notes.
func (k Key) WitnessVerifier() (note.Verifier, error) {
	return k.verifier(k.WitnessID(), func(msg, sig []byte) bool {
		_, err := checkCosignature(k, msg, sig)
		return err == nil
	})
}

func (k Key) verifier(id uint32, verify func(msg, sig []byte) bool) (note.Verifier, error) {
	if err := checkName(k.Name); err != nil {
		return nil, err
	}
	return &noteVerifier{name: k.Name, id: id, verify: verify}, nil
}

type noteVerifier struct {
	name   string
	id     uint32
	verify func(msg, sig []byte) bool
}

func (v *noteVerifier) Name() string                { return v.name }
func (v *noteVerifier) KeyHash() uint32             { return v.id }
func (v *noteVerifier) Verify(msg, sig []byte) bool { return v.verify(msg, sig) }

// logSigner signs notes as a log does.
type logSigner struct {
	key    Key
	signer crypto.Signer
}

var _ note.Signer = logSigner{}

func (s logSigner) Name() string                    { return s.key.Name }
func (s logSigner) KeyHash() uint32                 { return s.key.LogID() }
func (s logSigner) Sign(msg []byte) ([]byte, error) { return sign(s.signer, s.key.Public, msg) }

// checkName checks the name of a key (C2SP signed-note, Format).
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("the name of a key is empty")
	case len(name) > maxName:
		return fmt.Errorf("the name of a key has %d bytes, more than %d", len(name), maxName)
	case !utf8.ValidString(name):
		return fmt.Errorf("the name of a key %q is not UTF-8", name)
	case strings.ContainsFunc(name, func(r rune) bool { return r == '+' || r < 0x20 || unicode.IsSpace(r) }):
		return fmt.Errorf("the name of a key %q has a space, a plus sign or a control character", name)
	}
	return nil
}

// keyOf returns the public half of a signer's key under a name.
func keyOf(name string, s crypto.Signer) (Key, error) {
	if err := checkName(name); err != nil {
		return Key{}, err
	}
	public, ok := s.Public().(ed25519.PublicKey)
	if !ok || len(public) != ed25519.PublicKeySize {
		return Key{}, fmt.Errorf("the key of %s is not an Ed25519 key", name)
	}
	return Key{Name: name, Public: [ed25519.PublicKeySize]byte(public)}, nil
}

// sign signs a message, and verifies what an agent may have made of it.
func sign(s crypto.Signer, public [ed25519.PublicKeySize]byte, msg []byte) ([]byte, error) {
	sig, err := s.Sign(nil, msg, crypto.Hash(0))
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	if !ed25519.Verify(public[:], msg, sig) {
		return nil, errors.New("sign: the signature made is not valid for the public key")
	}
	return sig, nil
}
