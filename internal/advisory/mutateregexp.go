package advisory

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// regexpMutant is a changed regular expression, and the words for the change.
type regexpMutant struct{ re, what string }

// regexpMutants lists the changes of a regular expression: all of it, each run of literal characters in it, and each
// bound of a repetition. What is in classes stays. Changes that are no regular expressions are left out.
func regexpMutants(re string) []regexpMutant {
	out := []regexpMutant{{deadText, "the expression changed to one that matches nothing"}}
	for _, t := range regexpTokens(re) {
		text := deadText
		if t.bound {
			n, err := strconv.Atoi(re[t.start:t.end])
			if err != nil {
				continue
			}
			text = strconv.Itoa(n + t.step)
		}
		changed := re[:t.start] + text + re[t.end:]
		if _, err := regexp.Compile(changed); err == nil && (t.start > 0 || t.end < len(re)) {
			what := fmt.Sprintf("'%s' in the expression changed to one that matches nothing", re[t.start:t.end])
			if t.bound {
				what = fmt.Sprintf("the bound %s of %s changed to %s", re[t.start:t.end], around(re, t), text)
			}
			out = append(out, regexpMutant{changed, what})
		}
	}
	return out
}

// around is what stands around a token.
func around(re string, t regexpToken) string {
	return strings.ToValidUTF8(re[max(0, t.start-12):min(len(re), t.end+4)], "")
}

// regexpToken is a run of literal characters, or a number of a repetition.
type regexpToken struct {
	start, end int
	bound      bool
	step       int // by which a bound is changed, so that less matches
}

// regexpTokens finds the literals of an expression in RE2's syntax.
func regexpTokens(re string) []regexpToken {
	var (
		out   []regexpToken
		run   = -1 // start of the run of literals, -1 outside
		last  = 0  // start of its last character
		chars = 0  // in it
	)
	end := func(at int) {
		if run >= 0 && at > run {
			out = append(out, regexpToken{start: run, end: at})
		}
		run, chars = -1, 0
	}
	literal := func(at int) {
		if run < 0 {
			run = at
		}
		last = at
		chars++
	}
	for i := 0; i < len(re); {
		switch c := re[i]; c {
		case '\\':
			n := escapeLength(re[i:])
			if n == 2 && strings.IndexByte("dDsSwWbBAzZQE", re[i+1]) < 0 && (re[i+1] < '0' || re[i+1] > '9') {
				literal(i)
			} else {
				end(i)
			}
			i += n
		case '[':
			end(i)
			i += classLength(re[i:])
		case '*', '+', '?', '{':
			// A repetition takes the last character out of the run.
			if run >= 0 && chars > 1 {
				end(last)
			}
			run, chars = -1, 0
			if c != '{' {
				i++
				break
			}
			n := strings.IndexByte(re[i:], '}')
			if n < 0 {
				i++
				break
			}
			low, high, both := strings.Cut(re[i+1:i+n], ",")
			if low != "" {
				out = append(out, regexpToken{i + 1, i + 1 + len(low), true, 1})
			}
			if both && high != "" {
				out = append(out, regexpToken{i + n - len(high), i + n, true, -1})
			}
			i += n + 1
		case '(':
			end(i)
			i++
			if strings.HasPrefix(re[i:], "?") { // (?:…), (?i), (?P<name>…)
				n := strings.IndexAny(re[i:], ":>)")
				if n < 0 {
					n = len(re) - i - 1
				}
				if re[i+n] != ')' {
					n++
				}
				i += n
			}
		case ')', '|', '^', '$', '.':
			end(i)
			i++
		default:
			literal(i)
			i++
			for i < len(re) && re[i]&0xC0 == 0x80 { // the rest of a character
				i++
			}
		}
	}
	end(len(re))
	return out
}

// escapeLength is the length of an escape sequence.
func escapeLength(s string) int {
	if len(s) < 2 {
		return len(s)
	}
	switch s[1] {
	case 'p', 'P', 'x':
		if strings.HasPrefix(s[2:], "{") {
			if n := strings.IndexByte(s, '}'); n > 0 {
				return n + 1
			}
		}
		if s[1] == 'x' {
			return min(4, len(s))
		}
		return min(3, len(s))
	}
	return 2
}

// classLength is the length of a bracket expression.
func classLength(s string) int {
	i := 1
	if strings.HasPrefix(s[i:], "^") {
		i++
	}
	if strings.HasPrefix(s[i:], "]") {
		i++
	}
	for i < len(s) {
		switch {
		case s[i] == '\\':
			i += 2
		case strings.HasPrefix(s[i:], "[:"):
			if n := strings.Index(s[i:], ":]"); n > 0 {
				i += n + 2
			} else {
				i++
			}
		case s[i] == ']':
			return i + 1
		default:
			i++
		}
	}
	return len(s)
}
