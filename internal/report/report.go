// Package report turns the findings of a hunt into files for people and for tools.
//
// Every output is a [Sink]: it takes findings one at a time, in the order of the hunt, and the summary at the end.
// A sink writes as it goes and keeps counts, never findings, so its memory does not grow with their number; what a
// format makes it remember (which rules were seen, say) has a stated cap. The same findings and the same summary
// give the same bytes.
//
// Log content is hostile. No output lets it leave its place: control characters, terminal escapes, bidirectional
// overrides and broken UTF-8 are escaped or made visible, spreadsheet cells cannot become formulas, and the HTML
// report carries its data compressed inside a document whose policy forbids every script but its own.
//
// The package does not open logs, match rules, choose file names or create files: it writes to an io.Writer that
// the caller owns and closes. Sinks are used by one goroutine at a time.
package report

import (
	"errors"
	"io"
	"time"

	"entente/internal/attack"
	"entente/internal/coverage"
	"entente/internal/hunt"
	"entente/internal/sigma"
)

// Sink takes the findings of one hunt.
type Sink interface {
	// Finding adds one finding. The sink may keep the pointer until Close and does not change what it points to.
	Finding(f *hunt.Finding) error
	// Close completes the output. It is called once, also after an error of Finding, and does not close the
	// underlying writer.
	Close(s *hunt.Summary) error
}

// Flusher is a Sink that can bring everything it was given to its writer at any time: those whose output is a line
// per finding. Whoever follows growing logs calls Flush after each round.
type Flusher interface {
	Flush() error
}

// Options are what reports may want to know beyond the findings. The zero value works.
type Options struct {
	// Now is the time of the report: for formats that demand a time where a record has none. Zero: the time at
	// which the sink is made.
	Now time.Time
	// RuleText returns the text of a rule for reports that quote it (STIX, HTML). Nil: the file that the rule was
	// loaded from is read, see [FileRuleText].
	RuleText func(*sigma.Meta) ([]byte, error)
	// Attack are the facts that give reports the whole ATT&CK matrix (HTML) and the names of parent techniques.
	// Without them reports know the techniques of the findings only.
	Attack *attack.Facts
	// Coverage has taken the findings of a hunt with advisory packs: reports then answer whether hosts were hit, and say
	// of each TTP of the packs how it stands. Nil without packs.
	Coverage *coverage.Collector

	Terminal TerminalOptions
	HTML     HTMLOptions
	STIX     STIXOptions
	Splunk   SplunkOptions
}

func (o Options) now() time.Time {
	if o.Now.IsZero() {
		return time.Now().UTC()
	}
	return o.Now.UTC()
}

// techniqueName is a technique's name where the facts are at hand, else "".
func (o Options) techniqueName(id string) string {
	if o.Attack != nil {
		if t, ok := o.Attack.Technique(id); ok {
			return t.Name
		}
	}
	return ""
}

// Tee passes everything on to several sinks. A sink that fails gets nothing more but its Close; the others go on,
// and the errors are reported together at Close. With one sink alone its errors are returned at once.
func Tee(sinks ...Sink) Sink {
	if len(sinks) == 1 {
		return sinks[0]
	}
	return &tee{sinks: sinks, errs: make([]error, len(sinks))}
}

type tee struct {
	sinks []Sink
	errs  []error
}

func (t *tee) Finding(f *hunt.Finding) error {
	alive := false
	for i, s := range t.sinks {
		if t.errs[i] == nil {
			t.errs[i] = s.Finding(f)
		}
		alive = alive || t.errs[i] == nil
	}
	if !alive {
		return errors.Join(t.errs...)
	}
	return nil
}

func (t *tee) Flush() error {
	for i, s := range t.sinks {
		if fl, ok := s.(Flusher); ok && t.errs[i] == nil {
			t.errs[i] = fl.Flush()
		}
	}
	return errors.Join(t.errs...)
}

func (t *tee) Close(sum *hunt.Summary) error {
	for i, s := range t.sinks {
		if err := s.Close(sum); t.errs[i] == nil {
			t.errs[i] = err
		}
	}
	return errors.Join(t.errs...)
}

// lines is the common part of the outputs that write a line per finding.
type lines struct {
	w   io.Writer
	buf []byte
	err error
}

// lineBuffer is how much a line output gathers before it writes.
const lineBuffer = 64 << 10

// end says that a record is complete in l.buf; it writes the buffer out when it has grown enough.
func (l *lines) end() error {
	if len(l.buf) < lineBuffer {
		return l.err
	}
	return l.Flush()
}

// Flush writes what is buffered.
func (l *lines) Flush() error {
	if l.err == nil && len(l.buf) > 0 {
		_, l.err = l.w.Write(l.buf)
	}
	l.buf = l.buf[:0]
	if cap(l.buf) > 16*lineBuffer { // a giant record must not stay with us
		l.buf = nil
	}
	return l.err
}

// Close flushes; line outputs have no summary.
func (l *lines) Close(*hunt.Summary) error { return l.Flush() }

// weight is how many findings f stands for.
func weight(f *hunt.Finding) int64 { return int64(max(f.Count, 1)) }

// lastTime is the time of the latest record that f stands for.
func lastTime(f *hunt.Finding) time.Time {
	if f.Last.After(f.Time) {
		return f.Last
	}
	return f.Time
}

// meta is f's rule, never nil.
func meta(f *hunt.Finding) *sigma.Meta {
	if f.Rule == nil {
		return &sigma.Meta{}
	}
	return f.Rule
}

// ruleTitle is what people call a rule.
func ruleTitle(m *sigma.Meta) string {
	switch {
	case m.Title != "":
		return m.Title
	case m.Name != "":
		return m.Name
	case m.ID != "":
		return m.ID
	}
	return "(untitled rule)"
}

// ruleKey tells rules apart: the id, or where there is none the place of the rule.
func ruleKey(m *sigma.Meta) string {
	if m.ID != "" {
		return m.ID
	}
	return m.Name + "\x00" + m.Title + "\x00" + m.File
}
