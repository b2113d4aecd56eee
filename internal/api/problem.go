package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"entente/internal/exchange"
	"entente/internal/gate"
	"entente/internal/store"
)

// problem is an answer that is no success.
type problem struct {
	status int
	detail string
	header http.Header // to be added, nil without
}

func newProblem(status int, detail string) *problem { return &problem{status: status, detail: detail} }

func (p *problem) Error() string { return http.StatusText(p.status) + ": " + p.detail }

// problemOf is the table of errors: what each means in HTTP. Errors that the caller has no part in are told by their status
// alone; the log has the rest.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if many, ok := errors.AsType[*gate.TooManyError](err); ok {
		p := newProblem(http.StatusTooManyRequests, "wait before the next request")
		p.header = http.Header{"Retry-After": {strconv.FormatInt(int64(max(1, (many.After+time.Second-1)/time.Second)), 10)}}
		return p
	}
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return newProblem(http.StatusRequestEntityTooLarge, "the body may have "+strconv.FormatInt(big.Limit, 10)+" bytes")
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
		p := newProblem(row.status, "")
		if row.told {
			p.detail = err.Error()
			if row.status != http.StatusConflict { // which of its kinds it is stands in the text alone
				p.detail = exchange.Reason(err, row.is)
			}
		}
		if row.status == http.StatusServiceUnavailable {
			p.header = http.Header{"Retry-After": {"2"}}
		}
		return p
	}
	return newProblem(http.StatusInternalServerError, "")
}

// judged is the problem that a caller hears of: a missing right or thing is one of missing credentials where the caller has
// shown none, and what is wrong with the node is in the log.
func (s *Server) judged(r *http.Request, p exchange.Principal, err error) *problem {
	out := problemOf(err)
	if p.IsAnonymous() && (errors.Is(err, exchange.ErrForbidden) || errors.Is(err, exchange.ErrNotFound)) {
		out = newProblem(http.StatusUnauthorized, "")
	}
	if out.status == http.StatusUnauthorized {
		out.header = http.Header{"Www-Authenticate": s.gate.Challenges()}
	}
	if out.status >= http.StatusInternalServerError && r.Context().Err() == nil {
		s.opt.Log.ErrorContext(r.Context(), "request failed", slog.String("path", r.URL.EscapedPath()), slog.Any("error", err))
	}
	return out
}

// failure is the error of an operation as huma writes it.
func (s *Server) failure(ctx context.Context, err error) error {
	c := callOf(ctx)
	p := s.judged(c.r, c.p, err)
	out := huma.NewError(p.status, p.detail)
	if p.header == nil {
		return out
	}
	return huma.ErrorWithHeaders(out, p.header)
}

// fail answers with an error outside of huma.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, caller exchange.Principal, err error) {
	p := s.judged(r, caller, err)
	maps.Copy(w.Header(), p.header)
	Fail(w, p.status, p.detail)
}

// Fail answers with a problem (RFC 9457), for what goes wrong outside of a [Server].
func Fail(w http.ResponseWriter, status int, detail string) {
	body, err := json.Marshal(huma.NewError(status, detail))
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	if err == nil {
		_, _ = w.Write(append(body, '\n')) // where the client went away there is nobody to tell
	}
}

// withoutValues keeps what was wrong out of the answer that says so: it may be a secret, and long.
func withoutValues(_ huma.Context, _ string, v any) (any, error) {
	if e, ok := v.(*huma.ErrorModel); ok {
		for _, d := range e.Errors {
			if d != nil {
				d.Value = nil
			}
		}
	}
	return v, nil
}
