package taxonomy

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// cut finds the part of t that a conversion with a name asks for.
func (c Convert) cut(t []byte) []byte {
	if name, ok := strings.CutPrefix(string(c), hashPrefix); ok {
		return valueAfter(t, name, ",; \t\r\n")
	}
	if name, ok := strings.CutPrefix(string(c), linePrefix); ok {
		return bytes.TrimRight(valueAfter(t, name, "\r\n"), " \t")
	}
	if name, ok := strings.CutPrefix(string(c), pairPrefix); ok {
		v := valueAfter(t, name, "\r\n")
		if i := bytes.Index(v, []byte(" ; ")); i >= 0 {
			v = v[:i]
		}
		return bytes.TrimRight(v, " \t")
	}
	if name, ok := strings.CutPrefix(string(c), kvPrefix); ok {
		v := valueAfter(t, name, "\r\n")
		if len(v) > 0 && v[0] == '"' {
			v = v[1:]
			if i := bytes.IndexByte(v, '"'); i >= 0 {
				return v[:i]
			}
			return v
		}
		if i := bytes.IndexAny(v, " \t,"); i >= 0 {
			v = v[:i]
		}
		return v
	}
	return t
}

// valueAfter is what follows "name=" up to one of the ends. The name starts the text or stands after something that
// cannot be part of a name; case does not matter.
func valueAfter(t []byte, name, ends string) []byte {
	for rest := t; ; {
		i := bytes.IndexByte(rest, '=')
		if i < 0 {
			return nil
		}
		if i >= len(name) && equalFold(rest[i-len(name):i], name) && (i == len(name) || !wordByte(rest[i-len(name)-1])) {
			v := rest[i+1:]
			if j := bytes.IndexAny(v, ends); j >= 0 {
				v = v[:j]
			}
			return v
		}
		rest = rest[i+1:]
	}
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= utf8.RuneSelf
}

// hostLabel is the first label of a host's full name. Logs of one machine call it EX01 or ex01.example.org. An address has
// digits behind its dots or colons, and stays whole.
func hostLabel(t []byte) []byte {
	label, rest, ok := bytes.Cut(t, []byte("."))
	if !ok || len(label) == 0 || bytes.IndexByte(t, ':') >= 0 {
		return t
	}
	if digits(label) && digits(rest[:min(1, len(rest))]) {
		return t
	}
	return label
}
