package report

import (
	"slices"

	"entente/internal/sigma"
	stix21 "entente/internal/stix"
)

// received writes an indicator that a rule was made of as it was received, with the definitions of its markings, and returns
// its id and the markings of what is said about it.
func (s *stix) received(ind *sigma.Indicator) (id string, marks []string) {
	for i, raw := range ind.MarkingObjects {
		if i < len(ind.MarkingIDs) && s.first(ind.MarkingIDs[i]) {
			s.raw(raw)
		}
	}
	for _, m := range ind.Markings {
		if label, ok := stix21.TLPOfMarking(m); ok {
			if own, _ := stix21.TLPMarking(label); own == m { // those of TLP 1.0 are part of STIX itself
				s.addTLP(label)
			}
		}
	}
	if s.first(ind.ID) {
		s.raw(ind.Raw)
	}
	return ind.ID, s.marksOf(ind)
}

// raw writes an object as it is.
func (s *stix) raw(text []byte) {
	if s.any {
		s.buf = append(s.buf, ',')
	}
	s.any = true
	s.buf = append(append(s.buf, '\n'), text...)
}

// marksOf are the markings of what is said about an indicator: its own, but the bundle's label where that is stricter.
func (s *stix) marksOf(ind *sigma.Indicator) []string {
	if s.tlp == "" || stix21.Stricter(s.tlp, ind.TLP) != s.tlp {
		return ind.Markings
	}
	if s.tlp == ind.TLP && len(ind.Markings) > 0 {
		return ind.Markings
	}
	marks := []string{s.marking}
	for _, m := range ind.Markings {
		if !slices.Contains(ind.TLPMarkings, m) && m != s.marking {
			marks = append(marks, m)
		}
	}
	return marks
}
