package store

import (
	"context"
	"time"
)

// expireTogether is how many items one transaction of Expire removes, so that others are not kept waiting.
const expireTogether = 500

// Expire removes the items whose time is up at now, statuses older than StatusLife, and says how many items went.
func (s *Store) Expire(ctx context.Context, now time.Time) (int, error) {
	total := 0
	for {
		var n int
		err := s.write(ctx, func(t *tx) error {
			// Retention looks at no caller: it tells nobody what it removes.
			items, err := collect(t, t.d.words(`SELECT item FROM items WHERE expires <> 0 AND expires <= $1 ORDER BY expires, item LIMIT $2{{lock}}`),
				[]any{micro(now), expireTogether}, func(n *int64) []any { return []any{n} })
			if err != nil {
				return err
			}
			n = len(items)
			return remove(t, items)
		})
		if err != nil {
			return total, about(err, "retention", "")
		}
		if total += n; n < expireTogether {
			break
		}
	}
	return total, about(s.write(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM statuses WHERE updated < $1`, micro(now.Add(-StatusLife)))
		return err
	}), "statuses", "")
}
