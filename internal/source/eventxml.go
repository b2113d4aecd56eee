package source

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"entente/internal/event"
)

// Limits of an event in XML.
const (
	maxXMLDepth = 64
	maxXMLName  = 256 // bytes; longer names are cut off
)

// eventXML reads a Windows event that stands as XML in a text: what Event Viewer and wevtutil export, and what Sysmon
// for Linux logs. It is no general XML parser: document types and the entities they could define are not read at all,
// so that nothing expands and nothing is fetched.
//
// Fields get the names that package evtx gives them: the envelope ELEMENT or ELEMENT_ATTRIBUTE of System, the data the
// names of EventData, unnamed elements "Data".
type eventXML struct {
	ev      *event.Event
	scratch []byte // texts with references resolved
	stack   []xmlElement
	texts   interner
	slots   xmlSlots
}

// xmlRole is what an element's place makes of it.
type xmlRole uint8

const (
	xmlTop xmlRole = iota
	xmlEvent
	xmlSystem      // System itself
	xmlSystemField // anything under System
	xmlEventData
	xmlData // anything under EventData
	xmlUserData
	xmlUser // anything under UserData and its like
	xmlRendering
	xmlRenderingField
)

// xmlElement is an open element.
type xmlElement struct {
	role     xmlRole
	name     []byte // without prefix
	label    []byte // attribute Name of a Data element
	text     []byte
	owned    bool // text is memory of the element's own
	attrs    bool // has attributes that are fields
	children bool
}

func (r xmlRole) child(name []byte) xmlRole {
	switch r {
	case xmlTop, xmlEvent:
		switch string(name) {
		case "Event":
			if r == xmlTop {
				return xmlEvent
			}
		case "System":
			return xmlSystem
		case "EventData":
			return xmlEventData
		case "UserData", "ProcessingErrorData", "DebugData":
			return xmlUserData
		case "RenderingInfo":
			return xmlRendering
		}
		return xmlUser
	case xmlSystem, xmlSystemField:
		return xmlSystemField
	case xmlEventData, xmlData:
		return xmlData
	case xmlRendering, xmlRenderingField:
		return xmlRenderingField
	case xmlUserData, xmlUser:
	}
	return xmlUser
}

// container says that elements of this role have no value of their own.
func (r xmlRole) container() bool {
	switch r {
	case xmlTop, xmlEvent, xmlSystem, xmlEventData, xmlUserData, xmlRendering:
		return true
	default:
		return false
	}
}

// envelope says that fields of this role are the envelope's.
func (r xmlRole) envelope() bool {
	switch r {
	case xmlEvent, xmlSystem, xmlSystemField, xmlRendering, xmlRenderingField:
		return true
	default:
		return false
	}
}

// parse reads the event at the start of b, <Event>…</Event>, into ev: its fields are appended, the header is filled in.
// names is the table for the slots. ok says whether there was an event; of one that is damaged or cut off, what comes
// before the damage is read. The values are slices of b where they can be; those that differ from what b says stay valid
// until the next call. whole says that the event was read to its end.
func (p *eventXML) parse(b []byte, names *event.Names, ev *event.Event) (ok, whole bool) {
	p.ev, p.scratch, p.stack = ev, p.scratch[:0], p.stack[:0]
	if p.slots.names != names {
		p.slots = newXMLSlots(names)
	}
	ev.Names = names
	first := len(ev.Values)
	for len(b) > 0 && !whole {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			i = len(b)
		}
		if i > 0 {
			p.text(b[:i], true)
			b = b[i:]
			continue
		}
		n := p.markup(b)
		if n == 0 {
			break
		}
		b = b[n:]
		whole = len(p.stack) == 0 && len(ev.Values) > first
	}
	for len(p.stack) > 0 { // of an event that is cut off
		p.end()
	}
	return len(ev.Values) > first && ev.Source != "", whole
}

// markup reads the tag or the like at the start of b and returns its length, 0 where reading has to stop.
func (p *eventXML) markup(b []byte) int {
	until := func(end string, from int) int {
		if i := bytes.Index(b[from:], []byte(end)); i >= 0 {
			return from + i + len(end)
		}
		return 0
	}
	switch {
	case bytes.HasPrefix(b, []byte("<!--")):
		return until("-->", 4)
	case bytes.HasPrefix(b, []byte("<![CDATA[")):
		n := until("]]>", 9)
		if n > 0 {
			p.text(b[9:n-3], false)
		}
		return n
	case bytes.HasPrefix(b, []byte("<!")):
		return 0
	case bytes.HasPrefix(b, []byte("<?")):
		return until("?>", 2)
	case bytes.HasPrefix(b, []byte("</")):
		n := until(">", 2)
		if n == 0 || len(p.stack) == 0 || !bytes.Equal(localName(bytes.TrimSpace(b[2:n-1])), p.stack[len(p.stack)-1].name) {
			return 0
		}
		p.end()
		return n
	default:
		return p.start(b)
	}
}

