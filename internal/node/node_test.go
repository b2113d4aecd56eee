package node

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/internal/exchange"
	"entente/internal/store"
	"entente/internal/taxii"
)

const testSeed = `{"users":[
	{"name":"chief","token":"ent_chief","roles":["admin"]},
	{"name":"auditor","token":"ent_auditor","roles":["auditor"]},
	{"name":"reader","token":"ent_reader","roles":["reader"]},
	{"name":"writer","token":"ent_writer"}],
	"api_roots":[{"path":"a","collections":[{"alias":"c","read":["*"],"write":["*"]}]}]}`

// running is a node that serves in this process.
type running struct {
	*Node
	st     *store.Store
	log    *safeBuffer
	client *http.Client
	base   string
	stop   func() error // tells it to stop and waits

	closeStore func() error
}

// safeBuffer is a buffer that is written to by many.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func run(t *testing.T, dir string, change func(*Config)) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cfg := Config{Listen: "127.0.0.1:0"}
	if change != nil {
		change(&cfg)
	}
	if err := cfg.Finish(); err != nil {
		t.Fatal(err)
	}
	st, fresh, err := Prepare(ctx, cfg, dir)
	if err != nil {
		t.Fatal(err)
	}
	if fresh {
		s, err := ReadSeed(strings.NewReader(testSeed))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := LoadSeed(ctx, st, exchange.New(st, exchange.Options{}), s); err != nil {
			t.Fatal(err)
		}
	}
	r := &running{st: st, log: &safeBuffer{}, closeStore: sync.OnceValue(st.Close)}
	r.Node, err = Listen(ctx, Parts{Config: cfg, Dir: dir, Store: st, Log: cfg.Logger(r.log), Version: "v0"})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- r.Serve(ctx) }()
	pool := x509.NewCertPool()
	if file := r.Certificate(); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pool.AppendCertsFromPEM(pem)
	}
	r.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	r.base = strings.TrimSuffix(r.URL(), "/taxii2/")
	r.stop = sync.OnceValue(func() error {
		cancel()
		err := <-served
		r.client.CloseIdleConnections()
		return errors.Join(err, r.closeStore())
	})
	t.Cleanup(func() { _ = r.stop() })
	return r
}

func (r *running) get(t *testing.T, path, token string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.base+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "*/*")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body), res.Header
}

