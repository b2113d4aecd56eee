package source

import (
	"bytes"
	"context"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"entente/internal/event"
)

// syslogFormat reads syslog as daemons write it to files and send it over streams: RFC 5424, RFC 3164 with and without
// priority, rsyslog's format with full time stamps, network devices, and frames with octet counts (RFC 6587).
//
// Records of other logs that travel in syslog become events of their own source: audit records are joined as in the
// audit daemon's log, Sysmon for Linux events are read as such. Other records have the fields facility, severity,
// hostname, program, pid, msgid, message, and those that their message spells out; see [syslogMessage].
type syslogFormat struct {
	window int // see auditJoiner; 0 is the usual one
}

func newSyslog() Format { return syslogFormat{} }

// Name implements [Format].
func (syslogFormat) Name() string { return "syslog" }

// Sniff implements [Sniffer]: most lines begin with a priority, or with a time, a host and a program, or they are pairs
// that begin with a date.
func (syslogFormat) Sniff(prefix []byte) int {
	if framed(prefix) {
		return 85
	}
	lines, good := 0, 0
	for line := range prefixLines(prefix) {
		h := parseSyslog(line, 0)
		lines++
		if h.pri >= 0 || h.stamp != stampNone && (len(h.program) > 0 || len(h.tag) > 0) || bytes.HasPrefix(line, []byte("date=")) && pairLog(line) {
			good++
		} else if h.stamp == stampNone && (line[0] == ' ' || line[0] == '\t') {
			lines-- // the message before goes on
		}
		if lines == 64 {
			break
		}
	}
	switch {
	case good == 0 || good*10 < lines*7:
		return 0
	case good*10 < lines*9:
		return 60
	default:
		return 80
	}
}

// syslogContext is the [Block.Context] of syslog.
type syslogContext struct {
	framed bool  // records are counted octets, not lines
	latest int64 // a time shortly after the last record, to guess years from
	dated  bool  // it is in the file's name
}

// Split implements [Format].
func (f syslogFormat) Split(ctx context.Context, r io.Reader, env *Env, emit func(Block) error) error {
	head, err := readHead(r, make([]byte, 64))
	r = &headReader{head: head, err: err, r: r}
	c := &syslogContext{framed: framed(head)}
	c.latest, c.dated = latestTime(env)
	cut := newAuditJoiner(f.window, locateSyslogAudit).cut
	if c.framed {
		cut = frameCut
	}
	return splitRecords(ctx, r, env, func(b Block) error {
		b.Context = c
		return emit(b)
	}, cut)
}

// latestTime is when the records of a file may have been written last, for those that do not tell their year: the date
// in the file's name (log rotation puts it there) or else the time of its last change, or else now.
func latestTime(env *Env) (latest int64, dated bool) {
	name := path.Base(strings.ReplaceAll(env.File, "\\", "/"))
	if i := strings.LastIndexByte(name, '!'); i >= 0 {
		name = name[i+1:]
	}
	if ns, ok := dateInName(name); ok {
		return ns + 2*day, true // the rotation was at the end of that day, somewhere on earth
	}
	if !env.ModTime.IsZero() {
		return env.ModTime.UnixNano(), false
	}
	return time.Now().UnixNano(), false
}

// dateInName finds 20060102 or 2006-01-02 in a file name.
func dateInName(name string) (ns int64, ok bool) {
	digit := func(i int) bool { return i >= 0 && i < len(name) && name[i] >= '0' && name[i] <= '9' }
	for i := range len(name) {
		if digit(i-1) || !strings.HasPrefix(name[i:], "19") && !strings.HasPrefix(name[i:], "20") {
			continue
		}
		rest := name[i:]
		var b []byte
		switch {
		case len(rest) >= 10 && rest[4] == '-' && rest[7] == '-' && !digit(i+10):
			b = []byte(rest[:10])
		case len(rest) >= 8 && !digit(i+8):
			b = []byte(rest[:4] + "-" + rest[4:6] + "-" + rest[6:8])
		default:
			continue
		}
		if ns, ok := isoDate(b); ok {
			return ns, true
		}
	}
	return 0, false
}

// framed says that a stream begins with a frame: a count, a blank, a priority.
func framed(prefix []byte) bool {
	n, at := frameLen(prefix)
	return n > 0 && at < len(prefix) && prefix[at] == '<'
}

