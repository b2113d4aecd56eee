package translog

import (
	"bytes"
	"slices"
	"testing"
)

func bundleOf(entries ...Digest) []byte {
	var b []byte
	for _, d := range entries {
		b = appendEntry(b, d)
	}
	return b
}

func TestParseBundle(t *testing.T) {
	for _, width := range []int{1, 2, 255, 256} {
		want := digests("bundle", 0, width)
		data := bundleOf(want...)
		got, err := ParseBundle(data, width)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%d entries: %v", width, err)
		}
		for name, bad := range map[string][]byte{
			"one byte less":  data[:len(data)-1],
			"one byte more":  append(bytes.Clone(data), 0),
			"a length only":  append(bytes.Clone(data), 0, 32),
			"one entry less": data[bundleEntry:],
			"one entry more": append(bytes.Clone(data), data[:bundleEntry]...),
			"another length": append([]byte{0, 31}, data[3:]...),
			"nothing":        nil,
		} {
			if _, err := ParseBundle(bad, width); err == nil {
				t.Errorf("%d entries, %s: is read", width, name)
			}
		}
	}
	if _, err := ParseBundle(nil, 0); err == nil {
		t.Error("a bundle of no entries is read")
	}
	if _, err := ParseBundle(bundleOf(digests("bundle", 0, 257)...), 257); err == nil {
		t.Error("a bundle of 257 entries is read")
	}
}
