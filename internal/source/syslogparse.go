package source

import (
	"bytes"
	"time"
)

// stampKind says what kind of time a syslog record has.
type stampKind uint8

const (
	stampNone stampKind = iota
	stampFull           // RFC 3339
	stampYear           // with a year, without a zone
	stampBSD            // RFC 3164, without a year
)

// syslogHeader is a syslog record taken apart. Everything is a slice of the record; what it does not have is empty.
type syslogHeader struct {
	pri      int // -1 where there is none
	time     int64
	stamp    stampKind
	host     []byte
	program  []byte
	pid      []byte
	msgid    []byte
	severity []byte // in words, where there is no priority
	data     []byte // structured data of RFC 5424, brackets and all
	message  []byte // always the end of the record

	vendor   []byte // of network devices
	tag      []byte // SYS-5-CONFIG_I
	mnemonic []byte // CONFIG_I
}

// parseSyslog takes a record apart. latest is a time at or after the record, to guess its year from. What cannot be
// recognised is left in the message.
func parseSyslog(line []byte, latest int64) syslogHeader {
	h := syslogHeader{pri: -1}
	b := line
	if _, at := frameLen(b); at > 0 {
		b = b[at:]
	}
	b = h.priority(b)
	if h.pri >= 0 && len(b) > 2 && b[0] >= '1' && b[0] <= '9' && b[1] == ' ' && h.rfc5424(b[2:]) {
		return h
	}
	if h.device(b, latest) {
		return h
	}
	rest := h.timestamp(b, latest)
	if h.stamp == stampNone {
		if h.pri >= 0 {
			rest = h.programTag(b)
		}
		h.message = rest
		return h
	}
	h.hostAndTag(rest)
	return h
}

// priority reads <PRI>.
func (h *syslogHeader) priority(b []byte) []byte {
	if len(b) < 3 || b[0] != '<' {
		return b
	}
	n, i := 0, 1
	for ; i < len(b) && i < 5 && b[i] >= '0' && b[i] <= '9'; i++ {
		n = n*10 + int(b[i]-'0')
	}
	const most = 23*8 + 7
	if i == 1 || i >= len(b) || b[i] != '>' || n > most {
		return b
	}
	h.pri = n
	return b[i+1:]
}

// field cuts a field and the blank behind it off b; the field is empty where it is "-".
func field(b []byte) (f, rest []byte, ok bool) {
	f, rest, ok = bytes.Cut(b, []byte(" "))
	if ok && len(f) == 1 && f[0] == '-' {
		f = nil
	}
	return f, rest, ok
}

// rfc5424 reads what follows the version (section 6).
func (h *syslogHeader) rfc5424(b []byte) bool {
	stamp, b, ok := field(b)
	if !ok {
		return false
	}
	if len(stamp) > 0 {
		ns, n, ok := isoTime(stamp)
		if !ok || n != len(stamp) {
			return false
		}
		h.time, h.stamp = ns, stampFull
	}
	if h.host, b, ok = field(b); !ok {
		return false
	}
	if h.program, b, ok = field(b); !ok {
		return false
	}
	if h.pid, b, ok = field(b); !ok {
		return false
	}
	if i := bytes.IndexByte(b, ' '); i < 0 {
		return false
	}
	h.msgid, b, _ = field(b)
	switch {
	case len(b) > 0 && b[0] == '[':
		n := structuredLen(b)
		h.data, b = b[:n], b[n:]
	case len(b) > 0 && b[0] == '-':
		b = b[1:]
	}
	if len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	h.message = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	return true
}

// structuredLen is the length of the structured data at the start of b: [id name="value"]…, with ", \ and ] escaped in
// values. Where it is not closed, it reaches to the end.
func structuredLen(b []byte) int {
	i := 0
	for i < len(b) && b[i] == '[' {
		i++
		for quoted := false; i < len(b) && (quoted || b[i] != ']'); i++ {
			switch {
			case b[i] == '"':
				quoted = !quoted
			case b[i] == '\\' && quoted:
				i++
			}
		}
		i++
	}
	return min(i, len(b))
}

// timestamp reads the time at the start of b and the blank or colon behind it.
func (h *syslogHeader) timestamp(b []byte, latest int64) (rest []byte) {
	ns, n, kind := syslogTime(b, latest)
	if kind == stampNone || n < len(b) && b[n] != ' ' && b[n] != ':' {
		return b
	}
	h.time, h.stamp = ns, kind
	return b[min(n+1, len(b)):]
}

