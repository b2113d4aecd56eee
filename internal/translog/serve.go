package translog

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// Handler serves a log's folder as C2SP tlog-tiles has it: /checkpoint and /tile/…, and nothing else that may be there. It
// reads only, and needs no [Log]: a copy of a folder is served as well.
func Handler(root *os.Root) http.Handler {
	s := FolderSource{FS: root.FS()}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "a log is only read", http.StatusMethodNotAllowed)
			return
		}
		data, err := serveFile(r.Context(), s, strings.TrimPrefix(r.URL.Path, "/"), w.Header())
		switch {
		case err == nil:
		case errors.Is(err, fs.ErrNotExist) || errors.Is(err, errPath):
			clear(w.Header())
			http.Error(w, "the log has no such file", http.StatusNotFound)
			return
		default:
			clear(w.Header())
			http.Error(w, "the file cannot be read", http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Length", strconv.Itoa(len(data)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(data) //nolint:gosec // no page: a browser is told that it is plain or bytes; an error is a client that has gone
		}
	})
}

func serveFile(ctx context.Context, s Source, path string, h http.Header) ([]byte, error) {
	if path == checkpointName {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		h.Set("Cache-Control", "no-cache")
		return s.ReadFile(ctx, path, maxNote)
	}
	t, err := parseTilePath(path)
	if err != nil {
		return nil, err
	}
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	return readTile(ctx, s, t)
}
