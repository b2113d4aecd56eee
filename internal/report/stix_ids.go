package report

import (
	"crypto/sha1" //nolint:gosec // UUID version 5 is defined over SHA-1
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"

	stix21 "entente/internal/stix"
)

// Identifiers of STIX 2.1 (section 2.9). The same content gets the same identifier, so that a platform that takes
// in the result of a hunt twice has it once.

// scoNamespace is the namespace for identifiers of cyber-observable objects.
var scoNamespace = [16]byte{0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7}

// scoID is the identifier of a cyber-observable object: UUID version 5 over the canonical JSON (RFC 8785) of its
// ID-contributing properties.
func scoID(kind string, contributing map[string]any) string {
	h := sha1.New() //nolint:gosec // see import
	h.Write(scoNamespace[:])
	h.Write(appendJCS(nil, contributing))
	return kind + "--" + uuidText([16]byte(h.Sum(nil)[:16]), 5)
}

// stixID is the identifier of any object but an observable: of version 5 in the namespace of all that Entente names
// ([stix21.ID]). MITRE's own identifiers are not used for techniques: only who made an object may publish versions of it. Its
// external reference is what platforms join it by.
func stixID(kind string, parts ...string) string { return stix21.ID(kind, parts...) }

// stixProcessID is the identifier of a process, an observable without contributing properties. The specification asks for
// version 4 there, whose bits are random or pseudo-random: these come from a hash of what makes the process the one it is.
func stixProcessID(parts ...string) string {
	h := sha256.New()
	h.Write([]byte("entente/process"))
	for _, p := range parts {
		h.Write([]byte{0})
		h.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
	return "process--" + uuidText([16]byte(h.Sum(nil)[:16]), 4)
}

func uuidText(u [16]byte, version byte) string {
	u[6] = u[6]&0x0F | version<<4
	u[8] = u[8]&0x3F | 0x80
	x := hex.EncodeToString(u[:])
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

// appendJCS appends v in the JSON Canonicalization Scheme. v is a string, an int, a bool, a list ([]any, []string)
// or an object (map[string]any with ASCII names): what identifiers are made of.
func appendJCS(dst []byte, v any) []byte { return appendTree(dst, v, appendJCSString) }

// appendTree appends v as JSON with members in order of name and strings written by str.
func appendTree(dst []byte, v any, str func([]byte, string) []byte) []byte {
	switch v := v.(type) {
	case string:
		return str(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case bool:
		return strconv.AppendBool(dst, v)
	case []string:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = str(dst, e)
		}
		return append(dst, ']')
	case []any:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendTree(dst, e, str)
		}
		return append(dst, ']')
	case map[string]any:
		dst = append(dst, '{')
		for i, k := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(str(dst, k), ':')
			dst = appendTree(dst, v[k], str)
		}
		return append(dst, '}')
	}
	return append(dst, "null"...)
}

// appendJCSString writes a string as RFC 8785 section 3.2.2.2 wants it: the shortest escapes, and only where JSON
// demands one.
func appendJCSString(dst []byte, s string) []byte {
	s = string([]rune(s)) // each broken byte becomes U+FFFD, as in the object itself
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= ' ':
			dst = append(dst, c)
		case c == '\b':
			dst = append(dst, `\b`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\f':
			dst = append(dst, `\f`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		default:
			dst = append(dst, `\u00`...)
			dst = append(dst, hex2(c)...)
		}
	}
	return append(dst, '"')
}
