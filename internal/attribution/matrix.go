package attribution

import (
	"cmp"
	"slices"
)

// similarityWeight is the most that what a machine has found by comparing may count, of 100: a tenth of a source that has always
// been right. Similarity is not attribution.
const similarityWeight = 10

// Matrix is the analysis of competing hypotheses (Heuer, Psychology of Intelligence Analysis, 1999) of one set of hypotheses: they
// are ranked by how little the evidence is against them, not by how much is for them.
//
// An item that is inconsistent with a hypothesis counts its weight (see [Grade.Weight]) against it, twice where it is very
// inconsistent. Of the items of one independence group the one counts that says most, for each hypothesis: the group is one line of
// evidence, and what it says twice it says once. All similarity is one line, and counts [similarityWeight] at most. Lines are added up.
//
// A higher weight of an item raises what is against those hypotheses alone with which it is inconsistent. Hence none with which it is
// consistent, or neutral, ever falls behind another by it. What is for a hypothesis is told, and ranks nothing.
type Matrix struct {
	Set        string
	Hypotheses []string // identifiers, in order of the case
	Items      []MatrixItem
	Scores     []Score // by hypothesis

	lines int // how many there are
}

// MatrixItem is a row.
type MatrixItem struct {
	ID            string
	Weight        int      // 4 to 100
	Ratings       []Rating // by hypothesis; "" where nobody has rated it
	Contested     []bool   // organisations are on different sides
	Diagnosticity float64  // how far it tells hypotheses apart, 0 to 1: the widest distance between two ratings, of the scale's
	Line          int      // of one line of evidence are those with one number
}

// Score is how a hypothesis stands.
type Score struct {
	Against int // what is inconsistent with it; the less, the better
	For     int // what is consistent; ranks nothing
	Unrated int // lines of evidence that nobody has rated: they count nothing, which may flatter it
	Rank    int // from 1; equal ones share it
}

// Sets are the sets of hypotheses in order of their first ones, "" for those that exclude none.
func (c *Case) Sets() []string {
	var out []string
	for _, a := range c.Answers {
		if !slices.Contains(out, a.Set) {
			out = append(out, a.Set)
		}
	}
	return out
}

// Matrix is that of a set.
func (c *Case) Matrix(set string) *Matrix {
	m := &Matrix{Set: set}
	for _, a := range c.Answers {
		if a.Set == set {
			m.Hypotheses = append(m.Hypotheses, a.ID)
		}
	}
	lines := map[string]int{}
	for _, i := range c.Items {
		row := MatrixItem{ID: i.ID, Weight: i.weight(), Ratings: make([]Rating, len(m.Hypotheses)), Contested: make([]bool, len(m.Hypotheses))}
		group := i.lineOf()
		if _, met := lines[group]; !met {
			lines[group] = len(lines)
		}
		row.Line = lines[group]
		for n, h := range m.Hypotheses {
			if x := c.Cells[Cross{i.ID, h}]; x != nil {
				row.Ratings[n], row.Contested[n] = x.Rating, x.Contested
			}
		}
		row.Diagnosticity = diagnosticity(row.Ratings)
		m.Items = append(m.Items, row)
	}
	m.lines = len(lines)
	m.score()
	return m
}

// weight is how much an item counts.
func (i *Item) weight() int {
	if i.Item == Similarity {
		return min(i.Grade.Weight(), similarityWeight)
	}
	return i.Grade.Weight()
}

// lineOf names the line of evidence that an item is of, so that no two lines have one name.
func (i *Item) lineOf() string {
	switch {
	case i.Item == Similarity:
		return "similarity"
	case i.Group != "":
		return "group " + i.Group
	}
	return "item " + i.ID
}

func diagnosticity(ratings []Rating) float64 {
	least, most, n := 2, -2, 0
	for _, r := range ratings {
		if r != "" && r != NotApplicable {
			least, most, n = min(least, r.value()), max(most, r.value()), n+1
		}
	}
	if n < 2 {
		return 0
	}
	return float64(most-least) / 4
}

// against is what a rating counts against a hypothesis, and for it.
func weigh(weight int, r Rating) (against, in int) {
	v := r.value() * weight
	return max(-v, 0), max(v, 0)
}

// board is what each line of evidence counts against each hypothesis: the most of its items, and the next most, so that one item can be
// taken away without looking at the others again.
type board struct {
	width  int
	first  []int // [line*width + hypothesis]
	second []int
}

func (m *Matrix) board() *board {
	b := &board{width: len(m.Hypotheses), first: make([]int, m.lines*len(m.Hypotheses)), second: make([]int, m.lines*len(m.Hypotheses))}
	for i := range m.Items {
		row := &m.Items[i]
		for h, r := range row.Ratings {
			v, _ := weigh(row.Weight, r)
			switch at := row.Line*b.width + h; {
			case v >= b.first[at]:
				b.first[at], b.second[at] = v, b.first[at]
			case v > b.second[at]:
				b.second[at] = v
			}
		}
	}
	return b
}

func (m *Matrix) score() {
	width := len(m.Hypotheses)
	m.Scores = make([]Score, width)
	b := m.board()
	most, rated := make([]int, m.lines*width), make([]bool, m.lines*width)
	for i := range m.Items {
		row := &m.Items[i]
		for h, r := range row.Ratings {
			_, in := weigh(row.Weight, r)
			at := row.Line*width + h
			most[at], rated[at] = max(most[at], in), rated[at] || r != ""
		}
	}
	totals := make([]int, width)
	for at := range most {
		s := &m.Scores[at%width]
		s.Against, s.For = s.Against+b.first[at], s.For+most[at]
		if !rated[at] {
			s.Unrated++
		}
		totals[at%width] = s.Against
	}
	for h, rank := range ranks(totals, nil) {
		m.Scores[h].Rank = rank
	}
}

// ranks are the places of scores, the least being the first; equal ones share theirs. room may be nil.
func ranks(totals, room []int) []int {
	sorted := append(room[:0], totals...)
	slices.Sort(sorted)
	out := make([]int, len(totals))
	for h, t := range totals {
		n, _ := slices.BinarySearch(sorted, t)
		out[h] = n + 1
	}
	return out
}

// Order are the hypotheses from the first rank on, equal ones in order of the case, as places in Hypotheses.
func (m *Matrix) Order() []int {
	out := make([]int, len(m.Hypotheses))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(m.Scores[a].Rank, m.Scores[b].Rank) })
	return out
}

// Leaders are the hypotheses of the first rank, as places in Hypotheses.
func (m *Matrix) Leaders() []int { return leaders(rankOf(m.Scores)) }

func rankOf(scores []Score) []int {
	out := make([]int, len(scores))
	for i, s := range scores {
		out[i] = s.Rank
	}
	return out
}

func leaders(ranks []int) []int {
	var out []int
	for h, r := range ranks {
		if r == 1 {
			out = append(out, h)
		}
	}
	return out
}
