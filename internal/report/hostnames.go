package report

import (
	"maps"
	"slices"

	"entente/internal/coverage"
	"entente/internal/hunt"
)

// nameHosts joins what was counted of hosts that have several names. all are the hosts of the hunt, those without findings
// included. known, where not nil, has sorted the names out already. Nothing is added to t afterwards.
func (t *tally) nameHosts(all []string, known *coverage.Names) {
	t.names = known
	if known == nil {
		t.names = coverage.NewNames(slices.AppendSeq(slices.Clone(all), maps.Keys(t.hosts)), &t.ties)
	}
	if len(t.names.Shown) == 0 {
		return
	}
	for _, alias := range slices.Sorted(maps.Keys(t.names.Shown)) {
		from := t.hosts[alias]
		if from == nil {
			continue
		}
		delete(t.hosts, alias)
		to := t.hosts[t.names.Of(alias)]
		if to == nil {
			from.name = t.names.Of(alias)
			t.hosts[from.name] = from
			continue
		}
		for l, n := range from.levels {
			to.levels[l] += n
		}
		if !from.first.IsZero() && (to.first.IsZero() || from.first.Before(to.first)) {
			to.first = from.first
		}
		if from.last.After(to.last) {
			to.last = from.last
		}
		maps.Copy(to.tactics, from.tactics)
	}
	for _, r := range t.rules {
		r.hosts = t.names.Set(r.hosts)
	}
}

// knownNames are the names of hosts that a hunt with packs has sorted out; nil without packs.
func knownNames(c *coverage.Collector, s *hunt.Summary) *coverage.Names {
	if c == nil {
		return nil
	}
	return c.Report(s).Names
}
