package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a page.
const (
	defaultLimit = 100
	maxLimit     = 100_000
)

// builder collects the conditions of a statement. Parameters $1 and $2 are the caller, $3 is the collection.
type builder struct {
	t     *tx
	where strings.Builder
	args  []any
	order string // column
}

func newBuilder(t *tx, caller Caller, collection int64) *builder {
	return &builder{t: t, args: []any{caller.User, caller.Org, collection}}
}

// arg adds a parameter and gives its name.
func (b *builder) arg(v any) string {
	b.args = append(b.args, v)
	return "$" + strconv.Itoa(len(b.args))
}

// and adds a condition, in which each %s stands for the next of the values.
func (b *builder) and(condition string, values ...any) {
	names := make([]any, len(values))
	for i, v := range values {
		names[i] = b.arg(v)
	}
	b.where.WriteString(" AND ")
	fmt.Fprintf(&b.where, condition, names...)
}

// list is the condition that a column has one of the values, which are a []int64 or a []string.
func (b *builder) list(column string, values any) string {
	return b.t.d.list(column, b.arg(b.t.d.listOf(values)))
}

// in adds the condition that a column has one of the values, unless there are none.
func in[T any](b *builder, column string, values []T) {
	if len(values) > 0 {
		b.where.WriteString(" AND " + b.list(column, values))
	}
}

// search is a Query made ready: terms of the search index as numbers.
type search struct {
	Query
	specs   []int64
	exact   []int64
	labels  []int64
	terms   []int64 // one of them, nil: whatever
	words   []int64 // all of them
	drivers []int64 // the word that the fewest items have, or the terms: one of them leads to each item that is wanted
	none    bool    // a term that nobody ever used
}

func (s *Store) prepareSearch(t *tx, q Query) (search, error) {
	p := search{Query: q}
	for _, text := range q.Specs {
		n, err := specNumber(text)
		if err != nil {
			continue // of which there are no items; the list must not become empty, though
		}
		p.specs = append(p.specs, n)
	}
	p.none = len(q.Specs) > 0 && len(p.specs) == 0
	for _, v := range q.Versions.Exact {
		p.exact = append(p.exact, micro(v))
	}
	for _, l := range q.Labels {
		p.labels = append(p.labels, int64(l))
	}
	var err error
	if len(q.Terms) > 0 {
		if p.terms, err = lookUp(t, q.Terms); err != nil {
			return p, err
		}
		p.none = p.none || len(p.terms) == 0
	}
	for _, w := range q.Words {
		ids, err := lookUp(t, []Term{{Kind: TermWord, Value: w}})
		if err != nil {
			return p, err
		}
		p.words = append(p.words, ids...)
		p.none = p.none || len(ids) == 0
	}
	if p.none {
		return p, nil
	}
	p.drivers = p.terms
	if len(p.words) == 0 || len(p.words) == 1 && p.terms == nil {
		p.drivers = append(p.drivers, p.words...)
		return p, nil
	}
	fewest := 0
	for _, term := range p.terms {
		n, err := frequency(t, term)
		if err != nil {
			return p, err
		}
		fewest += n
	}
	for _, w := range p.words {
		n, err := frequency(t, w)
		if err != nil {
			return p, err
		}
		if p.drivers == nil || n < fewest {
			fewest, p.drivers = n, []int64{w}
		}
	}
	return p, nil
}

// frequency says how many items have a term, of all that there are; from 10,000 on it stops counting.
func frequency(t *tx, term int64) (n int, err error) {
	err = t.one(`SELECT count(*) FROM (SELECT 1 FROM postings WHERE term = $1 LIMIT 10000) f`, []any{term}, &n)
	return n, err
}

// strip is a part of the items that one index gives in the order of seq. A query is answered strip by strip, and the strips
// are merged.
type strip struct {
	collection int64
	kind       string // "": of every type
	term       int64  // 0: whatever their terms
}

// mostStrips of one collection. With more values than that the items are read in order and those that fit are picked.
const mostStrips = 32

// strips cuts a collection into those that have the fewest items to look at.
func (p *search) strips(collection int64) []strip {
	switch {
	case len(p.IDs) > 0 || p.LinkedTo != "":
	case len(p.drivers) > 0 && len(p.drivers) <= mostStrips:
		out := make([]strip, len(p.drivers))
		for i, term := range p.drivers {
			out[i] = strip{collection: collection, term: term}
		}
		return out
	case len(p.Types) > 0 && len(p.Types) <= mostStrips:
		out := make([]strip, len(p.Types))
		for i, kind := range p.Types {
			out[i] = strip{collection: collection, kind: kind}
		}
		return out
	}
	return []strip{{collection: collection}}
}

