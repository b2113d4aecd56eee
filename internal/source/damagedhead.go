package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
)

// This file finds where a log begins that has lost its beginning: zero bytes stand there, as a crash leaves them behind or a
// writer that keeps its place in a file that was emptied, or junk, or the file begins in the middle of a record.

// leadingZeroes is how many zero bytes b begins with.
func leadingZeroes(b []byte) int { return len(b) - len(bytes.TrimLeft(b, "\x00")) }

// pastZeroes reads a stream past the zero bytes that it begins with, however many. It returns their number, the start of
// what follows as [readHead] does, and what reads that from there on. err is what ended head early.
func pastZeroes(ctx context.Context, r io.Reader) (n int64, head []byte, rest io.Reader, err error) {
	buf := make([]byte, sniffLen)
	for {
		if err := ctx.Err(); err != nil {
			return n, nil, nil, err
		}
		head, err = readHead(r, buf)
		zeroes := leadingZeroes(head)
		n += int64(zeroes)
		if zeroes == len(head) && err == nil {
			continue
		}
		head = buf[:copy(buf, head[zeroes:])]
		if err == nil {
			var more []byte
			more, err = readHead(r, buf[len(head):])
			head = buf[:len(head)+len(more)]
		}
		// The first of these bytes may be the upper half of a character.
		if order, mark := textEncoding(head); n&1 == 1 && order == binary.LittleEndian && mark == 0 {
			n--
			head = append([]byte{0}, head...)
		}
		return n, head, &headReader{head: head, err: err, r: r}, err
	}
}

// zeroReader is a source of zero bytes.
type zeroReader struct{}

// Read implements [io.Reader].
func (zeroReader) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// resumeJSON returns where to begin reading the records of a document of JSON that has lost its beginning: at the first whole
// object of a list that goes on to the end of head. Text in which JSON stands is none, nor is the JSON of a program's source.
// -1 is for what is no such document.
func resumeJSON(head []byte) int {
	for i := 0; ; {
		i = nextObject(head, i)
		if i < 0 {
			return -1
		}
		run := objectsFrom(head, i, len(head))
		inList := listBefore(head, i)
		switch {
		case !inList || run.kind == runNested || run.kind == runBroken:
		case run.n > 1 || run.n == 1 && sureRecord(head, i):
			return i
		}
		i = max(run.at, i+1)
	}
}

// listBefore says that what stands before b[i] is another object and a comma, or the beginning of a list as wrappers have it.
func listBefore(b []byte, i int) bool {
	before := bytes.TrimRight(b[:i], " \t\r\n")
	if len(before) == 0 {
		return false
	}
	switch before[len(before)-1] {
	case ',':
		before = bytes.TrimRight(before[:len(before)-1], " \t\r\n")
		return bytes.HasSuffix(before, []byte{'}'})
	case '[':
		before, ok := bytes.CutSuffix(bytes.TrimRight(before[:len(before)-1], " \t\r\n"), []byte(`":`))
		if !ok {
			return false
		}
		var store [maxWrapperName]byte
		name := string(lowerName(before[bytes.LastIndexByte(before, '"')+1:], &store))
		return wrapperNames[name] || name == "hits" || name == "event"
	}
	return false
}

// sureRecord says that the object at b[i] is a record of a kind that is known.
func sureRecord(b []byte, i int) bool {
	known, _ := knownRecord(newScratch(), b, i)
	return known
}

// headLost is the warning about the beginning of a document that was passed over.
func headLost(n int) string {
	return fmt.Sprintf("the beginning of the JSON is missing or damaged: %d bytes were left out, up to the first whole record", n)
}
