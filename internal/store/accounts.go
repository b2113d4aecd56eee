package store

import (
	"context"
	"fmt"
	"time"
)

const (
	orgColumns  = `o.id, o.uid, o.name, o.clearance, o.client_of, o.disabled, o.created`
	userColumns = `u.id, u.org, u.name, u.service, u.roles, u.password, u.cert, u.disabled, u.created`
)

func (o *Org) fields() []any {
	return []any{&o.ID, &o.UID, &o.Name, &o.Clearance, &o.ClientOf, (*truth)(&o.Disabled), (*instant)(&o.Created)}
}

func (u *User) fields() []any {
	return []any{
		&u.ID, &u.Org, &u.Name, (*truth)(&u.Service), &u.Roles, &u.Password, &u.Cert,
		(*truth)(&u.Disabled), (*instant)(&u.Created),
	}
}

// CreateOrg adds an organisation. UID is made where it is empty. ErrExists: the UID or the name is taken.
func (s *Store) CreateOrg(ctx context.Context, o Org) (Org, error) {
	if o.Clearance >= Red {
		return Org{}, fmt.Errorf("clearance of %s: red is for named users, amber+strict is the most", o.Name)
	}
	if o.UID == "" {
		o.UID = "identity--" + newUUID()
	}
	o.Created = s.moment()
	err := s.write(ctx, func(t *tx) error {
		return t.one(`INSERT INTO orgs (uid, name, clearance, client_of, disabled, created) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
			[]any{o.UID, o.Name, int64(o.Clearance), o.ClientOf, bit(o.Disabled), micro(o.Created)}, &o.ID)
	})
	return o, about(err, "organisation", o.Name)
}

// UpdateOrg writes everything of an organisation but ID, UID and Created. It holds from the next statement on.
func (s *Store) UpdateOrg(ctx context.Context, o Org) error {
	if o.Clearance >= Red {
		return fmt.Errorf("clearance of %s: red is for named users, amber+strict is the most", o.Name)
	}
	return about(s.changed(ctx, `UPDATE orgs SET name = $2, clearance = $3, client_of = $4, disabled = $5 WHERE id = $1`,
		o.ID, o.Name, int64(o.Clearance), o.ClientOf, bit(o.Disabled)), "organisation", o.Name)
}

// Org gives an organisation by ID.
func (s *Store) Org(ctx context.Context, id int64) (Org, error) { return s.org(ctx, `o.id = $1`, id) }

// OrgByUID gives an organisation by its identifier in STIX.
func (s *Store) OrgByUID(ctx context.Context, uid string) (Org, error) {
	return s.org(ctx, `o.uid = $1`, uid)
}

// OrgByName gives an organisation by name.
func (s *Store) OrgByName(ctx context.Context, name string) (Org, error) {
	return s.org(ctx, `o.name = $1`, name)
}

func (s *Store) org(ctx context.Context, where string, arg any) (o Org, err error) {
	err = s.reader(ctx).one(`SELECT `+orgColumns+` FROM orgs o WHERE `+where, []any{arg}, o.fields()...)
	return o, about(err, "organisation", arg)
}

// Orgs gives all organisations, by ID.
func (s *Store) Orgs(ctx context.Context) ([]Org, error) {
	return collect(s.reader(ctx), `SELECT `+orgColumns+` FROM orgs o ORDER BY o.id`, nil, (*Org).fields)
}

// OwnOrg is the organisation that runs the node: the first one that was created. 0 where there is none yet.
func (s *Store) OwnOrg(ctx context.Context) (id int64, err error) {
	err = s.reader(ctx).one(`SELECT coalesce(min(id), 0) FROM orgs`, nil, &id)
	return id, about(err, "organisation", "of the node")
}

// CreateUser adds a user. ErrExists: the name or the certificate is taken. ErrNotFound: the organisation is not there.
func (s *Store) CreateUser(ctx context.Context, u User) (User, error) {
	u.Created = s.moment()
	err := s.write(ctx, func(t *tx) error {
		return t.one(`INSERT INTO users (org, name, service, roles, password, cert, disabled, created)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
			[]any{u.Org, u.Name, bit(u.Service), int64(u.Roles), u.Password, u.Cert, bit(u.Disabled), micro(u.Created)}, &u.ID)
	})
	return u, about(err, "user", u.Name)
}

// UpdateUser writes everything of a user but ID, Org and Created. It holds from the next statement on.
func (s *Store) UpdateUser(ctx context.Context, u User) error {
	return about(s.changed(ctx, `UPDATE users SET name = $2, service = $3, roles = $4, password = $5, cert = $6, disabled = $7 WHERE id = $1`,
		u.ID, u.Name, bit(u.Service), int64(u.Roles), u.Password, u.Cert, bit(u.Disabled)), "user", u.Name)
}

// User gives a user by ID.
func (s *Store) User(ctx context.Context, id int64) (User, error) {
	return s.user(ctx, `u.id = $1`, id)
}

// UserByName gives a user by name.
func (s *Store) UserByName(ctx context.Context, name string) (User, error) {
	return s.user(ctx, `u.name = $1`, name)
}

// UserByCert gives the user whose certificate has the public key with this SHA-256 in hex.
func (s *Store) UserByCert(ctx context.Context, fingerprint string) (User, error) {
	return s.user(ctx, `u.cert <> '' AND u.cert = $1`, fingerprint)
}

func (s *Store) user(ctx context.Context, where string, arg any) (u User, err error) {
	err = s.reader(ctx).one(`SELECT `+userColumns+` FROM users u WHERE `+where, []any{arg}, u.fields()...)
	return u, about(err, "user", arg)
}

// Users gives all users, by ID; of one organisation where org is not 0.
func (s *Store) Users(ctx context.Context, org int64) ([]User, error) {
	return collect(s.reader(ctx), `SELECT `+userColumns+` FROM users u WHERE u.org = $1 OR $1 = 0 ORDER BY u.id`, []any{org}, (*User).fields)
}

// changed runs an UPDATE or DELETE that is about one row; ErrNotFound where there is none.
func (s *Store) changed(ctx context.Context, query string, args ...any) error {
	return s.changedOr(ctx, ErrNotFound, query, args...)
}

// changedOr runs a statement that is about one row and fails with none where it changed no row.
func (s *Store) changedOr(ctx context.Context, none error, query string, args ...any) error {
	return s.write(ctx, func(t *tx) error {
		n, err := t.exec(query, args...)
		if err == nil && n == 0 {
			err = none
		}
		return err
	})
}

// moment is now as the database keeps it.
func (s *Store) moment() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// about says what an error is about.
func about(err error, what string, which any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %v: %w", what, which, err)
}