// from gives the tables of a strip and adds the conditions that lead into it. The planner of SQLite takes the tables of a
// CROSS JOIN in the order in which they stand, and no index for a column with a plus before it.
func (p *search) from(b *builder, s strip) (tables string) {
	tables = "items i CROSS JOIN w"
	column := "i.item"
	collection := "+i.collection = w.collection"
	switch {
	case len(p.IDs) > 0:
		collection, column = "i.collection = w.collection AND i.collection = $3", "+i.item"
	case p.LinkedTo != "":
		tables, column = "links d CROSS JOIN items i CROSS JOIN w", "d.item"
		b.and("d.target = %s AND i.item = d.item AND "+sees("i", "d.label"), termKey(p.LinkedTo))
		b.where.WriteString(` AND NOT EXISTS (SELECT 1 FROM links e WHERE e.item = d.item AND e.target = d.target
			AND (e.property < d.property OR e.property = d.property AND e.label < d.label) AND ` + sees("i", "e.label") + ")")
	case s.term != 0:
		tables, column = "postings d CROSS JOIN items i CROSS JOIN w", "d.item"
		b.and("d.term = %s AND i.item = d.item AND "+sees("i", "d.label"), s.term)
		b.where.WriteString(` AND NOT EXISTS (SELECT 1 FROM postings e WHERE e.term = d.term AND e.item = d.item
			AND e.label < d.label AND ` + sees("i", "e.label") + ")")
	case s.kind != "":
		collection = "i.collection = w.collection AND i.collection = $3"
		b.and("i.kind = %s", s.kind)
	}
	b.where.WriteString(" AND " + collection)
	low := s.collection << seqBits
	if after := p.after(s.collection); after > beforeAll {
		// date_added rises with seq: the items after a date are those after the last one that has it or an earlier one.
		b.and(column+` > coalesce((SELECT l.item FROM items l WHERE l.collection = $3 AND l.added <= %s ORDER BY l.added DESC LIMIT 1), %s)`,
			after, low)
	} else {
		b.and(column+" > %s", low)
	}
	b.and(column+" < %s", low+1<<seqBits)
	b.order = strings.TrimPrefix(column, "+")
	return tables
}

// beforeAll is a date before all that are stored.
const beforeAll = -1 << 62

// after is the date added after which the query wants items of a collection.
func (p *search) after(collection int64) int64 {
	after := int64(beforeAll)
	if !p.After.IsZero() {
		after = micro(p.After)
	}
	if c := p.Cursor; c != (Cursor{}) {
		// In collections up to that of the cursor the items of its date have been given already.
		at := micro(c.Added)
		if collection > c.Collection {
			at--
		}
		after = max(after, at)
	}
	return after
}

// conditions adds what the items of a strip have to fulfil, the one that decides who may see them first.
func (p *search) conditions(b *builder, s strip, twins bool) (tables string) {
	b.where.WriteString(visible("i"))
	tables = p.from(b, s)
	in(b, "i.object", p.IDs)
	if s.kind == "" {
		in(b, "i.kind", p.Types)
	}
	in(b, "i.owner", p.Owners)
	in(b, "i.label", p.labels)
	if !p.Since.IsZero() {
		b.and("i.version_text <> '' AND i.version >= %s", micro(p.Since))
	}
	if !p.Until.IsZero() {
		b.and("i.version_text <> '' AND i.version < %s", micro(p.Until))
	}
	if p.terms != nil && !slices.Contains(p.terms, s.term) {
		b.where.WriteString(` AND EXISTS (SELECT 1 FROM postings p WHERE p.item = i.item AND ` + b.list("p.term", p.terms) +
			` AND ` + sees("i", "p.label") + `)`)
	}
	if p.LinkedTo != "" && len(p.IDs) > 0 {
		b.and(`EXISTS (SELECT 1 FROM links l WHERE l.target = %s AND l.item = i.item AND `+sees("i", "l.label")+`)`, termKey(p.LinkedTo))
	}
	for _, w := range p.words {
		if w == s.term {
			continue // it led here
		}
		b.and(`EXISTS (SELECT 1 FROM postings p WHERE p.term = %s AND p.item = i.item AND `+sees("i", "p.label")+`)`, w)
	}
	// Which versions. Only what the caller sees counts, so that nobody learns of others by what is missing.
	among := func() string { return " AND n.spec = i.spec" }
	if len(p.specs) > 0 {
		in(b, "i.spec", p.specs)
		among = func() string { return " AND " + b.list("n.spec", p.specs) }
	} else {
		b.without(flagSpec, "n.spec > i.spec")
	}
	if v := p.Versions; !v.All {
		var ways []string
		if v.Last || !v.First && len(p.exact) == 0 {
			ways = append(ways, without(flagNewer, "(n.version > i.version OR n.version = i.version AND n.spec > i.spec)"+among()))
		}
		if v.First {
			ways = append(ways, without(flagOlder, "(n.version < i.version OR n.version = i.version AND n.spec < i.spec)"+among()))
		}
		if len(p.exact) > 0 {
			// An object without versions goes by the date at which it was added.
			ways = append(ways, "i.version_text <> '' AND "+b.list("i.version", p.exact), "i.version_text = '' AND "+b.list("i.added", p.exact))
		}
		b.where.WriteString(" AND (" + strings.Join(ways, " OR ") + ")")
	}
	if !twins {
		b.without(flagTwin, "n.version = i.version AND n.spec = i.spec AND ("+byMaker+" OR "+
			"(n.flags & 16) = (i.flags & 16) AND (n.redacted < i.redacted OR n.redacted = i.redacted AND n.item < i.item))")
	}
	return tables
}

