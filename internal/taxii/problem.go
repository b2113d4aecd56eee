package taxii

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"time"

	"entente/internal/exchange"
	"entente/internal/gate"
	"entente/internal/store"
)

// problem is an answer that is no success.
type problem struct {
	status int
	title  string
	detail string
	header http.Header // to be added, nil without
}

func (p *problem) Error() string {
	if p.detail == "" {
		return p.title
	}
	return p.title + ": " + p.detail
}

func newProblem(status int, detail string) *problem {
	return &problem{status: status, title: titles[status], detail: detail}
}

// titles say what each status means to a client; the tables of sections 4 and 5 name the statuses.
var titles = map[int]string{
	http.StatusBadRequest:            "The request is malformed",
	http.StatusUnauthorized:          "Credentials are needed",
	http.StatusForbidden:             "Not allowed",
	http.StatusNotFound:              "Not found",
	http.StatusMethodNotAllowed:      "No such method here",
	http.StatusNotAcceptable:         "The Accept header admits no TAXII 2.1",
	http.StatusRequestTimeout:        "The body came too slowly",
	http.StatusRequestEntityTooLarge: "The body is too large",
	http.StatusUnsupportedMediaType:  "The Content-Type is not TAXII 2.1",
	http.StatusUnprocessableEntity:   "The body cannot be processed",
	http.StatusTooManyRequests:       "Too many requests",
	http.StatusInternalServerError:   "The server failed",
	http.StatusServiceUnavailable:    "The server cannot answer now",
	http.StatusInsufficientStorage:   "The server has no room",
}

// problemOf is the table of errors: what each means in HTTP. Errors that the caller has no part in are told by their title
// alone; the log has the rest.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if many, ok := errors.AsType[*gate.TooManyError](err); ok {
		p := newProblem(http.StatusTooManyRequests, "wait before the next request")
		p.header = http.Header{"Retry-After": {seconds(many.After)}}
		return p
	}
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return newProblem(http.StatusRequestEntityTooLarge, "max_content_length is "+strconv.FormatInt(big.Limit, 10)+" bytes")
	}
	for _, row := range []struct {
		is     error
		status int
		told   bool // the text of the error is for the caller
	}{
		{exchange.ErrUnauthenticated, http.StatusUnauthorized, false},
		{exchange.ErrForbidden, http.StatusForbidden, true},
		{exchange.ErrNotFound, http.StatusNotFound, false},
		{store.ErrNotFound, http.StatusNotFound, false},
		{exchange.ErrTooLarge, http.StatusRequestEntityTooLarge, true},
		{exchange.ErrUnprocessable, http.StatusUnprocessableEntity, true},
		{exchange.ErrBadRequest, http.StatusBadRequest, true},
		{exchange.ErrBusy, http.StatusServiceUnavailable, false},
		{store.ErrBusy, http.StatusServiceUnavailable, false},
		{store.ErrReadOnly, http.StatusServiceUnavailable, false},
		{store.ErrFull, http.StatusInsufficientStorage, false},
		{os.ErrDeadlineExceeded, http.StatusRequestTimeout, false},
		{context.DeadlineExceeded, http.StatusServiceUnavailable, false},
	} {
		if !errors.Is(err, row.is) {
			continue
		}
		p := newProblem(row.status, "")
		if row.told {
			p.detail = exchange.Reason(err, row.is)
		}
		if row.status == http.StatusServiceUnavailable {
			p.header = http.Header{"Retry-After": {"2"}}
		}
		return p
	}
	return newProblem(http.StatusInternalServerError, "")
}

// seconds is a time to wait as Retry-After has it, at least 1.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64(max(1, (d+time.Second-1)/time.Second)), 10)
}
