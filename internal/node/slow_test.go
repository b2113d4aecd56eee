package node

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
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

// Who announces a long body that nobody wants gets the answer at once, without sending any of it.
func TestAnswerBeforeTheBody(t *testing.T) {
	r := run(t, t.TempDir(), func(c *Config) { c.PlainHTTP = true })
	for name, c := range map[string]struct{ header, body, want string }{
		"no credentials":   {"Content-Length: 104857600\r\n", "", "401 "},
		"too long":         {"Authorization: Bearer ent_writer\r\nContent-Length: 104857600\r\n", "", "413 "},
		"chunks":           {"Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n", "401 "},
		"API":              {"Content-Length: 104857600\r\n", "", "401 "},
		"asks first":       {"Content-Length: 104857600\r\nExpect: 100-continue\r\n", "", "401 "},
		"two lengths":      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "401 "},
		"chunks, all read": {"Authorization: Bearer ent_writer\r\nTransfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "422 "},
	} {
		t.Run(name, func(t *testing.T) {
			path := "/a/collections/c/objects/"
			if name == "API" {
				path = "/api/v1/collections/c/objects"
			}
			conn := r.connect(t)
			if _, err := io.WriteString(conn, "POST "+path+" HTTP/1.1\r\nHost: x\r\nAccept: application/taxii+json;version=2.1\r\n"+
				"Content-Type: application/taxii+json;version=2.1\r\n"+c.header+"\r\n"+c.body); err != nil {
				t.Fatal(err)
			}
			in := bufio.NewReader(conn)
			res, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				t.Error(err)
			}
			res.Body.Close()
			if !strings.HasPrefix(res.Status, c.want) || !res.Close {
				t.Errorf("%s, the connection stays: %v", res.Status, !res.Close)
			}
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Error(err)
			}
			if rest, err := io.ReadAll(in); err != nil || len(rest) > 0 {
				t.Errorf("after the answer comes %q, %v", rest, err)
			}
		})
	}
}

// Who sends a long body that nobody wants may send all of it and gets the answer then.
func TestAnswerAfterTheBody(t *testing.T) {
	r := run(t, t.TempDir(), func(c *Config) { c.PlainHTTP = true })
	for want, header := range map[int]string{http.StatusUnauthorized: "", http.StatusRequestEntityTooLarge: "Authorization: Bearer ent_writer\r\n"} {
		const long = 40 << 20
		conn := r.connect(t)
		if _, err := fmt.Fprintf(conn, "POST /a/collections/c/objects/ HTTP/1.1\r\nHost: x\r\nAccept: application/taxii+json\r\n"+
			"Content-Type: application/taxii+json\r\n%sContent-Length: %d\r\n\r\n", header, long); err != nil {
			t.Fatal(err)
		}
		if n, err := io.CopyN(conn, zeros{}, long); err != nil {
			t.Errorf("%d: broken after %d bytes: %v", want, n, err)
			continue
		}
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%d: %v", want, err)
			continue
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s, want %d", res.Status, want)
		}
	}
}

// connect opens a connection to a node.
func (r *running) connect(t *testing.T) net.Conn {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(r.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return c
}

// The same over HTTP/2, where a stream is ended without its connection.
func TestAnswerToALongBodyOverHTTP2(t *testing.T) {
	r := run(t, t.TempDir(), nil)
	r.client.Transport.(*http.Transport).ForceAttemptHTTP2 = true
	for range 3 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.base+"/a/collections/c/objects/", io.LimitReader(zeros{}, 8<<20))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "application/taxii+json")
		res, err := r.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.ProtoMajor != 2 || res.StatusCode != http.StatusUnauthorized || len(body) == 0 {
			t.Errorf("%s %s %q, %v", res.Proto, res.Status, body, err)
		}
	}
}
