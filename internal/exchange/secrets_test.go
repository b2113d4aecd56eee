package exchange

import (
	"strings"
	"testing"
)

func TestPasswords(t *testing.T) {
	a, err := HashPassword("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	b, err := HashPassword("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if a == b {
		t.Error("two hashes of one password are the same: no salt")
	}
	for password, want := range map[string]bool{"correct horse": true, "correct horsf": false, "": false, strings.Repeat("a", 2000): false} {
		got, err := verifyPassword(a, password)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", password, got, err)
		}
	}
	for _, password := range []string{"", strings.Repeat("a", maxPassword+1)} {
		if _, err := HashPassword(password); err == nil {
			t.Errorf("a password of %d bytes is taken", len(password))
		}
	}
	parts := strings.Split(a, "$")
	for _, phc := range []string{
		"", "x", "plain", "$argon2id$", strings.Replace(a, "argon2id", "argon2i", 1), strings.Replace(a, "m=19456", "m=99999999", 1),
		strings.Replace(a, "t=2", "t=0", 1), strings.Replace(a, "p=1", "p=0", 1), strings.Replace(a, "v=19", "v=16", 1),
		strings.TrimSuffix(a, parts[5]), strings.TrimSuffix(a, "$"+parts[5]), a + "!",
	} {
		if ok, err := verifyPassword(phc, "correct horse"); ok || err == nil {
			t.Errorf("%q: %v, %v", phc, ok, err)
		}
	}
}

func TestTokens(t *testing.T) {
	a, hash := NewToken()
	b, _ := NewToken()
	if a == b || len(a) < 40 || HashToken(a) != hash || HashToken(b) == hash {
		t.Errorf("%q, %q", a, b)
	}
}
