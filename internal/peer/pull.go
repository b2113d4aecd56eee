package peer

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"entente/internal/exchange"
	"entente/internal/jcs"
	"entente/internal/stix"
	"entente/internal/store"
	"entente/internal/taxiiclient"
)

// maxBuffer is how many bytes of objects wait to be stored.
const maxBuffer = 4 << 20

// errEnough ends a round that has moved as many objects as it may.
var errEnough = errors.New("enough for this round")

// puller takes objects in.
type puller struct {
	*link
	batch  []*stix.Object
	size   int
	opt    exchange.SubmitOptions
	moved  int64
	newest *stix.Object // the last object of the page at hand
}

// pull brings what is new there; with why, what is missing of all that is there.
func (l *link) pull(ctx context.Context, why string) error {
	p := &puller{link: l}
	if l.rule.Label != "" {
		label, _ := exchange.LabelNamed(l.rule.Label)
		p.opt.Label = &label
	}
	if why != "" {
		l.report.Compared = why
		if err := p.compare(ctx); err != nil {
			return err
		}
	}
	now := l.r.opt.Now()
	if now.Before(l.at.Rest) {
		return nil
	}
	q := taxiiclient.Query{Types: l.rule.kinds()}
	if !l.at.AddedAfter.IsZero() {
		q.AddedAfter = l.at.AddedAfter.Add(-l.rule.Overlap)
	}
	pos, err := p.walk(ctx, q)
	if errors.Is(err, errEnough) {
		return nil
	}
	if err != nil {
		return err
	}
	if pos.AddedAfter.IsZero() && pos.Objects > 0 {
		l.at.Rest = now.Add(min(time.Hour, max(l.w.Compare, time.Minute)))
	} else {
		l.at.Rest = time.Time{}
	}
	for _, d := range pos.Doubts {
		l.report.note("%s", d)
	}
	return nil
}

// walk reads objects from a place on, and keeps the place after each page.
func (p *puller) walk(ctx context.Context, q taxiiclient.Query) (taxiiclient.Position, error) {
	visit := taxiiclient.Visitor{
		Object: func(e stix.Entry) error { return p.object(ctx, e) },
		Page: func(pos taxiiclient.Position) error {
			if err := p.flush(ctx); err != nil {
				return err
			}
			if pos.AddedAfter.After(p.at.AddedAfter) {
				p.at.AddedAfter = pos.AddedAfter
				if p.newest != nil {
					p.at.addMark(mark{ID: p.newest.ID, Version: p.newest.Version().Time, Added: pos.AddedAfter})
				}
			}
			p.newest = nil
			if err := p.save(ctx); err != nil {
				return err
			}
			if p.moved >= p.w.MaxObjects && !p.at.AddedAfter.IsZero() {
				return errEnough
			}
			return nil
		},
	}
	return p.objects(ctx, q, visit)
}

// object takes an object, if the rule lets it in.
func (p *puller) object(ctx context.Context, e stix.Entry) error {
	p.report.Read++
	p.moved++
	if e.Object == nil {
		p.report.Failed++
		p.report.note("an object cannot be read: %v", e.Err)
		return nil
	}
	p.newest = e.Object
	if label := e.Object.TLP(); !p.rule.passes(e.Object.Type) || p.rule.tooStrict(label) {
		p.report.Kept++
		return nil
	}
	p.batch = append(p.batch, e.Object)
	if p.size += len(e.Object.Raw); p.size > maxBuffer {
		return p.flush(ctx)
	}
	return nil
}

// flush stores what was taken.
func (p *puller) flush(ctx context.Context) error {
	batch := p.batch
	p.batch, p.size = nil, 0
	known, err := p.rewritten(ctx, batch)
	if err != nil {
		return err
	}
	p.report.Known += int64(len(known))
	var buf bytes.Buffer
	for _, o := range batch {
		if !known[o] {
			buf.Write(o.Raw)
			buf.WriteByte('\n')
		}
	}
	if buf.Len() == 0 {
		return nil
	}
	rep, err := p.r.ex.Import(ctx, p.p, p.here, bytes.NewReader(buf.Bytes()), p.opt, nil)
	p.report.Stored += rep.Stored + rep.Completed
	p.report.Known += rep.Duplicate
	p.report.Conflicts += rep.Conflict
	p.report.Failed += rep.Failed
	for _, f := range rep.Failures {
		p.report.note("%s was not stored: %s", f.ID, f.Reason)
	}
	return err
}

