package stixpattern

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxRegexp is the longest regular expression that is compiled.
const maxRegexp = 16 << 10

// translateRegexp turns a regular expression of PCRE, which section 9.6.1 asks for, into one of RE2, which takes linear
// time. DOTALL is on. What PCRE writes differently is rewritten; what RE2 cannot do is an error that says so.
//
// In texts \d, \w and \s mean the characters of Unicode; in binary data they and all else mean single bytes, for which
// the bytes are matched as the characters U+0000 to U+00FF.
func translateRegexp(pattern string, binary bool) (string, error) {
	if len(pattern) > maxRegexp {
		return "", fmt.Errorf("the regular expression has %d bytes; those of more than %d are not compiled", len(pattern), maxRegexp)
	}
	t := regexpTranslator{in: pattern, unicode: !binary, multiline: mayBeMultiline(pattern)}
	t.out.WriteString("(?s)")
	if err := t.run(); err != nil {
		return "", err
	}
	return t.out.String(), nil
}

// regexpError says what is wrong with an expression that RE2 does not compile.
func regexpError(err error) error {
	if e, ok := errors.AsType[*syntax.Error](err); ok {
		what := string(e.Code)
		if e.Code == syntax.ErrInvalidRepeatSize {
			what = "a repetition of more than 1000 times, " + notInRE2
		}
		return fmt.Errorf("the regular expression has %s at %q", what, clip(e.Expr))
	}
	return fmt.Errorf("the regular expression cannot be compiled: %w", err)
}

type regexpTranslator struct {
	in        string
	pos       int
	out       strings.Builder
	unicode   bool
	multiline bool
	repeated  bool // what stands before is a quantifier
}

func lacks(what, hint string) error {
	return fmt.Errorf("the regular expression uses %s, "+notInRE2+"%s", what, hint)
}

func (t *regexpTranslator) run() error {
	for t.pos < len(t.in) {
		c := t.in[t.pos]
		rest := t.in[t.pos:]
		wasRepeated := t.repeated
		t.repeated = false
		switch {
		case c == '\\':
			if err := t.escape(); err != nil {
				return err
			}
		case c == '[':
			if err := t.class(); err != nil {
				return err
			}
		case strings.HasPrefix(rest, "(?") || strings.HasPrefix(rest, "(*"):
			if err := t.group(rest); err != nil {
				return err
			}
		case c == '$' && !t.multiline:
			// PCRE's $ is also before a line feed that ends the text.
			t.out.WriteString(`(?:\n?\z)`)
			t.pos++
		case c == '*' || c == '+' || c == '?' || c == '{' && quantifier(rest) > 0:
			n := 1
			if c == '{' {
				n = quantifier(rest)
			}
			if wasRepeated {
				if c == '+' {
					return lacks("a possessive quantifier ("+string(t.in[t.pos-1])+"+)", ": leave the second + out")
				}
				if c != '?' {
					return fmt.Errorf("the regular expression repeats a repetition at %q", clip(rest))
				}
				t.out.WriteByte('?')
				t.pos++
				continue
			}
			q := rest[:n]
			if strings.HasPrefix(q, "{,") { // PCRE2 10.43
				q = "{0" + q[1:]
			}
			t.out.WriteString(q)
			t.pos += n
			t.repeated = true
		case c == '{':
			t.out.WriteString(`\{`) // no quantifier: the character
			t.pos++
		default:
			_, n := utf8.DecodeRuneInString(rest)
			t.out.WriteString(rest[:n])
			t.pos += n
		}
	}
	return nil
}

// quantifier is the length of a {n}, {n,} or {n,m} at the start of s, or 0.
func quantifier(s string) int {
	end := strings.IndexByte(s, '}')
	if end < 2 {
		return 0
	}
	low, high, both := strings.Cut(s[1:end], ",")
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	if !digits(low) || !digits(high) || low == "" && (!both || high == "") {
		return 0
	}
	return end + 1
}

// mayBeMultiline says whether a group sets the flag m.
func mayBeMultiline(s string) bool {
	for i := strings.Index(s, "(?"); i >= 0; {
		for j := i + 2; j < len(s); j++ {
			if s[j] == 'm' {
				return true
			}
			if s[j] == '-' || !isWordStart(s[j]) {
				break
			}
		}
		n := strings.Index(s[i+2:], "(?")
		if n < 0 {
			break
		}
		i += 2 + n
	}
	return false
}

