package attribution

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// leastShare is what the least likely slot of a member counts at least, before shares are made to add up to one: a member that has
// not spoken of a hypothesis does not veto it.
const leastShare = 0.01

// Pool is what members judge of hypotheses of which one at most holds, put together.
//
// Each member becomes a distribution. A term counts the middle of its band ([Likelihood.Middle]). What a member has not judged shares
// what its judgements leave of one, in equal parts; nothing gets less than a hundredth. Then all are divided by their sum.
//
// The linear pool is the weighted mean of the distributions: it keeps every view, and is as wide as the members are apart. The log-linear
// pool is their weighted geometric mean, divided by its sum: it goes where all agree, and one who is nearly certain draws it far. Where
// both are far from each other, members disagree, and neither should be shown alone. Confidence changes no weight.
type Pool struct {
	Set       string // "" for one hypothesis that excludes none
	Slots     []Slot
	Members   []PoolMember // by name
	Linear    []float64    // by slot; adds up to 1
	LogLinear []float64
	Spreads   []Spread // of the hypotheses, in order of Slots
	Unpooled  []string // members that judged in own words, or gave no likelihood
}

// Slot is one of the things that may be so.
type Slot struct {
	Hypothesis string // identifier; "" for all that no hypothesis says
	Says       string // where Hypothesis is ""
}

// PoolMember is what a member brings.
type PoolMember struct {
	Name   string
	Weight float64   // of all, which add up to 1
	Shares []float64 // by slot; adds up to 1
	Sum    float64   // of the middles of what it judged: far from 1, its judgements do not fit together, or are of some hypotheses alone
	Judged int
}

// Stated is what a member says of a hypothesis.
type Stated struct {
	Member      string
	Likelihood  Likelihood
	Least, Most int // percent; 0, 0 in own words
	Confidence  Confidence
	LeansOn     []string // items of evidence
	Pooled      bool
}

// Spread is how far members are apart about a hypothesis.
type Spread struct {
	Hypothesis  string
	Stated      []Stated // by member
	Least, Most float64  // of the middles of bands, as probabilities
	// Outside are members whose band lies beside that of the middle of the others: with the median of the others' lower ends, and that of
	// their upper ends, it has no more than an end in common. It takes two others at least to be outside.
	Outside []string
	Shared  []string            // items on which all of those lean who name any
	Alone   map[string][]string // items on which one member alone leans, by member
}

// Pools puts judgements together: one pool for each set of hypotheses, and one for each hypothesis that excludes none. Members have the
// weight that is given, 1 without; a weight of 0 leaves a member out of the figures, not of the disagreement.
func (c *Case) Pools(weights map[string]float64) ([]*Pool, error) {
	names := map[string]bool{}
	for _, o := range c.Opinions {
		names[o.By()] = true
	}
	for name, w := range weights {
		if !names[name] {
			return nil, fmt.Errorf("%.60q has judged nothing here", name)
		}
		if !(w >= 0 && w <= 1e6) {
			return nil, fmt.Errorf("the weight of %.60q is no number from 0 to a million", name)
		}
	}
	var out []*Pool
	for _, set := range c.Sets() {
		var open []*Answer
		for _, a := range c.Answers {
			if a.Set == set {
				open = append(open, a)
			}
		}
		if set != "" {
			out = append(out, c.pool(set, open, weights))
			continue
		}
		for _, a := range open {
			out = append(out, c.pool("", []*Answer{a}, weights))
		}
	}
	return out, nil
}

func (c *Case) pool(set string, list []*Answer, weights map[string]float64) *Pool {
	p := &Pool{Set: set}
	rest := true
	at := map[string]int{}
	for n, a := range list {
		p.Slots = append(p.Slots, Slot{Hypothesis: a.ID})
		at[a.ID] = n
		rest = rest && a.Stance != Unknown
	}
	switch {
	case set == "":
		p.Slots = append(p.Slots, Slot{Says: "it is not so"})
	case rest:
		p.Slots = append(p.Slots, Slot{Says: "none of these"})
	}
	middles := map[string]map[int]float64{}
	var spoke []string
	for _, o := range c.Opinions {
		n, ok := at[o.Hypothesis]
		if !ok {
			continue
		}
		by := o.By()
		if middles[by] == nil {
			middles[by], spoke = map[int]float64{}, append(spoke, by)
		}
		if m, ok := o.Likelihood.Middle(); ok {
			middles[by][n] = m
		}
	}
	slices.Sort(spoke)
	total := 0.0
	for _, by := range spoke {
		if len(middles[by]) == 0 {
			p.Unpooled = append(p.Unpooled, by)
			continue
		}
		m := member(by, middles[by], len(p.Slots))
		m.Weight = 1
		if w, ok := weights[by]; ok {
			m.Weight = w
		}
		total += m.Weight
		p.Members = append(p.Members, m)
	}
	p.merge(total)
	for _, a := range list {
		p.Spreads = append(p.Spreads, c.spread(a.ID))
	}
	return p
}

