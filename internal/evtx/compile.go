package evtx

import (
	"bytes"
	"encoding/binary"
	"slices"

	"entente/internal/event"
)

// role is what an element's place in the event makes of it.
type role uint8

const (
	roleTop           role = iota // not in an element yet
	roleEvent                     // Event
	roleSystem                    // Event/System
	roleSystemField               // anything under System
	roleEventData                 // Event/EventData
	roleData                      // anything under EventData: Data, Binary, ComplexData
	roleUserData                  // Event/UserData, and the rarer containers
	roleUser                      // anything under one of these
	roleRendering                 // Event/RenderingInfo
	roleRenderingText             // anything under RenderingInfo
)

// child is the role of an element of this name in an element of role r.
func (r role) child(name []byte) role {
	switch r {
	case roleTop, roleEvent:
		switch string(name) {
		case "Event":
			if r == roleTop {
				return roleEvent
			}
		case "System":
			return roleSystem
		case "EventData":
			return roleEventData
		case "UserData", "ProcessingErrorData", "DebugData":
			return roleUserData
		case "RenderingInfo":
			return roleRendering
		}
		return roleUser
	case roleSystem, roleSystemField:
		return roleSystemField
	case roleEventData, roleData:
		return roleData
	case roleRendering, roleRenderingText:
		return roleRenderingText
	case roleUserData, roleUser:
	}
	return roleUser
}

// container says that elements of this role have no value of their own.
func (r role) container() bool {
	switch r {
	case roleTop, roleEvent, roleSystem, roleEventData, roleUserData, roleRendering:
		return true
	default:
		return false
	}
}

// envelope says that the fields of this role are the envelope's.
func (r role) envelope() bool {
	switch r {
	case roleEvent, roleSystem, roleSystemField, roleRendering, roleRenderingText:
		return true
	default:
		return false
	}
}

// element is an element that the compiler is in.
type element struct {
	role     role
	name     []byte // local name, in compiler.names
	label    []byte // literal Name attribute of a data element, in compiler.names
	labelled bool   // has a literal Name attribute
	dynamic  []part // Name attribute that holds a substitution
	first    int    // index of the element's first step
	dep      uint16
	parts    int // index in compiler.parts of its content
	attrs    int // other attributes than namespaces and the label
	children bool
}

// compiler turns a flat form into a program.
type compiler struct {
	d     *Decoder
	p     *program
	stack []element
	parts []part // content met so far of every open element, and of the open attribute
	names []byte
	attr  []byte // name of the open attribute, nil where none is open
	first int    // index in parts of the open attribute's value
	subs  []uint16
}

// compile appends to p the steps for a flat form that stands in an element of role r. The program refers to flat.
func (c *compiler) compile(p *program, flat []byte, r role) {
	c.p = p
	c.stack = append(c.stack[:0], element{role: r, dep: noDependency})
	c.parts, c.names, c.attr = c.parts[:0], c.names[:0], nil
	le := binary.LittleEndian
	for i := 0; i < len(flat); {
		code := flat[i]
		i++
		switch code {
		case flatOpen:
			n := int(le.Uint16(flat[i+2:]))
			c.endAttr()
			c.open(le.Uint16(flat[i:]), flat[i+4:i+4+n])
			i += 4 + n
		case flatAttr:
			n := int(le.Uint16(flat[i:]))
			c.endAttr()
			c.attr = c.text(flat[i+2 : i+2+n])
			c.first = len(c.parts)
			i += 2 + n
		case flatContent:
			c.endAttr()
		case flatEnd:
			c.endAttr()
			c.end()
		case flatText:
			n := int(le.Uint32(flat[i:]))
			c.parts = append(c.parts, part{text: flat[i+4 : i+4+n : i+4+n]})
			i += 4 + n
		case flatSub:
			c.parts = append(c.parts, part{sub: le.Uint16(flat[i+1:]), optional: flat[i] != 0})
			i += 3
		case flatChar:
			c.parts = append(c.parts, part{char: rune(le.Uint32(flat[i:]))})
			i += 4
		case flatInstance:
			c.endAttr()
			e := c.top()
			e.children = true
			p.ops = append(p.ops, op{kind: opInstance, slot: le.Uint32(flat[i:]), role: e.role})
			i += 4
		}
	}
	c.endAttr()
	for len(c.stack) > 1 { // of a definition that breaks off
		c.end()
	}
}

