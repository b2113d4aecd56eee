package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Flags of an item. They are hints: set when they may hold and left set when they hold no more, they save a look at the other
// versions of an object where there can be none. What a caller gets never depends on them alone.
const (
	flagNewer = 1 << iota // the collection has a newer version of the object
	flagOlder             // … an older one
	flagTwin              // … the same version once more
	flagSpec              // … the object in another version of STIX
)

// What else the column has are facts.
const (
	// flagMaker is set where the organisation that has made the object submitted the version itself after somebody else had
	// submitted it in its name: of the two, readers who see both get this one.
	flagMaker = 1 << (iota + 4)
	flagApart // the creator is one of the parts that are marked apart
)

// Bounds of what is stored. An object identifier of STIX is a type of up to 250 characters, two dashes and a UUID.
const (
	maxID   = 300
	maxKind = 250
	// maxTogether is how many items the search index takes up in the transaction that stores them; what comes in larger
	// batches goes to the backlog of the indexer.
	maxTogether = 64
	seqBits     = 40
)

// row is an item on its way into the database.
type row struct {
	*New
	item   int64 // 0: only the bytes are to be stored
	added  int64
	spec   int64
	flags  int64
	digest [32]byte
	raw    int64 // 0: the bytes are not there yet
	with   int64 // of a conflict: the item that stands there
}

// itemColumns are the columns of items in the order of values.
const itemColumns = "items (item, collection, added, flags, owner, submitter, label, grp, object, kind, spec, version, " +
	"version_text, created, creator, revoked, redacted, granular, expires, raw)"

func (r *row) values() []any {
	return []any{
		r.item, r.Collection, r.added, r.flags, r.Class.Owner, r.Class.Submitter, int64(r.Class.Label), r.Class.Group, r.ID, r.Type,
		r.spec, micro(r.Version), r.VersionText, micro(r.Created), r.creator(), bit(r.Revoked), bit(r.Redacted), r.parts(), micro(r.Expires), r.raw,
	}
}

// anyParts is what the column granular holds where an item has parts and their labels are not known. No part is Clear: each is
// stricter than the whole.
const anyParts = 1 << Clear

// parts is the value of the column granular.
func (r *row) parts() int64 {
	switch {
	case !r.Granular:
		return 0
	case r.Parts == 0:
		return anyParts
	}
	return int64(r.Parts)
}

// sibling is an item of the same object in the same collection.
type sibling struct {
	item, added, spec, version, flags int64
	created, creator                  int64
	class                             Class
	redacted                          bool
	digest                            [32]byte
	raw                               int64 // where its bytes are
	parts                             uint8 // labels of parts, as in the column granular
	seen                              bool  // by the submitter of what is to be added
	sees                              uint8 // the labels under which it sees the item's parts
}

// knows says whether the submitter of r knows what stands in b under a label: it sees it, or it was submitted for its own
// organisation (red: by itself).
func (b *sibling) knows(r *row, label Label) bool {
	return b.own(r, label) || b.seen && (label <= b.class.Label || b.sees&(1<<label) != 0)
}

func (b *sibling) own(r *row, label Label) bool {
	return b.class.Owner == r.Class.Owner && (label < Red || b.class.Submitter == r.Class.Submitter)
}

// partly says whether the submitter of r knows b without some of its parts.
func (b *sibling) partly(r *row) bool {
	parts := b.parts
	if parts&anyParts != 0 {
		parts = 31
	}
	for l := b.class.Label + 1; l <= Red; l++ {
		if parts&(1<<l) != 0 && !b.knows(r, l) {
			return true
		}
	}
	return false
}

// known are the labels of b whose parts the submitter of r knows.
func (b *sibling) known(r *row) (labels uint8) {
	for l := Clear; l <= Red; l++ {
		if l <= b.class.Label || b.knows(r, l) {
			labels |= 1 << l
		}
	}
	return labels
}

