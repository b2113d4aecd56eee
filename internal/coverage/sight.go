package coverage

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"entente/internal/advisory"
)

// Sight is how much of the packs the logs of a host could show. A TTP counts once for each pack that has it.
type Sight struct {
	// Of is how many TTPs some log of such a system can show, whether the host has it or not.
	Of int
	// Looked is how many of them one of their detections could look for, and Proof how many of these would show a compromise.
	Looked, Proof int
}

// enough says that silence of the rules means something: a compromise would have shown, and most of what logs of such a
// system can show could be looked for. docs/formats/coverage.md states it.
func (s Sight) enough() bool { return s.Proof > 0 && 2*s.Looked >= s.Of }

// PackSeen is what one pack says of a host.
type PackSeen struct {
	ID string
	Verdict
	Sight
	// Entrance is the log that shows that nobody came in, or who, with every rule that the pack asks of it able to look; ""
	// where no log does.
	Entrance string
}

// sights are what a host's logs could show, and the numbers of the logs that would have shown most besides, where that was
// not enough.
type sights struct {
	Sight
	packs   []PackSeen
	missing []int
}

func (m *maker) sight(h *canonicalHost) *sights {
	s := &sights{}
	blind := map[*packRule]bool{}
	for i := range m.r.Packs {
		seen := PackSeen{ID: m.r.Packs[i].Manifest.ID}
		for k := range m.r.Packs[i].TTPs {
			of, looked, proof := false, false, false
			bare := !slices.ContainsFunc(m.finders[i][k], func(r *packRule) bool {
				return !r.silent && !r.pack.FromIndicator(r.meta) && m.canHave(h, r)
			})
			for _, r := range m.finders[i][k] {
				// That nothing bears a name of old tells little of a technique: indicators count where nothing else could look.
				if r.silent || !m.canHave(h, r) || !bare && r.pack.FromIndicator(r.meta) {
					continue
				}
				of = true
				switch {
				case r.left:
				case m.looked(r, h.logs):
					looked, proof = true, proof || m.proves(r)
				default:
					blind[r] = true
				}
			}
			if of {
				seen.Of++
			}
			if looked {
				seen.Looked++
			}
			if proof {
				seen.Proof++
			}
		}
		if seen.Proof > 0 {
			seen.Entrance = m.entrance(m.r.Packs[i].Pack, h)
		}
		s.Of, s.Looked, s.Proof = s.Of+seen.Of, s.Looked+seen.Looked, s.Proof+seen.Proof
		s.packs = append(s.packs, seen)
	}
	if !s.enough() {
		s.missing = m.wanted(h, blind)
	}
	return s
}

// entrance is the log at which an intrusion of the kind that a pack is about would have been seen as it began; "" without.
func (m *maker) entrance(p *advisory.Pack, h *canonicalHost) string {
	for i := range p.Manifest.Entrances {
		e := &p.Manifest.Entrances[i]
		var have logSet
		for k := range m.logs.kinds {
			if h.outer.has(k) && m.logs.kinds[k].of(e.Log) {
				have.add(k)
			}
		}
		if len(have) > 0 && !slices.ContainsFunc(e.Rules, func(id string) bool {
			r := m.c.rules[strings.ToLower(id)]
			return r == nil || r.left || !m.looked(r, have)
		}) {
			return e.Log
		}
	}
	return ""
}

// of says that records are of a kind of log, or of one below it.
func (k *kind) of(log string) bool {
	for b := range k.bindings {
		if b == log || strings.HasPrefix(b, log+"/") {
			return true
		}
	}
	return false
}

// proves says that findings of a rule show a compromise, or go a long way to it: see judge. Of packs without stages it is
// what verdicts rest on.
func (m *maker) proves(r *packRule) bool {
	if r.stage < 0 {
		return len(r.pack.Manifest.Stages) == 0 && m.counts(r)
	}
	return m.c.stages[r.stage].Shows == advisory.Compromise && m.counts(r)
}

// canHave says that systems such as this host write a log that a rule reads.
func (m *maker) canHave(h *canonicalHost, r *packRule) bool {
	return slices.ContainsFunc(m.familiesOf(r, 0), func(f string) bool { return h.families[f] })
}

// familiesOf are the kinds of system that write the logs which a rule reads; of a correlation those of all its rules.
func (m *maker) familiesOf(r *packRule, depth int) []string {
	out, ok := m.families[r.meta]
	if ok {
		return out
	}
	add := func(list ...string) {
		for _, f := range list {
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	switch {
	case r.rule != nil:
		for _, b := range m.logs.table.For(r.rule.LogSource) {
			if probe := headOf(b); probe.canBeTrue(b, r.rule) {
				add(family(probe.source))
			}
		}
	case depth < maxChain:
		for _, ref := range r.correlation.Rules {
			for _, p := range m.parts(r, ref) {
				add(m.familiesOf(p, depth+1)...)
			}
		}
	}
	m.families[r.meta] = out
	return out
}

// wanted lists the logs that most of the rules wait for, of those that such a host can write.
func (m *maker) wanted(h *canonicalHost, blind map[*packRule]bool) []int {
	const most = 3
	counts := map[int]int{}
	for _, r := range m.c.order {
		if !blind[r] {
			continue
		}
		n := m.wants(r, h.logs)
		if n >= 0 && slices.ContainsFunc(m.r.Missing[n].Kinds, func(k string) bool {
			f := m.logs.family(k)
			return f != "" && h.families[f]
		}) {
			counts[n]++
		}
	}
	list := slices.SortedFunc(maps.Keys(counts), func(a, b int) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(m.r.Missing[a].Name, m.r.Missing[b].Name))
	})
	return list[:min(most, len(list))]
}
