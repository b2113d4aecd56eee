package attack

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"entente/internal/bounded"
)

// Bounds on a bundle. The official ones together have 38 MB and 31,000 objects.
const (
	maxBundle  = 512 << 20 // bytes of one bundle
	maxObject  = 8 << 20   // bytes of one object in it
	maxObjects = 400_000
	maxText    = 300 // characters of a name
)

// ReadObjects decodes the objects of a bundle of STIX 2.0 or 2.1, one at a time, into T and gives each to each. Objects
// whose members have other types than T's are passed over. An error says which object it concerns, counted from 1, and
// from which byte; so does a bundle of more than 512 MiB, 400,000 objects or 8 MiB in one of them. What was given to each
// before an error stays given.
func ReadObjects[T any](r io.Reader, each func(*T)) error {
	total := &bounded.Reader{R: r, N: maxBundle, Err: fmt.Errorf("it has more than %d MiB", maxBundle>>20)}
	one := &bounded.Reader{R: total, N: maxObject, Err: fmt.Errorf("an object has more than %d MiB", maxObject>>20)}
	dec := json.NewDecoder(one)
	if err := openBundle(dec); err != nil {
		return err
	}
	for n := 1; dec.More(); n++ {
		if n > maxObjects {
			return fmt.Errorf("there are more than %d objects", maxObjects)
		}
		at := dec.InputOffset()
		one.N = maxObject
		var o T
		if err := dec.Decode(&o); err != nil {
			if te := (*json.UnmarshalTypeError)(nil); errors.As(err, &te) {
				continue // an object of some other shape
			}
			return fmt.Errorf("object %d, from byte %d: %w", n, at, notEOF(err))
		}
		each(&o)
	}
	_, err := dec.Token()
	return notEOF(err)
}

// openBundle reads up to the first element of the bundle's objects.
func openBundle(dec *json.Decoder) error {
	notBundle := errors.New("this is no STIX bundle: it must be an object with a list `objects`")
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return cmp.Or(failure(err), notBundle)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return notEOF(err)
		}
		if key != "objects" {
			var skip json.RawMessage
			if err := dec.Decode(&skip); err != nil {
				return notEOF(err)
			}
			continue
		}
		if t, err := dec.Token(); err != nil || t != json.Delim('[') {
			return cmp.Or(failure(err), notBundle)
		}
		return nil
	}
	return notBundle
}

// failure keeps only errors that say more than that the text is not JSON of the right shape.
func failure(err error) error {
	if se := (*json.SyntaxError)(nil); errors.As(err, &se) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// OneLine makes a text of a bundle safe to print: one line, without control and formatting characters, of at most 300
// characters.
func OneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if n := 0; len(s) > maxText {
		for i := range s {
			if n++; n > maxText {
				return s[:i]
			}
		}
	}
	return s
}
