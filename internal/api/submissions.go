package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"entente/internal/exchange"
	"entente/internal/store"
)

// Envelope is what is submitted.
type Envelope struct {
	Objects []Object `json:"objects"`
}

func (s *Server) registerSubmissions() {
	s.registerSubmit()
	add(s, operation{
		id: "submission", method: http.MethodGet, path: "collections/{collection}/submissions/{submission}", tag: "collections",
		summary: "What became of a submission of the caller's",
	}, s.submission)
	add(s, operation{
		id: "delete-object", method: http.MethodDelete, path: "collections/{collection}/objects/{id}", tag: "collections",
		summary: "Remove an object from a collection, all versions of it",
		notes:   "Who owns the collection removes everything that they see there, others what their organisation has submitted.",
	}, s.deleteObject)
}

// registerSubmit registers the submission of objects by hand: whether the caller may write, and how much, is to be known
// before the body is read.
func (s *Server) registerSubmit() {
	registry := s.api.OpenAPI().Components.Schemas
	text := func(name, in, doc string) *huma.Param {
		return &huma.Param{Name: name, In: in, Required: in == "path", Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	op := operation{
		id: "submit", method: http.MethodPost, path: "collections/{collection}/objects", tag: "collections", summary: "Submit objects",
		notes: "Each object is dealt with by itself: the answer says of each what became of it. What it calls a success is safe on disk. " +
			"A submission that takes longer than ten seconds goes on by itself; its status is pending until then.",
	}.huma()
	op.Parameters = []*huma.Param{
		text("collection", "path", "Identifier of the collection"),
		text("label", "query", "Label of those objects that have none: clear, green, amber, amber+strict, red. Without it that of the collection"),
		text("group", "query", "Identifier of the sharing group that they are for. Without it that of the collection"),
	}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: registry.Schema(reflect.TypeFor[Envelope](), true, "Envelope")},
	}}
	op.Responses = map[string]*huma.Response{
		"200": {Description: "What became of each object", Content: map[string]*huma.MediaType{
			"application/json": {Schema: registry.Schema(reflect.TypeFor[exchange.Status](), true, "Status")},
		}},
		"default": {Description: "Error", Content: map[string]*huma.MediaType{
			"application/problem+json": {Schema: registry.Schema(reflect.TypeFor[huma.ErrorModel](), true, "ErrorModel")},
		}},
	}
	s.api.OpenAPI().AddOperation(&op)
	s.api.Adapter().Handle(&op, func(c huma.Context) {
		r, w := humago.Unwrap(c)
		if err := s.submit(w, r); err != nil {
			s.fail(w, r, callOf(r.Context()).p, err)
		}
	})
}

func (s *Server) submit(w http.ResponseWriter, r *http.Request) error {
	ctx, p := r.Context(), callOf(r.Context()).p
	view, err := s.ex.Collection(ctx, p, store.Root{}, r.PathValue("collection"))
	if err != nil {
		return err
	}
	if !view.CanWrite {
		return fmt.Errorf("you cannot write to this collection: %w", exchange.ErrForbidden)
	}
	opt, err := s.submitOptions(ctx, p, r)
	if err != nil {
		return err
	}
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); media != "" && !strings.EqualFold(strings.TrimSpace(media), "application/json") {
		return newProblem(http.StatusUnsupportedMediaType, "send Content-Type: application/json")
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return newProblem(http.StatusUnsupportedMediaType, "send the body without a Content-Encoding")
	}
	most, err := s.maxBody(ctx, p, view)
	if err != nil {
		return err
	}
	body, done, err := s.gate.Body(w, r, p, most)
	if err != nil {
		return err
	}
	defer done()
	status, err := s.ex.Submit(ctx, p, view, body, opt)
	if err != nil {
		return err
	}
	answer, err := json.Marshal(status)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(answer, '\n')) // where the client went away there is nobody to tell
	return nil
}

// submitOptions are what the query says of a submission.
func (s *Server) submitOptions(ctx context.Context, p exchange.Principal, r *http.Request) (opt exchange.SubmitOptions, err error) {
	for name, values := range r.URL.Query() {
		switch name {
		case "label":
			l, ok := exchange.LabelNamed(values[0])
			if !ok {
				return opt, newProblem(http.StatusBadRequest, "label: clear, green, amber, amber+strict or red")
			}
			opt.Label = &l
		case "group":
			groups, err := s.ex.Groups(ctx, p)
			if err != nil {
				return opt, err
			}
			for _, g := range groups {
				if g.UID == values[0] {
					opt.Group = g.ID
				}
			}
			if opt.Group == 0 {
				return opt, newProblem(http.StatusUnprocessableEntity, "group: your organisation is in no such sharing group")
			}
		default:
			return opt, newProblem(http.StatusUnprocessableEntity, "unknown query parameter "+name)
		}
	}
	return opt, nil
}

// maxBody is how many bytes a submission to a collection may have.
func (s *Server) maxBody(ctx context.Context, p exchange.Principal, view exchange.CollectionView) (int64, error) {
	roots, err := s.ex.Roots(ctx, p)
	if err != nil {
		return 0, err
	}
	for _, root := range roots {
		if root.ID == view.Root && root.MaxContentLength > 0 {
			return root.MaxContentLength, nil
		}
	}
	return s.opt.MaxBody, nil
}

func (s *Server) submission(ctx context.Context, p exchange.Principal, in *struct {
	InCollection
	Submission string `path:"submission" maxLength:"100" doc:"id of the status that the submission was answered with"`
},
) (*body[exchange.Status], error) {
	view, err := s.ex.Collection(ctx, p, store.Root{}, in.Collection)
	if err != nil {
		return nil, err
	}
	status, err := s.ex.Status(ctx, p, store.Root{ID: view.Root}, in.Submission)
	return &body[exchange.Status]{status}, err
}

func (s *Server) deleteObject(ctx context.Context, p exchange.Principal, in *struct {
	InCollection
	OfObject
},
) (*nothing, error) {
	view, err := s.ex.Collection(ctx, p, store.Root{}, in.Collection)
	if err != nil {
		return nil, err
	}
	return nil, s.ex.Delete(ctx, p, view, in.ID, store.Query{Versions: store.Versions{All: true}, Specs: allSpecs})
}
