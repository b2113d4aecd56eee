package exchange

import (
	"cmp"
	"slices"
	"time"

	"entente/internal/store"
)

// The reference: who may see what, written once more from docs/decisions/0008 in the plainest way, over lists in memory. It
// shares no code with what it judges.

type refCollection struct {
	store.CollectionView
	rights map[int64]store.Rights
	named  map[int64]bool
}

// refLeaf is a value within an object.
type refLeaf struct {
	path  string
	token string      // a word that stands in it, "" without
	label store.Label // the strictest of the markings that select it, of the object's too
}

// refItem is an item as it was submitted.
type refItem struct {
	collection int64
	seq        int64
	added      time.Time
	class      store.Class
	id, kind   string
	spec       string
	version    time.Time
	leaves     []refLeaf
	links      []refLink
	created    time.Time
	maker      string // created_by_ref
	raw        string
	conflict   bool     // kept, but at no place
	with       *refItem // the one that it is in conflict with
	first      bool     // by its maker, where others had submitted the version in its name
}

type refLink struct {
	property, target string
	label            store.Label
}

// refWorld is everything that decides.
type refWorld struct {
	orgs        map[int64]*store.Org
	users       map[int64]*store.User
	members     map[int64]map[int64]bool // organisations by group
	collections map[int64]*refCollection
	items       []*refItem
}

// sees says whether a caller sees what has a label in a collection, of an owner, a submitter and a sharing group.
func (w *refWorld) sees(c store.Caller, collection int64, class store.Class, label store.Label) bool {
	col := w.collections[collection]
	if col.Public && label == store.Clear && class.Group == 0 {
		return true
	}
	user, org := w.users[c.User], w.orgs[c.Org]
	if user == nil || org == nil || user.Org != org.ID || user.Disabled || org.Disabled {
		return false
	}
	if !col.rights[org.ID].Read {
		return false
	}
	if class.Group != 0 && !w.members[class.Group][org.ID] {
		return false
	}
	switch label {
	case store.Clear:
		return true
	case store.Red:
		return class.Submitter == user.ID || col.named[user.ID]
	default:
	}
	if class.Owner == org.ID || org.Clearance >= label {
		return true
	}
	patron := w.orgs[org.ClientOf]
	return label != store.AmberStrict && patron != nil && !patron.Disabled && patron.Clearance >= label
}

func (w *refWorld) visible(c store.Caller, it *refItem) bool {
	return w.sees(c, it.collection, it.class, it.class.Label)
}

// leafVisible says whether a caller who sees the item sees a value with a label in it.
func (w *refWorld) leafVisible(c store.Caller, it *refItem, label store.Label) bool {
	return label <= it.class.Label || w.sees(c, it.collection, it.class, label)
}

// newer says whether a is a later version of an object than b: a later time, or the same in a later version of STIX.
func newer(a, b *refItem) bool {
	return cmp.Or(a.version.Compare(b.version), cmp.Compare(a.spec, b.spec)) > 0
}

// query is the answer to a query, in order.
func (w *refWorld) query(c store.Caller, q store.Query) []*refItem {
	var seen []*refItem
	for _, it := range w.items {
		if !it.conflict && w.visible(c, it) && (len(q.Collections) == 0 || slices.Contains(q.Collections, it.collection)) {
			seen = append(seen, it)
		}
	}
	var out []*refItem
	for _, it := range seen {
		if w.selected(seen, it, q, false) && w.matches(c, it, q) {
			out = append(out, it)
		}
	}
	slices.SortFunc(out, func(a, b *refItem) int {
		return cmp.Or(a.added.Compare(b.added), cmp.Compare(a.collection, b.collection))
	})
	return out
}

// latest are the items of the latest version of each object in each collection that the caller sees, all submissions of it.
func (w *refWorld) latest(c store.Caller) []*refItem {
	var seen, out []*refItem
	for _, it := range w.items {
		if !it.conflict && w.visible(c, it) {
			seen = append(seen, it)
		}
	}
	for _, it := range seen {
		if w.selected(seen, it, store.Query{}, true) {
			out = append(out, it)
		}
	}
	return out
}

// selected says whether an item is of a version that the query wants, given all that the caller sees; and, unless twins are
// wanted, the first of those with its version.
func (w *refWorld) selected(seen []*refItem, it *refItem, q store.Query, twins bool) bool {
	latest, first := true, true
	for _, other := range seen {
		if other == it || other.id != it.id || other.collection != it.collection {
			continue
		}
		if len(q.Specs) == 0 && other.spec > it.spec {
			return false
		}
		if other.spec == it.spec && other.version.Equal(it.version) {
			if other.first && !it.first || !twins && other.first == it.first && other.seq < it.seq {
				return false // the same version once more
			}
		}
		if len(q.Specs) == 0 && other.spec != it.spec || len(q.Specs) > 0 && !slices.Contains(q.Specs, other.spec) {
			continue
		}
		latest = latest && !newer(other, it)
		first = first && !newer(it, other)
	}
	if len(q.Specs) > 0 && !slices.Contains(q.Specs, it.spec) {
		return false
	}
	v := q.Versions
	exact := slices.ContainsFunc(v.Exact, it.version.Equal)
	none := !v.All && !v.First && !v.Last && len(v.Exact) == 0
	return v.All || latest && (v.Last || none) || first && v.First || exact
}

