package report

import (
	"io"

	"entente/internal/coverage"
	"entente/internal/hunt"
)

// Headline is the part of a finding that a person wants to read first. It is what [coverage.Options].Describe wants.
func Headline(f *hunt.Finding) string { return headline(f) }

// NewVerdicts writes one JSON object for each host and line: whether it was hit, the stages of the intrusion, and its
// chain in order of time. The members are documented in docs/formats/coverage.md. Everything is written at Close.
// Without a hunt with packs (c is nil) nothing is written.
func NewVerdicts(w io.Writer, c *coverage.Collector) Sink { return &verdicts{lines: lines{w: w}, c: c} }

type verdicts struct {
	lines
	c *coverage.Collector
}

func (v *verdicts) Finding(*hunt.Finding) error { return nil }

func (v *verdicts) Close(s *hunt.Summary) error {
	if v.c == nil {
		return nil
	}
	r := v.c.Report(s)
	for i := range r.Hosts {
		j := jsonText{b: append(v.buf, '{')}
		verdictMembers(&j, r, &r.Hosts[i])
		j.close('}')
		v.buf = append(j.b, '\n')
		if err := v.end(); err != nil {
			return err
		}
	}
	return v.Flush()
}

// NewCoverage writes a coverage report as one JSON object: packs with the state of each TTP, hosts with their verdicts,
// and the logs that were missing. Everything is written at Close; without a hunt with packs the object is empty.
func NewCoverage(w io.Writer, o Options) Sink { return &coverageFile{w: w, o: o} }

type coverageFile struct {
	w io.Writer
	o Options
}

func (c *coverageFile) Finding(*hunt.Finding) error { return nil }

func (c *coverageFile) Close(s *hunt.Summary) error {
	j := jsonText{b: []byte{'{'}}
	if c.o.Coverage != nil {
		coverageMembers(&j, c.o.Coverage.Report(s), &c.o)
		troubleMembers(&j, s)
	}
	j.b = append(j.b, "}\n"...)
	_, err := c.w.Write(j.b)
	return err
}

// troubleMembers are the inputs that were damaged, and those that were not read: what stood there nobody has looked at.
func troubleMembers(j *jsonText, s *hunt.Summary) {
	if s == nil {
		s = &hunt.Summary{}
	}
	j.num("warnings_total", max(s.WarningsTotal, int64(len(s.Warnings))))
	warnings(j, "warnings", s.Warnings)
	j.num("skipped_total", int64(len(s.Skipped)))
	warnings(j, "skipped", s.Skipped)
}