// byMaker is the relation of two items of one version of which the first one is to be given to who sees both: see flagMaker.
const byMaker = "(n.flags & 16) > (i.flags & 16)"

// without adds the condition that the caller sees no other version of the object that stands in the relation; the flag is set
// where there may be one.
func (b *builder) without(flag int, relation string) {
	b.where.WriteString(" AND " + without(flag, relation))
}

func without(flag int, relation string) string {
	return `((i.flags & ` + strconv.Itoa(flag) + `) = 0 OR NOT EXISTS (SELECT 1 FROM items n
		WHERE n.object = i.object AND n.collection = i.collection AND ` + relation + ` AND ` + visible("n") + `))`
}

// Items gives the items that the caller sees and that the query asks for, by date added.
func (s *Store) Items(ctx context.Context, caller Caller, q Query) (Page, error) {
	var page Page
	err := s.snapshot(ctx, func(t *tx) (err error) {
		page, err = s.items(t, caller, q)
		return err
	})
	return page, about(err, "items", "")
}

func (s *Store) items(t *tx, caller Caller, q Query) (Page, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = defaultLimit
	}
	limit = min(limit, maxLimit)
	p, err := s.prepareSearch(t, q)
	if err != nil || p.none {
		return Page{}, err
	}
	in, err := p.collections(t, caller)
	if err != nil {
		return Page{}, err
	}
	var strips []strip
	for _, c := range in {
		strips = append(strips, p.strips(c)...)
	}
	var page Page
	var full []Item // the last items of strips that were cut short: beyond the first of them the page would have gaps
	for _, s := range strips {
		items, cut, err := p.page(t, caller, s, limit+1)
		if err != nil {
			return Page{}, err
		}
		if cut {
			full = append(full, items[len(items)-1])
		}
		if len(strips) == 1 {
			page.Items = items
		} else {
			page.Items = append(page.Items, items...)
			slices.SortFunc(page.Items, byDate)
			page.Items = slices.CompactFunc(page.Items, func(a, b Item) bool { return a.Collection == b.Collection && a.Seq == b.Seq })
			page.Items = page.Items[:min(len(page.Items), limit+1)]
		}
	}
	page.More = len(page.Items) > limit || len(full) > 0
	page.Items = page.Items[:min(len(page.Items), limit)]
	if len(full) > 0 {
		end := slices.MinFunc(full, byDate)
		page.Items = slices.DeleteFunc(page.Items, func(it Item) bool { return byDate(it, end) > 0 })
	}
	if page.More {
		last := page.Items[len(page.Items)-1]
		page.Next = Cursor{Added: last.Added, Collection: last.Collection, Seq: last.Seq}
	}
	return page, nil
}

// byDate is the order of pages. Within a collection no two items have the same date.
func byDate(a, b Item) int {
	return cmp.Or(a.Added.Compare(b.Added), cmp.Compare(a.Collection, b.Collection))
}

// collections gives the collections to look into, in order.
func (p *search) collections(t *tx, caller Caller) ([]int64, error) {
	if len(p.Collections) > 0 {
		return slices.Compact(slices.Sorted(slices.Values(p.Collections))), nil
	}
	views, err := collections(t, caller, 0)
	if err != nil {
		return nil, err
	}
	var out []int64
	for _, v := range views {
		if v.CanRead {
			out = append(out, v.ID)
		}
	}
	return out, nil
}

// statement reads the first items of a strip.
func (p *search) statement(t *tx, caller Caller, s strip, limit int) (query string, args []any) {
	b := newBuilder(t, caller, s.collection)
	tables := p.conditions(b, s, false)
	data, join := "b.data", "JOIN raws b ON b.id = i.raw"
	if p.NoBytes {
		data, join = "NULL", ""
	}
	query = `WITH ` + whoIn + `
		SELECT i.item, i.added, ` + factsColumn + `, i.object, i.kind, i.version, i.version_text, ` + data + `
		FROM ` + tables + ` ` + join + ` WHERE ` + b.where.String() + ` ORDER BY ` + b.order + ` LIMIT ` + b.arg(limit)
	return query, b.args
}

