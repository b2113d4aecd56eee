package store

import (
	"context"
	"fmt"
	"time"
)

//nolint:gosec // names of columns, no secret
const tokenColumns = `k.id, k.usr, k.name, k.hash, k.scopes, k.created, k.expires, k.last_used, k.revoked`

func (k *Token) fields() []any {
	return []any{
		&k.ID, &k.User, &k.Name, (*digest)(&k.Hash), &k.Scopes, (*instant)(&k.Created), (*instant)(&k.Expires),
		(*instant)(&k.LastUsed), (*truth)(&k.Revoked),
	}
}

// digest is a SHA-256 in the database.
type digest [32]byte

// Scan implements sql.Scanner.
func (d *digest) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok || len(b) != len(d) {
		return fmt.Errorf("a digest is stored as %T of %d bytes", v, len(b))
	}
	copy(d[:], b)
	return nil
}

// CreateToken adds a token; Hash and User have to be set. ErrNotFound: the user is not there.
func (s *Store) CreateToken(ctx context.Context, k Token) (Token, error) {
	k.Created = s.moment()
	err := s.write(ctx, func(t *tx) error {
		return t.one(`INSERT INTO tokens (usr, name, hash, scopes, created, expires, last_used, revoked)
			VALUES ($1, $2, $3, $4, $5, $6, 0, 0) RETURNING id`,
			[]any{k.User, k.Name, k.Hash[:], int64(k.Scopes), micro(k.Created), micro(k.Expires)}, &k.ID)
	})
	return k, about(err, "token", k.Name)
}

// TokenByHash gives the token with the SHA-256 of a secret, its user and the organisation, all of one state. It judges
// nothing: whether the token is revoked or expired and whether user or organisation are disabled is for the caller to look at.
// The look-up is by the hash of a secret of 256 random bits, so its timing tells nothing of use.
func (s *Store) TokenByHash(ctx context.Context, hash [32]byte) (k Token, u User, o Org, err error) {
	into := append(append(k.fields(), u.fields()...), o.fields()...)
	err = s.reader(ctx).one(`SELECT `+tokenColumns+`, `+userColumns+`, `+orgColumns+`
		FROM tokens k JOIN users u ON u.id = k.usr JOIN orgs o ON o.id = u.org WHERE k.hash = $1`, []any{hash[:]}, into...)
	if err != nil {
		return Token{}, User{}, Org{}, fmt.Errorf("token: %w", err)
	}
	return k, u, o, nil
}

// Tokens gives all tokens, by ID; of one user where user is not 0.
func (s *Store) Tokens(ctx context.Context, user int64) ([]Token, error) {
	return collect(s.reader(ctx), `SELECT `+tokenColumns+` FROM tokens k WHERE k.usr = $1 OR $1 = 0 ORDER BY k.id`, []any{user}, (*Token).fields)
}

// RevokeToken ends a token for good.
func (s *Store) RevokeToken(ctx context.Context, id int64) error {
	return about(s.changed(ctx, `UPDATE tokens SET revoked = 1 WHERE id = $1`, id), "token", id)
}

// TouchToken notes that a token was used, to the minute: of the calls within one minute only the first writes.
func (s *Store) TouchToken(ctx context.Context, id int64, at time.Time) error {
	minute := at.UTC().Truncate(time.Minute)
	var last int64
	if err := s.reader(ctx).one(`SELECT last_used FROM tokens WHERE id = $1`, []any{id}, &last); err != nil {
		return about(err, "token", id)
	}
	if last >= micro(minute) {
		return nil
	}
	return about(s.changed(ctx, `UPDATE tokens SET last_used = $2 WHERE id = $1`, id, micro(minute)), "token", id)
}
