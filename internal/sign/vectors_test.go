package sign

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/formats/vectors/sign anew")

// vectors are what other programs check themselves against, as docs/formats/signatures.md says.
type vectors struct {
	Keys             []keyVector       `json:"keys"`
	RefusedKeys      []refusal         `json:"refused_keys"`
	Messages         []messageVector   `json:"messages"`
	Signatures       []signatureVector `json:"signatures"`
	RefusedEnvelopes []refusal         `json:"refused_envelopes"`
	Cards            []cardVector      `json:"cards"`
	RefusedCards     []refusal         `json:"refused_cards"`
}

type keyVector struct {
	Seed string `json:"seed"` // hexadecimal
	Key  string `json:"key"`
	ID   KeyID  `json:"id"`
}

type refusal struct {
	Why  string `json:"why"`
	Text string `json:"text"`
}

type messageVector struct {
	Type    string `json:"type"`
	Payload []byte `json:"payload"`
	Message []byte `json:"message"`
}

type signatureVector struct {
	Why     string `json:"why"`
	Key     string `json:"key"`
	Message []byte `json:"message"`
	Sig     []byte `json:"sig"`
	Holds   bool   `json:"holds"`
}

type cardVector struct {
	Text        string `json:"text"`
	Fingerprint string `json:"fingerprint"`
}

const vectorType = "application/vnd.in-toto+json"

// vectorEnvelope is signed by the keys of the seeds 01… and 02….
func vectorEnvelope(t *testing.T) *Envelope {
	t.Helper()
	e, err := Sign(vectorType, []byte(`{"text":"Grüße, «allies» <&>"}`), testKey(1), testKey(2))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func makeVectors(t *testing.T) vectors {
	t.Helper()
	var v vectors
	for _, b := range []byte{1, 2, 3} {
		k := testKey(b)
		v.Keys = append(v.Keys, keyVector{hex.EncodeToString(k.private().Seed()), k.Public().String(), k.Public().ID()})
	}

	good := testKey(1).Public().String()
	above := PublicKey(bytes.Repeat([]byte{0xff}, 32)) // y = 2^255-1, the prime and 18
	above[31] = 0x7f
	v.RefusedKeys = []refusal{
		{"a line end follows", good + "\n"},
		{"the last bits are not zero", good[:42] + string(good[42]+1) + "="},
		{"31 bytes", base64.StdEncoding.EncodeToString(make([]byte, 31))},
		{"y is not below the prime", above.String()},
		{"there is no point with this y", PublicKey{0: 2}.String()},
	}
	for _, y := range smallOrder {
		v.RefusedKeys = append(v.RefusedKeys, refusal{"small order", PublicKey(y).String()})
		y[31] |= 0x80
		v.RefusedKeys = append(v.RefusedKeys, refusal{"small order", PublicKey(y).String()})
	}

	for _, m := range [][2]string{{"http://example.com/HelloWorld", "hello world"}, {vectorType, ""}, {vectorType, "\x00\xff\n"}, {"a", strings.Repeat("0123456789", 13)}} {
		v.Messages = append(v.Messages, messageVector{m[0], []byte(m[1]), message(m[0], []byte(m[1]))})
	}

	k, text := testKey(1), []byte("a statement")
	sig, _ := k.Sign(text)
	add := func(why string, key PublicKey, sig []byte, holds bool) {
		v.Signatures = append(v.Signatures, signatureVector{why, key.String(), text, sig, holds})
	}
	add("", k.Public(), sig, true)
	add("another key", testKey(2).Public(), sig, false)
	add("S is not below the order of the group", k.Public(), raised(sig), false)
	add("one bit of R", k.Public(), append([]byte{sig[0] ^ 1}, sig[1:]...), false)
	add("63 bytes", k.Public(), sig[:63], false)
	neutral := PublicKey(smallOrder[0])
	add("under a key of small order everything is signed", neutral, append(slices.Clone(neutral[:]), make([]byte, 32)...), false)
	mixed, holds, doesNot := mixedOrder(text)
	add("a key with a part of order 2, which this signature does not show", mixed, holds, true)
	add("a key with a part of order 2; it holds only where the cofactor is multiplied in", mixed, doesNot, false)

	e := vectorEnvelope(t)
	wire := string(e.Bytes())
	reversed := &Envelope{e.PayloadType, e.Payload, []Signature{e.Signatures[1], e.Signatures[0]}}
	twice := &Envelope{e.PayloadType, e.Payload, []Signature{e.Signatures[0], e.Signatures[0]}}
	v.RefusedEnvelopes = []refusal{
		{"a line end follows", wire + "\n"},
		{"a blank", strings.Replace(wire, ",", ", ", 1)},
		{"signatures are not in order of key ids", string(reversed.Bytes())},
		{"a key stands twice", string(twice.Bytes())},
		{"there is no signature", string((&Envelope{PayloadType: e.PayloadType, Payload: e.Payload}).Bytes())},
		{"an id is in capitals", strings.Replace(wire, string(e.Signatures[0].KeyID), strings.ToUpper(string(e.Signatures[0].KeyID)), 1)},
		{"the type is empty", strings.Replace(wire, vectorType, "", 1)},
		{"the type has a blank", strings.Replace(wire, vectorType, "text/plain; charset=utf-8", 1)},
		{"base64 without padding", strings.Replace(wire, `=="}]}`, `"}]}`, 1)},
		{"one more member", strings.Replace(wire, `{"payload"`, `{"a":1,"payload"`, 1)},
	}

	card := testIdentity(t, 1).Card()
	v.Cards = []cardVector{
		{string(card.Bytes()), card.Fingerprint()},
		{string(card.Bytes()) + "\r\n", card.Fingerprint()},
	}
	v.RefusedCards = []refusal{
		{"small order", strings.Replace(string(card.Bytes()), card.Key.String(), PublicKey(smallOrder[3]).String(), 1)},
		{"nothing can be encrypted to this recipient", strings.Replace(string(card.Bytes()), card.Recipient, strings.ToLower(bech32("age", make([]byte, 32))), 1)},
		{"the recipient is in capitals", strings.Replace(string(card.Bytes()), card.Recipient, strings.ToUpper(card.Recipient), 1)},
		{"another version", strings.Replace(string(card.Bytes()), ".v1+", ".v2+", 1)},
	}
	return v
}

// order is that of the group which the base point makes (RFC 8032, section 5.1).
var order, _ = new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)

