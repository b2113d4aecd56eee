package rank

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Reason is what one observed feature does to a candidate.
type Reason struct {
	Feature Feature
	Known   bool // the group is known for it
	Users   int  // candidates that are
	// Effect is the logarithm of the factor by which the feature changes the candidate's probability, all else equal: what it is
	// over what it would be without that feature's weights.
	Effect float64
}

// Common says that a quarter of n candidates and more are known for the feature, so that it tells little.
func (r *Reason) Common(n int) bool { return 4*r.Users >= n }

// Explanation says why a candidate stands where it stands.
type Explanation struct {
	Candidate Candidate
	Place     int       // from 1
	Size      int       // of the profile
	Prior     float64   // effect, as of a reason, of how much is known of the group
	Reasons   []Reason  // what raises most first, what lowers most last
	Unseen    []Feature // that the group is known for and that were not observed, the rarest first
}

// Explain explains the place of a group, by its id. ok is false where it is no candidate.
func (r *Ranking) Explain(group string) (e Explanation, ok bool) {
	place := slices.IndexFunc(r.Candidates, func(c Candidate) bool { return c.Group.ID == group })
	if place < 0 {
		return Explanation{}, false
	}
	p := r.profiles
	f := &p.list[r.Candidates[place].profile]
	n := r.observed.size()
	scale := r.sharpness * r.params.scale(n)
	e = Explanation{Candidate: r.Candidates[place], Place: place + 1, Size: len(f.features)}
	e.Prior = r.effect(place, func(f *profile) float64 { return r.sharpness * r.params.prior(n) * f.z })
	for _, x := range r.observed.known {
		reason := Reason{Feature: p.corpus.Features[x], Known: f.has(x), Users: p.df[x]}
		rarity := p.rarity(x)
		reason.Effect = r.effect(place, func(f *profile) float64 {
			if !f.has(x) {
				return 0
			}
			return scale * r.params.weight(reason.Feature.Software(), rarity, f.z)
		})
		e.Reasons = append(e.Reasons, reason)
	}
	slices.SortStableFunc(e.Reasons, func(a, b Reason) int { return cmp.Compare(b.Effect, a.Effect) })
	for _, x := range f.features {
		if _, seen := slices.BinarySearch(r.observed.known, x); !seen {
			e.Unseen = append(e.Unseen, p.corpus.Features[x])
		}
	}
	slices.SortStableFunc(e.Unseen, func(a, b Feature) int {
		return cmp.Or(p.df[p.corpus.feature[a.ID]]-p.df[p.corpus.feature[b.ID]], strings.Compare(a.ID, b.ID))
	})
	return e, true
}

// effect of a part of the scores on the probability of the candidate at a place.
func (r *Ranking) effect(place int, part func(*profile) float64) float64 {
	without := 0.0 // the sum of what probabilities are proportional to without that part
	for i := range r.Candidates {
		c := &r.Candidates[i]
		without += c.Probability * math.Exp(-part(&r.profiles.list[c.profile]))
	}
	c := &r.Candidates[place]
	return part(&r.profiles.list[c.profile]) + math.Log(without)
}

// Shared are the observed features for which a quarter of the candidates and more are known: most users first.
func (r *Ranking) Shared() []Reason {
	var out []Reason
	for _, x := range r.observed.known {
		s := Reason{Feature: r.profiles.corpus.Features[x], Users: r.profiles.df[x]}
		if s.Common(len(r.Candidates)) {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Reason) int { return b.Users - a.Users })
	return out
}

// Nobodys are the observed ids for which no candidate is known.
func (r *Ranking) Nobodys() []string {
	out := slices.Clone(r.observed.unknown)
	for _, x := range r.observed.known {
		if r.profiles.df[x] == 0 {
			out = append(out, r.profiles.corpus.Features[x].ID)
		}
	}
	slices.Sort(out)
	return out
}
