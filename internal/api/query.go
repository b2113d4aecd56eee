package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"entente/internal/exchange"
	"entente/internal/store"
)

// Filters are the parameters of a search. All that are given are demanded; values of one, separated by commas, are
// alternatives.
type Filters struct {
	Collection []string  `query:"collection" maxItems:"100" doc:"Identifiers or aliases of collections. Without it, all that the caller may read"`
	ID         []string  `query:"id" maxItems:"500" doc:"Identifiers of objects"`
	Type       []string  `query:"type" maxItems:"100" doc:"Types of objects: indicator, malware, …"`
	Label      []string  `query:"label" maxItems:"5" doc:"Labels of TLP 2.0: clear, green, amber, amber+strict, red"`
	Since      time.Time `query:"since" doc:"Modified (or created) at this time or later"`
	Until      time.Time `query:"until" doc:"Modified (or created) before this time"`
	AddedAfter time.Time `query:"added_after" doc:"Added to the collection after this time"`
	Text       string    `query:"text" maxLength:"1000" doc:"Words that all occur in names, descriptions, labels …"`
	Attack     []string  `query:"attack" maxItems:"100" doc:"Identifiers of ATT&CK: T1190, G0125, …"`
	Value      string    `query:"value" maxLength:"4000" doc:"Value of an observable or in the pattern of an indicator: an address, a domain, a URL, a hash …"`
	Name       string    `query:"name" maxLength:"1000" doc:"Name or alias"`
	Tag        string    `query:"tag" maxLength:"1000" doc:"Entry of labels or of a list of types"`
	RefersTo   string    `query:"refers_to" maxLength:"300" doc:"Identifier of an object that is referred to"`
	Versions   string    `query:"versions" enum:"latest,first,all" default:"latest" doc:"Which versions of each object"`
}

// Paging are the parameters of a page.
type Paging struct {
	Limit int    `query:"limit" minimum:"1" default:"100" doc:"Most items of the page; the node has a maximum of its own"`
	Next  string `query:"next" maxLength:"1000" doc:"next of the page before. Everything else has to be as it was"`
}

// allSpecs are the versions of STIX that a collection can hold an object in.
var allSpecs = []string{"2.0", "2.1"}

// query is what the filters ask for, in the collections that the caller knows of.
func (f *Filters) query(known views) (store.Query, error) {
	q := store.Query{
		IDs: f.ID, Types: f.Type, Since: f.Since, Until: f.Until, After: f.AddedAfter, Words: exchange.Words(f.Text), LinkedTo: f.RefersTo,
	}
	if f.Text != "" && len(q.Words) == 0 {
		return q, newProblem(http.StatusBadRequest, "text has no word")
	}
	for _, id := range f.Collection {
		v, ok := known.named(id)
		if !ok || !v.CanRead {
			return q, fmt.Errorf("collection: %w", exchange.ErrNotFound)
		}
		q.Collections = append(q.Collections, v.ID)
	}
	for _, name := range f.Label {
		l, ok := exchange.LabelNamed(name)
		if !ok {
			return q, newProblem(http.StatusBadRequest, "label: clear, green, amber, amber+strict or red")
		}
		q.Labels = append(q.Labels, l)
	}
	switch f.Versions {
	case "first":
		q.Versions.First = true
	case "all":
		q.Versions.All, q.Specs = true, allSpecs
	default: // the latest one
	}
	var err error
	q.Terms, err = f.terms()
	return q, err
}

// terms are those that lead to an object. The store takes them as alternatives, so that there may be those of one parameter.
func (f *Filters) terms() (out []store.Term, err error) {
	given := 0
	for _, id := range f.Attack {
		attack, ok := exchange.AttackID(id)
		if !ok {
			return nil, newProblem(http.StatusBadRequest, "attack: identifiers of ATT&CK, as T1190")
		}
		out = append(out, store.Term{Kind: store.TermAttack, Value: attack})
	}
	if len(out) > 0 {
		given++
	}
	for _, t := range []struct {
		kind  store.TermKind
		value string
	}{{store.TermValue, f.Value}, {store.TermName, f.Name}, {store.TermLabel, f.Tag}} {
		if t.value != "" {
			out = append(out, store.Term{Kind: t.kind, Value: strings.ToLower(t.value)})
			given++
		}
	}
	if given > 1 {
		return nil, newProblem(http.StatusBadRequest, "one of attack, value, name and tag at a time")
	}
	return out, nil
}

// views are the collections that a caller may read or write.
type views struct {
	byID   map[int64]exchange.CollectionView
	byName map[string]exchange.CollectionView // UID or alias; of an alias in several API roots, the first by UID
}

// named is the collection with an identifier or alias, as in paths.
func (v views) named(name string) (exchange.CollectionView, bool) {
	c, ok := v.byName[name]
	return c, ok && name != ""
}

func (s *Server) views(ctx context.Context, p exchange.Principal) (views, error) {
	list, err := s.ex.Collections(ctx, p, store.Root{})
	if err != nil {
		return views{}, err
	}
	v := views{byID: make(map[int64]exchange.CollectionView, len(list)), byName: make(map[string]exchange.CollectionView, 2*len(list))}
	for _, c := range slices.Backward(list) {
		v.byID[c.ID], v.byName[c.Alias] = c, c
	}
	for _, c := range list {
		v.byName[c.UID] = c
	}
	return v, nil
}

// bound is what a cursor of this request is good for: the operation and everything of the query but the page.
func bound(ctx context.Context) string {
	r := callOf(ctx).r
	values := r.URL.Query()
	values.Del("next")
	values.Del("limit")
	return "api " + r.URL.Path + "?" + values.Encode()
}

// getPage is Search, Manifest or another page of the exchange.
type getPage func(context.Context, exchange.Principal, store.Query) (store.Page, error)

// pageBytes is the size at which a page ends, whatever limit asks for: an object may have megabytes.
const pageBytes = 8 << 20

// page gives the page that a query asks for, and next where there is more.
func (s *Server) page(ctx context.Context, p exchange.Principal, q store.Query, at Paging, get getPage) (page store.Page, next string, err error) {
	q.Limit, q.Bytes = min(at.Limit, s.opt.MaxPage), pageBytes
	if at.Next != "" {
		if q.Cursor, err = s.ex.OpenCursor(ctx, p, bound(ctx), at.Next); err != nil {
			return page, "", err
		}
	}
	if page, err = get(ctx, p, q); err != nil || !page.More {
		return page, "", err
	}
	next, err = s.ex.SignCursor(ctx, p, bound(ctx), page.Next)
	return page, next, err
}
