package coverage

import (
	"fmt"
	"slices"
	"strings"

	"entente/internal/advisory"
)

// Strength is how sure what was found of a stage shows what the stage shows.
type Strength string

// The strengths.
const (
	Proof Strength = "proof" // it shows that
	Sign  Strength = "sign"  // it could be a sign of it, and takes a high finding of a second stage to be more
)

// Strength of what was found: see [Sign]. What looks like an attempt is one.
func (s *StageSeen) Strength() Strength { return strengthOf(&s.Stage, s.Level) }

// strengthOf findings of a stage: of one that shows a compromise those prove it that are critical, or high if it is
// decisive; all others are signs, for administrators do such things too.
func strengthOf(s *advisory.Stage, level string) Strength {
	least := rankCritical
	if s.Decisive {
		least = rankHigh
	}
	if s.Shows == advisory.Compromise && rank(level) < least {
		return Sign
	}
	return Proof
}

// OnlySign says that what was found could be a sign of a compromise, and is not enough for that verdict.
func (h *Host) OnlySign() bool {
	return h.Verdict == Attempted && slices.ContainsFunc(h.Stages, func(s StageSeen) bool { return s.Strength() == Sign })
}

// stagesOf are the titles of the stages of a kind that were found at a rank or above, each once.
func (h *Host) stagesOf(shows advisory.Shows, strength Strength, least int) []string {
	var out []string
	for i := range h.Stages {
		if s := &h.Stages[i]; s.Shows == shows && s.Strength() == strength && rank(s.Level) >= least && !slices.Contains(out, s.Title) {
			out = append(out, s.Title)
		}
	}
	return out
}

// listed is a list for a sentence.
func listed(titles []string) string {
	const most = 5
	if n := len(titles) - most; n > 0 {
		titles = append(titles[:most:most], fmt.Sprintf("%d more", n))
	}
	return strings.Join(titles, ", ")
}

// SignText says why a sign of a compromise is not the verdict, or why signs together are; "" where there is none, or where
// more than signs was found.
func (h *Host) SignText() string {
	const takes = " not enough for that verdict, which takes a critical finding, a high one of a stage that proves it alone, or high ones of two stages"
	switch signs := h.stagesOf(advisory.Compromise, Sign, 0); {
	case len(signs) == 0:
	case h.OnlySign() && len(signs) == 1:
		return "“" + signs[0] + "” could be a sign of a compromise; alone it is" + takes
	case h.OnlySign():
		return "“" + listed(signs) + "” could be signs of a compromise; they are" + takes
	case h.Verdict == Compromised && len(h.stagesOf(advisory.Compromise, Proof, 0)) == 0:
		return "high findings of two stages or more, each of which alone could be harmless: " + listed(h.stagesOf(advisory.Compromise, Sign, rankHigh))
	}
	return ""
}

// SightText is how much could be looked for.
func (s *Sight) SightText() string {
	text := fmt.Sprintf("%d of %d TTPs", s.Looked, s.Of)
	if s.Of == 1 {
		text = strings.TrimSuffix(text, "s")
	}
	return text
}

// VerdictBecause says for people what the verdict rests on; incomplete is why the hunt ended early, as in the report.
func (h *Host) VerdictBecause(incomplete string) string {
	var parts []string
	say := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	signs := h.SignText()
	switch h.Verdict {
	case Compromised:
		if signs != "" {
			return signs
		}
		say("findings of level high or critical show a compromise: %s", listed(h.stagesOf(advisory.Compromise, Proof, 0)))
	case Attempted:
		if tried := h.stagesOf(advisory.Attempt, Proof, 0); len(tried) > 0 {
			say("findings show an attempt: %s", listed(tried))
		}
		if slices.ContainsFunc(h.Chain, func(s Step) bool { return s.Stage == "" }) {
			say("findings of level high or critical of no stage have no harmless explanation, and do not say what they prove")
		}
		if signs != "" {
			say("%s", signs)
		} else {
			say("nothing shows that it succeeded")
		}
		if h.Blind {
			say("only %s could be looked for, so it may have gone further", h.SightText())
		}
	case NotSeen:
		if !h.Blind {
			say("nothing was found in what could be looked at: %s", h.SightText())
			if n := h.Of - h.Looked; n > 0 {
				say("%d could not be looked for", n)
			}
			break
		}
		var at []string
		for _, p := range h.Packs {
			if p.Entrance != "" {
				at = append(at, p.Entrance+" for "+p.ID)
			}
		}
		say("nothing was found at the entrance (%s)", strings.Join(at, ", "))
		say("only %s could be looked for", h.SightText())
	case CannotTell:
		switch {
		case h.Proof == 0:
			say("nothing was found, and no log of this host could show a compromise")
		case h.Blind:
			say("nothing was found, and only %s could be looked for: too few for silence to be an answer", h.SightText())
		case incomplete != "":
			say("nothing was found in what was read, and the hunt did not read everything")
		}
	}
	return strings.Join(parts, "; ")
}
