package source

import (
	"bytes"

	"entente/internal/event"
)

// unpackXML reads the Windows event, or the data of one, that stands as XML in a text of the record. A whole event takes
// the place of the record's fields, which are those of whatever carried it; data is added to them. It says whether ev
// is the event of the XML.
func (d *jsonDecoder) unpackXML(ev *event.Event, at int) bool {
	v := &ev.Values[at]
	text := v.Raw
	if v.Type == event.JSONStr {
		text = d.unescape(text)
	}
	inner := event.Event{Names: d.names, Values: d.xmlValues[:0]}
	if i := eventTag(text); i >= 0 {
		ok, _ := d.xml.parse(text[i:], d.names, &inner)
		d.xmlValues = inner.Values
		if !ok {
			return false
		}
		inner.Raw, inner.Offset = ev.Raw, ev.Offset
		if !inner.HasTime {
			inner.Time, inner.HasTime = d.time()
		}
		if inner.Host == "" {
			inner.Host = d.text(&d.hosts, roleHost)
		}
		inner.Values = append(ev.Values[:0], inner.Values...)
		*ev = inner
		return true
	}
	if ev.Source != event.SourceWindows {
		return false
	}
	for _, tag := range [...]string{"<EventData", "<UserData"} {
		i := bytes.Index(text, []byte(tag))
		if i < 0 {
			continue
		}
		start := len(d.arena)
		d.arena = append(append(d.arena, "<Event>"...), text[i:]...)
		ok, _ := d.xml.parse(d.arena[start:], d.names, &inner)
		d.xmlValues = inner.Values
		if ok {
			ev.Values = append(append(ev.Values[:at], ev.Values[at+1:]...), inner.Values...)
		}
		break
	}
	return false
}

// eventTag returns where the tag of an event begins, -1 where there is none.
func eventTag(text []byte) int {
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte("<Event"))
		if i < 0 {
			return -1
		}
		at += i
		if rest := text[at+len("<Event"):]; len(rest) > 0 && (rest[0] == '>' || rest[0] <= ' ') {
			return at
		}
		at++
	}
}
