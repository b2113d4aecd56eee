package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"

	"entente/internal/exchange"
	"entente/internal/store"
)

// First is what a new node begins with.
type First struct {
	Organisation string // that runs the node; default: Own organisation
	Admin        string // name of the first account; default: admin
	Root         string // path of the first API root; default: entente
}

// Begun is what [Begin] made.
type Begun struct {
	Organisation store.Org
	Admin        store.User
	Token        string // the secret of the first account's token. It is nowhere else.
	Root         store.Root
	Collection   store.Collection
}

// Begin gives a new store its first organisation, an account that may do everything, with a token, and an API root with a
// collection. It fails with store.ErrExists where somebody can log in already. A node that was killed while it began goes on
// where it was.
func Begin(ctx context.Context, st *store.Store, f First) (b Begun, err error) {
	def(&f.Organisation, "Own organisation")
	def(&f.Admin, "admin")
	def(&f.Root, "entente")
	fresh, err := IsNew(ctx, st)
	if err == nil && !fresh {
		err = fmt.Errorf("the store has accounts: %w", store.ErrExists)
	}
	if err != nil {
		return b, err
	}
	b.Organisation, err = made(func() (store.Org, error) {
		return st.CreateOrg(ctx, store.Org{Name: f.Organisation, Clearance: store.AmberStrict})
	}, func() (store.Org, error) { return st.OrgByName(ctx, f.Organisation) })
	if err != nil {
		return b, err
	}
	b.Root, err = made(func() (store.Root, error) {
		return st.CreateRoot(ctx, store.Root{Path: f.Root, Title: f.Organisation})
	}, func() (store.Root, error) { return st.RootByPath(ctx, f.Root) })
	if err != nil {
		return b, err
	}
	// The identifier is fixed first, so that a second attempt makes no second collection.
	uid, err := st.MetaOr(ctx, "first.collection", []byte(newUUID()))
	if err != nil {
		return b, err
	}
	b.Collection, err = made(func() (store.Collection, error) {
		return st.CreateCollection(ctx, store.Collection{
			UID: string(uid), Root: b.Root.ID, Alias: "shared", Title: "Shared", Owner: b.Organisation.ID, Label: store.Amber,
		})
	}, func() (store.Collection, error) { return st.CollectionByUID(ctx, string(uid)) })
	if err != nil {
		return b, err
	}
	if err := st.SetRights(ctx, store.Rights{Collection: b.Collection.ID, Org: b.Organisation.ID, Read: true, Write: true}); err != nil {
		return b, err
	}
	b.Admin, err = made(func() (store.User, error) {
		return st.CreateUser(ctx, store.User{Org: b.Organisation.ID, Name: f.Admin, Roles: allRoles})
	}, func() (store.User, error) { return st.UserByName(ctx, f.Admin) })
	if err != nil {
		return b, err
	}
	secret, hash := exchange.NewToken()
	_, err = st.CreateToken(ctx, store.Token{User: b.Admin.ID, Name: "first", Hash: hash, Scopes: exchange.AllScopes})
	b.Token = secret
	return b, err
}

const allRoles = store.Reader | store.Analyst | store.Publisher | store.Admin | store.Auditor

// made makes a thing, or gives the one that is there.
func made[T any](create, find func() (T, error)) (T, error) {
	v, err := create()
	if errors.Is(err, store.ErrExists) {
		return find()
	}
	return v, err
}

// IsNew says whether nobody can log in to the node yet.
func IsNew(ctx context.Context, st *store.Store) (bool, error) {
	tokens, err := st.Tokens(ctx, 0)
	if err != nil || len(tokens) > 0 {
		return false, err
	}
	users, err := st.Users(ctx, 0)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(users, func(u store.User) bool { return u.Password != "" || u.Cert != "" }), nil
}

// newUUID gives a random UUID of version 4 (RFC 9562 section 5.4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
