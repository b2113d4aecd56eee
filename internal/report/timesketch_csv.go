package report

import (
	"io"
	"strconv"
	"strings"

	"entente/internal/hunt"
)

// NewTimesketchCSV writes what [NewTimesketch] writes as CSV, for imports that take nothing else. The columns are
// fixed, so matched fields stand together in one.
func NewTimesketchCSV(w io.Writer) Sink { return &timesketchCSV{lines: lines{w: w}} }

type timesketchCSV struct {
	lines
	begun bool
}

var timesketchColumns = [...]string{
	"message", "datetime", "timestamp", "timestamp_desc", "rule", "rule_id", "level", "tactics", "techniques", "computer_name",
	"username", "source", "channel", "provider", "event_identifier", "record_number", "count", "matched", "caveats", "file", "offset", "event", "tlp",
}

func (s *timesketchCSV) header() {
	if !s.begun {
		s.begun = true
		s.buf = appendRow(s.buf, timesketchColumns[:]...)
	}
}

func (s *timesketchCSV) Finding(f *hunt.Finding) error {
	s.header()
	when, desc := timesketchTime(f)
	m := meta(f)
	s.buf = appendRow(s.buf,
		timesketchMessage(f), when.Format(timesketchLayout), strconv.FormatInt(when.UnixMicro(), 10), desc,
		ruleTitle(m), m.ID, levelOf(f).String(), strings.Join(f.Tactics, " "), techniqueIDs(f), f.Host,
		f.User, string(f.Source), f.Channel, f.Provider, number(uint64(f.EventID)), recordNumber(f),
		strconv.FormatInt(weight(f), 10), matchedText(f), strings.Join(f.Caveats, "\n"), f.File, strconv.FormatInt(f.Offset, 10), string(f.Event), tlpText(m))
	return s.end()
}

// Close writes the header also where there were no findings.
func (s *timesketchCSV) Close(*hunt.Summary) error {
	s.header()
	return s.Flush()
}
