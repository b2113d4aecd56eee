package hunt

import "slices"

// chains are the beginnings of temporal_ordered in one window: those that end in a match of each of its rules, the one
// that began last first. A record is in a chain once, even if several of the rules match it.
type chains [][]*link

// link is the end of a chain.
type link struct {
	hit   *hit
	prev  *link // nil where the chain begins
	first *hit
}

// maxChains bounds the chains kept for each rule. The one that began last would do, were it not for records that several
// of the rules match.
const maxChains = 4

// extend notes the chain that ends in h.
func (c chains) extend(h *hit, span int64) {
	l := &link{hit: h, first: h}
	if h.ref > 0 {
		i := slices.IndexFunc(c[h.ref-1], func(p *link) bool { return h.time-p.first.time <= span && !p.holds(h) })
		if i < 0 {
			return
		}
		l.prev, l.first = c[h.ref-1][i], c[h.ref-1][i].first
	}
	list := c[h.ref]
	at := slices.IndexFunc(list, func(o *link) bool { return o.first.time <= l.first.time })
	if at < 0 {
		at = len(list)
	}
	if at < maxChains {
		list = slices.Insert(list, at, l)
		c[h.ref] = list[:min(len(list), maxChains)]
	}
}

// holds says that the record of h is in the chain. Only those of the same time can be.
func (l *link) holds(h *hit) bool {
	for ; l != nil && l.hit.time == h.time; l = l.prev {
		if l.hit.seq == h.seq {
			return true
		}
	}
	return false
}

// hits are the matches of a chain, in order.
func (l *link) hits() []*hit {
	var out []*hit
	for ; l != nil; l = l.prev {
		out = append(out, l.hit)
	}
	slices.Reverse(out)
	return out
}

// forget removes the chains that begin with a match.
func (c chains) forget(h *hit) {
	if h.ref != 0 {
		return
	}
	for i := range c {
		c[i] = slices.DeleteFunc(c[i], func(l *link) bool { return l.first == h })
	}
}

// done is the number of rules, from the first, that have matched in order.
func (c chains) done() int {
	n := 0
	for n < len(c) && len(c[n]) > 0 {
		n++
	}
	return n
}
