package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
)

// A backup ends with a seal: its name and the SHA-256 of everything before it. SQLite goes by the number of pages that its header
// says and does not look there. Its files are a multiple of 512 bytes long, a sealed one never is: that tells them apart, whatever
// bytes are damaged.
const (
	sealName = "entente backup 1"
	sealSize = len(sealName) + sha256.Size
	pageUnit = 512
)

// seal ends a backup.
func seal(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	if err == nil {
		_, err = f.Write(sum.Sum([]byte(sealName)))
	}
	return errors.Join(err, f.Close())
}

// unseal copies what a seal is for, and looks whether it fits. What has none was copied by other means, or written before there
// were seals.
func unseal(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	info, err := in.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	sealed := size%pageUnit != 0
	if sealed {
		size -= int64(sealSize)
	}
	if size < 0 || size%pageUnit != 0 {
		return fmt.Errorf("%w: it is cut off, or no backup", ErrDamaged)
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if !sealed {
		_, err = io.Copy(out, in)
		return errors.Join(err, out.Close())
	}
	sum := sha256.New()
	_, err = io.CopyN(io.MultiWriter(out, sum), in, size)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	end, err := io.ReadAll(io.LimitReader(in, int64(sealSize)+1))
	if err != nil {
		return err
	}
	if !bytes.Equal(end, sum.Sum([]byte(sealName))) {
		return fmt.Errorf("%w: its bytes are not those that were written, by the digest at its end", ErrDamaged)
	}
	return nil
}
