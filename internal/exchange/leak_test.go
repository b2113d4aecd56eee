package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"entente/internal/stix"
	"entente/internal/store"
)

// The leak test: random worlds, random objects with random markings, and every output for every caller compared with the
// reference. A case is one item, one caller and one query: whether the item is in the answer, and which of its parts.

// leakWorld is a world and the node that lives in it.
type leakWorld struct {
	refWorld
	t   *testing.T
	rng *rand.Rand
	s   *Service
	st  *store.Store

	roots                   store.Root
	ids                     []string // of objects
	callers, submitters     []Principal
	tokens                  []string // words that stand in some value
	statuses                []leakStatus
	secrets                 int
	layered                 bool // see layer
	cases                   int
	guesses, audited        int
	altered, foreign, first int
	removed                 map[string]int // how often, by sort
	withheld, hidden, shown int
}

// leakStatus is what was said of a submission, which is for the submitter alone.
type leakStatus struct {
	user, collection int64
	id               string
}

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

func (w *leakWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func newLeakWorld(t *testing.T, seed uint64, at store.Config) *leakWorld {
	t.Helper()
	w := &leakWorld{t: t, rng: rand.New(rand.NewPCG(seed, 99)), removed: map[string]int{}}
	ctx := t.Context()
	var ticks atomic.Int64 // the service's own timers look at the clock, too
	clock := func() time.Time {
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(ticks.Add(1)) * time.Second)
	}
	var err error
	at.Now = clock
	w.st, err = store.Create(ctx, at)
	w.must(err)
	w.s = New(w.st, Options{Now: clock})
	t.Cleanup(func() {
		if err := errors.Join(w.s.Close(t.Context()), w.st.Close()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	w.orgs, w.users, w.members, w.collections = map[int64]*store.Org{}, map[int64]*store.User{}, map[int64]map[int64]bool{}, map[int64]*refCollection{}
	var orgs []int64
	for i := range 5 {
		o, err := w.st.CreateOrg(ctx, store.Org{Name: fmt.Sprintf("org-%d", i), Clearance: store.Label(w.rng.IntN(4))})
		w.must(err)
		if len(orgs) > 0 && w.rng.IntN(2) == 0 {
			o.ClientOf = pick(w.rng, orgs)
		}
		w.must(w.st.UpdateOrg(ctx, o))
		w.orgs[o.ID] = &o
		orgs = append(orgs, o.ID)
	}
	for i := range 8 {
		u, err := w.st.CreateUser(ctx, store.User{Org: pick(w.rng, orgs), Name: fmt.Sprintf("user-%d", i), Roles: store.Publisher})
		w.must(err)
		w.users[u.ID] = &u
		w.callers = append(w.callers, Principal{Caller: store.Caller{User: u.ID, Org: u.Org}, UserName: u.Name, Roles: u.Roles, Scopes: AllScopes})
	}
	// A user who has moved to another organisation since, and nobody.
	stray := w.callers[0]
	stray.Org = orgs[(slices.Index(orgs, stray.Org)+1)%len(orgs)]
	anonymous, err := w.s.Anonymous(ctx)
	w.must(err)
	w.submitters = slices.Clone(w.callers)
	w.callers = append(w.callers, stray, anonymous)
	var groups []int64
	for i := range 2 {
		g, err := w.st.CreateGroup(ctx, store.Group{Name: fmt.Sprintf("group-%d", i), Owner: pick(w.rng, orgs)})
		w.must(err)
		groups = append(groups, g.ID)
		members, err := w.st.Members(ctx, g.ID)
		w.must(err)
		w.members[g.ID] = map[int64]bool{}
		for _, m := range members {
			w.members[g.ID][m] = true
		}
		for _, o := range orgs {
			if w.rng.IntN(2) == 0 {
				w.must(w.st.AddMember(ctx, g.ID, o))
				w.members[g.ID][o] = true
			}
		}
	}
	w.roots, err = w.st.CreateRoot(ctx, store.Root{Path: "r", Title: "R", MaxContentLength: 1 << 20})
	w.must(err)
	for i := range 3 {
		c := store.Collection{Root: w.roots.ID, Title: fmt.Sprint(i), Owner: pick(w.rng, orgs), Label: store.Label(w.rng.IntN(4)), Public: i != 1}
		if i == 2 {
			c.Group = pick(w.rng, groups)
		}
		c, err := w.st.CreateCollection(ctx, c)
		w.must(err)
		rc := &refCollection{CollectionView: store.CollectionView{Collection: c}, rights: map[int64]store.Rights{}, named: map[int64]bool{}}
		for _, o := range orgs {
			r := store.Rights{Collection: c.ID, Org: o, Read: w.rng.IntN(4) > 0, Write: w.rng.IntN(2) == 0}
			w.must(w.st.SetRights(ctx, r))
			rc.rights[o] = r
		}
		for _, id := range sorted(w.users) {
			if w.rng.IntN(5) == 0 {
				w.must(w.st.SetNamed(ctx, c.ID, id, true))
				rc.named[id] = true
			}
		}
		w.collections[c.ID] = rc
	}
	for i := range 12 {
		w.ids = append(w.ids, fmt.Sprintf("%s--%08d-1111-4111-8111-111111111111", []string{"tool", "indicator", "file", "relationship"}[i%4], i))
	}
	return w
}

// token is a word that nothing else has, or one that others have, too.
func (w *leakWorld) token() string {
	if len(w.tokens) > 3 && w.rng.IntN(4) == 0 {
		return pick(w.rng, w.tokens[:3])
	}
	w.secrets++
	t := fmt.Sprintf("secret%d", w.secrets)
	w.tokens = append(w.tokens, t)
	return t
}

var leakMarkings = []string{tlpClear, tlpGreen, tlpAmber, tlpStrict, tlpRed}

// maker is to whom an object refers as its maker: mostly the same for an object, or the submitter's organisation.
func (w *leakWorld) maker(id string, class *store.Class) string {
	switch w.rng.IntN(8) {
	case 0:
		return pick(w.rng, leakIdentities)
	case 1, 2:
		return w.orgs[class.Owner].UID
	}
	return leakIdentities[len(id[:strings.Index(id, "--")])%len(leakIdentities)]
}

// leakIdentities are those to which objects refer as their makers. No node has them.
var leakIdentities = []string{
	"identity--11111111-1111-4111-8111-111111111111", "identity--22222222-2222-4222-8222-222222222222", "identity--33333333-3333-4333-8333-333333333333",
}

// end is what a relationship may begin or end at.
func (w *leakWorld) end() string {
	for {
		if id := pick(w.rng, w.ids); !strings.HasPrefix(id, "relationship") {
			return id
		}
	}
}

const unknownMarking = "marking-definition--99999999-9999-4999-8999-999999999999"

// leakObject writes a random object and says what the reference has to know of it. needed are leaves that cannot be taken out;
// of oneOf, one has to stay.
func (w *leakWorld) leakObject(id string, collection *refCollection, class *store.Class) (it *refItem) {
	it = &refItem{id: id, kind: id[:strings.Index(id, "--")], spec: "2.1", collection: collection.ID}
	var members []string
	var needed, oneOf []string
	word := func(path string) string {
		t := w.token()
		it.leaves = append(it.leaves, refLeaf{path: path, token: t})
		return t
	}
	member := func(name string) { members = append(members, fmt.Sprintf(`"%s":"%s"`, name, word(name))) }
	it.version = time.Date(2024, 1, 1+w.rng.IntN(3), 0, 0, 0, 0, time.UTC)
	stamp := it.version.Format("2006-01-02T15:04:05.000Z")
	versioned := func() {
		it.created = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
		if w.rng.IntN(20) == 0 {
			it.created = it.created.AddDate(0, -1, 0)
		}
		members = append(members, `"created":"`+it.created.Format("2006-01-02T15:04:05.000Z")+`"`, `"modified":"`+stamp+`"`)
	}
	var selectable []string
	link := func(name, target string) {
		if name == "created_by_ref" {
			it.maker = target
		}
		members = append(members, fmt.Sprintf(`"%s":"%s"`, name, target))
		it.leaves = append(it.leaves, refLeaf{path: name})
		it.links = append(it.links, refLink{property: name, target: target})
	}
	switch it.kind {
	case "tool":
		if w.rng.IntN(4) == 0 {
			it.spec = "2.0"
			members = append(members, fmt.Sprintf(`"labels":["remote-access","%s"]`, word("labels.[1]")))
		} else {
			members = append(members, fmt.Sprintf(`"labels":["%s","%s"]`, word("labels.[0]"), word("labels.[1]")))
		}
		versioned()
		member("name")
		member("description")
		members = append(members, fmt.Sprintf(`"aliases":["%s","%s"]`, word("aliases.[0]"), word("aliases.[1]")))
		members = append(members, fmt.Sprintf(`"external_references":[{"source_name":"x","external_id":"%s"}]`, word("external_references.[0].external_id")))
		link("created_by_ref", w.maker(id, class))
		needed = []string{"name"}
		selectable = []string{"name", "description", "labels", "labels.[1]", "aliases", "aliases.[0]", "aliases.[1]", "external_references", "created_by_ref"}
		if it.spec == "2.1" {
			selectable = append(selectable, "labels.[0]")
		}
	case "indicator":
		versioned()
		member("description")
		members = append(members, `"pattern_type":"stix"`, `"valid_from":"2024-01-01T00:00:00Z"`, fmt.Sprintf(`"pattern":"[domain-name:value = '%s']"`, word("pattern")))
		link("created_by_ref", w.maker(id, class))
		needed = []string{"pattern"}
		selectable = []string{"description", "pattern", "created_by_ref"}
	case "file":
		it.version = time.Time{}
		member("name")
		members = append(members, fmt.Sprintf(`"hashes":{"x_own":"%s"}`, word("hashes.x_own")))
		oneOf = []string{"name", "hashes.x_own"}
		selectable = []string{"name", "hashes", "hashes.x_own"}
	case "relationship":
		versioned()
		member("description")
		members = append(members, `"relationship_type":"uses"`)
		link("source_ref", w.end())
		link("target_ref", w.end())
		link("created_by_ref", w.maker(id, class))
		needed = []string{"source_ref", "target_ref"}
		selectable = []string{"description", "source_ref", "created_by_ref"}
	}
	// Markings of the object.
	base, found := store.Clear, false
	var marks []string
	for range w.rng.IntN(3) {
		l := store.Label(min(w.rng.IntN(5), w.rng.IntN(5)))
		if w.layered {
			l = store.Amber
		}
		if !slices.Contains(marks, leakMarkings[l]) {
			marks = append(marks, leakMarkings[l])
		}
		base, found = max(base, l), true
	}
	if !found {
		base = collection.Label
	}
	if w.rng.IntN(15) == 0 {
		marks = append(marks, unknownMarking)
		base = max(base, store.AmberStrict)
	}
	if len(marks) > 0 {
		members = append(members, `"object_marking_refs":["`+strings.Join(marks, `","`)+`"]`)
	}
	// Markings of its parts.
	chain := map[string]store.Label{}
	var granular []string
	selector := ""
	if w.layered {
		granular = append(granular, fmt.Sprintf(`{"marking_ref":"%s","selectors":["created_by_ref"]}`, tlpRed))
		chain["created_by_ref"] = store.Red
	}
	for range w.rng.IntN(4) {
		if selector == "" || w.rng.IntN(3) > 0 { // else the same one again, under another label
			selector = pick(w.rng, selectable)
		}
		l := store.Label(w.rng.IntN(5))
		granular = append(granular, fmt.Sprintf(`{"marking_ref":"%s","selectors":["%s"]}`, leakMarkings[l], selector))
		chain[selector] = max(chain[selector], l)
	}
	if len(granular) > 0 {
		members = append(members, `"granular_markings":[`+strings.Join(granular, ",")+`]`)
	}
	labelOfPath := func(path string) store.Label {
		l := base
		for selector, s := range chain {
			if strings.HasPrefix(path+".", selector+".") {
				l = max(l, s)
			}
		}
		return l
	}
	// What cannot be taken out lifts the label of all.
	for _, path := range needed {
		base = max(base, labelOfPath(path))
	}
	if len(oneOf) > 0 {
		least := store.Red
		for _, path := range oneOf {
			least = min(least, labelOfPath(path))
		}
		base = max(base, least)
	}
	for i := range it.leaves {
		it.leaves[i].label = labelOfPath(it.leaves[i].path)
	}
	for i := range it.links {
		it.links[i].label = labelOfPath(it.links[i].property)
	}
	class.Label = base
	it.class = *class
	head := fmt.Sprintf(`{"type":"%s","id":"%s"`, it.kind, id)
	if it.spec == "2.1" {
		head += `,"spec_version":"2.1"`
	}
	it.raw = head + "," + strings.Join(members, ",") + "}"
	return it
}

// submit sends a random object, new or one that was sent before, and checks what is said about it.
func (w *leakWorld) submit() {
	p := pick(w.rng, w.submitters)
	var col *refCollection
	for _, id := range w.collectionIDs() {
		if col == nil || w.rng.IntN(3) == 0 {
			col = w.collections[id]
		}
	}
	class := store.Class{Owner: p.Org, Submitter: p.User, Group: col.Group}
	opt := SubmitOptions{}
	for _, g := range sorted(w.members) {
		if w.rng.IntN(4) == 0 && w.members[g][p.Org] {
			opt.Group, class.Group = g, g
		}
	}
	var it *refItem
	if len(w.items) > 0 && w.rng.IntN(4) == 0 {
		// The same bytes for another submitter, and perhaps another collection.
		old := pick(w.rng, w.items)
		c := *old
		it = &c
		was := it.class.Label
		it.class.Owner, it.class.Submitter, it.class.Group, it.conflict = class.Owner, class.Submitter, class.Group, false
		it.leaves, it.links = slices.Clone(old.leaves), slices.Clone(old.links)
		col = w.collections[it.collection] // the default label is part of what the reference computed
		if opt.Group == 0 {
			it.class.Group = col.Group
		}
		it.class.Label = was
	} else {
		it = w.leakObject(pick(w.rng, w.ids), col, &class)
	}
	w.send(p, col, it, opt)
}

// layer puts objects with a reference in a red part into collections of which it names those for red who have no clearance for the
// amber objects themselves: they see neither.
func (w *leakWorld) layer() {
	rng := w.rng
	defer func() { w.rng, w.layered = rng, false }()
	w.rng, w.layered = rand.New(rand.NewPCG(uint64(w.cases), 7)), true // the rest of the world is as without
	for _, id := range w.collectionIDs() {
		col := w.collections[id]
		for _, p := range w.submitters {
			if w.orgs[p.Org].Clearance <= store.Green && col.rights[p.Org].Read {
				w.must(w.st.SetNamed(w.t.Context(), id, p.User, true))
				col.named[p.User] = true
			}
		}
		for i, p := range w.submitters {
			class := store.Class{Owner: p.Org, Submitter: p.User, Group: col.Group}
			object := fmt.Sprintf("indicator--%08d-2222-4222-8222-%012d", i, id)
			w.ids = append(w.ids, object)
			it := w.leakObject(object, col, &class)
			w.send(p, col, it, SubmitOptions{})
		}
	}
}

// forestall has somebody send objects in the name of others before these do.
func (w *leakWorld) forestall() {
	rng := w.rng
	defer func() { w.rng = rng }()
	w.rng = rand.New(rand.NewPCG(uint64(w.cases), 8)) // the rest of the world is as without
	for i, p := range slices.Repeat(w.submitters, 2) {
		id := pick(w.rng, w.collectionIDs())
		col := w.collections[id]
		q := pick(w.rng, w.submitters)
		object := fmt.Sprintf("indicator--%08d-3333-4333-8333-%012d", i, id)
		w.ids = append(w.ids, object)
		class := store.Class{Owner: q.Org, Submitter: q.User, Group: col.Group}
		it := w.leakObject(object, col, &class)
		maker := w.orgs[p.Org].UID
		it.raw = strings.Replace(it.raw, it.maker, maker, 1)
		it.maker = maker
		for l := range it.links {
			it.links[l].target = maker
		}
		w.send(q, col, it, SubmitOptions{})
		own := *it
		own.class = store.Class{Owner: p.Org, Submitter: p.User, Label: it.class.Label, Group: col.Group}
		own.leaves, own.links, own.conflict, own.first = slices.Clone(it.leaves), slices.Clone(it.links), false, false
		if w.rng.IntN(2) == 0 { // whoever took its name said another time of creation
			const created = `"created":"2006-01-02T15:04:05.000Z"`
			own.created = it.created.AddDate(0, -1, 0)
			own.raw = strings.Replace(own.raw, it.created.Format(created), own.created.Format(created), 1)
		}
		token := w.token()
		for l := range own.leaves {
			if leaf := &own.leaves[l]; leaf.path == "description" {
				own.raw = strings.Replace(own.raw, `"`+leaf.token+`"`, `"`+token+`"`, 1)
				leaf.token = token
			}
		}
		w.send(p, col, &own, SubmitOptions{})
	}
}

// send submits an item, and checks what is said about it.
func (w *leakWorld) send(p Principal, col *refCollection, it *refItem, opt SubmitOptions) {
	w.t.Helper()
	ctx := w.t.Context()
	view := CollectionView{Collection: col.Collection, CanRead: true, CanWrite: true}
	st, err := w.s.Submit(ctx, p, view, strings.NewReader(`{"objects":[`+it.raw+`]}`), opt)
	w.must(err)
	want := w.judge(it)
	refused := want == store.Conflict || want == store.Altered || want == store.NotTheirs
	if got := st.SuccessCount == 1; got == refused || st.TotalCount != 1 {
		w.t.Fatalf("%s: %+v, expected result %d", it.raw, st, want)
	}
	w.statuses = append(w.statuses, leakStatus{p.User, col.ID, st.ID})
	// Nobody else sees the status.
	for _, q := range w.callers {
		_, err := w.s.Status(ctx, q, w.roots, st.ID)
		if mine := q.Caller == p.Caller || q.User == p.User; mine != (err == nil) || !mine && !errors.Is(err, ErrNotFound) {
			w.t.Fatalf("status of %s for %s: %v", p.UserName, q.UserName, err)
		}
	}
	switch want {
	case store.Conflict:
		it.conflict = true
		if !slices.ContainsFunc(w.items, func(o *refItem) bool {
			return o.conflict && o.collection == it.collection && o.class.Owner == it.class.Owner && o.raw == it.raw
		}) {
			w.items = append(w.items, it)
		}
	case store.Stored:
		it.seq = -1 // place finds it
		w.items = append(w.items, it)
		w.place(it)
		if it.first {
			w.first++
		}
	case store.Altered:
		w.altered++
	case store.NotTheirs:
		w.foreign++
	default: // it stands there already
	}
}

// guess has everybody try out what stands in the parts of items that are withheld from them: the answer to a right guess has to
// be that to a wrong one.
func (w *leakWorld) guess() {
	for i, it := range slices.Repeat(w.items, 2) {
		p := w.submitters[(i+w.rng.IntN(2))%len(w.submitters)]
		class := store.Class{Owner: p.Org, Submitter: p.User, Label: it.class.Label, Group: it.class.Group}
		if it.conflict || it.class.Group != 0 && !w.members[it.class.Group][p.Org] {
			continue
		}
		try := *it
		try.class, try.leaves, try.links = class, slices.Clone(it.leaves), slices.Clone(it.links)
		hidden := slices.IndexFunc(try.leaves, func(l refLeaf) bool {
			return l.token != "" && l.label > it.class.Label && !w.knows(&try, it, l.label) && strings.Count(it.raw, l.token) == 1
		})
		if !w.visible(p.Caller, it) || hidden < 0 {
			continue
		}
		w.guesses++
		if w.rng.IntN(2) == 0 {
			l := &try.leaves[hidden]
			wrong := w.token()
			try.raw = strings.Replace(it.raw, l.token, wrong, 1)
			l.token = wrong
		}
		w.send(p, w.collections[it.collection], &try, SubmitOptions{Group: class.Group})
	}
}

// usurp has everybody send later versions of what they see and do not see, as they should be and with another maker or another
// time of creation.
func (w *leakWorld) usurp() {
	const stamp = "2006-01-02T15:04:05.000Z"
	for i, it := range slices.Clone(w.items) {
		p := w.submitters[i%len(w.submitters)]
		if it.conflict || it.version.IsZero() || it.class.Group != 0 && !w.members[it.class.Group][p.Org] {
			continue
		}
		try := *it
		try.class = store.Class{Owner: p.Org, Submitter: p.User, Label: it.class.Label, Group: it.class.Group}
		try.version = time.Date(2024, 2, 1+i%3, 0, 0, 0, 0, time.UTC)
		try.leaves, try.links = slices.Clone(it.leaves), slices.Clone(it.links)
		try.raw = strings.Replace(it.raw, `"modified":"`+it.version.Format(stamp), `"modified":"`+try.version.Format(stamp), 1)
		switch w.rng.IntN(4) {
		case 0:
			try.created = it.created.AddDate(0, -2, 0)
			try.raw = strings.Replace(try.raw, `"created":"`+it.created.Format(stamp), `"created":"`+try.created.Format(stamp), 1)
		case 2:
			// Who says under red who made it says it no better.
			if strings.Contains(try.raw, "granular_markings") || try.class.Label == store.Red {
				break
			}
			try.raw = strings.TrimSuffix(try.raw, "}") + fmt.Sprintf(`,"granular_markings":[{"marking_ref":"%s","selectors":["created_by_ref"]}]}`, tlpRed)
			for l := range try.links {
				if try.links[l].property == "created_by_ref" {
					try.links[l].label = store.Red
				}
			}
			for l := range try.leaves {
				if try.leaves[l].path == "created_by_ref" {
					try.leaves[l].label = store.Red
				}
			}
			fallthrough
		case 1:
			try.maker = pick(w.rng, leakIdentities)
			try.raw = strings.Replace(try.raw, it.maker, try.maker, 1)
			for l := range try.links {
				if try.links[l].property == "created_by_ref" {
					try.links[l].target = try.maker
				}
			}
		}
		w.send(p, w.collections[it.collection], &try, SubmitOptions{Group: try.class.Group})
	}
}

func (w *leakWorld) collectionIDs() []int64 { return sorted(w.collections) }

// sorted are the keys of a map, in the same order each time.
func sorted[T any](m map[int64]T) []int64 { return slices.Sorted(maps.Keys(m)) }

// place finds out where an item was put: after all others of its collection.
func (w *leakWorld) place(it *refItem) {
	seq := int64(1)
	for _, other := range w.items {
		if other != it && !other.conflict && other.collection == it.collection {
			seq = max(seq, other.seq+1)
		}
	}
	it.seq = seq
}

// learnDates asks the store, as each caller, when items were added. What nobody sees has no date that matters.
func (w *leakWorld) learnDates() {
	dates := map[[2]int64]time.Time{}
	for _, p := range w.callers {
		page, err := w.st.Items(w.t.Context(), p.Caller, store.Query{Versions: store.Versions{All: true}, Specs: []string{"2.0", "2.1"}, Limit: 10000, NoBytes: true})
		w.must(err)
		for _, it := range page.Items {
			dates[[2]int64{it.Collection, it.Seq}] = it.Added
		}
	}
	for _, it := range w.items {
		if at, ok := dates[[2]int64{it.collection, it.seq}]; ok {
			it.added = at
		}
	}
}

func (w *leakWorld) queries() []store.Query {
	all := store.Versions{All: true}
	cols := w.collectionIDs()
	one := []int64{pick(w.rng, cols)}
	some := pick(w.rng, w.items)
	word := pick(w.rng, w.tokens)
	qs := []store.Query{
		{},
		{Versions: all, Specs: []string{"2.0", "2.1"}},
		{Versions: all},
		{Collections: one},
		{Collections: one, Versions: store.Versions{First: true}},
		{Collections: one, Versions: store.Versions{Last: true, First: true}, Specs: []string{"2.0", "2.1"}},
		{Versions: store.Versions{Exact: []time.Time{time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)}}, Types: []string{"tool", "indicator", "relationship"}},
		{IDs: []string{pick(w.rng, w.ids), pick(w.rng, w.ids)}, Versions: all},
		{Types: []string{"tool", "file"}},
		{Specs: []string{"2.0"}},
		{Labels: []store.Label{store.Label(w.rng.IntN(5)), store.Red}, Versions: all},
		{Words: []string{word}, Versions: all, Types: []string{"tool"}},
		{LinkedTo: pick(w.rng, w.ids), Versions: all},
		{LinkedTo: "identity--11111111-1111-4111-8111-111111111111"},
		{Collections: []int64{some.collection}, After: some.added, Versions: all},
		{Since: time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC), Until: time.Date(2024, 1, 3, 0, 0, 0, 0, time.UTC), Types: []string{"tool", "indicator", "relationship"}},
	}
	var words []string
	var terms []store.Term
	for _, leaf := range some.leaves {
		if leaf.token != "" {
			words = append(words, leaf.token)
			terms = append(terms, store.Term{Kind: store.TermName, Value: leaf.token}, store.Term{Kind: store.TermValue, Value: leaf.token})
		}
	}
	qs = append(qs,
		store.Query{Terms: terms, Versions: all},
		store.Query{Terms: terms, Words: words[:1], Versions: all},
		store.Query{Words: words[:min(2, len(words))], Versions: all, IDs: []string{some.id}},
		store.Query{Words: words[max(0, len(words)-2):], Collections: []int64{some.collection}},
		store.Query{Words: []string{w.tokens[0], word}, Versions: all},
		store.Query{Words: words[:1], LinkedTo: leakIdentities[0], Versions: all},
		store.Query{LinkedTo: leakIdentities[0], Versions: all, IDs: w.ids},
		store.Query{LinkedTo: pick(w.rng, w.ids), Versions: all, IDs: w.ids, Types: []string{"relationship"}},
		store.Query{Words: words[:1], Versions: all, Types: []string{some.kind, "indicator"}, Labels: []store.Label{some.class.Label}},
	)
	for _, leaf := range some.leaves {
		if leaf.token == "" {
			continue
		}
		q := store.Query{Versions: all, Types: []string{some.kind}}
		switch {
		case leaf.path == "pattern" || some.kind == "file":
			q.Terms = []store.Term{{Kind: store.TermValue, Value: leaf.token}}
		default:
			q.Words = []string{leaf.token}
			if strings.HasPrefix(leaf.path, "external") {
				q.Words, q.Terms = nil, []store.Term{{Kind: store.TermName, Value: leaf.token}}
			}
		}
		qs = append(qs, q)
	}
	return qs
}

// searchable are the values of an item from which the index takes terms of a kind: external identifiers and values of
// observables and patterns are no words of a text.
func searchable(it *refItem, kind store.TermKind) *refItem {
	c := *it
	c.leaves = nil
	for _, l := range it.leaves {
		external := strings.HasPrefix(l.path, "external")
		value := l.path == "pattern" || l.path == "hashes.x_own"
		name := it.kind == "tool" && (l.path == "name" || strings.HasPrefix(l.path, "aliases")) || it.kind == "file" && l.path == "name"
		ok := !external && !value
		switch kind {
		case store.TermName:
			ok = external || name
		case store.TermValue:
			ok = value || it.kind == "file" && l.path == "name"
		default:
		}
		if ok {
			c.leaves = append(c.leaves, l)
		}
	}
	return &c
}

// expected is the reference's answer.
func (w *leakWorld) expected(c store.Caller, q store.Query) []*refItem {
	// The words are looked at apart from the rest, so that identity of items is kept.
	plain := q
	plain.Words, plain.Terms = nil, nil
	var out []*refItem
	for _, it := range w.query(c, plain) {
		fits := !slices.ContainsFunc(q.Words, func(word string) bool { return !w.finds(c, searchable(it, store.TermWord), word) })
		if len(q.Terms) > 0 {
			fits = fits && slices.ContainsFunc(q.Terms, func(t store.Term) bool { return w.finds(c, searchable(it, t.Kind), t.Value) })
		}
		if fits {
			out = append(out, it)
		}
	}
	return out
}

func key(collection, seq int64) string { return fmt.Sprintf("%d/%d", collection, seq) }

// compare checks one answer, and the parts of each object in it.
func (w *leakWorld) compare(p Principal, q store.Query, got []store.Item, bytes bool) {
	w.t.Helper()
	want := w.expected(p.Caller, q)
	var have, need []string
	for _, it := range got {
		have = append(have, key(it.Collection, it.Seq))
	}
	for _, it := range want {
		need = append(need, key(it.collection, it.seq))
	}
	if !slices.Equal(have, need) {
		for _, it := range w.items {
			if k := key(it.collection, it.seq); slices.Contains(have, k) != slices.Contains(need, k) {
				w.t.Logf("%s: conflict %v, visible %v, version %s of STIX %s, %+v: %s", k, it.conflict, w.visible(p.Caller, it), it.version, it.spec, it.class, it.raw)
				for _, other := range w.items {
					if other != it && other.id == it.id && other.collection == it.collection {
						w.t.Logf("  beside %d: conflict %v, visible %v, version %s of STIX %s, %+v", other.seq, other.conflict, w.visible(p.Caller, other), other.version, other.spec, other.class)
					}
				}
			}
		}
		w.t.Fatalf("caller %+v of %+v\nquery %+v\n got %v\nwant %v", p.Caller, w.orgs[p.Org], q, have, need)
	}
	w.cases += len(w.items)
	w.shown += len(got)
	w.hidden += len(w.items) - len(got)
	if !bytes {
		for _, it := range got {
			if it.Raw != nil {
				w.t.Fatal("bytes where none were asked for")
			}
		}
		return
	}
	for i := range got {
		w.compareParts(p, want[i], got[i])
	}
}

var tokenPattern = regexp.MustCompile(`secret\d+`)

func (w *leakWorld) compareParts(p Principal, want *refItem, got store.Item) {
	w.t.Helper()
	var need []string
	withheld := map[string]bool{}
	for _, l := range want.leaves {
		switch seen := w.leafVisible(p.Caller, want, l.label); {
		case !seen:
			withheld[LabelName(l.label)] = true
		case l.token != "":
			need = append(need, l.token)
		}
	}
	have := tokenPattern.FindAllString(string(got.Raw), -1)
	slices.Sort(have)
	slices.Sort(need)
	if !slices.Equal(have, need) {
		w.t.Fatalf("caller %+v of %+v, item %s of %+v\nstored %s\n given %s\nwords %v\n need %v", p.Caller, w.orgs[p.Org], key(got.Collection, got.Seq), want.class, want.raw, got.Raw, have, need)
	}
	for _, l := range want.links {
		if got := strings.Contains(string(got.Raw), `"`+l.property+`"`); got != w.leafVisible(p.Caller, want, l.label) {
			w.t.Fatalf("reference %s of %s: there %v", l.property, want.raw, got)
		}
	}
	if len(withheld) == 0 {
		if string(got.Raw) != want.raw {
			w.t.Fatalf("nothing is withheld, but %s became %s", want.raw, got.Raw)
		}
		return
	}
	w.withheld++
	o, err := stix.Parse(got.Raw, stix.Limits{})
	if err != nil || stix.HasErrors(stix.Check(o)) {
		w.t.Fatalf("%s became %s: %v %v", want.raw, got.Raw, err, stix.Check(o))
	}
	var said struct {
		Extensions map[string]struct{ Withheld []string }
		Own        []string `json:"x_entente_withheld"`
	}
	w.must(json.Unmarshal(got.Raw, &said))
	said.Own = append(said.Own, said.Extensions[WithheldExtension()].Withheld...)
	for _, l := range said.Own {
		if !withheld[l] {
			w.t.Fatalf("%s says that %s is withheld, which is not so", got.Raw, l)
		}
	}
	if len(said.Own) != len(withheld) {
		w.t.Fatalf("%s does not say all that is withheld: %v", got.Raw, withheld)
	}
}

// look compares every output for one caller.
func (w *leakWorld) look(p Principal) {
	ctx := w.t.Context()
	for _, q := range w.queries() {
		q.Limit = 10_000
		page, err := w.s.Objects(ctx, p, q)
		w.must(err)
		w.compare(p, q, page.Items, true)
		page, err = w.s.Manifest(ctx, p, q)
		w.must(err)
		w.compare(p, q, page.Items, false)
		n, err := w.s.Count(ctx, p, q)
		w.must(err)
		if want := len(w.expected(p.Caller, q)); int(n) != want {
			w.t.Fatalf("caller %+v, query %+v: counted %d, not %d", p.Caller, q, n, want)
		}
		w.cases += len(w.items)
	}
	w.walk(p)
	w.versions(p)
	w.graph(p)
	w.conflicts(p)
	w.news(p)
}

// walk reads page by page, by cursor.
func (w *leakWorld) walk(p Principal) {
	q := store.Query{Versions: store.Versions{All: true}, Limit: 1 + w.rng.IntN(5)}
	var got []store.Item
	for {
		page, err := w.s.Search(w.t.Context(), p, q)
		w.must(err)
		if len(page.Items) > q.Limit {
			w.t.Fatalf("a page of %d of at most %d", len(page.Items), q.Limit)
		}
		got = append(got, page.Items...)
		if !page.More {
			break
		}
		text, err := w.s.SignCursor(w.t.Context(), p, "filters", page.Next)
		w.must(err)
		q.Cursor, err = w.s.OpenCursor(w.t.Context(), p, "filters", text)
		w.must(err)
	}
	q.Cursor = store.Cursor{}
	w.compare(p, q, got, true)
}

func (w *leakWorld) versions(p Principal) {
	for _, id := range w.ids {
		c := pick(w.rng, w.collectionIDs())
		page, err := w.s.Versions(w.t.Context(), p, CollectionView{Collection: w.collections[c].Collection, CanRead: true}, id, store.Query{Limit: 1000})
		want := w.query(p.Caller, store.Query{Collections: []int64{c}, IDs: []string{id}, Versions: store.Versions{All: true}})
		if len(want) == 0 && !errors.Is(err, ErrNotFound) || len(want) > 0 && err != nil {
			w.t.Fatalf("versions of %s: %v, %d expected", id, err, len(want))
		}
		w.compare(p, store.Query{Collections: []int64{c}, IDs: []string{id}, Versions: store.Versions{All: true}}, page.Items, false)
	}
}

// graph compares the neighbours of each object.
func (w *leakWorld) graph(p Principal) {
	for _, id := range slices.Concat(leakIdentities, w.ids) {
		g, err := w.s.Neighbours(w.t.Context(), p, id, 1, 1000)
		w.must(err)
		w.compareGraph(p, id, g)
	}
}

func (w *leakWorld) compareGraph(p Principal, id string, g store.Graph) {
	w.t.Helper()
	var need []string
	ends := map[string]bool{id: true}
	for _, it := range w.latest(p.Caller) {
		for _, l := range it.links {
			if w.leafVisible(p.Caller, it, l.label) && (it.id == id || l.target == id) {
				need = append(need, it.id+" "+l.property+" "+l.target)
				ends[it.id], ends[l.target] = true, true
			}
		}
	}
	var have []string
	for _, e := range g.Edges {
		have = append(have, e.From+" "+e.Property+" "+e.To)
	}
	slices.Sort(need)
	need = slices.Compact(need)
	slices.Sort(have)
	if !slices.Equal(have, need) || g.Cut {
		w.t.Fatalf("caller %+v, around %s:\n got %q\nwant %q", p.Caller, id, have, need)
	}
	w.compare(p, store.Query{IDs: slices.Sorted(maps.Keys(ends))}, g.Nodes, false)
}

func (w *leakWorld) conflicts(p Principal) {
	list, err := w.s.Conflicts(w.t.Context(), p, 0, 0, 1000)
	w.must(err)
	var items []store.Item
	for _, c := range list {
		items = append(items, c.Item)
	}
	w.compareConflicts(p, items)
}

func (w *leakWorld) compareConflicts(p Principal, got []store.Item) {
	w.t.Helper()
	var want []*refItem
	once := map[string]bool{}
	for _, it := range w.items {
		k := fmt.Sprint(it.collection, it.class.Owner, it.raw)
		if !it.conflict || once[k] {
			continue
		}
		once[k] = true
		if w.visible(p.Caller, it) {
			want = append(want, it)
		}
	}
	if len(got) != len(want) {
		w.t.Fatalf("caller %+v sees %d conflicts, not %d", p.Caller, len(got), len(want))
	}
	for i := range got {
		w.compareParts(p, want[i], got[i])
	}
	w.cases += len(w.items)
}

// news compares what a caller is told who has been told nothing yet, in pages, with a search.
func (w *leakWorld) news(p Principal) {
	ctx := w.t.Context()
	q := News{Limit: 1 + w.rng.IntN(20)}
	if w.rng.IntN(2) == 0 {
		q.Types = []string{"tool", "file"}
	}
	var err error
	q.Ends, err = w.s.Ends(ctx)
	w.must(err)
	var got []Event
	for more := true; more; {
		var events []Event
		events, q.From, more, err = w.s.News(ctx, p, q)
		w.must(err)
		if len(events) > q.Limit {
			w.t.Fatalf("%d events of at most %d", len(events), q.Limit)
		}
		text, err := w.s.SignPlaces(ctx, p, q.From)
		w.must(err)
		q.From, err = w.s.OpenPlaces(ctx, p, text)
		w.must(err)
		got = append(got, events...)
	}
	w.compareNews(p, q.Types, got)
}

func (w *leakWorld) compareNews(p Principal, types []string, got []Event) {
	w.t.Helper()
	want := w.expected(p.Caller, store.Query{Versions: store.Versions{All: true}, Specs: []string{"2.0", "2.1"}, Types: types})
	slices.SortStableFunc(want, func(a, b *refItem) int {
		return strings.Compare(w.collections[a.collection].UID, w.collections[b.collection].UID)
	})
	var have, need []string
	for _, e := range got {
		have = append(have, e.Collection+" "+e.ID+" "+e.Type)
	}
	for _, it := range want {
		need = append(need, w.collections[it.collection].UID+" "+it.id+" "+it.kind)
	}
	if !slices.Equal(have, need) {
		w.t.Fatalf("caller %+v is told\n     %q\nnot %q", p.Caller, have, need)
	}
	w.cases += len(w.items)
}

// change withdraws and grants: what was decided before must not count any more.
func (w *leakWorld) change() {
	ctx := w.t.Context()
	for _, id := range w.collectionIDs() {
		c := w.collections[id]
		for _, org := range sorted(c.rights) {
			r := c.rights[org]
			if w.rng.IntN(6) == 0 {
				r.Read = !r.Read
				w.must(w.st.SetRights(ctx, r))
				c.rights[org] = r
			}
		}
		for _, user := range sorted(w.users) {
			if w.rng.IntN(8) == 0 {
				c.named[user] = !c.named[user]
				w.must(w.st.SetNamed(ctx, id, user, c.named[user]))
			}
		}
	}
	for _, g := range sorted(w.members) {
		members := w.members[g]
		for _, org := range sorted(w.orgs) {
			if w.rng.IntN(6) != 0 {
				continue
			}
			if members[org] {
				w.must(w.st.RemoveMember(ctx, g, org))
			} else {
				w.must(w.st.AddMember(ctx, g, org))
			}
			members[org] = !members[org]
		}
	}
	for _, id := range sorted(w.orgs) {
		o := w.orgs[id]
		if w.rng.IntN(4) == 0 {
			o.Clearance = store.Label(w.rng.IntN(4))
			w.must(w.st.UpdateOrg(ctx, *o))
		}
	}
	// One user, one organisation that has users, and one that has clients are no more.
	u := w.users[pick(w.rng, w.submitters).User]
	u.Disabled = true
	w.must(w.st.UpdateUser(ctx, *u))
	o := w.orgs[pick(w.rng, w.submitters).Org]
	for _, id := range sorted(w.orgs) {
		if patron := w.orgs[w.orgs[id].ClientOf]; patron != nil && w.rng.IntN(2) == 0 {
			patron.Disabled = true
			w.must(w.st.UpdateOrg(ctx, *patron))
			break
		}
	}
	o.Disabled = true
	w.must(w.st.UpdateOrg(ctx, *o))
}

// removals are the sorts of deletions by what the caller may delete of what it sees.
var removals = []string{"unseen", "of others", "of others, too", "in its own collection", "its own"}

// remove has every caller delete an object of each sort.
func (w *leakWorld) remove() {
	for _, p := range w.callers {
		for _, sort := range removals {
			type target struct {
				id         string
				c          *refCollection
				seen, mine []*refItem
			}
			var those []target
			for _, col := range w.collectionIDs() {
				for _, id := range w.ids {
					c := w.collections[col]
					if seen, mine := w.deletable(p, c, id); removal(p, c, seen, mine) == sort {
						those = append(those, target{id, c, seen, mine})
					}
				}
			}
			if len(those) == 0 {
				continue
			}
			w.removed[sort]++
			x := pick(w.rng, those)
			err := w.s.Delete(w.t.Context(), p, CollectionView{Collection: x.c.Collection, CanRead: true, CanWrite: true}, x.id, store.Query{})
			switch {
			case len(x.seen) == 0 && !errors.Is(err, ErrNotFound), len(x.seen) > 0 && len(x.mine) == 0 && !errors.Is(err, ErrForbidden), len(x.mine) > 0 && err != nil:
				w.t.Fatalf("deleting %s, which is %s: %v, sees %d, may delete %d", x.id, sort, err, len(x.seen), len(x.mine))
			}
			w.items = slices.DeleteFunc(w.items, func(it *refItem) bool {
				return slices.Contains(x.mine, it) || it.conflict && slices.Contains(x.mine, it.with)
			})
			w.cases += len(w.items)
		}
	}
}

// deletable are the items of an object in a collection that a caller sees, and those of them that it may delete.
func (w *leakWorld) deletable(p Principal, c *refCollection, id string) (seen, mine []*refItem) {
	latest := ""
	for _, it := range w.items {
		if it.conflict || it.collection != c.ID || it.id != id || !w.visible(p.Caller, it) {
			continue
		}
		seen = append(seen, it)
		latest = max(latest, it.spec)
		if c.Owner == p.Org || it.class.Owner == p.Org {
			mine = append(mine, it)
		}
	}
	// Without a version of STIX the query is about the latest one of each object that the caller sees.
	return seen, slices.DeleteFunc(mine, func(it *refItem) bool { return it.spec != latest })
}

// removal is the sort of a deletion.
func removal(p Principal, c *refCollection, seen, mine []*refItem) string {
	foreign := func(it *refItem) bool { return it.class.Owner != p.Org }
	switch {
	case len(seen) == 0:
		return "unseen"
	case len(mine) == 0:
		return "of others"
	case !slices.ContainsFunc(seen, foreign):
		return "its own"
	case c.Owner == p.Org:
		return "in its own collection"
	}
	return "of others, too"
}

func TestLeaks(t *testing.T) {
	worlds := 3
	if testing.Short() {
		worlds = 1
	}
	leaks(t, worlds, func(tb testing.TB) store.Config { tb.Helper(); return store.Config{Dir: tb.TempDir()} })
}

// leaks looks at as many worlds, each in an empty store.
func leaks(t *testing.T, worlds int, place func(tb testing.TB) store.Config) {
	t.Helper()
	const items = 60
	cases, withheld, shown, hidden, guesses, first := 0, 0, 0, 0, 0, 0
	removed := map[string]int{}
	for seed := range worlds {
		w := newLeakWorld(t, uint64(seed), place(t))
		for range items {
			w.submit()
		}
		w.usurp()
		w.guess()
		guesses += w.guesses
		w.layer()
		w.forestall()
		w.learnDates()
		for range 2 { // before and after rights have changed
			for _, p := range w.callers {
				w.look(p)
			}
			w.change()
			w.learnDates()
		}
		if problems, err := w.st.Compare(t.Context(), Derive); err != nil || len(problems) > 0 {
			t.Errorf("what is stored follows from bytes: %v, %v", problems, err)
		}
		w.remove()
		w.learnDates() // of those that stood behind one that is gone
		for _, p := range w.callers {
			w.walk(p)
			w.conflicts(p)
		}
		w.auditIsQuiet()
		if w.audited == 0 || w.altered == 0 || w.foreign == 0 {
			t.Errorf("%d entries of auditors, %d objects with another maker, %d versions by who did not make them", w.audited, w.altered, w.foreign)
		}
		for sort, n := range w.removed {
			removed[sort] += n
		}
		first += w.first
		cases, withheld, shown, hidden = cases+w.cases, withheld+w.withheld, shown+w.shown, hidden+w.hidden
	}
	t.Logf("%d cases, %d items shown, %d hidden, %d shown in part, %d guesses, %d makers after others, deletions %v", cases, shown, hidden, withheld, guesses, first, removed)
	for _, sort := range removals {
		if removed[sort] == 0 {
			t.Errorf("nobody deletes what is %s: %v", sort, removed)
		}
	}
	if worlds > 2 && first < 5 {
		t.Errorf("only %d makers have come after who took their name", first)
	}
	if worlds > 2 && (cases < 100_000 || withheld < 1000 || shown < 8000 || guesses < 10) {
		t.Errorf("the worlds are too small to tell: %d cases, %d shown, %d in part, %d guesses", cases, shown, withheld, guesses)
	}
}

// auditIsQuiet checks that the audit log tells nothing of what objects say.
func (w *leakWorld) auditIsQuiet() {
	auditor := Principal{Caller: store.Caller{Org: sorted(w.orgs)[0]}, Roles: store.Auditor, Scopes: AllScopes}
	n, _, err := w.s.VerifyAudit(w.t.Context(), auditor)
	w.must(err)
	entries, err := w.s.AuditPage(w.t.Context(), auditor, store.AuditQuery{Limit: 100_000})
	w.must(err)
	if int64(len(entries)) != n || n == 0 {
		w.t.Fatalf("%d entries, %d verified", len(entries), n)
	}
	for _, e := range entries {
		if tokenPattern.MatchString(e.Object + e.Detail) {
			w.t.Fatalf("an entry of the audit log tells: %+v", e)
		}
	}
	// Auditors of other organisations see what their own did and nothing by which to count the rest.
	for _, org := range append(sorted(w.orgs)[1:], 0) {
		p := Principal{Caller: store.Caller{Org: org}, Roles: store.Auditor, Scopes: AllScopes}
		var want, got []store.Entry
		for _, e := range entries {
			if e.Org == org && org != 0 {
				e.Seq, e.Hash = int64(len(want)+1), [32]byte{}
				want = append(want, e)
			}
		}
		for {
			q := store.AuditQuery{Limit: 7, After: int64(len(got))}
			page, err := w.s.AuditPage(w.t.Context(), p, q)
			w.must(err)
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
		}
		if !slices.Equal(got, want) {
			w.t.Fatalf("auditors of %d see %d entries, not %d: %+v", org, len(got), len(want), got)
		}
		if list, err := w.s.AuditPage(w.t.Context(), p, store.AuditQuery{Org: sorted(w.orgs)[0]}); err != nil || len(list) > 0 {
			w.t.Fatalf("auditors of %d see entries of others: %v %+v", org, err, list)
		}
		if _, _, err := w.s.VerifyAudit(w.t.Context(), p); !errors.Is(err, ErrForbidden) {
			w.t.Fatalf("auditors of %d hear how many entries there are: %v", org, err)
		}
		w.audited += len(want)
	}
	if _, err := w.s.AuditPage(w.t.Context(), w.callers[0], store.AuditQuery{}); !errors.Is(err, ErrForbidden) {
		w.t.Fatalf("the audit log for who is no auditor: %v", err)
	}
}
