package store

import "context"

// GetMeta gives a small named value, ErrNotFound where it was never set.
func (s *Store) GetMeta(ctx context.Context, name string) ([]byte, error) {
	return s.get(ctx, `SELECT value FROM meta WHERE name = $1`, name)
}

// SetMeta keeps a small named value: the identifier of the node, keys.
func (s *Store) SetMeta(ctx context.Context, name string, value []byte) error {
	return s.set(ctx, `INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
}

// MetaOr gives a named value, after setting it to the given one where it was never set: of several nodes that begin at the
// same time, all get the same value.
func (s *Store) MetaOr(ctx context.Context, name string, value []byte) ([]byte, error) {
	err := s.set(ctx, `INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, value)
	if err != nil {
		return nil, err
	}
	return s.GetMeta(ctx, name)
}

// GetCursor gives how far something has come, a peer for one; ErrNotFound where it was never set.
func (s *Store) GetCursor(ctx context.Context, name string) ([]byte, error) {
	return s.get(ctx, `SELECT value FROM cursors WHERE name = $1`, name)
}

// SetCursor keeps how far something has come.
func (s *Store) SetCursor(ctx context.Context, name string, value []byte) error {
	return s.set(ctx, `INSERT INTO cursors (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
}

func (s *Store) get(ctx context.Context, query, name string) (value []byte, err error) {
	err = s.reader(ctx).one(query, []any{name}, &value)
	return value, about(err, "value", name)
}

func (s *Store) set(ctx context.Context, query, name string, value []byte) error {
	if value == nil {
		value = []byte{}
	}
	return about(s.write(ctx, func(t *tx) error {
		_, err := t.exec(query, name, value)
		return err
	}), "value", name)
}
