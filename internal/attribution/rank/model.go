package rank

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// observation is what was seen, in terms of a corpus.
type observation struct {
	known   []int    // features of the corpus, sorted
	unknown []string // ids that the corpus does not have, sorted
}

// fewest is how many features the cases have that constants were found on. Of fewer a ranking must not be surer.
const fewest = 5

// size is how many features an observation counts for.
func (o *observation) size() float64 { return max(fewest, float64(len(o.known)+len(o.unknown))) }

func (c *Corpus) observe(ids []string) observation {
	var o observation
	for _, id := range ids {
		if i, ok := c.feature[id]; ok {
			o.known = append(o.known, i)
		} else {
			o.unknown = append(o.unknown, id)
		}
	}
	slices.Sort(o.known)
	o.known = slices.Compact(o.known)
	slices.Sort(o.unknown)
	o.unknown = slices.Compact(o.unknown)
	return o
}

// Candidate is a group with its place in a ranking.
type Candidate struct {
	Group Group
	// Probability that it is the group, if it is one of the candidates.
	Probability float64
	// Popularity is the probability that the sizes of the profiles alone give it: its share of all rows.
	Popularity float64

	score   float64
	share   float64 // of the observation's rarity, in the group's profile
	profile int     // in Profiles.list
}

// Ranking is how groups compare with an observation.
type Ranking struct {
	// Candidates, best first; equal ones in the order of their ids. Their probabilities add up to 1.
	Candidates []Candidate
	// Unknown is the probability that it is none of the candidates, if that is as likely as not before anything is seen;
	// see [Ranking.None].
	Unknown float64

	profiles  *Profiles
	observed  observation
	rarity    float64 // of all that was observed, of as many features as it counts for
	params    Params
	sharpness float64
}

// None is the probability of "none of the candidates" if it is prior before anything is seen. What is left is the
// candidates', in the proportion of their probabilities.
func (r *Ranking) None(prior float64) float64 {
	a, b := r.Unknown*prior, (1-r.Unknown)*(1-prior)
	if a+b == 0 {
		return prior
	}
	return a / (a + b)
}

// Rank compares an observation, ids of techniques and software in any order, with the profiles. An id that no candidate is
// known for says nothing for or against any of them, and something for none of them.
func (p *Profiles) Rank(ids []string) *Ranking { return p.RankWith(Fitted(), ids) }

// RankWith is Rank with other constants.
func (p *Profiles) RankWith(m Params, ids []string) *Ranking {
	o := p.corpus.observe(ids)
	r := &Ranking{Candidates: make([]Candidate, len(p.list)), profiles: p, observed: o, params: m}
	n, rows := o.size(), 0.0
	rarities := make([]float64, len(o.known))
	r.rarity = float64(len(o.unknown)) * rarity(0, len(p.list))
	for j, x := range o.known {
		rarities[j] = p.rarity(x)
		r.rarity += rarities[j]
	}
	times := n / max(1, float64(len(o.known)+len(o.unknown)))
	r.rarity *= times
	for i := range p.list {
		f := &p.list[i]
		rows += f.size
		sum, found := 0.0, 0.0
		for j, x := range o.known {
			if f.has(x) {
				sum += m.weight(p.corpus.Features[x].Software(), rarities[j], f.z)
				found += rarities[j]
			}
		}
		c := Candidate{Group: p.corpus.Groups[f.group], profile: i}
		if found > 0 {
			c.share = found / r.rarity
		}
		c.score = m.scale(n)*sum + m.prior(n)*f.z
		r.Candidates[i] = c
	}
	for i := range r.Candidates {
		r.Candidates[i].Popularity = p.list[i].size / rows
	}
	slices.SortFunc(r.Candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), strings.Compare(a.Group.ID, b.Group.ID))
	})
	r.normalise()
	r.Unknown = 1
	if len(r.Candidates) > 0 {
		r.Unknown = sigmoid(m.None - m.Lead*r.lead() - m.Explained*times*r.Candidates[0].share)
	}
	return r
}

// rarity of a feature among the candidates.
func (p *Profiles) rarity(feature int) float64 { return rarity(float64(p.df[feature]), len(p.list)) }

func rarity(df float64, candidates int) float64 {
	return math.Log((float64(candidates) + 1) / (df + 0.5))
}

// normalise turns scores into probabilities.
func (r *Ranking) normalise() {
	if len(r.Candidates) == 0 {
		return
	}
	scores := make([]float64, len(r.Candidates))
	for i := range r.Candidates {
		scores[i] = r.Candidates[i].score
	}
	r.sharpness = sharpness(scores, r.Candidates[0].share, r.params)
	sum := 0.0
	for i := range r.Candidates {
		c := &r.Candidates[i]
		c.Probability = math.Exp(r.sharpness * (c.score - scores[0]))
		sum += c.Probability
	}
	for i := range r.Candidates {
		r.Candidates[i].Probability /= sum
	}
}

// sharpness finds what scores, the best first, have to be multiplied with so that the best, of which the share is given, has the
// probability that the constants want. It is bounded: equal scores cannot be told apart.
func sharpness(scores []float64, share float64, m Params) float64 {
	mass := func(sharp float64) float64 { // of all, in units of the best
		sum := 0.0
		for _, s := range scores {
			sum += math.Exp(sharp * (s - scores[0]))
		}
		return sum
	}
	others := mass(1) - 1
	if others <= 0 {
		return 1
	}
	wanted := 1 / sigmoid(m.Shift-m.Slope*math.Log(others)+m.Trust*share)
	low, high := math.Log(0.5), math.Log(2)
	for range 30 {
		if mid := (low + high) / 2; mass(math.Exp(mid)) > wanted {
			low = mid
		} else {
			high = mid
		}
	}
	return math.Exp((low + high) / 2)
}

// next is how many candidates behind the best one it is compared with.
const next = 10

// lead is by how much the first of scores, sorted, exceeds the mean of the next ones.
func lead(scores []float64) float64 {
	behind := scores[1:min(len(scores), next+1)]
	if len(behind) == 0 {
		return 0
	}
	sum := 0.0
	for _, s := range behind {
		sum += scores[0] - s
	}
	return sum / float64(len(behind))
}

// lead is by how much the best candidate is ahead.
func (r *Ranking) lead() float64 {
	scores := make([]float64, 0, next+1)
	for i := range r.Candidates[:min(len(r.Candidates), next+1)] {
		scores = append(scores, r.Candidates[i].score)
	}
	return lead(scores)
}
