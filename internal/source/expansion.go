package source

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
)

// What packed data may become. Reading is a stream, so that a bomb costs time and never memory or disk; the limits
// bound the time.
const (
	// DefaultMaxUnpacked is how many bytes one input may unpack to, all members and all levels together.
	DefaultMaxUnpacked = 1 << 40
	// DefaultMaxRatio is how many times its size an input may unpack to once it is past ratioFloor. Deflate reaches
	// 1032 at most, real logs in bulk stay below 60.
	DefaultMaxRatio = 250
	// ratioFloor lets small files of much emptiness (an event log that was never filled) pass whatever their ratio.
	ratioFloor = 1 << 30
	// maxNesting is how many containers may lie in one another.
	maxNesting = 8
	// spoolMemory is how much of a zip archive that lies inside another container is held in memory. What is larger
	// goes to a temporary file.
	spoolMemory = 16 << 20
	// maxSpool bounds that temporary file.
	maxSpool = 16 << 30
)

// expansion counts what one input unpacks to.
type expansion struct {
	packed   func() int64 // size of the input, or what was read of it so far
	out      atomic.Int64
	max      int64 // 0 is no limit
	maxRatio int64 // 0 is no limit
	floor    int64 // of out, from which on maxRatio counts

	over atomic.Pointer[error] // what ended the reading; nil while nothing did
}

// ended is the error of the limit that was met, nil where none was.
func (x *expansion) ended() error {
	if p := x.over.Load(); p != nil {
		return *p
	}
	return nil
}

var errBomb = errors.New("unpacks to too much")

// RestUnread words why the rest of a file was not read. limit says that it is for a limit, as in [Warning].
func RestUnread(err error) (message string, limit bool) {
	if errors.Is(err, errBomb) {
		return "the rest of the file was not read: " + err.Error(), true
	}
	return "the rest of the file cannot be read: " + whyNot(err), false
}

// reader counts what r yields, and fails when it is too much.
func (x *expansion) reader(r io.Reader) io.Reader { return &expandingReader{r: r, x: x} }

type expandingReader struct {
	r   io.Reader
	x   *expansion
	err error // it was too much
}

// Read implements [io.Reader].
func (e *expandingReader) Read(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	n, err := e.r.Read(p)
	out := e.x.out.Add(int64(n))
	if e.x.max > 0 && out > e.x.max {
		return n, e.end(fmt.Errorf("%w: more than %d bytes; raise --max-unpacked if that is meant", errBomb, e.x.max))
	}
	if out > e.x.floor && e.x.maxRatio > 0 {
		if in := max(e.x.packed(), 1); out/in >= e.x.maxRatio {
			return n, e.end(fmt.Errorf("%w: over %d times its size, as a zip bomb does; raise --max-ratio if that is meant", errBomb, e.x.maxRatio))
		}
	}
	return n, err
}

func (e *expandingReader) end(err error) error {
	e.err = err
	e.x.over.CompareAndSwap(nil, &err)
	return err
}
