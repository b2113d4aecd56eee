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
	Sign  Strength = "sign"  // it could be a sign of it, and takes a second stage to be one
)

// Strength of what was found: medium findings of a stage that shows a compromise may be harmless, and high ones of it as
// well as all of an attempt are what they look like.
func (s *StageSeen) Strength() Strength {
	if s.Shows == advisory.Compromise && rank(s.Level) < rankHigh {
		return Sign
	}
	return Proof
}

// OnlySign says that what was found could be a sign of a compromise, and is not enough for that verdict.
func (h *Host) OnlySign() bool {
	return h.Verdict == Attempted && slices.ContainsFunc(h.Stages, func(s StageSeen) bool { return s.Strength() == Sign })
}

// titlesOf lists the stages of a kind, each title once.
func (h *Host) titlesOf(shows advisory.Shows, strength Strength) string {
	const most = 5
	var out []string
	for i := range h.Stages {
		if s := &h.Stages[i]; s.Shows == shows && s.Strength() == strength && !slices.Contains(out, s.Title) {
			out = append(out, s.Title)
		}
	}
	if n := len(out) - most; n > 0 {
		out = append(out[:most], fmt.Sprintf("%d more", n))
	}
	return strings.Join(out, ", ")
}

// SignText says why a sign of a compromise is not the verdict, or why signs together are; "" where there is none, or where
// more than signs was found.
func (h *Host) SignText() string {
	switch signs := h.titlesOf(advisory.Compromise, Sign); {
	case signs == "":
	case h.OnlySign():
		return "“" + signs + "” could be a sign of a compromise; alone it is not enough for that verdict, which takes a high finding, or medium ones of two such stages"
	case h.Verdict == Compromised && h.titlesOf(advisory.Compromise, Proof) == "":
		return "medium findings of two stages or more, each of which alone could be harmless: " + signs
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
		say("findings of level high or critical show a compromise: %s", h.titlesOf(advisory.Compromise, Proof))
	case Attempted:
		if tried := h.titlesOf(advisory.Attempt, Proof); tried != "" {
			say("findings show an attempt: %s", tried)
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
