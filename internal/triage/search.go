package triage

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"entente/internal/event"
	"entente/internal/source"
)

// SearchOptions say what [Search] looks for and how it writes.
type SearchOptions struct {
	Read     source.Options
	Filter   Filter
	Patterns []string
	Regex    bool     // the patterns are expressions (RE2)
	Exact    bool     // upper and lower case differ
	All      bool     // every pattern has to occur in a record, in whatever fields; else one is enough
	Invert   bool     // records in which the patterns do not occur
	Fields   []string // search these fields only, names compared without case; empty: all
	Limit    int64    // hits written at most; 0: all
	// NewFormat returns the form in which hits are written; it is called once for each goroutine. Nil writes nothing:
	// the hits are counted.
	NewFormat func() func(dst []byte, h *Hit) []byte
}

// Hit is a record that was found. It is valid only during the call that it is given to.
type Hit struct {
	File    *source.File
	Event   *event.Event
	Matches []Match // none with Invert
}

// Match is a value in which patterns occur.
type Match struct {
	Field string // "" is the record's text as a whole
	Text  []byte
	Spans []Span // in order, without overlap; none where an expression matched nothing but a place
}

// Span is a piece of a text, in bytes.
type Span struct{ Start, End int }

// maxSpans bounds the places that are told of in one value.
const maxSpans = 64

