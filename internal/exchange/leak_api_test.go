package exchange_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"entente/internal/api"
	"entente/internal/exchange"
	"entente/internal/gate"
	"entente/internal/store"
)

// What the JSON API and its streams give, over real HTTP, is what the reference says: the API neither widens nor narrows it.
func TestLeaksThroughTheAPI(t *testing.T) {
	worlds := 2
	if testing.Short() {
		worlds = 1
	}
	exchange.LeaksThrough(t, worlds, func(_ *store.Store, s *exchange.Service, collections map[string]int64) exchange.Outputs {
		server := api.New(s, gate.New(s, gate.Options{}), api.Options{MaxPage: 17})
		h := httptest.NewServer(server)
		t.Cleanup(func() { server.Close(); h.Close() })
		o := &outputs{t: t, base: h.URL + api.Prefix, ids: collections, uids: map[int64]string{}}
		for uid, id := range collections {
			o.uids[id] = uid
		}
		return o
	})
}

type outputs struct {
	t    *testing.T
	base string
	ids  map[string]int64 // of collections
	uids map[int64]string
}

// open sends a request; nil where it is refused.
func (o *outputs) open(token, path string, query url.Values) *http.Response {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), http.MethodGet, o.base+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		o.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if s := resp.StatusCode; s != http.StatusUnauthorized && s != http.StatusNotFound {
		o.t.Fatalf("%s: %d %s", req.URL, s, body)
	}
	return nil
}

func (o *outputs) get(token, path string, query url.Values, into any) bool {
	o.t.Helper()
	resp := o.open(token, path, query)
	if resp == nil {
		return false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return true
}

// query says a query in the words of the API.
func (o *outputs) query(q store.Query) url.Values {
	v := url.Values{"versions": {"latest"}}
	switch {
	case q.Versions.All:
		v.Set("versions", "all")
	case q.Versions.First:
		v.Set("versions", "first")
	}
	list := func(name string, values []string) {
		if len(values) > 0 {
			v.Set(name, strings.Join(values, ","))
		}
	}
	var collections, labels []string
	for _, id := range q.Collections {
		collections = append(collections, o.uids[id])
	}
	for _, l := range q.Labels {
		labels = append(labels, exchange.LabelName(l))
	}
	list("collection", collections)
	list("label", labels)
	list("id", q.IDs)
	list("type", q.Types)
	for name, at := range map[string]time.Time{"since": q.Since, "until": q.Until, "added_after": q.After} {
		if !at.IsZero() {
			v.Set(name, at.Format(time.RFC3339Nano))
		}
	}
	if len(q.Words) > 0 {
		v.Set("text", strings.Join(q.Words, " "))
	}
	if q.LinkedTo != "" {
		v.Set("refers_to", q.LinkedTo)
	}
	for _, t := range q.Terms {
		v.Set(map[store.TermKind]string{store.TermValue: "value", store.TermName: "name", store.TermLabel: "tag"}[t.Kind], t.Value)
	}
	return v
}

// Sayable takes all versions of an object for those of all versions of STIX.
func (o *outputs) Sayable(q store.Query) (_ store.Query, ok bool) {
	v := q.Versions
	if v.All {
		q.Specs = []string{"2.0", "2.1"}
	} else if q.Specs != nil {
		return q, false
	}
	return q, len(v.Exact) == 0 && !v.Last && len(q.Terms) < 2
}

func (o *outputs) Items(token string, q store.Query) (items []store.Item, ok bool) {
	query := o.query(q)
	query.Set("limit", strconv.Itoa(1+len(query.Encode())%20)) // of every size
	for {
		var page api.Items
		if !o.get(token, "objects", query, &page) {
			return nil, false
		}
		items = append(items, o.items(page.Items)...)
		if page.Next == "" {
			return items, true
		}
		query.Set("next", page.Next)
	}
}

func (o *outputs) items(list []api.Item) (items []store.Item) {
	for _, it := range list {
		var head struct{ ID, Type string }
		if err := json.Unmarshal(it.Object, &head); err != nil {
			o.t.Fatal(err)
		}
		if strings.Contains(string(it.Object), "withheld") && !it.Withheld {
			o.t.Fatalf("%s is not said to be redacted", it.Object)
		}
		items = append(items, store.Item{Collection: o.ids[it.Collection], Added: o.time(it.DateAdded), ID: head.ID, Type: head.Type, Raw: it.Object})
	}
	return items
}

func (o *outputs) time(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		o.t.Fatal(err)
	}
	return at
}

func (o *outputs) Count(token string, q store.Query) (int64, bool) {
	var n api.Count
	ok := o.get(token, "counts", o.query(q), &n)
	return n.Count, ok
}

func (o *outputs) references(list []api.Reference) (items []store.Item) {
	for _, r := range list {
		items = append(items, store.Item{Collection: o.ids[r.Collection], Added: o.time(r.DateAdded), ID: r.ID, Type: r.Type})
	}
	return items
}

func (o *outputs) Versions(token, id string) (items []store.Item, ok bool) {
	query := url.Values{"limit": {"3"}}
	for {
		var page api.References
		if !o.get(token, "objects/"+id+"/versions", query, &page) {
			return nil, false
		}
		items = append(items, o.references(page.Items)...)
		if page.Next == "" {
			return items, true
		}
		query.Set("next", page.Next)
	}
}

func (o *outputs) Graph(token, id string) (g store.Graph, ok bool) {
	var graph api.Graph
	// The limit is of objects that the graph may have: there are fewer than that.
	if !o.get(token, "objects/"+id+"/neighbours", url.Values{"limit": {"1000"}}, &graph) {
		return g, false
	}
	g = store.Graph{Nodes: o.references(graph.Nodes), Cut: graph.Cut}
	for _, e := range graph.Edges {
		g.Edges = append(g.Edges, store.Edge(e))
	}
	return g, true
}

func (o *outputs) Conflicts(token string) (items []store.Item, ok bool) {
	after := int64(0)
	for {
		var page api.Conflicts
		if !o.get(token, "conflicts", url.Values{"after": {strconv.FormatInt(after, 10)}, "limit": {"2"}}, &page) {
			return nil, false
		}
		if len(page.Conflicts) == 0 {
			return items, true
		}
		for _, c := range page.Conflicts {
			items = append(items, o.items([]api.Item{c.Item})...)
			after = c.Number
		}
	}
}

func (o *outputs) Status(token string, collection int64, id string) (int64, bool) {
	var got exchange.Status
	ok := o.get(token, "collections/"+o.uids[collection]+"/submissions/"+id, nil, &got)
	return int64(got.TotalCount), ok
}

func (o *outputs) News(token string) (events []exchange.Event, ok bool) {
	resp := o.open(token, "events", url.Values{"after": {"beginning"}})
	if resp == nil {
		return nil, false
	}
	defer resp.Body.Close()
	stop := context.AfterFunc(o.t.Context(), func() { _ = resp.Body.Close() })
	defer stop()
	in := bufio.NewScanner(resp.Body)
	for in.Scan() {
		line := in.Text()
		if strings.HasPrefix(line, ":") { // everything is said
			return events, true
		}
		if data, found := strings.CutPrefix(line, "data: "); found {
			var e api.Event
			if err := json.Unmarshal([]byte(data), &e); err != nil || strings.Contains(data, "secret") {
				o.t.Fatalf("%v: %s", err, data)
			}
			events = append(events, exchange.Event{ID: e.ID, Type: e.Type, Collection: e.Collection})
		}
	}
	o.t.Fatal("the stream has ended", in.Err())
	return nil, false
}
