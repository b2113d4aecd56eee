package source

import (
	"bytes"

	"entente/internal/event"
)

// syslogMessage finds the fields that the message of a syslog record spells out:
//
//   - structured data of RFC 5424: ID.PARAM
//   - sudo: TTY, PWD, USER, COMMAND…, and user, who ran it
//   - netfilter (iptables, nftables, ufw): IN, OUT, SRC, DST, PROTO, SPT, DPT…
//   - logs of pairs, as FortiGate writes them: date=… time=… devname="…" action="…"
//   - CEF: the header as deviceVendor, deviceProduct, deviceVersion, signatureId, name, severity, and the extension
//   - LEEF: the header as vendor, product, version, eventId, and the attributes
type syslogMessage struct {
	scratch []byte
	key     []byte
}

// fields adds the fields to ev.
func (m *syslogMessage) fields(ev *event.Event, h *syslogHeader) {
	m.scratch = m.scratch[:0]
	if len(h.data) > 0 {
		m.structured(ev, h.data)
	}
	msg := h.message
	switch {
	case len(msg) < 8:
	case string(h.program) == "sudo":
		m.sudo(ev, msg)
	case string(h.program) == "kernel":
		if i := bytes.Index(msg, []byte("IN=")); i >= 0 && bytes.Contains(msg[i:], []byte(" SRC=")) {
			m.pairs(ev, msg[i:], ' ')
		}
	case bytes.HasPrefix(msg, []byte("CEF:")):
		m.cef(ev, msg[4:])
	case string(h.program) == "CEF":
		m.cef(ev, msg)
	case bytes.HasPrefix(msg, []byte("LEEF:")):
		m.leef(ev, msg[5:])
	case string(h.program) == "LEEF":
		m.leef(ev, msg)
	case pairLog(msg):
		m.pairs(ev, msg, ' ')
		m.pairTime(ev)
	}
}

func (m *syslogMessage) add(ev *event.Event, key, value []byte) {
	if len(ev.Values) >= maxFields {
		return
	}
	slot := ev.Names.SlotBytes(key)
	if len(value) == 0 {
		ev.Add(slot, event.Null, nil)
		return
	}
	ev.Add(slot, event.UTF8, value)
}

// unescape takes backslashes off the characters in set.
func (m *syslogMessage) unescape(b []byte, set string) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	from := len(m.scratch)
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) && bytes.IndexByte([]byte(set), b[i+1]) >= 0 {
			i++
		}
		m.scratch = append(m.scratch, b[i])
	}
	return m.scratch[from:len(m.scratch):len(m.scratch)]
}

