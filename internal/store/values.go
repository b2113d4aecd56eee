package store

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"time"
)

// instant is a time in the database: microseconds since 1970, 0 for the zero time.
type instant time.Time

// Value implements driver.Valuer.
func (t instant) Value() (driver.Value, error) { return micro(time.Time(t)), nil }

// Scan implements sql.Scanner.
func (t *instant) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", v)
	}
	*t = instant(timeOf(n))
	return nil
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func timeOf(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// truth is a bool in the database: 0 or 1.
type truth bool

// Value implements driver.Valuer.
func (b truth) Value() (driver.Value, error) { return bit(bool(b)), nil }

// Scan implements sql.Scanner.
func (b *truth) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a truth value is stored as %T", v)
	}
	*b = n != 0
	return nil
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// newUUID gives a random UUID of version 4 (RFC 9562 section 5.4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
