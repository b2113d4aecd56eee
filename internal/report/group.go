package report

import (
	"container/list"
	"crypto/sha256"
	"fmt"
	"hash"

	"entente/internal/coverage"
	"entente/internal/hunt"
)

// GroupOptions bound the memory of [Group].
type GroupOptions struct {
	Groups int   // held at a time; 0: 65,536
	Bytes  int64 // of the records held, about; 0: 256 MiB
}

// Group joins equal findings before they reach next: those of one rule on one host by one user in one channel with
// one event id and the same matched fields (of correlations: the same group). Records that name no host are of one host if
// they are in one file. What next gets is the first of them
// with Count and Last set. Findings come out at Close, in the order in which their groups began.
//
// When there are more groups than the options allow, the group that began first is handed on as it is; a later
// finding of its kind begins a new group. So the order stays, nothing is lost or counted twice, and no more than the
// stated memory is used; only the grouping gets coarser.
func Group(next Sink, o GroupOptions) Sink {
	if o.Groups <= 0 {
		o.Groups = 1 << 16
	}
	if o.Bytes <= 0 {
		o.Bytes = 256 << 20
	}
	return &group{next: next, o: o, byKey: map[groupKey]*list.Element{}, order: list.New()}
}

type group struct {
	next  Sink
	o     GroupOptions
	byKey map[groupKey]*list.Element
	order *list.List // of *held, the group that began first in front
	bytes int64
}

type groupKey [16]byte

type held struct {
	key  groupKey
	f    hunt.Finding
	size int64
}

func (g *group) Finding(f *hunt.Finding) error {
	key := keyOf(f)
	if el, ok := g.byKey[key]; ok {
		h := el.Value.(*held) //nolint:forcetypeassert // the list holds nothing else
		h.f.Count += int(weight(f))
		if l := lastTime(f); l.After(h.f.Last) {
			h.f.Last = l
		}
		return nil
	}
	h := &held{key: key, f: *f, size: size(f)}
	h.f.Count = int(weight(f))
	h.f.Last = lastTime(f)
	g.byKey[key] = g.order.PushBack(h)
	g.bytes += h.size
	for g.order.Len() > g.o.Groups || (g.bytes > g.o.Bytes && g.order.Len() > 1) {
		if err := g.release(); err != nil {
			return err
		}
	}
	return nil
}

// release hands the oldest group on.
func (g *group) release() error {
	h := g.order.Remove(g.order.Front()).(*held) //nolint:forcetypeassert // the list holds nothing else
	delete(g.byKey, h.key)
	g.bytes -= h.size
	return g.next.Finding(&h.f)
}

// Flush hands all groups on and flushes what follows.
func (g *group) Flush() error {
	for g.order.Len() > 0 {
		if err := g.release(); err != nil {
			return err
		}
	}
	if f, ok := g.next.(Flusher); ok {
		return f.Flush()
	}
	return nil
}

func (g *group) Close(s *hunt.Summary) error {
	var err error
	for g.order.Len() > 0 && err == nil {
		err = g.release()
	}
	if cerr := g.next.Close(s); err == nil {
		err = cerr
	}
	return err
}

// keyOf is what equal findings have in common, as a hash that log content cannot make collide.
func keyOf(f *hunt.Finding) groupKey {
	h := sha256.New()
	put(h, ruleKey(meta(f)), f.User, f.Channel)
	for _, p := range coverage.PlacesOf(f) {
		put(h, p.Name(), p.File())
	}
	fmt.Fprintf(h, "%d", f.EventID)
	for _, m := range f.Matched {
		put(h, m.Name, m.Value)
	}
	if c := f.Correlation; c != nil {
		put(h, string(c.Type))
		for _, m := range c.Group {
			put(h, m.Name, m.Value)
		}
	}
	return groupKey(h.Sum(nil)[:16])
}

func put(h hash.Hash, parts ...string) {
	for _, p := range parts {
		fmt.Fprintf(h, "%d:", len(p))
		h.Write([]byte(p))
	}
}

// size estimates the memory that a finding holds.
func size(f *hunt.Finding) int64 {
	n := 512 + len(f.Event) + len(f.Host) + len(f.User)
	for _, m := range f.Matched {
		n += 32 + len(m.Name) + len(m.Value)
	}
	if c := f.Correlation; c != nil {
		n += 128 * len(c.Matches)
	}
	return int64(n)
}