func (t *regexpTranslator) group(rest string) error {
	switch {
	case strings.HasPrefix(rest, "(*"):
		return lacks("a control verb (*…)", "")
	case strings.HasPrefix(rest, "(?="), strings.HasPrefix(rest, "(?!"):
		return lacks("a lookahead "+rest[:3]+"…)", ": write what is looked for as a comparison of its own and join the two with AND")
	case strings.HasPrefix(rest, "(?<="), strings.HasPrefix(rest, "(?<!"):
		return lacks("a lookbehind "+rest[:4]+"…)", "")
	case strings.HasPrefix(rest, "(?>"):
		return lacks("an atomic group (?>…)", ": write (?:…)")
	case strings.HasPrefix(rest, "(?|"):
		return lacks("a branch reset group (?|…)", "")
	case strings.HasPrefix(rest, "(?("):
		return lacks("a conditional group (?(…)…)", "")
	case strings.HasPrefix(rest, "(?R"), strings.HasPrefix(rest, "(?&"), strings.HasPrefix(rest, "(?P>"), len(rest) > 2 && (isDigit(rest[2]) || rest[2] == '+'):
		return lacks("recursion "+clip(rest[:min(len(rest), 4)])+"…)", "")
	case strings.HasPrefix(rest, "(?P="):
		return lacks("a back reference (?P=…)", "")
	case strings.HasPrefix(rest, "(?C"):
		return lacks("a callout (?C…)", "")
	case strings.HasPrefix(rest, "(?#"):
		end := strings.IndexByte(rest, ')')
		if end < 0 {
			return errors.New("the regular expression has a comment (?#…) that does not end")
		}
		t.pos += end + 1
		return nil
	case strings.HasPrefix(rest, "(?'"):
		name, _, ok := strings.Cut(rest[3:], "'")
		if !ok {
			return errors.New("the regular expression has a group (?'…') whose name does not end")
		}
		t.out.WriteString("(?P<" + name + ">")
		t.pos += 3 + len(name) + 1
		return nil
	}
	// Flags: those of RE2 are i, m, s and U.
	i := 2
	for ; i < len(rest) && (isWordStart(rest[i]) || rest[i] == '-'); i++ {
		switch rest[i] {
		case 'x', 'J', 'n', 'a':
			return lacks("the flag "+string(rest[i])+" in "+rest[:i+1], ": write the expression without it")
		}
	}
	t.out.WriteString(rest[:2])
	t.pos += 2
	return nil
}

