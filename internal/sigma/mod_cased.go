package sigma

// cased makes case matter.
func cased(it *item, v *value) error {
	switch {
	case v.text(), v.kind == fieldValue:
		v.cased = true
	case v.kind == nullValue: // a list may hold null among texts
	case v.kind == regexpValue:
		return it.cannot(v, "case matters there already, unless the i modifier says otherwise; remove cased")
	default:
		return it.cannot(v, "it is for texts")
	}
	return nil
}
