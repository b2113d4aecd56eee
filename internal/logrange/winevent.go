package logrange

import (
	"strconv"
	"strings"
)

// kind is how a field of a Windows event is stored.
type kind uint8

const (
	kindText  kind = iota
	kindSID        // text of a SID
	kindGUID       // 16 bytes, in the order of their text
	kindU16        // the numbers
	kindU32        //
	kindI32        //
	kindU64        //
	kindHex32      // shown as 0x1f
	kindHex64      //
	kindBool       // shown as true, false
	kindTime       // ticks
)

var kindNames = map[string]kind{
	"": kindText, "sid": kindSID, "guid": kindGUID, "u16": kindU16, "u32": kindU32, "i32": kindI32, "u64": kindU64,
	"x32": kindHex32, "x64": kindHex64, "bool": kindBool,
	"time": kindTime,
}

// channel is a Windows event log.
type channel uint8

const (
	chSecurity channel = iota
	chSystem
	chApplication
	chSysmon
	chPowerShell
	chPowerShellClassic
	chTasks
	chDefender
	chExchange
	chSessions
	chRemoteLogons
	chWMI
	chBITS
	channels
)

// channelNames are the channels as events name them; the file's name has % 4 for each slash.
var channelNames = [channels]string{
	chSecurity:          "Security",
	chSystem:            "System",
	chApplication:       "Application",
	chSysmon:            "Microsoft-Windows-Sysmon/Operational",
	chPowerShell:        "Microsoft-Windows-PowerShell/Operational",
	chPowerShellClassic: "Windows PowerShell",
	chTasks:             "Microsoft-Windows-TaskScheduler/Operational",
	chDefender:          "Microsoft-Windows-Windows Defender/Operational",
	chExchange:          "MSExchange Management",
	chSessions:          "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
	chRemoteLogons:      "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational",
	chWMI:               "Microsoft-Windows-WMI-Activity/Operational",
	chBITS:              "Microsoft-Windows-Bits-Client/Operational",
}

func (c channel) fileName() string { return strings.ReplaceAll(channelNames[c], "/", "%4") }

// provider is who writes events.
type provider struct {
	name   string
	guid   string // "" for classic sources
	source string // EventSourceName, of classic sources with a manifest
}

// shape is everything that the events of one kind have in common.
type shape struct {
	channel    channel
	provider   *provider
	id         uint16
	qualifiers uint16
	version    uint8
	level      uint8 // 4 information, 3 warning, 2 error, 0 of audits
	task       uint16
	opcode     uint8
	keywords   uint64
	title      string // first line of the message
	user       bool   // has Security/UserID
	userData   string // element under UserData, "" for EventData
	userDataNS string
	fields     []field // none: unnamed Data, as many as the event has
}

type field struct {
	name string
	kind kind
}

// fieldsOf reads "Name Name:kind …". It panics on an unknown kind, which a test would meet at once; it is only used
// on the constants of this package.
func fieldsOf(spec string) []field {
	var out []field
	for f := range strings.FieldsSeq(spec) {
		name, k, _ := strings.Cut(f, ":")
		out = append(out, field{name, kindNames[k]})
	}
	return out
}

// winValue is one value of an event: a number, or a piece of the event's text.
type winValue struct {
	num uint64
	off uint32
	end uint32
}

// winEvent is an event while it is put together: begun with a shape, then given its values in the shape's order.
type winEvent struct {
	*shape
	h      *host
	time   ticks
	record uint64
	pid    uint32
	tid    uint32
	user   string // SID
	text   []byte
	values []winValue
}

// begin starts an event of the current time.
func (w *windows) begin(s *shape) *winEvent {
	e := &w.event
	e.shape, e.time, e.user = s, w.h.now, ""
	e.text, e.values = e.text[:0], e.values[:0]
	e.pid, e.tid = w.writer(s)
	if s.user {
		e.user = w.h.system.sidText
	}
	return e
}

func (e *winEvent) add(num uint64, from int) *winEvent {
	e.values = append(e.values, winValue{num, uint32(from), uint32(len(e.text))})
	return e
}

// str adds a text.
func (e *winEvent) str(s string) *winEvent {
	from := len(e.text)
	e.text = append(e.text, s...)
	return e.add(0, from)
}

