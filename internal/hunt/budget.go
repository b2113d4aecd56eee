package hunt

import (
	"cmp"
	"container/heap"
)

// budget bounds what the windows of all correlations hold together, whether in few groups or in many. Where there is
// too much, the oldest goes first, whatever it belongs to: a sliding window loses its oldest match, and one that has to
// end is judged by what it still has when it is down to the last.
type budget struct {
	limit int
	used  int
	order groupOrder
}

// weight is what a match takes of a budget: one, and more if its texts are long.
func (h *hit) weight() int {
	n := len(h.host) + len(h.user)
	for _, s := range h.group {
		n += len(s)
	}
	for _, s := range h.values {
		n += len(s)
	}
	return 1 + n/weightBytes
}

// weightBytes is how much text a match has for nothing.
const weightBytes = 256

// add takes account of a match that is the last of its window now.
func (b *budget) add(g *groupState, h *hit) {
	b.used += h.weight()
	if g.place < 0 {
		heap.Push(&b.order, g)
	}
}

// remove takes account of a match that was the first of its window.
func (b *budget) remove(g *groupState, h *hit) {
	b.used -= h.weight()
	if len(g.window) == 0 {
		heap.Remove(&b.order, g.place)
	} else {
		heap.Fix(&b.order, g.place)
	}
}

func (b *budget) removeAll(g *groupState) {
	for _, h := range g.window {
		b.used -= h.weight()
	}
	if g.place >= 0 {
		heap.Remove(&b.order, g.place)
	}
}

// charge counts a match that a firing holds on to after it has left its window.
func (b *budget) charge(ep *episode, h *hit) {
	w := h.weight()
	ep.charge += w
	b.used += w
}

func (b *budget) release(ep *episode) {
	b.used -= ep.charge
	ep.charge = 0
}

// trim forgets the oldest matches until the rest is within the budget.
func (b *budget) trim() {
	for b.used > b.limit && len(b.order) > 0 {
		g := b.order[0]
		e := g.of
		e.capped = true
		if len(g.window) == 1 {
			e.finish(g)
			continue
		}
		e.pop(g)
		if !e.sliding {
			g.lost++
		}
	}
}

// groupOrder is a heap of the groups whose windows are not empty, by their first matches.
type groupOrder []*groupState

func (o groupOrder) Len() int { return len(o) }
func (o groupOrder) Less(i, j int) bool {
	a, b := o[i], o[j]
	return cmp.Or(compareHits(a.window[0], b.window[0]), cmp.Compare(a.key, b.key)) < 0
}

func (o groupOrder) Swap(i, j int) {
	o[i], o[j] = o[j], o[i]
	o[i].place, o[j].place = i, j
}

// Push is for package heap.
func (o *groupOrder) Push(x any) {
	g := x.(*groupState) //nolint:forcetypeassert // heap's contract
	g.place = len(*o)
	*o = append(*o, g)
}

// Pop is for package heap.
func (o *groupOrder) Pop() any {
	old := *o
	g := old[len(old)-1]
	old[len(old)-1] = nil
	*o = old[:len(old)-1]
	g.place = -1
	return g
}
