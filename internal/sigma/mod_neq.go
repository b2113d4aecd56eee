package sigma

// neq turns the item round: it is true when the item without neq is false, and so also where the field is missing
// (pySigma: the item is negated). A list means none of its values.
func neq(it *item) error {
	it.negated = true
	return nil
}
