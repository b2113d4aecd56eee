package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"entente/internal/exchange"
	"entente/internal/store"
)

// ManagedCollection is a collection as an administrator knows it.
type ManagedCollection struct {
	ID          string  `json:"id"`
	Number      int64   `json:"number" doc:"What the audit log calls it"`
	Root        string  `json:"root" doc:"Path of its API root"`
	Alias       string  `json:"alias,omitempty"`
	Title       string  `json:"title"`
	Description string  `json:"description,omitempty"`
	Owner       string  `json:"owner" doc:"id of an organisation"`
	Group       string  `json:"group,omitempty" doc:"id of the sharing group that its objects are for"`
	Label       string  `json:"label" enum:"clear,green,amber,amber+strict,red" doc:"Label of objects that have none"`
	Public      bool    `json:"public" doc:"Whether callers without credentials may read what is clear"`
	Rights      []Right `json:"rights"`
	Named       []int64 `json:"named" doc:"Numbers of the accounts that see what is red"`
}

// Right is what an organisation may do with a collection.
type Right struct {
	Organisation string `json:"organisation" doc:"id of an organisation"`
	Read         bool   `json:"read"`
	Write        bool   `json:"write"`
}

// ManagedCollections is a list of them.
type ManagedCollections struct {
	Collections []ManagedCollection `json:"collections"`
}

// NewCollection is a collection to be added. Its owner may read and write it.
type NewCollection struct {
	Root        string `json:"root" maxLength:"300" doc:"Path of its API root"`
	Alias       string `json:"alias,omitempty" maxLength:"100" pattern:"^[A-Za-z0-9._~-]*$"`
	Title       string `json:"title" minLength:"1" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]+$"`
	Description string `json:"description,omitempty" maxLength:"2000"`
	Owner       string `json:"owner" maxLength:"100" doc:"id of an organisation"`
	Group       string `json:"group,omitempty" maxLength:"100" doc:"id of the sharing group that its objects are for"`
	Label       string `json:"label,omitempty" enum:"clear,green,amber,amber+strict,red" default:"amber"`
	Public      bool   `json:"public,omitempty"`
}

// CollectionChange says what to change of a collection; what is absent stays. What is in it keeps the label and the group that
// it got.
type CollectionChange struct {
	Alias       *string `json:"alias,omitempty" maxLength:"100" pattern:"^[A-Za-z0-9._~-]*$"`
	Title       *string `json:"title,omitempty" minLength:"1" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]+$"`
	Description *string `json:"description,omitempty" maxLength:"2000"`
	Owner       *string `json:"owner,omitempty" minLength:"1" maxLength:"100"`
	Group       *string `json:"group,omitempty" maxLength:"100" doc:"Empty for none"`
	Label       *string `json:"label,omitempty" enum:"clear,green,amber,amber+strict,red"`
	Public      *bool   `json:"public,omitempty"`
}

// Grant is what an organisation is to do with a collection from now on.
type Grant struct {
	Read  bool `json:"read"`
	Write bool `json:"write"`
}

func (s *Server) registerRights() {
	const path = "admin/collections"
	add(s, operation{id: "managed-collections", method: http.MethodGet, path: path, tag: administration, summary: "All collections, and who may read and write them"}, s.managed)
	add(s, operation{id: "add-collection", method: http.MethodPost, path: path, tag: administration, summary: "Add a collection", status: http.StatusCreated}, s.addCollection)
	add(s, operation{id: "change-collection", method: http.MethodPatch, path: path + "/{collection}", tag: administration, summary: "Change a collection"}, s.changeCollection)
	add(s, operation{id: "remove-collection", method: http.MethodDelete, path: path + "/{collection}", tag: administration, summary: "Remove a collection in which there is nothing"}, s.removeCollection)
	add(s, operation{id: "set-rights", method: http.MethodPut, path: path + "/{collection}/rights/{organisation}", tag: administration, summary: "Say what an organisation may do with a collection"}, s.setRights)
	add(s, operation{id: "name-user", method: http.MethodPut, path: path + "/{collection}/named/{user}", tag: administration, summary: "Name a user who sees what is red in a collection"},
		func(ctx context.Context, p exchange.Principal, in *named) (*nothing, error) {
			return nil, s.name(ctx, p, in, true)
		})
	add(s, operation{id: "unname-user", method: http.MethodDelete, path: path + "/{collection}/named/{user}", tag: administration, summary: "Name the user no more"},
		func(ctx context.Context, p exchange.Principal, in *named) (*nothing, error) {
			return nil, s.name(ctx, p, in, false)
		})
}

type named struct {
	InCollection
	OfUser
}

// estate is everything by which administration names things.
type estate struct {
	orgs        orgs
	groups      []store.Group
	roots       []store.Root
	collections []store.Collection
}

func (s *Server) estate(ctx context.Context, p exchange.Principal) (e estate, err error) {
	if e.collections, err = s.ex.AllCollections(ctx, p); err != nil {
		return e, err
	}
	if e.groups, err = s.ex.AllGroups(ctx, p); err != nil {
		return e, err
	}
	if e.roots, err = s.ex.Roots(ctx, p); err != nil {
		return e, err
	}
	e.orgs, err = s.ex.Orgs(ctx, p)
	return e, err
}

func (e estate) collection(uid string) (store.Collection, error) {
	i := slices.IndexFunc(e.collections, func(c store.Collection) bool { return c.UID == uid })
	if i < 0 {
		return store.Collection{}, fmt.Errorf("collection: %w", exchange.ErrNotFound)
	}
	return e.collections[i], nil
}

