package api

import (
	"context"
	"net/http"

	"entente/internal/exchange"
	"entente/internal/store"
)

// Collection is a collection that the caller may read or write.
type Collection struct {
	ID          string `json:"id"`
	Root        string `json:"root" doc:"Path of the API root of TAXII that it is in"`
	Alias       string `json:"alias,omitempty"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Label       string `json:"label" doc:"Label of objects that have none"`
	Public      bool   `json:"public" doc:"Whether callers without credentials may read what is clear"`
	CanRead     bool   `json:"can_read"`
	CanWrite    bool   `json:"can_write"`
}

// Collections is a list of them.
type Collections struct {
	Collections []Collection `json:"collections"`
}

// Group is a sharing group that the caller's organisation is in.
type Group struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Groups is a list of them.
type Groups struct {
	Groups []Group `json:"groups"`
}

// InCollection is the parameter of what is about one collection.
type InCollection struct {
	Collection string `path:"collection" maxLength:"100" doc:"Identifier of the collection"`
}

func (s *Server) registerCollections() {
	add(s, operation{
		id: "collections", method: http.MethodGet, path: "collections", tag: "collections", summary: "Collections that the caller may read or write",
	}, s.collections)
	add(s, operation{
		id: "collection", method: http.MethodGet, path: "collections/{collection}", tag: "collections", summary: "One of them",
	}, s.collection)
	add(s, operation{
		id: "groups", method: http.MethodGet, path: "groups", tag: "collections", summary: "Sharing groups that the caller's organisation is in",
	}, s.groups)
}

func (s *Server) collections(ctx context.Context, p exchange.Principal, _ *struct{}) (*body[Collections], error) {
	views, err := s.ex.Collections(ctx, p, store.Root{})
	if err != nil {
		return nil, err
	}
	paths, err := s.rootPaths(ctx, p)
	if err != nil {
		return nil, err
	}
	out := Collections{Collections: []Collection{}}
	for _, v := range views {
		out.Collections = append(out.Collections, collectionOf(v, paths))
	}
	return &body[Collections]{out}, nil
}

func (s *Server) collection(ctx context.Context, p exchange.Principal, in *InCollection) (*body[Collection], error) {
	v, err := s.ex.Collection(ctx, p, store.Root{}, in.Collection)
	if err != nil {
		return nil, err
	}
	paths, err := s.rootPaths(ctx, p)
	if err != nil {
		return nil, err
	}
	return &body[Collection]{collectionOf(v, paths)}, nil
}

func collectionOf(v exchange.CollectionView, paths map[int64]string) Collection {
	return Collection{
		ID: v.UID, Root: paths[v.Root], Alias: v.Alias, Title: v.Title, Description: v.Description, Label: exchange.LabelName(v.Label),
		Public: v.Public, CanRead: v.CanRead, CanWrite: v.CanWrite,
	}
}

// rootPaths are the paths of API roots by number.
func (s *Server) rootPaths(ctx context.Context, p exchange.Principal) (map[int64]string, error) {
	roots, err := s.ex.Roots(ctx, p)
	if err != nil {
		return nil, err
	}
	paths := make(map[int64]string, len(roots))
	for _, r := range roots {
		paths[r.ID] = r.Path
	}
	return paths, nil
}

func (s *Server) groups(ctx context.Context, p exchange.Principal, _ *struct{}) (*body[Groups], error) {
	groups, err := s.ex.Groups(ctx, p)
	if err != nil {
		return nil, err
	}
	out := Groups{Groups: []Group{}}
	for _, g := range groups {
		out.Groups = append(out.Groups, Group{g.UID, g.Name})
	}
	return &body[Groups]{out}, nil
}
