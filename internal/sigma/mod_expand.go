package sigma

import "strings"

// maxExpansions bounds the values that one value becomes.
const maxExpansions = 20_000

// expand replaces placeholders (%name%) by their values, each of which may have wildcards. A percent sign after a
// backslash is only that (Sigma Rules Specification, Placeholders).
func expand(it *item, v *value) error {
	switch {
	case v.kind == regexpValue:
		return expandRegexp(it, v)
	case !v.text() && v.kind != nullValue:
		return it.cannot(v, "it is for texts")
	case v.kind != textValue:
		return nil
	}
	v.split()
	v.pieces = cutPlaceholders(v.pieces)
	if !v.has(placeholder) {
		return nil
	}
	out := []Pattern{nil}
	for _, x := range v.pieces {
		with := []Pattern{{x}}
		if x.Kind == placeholder {
			values, ok := it.placeholder(x.Text)
			if !ok {
				return nil // all that are missing are reported together
			}
			with = with[:0]
			for _, s := range values {
				with = append(with, parsePieces(s))
			}
		}
		if len(out)*len(with) > maxExpansions {
			return faultf(v.line, "the placeholders in %q make more than %d values: give them fewer", it.key, maxExpansions)
		}
		next := make([]Pattern, 0, len(out)*len(with))
		for _, head := range out {
			for _, tail := range with {
				next = append(next, append(append(make(Pattern, 0, len(head)+len(tail)), head...), tail...))
			}
		}
		out = next
	}
	v.spread(len(out), func(i int, n *value) { n.pieces = normalise(out[i]) })
	return it.spend(v.line, len(out))
}

// spread makes v n alternatives that differ in what set does to them.
func (v *value) spread(n int, set func(int, *value)) {
	if n == 1 {
		set(0, v)
		return
	}
	all := make([]value, n)
	for i := range all {
		all[i] = *v
		set(i, &all[i])
	}
	*v = value{kind: anyValue, line: v.line, any: all}
}

// cutPlaceholders finds %name% in the literals of a pattern.
func cutPlaceholders(p Pattern) Pattern {
	var out Pattern
	for _, x := range p {
		if x.Kind != Literal {
			out = append(out, x)
			continue
		}
		out = append(out, cutNames(x.Text)...)
	}
	return normalise(out)
}

func cutNames(s string) Pattern {
	var (
		out Pattern
		lit strings.Builder
	)
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '%':
			lit.WriteByte('%')
			i++
			continue
		case s[i] == '%':
			if end := strings.IndexByte(s[i+1:], '%'); end > 0 && !strings.Contains(s[i+1:i+1+end], `\`) {
				if lit.Len() > 0 {
					out = append(out, Piece{Literal, lit.String()})
					lit.Reset()
				}
				out = append(out, Piece{placeholder, s[i+1 : i+1+end]})
				i += end + 1
				continue
			}
		}
		lit.WriteByte(s[i])
	}
	if lit.Len() > 0 {
		out = append(out, Piece{Literal, lit.String()})
	}
	return out
}

// expandRegexp replaces placeholders in a regular expression; their values are regular expressions too.
func expandRegexp(it *item, v *value) error {
	out := []string{""}
	for _, x := range cutNames(v.regexp) {
		with := []string{x.Text}
		if x.Kind == placeholder {
			values, ok := it.placeholder(x.Text)
			if !ok {
				return nil
			}
			with = values
		}
		if len(out)*len(with) > maxExpansions {
			return faultf(v.line, "the placeholders in %q make more than %d values: give them fewer", it.key, maxExpansions)
		}
		next := make([]string, 0, len(out)*len(with))
		for _, head := range out {
			for _, tail := range with {
				next = append(next, head+tail)
			}
		}
		out = next
	}
	v.spread(len(out), func(i int, n *value) { n.regexp = out[i] })
	return it.spend(v.line, len(out))
}