func (t *regexpTranslator) escape() error {
	rest := t.in[t.pos:]
	if len(rest) < 2 {
		return errors.New(`the regular expression ends in a backslash: write \\ for one (and \\\\ in the pattern's string)`)
	}
	c := rest[1]
	put := func(s string) { t.out.WriteString(s); t.pos += 2 }
	switch c {
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if c <= '3' && len(rest) > 3 && strings.Trim(rest[1:4], "01234567") == "" { // an octal code
			fmt.Fprintf(&t.out, `\x{%x}`, int(c-'0')*64+int(rest[2]-'0')*8+int(rest[3]-'0'))
			t.pos += 4
			return nil
		}
		return lacks(`a back reference \`+string(c), "")
	case 'k', 'g':
		return lacks(`a back reference \`+string(c), "")
	case 'G', 'K', 'X', 'R':
		if c == 'R' {
			put(`(?:\r\n|[\n\x0b\f\r\x{85}\x{2028}\x{2029}])`)
			return nil
		}
		return lacks(`\`+string(c), "")
	case 'Z':
		put(`(?:\n?\z)`)
	case 'N':
		put(`[^\n]`)
	case 'Q':
		end := strings.Index(rest, `\E`)
		if end < 0 {
			end = len(rest)
		}
		t.out.WriteString(quoteMeta(rest[2:end]))
		t.pos += min(len(rest), end+2)
	case 'E':
		put("")
	default:
		s, n, set, err := t.character(rest)
		if err != nil {
			return err
		}
		if set {
			s = "[" + s + "]"
		}
		t.out.WriteString(s)
		t.pos += n
	}
	return nil
}

// character translates an escape that may also stand in a class: n bytes of it. A set is written without its brackets.
func (t *regexpTranslator) character(rest string) (s string, n int, set bool, err error) {
	switch c := rest[1]; c {
	case 'd':
		if t.unicode {
			return `\p{Nd}`, 2, true, nil
		}
	case 'D':
		if t.unicode {
			return `\P{Nd}`, 2, true, nil
		}
	case 'w':
		if t.unicode {
			return `_\p{L}\p{N}`, 2, true, nil
		}
	case 'W':
		if t.unicode {
			return `^_\p{L}\p{N}`, 2, true, nil
		}
	case 's', 'S':
		white := ` \t-\r`
		if t.unicode {
			white += `\x{85}\p{Z}`
		}
		if c == 'S' {
			white = "^" + white
		}
		return white, 2, true, nil
	case 'h':
		return `\t \x{a0}\x{1680}\x{180e}\x{202f}\x{205f}\x{3000}\x{2000}-\x{200a}`, 2, true, nil
	case 'H':
		return `^\t \x{a0}\x{1680}\x{180e}\x{202f}\x{205f}\x{3000}\x{2000}-\x{200a}`, 2, true, nil
	case 'v':
		return `\x{85}\n-\r\x{2028}-\x{2029}`, 2, true, nil
	case 'V':
		return `^\x{85}\n-\r\x{2028}-\x{2029}`, 2, true, nil
	case 'p', 'P':
		if strings.HasPrefix(rest[2:], "{") {
			return braced(rest)
		}
		return rest[:min(len(rest), 3)], min(len(rest), 3), false, nil
	case 'e':
		return `\x1b`, 2, false, nil
	case 'o':
		end := strings.IndexByte(rest, '}')
		if !strings.HasPrefix(rest, `\o{`) || end < 0 || strings.Trim(rest[3:end], "01234567") != "" || end == 3 || end > 10 {
			return "", 0, false, errors.New(`the regular expression has a \o that is not like \o{101}`)
		}
		v := 0
		for _, d := range rest[3:end] {
			v = v*8 + int(d-'0')
		}
		return fmt.Sprintf(`\x{%x}`, v), end + 1, false, nil
	case '0':
		v, n := 0, 1
		for n < len(rest) && n < 4 && rest[n] >= '0' && rest[n] <= '7' {
			v = v*8 + int(rest[n]-'0')
			n++
		}
		return fmt.Sprintf(`\x{%x}`, v), n, false, nil
	case 'c':
		if len(rest) < 3 || rest[2] >= utf8.RuneSelf {
			return "", 0, false, errors.New(`the regular expression has a \c without an ASCII character`)
		}
		return fmt.Sprintf(`\x{%x}`, unicode.ToUpper(rune(rest[2]))^64), 3, false, nil
	case 'x':
		if strings.HasPrefix(rest, `\x{`) {
			return braced(rest)
		}
		v, n := 0, 2
		for n < len(rest) && n < 4 {
			d := strings.IndexByte("0123456789abcdef", rest[n]|0x20)
			if d < 0 || rest[n] < '0' {
				break
			}
			v = v*16 + d
			n++
		}
		return fmt.Sprintf(`\x{%x}`, v), n, false, nil
	}
	r, n := utf8.DecodeRuneInString(rest[1:])
	if !isWordStart(rest[1]) || r == '_' {
		// A backslash before anything else is that character.
		return quoteMeta(string(r)), 1 + n, false, nil
	}
	return rest[:2], 2, false, nil
}

// braced takes an escape with an argument in braces as it is.
func braced(rest string) (s string, n int, set bool, err error) {
	end := strings.IndexByte(rest, '}')
	if end < 0 {
		return "", 0, false, fmt.Errorf("the regular expression has %s{ without its }", rest[:2])
	}
	return rest[:end+1], end + 1, false, nil
}

// class translates a character class.
func (t *regexpTranslator) class() error {
	start := t.pos
	var b strings.Builder
	b.WriteByte('[')
	i := start + 1
	if strings.HasPrefix(t.in[i:], "^") {
		b.WriteByte('^')
		i++
	}
	for first := true; ; first = false {
		if i >= len(t.in) {
			return fmt.Errorf("the regular expression has a class that does not end: %q", clip(t.in[start:]))
		}
		rest := t.in[i:]
		switch {
		case rest[0] == ']' && !first:
			b.WriteByte(']')
			t.out.WriteString(b.String())
			t.pos = i + 1
			return nil
		case rest[0] == ']':
			b.WriteString(`\]`)
			i++
		case strings.HasPrefix(rest, "[:"):
			end := strings.Index(rest, ":]")
			if end < 0 {
				b.WriteString(`\[`)
				i++
				continue
			}
			b.WriteString(rest[:end+2])
			i += end + 2
		case rest[0] == '[':
			b.WriteString(`\[`)
			i++
		case rest[0] == '\\' && len(rest) > 1:
			if rest[1] == 'b' {
				b.WriteString(`\x08`)
				i += 2
				continue
			}
			s, n, set, err := t.character(rest)
			if err != nil {
				return err
			}
			if set && strings.HasPrefix(s, "^") {
				// RE2 has no complement within a class but those of ASCII.
				if s = rest[:2]; s == `\H` || s == `\V` {
					return lacks(s+" within a class", "")
				}
			}
			b.WriteString(s)
			i += n
		default:
			_, n := utf8.DecodeRuneInString(rest)
			b.WriteString(rest[:n])
			i += n
		}
	}
}

func quoteMeta(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf && !isWordPart(byte(r)) || r == '-' {
			fmt.Fprintf(&b, `\x{%x}`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
