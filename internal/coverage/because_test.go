package coverage_test

import (
	"strings"
	"testing"

	"entente/internal/coverage"
)

// TestVerdictBecause: the reason agrees with the verdict, and names the stages, or how much could be looked at.
func TestVerdictBecause(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(*site)
		want string
		sign bool // of a compromise, and no verdict
	}{
		{"proof", func(s *site) { s.started("h", 1, "w3wp.exe", "cmd.exe", "cmd") }, "findings of level high or critical show a compromise: A page was written", false},
		{"a sign", func(s *site) {
			s.started("h", 1, "cmd.exe", "rundll32.exe", lsassDump)
			s.audited("h")
		}, "“Credentials were taken” could be a sign of a compromise; alone it is not enough for that verdict, which takes a critical finding, a high one of a stage that proves it alone, or high ones of two stages", true},
		{"two signs", func(s *site) {
			s.started("h", 1, "cmd.exe", "rundll32.exe", lsassDump)
			s.windows("h", sysmon, 11, 2, "Image", `C:\x\w3wp.exe`, "TargetFilename", `C:\inetpub\a.aspx`)
		}, "“A page was written, Credentials were taken” could be signs of a compromise; they are not enough for that verdict, which takes a critical finding, a high one of a stage that proves it alone, or high ones of two stages; only 2 of 6 TTPs could be looked for, so it may have gone further", true},
		{"an attempt", func(s *site) { s.web("h/u_ex.log", "192.0.2.10", 1, "POST", "/ecp/y.js") }, "findings show an attempt: The flaw was tried; nothing shows that it succeeded; only 2 of 6 TTPs could be looked for, so it may have gone further", false},
		{"nothing", func(s *site) {
			s.started("h", 1, "explorer.exe", "winword.exe", "winword")
			s.audited("h")
		}, "nothing was found in what could be looked at: 3 of 6 TTPs; 3 could not be looked for", false},
		{"blind", func(s *site) { s.windows("h", "System", 7036, 1) }, "nothing was found, and no log of this host could show a compromise", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			c.make(s)
			h := &s.report().Hosts[0]
			if got := h.VerdictBecause(""); got != c.want {
				t.Errorf("%s: %s\nwant %s", h.Verdict, got, c.want)
			}
			if h.OnlySign() != c.sign {
				t.Errorf("only a sign: %v", h.OnlySign())
			}
			for i := range h.Stages {
				want := coverage.Proof
				if c.sign || strings.HasPrefix(c.name, "two") {
					want = coverage.Sign
				}
				if got := h.Stages[i].Strength(); got != want {
					t.Errorf("%s: %s", h.Stages[i].Title, got)
				}
			}
		})
	}
}

// TestBecauseOfEntranceAndEnd: what a pack says at its entrance, and what a hunt that ended early says.
func TestBecauseOfEntranceAndEnd(t *testing.T) {
	sight := coverage.Sight{Of: 9, Looked: 2, Proof: 1}
	for _, c := range []struct {
		host coverage.Host
		want string
	}{
		{coverage.Host{Verdict: coverage.NotSeen, Blind: true, Sight: sight, Packs: []coverage.PackSeen{{ID: "gated", Entrance: "web/iis"}, {ID: "wide"}}}, "nothing was found at the entrance (web/iis for gated); only 2 of 9 TTPs could be looked for"},
		{coverage.Host{Verdict: coverage.CannotTell, Blind: true, Sight: sight}, "nothing was found, and only 2 of 9 TTPs could be looked for: too few for silence to be an answer"},
		{coverage.Host{Verdict: coverage.CannotTell, Sight: sight}, "nothing was found in what was read, and the hunt did not read everything"},
		{coverage.Host{Verdict: coverage.Attempted, Chain: []coverage.Step{{Level: "high"}}}, "findings of level high or critical of no stage have no harmless explanation, and do not say what they prove; nothing shows that it succeeded"},
	} {
		if got := c.host.VerdictBecause("interrupted"); got != c.want {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}
