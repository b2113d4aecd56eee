package source

import (
	"bytes"
	"hash/maphash"
)

// auditWindow is how far apart, in bytes, two lines of one audit event may be. The kernel writes the records of an
// event one after the other, but those of other processors come between them.
const auditWindow = 64 << 10

// maxAuditBlock bounds a block whose events overlap without end.
const maxAuditBlock = 2 << 20

// auditSpan says where things stand in a line that holds an audit record.
type auditSpan struct {
	body          int32 // where the record begins; -1 where the line holds none
	host, hostEnd int32 // node= or the host of the syslog line
	id, idEnd     int32 // time:serial
}

var noAudit = auditSpan{body: -1}

// auditLine is one line of a log that holds audit records. All positions are in the block.
type auditLine struct {
	auditSpan
	start, end int32 // the line without its end
	next       int32 // index of the next line of the same event, -1 at the last
	last       int32 // index of the event's last line so far; kept for its first line
	follows    bool  // is not the first of its event
}

// auditLocator finds the audit record in a line.
type auditLocator func(line []byte) auditSpan

// auditJoiner finds the lines that make up one audit event: those of one host with one time:serial, none of them more
// than a window behind the one before. That is a matter of the text alone, so that it does not depend on where a stream
// is cut.
type auditJoiner struct {
	window int
	locate auditLocator
	data   []byte
	lines  []auditLine
	events map[uint64]int32 // by hash of host and id: index of the first line
	seed   maphash.Seed
	recent int32 // index of the first line of the event that the last audit line belongs to
}

func newAuditJoiner(window int, locate auditLocator) *auditJoiner {
	if window == 0 {
		window = auditWindow
	}
	return &auditJoiner{window: window, locate: locate, events: map[uint64]int32{}, seed: maphash.MakeSeed()}
}

// join finds the lines of data and the events they make up.
func (j *auditJoiner) join(data []byte) {
	j.data, j.lines, j.recent = data, j.lines[:0], -1
	clear(j.events)
	scan := lineScanner{data: data}
	some := holdsAudit(data)
	for {
		line, off, ok := scan.next()
		if !ok {
			return
		}
		at := int32(off)
		l := auditLine{auditSpan: noAudit, start: at, end: at + int32(len(line)), next: -1}
		if some {
			l.auditSpan = j.locate(line)
		}
		if l.body >= 0 {
			l.body += at
			l.host, l.hostEnd = l.host+at, l.hostEnd+at
			l.id, l.idEnd = l.id+at, l.idEnd+at
		}
		j.add(l)
	}
}

// holdsAudit says that there is an audit record in data, perhaps.
func holdsAudit(data []byte) bool { return bytes.Contains(data, []byte("audit(")) }

// add appends a line and links it to its event.
func (j *auditJoiner) add(l auditLine) {
	n := int32(len(j.lines))
	l.last = n
	if l.body >= 0 {
		first := j.recent
		if first < 0 || !j.continues(first, &l) {
			sum := maphash.Bytes(j.seed, j.data[l.id:l.idEnd]) + 31*maphash.Bytes(j.seed, j.data[l.host:l.hostEnd])
			var ok bool
			if first, ok = j.events[sum]; !ok || !j.continues(first, &l) {
				first = n
				j.events[sum] = n
			}
		}
		if first < n {
			f := &j.lines[first]
			j.lines[f.last].next = n
			f.last = n
			l.follows = true
		}
		j.recent = first
	}
	j.lines = append(j.lines, l)
}

// continues says that a line belongs to the event that begins at line first.
func (j *auditJoiner) continues(first int32, l *auditLine) bool {
	f := &j.lines[first]
	return int(l.start-j.lines[f.last].end) <= j.window &&
		bytes.Equal(j.data[f.id:f.idEnd], j.data[l.id:l.idEnd]) &&
		bytes.Equal(j.data[f.host:f.hostEnd], j.data[l.host:l.hostEnd])
}

// cut is the [cutter] of logs that hold audit records: no event has lines on both sides of it.
func (j *auditJoiner) cut(buf []byte) int {
	whole := lastLine(buf)
	if whole == 0 || !holdsAudit(buf[:whole]) {
		return whole
	}
	j.join(buf[:whole])
	// A line that begins at the end of buf could belong to an event whose last line is in the window before. The last
	// cut that no event of the lines at hand spans and that leaves the window is safe.
	limit := whole - j.window
	best, forced := 0, 0
	open := int32(0) // index behind the last line of all events that began so far
	for i := range j.lines {
		l := &j.lines[i]
		if at := int(l.start); i > 0 && int32(i) >= open {
			forced = at
			if at <= limit {
				best = at
			}
		}
		if !l.follows {
			open = max(open, l.last+1)
		}
	}
	if best > 0 || len(buf) < maxAuditBlock {
		return best
	}
	if forced == 0 {
		return whole
	}
	return forced
}
