package hunt

import (
	"bytes"
	"unicode/utf8"

	"entente/internal/sigma"
)

// glob is a compiled pattern. The usual four shapes need no loop over pieces.
type glob struct {
	shape anchor
	plain bool      // the pattern is text alone, in the place that shape says
	text  []byte    // of a plain pattern
	runs  []stretch // of any other: the stretches between `*`
	head  bool      // the first run stands at the start
	tail  bool      // the last run stands at the end
}

// stretch is a run of literals and `?`, without `*`.
type stretch struct {
	pieces []sigma.Piece
	first  []byte // the literal that the run begins with, to look for it quickly; nil if it begins with `?`
}

func compileGlob(p sigma.Pattern) glob {
	var g glob
	g.head = len(p) == 0 || p[0].Kind != sigma.AnyRun
	g.tail = len(p) == 0 || p[len(p)-1].Kind != sigma.AnyRun
	var cur []sigma.Piece
	flush := func() {
		if len(cur) == 0 {
			return
		}
		r := stretch{pieces: cur}
		if cur[0].Kind == sigma.Literal {
			r.first = []byte(cur[0].Text)
		}
		g.runs = append(g.runs, r)
		cur = nil
	}
	for _, piece := range p {
		if piece.Kind == sigma.AnyRun {
			flush()
			continue
		}
		cur = append(cur, piece)
	}
	flush()
	switch {
	case len(p) == 0:
		g.plain, g.shape = true, whole
	case len(g.runs) == 1 && len(g.runs[0].pieces) == 1 && g.runs[0].first != nil:
		g.plain, g.text = true, g.runs[0].first
		switch {
		case g.head && g.tail:
			g.shape = whole
		case g.head:
			g.shape = atStart
		case g.tail:
			g.shape = atEnd
		}
	}
	return g
}

// musts are the literals that a match holds in a place that has to be looked for.
func (g *glob) musts() [][]byte {
	if g.plain {
		if g.shape == anywhere {
			return [][]byte{g.text}
		}
		return nil
	}
	var out [][]byte
	for _, r := range g.runs {
		for _, p := range r.pieces {
			if p.Kind == sigma.Literal {
				out = append(out, []byte(p.Text))
			}
		}
	}
	return out
}

func (g *glob) match(text []byte) bool {
	if g.plain {
		switch g.shape {
		case whole:
			return bytes.Equal(text, g.text)
		case atStart:
			return bytes.HasPrefix(text, g.text)
		case atEnd:
			return bytes.HasSuffix(text, g.text)
		default:
			return bytes.Contains(text, g.text)
		}
	}
	runs := g.runs
	if len(runs) == 0 {
		return true // only stars
	}
	if g.head {
		n := runs[0].at(text)
		if n < 0 {
			return false
		}
		if len(runs) == 1 && g.tail {
			return n == len(text)
		}
		text, runs = text[n:], runs[1:]
	}
	var last *stretch
	if g.tail && len(runs) > 0 {
		last, runs = &runs[len(runs)-1], runs[:len(runs)-1]
	}
	// Each run at its first place is as good as at any later one: what follows only has to fit into the rest.
	for i := range runs {
		_, end := runs[i].find(text)
		if end < 0 {
			return false
		}
		text = text[end:]
	}
	return last == nil || last.endsAt(text)
}

// at matches the run at the start of text and returns its length there, or -1.
func (r *stretch) at(text []byte) int {
	n := 0
	for i := range r.pieces {
		p := &r.pieces[i]
		if p.Kind == sigma.Literal {
			if len(text)-n < len(p.Text) || string(text[n:n+len(p.Text)]) != p.Text {
				return -1
			}
			n += len(p.Text)
			continue
		}
		if n >= len(text) {
			return -1
		}
		_, size := utf8.DecodeRune(text[n:])
		n += size
	}
	return n
}

// find returns the first place of the run in text.
func (r *stretch) find(text []byte) (start, end int) {
	for base := 0; ; {
		if r.first != nil {
			i := bytes.Index(text[base:], r.first)
			if i < 0 {
				return -1, -1
			}
			base += i
		}
		if n := r.at(text[base:]); n >= 0 {
			return base, base + n
		}
		if base >= len(text) {
			return -1, -1
		}
		_, size := utf8.DecodeRune(text[base:])
		base += size
	}
}

// endsAt says whether text ends with the run.
func (r *stretch) endsAt(text []byte) bool {
	n := len(text)
	for i := len(r.pieces) - 1; i >= 0; i-- {
		p := &r.pieces[i]
		if p.Kind == sigma.Literal {
			if n < len(p.Text) || string(text[n-len(p.Text):n]) != p.Text {
				return false
			}
			n -= len(p.Text)
			continue
		}
		if n == 0 {
			return false
		}
		_, size := utf8.DecodeLastRune(text[:n])
		n -= size
	}
	return true
}

// literal returns the pattern's longest literal and where it must stand.
func (g *glob) literal() ([]byte, anchor) {
	if g.plain {
		return g.text, g.shape
	}
	var best []byte
	for _, r := range g.runs {
		for _, p := range r.pieces {
			if p.Kind == sigma.Literal && len(p.Text) > len(best) {
				best = []byte(p.Text)
			}
		}
	}
	return best, anywhere
}
