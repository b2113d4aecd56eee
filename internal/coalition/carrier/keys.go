package carrier

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"filippo.io/age"

	"entente/internal/sign"
)

// maxKeyFile bounds files with keys and passphrases, in bytes.
const maxKeyFile = 64 << 10

// OpenKeys reads what opens packets: age's keys (AGE-SECRET-KEY-1…, a line each), or a member's identity, which is sealed with
// the passphrase that is the first line of another file. Only the latter gives a signer. A file that others can read is
// refused. No error repeats anything of what is in the files.
func OpenKeys(file, passphraseFile string) ([]age.Identity, sign.Signer, error) {
	b, err := readSecret(file)
	if err != nil {
		return nil, nil, err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(b), []byte("-----BEGIN AGE ENCRYPTED FILE-----")) {
		ids, err := age.ParseIdentities(bytes.NewReader(b))
		if err != nil {
			return nil, nil, fmt.Errorf("%s holds no keys\nhint: entente coalition key writes such files (--node-key), and age-keygen", file)
		}
		if passphraseFile != "" {
			return nil, nil, fmt.Errorf("%s is not sealed, and needs no passphrase", file)
		}
		return ids, nil, nil
	}
	if passphraseFile == "" {
		return nil, nil, fmt.Errorf("%s is sealed with a passphrase\nhint: passphrase_file; or a key that can only read, as entente coalition key --node-key writes it", file)
	}
	pass, err := readSecret(passphraseFile)
	if err != nil {
		return nil, nil, err
	}
	line, _, err := bufio.NewReader(bytes.NewReader(pass)).ReadLine()
	if err != nil {
		return nil, nil, fmt.Errorf("%s has no first line", passphraseFile)
	}
	id, err := sign.IdentityFile{Path: file}.Open(strings.TrimRight(string(line), "\r"))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	return []age.Identity{id}, id, nil
}

// readSecret reads a file that is its owner's alone.
func readSecret(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	switch {
	case !info.Mode().IsRegular() || info.Size() > maxKeyFile:
		return nil, fmt.Errorf("%s is no file with keys, or too large", file)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return nil, fmt.Errorf("%s can be read or written by others than its owner\nhint: chmod 600", file)
	}
	b, err := os.ReadFile(file)
	if err == nil && len(b) == 0 {
		err = errors.New(file + " is empty")
	}
	return b, err
}
