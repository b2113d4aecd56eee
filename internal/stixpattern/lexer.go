package stixpattern

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SyntaxError says where a pattern is wrong, and what was expected there.
type SyntaxError struct {
	Offset int // in bytes, from 0
	Line   int // from 1
	Column int // in characters, from 1
	Reason string
}

func (e *SyntaxError) Error() string {
	if e.Line > 1 {
		return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
	}
	return fmt.Sprintf("column %d: %s", e.Column, e.Reason)
}

// Beyond says that the pattern is one of STIX all the same: it holds a regular expression of PCRE that RE2 cannot run.
func (e *SyntaxError) Beyond() bool { return strings.Contains(e.Reason, notInRE2) }

// notInRE2 stands in the reasons of errors about regular expressions that others can run.
const notInRE2 = "which RE2 does not have"

func syntaxError(text string, offset int, format string, args ...any) error {
	line, column := position(text, offset)
	return &SyntaxError{Offset: offset, Line: line, Column: column, Reason: fmt.Sprintf(format, args...)}
}

// position is the line and column of an offset, both from 1.
func position(text string, offset int) (line, column int) {
	before := text[:min(offset, len(text))]
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
}

type tokenKind uint8

const (
	tokEnd    tokenKind = iota
	tokWord             // a name or keyword
	tokString           // '…', unescaped
	tokQuoted           // "…", unescaped
	tokHex              // h'…', what is between the apostrophes
	tokBinary           // b'…'
	tokTime             // t'…'
	tokNumber           // with its sign
	tokSign             // one of [ ] ( ) : . , * and the comparison operators
)

type token struct {
	kind tokenKind
	text string
	at   int // offset of its first byte
	end  int // offset behind its last byte
}

// describe names a token in an error.
func (t token) describe() string {
	switch t.kind {
	case tokEnd:
		return "the pattern ends"
	case tokString:
		return "here is the string '" + clip(t.text) + "'"
	default:
		return fmt.Sprintf("here is %q", clip(t.text))
	}
}

func clip(s string) string {
	const most = 40
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}

// lexer cuts a pattern into tokens. Since a word after ':' and '.' is a name whatever it says, keywords are words that the
// parser recognises.
type lexer struct {
	text string
	pos  int
}

func (l *lexer) fail(at int, format string, args ...any) error {
	return syntaxError(l.text, at, format, args...)
}

// space skips white space and comments.
func (l *lexer) space() error {
	for l.pos < len(l.text) {
		rest := l.text[l.pos:]
		switch {
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				return l.fail(l.pos, "this comment does not end: close it with */")
			}
			l.pos += 2 + n + 2
			continue
		case strings.HasPrefix(rest, "//"):
			n := strings.IndexAny(rest, "\r\n")
			if n < 0 {
				n = len(rest)
			}
			l.pos += n
			continue
		}
		r, n := utf8.DecodeRuneInString(rest)
		if !unicode.Is(unicode.White_Space, r) {
			return nil
		}
		l.pos += n
	}
	return nil
}

func (l *lexer) next() (token, error) {
	if err := l.space(); err != nil {
		return token{}, err
	}
	at := l.pos
	if at >= len(l.text) {
		return token{kind: tokEnd, at: at, end: at}, nil
	}
	done := func(kind tokenKind, text string) (token, error) {
		return token{kind: kind, text: text, at: at, end: l.pos}, nil
	}
	c := l.text[at]
	switch {
	case c == '\'':
		s, err := l.quoted()
		if err != nil {
			return token{}, err
		}
		return done(tokString, s)
	case c == '"':
		s, err := l.doubleQuoted()
		if err != nil {
			return token{}, err
		}
		return done(tokQuoted, s)
	case (c == 'h' || c == 'b' || c == 't') && strings.HasPrefix(l.text[at+1:], "'"):
		return l.prefixed(at, c)
	case isWordStart(c):
		for l.pos < len(l.text) && isWordPart(l.text[l.pos]) {
			l.pos++
		}
		return done(tokWord, l.text[at:l.pos])
	case isDigit(c) || (c == '+' || c == '-' || c == '.') && l.numberFollows():
		l.number()
		if l.pos < len(l.text) && isWordPart(l.text[l.pos]) {
			return token{}, l.fail(l.pos, "a number ends here, but %q follows it: integers are like 12, floats like 1.5", l.text[l.pos:l.pos+1])
		}
		return done(tokNumber, l.text[at:l.pos])
	}
	for _, op := range [...]string{"==", "!=", "<>", "<=", ">="} {
		if strings.HasPrefix(l.text[at:], op) {
			l.pos += len(op)
			return done(tokSign, op)
		}
	}
	if strings.IndexByte("[]():.,*=<>", c) >= 0 {
		l.pos++
		return done(tokSign, l.text[at:l.pos])
	}
	r, _ := utf8.DecodeRuneInString(l.text[at:])
	return token{}, l.fail(at, "%q has no meaning in a pattern", r)
}

