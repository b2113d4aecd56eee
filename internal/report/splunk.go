package report

import (
	"io"
	"strconv"

	"entente/internal/hunt"
)

// SplunkOptions are the parts of an event that a receiver may want otherwise.
type SplunkOptions struct {
	Index      string // "" leaves the choice to the token
	SourceType string // "": entente:finding
}

// NewSplunk writes what Splunk's HTTP Event Collector takes: an object per line with time (seconds since 1970, with
// milliseconds), host, source (the log file), sourcetype and event. The event is the object of
// docs/formats/finding.md, of a hunt that did not go through all of its inputs also the one that says so. An object without a time gets that of its arrival.
func NewSplunk(w io.Writer, o SplunkOptions) Sink {
	if o.SourceType == "" {
		o.SourceType = "entente:finding"
	}
	return &splunk{lines: lines{w: w}, o: o}
}

type splunk struct {
	lines
	rules ruleTexts
	o     SplunkOptions
}

func (s *splunk) Finding(f *hunt.Finding) error {
	j := jsonText{b: append(s.buf, '{')}
	if hasTime(f.Time) {
		j.key("time")
		j.b = strconv.AppendFloat(j.b, float64(f.Time.UnixMilli())/1000, 'f', 3, 64)
	}
	j.some("host", f.Host)
	j.some("source", f.File)
	j.str("sourcetype", s.o.SourceType)
	j.some("index", s.o.Index)
	j.key("event")
	j.b = append(appendFinding(j.b, f, &s.rules), '}', '\n')
	s.buf = j.b
	return s.end()
}

func (s *splunk) Close(sum *hunt.Summary) error {
	if sum != nil && sum.Incomplete != "" {
		j := jsonText{b: append(s.buf, '{')}
		j.str("source", "entente")
		j.str("sourcetype", s.o.SourceType)
		j.some("index", s.o.Index)
		j.key("event")
		s.buf = append(appendIncomplete(j.b, sum), '}', '\n')
	}
	return s.Flush()
}
