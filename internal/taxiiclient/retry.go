package taxiiclient

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// retryable says whether it is worth to send a request again, and how long the server asks to wait before.
//
// A POST may be repeated like the rest: what arrives twice is one object (section 5.5, and what a version is).
func retryable(err error, method string) (wait time.Duration, again bool) {
	if e, ok := errors.AsType[*Error](err); ok {
		switch e.Status {
		case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusBadGateway,
			http.StatusGatewayTimeout, http.StatusRequestTimeout:
			return e.RetryAfter, true
		case http.StatusInternalServerError:
			return e.RetryAfter, method == http.MethodGet
		}
		return 0, false
	}
	t, ok := errors.AsType[*transportError](err)
	if !ok || errors.Is(err, errTooLarge) {
		return 0, false
	}
	if _, ok := errors.AsType[redirectError](t.Err); ok {
		return 0, false
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](t.Err); ok {
		return 0, false
	}
	if _, ok := errors.AsType[tls.AlertError](t.Err); ok {
		return 0, false
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](t.Err); ok {
		return 0, false
	}
	if errors.Is(t.Err, errPin) || errors.Is(t.Err, errSpool) {
		return 0, false
	}
	if dns, ok := errors.AsType[*net.DNSError](t.Err); ok && dns.IsNotFound {
		return 0, false
	}
	return 0, true
}

// backoff is the wait after a number of tries: it doubles, and is a random part shorter so that clients that failed
// together do not come back together.
func backoff(first, most time.Duration, tries int) time.Duration {
	d := most
	if tries < 32 && first<<(tries-1) > 0 {
		d = min(most, first<<(tries-1))
	}
	return d/2 + rand.N(d/2+1) //nolint:gosec // spreads waits, keeps no secret
}

// retryAfter reads the header Retry-After: seconds or a date (RFC 9110, section 10.2.3). 0 is none.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	const most = 1000 * time.Hour
	if n, err := strconv.ParseUint(header, 10, 64); err == nil {
		if n > uint64(most/time.Second) {
			return most
		}
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(header); err == nil {
		return min(max(t.Sub(now), 0), most)
	}
	return 0
}

// sleep waits, or ends early with the error of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// errTwice is of requests that may be sent only once, and were sent again when a connection broke.
var errTwice = errors.New("the connection broke")

// errSlow is the reason why a request was ended.
var errSlow = errors.New("the server does not answer in time")

// watchdog ends a request that takes longer than a time plus a second for each KiB. It is for one goroutine.
type watchdog struct {
	mu      sync.Mutex // guards timer against stop
	timer   *time.Timer
	begun   time.Time
	timeout time.Duration
	bytes   int64
}

func newWatchdog(timeout time.Duration, sent int64, cancel context.CancelCauseFunc) *watchdog {
	w := &watchdog{begun: time.Now(), timeout: timeout, bytes: sent}
	w.timer = time.AfterFunc(w.allowed(), func() { cancel(errSlow) })
	return w
}

func (w *watchdog) allowed() time.Duration {
	return w.timeout + time.Duration(w.bytes/1024)*time.Second
}

// progress says that n more bytes have come.
func (w *watchdog) progress(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bytes += int64(n)
	w.timer.Reset(max(time.Until(w.begun.Add(w.allowed())), 0))
}

func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer.Stop()
}