// strs adds a text of several pieces.
func (e *winEvent) strs(parts ...string) *winEvent {
	from := len(e.text)
	for _, s := range parts {
		e.text = append(e.text, s...)
	}
	return e.add(0, from)
}

// raw adds a text.
func (e *winEvent) raw(b []byte) *winEvent {
	from := len(e.text)
	e.text = append(e.text, b...)
	return e.add(0, from)
}

// say adds a phrase.
func (e *winEvent) say(p phrase, who *account) *winEvent {
	from := len(e.text)
	e.text = e.h.appendPhrase(e.text, p, who)
	return e.add(0, from)
}

// num adds a number.
func (e *winEvent) num(n uint64) *winEvent { return e.add(n, len(e.text)) }

// dec adds a number as text.
func (e *winEvent) dec(n int) *winEvent {
	from := len(e.text)
	e.text = strconv.AppendInt(e.text, int64(n), 10)
	return e.add(0, from)
}

// ident adds an identifier.
func (e *winEvent) ident(g guid) *winEvent { return e.raw(g[:]) }

// flag adds a truth value.
func (e *winEvent) flag(b bool) *winEvent {
	if b {
		return e.num(1)
	}
	return e.num(0)
}

// utc adds the event's time as Sysmon writes it.
func (e *winEvent) utc() *winEvent { return e.utcAt(e.time) }

func (e *winEvent) utcAt(t ticks) *winEvent {
	from := len(e.text)
	if t == e.time {
		e.text = e.h.clock.civilMilli(e.text, t)
	} else {
		var c timeText
		e.text = c.civilMilli(e.text, t)
	}
	return e.add(0, from)
}

// named fills all fields of the shape from pairs of name and text; what is not named gets "-", or 0. Planted and rare
// events use it; numbers may be written as in the log (0x1410).
func (e *winEvent) named(pairs ...string) *winEvent {
	for _, f := range e.fields {
		text, found := "", false
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == f.name {
				text, found = pairs[i+1], true
				break
			}
		}
		switch f.kind {
		case kindText:
			if !found {
				text = "-"
			}
			e.str(text)
		case kindSID:
			if !found {
				text = "S-1-0-0"
			}
			e.str(text)
		case kindGUID:
			e.ident(parseGUID(text))
		case kindBool:
			e.flag(text == "true")
		case kindU16, kindU32, kindI32, kindU64, kindHex32, kindHex64, kindTime:
			n, _ := strconv.ParseUint(text, 0, 64) // 0 where nothing is named
			e.num(n)
		}
	}
	return e
}

// put writes the event to every log that the host keeps of its Windows events.
func (e *winEvent) put() {
	w := e.h.win
	if len(e.fields) > 0 && len(e.values) != len(e.fields) {
		w.misshapen++ // a mistake in this package; a test looks for it
		for len(e.values) < len(e.fields) {
			e.str("")
		}
		e.values = e.values[:len(e.fields)]
	}
	w.records[e.channel]++
	e.record = w.records[e.channel]
	for _, s := range w.sinks {
		s.write(e)
	}
}

// appendText appends value i as hunters know it.
func (e *winEvent) appendText(dst []byte, i int) []byte {
	v := e.values[i]
	switch e.kindOf(i) {
	case kindText, kindSID:
		return append(dst, e.text[v.off:v.end]...)
	case kindGUID:
		var g guid
		copy(g[:], e.text[v.off:v.end])
		return append(appendGUID(append(dst, '{'), g, lowerHex), '}')
	case kindHex32, kindHex64:
		return strconv.AppendUint(append(dst, "0x"...), v.num, 16)
	case kindBool:
		return strconv.AppendBool(dst, v.num != 0)
	case kindTime:
		return ticks(v.num).time().AppendFormat(dst, "2006-01-02T15:04:05.0000000Z")
	case kindI32:
		return strconv.AppendInt(dst, int64(int32(v.num)), 10)
	case kindU16, kindU32, kindU64:
		return strconv.AppendUint(dst, v.num, 10)
	}
	return dst
}

func (e *winEvent) kindOf(i int) kind {
	if len(e.fields) == 0 {
		return kindText
	}
	return e.fields[i].kind
}
