package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// posting is an entry of the search index.
type posting struct {
	term, item int64
	label      Label
}

// edge is an entry of the graph.
type edge struct {
	item             int64
	property, target string
	label            Label
}

// maxTerm is how long a term, a property or a target is at most, in bytes. What is longer is kept as its beginning and its
// digest.
const maxTerm = 320

// termKey is a text as the index has it.
func termKey(value string) string {
	value = plainText(value)
	if len(value) > maxTerm {
		sum := sha256.Sum256([]byte(value))
		value = strings.ToValidUTF8(value[:maxTerm-2*len(sum)], "") + hex.EncodeToString(sum[:]) // no half characters
	}
	return value
}

// enter puts the terms and links of new items into the index, or into the backlog where they are many.
func (s *Store) enter(t *tx, rows []row) error {
	if len(rows) > maxTogether {
		size := 0
		for i := range rows {
			size += entrySize(&rows[i])
		}
		b := make([]byte, 0, size)
		for i := range rows {
			b = appendEntry(b, &rows[i])
		}
		_, err := t.exec(`INSERT INTO backlog (items, entries) VALUES ($1, $2)`, len(rows), b)
		return err
	}
	entries := make([]entry, len(rows))
	for i := range rows {
		entries[i] = entry{item: rows[i].item, terms: rows[i].Terms, links: rows[i].Links}
	}
	return index(t, entries)
}

// entry is what the index is to know of an item.
type entry struct {
	item  int64
	terms []Term
	links []Link
}

// packedTerms are the numbers of the terms of an item, by which they are found when it goes.
type packedTerms struct {
	item  int64
	terms []byte // varints
}

// index stores entries of items that are there.
func index(t *tx, entries []entry) error {
	var (
		terms  []Term  // each once
		places []int32 // of the terms of the entries, one after the other, in terms
		known  = map[TermKind]map[string]int32{}
	)
	for _, e := range entries {
		for _, term := range e.terms {
			of := known[term.Kind]
			if of == nil {
				of = map[string]int32{}
				known[term.Kind] = of
			}
			value := termKey(term.Value)
			place, ok := of[value]
			if !ok {
				place = int32(len(terms))
				of[value] = place
				terms = append(terms, Term{Kind: term.Kind, Value: value})
			}
			places = append(places, place)
		}
	}
	// In order: neighbours lie on the same pages, and transactions that share terms never wait for each other.
	order := make([]int32, len(terms))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int {
		a, b := &terms[i], &terms[j]
		return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Kind, b.Kind))
	})
	ordered := make([]Term, len(terms))
	for i, place := range order {
		ordered[i] = terms[place]
	}
	numbers, err := t.d.intern(t, ordered)
	if err != nil {
		return err
	}
	ids := make([]int64, len(terms))
	for i, place := range order {
		ids[place] = numbers[i]
	}
	var (
		postings = make([]posting, 0, len(places))
		links    []edge
		packed   []packedTerms
	)
	for _, e := range entries {
		p := packedTerms{item: e.item}
		for _, term := range e.terms {
			id := ids[places[len(postings)]]
			postings = append(postings, posting{term: id, item: e.item, label: term.Label})
			p.terms = binary.AppendUvarint(p.terms, uint64(id))
		}
		for _, l := range e.links {
			links = append(links, edge{item: e.item, property: termKey(l.Property), target: termKey(l.Target), label: l.Label})
		}
		if len(p.terms) > 0 {
			packed = append(packed, p)
		}
	}
	slices.SortFunc(postings, func(a, b posting) int {
		return cmp.Or(cmp.Compare(a.term, b.term), cmp.Compare(a.item, b.item), cmp.Compare(a.label, b.label))
	})
	return t.d.index(t, slices.Compact(postings), links, packed)
}

// unindex takes an item out of the index.
func unindex(t *tx, item int64) error {
	var packed []byte
	err := t.one(`DELETE FROM indexed WHERE item = $1 RETURNING terms`, []any{item}, &packed)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	for len(packed) > 0 {
		id, n := binary.Uvarint(packed)
		if n <= 0 {
			return fmt.Errorf("terms of an item: %w", ErrDamaged)
		}
		packed = packed[n:]
		if _, err := t.exec(`DELETE FROM postings WHERE term = $1 AND item = $2`, int64(id), item); err != nil {
			return err
		}
	}
	_, err = t.exec(`DELETE FROM links WHERE item = $1`, item)
	return err
}

