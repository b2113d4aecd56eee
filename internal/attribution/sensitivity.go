package attribution

import "slices"

// Doubt is what follows if one thing is wrong.
type Doubt struct {
	Items   []string // identifiers: one item, or all of a line of evidence that has several
	Line    bool     // it is a line
	Flipped bool     // they say the contrary of what they seem to; otherwise they are nothing
	Ranks   []int    // of the hypotheses then
	Leads   bool     // others lead then
	Leaders []int    // places in [Matrix.Hypotheses]
}

// Sensitivity is which single item, if it is wrong, changes the order of the hypotheses: taken away, or flipped (what is
// consistent is inconsistent, and the other way round). A line of evidence of several items is looked at as a whole, too: where a
// source is wrong, all that it has said is. Doubts are in order of items, those that change the lead first.
func (m *Matrix) Sensitivity() []Doubt {
	var out []Doubt
	width := len(m.Hypotheses)
	if width == 0 {
		return nil
	}
	b := m.board()
	now := rankOf(m.Scores)
	before := leaders(now)
	base, totals, room := make([]int, width), make([]int, width), make([]int, width)
	for h, s := range m.Scores {
		base[h] = s.Against
	}
	try := func(d Doubt) {
		r := ranks(totals, room)
		if slices.Equal(r, now) {
			return
		}
		d.Ranks, d.Leaders = r, leaders(r)
		d.Leads = !slices.Equal(d.Leaders, before)
		out = append(out, d)
	}
	lines := make([][]int, m.lines)
	for i := range m.Items {
		row := &m.Items[i]
		lines[row.Line] = append(lines[row.Line], i)
		rest := func(h int) int { // what the line counts without the item
			v, _ := weigh(row.Weight, row.Ratings[h])
			at := row.Line*width + h
			if v < b.first[at] {
				return b.first[at]
			}
			return b.second[at]
		}
		for _, flipped := range []bool{false, true} {
			for h := range totals {
				v := rest(h)
				if flipped {
					contrary, _ := weigh(row.Weight, row.Ratings[h].flip())
					v = max(v, contrary)
				}
				totals[h] = base[h] - b.first[row.Line*width+h] + v
			}
			try(Doubt{Items: []string{row.ID}, Flipped: flipped})
		}
	}
	for line, items := range lines {
		if len(items) < 2 {
			continue
		}
		ids := make([]string, len(items))
		for n, i := range items {
			ids[n] = m.Items[i].ID
		}
		for _, flipped := range []bool{false, true} {
			for h := range totals {
				v := 0
				for _, i := range items {
					if flipped {
						contrary, _ := weigh(m.Items[i].Weight, m.Items[i].Ratings[h].flip())
						v = max(v, contrary)
					}
				}
				totals[h] = base[h] - b.first[line*width+h] + v
			}
			try(Doubt{Items: ids, Line: true, Flipped: flipped})
		}
	}
	slices.SortStableFunc(out, func(a, b Doubt) int {
		switch {
		case a.Leads == b.Leads:
			return 0
		case a.Leads:
			return -1
		}
		return 1
	})
	return out
}
