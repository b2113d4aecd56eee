package taxiiclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxResource is the size of the largest description of a server, an API root or collections that is taken.
const maxResource = 16 << 20

// Discovery is what a server says about itself (section 4.1).
type Discovery struct {
	URL         string   `json:"-"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Contact     string   `json:"contact,omitempty"`
	Default     string   `json:"default,omitempty"`
	APIRoots    []string `json:"api_roots,omitempty"` // absolute
}

// Root is an API root (section 4.2).
type Root struct {
	URL              string   `json:"url"` // absolute, ends in /
	Title            string   `json:"title"`
	Description      string   `json:"description,omitempty"`
	Versions         []string `json:"versions"`
	MaxContentLength int64    `json:"max_content_length"` // bytes, 0 where the server does not say
}

// Collection is a collection (section 5.2).
type Collection struct {
	URL         string   `json:"url"` // absolute, ends in /
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Alias       string   `json:"alias,omitempty"`
	CanRead     bool     `json:"can_read"`
	CanWrite    bool     `json:"can_write"`
	MediaTypes  []string `json:"media_types,omitempty"`
}

// get asks for a resource and reads it into v.
func (c *Client) get(ctx context.Context, u *url.URL, v any) error {
	a, err := c.do(ctx, request{method: http.MethodGet, url: u, max: min(maxResource, c.cfg.MaxPage)})
	if err != nil {
		return err
	}
	if err := a.decode(v); err != nil {
		return fmt.Errorf("%s: the answer is not what TAXII says: %w", shownURL(u), err)
	}
	return nil
}

// decode reads the body of an answer into v, and closes it.
func (a *answer) decode(v any) error {
	defer a.body.close()
	r, err := a.body.reader()
	if err != nil {
		return err
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}

// Discover asks the server what it is. The address of the client is that of the server or of its discovery.
func (c *Client) Discover(ctx context.Context) (Discovery, error) {
	at, err := c.locate(ctx)
	if err != nil {
		return Discovery{}, err
	}
	if at.discovery == nil {
		return Discovery{}, fmt.Errorf("%s is no discovery: leave out the path", c.base)
	}
	return *at.discovery, nil
}

// Root asks an API root what it is. An API root on another server is an error: the credentials are not for it.
func (c *Client) Root(ctx context.Context, address string) (Root, error) {
	u, err := c.base.Parse(address)
	if err != nil {
		return Root{}, fmt.Errorf("API root %q: %w", plain(address), err)
	}
	var r Root
	if err := c.get(ctx, slashed(u), &r); err != nil {
		return Root{}, err
	}
	r.URL = slashed(u).String()
	return r, nil
}

// Foreign says whether an API root is on another server than the one that the client's credentials are for.
func (c *Client) Foreign(root string) bool {
	u, err := c.base.Parse(root)
	return err != nil || !sameServer(c.base, u)
}

// Collections lists the collections of an API root.
func (c *Client) Collections(ctx context.Context, root Root) ([]Collection, error) {
	u, err := under(root.URL, "collections")
	if err != nil {
		return nil, err
	}
	var list struct {
		Collections []Collection `json:"collections"`
	}
	if err := c.get(ctx, u, &list); err != nil {
		return nil, err
	}
	for i := range list.Collections {
		col := &list.Collections[i]
		at, err := under(u.String(), col.ID)
		if err != nil {
			return nil, fmt.Errorf("%s: collection %d: %w", u, i+1, err)
		}
		col.URL = at.String()
	}
	return list.Collections, nil
}

// under is the address of what stands below another one.
func under(base string, names ...string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", plain(base), err)
	}
	u = slashed(u)
	for _, n := range names {
		if err := checkSegment(n); err != nil {
			return nil, err
		}
		raw := u.EscapedPath() + url.PathEscape(n) + "/"
		u.Path += n + "/"
		u.RawPath = raw
	}
	return u, nil
}

// checkSegment refuses names that would lead elsewhere in a path.
func checkSegment(n string) error {
	switch {
	case n == "":
		return errors.New("an identifier is missing")
	case n == "." || n == "..":
		return fmt.Errorf("%q is no identifier", n)
	case len(n) > 512:
		return fmt.Errorf("an identifier of %d bytes is too long", len(n))
	case strings.ContainsFunc(n, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return errors.New("an identifier has no control characters")
	}
	return nil
}

func slashed(u *url.URL) *url.URL {
	s := *u
	s.RawQuery, s.Fragment = "", ""
	if !strings.HasSuffix(s.Path, "/") {
		s.Path += "/"
		if s.RawPath != "" {
			s.RawPath += "/"
		}
	}
	return &s
}

// text reads a JSON string.
func text(raw []byte) (string, error) {
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
}
