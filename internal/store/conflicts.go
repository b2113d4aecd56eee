package store

import "context"

// ConflictItem is a version that came to no place of its own, because the same version with other bytes stood there already.
// Item.Seq is 0 and Item.Added is when it came.
type ConflictItem struct {
	Number int64 // to go on after
	With   int64 // seq of the item that it was in conflict with, which may be gone since
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
