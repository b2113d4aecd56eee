// Package score measures rankings of groups against cases of which the actor is known, as the reference scorer of the cases
// does, to the last digit: top-k accuracy, mean reciprocal rank, calibration error, accuracy of the most confident cases,
// the area under the curve of "none of these", and a bootstrap interval over actors.
//
// Cases are read with [ReadCases] and predictions written with [Prediction.AppendJSON]. A prediction that breaks the rules of
// the format is refused ([Check]).
package score

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// What the reference scorer uses.
const (
	bins      = 10
	resamples = 2000
	seed      = 1
)

// Bounds on a file of cases.
const (
	maxLine  = 16 << 20
	maxCases = 1_000_000
)

// Case is one line of a file of cases.
type Case struct {
	ID          string   `json:"id"`
	Set         string   `json:"set"`
	Filter      string   `json:"filter"`
	Techniques  []string `json:"techniques"`
	Software    []string `json:"software"`
	Answer      []string `json:"answer"`
	Drop        []string `json:"drop"`
	RemoveGroup string   `json:"remove_group"`
}

// Observed are the techniques and software together.
func (c *Case) Observed() []string { return slices.Concat(c.Techniques, c.Software) }

// ReadCases reads JSON lines. An error says in which line.
func ReadCases(r io.Reader) ([]Case, error) {
	var cases []Case
	ids := map[string]bool{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var c Case
		if err := json.Unmarshal(line, &c); err != nil {
			return nil, fmt.Errorf("line %d is no case: %w", n, err)
		}
		if c.ID == "" || ids[c.ID] {
			return nil, fmt.Errorf("line %d: a case needs an id of its own, and %q is none", n, c.ID)
		}
		if len(cases) == maxCases {
			return nil, fmt.Errorf("there are more than %d cases", maxCases)
		}
		ids[c.ID] = true
		cases = append(cases, c)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	return cases, nil
}

// Ranked is a group and the probability that it is the actor, if the actor is one of the candidates.
type Ranked struct {
	Group       string
	Probability float64
}

// Prediction is what was ranked for a case, best first.
type Prediction struct {
	ID      string
	Ranking []Ranked
	// Unknown, from 0 to 1, is higher for "none of the candidates".
	Unknown float64
}

// AppendJSON appends the prediction as a line for the scorer. Numbers have as many digits as it takes to read the same back.
func (p *Prediction) AppendJSON(b []byte) []byte {
	id, _ := json.Marshal(p.ID) // a string
	b = append(append(b, `{"id":`...), id...)
	b = append(b, `,"ranking":[`...)
	for i, r := range p.Ranking {
		if i > 0 {
			b = append(b, ',')
		}
		group, _ := json.Marshal(r.Group) // a string
		b = append(append(b, '['), group...)
		b = strconv.AppendFloat(append(b, ','), r.Probability, 'g', -1, 64)
		b = append(b, ']')
	}
	b = strconv.AppendFloat(append(b, `],"unknown":`...), p.Unknown, 'g', -1, 64)
	return append(b, "}\n"...)
}

// Check says what is wrong with a prediction.
func Check(p *Prediction, c *Case) error {
	seen := map[string]bool{}
	last := 1.0
	for _, r := range p.Ranking {
		switch {
		case seen[r.Group]:
			return fmt.Errorf("%s: %s is ranked twice", c.ID, r.Group)
		case r.Group == c.RemoveGroup && c.RemoveGroup != "":
			return fmt.Errorf("%s: the removed group is ranked", c.ID)
		case !(r.Probability >= 0 && r.Probability <= 1):
			return fmt.Errorf("%s: a probability is outside 0..1", c.ID)
		case r.Probability > last:
			return fmt.Errorf("%s: the ranking is not in order of probability", c.ID)
		}
		seen[r.Group], last = true, r.Probability
	}
	if !(p.Unknown >= 0 && p.Unknown <= 1) {
		return fmt.Errorf("%s: a probability is outside 0..1", c.ID)
	}
	return nil
}

// Measures are those of one set and filter. AUROC is NaN where there are no cases with an unknown actor.
type Measures struct {
	Set, Filter      string
	N                int
	Top1, Top3, Top5 float64
	Low, High        float64 // 95% interval of Top1
	MRR, ECE         float64
	Confidence       float64
	Accuracy30       float64
	Accuracy50       float64
	AUROC            float64
}

type result struct {
	id         string
	actor      string
	rank       float64
	confidence float64
	correct    float64 // 0 or 1
}

// Measure compares predictions, one for each case and in their order, with the answers.
func Measure(cases []Case, predictions []Prediction) ([]Measures, error) {
	if len(cases) != len(predictions) {
		return nil, fmt.Errorf("there are %d predictions for %d cases", len(predictions), len(cases))
	}
	type block struct{ set, filter string }
	members := map[block][]int{}
	var blocks []block
	for i := range cases {
		if predictions[i].ID != cases[i].ID {
			return nil, fmt.Errorf("no prediction for %s", cases[i].ID)
		}
		if err := Check(&predictions[i], &cases[i]); err != nil {
			return nil, err
		}
		b := block{cases[i].Set, cases[i].Filter}
		if members[b] == nil {
			blocks = append(blocks, b)
		}
		members[b] = append(members[b], i)
	}
	slices.SortFunc(blocks, func(a, b block) int {
		return cmp.Or(strings.Compare(a.set, b.set), strings.Compare(a.filter, b.filter))
	})
	var out []Measures
	for _, b := range blocks {
		var results []result
		var novel, known []float64
		for _, i := range members[b] {
			c, p := &cases[i], &predictions[i]
			if len(c.Answer) > 0 {
				results = append(results, resultOf(c, p))
				known = append(known, p.Unknown)
			}
			if c.RemoveGroup != "" {
				novel = append(novel, p.Unknown)
			}
		}
		if len(results) == 0 {
			return nil, fmt.Errorf("no case of %s, %s has an answer", b.set, b.filter)
		}
		m := measure(results)
		m.Set, m.Filter, m.AUROC = b.set, b.filter, auroc(novel, known)
		out = append(out, m)
	}
	return out, nil
}

func resultOf(c *Case, p *Prediction) result {
	r := result{id: c.ID, actor: strings.Join(c.Answer, "\x00"), rank: rankOf(p.Ranking, c.Answer)}
	if len(p.Ranking) > 0 {
		r.confidence = p.Ranking[0].Probability
	}
	if r.rank == 1 {
		r.correct = 1
	}
	return r
}

// rankOf is the place of the best right group; equal probabilities count against it.
func rankOf(ranking []Ranked, answer []string) float64 {
	best := math.Inf(-1)
	for _, r := range ranking {
		if slices.Contains(answer, r.Group) {
			best = math.Max(best, r.Probability)
		}
	}
	if math.IsInf(best, -1) {
		return math.Inf(1)
	}
	rank := 1.0
	for _, r := range ranking {
		if r.Probability >= best && !slices.Contains(answer, r.Group) {
			rank++
		}
	}
	return rank
}

func measure(results []result) Measures {
	n := float64(len(results))
	share := func(of func(r *result) float64) float64 {
		sum := 0.0
		for i := range results {
			sum += of(&results[i])
		}
		return sum / n
	}
	within := func(k float64) float64 {
		return share(func(r *result) float64 {
			if r.rank <= k {
				return 1
			}
			return 0
		})
	}
	low, high := interval(results)
	return Measures{
		N: len(results), Top1: within(1), Top3: within(3), Top5: within(5), Low: low, High: high,
		MRR: share(func(r *result) float64 { return 1 / r.rank }), ECE: calibrationError(results),
		Confidence: share(func(r *result) float64 { return r.confidence }),
		Accuracy30: accuracyAt(0.3, results), Accuracy50: accuracyAt(0.5, results),
	}
}

func calibrationError(results []result) float64 {
	var gaps [bins]float64
	for i := range results {
		r := &results[i]
		gaps[min(int(r.confidence*bins), bins-1)] += r.confidence - r.correct
	}
	sum := 0.0
	for _, g := range gaps {
		sum += math.Abs(g)
	}
	return sum / float64(len(results))
}

// accuracyAt is the accuracy of the most confident share of the cases.
func accuracyAt(coverage float64, results []result) float64 {
	sorted := slices.Clone(results)
	slices.SortFunc(sorted, func(a, b result) int {
		return cmp.Or(cmp.Compare(b.confidence, a.confidence), strings.Compare(a.id, b.id))
	})
	sorted = sorted[:int(math.Ceil(coverage*float64(len(results))))]
	sum := 0.0
	for i := range sorted {
		sum += sorted[i].correct
	}
	return sum / float64(len(sorted))
}

// interval redraws whole actors.
func interval(results []result) (low, high float64) {
	type count struct{ hits, n float64 }
	byActor := map[string]*count{}
	var actors []string
	for i := range results {
		r := &results[i]
		c := byActor[r.actor]
		if c == nil {
			c = &count{}
			byActor[r.actor] = c
			actors = append(actors, r.actor)
		}
		c.hits += r.correct
		c.n++
	}
	slices.Sort(actors)
	rng := newTwister(seed)
	draws := make([]float64, resamples)
	for i := range draws {
		var hits, n float64
		for range actors {
			c := byActor[actors[rng.choice(len(actors))]]
			hits += c.hits
			n += c.n
		}
		draws[i] = hits / n
	}
	slices.Sort(draws)
	return draws[resamples/40], draws[resamples-resamples/40-1]
}

// auroc is the chance that a positive is above a negative, ties counted half.
func auroc(positive, negative []float64) float64 {
	if len(positive) == 0 || len(negative) == 0 {
		return math.NaN()
	}
	above := 0.0
	for _, p := range positive {
		for _, n := range negative {
			switch {
			case p > n:
				above++
			case p == n:
				above += 0.5
			}
		}
	}
	return above / (float64(len(positive)) * float64(len(negative)))
}
