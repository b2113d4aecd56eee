package node

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"entente/internal/api"
	"entente/internal/exchange"
	"entente/internal/gate"
	"entente/internal/peer"
	"entente/internal/store"
	"entente/internal/taxii"
	"entente/internal/webhook"
)

// The paths that are not TAXII's. Whoever comes may ask for the first two, which say nothing but whether the node is there;
// the third is for administrators and auditors.
const (
	healthPath  = "/healthz" // the process answers
	readyPath   = "/readyz"  // the store answers, too
	metricsPath = "/metrics" // Prometheus
)

// Parts are what a node is made of.
type Parts struct {
	Config  Config
	Dir     string // folder of the node; certificates lie there
	Store   *store.Store
	Log     *slog.Logger
	Version string
	Now     func() time.Time // nil: time.Now
}

// Node is a node that listens.
type Node struct {
	cfg        Config
	st         *store.Store
	ex         *exchange.Service
	gate       *gate.Gate
	listener   *guarded
	certs      *certificates // nil with plain HTTP
	plain      *struct{}     // not nil with plain HTTP
	server     *http.Server
	metrics    *metrics
	log        *slog.Logger
	version    string
	started    time.Time
	now        func() time.Time
	peers      *peer.Runner
	api        *api.Server
	webhooks   *webhook.Runner
	coalitions []served

	proxySeen sync.Once
}

// Listen puts a node together and opens its port: from then on connections wait until [Node.Serve] takes them.
func Listen(ctx context.Context, parts Parts) (*Node, error) {
	now := parts.Now
	if now == nil {
		now = time.Now
	}
	cfg := parts.Config
	proxies, err := cfg.proxies()
	if err != nil {
		return nil, err
	}
	seal, err := sealingKey(ctx, parts.Dir, parts.Log)
	if err != nil {
		return nil, err
	}
	n := &Node{
		cfg: cfg, st: parts.Store, log: parts.Log, version: parts.Version, started: now(), now: now, metrics: newMetrics(),
		ex: exchange.New(parts.Store, exchange.Options{
			Now: parts.Now, Log: parts.Log, Retention: exchange.Retention{Keep: cfg.Keep, Indicators: cfg.KeepIndicators},
			SealingKey: seal, SpoolDir: parts.Dir,
		}),
	}
	n.gate = gate.New(n.ex, gate.Options{
		Rate: cfg.Rate, Burst: cfg.Burst, FailureRate: cfg.FailureRate, FailureBurst: cfg.FailureBurst,
		NoBasic: cfg.NoBasic, Proxies: proxies, Now: parts.Now,
	})
	if err := n.newWebhooks(); err != nil {
		return nil, err
	}
	opt := api.Options{
		MaxPage: cfg.MaxPage, MaxBody: taxii.DefaultMaxContentLength, Log: n.log, Now: now,
		Events:       api.EventOptions{Most: cfg.Streams, PerCaller: cfg.StreamsPerCaller},
		CheckWebhook: n.webhooks.CheckURL, CheckRoot: taxii.CheckRootPath,
	}
	n.api = api.New(n.ex, n.gate, opt) //nolint:contextcheck // requests have contexts of their own
	if err := n.newPeers(parts.Dir); err != nil {
		return nil, err
	}
	if err := n.newCoalitions(ctx, parts.Dir); err != nil {
		return nil, err
	}
	if !cfg.PlainHTTP {
		if n.certs, err = loadCertificates(&cfg, parts.Dir, now()); err != nil {
			return nil, err
		}
	} else {
		n.plain = &struct{}{}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	n.listener = guard(l, cfg.Connections, cfg.ConnectionsPerAddress)
	n.server = &http.Server{
		Handler:           n.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(quiet{n.log.Handler()}, slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	n.server.RegisterOnShutdown(n.api.Close)
	return n, nil
}

// quiet takes the lines that net/http writes about clients that break off or speak no TLS: they are for those who look closely.
type quiet struct{ slog.Handler }

// Certificate is the file with the certificate, "" with plain HTTP.
func (n *Node) Certificate() string {
	if n.plain != nil {
		return ""
	}
	return n.certs.cert
}

// URL is where discovery of TAXII is.
func (n *Node) URL() string {
	scheme := "https"
	if n.plain != nil {
		scheme = "http"
	}
	return scheme + "://" + n.listener.Addr().String() + taxii.DiscoveryPath
}

// Fingerprint is the SHA-256 of the certificate in hex, "" with plain HTTP.
func (n *Node) Fingerprint() string {
	if n.plain != nil {
		return ""
	}
	sum, _ := n.certs.fingerprint()
	return sum
}

// Serve serves until ctx ends; then it takes no more connections and lets what has begun come to its end, for as long as the
// configuration says. It closes everything but the store.
func (n *Node) Serve(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() {
		var l net.Listener = n.listener
		if n.plain == nil {
			l = tls.NewListener(n.listener, serverTLS(n.certs))
		}
		failed <- n.server.Serve(l)
	}()
	swept := make(chan struct{})
	sweeping, stopSweeping := context.WithCancel(ctx)
	go func() {
		defer close(swept)
		n.background(sweeping)
	}()
	defer func() { stopSweeping(); <-swept; n.closeCoalitions() }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	n.log.InfoContext(ctx, "stopping")
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), n.cfg.Grace)
	defer stop()
	err := n.server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		n.log.WarnContext(ctx, "requests were cut off at the end of the grace period")
		err = n.server.Close()
	}
	if closing := n.ex.Close(grace); closing != nil && !errors.Is(closing, context.DeadlineExceeded) {
		err = errors.Join(err, closing)
	}
	if err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}

