package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"entente/internal/exchange"
	"entente/internal/gate"
	"entente/internal/jcs"
)

// Prefix begins the path of every operation.
const Prefix = "/api/v1/"

// Options of a [Server]. The zero value is usable.
type Options struct {
	MaxPage int          // most items of a page; 0: 1000
	MaxBody int64        // most bytes of a submission where the API root says nothing; 0: 32 MiB
	Log     *slog.Logger // nil: nothing is logged
	Now     func() time.Time
	Events  EventOptions
	// CheckWebhook is an error for a URL that webhooks cannot have on this node. nil: what is wrong with it shows when it is told.
	CheckWebhook func(url string) error
	// CheckRoot is an error for a path that an API root cannot have on this node. nil: every path.
	CheckRoot func(path string) error
}

// Server serves the API. It may be used by many at once.
type Server struct {
	ex      *exchange.Service
	gate    *gate.Gate
	opt     Options
	mux     *http.ServeMux
	api     huma.API
	spec    []byte
	origin  *http.CrossOriginProtection
	streams *streams

	changing sync.Mutex // of those who read something, change it and write it back
}

// New makes a server.
func New(ex *exchange.Service, g *gate.Gate, opt Options) *Server {
	if opt.MaxPage <= 0 {
		opt.MaxPage = 1000
	}
	if opt.MaxBody <= 0 {
		opt.MaxBody = 32 << 20
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	streams := newStreams(ex, &opt)
	s := &Server{
		ex: ex, gate: g, opt: opt, mux: http.NewServeMux(), origin: http.NewCrossOriginProtection(),
		streams: streams,
	}
	s.api = humago.New(s.mux, s.config())
	s.api.UseMiddleware(s.administrators)
	s.register()
	for _, schema := range s.api.OpenAPI().Components.Schemas.Map() {
		for _, p := range schema.Properties {
			notNull(p)
		}
	}
	spec, err := json.MarshalIndent(s.api.OpenAPI(), "", "  ")
	if err != nil {
		opt.Log.Error("the description of the API cannot be written", slog.Any("error", err)) // a test sees to it that it can
	}
	s.spec = append(spec, '\n')
	return s
}

// Spec is the description of the API in OpenAPI 3.1.
func Spec() []byte { return New(nil, nil, Options{}).spec }

// notNull takes back what huma says of every list: no answer has null for an empty one, and no request may.
func notNull(s *huma.Schema) { s.Nullable = s.Nullable && s.Type != huma.TypeArray }

func (s *Server) config() huma.Config {
	format := huma.Format{Marshal: s.marshal, Unmarshal: unmarshal}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Entente", Version: "1",
				Description: "The JSON API of an Entente node: what allied defenders share, searched, read and submitted, and the administration of the node. Every answer is what the caller may see at that moment.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token":    {Type: "http", Scheme: "bearer", Description: "Authorization: Bearer ent_…"},
					"password": {Type: "http", Scheme: "basic"},
				},
			},
			OnAddOperation: []huma.AddOpFunc{func(_ *huma.OpenAPI, op *huma.Operation) {
				for _, p := range op.Parameters {
					notNull(p.Schema)
				}
			}},
			Security: []map[string][]string{{"token": {}}, {"password": {}}, {}},
		},
		Formats:                      map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{withoutValues},
	}
}

// marshal writes an answer in one piece. That its client has gone away is nobody's fault.
func (s *Server) marshal(w io.Writer, v any) error {
	var b bytes.Buffer
	if verbatim, ok := v.(interface{ appendJSON(b *bytes.Buffer) error }); ok {
		if err := verbatim.appendJSON(&b); err != nil {
			return err
		}
	} else {
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			return err
		}
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		s.opt.Log.Debug("the client went away", slog.Any("error", err))
	}
	return nil
}

// unmarshal reads a body, in which no name may stand twice.
func unmarshal(data []byte, v any) error {
	if _, err := jcs.Canonical(data); err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// operation is what an operation is known by.
type operation struct {
	id, method, path string
	tag, summary     string
	notes            string // more than the summary says, "" without
	status           int    // of the answer; 0 is 200, or 204 where it has no body
}

func (o operation) huma() huma.Operation {
	return huma.Operation{
		OperationID: o.id, Method: o.method, Path: Prefix + o.path, Summary: o.summary, Description: o.notes,
		Tags: []string{o.tag}, DefaultStatus: o.status, MaxBodyBytes: maxRequest, BodyReadTimeout: -1,
	}
}

// administration is the tag of the operations that are for administrators alone: others are told so before their body is read.
const administration = "administration"

func (s *Server) administrators(c huma.Context, next func(huma.Context)) {
	if r, w := humago.Unwrap(c); c.Operation().Tags[0] == administration && !callOf(r.Context()).p.May(exchange.Administer) {
		s.fail(w, r, callOf(r.Context()).p, fmt.Errorf("this needs the role and the scope admin: %w", exchange.ErrForbidden))
		return
	}
	next(c)
}

// maxRequest is how many bytes the body of a request may have that is no submission.
const maxRequest = 1 << 20

// add registers an operation. do gets the caller.
func add[I, O any](s *Server, o operation, do func(context.Context, exchange.Principal, *I) (*O, error)) {
	huma.Register(s.api, o.huma(), func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, callOf(ctx).p, in)
		if err != nil {
			return nil, s.failure(ctx, err)
		}
		return out, nil
	})
}

// body is an answer with a body and nothing else.
type body[T any] struct{ Body T }

// nothing is an answer without a body.
type nothing struct{}

func (s *Server) register() {
	s.registerMe()
	s.registerObjects()
	s.registerCollections()
	s.registerSubmissions()
	s.registerAdmin()
	s.registerAudit()
	s.registerEvents()
	s.registerWebhooks()
}
