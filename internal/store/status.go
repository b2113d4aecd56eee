package store

import (
	"context"
	"time"
)

// StatusLife is how long a status is kept after it was last written. TAXII 2.1 section 4.3.1 wants 24 hours at least.
const StatusLife = 48 * time.Hour

// PutStatus keeps the status of a submission (a status resource of TAXII 2.1 section 4.3.1 in JSON), in the place of an
// earlier one with the same UID and submitter. ErrConflict: the UID is somebody else's.
func (s *Store) PutStatus(ctx context.Context, submitter Caller, root int64, uid string, body []byte) error {
	if body == nil {
		body = []byte{}
	}
	return about(s.changedOr(ctx, ErrConflict, `INSERT INTO statuses (uid, root, usr, body, updated) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (uid) DO UPDATE SET body = excluded.body, updated = excluded.updated
		WHERE statuses.usr = excluded.usr AND statuses.root = excluded.root`,
		uid, root, submitter.User, body, micro(s.moment())), "status", uid)
}

// Status gives the status of a submission to its submitter; ErrNotFound to everybody else.
func (s *Store) Status(ctx context.Context, submitter Caller, root int64, uid string) (body []byte, err error) {
	err = s.reader(ctx).one(`SELECT body FROM statuses WHERE uid = $1 AND root = $2 AND usr = $3`, []any{uid, root, submitter.User}, &body)
	return body, about(err, "status", uid)
}