// rewritten are the objects that stand here with other bytes that say the same: many servers write objects anew. They are no
// conflicts.
func (p *puller) rewritten(ctx context.Context, batch []*stix.Object) (map[*stix.Object]bool, error) {
	known := map[*stix.Object]bool{}
	for chunk := range slices.Chunk(batch, 500) {
		byID := map[string][]*stix.Object{}
		q := store.Query{Collections: []int64{p.here.ID}, Versions: store.Versions{All: true}, Specs: bothSpecs, Limit: 10_000}
		for _, o := range chunk {
			if byID[o.ID] == nil {
				q.IDs = append(q.IDs, o.ID)
			}
			byID[o.ID] = append(byID[o.ID], o)
		}
		var here []string
		if err := p.items(ctx, q, true, func(it store.Item) error {
			for _, o := range byID[it.ID] {
				if it.Version.Equal(o.Version().Time.Truncate(time.Microsecond)) && !slices.Contains(here, it.ID) {
					here = append(here, it.ID)
				}
			}
			return nil
		}); err != nil {
			return nil, err
		}
		if q.IDs = here; len(here) == 0 {
			continue
		}
		if err := p.items(ctx, q, false, func(it store.Item) error {
			for _, o := range byID[it.ID] {
				if !it.Version.Equal(o.Version().Time.Truncate(time.Microsecond)) || bytes.Equal(it.Raw, o.Raw) {
					continue // the exchange knows those with the same bytes by itself
				}
				known[o] = known[o] || saysTheSame(it.Raw, o.Raw)
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	maps.DeleteFunc(known, func(_ *stix.Object, yes bool) bool { return !yes })
	return known, nil
}

// saysTheSame says whether two objects differ in nothing but how they are written.
func saysTheSame(a, b []byte) bool {
	ca, err := jcs.Canonical(a)
	if err != nil {
		return false
	}
	cb, err := jcs.Canonical(b)
	return err == nil && bytes.Equal(ca, cb)
}

// compare brings what the server has and we do not.
func (p *puller) compare(ctx context.Context) error {
	var batch, last []taxiiclient.Record
	settle := func() error {
		missing, err := p.missing(ctx, batch)
		batch = batch[:0]
		if err != nil || len(missing) == 0 {
			return err
		}
		_, err = p.objects(ctx, taxiiclient.Query{IDs: missing}, taxiiclient.Visitor{
			Object: func(e stix.Entry) error { return p.object(ctx, e) },
			Page:   func(taxiiclient.Position) error { return p.flush(ctx) },
		})
		return err
	}
	begun := p.r.opt.Now()
	pos, err := p.manifestAt(ctx, taxiiclient.Query{Types: p.rule.kinds()}, func(r taxiiclient.Record) error {
		if kind, _, err := stix.SplitID(r.ID); err == nil && !p.rule.passes(kind) {
			return nil
		}
		if last = append(last, r); len(last) > 4 {
			last = last[1:]
		}
		batch = append(batch, r)
		if len(batch) < together {
			return nil
		}
		return settle()
	})
	if err == nil {
		err = settle()
	}
	if noManifest(err) { // what is there cannot be looked through: it is read again
		p.at.AddedAfter, p.at.Marks, p.at.Compared = time.Time{}, nil, begun
		return p.save(ctx)
	}
	if err != nil {
		return err
	}
	for _, d := range pos.Doubts {
		p.report.note("%s", d)
	}
	// What is at a later place now was added while we looked: the walk that follows brings it. A server that was restored may
	// be behind the place where we were.
	p.at.AddedAfter, p.at.Marks, p.at.Compared = pos.AddedAfter, nil, begun
	for _, r := range last {
		m := mark{ID: r.ID, Added: r.DateAdded}
		if t, err := time.Parse(time.RFC3339Nano, r.Version); err == nil {
			m.Version = t.UTC()
		}
		p.at.addMark(m)
	}
	p.newest = nil
	return p.save(ctx)
}

// missing gives the identifiers of objects of which we lack a version.
func (p *puller) missing(ctx context.Context, batch []taxiiclient.Record) ([]string, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	var ids []string
	seen := map[string]bool{}
	for _, r := range batch {
		if !seen[r.ID] {
			seen[r.ID] = true
			ids = append(ids, r.ID)
		}
	}
	held := map[string][]time.Time{}
	q := store.Query{Collections: []int64{p.here.ID}, IDs: ids, Versions: store.Versions{All: true}, Specs: bothSpecs, Limit: 10_000}
	if err := p.items(ctx, q, true, func(it store.Item) error {
		held[it.ID] = append(held[it.ID], it.Version)
		return nil
	}); err != nil {
		return nil, err
	}
	var missing []string
	lacks := map[string]bool{}
	for _, r := range batch {
		has := false
		for _, v := range held[r.ID] {
			has = has || sameVersion(v, r.Version)
		}
		if !has && !lacks[r.ID] {
			lacks[r.ID] = true
			missing = append(missing, r.ID)
		}
	}
	return missing, nil
}

// items reads all of our items that the peer may see and a query asks for.
func (l *link) items(ctx context.Context, q store.Query, noBytes bool, each func(store.Item) error) error {
	for {
		read := l.r.ex.Objects
		if noBytes {
			read = l.r.ex.Manifest
		}
		page, err := read(ctx, l.p, q)
		if err != nil {
			return err
		}
		for _, it := range page.Items {
			if err := each(it); err != nil {
				return err
			}
		}
		if !page.More {
			return nil
		}
		q.Cursor = page.Next
	}
}