// localName is a name without its prefix, cut to the length that names may have.
func localName(name []byte) []byte {
	if i := bytes.LastIndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	return name[:min(len(name), maxXMLName)]
}

// start reads the start tag at the start of b and returns its length, 0 where it is damaged.
func (p *eventXML) start(b []byte) int {
	i := 1
	for i < len(b) && xmlNameByte(b[i]) {
		i++
	}
	name := localName(b[1:i])
	role := xmlTop
	if k := len(p.stack) - 1; k >= 0 {
		p.stack[k].children = true
		role = p.stack[k].role
	}
	role = role.child(name)
	if len(name) == 0 || len(p.stack) >= maxXMLDepth || len(p.stack) == 0 && role != xmlEvent {
		return 0
	}
	p.stack = append(p.stack, xmlElement{role: role, name: name})
	if role == xmlEvent {
		p.ev.Source = event.SourceWindows
	}
	depth := len(p.stack)
	n := p.attributes(b, i)
	if n == 0 {
		p.stack = p.stack[:depth-1]
	}
	return n
}

// attributes reads the rest of a start tag, from b[i] on, and returns the index behind it, 0 where it is damaged.
func (p *eventXML) attributes(b []byte, i int) int {
	for {
		for i < len(b) && (b[i] <= ' ') {
			i++
		}
		if i >= len(b) {
			return 0
		}
		switch {
		case b[i] == '>':
			return i + 1
		case b[i] == '/' && i+1 < len(b) && b[i+1] == '>':
			p.end()
			return i + 2
		}
		from := i
		for i < len(b) && xmlNameByte(b[i]) {
			i++
		}
		attr := b[from:i]
		for i < len(b) && b[i] <= ' ' {
			i++
		}
		if len(attr) == 0 || i >= len(b) || b[i] != '=' {
			return 0
		}
		i++
		for i < len(b) && b[i] <= ' ' {
			i++
		}
		if i >= len(b) || b[i] != '"' && b[i] != '\'' {
			return 0
		}
		end := bytes.IndexByte(b[i+1:], b[i])
		if end < 0 {
			return 0
		}
		p.attribute(attr, b[i+1:i+1+end])
		i += end + 2
	}
}

func xmlNameByte(c byte) bool {
	return wordByte(c) || c == '-' || c == '.' || c == ':' || c >= 0x80
}

// attribute deals with one attribute of the element that was just opened.
func (p *eventXML) attribute(name, raw []byte) {
	e := &p.stack[len(p.stack)-1]
	if string(name) == "xmlns" || bytes.HasPrefix(name, []byte("xmlns:")) || bytes.HasPrefix(name, []byte("xml:")) {
		return
	}
	value := p.resolve(raw)
	if string(name) == "Name" && (e.role == xmlData || e.role == xmlUser && string(e.name) == "Data") {
		e.label = value[:min(len(value), maxXMLName)]
		return
	}
	e.attrs = true
	if e.role == xmlSystemField {
		switch string(e.name) {
		case "Provider":
			switch string(name) {
			case "Name":
				p.ev.Provider = p.texts.of(value)
				if p.ev.Provider == "Linux-Sysmon" {
					p.ev.Source = event.SourceSysmonLinux
				}
				p.add(p.slots.provider, value)
				return
			case "Guid", "GUID":
				p.add(p.slots.system([]byte("Provider_Guid")), value)
				return
			}
		case "TimeCreated":
			if string(name) == "SystemTime" {
				p.ev.Time, p.ev.HasTime = anyTime(value)
				p.add(p.slots.time, value)
				return
			}
		case "Security":
			if bytes.EqualFold(name, []byte("UserID")) {
				name = []byte("UserID") // Sysmon for Linux spells it otherwise
			}
		}
	}
	if len(value) == 0 && e.role.envelope() {
		return
	}
	prefix := ""
	if e.role == xmlRenderingField {
		prefix = "RenderingInfo_"
	}
	p.add(p.slots.joined(prefix, e.name, name, e.role.envelope()), value)
}

// text deals with text of the innermost element. In plain text references are resolved.
func (p *eventXML) text(b []byte, plain bool) {
	if len(p.stack) == 0 {
		return
	}
	e := &p.stack[len(p.stack)-1]
	if e.role.container() && blank(b) {
		return
	}
	if plain {
		b = p.resolve(b)
	}
	switch {
	case e.text == nil:
		e.text = b
		return
	case !e.owned:
		// Text in several pieces: only where comments, sections or elements come between.
		e.text, e.owned = append(make([]byte, 0, 2*(len(e.text)+len(b))), e.text...), true
	}
	e.text = append(e.text, b...)
}

