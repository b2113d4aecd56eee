package api

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"strings"

	"entente/internal/exchange"
)

// call is what the operations know of a request beside its parameters.
type call struct {
	p exchange.Principal
	r *http.Request
}

type callKey struct{}

// callOf is the call that an operation is about. Every one has been through [Server.ServeHTTP].
func callOf(ctx context.Context) call {
	c, _ := ctx.Value(callKey{}).(call)
	return c
}

// specPath is the description of the API. It is for everybody.
const specPath = Prefix + "openapi.json"

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if path.Clean(r.URL.Path) != r.URL.Path || !strings.HasPrefix(r.URL.Path, Prefix) {
		s.fail(w, r, exchange.Principal{}, newProblem(http.StatusNotFound, "no operation has this path"))
		return
	}
	if err := s.origin.Check(r); err != nil {
		s.fail(w, r, exchange.Principal{}, newProblem(http.StatusForbidden, "another site's page may not change anything here"))
		return
	}
	p, err := s.gate.Enter(r)
	if err != nil {
		s.fail(w, r, p, err)
		return
	}
	if err := query(r.URL.RawQuery); err != nil {
		s.fail(w, r, p, err)
		return
	}
	if r.URL.Path == specPath && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		h.Set("Content-Type", "application/json")
		_, _ = w.Write(s.spec) // where the client went away there is nobody to tell
		return
	}
	handler, pattern := s.mux.Handler(r)
	if pattern == "" {
		s.fail(w, r, p, unrouted(handler, r))
		return
	}
	r = r.WithContext(context.WithValue(r.Context(), callKey{}, call{p: p, r: r}))
	s.mux.ServeHTTP(w, r)
}

// query is an error where a query cannot be read, or a parameter stands in it twice: two readers could take two things from it.
func query(raw string) error {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return newProblem(http.StatusBadRequest, "the query cannot be read: "+err.Error())
	}
	for name, v := range values {
		if len(v) > 1 {
			return newProblem(http.StatusBadRequest, "the parameter "+name+" stands in the query twice: separate values by commas")
		}
	}
	return nil
}

// unrouted says why the router has no operation for a request.
func unrouted(answer http.Handler, r *http.Request) error {
	var w told
	answer.ServeHTTP(&w, r)
	if w.status != http.StatusMethodNotAllowed {
		return newProblem(http.StatusNotFound, "no operation has this path")
	}
	p := newProblem(http.StatusMethodNotAllowed, "here are "+w.Header().Get("Allow"))
	p.header = http.Header{"Allow": w.Header()["Allow"]}
	return p
}

// told takes note of the head of an answer.
type told struct {
	header http.Header
	status int
}

// Header implements http.ResponseWriter.
func (t *told) Header() http.Header {
	if t.header == nil {
		t.header = http.Header{}
	}
	return t.header
}

// WriteHeader implements http.ResponseWriter.
func (t *told) WriteHeader(status int) { t.status = status }

// Write implements io.Writer.
func (t *told) Write(b []byte) (int, error) { return len(b), nil }
