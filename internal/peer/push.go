package peer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"entente/internal/exchange"
	"entente/internal/stix"
	"entente/internal/store"
	"entente/internal/taxiiclient"
)

// mostUndecided is how many rounds wait for a server to say what became of objects.
const mostUndecided = 3

// pusher sends objects.
type pusher struct {
	*link
	to    *taxiiclient.Pusher
	taken []mark // by the server, of the page at hand
	open  []mark // of which it has not said what became of them
	moved int64
	// places are those of the items of the page at hand, by identifier and version.
	places map[string]spot
}

// marksPerPage is how many of the objects of a page become marks: one that is gone may be deleted, more are lost.
const marksPerPage = 3

func spotOf(it *store.Item) spot {
	return spot{Added: it.Added, Collection: it.Collection, Seq: it.Seq}
}

// push sends what is new here; with why, what the peer lacks of all that it may have.
func (l *link) push(ctx context.Context, why string) error {
	p := &pusher{link: l, places: map[string]spot{}}
	p.to = l.c.NewPusher(l.root, l.there, taxiiclient.PushOptions{MaxObjects: l.rule.PageSize, Result: p.result})
	if why != "" {
		if err := p.compare(ctx, why); err != nil {
			return err
		}
	}
	for rewound := 0; ; {
		q := l.ours()
		q.Cursor = store.Cursor(l.at.Cursor)
		page, err := l.r.ex.Objects(ctx, l.p, q)
		if err != nil {
			return err
		}
		lost, err := p.page(ctx, page)
		if err != nil {
			return err
		}
		if lost {
			if rewound++; rewound > 3 {
				return errors.New("the peer loses again and again what is sent to it")
			}
			continue
		}
		if !page.More || p.moved >= l.w.MaxObjects {
			return nil
		}
	}
}

// ours selects all that we have for the peer.
func (l *link) ours() store.Query {
	q := store.Query{Collections: []int64{l.here.ID}, Versions: store.Versions{All: true}, Specs: bothSpecs, Limit: l.rule.PageSize}
	q.Types = l.rule.kinds()
	for label := store.Clear; label <= store.Red; label++ {
		if !l.rule.tooStrict(exchange.LabelName(label)) {
			q.Labels = append(q.Labels, label)
		}
	}
	return q
}

// page sends a page and keeps the place after it. lost says that the peer has lost what it had, and that the place is before
// that now.
func (p *pusher) page(ctx context.Context, page store.Page) (lost bool, err error) {
	if len(page.Items) == 0 {
		return false, nil
	}
	for i := range page.Items {
		if err := p.item(ctx, &page.Items[i]); err != nil {
			return false, err
		}
	}
	if err := p.to.Flush(ctx); err != nil {
		return false, err
	}
	if err := p.decide(ctx); err != nil {
		return false, err
	}
	// Had the peer been restored while we sent, the new mark would hide it: it is asked for the old one first.
	if len(p.taken) > 0 {
		if lost, err = p.rewind(ctx); err != nil || lost {
			p.taken = p.taken[:0]
			return lost, err
		}
	}
	p.reach(spotOf(&page.Items[len(page.Items)-1]))
	p.at.Undecided = 0
	return false, p.save(ctx)
}

// reach moves the place on, and marks it with the last objects that were taken.
func (p *pusher) reach(c spot) {
	p.at.Cursor = c
	for _, m := range p.taken[max(0, len(p.taken)-marksPerPage):] {
		p.at.addMark(m)
	}
	p.taken = p.taken[:0]
	clear(p.places)
}

// item sends an item, if the rule lets it out.
func (p *pusher) item(ctx context.Context, it *store.Item) error {
	p.moved++
	if it.Class.Owner == p.p.Org && it.Added.After(p.at.Returns) {
		p.report.Theirs++
		p.taken = append(p.taken, mark{ID: it.ID, Version: it.Version, Cursor: spotOf(it), Theirs: true})
		return nil
	}
	o, err := stix.Parse(it.Raw, stix.Limits{Size: 1 << 30, Depth: 128, Values: 1 << 30})
	if err != nil {
		p.report.Failed++
		p.report.note("%s cannot be read: %v", it.ID, err)
		return nil
	}
	// The label of the item says what it is here; what it or a part of it is marked with counts, too.
	if label := strictest(o); !p.rule.passes(it.Type) || p.rule.tooStrict(label) || p.rule.tooStrict(exchange.LabelName(it.Class.Label)) {
		p.report.Kept++
		return nil
	}
	p.report.Sent++
	p.places[o.ID+" "+o.Version().Text] = spotOf(it)
	return p.to.Add(ctx, o)
}

