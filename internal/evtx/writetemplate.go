package evtx

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/maphash"
)

// name is an element's or attribute's name and where the current chunk has it.
type name struct {
	units []byte // UTF-16LE
	hash  uint16
	off   uint32
	chunk uint64
}

// template is a template that the writer has made, and where the current chunk has its definition.
type template struct {
	shape
	guid  GUID
	off   uint32
	chunk uint64
}

// shape is everything that a template's definition depends on.
type shape struct {
	outer       bool
	eventSource bool   // outer: has Provider/@EventSourceName
	computer    string // outer
	userData    string // inner: element under UserData, "" for EventData
	userDataNS  string // inner
	fields      []string
	types       []uint8 // as the first record had them; a reader goes by the value table
	binary      bool    // inner: has <Binary>
}

func (w *Writer) outerTemplate(r *Record) *template {
	key := maphash.String(w.seed, r.Computer)
	for _, t := range w.templates[key] {
		if t.outer && t.computer == r.Computer && t.eventSource == (r.EventSourceName != "") {
			return t
		}
	}
	return w.addTemplate(key, shape{outer: true, eventSource: r.EventSourceName != "", computer: r.Computer})
}

func (w *Writer) innerTemplate(r *Record) *template {
	var h maphash.Hash
	h.SetSeed(w.seed)
	_, _ = h.WriteString(r.UserData)
	for i := range r.Data {
		_, _ = h.WriteString(r.Data[i].Name)
		_ = h.WriteByte(0)
	}
	key := h.Sum64()
	for _, t := range w.templates[key] {
		if t.fits(r) {
			return t
		}
	}
	s := shape{userData: r.UserData, userDataNS: r.UserDataNS, binary: r.Binary != nil}
	for i := range r.Data {
		s.fields = append(s.fields, r.Data[i].Name)
		k := r.Data[i].Value.kind
		if k == typeNull {
			k = typeString
		}
		s.types = append(s.types, k)
	}
	return w.addTemplate(key, s)
}

// fits says that an inner template is the one for r.
func (t *template) fits(r *Record) bool {
	if t.outer || t.userData != r.UserData || t.userDataNS != r.UserDataNS || t.binary != (r.Binary != nil) ||
		len(t.fields) != len(r.Data) {
		return false
	}
	for i := range r.Data {
		if t.fields[i] != r.Data[i].Name {
			return false
		}
	}
	return true
}

func (w *Writer) addTemplate(key uint64, s shape) *template {
	t := &template{shape: s}
	h := sha256.New()
	for _, part := range append([]string{s.computer, s.userData, s.userDataNS}, s.fields...) {
		h.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(part))))
		h.Write([]byte(part))
	}
	h.Write(s.types)
	h.Write([]byte{flag(s.outer), flag(s.eventSource), flag(s.binary)})
	copy(t.guid[:], h.Sum(nil))
	w.templates[key] = append(w.templates[key], t)
	w.shapes++
	return t
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

const (
	eventNamespace = "http://schemas.microsoft.com/win/2004/08/events/event"
	noDependency   = 0xffff // an element that is there whatever the values
)

// writeTo appends the template's element tree.
func (t *template) writeTo(w *Writer) {
	e := elements{w: w}
	if t.outer {
		t.writeOuter(&e)
		return
	}
	field := func(i int) {
		e.closeStart()
		e.value(tokSubstitution, i, t.types[i])
		e.end()
	}
	if t.userData != "" {
		e.open("UserData", noDependency, false)
		e.closeStart()
		e.open(t.userData, noDependency, t.userDataNS != "")
		if t.userDataNS != "" {
			e.attribute("xmlns", true)
			e.text(t.userDataNS)
		}
		e.closeStart()
		for i, f := range t.fields {
			e.open(f, noDependency, false)
			field(i)
		}
		e.end()
		e.end()
		return
	}
	e.open("EventData", noDependency, false)
	e.closeStart()
	for i, f := range t.fields {
		e.open("Data", noDependency, f != "")
		if f != "" {
			e.attribute("Name", true)
			e.text(f)
		}
		field(i)
	}
	if t.binary {
		e.open("Binary", noDependency, false)
		e.closeStart()
		e.value(tokSubstitution, len(t.fields), typeBinary)
		e.end()
	}
	e.end()
}

