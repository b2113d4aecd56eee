package taxiiclient

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"entente/internal/stix"
)

// canned answers every request in the same way, without a network.
type canned struct{ body, last string }

func (c canned) RoundTrip(req *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("X-TAXII-Date-Added-Last", c.last)
	_, _ = w.WriteString(c.body)
	resp := w.Result()
	resp.Request = req
	return resp, nil
}

// FuzzAnswers walks a server that gives one answer to everything: no walk fails to end, and none panics.
func FuzzAnswers(f *testing.F) {
	seeds := []canned{
		{`{"objects":[` + fakeObject(1) + `]}`, "2021-07-19T00:00:00.000000Z"},
		{`{"more":true,"next":"x","objects":[` + fakeObject(1) + `]}`, "2021-07-19T00:00:00.000000Z"},
		{`{"more":true,"objects":[{}]}`, "2021-07-19T00:00:00Z"},
		{`{"api_roots":["/a/","//b/","http://[::1"],"default":"%zz"}`, "x"},
		{`{"versions":["1"],"more":true,"max_content_length":-5}`, "9999-12-31T23:59:59.999999Z"},
		{`{"collections":[{"id":"..","title":"x"}]}`, ""},
		{`{"id":"s","status":"pending","failures":[{"id":1}]}`, ""},
		{`{"more":true}{"more":true}`, "0000-01-01T00:00:00Z"},
		{`{"more":true,"objects":[{"type":"a\x00"}]}`, "2021-07-19T00:00:00.000000Z"},
		{``, ""},
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s.body, s.last)
	}
	f.Fuzz(func(t *testing.T, body, last string) {
		c, err := New(Config{URL: "https://example.org/", Tries: 1, TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		c.http.Transport = canned{body, last}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		_, _ = c.Discover(ctx)
		root, col, err := c.Find(ctx, "x", false)
		if err == nil && (root.URL == "" || !strings.HasPrefix(col.URL, "https://example.org/")) {
			t.Errorf("found %+v %+v", root, col)
		}
		n := 0
		at := Collection{URL: "https://example.org/c/"}
		_, _ = c.Objects(ctx, at, Query{}, Visitor{Object: func(e stix.Entry) error {
			if n++; (e.Object == nil) == (e.Err == nil) {
				t.Error("an entry is neither an object nor an error")
			}
			return nil
		}})
		_, _ = c.Manifest(ctx, at, Query{}, func(Record) error { return nil })
		_, _ = c.Versions(ctx, at, "x")
		p := c.NewPusher(Root{URL: "https://example.org/a/"}, at, PushOptions{Wait: time.Millisecond})
		o, err := stix.Parse([]byte(fakeObject(1)), stix.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		_ = p.Add(ctx, o)
		_ = p.Flush(ctx)
		if ctx.Err() != nil {
			t.Error("it does not end")
		}
	})
}
