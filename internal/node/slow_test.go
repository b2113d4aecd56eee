package node

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"
)

// A client that sends its body byte by byte is cut off, whether the handler reads the body or not, and gets the answer of the
// handler when it does look.
func TestSlowBody(t *testing.T) {
	for name, reads := range map[string]bool{"read": true, "left": false} {
		t.Run(name, func(t *testing.T) {
			result := make(chan error, 1)
			server := httptest.NewServer(pace{start: 50 * time.Millisecond, rate: 1 << 20, rest: 50 * time.Millisecond}.paced(
				http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					var err error
					if reads {
						_, err = io.Copy(io.Discard, r.Body)
					}
					result <- err
					w.WriteHeader(http.StatusTeapot)
				})))
			defer server.Close()
			var d net.Dialer
			c, err := d.DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				for range 900 { // never all of it
					if _, err := c.Write([]byte(" ")); err != nil {
						return
					}
					time.Sleep(5 * time.Millisecond)
				}
			}()
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusTeapot || !res.Close {
				t.Errorf("%s, the connection stays: %v", res.Status, !res.Close)
			}
			if err := <-result; reads != errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the handler got %v", err)
			}
			c.Close()
			<-sent
		})
	}
}

// A handler that takes long over a body that came quickly is not disturbed.
func TestSlowHandler(t *testing.T) {
	server := httptest.NewServer(pace{start: 20 * time.Millisecond, rate: 1 << 20, rest: 20 * time.Millisecond}.paced(
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				t.Error(err)
			}
			time.Sleep(100 * time.Millisecond)
			if err := r.Context().Err(); err != nil {
				t.Error(err)
			}
			_, _ = io.WriteString(w, "done")
		})))
	defer server.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Body, req.ContentLength = io.NopCloser(io.LimitReader(zeros{}, 1000)), 1000
	for range 3 { // the connection is used again
		req.Body = io.NopCloser(io.LimitReader(zeros{}, 1000))
		res, err := server.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || string(body) != "done" {
			t.Errorf("%q, %v", body, err)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
