package hunt

// Where a temporal correlation wants each of its rules to match a record of its own ([sigma.Correlation].Distinct), it holds
// when rules and records can be paired off. Of each rule only as many matches have to be looked at as there are rules: one
// with more can always be given a record that no other needs (Hall's theorem).

// recent keeps the latest matches of each rule in a window, as many as there are rules.
type recent [][]*hit

func (r recent) push(h *hit) {
	list := r[h.ref]
	if len(list) >= 2*len(r) { // moved now and then, so that a push costs little
		list = append(list[:0], list[len(list)-len(r):]...)
	}
	r[h.ref] = append(list, h)
}

// apart says that every rule has a record of its own; counts are their matches that the window still holds.
func (r recent) apart(counts []int) bool {
	enough := true
	for _, n := range counts {
		if n == 0 {
			return false
		}
		enough = enough && n >= len(r)
	}
	if enough {
		return true
	}
	taken := map[uint64]int{} // record → rule
	for ref := range r {
		if !r.pair(ref, counts, taken, map[uint64]bool{}) {
			return false
		}
	}
	return true
}

// pair finds a record for a rule, where need be by giving others another one.
func (r recent) pair(ref int, counts []int, taken map[uint64]int, tried map[uint64]bool) bool {
	list := r[ref]
	list = list[len(list)-min(len(list), counts[ref], len(r)):]
	for _, h := range list {
		if tried[h.seq] {
			continue
		}
		tried[h.seq] = true
		other, used := taken[h.seq]
		if !used || r.pair(other, counts, taken, tried) {
			taken[h.seq] = ref
			return true
		}
	}
	return false
}
