package exchange_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"entente/internal/exchange"
	"entente/internal/gate"
	"entente/internal/store"
	"entente/internal/taxii"
)

// What TAXII gives, over real HTTP, is what the reference says: objects, manifests, versions and statuses.
func TestLeaksThroughTAXII(t *testing.T) {
	worlds := 2
	if testing.Short() {
		worlds = 1
	}
	exchange.LeaksThrough(t, worlds, func(_ *store.Store, s *exchange.Service, collections map[string]int64) exchange.Outputs {
		h := httptest.NewServer(taxii.New(s, gate.New(s, gate.Options{}), taxii.Options{MaxPage: 17}))
		t.Cleanup(h.Close)
		o := &taxiiOutputs{t: t, base: h.URL + "/r/", uids: map[int64]string{}}
		for uid, id := range collections {
			o.uids[id] = uid
		}
		return o
	})
}

type taxiiOutputs struct {
	t     *testing.T
	base  string
	uids  map[int64]string // of collections
	asked int              // queries that named none
}

// get asks for a resource; false where it is not there for the caller.
func (o *taxiiOutputs) get(token, path string, query url.Values, into any) (http.Header, bool) {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), http.MethodGet, o.base+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Accept", "application/taxii+json;version=2.1")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusNotFound:
		return nil, false
	default:
		o.t.Fatalf("%s: %d %s", req.URL, resp.StatusCode, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		o.t.Fatal(err)
	}
	return resp.Header, true
}

// Sayable asks one collection, each in turn where the query names none, without words.
func (o *taxiiOutputs) Sayable(q store.Query) (store.Query, bool) {
	if q.Collections == nil {
		all := slices.Sorted(maps.Keys(o.uids))
		q.Collections = all[o.asked%len(all):][:1]
		o.asked++
	}
	return q, len(q.Collections) == 1 && q.Words == nil && q.Terms == nil && q.LinkedTo == "" && q.Labels == nil && q.Since.IsZero() && q.Until.IsZero()
}

func (o *taxiiOutputs) query(q store.Query) url.Values {
	v := url.Values{}
	list := func(name string, values []string) {
		if len(values) > 0 {
			v.Set("match["+name+"]", strings.Join(values, ","))
		}
	}
	var versions []string
	if q.Versions.All {
		versions = append(versions, "all")
	}
	if q.Versions.First {
		versions = append(versions, "first")
	}
	if q.Versions.Last {
		versions = append(versions, "last")
	}
	for _, at := range q.Versions.Exact {
		versions = append(versions, at.Format(time.RFC3339Nano))
	}
	list("version", versions)
	list("id", q.IDs)
	list("type", q.Types)
	list("spec_version", q.Specs)
	if !q.After.IsZero() {
		v.Set("added_after", q.After.UTC().Format("2006-01-02T15:04:05.000000Z"))
	}
	return v
}

// taxiiPage is an envelope or a manifest.
type taxiiPage struct {
	More    bool              `json:"more"`
	Next    string            `json:"next"`
	Objects []json.RawMessage `json:"objects"`

	dates [2]string // of the first and the last of the objects, as the headers say
}

func (o *taxiiOutputs) pages(token, path string, query url.Values) (pages []taxiiPage, ok bool) {
	o.t.Helper()
	query.Set("limit", strconv.Itoa(1+len(query.Encode())%20)) // of every size
	for {
		var page taxiiPage
		h, ok := o.get(token, path, query, &page)
		if !ok {
			return nil, false
		}
		page.dates = [2]string{h.Get("X-TAXII-Date-Added-First"), h.Get("X-TAXII-Date-Added-Last")}
		pages = append(pages, page)
		if !page.More {
			return pages, true
		}
		query.Set("next", page.Next)
	}
}

// dated are the objects of pages that a query has given. Their headers have to say the dates of the entries, which are of the same
// objects, and where there are none what the query says.
func (o *taxiiOutputs) dated(pages []taxiiPage, entries []manifestEntry, query url.Values) (all []json.RawMessage) {
	o.t.Helper()
	for _, p := range pages {
		n, want := len(all), [2]string{query.Get("added_after"), query.Get("added_after")}
		if all = append(all, p.Objects...); len(all) > len(entries) {
			o.t.Fatalf("%d objects, %d in the manifest", len(all), len(entries))
		}
		switch {
		case len(all) > n:
			want = [2]string{entries[n].Added, entries[len(all)-1].Added}
		case want[0] == "":
			want = [2]string{"1970-01-01T00:00:00.000000Z", "1970-01-01T00:00:00.000000Z"}
		}
		if p.dates != want {
			o.t.Fatalf("%v: the headers say %v, not %v", query, p.dates, want)
		}
	}
	if len(all) != len(entries) {
		o.t.Fatalf("%d objects, %d in the manifest", len(all), len(entries))
	}
	return all
}

