package logrange

import "slices"

// Score compares what a hunt found with the truth. It is for one goroutine.
type Score struct {
	at        map[Spot][]*tally
	plants    []*tally // in order of their first record
	elsewhere int
}

// Spot is where a record stands: its file by the path within the range, with slashes, and its offset.
type Spot struct {
	File   string
	Offset int64
}

type tally struct {
	id    string
	label Label
	hit   bool
}

// NewScore makes a score for records of truth.
func NewScore(truth []Truth) *Score {
	s := &Score{at: map[Spot][]*tally{}}
	known := map[string]*tally{}
	for i := range truth {
		t := &truth[i]
		p := known[t.Plant]
		if p == nil {
			p = &tally{id: t.Plant, label: t.Label}
			known[t.Plant] = p
			s.plants = append(s.plants, p)
		}
		k := Spot{t.File, t.Offset}
		if !slices.Contains(s.at[k], p) {
			s.at[k] = append(s.at[k], p)
		}
	}
	return s
}

// Finding tells of a finding and the records that it rests on. All plants that wrote one of them count as hit.
func (s *Score) Finding(records ...Spot) {
	planted := false
	for _, r := range records {
		for _, p := range s.at[r] {
			p.hit, planted = true, true
		}
	}
	if !planted {
		s.elsewhere++
	}
}

// Found lists the attacks of which at least one record was hit, in order of time.
func (s *Score) Found() []string { return s.list(Malicious, true) }

// Missed lists the other attacks.
func (s *Score) Missed() []string { return s.list(Malicious, false) }

// Alarms lists the harmless look-alikes that were hit.
func (s *Score) Alarms() []string { return s.list(Lookalike, true) }

// Quiet lists the harmless look-alikes that were not.
func (s *Score) Quiet() []string { return s.list(Lookalike, false) }

// Elsewhere is the number of findings that rest on no planted record.
func (s *Score) Elsewhere() int { return s.elsewhere }

func (s *Score) list(label Label, hit bool) []string {
	var out []string
	for _, p := range s.plants {
		if p.label == label && p.hit == hit {
			out = append(out, p.id)
		}
	}
	return out
}
