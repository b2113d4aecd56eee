package evtx

import (
	"encoding/binary"
	"hash/crc32"
	"io"
)

// ReadSparse fills buf with a whole log that was closed in order, except for the unused rest of its chunks, which
// it leaves zero: chunks are mostly empty, and reading them costs more than decoding what they hold. ok is false
// where the log is not one to be trusted so far (a live or damaged one, or none at all); then buf holds nothing of
// use and the log has to be read as it is.
//
// Mapping the files into memory instead was measured and takes twice the time: the page faults cost more than the copy.
//
// A chunk is cut short only where its header and its records agree with their checksums, and no record begins right behind
// those; any other is read whole.
func ReadSparse(r io.ReaderAt, buf []byte) (ok bool, err error) {
	const first = fileHeaderSize + chunkHeaderSize
	if len(buf) < first || (len(buf)-fileHeaderSize)%chunkSize != 0 {
		return false, nil
	}
	if err := readAt(r, buf[:first], 0); err != nil {
		return false, err
	}
	h := buf[:fileHeaderSize]
	if string(h[:8]) != fileMagic || binary.LittleEndian.Uint32(h[124:]) != crc32.ChecksumIEEE(h[:120]) || binary.LittleEndian.Uint32(h[120:])&flagDirty != 0 {
		return false, nil
	}
	for off := fileHeaderSize; off < len(buf); off += chunkSize {
		c := buf[off : off+chunkSize]
		if off > fileHeaderSize {
			if err := readAt(r, c[:chunkHeaderSize], off); err != nil {
				return false, err
			}
		}
		used, sound := soundHeader(c)
		if sound {
			next := c[used:min(used+4, chunkSize)]
			if err := readAt(r, c[chunkHeaderSize:used+len(next)], off+chunkHeaderSize); err != nil {
				return false, err
			}
			// A header can be sound and out of date: records that go on behind what it counts are those of the log.
			if binary.LittleEndian.Uint32(c[52:]) == crc32.ChecksumIEEE(c[chunkHeaderSize:used]) && (len(next) < 4 || binary.LittleEndian.Uint32(next) != recordMagic) {
				clear(c[used:])
				continue
			}
		}
		if err := readAt(r, c, off); err != nil {
			return false, err
		}
	}
	return true, nil
}

// soundHeader says how far a chunk is used, if its header agrees with its checksum.
func soundHeader(c []byte) (used int, ok bool) {
	if string(c[:8]) != chunkMagic || binary.LittleEndian.Uint32(c[124:]) != headerSum(c) {
		return 0, false
	}
	used = int(binary.LittleEndian.Uint32(c[48:]))
	return used, used >= chunkHeaderSize && used <= chunkSize
}

// readAt fills p, or fails.
func readAt(r io.ReaderAt, p []byte, off int) error {
	n, err := r.ReadAt(p, int64(off))
	if n == len(p) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}
