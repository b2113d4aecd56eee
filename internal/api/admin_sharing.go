package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"entente/internal/exchange"
	"entente/internal/store"
)

// SharingGroup is a sharing group with its members.
type SharingGroup struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Owner   string   `json:"owner" doc:"id of an organisation"`
	Members []string `json:"members" doc:"ids of organisations"`
}

// SharingGroups is a list of them.
type SharingGroups struct {
	Groups []SharingGroup `json:"groups"`
}

// NewGroup is a sharing group to be added.
type NewGroup struct {
	Name  string `json:"name" minLength:"1" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]+$"`
	Owner string `json:"owner" maxLength:"100" doc:"id of an organisation, the first member"`
}

// Root is an API root of TAXII.
type Root struct {
	Path             string `json:"path"`
	Title            string `json:"title"`
	MaxContentLength int64  `json:"max_content_length" doc:"Most bytes of a submission"`
}

// Roots is a list of them.
type Roots struct {
	Roots []Root `json:"roots"`
}

// NewRoot is an API root to be added.
type NewRoot struct {
	Path             string `json:"path" minLength:"1" maxLength:"200" doc:"Letters, digits and -._~, with slashes between segments"`
	Title            string `json:"title,omitempty" maxLength:"200"`
	Description      string `json:"description,omitempty" maxLength:"2000"`
	MaxContentLength int64  `json:"max_content_length,omitempty" minimum:"0" doc:"Most bytes of a submission; 0: what the node takes"`
}

// OfGroup is the parameter of what is about a sharing group.
type OfGroup struct {
	Group string `path:"group" maxLength:"100" doc:"id of the sharing group"`
}

// OfMember is the parameter of what is about an organisation in a sharing group.
type OfMember struct {
	Group        string `path:"group" maxLength:"100" doc:"id of the sharing group"`
	Organisation string `path:"organisation" maxLength:"100" doc:"id of the organisation"`
}

func (s *Server) registerSharing() {
	const path = "admin/groups"
	add(s, operation{id: "sharing-groups", method: http.MethodGet, path: path, tag: administration, summary: "All sharing groups and their members"}, s.allGroups)
	add(s, operation{id: "add-group", method: http.MethodPost, path: path, tag: administration, summary: "Add a sharing group", status: http.StatusCreated}, s.addGroup)
	add(s, operation{id: "remove-group", method: http.MethodDelete, path: path + "/{group}", tag: administration, summary: "Remove a sharing group for which there is nothing"}, s.removeGroup)
	add(s, operation{id: "add-member", method: http.MethodPut, path: path + "/{group}/members/{organisation}", tag: administration, summary: "Make an organisation a member of a sharing group"},
		func(ctx context.Context, p exchange.Principal, in *OfMember) (*nothing, error) {
			return nil, s.member(ctx, p, in, true)
		})
	add(s, operation{id: "remove-member", method: http.MethodDelete, path: path + "/{group}/members/{organisation}", tag: administration, summary: "End the membership of an organisation in a sharing group"},
		func(ctx context.Context, p exchange.Principal, in *OfMember) (*nothing, error) {
			return nil, s.member(ctx, p, in, false)
		})
	add(s, operation{id: "roots", method: http.MethodGet, path: "admin/roots", tag: administration, summary: "All API roots of TAXII"}, s.roots)
	add(s, operation{id: "add-root", method: http.MethodPost, path: "admin/roots", tag: administration, summary: "Add an API root of TAXII", status: http.StatusCreated}, s.addRoot)
}

func (s *Server) allGroups(ctx context.Context, p exchange.Principal, _ *struct{}) (*body[SharingGroups], error) {
	groups, err := s.ex.AllGroups(ctx, p)
	if err != nil {
		return nil, err
	}
	all, err := s.ex.Orgs(ctx, p)
	if err != nil {
		return nil, err
	}
	out := SharingGroups{Groups: make([]SharingGroup, 0, len(groups))}
	for _, g := range groups {
		members, err := s.ex.Members(ctx, p, g.ID)
		if err != nil {
			return nil, err
		}
		out.Groups = append(out.Groups, SharingGroup{g.UID, g.Name, orgs(all).uid(g.Owner), orgs(all).uids(members)})
	}
	return &body[SharingGroups]{out}, nil
}

func (o orgs) uids(ids []int64) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, o.uid(id))
	}
	return out
}

func (s *Server) addGroup(ctx context.Context, p exchange.Principal, in *body[NewGroup]) (*body[SharingGroup], error) {
	owner, _, err := s.orgOf(ctx, p, in.Body.Owner)
	if err != nil {
		return nil, unnamed(err, "organisation")
	}
	g, err := s.ex.AddGroup(ctx, p, store.Group{Name: in.Body.Name, Owner: owner.ID})
	return &body[SharingGroup]{SharingGroup{g.UID, g.Name, owner.UID, []string{owner.UID}}}, err
}

func (s *Server) member(ctx context.Context, p exchange.Principal, in *OfMember, member bool) error {
	org, _, err := s.orgOf(ctx, p, in.Organisation)
	if err != nil {
		return err
	}
	g, err := s.group(ctx, p, in.Group)
	if err != nil {
		return err
	}
	return s.ex.SetMember(ctx, p, g, org, member)
}

func (s *Server) group(ctx context.Context, p exchange.Principal, uid string) (store.Group, error) {
	groups, err := s.ex.AllGroups(ctx, p)
	if err != nil {
		return store.Group{}, err
	}
	i := slices.IndexFunc(groups, func(g store.Group) bool { return g.UID == uid })
	if i < 0 {
		return store.Group{}, fmt.Errorf("sharing group: %w", exchange.ErrNotFound)
	}
	return groups[i], nil
}

func (s *Server) removeGroup(ctx context.Context, p exchange.Principal, in *OfGroup) (*nothing, error) {
	g, err := s.group(ctx, p, in.Group)
	if err != nil {
		return nil, err
	}
	return nil, s.ex.RemoveGroup(ctx, p, g)
}

func (s *Server) addRoot(ctx context.Context, p exchange.Principal, in *body[NewRoot]) (*body[Root], error) {
	n := in.Body
	if s.opt.CheckRoot != nil {
		if err := s.opt.CheckRoot(n.Path); err != nil {
			return nil, newProblem(http.StatusUnprocessableEntity, "path: "+err.Error())
		}
	}
	r, err := s.ex.AddRoot(ctx, p, store.Root{Path: n.Path, Title: n.Title, Description: n.Description, MaxContentLength: n.MaxContentLength})
	return &body[Root]{s.rootOf(r)}, err
}

func (s *Server) rootOf(r store.Root) Root {
	most := r.MaxContentLength
	if most == 0 {
		most = s.opt.MaxBody
	}
	return Root{r.Path, r.Title, most}
}

func (s *Server) roots(ctx context.Context, p exchange.Principal, _ *struct{}) (*body[Roots], error) {
	roots, err := s.ex.Roots(ctx, p)
	if err != nil {
		return nil, err
	}
	out := Roots{Roots: make([]Root, 0, len(roots))}
	for _, r := range roots {
		out.Roots = append(out.Roots, s.rootOf(r))
	}
	return &body[Roots]{out}, nil
}