// result is told what became of an object.
func (p *pusher) result(r taxiiclient.PushResult) error {
	m := mark{ID: r.ID, Cursor: p.places[r.ID+" "+r.Version]}
	if t, err := time.Parse(time.RFC3339Nano, r.Version); err == nil {
		m.Version = t.UTC()
	}
	switch r.Outcome {
	case taxiiclient.Accepted:
		p.report.Taken++
		p.taken = append(p.taken, m)
	case taxiiclient.Refused:
		p.report.Refused++
		p.report.note("%s was refused: %s", r.ID, r.Message)
	case taxiiclient.Unknown:
		p.open = append(p.open, m)
	}
	return nil
}

// decide looks up what became of the objects that the server has not spoken about. Those that it does not have are sent again
// in the next rounds, and are given up after some.
func (p *pusher) decide(ctx context.Context) error {
	open := p.open
	p.open = nil
	if len(open) == 0 {
		return nil
	}
	if p.there.CanRead {
		arrived := map[int]bool{}
		for chunk := range slices.Chunk(indexes(len(open)), together) {
			var ids []string
			for _, i := range chunk {
				ids = append(ids, open[i].ID)
			}
			if err := p.manifest(ctx, taxiiclient.Query{IDs: ids}, func(r taxiiclient.Record) error {
				for _, i := range chunk {
					if open[i].ID == r.ID && sameVersion(open[i].Version, r.Version) {
						arrived[i] = true
					}
				}
				return nil
			}); err != nil {
				return err
			}
		}
		left := open[:0:0]
		for i, m := range open {
			if arrived[i] {
				p.report.Taken++
				p.taken = append(p.taken, m)
			} else {
				left = append(left, m)
			}
		}
		open = left
	}
	if len(open) == 0 {
		return nil
	}
	if p.at.Undecided++; p.at.Undecided >= mostUndecided {
		p.report.Open += int64(len(open))
		p.report.note("%s and %d others: the server never said what became of them", open[0].ID, len(open)-1)
		return nil
	}
	p.taken = p.taken[:0]
	return errors.Join(fmt.Errorf("the server has not said what became of %d objects, %s one of them: they are sent again", len(open), open[0].ID), p.save(ctx))
}

func indexes(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// compare sends what the peer may have and does not have.
func (p *pusher) compare(ctx context.Context, why string) error {
	p.report.Compared = why
	begun := p.r.opt.Now()
	if !p.there.CanRead { // what is there cannot be seen: it gets everything again
		p.at.Cursor, p.at.Compared = spot{}, begun
		return p.save(ctx)
	}
	var end spot
	var batch []store.Item
	settle := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := p.fill(ctx, batch)
		batch = batch[:0]
		return err
	}
	err := p.items(ctx, p.ours(), true, func(it store.Item) error {
		end = spotOf(&it)
		if it.Class.Owner == p.p.Org {
			return nil
		}
		batch = append(batch, it)
		if len(batch) < together {
			return nil
		}
		return settle()
	})
	if err == nil {
		err = settle()
	}
	if noManifest(err) {
		p.at.Cursor, p.at.Compared = spot{}, begun
		return p.save(ctx)
	}
	if err != nil {
		return err
	}
	p.at.Compared = begun
	p.taken = p.taken[:0]
	if end.Added.After(p.at.Cursor.Added) {
		p.reach(end)
	}
	return p.save(ctx)
}

// fill sends those of some items that the peer lacks.
func (p *pusher) fill(ctx context.Context, batch []store.Item) error {
	var ids []string
	for _, it := range batch {
		if !slices.Contains(ids, it.ID) {
			ids = append(ids, it.ID)
		}
	}
	has := make([]bool, len(batch))
	if err := p.manifest(ctx, taxiiclient.Query{IDs: ids}, func(r taxiiclient.Record) error {
		for i, it := range batch {
			has[i] = has[i] || it.ID == r.ID && sameVersion(it.Version, r.Version)
		}
		return nil
	}); err != nil {
		return err
	}
	lacks := map[string]map[int64]bool{}
	for i, it := range batch {
		if !has[i] {
			if lacks[it.ID] == nil {
				lacks[it.ID] = map[int64]bool{}
			}
			lacks[it.ID][it.Seq] = true
		}
	}
	if len(lacks) == 0 {
		return nil
	}
	q := p.ours()
	q.IDs = nil
	for id := range lacks {
		q.IDs = append(q.IDs, id)
	}
	slices.Sort(q.IDs)
	if err := p.items(ctx, q, false, func(it store.Item) error {
		if !lacks[it.ID][it.Seq] {
			return nil
		}
		return p.item(ctx, &it)
	}); err != nil {
		return err
	}
	if err := p.to.Flush(ctx); err != nil {
		return err
	}
	return p.decide(ctx)
}
