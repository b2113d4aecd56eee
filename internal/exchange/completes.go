package exchange

import (
	"bytes"
	"encoding/json"
	"reflect"

	"entente/internal/stix"
	"entente/internal/store"
)

// completes says whether an object says what somebody knows of a partial copy, and more: taken out of it what it marks as a node takes it
// out for one of its readers, what is left is what is left of the copy, which stands here under a label, without the parts under
// labels that are not known. Who sends a full copy can invent what was withheld, and nothing else.
func completes(full, partial []byte, label store.Label, known uint8) bool {
	limits := stix.Limits{Size: 1 << 30, Depth: 128, Values: 1 << 30} // they were taken in by bounds of their day
	f, err := stix.Parse(full, limits)
	if err != nil || selectors(f)*f.Values() > maxSelecting {
		return false
	}
	p, err := stix.Parse(partial, limits)
	if err != nil {
		return false
	}
	there := partsOf(p, label)
	seen, _, ok := there.redact(known, false)
	if !ok {
		return false
	}
	// The node that withheld parts may have had the object under another label: all that readers of any may miss is tried.
	parts := partsOf(f, store.Clear)
	var tried [32]bool // by the set of labels that was taken out
	for _, sees := range sights(store.Clear) {
		out := parts.present &^ sees
		if out == 0 || tried[out] {
			continue
		}
		tried[out] = true
		if left, withheld, ok := parts.redact(sees, false); ok && len(withheld) > 0 && sameJSON(left, seen) {
			return true
		}
	}
	return false
}

// sameJSON says whether two texts are the same but for spaces, the order of members and how characters are escaped.
func sameJSON(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var values [2]any
	for i, text := range [][]byte{a, b} {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&values[i]); err != nil {
			return false
		}
	}
	return reflect.DeepEqual(values[0], values[1])
}
