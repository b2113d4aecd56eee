package node

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// metrics counts requests. Its labels have few values each, none of which a client can make.
type metrics struct {
	mu       sync.Mutex // guards what follows
	working  int
	requests map[requestKey]int64
	sent     int64
	took     map[string]*histogram
}

type requestKey struct {
	endpoint, method string
	status           int
}

// bounds of the histogram of durations, in seconds.
var bounds = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}

type histogram struct {
	counts []int64 // one for each bound, and one above them all
	sum    float64
}

func newMetrics() *metrics {
	return &metrics{requests: map[requestKey]int64{}, took: map[string]*histogram{}}
}

func (m *metrics) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.working++
}

func (m *metrics) end(endpoint, method string, status int, sent int64, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete:
	default:
		method = "other"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.working--
	m.requests[requestKey{endpoint, method, status}]++
	m.sent += sent
	h := m.took[endpoint]
	if h == nil {
		h = &histogram{counts: make([]int64, len(bounds)+1)}
		m.took[endpoint] = h
	}
	s := took.Seconds()
	at, _ := slices.BinarySearch(bounds, s)
	h.counts[at]++
	h.sum += s
}

// write writes what is counted here in the text format of Prometheus.
func (m *metrics) write(w io.Writer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	family(w, "entente_http_requests_total", "counter", "Requests answered.")
	keys := slices.SortedFunc(maps.Keys(m.requests), func(a, b requestKey) int {
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
	for _, k := range keys {
		fmt.Fprintf(w, "entente_http_requests_total{endpoint=%q,method=%q,status=\"%d\"} %d\n", k.endpoint, k.method, k.status, m.requests[k])
	}
	family(w, "entente_http_requests_working", "gauge", "Requests that are worked at.")
	fmt.Fprintf(w, "entente_http_requests_working %d\n", m.working)
	family(w, "entente_http_sent_bytes_total", "counter", "Bytes of the bodies of answers.")
	fmt.Fprintf(w, "entente_http_sent_bytes_total %d\n", m.sent)
	family(w, "entente_http_request_seconds", "histogram", "How long requests took.")
	for _, name := range slices.Sorted(maps.Keys(m.took)) {
		h, total := m.took[name], int64(0)
		for i, n := range h.counts {
			total += n
			le := "+Inf"
			if i < len(bounds) {
				le = strconv.FormatFloat(bounds[i], 'g', -1, 64)
			}
			fmt.Fprintf(w, "entente_http_request_seconds_bucket{endpoint=%q,le=%q} %d\n", name, le, total)
		}
		fmt.Fprintf(w, "entente_http_request_seconds_sum{endpoint=%q} %g\n", name, h.sum)
		fmt.Fprintf(w, "entente_http_request_seconds_count{endpoint=%q} %d\n", name, total)
	}
}

func family(w io.Writer, name, kind, help string) {
	fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func single(w io.Writer, name, kind, help string, value float64) {
	family(w, name, kind, help)
	fmt.Fprintf(w, "%s %s\n", name, strconv.FormatFloat(value, 'f', -1, 64))
}

// writeMetrics writes everything that is known of the node.
func (n *Node) writeMetrics(w io.Writer) {
	n.metrics.write(w)
	refused, held := n.gate.Counts()
	single(w, "entente_credentials_refused_total", "counter", "Requests with credentials that were wrong.", float64(refused))
	single(w, "entente_requests_held_total", "counter", "Requests that were told to wait.", float64(held))
	single(w, "entente_connections", "gauge", "Connections that are open.", float64(n.listener.connections()))
	single(w, "entente_connections_refused_total", "counter", "Connections closed because there were too many.", float64(n.listener.refused.Load()))
	if n.plain == nil {
		if _, expires := n.certs.fingerprint(); !expires.IsZero() {
			single(w, "entente_tls_certificate_expires_seconds", "gauge", "When the certificate ends, since 1970.", float64(expires.Unix()))
		}
	}
	n.writePeers(w)
	n.writeCoalitions(w)
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	single(w, "entente_memory_heap_bytes", "gauge", "Bytes of live and dead objects on the heap.", float64(mem.HeapAlloc))
	single(w, "entente_memory_sys_bytes", "gauge", "Bytes taken from the system.", float64(mem.Sys))
	single(w, "entente_goroutines", "gauge", "Goroutines.", float64(runtime.NumGoroutine()))
	single(w, "entente_started_seconds", "gauge", "When the node was started, since 1970.", float64(n.started.Unix()))
	family(w, "entente_build_info", "gauge", "The version of the program.")
	fmt.Fprintf(w, "entente_build_info{version=%q,go=%q} 1\n", n.version, runtime.Version())
}
