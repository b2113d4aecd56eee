package sigma

import (
	"errors"
	"regexp/syntax"
	"strings"
)

// maxRegexp bounds what is handed to the regular expression parser, in bytes.
const maxRegexp = 64 << 10

// compileRegexp returns the expression in RE2 syntax with its flags before it. It checks the syntax only: building
// a matcher is the hunt's business, and costs more than everything else together.
func (v *value) compileRegexp() (string, error) {
	if len(v.regexp) > maxRegexp {
		return "", faultf(v.line, "the regular expression has %d bytes, and %d is the limit: split it", len(v.regexp), maxRegexp)
	}
	body := v.regexp
	_, err := syntax.Parse(body, syntax.Perl)
	if err != nil {
		rewritten, ok := rewriteRegexp(body)
		if !ok {
			return "", regexpFault(v, body, err)
		}
		if _, err = syntax.Parse(rewritten, syntax.Perl); err != nil {
			return "", regexpFault(v, body, err)
		}
		body = rewritten
	}
	switch v.place {
	case Start:
		body = `\A(?:` + body + `)`
	case End:
		body = `(?:` + body + `)\z`
	default:
	}
	var flags strings.Builder
	for i, f := range [...]string{flagI: "i", flagM: "m", flagS: "s"} {
		if v.flags[i] {
			flags.WriteString(f)
		}
	}
	if flags.String() != "" {
		body = "(?" + flags.String() + ")" + body
	}
	return body, nil
}

// regexpFault says what is wrong with an expression, and by name what RE2 cannot do by design.
func regexpFault(v *value, body string, err error) error {
	if what := backtracking(body); what != "" {
		return faultf(v.line, "the regular expression %s uses %s, which Sigma does not allow and which cannot be matched in linear time: express it with a second selection", quoteShort(body), what)
	}
	reason := err.Error()
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		reason = e.Code.String() + ": " + quoteShort(e.Expr)
	}
	return faultf(v.line, "the regular expression %s is not valid: %s", quoteShort(body), reason)
}

func quoteShort(s string) string {
	r := []rune(s)
	if len(r) > 80 {
		s = string(r[:80]) + "…"
	}
	return "'" + s + "'"
}

// backtracking names the first construct that only backtracking matchers have.
func backtracking(s string) string {
	for sc := (regexpScanner{s: s}); sc.next(); {
		if sc.class {
			continue
		}
		switch t := sc.token; {
		case strings.HasPrefix(sc.rest(), "(?="), strings.HasPrefix(sc.rest(), "(?!"):
			return "a lookahead " + sc.rest()[:3]
		case strings.HasPrefix(sc.rest(), "(?<="), strings.HasPrefix(sc.rest(), "(?<!"):
			return "a lookbehind " + sc.rest()[:4]
		case strings.HasPrefix(sc.rest(), "(?>"):
			return "an atomic group (?>"
		case strings.HasPrefix(sc.rest(), "(?("):
			return "a conditional group (?("
		case strings.HasPrefix(sc.rest(), "(?P="), strings.HasPrefix(sc.rest(), `\k`):
			return "a back reference"
		case strings.HasPrefix(sc.rest(), "(?R)"), strings.HasPrefix(sc.rest(), "(?&"), strings.HasPrefix(sc.rest(), "(?P>"):
			return "recursion"
		case len(t) == 2 && t[0] == '\\' && t[1] >= '1' && t[1] <= '9':
			return "a back reference " + t
		case t == "+" && sc.quantified:
			return "a possessive quantifier"
		case t == `\G`, t == `\K`:
			return t
		}
	}
	return ""
}

// rewriteRegexp writes what RE2 spells differently in its own way, where the meaning stays exactly the same.
func rewriteRegexp(s string) (string, bool) {
	var b strings.Builder
	changed := false
	for sc := (regexpScanner{s: s}); sc.next(); {
		t := sc.token
		if len(t) < 2 || t[0] != '\\' {
			b.WriteString(t)
			continue
		}
		with := t
		switch t[1] {
		case 'Z': // the end, or before a line break at the end
			if !sc.class {
				with = `(?:\n?\z)`
			}
		case 'h': // blank or tab
			if sc.class {
				with = ` \t`
			} else {
				with = `[ \t]`
			}
		case 'R':
			if !sc.class {
				with = `(?:\r\n|[\n\x0b\f\r\x{85}\x{2028}\x{2029}])`
			}
		case 'e':
			with = `\x1b`
		case 'u': // \u0041
			if hex := sc.after(4); isHex(hex) {
				with = `\x{` + hex + `}`
				sc.skip(4)
			}
		default:
			if isASCIILetter(t[1]) || t[1] == '_' || t[1] >= '0' && t[1] <= '9' {
				break
			}
			with = t[1:] // an escape that only needs none, such as a letter of another script
		}
		changed = changed || with != t
		b.WriteString(with)
	}
	return b.String(), changed
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isHex(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// regexpScanner walks over the tokens of an expression: escapes, and single bytes.
type regexpScanner struct {
	s          string
	at         int    // of the token after the current one
	token      string // the current one
	class      bool   // the token is inside […]
	quantified bool   // the token before was a quantifier
	first      int    // where the first character of a class stands, for a ] there is a literal
	open       bool
}

func (sc *regexpScanner) rest() string { return sc.s[sc.at-len(sc.token):] }

// after returns n bytes after the current token, or "".
func (sc *regexpScanner) after(n int) string {
	if sc.at+n > len(sc.s) {
		return ""
	}
	return sc.s[sc.at : sc.at+n]
}

func (sc *regexpScanner) skip(n int) { sc.at += n }

func (sc *regexpScanner) next() bool {
	sc.quantified = !sc.class && (sc.token == "*" || sc.token == "+" || sc.token == "?" || sc.token == "}") && sc.token != ""
	if sc.at >= len(sc.s) {
		return false
	}
	start, n := sc.at, 1
	if sc.s[start] == '\\' && start+1 < len(sc.s) {
		n = 2
	}
	sc.token, sc.at = sc.s[start:start+n], start+n
	if n == 2 {
		sc.class = sc.open
		return true
	}
	switch c := sc.s[start]; {
	case !sc.open && c == '[':
		sc.open, sc.first = true, sc.at
		if sc.at < len(sc.s) && sc.s[sc.at] == '^' {
			sc.first++
		}
		sc.class = false
	case sc.open && c == ']' && start != sc.first:
		sc.open, sc.class = false, false
	default:
		sc.class = sc.open
	}
	return true
}
