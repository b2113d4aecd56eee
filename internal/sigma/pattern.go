package sigma

import (
	"strings"
	"unicode/utf8"

	"entente/internal/event"
)

// Pieces that stand in patterns only while modifiers are applied; see [value].
const (
	placeholder PieceKind = 100 + iota // Text is the name without the percent signs
	dash                               // any of the five dashes of windash; Text is what was written
)

// ParsePattern reads a value of a rule: `*` and `?` are wildcards, a backslash takes their meaning away, and
// before any other character a backslash is just that (Sigma Rules Specification, Escaping). The result is
// normalised but not folded.
func ParsePattern(s string) Pattern { return normalise(parsePieces(s)) }

// parsePieces splits a value at its wildcards.
func parsePieces(s string) Pattern {
	if s == "" {
		return nil
	}
	if !strings.ContainsAny(s, `*?\`) {
		return Pattern{{Literal, s}}
	}
	var (
		out Pattern
		lit []byte
	)
	flush := func() {
		if len(lit) > 0 {
			out = append(out, Piece{Literal, string(lit)})
			lit = lit[:0]
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '*':
			flush()
			out = append(out, Piece{Kind: AnyRun})
		case '?':
			flush()
			out = append(out, Piece{Kind: AnyOne})
		case '\\':
			if i+1 < len(s) && (s[i+1] == '*' || s[i+1] == '?' || s[i+1] == '\\') {
				i++
				c = s[i]
			}
			lit = append(lit, c)
		default:
			lit = append(lit, c)
		}
	}
	flush()
	return out
}

// normalise gives patterns that match the same texts the same pieces: literals that meet are one, and of
// wildcards that meet all `?` come first and then at most one `*`. Empty literals vanish.
func normalise(p Pattern) Pattern {
	if normal(p) {
		return p
	}
	out := make(Pattern, 0, len(p))
	run := false // a * that waits for the ? after it
	for _, x := range p {
		switch x.Kind {
		case AnyRun:
			run = true
			continue
		case AnyOne:
		case Literal:
			if x.Text == "" {
				continue
			}
			if n := len(out); n > 0 && !run && out[n-1].Kind == Literal {
				out[n-1].Text += x.Text
				continue
			}
			if run {
				out, run = append(out, Piece{Kind: AnyRun}), false
			}
		default:
			if run {
				out, run = append(out, Piece{Kind: AnyRun}), false
			}
		}
		out = append(out, x)
	}
	if run {
		out = append(out, Piece{Kind: AnyRun})
	}
	return out
}

func normal(p Pattern) bool {
	for i, x := range p {
		if x.Kind == Literal && x.Text == "" {
			return false
		}
		if i == 0 {
			continue
		}
		switch prev := p[i-1].Kind; {
		case prev == Literal && x.Kind == Literal,
			prev == AnyRun && (x.Kind == AnyRun || x.Kind == AnyOne):
			return false
		}
	}
	return true
}

// fold folds the literals of p in place.
func (p Pattern) fold() {
	for i := range p {
		if p[i].Kind == Literal {
			p[i].Text = foldString(p[i].Text)
		}
	}
}

// foldString is event.FoldString without a copy where there is nothing to fold.
func foldString(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			return event.FoldString(s)
		}
	}
	return s
}

// String writes p as a value of a rule that reads back as p.
func (p Pattern) String() string {
	var b strings.Builder
	for i, x := range p {
		switch x.Kind {
		case AnyRun:
			b.WriteByte('*')
		case AnyOne:
			b.WriteByte('?')
		case placeholder:
			b.WriteString("%" + x.Text + "%")
		default:
			writeEscaped(&b, x.Text, i+1 < len(p))
		}
	}
	return b.String()
}

// writeEscaped writes a literal with as few backslashes as reading it back allows. more says that a wildcard
// follows.
func writeEscaped(b *strings.Builder, s string, more bool) {
	for i := range len(s) {
		c := s[i]
		switch c {
		case '*', '?':
			b.WriteByte('\\')
		case '\\':
			next := byte(0)
			if i+1 < len(s) {
				next = s[i+1]
			} else if more {
				next = '*'
			}
			if next == '*' || next == '?' || next == '\\' {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(c)
	}
}

// Match says that a text is of the pattern. Text and pattern have to be folded alike. It is the plain statement
// of what patterns mean, in time proportional to the product of their lengths at worst.
func (p Pattern) Match(s string) bool {
	// The two-pointer glob match: after a mismatch, the latest * takes one character more.
	i, at := 0, 0         // next piece, and where in s
	back, backAt := -1, 0 // the piece after the latest *, and where in s it was tried last
	for {
		if i < len(p) && p[i].Kind == AnyRun {
			if i+1 == len(p) {
				return true
			}
			i++
			back, backAt = i, at
			continue
		}
		if i == len(p) && at == len(s) {
			return true
		}
		if i < len(p) {
			if n, ok := p[i].prefix(s[at:]); ok {
				i, at = i+1, at+n
				continue
			}
		}
		if back < 0 || backAt >= len(s) {
			return false
		}
		_, n := utf8.DecodeRuneInString(s[backAt:])
		backAt += n
		i, at = back, backAt
	}
}

// prefix says how much of the start of s the piece takes.
func (x Piece) prefix(s string) (int, bool) {
	if x.Kind == AnyOne {
		_, n := utf8.DecodeRuneInString(s)
		return n, n > 0
	}
	return len(x.Text), strings.HasPrefix(s, x.Text)
}
