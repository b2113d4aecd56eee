package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A walk over pages that are bounded by their bytes meets every item once, in order, also where several strips of items are
// read for one page, and every page but those with one large item keeps to the bound.
func TestPagesEndWithTheirBytes(t *testing.T) {
	onBoth(t, pagesEndWithTheirBytes)
}

func pagesEndWithTheirBytes(t *testing.T, s *Store) {
	t.Helper()
	w := newWorld(t, s)
	ctx := t.Context()
	var all []New
	var ids []string
	for i := range 60 {
		n := w.item(fmt.Sprintf("indicator--%d", i), 1, Clear)
		n.Type = []string{"indicator", "malware", "tool"}[i%3]
		n.Raw = []byte(strings.Repeat("x", 10+i*7%100))
		if i == 31 {
			n.Raw = []byte(strings.Repeat("x", 5000))
		}
		all, ids = append(all, n), append(ids, n.ID)
	}
	must[[]Outcome](t)(w.Add(ctx, all))
	for _, q := range []Query{
		{Bytes: 1},
		{Bytes: 200},
		{Bytes: 1000},
		{Bytes: 1000, Limit: 3},
		{Bytes: 1 << 20, Limit: 7},
		{Bytes: 300, IDs: ids},
		{Bytes: 300, Types: []string{"indicator", "malware", "tool"}},
		{Bytes: 300, Types: []string{"tool", "malware", "indicator"}, Limit: 2},
	} {
		var got []string
		for page := (Page{More: true}); page.More; q.Cursor = page.Next {
			page = must[Page](t)(w.Items(ctx, w.annSees(), q))
			size := 0
			for _, it := range page.Items {
				got = append(got, it.ID)
				size += len(it.Raw)
			}
			if len(page.Items) == 0 {
				t.Fatalf("%+v: an empty page in the middle", q)
			}
			if last := len(page.Items[len(page.Items)-1].Raw); int64(size-last) >= 3*q.Bytes {
				t.Errorf("%+v: a page of %d bytes", q, size)
			}
		}
		if !slices.Equal(got, ids) {
			t.Errorf("%+v: the walk met %v", q, got)
		}
	}
}
