package node

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"entente/internal/api"
	"entente/internal/taxii"
)

// accounted gives every request an identifier, a line in the log and a place in the metrics, and answers 500 where its handler
// panics. The query is not logged: it says what somebody looks for.
func (n *Node) accounted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		id := requestID(r)
		n.lookForProxy(r) //nolint:contextcheck // the context is the request's own
		w.Header().Set(taxii.RequestIDHeader, id)
		if n.plain == nil && n.cfg.TLSCert != "" {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		a := &answer{ResponseWriter: w}
		n.metrics.begin()
		defer func() { //nolint:contextcheck // the context is the request's own
			if v := recover(); v != nil && v != http.ErrAbortHandler { //nolint:errorlint // a value of panic is compared as net/http does
				n.log.ErrorContext(r.Context(), "a handler panicked: please report this", slog.String("request", id),
					slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
				if a.status == 0 {
					fail(a, r, http.StatusInternalServerError)
				}
			}
			took := time.Since(began)
			n.metrics.end(endpoint(r), r.Method, a.status, a.bytes, took)
			n.log.InfoContext(r.Context(), "request", slog.String("request", id), slog.String("remote", n.gate.Remote(r)),
				slog.String("method", r.Method), slog.String("path", printablePath(r)), slog.Int("status", a.status),
				slog.Int64("bytes", a.bytes), slog.Duration("took", took.Round(10*time.Microsecond)))
		}()
		next.ServeHTTP(a, r)
	})
}

// lookForProxy warns once where there seems to be a proxy that the configuration does not know of: all its clients share the limits
// of one address then, and stand in the audit log under it.
func (n *Node) lookForProxy(r *http.Request) {
	if len(n.cfg.Proxies) > 0 || r.Header.Get("X-Forwarded-For") == "" {
		return
	}
	n.proxySeen.Do(func() {
		n.log.WarnContext(r.Context(), "a request has X-Forwarded-For, and proxies is empty in the configuration: if there is a proxy before this node, "+
			"name its network there, or its clients count as one address", slog.String("remote", n.gate.Remote(r)))
	})
}

// requestID is the identifier that a client gives a request, where it looks like one, else a new one.
func requestID(r *http.Request) string {
	id := r.Header.Get(taxii.RequestIDHeader)
	if len(id) >= 8 && len(id) <= 64 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == "" {
		return id
	}
	var b [12]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func printablePath(r *http.Request) string {
	p := r.URL.EscapedPath()
	if len(p) > 300 {
		p = p[:300] + "…"
	}
	return p
}

// endpoint is what a request asks for, as metrics count it: there are few of them, whatever clients send.
func endpoint(r *http.Request) string {
	switch p := r.URL.Path; p {
	case healthPath, readyPath, metricsPath:
		return p[1:]
	default:
		if api.IsStream(r) {
			return "events"
		}
		if isAPI(r) {
			return "api"
		}
		if strings.HasPrefix(p, releasesPath) {
			return "releases"
		}
		return taxii.EndpointOf(r.URL.EscapedPath())
	}
}

// isAPI says whether a request is for the JSON API; what is for nobody is TAXII's to refuse.
func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, api.Prefix) }

// fail answers with an error as the server would that a request is for.
func fail(w http.ResponseWriter, r *http.Request, status int) {
	if isAPI(r) {
		api.Fail(w, status, "")
		return
	}
	taxii.Fail(w, status)
}

// answer remembers what was answered.
type answer struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(p)
	a.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// bounded lets so many requests be worked at together. Who finds no place within patience is told to come again.
func bounded(next http.Handler, most int, wait time.Duration) http.Handler {
	places := make(chan struct{}, most)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
		default:
			timer := time.NewTimer(wait)
			defer timer.Stop()
			select {
			case places <- struct{}{}:
			case <-r.Context().Done():
				return
			case <-timer.C:
				w.Header().Set("Retry-After", "5")
				fail(w, r, http.StatusServiceUnavailable)
				return
			}
		}
		defer func() { <-places }()
		next.ServeHTTP(w, r)
	})
}
