package taxiiclient

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/stix"
)

// pull reads a collection and gives the numbers of its objects.
func pull(t *testing.T, c *Client, col Collection, q Query) ([]string, Position, error) {
	t.Helper()
	var got []string
	pos, err := c.Objects(t.Context(), col, q, Visitor{Object: func(e stix.Entry) error {
		if e.Object == nil {
			got = append(got, "broken")
		} else {
			got = append(got, string(e.Object.Raw))
		}
		return nil
	}})
	return got, pos, err
}

func wantObjects(from, to int) []string {
	var want []string
	for n := from; n < to; n++ {
		want = append(want, fakeObject(n))
	}
	return want
}

func TestWalkReadsEachObjectOnce(t *testing.T) {
	for name, set := range map[string]func(*fake){
		"next":                           func(f *fake) { f.hold(95, 1) },
		"next, no dates":                 func(f *fake) { f.noDates = true; f.hold(95, 1) },
		"next, server's limit":           func(f *fake) { f.pageLimit = 7; f.hold(95, 1) },
		"dates":                          func(f *fake) { f.next = false; f.hold(95, 1) },
		"dates, server's limit":          func(f *fake) { f.next = false; f.pageLimit = 7; f.hold(95, 1) },
		"dates, several at one time":     func(f *fake) { f.next = false; f.hold(95, 4) },
		"dates, a page at one time":      func(f *fake) { f.next = false; f.hold(95, 10) },
		"dates, more than a page":        func(f *fake) { f.next = false; f.hold(95, 37) },
		"dates, all at one time":         func(f *fake) { f.next = false; f.hold(95, 95) },
		"one page":                       func(f *fake) { f.hold(10, 1) },
		"one page less one":              func(f *fake) { f.hold(9, 1) },
		"no object":                      func(*fake) {},
		"dates, exactly the last page":   func(f *fake) { f.next = false; f.hold(20, 1) },
		"dates, several, server's limit": func(f *fake) { f.next = false; f.pageLimit = 8; f.hold(95, 5) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			set(f)
			c := f.client(t)
			_, col := f.find(t, c)
			got, pos, err := pull(t, c, col, Query{PageSize: 10})
			if err != nil {
				t.Fatal(err)
			}
			if want := wantObjects(0, len(f.held)); !slices.Equal(got, want) {
				t.Fatalf("got %d objects, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
			}
			if pos.Objects != int64(len(got)) {
				t.Errorf("position counts %d objects of %d", pos.Objects, len(got))
			}
			if !f.noDates && len(got) > 0 && !pos.AddedAfter.Equal(f.held[len(f.held)-1].added) {
				t.Errorf("the position is %s, the last object was added %s", pos.AddedAfter, f.held[len(f.held)-1].added)
			}
			if f.noDates != (len(pos.Doubts) > 0) {
				t.Errorf("doubts: %q", pos.Doubts)
			}
			// A later walk brings what was added since.
			f.hold(3, 1)
			if pos.AddedAfter.IsZero() {
				return
			}
			n := len(got)
			f.held[n].added, f.held[n+1].added, f.held[n+2].added = pos.AddedAfter.Add(1000), pos.AddedAfter.Add(2000), pos.AddedAfter.Add(3000)
			got, _, err = pull(t, c, col, Query{PageSize: 10, AddedAfter: pos.AddedAfter})
			if err != nil || !slices.Equal(got, wantObjects(n, n+3)) {
				t.Errorf("then got %q, %v", got, err)
			}
		})
	}
}

