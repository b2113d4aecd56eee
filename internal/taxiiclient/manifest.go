package taxiiclient

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"entente/internal/stix"
)

// Record is an entry of a manifest (section 5.3.1).
type Record struct {
	ID        string    `json:"id"`
	DateAdded time.Time `json:"date_added"`
	Version   string    `json:"version"` // as written
	MediaType string    `json:"media_type,omitempty"`
}

// Manifest reads what a collection has, without the objects themselves, page by page like [Client.Objects].
func (c *Client) Manifest(ctx context.Context, col Collection, q Query, each func(Record) error) (Position, error) {
	n := 0
	return c.walk(ctx, col.URL, []string{"manifest"}, q, Visitor{Object: func(e stix.Entry) error {
		n++
		if e.Err != nil {
			return fmt.Errorf("manifest: entry %d: %w", n, e.Err)
		}
		var r Record
		if err := json.Unmarshal(e.Object.Raw, &r); err != nil {
			return fmt.Errorf("manifest: entry %d: %w", n, err)
		}
		return each(r)
	}})
}

// Versions lists the versions that a collection has of an object (section 5.8), as the server writes them, oldest first.
func (c *Client) Versions(ctx context.Context, col Collection, id string) ([]string, error) {
	u, err := under(col.URL, "objects", id, "versions")
	if err != nil {
		return nil, err
	}
	// The list is one resource with `more` and no cursor: a limit as large as any server's own gets it in few parts.
	var all []string
	for after := (time.Time{}); ; {
		values := Query{AddedAfter: after, PageSize: maxPageSize}.values()
		at := *u
		at.RawQuery = values.Encode()
		a, err := c.do(ctx, request{method: http.MethodGet, url: &at, max: min(maxResource, c.cfg.MaxPage)})
		if err != nil {
			return nil, err
		}
		var page struct {
			More     bool     `json:"more"`
			Versions []string `json:"versions"`
		}
		err = a.decode(&page)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", shownURL(&at), err)
		}
		all = append(all, page.Versions...)
		if !page.More {
			return all, nil
		}
		last, dated := parseTimestamp(a.header.Get("X-Taxii-Date-Added-Last"))
		if !dated || !last.After(after) || len(all) > maxPerPage {
			return nil, fmt.Errorf("%s: the server says that there is more, but it cannot be read on", shownURL(&at))
		}
		after = last
	}
}

// Delete removes an object from a collection: all versions, or those that q.Versions and q.Specs name (section 5.7).
func (c *Client) Delete(ctx context.Context, col Collection, id string, q Query) error {
	u, err := under(col.URL, "objects", id)
	if err != nil {
		return err
	}
	u.RawQuery = Query{Specs: q.Specs, Versions: q.Versions}.values().Encode()
	a, err := c.do(ctx, request{method: http.MethodDelete, url: u, max: maxResource, bare: true})
	if err != nil {
		return err
	}
	a.body.close()
	return nil
}