func (w *refWorld) matches(c store.Caller, it *refItem, q store.Query) bool {
	switch {
	case len(q.IDs) > 0 && !slices.Contains(q.IDs, it.id),
		len(q.Types) > 0 && !slices.Contains(q.Types, it.kind),
		len(q.Labels) > 0 && !slices.Contains(q.Labels, it.class.Label),
		!q.After.IsZero() && !it.added.After(q.After),
		!q.Since.IsZero() && it.version.Before(q.Since),
		!q.Until.IsZero() && !it.version.Before(q.Until):
		return false
	}
	if q.LinkedTo != "" {
		return slices.ContainsFunc(it.links, func(l refLink) bool { return l.target == q.LinkedTo && w.leafVisible(c, it, l.label) })
	}
	return true
}

// finds says whether a word stands in a value that the caller sees.
func (w *refWorld) finds(c store.Caller, it *refItem, word string) bool {
	return slices.ContainsFunc(it.leaves, func(l refLeaf) bool { return l.token == word && w.leafVisible(c, it, l.label) })
}

// knows says whether the submitter of n knows what stands in an item under a label: it sees it, or it is its organisation's, or,
// where it is red, its own.
func (w *refWorld) knows(n, it *refItem, label store.Label) bool {
	if it.class.Owner == n.class.Owner && (label != store.Red || it.class.Submitter == n.class.Submitter) {
		return true
	}
	c := store.Caller{User: n.class.Submitter, Org: n.class.Owner}
	return w.visible(c, it) && w.leafVisible(c, it, label)
}

// knowsAll says whether it knows the item and each of its parts.
func (w *refWorld) knowsAll(n, it *refItem) bool {
	return w.knows(n, it, it.class.Label) &&
		!slices.ContainsFunc(it.leaves, func(l refLeaf) bool { return l.label > it.class.Label && !w.knows(n, it, l.label) })
}

// judge says what becomes of a submission, and stores it.
func (w *refWorld) judge(n *refItem) store.Result {
	result := store.Stored
	for _, it := range w.items {
		if it.conflict || it.collection != n.collection || it.id != n.id || it.spec != n.spec || !it.version.Equal(n.version) {
			continue
		}
		prevails := w.prevails(n, it)
		if !w.knowsAll(n, it) {
			n.first = n.first || w.knows(n, it, it.class.Label) && prevails
			continue
		}
		if it.raw == n.raw {
			if it.class.Label == n.class.Label && it.class.Group == n.class.Group {
				return store.Duplicate
			}
			continue
		}
		if prevails {
			n.first = true
			continue
		}
		if result != store.Conflict {
			result, n.with = store.Conflict, it
		}
	}
	if result == store.Stored && !n.created.IsZero() {
		return w.judgeOrigin(n)
	}
	return result
}

// tells is the maker of an item as the submitter of n knows it, "" where it does not: it is a part apart, and others are withheld.
func (w *refWorld) tells(n, it *refItem) string {
	apart := slices.ContainsFunc(it.links, func(l refLink) bool { return l.property == "created_by_ref" && l.label > it.class.Label })
	if apart && !w.knowsAll(n, it) {
		return ""
	}
	return it.maker
}

// prevails says whether n is by its maker, which tells so to everybody, and it by somebody else who says the same.
func (w *refWorld) prevails(n, it *refItem) bool {
	apart := slices.ContainsFunc(n.links, func(l refLink) bool { return l.property == "created_by_ref" && l.label > n.class.Label })
	return !apart && w.byUID(n.maker) == n.class.Owner && it.class.Owner != n.class.Owner && w.tells(n, it) == n.maker
}

// judgeOrigin compares a version with the others of its object: when and by whom it was created, as far as that is told.
func (w *refWorld) judgeOrigin(n *refItem) store.Result {
	others, agrees, tell, agreesTelling := 0, 0, 0, 0
	for _, it := range w.items {
		if it.conflict || it.collection != n.collection || it.id != n.id || !w.knows(n, it, it.class.Label) {
			continue
		}
		maker, foreign := w.tells(n, it), it.class.Owner != n.class.Owner
		if foreign && w.byUID(n.maker) == it.class.Owner && (maker == n.maker || maker == "") && (!it.version.Equal(n.version) || it.spec != n.spec) {
			return store.NotTheirs
		}
		if foreign && w.byUID(n.maker) == n.class.Owner && maker == n.maker {
			continue
		}
		others++
		same := it.created.Equal(n.created)
		if same {
			agrees++
		}
		if maker != "" {
			tell++
			if same && maker == n.maker {
				agreesTelling++
			}
		}
	}
	if others > 0 && agrees == 0 || tell > 0 && agreesTelling == 0 {
		return store.Altered
	}
	return store.Stored
}

func (w *refWorld) byUID(uid string) int64 {
	for id, o := range w.orgs {
		if o.UID == uid {
			return id
		}
	}
	return 0
}