func (t *template) writeOuter(e *elements) {
	attrs := func(element string, pairs ...outerAttribute) {
		e.open(element, noDependency, true)
		for i, p := range pairs {
			e.attribute(p.name, i == len(pairs)-1)
			e.value(tokOptional, p.sub, p.kind)
		}
	}
	leaf := func(element string, sub int, kind uint8) {
		e.open(element, sub, false)
		e.closeStart()
		e.value(tokOptional, sub, kind)
		e.end()
	}
	e.open("Event", noDependency, true)
	e.attribute("xmlns", true)
	e.text(eventNamespace)
	e.closeStart()
	e.open("System", noDependency, false)
	e.closeStart()
	provider := []outerAttribute{{"Name", subProvider, typeString}, {"Guid", subProviderGUID, typeGUID}}
	if t.eventSource {
		provider = append(provider, outerAttribute{"EventSourceName", subEventSource, typeString})
	}
	attrs("Provider", provider...)
	e.empty()
	e.open("EventID", subEventID, true)
	e.attribute("Qualifiers", true)
	e.value(tokOptional, subQualifiers, typeUint16)
	e.closeStart()
	e.value(tokOptional, subEventID, typeUint16)
	e.end()
	leaf("Version", subVersion, typeUint8)
	leaf("Level", subLevel, typeUint8)
	leaf("Task", subTask, typeUint16)
	leaf("Opcode", subOpcode, typeUint8)
	leaf("Keywords", subKeywords, typeHex64)
	attrs("TimeCreated", outerAttribute{"SystemTime", subTime, typeFiletime})
	e.empty()
	leaf("EventRecordID", subRecordID, typeUint64)
	attrs("Correlation", outerAttribute{"ActivityID", subActivity, typeGUID}, outerAttribute{"RelatedActivityID", subRelated, typeGUID})
	e.empty()
	attrs("Execution", outerAttribute{"ProcessID", subProcess, typeUint32}, outerAttribute{"ThreadID", subThread, typeUint32})
	e.empty()
	leaf("Channel", subChannel, typeString)
	e.open("Computer", noDependency, false)
	e.closeStart()
	e.text(t.computer)
	e.end()
	attrs("Security", outerAttribute{"UserID", subUser, typeSID})
	e.empty()
	e.end()
	e.value(tokOptional, subBody, typeBinXML)
	e.end()
}

// outerAttribute is an attribute whose value is a substitution.
type outerAttribute struct {
	name string
	sub  int
	kind uint8
}

// elements appends a tree of elements to a chunk and fills in their sizes as they end.
type elements struct {
	w     *Writer
	sizes []int // offsets of the size fields of open elements
	attrs int   // offset of the size field of the attribute list, 0 where there is none
}

func (e *elements) open(element string, dependency int, attributes bool) {
	w := e.w
	token := byte(tokOpenElement)
	if attributes {
		token |= tokMore
	}
	w.buf = append(w.buf, token, byte(dependency), byte(dependency>>8))
	e.sizes = append(e.sizes, len(w.buf))
	w.buf = append(w.buf, 0, 0, 0, 0)
	w.name(element)
	e.attrs = 0
	if attributes {
		e.attrs = len(w.buf)
		w.buf = append(w.buf, 0, 0, 0, 0)
	}
}

func (e *elements) attribute(attr string, last bool) {
	token := byte(tokAttribute | tokMore)
	if last {
		token = tokAttribute
	}
	e.w.buf = append(e.w.buf, token)
	e.w.name(attr)
}

// text appends a literal value.
func (e *elements) text(s string) {
	b := append(e.w.buf, tokValue, typeString, 0, 0)
	at := len(b)
	b = appendUTF16(b, s)
	binary.LittleEndian.PutUint16(b[at-2:], uint16((len(b)-at)/2))
	e.w.buf = b
}

// value appends a substitution.
func (e *elements) value(token byte, sub int, kind uint8) {
	e.w.buf = append(e.w.buf, token, byte(sub), byte(sub>>8), kind)
}

func (e *elements) endAttributes() {
	if e.attrs == 0 {
		return
	}
	binary.LittleEndian.PutUint32(e.w.buf[e.attrs:], uint32(len(e.w.buf)-e.attrs-4))
	e.attrs = 0
}

func (e *elements) closeStart() {
	e.endAttributes()
	e.w.buf = append(e.w.buf, tokCloseStart)
}

func (e *elements) empty() {
	e.endAttributes()
	e.w.buf = append(e.w.buf, tokCloseEmpty)
	e.pop()
}

func (e *elements) end() {
	e.w.buf = append(e.w.buf, tokEndElement)
	e.pop()
}

func (e *elements) pop() {
	at := e.sizes[len(e.sizes)-1]
	e.sizes = e.sizes[:len(e.sizes)-1]
	binary.LittleEndian.PutUint32(e.w.buf[at:], uint32(len(e.w.buf)-at-4))
}

// name appends the offset of a name, and the name itself where the chunk has it nowhere yet.
func (w *Writer) name(s string) {
	le := binary.LittleEndian
	n := w.names[s]
	if n == nil {
		n = &name{units: appendUTF16(nil, s)}
		n.hash = nameHash(n.units)
		w.names[s] = n
	}
	if n.chunk == w.serial {
		w.buf = le.AppendUint32(w.buf, n.off)
		return
	}
	at := len(w.buf) + 4
	if at <= chunkSize {
		n.chunk, n.off = w.serial, uint32(at)
		w.newNames = append(w.newNames, n)
	}
	next := w.link(stringTable+4*int(n.hash%stringBuckets), at)
	b := le.AppendUint32(w.buf, uint32(at))
	b = le.AppendUint32(b, next)
	b = le.AppendUint16(b, n.hash)
	b = le.AppendUint16(b, uint16(len(n.units)/2))
	b = append(b, n.units...)
	w.buf = append(b, 0, 0)
}
