package peer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"entente/internal/exchange"
	"entente/internal/store"
	"entente/internal/taxiiclient"
)

// link is a rule that is being followed, in one round.
type link struct {
	r         *Runner
	w         *worker
	rule      *Rule
	direction string
	name      string // of its place
	p         exchange.Principal
	c         *taxiiclient.Client

	here   exchange.CollectionView
	root   taxiiclient.Root
	there  taxiiclient.Collection
	at     place
	known  bool // there was a place before
	report Report
}

// bothSpecs are the versions of STIX that cross.
var bothSpecs = []string{"2.0", "2.1"}

// together is how many objects are compared at a time: their identifiers go into an address.
const together = 50

// find finds the two collections, and says why nothing can cross between them.
func (l *link) find(ctx context.Context) error {
	path, name, _ := l.rule.local()
	root, err := l.r.ex.Root(ctx, l.p, path)
	if err != nil {
		return fmt.Errorf("our API root %s: %w", path, err)
	}
	if l.here, err = l.r.ex.Collection(ctx, l.p, root, name); err != nil {
		return fmt.Errorf("our collection %s, as %s: %w", l.rule.Local, l.p.UserName, err)
	}
	push := l.direction == "push"
	if push && !l.here.CanRead {
		return fmt.Errorf("our collection %s: %s may not read it: %w", l.rule.Local, l.p.UserName, exchange.ErrForbidden)
	}
	if !push && !l.here.CanWrite {
		return fmt.Errorf("our collection %s: %s may not write to it: %w", l.rule.Local, l.p.UserName, exchange.ErrForbidden)
	}
	l.root, l.there, err = l.c.Find(ctx, l.rule.Remote, push)
	return err
}

// check says whether objects could cross.
func (l *link) check(ctx context.Context) error {
	if err := l.find(ctx); err != nil {
		return err
	}
	switch {
	case l.direction == "push" && !l.there.CanWrite:
		return errors.New("the server does not let us write to its collection")
	case l.direction == "pull" && !l.there.CanRead:
		return errors.New("the server does not let us read its collection")
	case l.direction == "push" && !l.there.CanRead:
		l.report.note("the server does not let us read its collection: that it was restored from a backup cannot be recognised, and everything is sent again every %s", l.w.Compare)
	}
	return nil
}

// follow does what there is to do.
func (l *link) follow(ctx context.Context) error {
	if err := l.find(ctx); err != nil {
		return err
	}
	push := l.direction == "push"
	if err := l.load(ctx); err != nil {
		return err
	}
	if l.at.Remote != l.there.URL {
		l.at = place{Remote: l.there.URL}
	}
	basis, err := l.basis(ctx)
	if err != nil {
		return err
	}
	l.known = l.at.Basis != ""
	if !l.known {
		l.at.Basis, l.at.Compared = basis, l.r.opt.Now()
	}
	if _, err := l.rewind(ctx); err != nil {
		return err
	}
	why := ""
	switch now := l.r.opt.Now(); {
	case !l.known:
	case l.at.Basis != basis:
		why = "the rule or the rights have changed"
	case l.w.Compare > 0 && now.Sub(l.at.Compared) >= l.w.Compare && (!push || !l.there.CanRead):
		why = "it is time"
	}
	if push {
		err = l.push(ctx, why)
	} else {
		err = l.pull(ctx, why)
	}
	if err != nil {
		return err
	}
	l.at.Basis = basis
	if !l.report.Rewound {
		l.at.Rewinds = 0
	}
	return l.save(ctx)
}

// A manifest that says in several rounds that the newest object is gone, which has come or gone there since, is not believed
// for a while.
const (
	mostRewinds = 3
	blindFor    = 7 * 24 * time.Hour
)

// maxAnswer is how many entries of a manifest are read when a few are asked for: a server that gives all of them all the same
// would give them in each round.
const maxAnswer = 10_000

var errAll = errors.New("the server does not select from its manifest")

// basis stands for what decides what crosses, on our side.
func (l *link) basis(ctx context.Context) (string, error) {
	by := struct {
		TLP, Label string
		Types      []string
		Push       *rights `json:",omitempty"`
	}{l.rule.TLP, l.rule.Label, l.rule.Types, nil}
	if l.direction == "push" {
		r, err := l.rights(ctx)
		if err != nil {
			return "", err
		}
		by.Push = r
	}
	return digest(by)
}

// rights are what the store lets the peer's account see by.
type rights struct {
	Clearance, Inherited store.Label
	Groups               []int64
	Named                bool
}

func (l *link) rights(ctx context.Context) (*rights, error) {
	org, err := l.r.st.Org(ctx, l.p.Org)
	if err != nil {
		return nil, err
	}
	out := &rights{Clearance: org.Clearance}
	if org.ClientOf != 0 {
		of, err := l.r.st.Org(ctx, org.ClientOf)
		if err != nil {
			return nil, err
		}
		if !of.Disabled {
			out.Inherited = of.Clearance
		}
	}
	groups, err := l.r.st.Groups(ctx, l.p.Org)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		members, err := l.r.st.Members(ctx, g.ID)
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			if m == l.p.Org {
				out.Groups = append(out.Groups, g.ID)
			}
		}
	}
	named, err := l.r.st.Named(ctx, l.here.ID)
	if err != nil {
		return nil, err
	}
	for _, u := range named {
		out.Named = out.Named || u == l.p.User
	}
	return out, nil
}

