package rank

import (
	"errors"
	"math"
	"slices"
	"sync"
)

// Example is an observation of which the actor is known, for [Fit].
type Example struct {
	Observed []string
	Profiles *Profiles // without what the observation itself has added
	// Answer are ids of groups each of which is right; none where the actor is not among the candidates.
	Answer []string
	Actor  string  // what is left out together
	Weight float64 // above 0
}

// start is where fitting begins, and to which penalty draws constants.
func start() Params {
	return Params{
		TechniqueOdds: -2, TechniqueRarity: 0.5, SoftwareOdds: -3, SoftwareRarity: 1, Size: -0.3, Prior: 1, Fade: 0.5,
		Scale: 1.5, Length: -0.5, Slope: 1, None: 3, Lead: 0.5, Explained: 3,
	}
}

const (
	penalty    = 0.01 // times the square of how far a constant is from where it began
	innerFolds = 5
	iterations = 100
)

// Fit finds constants for examples. Those of scores minimise the mean of −ln of the right group's probability. Those that
// turn scores into probabilities are fitted to scores of examples whose actor was left out when the former were found, as they
// would otherwise believe the scores too much; none-of-these is learnt from examples without an answer, and weighs these as much
// as the others. The same input gives the same output.
func Fit(examples []Example) (Params, error) {
	designs, actors := make([]design, len(examples)), make([]string, len(examples))
	answered := 0
	for i := range examples {
		designs[i], actors[i] = newDesign(&examples[i]), examples[i].Actor
		if len(designs[i].right) > 0 {
			answered++
		}
	}
	if answered == 0 || answered == len(designs) {
		return Params{}, errors.New("fitting needs cases with a known actor and cases with an unknown one")
	}
	folds := Folds(actors, innerFolds)
	models := make([]Params, innerFolds+1) // the last is of all examples
	var wait sync.WaitGroup
	for k := range models {
		wait.Go(func() {
			var own []*design
			for i := range designs {
				if folds[i] != k {
					own = append(own, &designs[i])
				}
			}
			models[k] = fitScores(own)
		})
	}
	wait.Wait()
	m := models[innerFolds]
	scored := make([]outcome, len(designs))
	for i := range designs {
		scored[i] = designs[i].outcome(&models[folds[i]])
	}
	fitSharpness(&m, scored)
	fitUnknown(&m, scored)
	return m, nil
}

// Folds deals examples into n folds, those of one actor into one: actors in order of how many examples they have, each into
// the fold that has the fewest so far.
func Folds(actor []string, n int) []int {
	count := map[string]int{}
	for _, a := range actor {
		count[a]++
	}
	var names []string
	for a := range count {
		names = append(names, a)
	}
	slices.Sort(names)
	slices.SortStableFunc(names, func(a, b string) int { return count[b] - count[a] })
	load, of := make([]int, n), map[string]int{}
	for _, a := range names {
		k := 0
		for i := range load {
			if load[i] < load[k] {
				k = i
			}
		}
		of[a] = k
		load[k] += count[a]
	}
	out := make([]int, len(actor))
	for i, a := range actor {
		out[i] = of[a]
	}
	return out
}

// design is an example as numbers: who has what of the observation.
type design struct {
	n        float64
	features []observedFeature
	z        []float64 // by candidate
	share    []float64 // by candidate
	matches  []match
	right    []int // candidates
	known    bool  // the example has an answer, whether or not it is a candidate
	weight   float64
}

type observedFeature struct {
	rarity   float64
	software bool
}

type match struct{ candidate, feature int }

func newDesign(e *Example) design {
	p := e.Profiles
	r := p.Rank(e.Observed) // for the shares, which no constant changes
	d := design{n: r.observed.size(), z: make([]float64, len(p.list)), share: make([]float64, len(p.list)), known: len(e.Answer) > 0, weight: e.Weight}
	for _, x := range r.observed.known {
		d.features = append(d.features, observedFeature{p.rarity(x), p.corpus.Features[x].Software()})
	}
	for i := range r.Candidates {
		d.share[r.Candidates[i].profile] = r.Candidates[i].share
	}
	for i := range p.list {
		f := &p.list[i]
		d.z[i] = f.z
		if slices.Contains(e.Answer, p.corpus.Groups[f.group].ID) {
			d.right = append(d.right, i)
		}
		for j, x := range r.observed.known {
			if f.has(x) {
				d.matches = append(d.matches, match{i, j})
			}
		}
	}
	return d
}

// scores are those of the candidates, in their order; sums those of their weights. odds are e^(what stands in the exponent of
// each match's weight), from which the slopes follow.
func (d *design) scores(m *Params) (scores, sums, odds []float64) {
	ofFeature, ofSize := make([]float64, len(d.features)), make([]float64, len(d.z))
	for j, f := range d.features {
		a, b := m.TechniqueOdds, m.TechniqueRarity
		if f.software {
			a, b = m.SoftwareOdds, m.SoftwareRarity
		}
		ofFeature[j] = math.Exp(a + b*f.rarity)
	}
	for i, z := range d.z {
		ofSize[i] = math.Exp(m.Size * z)
	}
	sums, odds = make([]float64, len(d.z)), make([]float64, len(d.matches))
	for k, t := range d.matches {
		odds[k] = ofFeature[t.feature] * ofSize[t.candidate]
		sums[t.candidate] += math.Log1p(odds[k])
	}
	scores = make([]float64, len(d.z))
	scale, prior := m.scale(d.n), m.prior(d.n)
	for i := range scores {
		scores[i] = scale*sums[i] + prior*d.z[i]
	}
	return scores, sums, odds
}

