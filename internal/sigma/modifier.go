package sigma

import (
	"slices"
	"strings"
)

// modifier is one of the value modifiers that follow the name of a field.
type modifier struct {
	// value changes one value; nil where the modifier is about the item as a whole. The driver calls it for each
	// alternative of a value that has several.
	value func(it *item, v *value) error
	// item changes how the values of the item go together.
	item func(it *item) error
}

// modifiers returns the modifier of a name (Sigma Modifiers Appendix 2.1.0, and the long names of pySigma).
func modifierNamed(name string) (modifier, bool) {
	switch name {
	case "all":
		return modifier{item: all}, true
	case "neq":
		return modifier{item: neq}, true
	case "contains":
		return modifier{value: contains}, true
	case "startswith":
		return modifier{value: startswith}, true
	case "endswith":
		return modifier{value: endswith}, true
	case "exists":
		return modifier{value: exists}, true
	case "cased":
		return modifier{value: cased}, true
	case "windash":
		return modifier{value: windash}, true
	case "re":
		return modifier{value: re}, true
	case "i", "ignorecase":
		return modifier{value: reFlag(flagI)}, true
	case "m", "multiline":
		return modifier{value: reFlag(flagM)}, true
	case "s", "dotall":
		return modifier{value: reFlag(flagS)}, true
	case "base64":
		return modifier{value: base64Once}, true
	case "base64offset":
		return modifier{value: base64Offset}, true
	case "utf16le", "wide":
		return modifier{value: utf16le}, true
	case "utf16be":
		return modifier{value: utf16be}, true
	case "utf16":
		return modifier{value: utf16bom}, true
	case "lt":
		return modifier{value: comparison(LT)}, true
	case "lte":
		return modifier{value: comparison(LTE)}, true
	case "gt":
		return modifier{value: comparison(GT)}, true
	case "gte":
		return modifier{value: comparison(GTE)}, true
	case "minute":
		return modifier{value: timePart(Minute)}, true
	case "hour":
		return modifier{value: timePart(Hour)}, true
	case "day":
		return modifier{value: timePart(Day)}, true
	case "week":
		return modifier{value: timePart(Week)}, true
	case "month":
		return modifier{value: timePart(Month)}, true
	case "year":
		return modifier{value: timePart(Year)}, true
	case "cidr":
		return modifier{value: cidr}, true
	case "expand":
		return modifier{value: expand}, true
	case "fieldref":
		return modifier{value: fieldref}, true
	}
	return modifier{}, false
}

// modifierNames lists what a rule may write, for messages.
var modifierNames = [...]string{
	"all", "base64", "base64offset", "cased", "cidr", "contains", "day", "endswith", "exists", "expand", "fieldref",
	"gt", "gte", "hour", "i", "lt", "lte", "m", "minute", "month", "neq", "re", "s", "startswith", "utf16",
	"utf16be", "utf16le", "week", "wide", "windash", "year",
}

// unknownModifier is the error for a name that no modifier has.
func unknownModifier(it *item, name string) error {
	if name == "" {
		return faultf(it.line, "there is no modifier between two | or at the end of %q: remove the |", it.key)
	}
	lower := strings.ToLower(strings.TrimSpace(name))
	if _, ok := modifierNamed(lower); ok {
		return faultf(it.line, "unknown modifier %q in %q: write %s", name, it.key, lower)
	}
	if i := slices.IndexFunc(modifierNames[:], func(s string) bool { return near(s, lower) }); i >= 0 {
		return faultf(it.line, "unknown modifier %q in %q: did you mean %s?", name, it.key, modifierNames[i])
	}
	return faultf(it.line, "unknown modifier %q in %q: Sigma has %s", name, it.key, strings.Join(modifierNames[:], ", "))
}

// near says that two words differ in one letter, or in the order of two.
func near(a, b string) bool {
	if len(a) < 4 || len(b) < 4 {
		return false
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if i == len(a) {
		return true
	}
	if len(a) == len(b) {
		return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	}
	return a[i:] == b[i+1:]
}

// cannot is the error for a modifier that does not go with what a value is.
func (it *item) cannot(v *value, hint string) error {
	return faultf(v.line, "%s in %q cannot be used with %s: %s", it.modifier, it.key, v.kind, hint)
}

// unmodified refuses a modifier that has to come first.
func (it *item) unmodified(v *value) error {
	if it.changed == "" {
		return nil
	}
	return faultf(v.line, "%s in %q comes after %s, and has to be the first: it reads the value as it is written",
		it.modifier, it.key, it.changed)
}