// syslogTime reads a time in any of the forms that syslog has and returns its length.
func syslogTime(b []byte, latest int64) (ns int64, n int, kind stampKind) {
	if len(b) < 15 {
		return 0, 0, stampNone
	}
	if b[0] >= '0' && b[0] <= '9' {
		if ns, n, ok := isoTime(b); ok {
			if b[10] == ' ' && !hasZone(b[:n]) {
				return ns, n, stampYear
			}
			return ns, n, stampFull
		}
		// 2021 Mar  3 06:49:46
		if b[4] == ' ' && two(b) < 100 && two(b[2:]) < 100 {
			if ns, n, ok := monthTime(b[5:], two(b)*100+two(b[2:]), 0); ok {
				return ns, n + 5, stampYear
			}
		}
		return 0, 0, stampNone
	}
	if ns, n, ok := monthTime(b, 0, latest); ok {
		return ns, n, stampBSD
	}
	// Mar 03 2021 06:49:46
	if b[6] == ' ' && b[11] == ' ' && two(b[7:]) < 100 && two(b[9:]) < 100 {
		m, d := monthOf(b), dayOf(b[4:])
		date, ok := dayNanos(two(b[7:])*100+two(b[9:]), m, d)
		c, n, good := clock(b[12:])
		if ok && good && m > 0 {
			return date + c, n + 12, stampYear
		}
	}
	return 0, 0, stampNone
}

// dayOf reads a day of two characters, the first of which may be a blank. 0 means that there is none.
func dayOf(b []byte) int {
	if b[0] == ' ' && b[1] >= '1' && b[1] <= '9' {
		return int(b[1] - '0')
	}
	if d := two(b); d <= 31 {
		return d
	}
	return 0
}

// monthTime reads Jan _2 15:04:05 at the start of b. Where year is 0, it is the latest that does not put the time more
// than a day behind latest: clocks and zones differ by that much.
func monthTime(b []byte, year int, latest int64) (ns int64, n int, ok bool) {
	m := monthOf(b)
	if m == 0 || len(b) < 15 || b[3] != ' ' {
		return 0, 0, false
	}
	at := 7
	d := dayOf(b[4:])
	if d == 0 && b[5] == ' ' && b[4] >= '1' && b[4] <= '9' { // a day of one digit, not padded
		d, at = int(b[4]-'0'), 6
	} else if b[6] != ' ' {
		return 0, 0, false
	}
	c, n, ok := clock(b[at:])
	if !ok || d == 0 {
		return 0, 0, false
	}
	if year > 0 {
		date, ok := dayNanos(year, m, d)
		return date + c, at + n, ok
	}
	year = time.Unix(0, latest).UTC().Year()
	for y := year + 1; y > year-9; y-- { // 29 February may be eight years back
		if date, ok := dayNanos(y, m, d); ok && date+c <= latest+day {
			return date + c, at + n, true
		}
	}
	return 0, 0, false
}

// hostAndTag reads what follows the time: HOST PROGRAM[PID]: MESSAGE, where the host may be missing.
func (h *syslogHeader) hostAndTag(b []byte) {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	i := bytes.IndexByte(b, ' ')
	if i < 0 {
		i = len(b)
	}
	word := b[:i]
	switch {
	case len(word) == 0, len(word) > 255, word[len(word)-1] == ':', bytes.IndexByte(word, '[') >= 0:
		// The program stands first.
	case h.pri < 0 && levelWord(word):
		h.severity = word
		b = b[min(i+1, len(b)):]
	case h.stamp == stampYear && h.pri < 0 && !tagFollows(b[i:]):
		// A program's own log more likely than syslog: nothing says that a host stands here.
	default:
		h.host = word
		b = b[min(i+1, len(b)):]
	}
	h.message = h.programTag(b)
}

// tagFollows says that PROGRAM[PID]: follows.
func tagFollows(b []byte) bool {
	b = bytes.TrimLeft(b, " ")
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		b = b[:i]
	}
	return bytes.HasSuffix(b, []byte("]:"))
}

// levelWord says that a word is a severity rather than a host.
func levelWord(w []byte) bool {
	var lower [11]byte
	if len(w) < 3 || len(w) > len(lower) {
		return false
	}
	for i, c := range w {
		lower[i] = c | 0x20
	}
	switch string(lower[:len(w)]) {
	case "emerg", "alert", "crit", "critical", "err", "error", "warn", "warning", "notice", "info", "information", "debug",
		"verbose", "trace", "trivia", "fatal", "panic":
		return true
	}
	return false
}

// programTag reads PROGRAM[PID]: or PROGRAM: at the start of b and returns what follows.
func (h *syslogHeader) programTag(b []byte) []byte {
	const most = 128
	i := 0
	for i < len(b) && i < most && b[i] > ' ' && b[i] != '[' && b[i] != ':' {
		i++
	}
	if i == 0 || i >= len(b) {
		return b
	}
	switch {
	case b[i] == ':' && (i+1 == len(b) || b[i+1] == ' '):
		h.program = b[:i]
		return b[min(i+2, len(b)):]
	case b[i] == '[':
		end := bytes.IndexByte(b[i:min(len(b), i+most)], ']')
		if end < 0 {
			return b
		}
		end += i
		if end+1 < len(b) && b[end+1] != ':' && b[end+1] != ' ' {
			return b
		}
		h.program, h.pid = b[:i], b[i+1:end]
		b = b[end+1:]
		b = bytes.TrimPrefix(b, []byte(":"))
		if len(b) > 0 && b[0] == ' ' {
			b = b[1:]
		}
		return b
	}
	return b
}

