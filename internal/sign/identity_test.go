package sign

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"filippo.io/age"

	"entente/internal/jcs"
)

// testIdentity is an identity of 64 bytes that count up from one.
func testIdentity(tb testing.TB, from byte) *Identity {
	tb.Helper()
	var b [64]byte
	for i := range b {
		b[i] = from + byte(i)
	}
	id, err := NewIdentity(bytes.NewReader(b[:]))
	if err != nil {
		tb.Fatal(err)
	}
	return id
}

func TestNewIdentity(t *testing.T) {
	id := testIdentity(t, 7)
	var seed [32]byte
	for i := range seed {
		seed[i] = 7 + byte(i)
	}
	if id.Public() != NewKey(seed).Public() {
		t.Error("the first 32 bytes are not the seed")
	}
	a, err := NewIdentity(nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewIdentity(nil)
	if err != nil || a.Card() == b.Card() || a.Public() == b.Public() || a.Card().Recipient == b.Card().Recipient {
		t.Errorf("two identities are alike: %v, %v, %v", a.Card(), b.Card(), err)
	}
	for n := range 64 {
		if id, err := NewIdentity(bytes.NewReader(make([]byte, n))); err == nil || id != nil {
			t.Errorf("an identity of %d bytes: %v", n, err)
		}
	}
	if _, err := NewIdentity(iotest.ErrReader(io.ErrClosedPipe)); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the error is %v", err)
	}
}

// Our encoding of age's keys is age's own.
func TestBech32(t *testing.T) {
	// BIP 173's example of an empty one, and age's of all that it makes.
	if got := bech32("A", nil); got != "A12UEL5L" {
		t.Errorf("an empty one: %s", got)
	}
	for range 50 {
		x, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		secret := x.String()
		raw := unbech32(t, strings.TrimPrefix(secret, agePrefix+"1"))
		if got := bech32(agePrefix, raw); got != secret {
			t.Fatalf("%x: %s, want %s", raw, got, secret)
		}
	}
}

// unbech32 takes the digits of 5 bits for what they are, but for the six of the checksum.
func unbech32(tb testing.TB, s string) (out []byte) {
	tb.Helper()
	acc, bits := 0, 0
	for _, c := range strings.ToLower(s[:len(s)-6]) {
		d := strings.IndexRune("qpzry9x8gf2tvdw0s3jn54khce6mua7l", c)
		if d < 0 {
			tb.Fatalf("%c is no digit", c)
		}
		acc, bits = (acc<<5|d)&0xfff, bits+5
		if bits >= 8 {
			bits -= 8
			out = append(out, byte(acc>>bits))
		}
	}
	return out
}

// What is encrypted to the card is opened by its identity, and by no other.
func TestIdentityDecrypts(t *testing.T) {
	id, other := testIdentity(t, 1), testIdentity(t, 2)
	to, err := ParseRecipient(id.Card().Recipient)
	if err != nil {
		t.Fatal(err)
	}
	var box bytes.Buffer
	w, err := age.Encrypt(&box, to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "sealed"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(box.Bytes()), other, id)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(r); err != nil || string(plain) != "sealed" {
		t.Errorf("%q, %v", plain, err)
	}
	if _, err := age.Decrypt(bytes.NewReader(box.Bytes()), other); !errors.Is(err, age.ErrIncorrectIdentity) {
		t.Errorf("another identity: %v", err)
	}
}

func TestIdentityIsNotShown(t *testing.T) {
	id := testIdentity(t, 0xa1)
	type hidden struct {
		id      Identity
		pointer *Identity
		age     age.Identity
	}
	type shown struct {
		ID      Identity
		Pointer *Identity
	}
	values := []any{id, *id, hidden{*id, id, id}, &hidden{*id, id, id}, shown{*id, id}, []*Identity{id}, []Identity{*id}, map[string]*Identity{"a": id}, fmt.Errorf("with %v", id)}
	secret := id.age().String()
	raw := unbech32(t, strings.TrimPrefix(secret, agePrefix+"1"))
	leaksNothing(t, [][]byte{id.private().Seed(), raw, []byte(secret[len(agePrefix):]), []byte(strings.ToLower(secret[len(agePrefix):]))}, values...)
	if got := fmt.Sprintf("%v", id); got != "key "+string(id.Public().ID()) {
		t.Errorf("an identity prints as %q", got)
	}
}

