package sigma

import (
	"slices"
	"strings"
	"testing"
)

func TestUnknownModifier(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|foo: a`, fault: `unknown modifier "foo" in "F|foo": Sigma has all, base64,`},
		{entry: `F|Contains: a`, fault: `unknown modifier "Contains" in "F|Contains": write contains`},
		{entry: `F|contain: a`, fault: `did you mean contains?`},
		{entry: `F|endwith: a`, fault: `did you mean endswith?`},
		{entry: `F|startwsith: a`, fault: `did you mean startswith?`},
		{entry: `F|: a`, fault: `remove the |`},
		{entry: `F||contains: a`, fault: `remove the |`},
		{entry: `F|contains : a`, want: `F contains 'a'`},
		{entry: `F| contains: a`, fault: `write contains`},
	})
}

func TestModifierNames(t *testing.T) {
	for _, n := range modifierNames {
		if _, ok := modifierNamed(n); !ok {
			t.Errorf("there is no modifier %q", n)
		}
	}
	if !slices.IsSorted(modifierNames[:]) {
		t.Errorf("the names are not in order: %s", strings.Join(modifierNames[:], ", "))
	}
}
