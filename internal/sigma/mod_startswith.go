package sigma

// startswith lets the value stand at the beginning. Together with endswith it is contains, as in pySigma.
func startswith(it *item, v *value) error {
	switch {
	case v.text():
		v.trail, v.placed = true, true
	case v.kind == regexpValue, v.kind == fieldValue:
		v.place = placeAlso(v.place, Start)
	default:
		return it.cannot(v, "it is for texts")
	}
	return nil
}

// placeAlso adds a place to the one a value has.
func placeAlso(have, more Place) Place {
	if have == Whole || have == more {
		return more
	}
	return Anywhere
}
