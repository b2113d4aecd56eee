package source

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"

	"entente/internal/event"
)

// lineScanner walks the lines of a block.
type lineScanner struct {
	data []byte
	off  int64 // stream offset of data[0]
	env  *Env  // told of what was left out; nil tells nobody
}

// next returns the next line that is not blank, without its end, and the stream offset of its first byte. Zero
// bytes before a line are left out: crashed writers leave runs of them.
func (s *lineScanner) next() (line []byte, off int64, ok bool) {
	for len(s.data) > 0 {
		n := bytes.IndexByte(s.data, '\n')
		if n < 0 {
			line, n = s.data, len(s.data)
		} else {
			line = s.data[:n]
			n++
		}
		off = s.off
		s.data, s.off = s.data[n:], s.off+int64(n)
		for len(line) > 0 && line[len(line)-1] == '\r' {
			line = line[:len(line)-1]
		}
		if len(line) > 0 && line[0] == 0 {
			start := off
			for len(line) > 0 && line[0] == 0 {
				line = line[1:]
				off++
			}
			warnZeroes(int(off-start), start, s.env)
		}
		if !blank(line) {
			return line, off, true
		}
	}
	return nil, 0, false
}

// warnZeroes reports n zero bytes where text should stand, as a crash leaves them behind in a log. A single one ends a record
// in what some programs write.
func warnZeroes(n int, off int64, env *Env) {
	if n > 1 {
		env.warn(off, fmt.Sprintf("%d zero bytes stand where text should; what was there is lost", n))
	}
}

// beginsLine says that data[i] is the first character of a line, as [lineScanner] has them. data begins with a line.
func beginsLine(data []byte, i int) bool {
	for i > 0 && data[i-1] == 0 {
		i--
	}
	return i == 0 || data[i-1] == '\n'
}

// blank says that a line holds nothing but white space and zero bytes.
func blank(line []byte) bool {
	for _, c := range line {
		if c > ' ' {
			return false
		}
	}
	return true
}

const (
	lowBits  = 0x7F7F7F7F7F7F7F7F
	oneBytes = 0x0101010101010101
)

// equalBytes marks the bytes of x that equal those of pattern (a byte times oneBytes) by their high bits.
func equalBytes(x, pattern uint64) uint64 {
	x ^= pattern
	return ^((x&lowBits + lowBits) | x | lowBits)
}

// splitColumns cuts a line at every sep into vals, whose length is the number of columns wanted. It returns how many
// columns the line has; those beyond len(vals) are counted and not kept.
func splitColumns(line []byte, sep byte, vals []event.Value) int {
	var (
		pattern = uint64(sep) * oneBytes
		start   int
		n       int
		i       int
	)
	for ; i+8 <= len(line); i += 8 {
		for m := equalBytes(binary.LittleEndian.Uint64(line[i:]), pattern); m != 0; m &= m - 1 {
			end := i + bits.TrailingZeros64(m)>>3
			if n < len(vals) {
				vals[n].Raw = line[start:end]
			}
			n++
			start = end + 1
		}
	}
	for ; i < len(line); i++ {
		if line[i] == sep {
			if n < len(vals) {
				vals[n].Raw = line[start:i]
			}
			n++
			start = i + 1
		}
	}
	if n < len(vals) {
		vals[n].Raw = line[start:]
	}
	return n + 1
}

// sized returns vals with length n, its content arbitrary.
func sized(vals []event.Value, n int) []event.Value {
	if cap(vals) < n {
		return make([]event.Value, n, n+16)
	}
	return vals[:n]
}

// interner turns the few texts that recur in every record (hosts, programs, channels) into strings once. It is
// bounded: a log with ever new ones costs allocations, not memory.
type interner struct {
	last string
	m    map[string]string
}

const (
	internMax    = 4096 // texts
	internMaxLen = 256  // bytes of one
)

// of returns b as a string.
func (in *interner) of(b []byte) string {
	if string(b) == in.last {
		return in.last
	}
	if len(b) == 0 {
		return ""
	}
	if s, ok := in.m[string(b)]; ok {
		in.last = s
		return s
	}
	s := string(b)
	if len(b) > internMaxLen {
		return s
	}
	if in.m == nil || len(in.m) >= internMax {
		in.m = make(map[string]string, 64)
	}
	in.m[s] = s
	in.last = s
	return s
}
