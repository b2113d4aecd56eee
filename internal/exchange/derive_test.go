package exchange

import (
	"strings"
	"testing"

	"entente/internal/store"
)

func TestLabelsFollowFromBytes(t *testing.T) {
	const note = `{"type":"note","spec_version":"2.1","id":"note--1d1a3b0a-6b4f-4d9c-8a54-5e3a1ad2a001","created":"2026-01-02T03:04:05.000Z",` +
		`"modified":"2026-01-02T03:04:05.000Z","content":"x","object_refs":["identity--1d1a3b0a-6b4f-4d9c-8a54-5e3a1ad2a002"]MORE}`
	const red, unknown = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", "marking-definition--1d1a3b0a-6b4f-4d9c-8a54-5e3a1ad2a003"
	for _, c := range []struct {
		more         string
		stored, says store.Label
	}{
		{`,"object_marking_refs":["` + red + `"]`, store.Red, store.Red},
		{`,"object_marking_refs":["` + red + `"]`, store.Clear, store.Red},
		{``, store.Green, store.Green}, // of the collection
		{`,"object_marking_refs":["` + unknown + `"]`, store.AmberStrict, store.AmberStrict},
		{`,"object_marking_refs":["` + unknown + `"]`, store.Green, store.Green}, // a statement, which was known then
		{`,"object_marking_refs":["` + red + `","` + unknown + `"]`, store.AmberStrict, store.Red},
		{`,"granular_markings":[{"selectors":["modified"],"marking_ref":"` + red + `"}]`, store.Green, store.Red},
	} {
		n, err := Derive([]byte(strings.Replace(note, "MORE", c.more, 1)), c.stored)
		if err != nil || n.Class.Label != c.says || n.Type != "note" {
			t.Errorf("%q, stored as %s: %s, %v", c.more, LabelName(c.stored), LabelName(n.Class.Label), err)
		}
	}
	if _, err := Derive([]byte("{"), store.Clear); err == nil {
		t.Error("half an object was derived from")
	}
}
