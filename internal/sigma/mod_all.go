package sigma

// all links the values of a list with And.
func all(it *item) error {
	it.all = true
	return nil
}
