package taxii

import (
	"net/http"

	"entente/internal/exchange"
	"entente/internal/store"
)

// discovery is section 4.1. An anonymous caller gets it where there is something for anonymous callers.
func (s *Server) discovery(r *request) error {
	roots, err := s.ex.Roots(r.Context(), r.p)
	if err != nil {
		return s.stranger(r, err)
	}
	d := discovery{Title: s.opt.Title, Description: s.opt.Description, Contact: s.opt.Contact}
	for _, root := range roots {
		if r.p.IsAnonymous() {
			if err := s.open(r, root); err != nil {
				continue
			}
		}
		path := "/" + root.Path + "/"
		d.APIRoots = append(d.APIRoots, path)
		if root.Path == s.opt.Default || s.opt.Default == "" && d.Default == "" {
			d.Default = path
		}
	}
	if r.p.IsAnonymous() && len(d.APIRoots) == 0 {
		return exchange.ErrUnauthenticated
	}
	return s.send(r, http.StatusOK, d)
}

// apiRoot is section 4.2.
func (s *Server) apiRoot(r *request, root store.Root) error {
	if err := s.open(r, root); err != nil {
		return err
	}
	return s.send(r, http.StatusOK, apiRoot{
		Title: orElse(root.Title, root.Path), Description: root.Description, Versions: []string{MediaType},
		MaxContentLength: maxContentLength(root),
	})
}

// open says whether an anonymous caller may know of an API root: where one of its collections is public.
func (s *Server) open(r *request, root store.Root) error {
	if !r.p.IsAnonymous() {
		return nil
	}
	views, err := s.ex.Collections(r.Context(), r.p, root)
	if err == nil && len(views) == 0 {
		err = exchange.ErrUnauthenticated
	}
	return err
}

// DefaultMaxContentLength is that of an API root that says nothing.
const DefaultMaxContentLength = 32 << 20

func maxContentLength(root store.Root) int64 {
	if root.MaxContentLength <= 0 {
		return DefaultMaxContentLength
	}
	return min(root.MaxContentLength, maxInteger)
}

// status is section 4.3.
func (s *Server) status(r *request, root store.Root) error {
	if r.p.IsAnonymous() {
		return exchange.ErrUnauthenticated
	}
	status, err := s.ex.Status(r.Context(), r.p, root, r.at.status)
	if err != nil {
		return err
	}
	return s.send(r, http.StatusOK, status)
}
