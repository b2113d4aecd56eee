package node

import (
	"io"
	"net/http"
	"time"
)

// A client that lets us wait for its body, or for room to write our answer to it, longer than this is cut off: a connection
// that is kept busy with one byte a minute holds memory and a place.
const (
	paceStart = 20 * time.Second
	paceRate  = 16 << 10 // bytes a second
)

// paced gives requests deadlines that move with the bytes that have come or gone.
func paced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = &pacedBody{ReadCloser: r.Body, patience: patience{set: c.SetReadDeadline}}
		}
		next.ServeHTTP(&pacedWriter{ResponseWriter: w, patience: patience{set: c.SetWriteDeadline}}, r)
	})
}

// patience is how long we wait for a client. Only the waiting counts, not what we do in between.
type patience struct {
	set    func(time.Time) error
	waited time.Duration
	moved  int64
}

// during runs something that moves bytes, under a deadline. Without one that can be set, as in tests, there is none.
func (p *patience) during(move func() (int, error)) (int, error) {
	began := time.Now()
	_ = p.set(began.Add(paceStart + time.Duration(p.moved/paceRate)*time.Second - p.waited))
	n, err := move()
	p.waited += time.Since(began)
	p.moved += int64(n)
	_ = p.set(time.Time{}) // a deadline that passes later on would end the request while we work at it
	return n, err
}

type pacedBody struct {
	io.ReadCloser
	patience patience
}

// Read implements io.Reader.
func (b *pacedBody) Read(p []byte) (int, error) {
	return b.patience.during(func() (int, error) { return b.ReadCloser.Read(p) })
}

// pacedWriter writes in pieces, each with a deadline of its own.
type pacedWriter struct {
	http.ResponseWriter
	patience patience
}

const pieceSize = 256 << 10

// Write implements io.Writer.
func (w *pacedWriter) Write(p []byte) (written int, err error) {
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
