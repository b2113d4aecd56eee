package advisory

import (
	"cmp"
	"strings"
)

// compareVersions orders semantic versions by precedence, below 0 where a comes first (https://semver.org/spec/v2.0.0.html,
// section 11). What stands behind a + does not count.
func compareVersions(a, b string) int {
	coreA, preA := versionParts(a)
	coreB, preB := versionParts(b)
	for i := range min(len(coreA), len(coreB)) {
		if order := compareNumbers(coreA[i], coreB[i]); order != 0 {
			return order
		}
	}
	if len(preA) == 0 || len(preB) == 0 { // a version comes behind its own previews
		return cmp.Compare(len(preB), len(preA))
	}
	for i := range min(len(preA), len(preB)) {
		if order := comparePreviews(preA[i], preB[i]); order != 0 {
			return order
		}
	}
	return cmp.Compare(len(preA), len(preB))
}

// versionParts are the numbers of a version, and the identifiers of a preview.
func versionParts(v string) (core, preview []string) {
	v, _, _ = strings.Cut(v, "+")
	v, rest, ok := strings.Cut(v, "-")
	if ok {
		preview = strings.Split(rest, ".")
	}
	return strings.Split(v, "."), preview
}

// comparePreviews orders identifiers: numbers by value and before texts.
func comparePreviews(a, b string) int {
	numberA, numberB := strings.Trim(a, "0123456789") == "", strings.Trim(b, "0123456789") == ""
	switch {
	case numberA && numberB:
		return compareNumbers(a, b)
	case numberA:
		return -1
	case numberB:
		return 1
	}
	return strings.Compare(a, b)
}

// compareNumbers orders numbers of any length.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}
