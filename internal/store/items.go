package store

import (
	"cmp"
	"context"
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

// builder collects the conditions of a statement. Parameters $1 and $2 are the caller.
type builder struct {
	t     *tx
	where strings.Builder
	args  []any
}

func newBuilder(t *tx, caller Caller) *builder {
	return &builder{t: t, args: []any{caller.User, caller.Org}}
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

// in adds the condition that a column has one of the values, unless there are none.
func in[T any](b *builder, column string, values []T) {
	if len(values) > 0 {
		b.where.WriteString(" AND " + b.t.d.list(column, b.arg(b.t.d.listOf(values))))
	}
}

// search is a Query made ready: terms of the search index as numbers.
type search struct {
	Query
	specs  []int64
	exact  []int64
	labels []int64
	terms  []int64 // one of them, nil: whatever
	words  []int64 // all of them
	none   bool    // a term that nobody ever used
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
	return p, nil
}

// conditions adds what the items of one collection have to fulfil, the one that decides who may see them first.
func (p *search) conditions(b *builder, collection int64, cursor bool, twins bool) {
	b.where.WriteString(visible("i"))
	b.and("i.collection = w.collection AND w.collection = %s", collection)
	after := micro(p.After)
	if p.After.IsZero() {
		after = -1 << 62
	}
	if c := p.Cursor; cursor && c != (Cursor{}) {
		// In collections up to that of the cursor the items of its date have been given already.
		at := micro(c.Added)
		if collection > c.Collection {
			at--
		}
		after = max(after, at)
	}
	// date_added rises with seq: the items after a date are those after the last one that has it or an earlier one.
	low := collection << seqBits
	if after > -1<<62 {
		b.and(`i.item > coalesce((SELECT l.item FROM items l WHERE l.collection = %s AND l.added <= %s ORDER BY l.added DESC LIMIT 1), %s)`,
			collection, after, low)
	} else {
		b.and("i.item > %s", low)
	}
	b.and("i.item < %s", low+1<<seqBits)
	in(b, "i.object", p.IDs)
	in(b, "i.kind", p.Types)
	in(b, "i.owner", p.Owners)
	in(b, "i.label", p.labels)
	if !p.Since.IsZero() {
		b.and("i.version_text <> '' AND i.version >= %s", micro(p.Since))
	}
	if !p.Until.IsZero() {
		b.and("i.version_text <> '' AND i.version < %s", micro(p.Until))
	}
	if p.terms != nil {
		ids := b.arg(b.t.d.listOf(p.terms))
		b.where.WriteString(` AND EXISTS (SELECT 1 FROM postings p WHERE p.item = i.item AND ` + b.t.d.list("p.term", ids) + ` AND ` + sees("i", "p.label") + `)`)
	}
	for _, w := range p.words {
		b.and(`EXISTS (SELECT 1 FROM postings p WHERE p.term = %s AND p.item = i.item AND `+sees("i", "p.label")+`)`, w)
	}
	if p.LinkedTo != "" {
		b.and(`EXISTS (SELECT 1 FROM links l WHERE l.target = %s AND l.item = i.item AND `+sees("i", "l.label")+`)`, termKey(p.LinkedTo))
	}
	// Which versions. Only what the caller sees counts, so that nobody learns of others by what is missing.
	among := " AND n.spec = i.spec"
	if len(p.specs) > 0 {
		in(b, "i.spec", p.specs)
		among = " AND " + b.t.d.list("n.spec", b.arg(b.t.d.listOf(p.specs)))
	} else {
		b.without(flagSpec, "n.spec > i.spec")
	}
	v := p.Versions
	var ways []string
	if !v.All {
		if v.Last || !v.First && len(p.exact) == 0 {
			ways = append(ways, without(flagNewer, "(n.version > i.version OR n.version = i.version AND n.spec > i.spec)"+among))
		}
		if v.First {
			ways = append(ways, without(flagOlder, "(n.version < i.version OR n.version = i.version AND n.spec < i.spec)"+among))
		}
		if len(p.exact) > 0 {
			list := b.arg(b.t.d.listOf(p.exact))
			ways = append(ways, "i.version_text <> '' AND "+b.t.d.list("i.version", list), "i.version_text = '' AND "+b.t.d.list("i.added", list))
		}
		b.where.WriteString(" AND (" + strings.Join(ways, " OR ") + ")")
	}
	if !twins {
		b.without(flagTwin, "n.version = i.version AND n.spec = i.spec AND (n.redacted < i.redacted OR n.redacted = i.redacted AND n.item < i.item)")
	}
}

// without adds the condition that the caller sees no other version of the object that stands in the relation; the flag is set
// where there may be one.
func (b *builder) without(flag int, relation string) {
	b.where.WriteString(" AND " + without(flag, relation))
}

func without(flag int, relation string) string {
	return fmt.Sprintf(`((i.flags & %d) = 0 OR NOT EXISTS (SELECT 1 FROM items n
		WHERE n.object = i.object AND n.collection = i.collection AND %s AND %s))`, flag, relation, visible("n"))
}

// seesColumn is the set of labels whose parts of the item the caller sees, for items that are marked in parts.
var seesColumn = func() string {
	var s strings.Builder
	s.WriteString("CASE WHEN i.granular = 0 THEN 31 ELSE 0")
	for l := Clear; l <= Red; l++ {
		fmt.Fprintf(&s, " + CASE WHEN %s THEN %d ELSE 0 END", sees("i", strconv.Itoa(int(l))), 1<<l)
	}
	s.WriteString(" END")
	return s.String()
}()

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
	var page Page
	for _, c := range in {
		items, err := p.page(t, caller, c, limit+1)
		if err != nil {
			return Page{}, err
		}
		page.Items = append(page.Items, items...)
		if len(in) > 1 {
			slices.SortFunc(page.Items, func(a, b Item) int {
				return cmp.Or(a.Added.Compare(b.Added), cmp.Compare(a.Collection, b.Collection))
			})
			page.Items = page.Items[:min(len(page.Items), limit+1)]
		}
	}
	if page.More = len(page.Items) > limit; page.More {
		page.Items = page.Items[:limit]
		last := page.Items[limit-1]
		page.Next = Cursor{Added: last.Added, Collection: last.Collection, Seq: last.Seq}
	}
	return page, nil
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

func (p *search) page(t *tx, caller Caller, collection int64, limit int) ([]Item, error) {
	b := newBuilder(t, caller)
	p.conditions(b, collection, true, false)
	data, join := "b.data", "JOIN raws b ON b.id = i.raw"
	if p.NoBytes {
		data, join = "NULL", ""
	}
	query := `WITH ` + who + `
		SELECT i.item, i.added, i.owner, i.submitter, i.label, i.grp, i.object, i.kind, i.spec, i.version, i.version_text,
			i.revoked, i.redacted, i.granular, ` + seesColumn + `, ` + data + `
		FROM w CROSS JOIN items i ` + join + ` WHERE ` + b.where.String() + ` ORDER BY i.item LIMIT ` + b.arg(limit)
	var out []Item
	err := t.each(query, b.args, func(scan func(...any) error) error {
		var (
			v          Item
			item, spec int64
		)
		err := scan(&item, (*instant)(&v.Added), &v.Class.Owner, &v.Class.Submitter, &v.Class.Label, &v.Class.Group, &v.ID, &v.Type, &spec,
			(*instant)(&v.Version), &v.VersionText, (*truth)(&v.Revoked), (*truth)(&v.Redacted), (*truth)(&v.Granular), &v.Sees, &v.Raw)
		if err != nil {
			return err
		}
		v.Collection, v.Seq, v.Spec = item>>seqBits, item&(1<<seqBits-1), specText(spec)
		out = append(out, v)
		return nil
	})
	return out, err
}

// Count says how many items Items would give without a limit. Cursor and Limit are not looked at.
func (s *Store) Count(ctx context.Context, caller Caller, q Query) (int64, error) {
	var total int64
	err := s.snapshot(ctx, func(t *tx) error {
		p, err := s.prepareSearch(t, q)
		if err != nil || p.none {
			return err
		}
		in, err := p.collections(t, caller)
		if err != nil {
			return err
		}
		for _, c := range in {
			b := newBuilder(t, caller)
			p.conditions(b, c, false, false)
			var n int64
			if err := t.one(`WITH `+who+` SELECT count(*) FROM w CROSS JOIN items i WHERE `+b.where.String(), b.args, &n); err != nil {
				return err
			}
			total += n
		}
		return nil
	})
	return total, about(err, "count", "")
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
	q.Collections, q.IDs = []int64{collection}, []string{id}
	if v := q.Versions; !v.First && !v.Last && len(v.Exact) == 0 {
		q.Versions.All = true
	}
	var n int
	err := s.write(ctx, func(t *tx) error {
		p, err := s.prepareSearch(t, q)
		if err != nil || p.none {
			return err
		}
		b := newBuilder(t, caller)
		p.conditions(b, collection, false, true)
		items, err := collect(t, `WITH `+who+` SELECT i.item FROM w CROSS JOIN items i WHERE `+b.where.String()+` ORDER BY i.item`, b.args,
			func(n *int64) []any { return []any{n} })
		if err != nil {
			return err
		}
		n = len(items)
		return remove(t, items)
	})
	return n, about(err, "delete", id)
}