// end deals with the innermost element, which is complete.
func (p *eventXML) end() {
	e := &p.stack[len(p.stack)-1]
	p.stack = p.stack[:len(p.stack)-1]
	text := e.text
	if (e.children || e.role.container()) && blank(text) {
		text = nil
	}
	switch {
	case len(text) > 0:
		p.field(e, text)
	case e.role == xmlData && !e.children, e.role == xmlUser && !e.children && !e.attrs:
		p.field(e, []byte{})
	}
}

// field adds the value of an element.
func (p *eventXML) field(e *xmlElement, text []byte) {
	switch {
	case len(e.label) > 0:
		p.add(p.slots.names.SlotBytes(e.label), text)
	case e.role == xmlRenderingField && string(e.name) != "Message":
		p.add(p.slots.joined("RenderingInfo_", e.name, nil, true), text)
	case e.role == xmlSystemField:
		switch string(e.name) {
		case "EventID":
			n, _ := strconv.ParseUint(string(text), 10, 32)
			p.ev.EventID = uint32(n & 0xFFFF)
		case "EventRecordID":
			p.ev.RecordID, p.ev.HasRecordID = recordID(text)
		case "Channel":
			p.ev.Channel = p.texts.of(text)
			if strings.HasPrefix(p.ev.Channel, "Linux-Sysmon/") {
				p.ev.Source = event.SourceSysmonLinux
			}
		case "Computer":
			p.ev.Host = p.texts.of(text)
		}
		p.add(p.slots.system(e.name), text)
	case e.role.envelope() && !e.role.container():
		p.add(p.slots.system(e.name), text)
	default:
		p.add(p.slots.names.SlotBytes(e.name), text)
	}
}

func (p *eventXML) add(slot uint32, text []byte) {
	if len(p.ev.Values) < maxFields {
		p.ev.Add(slot, event.UTF8, text)
	}
}

// resolve replaces the references of a text: the five entities that XML knows, and characters by number. What is none
// of these stays as it is.
func (p *eventXML) resolve(b []byte) []byte {
	amp := bytes.IndexByte(b, '&')
	if amp < 0 {
		return b
	}
	from := len(p.scratch)
	for {
		p.scratch = append(p.scratch, b[:amp]...)
		b = b[amp:]
		end := bytes.IndexByte(b[:min(len(b), 12)], ';')
		r := rune(-1)
		if end > 0 {
			r = xmlReference(b[1:end])
		}
		if r < 0 {
			p.scratch = append(p.scratch, '&')
			b = b[1:]
		} else {
			p.scratch = utf8.AppendRune(p.scratch, r)
			b = b[end+1:]
		}
		if amp = bytes.IndexByte(b, '&'); amp < 0 {
			p.scratch = append(p.scratch, b...)
			return p.scratch[from:len(p.scratch):len(p.scratch)]
		}
	}
}

// xmlReference is the character that &name; stands for, or -1.
func xmlReference(name []byte) rune {
	switch string(name) {
	case "amp":
		return '&'
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "quot":
		return '"'
	case "apos":
		return '\''
	}
	if len(name) < 2 || name[0] != '#' {
		return -1
	}
	digits, base := string(name[1:]), 10
	if digits[0] == 'x' || digits[0] == 'X' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	if err != nil || n == 0 {
		return -1
	}
	if !utf8.ValidRune(rune(n)) {
		return utf8.RuneError
	}
	return rune(n)
}

// xmlSlots remembers slots of the envelope.
type xmlSlots struct {
	names          *event.Names
	provider, time uint32
	known          map[string]uint32 // of the envelope
	key            []byte
}

func newXMLSlots(names *event.Names) xmlSlots {
	return xmlSlots{
		names: names, provider: names.SystemSlot("Provider_Name"), time: names.SystemSlot("TimeCreated"),
		known: map[string]uint32{},
	}
}

// system is the slot of an element of the envelope.
func (s *xmlSlots) system(name []byte) uint32 { return s.joined("", name, nil, true) }

// joined is the slot of PREFIX ELEMENT _ ATTRIBUTE.
func (s *xmlSlots) joined(prefix string, element, attr []byte, system bool) uint32 {
	s.key = append(append(s.key[:0], prefix...), element...)
	if attr != nil {
		s.key = append(append(s.key, '_'), attr[:min(len(attr), maxXMLName)]...)
	}
	if !system {
		return s.names.SlotBytes(s.key)
	}
	if slot, ok := s.known[string(s.key)]; ok {
		return slot
	}
	slot := s.names.SystemSlot(string(s.key))
	s.known[string(s.key)] = slot
	return slot
}

// recordID reads the number of a record; 0 is one.
func recordID(text []byte) (id uint64, ok bool) {
	id, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		return 0, false
	}
	return id, true
}
