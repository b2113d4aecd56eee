package logrange

import "strconv"

// IIS W3C extended logs: %SystemDrive%\inetpub\logs\LogFiles\W3SVC1\u_exYYMMDD.log.

const iisFields = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken"

func newIISLog(h *host, site string) *logFile {
	return &logFile{
		h: h, format: IIS, every: day, name: "stream",
		nameAt: func(dst []byte, t ticks) []byte {
			b := h.clock.at(t)
			dst = append(dst, h.name+"/iis/"+site+"/u_ex"...)
			dst = append(dst, b[2:4]...)
			dst = append(dst, b[5:7]...)
			dst = append(dst, b[8:10]...)
			return append(dst, ".log"...)
		},
		header: func(dst []byte, t ticks) []byte {
			dst = append(dst, "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: "...)
			dst = h.clock.civilSecond(dst, t)
			return append(dst, "\r\n#Fields: "+iisFields+"\r\n"...)
		},
	}
}

// iisFront logs a request as the front end (W3SVC1) sees it.
func (w *webServer) iisFront(q *request) {
	if w.front == nil {
		return
	}
	h := w.h
	b := w.front.begin(h.now)
	b = h.clock.civilSecond(b, h.now)
	b = append(b, ' ')
	b = append(b, h.addr...)
	b = append(b, ' ')
	b = append(b, q.method...)
	b = append(b, ' ')
	b = append(b, q.stem...)
	b = append(b, ' ')
	b = append(b, q.query...)
	// The front end adds its own identifiers to whatever it handed on.
	if q.protocol != "" {
		b = append(b, "&CorrelationID=<empty>;&cafeReqId="...)
		b = append(appendGUID(b, q.id, lowerHex), ';')
	} else if q.query == "" {
		b = append(b, '-')
	}
	b = append(b, " 443 "...)
	b = w.iisTail(b, q, q.user, q.from)
	w.front.end(b, 1)
}

// iisBack logs a request as the back end (W3SVC2) sees it: handed on by the front end.
func (w *webServer) iisBack(q *request) {
	if w.back == nil {
		return
	}
	h := w.h
	b := w.back.begin(h.now)
	b = h.clock.civilSecond(b, h.now)
	b = append(b, " fe80::1c2d:3e4f:5a6b:7c8d%5 "...)
	b = append(b, q.method...)
	b = append(b, ' ')
	b = append(b, q.backEnd...)
	b = append(b, ' ')
	b = append(b, q.query...)
	if q.query == "" {
		b = append(b, '-')
	} else {
		b = append(b, "&ActID="...)
		b = appendGUID(b, q.id, lowerHex)
	}
	b = append(b, " 444 "...)
	user := q.user
	if q.backUser != "" {
		user = q.backUser
	}
	b = w.iisTail(b, q, user, "fe80::1c2d:3e4f:5a6b:7c8d%5")
	w.back.end(b, 1)
}

// iisTail appends user, client, agent, referer, status and time.
func (w *webServer) iisTail(b []byte, q *request, user, from string) []byte {
	b = appendPlus(b, user)
	b = append(b, ' ')
	b = append(b, from...)
	b = append(b, ' ')
	b = appendPlus(b, q.agent)
	b = append(b, ' ')
	b = appendPlus(b, q.referer)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(q.status), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(q.sub), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(q.win32), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(q.taken), 10)
	return append(b, '\r', '\n')
}

// appendPlus appends s with a plus for each blank, and a hyphen where it is empty, as IIS does.
func appendPlus(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, '-')
	}
	for i := range len(s) {
		c := s[i]
		if c == ' ' {
			c = '+'
		}
		dst = append(dst, c)
	}
	return dst
}
