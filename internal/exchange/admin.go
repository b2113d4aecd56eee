package exchange

import (
	"context"
	"fmt"
	"strconv"

	"entente/internal/store"
)

// Administration over the network: what `entente admin` does on the node itself, for callers who may. Every method needs the
// deed [Administer], and what changes something has an entry in the audit log. What an administrator changes holds from the
// next statement on.

// administer is [ErrForbidden] for who is no administrator.
func (p Principal) administer() error {
	if !p.May(Administer) {
		return fmt.Errorf("administration needs the role and the scope admin: %w", ErrForbidden)
	}
	return nil
}

// administered asks for a list, for administrators.
func administered[T any](p Principal, list func() ([]T, error)) ([]T, error) {
	if err := p.administer(); err != nil {
		return nil, err
	}
	out, err := list()
	return out, meaning(err)
}

// done notes a deed of administration that has succeeded.
func (s *Service) done(ctx context.Context, p Principal, err error, deed, object string, detail map[string]any) error {
	if err != nil {
		return meaning(err)
	}
	return s.Audit(ctx, p, "admin."+deed, object, detail)
}

// Orgs are all organisations.
func (s *Service) Orgs(ctx context.Context, p Principal) ([]store.Org, error) {
	return administered(p, func() ([]store.Org, error) { return s.st.Orgs(ctx) })
}

// AddOrg adds an organisation.
func (s *Service) AddOrg(ctx context.Context, p Principal, o store.Org) (store.Org, error) {
	if err := p.administer(); err != nil {
		return o, err
	}
	o, err := s.st.CreateOrg(ctx, o)
	return o, s.done(ctx, p, err, "org.add", o.UID, map[string]any{"name": o.Name, "clearance": LabelName(o.Clearance)})
}

// SetOrg writes an organisation.
func (s *Service) SetOrg(ctx context.Context, p Principal, o store.Org) error {
	if err := p.administer(); err != nil {
		return err
	}
	return s.done(ctx, p, s.st.UpdateOrg(ctx, o), "org.set", o.UID, map[string]any{
		"name": o.Name, "clearance": LabelName(o.Clearance), "client_of": o.ClientOf, "disabled": o.Disabled,
	})
}

// Users are all accounts.
func (s *Service) Users(ctx context.Context, p Principal) ([]store.User, error) {
	return administered(p, func() ([]store.User, error) { return s.st.Users(ctx, 0) })
}

// AddUser adds an account.
func (s *Service) AddUser(ctx context.Context, p Principal, u store.User) (store.User, error) {
	if err := p.administer(); err != nil {
		return u, err
	}
	u, err := s.st.CreateUser(ctx, u)
	return u, s.done(ctx, p, err, "user.add", u.Name, userDetail(u))
}

// SetUser writes an account.
func (s *Service) SetUser(ctx context.Context, p Principal, u store.User) error {
	if err := p.administer(); err != nil {
		return err
	}
	return s.done(ctx, p, s.st.UpdateUser(ctx, u), "user.set", u.Name, userDetail(u))
}

func userDetail(u store.User) map[string]any {
	return map[string]any{
		"org": u.Org, "roles": RoleNames(u.Roles), "service": u.Service, "disabled": u.Disabled, "password": u.Password != "", "cert": u.Cert,
	}
}

// Tokens are all tokens. None of them has its secret.
func (s *Service) Tokens(ctx context.Context, p Principal) ([]store.Token, error) {
	return administered(p, func() ([]store.Token, error) { return s.st.Tokens(ctx, 0) })
}

// AddToken adds a token and gives its secret, which is nowhere else.
func (s *Service) AddToken(ctx context.Context, p Principal, k store.Token) (secret string, _ store.Token, _ error) {
	if err := p.administer(); err != nil {
		return "", k, err
	}
	secret, k.Hash = NewToken()
	k, err := s.st.CreateToken(ctx, k)
	err = s.done(ctx, p, err, "token.add", strconv.FormatInt(k.ID, 10), map[string]any{"user": k.User, "scopes": ScopeNames(k.Scopes)})
	if err != nil {
		return "", k, err
	}
	return secret, k, nil
}

// RevokeToken ends a token for good.
func (s *Service) RevokeToken(ctx context.Context, p Principal, id int64) error {
	if err := p.administer(); err != nil {
		return err
	}
	return s.done(ctx, p, s.st.RevokeToken(ctx, id), "token.revoke", strconv.FormatInt(id, 10), nil)
}

// AllGroups are all sharing groups.
func (s *Service) AllGroups(ctx context.Context, p Principal) ([]store.Group, error) {
	return administered(p, func() ([]store.Group, error) { return s.st.Groups(ctx, 0) })
}

// Members are the organisations in a sharing group.
func (s *Service) Members(ctx context.Context, p Principal, group int64) ([]int64, error) {
	return administered(p, func() ([]int64, error) { return s.st.Members(ctx, group) })
}

