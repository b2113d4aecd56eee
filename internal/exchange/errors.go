package exchange

import (
	"errors"
	"fmt"
	"strings"

	"entente/internal/store"
)

// What callers tell apart. Each has a status of HTTP: 401, 403, 404, 413, 422, 400, 503.
var (
	ErrUnauthenticated = errors.New("credentials are needed")
	ErrForbidden       = errors.New("not allowed")
	ErrNotFound        = errors.New("not found")
	ErrTooLarge        = errors.New("too large")
	ErrUnprocessable   = errors.New("cannot be processed")
	ErrBadRequest      = errors.New("bad request")
	ErrBusy            = errors.New("busy, try again")
)

// Reason is the text of an error for a caller who is told its kind, one of those above or of the store's, in another way: by a
// status and its title. It leaves out the words for the kind.
func Reason(err, kind error) string {
	text, word := err.Error(), kind.Error()
	for {
		short := strings.TrimSuffix(text, ": "+word)
		if inner, ok := strings.CutPrefix(short, word+" ("); ok && strings.HasSuffix(inner, ")") {
			short = strings.TrimSuffix(inner, ")")
		}
		if short == text {
			break
		}
		text = short
	}
	if text == word {
		return ""
	}
	return text
}

// meaning gives an error of the store the meaning that callers of this package know. What is wrong with the disk or the
// schema stays as it is: no caller can mend that.
func meaning(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("%w (%w)", ErrNotFound, err)
	case errors.Is(err, store.ErrBusy):
		return fmt.Errorf("%w (%w)", ErrBusy, err)
	}
	return err
}
