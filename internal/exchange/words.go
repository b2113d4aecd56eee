package exchange

import "entente/internal/store"

// The words for sets of roles and scopes, in the order of their bits.
var (
	roleNames  = [...]string{"reader", "analyst", "publisher", "admin", "auditor"}
	scopeNames = [...]string{"read", "write", "admin", "audit"}
)

// RoleNames writes a set of roles: reader, analyst, publisher, admin, auditor.
func RoleNames(r store.Roles) []string { return bitNames(r, roleNames[:]) }

// RolesNamed reads one. ok is false where a word is none of them.
func RolesNamed(words []string) (set store.Roles, ok bool) {
	return bitsNamed[store.Roles](words, roleNames[:])
}

// ScopeNames writes a set of scopes: read, write, admin, audit.
func ScopeNames(s store.Scopes) []string { return bitNames(s, scopeNames[:]) }

// ScopesNamed reads one. ok is false where a word is none of them.
func ScopesNamed(words []string) (set store.Scopes, ok bool) {
	return bitsNamed[store.Scopes](words, scopeNames[:])
}

func bitNames[T ~uint8](set T, names []string) []string {
	out := []string{}
	for i, name := range names {
		if set&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

func bitsNamed[T ~uint8](words, names []string) (set T, ok bool) {
next:
	for _, w := range words {
		for i, name := range names {
			if w == name {
				set |= 1 << i
				continue next
			}
		}
		return 0, false
	}
	return set, true
}
