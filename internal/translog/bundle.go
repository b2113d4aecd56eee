package translog

import (
	"encoding/binary"
	"fmt"
)

// bundleEntry is the length of an entry in a bundle: its length in two bytes, and its digest.
const bundleEntry = 2 + len(Digest{})

// ParseBundle reads a bundle of width entries, 1 to 256 (C2SP tlog-tiles, Log entries). Entries of a log of this
// package have 32 bytes; others are an error, as are bytes too many or too few.
func ParseBundle(data []byte, width int) ([]Digest, error) {
	if width < 1 || width > tileWidth {
		return nil, fmt.Errorf("entries: a bundle has 1 to %d, not %d", tileWidth, width)
	}
	entries := make([]Digest, 0, width)
	rest := data
	for len(rest) > 0 {
		i := len(entries)
		switch {
		case i == width:
			return nil, fmt.Errorf("entries: bytes after the %d of this bundle", width)
		case len(rest) < 2:
			return nil, fmt.Errorf("entries: the length of entry %d of the bundle is cut off", i)
		case int(binary.BigEndian.Uint16(rest)) != len(Digest{}):
			return nil, fmt.Errorf("entries: entry %d of the bundle has %d bytes; digests have %d", i, binary.BigEndian.Uint16(rest),
				len(Digest{}))
		case len(rest) < bundleEntry:
			return nil, fmt.Errorf("entries: entry %d of the bundle is cut off", i)
		}
		entries = append(entries, Digest(rest[2:]))
		rest = rest[bundleEntry:]
	}
	if len(entries) != width {
		return nil, fmt.Errorf("entries: %d in a bundle of %d", len(entries), width)
	}
	return entries, nil
}

// appendEntry writes an entry of a bundle.
func appendEntry(dst []byte, d Digest) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(d)))
	return append(dst, d[:]...)
}
