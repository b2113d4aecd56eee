package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"entente/internal/coverage"
	"entente/internal/hunt"
	"entente/internal/sigma"
)

// tally counts findings by level, tactic, technique, rule and host, with exact numbers however many there are. Its
// memory grows with the number of rules, hosts and techniques: rules are as many as were loaded, of hosts no more are told
// apart than [hostSets] does. Which hosts there are is known once nameHosts was called.
type tally struct {
	levels     levelCounts
	tactics    map[string]*levelCounts
	techniques map[string]*techniqueTally
	rules      map[string]*ruleTally
	sets       *hostSets
	set        int32        // of the finding that was counted last
	bySet      []*hostTally // by number of the set
	hosts      map[string]*hostTally
	otherHosts levelCounts // of hosts beyond the bound
	ties       coverage.Ties
	names      *coverage.Names // once nameHosts was called
	noHost     levelCounts
	noTime     int64
	hist       *histogram
	first      time.Time
	last       time.Time
	marking
}

type techniqueTally struct {
	id, name, url string
	tactics       []string
	levels        levelCounts
}

type ruleTally struct {
	meta       *sigma.Meta
	source     sigma.LogSource
	techniques []hunt.Technique
	tactics    []string
	count      int64
	first      time.Time
	last       time.Time
	sets       map[int32]bool  // of hosts, at most ruleSets
	hosts      map[string]bool // of these
	moreHosts  bool
	index      int // in order of appearance
}

type hostTally struct {
	name   string
	levels levelCounts
	first  time.Time
	last   time.Time
}

// ruleSets bounds the sets of hosts that are told apart of one rule.
const ruleSets = 4096

func newTally() *tally {
	return &tally{
		tactics: map[string]*levelCounts{}, techniques: map[string]*techniqueTally{}, rules: map[string]*ruleTally{},
		sets: newHostSets(), hosts: map[string]*hostTally{}, hist: newHistogram(),
	}
}

// add counts f and returns the tally of its rule.
func (t *tally) add(f *hunt.Finding) *ruleTally {
	l, n := levelOf(f), weight(f)
	t.levels[l] += n
	t.set = t.sets.of(f)
	r := t.addRule(f, n)
	fresh := r.count == n
	if fresh {
		t.mark(meta(f))
	}
	tactics := shownTactics(f.Tactics)
	for _, short := range tactics {
		c := t.tactics[short]
		if c == nil {
			c = new(levelCounts)
			t.tactics[short] = c
		}
		c[l] += n
	}
	for _, tech := range f.Techniques {
		c := t.techniques[tech.ID]
		if c == nil {
			c = &techniqueTally{id: tech.ID, name: tech.Name, url: tech.URL}
			t.techniques[tech.ID] = c
		}
		c.levels[l] += n
		if !fresh { // another finding of a rule says nothing new
			continue
		}
		for _, short := range tacticsOf(tech, tactics) {
			if !slices.Contains(c.tactics, short) {
				c.tactics = append(c.tactics, short)
			}
		}
	}
	t.addHost(f, l, n)
	t.ties.Add(f)
	t.hist.add(f.Time, l, n)
	if !hasTime(f.Time) {
		t.noTime += n
	}
	widen(&t.first, &t.last, f)
	return r
}

// tacticsOf are the tactics under which a technique of a finding stands: those of the finding's that it serves, for a rule may
// name techniques of several, and where it serves none of them its own. Of a technique that the facts do not know only the
// rule tells.
func tacticsOf(tech hunt.Technique, tactics []string) []string {
	if len(tech.Tactics) == 0 {
		return tactics
	}
	own := shownTactics(tech.Tactics)
	if both := slices.DeleteFunc(slices.Clone(tactics), func(s string) bool { return !slices.Contains(own, s) }); len(both) > 0 {
		return both
	}
	return own
}

func (t *tally) addHost(f *hunt.Finding, l level, n int64) {
	if t.set == manyHosts {
		t.otherHosts[l] += n
		return
	}
	for int(t.set) >= len(t.bySet) {
		t.bySet = append(t.bySet, new(hostTally))
	}
	h := t.bySet[t.set]
	h.levels[l] += n
	widen(&h.first, &h.last, f)
}

func (t *tally) addRule(f *hunt.Finding, n int64) *ruleTally {
	m := meta(f)
	key := ruleKey(m)
	r := t.rules[key]
	if r == nil {
		r = &ruleTally{
			meta: m, source: f.LogSource, techniques: f.Techniques, tactics: f.Tactics, sets: map[int32]bool{}, index: len(t.rules),
		}
		t.rules[key] = r
	}
	r.count += n
	widen(&r.first, &r.last, f)
	if !r.sets[t.set] {
		if len(r.sets) < ruleSets && t.set != manyHosts {
			r.sets[t.set] = true
		} else {
			r.moreHosts = true
		}
	}
	return r
}

func widen(first, last *time.Time, f *hunt.Finding) {
	if !hasTime(f.Time) {
		return
	}
	if first.IsZero() || f.Time.Before(*first) {
		*first = f.Time
	}
	if l := lastTime(f); l.After(*last) && hasTime(l) {
		*last = l
	}
}

// worstHosts returns the hosts, worst first: by counts from the highest level down, then by name.
func (t *tally) worstHosts() []*hostTally {
	out := make([]*hostTally, 0, len(t.hosts))
	for _, h := range t.hosts {
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b *hostTally) int {
		for _, l := range levels {
			if c := cmp.Compare(b.levels[l], a.levels[l]); c != 0 {
				return c
			}
		}
		return strings.Compare(a.name, b.name)
	})
	return out
}

// worstRules returns the rules that fired, worst first: by level, then by how often, then by title.
func (t *tally) worstRules() []*ruleTally {
	out := make([]*ruleTally, 0, len(t.rules))
	for _, r := range t.rules {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *ruleTally) int {
		return cmp.Or(
			int(parseLevel(b.meta.Level))-int(parseLevel(a.meta.Level)), cmp.Compare(b.count, a.count),
			strings.Compare(ruleTitle(a.meta), ruleTitle(b.meta)), a.index-b.index,
		)
	})
	return out
}

// tacticOrder returns the tactics that were seen, in kill-chain order.
func (t *tally) tacticOrder() []string {
	out := make([]string, 0, len(t.tactics))
	for short := range t.tactics {
		out = append(out, short)
	}
	sortTactics(out)
	return out
}

// hostCount is how many hosts have findings, as far as they are told apart.
func (t *tally) hostCount() int { return len(t.hosts) }
