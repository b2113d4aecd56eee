package store

import (
	"errors"
	"testing"
	"time"
)

func TestWebhooks(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		ctx := t.Context()
		w := newWorld(t, s)
		user := w.annSees().User
		h := must[Webhook](t)(s.CreateWebhook(ctx, Webhook{User: user, URL: "https://example.org", Secret: []byte("sealed")}))
		if _, err := s.CreateWebhook(ctx, Webhook{User: 9999, URL: "https://example.org"}); !errors.Is(err, ErrNotFound) {
			t.Errorf("of nobody: %v", err)
		}
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
		}
		ok(s.MoveWebhook(ctx, h.ID, nil, []byte("one")))
		ok(s.MoveWebhook(ctx, h.ID, []byte("one"), []byte("two")))
		if err := s.MoveWebhook(ctx, h.ID, []byte("one"), []byte("three")); !errors.Is(err, ErrConflict) {
			t.Errorf("somebody was faster: %v", err)
		}
		ok(s.DisableWebhook(ctx, h.ID, true))
		for _, of := range []int64{0, user} {
			all := must[[]Webhook](t)(s.Webhooks(ctx, of))
			if len(all) != 1 || string(all[0].State) != "two" || string(all[0].Secret) != "sealed" || !all[0].Disabled || all[0].UID != h.UID || !all[0].Created.Equal(h.Created) {
				t.Errorf("%+v", all)
			}
		}
		ok(s.DeleteWebhook(ctx, h.ID))
		if err := s.DeleteWebhook(ctx, h.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("once more: %v", err)
		}
		if err := s.MoveWebhook(ctx, h.ID, []byte("two"), nil); !errors.Is(err, ErrConflict) {
			t.Errorf("of one that is gone: %v", err)
		}
	})
}

func TestEnds(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		ctx := t.Context()
		w := newWorld(t, s)
		n := w.item("indicator--1", 1, Clear)
		if end := must[map[int64]time.Time](t)(s.Ends(ctx))[n.Collection]; !end.IsZero() {
			t.Errorf("of an empty collection: %v", end)
		}
		out := must[[]Outcome](t)(s.Add(ctx, []New{n}))
		if end := must[map[int64]time.Time](t)(s.Ends(ctx))[n.Collection]; !end.Equal(out[0].Added) {
			t.Errorf("%v, not %v", end, out[0].Added)
		}
	})
}
