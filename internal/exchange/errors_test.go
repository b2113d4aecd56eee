package exchange

import (
	"errors"
	"fmt"
	"testing"

	"entente/internal/store"
)

func TestReason(t *testing.T) {
	for _, c := range []struct {
		err, kind error
		want      string
	}{
		{fmt.Errorf("next is of no page: %w", ErrBadRequest), ErrBadRequest, "next is of no page"},
		{fmt.Errorf("%w (%w)", ErrUnprocessable, errors.New("at byte 3: a comma")), ErrUnprocessable, "at byte 3: a comma"},
		{fmt.Errorf("the envelope: %w: %w", errors.New("broken (badly)"), ErrUnprocessable), ErrUnprocessable, "the envelope: broken (badly)"},
		{fmt.Errorf("%w (%w)", ErrBadRequest, fmt.Errorf("a name: %w", ErrBadRequest)), ErrBadRequest, "a name"},
		{ErrForbidden, ErrForbidden, ""},
		{fmt.Errorf("root a: %w", store.ErrExists), store.ErrExists, "root a"},
		{errors.New("something else"), ErrBadRequest, "something else"},
	} {
		if got := Reason(c.err, c.kind); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}
