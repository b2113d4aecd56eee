package store

import (
	"context"
	"errors"
	"fmt"
)

// What is removed is empty: removing never decides about objects. Numbers of what is gone, by which the audit log and webhooks name it, are
// not given again.

// RemoveCollection removes a collection in which there is nothing, with the rights in it. ErrConflict: there is something.
func (s *Store) RemoveCollection(ctx context.Context, id int64) error {
	return about(s.write(ctx, func(t *tx) error {
		var seq int64
		// The lock of those who add.
		if err := t.one(t.d.words(`SELECT seq FROM collections WHERE id = $1{{lock}}`), []any{id}, &seq); err != nil {
			return err
		}
		if err := unused(t, id, "there are objects in it: delete them first",
			`SELECT 1 FROM items WHERE collection = $1 LIMIT 1`, `SELECT 1 FROM conflicts WHERE collection = $1 LIMIT 1`); err != nil {
			return err
		}
		for _, table := range []string{"rights", "named"} {
			if _, err := t.exec(`DELETE FROM `+table+` WHERE collection = $1`, id); err != nil {
				return err
			}
		}
		_, err := t.exec(`DELETE FROM collections WHERE id = $1`, id)
		return err
	}), "collection", id)
}

// RemoveGroup removes a sharing group for which there is nothing. ErrConflict: there are items, or collections that share with it.
func (s *Store) RemoveGroup(ctx context.Context, id int64) error {
	return about(s.write(ctx, func(t *tx) error {
		if err := unused(t, id, "there are objects or collections that are for it",
			`SELECT 1 FROM collections WHERE grp = $1 LIMIT 1`, `SELECT 1 FROM items WHERE grp = $1 LIMIT 1`,
			`SELECT 1 FROM conflicts WHERE grp = $1 LIMIT 1`); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM members WHERE grp = $1`, id); err != nil {
			return err
		}
		return gone(t.exec(`DELETE FROM sharing_groups WHERE id = $1`, id))
	}), "sharing group", id)
}

// RemoveRoot removes an API root without collections. ErrConflict: it has some.
func (s *Store) RemoveRoot(ctx context.Context, id int64) error {
	return about(s.write(ctx, func(t *tx) error {
		if err := unused(t, id, "there are collections in it", `SELECT 1 FROM collections WHERE root = $1 LIMIT 1`); err != nil {
			return err
		}
		return gone(t.exec(`DELETE FROM roots WHERE id = $1`, id))
	}), "API root", id)
}

// unused fails where one of the statements finds something.
func unused(t *tx, id int64, why string, statements ...string) error {
	for _, query := range statements {
		var one int
		switch err := t.one(query, []any{id}, &one); {
		case err == nil:
			return fmt.Errorf("%s: %w", why, ErrConflict)
		case !errors.Is(err, ErrNotFound):
			return err
		}
	}
	return nil
}

// gone is ErrNotFound where nothing was removed.
func gone(n int64, err error) error {
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}
