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
// as the others. actor names what is left out together, one for each example. The same input gives the same output.
func Fit(examples []Example, actor []string) (Params, error) {
	if len(examples) != len(actor) {
		return Params{}, errors.New("every example needs an actor")
	}
	designs := make([]design, len(examples))
	answered := 0
	for i := range examples {
		designs[i] = newDesign(&examples[i])
		if len(designs[i].right) > 0 {
			answered++
		}
	}
	if answered == 0 || answered == len(designs) {
		return Params{}, errors.New("fitting needs cases with a known actor and cases with an unknown one")
	}
	folds := Folds(actor, innerFolds)
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
		scored[i] = designs[i].outcome(models[folds[i]])
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
	n       float64
	z       []float64 // by candidate
	matches []match
	right   []int // candidates
	share   []float64
	known   bool // the example has an answer, whether or not it is a candidate
}

type match struct {
	candidate int
	rarity    float64
	software  bool
}

func newDesign(e *Example) design {
	p := e.Profiles
	o := p.corpus.observe(e.Observed)
	d := design{n: o.size(), z: make([]float64, len(p.list)), share: make([]float64, len(p.list)), known: len(e.Answer) > 0}
	for i := range p.list {
		f := &p.list[i]
		d.z[i] = f.z
		d.share[i] = p.explained(&o, f)
		if slices.Contains(e.Answer, p.corpus.Groups[f.group].ID) {
			d.right = append(d.right, i)
		}
		for _, x := range o.known {
			if f.has(x) {
				d.matches = append(d.matches, match{i, p.rarity(x), p.corpus.Features[x].Software()})
			}
		}
	}
	return d
}

// scores are those of the candidates, in their order.
func (d *design) scores(m *Params) []float64 {
	out := make([]float64, len(d.z))
	scale, prior := m.scale(d.n), m.prior(d.n)
	for i := range d.matches {
		t := &d.matches[i]
		out[t.candidate] += scale * m.weight(t.software, t.rarity, d.z[t.candidate])
	}
	for i := range out {
		out[i] += prior * d.z[i]
	}
	return out
}

// loss is −ln of the probability of the right groups.
func (d *design) loss(m *Params) float64 {
	scores := d.scores(m)
	best := slices.Max(scores)
	all, right := 0.0, 0.0
	for _, s := range scores {
		all += math.Exp(s - best)
	}
	for _, i := range d.right {
		right += math.Exp(scores[i] - best)
	}
	return math.Log(all) - math.Log(max(right, 1e-300))
}

func fitScores(designs []*design) Params {
	begin := start()
	from := begin.vector()
	with := func(x []float64) Params {
		m := start()
		for i, v := range m.vector()[:len(x)] {
			*v = x[i]
		}
		return m
	}
	x := make([]float64, scoreParams)
	for i := range x {
		x[i] = *from[i]
	}
	return with(minimise(x, func(x []float64) float64 {
		m := with(x)
		sum, n := 0.0, 0.0
		for _, d := range designs {
			if len(d.right) > 0 {
				sum += d.loss(&m)
				n++
			}
		}
		sum /= max(n, 1)
		for i := range x {
			sum += penalty * (x[i] - *from[i]) * (x[i] - *from[i])
		}
		return sum
	}))
}

// outcome is what matters of a ranking to those who judge it.
type outcome struct {
	known, right    bool
	logit           float64 // of the best candidate's probability at a sharpness of 1
	lead, explained float64
}

func (d *design) outcome(m Params) outcome {
	scores := d.scores(&m)
	best := 0
	for i := range scores {
		if scores[i] > scores[best] {
			best = i
		}
	}
	o := outcome{known: d.known, right: slices.Contains(d.right, best), explained: d.share[best]}
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

// logLoss is −ln of what a probability of σ(x) gives to what happened.
func logLoss(x float64, happened bool) float64 {
	if happened {
		x = -x
	}
	return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
}

func fitSharpness(m *Params, scored []outcome) {
	x := minimise([]float64{m.Shift, m.Slope}, func(x []float64) float64 {
		sum, n := 0.0, 0.0
		for i := range scored {
			if o := &scored[i]; o.known {
				sum += logLoss(x[0]+x[1]*o.logit, o.right)
				n++
			}
		}
		return sum / n
	})
	m.Shift, m.Slope = x[0], x[1]
}

func fitUnknown(m *Params, scored []outcome) {
	known := 0.0
	for i := range scored {
		if scored[i].known {
			known++
		}
	}
	weight := known / (float64(len(scored)) - known) // of those without an answer
	x := minimise([]float64{m.None, m.Lead, m.Explained}, func(x []float64) float64 {
		sum := 0.0
		for i := range scored {
			o := &scored[i]
			loss := logLoss(x[0]-x[1]*o.lead-x[2]*o.explained, !o.known)
			if !o.known {
				loss *= weight
			}
			sum += loss
		}
		return sum / (2 * known)
	})
	m.None, m.Lead, m.Explained = x[0], x[1], x[2]
}