func (c *compiler) top() *element { return &c.stack[len(c.stack)-1] }

// text converts to UTF-8, in c.names.
func (c *compiler) text(units []byte) []byte {
	at := len(c.names)
	v := event.Value{Raw: units, Type: event.UTF16}
	c.names = v.AppendText(c.names)
	return c.names[at:len(c.names):len(c.names)]
}

func (c *compiler) open(dep uint16, units []byte) {
	parent := c.top()
	parent.children = true
	name := c.text(units)
	if i := bytes.LastIndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	c.stack = append(c.stack, element{
		role: parent.role.child(name), name: name, dep: dep, parts: len(c.parts), first: len(c.p.ops),
	})
}

// endAttr deals with the attribute whose value is complete.
func (c *compiler) endAttr() {
	if c.attr == nil {
		return
	}
	name, value := c.attr, c.parts[c.first:]
	c.attr = nil
	defer func() { c.parts = c.parts[:c.first] }()
	e := c.top()
	if len(c.stack) == 1 || bytes.Equal(name, []byte("xmlns")) || bytes.HasPrefix(name, []byte("xmlns:")) {
		return
	}
	if string(name) == "Name" && (e.role == roleData || e.role == roleUser && string(e.name) == "Data") {
		c.label(e, value)
		return
	}
	e.attrs++
	o := op{role: e.role, null: nullKeep, head: attrHead(e, name)}
	if e.role.envelope() || len(value) == 1 && value[0].optional {
		o.null = nullSkip
	}
	o.slot = c.attrSlot(e, name)
	if len(value) == 0 {
		value = []part{{text: []byte{}}}
	}
	c.emit(o, nil, value)
}

// label takes the value of a Name attribute as the name of the field.
func (c *compiler) label(e *element, value []part) {
	switch {
	case len(value) == 0:
	case len(value) == 1 && value[0].text != nil:
		e.label, e.labelled = c.text(value[0].text), true
		if len(e.label) == 0 {
			e.labelled = false
		}
	default:
		e.dynamic = append([]part(nil), value...)
	}
}

func attrHead(e *element, attr []byte) head {
	if e.role != roleSystemField {
		return headNone
	}
	switch {
	case string(e.name) == "Provider" && string(attr) == "Name":
		return headProvider
	case string(e.name) == "TimeCreated" && string(attr) == "SystemTime":
		return headTime
	}
	return headNone
}

// attrSlot is the slot of a field that is an attribute: Element_Attribute.
func (c *compiler) attrSlot(e *element, attr []byte) uint32 {
	if e.role == roleSystemField && string(e.name) == "TimeCreated" && string(attr) == "SystemTime" {
		return c.d.slot(true, e.name)
	}
	at := len(c.names)
	if e.role == roleRenderingText {
		c.names = append(c.names, "RenderingInfo_"...)
	}
	c.names = append(c.names, e.name...)
	c.names = append(append(c.names, '_'), attr...)
	return c.d.slot(e.role.envelope(), c.names[at:])
}

// end deals with the element whose content is complete.
func (c *compiler) end() {
	if len(c.stack) == 1 {
		return
	}
	e := c.top()
	value := c.parts[e.parts:]
	if e.children || e.role.container() {
		value = withoutSpace(value)
	}
	o := op{role: e.role, null: nullKeep}
	if e.role.envelope() || e.role.container() {
		o.null = nullSkip
	}
	switch {
	case len(value) > 0:
		o.slot, o.head = c.elementSlot(e)
		c.emit(o, e.dynamic, value)
	case e.role == roleData && !e.children, e.role == roleUser && !e.children && e.attrs == 0:
		o.slot, _ = c.elementSlot(e)
		c.emit(o, e.dynamic, []part{{text: []byte{}}})
	}
	c.guard(e, value)
	c.parts = c.parts[:e.parts]
	c.stack = c.stack[:len(c.stack)-1]
}

