package evtx

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Template definitions belong to their chunk: their names are offsets into it. So a chunk has a table of the
// definitions it has used, by offset, and behind it is one cache for all chunks, whose key is the definition's
// content with all names resolved, compared byte by byte. A definition's GUID is not looked at: nothing keeps
// two logs from giving two meanings to one.

// definition is an entry of the table of the current chunk. Entries of earlier chunks are those of another serial.
type definition struct {
	serial uint32
	offset uint32
	role   role
	prog   *program // nil where the definition cannot be used
}

const (
	maxPrograms     = 4096
	maxProgramBytes = 8 << 20
)

var errDoubt = errors.New("a field's name is damaged")

// template returns the program for the definition at off, or nil where there is none, which has been reported.
func (d *Decoder) template(off, id uint32, r role) *program {
	mask := uint32(len(d.defs) - 1)
	i := (off*0x9e3779b1>>16 ^ uint32(r)) & mask
	for ; d.defs[i].serial == d.serial; i = (i + 1) & mask {
		if d.defs[i].offset == off && d.defs[i].role == r {
			return d.defs[i].prog
		}
	}
	p, err := d.load(off, id, r)
	if err != nil {
		d.warn(d.at(int(off)), fmt.Sprintf("template definition: %v; its events keep what can be read", err))
	}
	if 4*d.used >= 3*len(d.defs) {
		d.growDefs()
		return p // the next use finds a place in the larger table
	}
	d.defs[i] = definition{d.serial, off, r, p}
	d.used++
	return p
}

// growDefs doubles the table. What it held is loaded again at need, from the cache.
func (d *Decoder) growDefs() {
	d.defs = make([]definition, 2*len(d.defs))
	d.used = 0
}

// load compiles the definition at off, or finds it in the cache.
func (d *Decoder) load(off, id uint32, r role) (*program, error) {
	c := d.chunk
	if uint64(off)+24 > uint64(len(c)) || off < chunkHeaderSize {
		return nil, errors.New("it lies outside the chunk")
	}
	if binary.LittleEndian.Uint32(c[off+4:]) != id {
		return nil, errors.New("another one has its place")
	}
	body := int(off) + 24
	end := body + int(min(uint64(binary.LittleEndian.Uint32(c[off+20:])), uint64(len(c)-body)))
	f := flattener{d: d, out: append(d.key[:0], byte(r), keyWhole), pos: body, end: end, depends: true}
	err := f.elements(false)
	d.key = f.out
	if err == nil && len(d.key) == 2 {
		err = errors.New("it is empty")
	}
	if err != nil {
		if len(d.key) == 2 || errors.Is(err, errBudget) {
			return nil, err
		}
		d.key[1] = keyBroken
	} else if f.doubt {
		err = errDoubt
	}
	return d.program(r), err
}

// The second byte of a key of the cache; the first is the role, the rest the flat form.
const (
	keyWhole   = iota // a template definition
	keyBroken         // what could be read of one
	keyLiteral        // literal elements, their texts taken as values
)

// program returns the program for d.key.
func (d *Decoder) program(r role) *program {
	d.budget -= 3 * len(d.key) // compiling is by far the dearest step; counted always, so that the cache changes nothing
	if p, ok := d.programs[string(d.key)]; ok {
		return p
	}
	p := &program{broken: d.key[1] == keyBroken}
	key := string(d.key)
	d.compiler.compile(p, []byte(key)[2:], r)
	p.plain = p.isPlain()
	size := 2*len(key) + 16*len(p.ops) + 48*len(p.parts) + 24*len(p.texts) + 200
	if len(d.programs) >= maxPrograms || d.programBytes+size > maxProgramBytes {
		clear(d.programs)
		d.programBytes = 0
	}
	d.programs[key] = p
	d.programBytes += size
	return p
}
