package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// queries are of every kind that is answered differently.
func queries(w *world) map[string]Query {
	return map[string]Query{
		"all":         {},
		"after":       {After: time.Unix(1, 0)},
		"cursor":      {Cursor: Cursor{Added: time.Unix(1, 0), Collection: w.collection.ID, Seq: 1}},
		"type":        {Types: []string{"indicator"}},
		"types":       {Types: []string{"indicator", "malware"}},
		"term":        {Terms: []Term{{Kind: TermLabel, Value: "malicious-activity"}}},
		"terms":       {Terms: []Term{{Kind: TermLabel, Value: "malicious-activity"}, {Kind: TermAttack, Value: "T1190"}}},
		"words":       {Words: []string{"word", "another"}},
		"all of it":   {Words: []string{"word"}, Terms: []Term{{Kind: TermAttack, Value: "T1190"}}, Types: []string{"indicator"}, Owners: []int64{1}, Labels: []Label{Clear}},
		"linked":      {LinkedTo: "identity--1"},
		"identifiers": {IDs: []string{"indicator--1", "malware--1"}},
		"specs":       {Specs: []string{"2.0", "2.1"}},
		"versions":    {Versions: Versions{First: true, Last: true, Exact: []time.Time{time.Unix(1, 0)}}},
		"every":       {Versions: Versions{All: true}},
		"times":       {Since: time.Unix(1, 0), Until: time.Unix(9, 0)},
	}
}

// A page has to begin where the cursor is and to end with its last item: nothing that reads on, nothing that sorts. Objects
// that are asked for by identifier are few.
func TestPagesScanAndSortNothing(t *testing.T) {
	s := must[*Store](t)(Create(t.Context(), Config{Dir: t.TempDir()}))
	defer s.Close()
	w := newWorld(t, s)
	n := w.item("indicator--1", 1, Clear)
	n.Terms = []Term{{TermLabel, "malicious-activity", Clear}, {TermAttack, "T1190", Clear}, {TermWord, "word", Clear}, {TermWord, "another", Clear}}
	must[[]Outcome](t)(s.Add(t.Context(), []New{n}))
	for name, q := range queries(w) {
		at := s.reader(t.Context())
		p := must[search](t)(s.prepareSearch(at, q))
		if p.none {
			t.Fatalf("%s: has terms that nobody used", name)
		}
		for _, strip := range p.strips(w.collection.ID) {
			query, args := p.statement(at, w.annSees(), strip, 1000)
			var plan []string
			if err := at.each("EXPLAIN QUERY PLAN "+query, args, func(scan func(...any) error) error {
				var (
					id, parent, unused int
					detail             string
				)
				err := scan(&id, &parent, &unused, &detail)
				plan = append(plan, detail)
				return err
			}); err != nil {
				t.Fatalf("%s: %v\n%s", name, err, query)
			}
			for _, step := range plan {
				sorts := strings.Contains(step, "TEMP B-TREE FOR ORDER BY") && len(q.IDs) == 0
				if sorts || slices.ContainsFunc([]string{"i", "d", "e", "n", "b", "p"}, func(a string) bool { return step == "SCAN "+a }) {
					t.Errorf("%s: %s\n\t%s", name, step, strings.Join(plan, "\n\t"))
				}
			}
		}
	}
}

// References to an object to which very many refer are read over the index until there are enough, and not sorted.
func TestReferencesSortNothing(t *testing.T) {
	s := must[*Store](t)(Create(t.Context(), Config{Dir: t.TempDir()}))
	defer s.Close()
	w := newWorld(t, s)
	var plan []string
	if err := s.reader(t.Context()).each("EXPLAIN QUERY PLAN "+referencesOf()[1], []any{w.ann.ID, w.a.ID, "identity--1", 10}, func(scan func(...any) error) error {
		var (
			id, parent, unused int
			detail             string
		)
		err := scan(&id, &parent, &unused, &detail)
		plan = append(plan, detail)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(plan, "\n\t")
	if !strings.Contains(text, "links_target") || strings.Contains(text, "TEMP B-TREE") || strings.Contains(text, "SCAN i") {
		t.Error(text)
	}
}

// Whatever is asked, each table of items in the statement has the condition that decides who may see.
func TestEachTableOfItemsHasThePredicate(t *testing.T) {
	s := must[*Store](t)(Create(t.Context(), Config{Dir: t.TempDir()}))
	defer s.Close()
	w := newWorld(t, s)
	n := w.item("indicator--1", 1, Clear)
	n.Terms = []Term{{TermLabel, "malicious-activity", Clear}, {TermAttack, "T1190", Clear}, {TermWord, "word", Clear}, {TermWord, "another", Clear}}
	must[[]Outcome](t)(s.Add(t.Context(), []New{n}))
	for name, q := range queries(w) {
		at := s.reader(t.Context())
		p := must[search](t)(s.prepareSearch(at, q))
		for _, strip := range p.strips(w.collection.ID) {
			query, _ := p.statement(at, w.annSees(), strip, 1000)
			if !strings.Contains(query, "WHERE "+visible("i")+" AND ") {
				t.Errorf("%s: does not begin with the condition on i:\n%s", name, query)
			}
			for table, aliases := range map[string]string{"items": "n", "postings": "dep", "links": "de"} {
				for alias := range strings.SplitSeq(aliases, "") {
					if !strings.Contains(query, fmt.Sprintf("%s %s ", table, alias)) {
						continue
					}
					want := sees("i", alias+".label")
					if table == "items" {
						want = visible(alias)
					}
					if !strings.Contains(query, want) {
						t.Errorf("%s: %s %s stands there without its condition:\n%s", name, table, alias, query)
					}
				}
			}
		}
	}
}

// What is added is compared with what is there over the index of objects, on both databases.
func TestSiblingsAreFoundOverTheirIndex(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := newWorld(t, s)
		var news []New
		var ids []string
		for i := range 500 {
			news = append(news, w.item(fmt.Sprint("indicator--", i), 1, Clear))
			ids = append(ids, news[i].ID)
		}
		must[[]Outcome](t)(s.Add(t.Context(), news))
		explain := "EXPLAIN QUERY PLAN "
		if s.file == "" {
			explain = "EXPLAIN "
		}
		var plan []string
		at := s.reader(t.Context())
		if err := at.each(explain+siblingsOf(s.d), []any{w.ann.ID, w.a.ID, w.collection.ID, s.d.listOf(ids)}, func(scan func(...any) error) error {
			var (
				step string
				skip any
				into = []any{&step}
			)
			if s.file != "" {
				into = []any{&skip, &skip, &skip, &step}
			}
			err := scan(into...)
			plan = append(plan, step)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(plan, "\n"); !strings.Contains(text, "items_object") || strings.Contains(text, "items_pkey") {
			t.Error(text)
		}
	})
}
