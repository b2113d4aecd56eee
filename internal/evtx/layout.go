package evtx

import (
	"encoding/binary"
	"hash/crc32"
)

// Sizes and offsets of the container. Microsoft has published only the binary XML inside ([MS-EVEN6] 2.2.12); the
// container's layout is known from the files themselves and described in docs/formats/evtx.md.
const (
	fileHeaderSize  = 4096  // block that the file header has to itself
	chunkSize       = 65536 // every chunk
	chunkHeaderSize = 512   // with the string and template tables
	recordHeader    = 24    // magic, size, record id, time written
	recordTrailer   = 4     // copy of the size
	minRecord       = recordHeader + recordTrailer
	sectorSize      = 512 // chunks of a damaged file are looked for at multiples of it

	stringBuckets   = 64
	templateBuckets = 32
	stringTable     = 128 // offset in the chunk of the string buckets
	templateTable   = stringTable + 4*stringBuckets
)

const (
	fileMagic   = "ElfFile\x00"
	chunkMagic  = "ElfChnk\x00"
	recordMagic = 0x00002a2a
)

// Flags of the file header.
const (
	flagDirty = 1 // the file was not closed: its header is out of date
	flagFull  = 2 // the log had reached its maximal size
)

// Tokens of binary XML ([MS-EVEN6] 2.2.12.3). 0x40 marks "more follows": attributes of an element, a further
// attribute, a further piece of a value.
const (
	tokEOF          = 0x00
	tokOpenElement  = 0x01
	tokCloseStart   = 0x02
	tokCloseEmpty   = 0x03
	tokEndElement   = 0x04
	tokValue        = 0x05
	tokAttribute    = 0x06
	tokCDATA        = 0x07
	tokCharRef      = 0x08
	tokEntityRef    = 0x09
	tokPITarget     = 0x0a
	tokPIData       = 0x0b
	tokTemplate     = 0x0c
	tokSubstitution = 0x0d
	tokOptional     = 0x0e
	tokFragment     = 0x0f
	tokMore         = 0x40
)

// Value types ([MS-EVEN6] 2.2.12.4, BinXml value types).
const (
	typeNull       = 0x00
	typeString     = 0x01
	typeANSI       = 0x02
	typeInt8       = 0x03
	typeUint8      = 0x04
	typeInt16      = 0x05
	typeUint16     = 0x06
	typeInt32      = 0x07
	typeUint32     = 0x08
	typeInt64      = 0x09
	typeUint64     = 0x0a
	typeFloat32    = 0x0b
	typeFloat64    = 0x0c
	typeBool       = 0x0d
	typeBinary     = 0x0e
	typeGUID       = 0x0f
	typeSize       = 0x10
	typeFiletime   = 0x11
	typeSystemtime = 0x12
	typeSID        = 0x13
	typeHex32      = 0x14
	typeHex64      = 0x15
	typeEvtHandle  = 0x20
	typeBinXML     = 0x21
	typeEvtXML     = 0x23
	typeArray      = 0x80
)

// nameHash is the hash that is stored with every name and picks its bucket.
func nameHash(units []byte) uint16 {
	var h uint32
	for i := 0; i+1 < len(units); i += 2 {
		h = h*65599 + uint32(binary.LittleEndian.Uint16(units[i:]))
	}
	return uint16(h)
}

// headerSum is the checksum of a chunk header: its first 120 bytes and both tables, which leaves out the flags
// and the checksum itself.
func headerSum(chunk []byte) uint32 {
	sum := crc32.ChecksumIEEE(chunk[:120])
	return crc32.Update(sum, crc32.IEEETable, chunk[stringTable:chunkHeaderSize])
}
