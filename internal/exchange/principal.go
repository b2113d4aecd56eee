package exchange

import "entente/internal/store"

// Principal is a caller whose credentials were checked. It holds for one request: rights that are withdrawn count from the
// next one on.
type Principal struct {
	store.Caller
	UserName string // "" for an anonymous caller
	OrgUID   string // identity--UUID
	OrgName  string
	Roles    store.Roles
	Scopes   store.Scopes // of the token; all of them where the caller came by password or certificate
	Token    int64        // 0 without
	Remote   string       // address, for the audit log; the server sets it
}

// IsAnonymous says that nobody has shown credentials.
func (p Principal) IsAnonymous() bool { return p.User == 0 }

// CollectionView is a collection and what the caller may do with it: the rights of its organisation, and what its roles and
// scopes leave of them.
type CollectionView struct {
	store.Collection
	CanRead, CanWrite bool
}
