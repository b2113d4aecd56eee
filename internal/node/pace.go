package node

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// pace is how long a client may let us wait for its body, or for room to write our answer to it: a connection that is kept
// busy with one byte a minute holds memory and a place.
type pace struct {
	start time.Duration
	rate  int64         // so many bytes give a second more
	rest  time.Duration // for what the handler has left of a body, which net/http reads so that the connection can be used again
}

var usualPace = pace{start: 20 * time.Second, rate: 16 << 10, rest: 2 * time.Second}

// paced gives requests deadlines that move with the bytes that have come or gone.
func (p pace) paced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		pw := &pacedWriter{ResponseWriter: w, patience: patience{pace: p, set: c.SetWriteDeadline}}
		if r.Body != nil && r.Body != http.NoBody {
			pw.body = &pacedBody{ReadCloser: r.Body, patience: patience{pace: p, set: c.SetReadDeadline}}
			r.Body = pw.body
		}
		defer pw.answering()
		next.ServeHTTP(pw, r)
	})
}

// patience is how long we wait for a client. Only the waiting counts, not what we do in between.
type patience struct {
	pace
	set    func(time.Time) error
	waited time.Duration
	moved  int64
}

// during runs something that moves bytes, under a deadline. Without one that can be set, as in tests, there is none.
func (p *patience) during(move func() (int, error)) (int, error) {
	began := time.Now()
	_ = p.set(began.Add(p.start + time.Duration(p.moved/p.rate)*time.Second - p.waited))
	n, err := move()
	p.waited += time.Since(began)
	p.moved += int64(n)
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		_ = p.set(time.Time{}) // a deadline that passes later on would end the request while we work at it
	}
	return n, err
}

type pacedBody struct {
	io.ReadCloser
	patience patience
	ended    bool // by its end or by an error
}

// Read implements io.Reader.
func (b *pacedBody) Read(p []byte) (int, error) {
	n, err := b.patience.during(func() (int, error) { return b.ReadCloser.Read(p) })
	b.ended = b.ended || err != nil
	return n, err
}

// pacedWriter writes in pieces, each with a deadline of its own.
type pacedWriter struct {
	http.ResponseWriter
	patience patience
	body     *pacedBody // nil where there is none
}

const pieceSize = 256 << 10

// answering bounds the time for the rest of the body: the answer waits for it.
func (w *pacedWriter) answering() {
	if w.body == nil || w.body.ended {
		return
	}
	w.body.ended = true
	_ = w.body.patience.set(time.Now().Add(w.body.patience.rest)) // as below
}

// WriteHeader implements http.ResponseWriter.
func (w *pacedWriter) WriteHeader(status int) {
	w.answering()
	w.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (w *pacedWriter) Write(p []byte) (written int, err error) {
	w.answering()
	for {
		piece := p[written:min(len(p), written+pieceSize)]
		n, err := w.patience.during(func() (int, error) { return w.ResponseWriter.Write(piece) })
		written += n
		if err != nil || written >= len(p) {
			return written, err
		}
	}
}

// Unwrap is for http.ResponseController.
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