// A server that cuts pages within one instant and lets them not grow loses objects: it has to be said.
func TestWalkSaysWhatMayBeMissing(t *testing.T) {
	f := newFake(t)
	f.next, f.pageLimit = false, 8
	f.hold(60, 20)
	c := f.client(t)
	_, col := f.find(t, c)
	got, pos, err := pull(t, c, col, Query{PageSize: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 24 || len(pos.Doubts) != 3 || !strings.Contains(pos.Doubts[0], "may be missing") {
		t.Errorf("got %d objects and doubts %q", len(got), pos.Doubts)
	}
}

// A cursor that the server has forgotten costs nothing: the walk goes on by dates.
func TestWalkOutlivesCursors(t *testing.T) {
	f := newFake(t)
	f.hold(95, 4)
	lost := 0
	f.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if n := r.URL.Query().Get("next"); n == "30" || n == "60" {
			lost++
			w.WriteHeader(http.StatusBadRequest)
			return true
		}
		return false
	}
	c := f.client(t)
	_, col := f.find(t, c)
	got, _, err := pull(t, c, col, Query{PageSize: 10})
	if err != nil || lost == 0 || !slices.Equal(got, wantObjects(0, 95)) {
		t.Errorf("got %d objects of 95 with %d cursors lost, %v", len(got), lost, err)
	}
}

// What a page costs when the connection breaks is a second try, not an object twice or never.
func TestWalkTriesAgain(t *testing.T) {
	breaks := map[string]func(w http.ResponseWriter){
		"503": func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
		},
		"429":     func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) },
		"500":     func(w http.ResponseWriter) { w.WriteHeader(http.StatusInternalServerError) },
		"hang up": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"half a page": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", mediaType)
			w.Header().Set("Content-Length", "100000")
			fmt.Fprintf(w, `{"objects":[%s,`, fakeObject(0))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
	}
	for name, fail := range breaks {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.hold(35, 1)
			n := 0
			f.hook = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/objects/") {
					return false
				}
				if n++; n%2 == 1 {
					fail(w)
					return true
				}
				return false
			}
			waits := 0
			c := f.client(t, func(c *Config) { c.OnWait = func(error, time.Duration) { waits++ } })
			_, col := f.find(t, c)
			got, _, err := pull(t, c, col, Query{PageSize: 10})
			if err != nil || !slices.Equal(got, wantObjects(0, 35)) {
				t.Errorf("got %d objects, %v", len(got), err)
			}
			if waits != 4 && name != "hang up" { // there, net/http itself tries again
				t.Errorf("waited %d times, want 4", waits)
			}
		})
	}
}

// page makes every page of objects what a test says.
func page(f *fake, header map[string]string, body func(n int) string) {
	n := 0
	f.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/objects/") {
			return false
		}
		w.Header().Set("Content-Type", mediaType)
		for k, v := range header {
			w.Header().Set(k, v)
		}
		_, _ = w.Write([]byte(body(n)))
		n++
		return true
	}
}