// manifestEntry is one of a manifest.
type manifestEntry struct {
	ID      string `json:"id"`
	Added   string `json:"date_added"`
	Version string `json:"version"`
}

func (o *taxiiOutputs) item(collection int64, e manifestEntry) store.Item {
	o.t.Helper()
	added, err := time.Parse(time.RFC3339Nano, e.Added)
	if err != nil {
		o.t.Fatal(err)
	}
	return store.Item{Collection: collection, Added: added, ID: e.ID}
}

func (o *taxiiOutputs) manifest(token string, collection int64, query url.Values) (all []manifestEntry, ok bool) {
	o.t.Helper()
	pages, ok := o.pages(token, "collections/"+o.uids[collection]+"/manifest/", query)
	for _, p := range pages {
		for _, raw := range p.Objects {
			var e manifestEntry
			if err := json.Unmarshal(raw, &e); err != nil {
				o.t.Fatal(err)
			}
			all = append(all, e)
		}
	}
	o.dated(pages, all, query)
	return all, ok
}

// Items are the objects of a collection, dated by the manifest, which has to name the same.
func (o *taxiiOutputs) Items(token string, q store.Query) (items []store.Item, ok bool) {
	o.t.Helper()
	if len(q.Collections) != 1 { // whether the caller is let in at all
		var list json.RawMessage
		_, ok := o.get(token, "collections/", nil, &list)
		return nil, ok
	}
	items, ok, listed := o.objects(token, q.Collections[0], "objects/", o.query(q), o.query(q))
	if ok != listed {
		o.t.Fatalf("the objects of collection %d are given: %v, their manifest: %v", q.Collections[0], ok, listed)
	}
	return items, ok
}

// Object is all of an object in a collection.
func (o *taxiiOutputs) Object(token string, collection int64, id string) (items []store.Item, ok bool) {
	o.t.Helper()
	all := store.Query{Versions: store.Versions{All: true}, Specs: []string{"2.0", "2.1"}}
	query := o.query(all)
	all.IDs = []string{id}
	items, ok, _ = o.objects(token, collection, "objects/"+id+"/", query, o.query(all))
	return items, ok
}

// objects are those of a resource of a collection, dated by the entries of its manifest that another query gives.
func (o *taxiiOutputs) objects(token string, collection int64, path string, query, same url.Values) (items []store.Item, ok, listed bool) {
	o.t.Helper()
	pages, ok := o.pages(token, "collections/"+o.uids[collection]+"/"+path, query)
	entries, listed := o.manifest(token, collection, same)
	for i, raw := range o.dated(pages, entries, query) {
		var head struct{ ID, Type string }
		if err := json.Unmarshal(raw, &head); err != nil || head.ID != entries[i].ID {
			o.t.Fatalf("object %d is %s, in the manifest %s (%v)", i, head.ID, entries[i].ID, err)
		}
		it := o.item(collection, entries[i])
		it.Type, it.Raw = head.Type, raw
		items = append(items, it)
	}
	return items, ok, listed
}

// Versions are those of an object in all collections, dated by the manifests, which have to name the same.
func (o *taxiiOutputs) Versions(token, id string) (items []store.Item, ok bool) {
	o.t.Helper()
	for _, c := range slices.Sorted(maps.Keys(o.uids)) {
		var got struct {
			Versions []string `json:"versions"`
		}
		query := url.Values{"match[spec_version]": {"2.0,2.1"}}
		_, there := o.get(token, "collections/"+o.uids[c]+"/objects/"+id+"/versions/", query, &got)
		query.Set("match[id]", id)
		query.Set("match[version]", "all")
		entries, _ := o.manifest(token, c, query)
		var named []string
		for _, e := range entries {
			named = append(named, e.Version)
			items = append(items, o.item(c, e))
		}
		slices.Sort(named)
		slices.Sort(got.Versions)
		if !slices.Equal(slices.Compact(named), slices.Compact(got.Versions)) || there != (len(entries) > 0) {
			o.t.Fatalf("versions of %s: %v %v, in the manifest %v", id, there, got.Versions, named)
		}
		ok = ok || there
	}
	slices.SortStableFunc(items, func(a, b store.Item) int { return a.Added.Compare(b.Added) })
	return items, ok
}

func (o *taxiiOutputs) Status(token string, _ int64, id string) (int64, bool) {
	var got exchange.Status
	_, ok := o.get(token, "status/"+id+"/", nil, &got)
	return int64(got.TotalCount), ok
}
