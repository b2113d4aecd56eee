package sigma

// endswith lets the value stand at the end.
func endswith(it *item, v *value) error {
	switch {
	case v.text():
		v.lead, v.placed = true, true
	case v.kind == regexpValue, v.kind == fieldValue:
		v.place = placeAlso(v.place, End)
	default:
		return it.cannot(v, "it is for texts")
	}
	return nil
}
