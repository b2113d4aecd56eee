package hunt

import (
	"encoding/binary"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// dfa answers one question, whether a regular expression matches anywhere in a text, in time linear in the text and
// with one table look-up a character. Package regexp answers more and is ten times slower at this. States are built
// as texts need them; an expression that needs too many goes back to package regexp. A dfa belongs to one worker.
//
// A state is a set of instructions of the compiled expression, before its empty-width tests (^ $ \b) have been
// decided, and what the character before was: together with the next character that decides them.
type dfa struct {
	prog   *syntax.Prog
	bounds []rune // first character of each class, ascending; classes are what the expression can tell apart
	ascii  [utf8.RuneSelf]uint16
	states []dfaState
	stride int32   // transitions of one state: one per class and one for the end of the text
	trans  []int32 // per state and class: the first transition of the next state, or a constant below
	index  map[string]int32
	size   int // instructions in all states
	// Scratch space.
	stack  []uint32
	mark   []uint32 // per instruction: the step in which it was last seen
	step   uint32
	next   []uint32
	key    []byte
	broken bool // too many states
}

type dfaState struct {
	insts []uint32
	prev  prevKind
}

type prevKind uint8

const (
	prevNone prevKind = iota // start of the text
	prevNewline
	prevWord
	prevOther
)

const (
	dfaUnknown = -1
	dfaMatch   = -2
	dfaFail    = -3 // at the end of the text only

	maxDFATable = 1 << 20 // transitions
	maxDFASize  = 1 << 20 // instructions
)

// newDFA prepares an expression that is known to compile; nil where it cannot be run this way.
func newDFA(source string) *dfa {
	re, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil
	}
	d := &dfa{prog: prog, index: map[string]int32{}, mark: make([]uint32, len(prog.Inst))}
	d.classes()
	if len(d.bounds) > 1<<12 {
		return nil
	}
	d.stride = int32(len(d.bounds)) + 1
	d.state(nil, prevNone)
	return d
}

// classes finds the characters at which anything in the expression changes.
func (d *dfa) classes() {
	cut := []rune{0}
	add := func(lo, hi rune) {
		cut = append(cut, lo)
		if hi < unicode.MaxRune {
			cut = append(cut, hi+1)
		}
	}
	add('\n', '\n')
	for _, w := range [][2]rune{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}} {
		add(w[0], w[1])
	}
	for i := range d.prog.Inst {
		in := &d.prog.Inst[i]
		switch in.Op {
		case syntax.InstRune, syntax.InstRune1:
			if len(in.Rune) == 1 {
				r := in.Rune[0]
				add(r, r)
				if syntax.Flags(in.Arg)&syntax.FoldCase != 0 {
					for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
						add(f, f)
					}
				}
				continue
			}
			for j := 0; j+1 < len(in.Rune); j += 2 {
				add(in.Rune[j], in.Rune[j+1])
			}
		default:
		}
	}
	slices.Sort(cut)
	d.bounds = slices.Compact(cut)
	class := uint16(0)
	for r := range d.ascii {
		for int(class)+1 < len(d.bounds) && d.bounds[class+1] <= rune(r) {
			class++
		}
		d.ascii[r] = class
	}
}

func (d *dfa) class(r rune) uint16 {
	i, ok := slices.BinarySearch(d.bounds, r)
	if !ok {
		i--
	}
	return uint16(i)
}

// match says whether the expression matches; ok is false where the dfa cannot tell.
func (d *dfa) match(text []byte) (matched, ok bool) {
	if d.broken {
		return false, false
	}
	row := int32(0)
	trans := d.trans
	for i := 0; i < len(text); {
		var c uint16
		if b := text[i]; b < utf8.RuneSelf {
			c = d.ascii[b]
			i++
		} else {
			r, n := utf8.DecodeRune(text[i:])
			c = d.class(r)
			i += n
		}
		t := trans[row+int32(c)]
		if t < 0 {
			if t == dfaUnknown {
				t = d.walk(row/d.stride, c)
				trans = d.trans
				if d.broken {
					return false, false
				}
			}
			if t == dfaMatch {
				return true, true
			}
		}
		row = t
	}
	t := trans[row+d.stride-1]
	if t == dfaUnknown {
		t = d.walk(row/d.stride, uint16(d.stride-1))
	}
	return t == dfaMatch, true
}

