package store

import (
	"fmt"
	"testing"
)

// Facts come back as they were stored, alone and beside all others, up to the bounds of each.
func TestFacts(t *testing.T) {
	if Red >= seesBits || Red >= 1<<labelBits || ownerAt+ownerBits != 63 {
		t.Error("a fact has no place")
	}
	top := must[int64](t)(specNumber("255.99"))
	if top >= 1<<specBits {
		t.Errorf("specifications up to %d in %d bits", top, specBits)
	}
	const mostOwners = 1<<ownerBits - 1
	full := Item{Class: Class{Owner: mostOwners, Label: Red}, Spec: "255.99", Revoked: true, Redacted: true, Granular: true, Sees: 1<<seesBits - 1}
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		for name, want := range map[string]Item{
			"nothing":   {Spec: "0.0"},
			"all":       full,
			"owner":     {Spec: "0.0", Class: Class{Owner: mostOwners}},
			"label":     {Spec: "0.0", Class: Class{Label: Red}},
			"spec":      {Spec: "255.99"},
			"revoked":   {Spec: "0.0", Revoked: true},
			"redacted":  {Spec: "0.0", Redacted: true},
			"granular":  {Spec: "0.0", Granular: true},
			"who reads": {Spec: "0.0", Sees: 1<<seesBits - 1},
		} {
			number := func(is bool) int {
				if is {
					return 1
				}
				return 0
			}
			var got Item
			query := fmt.Sprintf(`SELECT %s + %d FROM (SELECT %d AS owner, %d AS spec, %d AS label, %d AS granular, %d AS redacted, %d AS revoked) i`,
				storedFacts, want.Sees, want.Class.Owner, must[int64](t)(specNumber(want.Spec)), want.Class.Label, number(want.Granular), number(want.Redacted), number(want.Revoked))
			if err := s.reader(t.Context()).one(query, nil, (*facts)(&got)); err != nil {
				t.Errorf("%s: %v", name, err)
			} else if got.Class != want.Class || got.Spec != want.Spec || got.Revoked != want.Revoked || got.Redacted != want.Redacted || got.Granular != want.Granular || got.Sees != want.Sees {
				t.Errorf("%s: got %+v, not %+v", name, got, want)
			}
		}
	})
}
