package hunt

import (
	"math"
	"math/bits"

	"entente/internal/sigma"
)

// chances tells of most groups of a correlation that it cannot fire for them, whenever their matches were: there are too
// few of them in all of the input, or too few different values, or a rule is missing. Such groups need no window.
//
// It keeps to bounds. Where there is too much to keep, no group is without a chance.
type chances struct {
	needs  []need // by correlation
	groups map[uint64]tally
	values map[groupValueHash]struct{}
	full   bool
}

// tally is what was seen of a group, as far as it is needed.
type tally struct {
	n    uint32
	refs uint64
}

type groupValueHash [3]uint64

// need is what a correlation cannot fire without in a group.
type need struct {
	of needOf
	n  uint32
}

type needOf uint8

const (
	needNothing needOf = iota
	needMatches
	needValues
	needRules
)

const (
	maxChanceGroups = 1 << 17
	maxChanceValues = 1 << 17
)

// needOfDoc finds what a correlation needs: that its condition has a lower bound and is nothing but lower bounds.
func needOfDoc(d *sigma.Correlation, refs int) need {
	n := need{n: 1}
	for _, c := range d.Conditions {
		v := c.Value
		switch c.Compare {
		case sigma.GTE:
			v = math.Ceil(v)
		case sigma.GT:
			v = math.Floor(v) + 1
		default:
			return need{}
		}
		if math.IsNaN(v) || v > 1<<20 {
			return need{}
		}
		n.n = max(n.n, uint32(max(v, 0)))
	}
	if d.Expr != nil {
		return need{}
	}
	switch d.Type {
	case sigma.EventCount:
		n.of = needMatches
	case sigma.ValueCount:
		n.of = needValues
	case sigma.Temporal, sigma.TemporalOrdered:
		n.of = needRules
		if len(d.Conditions) == 0 {
			n.n = uint32(refs)
		}
		if refs > 64 {
			return need{}
		}
	default:
		return need{}
	}
	if n.n <= 1 {
		return need{}
	}
	return n
}

func newChances(list []*correlation) *chances {
	c := &chances{groups: map[uint64]tally{}, values: map[groupValueHash]struct{}{}}
	for _, co := range list {
		c.needs = append(c.needs, co.need)
	}
	return c
}

// note counts a match.
func (c *chances) note(e *hitEntry, values []valueHash) {
	n := c.needs[e.corr]
	if n.of == needNothing || c.full {
		return
	}
	t, ok := c.groups[e.group]
	if t.n >= n.n {
		return
	}
	if !ok && len(c.groups) >= maxChanceGroups {
		c.full = true
		return
	}
	switch n.of {
	case needMatches:
		t.n++
	case needValues:
		before := t.n
		for _, v := range values {
			k := groupValueHash{e.group, v[0], v[1]}
			if _, known := c.values[k]; known {
				continue
			}
			if len(c.values) >= maxChanceValues {
				c.full = true
				return
			}
			c.values[k] = struct{}{}
			t.n++
		}
		if ok && t.n == before {
			return
		}
	case needRules:
		refs := t.refs | 1<<uint(e.ref)
		if ok && refs == t.refs {
			return
		}
		t.refs, t.n = refs, uint32(bits.OnesCount64(refs))
	case needNothing:
	}
	c.groups[e.group] = t
}

// none says that the correlation cannot fire for the group of a match, now that all have been noted.
func (c *chances) none(e *hitEntry) bool {
	if c == nil || c.full {
		return false
	}
	n := c.needs[e.corr]
	return n.of != needNothing && c.groups[e.group].n < n.n
}
