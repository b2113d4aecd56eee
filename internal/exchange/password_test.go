package exchange

import (
	"errors"
	"strings"
	"testing"
)

func TestPassword(t *testing.T) {
	phc, err := HashPassword("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	again, err := HashPassword("correct horse")
	if err != nil || again == phc {
		t.Errorf("two hashes of a password have two salts: %v", err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Error(phc)
	}
	if !verify(phc, "correct horse") {
		t.Error("the right password is refused")
	}
	for _, wrong := range []string{"", "correct hors", "correct horse ", "Correct horse"} {
		if verify(phc, wrong) {
			t.Errorf("%q is taken", wrong)
		}
	}
	for _, bad := range []string{"short", strings.Repeat("x", 1025)} {
		if _, err := HashPassword(bad); !errors.Is(err, ErrBadRequest) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
}

// Parameters other than the current ones are honoured.
func TestPasswordOfOtherParameters(t *testing.T) {
	a := argon{memory: 64 << 10, passes: 2, threads: 4}
	phc := a.encode([]byte("somesalt"), a.key("password", []byte("somesalt")))
	if !verify(phc, "password") || verify(phc, "passwort") {
		t.Error(phc)
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := nobody
	for _, phc := range []string{
		"", "x", strings.Replace(good, "argon2id", "argon2i", 1), strings.Replace(good, "v=19", "v=16", 1), strings.Replace(good, "m=19456", "m=4194304", 1),
		strings.Replace(good, "t=2", "t=0", 1), strings.Replace(good, "t=2", "t=99", 1), strings.Replace(good, "p=1", "p=0", 1), good + "$", good[:len(good)-4],
		strings.Replace(good, "m=", "n=", 1),
	} {
		if _, _, _, err := decode(phc); err == nil {
			t.Errorf("%q is read", phc)
		}
		if verify(phc, "") {
			t.Errorf("%q lets in", phc)
		}
	}
	// Whoever finds the key of all zeros still does not get in with it.
	if verify(good, "x") {
		t.Error("nobody has a password")
	}
}