// walk computes a transition and remembers it.
func (d *dfa) walk(s int32, class uint16) int32 {
	st := &d.states[s]
	r := rune(-1)
	if int(class) < len(d.bounds) {
		r = d.bounds[class]
	}
	flags := emptyFlags(st.prev, r)
	d.step++
	d.next = d.next[:0]
	matched := false
	d.stack = append(d.stack[:0], st.insts...)
	d.stack = append(d.stack, uint32(d.prog.Start))
	for len(d.stack) > 0 && !matched {
		pc := d.stack[len(d.stack)-1]
		d.stack = d.stack[:len(d.stack)-1]
		if d.mark[pc] == d.step {
			continue
		}
		d.mark[pc] = d.step
		in := &d.prog.Inst[pc]
		switch in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			d.stack = append(d.stack, in.Out, in.Arg)
		case syntax.InstCapture, syntax.InstNop:
			d.stack = append(d.stack, in.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(in.Arg)&^flags == 0 {
				d.stack = append(d.stack, in.Out)
			}
		case syntax.InstMatch:
			matched = true
		case syntax.InstFail:
		default:
			if r >= 0 && in.MatchRune(r) {
				d.next = append(d.next, in.Out)
			}
		}
	}
	var t int32
	switch {
	case matched:
		t = dfaMatch
	case r < 0:
		t = dfaFail
	default:
		t = d.state(d.next, kindOf(r))
	}
	if !d.broken {
		d.trans[s*d.stride+int32(class)] = t
	}
	return t
}

// state returns the first transition of a state.
func (d *dfa) state(insts []uint32, prev prevKind) int32 {
	slices.Sort(insts)
	insts = slices.Compact(insts)
	d.key = append(d.key[:0], byte(prev))
	for _, i := range insts {
		d.key = binary.LittleEndian.AppendUint32(d.key, i)
	}
	if i, ok := d.index[string(d.key)]; ok {
		return i
	}
	if len(d.trans)+int(d.stride) > maxDFATable || d.size+len(insts) > maxDFASize {
		d.broken = true
		d.states, d.index, d.trans = nil, nil, nil
		return dfaMatch
	}
	i := int32(len(d.trans))
	d.trans = slices.Grow(d.trans, int(d.stride))
	for range d.stride {
		d.trans = append(d.trans, dfaUnknown)
	}
	d.states = append(d.states, dfaState{insts: slices.Clone(insts), prev: prev})
	d.size += len(insts)
	d.index[string(d.key)] = i
	return i
}

func kindOf(r rune) prevKind {
	switch {
	case r == '\n':
		return prevNewline
	case syntax.IsWordChar(r):
		return prevWord
	default:
		return prevOther
	}
}

// emptyFlags says which empty-width tests hold between two characters; next is -1 at the end.
func emptyFlags(prev prevKind, next rune) syntax.EmptyOp {
	var f syntax.EmptyOp
	if prev == prevNone {
		f |= syntax.EmptyBeginText | syntax.EmptyBeginLine
	}
	if prev == prevNewline {
		f |= syntax.EmptyBeginLine
	}
	word := false
	switch {
	case next < 0:
		f |= syntax.EmptyEndText | syntax.EmptyEndLine
	case next == '\n':
		f |= syntax.EmptyEndLine
	default:
		word = syntax.IsWordChar(next)
	}
	if word != (prev == prevWord) {
		return f | syntax.EmptyWordBoundary
	}
	return f | syntax.EmptyNoWordBoundary
}

// automata are the expressions that one worker has met.
type automata map[*predicate]*dfa

func (a automata) match(p *predicate, text []byte) bool {
	d, ok := a[p]
	if !ok {
		d = newDFA(p.atom.Regexp)
		a[p] = d
	}
	if d != nil {
		if matched, ok := d.match(text); ok {
			return matched
		}
	}
	return p.re.match(text)
}
