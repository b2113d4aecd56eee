package sigma

// contains lets the value stand anywhere. On a regular expression, which is searched for anyway, it changes
// nothing.
func contains(it *item, v *value) error {
	switch {
	case v.text():
		v.lead, v.trail, v.placed = true, true, true
	case v.kind == regexpValue, v.kind == fieldValue:
		v.place = Anywhere
	default:
		return it.cannot(v, "it is for texts")
	}
	return nil
}