// elementSlot is the slot of a field that is an element.
func (c *compiler) elementSlot(e *element) (uint32, head) {
	switch {
	case e.labelled:
		return c.d.slot(false, e.label), headNone
	case e.role == roleRenderingText && string(e.name) != "Message":
		at := len(c.names)
		c.names = append(append(c.names, "RenderingInfo_"...), e.name...)
		return c.d.slot(true, c.names[at:]), headNone
	case e.role == roleSystemField:
		h := headNone
		switch string(e.name) {
		case "EventID":
			h = headEventID
		case "Channel":
			h = headChannel
		case "Computer":
			h = headComputer
		case "EventRecordID":
			h = headRecordID
		}
		return c.d.slot(true, e.name), h
	}
	return c.d.slot(e.role.envelope() && !e.role.container(), e.name), headNone
}

// guard leaves the element out where its dependency is null, or an optional substitution that is its content
// ([MS-EVEN6] 3.1.4.7.2). The latter is not so for Event and its like, which hold the record's data that way.
func (c *compiler) guard(e *element, value []part) {
	c.subs = c.subs[:0]
	if e.dep != noDependency {
		c.subs = append(c.subs, e.dep)
	}
	if !e.children && !e.role.container() {
		for _, p := range value {
			if p.optional && !slices.Contains(c.subs, p.sub) {
				c.subs = append(c.subs, p.sub)
			}
		}
	}
	steps := c.p.ops[e.first:]
	if len(c.subs) == 0 || len(steps) == 0 {
		return
	}
	if o := &steps[0]; len(steps) == 1 && o.kind == opValue && len(c.subs) == 1 && o.arg == c.subs[0] {
		o.null = nullSkip
		return
	}
	n := len(steps) + len(c.subs) - 1
	for i, sub := range c.subs {
		g := op{kind: opGuard, arg: sub, num: uint16(n - i)}
		c.p.ops = slices.Insert(c.p.ops, e.first+i, g)
	}
}

// emit appends the step that makes one field of name and value. o has everything else.
func (c *compiler) emit(o op, name, value []part) {
	switch {
	case len(name) > 0 || len(value) > 1 || value[0].char != 0:
		o.kind = opMixed
		o.arg = uint16(len(c.p.parts))
		o.num = uint16(len(name) + len(value))
		o.name = uint16(len(name))
		c.p.parts = append(append(c.p.parts, name...), value...)
	case value[0].text != nil:
		o.kind = opText
		o.arg = uint16(len(c.p.texts))
		c.p.texts = append(c.p.texts, value[0].text)
	default:
		o.kind = opValue
		o.arg = value[0].sub
	}
	c.p.ops = append(c.p.ops, o)
}

// withoutSpace leaves out text that only indents elements.
func withoutSpace(value []part) []part {
	for _, p := range value {
		if p.text == nil || !onlySpace(p.text) {
			return value
		}
	}
	return nil
}

func onlySpace(units []byte) bool {
	for i := 0; i+1 < len(units); i += 2 {
		switch binary.LittleEndian.Uint16(units[i:]) {
		case ' ', '\t', '\r', '\n':
		default:
			return false
		}
	}
	return true
}

// slot returns the slot of a field name. Where a chunk fills the table, which no real one does, the names it adds
// beyond become "Data".
func (d *Decoder) slot(system bool, name []byte) uint32 {
	if len(name) > maxNameLen {
		name = bytes.ToValidUTF8(name[:maxNameLen], nil)
	}
	if system {
		if s, ok := d.system[string(name)]; ok {
			return s
		}
	}
	n := d.names.Len()
	if d.names.Full() {
		if s, ok := d.names.Find(string(name), system); ok {
			return s
		}
		name, system = []byte("Data"), false
	}
	var s uint32
	if system {
		s = d.names.SystemSlot(string(name))
		d.system[string(name)] = s
	} else {
		s = d.names.SlotBytes(name)
	}
	if d.names.Len() > n {
		d.nameBytes += len(name)
	}
	return s
}

// dynamicSlot is the slot of a field whose name is a value of the record, or other where that is no name.
func (d *Decoder) dynamicSlot(name []byte, other uint32) uint32 {
	if len(name) == 0 {
		return other
	}
	return d.slot(false, name)
}
