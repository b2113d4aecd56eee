package coverage_test

import (
	"slices"
	"testing"

	"entente/internal/advisory"
	"entente/internal/coverage"
	"entente/internal/sigma"
)

// TestNotSeenNeedsMostOfTheEvidence goes along the edges of "not seen": the small pack has six TTPs that logs of Windows
// show, of which half have to be looked for, and one of them by a rule that shows a compromise.
func TestNotSeenNeedsMostOfTheEvidence(t *testing.T) {
	programs := func(s *site) { s.started("h", 1, "a.exe", "b.exe", "b") } // T1505.003, T1003.001: both would show it
	audit := func(s *site) { s.audited("h") }                              // T1110.003
	tickets := func(s *site) { s.windows("h", "Security", 4769, 1, "TicketEncryptionType", "0x12") }
	files := func(s *site) {
		s.windows("h", sysmon, 11, 1, "TargetFilename", `C:\a.txt`, "Image", `C:\a.exe`) // T1505.003
	}
	web := func(s *site) { // T1595.002, T1190: attempts
		s.web("h/u_ex.log", "192.0.2.1", 1, "GET", "/")
		s.windows("h", "System", 7036, 1)
	}
	for _, c := range []struct {
		name    string
		logs    []func(*site)
		sight   coverage.Sight
		verdict coverage.Verdict
	}{
		{"one rule of six", []func(*site){files}, coverage.Sight{Of: 6, Looked: 1, Proof: 1}, coverage.CannotTell},
		{"a third", []func(*site){programs}, coverage.Sight{Of: 6, Looked: 2, Proof: 2}, coverage.CannotTell},
		{"half, and one would show it", []func(*site){files, tickets}, coverage.Sight{Of: 6, Looked: 3, Proof: 2}, coverage.NotSeen},
		{"half", []func(*site){programs, audit}, coverage.Sight{Of: 6, Looked: 3, Proof: 2}, coverage.NotSeen},
		{"half, and none would show it", []func(*site){web, audit}, coverage.Sight{Of: 6, Looked: 3}, coverage.CannotTell},
		{"all but one", []func(*site){programs, tickets, web}, coverage.Sight{Of: 6, Looked: 6, Proof: 3}, coverage.NotSeen},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			for _, f := range c.logs {
				f(s)
			}
			r := s.report()
			if len(r.Hosts) != 1 {
				t.Fatalf("hosts: %s", verdicts(r))
			}
			h := &r.Hosts[0]
			if h.Sight != c.sight || h.Verdict != c.verdict || h.Blind != (c.verdict == coverage.CannotTell) {
				t.Errorf("%s, %+v, blind %t, want %s, %+v", h.Verdict, h.Sight, h.Blind, c.verdict, c.sight)
			}
			if h.Blind != (len(h.Missing) > 0) {
				t.Errorf("blind %t, and waits for %v", h.Blind, h.Missing)
			}
		})
	}
}

// TestSightCountsEachPack: with a second pack, of which nothing could be looked for, half of the first is not enough.
func TestSightCountsEachPack(t *testing.T) {
	s := newSite(t)
	s.started("h", 1, "a.exe", "b.exe", "b")
	s.audited("h")
	other := smallPack(t)
	other.Manifest.ID = "other"
	for i := range other.TTPs {
		other.TTPs[i].Detections = other.TTPs[1].Detections // all of them about requests
	}
	r := s.hunt([]*advisory.Pack{smallPack(t), other}, 1)
	if got, want := r.Hosts[0].Sight, (coverage.Sight{Of: 13, Looked: 3, Proof: 2}); got != want || r.Hosts[0].Verdict != coverage.CannotTell {
		t.Errorf("%s, %+v, want %+v", r.Hosts[0].Verdict, got, want)
	}
}

// cleanSite is a site with one host, which a hunt with the pack finds not seen.
func cleanSite(t *testing.T) (*site, []*advisory.Pack) {
	t.Helper()
	s := newSite(t)
	s.started("h", 1, "a.exe", "b.exe", "b")
	s.audited("h")
	p := []*advisory.Pack{smallPack(t)}
	if h := s.hunt(p, 1).Hosts[0]; h.Verdict != coverage.NotSeen {
		t.Fatalf("with all rules, of all logs: %s", h.Verdict)
	}
	return s, p
}

// TestSightOfWhatWasLeftOut: rules that the hunt leaves out could have told, and did not look.
func TestSightOfWhatWasLeftOut(t *testing.T) {
	s, p := cleanSite(t)
	c, sum := s.collect(p, 1, func(m *sigma.Meta) bool { return m.Level == "high" })
	if h := c.Report(sum).Hosts[0]; h.Verdict != coverage.CannotTell || h.Of != 6 || h.Looked != 1 {
		t.Errorf("%s, %+v", h.Verdict, h.Sight)
	}
}

// TestIndicatorsLookForNothingElse: that no file bears the name of a known one is not a look for the technique, unless the
// pack has no other way to find it.
func TestIndicatorsLookForNothingElse(t *testing.T) {
	p := smallPack(t)
	for _, r := range p.Rules.Rules {
		if r.LogSource.Category == "file_event" {
			r.File = "indicators.yml"
		}
	}
	sight := func() coverage.Sight {
		s := newSite(t)
		s.windows("h", sysmon, 11, 1, "TargetFilename", `C:\a.txt`, "Image", `C:\a.exe`)
		return s.hunt([]*advisory.Pack{p}, 1).Hosts[0].Sight
	}
	if got, want := sight(), (coverage.Sight{Of: 6}); got != want {
		t.Errorf("beside rules: %+v, want %+v", got, want)
	}
	for _, r := range p.Rules.Rules {
		if slices.Contains(r.Tags, "attack.t1505.003") {
			r.File = "indicators.yml"
		}
	}
	if got, want := sight(), (coverage.Sight{Of: 6, Looked: 1, Proof: 1}); got != want {
		t.Errorf("alone: %+v, want %+v", got, want)
	}
}

// TestOtherSystemsOwnEvidence: what only Windows shows is not asked of a Linux server.
func TestOtherSystemsOwnEvidence(t *testing.T) {
	s := newSite(t)
	s.lines["access.log"] = []string{`198.51.100.7 - - [03/Mar/2021:06:49:46 +0000] "GET / HTTP/1.1" 200 5 "-" "x"`}
	r := s.report()
	if h := r.Hosts[0]; h.Of != 1 || h.Looked != 1 || h.Proof != 0 || h.Verdict != coverage.CannotTell {
		t.Errorf("%s, %+v", h.Verdict, h.Sight)
	}
}

// TestIncompleteHuntTellsNothingBySilence: of a hunt that did not go through its inputs no host is "not seen".
func TestIncompleteHuntTellsNothingBySilence(t *testing.T) {
	s, p := cleanSite(t)
	c, sum := s.collect(p, 1, nil)
	sum.Incomplete = "the hunt was interrupted"
	r := c.Report(sum)
	if h := r.Hosts[0]; h.Verdict != coverage.CannotTell || h.Packs[0].Verdict != coverage.CannotTell || r.Incomplete != sum.Incomplete {
		t.Errorf("of a part %s, by pack %s, %q", h.Verdict, h.Packs[0].Verdict, r.Incomplete)
	}
}
