package evtx

import (
	"encoding/binary"
	"hash/crc32"
)

// assembler builds one chunk by hand, for what the Writer never writes. Names are inline wherever they are used,
// unless they are referred to with ref.
type assembler struct {
	b       []byte
	records []int // offsets
	id      uint64
	sizes   []int
	attrs   []int // offset of the size field of the attribute list, -1 where the element has none
	names   map[string]int
	depends bool
	inline  bool // write names inline at every use
}

func assemble() *assembler {
	return &assembler{b: make([]byte, chunkHeaderSize), names: map[string]int{}, depends: true, inline: true}
}

func (a *assembler) u8(v ...byte) *assembler { a.b = append(a.b, v...); return a }

func (a *assembler) u16(v int) *assembler {
	a.b = binary.LittleEndian.AppendUint16(a.b, uint16(v))
	return a
}

func (a *assembler) u32(v int) *assembler {
	a.b = binary.LittleEndian.AppendUint32(a.b, uint32(v))
	return a
}

// record wraps what body appends.
func (a *assembler) record(body func()) {
	start := len(a.b)
	a.id++
	a.records = append(a.records, start)
	a.u32(recordMagic).u32(0)
	a.b = binary.LittleEndian.AppendUint64(a.b, a.id)
	a.b = binary.LittleEndian.AppendUint64(a.b, filetime(sampleTime))
	body()
	for (len(a.b)+4-start)%8 != 0 {
		a.u8(0)
	}
	size := len(a.b) + 4 - start
	a.u32(size)
	binary.LittleEndian.PutUint32(a.b[start+4:], uint32(size))
}

func (a *assembler) fragment() *assembler { return a.u8(tokFragment, 1, 1, 0) }

func (a *assembler) name(s string) *assembler {
	if at, ok := a.names[s]; ok && !a.inline {
		return a.u32(at)
	}
	units := appendUTF16(nil, s)
	a.u32(len(a.b) + 4)
	a.names[s] = len(a.b)
	a.u32(0).u16(int(nameHash(units))).u16(len(units) / 2)
	return a.u8(units...).u16(0)
}

func (a *assembler) open(name string, attributes bool) *assembler {
	return a.openDep(noDependency, name, attributes)
}

func (a *assembler) openDep(dep int, name string, attributes bool) *assembler {
	tok := byte(tokOpenElement)
	if attributes {
		tok |= tokMore
	}
	a.u8(tok)
	if a.depends {
		a.u16(dep)
	}
	a.sizes = append(a.sizes, len(a.b))
	a.u32(0).name(name)
	a.attrs = append(a.attrs, -1)
	if attributes {
		a.attrs[len(a.attrs)-1] = len(a.b)
		a.u32(0)
	}
	return a
}

func (a *assembler) attr(name string) *assembler { return a.u8(tokAttribute).name(name) }

func (a *assembler) text(s string) *assembler {
	units := appendUTF16(nil, s)
	return a.u8(tokValue, typeString).u16(len(units) / 2).u8(units...)
}

func (a *assembler) sub(tok byte, n int) *assembler { return a.u8(tok).u16(n).u8(typeString) }

func (a *assembler) content() *assembler {
	a.endAttrs()
	return a.u8(tokCloseStart)
}

func (a *assembler) endAttrs() {
	if at := a.attrs[len(a.attrs)-1]; at >= 0 {
		binary.LittleEndian.PutUint32(a.b[at:], uint32(len(a.b)-at-4))
		a.attrs[len(a.attrs)-1] = -1
	}
}

func (a *assembler) end() *assembler   { return a.close(tokEndElement) }
func (a *assembler) empty() *assembler { return a.close(tokCloseEmpty) }

func (a *assembler) close(tok byte) *assembler {
	a.endAttrs()
	a.u8(tok)
	at := a.sizes[len(a.sizes)-1]
	binary.LittleEndian.PutUint32(a.b[at:], uint32(len(a.b)-at-4))
	a.sizes, a.attrs = a.sizes[:len(a.sizes)-1], a.attrs[:len(a.attrs)-1]
	return a
}

// leaf is <name>text</name>.
func (a *assembler) leaf(name, text string) *assembler {
	return a.open(name, false).content().text(text).end()
}

// data is <Data Name="name">, the content, </Data>.
func (a *assembler) data(name string, body func()) *assembler {
	a.open("Data", true).attr("Name").text(name).content()
	body()
	return a.end()
}

// value is an entry of a value table.
type value struct {
	kind byte
	raw  []byte
}

func str(s string) value { return value{typeString, appendUTF16(nil, s)} }

// template appends a template instance with its definition, and returns the definition's offset.
func (a *assembler) template(guid byte, body func(), values ...value) (definition int) {
	a.u8(tokTemplate, 1, guid, guid, guid, guid)
	definition = len(a.b) + 4
	a.u32(definition)
	a.u32(0)
	for range 16 {
		a.u8(guid)
	}
	a.u32(0)
	start := len(a.b)
	keep := a.depends
	a.depends = true
	a.fragment()
	body()
	a.u8(tokEOF)
	a.depends = keep
	binary.LittleEndian.PutUint32(a.b[start-4:], uint32(len(a.b)-start))
	a.values(values...)
	return definition
}

// instance appends a template instance without definition.
func (a *assembler) instance(guid byte, definition int, values ...value) *assembler {
	a.u8(tokTemplate, 1, guid, guid, guid, guid).u32(definition)
	return a.values(values...)
}

func (a *assembler) values(values ...value) *assembler {
	a.u32(len(values))
	for _, v := range values {
		a.u16(len(v.raw)).u8(v.kind, 0)
	}
	for _, v := range values {
		a.u8(v.raw...)
	}
	return a
}

// chunk completes the header.
func (a *assembler) chunk() []byte {
	c := make([]byte, chunkSize)
	if len(a.b) > chunkSize {
		panic("the assembled chunk is too long")
	}
	copy(c, a.b)
	if len(a.records) > 0 {
		sealChunk(c, a.records[len(a.records)-1], len(a.b), 1, a.id)
	}
	return c
}

// sealChunk writes a chunk's header with right checksums.
func sealChunk(c []byte, last, free int, firstID, lastID uint64) {
	le := binary.LittleEndian
	copy(c, chunkMagic)
	for i, v := range []uint64{firstID, lastID, firstID, lastID} {
		le.PutUint64(c[8+8*i:], v)
	}
	le.PutUint32(c[40:], 128)
	le.PutUint32(c[44:], uint32(last))
	le.PutUint32(c[48:], uint32(free))
	le.PutUint32(c[52:], crc32.ChecksumIEEE(c[chunkHeaderSize:free]))
	le.PutUint32(c[124:], headerSum(c))
}

// decodeChunk decodes one chunk with a fresh decoder.
func decodeOne(chunk []byte) ([]decoded, []warning) {
	return decodeChunks(NewDecoder(), false, [][]byte{chunk}, []int64{fileHeaderSize})
}