// member makes a distribution of what one has judged.
func member(name string, middles map[int]float64, slots int) PoolMember {
	m := PoolMember{Name: name, Shares: make([]float64, slots), Judged: len(middles)}
	for n := range slots {
		m.Sum += middles[n]
	}
	left := 0.0
	if open := slots - len(middles); open > 0 {
		left = max(0, 1-m.Sum) / float64(open)
	}
	for n := range m.Shares {
		share, judged := middles[n]
		if !judged {
			share = left
		}
		m.Shares[n] = max(share, leastShare)
	}
	toOne(m.Shares)
	return m
}

func toOne(shares []float64) {
	sum := 0.0
	for _, s := range shares {
		sum += s
	}
	for n := range shares {
		shares[n] /= sum
	}
}

// merge computes both pools. Without weight, or members, there are none.
func (p *Pool) merge(total float64) {
	if !(total > 0) {
		return
	}
	p.Linear, p.LogLinear = make([]float64, len(p.Slots)), make([]float64, len(p.Slots))
	for i := range p.Members {
		m := &p.Members[i]
		m.Weight /= total
		for n, s := range m.Shares {
			p.Linear[n] += m.Weight * s
			p.LogLinear[n] += m.Weight * math.Log(s)
		}
	}
	most := slices.Max(p.LogLinear)
	for n := range p.LogLinear {
		p.LogLinear[n] = math.Exp(p.LogLinear[n] - most)
	}
	toOne(p.Linear) // rounding
	toOne(p.LogLinear)
}

func (c *Case) spread(hypothesis string) Spread {
	s := Spread{Hypothesis: hypothesis, Alone: map[string][]string{}}
	first := true
	leaning := map[string][]string{}
	named := 0
	for _, o := range c.Opinions {
		if o.Hypothesis != hypothesis {
			continue
		}
		st := Stated{Member: o.By(), Likelihood: o.Likelihood, Confidence: o.Confidence}
		for _, id := range o.LeansOn {
			if _, known := c.Names[id]; known && !slices.Contains(st.LeansOn, id) {
				st.LeansOn = append(st.LeansOn, id)
				leaning[id] = append(leaning[id], o.By())
			}
		}
		if len(st.LeansOn) > 0 {
			named++
		}
		st.Least, st.Most, st.Pooled = o.Likelihood.Band()
		if m, ok := o.Likelihood.Middle(); ok {
			if first {
				s.Least, s.Most, first = m, m, false
			}
			s.Least, s.Most = min(s.Least, m), max(s.Most, m)
		}
		s.Stated = append(s.Stated, st)
	}
	slices.SortFunc(s.Stated, func(a, b Stated) int { return cmp.Compare(a.Member, b.Member) })
	for _, i := range c.Items {
		switch who := leaning[i.ID]; {
		case len(who) == 0:
		case len(who) == named && named > 1:
			s.Shared = append(s.Shared, i.ID)
		case len(who) == 1 && len(s.Stated) > 1:
			s.Alone[who[0]] = append(s.Alone[who[0]], i.ID)
		}
	}
	for n, st := range s.Stated {
		if st.Pooled && outside(s.Stated, n) {
			s.Outside = append(s.Outside, st.Member)
		}
	}
	return s
}

// outside says whether a band lies beside that of the middle of the others.
func outside(stated []Stated, n int) bool {
	var lower, upper []int
	for i, o := range stated {
		if i != n && o.Pooled {
			lower, upper = append(lower, 2*o.Least), append(upper, 2*o.Most)
		}
	}
	if len(lower) < 2 {
		return false
	}
	least, most := median(lower), median(upper)
	return 2*stated[n].Most <= least || 2*stated[n].Least >= most
}

// median is that of even numbers.
func median(list []int) int {
	slices.Sort(list)
	n := len(list)
	return (list[(n-1)/2] + list[n/2]) / 2
}
