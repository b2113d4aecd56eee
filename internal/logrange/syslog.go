package logrange

import "strconv"

// Syslog as daemons write it to /var/log: RFC 3164 without the priority, or RFC 5424 with it.

// The facilities (RFC 5424, section 6.2.1).
const (
	facilityKernel = 0
	facilityMail   = 2
	facilityDaemon = 3
	facilityAuth   = 10
	facilityCron   = 9
)

type syslogFile struct {
	logFile
	modern bool // RFC 5424
}

func newSyslogFile(h *host, f Format, name string) *syslogFile {
	folder := "/syslog/"
	if f == Syslog5424 {
		folder = "/syslog5424/"
	}
	return &syslogFile{logFile{h: h, format: f, name: h.name + folder + name}, f == Syslog5424}
}

var monthNames = [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

// write logs one line; parts are the message.
func (s *syslogFile) write(facility, severity int, program string, pid uint32, parts []string) {
	h := s.h
	b := s.begin(h.now)
	if s.modern {
		b = append(b, '<')
		b = strconv.AppendInt(b, int64(facility*8+severity), 10)
		b = append(b, ">1 "...)
		b = h.clock.rfc3339Milli(b, h.now)
		b = append(b, ' ')
		b = append(b, h.name...)
		b = append(b, ' ')
		b = append(b, program...)
		b = append(b, ' ')
		if pid == 0 {
			b = append(b, '-')
		} else {
			b = strconv.AppendUint(b, uint64(pid), 10)
		}
		b = append(b, " - - "...)
	} else {
		c := h.clock.at(h.now)
		month := int(c[5]-'0')*10 + int(c[6]-'0')
		b = append(b, monthNames[month-1]...)
		b = append(b, ' ')
		if c[8] == '0' {
			b = append(b, ' ', c[9])
		} else {
			b = append(b, c[8], c[9])
		}
		b = append(b, ' ')
		b = append(b, c[11:19]...)
		b = append(b, ' ')
		b = append(b, h.name...)
		b = append(b, ' ')
		b = append(b, program...)
		if pid != 0 {
			b = append(b, '[')
			b = strconv.AppendUint(b, uint64(pid), 10)
			b = append(b, ']')
		}
		b = append(b, ": "...)
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	s.end(append(b, '\n'), 1)
}
