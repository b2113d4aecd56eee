package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Message is the body of a request.
type Message struct {
	Webhook  string  `json:"webhook"`  // its identifier
	Delivery string  `json:"delivery"` // the same where it is said again
	Events   []Event `json:"events"`
}

// Event is one of them, in the form in which they are streamed.
type Event struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Collection string `json:"collection"`
	Cursor     string `json:"cursor"`
}

// SignatureHeader is the header with the signature: t=SECONDS,v1=HEX, where HEX is the HMAC-SHA256 with the secret of the
// webhook over the seconds, a dot, and the body.
const SignatureHeader = "Entente-Signature"

// Sign writes the value of [SignatureHeader].
func Sign(secret string, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// errGone is the answer of a receiver that wants no more.
var errGone = errors.New("the receiver has answered 410 Gone")

// newClient makes what sends.
func newClient(r reach, roots *x509.CertPool) *http.Client {
	return &http.Client{
		Timeout: 20 * time.Second,
		Transport: &http.Transport{
			DialContext: r.dial, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 10 * time.Second, MaxResponseHeaderBytes: 64 << 10,
			DisableKeepAlives: true, // an address is looked at for each message
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// failure is why a message was not taken, in words for the user of the webhook: nothing of the address to which a name leads,
// which may be one inside the network, and of the answer no more than its status.
type failure struct {
	told string
	err  error
}

func (f *failure) Error() string { return f.err.Error() }

func (f *failure) Unwrap() error { return f.err }

// explain finds those words.
func explain(err error) string {
	if u, ok := errors.AsType[unreachable](err); ok {
		return u.Error()
	}
	if d, ok := errors.AsType[*net.DNSError](err); ok && !d.IsTimeout {
		return "the name of the host cannot be resolved"
	}
	if t, ok := errors.AsType[net.Error](err); ok && t.Timeout() {
		return "no answer in time"
	}
	if c, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the certificate of the receiver is not good: " + c.Err.Error()
	}
	return "no connection, or it broke off"
}

// send says something to a receiver. The error is a failure.
func (r *Runner) send(ctx context.Context, to, secret string, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("message: %w", err)
	}
	ctx = context.WithValue(ctx, plainKey{}, !strings.HasPrefix(to, "https:"))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return &failure{"the address cannot be read", errors.New("the address cannot be read")}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", r.opt.UserAgent)
	req.Header.Set("Entente-Delivery", m.Delivery)
	req.Header.Set(SignatureHeader, Sign(secret, r.opt.Now(), body))
	resp, err := r.client.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // without the address, which may have a secret in it
		}
		return &failure{explain(err), err}
	}
	defer func() { _ = resp.Body.Close() }()       // it was read as far as it is of use
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // the status is all that counts
	switch {
	case resp.StatusCode == http.StatusGone:
		return &failure{errGone.Error(), errGone}
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		err := fmt.Errorf("the receiver has answered %d", resp.StatusCode)
		return &failure{err.Error(), err}
	}
	return nil
}