func TestHealth(t *testing.T) {
	r := run(t, t.TempDir(), nil)
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, body, _ := r.get(t, path, ""); status != http.StatusOK || body != "ok\n" {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if err := r.closeStore(); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := r.get(t, "/healthz", ""); status != http.StatusOK {
		t.Errorf("healthz without store: %d", status)
	}
	if status, _, _ := r.get(t, "/readyz", ""); status != http.StatusServiceUnavailable {
		t.Errorf("readyz without store: %d", status)
	}
}

func TestMetrics(t *testing.T) {
	r := run(t, t.TempDir(), nil)
	for range 3 {
		r.get(t, "/taxii2/", "ent_reader")
	}
	for token, want := range map[string]int{"": 401, "ent_wrong": 401, "ent_reader": 403, "ent_chief": 200, "ent_auditor": 200} {
		status, body, header := r.get(t, "/metrics", token)
		if status != want {
			t.Errorf("%s: %d", token, status)
		}
		if status == http.StatusUnauthorized && header.Get("Www-Authenticate") == "" {
			t.Error("401 without WWW-Authenticate")
		}
		if status != http.StatusOK {
			continue
		}
		if !strings.Contains(body, `entente_http_requests_total{endpoint="discovery",method="GET",status="200"} 3`) ||
			!strings.Contains(body, `entente_build_info{version="v0",go=`) || !strings.Contains(body, "entente_credentials_refused_total ") {
			t.Errorf("%s", body)
		}
		checkMetrics(t, body)
	}
}

// checkMetrics says what in a text Prometheus would not take.
func checkMetrics(t *testing.T, text string) {
	t.Helper()
	line := regexp.MustCompile(`^([a-z_]+?)(_bucket|_sum|_count)?(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+$`)
	kinds, seen := map[string]string{}, map[string]bool{}
	for l := range strings.Lines(text) {
		l = strings.TrimSuffix(l, "\n")
		if rest, ok := strings.CutPrefix(l, "# TYPE "); ok {
			name, kind, _ := strings.Cut(rest, " ")
			if kinds[name] != "" {
				t.Errorf("%s is there twice", name)
			}
			kinds[name] = kind
			continue
		}
		if strings.HasPrefix(l, "# HELP ") {
			continue
		}
		m := line.FindStringSubmatch(l)
		if m == nil {
			t.Errorf("%q is no line of metrics", l)
			continue
		}
		if kinds[m[1]] == "" && kinds[m[1]+m[2]] == "" {
			t.Errorf("%q has no type", l)
		}
		series, _, _ := strings.Cut(l, "} ")
		if seen[series] && strings.Contains(l, "{") {
			t.Errorf("%q is there twice", series)
		}
		seen[series] = true
	}
}

func TestCertificateStays(t *testing.T) {
	dir := t.TempDir()
	r := run(t, dir, nil)
	first := r.Fingerprint()
	if len(first) != 64 {
		t.Errorf("fingerprint %q", first)
	}
	info, err := os.Stat(filepath.Join(dir, keyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = run(t, dir, nil)
	if r.Fingerprint() != first {
		t.Error("the certificate is another one after a new start")
	}
	if status, _, _ := r.get(t, "/taxii2/", "ent_reader"); status != http.StatusOK {
		t.Errorf("after a new start: %d", status)
	}
	// A certificate that is replaced is used without a new start, a broken one is not.
	if err := selfSign(r.certs.cert, r.certs.key, []string{"localhost", "127.0.0.1"}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(r.certs.cert, later, later); err != nil {
		t.Fatal(err)
	}
	r.certs.lookAgain()
	second := r.Fingerprint()
	if second == first {
		t.Error("the new certificate is not used")
	}
	if err := os.WriteFile(r.certs.cert, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.certs.lookAgain()
	if r.Fingerprint() != second {
		t.Error("a broken certificate is used")
	}
}

func (c *certificates) lookAgain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checked = time.Time{}
}

func TestStopLetsRequestsEnd(t *testing.T) {
	r := run(t, t.TempDir(), func(c *Config) { c.PlainHTTP = true })
	const object = `{"objects":[{"type":"identity","spec_version":"2.1","id":"identity--5b6f1f8e-3c6f-4a53-9d57-3a3f0d8a2c01",` +
		`"created":"2021-07-19T11:00:00.000Z","modified":"2021-07-19T11:00:00.000Z","name":"Example"}]}`
	body, sending := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.base+"/a/collections/c/objects/", body)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Accept": "application/taxii+json", "Content-Type": "application/taxii+json", "Authorization": "Bearer ent_publisher",
	} {
		req.Header.Set(name, value)
	}
	org, err := r.st.OrgByName(t.Context(), "chief")
	if err != nil {
		t.Fatal(err)
	}
	p := &planter{ctx: t.Context(), st: r.st, orgs: map[string]store.Org{"chief": org}, users: map[string]store.User{}}
	if err := p.user(SeedUser{Name: "publisher", Organisation: "chief", Token: new("ent_publisher")}); err != nil {
		t.Fatal(err)
	}
	type result struct {
		status int
		err    error
	}
	done := make(chan result, 1)
	go func() {
		res, err := r.client.Do(req)
		if err != nil {
			done <- result{0, err}
			return
		}
		res.Body.Close()
		done <- result{res.StatusCode, nil}
	}()
	if _, err := io.WriteString(sending, object[:20]); err != nil { // the request has begun when this is taken
		t.Fatal(err)
	}
	for !strings.Contains(r.metricsText(), "entente_http_requests_working 1") {
		time.Sleep(time.Millisecond)
	}
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()
	for {
		var d net.Dialer
		c, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(r.base, "http://"))
		if err != nil {
			break // the port is closed
		}
		c.Close()
		time.Sleep(time.Millisecond)
	}
	if _, err := io.WriteString(sending, object[20:]); err != nil {
		t.Fatal(err)
	}
	sending.Close()
	if got := <-done; got.err != nil || got.status != http.StatusAccepted {
		t.Errorf("the request that had begun: %+v", got)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stop: %v", err)
	}
}

func (n *Node) metricsText() string {
	var b strings.Builder
	n.metrics.write(&b)
	return b.String()
}

func TestLogAndRequestIDs(t *testing.T) {
	r := run(t, t.TempDir(), nil)
	for given, kept := range map[string]bool{"my-request_1": true, "short": false, "with space inside": false, strings.Repeat("a", 65): false, "": false} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.base+"/taxii2/?match[type]=secret-question", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Request-Id", given)
		req.Header.Set("Authorization", "Bearer ent_reader")
		res, err := r.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		id := res.Header.Get("X-Request-Id")
		if (id == given) != kept || len(id) < 8 {
			t.Errorf("%q became %q", given, id)
		}
		if err := within(t, func() bool { return strings.Contains(r.log.String(), "request="+id) }); err != nil {
			t.Errorf("%q is not in the log:\n%s", id, r.log)
		}
	}
	if log := r.log.String(); strings.Contains(log, "secret-question") || strings.Contains(log, "ent_reader") {
		t.Errorf("the log tells too much:\n%s", log)
	}
}

