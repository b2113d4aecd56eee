package taxii

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"entente/internal/exchange"
	"entente/internal/store"
)

// objects is section 5.4.
func (s *Server) objects(r *request, view exchange.CollectionView) error {
	page, next, err := s.page(r, view, s.ex.Objects)
	if err != nil {
		return err
	}
	s.write(r, http.StatusOK, envelope(page, next))
	return nil
}

// manifest is section 5.3.
func (s *Server) manifest(r *request, view exchange.CollectionView) error {
	page, next, err := s.page(r, view, s.ex.Manifest)
	if err != nil {
		return err
	}
	out := manifest{More: page.More, Next: next}
	for _, it := range page.Items {
		out.Objects = append(out.Objects, recordOf(it))
	}
	return s.send(r, http.StatusOK, out)
}

// object is section 5.6.
func (s *Server) object(r *request, view exchange.CollectionView) error {
	r.filters.ids, r.filters.types = []string{r.at.object}, nil // the only match fields here are the versions
	page, next, err := s.page(r, view, s.ex.Objects)
	if err != nil {
		return err
	}
	if len(page.Items) == 0 {
		if len(r.filters.versions.Exact) > 0 && r.filters.after.IsZero() && r.filters.next == "" && len(r.filters.specs) == 0 {
			return exchange.ErrNotFound
		}
		if err := s.ex.Exists(r.Context(), r.p, view, r.at.object); err != nil {
			return err
		}
	}
	s.write(r, http.StatusOK, envelope(page, next))
	return nil
}

// allSpecs are the versions of STIX that a collection can hold an object in.
var allSpecs = []string{"2.0", "2.1"}

// versions is section 5.8.
func (s *Server) versions(r *request, view exchange.CollectionView) error {
	f := &r.filters
	f.ids, f.types, f.versions = []string{r.at.object}, nil, store.Versions{All: true}
	page, next, err := s.page(r, view, func(ctx context.Context, p exchange.Principal, q store.Query) (store.Page, error) {
		return s.ex.Versions(ctx, p, view, r.at.object, q)
	})
	if err != nil {
		return err
	}
	out := versions{More: page.More, Next: next}
	for _, it := range page.Items {
		if v := versionOf(it); !slices.Contains(out.Versions, v) { // one version in two versions of STIX is one version
			out.Versions = append(out.Versions, v)
		}
	}
	return s.send(r, http.StatusOK, out)
}

// getPage is Objects, Manifest or Versions of the exchange.
type getPage func(context.Context, exchange.Principal, store.Query) (store.Page, error)

// pageBytes is the size at which a page ends, whatever limit asks for: an object may have megabytes.
const pageBytes = 16 << 20

// page gives the page that the filters of a request ask for, with the value of next where there is more, and sets the headers
// of section 3.2.
func (s *Server) page(r *request, view exchange.CollectionView, get getPage) (page store.Page, next string, err error) {
	ctx, f := r.Context(), &r.filters
	q := f.query(view.ID, s.opt.MaxPage)
	q.Bytes = pageBytes
	bound := f.canonical(view.UID, r.at.object)
	if f.next != "" {
		if q.Cursor, err = s.ex.OpenCursor(ctx, r.p, bound, f.next); err != nil {
			return page, "", err
		}
	}
	if page, err = get(ctx, r.p, q); err != nil {
		return page, "", s.stranger(r, err)
	}
	if page.More {
		if next, err = s.ex.SignCursor(ctx, r.p, bound, page.Next); err != nil {
			return page, "", err
		}
	}
	first, last := placeBefore(q), placeBefore(q)
	if n := len(page.Items); n > 0 {
		first, last = page.Items[0].Added, page.Items[n-1].Added
	}
	h := r.w.Header()
	h[dateHeaders[0]] = []string{Timestamp(first)}
	h[dateHeaders[1]] = []string{Timestamp(last)}
	return page, next, nil
}

// dateHeaders are those of section 3.2, in the letters of the standard, for clients that compare names of headers byte by byte.
var dateHeaders = [2]string{"X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last"}

// placeBefore is the place after which a query looks: what the headers of an empty page say.
func placeBefore(q store.Query) time.Time {
	at := time.Unix(0, 0)
	for _, t := range []time.Time{q.After, q.Cursor.Added} {
		if t.After(at) {
			at = t
		}
	}
	return at
}

// addObjects is section 5.5.
func (s *Server) addObjects(r *request, root store.Root, view exchange.CollectionView) error {
	if !view.CanWrite {
		return s.stranger(r, newProblem(http.StatusForbidden, "you cannot write to this collection"))
	}
	if types := r.Header.Values("Content-Type"); len(types) != 1 || !isTAXII(types[0]) {
		return newProblem(http.StatusUnsupportedMediaType, "send Content-Type: "+MediaType)
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return newProblem(http.StatusUnsupportedMediaType, "send the body without a Content-Encoding")
	}
	body, done, err := s.gate.Body(r.w, r.Request, r.p, maxContentLength(root))
	if err != nil {
		return err
	}
	defer done()
	status, err := s.ex.Submit(r.Context(), r.p, view, body, exchange.SubmitOptions{})
	if err != nil {
		return err
	}
	return s.send(r, http.StatusAccepted, status)
}

// deleteObject is section 5.7.
func (s *Server) deleteObject(r *request, view exchange.CollectionView) error {
	switch {
	case !view.CanRead && !view.CanWrite:
		return s.stranger(r, exchange.ErrNotFound)
	case !view.CanRead || !view.CanWrite:
		return s.stranger(r, newProblem(http.StatusForbidden, "who deletes has to have the rights to read and to write"))
	}
	f := &r.filters
	if len(f.unknown) > 0 || f.ids != nil || f.types != nil || !f.after.IsZero() || f.limit > 0 || f.next != "" {
		return newProblem(http.StatusBadRequest, "DELETE knows match[version] and match[spec_version] alone")
	}
	q := store.Query{Versions: f.versions, Specs: f.specs}
	if !f.versioned {
		q.Versions.All = true
	}
	if len(q.Specs) == 0 {
		q.Specs = allSpecs // all of the object, not its latest version of STIX alone
	}
	if err := s.ex.Delete(r.Context(), r.p, view, r.at.object, q); err != nil {
		return err
	}
	h := r.w.Header()
	h.Set("Content-Type", MediaType)
	h.Set("Content-Length", "0")
	r.w.WriteHeader(http.StatusOK)
	return nil
}
