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
	// refused are those that it has not taken: some servers refuse what they have.
	refused []refusal
	moved   int64
	// sent are the objects of the page at hand, by identifier and version.
	sent map[string]sentObject
}

// sentObject is an object on its way.
type sentObject struct {
	at  spot
	raw []byte
}

// refusal is an object that the server has not taken.
type refusal struct {
	mark
	message string
	raw     []byte
}

// marksPerPage is how many of the objects of a page become marks: one that is gone may be deleted, more are lost.
const marksPerPage = 3

func spotOf(it *store.Item) spot {
	return spot{Added: it.Added, Collection: it.Collection, Seq: it.Seq}
}

// push sends what is new here; with why, what the peer lacks of all that it may have.
func (l *link) push(ctx context.Context, why string) error {
	p := &pusher{link: l, sent: map[string]sentObject{}}
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
			if rewound++; rewound >= mostRewinds {
				l.doubtManifest()
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
	clear(p.sent)
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
	if label := o.TLP(); !p.rule.passes(it.Type) || p.rule.tooStrict(label) || p.rule.tooStrict(exchange.LabelName(it.Class.Label)) {
		p.report.Kept++
		return nil
	}
	p.report.Sent++
	p.sent[o.ID+" "+o.Version().Text] = sentObject{spotOf(it), o.Raw}
	return p.to.Add(ctx, o)
}

// result is told what became of an object.
func (p *pusher) result(r taxiiclient.PushResult) error {
	was := p.sent[r.ID+" "+r.Version]
	m := mark{ID: r.ID, Cursor: was.at}
	if t, err := time.Parse(time.RFC3339Nano, r.Version); err == nil {
		m.Version = t.UTC()
	}
	switch r.Outcome {
	case taxiiclient.Accepted:
		p.report.Taken++
		p.taken = append(p.taken, m)
	case taxiiclient.Refused:
		p.refused = append(p.refused, refusal{m, r.Message, was.raw})
	case taxiiclient.Unknown:
		p.open = append(p.open, m)
	}
	return nil
}

// decide looks up what became of the objects that the server has refused or not spoken about. What it has refused although it
// has it is known to it; what it has not spoken about and does not have is sent again in the next rounds, and is given up
// after some.
func (p *pusher) decide(ctx context.Context) error {
	known, err := p.known(ctx)
	if err != nil {
		return err
	}
	for _, r := range p.refused {
		if known[r.ID] {
			p.report.Known++
			p.taken = append(p.taken, r.mark)
			continue
		}
		p.report.Refused++
		p.report.note("%s was refused: %s", r.ID, r.message)
	}
	arrived, err := p.arrived(ctx, p.open)
	if err != nil {
		return err
	}
	var open []mark
	for i, m := range p.open {
		if arrived[i] {
			p.report.Taken++
			p.taken = append(p.taken, m)
		} else {
			open = append(open, m)
		}
	}
	p.open, p.refused = nil, nil
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

// known are the refused objects that the server has and that say the same there, by identifier.
func (p *pusher) known(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{}
	if !p.there.CanRead {
		return out, nil
	}
	for chunk := range slices.Chunk(p.refused, together) {
		var q taxiiclient.Query
		for _, r := range chunk {
			q.IDs = append(q.IDs, r.ID)
		}
		_, err := p.objects(ctx, q, taxiiclient.Visitor{Object: func(e stix.Entry) error {
			for _, r := range chunk {
				if e.Object != nil && e.Object.ID == r.ID && saysTheSame(e.Object.Raw, r.raw) {
					out[r.ID] = true
				}
			}
			return nil
		}})
		if _, answered := errors.AsType[*taxiiclient.Error](err); err != nil && !answered {
			return nil, err
		}
	}
	return out, nil
}

// arrived says which objects the server has, as far as it can be asked.
func (p *pusher) arrived(ctx context.Context, list []mark) ([]bool, error) {
	out := make([]bool, len(list))
	if !p.there.CanRead {
		return out, nil
	}
	for from := 0; from < len(list); from += together {
		to := min(from+together, len(list))
		var ids []string
		for _, m := range list[from:to] {
			if !slices.Contains(ids, m.ID) {
				ids = append(ids, m.ID)
			}
		}
		err := p.manifest(ctx, taxiiclient.Query{IDs: ids}, func(r taxiiclient.Record) error {
			for i := from; i < to; i++ {
				out[i] = out[i] || list[i].ID == r.ID && sameVersion(list[i].Version, r.Version)
			}
			return nil
		})
		if noManifest(err) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
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
