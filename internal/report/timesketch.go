package report

import (
	"io"
	"strconv"
	"strings"
	"time"

	"entente/internal/hunt"
)

// NewTimesketch writes JSON lines that Timesketch imports: message, datetime, timestamp (microseconds) and
// timestamp_desc, which it demands, then the rule, the place and the matched fields as attributes of one level, and
// the whole record as text in `event`. Matched fields keep their names, so a hunter searches for
// CommandLine:*whoami*; one whose name is taken is called field_NAME. A finding without a time stands at 1970 and
// says so in timestamp_desc.
func NewTimesketch(w io.Writer) Sink { return &timesketch{lines{w: w}} }

type timesketch struct{ lines }

const (
	timesketchDesc   = "Event logged"
	timesketchNoTime = "Event logged (the record has no time)"
	timesketchLayout = "2006-01-02T15:04:05.000000+00:00"
)

func (s *timesketch) Finding(f *hunt.Finding) error {
	when, desc := timesketchTime(f)
	m := meta(f)
	j := jsonText{b: append(s.buf, '{')}
	j.str("message", timesketchMessage(f))
	j.str("datetime", when.Format(timesketchLayout))
	j.num("timestamp", when.UnixMicro())
	j.str("timestamp_desc", desc)
	j.str("data_type", "entente:finding")
	j.list("tag", timesketchTags(f))
	j.str("rule", ruleTitle(m))
	j.some("rule_id", m.ID)
	j.str("level", levelOf(f).String())
	j.some("tactics", strings.Join(f.Tactics, " "))
	j.some("techniques", techniqueIDs(f))
	j.some("computer_name", f.Host)
	j.some("username", f.User)
	j.some("source", string(f.Source))
	j.some("channel", f.Channel)
	j.some("provider", f.Provider)
	if f.EventID != 0 {
		j.num("event_identifier", int64(f.EventID))
	}
	if f.HasRecordID || f.RecordID != 0 {
		j.str("record_number", strconv.FormatUint(f.RecordID, 10))
	}
	j.num("count", weight(f))
	j.some("file", f.File)
	j.num("offset", f.Offset)
	j.some("caveats", strings.Join(f.Caveats, "; "))
	seen := make(map[string]bool, len(f.Matched))
	for _, fv := range f.Matched {
		name := timesketchAttribute(fv.Name)
		if !seen[name] { // an attribute cannot stand twice; all values are in message and event
			seen[name] = true
			j.str(name, fv.Value)
		}
	}
	j.str("event", string(f.Event))
	j.some("tlp", tlpText(m))
	j.close('}')
	s.buf = append(j.b, '\n')
	return s.end()
}

// timesketchReserved are the attribute names that this format or Timesketch itself uses.
const timesketchReserved = " message datetime timestamp timestamp_desc data_type tag rule rule_id level tactics techniques computer_name " +
	"username source channel provider event_identifier record_number count file offset caveats event label comment " +
	"tlp source_short source_long parser timesketch_label __ts_timeline_id __ts_emojis "

// timesketchAttribute makes a field name fit to be an attribute: a dot would make OpenSearch build an object.
func timesketchAttribute(name string) string {
	name = strings.NewReplacer(".", "_", " ", "_", "*", "_", ",", "_", "#", "_", ":", "_", "\\", "_").Replace(visible(name))
	if name == "" || name[0] == '_' || strings.Contains(timesketchReserved, " "+name+" ") {
		return "field_" + name
	}
	return name
}

func timesketchTime(f *hunt.Finding) (when time.Time, desc string) {
	if !hasTime(f.Time) {
		return time.Unix(0, 0).UTC(), timesketchNoTime
	}
	return f.Time.UTC(), timesketchDesc
}

func timesketchMessage(f *hunt.Finding) string {
	var b strings.Builder
	b.WriteString("[" + levelOf(f).String() + "] " + Title(meta(f)))
	if f.Host != "" {
		b.WriteString(" on " + f.Host)
	}
	if f.User != "" {
		b.WriteString(" by " + f.User)
	}
	if n := weight(f); n > 1 {
		b.WriteString(" (" + strconv.FormatInt(n, 10) + " times)")
	}
	if text := matchedText(f); text != "" {
		b.WriteString(": " + text)
	}
	return b.String()
}

func timesketchTags(f *hunt.Finding) []string {
	tags := []string{"sigma", levelOf(f).String()}
	for _, t := range f.Techniques {
		tags = append(tags, t.ID)
	}
	return append(tags, f.Tactics...)
}
