package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"entente/internal/exchange"
	"entente/internal/gate"
)

// problem is an answer that is no success.
type problem struct {
	status int
	detail string
	header http.Header // to be added, nil without
}

func newProblem(status int, detail string) *problem { return &problem{status: status, detail: detail} }

func (p *problem) Error() string { return http.StatusText(p.status) + ": " + p.detail }

// problemOf is what an error means in HTTP.
func problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	f := gate.FailureOf(err)
	return &problem{status: f.Status, detail: f.Detail, header: f.Header}
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
