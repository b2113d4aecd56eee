// Package bounded reads streams of which only so much is wanted.
package bounded

import "io"

// Reader reads from R until N bytes were read, then fails with Err, unless R has ended there: a stream of exactly N bytes
// is read to its end. [io.LimitedReader] would say that what is too long has ended.
type Reader struct {
	R   io.Reader
	N   int64 // bytes that may still be read
	Err error
}

func (r *Reader) Read(p []byte) (int, error) {
	if r.N > 0 || len(p) == 0 {
		n, err := r.R.Read(p[:min(int64(len(p)), r.N)])
		r.N -= int64(n)
		return n, err //nolint:wrapcheck // io.EOF must stay as it is
	}
	if n, err := r.R.Read(make([]byte, 1)); n == 0 {
		return 0, err //nolint:wrapcheck // as above
	}
	return 0, r.Err
}