// raised is a signature with S + order, which stands for the same number (RFC 8032, section 8.4).
func raised(sig []byte) []byte {
	return append(slices.Clone(sig[:32]), little(new(big.Int).Add(number(sig[32:]), order))...)
}

func number(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

func little(n *big.Int) []byte {
	b := n.FillBytes(make([]byte, 32))
	slices.Reverse(b)
	return b
}

func (a point) times(n *big.Int) point {
	out := point{big.NewInt(0), big.NewInt(1)}
	for i := n.BitLen() - 1; i >= 0; i-- {
		out = out.add(out)
		if n.Bit(i) == 1 {
			out = out.add(a)
		}
	}
	return out
}

func (a point) encode() []byte {
	b := little(a.y)
	b[31] |= byte(a.x.Bit(0)) << 7
	return b
}

// mixedOrder makes a key of a good one and the point of order 2, and two signatures by its owner: R + kA is short of the
// point of order 2, or not, as k is even or odd.
func mixedOrder(text []byte) (key PublicKey, even, odd []byte) {
	base := *decode([32]byte(slices.Concat([]byte{0x58}, bytes.Repeat([]byte{0x66}, 31))))
	a := big.NewInt(0xa11ce)
	two := point{big.NewInt(0), new(big.Int).Sub(prime, big.NewInt(1))}
	key = PublicKey(base.times(a).add(two).encode())
	for r := big.NewInt(1); even == nil || odd == nil; r.Add(r, big.NewInt(1)) {
		sig := base.times(r).encode()
		sum := sha512.Sum512(slices.Concat(sig, key[:], text))
		k := number(sum[:])
		k.Mod(k, order)
		s := new(big.Int).Mul(k, a)
		sig = append(sig, little(s.Add(s, r).Mod(s, order))...)
		if k.Bit(0) == 0 {
			even = sig
		} else {
			odd = sig
		}
	}
	return key, even, odd
}

// The vectors are what we make of their seeds, and each is judged as they say.
func TestVectors(t *testing.T) {
	want := makeVectors(t)
	text, err := json.MarshalIndent(want, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	id := testIdentity(t, 1)
	dir := filepath.Join("..", "..", "docs", "formats", "vectors", "sign")
	for name, content := range map[string][]byte{
		"vectors.json":  append(text, '\n'),
		"envelope.json": vectorEnvelope(t).Bytes(),
		"card.json":     id.Card().Bytes(),
		"identity.json": id.secret(),
	} {
		path := filepath.Join(dir, name)
		if *update {
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, content) {
			t.Errorf("%s is not what the seeds give (%v); run go test ./internal/sign -update", path, err)
		}
	}

	// The sealed one has random bytes of its own, and stays as it was written once.
	sealed := IdentityFile{Path: filepath.Join(dir, "identity.age"), Work: minWork}
	if _, err := os.Stat(sealed.Path); *update && errors.Is(err, fs.ErrNotExist) {
		if err := sealed.Create(id, testPassphrase); err != nil {
			t.Fatal(err)
		}
	}
	if back, err := sealed.Open(testPassphrase); err != nil || !bytes.Equal(back.secret(), id.secret()) {
		t.Errorf("the sealed identity is %v, %v", back, err)
	}

	b, err := os.ReadFile(filepath.Join(dir, "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Keys {
		if k, err := ParsePublicKey(c.Key); err != nil || k.ID() != c.ID {
			t.Errorf("%s: %v, %v", c.Key, k.ID(), err)
		}
	}
	for _, c := range v.RefusedKeys {
		if _, err := ParsePublicKey(c.Text); err == nil {
			t.Errorf("key, %s: it was read", c.Why)
		}
	}
	for _, c := range v.Signatures {
		k, err := base64.StdEncoding.DecodeString(c.Key)
		if err != nil || Verify(PublicKey(k), c.Message, c.Sig) != c.Holds {
			t.Errorf("signature, %q: it holds: %v, %v", c.Why, !c.Holds, err)
		}
	}
	for _, c := range v.RefusedEnvelopes {
		if _, err := ParseEnvelope([]byte(c.Text)); err == nil {
			t.Errorf("envelope, %s: it was read", c.Why)
		}
		if c.Text == string(vectorEnvelope(t).Bytes()) {
			t.Errorf("envelope, %s: nothing is wrong with it", c.Why)
		}
	}
	for _, c := range v.Cards {
		if card, err := ParseCard([]byte(c.Text)); err != nil || card.Fingerprint() != c.Fingerprint {
			t.Errorf("card %q: %v", c.Text, err)
		}
	}
	for _, c := range v.RefusedCards {
		if _, err := ParseCard([]byte(c.Text)); err == nil {
			t.Errorf("card, %s: it was read", c.Why)
		}
	}
}
