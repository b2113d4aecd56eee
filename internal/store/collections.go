package store

import (
	"context"
	"time"
)

const (
	groupColumns      = `g.id, g.uid, g.name, g.owner`
	rootColumns       = `r.id, r.path, r.title, r.description, r.max_content_length`
	collectionColumns = `c.id, c.uid, c.root, c.alias, c.title, c.description, c.owner, c.grp, c.label, c.public`
)

func (g *Group) fields() []any { return []any{&g.ID, &g.UID, &g.Name, &g.Owner} }

func (r *Root) fields() []any {
	return []any{&r.ID, &r.Path, &r.Title, &r.Description, &r.MaxContentLength}
}

func (c *Collection) fields() []any {
	return []any{&c.ID, &c.UID, &c.Root, &c.Alias, &c.Title, &c.Description, &c.Owner, &c.Group, &c.Label, (*truth)(&c.Public)}
}

// CollectionView is a collection and what a caller may do with it.
type CollectionView struct {
	Collection
	// CanRead: the caller's organisation may read, or the collection is public, where without a right only what is clear is seen.
	CanRead  bool
	CanWrite bool
}

func (c *CollectionView) fields() []any {
	return append(c.Collection.fields(), (*truth)(&c.CanRead), (*truth)(&c.CanWrite))
}

// CreateGroup adds a sharing group; UID is made where it is empty. Its owner is its first member: only members see what is
// shared with a group, and the owner can be removed like any other.
func (s *Store) CreateGroup(ctx context.Context, g Group) (Group, error) {
	if g.UID == "" {
		g.UID = newUUID()
	}
	err := s.write(ctx, func(t *tx) error {
		if err := t.one(`INSERT INTO sharing_groups (uid, name, owner) VALUES ($1, $2, $3) RETURNING id`, []any{g.UID, g.Name, g.Owner}, &g.ID); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO members (grp, org) VALUES ($1, $2)`, g.ID, g.Owner)
		return err
	})
	return g, about(err, "sharing group", g.Name)
}

// Groups gives all sharing groups, by ID; those with the organisation as a member where org is not 0.
func (s *Store) Groups(ctx context.Context, org int64) ([]Group, error) {
	return collect(s.reader(ctx), `SELECT `+groupColumns+` FROM sharing_groups g
		WHERE EXISTS (SELECT 1 FROM members m WHERE m.grp = g.id AND m.org = $1) OR $1 = 0 ORDER BY g.id`, []any{org}, (*Group).fields)
}

// AddMember makes an organisation a member of a sharing group; that it is one already is no error.
func (s *Store) AddMember(ctx context.Context, group, org int64) error {
	return about(s.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO members (grp, org) VALUES ($1, $2) ON CONFLICT DO NOTHING`, group, org)
		return err
	}), "sharing group", group)
}

// RemoveMember ends a membership. From the next statement on the organisation sees nothing of what the group shares, its own
// items included.
func (s *Store) RemoveMember(ctx context.Context, group, org int64) error {
	return about(s.changed(ctx, `DELETE FROM members WHERE grp = $1 AND org = $2`, group, org), "membership in sharing group", group)
}

// Members gives the organisations of a sharing group, by ID.
func (s *Store) Members(ctx context.Context, group int64) ([]int64, error) {
	return collect(s.reader(ctx), `SELECT org FROM members WHERE grp = $1 ORDER BY org`, []any{group}, func(n *int64) []any { return []any{n} })
}

// CreateRoot adds an API root. ErrExists: the path is taken.
func (s *Store) CreateRoot(ctx context.Context, r Root) (Root, error) {
	err := s.write(ctx, func(t *tx) error {
		return t.one(`INSERT INTO roots (path, title, description, max_content_length) VALUES ($1, $2, $3, $4) RETURNING id`,
			[]any{r.Path, r.Title, r.Description, r.MaxContentLength}, &r.ID)
	})
	return r, about(err, "API root", r.Path)
}

// Roots gives all API roots, by ID.
func (s *Store) Roots(ctx context.Context) ([]Root, error) {
	return collect(s.reader(ctx), `SELECT `+rootColumns+` FROM roots r ORDER BY r.id`, nil, (*Root).fields)
}

// RootByPath gives an API root by path.
func (s *Store) RootByPath(ctx context.Context, path string) (r Root, err error) {
	err = s.reader(ctx).one(`SELECT `+rootColumns+` FROM roots r WHERE r.path = $1`, []any{path}, r.fields()...)
	return r, about(err, "API root", path)
}

// CreateCollection adds a collection; UID is made where it is empty. It gives nobody a right, its owner neither: SetRights does.
// ErrExists: the UID, or the alias in the root, is taken. ErrNotFound: root or owner are not there.
func (s *Store) CreateCollection(ctx context.Context, c Collection) (Collection, error) {
	if c.UID == "" {
		c.UID = newUUID()
	}
	err := s.write(ctx, func(t *tx) error {
		return t.one(`INSERT INTO collections (uid, root, alias, title, description, owner, grp, label, public, seq, last_added)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0) RETURNING id`,
			[]any{c.UID, c.Root, c.Alias, c.Title, c.Description, c.Owner, c.Group, int64(c.Label), bit(c.Public)}, &c.ID)
	})
	return c, about(err, "collection", c.Title)
}

