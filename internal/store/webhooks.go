package store

import (
	"context"
	"time"
)

// Webhook is an address that is told what was added, as far as its user may see it.
type Webhook struct {
	ID       int64
	UID      string // UUID
	User     int64
	URL      string
	Secret   []byte // sealed: the store cannot read it
	Filter   []byte // what it is told of, for package exchange
	State    []byte // how far it has come, for package exchange
	Disabled bool
	Created  time.Time
}

const webhookColumns = `h.id, h.uid, h.usr, h.url, h.secret, h.filter, h.state, h.disabled, h.created`

func (h *Webhook) fields() []any {
	return []any{&h.ID, &h.UID, &h.User, &h.URL, &h.Secret, &h.Filter, &h.State, (*truth)(&h.Disabled), (*instant)(&h.Created)}
}

// CreateWebhook adds a webhook; User and URL have to be set, UID is made where it is empty. ErrNotFound: the user is not there.
func (s *Store) CreateWebhook(ctx context.Context, h Webhook) (Webhook, error) {
	if h.UID == "" {
		h.UID = newUUID()
	}
	h.Created = s.moment()
	h.Secret, h.Filter, h.State = bytesOf(h.Secret), bytesOf(h.Filter), bytesOf(h.State)
	err := s.write(ctx, func(t *tx) error {
		return t.one(`INSERT INTO webhooks (uid, usr, url, secret, filter, state, disabled, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
			[]any{h.UID, h.User, h.URL, h.Secret, h.Filter, h.State, bit(h.Disabled), micro(h.Created)}, &h.ID)
	})
	return h, about(err, "webhook", h.UID)
}

// Webhooks gives all webhooks, by ID; of one user where user is not 0.
func (s *Store) Webhooks(ctx context.Context, user int64) ([]Webhook, error) {
	return collect(s.reader(ctx), `SELECT `+webhookColumns+` FROM webhooks h WHERE h.usr = $1 OR $1 = 0 ORDER BY h.id`, []any{user}, (*Webhook).fields)
}

// MoveWebhook writes the state of a webhook, where it is still what it was: ErrConflict where another node was faster, or the
// webhook is gone.
func (s *Store) MoveWebhook(ctx context.Context, id int64, from, to []byte) error {
	return about(s.changedOr(ctx, ErrConflict, `UPDATE webhooks SET state = $3 WHERE id = $1 AND state = $2`, id, bytesOf(from), bytesOf(to)), "webhook", id)
}

// DisableWebhook says whether a webhook rests.
func (s *Store) DisableWebhook(ctx context.Context, id int64, disabled bool) error {
	return about(s.changed(ctx, `UPDATE webhooks SET disabled = $2 WHERE id = $1`, id, bit(disabled)), "webhook", id)
}

// DeleteWebhook removes a webhook.
func (s *Store) DeleteWebhook(ctx context.Context, id int64) error {
	return about(s.changed(ctx, `DELETE FROM webhooks WHERE id = $1`, id), "webhook", id)
}

// bytesOf writes nil as no bytes, which NULL is not.
func bytesOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
