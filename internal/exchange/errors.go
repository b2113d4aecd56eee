package exchange

import (
	"errors"
	"fmt"

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
