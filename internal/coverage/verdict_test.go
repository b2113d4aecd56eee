package coverage_test

import (
	"strings"
	"testing"

	"entente/internal/advisory"
	"entente/internal/coverage"
)

// TestHighOfTwoStages: with no stage decisive, a program below the web server and a read of LSASS are a sign each, and proof
// together: where one pack has both stages, and they are not one record.
func TestHighOfTwoStages(t *testing.T) {
	const because = "high findings of two stages or more, each of which alone could be harmless: A page was written, Credentials were taken"
	undecided := func() *advisory.Pack {
		p := smallPack(t)
		for i := range p.Manifest.Stages {
			p.Manifest.Stages[i].Decisive = false
		}
		return p
	}
	restage := func(p *advisory.Pack, from, to string) {
		for _, r := range p.Rules.Rules {
			for i, tag := range r.Tags {
				if tag == advisory.StageTag+from {
					r.Tags[i] = advisory.StageTag + to
				}
			}
		}
	}
	web := func(s *site) { s.started("h", 1, "w3wp.exe", "cmd.exe", "cmd") }
	for _, c := range []struct {
		name  string
		packs func() []*advisory.Pack
		make  func(*site)
		want  string
	}{
		{"one act", func() []*advisory.Pack { return []*advisory.Pack{undecided()} }, web, "h=attempted?(shell)"},
		{"two acts", func() []*advisory.Pack { return []*advisory.Pack{undecided()} }, func(s *site) {
			web(s)
			s.lsassRead("h", 5)
		}, "h=compromised(shell,creds)"},
		{"a critical one", func() []*advisory.Pack {
			p := undecided()
			for _, r := range p.Rules.Rules {
				if r.Title == "Program started by the web server" {
					r.Level = "critical"
				}
			}
			return []*advisory.Pack{p}
		}, web, "h=compromised(shell)"},
		{"one act that two rules find in two stages", func() []*advisory.Pack {
			p := undecided()
			twin := *p.Rules.Rules[0]
			for _, r := range p.Rules.Rules {
				if r.Title == "Program started by the web server" {
					twin = *r
				}
			}
			twin.ID, twin.Tags = "00000000-0000-4000-8000-00000000aaaa", []string{"stage.creds"}
			p.Rules.Rules = append(p.Rules.Rules, &twin)
			return []*advisory.Pack{p}
		}, web, "h=attempted?(shell,creds)"},
		{"each act in a pack of its own", func() []*advisory.Pack {
			p, q := undecided(), undecided()
			q.Manifest.ID = "other"
			p.Rules.Rules = p.Rules.Rules[:0:0]
			for _, r := range undecided().Rules.Rules {
				if r.Title == "Program started by the web server" {
					p.Rules.Rules = append(p.Rules.Rules, r)
				}
			}
			q.Rules.Rules = q.Rules.Rules[:0:0]
			for _, r := range undecided().Rules.Rules {
				if r.Title == "Memory of LSASS read" {
					q.Rules.Rules = append(q.Rules.Rules, r)
				}
			}
			p.Rules.Correlations, q.Rules.Correlations = nil, nil
			return []*advisory.Pack{p, q}
		}, func(s *site) {
			web(s)
			s.lsassRead("h", 5)
		}, "h=attempted(shell,creds)"},
		{"both of one stage", func() []*advisory.Pack {
			p := undecided()
			restage(p, "creds", "shell")
			return []*advisory.Pack{p}
		}, func(s *site) {
			web(s)
			s.lsassRead("h", 5)
		}, "h=attempted?(shell)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			c.make(s)
			r := s.hunt(c.packs(), 0)
			if got := verdicts(r); got != c.want {
				t.Fatalf("%s\nwant %s", got, c.want)
			}
			h := &r.Hosts[0]
			if got := h.VerdictBecause(""); (got == because) != (c.name == "two acts") || h.OnlySign() != strings.Contains(c.want, "attempted") {
				t.Errorf("because %s", got)
			}
			for i := range h.Stages {
				if want := c.name == "a critical one"; (h.Stages[i].Strength() == coverage.Proof) != want {
					t.Errorf("%s: %s", h.Stages[i].Title, h.Stages[i].Strength())
				}
			}
		})
	}
}