// Search writes the records in which the patterns occur to w, in the order of the inputs, and returns how many there
// are: at most Limit, if that is set.
//
// A literal is compared without case, by Unicode's simple folding, unless Exact is set. It has to occur within one
// value; where the log is lines of text the whole line counts as one, too. Names of fields are not searched.
func Search(ctx context.Context, inputs []string, o SearchOptions, w io.Writer) (int64, error) {
	patterns, err := o.compile()
	if err != nil {
		return 0, err
	}
	var (
		pool  sync.Pool
		found int64
	)
	err = source.Run(ctx, inputs, o.Read, func(int) source.Worker {
		s := &searcher{o: &o, patterns: patterns, raw: newRawSearch(patterns, o.All), hits: printer{keep: newMatcher(&o.Filter), limit: o.Limit, pool: &pool}}
		if len(o.Fields) > 0 {
			s.fields = newPicker(o.Fields)
		}
		if o.NewFormat != nil {
			s.write = o.NewFormat()
		}
		return s
	}, func(_ *source.File, result any) error {
		p, ok := result.(*page)
		if !ok {
			return nil
		}
		defer pool.Put(p)
		n := int64(len(p.ends))
		if o.Limit > 0 {
			n = min(n, o.Limit-found)
		}
		if n > 0 && len(p.text) > 0 {
			if _, err := w.Write(p.text[:p.ends[n-1]]); err != nil {
				return err
			}
		}
		if found += n; o.Limit > 0 && found >= o.Limit {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return found, err
}

// Check says what is wrong with the patterns.
func (o *SearchOptions) Check() error {
	_, err := o.compile()
	return err
}

func (o *SearchOptions) compile() ([]*pattern, error) {
	out := make([]*pattern, len(o.Patterns))
	for i, text := range o.Patterns {
		var err error
		if out[i], err = newPattern(text, o.Regex, o.Exact); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// searcher is a worker of Search. It makes pages of hits as a printer does.
type searcher struct {
	o        *SearchOptions
	patterns []*pattern
	fields   *picker // nil: all
	write    func(dst []byte, h *Hit) []byte
	raw      *rawSearch // nil: nothing can be told from blocks
	hits     printer

	all   []byte // the folded texts of a record's values, with a byte between that no text holds
	text  []byte
	fold  []byte
	found []bool // by pattern
	hit   Hit
	texts [][]byte // storage of the matches
}

func (s *searcher) Begin(f *source.File) { s.hits.Begin(f) }
func (s *searcher) End() any             { return s.hits.End() }

// Wants implements [source.Chooser]: it looks for the patterns in the block as it stands in the log.
func (s *searcher) Wants(f *source.File, data []byte) bool {
	if s.raw == nil || s.o.Invert {
		return true
	}
	return s.raw.may(f.Format.Name(), data)
}

func (s *searcher) Event(ev *event.Event) bool {
	ok, nameless := s.hits.keep.wants(ev)
	if !ok && !nameless || s.matches(ev) == s.o.Invert {
		return true
	}
	if nameless { // only a hit is missed
		s.hits.keep.leaveOut()
		return true
	}
	p := s.hits.page
	if s.write != nil {
		s.hit.File, s.hit.Event = s.hits.file, ev
		s.hit.Matches = s.hit.Matches[:0]
		if !s.o.Invert {
			s.locate(ev)
		}
		p.text = s.write(p.text, &s.hit)
	}
	p.ends = append(p.ends, len(p.text))
	return s.o.Limit <= 0 || int64(len(p.ends)) < s.o.Limit
}

// separator stands between values that are searched together; no text has it, as it is no UTF-8.
const separator = 0xFF

// matches decides about a record. Most have nothing of what is searched for, which one look at all their values
// together shows.
func (s *searcher) matches(ev *event.Event) bool {
	s.all = s.all[:0]
	s.values(ev, func(_ string, v *event.Value) {
		s.all = append(v.AppendFolded(s.all), separator)
	})
	possible := 0
	for _, p := range s.patterns {
		if p.possible(s.all) {
			possible++
		} else if s.o.All {
			return false
		}
	}
	if possible == 0 {
		return false
	}
	if !s.o.Exact && !s.o.Regex { // the needles were the patterns themselves
		return true
	}
	s.found = append(s.found[:0], make([]bool, len(s.patterns))...)
	left := len(s.patterns)
	s.values(ev, func(_ string, v *event.Value) {
		if left == 0 {
			return
		}
		s.text = v.AppendText(s.text[:0])
		for i, p := range s.patterns {
			if !s.found[i] && p.in(s.text, nil) {
				s.found[i] = true
				left--
			}
		}
	})
	if s.o.All {
		return left == 0
	}
	return slices.Contains(s.found, true)
}

// values calls yield with each value that is searched.
func (s *searcher) values(ev *event.Event, yield func(field string, v *event.Value)) {
	for i := range ev.Values {
		v := &ev.Values[i]
		if v.Type == event.Null || v.Type == event.JSONText || s.fields != nil && s.fields.of(ev.Names, v.Slot) < 0 {
			continue // the members of a JSON text stand as values of their own
		}
		yield(ev.Names.At(v.Slot).Text, v)
	}
	if line := plainLine(ev); line != nil && s.fields == nil {
		yield("", &event.Value{Raw: line, Type: event.UTF8})
	}
}

// plainLine is the record's own text where that is what people see in the log. JSON is not: its escapes and names would
// be searched as well.
func plainLine(ev *event.Event) []byte {
	if len(ev.Raw) == 0 || ev.Raw[0] == '{' || ev.Raw[0] == '[' || ev.Raw[0] == '<' {
		return nil
	}
	return ev.Raw
}

// locate notes the values in which patterns occur. The line as a whole is named only where no value is.
func (s *searcher) locate(ev *event.Event) {
	s.values(ev, func(field string, v *event.Value) {
		if field == "" && len(s.hit.Matches) > 0 {
			return
		}
		n := len(s.hit.Matches)
		if n == len(s.texts) {
			s.texts = append(s.texts, nil)
		}
		text := v.AppendText(s.texts[n][:0])
		s.texts[n] = text
		s.fold = event.FoldBytes(s.fold[:0], text)
		var spans []Span
		hit := false
		for _, p := range s.patterns {
			if p.in(text, s.fold) {
				hit = true
				spans = append(spans, p.spans(text, maxSpans)...)
			}
		}
		if hit {
			s.hit.Matches = append(s.hit.Matches, Match{Field: field, Text: text, Spans: joinSpans(spans)})
		}
	})
}

// joinSpans puts spans in order and joins those that touch.
func joinSpans(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return a.Start - b.Start })
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && s.Start <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, s.End)
			continue
		}
		out = append(out, s)
	}
	return out
}
