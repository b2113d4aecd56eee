package translog

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

func TestHandler(t *testing.T) {
	l, dir := newTestLog(t, 0)
	heads(t, l, 3, 300)
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "tile", "entries", "007")); err != nil {
		t.Skip(err)
	}
	server := served(t, dir)
	get := func(method, path string) (int, http.Header, []byte) {
		t.Helper()
		req, err := http.NewRequest(method, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.URL.Opaque = path // as it stands
		r, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, r.Header, body
	}
	bundle, err := os.ReadFile(filepath.Join(dir, "tile/entries/000"))
	if err != nil {
		t.Fatal(err)
	}
	immutable, binary := "public, max-age=31536000, immutable", "application/octet-stream"
	for path, want := range map[string]struct {
		body        []byte
		kind, cache string
	}{
		"/checkpoint":            {l.Head().Note(), "text/plain; charset=utf-8", "no-cache"},
		"/tile/entries/000":      {bundle, binary, immutable},
		"/tile/entries/000.p/3":  {bundle[:3*bundleEntry], binary, immutable},
		"/tile/entries/001.p/44": {bundleOf(digests("entry", 256, 300)...), binary, immutable},
		"/tile/1/000.p/1":        {must(os.ReadFile(filepath.Join(dir, "tile/1/000.p/1"))), binary, immutable},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			status, h, body := get(method, path)
			if status != http.StatusOK || h.Get("Content-Type") != want.kind || h.Get("Cache-Control") != want.cache ||
				h.Get("Content-Length") != strconv.Itoa(len(want.body)) || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s %s: %d %v", method, path, status, h)
			}
			if method == "GET" && !bytes.Equal(body, want.body) || method == "HEAD" && len(body) > 0 {
				t.Errorf("%s %s: another body", method, path)
			}
		}
	}
	for _, path := range []string{
		"/", "/lock", "/pending", "/tmp", "/tile", "/tile/entries", "/tile/entries/", "/tile/entries/001", "/tile/entries/001.p/45", "/tile/entries/002", "/tile/0/000.p",
		"/tile/entries/007.p/300", "/../secret", "/%2e%2e/secret", "/tile/../pending", "/tile/entries/../../pending", "//checkpoint", "/checkpoint/", "/tile/8/0/000",
	} {
		if status, h, body := get("GET", path); status != http.StatusNotFound || h.Get("Cache-Control") == immutable {
			t.Errorf("%s: %d %q", path, status, body)
		}
	}
	if status, _, body := get("GET", "/tile/entries/007"); status < 400 || bytes.Contains(body, []byte("secret")) {
		t.Errorf("a link out of the folder: %d %q", status, body)
	}
	if status, h, _ := get("POST", "/checkpoint"); status != http.StatusMethodNotAllowed || h.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d", status)
	}
}