// loss is −ln of the probability of the right groups, times the weight. It adds the slopes to slope.
func (d *design) loss(m, slope *Params) float64 {
	scores, sums, odds := d.scores(m)
	best := slices.Max(scores)
	all, right := 0.0, 0.0
	part := make([]float64, len(scores)) // first of the sum, then what a higher score does to the loss
	for i, s := range scores {
		part[i] = math.Exp(s - best)
		all += part[i]
	}
	for _, i := range d.right {
		right += part[i]
	}
	right = max(right, 1e-300)
	length := math.Log(d.n / 10)
	scale, fade := m.scale(d.n), math.Tanh(length)
	for i := range part {
		v := part[i] / all
		if slices.Contains(d.right, i) {
			v -= part[i] / right
		}
		v *= d.weight
		part[i] = v
		slope.Prior += v * d.z[i]
		slope.Fade -= v * fade * d.z[i]
		slope.Scale += v * scale * sums[i]
		slope.Length += v * scale * sums[i] * length
	}
	for k, t := range d.matches {
		f := &d.features[t.feature]
		v := part[t.candidate] * scale * odds[k] / (1 + odds[k])
		if f.software {
			slope.SoftwareOdds += v
			slope.SoftwareRarity += v * f.rarity
		} else {
			slope.TechniqueOdds += v
			slope.TechniqueRarity += v * f.rarity
		}
		slope.Size += v * d.z[t.candidate]
	}
	return d.weight * (math.Log(all) - math.Log(right))
}

func fitScores(designs []*design) Params {
	begin, all := start(), 0.0
	for _, d := range designs {
		if len(d.right) > 0 {
			all += d.weight
		}
	}
	x := make([]float64, scoreParams)
	for i, v := range begin.vector()[:scoreParams] {
		x[i] = *v
	}
	with := func(x []float64) Params {
		m := begin
		for i, v := range m.vector()[:len(x)] {
			*v = x[i]
		}
		return m
	}
	return with(minimise(x, func(x []float64) (float64, []float64) {
		m := with(x)
		var slope Params
		sum := 0.0
		for _, d := range designs {
			if len(d.right) > 0 {
				sum += d.loss(&m, &slope)
			}
		}
		sum /= max(all, 1e-300)
		out := make([]float64, len(x))
		from, slopes := begin.vector(), slope.vector()
		for i := range x {
			away := x[i] - *from[i]
			sum += penalty * away * away
			out[i] = *slopes[i]/max(all, 1e-300) + 2*penalty*away
		}
		return sum, out
	}))
}

// outcome is what matters of a ranking to those who judge it.
type outcome struct {
	known, right bool
	weight       float64
	logit        float64 // of the best candidate's probability at a sharpness of 1
	lead, share  float64
}

func (d *design) outcome(m *Params) outcome {
	scores, _, _ := d.scores(m)
	best := 0
	for i := range scores {
		if scores[i] > scores[best] {
			best = i
		}
	}
	o := outcome{known: d.known, right: slices.Contains(d.right, best), weight: d.weight, share: d.share[best]}
	others := -1.0
	for _, s := range scores {
		others += math.Exp(s - scores[best])
	}
	o.logit = -math.Log(max(others, 1e-300))
	slices.Sort(scores)
	slices.Reverse(scores)
	o.lead = lead(scores)
	return o
}

// event is something that happened or did not, with what is known beforehand.
type event struct {
	x        []float64
	happened bool
	weight   float64
}

// regress finds the factors of x with which σ of their sum is the probability of what happened, by its logarithm.
func regress(from []float64, events []event) []float64 {
	all := 0.0
	for i := range events {
		all += events[i].weight
	}
	return minimise(from, func(factors []float64) (float64, []float64) {
		sum, slope := 0.0, make([]float64, len(factors))
		for i := range events {
			e := &events[i]
			at := 0.0
			for k, f := range factors {
				at += f * e.x[k]
			}
			wrong := sigmoid(at)
			if e.happened {
				wrong, at = wrong-1, -at
			}
			sum += e.weight / all * (max(at, 0) + math.Log1p(math.Exp(-math.Abs(at))))
			for k := range slope {
				slope[k] += e.weight / all * wrong * e.x[k]
			}
		}
		return sum, slope
	})
}

func fitSharpness(m *Params, scored []outcome) {
	var events []event
	for i := range scored {
		if o := &scored[i]; o.known {
			events = append(events, event{[]float64{1, o.logit, o.share}, o.right, o.weight})
		}
	}
	x := regress([]float64{m.Shift, m.Slope, m.Trust}, events)
	m.Shift, m.Slope, m.Trust = x[0], x[1], x[2]
}

func fitUnknown(m *Params, scored []outcome) {
	known, unknown := 0.0, 0.0
	for i := range scored {
		if scored[i].known {
			known += scored[i].weight
		} else {
			unknown += scored[i].weight
		}
	}
	var events []event
	for i := range scored {
		o := &scored[i]
		weight := o.weight / known
		if !o.known {
			weight = o.weight / unknown
		}
		events = append(events, event{[]float64{1, -o.lead, -o.share}, !o.known, weight})
	}
	x := regress([]float64{m.None, m.Lead, m.Explained}, events)
	m.None, m.Lead, m.Explained = x[0], x[1], x[2]
}
