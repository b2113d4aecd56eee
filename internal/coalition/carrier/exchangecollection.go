package carrier

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"entente/internal/exchange"
	"entente/internal/store"
)

// ExchangeCollection is a collection of the node that this process is. What its account may not do does not happen.
type ExchangeCollection struct {
	Exchange *exchange.Service
	Account  string // name of a service account
	Path     string // PATH-OF-API-ROOT/ALIAS-OR-ID

	seen time.Time // the last addition at which all was read
	id   int64     // of the collection, 0 before it was looked up
}

// Name is that of the collection.
func (c *ExchangeCollection) Name() string { return "node " + c.Path }

// open looks the collection up, with the rights that its account has now.
func (c *ExchangeCollection) open(ctx context.Context) (p exchange.Principal, v exchange.CollectionView, err error) {
	if p, err = c.Exchange.Account(ctx, c.Account); err != nil {
		return p, v, err
	}
	p.Remote = "coalition"
	at := strings.LastIndexByte(c.Path, '/')
	if at < 0 {
		return p, v, fmt.Errorf("%q is no collection: PATH-OF-API-ROOT/ALIAS-OR-ID", c.Path)
	}
	root, err := c.Exchange.Root(ctx, p, strings.Trim(c.Path[:at], "/"))
	if err == nil {
		v, err = c.Exchange.Collection(ctx, p, root, c.Path[at+1:])
	}
	if err != nil {
		return p, v, fmt.Errorf("%s, for account %s: %w", c.Path, c.Account, err)
	}
	c.id = v.ID
	return p, v, nil
}

// Author is the identity of the organisation whose account it is.
func (c *ExchangeCollection) Author(ctx context.Context) (string, error) {
	p, err := c.Exchange.Account(ctx, c.Account)
	return p.OrgUID, err
}

// Add puts objects into the collection.
func (c *ExchangeCollection) Add(ctx context.Context, objects ...[]byte) error {
	p, v, err := c.open(ctx)
	if err != nil {
		return err
	}
	if !v.CanWrite {
		return fmt.Errorf("%s: account %s may not write there\nhint: the role publisher, and the right of its organisation", c.Path, c.Account)
	}
	envelope := append(append([]byte(`{"objects":[`), bytes.Join(objects, []byte{','})...), `]}`...)
	report, err := c.Exchange.Import(ctx, p, v, bytes.NewReader(envelope), exchange.SubmitOptions{}, nil)
	if err != nil {
		return err
	}
	if report.Failed > 0 && len(report.Failures) > 0 {
		return &RefusedError{fmt.Sprintf("%s: %s", report.Failures[0].ID, report.Failures[0].Reason)}
	}
	return nil
}

// After hands on packets.
func (c *ExchangeCollection) After(ctx context.Context, place string, each func([]byte)) (next string, more bool, err error) {
	ends, err := c.Exchange.Ends(ctx)
	if err != nil {
		return place, false, err
	}
	end := ends[c.id]
	if c.id != 0 && !c.seen.IsZero() && !end.After(c.seen) {
		return place, false, nil // which is so nearly always
	}
	p, v, err := c.open(ctx)
	if err != nil {
		return place, false, err
	}
	if !v.CanRead {
		return place, false, fmt.Errorf("%s: account %s may not read it", c.Path, c.Account)
	}
	q := store.Query{
		Collections: []int64{v.ID}, Types: []string{PacketType}, Versions: store.Versions{All: true}, Specs: []string{"2.1"}, Limit: 100, Bytes: 16 << 20,
	}
	if place != "" {
		if q.After, err = time.Parse(time.RFC3339Nano, place); err != nil {
			return "", true, nil //nolint:nilerr // it begins anew
		}
	}
	page, err := c.Exchange.Objects(ctx, p, q)
	if err != nil {
		return place, false, err
	}
	for i := range page.Items {
		each(page.Items[i].Raw)
		place = page.Items[i].Added.UTC().Format(time.RFC3339Nano)
	}
	if !page.More {
		c.seen = ends[v.ID] // as it was before we looked
	}
	return place, page.More, nil
}
