package taxiiclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Status is what became of objects that were sent (section 4.3).
type Status struct {
	ID               string         `json:"id"`
	Status           string         `json:"status"` // complete, pending
	RequestTimestamp string         `json:"request_timestamp,omitempty"`
	TotalCount       int            `json:"total_count"`
	SuccessCount     int            `json:"success_count"`
	Successes        []StatusDetail `json:"successes,omitempty"`
	FailureCount     int            `json:"failure_count"`
	Failures         []StatusDetail `json:"failures,omitempty"`
	PendingCount     int            `json:"pending_count"`
	Pendings         []StatusDetail `json:"pendings,omitempty"`
}

// StatusDetail is what became of one object.
type StatusDetail struct {
	ID      string `json:"id"`
	Version string `json:"version"`
	Message string `json:"message,omitempty"`
}

// Status asks how far a server is with objects that were sent to it.
func (c *Client) Status(ctx context.Context, root Root, id string) (Status, error) {
	u, err := under(root.URL, "status", id)
	if err != nil {
		return Status{}, err
	}
	var s Status
	err = c.get(ctx, u, &s)
	return s, err
}

// errNoStatus is of servers that take objects and do not say what became of them.
var errNoStatus = errors.New("the server does not say what became of the objects")

// await polls a status until it is complete, or until wait is over: then it comes back as it is.
func (c *Client) await(ctx context.Context, root Root, s Status, wait time.Duration) (Status, error) {
	end := time.Now().Add(wait)
	for pause := 50 * time.Millisecond; s.Status != "complete"; pause = min(2*pause, 5*time.Second) {
		left := time.Until(end)
		if s.ID == "" || left <= 0 {
			return s, nil
		}
		if err := sleep(ctx, min(pause, left)); err != nil {
			return s, err
		}
		now, err := c.Status(ctx, root, s.ID)
		if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusNotFound {
			return s, fmt.Errorf("%w: %w", errNoStatus, err)
		}
		if err != nil {
			return s, err
		}
		now.ID = s.ID
		s = now
	}
	return s, nil
}
