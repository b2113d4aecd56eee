package translog

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"io"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

func TestVerifierKey(t *testing.T) {
	public := testPublic(3)
	k := Key{Name: "example.org/log", Public: public}
	want, err := note.NewEd25519VerifierKey(k.Name, public[:])
	if err != nil {
		t.Fatal(err)
	}
	if got := k.LogVerifierKey(); got != want {
		t.Errorf("vkey %s, x/mod has %s", got, want)
	}
	for seed := range byte(40) { // some have plus signs in their base64
		k := Key{Name: "witness.example/w1", Public: testPublic(seed)}
		for _, witness := range []bool{false, true} {
			vkey := k.LogVerifierKey()
			if witness {
				vkey = k.WitnessVerifierKey()
			}
			got, isWitness, err := ParseVerifierKey(vkey)
			if err != nil || got != k || isWitness != witness {
				t.Errorf("%s: %v, %t, %v", vkey, got, isWitness, err)
			}
		}
	}
	good := k.WitnessVerifierKey()
	for _, bad := range []string{
		"", "name", "a+b", "+" + good, strings.Replace(good, "example.org", "example.net", 1), good + "A",
		strings.Replace(good, "+", " +", 1), good[:len(good)-4], strings.ToUpper(good),
	} {
		if _, _, err := ParseVerifierKey(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

func TestKeyNames(t *testing.T) {
	for _, bad := range []string{"", "a b", "a+b", "a\tb", "a\u00a0b", "a\x00b", "a\xffb", strings.Repeat("a", 256)} {
		if err := checkName(bad); err == nil {
			t.Errorf("%q is a name", bad)
		}
		if _, err := (Key{Name: bad}).LogVerifier(); err == nil {
			t.Errorf("%q has a verifier", bad)
		}
	}
	if err := checkName("example.org/ünïcode-42"); err != nil {
		t.Error(err)
	}
}

// lyingSigner returns signatures by another key than it says.
type lyingSigner struct{ ed25519.PrivateKey }

func (s lyingSigner) Sign(r io.Reader, msg []byte, o crypto.SignerOpts) ([]byte, error) {
	return testKey(99).Sign(r, msg, o)
}

func TestSigners(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Create(t.TempDir(), testOrigin, other); err == nil {
		t.Error("an ECDSA key makes a log")
	}
	if _, err := Create(t.TempDir(), "not a name", testKey(1)); err == nil {
		t.Error("an origin with spaces makes a log")
	}
	_, err = Create(t.TempDir(), testOrigin, lyingSigner{testKey(1)})
	wantError(t, err, "not valid for the public key")
}