// rewind goes back to the newest mark that the server still has, where it has lost the newest of all: it was restored from
// a backup, or the object was deleted there.
func (l *link) rewind(ctx context.Context) (bool, error) {
	n := len(l.at.Marks)
	if n == 0 || !l.there.CanRead || l.r.opt.Now().Before(l.at.Blind) {
		return false, nil
	}
	has, err := l.has(ctx, l.at.Marks[n-1:])
	if err != nil || has == 0 { // the newest is there
		return false, err
	}
	if !l.report.Rewound && l.at.Rewinds >= mostRewinds {
		l.doubtManifest()
		return false, l.save(ctx)
	}
	newest := l.at.Marks[n-1]
	kept, err := l.has(ctx, l.at.Marks)
	if err != nil {
		return false, err
	}
	alone := kept == n-2
	l.at.Marks = l.at.Marks[:kept+1]
	if l.direction == "push" {
		l.at.forget(newest)
		if alone && newest.Theirs {
			l.report.note("the peer has deleted %s", newest.ID)
			return false, nil
		}
	}
	var back mark
	if kept >= 0 {
		back = l.at.Marks[kept]
	}
	if l.direction == "push" {
		// One object may have been deleted; where more are gone, what the peer has lost of its own goes back to it, too.
		if now := l.r.opt.Now(); !alone {
			l.at.Returns = now
			if l.at.Cursor.Added.After(now) {
				l.at.Returns = l.at.Cursor.Added
			}
		}
		l.at.Cursor = back.Cursor
	} else {
		l.at.AddedAfter = back.Added
	}
	l.report.note("the peer no longer has %s: it was restored from a backup, or the object was deleted; what came after %s crosses again", newest.ID, orBeginning(back.ID))
	if !l.report.Rewound {
		l.at.Rewinds++
	}
	l.report.Rewound = true
	return true, l.save(ctx)
}

// doubtManifest stops looking for what the peer has lost, for a while.
func (l *link) doubtManifest() {
	l.at.Blind, l.at.Rewinds = l.r.opt.Now().Add(blindFor), 0
	l.report.note("the manifest of the server does not go with its objects: that it was restored from a backup cannot be recognised")
}

func orBeginning(id string) string {
	if id == "" {
		return "the beginning"
	}
	return id
}

// has gives the index of the newest of some marks that the server has, -1 where it has none. What it does not tell, it has.
func (l *link) has(ctx context.Context, marks []mark) (int, error) {
	var ids []string
	for _, m := range marks {
		if !slices.Contains(ids, m.ID) {
			ids = append(ids, m.ID)
		}
	}
	newest, n := -1, 0
	err := l.manifest(ctx, taxiiclient.Query{IDs: ids}, func(r taxiiclient.Record) error {
		if n++; n > maxAnswer {
			return errAll
		}
		for i, m := range marks {
			if m.ID == r.ID && sameVersion(m.Version, r.Version) && (m.Added.IsZero() || m.Added.Equal(r.DateAdded)) {
				newest = max(newest, i)
			}
		}
		return nil
	})
	if noManifest(err) || errors.Is(err, errAll) {
		l.report.note("the server gives no manifest: that it was restored from a backup cannot be recognised")
		return len(marks) - 1, nil
	}
	return newest, err
}

// noManifest says whether a server has no manifests, or not as they are needed.
func noManifest(err error) bool {
	e, ok := errors.AsType[*taxiiclient.Error](err)
	if !ok {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	}
	return false
}

// manifest reads what the server has, in all versions, as far as it gives them.
func (l *link) manifest(ctx context.Context, q taxiiclient.Query, each func(taxiiclient.Record) error) error {
	_, err := l.manifestAt(ctx, q, each)
	return err
}

func (l *link) manifestAt(ctx context.Context, q taxiiclient.Query, each func(taxiiclient.Record) error) (taxiiclient.Position, error) {
	n := 0
	pos, err := l.c.Manifest(ctx, l.there, l.versions(q), func(r taxiiclient.Record) error {
		n++
		return each(r)
	})
	if n == 0 && l.refusesVersions(err) {
		return l.c.Manifest(ctx, l.there, l.versions(q), each)
	}
	return pos, err
}

// objects reads what the server has, in all versions, as far as it gives them.
func (l *link) objects(ctx context.Context, q taxiiclient.Query, visit taxiiclient.Visitor) (taxiiclient.Position, error) {
	pos, err := l.c.Objects(ctx, l.there, l.versions(q), visit)
	if pos.Pages == 0 && l.refusesVersions(err) {
		return l.c.Objects(ctx, l.there, l.versions(q), visit)
	}
	return pos, err
}

// versions asks for all versions, where the server gives them.
func (l *link) versions(q taxiiclient.Query) taxiiclient.Query {
	q.PageSize = l.rule.PageSize
	if !l.at.LatestOnly {
		q.Specs, q.Versions = bothSpecs, []string{"all"}
	}
	return q
}

// refusesVersions says whether it is worth to ask again, without versions.
func (l *link) refusesVersions(err error) bool {
	e, ok := errors.AsType[*taxiiclient.Error](err)
	if !ok || e.Status != http.StatusBadRequest || l.at.LatestOnly {
		return false
	}
	l.at.LatestOnly = true
	l.report.note("the server gives the latest versions of objects alone")
	return true
}

// sameVersion says whether a version of ours is one that the server writes. Objects without versions get one from each
// server, which says nothing.
func sameVersion(ours time.Time, theirs string) bool {
	if ours.IsZero() {
		return true
	}
	t, err := time.Parse(time.RFC3339Nano, theirs)
	return err == nil && t.Truncate(time.Microsecond).Equal(ours.Truncate(time.Microsecond))
}
