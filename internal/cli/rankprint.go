package cli

import (
	"fmt"
	"math"
	"strings"

	"entente/internal/attribution/rank"
)

// notAttribution stands beside every ranking.
const notAttribution = "Similarity is not attribution: this says whose known habits the observation is like, not who did it."

// rankView is a ranking for people and programs.
type rankView struct {
	corpus  *rank.Corpus
	ranking *rank.Ranking
	seen    *observed
	before  float64
	top     int
	explain []rank.Explanation
	names   []string // of which is shown what is claimed
	claims  []rankClaim
}

func (v *rankView) shown() []rank.Candidate {
	if v.top == 0 {
		return v.ranking.Candidates
	}
	return v.ranking.Candidates[:min(v.top, len(v.ranking.Candidates))]
}

func (v *rankView) edition() string {
	if v.corpus.Version == "" {
		return "ATT&CK"
	}
	return "ATT&CK " + v.corpus.Version
}

// rankReason is a reason in JSON.
type rankReason struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"`
	Known  bool    `json:"known"`
	Groups int     `json:"groups"`
	Common bool    `json:"common"`
	Factor float64 `json:"factor"`
}

type rankCandidate struct {
	ID                string       `json:"id"`
	Name              string       `json:"name"`
	Probability       float64      `json:"probability"`
	IfOneOfThese      float64      `json:"probability_if_one_of_these"`
	Popularity        float64      `json:"popularity_alone"`
	KnownFor          int          `json:"known_for"`
	PriorFactor       float64      `json:"prior_factor"`
	Reasons           []rankReason `json:"reasons"`
	UnseenTechniques  int          `json:"not_observed"`
	RarestNotObserved []string     `json:"rarest_not_observed,omitempty"`
}

// rankDocument is what --format json prints.
type rankDocument struct {
	Caveat   string          `json:"caveat"`
	ATTACK   string          `json:"attack_version,omitempty"`
	Groups   int             `json:"groups"`
	Observed []string        `json:"observed"`
	Common   []string        `json:"common_to_many,omitempty"`
	Nobodys  []string        `json:"known_of_no_group,omitempty"`
	Before   float64         `json:"none_before"`
	None     float64         `json:"none_of_these"`
	Ranking  []rankCandidate `json:"ranking"`
	Explain  []rankCandidate `json:"explained,omitempty"`
	Claimed  []rankClaim     `json:"claimed,omitempty"`
}

// rarest is how many unseen features are listed.
const rarest = 8

func (v *rankView) candidateJSON(e *rank.Explanation) rankCandidate {
	c := rankCandidate{
		ID: e.Candidate.Group.ID, Name: e.Candidate.Group.Name, Probability: v.absolute(&e.Candidate), IfOneOfThese: e.Candidate.Probability,
		Popularity: e.Candidate.Popularity, KnownFor: e.Size, PriorFactor: math.Exp(e.Prior), Reasons: []rankReason{}, UnseenTechniques: len(e.Unseen),
	}
	for i := range e.Reasons {
		r := &e.Reasons[i]
		c.Reasons = append(c.Reasons, rankReason{r.Feature.ID, r.Feature.Name, r.Known, r.Users, r.Common(len(v.ranking.Candidates)), math.Exp(r.Effect)})
	}
	for _, u := range e.Unseen[:min(rarest, len(e.Unseen))] {
		c.RarestNotObserved = append(c.RarestNotObserved, u.ID)
	}
	return c
}

// absolute is a candidate's probability with none of these among the possibilities.
func (v *rankView) absolute(c *rank.Candidate) float64 {
	return (1 - v.ranking.None(v.before)) * c.Probability
}

func (v *rankView) json() rankDocument {
	d := rankDocument{
		Caveat: notAttribution, ATTACK: v.corpus.Version, Groups: len(v.ranking.Candidates), Observed: v.seen.ids, Before: v.before,
		None: v.ranking.None(v.before), Nobodys: v.ranking.Nobodys(), Ranking: []rankCandidate{}, Claimed: v.claims,
	}
	for _, s := range v.ranking.Shared() {
		d.Common = append(d.Common, s.Feature.ID)
	}
	for _, c := range v.shown() {
		e, _ := v.ranking.Explain(c.Group.ID) // it is a candidate
		d.Ranking = append(d.Ranking, v.candidateJSON(&e))
	}
	for i := range v.explain {
		d.Explain = append(d.Explain, v.candidateJSON(&v.explain[i]))
	}
	return d
}

// rankPercent is a probability with two figures; what is not certain is never shown as such.
func rankPercent(p float64) string {
	switch {
	case p <= 0:
		return "0 %"
	case p < 0.001:
		return "<0.1 %"
	case p < 0.0995:
		return fmt.Sprintf("%.1f %%", 100*p)
	case p > 0.99 && p < 1:
		return ">99 %"
	default:
		return fmt.Sprintf("%.0f %%", 100*p)
	}
}

// factor is how a probability changes: ×3.1, ÷2.0.
func factor(effect float64) string {
	sign := "×"
	if effect < 0 {
		sign, effect = "÷", -effect
	}
	f := math.Exp(effect)
	if f < 1.05 {
		return "×1.0"
	}
	if f >= 10 {
		return fmt.Sprintf("%s%.0f", sign, f)
	}
	return fmt.Sprintf("%s%.1f", sign, f)
}

