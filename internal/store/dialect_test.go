package store

import (
	"io"
	"testing"
)

// What the callback of a query says of an error is said once, in its own words.
func TestErrorsOfCallbacks(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		for _, want := range []error{translate(io.ErrUnexpectedEOF), io.ErrUnexpectedEOF} {
			err := s.snapshot(t.Context(), func(tx *tx) error {
				return tx.each(`SELECT 1`, nil, func(func(...any) error) error { return want })
			})
			if err != want { //nolint:errorlint // nothing may be around it
				t.Errorf("%v has become %v", want, err)
			}
		}
	})
}
