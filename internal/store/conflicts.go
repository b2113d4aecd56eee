package store

import (
	"context"
	"errors"
	"slices"
)

// mostConflicts of one object are kept for one organisation in a collection: the last ones.
const mostConflicts = 10

// ConflictItem is a version that came to no place of its own, because the same version with other bytes stood there already. It
// goes with the item that stands there. Item.Seq is 0 and Item.Added is when it came.
type ConflictItem struct {
	Number int64 // to go on after
	With   int64 // seq of the item that stands there
	Item
}

// Conflicts gives the conflicts that the caller sees, oldest first, after the one with the ID; of one collection where
// collection is not 0. The same predicate decides as for items.
func (s *Store) Conflicts(ctx context.Context, caller Caller, collection, after int64, limit int) ([]ConflictItem, error) {
	if limit <= 0 {
		limit = defaultLimit
	}
	var out []ConflictItem
	err := s.reader(ctx).each(`WITH `+who+`
		SELECT i.id, i.item, i.collection, i.at, `+factsColumn+`, i.submitter, i.grp, i.object, i.kind, i.version, i.version_text, b.data
		FROM conflicts i JOIN w ON w.collection = i.collection JOIN raws b ON b.id = i.raw
		WHERE `+visible("i")+` AND i.id > $3 AND (i.collection = $4 OR $4 = 0) ORDER BY i.id LIMIT $5`,
		[]any{caller.User, caller.Org, after, collection, min(limit, maxLimit)}, func(scan func(...any) error) error {
			var v ConflictItem
			err := scan(&v.Number, &v.With, &v.Collection, (*instant)(&v.Added), (*facts)(&v.Item), &v.Class.Submitter, &v.Class.Group,
				&v.ID, &v.Type, (*instant)(&v.Version), &v.VersionText, &v.Raw)
			v.With &= 1<<seqBits - 1
			out = append(out, v)
			return err
		})
	return out, about(err, "conflicts", "")
}

// AllConflicts gives the conflicts of a collection, of all where it is 0, oldest first, without their bytes: for who has the disk.
func (s *Store) AllConflicts(ctx context.Context, collection int64) ([]ConflictItem, error) {
	out, err := collect(s.reader(ctx), `SELECT k.id, k.item, k.collection, k.at, k.owner, k.submitter, k.label, k.grp, k.object, k.kind, k.version, k.version_text
		FROM conflicts k WHERE k.collection = $1 OR $1 = 0 ORDER BY k.id`, []any{collection}, func(v *ConflictItem) []any {
		return []any{
			&v.Number, &v.With, &v.Collection, (*instant)(&v.Added), &v.Class.Owner, &v.Class.Submitter, &v.Class.Label, &v.Class.Group,
			&v.ID, &v.Type, (*instant)(&v.Version), &v.VersionText,
		}
	})
	for i := range out {
		out[i].With &= 1<<seqBits - 1
	}
	return out, about(err, "conflicts", "")
}

// Dismiss removes a conflict that the caller sees, for good. ErrNotFound where it sees none with the number.
func (s *Store) Dismiss(ctx context.Context, caller Caller, number int64) error {
	return about(s.write(ctx, func(t *tx) error {
		var id int64
		err := t.one(`WITH `+who+` SELECT i.id FROM conflicts i JOIN w ON w.collection = i.collection WHERE `+visible("i")+` AND i.id = $3`,
			[]any{caller.User, caller.Org, number}, &id)
		if err != nil {
			return err
		}
		return dropConflicts(t, `id = $1`, id)
	}), "conflict", number)
}

// DismissAny removes a conflict, for who has the disk. ErrNotFound where there is none with the number.
func (s *Store) DismissAny(ctx context.Context, number int64) error {
	return about(s.write(ctx, func(t *tx) error {
		var id int64
		if err := t.one(`SELECT id FROM conflicts WHERE id = $1`, []any{number}, &id); err != nil {
			return err
		}
		return dropConflicts(t, `id = $1`, id)
	}), "conflict", number)
}

// rawOfConflict gives where the bytes of a conflict are, 0 where they are in none yet.
func rawOfConflict(t *tx, r *row) (raw int64, err error) {
	err = t.one(`SELECT k.raw FROM conflicts k JOIN raws b ON b.id = k.raw WHERE k.object = $1 AND b.digest = $2 LIMIT 1`,
		[]any{r.ID, r.digest[:]}, &raw)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	return raw, err
}

// keepConflicts keeps those of the rows that came to no place of their own. Their numbers are dates, which tell as little as
// those of items how many there are that a reader does not see.
func keepConflicts(t *tx, rows []row, at int64, when dates) error {
	if !slices.ContainsFunc(rows, func(r row) bool { return r.item == 0 }) {
		return nil
	}
	var number int64
	if err := t.one(`SELECT coalesce(max(id), 0) FROM conflicts`, nil, &number); err != nil {
		return err
	}
	for i := range rows {
		r := &rows[i]
		if r.item != 0 {
			continue
		}
		var there int64
		err := t.one(t.d.words(`SELECT item FROM items WHERE item = $1{{keep}}`), []any{r.with}, &there)
		if errors.Is(err, ErrNotFound) { // another node has removed it meanwhile, and its conflicts
			err = release(t, r.raw)
			if err == nil {
				continue
			}
		}
		if err != nil {
			return err
		}
		number = when.next(number, at, at, 1)
		// Two nodes of one database may come to the same number: the later one fails then, and is sent again.
		n, err := t.exec(`INSERT INTO conflicts (id, collection, at, item, owner, submitter, label, grp, object, kind, spec, version, version_text,
			revoked, redacted, granular, raw) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
			ON CONFLICT (object, collection, version, owner, raw) DO NOTHING`,
			number, r.Collection, at, r.with, r.Class.Owner, r.Class.Submitter, int64(r.Class.Label), r.Class.Group, r.ID, r.Type, r.spec,
			micro(r.Version), r.VersionText, bit(r.Revoked), bit(r.Redacted), r.parts(), r.raw)
		if err != nil {
			return err
		}
		if n == 0 { // it is kept already
			if _, err := t.exec(`UPDATE raws SET refs = refs - 1 WHERE id = $1`, r.raw); err != nil {
				return err
			}
		} else if err := thin(t, r); err != nil {
			return err
		}
	}
	return nil
}

// thin removes the oldest conflicts of an object that an organisation has too many of.
func thin(t *tx, r *row) error {
	const those = `object = $1 AND collection = $2 AND owner = $3`
	return dropConflicts(t, those+` AND id NOT IN (SELECT id FROM conflicts WHERE `+those+` ORDER BY id DESC LIMIT $4)`,
		r.ID, r.Collection, r.Class.Owner, mostConflicts)
}

// moveConflicts makes conflicts with an item those with another one.
func moveConflicts(t *tx, from, to int64) error {
	_, err := t.exec(`UPDATE conflicts SET item = $2 WHERE item = $1`, from, to)
	return err
}

// dropConflicts removes conflicts, and the bytes that nobody else has.
func dropConflicts(t *tx, where string, args ...any) error {
	raws, err := collect(t, `DELETE FROM conflicts WHERE `+where+` RETURNING raw`, args, func(n *int64) []any { return []any{n} })
	if err != nil {
		return err
	}
	for _, raw := range raws {
		if err := release(t, raw); err != nil {
			return err
		}
	}
	return nil
}