// AddGroup adds a sharing group, whose owner is its first member.
func (s *Service) AddGroup(ctx context.Context, p Principal, g store.Group) (store.Group, error) {
	if err := p.administer(); err != nil {
		return g, err
	}
	g, err := s.st.CreateGroup(ctx, g)
	return g, s.done(ctx, p, err, "group.add", g.UID, map[string]any{"name": g.Name, "owner": g.Owner})
}

// SetMember says whether an organisation is a member of a sharing group.
func (s *Service) SetMember(ctx context.Context, p Principal, g store.Group, o store.Org, member bool) error {
	if err := p.administer(); err != nil {
		return err
	}
	deed, set := "group.join", s.st.AddMember
	if !member {
		deed, set = "group.leave", s.st.RemoveMember
	}
	return s.done(ctx, p, set(ctx, g.ID, o.ID), deed, g.UID, map[string]any{"org": o.UID})
}

// AllCollections are all collections, whoever may see them.
func (s *Service) AllCollections(ctx context.Context, p Principal) ([]store.Collection, error) {
	return administered(p, func() ([]store.Collection, error) { return s.st.AllCollections(ctx, 0) })
}

// AddCollection adds a collection, which its owner may read and write.
func (s *Service) AddCollection(ctx context.Context, p Principal, c store.Collection) (store.Collection, error) {
	if err := p.administer(); err != nil {
		return c, err
	}
	c, err := s.st.CreateCollection(ctx, c)
	if err == nil {
		err = s.st.SetRights(ctx, store.Rights{Collection: c.ID, Org: c.Owner, Read: true, Write: true})
	}
	return c, s.done(ctx, p, err, "collection.add", c.UID, collectionDetail(c))
}

// SetCollection writes a collection. What is in it keeps the label and the group that it got.
func (s *Service) SetCollection(ctx context.Context, p Principal, c store.Collection) error {
	if err := p.administer(); err != nil {
		return err
	}
	return s.done(ctx, p, s.st.UpdateCollection(ctx, c), "collection.set", c.UID, collectionDetail(c))
}

func collectionDetail(c store.Collection) map[string]any {
	return map[string]any{"title": c.Title, "owner": c.Owner, "label": LabelName(c.Label), "public": c.Public, "group": c.Group}
}

// Rights are what organisations may do with a collection.
func (s *Service) Rights(ctx context.Context, p Principal, collection int64) ([]store.Rights, error) {
	return administered(p, func() ([]store.Rights, error) { return s.st.Rights(ctx, collection) })
}

// SetRights says what an organisation may do with a collection.
func (s *Service) SetRights(ctx context.Context, p Principal, c store.Collection, o store.Org, read, write bool) error {
	if err := p.administer(); err != nil {
		return err
	}
	err := s.st.SetRights(ctx, store.Rights{Collection: c.ID, Org: o.ID, Read: read, Write: write})
	return s.done(ctx, p, err, "collection.grant", c.UID, map[string]any{"org": o.UID, "read": read, "write": write})
}

// Named are the users whom a collection names for what is red.
func (s *Service) Named(ctx context.Context, p Principal, collection int64) ([]int64, error) {
	return administered(p, func() ([]int64, error) { return s.st.Named(ctx, collection) })
}

// SetNamed says whether a collection names a user.
func (s *Service) SetNamed(ctx context.Context, p Principal, c store.Collection, u store.User, named bool) error {
	if err := p.administer(); err != nil {
		return err
	}
	return s.done(ctx, p, s.st.SetNamed(ctx, c.ID, u.ID, named), "collection.name", c.UID, map[string]any{"user": u.Name, "named": named})
}

// RemoveCollection removes a collection in which there is nothing; [store.ErrConflict] where there is something.
func (s *Service) RemoveCollection(ctx context.Context, p Principal, c store.Collection) error {
	if err := p.administer(); err != nil {
		return err
	}
	return s.done(ctx, p, s.st.RemoveCollection(ctx, c.ID), "collection.remove", c.UID, map[string]any{"title": c.Title})
}

// RemoveGroup removes a sharing group for which there is nothing; [store.ErrConflict] where there is something.
func (s *Service) RemoveGroup(ctx context.Context, p Principal, g store.Group) error {
	if err := p.administer(); err != nil {
		return err
	}
	return s.done(ctx, p, s.st.RemoveGroup(ctx, g.ID), "group.remove", g.UID, map[string]any{"name": g.Name})
}

// AddRoot adds an API root.
func (s *Service) AddRoot(ctx context.Context, p Principal, r store.Root) (store.Root, error) {
	if err := p.administer(); err != nil {
		return r, err
	}
	r, err := s.st.CreateRoot(ctx, r)
	return r, s.done(ctx, p, err, "root.add", r.Path, nil)
}