// group finds the sharing group that a body names. "" is none.
func (e estate) group(uid string) (int64, error) {
	if uid == "" {
		return 0, nil
	}
	i := slices.IndexFunc(e.groups, func(g store.Group) bool { return g.UID == uid })
	if i < 0 {
		return 0, newProblem(http.StatusUnprocessableEntity, "there is no sharing group "+uid)
	}
	return e.groups[i].ID, nil
}

// view is a collection as it is shown.
func (s *Server) view(ctx context.Context, p exchange.Principal, e estate, c store.Collection) (ManagedCollection, error) {
	out := ManagedCollection{
		ID: c.UID, Number: c.ID, Alias: c.Alias, Title: c.Title, Description: c.Description, Owner: e.orgs.uid(c.Owner),
		Label: exchange.LabelName(c.Label), Public: c.Public, Rights: []Right{},
	}
	for _, r := range e.roots {
		if r.ID == c.Root {
			out.Root = r.Path
		}
	}
	for _, g := range e.groups {
		if g.ID == c.Group {
			out.Group = g.UID
		}
	}
	rights, err := s.ex.Rights(ctx, p, c.ID)
	if err != nil {
		return out, err
	}
	for _, r := range rights {
		out.Rights = append(out.Rights, Right{e.orgs.uid(r.Org), r.Read, r.Write})
	}
	out.Named, err = s.ex.Named(ctx, p, c.ID)
	if out.Named == nil {
		out.Named = []int64{}
	}
	return out, err
}

func (s *Server) managed(ctx context.Context, p exchange.Principal, _ *struct{}) (*body[ManagedCollections], error) {
	e, err := s.estate(ctx, p)
	if err != nil {
		return nil, err
	}
	out := ManagedCollections{Collections: make([]ManagedCollection, 0, len(e.collections))}
	for _, c := range e.collections {
		v, err := s.view(ctx, p, e, c)
		if err != nil {
			return nil, err
		}
		out.Collections = append(out.Collections, v)
	}
	return &body[ManagedCollections]{out}, nil
}

func (s *Server) addCollection(ctx context.Context, p exchange.Principal, in *body[NewCollection]) (*body[ManagedCollection], error) {
	n := in.Body
	e, err := s.estate(ctx, p)
	if err != nil {
		return nil, err
	}
	root := slices.IndexFunc(e.roots, func(r store.Root) bool { return r.Path == n.Root })
	if root < 0 {
		return nil, newProblem(http.StatusUnprocessableEntity, "there is no API root "+n.Root)
	}
	owner, err := e.orgs.byUID(n.Owner)
	if err != nil {
		return nil, err
	}
	if owner.ID == 0 {
		return nil, newProblem(http.StatusUnprocessableEntity, "owner: an organisation")
	}
	c := store.Collection{Root: e.roots[root].ID, Alias: n.Alias, Title: n.Title, Description: n.Description, Owner: owner.ID, Public: n.Public}
	if c.Group, err = e.group(n.Group); err != nil {
		return nil, err
	}
	c.Label, _ = exchange.LabelNamed(n.Label) // one of the enumeration
	if c, err = s.ex.AddCollection(ctx, p, c); err != nil {
		return nil, err
	}
	v, err := s.view(ctx, p, e, c)
	return &body[ManagedCollection]{v}, err
}

func (s *Server) changeCollection(ctx context.Context, p exchange.Principal, in *struct {
	InCollection
	Body CollectionChange
},
) (*body[ManagedCollection], error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	e, err := s.estate(ctx, p)
	if err != nil {
		return nil, err
	}
	c, err := e.collection(in.Collection)
	if err != nil {
		return nil, err
	}
	n := in.Body
	set(&c.Alias, n.Alias)
	set(&c.Title, n.Title)
	set(&c.Description, n.Description)
	set(&c.Public, n.Public)
	if n.Owner != nil {
		owner, err := e.orgs.byUID(*n.Owner)
		if err != nil {
			return nil, err
		}
		c.Owner = owner.ID
	}
	if n.Group != nil {
		if c.Group, err = e.group(*n.Group); err != nil {
			return nil, err
		}
	}
	if n.Label != nil {
		c.Label, _ = exchange.LabelNamed(*n.Label)
	}
	if err := s.ex.SetCollection(ctx, p, c); err != nil {
		return nil, err
	}
	v, err := s.view(ctx, p, e, c)
	return &body[ManagedCollection]{v}, err
}

func (s *Server) removeCollection(ctx context.Context, p exchange.Principal, in *InCollection) (*nothing, error) {
	s.changing.Lock()
	defer s.changing.Unlock()
	e, err := s.estate(ctx, p)
	if err != nil {
		return nil, err
	}
	c, err := e.collection(in.Collection)
	if err != nil {
		return nil, err
	}
	return nil, s.ex.RemoveCollection(ctx, p, c)
}

func (s *Server) setRights(ctx context.Context, p exchange.Principal, in *struct {
	InCollection
	Organisation string `path:"organisation" maxLength:"100" doc:"id of the organisation"`
	Body         Grant
},
) (*nothing, error) {
	e, err := s.estate(ctx, p)
	if err != nil {
		return nil, err
	}
	c, err := e.collection(in.Collection)
	if err != nil {
		return nil, err
	}
	org, _, err := s.orgOf(ctx, p, in.Organisation)
	if err != nil {
		return nil, err
	}
	return nil, s.ex.SetRights(ctx, p, c, org, in.Body.Read, in.Body.Write)
}

func (s *Server) name(ctx context.Context, p exchange.Principal, in *named, set bool) error {
	e, err := s.estate(ctx, p)
	if err != nil {
		return err
	}
	c, err := e.collection(in.Collection)
	if err != nil {
		return err
	}
	user, err := s.userOf(ctx, p, in.User)
	if err != nil {
		return err
	}
	return s.ex.SetNamed(ctx, p, c, user, set)
}
