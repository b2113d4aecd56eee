package taxii

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"entente/internal/exchange"
	"entente/internal/gate"
	"entente/internal/store"
)

// RequestIDHeader is a header of the answer. What stands there before the server is called is the error_id of errors.
const RequestIDHeader = "X-Request-Id"

// DefaultMaxPage is Options.MaxPage where it is 0.
const DefaultMaxPage = 1000

// Options of a [Server].
type Options struct {
	Title       string // of the server, in discovery
	Description string
	Contact     string
	Default     string // path of the API root that discovery names as the default, "" for the first
	// MaxPage is the most items that a page has, whatever limit asks for, and what it has without limit. 0 is DefaultMaxPage.
	MaxPage int
	Log     *slog.Logger // nil: nothing is logged
}

// Server serves TAXII 2.1. It may be used by many at once.
type Server struct {
	ex   *exchange.Service
	gate *gate.Gate
	opt  Options
}

// New makes a server.
func New(ex *exchange.Service, g *gate.Gate, opt Options) *Server {
	if opt.MaxPage <= 0 {
		opt.MaxPage = DefaultMaxPage
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	opt.Title = orElse(opt.Title, "Entente")
	return &Server{ex: ex, gate: g, opt: opt}
}

// request is one request on its way.
type request struct {
	*http.Request
	w       http.ResponseWriter
	at      route
	p       exchange.Principal
	filters filters
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req := &request{Request: r, w: w, at: parsePath(r.URL.EscapedPath())}
	if err := s.serve(req); err != nil { //nolint:contextcheck // the context is the request's own
		s.fail(req, err) //nolint:contextcheck // the same
	}
}

// EndpointOf names the endpoint of TAXII that a path asks for, for metrics: none, discovery, api-root, …
func EndpointOf(escapedPath string) string { return parsePath(escapedPath).endpoint.String() }

func (s *Server) serve(r *request) (err error) {
	if r.at.endpoint == noEndpoint {
		p := newProblem(http.StatusNotFound, "no endpoint of TAXII 2.1 has this path")
		if strings.HasPrefix(r.URL.Path, "/") && !strings.HasSuffix(r.URL.Path, "/") {
			p.detail = "the paths of TAXII end in a slash"
		}
		return p
	}
	if r.p, err = s.gate.Enter(r.Request); err != nil {
		return err
	}
	if !accepts(r.Header.Values("Accept")) {
		return newProblem(http.StatusNotAcceptable, "send Accept: "+MediaType)
	}
	if methods := r.at.endpoint.methods(); !slices.Contains(methods, r.Method) {
		p := newProblem(http.StatusMethodNotAllowed, "here are "+strings.Join(methods, ", "))
		p.header = http.Header{"Allow": {strings.Join(methods, ", ")}}
		return p
	}
	if r.filters, err = parseFilters(r.URL.RawQuery); err != nil {
		return newProblem(http.StatusBadRequest, err.Error())
	}
	return s.dispatch(r)
}

func (s *Server) dispatch(r *request) error {
	if r.at.endpoint == discoveryEndpoint {
		return s.discovery(r)
	}
	root, err := s.root(r)
	if err != nil {
		return err
	}
	switch r.at.endpoint {
	case rootEndpoint:
		return s.apiRoot(r, root)
	case statusEndpoint:
		return s.status(r, root)
	case collectionsEndpoint:
		return s.collections(r, root)
	default: // in a collection
	}
	view, err := s.ex.Collection(r.Context(), r.p, root, r.at.collection)
	if err != nil {
		return s.stranger(r, err)
	}
	switch {
	case r.at.endpoint == collectionEndpoint:
		return s.send(r, http.StatusOK, collectionOf(view))
	case r.at.endpoint == objectsEndpoint && r.Method == http.MethodPost:
		return s.addObjects(r, root, view)
	case r.at.endpoint == objectEndpoint && r.Method == http.MethodDelete:
		return s.deleteObject(r, view)
	}
	if !view.CanRead {
		return s.stranger(r, newProblem(http.StatusForbidden, "you cannot read from this collection"))
	}
	switch r.at.endpoint {
	case manifestEndpoint:
		return s.manifest(r, view)
	case objectsEndpoint:
		return s.objects(r, view)
	case objectEndpoint:
		return s.object(r, view)
	default:
		return s.versions(r, view)
	}
}

// root is the API root of a request.
func (s *Server) root(r *request) (store.Root, error) {
	root, err := s.ex.Root(r.Context(), r.p, r.at.root)
	if err != nil {
		return root, s.stranger(r, err)
	}
	return root, nil
}

// stranger makes a missing right or thing one of missing credentials where the caller has shown none (section 1.6.9).
func (s *Server) stranger(r *request, err error) error {
	if !r.p.IsAnonymous() {
		return err
	}
	switch problemOf(err).status {
	case http.StatusForbidden, http.StatusNotFound:
		return exchange.ErrUnauthenticated
	}
	return err
}

// send sends a resource.
func (s *Server) send(r *request, status int, resource any) error {
	body, err := encode(resource)
	if err != nil {
		return err
	}
	s.write(r, status, body)
	return nil
}

// write sends a body that is JSON already.
func (s *Server) write(r *request, status int, body []byte) {
	h := r.w.Header()
	h.Set("Content-Type", MediaType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	r.w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if _, err := r.w.Write(body); err != nil {
		s.opt.Log.DebugContext(r.Context(), "the client went away", slog.Any("error", err))
	}
}

func (s *Server) fail(r *request, err error) {
	p := problemOf(err)
	if p.status >= http.StatusInternalServerError && r.Context().Err() == nil {
		s.opt.Log.ErrorContext(r.Context(), "request failed", slog.String("endpoint", r.at.endpoint.String()), slog.Any("error", err))
	}
	h := r.w.Header()
	for _, name := range dateHeaders { // of a page that was found, and is not sent after all
		delete(h, name)
	}
	maps.Copy(h, p.header)
	if p.status == http.StatusUnauthorized {
		h["Www-Authenticate"] = s.gate.Challenges()
	}
	body, err := encode(messageOf(p, h.Get(RequestIDHeader)))
	if err != nil {
		body = []byte(`{"title":"The server failed"}`)
	}
	s.write(r, p.status, body)
}

// Fail answers with an error message of TAXII, for what goes wrong outside of a [Server].
func Fail(w http.ResponseWriter, status int) {
	h := w.Header()
	h.Set("Content-Type", MediaType)
	body, err := encode(messageOf(newProblem(status, ""), h.Get(RequestIDHeader)))
	w.WriteHeader(status)
	if err == nil {
		_, _ = w.Write(body) // where the client went away there is nobody to tell
	}
}

// encode writes JSON without the escapes that are for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
