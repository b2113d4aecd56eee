package report

import (
	"io"
	"strconv"
	"strings"
	"time"

	"entente/internal/event"
	"entente/internal/hunt"
	"entente/internal/sheet"
	"entente/internal/sigma"
)

// NewCSV writes a table for spreadsheets: RFC 4180 with a header row, lines ended by CRLF, UTF-8. A cell that a
// spreadsheet could take for a formula gets a leading apostrophe, see [sheet.Escape]. Line breaks stay as they are, inside quotes; other control characters and bidirectional
// overrides are written out (\x1b).
func NewCSV(w io.Writer) Sink { return &csvSink{lines: lines{w: w}} }

type csvSink struct {
	lines
	begun bool
}

var csvColumns = [...]string{
	"time", "level", "rule", "rule_id", "tactics", "techniques", "host", "user", "source", "channel", "provider",
	"event_id", "record_id", "count", "last", "matched", "caveats", "file", "offset", "event", "tlp",
}

func (s *csvSink) header() {
	if !s.begun {
		s.begun = true
		s.buf = appendRow(s.buf, csvColumns[:]...)
	}
}

func (s *csvSink) Finding(f *hunt.Finding) error {
	s.header()
	m := meta(f)
	s.buf = appendRow(s.buf,
		csvTime(f.Time), levelOf(f).String(), ruleTitle(m), m.ID, strings.Join(f.Tactics, " "), techniqueIDs(f),
		f.Host, f.User, string(f.Source), f.Channel, f.Provider,
		number(uint64(f.EventID)), recordNumber(f), strconv.FormatInt(weight(f), 10), csvTime(lastTime(f)),
		matchedText(f), strings.Join(f.Caveats, "\n"), f.File, strconv.FormatInt(f.Offset, 10), string(f.Event), tlpText(m))
	return s.end()
}

// Close writes the header also where there were no findings, so that the file is a table all the same.
func (s *csvSink) Close(*hunt.Summary) error {
	s.header()
	return s.Flush()
}

// matchedText puts what a rule matched on one line for people.
func matchedText(f *hunt.Finding) string {
	var b strings.Builder
	if c := f.Correlation; c != nil {
		b.WriteString(correlationText(c))
	}
	for _, m := range f.Matched {
		if b.Len() > 0 {
			b.WriteString(" ¦ ")
		}
		b.WriteString(m.Name + ": " + m.Value)
	}
	return b.String()
}

// correlationText says in words what a correlation saw.
func correlationText(c *hunt.CorrelationHit) string {
	var b strings.Builder
	b.WriteString(correlationValue(c))
	if d := c.Last.Sub(c.First); d > 0 && !c.First.IsZero() {
		b.WriteString(" within " + durationText(d))
	}
	for i, g := range c.Group {
		b.WriteString(map[bool]string{true: ", all with ", false: " and "}[i == 0] + g.Name + " " + g.Value)
	}
	return b.String()
}

// correlationValue is what a correlation counted or summed up.
func correlationValue(c *hunt.CorrelationHit) string {
	value := strconv.FormatFloat(c.Value, 'f', -1, 64)
	several := func(one, many string) string {
		if c.Value == 1 {
			return value + " " + one
		}
		return value + " " + many
	}
	switch c.Type {
	case sigma.EventCount:
		return several("event", "events")
	case sigma.ValueCount:
		return several("value", "different values")
	case sigma.Temporal:
		return several("kind of event", "kinds of events")
	case sigma.TemporalOrdered:
		return several("kind of event", "kinds of events, in this order,")
	case sigma.ValueSum:
		return "a sum of " + value
	case sigma.ValueAvg:
		return "an average of " + value
	case sigma.ValueMedian:
		return "a median of " + value
	case sigma.ValuePercentile:
		return "a percentile of " + value
	}
	return strings.ReplaceAll(string(c.Type), "_", " ") + " " + value
}

func techniqueIDs(f *hunt.Finding) string {
	ids := make([]string, len(f.Techniques))
	for i, t := range f.Techniques {
		ids[i] = t.ID
	}
	return strings.Join(ids, " ")
}

// recordNumber is the id of the record, "" where it has none.
func recordNumber(f *hunt.Finding) string {
	if !f.HasRecordID && f.RecordID == 0 {
		return ""
	}
	return strconv.FormatUint(f.RecordID, 10)
}

// number writes 0 as nothing: an id that the record does not have.
func number(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

func csvTime(t time.Time) string {
	if !hasTime(t) {
		return ""
	}
	return string(event.AppendTime(nil, t))
}

func appendRow(dst []byte, cells ...string) []byte {
	for i, c := range cells {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCell(dst, c)
	}
	return append(dst, '\r', '\n')
}

// appendCell writes one cell, made safe and quoted where it has to be.
func appendCell(dst []byte, s string) []byte {
	s = csvText(sheet.Escape(s))
	if !strings.ContainsAny(s, "\",\r\n") && !strings.HasPrefix(s, " ") && !strings.HasSuffix(s, " ") {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(s, `"`, `""`)...)
	return append(dst, '"')
}

// csvText is visible, but for tab and line breaks, which a quoted cell may hold.
func csvText(s string) string {
	if !strings.ContainsAny(s, "\t\r\n") {
		return visible(s)
	}
	var b strings.Builder
	for s != "" {
		i := strings.IndexAny(s, "\t\r\n")
		if i < 0 {
			i = len(s)
		}
		b.WriteString(visible(s[:i]))
		if i < len(s) {
			b.WriteByte(s[i])
			i++
		}
		s = s[i:]
	}
	return b.String()
}
