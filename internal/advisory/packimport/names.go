package packimport

import (
	"path"
	"strconv"
	"strings"
	"unicode/utf8"
)

// validID says that s can be the id of a pack.
func validID(s string) bool {
	if len(s) < 2 || len(s) > 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s[0] != '-' && s[len(s)-1] != '-'
}

// slug makes a name of at most n letters, digits and separators of any text.
func slug(s string, n int, sep byte) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if b.Len() >= n {
				return strings.Trim(b.String(), string(sep))
			}
			b.WriteRune(r)
		case b.Len() > 0 && b.Len() < n && b.String()[b.Len()-1] != sep:
			b.WriteByte(sep)
		}
	}
	return strings.Trim(b.String(), string(sep))
}

// names hands out names of files, each once, whatever the case. It counts how often a stem was asked for.
type names map[string]int

// free returns a name in a folder that is made of stem: folder/stem.yml, folder/stem_2.yml, …
func (n names) free(folder, stem string) string {
	if stem == "" || reserved(stem) {
		stem = "rule_" + stem
	}
	stem = strings.TrimRight(stem, "_.")
	first := path.Join(folder, stem+".yml")
	for i := max(n[first], 1); ; i++ {
		name := first
		if i > 1 {
			name = path.Join(folder, stem+"_"+strconv.Itoa(i)+".yml")
		}
		if n[name] == 0 {
			n[name]++
			n[first] = max(n[first], i)
			return name
		}
	}
}

// reserved says that Windows takes a name for a device.
func reserved(stem string) bool {
	switch strings.ToLower(stem) {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(stem) == 4 && (strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt"))
}

// rulePath makes a place in rules/ of a path in a source, which is not trusted: the folders, at most three, and the name.
func (n names) rulePath(source string) string {
	source = strings.ReplaceAll(source, `\`, "/")
	dir, file := path.Split(source)
	folders := []string{"rules"}
	for p := range strings.SplitSeq(dir, "/") {
		if p = slug(p, 30, '_'); p != "" && p != "rules" && len(folders) < 4 {
			if reserved(p) {
				p = "in_" + p
			}
			folders = append(folders, p)
		}
	}
	stem := strings.TrimSuffix(strings.TrimSuffix(file, path.Ext(file)), ".")
	return n.free(path.Join(folders...), slug(stem, 60, '_'))
}

// maxText is how much of one text is carried over.
const maxText = 32 << 10

// tidy makes a text of a source fit for YAML: valid, without control characters but line breaks and tabs, not endless.
func tidy(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + "…"
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			return '\n'
		case r < ' ' || r == 0x7F || r >= 0x80 && r < 0xA0 || r == '\uFEFF' || !utf8.ValidRune(r):
			return -1
		}
		return r
	}, s))
}

// oneLine is tidy on one line.
func oneLine(s string) string { return strings.Join(strings.Fields(tidy(s)), " ") }
