package taxiiclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"entente/internal/stix"
)

// mediaType is what TAXII 2.1 asks for and answers with (section 1.6.8).
const mediaType = "application/taxii+json;version=2.1"

// Config says which server to talk to and how. The zero value of everything but URL is fine.
type Config struct {
	// URL is the address of the server, of its discovery, of an API root, or of a collection. It is https; http is for
	// this machine alone, unless PlainHTTP is set.
	URL string
	// User and Password are for HTTP Basic, Token is a bearer token. At most one of the two may be given.
	User, Password string
	Token          string
	TLS            TLS
	// PlainHTTP allows http to other machines: everybody on the way reads credentials and objects.
	PlainHTTP bool
	UserAgent string // default entente

	// Timeout is how long a request may take to be answered, plus one second for each KiB that goes over the line, in
	// either direction. Default 60 s.
	Timeout time.Duration
	// Tries is how often a request is sent at most, when the network or the server is at fault. Default 5.
	Tries int
	// Backoff is the first wait between two tries; each one after it is twice as long, and a random part less. Default 500 ms.
	Backoff time.Duration
	// MaxWait is the longest wait, that which a server asks for (Retry-After) included: one that asks for more gets its
	// request given up, and the error says when to come again. Default 2 min.
	MaxWait time.Duration
	// OnWait is told of each wait and its reason. It may be nil.
	OnWait func(reason error, wait time.Duration)

	// MaxPage is the size of the largest answer that is taken, unpacked. Up to 8 MiB of it are in memory, more is in a
	// temporary file. Default 1 GiB.
	MaxPage int64
	// Limits bound each object.
	Limits stix.Limits
	// TempDir is where answers over 8 MiB go; default is the system's.
	TempDir string
}

// Client talks to one server. Many goroutines may use it.
type Client struct {
	cfg  Config
	base *url.URL
	http *http.Client
}

// New makes a client. It sends nothing yet. The error says what is wrong with the configuration.
func New(cfg Config) (*Client, error) {
	base, err := parseBase(cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Token != "" && (cfg.User != "" || cfg.Password != "") {
		return nil, errors.New("give a token or a user with a password, not both")
	}
	if strings.Contains(cfg.User, ":") {
		return nil, errors.New("a user name for HTTP Basic has no colon")
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "entente"
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = time.Minute
	}
	if cfg.Tries <= 0 {
		cfg.Tries = 5
	}
	if cfg.Backoff <= 0 {
		cfg.Backoff = 500 * time.Millisecond
	}
	if cfg.MaxWait <= 0 {
		cfg.MaxWait = 2 * time.Minute
	}
	if cfg.MaxPage <= 0 {
		cfg.MaxPage = 1 << 30
	}
	tlsConfig, err := cfg.TLS.config()
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: min(15*time.Second, cfg.Timeout)}
	return &Client{
		cfg:  cfg,
		base: base,
		http: &http.Client{
			CheckRedirect: checkRedirect,
			Transport: &http.Transport{
				Proxy:                  http.ProxyFromEnvironment,
				DialContext:            dialer.DialContext,
				TLSClientConfig:        tlsConfig,
				TLSHandshakeTimeout:    min(15*time.Second, cfg.Timeout),
				MaxResponseHeaderBytes: 256 << 10,
				MaxIdleConnsPerHost:    2,
				IdleConnTimeout:        90 * time.Second,
				ForceAttemptHTTP2:      true,
			},
		},
	}, nil
}

// Close ends the connections that stand idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

func parseBase(cfg Config) (*url.URL, error) {
	if cfg.URL == "" {
		return nil, errors.New("the address of the server is missing, such as https://taxii.example.org/")
	}
	text := cfg.URL
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		// The error of net/url repeats the address, in which a password may stand.
		return nil, errors.New("the address of the server is no URL: it looks like https://taxii.example.org/")
	}
	if u.User != nil {
		return nil, errors.New("the address of the server has no user or password in it: they would stand in histories and logs")
	}
	if u.Host == "" || u.Hostname() == "" {
		return nil, fmt.Errorf("%q names no host: an address looks like https://taxii.example.org/", cfg.URL)
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q: leave out what follows ? or #", cfg.URL)
	}
	switch u.Scheme {
	case "https":
	case "http":
		if !cfg.PlainHTTP && !loopback(u.Hostname()) {
			return nil, fmt.Errorf("%q is not https: everybody on the way would read along", cfg.URL)
		}
	default:
		return nil, fmt.Errorf("%q: an address begins with https://", cfg.URL)
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
		if u.RawPath != "" {
			u.RawPath += "/"
		}
	}
	return u, nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// sameServer says whether credentials for a may go to b.
func sameServer(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "http" {
		return "80"
	}
	return "443"
}

// redirectError is why a redirect was not followed.
type redirectError struct{ reason string }

func (e redirectError) Error() string { return e.reason }