// Add stores items, all of them or, where it fails, none. The outcomes are in the order of the items; when it returns they
// are safe on disk. Owner, ID, Type, Spec, Collection and Raw have to be set.
//
// Within one collection items get their place in the order in which they are given. An item counts as standing there already
// when its submitter sees it or when it was submitted for the same organisation (a red one: by the same user).
func (s *Store) Add(ctx context.Context, news []New) ([]Outcome, error) {
	came := micro(s.now())
	for i := range news {
		if err := news[i].check(); err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
	}
	if len(news) > maxTogether {
		s.adding.Add(1)
		defer func() {
			s.bulk.Store(time.Now().UnixNano())
			s.adding.Add(-1)
			s.wakeIndexer()
		}()
	}
	var out []Outcome
	err := s.write(ctx, func(t *tx) error {
		out = make([]Outcome, len(news))
		byCollection := map[int64][]int{}
		for i := range news {
			byCollection[news[i].Collection] = append(byCollection[news[i].Collection], i)
		}
		// Always in the same order, so that two transactions never wait for each other.
		for _, c := range slices.Sorted(maps.Keys(byCollection)) {
			if err := s.addTo(t, place{collection: c, came: came}, news, byCollection[c], out); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("add: %w", err)
	}
	return out, nil
}

func (n *New) check() error {
	switch {
	case n.Class.Owner == 0:
		return errors.New("an item needs an owner")
	case n.Class.Label > Red:
		return fmt.Errorf("label %d: the strictest is %d", n.Class.Label, Red)
	case n.ID == "" || len(n.ID) > maxID:
		return fmt.Errorf("identifier of %d bytes: 1 to %d are possible", len(n.ID), maxID)
	case n.Type == "" || len(n.Type) > maxKind:
		return fmt.Errorf("type of %d bytes: 1 to %d are possible", len(n.Type), maxKind)
	case len(n.Raw) == 0:
		return errors.New("an item without bytes")
	case !utf8.ValidString(n.ID+n.Type+n.VersionText) || strings.ContainsRune(n.ID+n.Type+n.VersionText, 0):
		return errors.New("identifier, type and version have to be UTF-8 without zero bytes")
	}
	_, err := specNumber(n.Spec)
	return err
}

// specNumber makes a version of STIX a number that orders: 2.1 is 201.
func specNumber(text string) (int64, error) {
	major, minor, _ := strings.Cut(text, ".")
	a, err := strconv.ParseUint(major, 10, 8)
	b, err2 := strconv.ParseUint(minor, 10, 8)
	if err != nil || err2 != nil || b > 99 {
		return 0, fmt.Errorf("spec %q: a version of STIX is 2.1, for one", text)
	}
	return int64(a*100 + b), nil
}

func specText(n int64) string {
	switch n { // nearly always, and without a string of its own for each item
	case 201:
		return "2.1"
	case 200:
		return "2.0"
	}
	return strconv.FormatInt(n/100, 10) + "." + strconv.FormatInt(n%100, 10)
}

// place is the state of a collection while items are added: the counter row, when the items came that say nothing of it, and how
// many are left after the one at hand.
type place struct{ collection, seq, added, came, left int64 }

// next takes a place: the next number and a date that is later than the last one. It is the date that the item says, or one
// of those for it and the items left after it; see dates.
func (p *place) next(d dates, n *New, now int64) (item, added int64) {
	p.seq++
	came := p.came
	if !n.Came.IsZero() {
		came = micro(n.Came)
	}
	if n.Added.IsZero() {
		p.added = d.next(p.added, came, now, p.left+1)
	} else {
		p.added = max(micro(n.Added), p.added+1)
	}
	return p.collection<<seqBits | p.seq, p.added
}

func (s *Store) addTo(t *tx, p place, news []New, which []int, out []Outcome) error {
	collection := p.collection
	// The lock of this row orders the transactions of a collection, so that the order of seq is the order of commits.
	if err := t.one(t.d.words(`SELECT seq, last_added FROM collections WHERE id = $1{{lock}}`), []any{collection}, &p.seq, &p.added); err != nil {
		return about(err, "collection", collection)
	}
	before := p.seq
	p.left = int64(len(which))
	var toIndex []row
	for len(which) > 0 {
		n := run(news, which)
		stored, err := s.addRun(t, &p, news, which[:n], out)
		if err != nil {
			return err
		}
		if toIndex == nil {
			toIndex = stored
		} else {
			toIndex = append(toIndex, stored...)
		}
		which = which[n:]
	}
	if p.seq == before {
		return nil
	}
	if _, err := t.exec(`UPDATE collections SET seq = $2, last_added = $3 WHERE id = $1`, collection, p.seq, p.added); err != nil {
		return err
	}
	return s.enter(t, toIndex)
}

// run says how many of the items can be judged by one look at what is there: those of one submitter up to the first object
// that occurs again.
func run(news []New, which []int) int {
	first := news[which[0]].Class
	seen := make(map[string]bool, len(which))
	for n, i := range which {
		c := news[i].Class
		if c.Owner != first.Owner || c.Submitter != first.Submitter || seen[news[i].ID] {
			return n
		}
		seen[news[i].ID] = true
	}
	return len(which)
}

func (s *Store) addRun(t *tx, p *place, news []New, which []int, out []Outcome) ([]row, error) {
	siblings, raws, err := s.siblings(t, p.collection, news, which)
	if err != nil {
		return nil, err
	}
	among, err := makersAmong(t, siblings, news[which[0]].Class.Owner)
	if err != nil {
		return nil, err
	}
	var (
		rows   = make([]row, 0, len(which))
		gone   []int64
		raised = map[int64]int64{} // flags of items that are there
	)
	now, when := micro(s.now()), newDates()
	for _, i := range which {
		n := &news[i]
		p.left--
		r := row{New: n, digest: sha256.Sum256(n.Raw)}
		r.raw = raws[sameBytes{n.ID, r.digest}]
		if r.spec, err = specNumber(n.Spec); err != nil {
			return nil, err
		}
		of := siblings[n.ID]
		result, at, err := judge(t, &r, of, among)
		if err != nil {
			return nil, err
		}
		out[i] = Outcome{Result: result}
		if at != nil {
			out[i].Seq, out[i].Added = at.item&(1<<seqBits-1), timeOf(at.added)
		}
		switch result {
		case Duplicate, Altered, NotTheirs:
			continue
		case Conflict:
			r.with = at.item
			if r.raw == 0 {
				if r.raw, err = rawOfConflict(t, &r); err != nil {
					return nil, err
				}
			}
			rows = append(rows, r)
			continue
		case Completed:
			gone = append(gone, at.item)
			of = slices.DeleteFunc(of, func(b sibling) bool { return b.item == at.item })
		case Stored:
		}
		r.item, r.added = p.next(when, n, now)
		out[i].Seq, out[i].Added = p.seq, timeOf(r.added)
		if result == Completed {
			if err := moveConflicts(t, at.item, r.item); err != nil {
				return nil, err
			}
		}
		if r.CreatorPart {
			r.flags |= flagApart
		}
		for _, b := range of {
			mine, theirs := flagsOf(&r, &b)
			r.flags |= mine
			if theirs&^b.flags != 0 {
				raised[b.item] |= theirs | b.flags
			}
		}
		rows = append(rows, r)
	}
	if err := remove(t, gone); err != nil {
		return nil, err
	}
	for _, item := range slices.Sorted(maps.Keys(raised)) {
		if _, err := t.exec(`UPDATE items SET flags = $2 WHERE item = $1`, item, raised[item]); err != nil {
			return nil, err
		}
	}
	if err := shareRaws(t, rows); err != nil {
		return nil, err
	}
	if err := t.d.insert(t, rows); err != nil {
		return nil, err
	}
	if err := keepConflicts(t, rows, now, when); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(r row) bool { return r.item == 0 }), nil
}

// sameBytes is an object as certain bytes. The same bytes are never those of two objects.
type sameBytes struct {
	object string
	digest [32]byte
}

// siblings gives what the collection has of the objects, by identifier, as the submitter of the run sees it; and where the bytes
// of the objects are, of all collections.
func (s *Store) siblings(t *tx, collection int64, news []New, which []int) (map[string][]sibling, map[sameBytes]int64, error) {
	out, raws := map[string][]sibling{}, map[sameBytes]int64{}
	note := func(scan func(...any) error) error {
		var (
			id string
			in int64
			b  sibling
		)
		err := scan(&id, &in, &b.raw, &b.item, &b.added, &b.spec, &b.version, &b.created, &b.creator, &b.flags, &b.class.Owner, &b.class.Submitter, &b.class.Label,
			&b.class.Group, (*truth)(&b.redacted), (*digest)(&b.digest), &b.parts, (*truth)(&b.seen), &b.sees)
		raws[sameBytes{id, b.digest}] = b.raw
		if in == collection { // of others neither existence nor visibility matters
			out[id] = append(out[id], b)
		}
		return err
	}
	class, query := news[which[0]].Class, siblingsOf(t.d)
	together := len(which)
	if t.turns != nil {
		together = min(together, lookTogether)
	}
	ids := make([]string, 0, together)
	for part := range slices.Chunk(which, together) {
		ids = ids[:0]
		for _, i := range part {
			ids = append(ids, news[i].ID)
		}
		if err := t.each(query, []any{class.Submitter, class.Owner, collection, t.d.listOf(ids)}, note); err != nil {
			return nil, nil, err
		}
	}
	for _, of := range out {
		slices.SortFunc(of, func(a, b sibling) int { return cmp.Compare(a.item, b.item) })
	}
	return out, raws, nil
}

// lookTogether is how many objects one statement looks for, where the writer gives way between two.
const lookTogether = 128

// siblingsOf is the statement that finds all items of some objects. Ordered it would be by walking through all items, where
// PostgreSQL is told that nothing is dearer than to sort.
func siblingsOf(d dialect) string {
	return `WITH ` + whoIn + `
		SELECT i.object, i.collection, i.raw, i.item, i.added, i.spec, i.version, i.created, i.creator, i.flags, i.owner, i.submitter, i.label, i.grp, i.redacted,
			b.digest, i.granular, CASE WHEN ` + visible("i") + ` THEN 1 ELSE 0 END, ` + seesColumn + `
		FROM w CROSS JOIN items i JOIN raws b ON b.id = i.raw
		WHERE ` + d.list("i.object", "$4")
}

// shareRaws notes one use more of the bytes that are there, and clears raw of rows whose bytes went meanwhile.
func shareRaws(t *tx, rows []row) error {
	var ids []int64
	for i := range rows {
		if rows[i].raw != 0 {
			ids = append(ids, rows[i].raw)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids) // of two transactions neither waits for the other
	there := make(map[int64]bool, len(ids))
	err := t.each(`UPDATE raws SET refs = refs + 1 WHERE `+t.d.list("id", "$1")+` RETURNING id`, []any{t.d.listOf(ids)},
		func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			there[id] = true
			return err
		})
	for i := range rows {
		if !there[rows[i].raw] {
			rows[i].raw = 0
		}
	}
	return err
}

// flagsOf gives the flags that two versions of an object earn each other.
func flagsOf(r *row, b *sibling) (mine, theirs int64) {
	switch v := micro(r.Version); {
	case v < b.version:
		mine, theirs = flagNewer, flagOlder
	case v > b.version:
		mine, theirs = flagOlder, flagNewer
	case r.spec < b.spec:
		mine, theirs = flagNewer, flagOlder
	case r.spec > b.spec:
		mine, theirs = flagOlder, flagNewer
	default:
		mine, theirs = flagTwin, flagTwin
	}
	if r.spec != b.spec {
		mine, theirs = mine|flagSpec, theirs|flagSpec
	}
	return mine, theirs
}

// remove takes items away, the conflicts with them, their entries in the search index, and the bytes that nobody else has. The caller has made sure
// that they may go.
func remove(t *tx, items []int64) error {
	for _, item := range items {
		var raw int64
		err := t.one(`DELETE FROM items WHERE item = $1 RETURNING raw`, []any{item}, &raw)
		if errors.Is(err, ErrNotFound) {
			continue // somebody else was faster
		}
		if err != nil {
			return err
		}
		if err := release(t, raw); err != nil {
			return err
		}
		if err := dropConflicts(t, `item = $1`, item); err != nil {
			return err
		}
		if err := unindex(t, item); err != nil {
			return err
		}
	}
	return nil
}

// release gives up one use of bytes.
func release(t *tx, raw int64) error {
	if _, err := t.exec(`UPDATE raws SET refs = refs - 1 WHERE id = $1`, raw); err != nil {
		return err
	}
	_, err := t.exec(`DELETE FROM raws WHERE id = $1 AND refs <= 0`, raw)
	return err
}
