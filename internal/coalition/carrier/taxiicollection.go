package carrier

import (
	"context"
	"fmt"
	"time"

	"entente/internal/stix"
	"entente/internal/taxiiclient"
)

// TAXIICollection is a collection of a server of TAXII 2.1.
type TAXIICollection struct {
	Client     *taxiiclient.Client
	URL        string // as the client has it
	Collection string // identifier, alias or title; "" for the only one

	root *taxiiclient.Root
	col  taxiiclient.Collection
}

// Name is that of the collection at the server.
func (c *TAXIICollection) Name() string { return "taxii " + c.URL + " " + c.Collection }

func (c *TAXIICollection) open(ctx context.Context) error {
	if c.root != nil {
		return nil
	}
	root, col, err := c.Client.Find(ctx, c.Collection, true)
	if err == nil {
		c.root, c.col = &root, col
	}
	return err
}

// Add puts objects into the collection.
func (c *TAXIICollection) Add(ctx context.Context, objects ...[]byte) error {
	if err := c.open(ctx); err != nil {
		return err
	}
	var bad error
	p := c.Client.NewPusher(*c.root, c.col, taxiiclient.PushOptions{MaxBytes: 24 << 20, Wait: time.Minute, Result: func(r taxiiclient.PushResult) error {
		switch r.Outcome {
		case taxiiclient.Refused:
			bad = &RefusedError{fmt.Sprintf("%s: %s", r.ID, r.Message)}
		case taxiiclient.Unknown:
			if bad == nil {
				bad = fmt.Errorf("%s: the server has not said what became of it: %s", r.ID, r.Message)
			}
		default:
		}
		return nil
	}})
	for _, raw := range objects {
		o, err := stix.Parse(raw, stix.Limits{})
		if err != nil {
			return err
		}
		if err := p.Add(ctx, o); err != nil {
			return err
		}
	}
	if err := p.Flush(ctx); err != nil {
		return err
	}
	return bad
}

// After hands on objects. Where the server does not say when it added them, it begins anew each time.
func (c *TAXIICollection) After(ctx context.Context, place string, each func([]byte)) (next string, more bool, err error) {
	if err := c.open(ctx); err != nil {
		return place, false, err
	}
	q := taxiiclient.Query{Types: []string{PacketType}, PageSize: 20}
	if at, err := time.Parse(time.RFC3339Nano, place); err == nil {
		q.AddedAfter = at
	}
	_, err = c.Client.Objects(ctx, c.col, q, taxiiclient.Visitor{
		Object: func(e stix.Entry) error {
			if e.Object != nil {
				each(e.Object.Raw)
			}
			return nil
		},
		Page: func(pos taxiiclient.Position) error {
			if !pos.AddedAfter.IsZero() {
				place = pos.AddedAfter.UTC().Format(time.RFC3339Nano)
			}
			return nil
		},
	})
	return place, false, err
}
