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
	rest  time.Duration // for the next bytes of what the handler has left of a body
	all   time.Duration // for all of that
}

var usualPace = pace{start: 20 * time.Second, rate: 16 << 10, rest: 2 * time.Second, all: 30 * time.Second}

const (
	// shortRest is how much of a body net/http reads before it answers, so that the connection can be used again.
	shortRest = 256 << 10
	// longRest is how much is read of a longer one after the answer. Most clients look for an answer when they have sent
	// everything, and would see a broken connection in its place.
	longRest = 256 << 20
)

// paced gives requests deadlines that move with the bytes that have come or gone.
//
// Who announces a long body gets an answer at once where the handler does not want it, and what still comes is thrown away.
// After a body in chunks the connection is closed: net/http does not tell whether there was a Content-Length beside them,
// by which something between the client and us may see the next request elsewhere (RFC 9112, section 6.1).
func (p pace) paced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(w)
		pw := &pacedWriter{ResponseWriter: w, patience: patience{pace: p, set: c.SetWriteDeadline}, flush: c.Flush}
		if r.Body != nil && r.Body != http.NoBody {
			pw.body = &pacedBody{ReadCloser: r.Body, patience: patience{pace: p, set: c.SetReadDeadline}}
			r.Body = pw.body
			if r.ProtoMajor == 1 {
				pw.chunked = r.ContentLength < 0
				pw.long = (pw.chunked || r.ContentLength > shortRest) && c.EnableFullDuplex() == nil
				pw.asked = r.Header.Get("Expect") != "" // who waits to be asked for the body does not send it after an answer
			}
		}
		next.ServeHTTP(pw, r)
		pw.finish()
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
	flush    func() error
	body     *pacedBody // nil where there is none
	long     bool       // the answer does not wait for the rest of the body
	chunked  bool
	asked    bool
	answered bool
}

const pieceSize = 256 << 10

// answering is called before the first bytes of an answer.
func (w *pacedWriter) answering() {
	if w.answered {
		return
	}
	w.answered = true
	if w.chunked || w.long && !w.body.ended {
		w.Header().Set("Connection", "close")
	}
	if !w.long {
		w.hurry()
	}
}

// hurry bounds the time for the rest of a body that net/http reads.
func (w *pacedWriter) hurry() {
	if w.body != nil && !w.body.ended {
		w.body.ended = true
		_ = w.body.patience.set(time.Now().Add(w.body.patience.rest)) // as below
	}
}

// finish ends the answer, and throws away what still comes of a long body.
func (w *pacedWriter) finish() {
	if !w.answered || !w.long || w.body.ended || w.asked {
		w.hurry()
		return
	}
	if _, err := w.patience.during(func() (int, error) { return 0, w.flush() }); err != nil {
		return // there is nobody any more
	}
	p := w.body.patience
	end, buf := time.Now().Add(p.all), make([]byte, 8<<10)
	for left := longRest; left > 0; {
		next := time.Now().Add(p.rest)
		if next.After(end) {
			next = end
		}
		_ = p.set(next) // as below
		n, err := w.body.ReadCloser.Read(buf)
		if left -= n; err != nil {
			return // its end, or a client that sends no more
		}
	}
	w.body.ended = true
	_ = p.set(time.Now()) // net/http shall read no more of it either
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