// structured reads [id name="value" …]…
func (m *syslogMessage) structured(ev *event.Event, b []byte) {
	for len(b) > 0 && b[0] == '[' {
		b = b[1:]
		i := 0
		for i < len(b) && b[i] != ' ' && b[i] != ']' {
			i++
		}
		id := b[:i]
		b = b[i:]
		for len(b) > 0 && b[0] == ' ' {
			eq := bytes.IndexByte(b, '=')
			if eq < 0 || eq+1 >= len(b) || b[eq+1] != '"' {
				return
			}
			end := eq + 2
			for end < len(b) && b[end] != '"' {
				if b[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end, len(b))
			if name := b[1:eq]; len(id)+len(name) < maxColumnName {
				m.key = append(append(append(m.key[:0], id...), '.'), name...)
				m.add(ev, m.key, m.unescape(b[eq+2:end], `"\]`))
			}
			b = b[min(end+1, len(b)):]
		}
		if len(b) > 0 && b[0] == ']' {
			b = b[1:]
		}
	}
}

// sudo reads "alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls". The command is what remains.
func (m *syslogMessage) sudo(ev *event.Event, b []byte) {
	user, rest, ok := bytes.Cut(b, []byte(" : "))
	if !ok || !bytes.Contains(rest, []byte("COMMAND=")) {
		return
	}
	m.add(ev, []byte("user"), bytes.TrimSpace(user))
	for len(rest) > 0 {
		var part []byte
		if bytes.HasPrefix(rest, []byte("COMMAND=")) {
			part, rest = rest, nil
		} else {
			part, rest, _ = bytes.Cut(rest, []byte(" ; "))
		}
		if key, value, ok := bytes.Cut(part, []byte("=")); ok && auditKey(key) {
			m.add(ev, key, value)
		}
	}
}

// pairLog says that a message consists of pairs: it begins with one, and one more follows.
func pairLog(b []byte) bool {
	eq := bytes.IndexByte(b[:min(len(b), 32)], '=')
	if eq <= 0 || !auditKey(b[:eq]) {
		return false
	}
	rest := b[eq+1:]
	if i := bytes.IndexByte(rest, ' '); i >= 0 {
		rest = rest[i+1:]
		eq = bytes.IndexByte(rest[:min(len(rest), 32)], '=')
		return eq > 0 && auditKey(rest[:eq])
	}
	return false
}

// pairs reads key=value pairs with sep between. Values may stand in double quotes, in which a backslash escapes.
func (m *syslogMessage) pairs(ev *event.Event, b []byte, sep byte) {
	for len(b) > 0 && len(ev.Values) < maxFields {
		i := 0
		for i < len(b) && b[i] != '=' && b[i] != sep {
			i++
		}
		if i == len(b) || b[i] == sep {
			b = b[min(i+1, len(b)):]
			continue
		}
		key := bytes.TrimSpace(b[:i])
		b = b[i+1:]
		var value []byte
		if len(b) > 0 && b[0] == '"' {
			end := 1
			for end < len(b) && b[end] != '"' {
				if b[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end, len(b))
			value = m.unescape(b[1:end], `"\`)
			b = b[min(end+1, len(b)):]
		} else {
			end := bytes.IndexByte(b, sep)
			if end < 0 {
				end = len(b)
			}
			value = b[:end]
			b = b[min(end+1, len(b)):]
		}
		if auditKey(key) {
			m.add(ev, key, value)
		}
	}
}

// pairTime takes the record's time from its pairs, where its header has none.
func (m *syslogMessage) pairTime(ev *event.Event) {
	if ev.HasTime {
		return
	}
	var date, clock []byte
	for i := range ev.Values {
		v := &ev.Values[i]
		switch ev.Names.At(v.Slot).Text {
		case "date":
			date = v.Raw
		case "time":
			clock = v.Raw
		}
	}
	if len(date) > 0 && len(date)+len(clock) < 40 {
		at := append(append(append([]byte(nil), date...), ' '), clock...)
		ev.Time, ev.HasTime = anyTime(at)
	}
}

// cef reads the Common Event Format behind "CEF:": seven parts with bars between, then key=value pairs whose values
// hold blanks.
func (m *syslogMessage) cef(ev *event.Event, b []byte) {
	names := [...]string{"cefVersion", "deviceVendor", "deviceProduct", "deviceVersion", "signatureId", "name", "cefSeverity"}
	for _, name := range names {
		i := 0
		for i < len(b) && b[i] != '|' {
			if b[i] == '\\' {
				i++
			}
			i++
		}
		i = min(i, len(b))
		m.add(ev, []byte(name), m.unescape(bytes.TrimSpace(b[:i]), `|\`))
		if i == len(b) {
			return
		}
		b = b[i+1:]
	}
	for len(ev.Values) < maxFields {
		eq := bytes.IndexByte(b, '=')
		if eq < 0 {
			return
		}
		key := bytes.TrimSpace(b[:eq])
		b = b[eq+1:]
		// The value reaches to the blank before the next key.
		end, blank := len(b), -1
		for i := 0; i < len(b); i++ {
			switch c := b[i]; {
			case c == '\\':
				i++
			case c == ' ':
				blank = i
			case c == '=' && blank >= 0 && auditKey(b[blank+1:i]):
				end = blank
			}
			if end < len(b) {
				break
			}
		}
		if auditKey(key) {
			m.add(ev, key, m.unescape(bytes.TrimRight(b[:end], " "), `=\|`))
		}
		b = b[end:]
	}
}

// leef reads the Log Event Extended Format behind "LEEF:": version|vendor|product|version|event id|, in version 2 the
// delimiter|, then pairs with tabs or that delimiter between.
func (m *syslogMessage) leef(ev *event.Event, b []byte) {
	second := bytes.HasPrefix(b, []byte("2"))
	for _, name := range [...]string{"leefVersion", "vendor", "product", "version", "eventId"} {
		part, rest, ok := bytes.Cut(b, []byte("|"))
		m.add(ev, []byte(name), part)
		if !ok {
			return
		}
		b = rest
	}
	sep := byte('\t')
	if second {
		if part, rest, ok := bytes.Cut(b, []byte("|")); ok && len(part) <= 5 {
			b = rest
			switch {
			case len(part) == 1:
				sep = part[0]
			case len(part) >= 3 && (part[0] == 'x' || part[0] == '0'):
				if v, ok := appendUnhex(nil, bytes.ToUpper(part[len(part)-2:])); ok {
					sep = v[0]
				}
			}
		}
	}
	m.pairs(ev, b, sep)
}