// frameLen reads the count that a frame begins with. at is where its message begins, n how long that is; n is 0 where
// there is no frame.
func frameLen(b []byte) (n, at int) {
	const most = 1 << 20
	for at < len(b) && at < 7 && b[at] >= '0' && b[at] <= '9' {
		n = n*10 + int(b[at]-'0')
		at++
	}
	if at == 0 || b[0] == '0' || n > most || at+1 >= len(b) || b[at] != ' ' || b[at+1] != '<' {
		return 0, 0
	}
	return n, at + 1
}

// frame cuts the first record off a stream of frames: from is where its message begins, to where it ends, n how long
// the record is in all. What is no frame is read as a line. n is 0 where more of the stream has to be seen, which last
// rules out.
func frame(b []byte, last bool) (from, to, n int) {
	if len(b) < 16 && !last && bytes.IndexByte(b, '\n') < 0 {
		return 0, 0, 0
	}
	if n, at := frameLen(b); n > 0 {
		end := at + n
		switch {
		case end < len(b) && b[end] == '\n':
			return at, end, end + 1
		case end >= len(b) && !last:
			return 0, 0, 0
		case end == len(b), end < len(b) && (b[end-1] == '\n' || b[end] >= '0' && b[end] <= '9'):
			return at, end, end
		}
	}
	end := bytes.IndexByte(b, '\n')
	switch {
	case end >= 0:
		return 0, end, end + 1
	case last:
		return 0, len(b), len(b)
	default:
		return 0, 0, 0
	}
}

// frameCut is the [cutter] of streams of frames.
func frameCut(buf []byte) int {
	at := 0
	for {
		_, _, n := frame(buf[at:], false)
		if n == 0 {
			return at
		}
		at += n
	}
}

// NewDecoder implements [Format].
func (f syslogFormat) NewDecoder() Decoder {
	d := &syslogDecoder{join: newAuditJoiner(f.window, locateSyslogAudit)}
	d.forget()
	return d
}

type syslogDecoder struct {
	ev    event.Event
	join  *auditJoiner
	audit auditEvents
	xml   eventXML
	texts interner
	msg   syslogMessage
	head  syslogHeader // of the record at hand
	stamp stamp

	timestamp, facility, severity, hostname, program, pid, msgid, message, tag, mnemonic, vendor uint32
}

// forget starts a fresh table of names.
func (d *syslogDecoder) forget() {
	n := event.NewNames()
	d.ev = event.Event{Names: n, Values: d.ev.Values}
	d.timestamp = n.Slot("timestamp")
	d.facility, d.severity, d.hostname, d.program = n.Slot("facility"), n.Slot("severity"), n.Slot("hostname"), n.Slot("program")
	d.pid, d.msgid, d.message = n.Slot("pid"), n.Slot("msgid"), n.Slot("message")
	d.tag, d.mnemonic, d.vendor = n.Slot("tag"), n.Slot("mnemonic"), n.Slot("vendor")
	d.audit.use(n)
}

// Decode implements [Decoder].
func (d *syslogDecoder) Decode(b *Block, env *Env, yield func(*event.Event) bool) {
	c, ok := b.Context.(*syslogContext)
	if !ok {
		c = &syslogContext{}
		c.latest, c.dated = latestTime(env)
	}
	if c.framed {
		d.frames(b, c, env, yield)
		return
	}
	d.join.join(b.Data)
	for i := range d.join.lines {
		l := &d.join.lines[i]
		if l.follows {
			continue
		}
		if d.ev.Names.Full() {
			d.forget()
		}
		off := b.Offset + int64(l.start)
		ev := &d.ev
		if l.body >= 0 {
			d.audit.whole(d.join, i, b, env)
			ev = &d.audit.ev
			if ev.HasTime {
				env.years.join(yearless{last: ev.Time})
			}
		} else {
			d.record(b.Data[l.start:l.end], off, c, env)
		}
		if !yield(ev) {
			return
		}
	}
}

// frames decodes a block of records with octet counts.
func (d *syslogDecoder) frames(b *Block, c *syslogContext, env *Env, yield func(*event.Event) bool) {
	for at := 0; at < len(b.Data); {
		from, to, n := frame(b.Data[at:], true)
		rec, off := b.Data[at+from:at+to], b.Offset+int64(at)
		at += n
		if rec = bytes.TrimRight(rec, "\r\n\x00"); blank(rec) {
			continue
		}
		if d.ev.Names.Full() {
			d.forget()
		}
		d.record(rec, off, c, env)
		if !yield(&d.ev) {
			return
		}
	}
}