// device reads a record of a network device: %FACILITY-SEVERITY-MNEMONIC: (Cisco) or %%01MODULE/severity/MNEMONIC
// (Huawei). Before that stand, in any order that vendors have thought of, a sequence number, the device's name, a
// process, and a time that may be marked as unsure. A collector's own time and host, which come first, count.
func (h *syslogHeader) device(b []byte, latest int64) bool {
	const search, most = 256, 3
	var d syslogHeader
	from := 0
	for {
		i := bytes.IndexByte(b[from:min(len(b), search)], '%')
		if i < 0 {
			return false
		}
		if from += i; d.deviceTag(b[from:]) {
			break
		}
		from++
	}
	words := 0
	for rest := b[:from]; len(rest) > 0; {
		if c := rest[0]; c == ' ' || c == ':' || c == '*' || c == '.' {
			rest = rest[1:]
			continue
		}
		if ns, n, kind := syslogTime(rest, latest); kind != stampNone {
			if d.stamp == stampNone {
				d.time, d.stamp = ns, kind
			}
			rest = rest[n:]
			continue
		}
		i := 0
		for i < len(rest) && rest[i] != ' ' && (rest[i] != ':' || !wordEnds(rest[i+1:])) {
			i++
		}
		word := rest[:i]
		rest = rest[i:]
		if decimal(word) {
			continue
		}
		words++
		if d.host == nil && hostWord(word) {
			d.host = word
		}
	}
	// Text that only looks like a tag, in the message of some program, must not hide whose record it is.
	if before := bytes.TrimRight(b[:from], " "); words > most || words > 1 && before[len(before)-1] != ':' || d.stamp == stampNone && h.pri < 0 {
		return false
	}
	d.pri, d.message = h.pri, b[from:]
	*h = d
	return true
}

// wordEnds says that a colon before b ends a word: a blank follows, or a time as IOS XR joins it to the card's name.
func wordEnds(b []byte) bool {
	return len(b) == 0 || b[0] == ' ' || len(b) > 3 && b[3] == ' ' && monthOf(b) > 0
}

// hostWord says that a word before a device's tag is its name or address: no number, no zone of time.
func hostWord(w []byte) bool {
	if len(w) < 2 || len(w) > 255 {
		return false
	}
	digits, upper := true, true
	for _, c := range w {
		if c < '0' || c > '9' {
			digits = false
		}
		if c < 'A' || c > 'Z' {
			upper = false
		}
		if !wordByte(c) && c != '-' && c != '.' && c != ':' && c != '/' {
			return false
		}
	}
	return !digits && (!upper || len(w) > 5)
}

// deviceTag reads the tag at the start of b.
func (h *syslogHeader) deviceTag(b []byte) bool {
	upper := func(c byte) bool { return c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' }
	if bytes.HasPrefix(b, []byte("%%")) && len(b) > 4 && two(b[2:]) < 100 {
		i := 4
		for i < len(b) && upper(b[i]) {
			i++
		}
		if i == 4 || i+3 >= len(b) || b[i] != '/' || b[i+1] < '0' || b[i+1] > '7' || b[i+2] != '/' {
			return false
		}
		end := i + 3
		for end < len(b) && upper(b[end]) {
			end++
		}
		if end == i+3 {
			return false
		}
		h.vendor, h.program, h.severity = []byte("huawei"), b[4:i], b[i+1:i+2]
		h.tag, h.mnemonic = b[4:end], b[i+3:end]
		return true
	}
	i := 1
	for i < len(b) && i < 64 && (upper(b[i]) || b[i] == '-') {
		i++
	}
	// FACILITY-SEVERITY-MNEMONIC, the facility of one part or several.
	tag := b[1:i]
	last := bytes.LastIndexByte(tag, '-')
	if last < 3 || last == len(tag)-1 || tag[last-2] != '-' || tag[last-1] < '0' || tag[last-1] > '7' {
		return false
	}
	rest := b[i:]
	if len(rest) > 0 && rest[0] == ' ' {
		rest = rest[1:]
	}
	if len(rest) == 0 || rest[0] != ':' {
		return false
	}
	h.vendor, h.program, h.severity = []byte("cisco"), tag[:last-2], tag[last-1:last]
	h.tag, h.mnemonic = tag, tag[last+1:]
	return true
}
