package hunt

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"entente/internal/sigma"
)

// liveState is the form of a [Live.Snapshot]: everything that correlations remember of records that have been read.
type liveState struct {
	Version      int               `json:"version"`
	Seq          uint64            `json:"seq"`
	Correlations []correlationHeld `json:"correlations,omitempty"`
}

const liveStateVersion = 1

// correlationHeld is what one correlation holds.
type correlationHeld struct {
	// Key tells the correlation by all that its windows depend on, so that one which was changed begins anew.
	Key     string       `json:"key"`
	Waiting []waitingOne `json:"waiting,omitempty"`
	Groups  []groupHeld  `json:"groups,omitempty"`
}

type waitingOne struct {
	Arrived int64  `json:"arrived"`
	Hit     []byte `json:"hit"` // as hit.encode writes it
}

type groupHeld struct {
	Start   int64        `json:"start"`
	Last    int64        `json:"last"`
	Touched int64        `json:"touched"`
	Lost    int          `json:"lost,omitempty"` // of its matches, for want of room
	Window  [][]byte     `json:"window"`
	Open    *episodeHeld `json:"open,omitempty"` // a firing that has been told of
}

type episodeHeld struct {
	Fired   int64    `json:"fired"`
	First   int64    `json:"first"`
	Last    int64    `json:"last"`
	Value   float64  `json:"value"`
	Total   int      `json:"total"`
	Matches [][]byte `json:"matches"`
}

// correlationKey tells correlations apart by what they do.
func correlationKey(d *sigma.Correlation) string {
	h := sha256.New()
	expr := ""
	if d.Expr != nil {
		expr = sigma.Format(d.Expr)
	}
	aliases, err := json.Marshal(d.Aliases) // in order of name
	if err != nil {
		aliases = nil // it is made of texts
	}
	fmt.Fprintf(h, "%q %q %q %q %q %q %d %v %q %q %v %s", d.ID, d.Name, d.Title, d.Type, d.Rules, d.GroupBy, d.Timespan, d.Conditions, expr, d.ConditionField,
		d.Percentile, aliases)
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// Snapshot returns what the correlations hold, for [Live.Restore]; nil where they hold nothing.
func (l *Live) Snapshot() ([]byte, error) {
	out := liveState{Version: liveStateVersion, Seq: l.seq}
	held := false
	for i, co := range l.plan.correlations {
		c := correlationHeld{Key: correlationKey(co.doc)}
		for j := range l.pending[co.level] {
			w := &l.pending[co.level][j]
			if int(w.corr) == i {
				c.Waiting = append(c.Waiting, waitingOne{w.arrived, w.encode(nil)})
			}
		}
		e := l.evals[i]
		for _, key := range slices.Sorted(maps.Keys(e.groups)) {
			g := e.groups[key]
			one := groupHeld{Start: g.start, Last: g.lastAt, Touched: g.touched, Lost: g.lost, Window: encodeHits(g.window)}
			if ep := g.open; ep != nil {
				one.Open = &episodeHeld{ep.fired, ep.first, ep.last, ep.value, ep.total, encodeHits(ep.matches)}
			}
			c.Groups = append(c.Groups, one)
		}
		if len(c.Waiting)+len(c.Groups) > 0 {
			held = true
			out.Correlations = append(out.Correlations, c)
		}
	}
	if !held {
		return nil, nil
	}
	return json.Marshal(out)
}

func encodeHits(list []*hit) [][]byte {
	out := make([][]byte, len(list))
	for i, h := range list {
		out[i] = h.encode(nil)
	}
	return out
}

// Restore takes over what [Live.Snapshot] returned, before anything is hunted. dropped is how many correlations of the
// snapshot are no longer there, or have changed: what they held is forgotten.
func (l *Live) Restore(data []byte) (dropped int, err error) {
	if len(data) == 0 {
		return 0, nil
	}
	var in liveState
	if err := json.Unmarshal(data, &in); err != nil {
		return 0, fmt.Errorf("what the correlations held is not readable: %w", err)
	}
	if in.Version != liveStateVersion {
		return 0, fmt.Errorf("what the correlations held was written in form %d, this program reads form %d", in.Version, liveStateVersion)
	}
	byKey := map[string]int{}
	for i, co := range l.plan.correlations {
		byKey[correlationKey(co.doc)] = i
	}
	l.seq = in.Seq
	for i := range in.Correlations {
		c := &in.Correlations[i]
		at, ok := byKey[c.Key]
		if !ok {
			dropped++
			continue
		}
		if err := l.restore(at, c); err != nil {
			return dropped, fmt.Errorf("what the correlation %q held is damaged: %w", l.plan.correlations[at].doc.Title, err)
		}
	}
	return dropped, nil
}

func (l *Live) restore(at int, c *correlationHeld) error {
	co, e := l.plan.correlations[at], l.evals[at]
	in := &interner{}
	for _, w := range c.Waiting {
		h, err := decodeHit(w.Hit, co, in)
		if err != nil {
			return err
		}
		l.pending[co.level] = append(l.pending[co.level], waitingHit{*h, w.Arrived})
		l.waiting++
	}
	for _, one := range c.Groups {
		window, err := decodeHits(one.Window, co, in)
		if err != nil {
			return err
		}
		if len(window) == 0 || !slices.IsSortedFunc(window, func(a, b *hit) int { return cmp.Compare(a.time, b.time) }) {
			return errors.New("a window is empty or not in order")
		}
		key := groupKey(window[0].group)
		if e.groups[key] != nil {
			return errors.New("a group stands twice")
		}
		g := e.group(window[0])
		g.start, g.lastAt, g.touched, g.lost = one.Start, one.Last, one.Touched, max(one.Lost, 0)
		if one.Open != nil {
			matches, err := decodeHits(one.Open.Matches, co, in)
			if err != nil || len(matches) == 0 || len(matches) > MaxCorrelationMatches {
				return errors.Join(errors.New("a firing has no matches"), err)
			}
			o := one.Open
			g.open = &episode{group: g.group, fired: o.Fired, first: o.First, last: o.Last, value: o.Value, total: o.Total, matches: matches, told: true}
			for _, m := range matches {
				e.budget.charge(g.open, m)
			}
		}
		for _, h := range window {
			if groupKey(h.group) != key {
				return errors.New("a window holds matches of several groups")
			}
			if ep := g.open; ep != nil && slices.ContainsFunc(ep.matches, func(m *hit) bool { return compareHits(m, h) == 0 }) {
				h.in = ep
			}
			e.push(g, h)
		}
	}
	return nil
}

func decodeHits(list [][]byte, co *correlation, in *interner) ([]*hit, error) {
	out := make([]*hit, len(list))
	for i, b := range list {
		var err error
		if out[i], err = decodeHit(b, co, in); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// decodeHit reads what hit.encode wrote, from a file that anything may have happened to.
func decodeHit(b []byte, co *correlation, in *interner) (h *hit, err error) {
	defer func() {
		if recover() != nil { // decode trusts its input
			h, err = nil, errors.New("a match is not readable")
		}
	}()
	h = &hit{}
	h.decode(b, in)
	h.corr = int32(co.index)
	if h.ref < 0 || int(h.ref) >= co.refs || len(h.group) != len(co.doc.GroupBy) || len(h.values)%max(len(co.doc.ConditionField), 1) != 0 {
		return nil, errors.New("a match does not fit the correlation")
	}
	return h, nil
}