// sweep removes what is past its time, from time to time until ctx ends.
func (n *Node) sweep(ctx context.Context) {
	const every = 10 * time.Minute
	for {
		if _, err := n.ex.Expire(ctx); err != nil && ctx.Err() == nil {
			n.log.ErrorContext(ctx, "what is past its time could not be removed", slog.Any("error", err))
		}
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return
		}
	}
}

// handler is everything between a connection and the exchange.
func (n *Node) handler() http.Handler {
	server := taxii.New(n.ex, n.gate, taxii.Options{
		Title: n.cfg.Title, Description: n.cfg.Description, Contact: n.cfg.Contact,
		Default: strings.Trim(n.cfg.DefaultRoot, "/"), MaxPage: n.cfg.MaxPage, Log: n.log,
	})
	work := bounded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isAPI(r) {
			n.api.ServeHTTP(w, r)
			return
		}
		server.ServeHTTP(w, r)
	}), n.cfg.Requests, 10*time.Second)
	// No http.ServeMux: it would answer some paths of TAXII with a redirection of its own.
	return usualPace.paced(n.accounted(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case healthPath:
			_, _ = w.Write([]byte("ok\n")) // where the client went away there is nobody to tell
		case readyPath:
			n.ready(w, r)
		case metricsPath:
			n.serveMetrics(w, r)
		default:
			if strings.HasPrefix(r.URL.Path, releasesPath) {
				n.serveRelease(w, r)
				return
			}
			if api.IsStream(r) { // it lasts, and is bounded by itself
				n.api.ServeHTTP(w, r)
				return
			}
			work.ServeHTTP(w, r)
		}
	})))
}

func (n *Node) ready(w http.ResponseWriter, r *http.Request) {
	ctx, stop := context.WithTimeout(r.Context(), 2*time.Second)
	defer stop()
	if _, err := n.st.Roots(ctx); err != nil {
		n.log.ErrorContext(r.Context(), "the store does not answer", slog.Any("error", err))
		http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n")) // as above
}

func (n *Node) serveMetrics(w http.ResponseWriter, r *http.Request) {
	p, err := n.gate.Enter(r)
	if many, ok := errors.AsType[*gate.TooManyError](err); ok {
		w.Header().Set("Retry-After", fmt.Sprint(int(many.After.Seconds())+1))
		http.Error(w, "too many requests", http.StatusTooManyRequests)
		return
	}
	if err != nil && !errors.Is(err, exchange.ErrUnauthenticated) {
		http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
		return
	}
	if err != nil || p.IsAnonymous() {
		w.Header()["Www-Authenticate"] = n.gate.Challenges()
		http.Error(w, "credentials are needed", http.StatusUnauthorized)
		return
	}
	if !p.May(exchange.Administer) && !p.May(exchange.Audit) {
		http.Error(w, "metrics are for administrators and auditors", http.StatusForbidden)
		return
	}
	var b bytes.Buffer
	n.writeMetrics(&b)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // as above
}

// storeDir is the folder of the store within that of the node.
const storeDir = "store"

// Prepare opens the store of the node in dir, after making it where there is none. fresh says that it was made.
func Prepare(ctx context.Context, cfg Config, dir string) (st *store.Store, fresh bool, err error) {
	c := store.Config{URL: cfg.Database}
	if c.URL == "" {
		c.Dir = filepath.Join(dir, storeDir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, false, fmt.Errorf("make the folder of the node: %w", err)
	}
	st, err = store.Open(ctx, c)
	if errors.Is(err, store.ErrNotFound) {
		fresh = true
		st, err = store.Create(ctx, c)
	}
	return st, fresh, err
}
