package gate

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"entente/internal/exchange"
	"entente/internal/store"
)

// Failure is what an error means to a caller who comes by HTTP.
type Failure struct {
	Status int
	Detail string      // for the caller; "" where the status says all
	Header http.Header // to be added, nil without
}

// FailureOf is the table of errors. Those that the caller has no part in are told by their status alone; the log has the rest.
func FailureOf(err error) Failure {
	if many, ok := errors.AsType[*TooManyError](err); ok {
		return Failure{http.StatusTooManyRequests, "wait before the next request", http.Header{"Retry-After": {wholeSeconds(many.After)}}}
	}
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return Failure{Status: http.StatusRequestEntityTooLarge, Detail: "the body may have " + strconv.FormatInt(big.Limit, 10) + " bytes"}
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
		{store.ErrExists, http.StatusConflict, true},
		{store.ErrConflict, http.StatusConflict, true},
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
		f := Failure{Status: row.status}
		switch {
		case !row.told:
		case row.status == http.StatusConflict: // which of its kinds it is stands in the text, before what the database says
			before, _, _ := strings.Cut(err.Error(), row.is.Error())
			f.Detail = before + row.is.Error()
		default:
			f.Detail = exchange.Reason(err, row.is)
		}
		if row.status == http.StatusServiceUnavailable {
			f.Header = http.Header{"Retry-After": {"2"}}
		}
		return f
	}
	return Failure{Status: http.StatusInternalServerError}
}

// wholeSeconds is a time to wait as Retry-After has it, at least 1.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64(max(1, (d+time.Second-1)/time.Second)), 10)
}