// UpdateCollection writes everything of a collection but ID, UID and Root. Items keep the label and the group that they got.
func (s *Store) UpdateCollection(ctx context.Context, c Collection) error {
	return about(s.changed(ctx, `UPDATE collections SET alias = $2, title = $3, description = $4, owner = $5, grp = $6, label = $7, public = $8 WHERE id = $1`,
		c.ID, c.Alias, c.Title, c.Description, c.Owner, c.Group, int64(c.Label), bit(c.Public)), "collection", c.Title)
}

// Collection gives a collection by ID, for whom it may concern: see Collections for what a caller may know of.
func (s *Store) Collection(ctx context.Context, id int64) (Collection, error) {
	return s.collection(ctx, `c.id = $1`, id)
}

// CollectionByUID gives a collection by its UUID.
func (s *Store) CollectionByUID(ctx context.Context, uid string) (Collection, error) {
	return s.collection(ctx, `c.uid = $1`, uid)
}

func (s *Store) collection(ctx context.Context, where string, arg any) (c Collection, err error) {
	err = s.reader(ctx).one(`SELECT `+collectionColumns+` FROM collections c WHERE `+where, []any{arg}, c.fields()...)
	return c, about(err, "collection", arg)
}

// Collections gives the collections that the caller may read or write, by ID; of one API root where root is not 0. A
// collection with neither right is not known to the caller.
func (s *Store) Collections(ctx context.Context, caller Caller, root int64) ([]CollectionView, error) {
	return collections(s.reader(ctx), caller, root)
}

func collections(t *tx, caller Caller, root int64) ([]CollectionView, error) {
	return collect(t, `WITH `+who+` SELECT `+collectionColumns+`, CASE WHEN w.reads = 1 OR w.public = 1 THEN 1 ELSE 0 END, w.writes
		FROM w JOIN collections c ON c.id = w.collection
		WHERE (w.reads = 1 OR w.public = 1 OR w.writes = 1) AND (c.root = $3 OR $3 = 0) ORDER BY c.id`,
		[]any{caller.User, caller.Org, root}, (*CollectionView).fields)
}

// AllCollections gives all collections, by ID, whoever may see them: for administration. Of one API root where root is not 0.
func (s *Store) AllCollections(ctx context.Context, root int64) ([]Collection, error) {
	return collect(s.reader(ctx), `SELECT `+collectionColumns+` FROM collections c WHERE $1 = 0 OR c.root = $1 ORDER BY c.id`,
		[]any{root}, (*Collection).fields)
}

// Ends gives when the last item of each collection was added, by ID, whoever may see it: the places at which to wait for more.
func (s *Store) Ends(ctx context.Context) (map[int64]time.Time, error) {
	type end struct {
		collection int64
		added      instant
	}
	list, err := collect(s.reader(ctx), `SELECT id, last_added FROM collections`, nil, func(e *end) []any { return []any{&e.collection, &e.added} })
	if err != nil {
		return nil, about(err, "collections", "")
	}
	ends := make(map[int64]time.Time, len(list))
	for _, e := range list {
		ends[e.collection] = time.Time(e.added)
	}
	return ends, nil
}

// SetRights says what an organisation may do with a collection; without either right it may nothing. It holds from the next
// statement on.
func (s *Store) SetRights(ctx context.Context, r Rights) error {
	return about(s.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO rights (collection, org, can_read, can_write) VALUES ($1, $2, $3, $4)
			ON CONFLICT (collection, org) DO UPDATE SET can_read = excluded.can_read, can_write = excluded.can_write`,
			r.Collection, r.Org, bit(r.Read), bit(r.Write))
		return err
	}), "rights in collection", r.Collection)
}

// Rights gives the rights in a collection, by organisation.
func (s *Store) Rights(ctx context.Context, collection int64) ([]Rights, error) {
	return collect(s.reader(ctx), `SELECT collection, org, can_read, can_write FROM rights WHERE collection = $1 ORDER BY org`,
		[]any{collection}, func(r *Rights) []any { return []any{&r.Collection, &r.Org, (*truth)(&r.Read), (*truth)(&r.Write)} })
}

// SetNamed says whether a collection names a user, who then sees its red items.
func (s *Store) SetNamed(ctx context.Context, collection, user int64, named bool) error {
	query := `INSERT INTO named (collection, usr) VALUES ($1, $2) ON CONFLICT DO NOTHING`
	if !named {
		query = `DELETE FROM named WHERE collection = $1 AND usr = $2`
	}
	return about(s.write(ctx, func(t *tx) error {
		_, err := t.exec(query, collection, user)
		return err
	}), "named user", user)
}

// Named gives the users whom a collection names, by ID.
func (s *Store) Named(ctx context.Context, collection int64) ([]int64, error) {
	return collect(s.reader(ctx), `SELECT usr FROM named WHERE collection = $1 ORDER BY usr`, []any{collection}, func(n *int64) []any { return []any{n} })
}
