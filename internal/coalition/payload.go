package coalition

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"entente/internal/jcs"
)

// Digest names bytes: "sha256:" and their SHA-256 in lower-case hexadecimal.
type Digest string

// DigestOf is the digest of b.
func DigestOf(b []byte) Digest {
	sum := sha256.Sum256(b)
	return Digest("sha256:" + hex.EncodeToString(sum[:]))
}

// Valid says that a digest has the form of one.
func (d Digest) Valid() bool {
	s, ok := strings.CutPrefix(string(d), "sha256:")
	if !ok || len(s) != 2*sha256.Size || strings.ToLower(s) != s {
		return false
	}
	_, err := hex.DecodeString(s)
	return err == nil
}

// Time is a moment of whole seconds in UTC. In JSON it is RFC 3339 with Z.
type Time int64 // seconds since 1970

const timeForm = "2006-01-02T15:04:05Z"

// At is the second that t is in.
func At(t time.Time) Time { return Time(t.Unix()) }

// Time is t as the library has it.
func (t Time) Time() time.Time { return time.Unix(int64(t), 0).UTC() }

func (t Time) String() string { return t.Time().Format(timeForm) }

// MarshalText writes a time.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads the one form that a time has.
func (t *Time) UnmarshalText(b []byte) error {
	at, err := time.Parse(timeForm, string(b))
	if err != nil || at.Format(timeForm) != string(b) || at.Year() < 1970 {
		return fmt.Errorf("%.40q is no time of the form 2021-07-19T11:00:00Z", b)
	}
	*t = At(at)
	return nil
}

var errPayload = errors.New("the payload is not as it has to be")

// write is a payload in its one form: canonical JSON (RFC 8785).
func write(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return jcs.Canonical(b.Bytes())
}

// maxDigits bounds numbers: every reader of JSON has such without loss.
const maxDigits = 15

// plain says that canonical JSON has neither null, which would be another form of an empty list, nor numbers that readers
// take for different ones.
func plain(b []byte) bool {
	text, digits := false, 0
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			text = !text
		case text && c == '\\':
			i++
		case text:
		case c >= '0' && c <= '9':
			if digits++; digits > maxDigits {
				return false
			}
			continue
		case c == '-', c == '.', c == 'e' && digits > 0, c == 'n':
			return false
		}
		digits = 0
	}
	return true
}

// decode64 decodes the one form that bytes have in base64.
func decode64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil || base64.StdEncoding.EncodeToString(b) != s {
		return nil, fmt.Errorf("%.50q is no base64 with padding and without line ends", s)
	}
	return b, nil
}

// read reads a payload that is in its one form and has no members but those of v.
func read(b []byte, v any) error {
	c, err := jcs.Canonical(b)
	if err != nil {
		return fmt.Errorf("%w: %w", errPayload, err)
	}
	if !bytes.Equal(c, b) {
		return fmt.Errorf("%w: it is not in canonical form (RFC 8785)", errPayload)
	}
	if !plain(b) {
		return fmt.Errorf("%w: it has null, or a number that is not whole and positive, of at most %d digits", errPayload, maxDigits)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w: %w", errPayload, err)
	}
	// Members that the decoder takes for others, in another case, or null for nothing, would be lost.
	again, err := write(v)
	if err != nil {
		return fmt.Errorf("%w: %w", errPayload, err)
	}
	if !bytes.Equal(again, b) {
		return fmt.Errorf("%w: it has members that mean nothing, or are written in another way", errPayload)
	}
	return nil
}
