package sign

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// testKey is a key of a seed that is one byte over and over.
func testKey(b byte) *Key { return NewKey([32]byte(bytes.Repeat([]byte{b}, 32))) }

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// The tests 1 to 3 of RFC 8032, section 7.1.
func TestRFC8032(t *testing.T) {
	for _, c := range []struct{ seed, public, message, sig string }{
		{
			"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
		},
		{
			"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
		},
		{
			"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
			"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
		},
	} {
		k := NewKey([32]byte(unhex(t, c.seed)))
		message := unhex(t, c.message)
		sig, err := k.Sign(message)
		if err != nil || hex.EncodeToString(sig) != c.sig {
			t.Errorf("signature of %q: %x, %v", c.message, sig, err)
		}
		public := k.Public()
		if hex.EncodeToString(public[:]) != c.public {
			t.Errorf("public key %x, want %s", public, c.public)
		}
		if !Verify(public, message, sig) {
			t.Errorf("the signature of %q does not hold", c.message)
		}
		if back, err := ParsePublicKey(public.String()); err != nil || back != public {
			t.Errorf("%s comes back as %v, %v", public, back, err)
		}
	}
}

func TestKeyID(t *testing.T) {
	// SHA-256 of the public key of RFC 8032's first test.
	k := PublicKey(unhex(t, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
	if got, want := k.ID(), KeyID("21fe31dfa154a261626bf854046fd2271b7bed4b6abe45aa58877ef47f9721b9"); got != want {
		t.Errorf("id %s, want %s", got, want)
	}
	if !k.ID().Valid() {
		t.Error("an id is not valid")
	}
	id := string(k.ID())
	for _, s := range []string{"", id[1:], id + "0", strings.ToUpper(id), "g" + id[1:], id[:63] + "\n", strings.Repeat("é", 32)} {
		if KeyID(s).Valid() {
			t.Errorf("%q is valid", s)
		}
	}
}

func TestParsePublicKeyRefuses(t *testing.T) {
	good := testKey(1).Public().String()
	b := unhex(t, hex.EncodeToString(make([]byte, 32)))
	b[0] = 2 // y = 2 has no x
	for name, s := range map[string]string{
		"empty":                "",
		"short":                base64.StdEncoding.EncodeToString(make([]byte, 31)),
		"long":                 base64.StdEncoding.EncodeToString(make([]byte, 33)),
		"blank before":         " " + good,
		"line end after":       good + "\n",
		"line end within":      good[:20] + "\r\n" + good[20:],
		"without padding":      strings.TrimRight(good, "="),
		"hexadecimal":          hex.EncodeToString(make([]byte, 32)),
		"alphabet for URLs":    "_" + good[1:],
		"last bits not zero":   good[:42] + string(good[42]+1) + "=",
		"no point":             base64.StdEncoding.EncodeToString(b),
		"something quite else": "ssh-ed25519 AAAA",
	} {
		if k, err := ParsePublicKey(s); err == nil || k != (PublicKey{}) {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
}

// point adds on the curve with the formula of RFC 8032, section 5.1, in affine coordinates: an implementation of its own,
// with which the tables are checked.
type point struct{ x, y *big.Int }

var (
	prime  = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	curveD = mod(new(big.Int).Mul(big.NewInt(-121665), inverse(big.NewInt(121666))))
)

func mod(x *big.Int) *big.Int { return x.Mod(x, prime) }

func inverse(x *big.Int) *big.Int { return new(big.Int).ModInverse(mod(new(big.Int).Set(x)), prime) }

func times(x ...*big.Int) *big.Int {
	out := big.NewInt(1)
	for _, x := range x {
		mod(out.Mul(out, x))
	}
	return out
}

func (a point) add(b point) point {
	one := big.NewInt(1)
	t := times(curveD, a.x, b.x, a.y, b.y)
	return point{
		times(new(big.Int).Add(times(a.x, b.y), times(a.y, b.x)), inverse(new(big.Int).Add(one, t))),
		times(new(big.Int).Add(times(a.y, b.y), times(a.x, b.x)), inverse(new(big.Int).Sub(one, t))),
	}
}

// decode finds the point of 32 bytes the slow way, nil where there is none. y may be above the prime.
func decode(b [32]byte) *point {
	sign := uint(b[31] >> 7)
	b[31] &= 0x7f
	slices.Reverse(b[:])
	y := mod(new(big.Int).SetBytes(b[:]))
	one := big.NewInt(1)
	xx := times(new(big.Int).Sub(times(y, y), one), inverse(new(big.Int).Add(times(curveD, y, y), one)))
	x := new(big.Int).ModSqrt(xx, prime)
	if x == nil {
		return nil
	}
	if x.Bit(0) != sign {
		x = mod(x.Neg(x))
	}
	return &point{x, y}
}

func (a point) smallOrder() bool {
	for range 3 {
		a = a.add(a)
	}
	return a.x.Sign() == 0 && a.y.Cmp(big.NewInt(1)) == 0
}

// Every encoding of a point of small order is refused, and every one of y that is not below the prime.
func TestWeakKeysAreRefused(t *testing.T) {
	small := map[string]bool{}
	var all []PublicKey
	for _, y := range smallOrder {
		all = append(all, y)
	}
	for i := range byte(19) { // 2^255-19 and above
		k := PublicKey(bytes.Repeat([]byte{0xff}, 32))
		k[0], k[31] = 0xed+i, 0x7f
		all = append(all, k)
	}
	for _, k := range all {
		for range 2 {
			k[31] ^= 0x80
			p := decode(k)
			if p != nil && p.smallOrder() {
				small[fmt.Sprint(p.x, p.y)] = true
			}
			if k.sound() {
				t.Errorf("%x is sound", k)
			}
			if _, err := ParsePublicKey(k.String()); err == nil {
				t.Errorf("%x is a key", k)
			}
			// R = A, S = 0 holds under the neutral element, whatever the message.
			sig := append(slices.Clone(k[:]), make([]byte, 32)...)
			for i := range byte(64) {
				if Verify(k, []byte{i}, sig) {
					t.Fatalf("%x has signed", k)
				}
			}
		}
	}
	if len(small) != 8 { // the cofactor is 8, so there are no more
		t.Errorf("the tables have %d points of small order", len(small))
	}
}

// What is on the curve is told as the slow way tells it, with both answers about as often.
func TestOnCurve(t *testing.T) {
	on := 0
	for i := range 200 {
		var k PublicKey
		k[0], k[7], k[31] = byte(i), 0xc5, byte(i)
		is := decode(k) != nil
		if is {
			on++
		}
		if k.onCurve() != is {
			t.Errorf("%x: on the curve %v", k, !is)
		}
		if _, err := ParsePublicKey(k.String()); (err == nil) != is {
			t.Errorf("%x: %v", k, err)
		}
	}
	if on < 50 || on > 150 {
		t.Errorf("%d of 200 are on the curve", on)
	}
}

// Signatures cannot be turned into others.
func TestVerifyRefuses(t *testing.T) {
	k, message := testKey(1), []byte("a statement")
	good, _ := k.Sign(message)
	if !Verify(k.Public(), message, good) {
		t.Fatal("a signature does not hold")
	}
	other, _ := testKey(2).Sign(message)
	flip := func(i int) []byte {
		b := slices.Clone(good)
		b[i] ^= 1
		return b
	}
	for name, sig := range map[string][]byte{
		"S + L":          raised(good),
		"R changed":      flip(0),
		"sign of R":      append(append(slices.Clone(good[:31]), good[31]^0x80), good[32:]...),
		"S changed":      flip(40),
		"top bit of S":   append(slices.Clone(good[:63]), good[63]|0x80),
		"one byte short": good[:63],
		"one byte more":  append(slices.Clone(good), 0),
		"empty":          {},
		"nil":            nil,
		"of another key": other,
	} {
		if Verify(k.Public(), message, sig) {
			t.Errorf("%s: it holds", name)
		}
	}
	if Verify(k.Public(), []byte("another statement"), good) {
		t.Error("it holds for another message")
	}
	if Verify(testKey(2).Public(), message, good) {
		t.Error("it holds under another key")
	}
}

// Nothing that prints shows the private half.
func TestKeyIsNotShown(t *testing.T) {
	seed := [32]byte(bytes.Repeat([]byte{0xa7}, 32))
	k := NewKey(seed)
	type hidden struct {
		key     Key
		pointer *Key
	}
	type shown struct {
		Key     Key
		Pointer *Key
	}
	leaksNothing(t, [][]byte{seed[:]}, k, *k, hidden{*k, k}, &hidden{*k, k}, shown{*k, k}, &shown{*k, k}, []*Key{k}, []Key{*k}, map[string]Key{"a": *k}, Signer(k), any(k))
	if got := fmt.Sprint(k); got != "key "+string(k.Public().ID()) {
		t.Errorf("a key prints as %q", got)
	}
}

// leaksNothing prints values in every way, and looks for secrets in every spelling.
func leaksNothing(t *testing.T, secrets [][]byte, values ...any) {
	t.Helper()
	for _, v := range values {
		var out []string
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%o", "%b", "%c", "%U", "%e", "%t", "%p", "%T", "%08.3v", "%w"} {
			out = append(out, fmt.Sprintf(verb, v))
		}
		if b, err := json.Marshal(v); err == nil {
			out = append(out, string(b))
		}
		for _, text := range out {
			for _, secret := range secrets {
				b := secret[:8]
				for _, spelled := range []string{
					string(b), hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)), fmt.Sprintf("% x", b), base64.StdEncoding.EncodeToString(b)[:9],
					strings.Trim(fmt.Sprintf("%d", b), "[]"), strings.Trim(fmt.Sprintf("%o", b), "[]"), strings.Trim(fmt.Sprintf("%b", b), "[]"), strings.Trim(fmt.Sprintf("%#v", b), "[]byte{}"),
				} {
					if strings.Contains(text, spelled) {
						t.Errorf("%T shows its secret: %.200s", v, text)
					}
				}
			}
		}
	}
}

func FuzzParsePublicKey(f *testing.F) {
	f.Add(testKey(1).Public().String())
	f.Add(PublicKey(smallOrder[3]).String())
	f.Add(testKey(2).Public().String() + "\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParsePublicKey(s)
		if err != nil {
			return
		}
		if k.String() != s {
			t.Fatalf("%q comes back as %q", s, k)
		}
		p := decode(k)
		if p == nil || p.smallOrder() {
			t.Fatalf("%q is a key", s)
		}
		if ed25519.Verify(k[:], nil, make([]byte, 64)) {
			t.Fatalf("%q has signed", s)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	k := testKey(1)
	for _, size := range []int{1 << 10, 1 << 20} {
		m := message("application/vnd.in-toto+json", make([]byte, size))
		good, _ := k.Sign(m)
		bad := slices.Clone(good)
		bad[40] ^= 1
		for name, sig := range map[string][]byte{"good": good, "bad": bad} {
			b.Run(fmt.Sprintf("%s-%dKiB", name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(len(m)))
				b.ReportAllocs()
				for b.Loop() {
					if Verify(k.Public(), m, sig) != (name == "good") {
						b.Fatal("wrong answer")
					}
				}
			})
		}
	}
}

func BenchmarkParsePublicKey(b *testing.B) {
	s := testKey(1).Public().String()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParsePublicKey(s); err != nil {
			b.Fatal(err)
		}
	}
}