// lookUp gives the numbers of those of the terms that were ever used.
func lookUp(t *tx, terms []Term) ([]int64, error) {
	var out []int64
	for _, term := range terms {
		var id int64
		err := t.one(`SELECT id FROM terms WHERE kind = $1 AND value = $2`, []any{int64(term.Kind), termKey(term.Value)}, &id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

// appendEntry writes what the index is to know of an item: item, number of terms, of each kind, label and value; number of
// links, of each label, property and target. Numbers are varints, strings have their length before them.
func appendEntry(b []byte, r *row) []byte {
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	b = binary.AppendUvarint(b, uint64(r.item))
	b = binary.AppendUvarint(b, uint64(len(r.Terms)))
	for _, t := range r.Terms {
		b = append(b, byte(t.Kind), byte(t.Label))
		text(termKey(t.Value))
	}
	b = binary.AppendUvarint(b, uint64(len(r.Links)))
	for _, l := range r.Links {
		b = append(b, byte(l.Label))
		text(l.Property)
		text(l.Target)
	}
	return b
}

// entrySize is about how many bytes appendEntry adds: hardly ever more.
func entrySize(r *row) int {
	size := 3 * binary.MaxVarintLen64
	for i := range r.Terms {
		size += min(len(r.Terms[i].Value), maxTerm) + 4
	}
	for i := range r.Links {
		size += len(r.Links[i].Property) + len(r.Links[i].Target) + 2*binary.MaxVarintLen64
	}
	return size
}

// readEntries reads what appendEntry has written. The texts share one copy of it.
func readEntries(b []byte) ([]entry, error) {
	var (
		out  []entry
		bad  bool
		all  = string(b)
		size = len(b)
	)
	number := func() uint64 {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			bad, b = true, nil
			return 0
		}
		b = b[n:]
		return v
	}
	octet := func() byte {
		if len(b) == 0 {
			bad = true
			return 0
		}
		c := b[0]
		b = b[1:]
		return c
	}
	text := func() string {
		n := number()
		if n > uint64(len(b)) {
			bad, b = true, nil
			return ""
		}
		at := size - len(b)
		b = b[n:]
		return all[at : at+int(n)]
	}
	for len(b) > 0 && !bad {
		e := entry{item: int64(number())}
		for n := number(); n > 0 && !bad; n-- {
			e.terms = append(e.terms, Term{Kind: TermKind(octet()), Label: Label(octet()), Value: text()})
		}
		for n := number(); n > 0 && !bad; n-- {
			e.links = append(e.links, Link{Label: Label(octet()), Property: text(), Target: text()})
		}
		out = append(out, e)
	}
	if bad {
		return nil, fmt.Errorf("backlog of the search index: %w", ErrDamaged)
	}
	return out, nil
}

// Backlog says how many items the search index has yet to take up: they are stored and served, but terms and links do not
// find them.
func (s *Store) Backlog(ctx context.Context) (int64, error) {
	var n int64
	err := s.reader(ctx).one(`SELECT CAST(coalesce(sum(items), 0) AS BIGINT) FROM backlog`, nil, &n)
	return n, about(err, "search index", "")
}

// Index takes up the whole backlog of the search index and returns when it is empty.
func (s *Store) Index(ctx context.Context) error {
	for {
		more, err := s.indexSome(ctx, indexTogether)
		if err != nil || !more {
			return err
		}
	}
}

func (s *Store) wakeIndexer() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// How the indexer gives way: as long as large batches come in faster than that one after the other, it takes up only one at
// most this often. The writer is one, and what is not stored yet is more urgent than what is not found yet.
const (
	idle    = 10 * time.Second       // how often it looks by itself: another process may have left something
	bulkGap = 300 * time.Millisecond // large batches that follow sooner are one import
	bulkUse = 3 * time.Second
)

// indexer works off the backlog until ctx ends.
func (s *Store) indexer(ctx context.Context) {
	var last time.Time
	for {
		wait := time.Duration(0)
		importing := s.adding.Load() > 0 || time.Since(time.Unix(0, s.bulk.Load())) < bulkGap
		if importing && time.Since(last) < bulkUse {
			wait = bulkGap
		} else {
			most := indexTogether
			if importing {
				most = 1
			}
			more, err := s.indexSome(ctx, most)
			last = time.Now()
			if !more || err != nil {
				wait = idle // what failed stays in the backlog, of which Backlog tells, and is tried again
			}
		}
		if wait == idle {
			select {
			case <-ctx.Done():
				return
			case <-s.wake:
			case <-time.After(idle):
			}
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// What the indexer takes up in one transaction: batches of the backlog until there are so many items, or so many bytes of
// entries. The entries of many items lie on hardly more pages of the disk than those of a few; who writes meanwhile waits for them,
// though, some tenths of a second.
const (
	indexTogether = 2000
	indexBytes    = 2 << 20
)

// indexSome takes up the next batches of the backlog, until they have so many items, and says whether there may be more.
func (s *Store) indexSome(ctx context.Context, most int) (more bool, err error) {
	if n, err := s.Backlog(ctx); err != nil || n == 0 {
		return false, err
	}
	err = s.write(ctx, func(t *tx) error {
		more = false
		var entries []entry
		for size := 0; len(entries) < most && size < indexBytes; more = true {
			var (
				id     int64
				packed []byte
			)
			err := t.one(t.d.words(`SELECT id, entries FROM backlog ORDER BY id LIMIT 1{{claim}}`), nil, &id, &packed)
			if errors.Is(err, ErrNotFound) {
				break
			}
			if err != nil {
				return err
			}
			some, err := readEntries(packed)
			if err != nil {
				return err
			}
			entries = append(entries, some...)
			size += len(packed)
			if _, err := t.exec(`DELETE FROM backlog WHERE id = $1`, id); err != nil {
				return err
			}
		}
		entries, err := present(t, entries)
		if err != nil {
			return err
		}
		return index(t, entries)
	})
	return more, err
}

// present drops the entries of items that were removed meanwhile. The others stay until their entries are there, so that who
// removes them removes these, too.
func present(t *tx, entries []entry) ([]entry, error) {
	items := make([]int64, len(entries))
	for i, e := range entries {
		items[i] = e.item
	}
	there := map[int64]bool{}
	// Not for anybody's eyes: it asks whether numbers are in use.
	err := t.each(t.d.words(`SELECT item FROM items WHERE `+t.d.list("item", "$1")+`{{keep}}`), []any{t.d.listOf(items)}, func(scan func(...any) error) error {
		var item int64
		err := scan(&item)
		there[item] = true
		return err
	})
	kept := entries[:0]
	for _, e := range entries {
		if there[e.item] {
			kept = append(kept, e)
		}
	}
	return kept, err
}
