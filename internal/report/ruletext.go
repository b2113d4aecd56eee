package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"entente/internal/sigma"
)

// maxRuleText is how much text of a rule a report quotes; longer ones are named only.
const maxRuleText = 64 << 10

// maxRuleFile is how much of a rule file is read to find a rule in it.
const maxRuleFile = 4 << 20

// FileRuleText reads the text of a rule from the file it was loaded from: of a file with several YAML documents the
// one that starts at m.Line. It fails for rules that came from memory, for files that are gone or are no longer
// readable, and for texts of more than 64 KiB. Of an indicator it is the pattern.
func FileRuleText(m *sigma.Meta) ([]byte, error) {
	if m.Indicator != nil {
		return []byte(m.Indicator.Pattern), nil
	}
	if m.File == "" {
		return nil, errors.New("the rule was not loaded from a file")
	}
	f, err := os.Open(m.File)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read only
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", m.File)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxRuleFile))
	if err != nil {
		return nil, err
	}
	doc := cutDocument(text, m.Line)
	if len(doc) == 0 || len(doc) > maxRuleText {
		return nil, fmt.Errorf("%s: the rule at line %d has %d bytes, wanted 1 to %d", m.File, m.Line, len(doc), maxRuleText)
	}
	return doc, nil
}

// cutDocument returns the YAML document that holds a line, counted from 1. Documents are separated by lines that
// start with three dashes (YAML 1.2, 9.1.4).
func cutDocument(text []byte, line int) []byte {
	start, end, n := 0, len(text), 0
	for pos := 0; pos < len(text); {
		next := len(text)
		if i := bytes.IndexByte(text[pos:], '\n'); i >= 0 {
			next = pos + i + 1
		}
		n++
		if separator(text[pos:next]) {
			if n > max(line, 1) {
				end = pos
				break
			}
			start = next
		}
		pos = next
	}
	return bytes.TrimSpace(text[start:end])
}

func separator(line []byte) bool {
	return bytes.HasPrefix(line, []byte("---")) && (len(line) == 3 || bytes.IndexByte([]byte(" \t\r\n"), line[3]) >= 0)
}

// ruleText asks the caller's source of rule texts, or the file.
func (o Options) ruleText(m *sigma.Meta) ([]byte, bool) {
	read := o.RuleText
	if read == nil {
		read = FileRuleText
	}
	text, err := read(m)
	return text, err == nil && len(text) > 0 && len(text) <= maxRuleText
}
