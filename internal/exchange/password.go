package exchange

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// argon are the parameters of argon2id (RFC 9106): 19 MiB and two passes are what OWASP's password storage cheat sheet asks
// for. Passwords that were stored with others keep theirs.
type argon struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

var current = argon{memory: 19 << 10, passes: 2, threads: 1}

// Bounds of passwords, and of parameters in stored ones: nobody who can write to the store shall make the node run out of
// memory.
const (
	minPassword = 10
	maxPassword = 1024 // bytes
	maxMemory   = 256 << 10
	maxPasses   = 16
	saltSize    = 16
	keySize     = 32
)

// HashPassword makes the PHC string of a password, for [entente/internal/store.User].
func HashPassword(password string) (string, error) {
	if len(password) < minPassword || len(password) > maxPassword {
		return "", fmt.Errorf("a password has %d to %d bytes: %w", minPassword, maxPassword, ErrBadRequest)
	}
	return HashAnyPassword(password)
}

// HashAnyPassword is [HashPassword] for the accounts of seeds, whose passwords are known to all anyway.
func HashAnyPassword(password string) (string, error) {
	if password == "" || len(password) > maxPassword {
		return "", fmt.Errorf("a password has at most %d bytes: %w", maxPassword, ErrBadRequest)
	}
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails
	return current.encode(salt, current.key(password, salt)), nil
}

func (a argon) key(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, a.passes, a.memory, a.threads, keySize)
}

func (a argon) encode(salt, key []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, a.memory, a.passes, a.threads, b.EncodeToString(salt), b.EncodeToString(key))
}

var errPHC = errors.New("not a PHC string of argon2id")

// decode reads a PHC string.
func decode(phc string) (a argon, salt, key []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return argon{}, nil, nil, errPHC
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &a.memory, &a.passes, &a.threads); err != nil {
		return argon{}, nil, nil, errPHC
	}
	salt, err = base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return argon{}, nil, nil, errPHC
	}
	key, err = base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(salt) < 8 || len(key) != keySize || a.memory < 8 || a.memory > maxMemory || a.passes == 0 || a.passes > maxPasses || a.threads == 0 {
		return argon{}, nil, nil, errPHC
	}
	return a, salt, key, nil
}

// nobody is what passwords of users are compared with who are not there or have none, so that this takes the same time.
var nobody = current.encode(make([]byte, saltSize), make([]byte, keySize))

// verify says whether a password is the one of a PHC string. It takes the same time whatever the answer.
func verify(phc, password string) bool {
	a, salt, key, err := decode(phc)
	if err != nil {
		a, salt, key, _ = decode(nobody)
		phc = nobody
	}
	same := subtle.ConstantTimeCompare(a.key(password, salt), key) == 1
	return same && phc != nobody
}
