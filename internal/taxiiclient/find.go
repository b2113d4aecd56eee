package taxiiclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// place is what stands at the address of a client.
type place struct {
	discovery *Discovery
	root      *Root
	// collection is the identifier in the address of a collection, whose root is then known.
	collection string
}

// locate finds out what the address of the client is.
func (c *Client) locate(ctx context.Context) (place, error) {
	u := c.base
	if strings.Trim(u.Path, "/") == "" {
		u = u.JoinPath("taxii2/")
	}
	if root, name, ok := splitCollection(u); ok {
		r, err := c.Root(ctx, root.String())
		if e, is := errors.AsType[*Error](err); is && (e.Status == http.StatusForbidden || e.Status == http.StatusNotFound) {
			r, err = Root{URL: root.String()}, nil // the collection may be open where its API root is not
		}
		return place{root: &r, collection: name}, err
	}
	var both struct { // of a discovery and of an API root
		Title            string          `json:"title"`
		Description      string          `json:"description"`
		Contact          string          `json:"contact"`
		Default          string          `json:"default"`
		APIRoots         json.RawMessage `json:"api_roots"`
		Versions         []string        `json:"versions"`
		MaxContentLength int64           `json:"max_content_length"`
	}
	if err := c.get(ctx, u, &both); err != nil {
		return place{}, err
	}
	if both.APIRoots == nil && (len(both.Versions) > 0 || both.MaxContentLength > 0) {
		return place{root: &Root{
			URL: u.String(), Title: both.Title, Description: both.Description,
			Versions: both.Versions, MaxContentLength: both.MaxContentLength,
		}}, nil
	}
	d := Discovery{URL: u.String(), Title: both.Title, Description: both.Description, Contact: both.Contact, Default: both.Default}
	if d.Title == "" && both.APIRoots == nil {
		return place{}, fmt.Errorf("%s: the answer is neither a discovery nor an API root of TAXII 2.1", u)
	}
	var roots []string
	if both.APIRoots != nil {
		if err := json.Unmarshal(both.APIRoots, &roots); err != nil {
			return place{}, fmt.Errorf("%s: api_roots: %w", u, err)
		}
	}
	for _, r := range roots {
		at, err := u.Parse(r)
		if err != nil || at.Scheme != "https" && at.Scheme != "http" {
			return place{}, fmt.Errorf("%s: api_roots: %q is no address", u, plain(r))
		}
		d.APIRoots = append(d.APIRoots, slashed(at).String())
	}
	if d.Default != "" {
		if at, err := u.Parse(d.Default); err == nil {
			d.Default = slashed(at).String()
		}
	}
	return place{discovery: &d}, nil
}

// splitCollection splits the address of a collection, or of its objects or manifest, into that of its API root and its
// identifier.
func splitCollection(u *url.URL) (root *url.URL, id string, ok bool) {
	parts := strings.Split(strings.Trim(u.EscapedPath(), "/"), "/")
	if n := len(parts); n >= 4 && parts[n-3] == "collections" && (parts[n-1] == "objects" || parts[n-1] == "manifest") {
		parts = parts[:n-1]
	}
	n := len(parts)
	if n < 3 || parts[n-2] != "collections" {
		return nil, "", false
	}
	id, err := url.PathUnescape(parts[n-1])
	if err != nil || checkSegment(id) != nil {
		return nil, "", false
	}
	r := *u
	r.RawPath = "/" + strings.Join(parts[:n-2], "/") + "/"
	if r.Path, err = url.PathUnescape(r.RawPath); err != nil {
		return nil, "", false
	}
	return &r, id, true
}

// Roots lists the API roots at the address of the client: those of the server, or the one that the address names. Those on
// other servers, and those that cannot be read, are in skipped, with the reason.
func (c *Client) Roots(ctx context.Context) (roots []Root, skipped map[string]error, err error) {
	at, err := c.locate(ctx)
	if err != nil {
		return nil, nil, err
	}
	if at.root != nil {
		return []Root{*at.root}, nil, nil
	}
	skipped = map[string]error{}
	for _, address := range at.discovery.APIRoots {
		r, err := c.Root(ctx, address)
		if err != nil {
			if ctx.Err() != nil {
				return nil, nil, ctx.Err()
			}
			skipped[address] = err
			continue
		}
		roots = append(roots, r)
	}
	return roots, skipped, nil
}

// Find finds a collection by its identifier, alias or title; "" is the one that the address of the client names, or else the
// only one that there is for the purpose: reading, or writing. The error lists what there is.
func (c *Client) Find(ctx context.Context, name string, write bool) (Root, Collection, error) {
	at, err := c.locate(ctx)
	if err != nil {
		return Root{}, Collection{}, err
	}
	if at.collection != "" {
		if name != "" && name != at.collection {
			return Root{}, Collection{}, fmt.Errorf("the address names collection %s already: leave out %q", at.collection, name)
		}
		name = at.collection
	}
	var roots []Root
	var skipped map[string]error
	if at.root != nil {
		roots = []Root{*at.root}
	} else if roots, skipped, err = c.Roots(ctx); err != nil {
		return Root{}, Collection{}, err
	}
	type choice struct {
		root Root
		col  Collection
	}
	var all, found []choice
	for _, r := range roots {
		cols, err := c.Collections(ctx, r)
		if err != nil {
			if e, is := errors.AsType[*Error](err); is && at.collection != "" && (e.Status == http.StatusForbidden || e.Status == http.StatusNotFound) {
				break // the list is closed, the collection may be open
			}
			return Root{}, Collection{}, err
		}
		for _, col := range cols {
			all = append(all, choice{r, col})
			switch {
			case name == "" && (write && col.CanWrite || !write && col.CanRead),
				name != "" && (strings.EqualFold(col.ID, name) || col.Alias == name):
				found = append(found, choice{r, col})
			}
		}
	}
	if len(found) == 0 && name != "" {
		for _, ch := range all {
			if ch.col.Title == name {
				found = append(found, ch)
			}
		}
	}
	if len(found) == 1 {
		return found[0].root, found[0].col, nil
	}
	if len(found) == 0 && at.collection != "" && len(roots) == 1 {
		u, err := under(roots[0].URL, "collections", at.collection)
		if err != nil {
			return Root{}, Collection{}, err
		}
		col := Collection{}
		if err := c.get(ctx, u, &col); err != nil {
			return Root{}, Collection{}, err
		}
		col.URL = u.String()
		if col.ID == "" {
			col.ID = at.collection
		}
		return roots[0], col, nil
	}
	var b strings.Builder
	switch {
	case len(found) > 1 && name != "":
		fmt.Fprintf(&b, "several collections are called %q: name one by the address that it has", name)
	case len(found) > 1:
		b.WriteString("there are several collections: name one")
	case name != "":
		fmt.Fprintf(&b, "there is no collection %q", name)
	case write:
		b.WriteString("there is no collection that may be written to")
	default:
		b.WriteString("there is no collection that may be read")
	}
	if len(found) > 1 {
		all = found
	}
	for i, ch := range all {
		if i == 20 {
			fmt.Fprintf(&b, "\n  … and %d more", len(all)-i)
			break
		}
		fmt.Fprintf(&b, "\n  %s  %s", ch.col.URL, plain(ch.col.Title))
	}
	for r, err := range skipped {
		fmt.Fprintf(&b, "\n  API root %s was left out: %v", plain(r), err)
	}
	return Root{}, Collection{}, errors.New(b.String())
}
