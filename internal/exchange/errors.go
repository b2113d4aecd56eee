package exchange

import "errors"

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