// Some servers have one cursor for a whole walk, and hand out the next page to whoever comes with it: a page that was lost on
// the way is not handed out again.
func TestWalkWithCursorsThatMoveOn(t *testing.T) {
	f := newFake(t)
	f.hold(95, 4)
	at, n := 0, 0
	f.hook = func(w http.ResponseWriter, r *http.Request) bool {
		q := r.URL.Query()
		if !strings.HasSuffix(r.URL.Path, "/objects/") {
			return false
		}
		if q.Get("next") == "" {
			at = 0
			if after, ok := parseTimestamp(q.Get("added_after")); ok {
				for at < len(f.held) && !f.held[at].added.After(after) {
					at++
				}
			}
		}
		to := min(at+10, len(f.held))
		page := f.held[at:to]
		at = to
		if n++; n == 3 || n == 5 || n == 6 {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", mediaType)
		w.Header().Set("X-TAXII-Date-Added-Last", timestamp(page[len(page)-1].added))
		var parts []string
		for _, h := range page {
			parts = append(parts, h.raw)
		}
		fmt.Fprintf(w, `{"more":%t,"next":"session","objects":[%s]}`, to < len(f.held), strings.Join(parts, ","))
		return true
	}
	c := f.client(t)
	_, col := f.find(t, c)
	got, _, err := pull(t, c, col, Query{PageSize: 10})
	if err != nil || !slices.Equal(got, wantObjects(0, 95)) {
		t.Errorf("got %d objects of 95, %v", len(got), err)
	}
}

func TestWalkEndsAtHostileServers(t *testing.T) {
	dated := map[string]string{"X-TAXII-Date-Added-Last": "2021-07-19T00:00:00.000000Z"}
	for name, test := range map[string]struct {
		header map[string]string
		body   func(n int) string
		want   string
	}{
		"the same cursor":          {nil, func(int) string { return `{"more":true,"next":"a"}` }, "same page and cursor"},
		"cursors in a circle":      {nil, func(n int) string { return fmt.Sprintf(`{"more":true,"next":"%d"}`, n%3) }, "same page and cursor"},
		"the same cursor and page": {nil, func(int) string { return `{"more":true,"next":"a","objects":[` + fakeObject(1) + `]}` }, "same page and cursor"},
		"pages in a circle": {nil, func(n int) string {
			return fmt.Sprintf(`{"more":true,"next":"%d","objects":[%s]}`, n%3, fakeObject(n%3))
		}, "same page and cursor"},
		"ever new cursors":           {nil, func(n int) string { return fmt.Sprintf(`{"more":true,"next":"%d"}`, n) }, "again and again"},
		"more without a way":         {nil, func(int) string { return `{"more":true,"objects":[` + fakeObject(1) + `]}` }, "neither a cursor nor the date"},
		"more, the same date":        {dated, func(int) string { return `{"more":true,"objects":[` + fakeObject(1) + `]}` }, "or before, though later ones were asked for"},
		"more is a string":           {nil, func(int) string { return `{"more":"yes"}` }, "neither true nor false"},
		"a long cursor":              {nil, func(int) string { return `{"more":true,"next":"` + strings.Repeat("x", 9000) + `"}` }, "too long"},
		"a cursor that is none":      {nil, func(int) string { return `{"more":true,"next":{}}` }, "next"},
		"a broken object for ever":   {dated, func(int) string { return `{"more":true,"objects":[{"type":"x","type":"y"}]}` }, "or before, though later ones were asked for"},
		"new objects at one instant": {dated, func(n int) string { return `{"more":true,"objects":[` + fakeObject(n) + `]}` }, "or before, though later ones were asked for"},
		"a list":                     {nil, func(int) string { return `[]` }, "no STIX"},
		"nonsense":                   {nil, func(int) string { return `<html>` }, "an object is needed"},
		"cut off":                    {nil, func(int) string { return `{"objects":[` + fakeObject(1) }, "cut off"},
		"two envelopes":              {nil, func(int) string { return `{"more":false}{"more":false}` }, "after the envelope"},
		"too large":                  {nil, func(int) string { return `{"x":"` + strings.Repeat("x", 1<<20) + `"}` }, "larger"},
		"HTML":                       {map[string]string{"Content-Type": "text/html"}, func(int) string { return `{}` }, "right address"},
		"TAXII 2.0":                  {map[string]string{"Content-Type": "application/vnd.oasis.stix+json; version=2.0"}, func(int) string { return `{}` }, "TAXII 2.0"},
		"TAXII of another decade":    {map[string]string{"Content-Type": "application/taxii+json;version=3.0"}, func(int) string { return `{}` }, "TAXII 3.0"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			page(f, test.header, test.body)
			c := f.client(t, func(c *Config) { c.MaxPage = 1 << 19 })
			_, col := f.find(t, c)
			_, _, err := pull(t, c, col, Query{PageSize: 10})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want …%s…", err, test.want)
			}
			if n := len(f.seen()); n > 200 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestWalkKeepsNeighboursOfBrokenObjects(t *testing.T) {
	f := newFake(t)
	page(f, nil, func(int) string {
		return `{"objects":[` + fakeObject(0) + `,{"type":"x","type":"y"},` + fakeObject(1) + `,7,` + fakeObject(2) + `]}`
	})
	c := f.client(t)
	_, col := f.find(t, c)
	got, _, err := pull(t, c, col, Query{})
	want := []string{fakeObject(0), "broken", fakeObject(1), "broken", fakeObject(2)}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}

// Some servers have no page without objects: they say 404, as if there were no collection.
func TestWalkOfNothing(t *testing.T) {
	f := newFake(t)
	gone := false
	f.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/objects/") || gone {
			w.WriteHeader(http.StatusNotFound)
			return true
		}
		return false
	}
	c := f.client(t)
	_, col := f.find(t, c)
	if got, _, err := pull(t, c, col, Query{}); err != nil || len(got) > 0 {
		t.Errorf("%q, %v", got, err)
	}
	gone = true
	if _, _, err := pull(t, c, col, Query{}); err == nil {
		t.Error("a collection that is not there is empty")
	}
}

// Dates in the future would make a later walk blind.
func TestWalkDoesNotBelieveTheFuture(t *testing.T) {
	f := newFake(t)
	page(f, map[string]string{"X-TAXII-Date-Added-Last": "9999-01-01T00:00:00.000000Z"}, func(int) string {
		return `{"objects":[` + fakeObject(0) + `]}`
	})
	c := f.client(t)
	_, col := f.find(t, c)
	_, pos, err := pull(t, c, col, Query{})
	if err != nil || !pos.AddedAfter.IsZero() || len(pos.Doubts) != 1 {
		t.Errorf("position %+v, %v", pos, err)
	}
}

func TestWalkHandsOnErrorsOfTheVisitor(t *testing.T) {
	f := newFake(t)
	f.hold(35, 1)
	c := f.client(t)
	_, col := f.find(t, c)
	stop := errors.New("enough")
	for name, v := range map[string]Visitor{
		"object": {Object: func(stix.Entry) error { return stop }},
		"page":   {Page: func(Position) error { return stop }},
	} {
		if _, err := c.Objects(t.Context(), col, Query{PageSize: 10}, v); !errors.Is(err, stop) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWalkSpoolsLargePages(t *testing.T) {
	f := newFake(t)
	long := strings.Repeat("x", 1<<20)
	page(f, nil, func(int) string {
		var b strings.Builder
		b.WriteString(`{"objects":[`)
		for n := range 12 {
			if n > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, `{"type":"note","id":%q,"content":%q}`, fakeID(n), long)
		}
		b.WriteString(`]}`)
		return b.String()
	})
	c := f.client(t)
	_, col := f.find(t, c)
	got, _, err := pull(t, c, col, Query{})
	if err != nil || len(got) != 12 || !strings.Contains(got[11], long) {
		t.Errorf("got %d objects, %v", len(got), err)
	}
	if left, err := os.ReadDir(c.cfg.TempDir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestQueryIsSentAsTheSpecificationSays(t *testing.T) {
	f := newFake(t)
	c := f.client(t)
	_, col := f.find(t, c)
	_, _, err := pull(t, c, col, Query{
		AddedAfter: time.Date(2021, 7, 19, 1, 2, 3, 4999, time.FixedZone("x", 3600)), IDs: []string{"a", "b"},
		Types: []string{"indicator"}, Specs: []string{"2.0", "2.1"}, Versions: []string{"all"}, PageSize: 5,
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := f.seen()
	want := "added_after=2021-07-19T00%3A02%3A03.000004Z&limit=5&match%5Bid%5D=a%2Cb&match%5Bspec_version%5D=2.0%2C2.1&match%5Btype%5D=indicator&match%5Bversion%5D=all"
	if got := seen[len(seen)-1]; !strings.HasSuffix(got, "?"+want) {
		t.Errorf("sent %s\nwant …%s", got, want)
	}
}

func TestManifestAndVersions(t *testing.T) {
	f := newFake(t)
	f.hold(25, 3)
	c := f.client(t)
	_, col := f.find(t, c)
	var got []string
	if _, err := c.Manifest(t.Context(), col, Query{PageSize: 10}, func(r Record) error {
		if r.DateAdded.IsZero() || r.Version == "" {
			t.Errorf("record %+v", r)
		}
		got = append(got, r.ID)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(got) != 25 || got[24] != fakeID(24) {
		t.Errorf("manifest: %q", got)
	}
	if v, err := c.Versions(t.Context(), col, fakeID(1)); err != nil || len(v) != 1 {
		t.Errorf("versions: %q, %v", v, err)
	}
	if err := c.Delete(t.Context(), col, fakeID(1), Query{Versions: []string{"first"}}); err != nil {
		t.Error(err)
	}
	seen := f.seen()
	if got := seen[len(seen)-1]; !strings.HasPrefix(got, "DELETE ") || !strings.HasSuffix(got, "match%5Bversion%5D=first") {
		t.Errorf("sent %s", got)
	}
}
