package advisory

import (
	"bytes"
	"errors"

	"go.yaml.in/yaml/v4"
)

// CheckRuleText says what of YAML stands in the documents of a file of rules that the format does not know: anchors,
// aliases, tags, merge keys. What is no YAML at all is for the loader of the rules to say.
func CheckRuleText(text []byte) error {
	if !mayBeMarked(text) {
		return nil // as nearly every file; parsing it again would take as long as loading it
	}
	return eachDocument(text, func(doc []byte, line int) error {
		root := plainRoot(doc)
		if root == nil {
			return nil
		}
		err := yamlMarks(root)
		if ye, ok := errors.AsType[*yamlError](err); ok {
			ye.line += line - 1
		}
		return err
	})
}

// plainRoot is the value of a document, nil where it is none that could be read.
func plainRoot(doc []byte) *yaml.Node {
	var n yaml.Node
	if tooManyValues(doc) || yaml.Load(doc, &n, yaml.WithPlugin(depthLimit{})) != nil || n.Kind != yaml.DocumentNode || len(n.Content) != 1 {
		return nil
	}
	return n.Content[0]
}

// mayBeMarked says that a character stands where YAML may have a mark of an anchor, alias, tag or merge key: at the
// beginning, or behind a blank, the end of a line, a bracket, comma or colon. Characters that are not ASCII may end a line.
func mayBeMarked(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	before := byte('\n')
	for i, b := range text {
		switch b {
		case '&', '*', '!':
			if before >= 0x80 || bytes.IndexByte([]byte(" \t\r\n[{,:"), before) >= 0 {
				return true
			}
		case '<':
			if i+1 < len(text) && text[i+1] == '<' {
				return true
			}
		}
		before = b
	}
	return false
}

// eachDocument calls do with each document of a file, and the line on which it begins, counted from 1. It ends with the
// first error.
func eachDocument(text []byte, do func(doc []byte, line int) error) error {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	start, first, line := 0, 1, 0
	for pos := 0; pos < len(text); {
		line++
		end := len(text)
		if i := bytes.IndexByte(text[pos:], '\n'); i >= 0 {
			end = pos + i + 1
		}
		if marker := text[pos:end]; documentMarker(marker) || documentEnd(marker) {
			if err := do(text[start:pos], first); err != nil {
				return err
			}
			start, first = pos+3, line // what follows --- on its line belongs to the document
		}
		pos = end
	}
	return do(text[start:], first)
}

// documentEnd says that a line ends a document (YAML 1.2, section 9.1.3).
func documentEnd(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("..."))
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0)
}