func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	switch {
	case len(via) >= 5:
		return redirectError{"the server redirects in circles"}
	case !sameServer(first.URL, req.URL):
		return redirectError{fmt.Sprintf("the server redirects to %s://%s, which credentials are not sent to: use that address if you trust it", req.URL.Scheme, req.URL.Host)}
	case req.Method != first.Method:
		return redirectError{fmt.Sprintf("the server redirects %s in such a way that it becomes %s", first.Method, req.Method)}
	}
	return nil
}

// request is one thing to ask the server for.
type request struct {
	method string
	url    *url.URL
	body   []byte
	max    int64 // bytes of the answer
	bare   bool  // an answer needs no body: DELETE
	// cursor says that the server may hand out what is asked for one time only.
	cursor bool
	// again changes the request before a second try, and before those after it. It may be nil.
	again func(*request)
}

// answer is what came back, with a status of 2xx. Its body is to be closed.
type answer struct {
	status int
	header http.Header
	body   spool
}

// do sends a request until it is answered or there is no use. The error is a [*Error] where the server answered.
func (c *Client) do(ctx context.Context, r request) (*answer, error) {
	if !sameServer(c.base, r.url) {
		return nil, fmt.Errorf("%s://%s is another server than %s, which the credentials are for: give its address", r.url.Scheme, r.url.Host, c.base.Host)
	}
	for try := 1; ; try++ {
		a, err := c.once(ctx, r)
		if err == nil {
			return a, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		asked, again := retryable(err, r.method)
		if !again || try >= c.cfg.Tries || asked > c.cfg.MaxWait {
			return nil, err
		}
		wait := max(asked, backoff(c.cfg.Backoff, c.cfg.MaxWait, try))
		if c.cfg.OnWait != nil {
			c.cfg.OnWait(err, wait)
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
		if r.again != nil {
			r.again(&r)
		}
	}
}

// once sends a request one time.
func (c *Client) once(ctx context.Context, r request) (*answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := newWatchdog(c.cfg.Timeout, int64(len(r.body)), cancel)
	defer w.stop()

	req, err := http.NewRequestWithContext(ctx, r.method, r.url.String(), bytes.NewReader(r.body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shownURL(r.url), err)
	}
	if r.body == nil {
		req.Body, req.GetBody = http.NoBody, nil
	} else {
		req.Header.Set("Content-Type", mediaType)
	}
	req.Header.Set("Accept", mediaType)
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	switch {
	case c.cfg.Token != "":
		req.Header.Set("Authorization", "Bearer "+c.cfg.Token)
	case c.cfg.User != "" || c.cfg.Password != "":
		req.SetBasicAuth(c.cfg.User, c.cfg.Password)
	}
	sent := 0
	if r.cursor {
		req = req.WithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent++ }}))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.transportError(ctx, r, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if r.cursor {
		for via := resp.Request.Response; via != nil; via = via.Request.Response {
			sent-- // a redirection is not the same request
		}
	}
	if sent > 1 { // net/http has sent it again by itself
		return nil, c.transportError(ctx, r, errTwice)
	}
	a := &answer{status: resp.StatusCode, header: resp.Header}
	limit := r.max
	if resp.StatusCode/100 != 2 {
		limit = maxErrorBody
	}
	a.body.dir = c.cfg.TempDir
	if err := a.body.fill(resp.Body, limit, w.progress); err != nil {
		a.body.close()
		if resp.StatusCode/100 != 2 {
			return nil, newError(r, resp, nil) // what it says about itself does not matter as much as the status
		}
		return nil, c.transportError(ctx, r, err)
	}
	if resp.StatusCode/100 != 2 {
		defer a.body.close()
		return nil, newError(r, resp, a.body.mem)
	}
	if err := checkMediaType(resp.Header.Get("Content-Type"), r.bare || a.body.size == 0); err != nil {
		a.body.close()
		return nil, fmt.Errorf("%s: %w", shownURL(r.url), err)
	}
	return a, nil
}

// transportError says why there was no answer.
func (c *Client) transportError(ctx context.Context, r request, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errSlow) {
		err = errSlow
	}
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err // the address stands before it anyway
	}
	return &transportError{Method: r.method, URL: shownURL(r.url), Err: err}
}

// checkMediaType says whether an answer is one of TAXII 2.1. Plain JSON is taken for it: many servers send nothing better.
func checkMediaType(header string, empty bool) error {
	if header == "" {
		return nil
	}
	kind, params, err := mime.ParseMediaType(header)
	if err != nil && kind == "" {
		return fmt.Errorf("the server answers with a Content-Type that is none: %q", header)
	}
	switch kind {
	case "application/taxii+json":
		if v := params["version"]; v != "" && v != "2.1" {
			return fmt.Errorf("the server answers in TAXII %s, not in TAXII 2.1", v)
		}
		return nil
	case "application/vnd.oasis.taxii+json", "application/vnd.oasis.stix+json":
		return errors.New("the server answers in TAXII 2.0: only TAXII 2.1 is spoken here")
	case "application/json", "application/stix+json":
		return nil
	}
	if empty {
		return nil
	}
	return fmt.Errorf("the server answers with %s, which is no TAXII: is this the right address?", kind)
}
