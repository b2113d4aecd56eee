package rank

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Params are the constants of the model. How they were found stands in docs/attribution-ranking.md.
//
// With q what was observed, f a group's profile, n the number of candidates, df the number of them that have a feature x:
//
//	weight(x, f) = ln(1 + e^odds · ((n+1)/(df+½))^Rarity · (|f|/typical |f|)^Size)    where x is in f, else 0
//	score(f)     = e^Scale · (|q|/10)^Length · (Σ weight(x, f) − Miss · |q| · ln(|f|/typical |f|)) + Prior · ln(|f|/typical |f|)
//
// The weight is how much likelier an observation of x is if it comes from the group, which repeats what it is known for with
// some odds, than from anybody. Odds differ between techniques and software. Size and Miss: who is known for much is less
// told by one match, and Prior: is also behind more of what is seen. Length: techniques of one intrusion hang together, so
// that ten of them are less than ten independent witnesses.
type Params struct {
	Technique, Software float64 // ln of the odds
	Rarity, Size        float64
	Miss, Prior         float64
	Scale, Length       float64
	UnknownBias         float64
	UnknownSlope        float64
}

// Fitted are the constants that Rank uses.
func Fitted() Params {
	return Params{
		Technique: -2.145, Software: -1.322, Rarity: 0.623, Size: -0.367,
		Miss: 0.0531, Prior: 2.203, Scale: 1.098, Length: -0.41, UnknownSlope: 1,
	}
}

// observation is what was seen, in terms of a corpus.
type observation struct {
	known   []int    // features of the corpus, sorted
	unknown []string // ids that the corpus does not have
}

func (o *observation) size() float64 { return float64(len(o.known) + len(o.unknown)) }

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
	// Score is the logarithm of what Probability is proportional to.
	Score float64

	profile int // in Profiles.list
}

// Ranking is how groups compare with an observation, best first; equal ones in the order of their ids.
type Ranking struct {
	Candidates []Candidate
	// Unknown is the probability that it is none of the candidates.
	Unknown float64
}

// Rank compares an observation, ids of techniques and software in any order, with the profiles.
func (p *Profiles) Rank(ids []string) Ranking { return p.RankWith(Fitted(), ids) }

// RankWith is Rank with other constants.
func (p *Profiles) RankWith(m Params, ids []string) Ranking {
	o := p.corpus.observe(ids)
	r := Ranking{Candidates: make([]Candidate, len(p.list))}
	scale := m.scale(o.size())
	for i := range p.list {
		f := &p.list[i]
		size := math.Log(f.size) - p.center
		sum := -m.Miss * o.size() * size
		for _, x := range o.known {
			if f.has(x) {
				sum += p.weight(m, x, size)
			}
		}
		r.Candidates[i] = Candidate{Group: p.corpus.Groups[f.group], Score: scale*sum + m.Prior*size, profile: i}
	}
	slices.SortFunc(r.Candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Group.ID, b.Group.ID))
	})
	r.normalise(m)
	return r
}

func (m *Params) scale(n float64) float64 {
	if n == 0 {
		return 0
	}
	return math.Exp(m.Scale) * math.Pow(n/10, m.Length)
}

// weight is what a feature of a profile adds; size is ln of the profile's size over the typical one.
func (p *Profiles) weight(m Params, feature int, size float64) float64 {
	odds := m.Technique
	if p.corpus.Features[feature].Software() {
		odds = m.Software
	}
	rarity := math.Log((float64(len(p.list)) + 1) / (float64(p.df[feature]) + 0.5))
	return math.Log1p(math.Exp(odds + m.Rarity*rarity + m.Size*size))
}

// normalise turns scores into probabilities.
func (r *Ranking) normalise(m Params) {
	if len(r.Candidates) == 0 {
		r.Unknown = 1
		return
	}
	best, sum := r.Candidates[0].Score, 0.0
	for i := range r.Candidates {
		c := &r.Candidates[i]
		c.Probability = math.Exp(c.Score - best)
		sum += c.Probability
	}
	for i := range r.Candidates {
		r.Candidates[i].Probability /= sum
	}
	r.Unknown = 1 / (1 + math.Exp(m.UnknownBias+m.UnknownSlope*best))
}