// techniques counts techniques and software.
func techniques(n int) string {
	if n == 1 {
		return "1 technique or software"
	}
	return fmt.Sprintf("%d techniques and software", n)
}

// explained is how many of the best candidates are explained in a line each.
const (
	explained = 3
	mentioned = 5
)

func (v *rankView) print(s *sheet) {
	n := len(v.ranking.Candidates)
	s.line(s.paint(styleTitle, "Whose habits this is like"), s.paint(styleDim, fmt.Sprintf("   %s observed, %s of %s", techniques(len(v.seen.ids)), many(int64(n), "group"), v.edition())))
	s.line(s.paint(styleAlert, notAttribution))
	s.line("")
	s.line(s.paint(styleDim, right("", 4)+left("", 30)+right("probability", 12)+right("if it is one of them", 22)+right("by fame alone", 16)))
	s.line(right("", 4), s.paint(styleBold, left("none of these", 30)), right(rankPercent(v.ranking.None(v.before)), 12),
		s.paint(styleDim, fmt.Sprintf("   with %s before anything was seen (--none-before)", rankPercent(v.before))))
	for i, c := range v.shown() {
		s.line(right(fmt.Sprintf("%d ", i+1), 4), left(printable(c.Group.ID+"  "+c.Group.Name), 30), right(rankPercent(v.absolute(&c)), 12), right(rankPercent(c.Probability), 22), right(rankPercent(c.Popularity), 16))
	}
	if hidden := n - len(v.shown()); hidden > 0 {
		s.line(s.paint(styleDim, fmt.Sprintf("    and %s (--top 0)", many(int64(hidden), "more group"))))
	}
	s.section("Why", "with it, the probability is so many times what it would be without it")
	if len(v.explain) == 0 {
		for _, c := range v.ranking.Candidates[:min(explained, n)] {
			e, _ := v.ranking.Explain(c.Group.ID) // it is a candidate
			v.printShort(s, &e)
		}
	}
	for i := range v.explain {
		v.printFull(s, &v.explain[i])
	}
	v.printCommon(s)
	v.printClaims(s)
}

func (v *rankView) printShort(s *sheet, e *rank.Explanation) {
	var up, down []string
	for i := range e.Reasons {
		if r := &e.Reasons[i]; r.Effect >= 0.05 && len(up) < mentioned {
			up = append(up, fmt.Sprintf("%s %s %s", r.Feature.ID, r.Feature.Name, factor(r.Effect)))
		}
	}
	for i := len(e.Reasons) - 1; i >= 0 && len(down) < mentioned; i-- {
		if r := &e.Reasons[i]; r.Effect <= -0.05 {
			down = append(down, fmt.Sprintf("%s %s %s", r.Feature.ID, r.Feature.Name, factor(r.Effect)))
		}
	}
	s.line("  ", s.paint(styleBold, printable(e.Candidate.Group.Name)), s.paint(styleDim, fmt.Sprintf("  known for %s, %d of them observed", techniques(e.Size), e.Size-len(e.Unseen))))
	list := func(label string, items []string) {
		for i, line := range wrapped(printable(strings.Join(items, ", ")), s.width-16) {
			if i > 0 {
				label = ""
			}
			s.line("    ", s.paint(styleDim, left(label, 12)), line)
		}
	}
	list("raised by", up)
	list("lowered by", down)
}

func (v *rankView) printFull(s *sheet, e *rank.Explanation) {
	s.line("  ", s.paint(styleBold, printable(e.Candidate.Group.Name)), s.paint(styleDim, fmt.Sprintf("  place %d, known for %s, %d of them observed; by how much is known of it %s", e.Place, techniques(e.Size), e.Size-len(e.Unseen), factor(e.Prior))))
	for i := range e.Reasons {
		r := &e.Reasons[i]
		word := "not known for"
		if r.Known {
			word = "known for"
		}
		s.line("    ", right(factor(r.Effect), 6), "  ", s.paint(styleDim, left(word, 14)), left(printable(r.Feature.ID+" "+r.Feature.Name), 60), s.paint(styleDim, fmt.Sprintf("%d of %d groups", r.Users, len(v.ranking.Candidates))))
	}
	if len(e.Unseen) > 0 {
		var names []string
		for _, u := range e.Unseen[:min(rarest, len(e.Unseen))] {
			names = append(names, u.ID+" "+u.Name)
		}
		for _, line := range wrapped(printable(fmt.Sprintf("%d not observed, the rarest of them: %s", len(e.Unseen), strings.Join(names, ", "))), s.width-4) {
			s.line("    ", s.paint(styleDim, line))
		}
	}
}

// printCommon says what tells little or nothing.
func (v *rankView) printCommon(s *sheet) {
	row := func(label string, items []string) {
		for i, line := range wrapped(printable(strings.Join(items, ", ")), s.width-36) {
			if i > 0 {
				label = ""
			}
			s.line("  ", s.paint(styleDim, left(label, 34)), line)
		}
	}
	var common []string
	for _, r := range v.ranking.Shared() {
		common = append(common, fmt.Sprintf("%s %s (%d groups)", r.Feature.ID, r.Feature.Name, r.Users))
	}
	nobodys := v.ranking.Nobodys()
	if len(common)+len(nobodys) > 0 {
		s.line("")
	}
	row("Common to many, so tells little:", common)
	row("Known of no group:", nobodys)
}
