package logrange

import (
	"strconv"
	"strings"
)

// winSink is a log that takes Windows events.
type winSink interface {
	write(e *winEvent)
	close()
}

// winlogbeat writes events as Winlogbeat 7 does.
type winlogbeat struct{ logFile }

// winflat writes events as flat objects, the envelope beside the data.
type winflat struct{ logFile }

func newWinlogbeat(h *host) *winlogbeat {
	return &winlogbeat{logFile{h: h, format: Winlogbeat, name: h.name + "/json/winlogbeat.ndjson"}}
}

func newWinFlat(h *host) *winflat {
	return &winflat{logFile{h: h, format: WinFlat, name: h.name + "/json/windows.ndjson"}}
}

func (s *winlogbeat) close() { s.done() }
func (s *winflat) close()    { s.done() }

func (s *winlogbeat) write(e *winEvent) {
	h := e.h
	b := s.begin(e.time)
	b = append(b, `{"@timestamp":"`...)
	b = h.clock.rfc3339Milli(b, e.time)
	b = append(b, `","agent":{"hostname":"`...)
	b = append(b, h.upper...)
	b = append(b, `","type":"winlogbeat","version":"7.11.1"},"ecs":{"version":"1.7.0"},"event":{"code":`...)
	b = strconv.AppendUint(b, uint64(e.id), 10)
	b = append(b, `,"created":"`...)
	b = h.clock.rfc3339Milli(b, e.time+800*milli)
	b = append(b, `","kind":"event","provider":"`...)
	b = append(b, e.provider.name...)
	b = append(b, `"},"host":{"name":"`...)
	b = append(b, h.fqdn...)
	b = append(b, `"},"log":{"level":"`...)
	b = append(b, levelName(e.level)...)
	b = append(b, `"},"message":"`...)
	b = appendMessage(b, e)
	b = append(b, `","winlog":{"api":"wineventlog","channel":"`...)
	b = append(b, channelNames[e.channel]...)
	b = append(b, `","computer_name":"`...)
	b = append(b, h.fqdn...)
	if e.userData != "" {
		b = append(b, `","user_data":{`...)
		b = appendData(b, e)
		b = append(b, `,"xml_name":"`...)
		b = append(b, e.userData...)
		b = append(b, `"},"event_id":`...)
	} else {
		b = append(b, `","event_data":{`...)
		b = appendData(b, e)
		b = append(b, `},"event_id":`...)
	}
	b = strconv.AppendUint(b, uint64(e.id), 10)
	if e.opcode == 0 {
		b = append(b, `,"opcode":"Info"`...)
	}
	b = append(b, `,"process":{"pid":`...)
	b = strconv.AppendUint(b, uint64(e.pid), 10)
	b = append(b, `,"thread":{"id":`...)
	b = strconv.AppendUint(b, uint64(e.tid), 10)
	b = append(b, `}}`...)
	if e.provider.guid != "" {
		b = append(b, `,"provider_guid":"{`...)
		b = append(b, e.provider.guid...)
		b = append(b, `}"`...)
	}
	b = append(b, `,"provider_name":"`...)
	b = append(b, e.provider.name...)
	b = append(b, `","record_id":`...)
	b = strconv.AppendUint(b, e.record, 10)
	b = append(b, `,"task":"`...)
	b = append(b, e.title...)
	b = append(b, '"')
	if e.user != "" {
		b = append(b, `,"user":{"identifier":"`...)
		b = append(b, e.user...)
		b = append(b, `"}`...)
	}
	if e.version != 0 {
		b = append(b, `,"version":`...)
		b = strconv.AppendUint(b, uint64(e.version), 10)
	}
	s.end(append(b, "}}\n"...), 1)
}

func (s *winflat) write(e *winEvent) {
	h := e.h
	b := s.begin(e.time)
	b = append(b, `{"@timestamp":"`...)
	b = h.clock.rfc3339Milli(b, e.time)
	b = append(b, `","Channel":"`...)
	b = append(b, channelNames[e.channel]...)
	b = append(b, `","EventID":`...)
	b = strconv.AppendUint(b, uint64(e.id), 10)
	b = append(b, `,"SourceName":"`...)
	b = append(b, e.provider.name...)
	b = append(b, `","Hostname":"`...)
	b = append(b, h.fqdn...)
	b = append(b, `","RecordNumber":`...)
	b = strconv.AppendUint(b, e.record, 10)
	b = append(b, `,"Level":"`...)
	b = strconv.AppendUint(b, uint64(e.level), 10)
	b = append(b, `","Task":"`...)
	b = strconv.AppendUint(b, uint64(e.task), 10)
	b = append(b, `","Keywords":"0x`...)
	b = strconv.AppendUint(b, e.keywords, 16)
	b = append(b, '"')
	if e.user != "" {
		b = append(b, `,"UserID":"`...)
		b = append(b, e.user...)
		b = append(b, '"')
	}
	if len(e.values) > 0 {
		b = append(b, ',')
		b = appendData(b, e)
	}
	b = append(b, `,"Message":"`...)
	b = appendMessage(b, e)
	s.end(append(b, "\"}\n"...), 1)
}

func levelName(level uint8) string {
	switch level {
	case 2:
		return "error"
	case 3:
		return "warning"
	case 5:
		return "verbose"
	}
	return "information"
}

// appendData appends the data as members of a JSON object; data without names are called param1, param2…
func appendData(b []byte, e *winEvent) []byte {
	for i := range e.values {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		if len(e.fields) > 0 {
			b = append(b, e.fields[i].name...)
		} else {
			b = append(b, "param"...)
			b = strconv.AppendInt(b, int64(i)+1, 10)
		}
		b = append(b, `":"`...)
		b = appendEscapedValue(b, e, i)
		b = append(b, '"')
	}
	return b
}

func appendEscapedValue(b []byte, e *winEvent, i int) []byte {
	v := e.values[i]
	if k := e.kindOf(i); k == kindText || k == kindSID {
		return appendEscaped(b, e.text[v.off:v.end])
	}
	return e.appendText(b, i)
}

// appendMessage appends the message that Windows would show, in the shape of Sysmon's: a title, then the data.
func appendMessage(b []byte, e *winEvent) []byte {
	b = append(b, e.title...)
	if len(e.fields) == 0 {
		for i := range e.values {
			b = append(b, ' ')
			b = appendEscapedValue(b, e, i)
		}
		return b
	}
	b = append(b, ':')
	for i := range e.values {
		b = append(b, `\n`...)
		b = append(b, e.fields[i].name...)
		b = append(b, ": "...)
		b = appendEscapedValue(b, e, i)
	}
	return b
}

// plainJSON marks the bytes that a JSON string may hold as they are.
var plainJSON = func() (t [256]bool) {
	for c := 0x20; c < 256; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// appendEscaped appends UTF-8 text as the inside of a JSON string.
func appendEscaped(dst, s []byte) []byte {
	from := 0
	for i, c := range s {
		if plainJSON[c] {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', lowerHex[c>>4], lowerHex[c&15])
		}
	}
	return append(dst, s[from:]...)
}

func blanks(s string) string { return strings.ReplaceAll(s, "_", " ") }
