package gate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"entente/internal/exchange"
	"entente/internal/store"
)

func TestFailureOf(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		detail string
		wait   string
	}{
		{&TooManyError{After: 1200 * time.Millisecond}, 429, "wait before the next request", "2"},
		{fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 10}), 413, "the body may have 10 bytes", ""},
		{exchange.ErrUnauthenticated, 401, "", ""},
		{fmt.Errorf("who may write: %w", exchange.ErrForbidden), 403, "who may write", ""},
		{fmt.Errorf("item 17 of alpha: %w", store.ErrNotFound), 404, "", ""},
		{fmt.Errorf("name beta: %w", store.ErrExists), 409, "name beta: " + store.ErrExists.Error(), ""},
		{fmt.Errorf("name beta: %w (constraint failed: users.name)", store.ErrExists), 409, "name beta: " + store.ErrExists.Error(), ""},
		{fmt.Errorf("no such filter: %w", exchange.ErrBadRequest), 400, "no such filter", ""},
		{fmt.Errorf("table 3: %w", store.ErrFull), 507, "", ""},
		{fmt.Errorf("secret: %w", store.ErrBusy), 503, "", "2"},
		{context.DeadlineExceeded, 503, "", "2"},
		{errors.New("secret of the node"), 500, "", ""},
	} {
		f := FailureOf(c.err)
		if f.Status != c.status || f.Detail != c.detail || f.Header.Get("Retry-After") != c.wait {
			t.Errorf("%v: %d, %q, wait %q; want %d, %q, %q", c.err, f.Status, f.Detail, f.Header.Get("Retry-After"), c.status, c.detail, c.wait)
		}
	}
}
