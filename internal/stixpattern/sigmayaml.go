package stixpattern

import (
	"crypto/sha1" //nolint:gosec // UUID version 5 is defined over SHA-1
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// yamlWriter writes the little YAML that rules need. Keys are written as they are given.
type yamlWriter struct{ b strings.Builder }

func (w *yamlWriter) String() string      { return w.b.String() }
func (w *yamlWriter) raw(s string)        { w.b.WriteString(s) }
func (w *yamlWriter) open(key string)     { w.b.WriteString(key + ":\n") }
func (w *yamlWriter) plain(key, s string) { w.b.WriteString(key + ": " + s + "\n") }

func (w *yamlWriter) scalar(key, s string) { w.plain(key, yamlText(s)) }

func (w *yamlWriter) optional(key, s string) {
	if s != "" {
		w.scalar(key, s)
	}
}

// list writes a list, indented by two more than its key; one value is written as a scalar where the key is a field's.
func (w *yamlWriter) list(key string, values []string) {
	if len(values) == 1 && strings.Contains(key, "'") {
		w.scalar(key, values[0])
		return
	}
	w.open(key)
	indent := strings.Repeat(" ", len(key)-len(strings.TrimLeft(key, " -"))) + "  "
	for _, v := range values {
		w.b.WriteString(indent + "- " + yamlText(v) + "\n")
	}
}

// yamlText writes a text as a quoted scalar.
func yamlText(s string) string {
	odd := func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\ufeff' || !unicode.IsPrint(r) && r != ' '
	}
	s = strings.ToValidUTF8(s, "\ufffd")
	if !strings.ContainsFunc(s, odd) {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case odd(r) && r <= 0xFFFF:
			fmt.Fprintf(&b, `\u%04x`, r)
		case odd(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func clipAt(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}

// sigmaNamespace is the namespace of the ids of rules that are made of patterns (RFC 9562, section 5.5).
var sigmaNamespace = [16]byte{0x8e, 0x1c, 0x2f, 0x5a, 0x77, 0x40, 0x4d, 0x1b, 0x9a, 0x33, 0x5b, 0xc1, 0x06, 0xde, 0x94, 0x2a}

func uuidV5(parts ...string) string {
	h := sha1.New() //nolint:gosec // see import
	h.Write(sigmaNamespace[:])
	for _, p := range parts {
		h.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
	u := h.Sum(nil)[:16]
	u[6] = u[6]&0x0F | 0x50
	u[8] = u[8]&0x3F | 0x80
	x := hex.EncodeToString(u)
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}
