package stix

import (
	"crypto/sha1" //nolint:gosec // UUID version 5 is defined over SHA-1
	"encoding/hex"
	"slices"

	"entente/internal/jcs"
)

// observableNamespace is the namespace of deterministic identifiers of cyber-observable objects (section 2.9):
// 00abedb4-aa42-466c-9c01-fed23315a9b7.
var observableNamespace = [16]byte{0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7}

// ObservableID is the deterministic identifier of a cyber-observable object (section 2.9): a UUID of version 5 over the
// canonical JSON (RFC 8785) of the properties that its type names. Of hashes, one counts: MD5, SHA-1, SHA-256 or SHA-512,
// the first that is there, else the first by name.
//
// ok is false for an object that has none of these properties, or whose type has none (process), or that is no observable.
func ObservableID(o *Object) (id string, ok bool) {
	s := shapes().types[o.Type]
	if s == nil || s.class != classSCO {
		return "", false
	}
	return o.tree.observableID(0, s)
}

func (t *tree) observableID(i int, s *shape) (string, bool) {
	var room [512]byte
	b := append(room[:0], '{')
	for _, c := range t.children(i) {
		name := t.name(c)
		if !slices.ContainsFunc(s.contributing, func(p string) bool { return p == string(name) }) {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(jcs.AppendString(b, string(name)), ':')
		value := c
		if string(name) == "hashes" && t.nodes[c].kind == jsonObject {
			if value = t.hashThatCounts(c); value < 0 {
				return "", false
			}
			b = append(append(jcs.AppendString(append(b, '{'), string(t.name(value))), ':'), t.value(value)...)
			b = append(b, '}')
			continue
		}
		b = append(b, t.value(value)...)
	}
	if len(b) == 1 {
		return "", false
	}
	canonical, err := jcs.Canonical(append(b, '}'))
	if err != nil {
		return "", false // numbers beyond double precision
	}
	h := sha1.New() //nolint:gosec // see import
	h.Write(observableNamespace[:])
	h.Write(canonical)
	u := h.Sum(nil)[:16]
	u[6] = u[6]&0x0F | 0x50
	u[8] = u[8]&0x3F | 0x80
	x := hex.EncodeToString(u)
	return s.name + "--" + x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:], true
}

// hashThatCounts is the member of a dictionary of hashes from which an identifier is made.
func (t *tree) hashThatCounts(i int) int {
	for _, name := range [...]string{"MD5", "SHA-1", "SHA-256", "SHA-512"} {
		if c := t.child(i, name); c >= 0 {
			return c
		}
	}
	first := -1
	for _, c := range t.children(i) {
		if first < 0 || string(t.name(c)) < string(t.name(first)) {
			first = c
		}
	}
	return first
}