func TestParseIdentityRefuses(t *testing.T) {
	id := testIdentity(t, 0x31)
	good := string(id.secret())
	if back, err := parseIdentity([]byte(good)); err != nil || back.Card() != id.Card() {
		t.Fatalf("%v, %v", back, err)
	}
	if canonical, err := jcs.Canonical([]byte(good)); err != nil || string(canonical) != good {
		t.Errorf("%s is not canonical: %v", canonical, err)
	}
	secret, seed := id.age().String(), base64.StdEncoding.EncodeToString(id.private().Seed())
	replace := func(old, changed string) string {
		if strings.Count(good, old) != 1 {
			t.Fatalf("%q is not in it", old)
		}
		return strings.Replace(good, old, changed, 1)
	}
	for name, s := range map[string]string{
		"empty":            "",
		"null":             "null",
		"cut off":          good[:len(good)-1],
		"line end":         good + "\n",
		"another member":   replace(`{"age"`, `{"a":1,"age"`),
		"another order":    `{"key":"` + seed + `","age":"` + secret + `","type":"` + identityType + `"}`,
		"another version":  replace("v1+json", "v2+json"),
		"no type":          replace(`,"type":"`+identityType+`"`, ""),
		"no age":           replace(secret, ""),
		"age in small":     replace(secret, strings.ToLower(secret)),
		"age damaged":      replace(secret, secret[:30]+"QQQQ"+secret[34:]),
		"recipient as age": replace(secret, id.Card().Recipient),
		"no key":           replace(seed, ""),
		"key short":        replace(seed, base64.StdEncoding.EncodeToString(make([]byte, 31))),
		"private key":      replace(seed, base64.StdEncoding.EncodeToString(id.private())),
		"key with bits":    replace(seed, seed[:42]+string(seed[42]+1)+"="),
		"key as number":    replace(`"`+seed+`"`, "5"),
	} {
		back, err := parseIdentity([]byte(s))
		if err == nil || back != nil || !errors.Is(err, errIdentity) {
			t.Errorf("%s: %v, %v", name, back, err)
			continue
		}
		for _, part := range []string{secret[20:28], secret[34:42], strings.ToLower(secret)[20:28], seed[4:12], hex.EncodeToString(id.private().Seed())[:8]} {
			if strings.Contains(err.Error(), part) {
				t.Errorf("%s: the error quotes the secret: %v", name, err)
			}
		}
	}
}

func TestCard(t *testing.T) {
	c := testIdentity(t, 1).Card()
	good := string(c.Bytes())
	if canonical, err := jcs.Canonical([]byte(good)); err != nil || string(canonical) != good {
		t.Errorf("%s is not canonical: %v", canonical, err)
	}
	for _, s := range []string{good, good + "\n", good + "\r\n", " \t\r\n" + good + "\n\n"} {
		if back, err := ParseCard([]byte(s)); err != nil || back != c {
			t.Errorf("%q: %v, %v", s, back, err)
		}
	}
	other := testIdentity(t, 2).Card()
	both := map[string]bool{c.Fingerprint(): true, other.Fingerprint(): true, Card{c.Key, other.Recipient}.Fingerprint(): true, Card{other.Key, c.Recipient}.Fingerprint(): true}
	if len(both) != 4 || len(c.Fingerprint()) != 8*4+7 {
		t.Errorf("fingerprints %v", both)
	}
	replace := func(old, changed string) string {
		if strings.Count(good, old) != 1 {
			t.Fatalf("%q is not in it", old)
		}
		return strings.Replace(good, old, changed, 1)
	}
	key, recipient := c.Key.String(), c.Recipient
	for name, s := range map[string]string{
		"empty":              "",
		"cut off":            good[:len(good)-1],
		"twice":              good + good,
		"blank within":       replace(`,"recipient"`, `, "recipient"`),
		"another member":     replace(`{"key"`, `{"a":"","key"`),
		"same name twice":    replace(`{"key"`, `{"key":"","key"`),
		"another version":    replace("v1+json", "v2+json"),
		"weak key":           replace(key, PublicKey(smallOrder[3]).String()),
		"no key":             replace(key, ""),
		"no recipient":       replace(recipient, ""),
		"recipient capital":  replace(recipient, strings.ToUpper(recipient)),
		"recipient damaged":  replace(recipient, recipient[:20]+"q"+recipient[21:]+"q"),
		"recipient of zero":  replace(recipient, strings.ToLower(bech32("age", make([]byte, 32)))),
		"secret for public":  replace(recipient, testIdentity(t, 1).age().String()),
		"recipient of ssh":   replace(recipient, "ssh-ed25519 AAAA"),
		"too large":          good + strings.Repeat(" ", maxCard),
		"the secret instead": string(testIdentity(t, 1).secret()),
	} {
		if back, err := ParseCard([]byte(s)); err == nil || back != (Card{}) || !errors.Is(err, errCard) {
			t.Errorf("%s: %v, %v", name, back, err)
		}
	}
}

func FuzzParseCard(f *testing.F) {
	f.Add(testIdentity(f, 1).Card().Bytes())
	f.Add([]byte(`{"key":"","recipient":"","type":"` + cardType + `"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCard(b)
		if err == nil && !bytes.Equal(c.Bytes(), bytes.TrimSpace(b)) {
			t.Fatalf("%q comes back as %q", b, c.Bytes())
		}
	})
}

func FuzzParseIdentity(f *testing.F) {
	f.Add(testIdentity(f, 1).secret())
	f.Add([]byte(`{"age":"","key":"","type":"` + identityType + `"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		id, err := parseIdentity(b)
		if err != nil {
			return
		}
		if !bytes.Equal(id.secret(), b) {
			t.Fatalf("%q comes back as %q", b, id.secret())
		}
		if sig, err := id.Sign(b); err != nil || len(sig) != ed25519.SignatureSize || !Verify(id.Public(), b, sig) {
			t.Fatalf("it does not sign: %v", err)
		}
	})
}
