package exchange

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"
)

// The parameters of argon2id (RFC 9106) that new passwords get: 19 MiB, two passes, one lane. Stored hashes keep theirs.
const (
	argonMemory = 19 << 10 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonKey    = 32 // bytes
	argonSalt   = 16

	// What a stored hash may ask for: a damaged or planted one must not take the memory of the node.
	mostArgonMemory = 256 << 10
	mostArgonTime   = 16

	maxPassword = 1024 // bytes
)

// HashPassword writes a password as a PHC string of argon2id, with a salt of its own.
func HashPassword(password string) (string, error) {
	if password == "" || len(password) > maxPassword {
		return "", fmt.Errorf("a password has between 1 and %d bytes", maxPassword)
	}
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonLanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key)), nil
}

var errPHC = errors.New("the stored password is no PHC string of argon2id")

// verifyPassword says whether a password is the one that a PHC string was made of. The error is about the string.
func verifyPassword(phc, password string) (bool, error) {
	var (
		version, memory, time, lanes uint32
		rest                         string
	)
	n, err := fmt.Sscanf(phc, "$argon2id$v=%d$m=%d,t=%d,p=%d$%s", &version, &memory, &time, &lanes, &rest)
	if err != nil || n != 5 || version != argon2.Version || memory < 8 || memory > mostArgonMemory || time < 1 || time > mostArgonTime ||
		lanes < 1 || lanes > 16 {
		return false, errPHC
	}
	salt, want, ok := phcBytes(rest)
	if !ok {
		return false, errPHC
	}
	if len(password) > maxPassword {
		return false, nil
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, uint8(lanes), uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

func phcBytes(s string) (salt, key []byte, ok bool) {
	for i := range len(s) {
		if s[i] != '$' {
			continue
		}
		salt, err1 := base64.RawStdEncoding.DecodeString(s[:i])
		key, err2 := base64.RawStdEncoding.DecodeString(s[i+1:])
		return salt, key, err1 == nil && err2 == nil && len(salt) >= 8 && len(key) >= 16 && len(key) <= 64
	}
	return nil, nil, false
}

// NewToken makes the secret of a token, of 256 random bits, and the hash by which the store knows it.
func NewToken() (secret string, hash [32]byte) {
	b := make([]byte, 32)
	rand.Read(b)
	secret = "ent_" + base64.RawURLEncoding.EncodeToString(b)
	return secret, HashToken(secret)
}

// HashToken is the hash by which the store knows a secret. Secrets have 256 random bits, so one round of SHA-256 is enough.
func HashToken(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }
