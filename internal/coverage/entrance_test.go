package coverage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/advisory"
	"entente/internal/coverage"
	"entente/internal/hunt"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// gatedPack is the small pack with an entrance, and with so much else to look for that half of it never is.
func gatedPack(t *testing.T) *advisory.Pack {
	t.Helper()
	p := smallPack(t)
	p.Manifest.ID = "gated"
	p.Manifest.Entrances = []advisory.Entrance{{Log: "web/iis", Rules: []string{"10000000-0000-4000-8000-000000000002"}}}
	for i := range 6 {
		p.TTPs = append(p.TTPs, advisory.TTP{ID: fmt.Sprintf("T1558.00%d", i), Detections: []string{"10000000-0000-4000-8000-000000000006"}})
	}
	return p
}

// packVerdicts are what packs say of a host: id=verdict@entrance.
func packVerdicts(h *coverage.Host) string {
	var out []string
	for _, p := range h.Packs {
		text := p.ID + "=" + string(p.Verdict)
		if p.Entrance != "" {
			text += "@" + p.Entrance
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func TestSilenceAtTheEntrance(t *testing.T) {
	files := func(s *site) {
		s.windows("h", sysmon, 11, 9, "TargetFilename", `C:\a.txt`, "Image", `C:\a.exe`) // would show a compromise
	}
	asked := func(stem string) func(*site) {
		return func(s *site) { s.web("h/u_ex.log", "192.0.2.1", 1, "POST", stem) }
	}
	for _, c := range []struct {
		name  string
		logs  []func(*site)
		want  string // of the host
		packs string
	}{
		{"the entrance, and one log that would show a compromise", []func(*site){asked("/"), files}, "h=not-seen?", "gated=not-seen@web/iis"},
		{"no log of the entrance", []func(*site){files}, "h=cannot-tell?", "gated=cannot-tell"},
		{"nothing that would show a compromise", []func(*site){asked("/"), func(s *site) { s.windows("h", "System", 7036, 1) }}, "h=cannot-tell?", "gated=cannot-tell"},
		{"requests of the machine itself", []func(*site){func(s *site) {
			s.web("h/u_ex.log", "::1", 1, "POST", "/")
			s.web("h/u_ex.log", "fe80::5%7", 2, "POST", "/")
		}, files}, "h=cannot-tell?", "gated=cannot-tell"},
		{"somebody tried", []func(*site){asked("/ecp/y.js"), files}, "h=attempted?(tried)", "gated=attempted@web/iis"},
		{"somebody is in", []func(*site){asked("/"), files, func(s *site) { s.started("h", 5, "w3wp.exe", "cmd.exe", "cmd") }}, "h=compromised(shell)", "gated=compromised@web/iis"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			for _, f := range c.logs {
				f(s)
			}
			r := s.hunt([]*advisory.Pack{gatedPack(t)}, 0)
			if got := verdicts(r); got != c.want {
				t.Fatalf("%s\nwant %s", got, c.want)
			}
			if got := packVerdicts(&r.Hosts[0]); got != c.packs {
				t.Errorf("%s\nwant %s", got, c.packs)
			}
			if h := &r.Hosts[0]; h.Verdict == coverage.NotSeen && len(h.Missing) == 0 {
				t.Error("nobody says what would show what came after")
			}
		})
	}
}

// TestEntranceThatNobodyWatched: the hunt ran without the rule that looks there, or the pack has none of that id.
func TestEntranceThatNobodyWatched(t *testing.T) {
	table, err := taxonomy.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t)
	s.web("h/u_ex.log", "192.0.2.1", 1, "POST", "/")
	s.windows("h", sysmon, 11, 9, "TargetFilename", `C:\a.txt`, "Image", `C:\a.exe`)
	s.hunt([]*advisory.Pack{gatedPack(t)}, 1) // writes the logs
	for _, c := range []struct {
		name string
		gate string
		keep func(*sigma.Meta) bool
		want coverage.Verdict
	}{
		{"watched", "10000000-0000-4000-8000-000000000002", nil, coverage.NotSeen},
		{"left out", "10000000-0000-4000-8000-000000000002", func(m *sigma.Meta) bool { return m.Title != "The flaw is tried" }, coverage.CannotTell},
		{"unknown", "10000000-0000-4000-8000-0000000000ff", nil, coverage.CannotTell},
		{"of another log", "10000000-0000-4000-8000-000000000003", nil, coverage.CannotTell},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := gatedPack(t)
			p.Manifest.Entrances[0].Rules[0] = c.gate
			packs := []*advisory.Pack{p}
			col := coverage.New(packs, coverage.Options{Table: table, Keep: c.keep})
			sum, err := hunt.Run(t.Context(), hunt.NewPlan(coverage.Rules(packs), table, hunt.PlanOptions{Keep: c.keep}), hunt.Options{
				Inputs: []string{s.dir}, Logs: true, Finding: func(f *hunt.Finding) error { col.Add(f); return nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			if h := col.Report(sum).Hosts[0]; h.Verdict != c.want {
				t.Errorf("%s, want %s", h.Verdict, c.want)
			}
		})
	}
}

// TestVerdictOfEachPack: each pack answers its own question; the host's verdict is the worst that is proven, and where
// nothing is, what a pack with an entrance says.
func TestVerdictOfEachPack(t *testing.T) {
	wide := func(drop ...string) *advisory.Pack {
		p := gatedPack(t)
		p.Manifest.ID, p.Manifest.Entrances = "wide", nil
		p.Rules.Rules = slices.DeleteFunc(p.Rules.Rules, func(r *sigma.Rule) bool { return slices.Contains(drop, r.Title) })
		return p
	}
	for _, c := range []struct {
		name        string
		logs        func(*site)
		packs       []*advisory.Pack
		want, wants string
	}{
		{"one has an entrance", func(*site) {}, []*advisory.Pack{wide(), gatedPack(t)}, "h=not-seen?", "wide=cannot-tell gated=not-seen@web/iis"},
		{"none has", func(*site) {}, []*advisory.Pack{wide()}, "h=cannot-tell?", "wide=cannot-tell"},
		{"what only one of them finds", func(s *site) { s.started("h", 5, "w3wp.exe", "cmd.exe", "cmd") }, []*advisory.Pack{wide("Program started by the web server"), gatedPack(t)}, "h=compromised(shell)", "wide=cannot-tell gated=compromised@web/iis"},
		{"what both find", func(s *site) { s.started("h", 5, "w3wp.exe", "cmd.exe", "cmd") }, []*advisory.Pack{wide(), gatedPack(t)}, "h=compromised(shell)", "wide=compromised gated=compromised@web/iis"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			s.web("h/u_ex.log", "192.0.2.1", 1, "POST", "/")
			s.windows("h", sysmon, 11, 9, "TargetFilename", `C:\a.txt`, "Image", `C:\a.exe`)
			c.logs(s)
			r := s.hunt(c.packs, 0)
			if got := verdicts(r); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
			if got := packVerdicts(&r.Hosts[0]); got != c.wants {
				t.Errorf("%s\nwant %s", got, c.wants)
			}
		})
	}
}

// TestHighFindingsOfNoStage: what has no harmless explanation is never "not seen".
func TestHighFindingsOfNoStage(t *testing.T) {
	for _, c := range []struct {
		level string
		audit bool
		want  string
		other int64
	}{
		{"critical", true, "h=attempted", 0},
		{"high", true, "h=attempted", 0},
		{"high", false, "h=attempted?", 0},
		{"medium", true, "h=not-seen", 1},
		{"medium", false, "h=cannot-tell?", 1},
	} {
		p := smallPack(t)
		for _, r := range p.Rules.Rules {
			if r.Title == "Somebody asked for his name" {
				r.Level = c.level
			}
		}
		s := newSite(t)
		s.started("h", 7, "cmd.exe", "whoami.exe", "whoami")
		if c.audit {
			s.audited("h")
		}
		r := s.hunt([]*advisory.Pack{p}, 0)
		h := &r.Hosts[0]
		if got := verdicts(r); got != c.want || h.Other != c.other || len(h.Stages) > 0 {
			t.Errorf("%s: %s, %d others, stages %v, want %s", c.level, got, h.Other, h.Stages, c.want)
		}
		if len(h.Chain) != 1-int(c.other) || h.First.IsZero() != (c.other > 0) || len(h.Chain) > 0 && (h.Chain[0].Stage != "" || h.Chain[0].Shows != "") {
			t.Errorf("%s: from %v, chain %+v", c.level, h.First, h.Chain)
		}
	}
}

// TestBeginsWithTheFirstRecord: what a correlation counts began with the first record, not when there were enough.
func TestBeginsWithTheFirstRecord(t *testing.T) {
	s := newSite(t)
	for i := range 4 {
		s.windows("dc1", "Security", 4625, 10+i, "TargetUserName", fmt.Sprint("user", i))
	}
	r := s.report()
	h := &r.Hosts[0]
	begin := time.Date(2021, 3, 3, 0, 10, 0, 0, time.UTC)
	if !h.First.Equal(begin) || len(h.Stages) != 1 || !h.Stages[0].First.Equal(begin) || !h.Chain[0].Since.Equal(begin) || !h.Chain[0].Time.After(begin) {
		t.Errorf("from %v, stages %+v, chain %+v", h.First, h.Stages, h.Chain)
	}
	for _, ttp := range r.Packs[0].TTPs {
		if ttp.Findings > 0 && !ttp.First.Equal(begin) {
			t.Errorf("%s from %v", ttp.ID, ttp.First)
		}
	}
}

// TestBeginOfAChange: what two values tell began with the second.
func TestBeginOfAChange(t *testing.T) {
	p := smallPack(t)
	for _, r := range p.Rules.Correlations {
		r.Conditions = []sigma.CorrelationCondition{{Compare: sigma.GTE, Value: 2}}
	}
	s := newSite(t)
	s.windows("dc1", "Security", 4625, 10, "TargetUserName", "user0")
	s.windows("dc1", "Security", 4625, 13, "TargetUserName", "user1")
	h := &s.hunt([]*advisory.Pack{p}, 0).Hosts[0]
	if begin := time.Date(2021, 3, 3, 0, 13, 0, 0, time.UTC); !h.First.Equal(begin) || !h.Stages[0].First.Equal(begin) || h.Chain[0].Since.IsZero() {
		t.Errorf("from %v, stages %+v, chain %+v", h.First, h.Stages, h.Chain)
	}
}
