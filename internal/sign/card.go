package sign

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"filippo.io/age"
)

// Card is the public half of an [Identity]: what a member sends to who keeps the list of members. Nothing in it proves who
// sent it: its fingerprint has to be compared by another way.
type Card struct {
	Key       PublicKey // checks the member's signatures
	Recipient string    // age recipient (X25519): what is for the member is encrypted to it
}

const (
	cardType = "application/vnd.entente.card.v1+json"
	maxCard  = 1 << 10
)

// cardFile is the JSON of a card; its members stand in order of name.
type cardFile struct {
	Key       string `json:"key"`
	Recipient string `json:"recipient"`
	Type      string `json:"type"`
}

// Bytes are the card as canonical JSON, without a line end. A file of it may have one.
func (c Card) Bytes() []byte {
	b, _ := json.Marshal(cardFile{c.Key.String(), c.Recipient, cardType}) // texts do not fail
	return b
}

// Fingerprint names the card, to be read aloud: the first 128 bits of the SHA-256 of Bytes, in eight groups of four
// hexadecimal digits.
func (c Card) Fingerprint() string {
	sum := sha256.Sum256(c.Bytes())
	text := fmt.Sprintf("% x", sum[:16])
	var out []byte
	for i := 0; i < len(text); i += 6 { // "xx xx "
		out = append(append(out, text[i:i+2]...), text[i+3:i+5]...)
		out = append(out, ' ')
	}
	return string(out[:len(out)-1])
}

var errCard = errors.New("it is no card of a member")

// ParseCard reads what Bytes writes, with or without white space around it, as mail adds it.
func ParseCard(b []byte) (Card, error) {
	if len(b) > maxCard {
		return Card{}, fmt.Errorf("%w: it has more than %d bytes", errCard, maxCard)
	}
	b = bytes.TrimSpace(b)
	var f cardFile
	if err := json.Unmarshal(b, &f); err != nil {
		return Card{}, fmt.Errorf("%w: %w", errCard, err)
	}
	if f.Type != cardType {
		return Card{}, fmt.Errorf("%w that this version reads: its type is %.80q and not %s", errCard, f.Type, cardType)
	}
	key, err := ParsePublicKey(f.Key)
	if err != nil {
		return Card{}, fmt.Errorf("%w: key: %w", errCard, err)
	}
	if _, err := ParseRecipient(f.Recipient); err != nil {
		return Card{}, fmt.Errorf("%w: %w", errCard, err)
	}
	c := Card{key, f.Recipient}
	if !bytes.Equal(c.Bytes(), b) {
		return Card{}, fmt.Errorf("%w: it is not in its one form, canonical JSON", errCard)
	}
	return c, nil
}

// ParseRecipient reads an age recipient (X25519) in its one form. One to which nothing can be encrypted, because it is a point
// of small order, is refused: it would keep others from encrypting to all members at once.
func ParseRecipient(s string) (*age.X25519Recipient, error) {
	r, err := age.ParseX25519Recipient(s)
	if err != nil || r.String() != s {
		return nil, fmt.Errorf("%.80q is no age recipient (X25519): age1 and 58 more characters", s)
	}
	if slices.Contains(smallRecipients(), s) {
		return nil, fmt.Errorf("%.80q is an age recipient to which nothing can be encrypted", s)
	}
	return r, nil
}

// smallRecipients are the points of Curve25519 and its twist whose order divides the cofactor, in every encoding: 0, 1, -1, the
// two of order 8, and 0 and 1 as p and p+1, each without and with the highest bit, which X25519 passes over (RFC 7748,
// section 5). Whatever is multiplied with one is 0. Trying it would cost two multiplications for each recipient of a root.
var smallRecipients = sync.OnceValue(func() (out []string) {
	for _, x := range [...]string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		point, err := hex.DecodeString(x)
		if err != nil {
			panic(err) // they are written above
		}
		out = append(out, strings.ToLower(bech32("age", point)))
		point[31] |= 0x80
		out = append(out, strings.ToLower(bech32("age", point)))
	}
	return out
})