// quoted reads a string constant: a backslash stands before an apostrophe or another backslash, and nowhere else.
func (l *lexer) quoted() (string, error) {
	start := l.pos
	var b strings.Builder
	for i := start + 1; i < len(l.text); {
		n := strings.IndexAny(l.text[i:], `\'`)
		if n < 0 {
			break
		}
		b.WriteString(l.text[i : i+n])
		i += n
		if l.text[i] == '\'' {
			l.pos = i + 1
			return b.String(), nil
		}
		if i+1 >= len(l.text) {
			break
		}
		if e := l.text[i+1]; e != '\'' && e != '\\' {
			r, _ := utf8.DecodeRuneInString(l.text[i+1:])
			return "", l.fail(i, `a backslash in a string goes before ' or \ only, and here before %q: write \\ for a backslash`, r)
		}
		b.WriteByte(l.text[i+1])
		i += 2
	}
	return "", l.fail(start, "this string does not end: close it with '")
}

// doubleQuoted reads a name as patterns of 2.0 could write it; two quotation marks stand for one.
func (l *lexer) doubleQuoted() (string, error) {
	start := l.pos
	var b strings.Builder
	for i := start + 1; i < len(l.text); {
		n := strings.IndexByte(l.text[i:], '"')
		if n < 0 {
			break
		}
		b.WriteString(l.text[i : i+n])
		i += n + 1
		if !strings.HasPrefix(l.text[i:], `"`) {
			l.pos = i
			return b.String(), nil
		}
		b.WriteByte('"')
		i++
	}
	return "", l.fail(start, `this name does not end: close it with "`)
}

// prefixed reads h'…', b'…' and t'…', which have no escapes.
func (l *lexer) prefixed(at int, c byte) (token, error) {
	body := l.text[at+2:]
	n := strings.IndexByte(body, '\'')
	if n < 0 {
		return token{}, l.fail(at, "this constant does not end: close it with '")
	}
	l.pos = at + 2 + n + 1
	kind := tokHex
	switch c {
	case 'b':
		kind = tokBinary
	case 't':
		kind = tokTime
	}
	return token{kind: kind, text: body[:n], at: at, end: l.pos}, nil
}

// numberFollows says whether what begins with a sign or a point is a number.
func (l *lexer) numberFollows() bool {
	rest := strings.TrimLeft(l.text[l.pos:min(len(l.text), l.pos+1)], "+-") + l.text[min(len(l.text), l.pos+1):min(len(l.text), l.pos+3)]
	rest = strings.TrimPrefix(rest, ".")
	return rest != "" && isDigit(rest[0])
}

func (l *lexer) number() {
	if c := l.text[l.pos]; c == '+' || c == '-' {
		l.pos++
	}
	for l.pos < len(l.text) && isDigit(l.text[l.pos]) {
		l.pos++
	}
	if l.pos+1 < len(l.text) && l.text[l.pos] == '.' && isDigit(l.text[l.pos+1]) {
		l.pos++
		for l.pos < len(l.text) && isDigit(l.text[l.pos]) {
			l.pos++
		}
	}
}

func isDigit(c byte) bool     { return c >= '0' && c <= '9' }
func isWordStart(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }
func isWordPart(c byte) bool  { return isWordStart(c) || isDigit(c) || c == '-' }
