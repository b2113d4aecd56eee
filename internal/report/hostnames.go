package report

import (
	"slices"

	"entente/internal/coverage"
	"entente/internal/hunt"
)

// nameHosts finds out which hosts the findings are of, and counts them by these. all are the hosts of the hunt, those without
// findings included. known, where not nil, has sorted the names out already. Nothing is added to t afterwards.
func (t *tally) nameHosts(all []string, known *coverage.Names) {
	t.names = known
	if known == nil {
		t.names = coverage.NewNames(slices.Concat(all, t.sets.names()), &t.ties)
	}
	hosts := make([][]string, len(t.bySet)) // of each set
	for i, from := range t.bySet {
		hosts[i] = t.names.HostsAt(t.sets.places[i])
		for _, name := range hosts[i] {
			if name == "" {
				t.noHost.add(&from.levels)
				continue
			}
			to := t.hosts[name]
			if to == nil {
				to = &hostTally{name: name}
				t.hosts[name] = to
			}
			to.join(from)
		}
	}
	for _, r := range t.rules {
		r.hosts = map[string]bool{}
		for i := range r.sets {
			for _, name := range hosts[i] {
				if name != "" {
					r.hosts[name] = true
				}
			}
		}
	}
}

// join takes in what was counted of the host elsewhere.
func (h *hostTally) join(o *hostTally) {
	h.levels.add(&o.levels)
	if !o.first.IsZero() && (h.first.IsZero() || o.first.Before(h.first)) {
		h.first = o.first
	}
	if o.last.After(h.last) {
		h.last = o.last
	}
}

// knownNames are the names of hosts that a hunt with packs has sorted out; nil without packs.
func knownNames(c *coverage.Collector, s *hunt.Summary) *coverage.Names {
	if c == nil {
		return nil
	}
	return c.Report(s).Names
}
