package sign

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"filippo.io/age"
	"filippo.io/age/armor"

	"entente/internal/durable"
)

// Bounds on sealed identities. A work factor of n takes 2^n KiB of memory and a time to match, for each try of a passphrase.
const (
	defaultWork   = 18 // 256 MiB, about a second
	minWork       = 10
	maxWork       = 20      // 1 GiB
	maxSealed     = 8 << 10 // bytes of the file
	minPassphrase = 10      // bytes
	maxPassphrase = 1 << 10
)

// ErrPassphrase says that a passphrase does not open a sealed identity.
var ErrPassphrase = errors.New("the passphrase is wrong")

var errSealed = errors.New("it is no sealed identity: an armored age file that a passphrase opens")

// Seal encrypts an identity with a passphrase of 10 to 1024 bytes (age, scrypt, armored) and writes it.
func Seal(id *Identity, passphrase string, w io.Writer) error {
	return seal(id, passphrase, defaultWork, w)
}

func seal(id *Identity, passphrase string, work int, w io.Writer) error {
	if len(passphrase) < minPassphrase || len(passphrase) > maxPassphrase {
		return fmt.Errorf("a passphrase has %d to %d bytes: whoever gets the file may try as often as they like", minPassphrase, maxPassphrase)
	}
	if work < minWork || work > maxWork {
		return fmt.Errorf("a work factor of %d: it is %d to %d", work, minWork, maxWork)
	}
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return fmt.Errorf("seal the identity: %w", err)
	}
	to.SetWorkFactor(work)
	text := armor.NewWriter(w)
	plain, err := age.Encrypt(text, to)
	if err != nil {
		return fmt.Errorf("seal the identity: %w", err)
	}
	if _, err = plain.Write(id.secret()); err == nil {
		err = plain.Close()
	}
	if err == nil {
		err = text.Close()
	}
	if err != nil {
		return fmt.Errorf("seal the identity: %w", err)
	}
	return nil
}

// OpenIdentity reads what Seal wrote, [ErrPassphrase] where the passphrase is another one. A file that asks for more than a
// GiB of memory is refused before it gets any.
func OpenIdentity(r io.Reader, passphrase string) (*Identity, error) {
	return openIdentity(r, passphrase, maxWork)
}

func openIdentity(r io.Reader, passphrase string, work int) (*Identity, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxSealed+1))
	if err != nil {
		return nil, fmt.Errorf("read the identity: %w", err)
	}
	if len(b) > maxSealed {
		return nil, fmt.Errorf("%w; it has more than %d bytes", errSealed, maxSealed)
	}
	if passphrase == "" || len(passphrase) > maxPassphrase {
		return nil, ErrPassphrase
	}
	by, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, fmt.Errorf("open the identity: %w", err)
	}
	by.SetMaxWorkFactor(work)
	plain, err := age.Decrypt(armor.NewReader(bytes.NewReader(b)), by)
	if other, ok := errors.AsType[*age.NoIdentityMatchError](err); ok {
		if len(other.StanzaTypes) == 1 && other.StanzaTypes[0] == "scrypt" {
			return nil, ErrPassphrase
		}
		return nil, errSealed
	}
	if err != nil {
		return nil, fmt.Errorf("%w; %w", errSealed, err)
	}
	secret, err := io.ReadAll(plain)
	if err != nil {
		return nil, fmt.Errorf("%w; it is damaged: %w", errSealed, err)
	}
	return parseIdentity(secret)
}

// IdentityFile is a file that holds a sealed identity, for its owner alone.
type IdentityFile struct {
	Path string

	// Work is the work factor with which it is sealed: each try of a passphrase takes 2^Work KiB of memory, and a time to
	// match. 0 is 18; 10 to 20 are allowed. What has fewer than 16 is opened by who gets the file and has guessed at the
	// passphrase: it is for tests.
	Work int
}

// Create seals an identity into a file that is not there yet: one that is, is not touched, and the error is [os.ErrExist].
func (f IdentityFile) Create(id *Identity, passphrase string) error {
	return f.write(id, passphrase, durable.CreateFile)
}

// Open reads the identity; see [OpenIdentity].
func (f IdentityFile) Open(passphrase string) (*Identity, error) {
	r, err := os.Open(f.Path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	id, err := OpenIdentity(r, passphrase)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Path, err)
	}
	return id, nil
}

// ChangePassphrase seals the identity anew. Whatever happens, the file can be opened with one of both. Copies of the old file
// are still opened by the old passphrase: whoever fears that one is known changes the keys.
func (f IdentityFile) ChangePassphrase(old, changed string) error {
	id, err := f.Open(old)
	if err != nil {
		return err
	}
	return f.write(id, changed, durable.WriteFile)
}

func (f IdentityFile) write(id *Identity, passphrase string, write func(string, []byte, os.FileMode) error) error {
	work := f.Work
	if work == 0 {
		work = defaultWork
	}
	var b bytes.Buffer
	if err := seal(id, passphrase, work, &b); err != nil {
		return err
	}
	if err := write(f.Path, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the identity: %w", err)
	}
	return nil
}
