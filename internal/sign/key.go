package sign

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// PublicKey is an Ed25519 public key (RFC 8032, section 5.1.5).
type PublicKey [ed25519.PublicKeySize]byte

// KeyID names a public key: the SHA-256 of its 32 bytes, in lower-case hexadecimal.
type KeyID string

// ID is the key's name.
func (k PublicKey) ID() KeyID {
	sum := sha256.Sum256(k[:])
	return KeyID(hex.EncodeToString(sum[:]))
}

// Valid says that an id has the form of one.
func (id KeyID) Valid() bool {
	if len(id) != 2*sha256.Size {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// String is the key in base64 (RFC 4648, section 4).
func (k PublicKey) String() string { return base64.StdEncoding.EncodeToString(k[:]) }

// Why a text is no public key.
var (
	errKey        = errors.New("it is no Ed25519 public key: 32 bytes in base64")
	errSmallOrder = errors.New("it is a point of small order, under which anything is signed")
	errNoPoint    = errors.New("it is no point of the curve in its one encoding")
)

// ParsePublicKey reads what String writes, and nothing else: the text of a key is one and the same everywhere. The key is a
// point of the curve in its canonical encoding (RFC 8032, section 5.1.3), and not of small order.
func ParsePublicKey(s string) (k PublicKey, err error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(b) != len(k) || PublicKey(b).String() != s { // line ends and odd last bits pass the decoder
		return k, fmt.Errorf("%.50q: %w", s, errKey)
	}
	if err := checkPoint(b); err != nil {
		return k, fmt.Errorf("%.50q: %w", s, err)
	}
	return PublicKey(b), nil
}

// Signer makes signatures with one key. What holds the key may ask a person first, so Sign can take long and fail. Who calls
// it checks what comes back, as [Envelope.Add] does.
type Signer interface {
	Public() PublicKey
	Sign(message []byte) ([]byte, error)
}

// Key is a private key in memory. Where fmt sees a Key it finds Format; where a Key is an unexported field, fmt calls no
// methods, and follows pointers for verbs that do not fit, but it does not call a function.
type Key struct {
	private func() ed25519.PrivateKey
}

// NewKey makes a key of 32 bytes of seed (RFC 8032, section 5.1.5), which the caller drew at random.
func NewKey(seed [ed25519.SeedSize]byte) *Key {
	private := ed25519.NewKeyFromSeed(seed[:])
	return &Key{func() ed25519.PrivateKey { return private }}
}

// Public is the key's public half.
func (k *Key) Public() PublicKey { return PublicKey(k.private()[ed25519.SeedSize:]) }

// Sign signs a message; it does not fail. The same message gives the same signature.
func (k *Key) Sign(message []byte) ([]byte, error) { return ed25519.Sign(k.private(), message), nil }

// Format shows the id of the key whatever the verb, and never its private half.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "key "+string(k.Public().ID())) }

// Verify says whether sig is a signature of message by k: RFC 8032, section 5.1.7, without multiplying by the cofactor, S
// below the order of the group, R and k in their one encoding, k not of small order. So nobody but the owner of the key can
// turn a signature into another one, and a signature holds for one key and one message.
//
// An owner who made the key with intent, of a point that has a part of small order, can make signatures that this refuses and
// that programs accept which do multiply by the cofactor. What this accepts, those do, too.
func Verify(k PublicKey, message, sig []byte) bool {
	return len(sig) == ed25519.SignatureSize && k.sound() && ed25519.Verify(k[:], message, sig)
}