var errEnough = errors.New("enough bytes")

// page gives the first items of a strip. cut says that there are more, which Query.Bytes has kept out.
func (p *search) page(t *tx, caller Caller, s strip, limit int) (out []Item, cut bool, err error) {
	query, args := p.statement(t, caller, s, limit)
	var (
		v    Item
		item int64
		into = []any{
			&item, (*instant)(&v.Added), (*facts)(&v), &v.ID, &v.Type,
			(*instant)(&v.Version), &v.VersionText, &v.Raw,
		}
		size = int64(0)
	)
	err = t.each(query, args, func(scan func(...any) error) error {
		if p.Bytes > 0 && size >= p.Bytes {
			return errEnough
		}
		v = Item{}
		if err := scan(into...); err != nil {
			return err
		}
		v.Collection, v.Seq = item>>seqBits, item&(1<<seqBits-1)
		if len(out) == cap(out) {
			out = slices.Grow(out, min(limit-len(out), max(8*len(out), 128)))
		}
		out = append(out, v)
		size += int64(len(v.Raw))
		return nil
	})
	if errors.Is(err, errEnough) {
		return out, true, nil
	}
	return out, false, err
}

// Count says how many items Items would give without a limit. Cursor and Limit are not looked at.
func (s *Store) Count(ctx context.Context, caller Caller, q Query) (int64, error) {
	var total int64
	err := s.snapshot(ctx, func(t *tx) error {
		q.Cursor = Cursor{}
		p, err := s.prepareSearch(t, q)
		if err != nil || p.none {
			return err
		}
		in, err := p.collections(t, caller)
		if err != nil {
			return err
		}
		for _, c := range in {
			n, err := p.count(t, caller, c)
			if err != nil {
				return err
			}
			total += n
		}
		return nil
	})
	return total, about(err, "count", "")
}

// count counts the items of a collection. Strips by term may have items in common, so that there is one of them at most.
func (p *search) count(t *tx, caller Caller, collection int64) (total int64, err error) {
	strips := p.strips(collection)
	if len(strips) > 1 && strips[0].term != 0 {
		strips = []strip{{collection: collection}}
	}
	for _, s := range strips {
		b := newBuilder(t, caller, collection)
		tables := p.conditions(b, s, false)
		if len(p.terms) > 1 && s == (strip{collection: collection}) {
			// The planner would look at every item otherwise.
			b.where.WriteString(` AND i.item IN (SELECT item FROM postings WHERE ` + b.list("term", p.terms) + `)`)
		}
		var n int64
		if err := t.one(`WITH `+whoIn+` SELECT count(*) FROM `+tables+` WHERE `+b.where.String(), b.args, &n); err != nil {
			return 0, err
		}
		total += n
	}
	return total, nil
}

// VersionsOf gives the versions of an object that the caller sees, oldest submission first, without bytes; all of them unless
// the query selects.
func (s *Store) VersionsOf(ctx context.Context, caller Caller, collection int64, id string, q Query) (Page, error) {
	q.Collections, q.IDs, q.NoBytes = []int64{collection}, []string{id}, true
	if v := q.Versions; !v.First && !v.Last && len(v.Exact) == 0 {
		q.Versions.All = true
	}
	return s.Items(ctx, caller, q)
}

// Delete removes what the caller sees of an object and the query selects, all versions unless it selects, and says how many
// items went. Of a version that was submitted several times all submissions go that the caller sees; Query.Owners restricts
// whose.
func (s *Store) Delete(ctx context.Context, caller Caller, collection int64, id string, q Query) (int, error) {
	q.Collections, q.IDs, q.Cursor = []int64{collection}, []string{id}, Cursor{}
	if v := q.Versions; !v.First && !v.Last && len(v.Exact) == 0 {
		q.Versions.All = true
	}
	var n int
	err := s.write(ctx, func(t *tx) error {
		p, err := s.prepareSearch(t, q)
		if err != nil || p.none {
			return err
		}
		b := newBuilder(t, caller, collection)
		tables := p.conditions(b, strip{collection: collection}, true)
		items, err := collect(t, `WITH `+whoIn+` SELECT i.item FROM `+tables+` WHERE `+b.where.String()+` ORDER BY i.item`, b.args,
			func(n *int64) []any { return []any{n} })
		if err != nil {
			return err
		}
		n = len(items)
		return remove(t, items)
	})
	return n, about(err, "delete", id)
}
