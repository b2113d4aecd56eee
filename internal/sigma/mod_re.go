package sigma

// re reads the value as a regular expression, as it is written: no wildcards, no escapes but its own. It is
// searched for anywhere in the value and case matters.
func re(it *item, v *value) error {
	if err := it.unmodified(v); err != nil {
		return err
	}
	if !v.text() {
		return it.cannot(v, "write the expression between quotes")
	}
	v.kind, v.regexp = regexpValue, v.raw
	return nil
}

// The flags of regular expressions, as indices of value.flags.
const (
	flagI = iota // case does not matter
	flagM        // ^ and $ are also the ends of lines
	flagS        // . is also a line break
)

// reFlag makes the modifier that sets a flag.
func reFlag(flag int) func(*item, *value) error {
	return func(it *item, v *value) error {
		if v.kind != regexpValue {
			return it.cannot(v, "write it after re")
		}
		v.flags[flag] = true
		return nil
	}
}
