package sign

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// Identity is what a member keeps secret: a key with which it signs, and one with which it opens what is encrypted to it
// with age (X25519). It is a [Signer] and an [age.Identity].
type Identity struct {
	Key
	age func() *age.X25519Identity // which would print itself
}

var (
	_ Signer       = (*Identity)(nil)
	_ age.Identity = (*Identity)(nil)
)

// agePrefix begins the secret keys of age.
const agePrefix = "AGE-SECRET-KEY-"

// NewIdentity makes an identity of 64 random bytes: 32 are the seed of the signing key, 32 the secret of X25519. nil stands
// for [rand.Reader].
func NewIdentity(random io.Reader) (*Identity, error) {
	if random == nil {
		random = rand.Reader
	}
	var b [64]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return nil, fmt.Errorf("draw an identity: %w", err)
	}
	return identity([ed25519.SeedSize]byte(b[:32]), bech32(agePrefix, b[32:]))
}

var errAge = errors.New("the age key is malformed")

func identity(seed [ed25519.SeedSize]byte, secret string) (*Identity, error) {
	x, err := age.ParseX25519Identity(secret)
	if err != nil {
		return nil, errAge // age's own error may quote it
	}
	return &Identity{*NewKey(seed), func() *age.X25519Identity { return x }}, nil
}

// Unwrap opens the key of a file that is encrypted to the member; it is there for [age.Decrypt].
func (id *Identity) Unwrap(stanzas []*age.Stanza) ([]byte, error) { return id.age().Unwrap(stanzas) }

// Card is the public half.
func (id *Identity) Card() Card { return Card{id.Public(), id.age().Recipient().String()} }

// identityType says what the JSON of an identity is, and in which version.
const identityType = "application/vnd.entente.identity.v1+json"

// identityFile is the JSON that is sealed; its members stand in order of name.
type identityFile struct {
	Age  string `json:"age"` // as age writes it
	Key  string `json:"key"` // the seed in base64
	Type string `json:"type"`
}

// secret is the identity as canonical JSON.
func (id *Identity) secret() []byte {
	seed := id.private().Seed()
	b, _ := json.Marshal(identityFile{id.age().String(), base64.StdEncoding.EncodeToString(seed), identityType}) // texts do not fail
	return b
}

var errIdentity = errors.New("it is no identity")

// parseIdentity reads what secret writes and nothing else. No error says anything of what it read but the type.
func parseIdentity(b []byte) (*Identity, error) {
	var f identityFile
	if json.Unmarshal(b, &f) != nil {
		return nil, errIdentity
	}
	if f.Type != identityType {
		return nil, fmt.Errorf("%w that this version reads: its type is %.80q and not %s", errIdentity, f.Type, identityType)
	}
	seed, err := base64.StdEncoding.DecodeString(f.Key)
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%w: the signing key is malformed", errIdentity)
	}
	id, err := identity([ed25519.SeedSize]byte(seed), f.Age)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errIdentity, err)
	}
	if !bytes.Equal(id.secret(), b) {
		return nil, fmt.Errorf("%w: it is not in its one form", errIdentity)
	}
	return id, nil
}

// AgeKeys is the half that opens what is encrypted to the member, as a file of age's keys. Whoever has it reads what members
// send each other, and opens the member's shares; it signs nothing.
func (id *Identity) AgeKeys() []byte {
	return []byte("# public key: " + id.Card().Recipient + "\n" + id.age().String() + "\n")
}
