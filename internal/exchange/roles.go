package exchange

import "entente/internal/store"

// Deed is a kind of thing that a caller may do.
type Deed uint8

// The deeds.
const (
	Read       Deed = iota + 1 // see objects, manifests, counts, the graph
	Write                      // submit to, import into and delete from collections of the own organisation
	Publish                    // the same with collections of others
	Administer                 // accounts, tokens, collections, rights, sharing groups
	Audit                      // read and verify the audit log
)

// allowed is the whole table: which roles may do a deed, one of them being enough, and which scope a token needs for it.
// Nothing follows from anything: an administrator who has no other role sees no object.
var allowed = map[Deed]struct {
	roles store.Roles
	scope store.Scopes
}{
	Read:       {store.Reader | store.Analyst | store.Publisher, store.ScopeRead},
	Write:      {store.Analyst | store.Publisher, store.ScopeWrite},
	Publish:    {store.Publisher, store.ScopeWrite},
	Administer: {store.Admin, store.ScopeAdmin},
	Audit:      {store.Auditor, store.ScopeAudit},
}

// May says whether the roles and scopes of the caller allow a deed. What its organisation may do with a collection is
// another matter, and the store's.
func (p Principal) May(d Deed) bool {
	a := allowed[d]
	return p.Roles&a.roles != 0 && p.Scopes&a.scope != 0
}

// AllScopes are what a caller has who came by password or certificate.
const AllScopes = store.ScopeRead | store.ScopeWrite | store.ScopeAdmin | store.ScopeAudit

// view is a collection as far as the caller's roles and scopes reach.
func (p Principal) view(c store.Collection, canRead, canWrite bool) CollectionView {
	write := Publish
	if c.Owner == p.Org {
		write = Write
	}
	return CollectionView{
		Collection: c,
		CanRead:    canRead && p.May(Read),
		CanWrite:   canWrite && !p.IsAnonymous() && p.May(write),
	}
}
