package advisory

import "strings"

// Remark is a line that an import or an export says about one thing that it could not carry over, or that it had to supply
// itself.
type Remark struct {
	Where string // in the source: an id, a path, a field
	What  string
}

// String is the remark in a line.
func (r Remark) String() string {
	if r.Where == "" {
		return r.What
	}
	return r.Where + ": " + r.What
}

// SplitRules cuts a file of rules at its document markers: lines that begin with three dashes (YAML 1.2, section 9.1.4).
// Documents of nothing but blanks and comments are left out.
func SplitRules(text string) []string {
	var out []string
	var doc strings.Builder
	content := false
	flush := func() {
		if content {
			out = append(out, strings.Trim(doc.String(), "\r\n")+"\n")
		}
		doc.Reset()
		content = false
	}
	for line := range strings.Lines(strings.TrimPrefix(text, "\uFEFF")) {
		bare := strings.TrimRight(line, "\r\n")
		if rest, ok := strings.CutPrefix(bare, "---"); ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t') {
			flush()
			if rest = strings.TrimSpace(rest); rest == "" || rest[0] == '#' {
				continue
			}
			line = rest + "\n"
			bare = rest
		}
		doc.WriteString(line)
		if t := strings.TrimSpace(bare); t != "" && t[0] != '#' && bare != "..." {
			content = true
		}
	}
	flush()
	return out
}

// JoinRules puts documents into one file; see [SplitRules].
func JoinRules(docs []string) string { return strings.Join(docs, "---\n") }