// within waits until something holds.
func within(t *testing.T, holds func() bool) error {
	t.Helper()
	for range 2000 {
		if holds() {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return errors.New("it did not come to hold")
}

func TestPanicIsAnswered(t *testing.T) {
	r := run(t, t.TempDir(), nil)
	h := r.accounted(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("on purpose") }))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x/", http.NoBody))
	if rec.Code != http.StatusInternalServerError || !strings.Contains(r.log.String(), "on purpose") {
		t.Errorf("%d\n%s", rec.Code, r.log)
	}
	if !strings.Contains(r.metricsText(), `endpoint="api-root",method="GET",status="500"} 1`) {
		t.Error(r.metricsText())
	}
}

func TestTooManyConnections(t *testing.T) {
	r := run(t, t.TempDir(), func(c *Config) { c.PlainHTTP, c.ConnectionsPerAddress = true, 2 })
	open := func() net.Conn {
		var d net.Dialer
		c, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(r.base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	answers := func(c net.Conn) bool {
		if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			return false
		}
		b := make([]byte, 12)
		_, err := io.ReadFull(c, b)
		return err == nil && string(b) == "HTTP/1.1 200"
	}
	a, b := open(), open()
	if !answers(a) || !answers(b) {
		t.Error("two connections do not work")
	}
	if answers(open()) {
		t.Error("a third connection works")
	}
	a.Close()
	if err := within(t, func() bool { return r.listener.connections() == 1 }); err != nil {
		t.Fatal(err)
	}
	if !answers(open()) {
		t.Error("a connection does not work after another was closed")
	}
}

func TestBounded(t *testing.T) {
	enter, leave := make(chan struct{}), make(chan struct{})
	h := bounded(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		enter <- struct{}{}
		<-leave
	}), 1, 10*time.Millisecond)
	var first sync.WaitGroup
	first.Go(func() { h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", http.NoBody)) })
	<-enter
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
	if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" || rec.Header().Get("Content-Type") != taxii.MediaType {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
	close(leave)
	first.Wait()
}

// Only the time that a client lets us wait for counts, and it has more of it the more it has sent.
func TestPatience(t *testing.T) {
	var deadlines []time.Duration
	p := patience{pace: usualPace, set: func(at time.Time) error {
		if at.IsZero() {
			deadlines = append(deadlines, 0)
		} else {
			deadlines = append(deadlines, time.Until(at).Round(time.Second))
		}
		return nil
	}}
	move := func(n int) {
		if got, err := p.during(func() (int, error) { return n, nil }); got != n || err != nil {
			t.Errorf("%d, %v", got, err)
		}
	}
	move(10 * int(p.rate))
	p.waited = 5 * time.Second
	move(0)
	p.waited = time.Minute
	move(0)
	want := []time.Duration{p.start, 0, p.start + 5*time.Second, 0, p.start + 10*time.Second - time.Minute, 0}
	for i := range want {
		if i >= len(deadlines) || deadlines[i] != want[i] {
			t.Fatalf("deadlines %v, want %v", deadlines, want)
		}
	}
}

func TestPacedWriterWritesAll(t *testing.T) {
	rec := httptest.NewRecorder()
	text := strings.Repeat("0123456789", pieceSize/4)
	usualPace.paced(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if n, err := w.Write(body); n != len(body) || err != nil {
			t.Errorf("%d of %d, %v", n, len(body), err)
		}
	})).ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(text)))
	if rec.Body.String() != text {
		t.Errorf("%d bytes of %d", rec.Body.Len(), len(text))
	}
}

func TestListenFails(t *testing.T) {
	r := run(t, t.TempDir(), nil)
	cfg := Config{Listen: r.listener.Addr().String()}
	if err := cfg.Finish(); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), Parts{Config: cfg, Dir: t.TempDir(), Store: r.st, Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("a port is listened at twice")
	}
	cfg.Listen, cfg.TLSCert, cfg.TLSKey = "127.0.0.1:0", "nowhere.pem", "nowhere.pem"
	if _, err := Listen(t.Context(), Parts{Config: cfg, Dir: t.TempDir(), Store: r.st, Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("a certificate that is not there")
	}
}

// A proxy that the configuration does not know of is told, once.
func TestProxyIsMissed(t *testing.T) {
	for _, known := range []bool{false, true} {
		r := run(t, t.TempDir(), func(c *Config) {
			if known {
				c.Proxies = []string{"127.0.0.0/8"}
			}
		})
		for _, from := range []string{"", "192.0.2.1", "192.0.2.2"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.base+"/healthz", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if from != "" {
				req.Header.Set("X-Forwarded-For", from)
			}
			res, err := r.client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if n, warned := strings.Count(r.log.String(), "proxies is empty"), from != "" && !known; n != 0 && !warned || n != 1 && warned {
				t.Errorf("known %v, from %q: %d warnings", known, from, n)
			}
		}
	}
}