// record makes the event of one record.
func (d *syslogDecoder) record(rec []byte, off int64, c *syslogContext, env *Env) {
	ev := &d.ev
	ev.Reset()
	ev.Source, ev.Offset, ev.Raw = event.SourceSyslog, off, rec
	d.head = parseSyslog(rec, c.latest)
	h := &d.head
	ev.Time, ev.HasTime = h.time, h.stamp != stampNone
	ev.Host, ev.Provider = d.texts.of(h.host), d.texts.of(h.program)
	var read, own bool
	if i := eventInMessage(h.message); i >= 0 {
		read, own = d.sysmon(h.message[i:], off, env)
	}
	if ev.HasTime && !c.dated {
		y := yearless{last: ev.Time}
		if h.stamp == stampBSD && !own {
			y.n = 1
		}
		env.years.join(y)
	}
	if read {
		return
	}
	if ev.Provider == "audit" && d.journalAudit(h) {
		return
	}
	d.stamp.add(ev, d.timestamp)
	if h.pri >= 0 {
		ev.Channel = facilityName(h.pri >> 3)
		ev.Add(d.facility, event.UTF8, []byte(ev.Channel))
		ev.Add(d.severity, event.UTF8, []byte(severityName(h.pri&7)))
	} else if len(h.severity) > 0 {
		ev.Add(d.severity, event.UTF8, h.severity)
	}
	d.add(d.hostname, h.host)
	d.add(d.program, h.program)
	d.add(d.pid, h.pid)
	d.add(d.msgid, h.msgid)
	d.add(d.vendor, h.vendor)
	d.add(d.tag, h.tag)
	d.add(d.mnemonic, h.mnemonic)
	ev.Add(d.message, event.UTF8, h.message)
	timed := ev.HasTime
	if d.msg.fields(ev, h); !timed {
		d.stamp.add(ev, d.timestamp) // of the message
	}
}

func (d *syslogDecoder) add(slot uint32, b []byte) {
	if len(b) > 0 {
		d.ev.Add(slot, event.UTF8, b)
	}
}

// journalAudit reads an audit record as journald hands it to syslog, its type first and without time and serial
// number: audit[1]: USER_LOGIN pid=1 …
func (d *syslogDecoder) journalAudit(h *syslogHeader) bool {
	typ, rest, ok := bytes.Cut(h.message, []byte(" "))
	if !ok || len(typ) < 3 || bytes.IndexByte(typ, '=') >= 0 {
		return false
	}
	for _, c := range typ {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	a := &d.audit
	a.begin(d.ev.Offset)
	d.stamp.add(&d.ev, d.timestamp)
	a.ev.Values = append(a.ev.Values, d.ev.Values...)
	a.fields(typ, rest, false)
	a.arguments()
	host, t, has, raw := d.ev.Host, d.ev.Time, d.ev.HasTime, d.ev.Raw
	d.ev.Values = append(d.ev.Values[:0], a.ev.Values...)
	values := d.ev.Values
	d.ev = a.ev
	d.ev.Values, d.ev.Host, d.ev.Time, d.ev.HasTime, d.ev.Raw = values, host, t, has, raw
	return true
}

// locateSyslogAudit is the [auditLocator] of syslog: records that the audit daemon's dispatcher or the kernel sends.
func locateSyslogAudit(line []byte) auditSpan {
	at := bytes.Index(line, []byte("audit("))
	if at < 0 {
		return noAudit
	}
	h := parseSyslog(line, 0)
	switch string(h.program) {
	case "audit", "auditd", "audispd", "audisp-syslog", "kernel", "tag_audit_log":
	default:
		return noAudit
	}
	start := len(line) - len(h.message)
	if at < start {
		return noAudit
	}
	i := bytes.Index(h.message[:at-start], []byte("type="))
	if i < 0 {
		return noAudit
	}
	if n := bytes.Index(h.message[:i], []byte("node=")); n >= 0 {
		i = n
	}
	s := locateAudit(h.message[i:])
	if s.body < 0 {
		return noAudit
	}
	shift := int32(start + i)
	s.body, s.id, s.idEnd = s.body+shift, s.id+shift, s.idEnd+shift
	if s.hostEnd > 0 {
		s.host, s.hostEnd = s.host+shift, s.hostEnd+shift
	} else if len(h.host) > 0 {
		from := bytes.Index(line, h.host)
		s.host, s.hostEnd = int32(from), int32(from+len(h.host))
	}
	return s
}

// facilityName names a facility (RFC 5424 table 1), with the names that syslog.conf uses.
func facilityName(n int) string {
	names := [...]string{
		"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
		"audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
	}
	if n < len(names) {
		return names[n]
	}
	return strconv.Itoa(n)
}

// severityName names a severity (RFC 5424 table 2).
func severityName(n int) string {
	return [...]string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}[n&7]
}
