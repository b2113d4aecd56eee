package translog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
)

// Source hands out the files of a log by their paths, from wherever. Nothing of it is believed.
type Source interface {
	// ReadFile returns a file of at most limit bytes; [fs.ErrNotExist] where there is none. Several goroutines may call it.
	ReadFile(ctx context.Context, path string, limit int) ([]byte, error)
}

// FolderSource reads a log from a folder: of a log, of a copy, of an archive.
type FolderSource struct{ FS fs.FS }

// ReadFile implements [Source].
func (s FolderSource) ReadFile(_ context.Context, path string, limit int) ([]byte, error) {
	f, err := s.FS.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fs.ErrNotExist}
	}
	data, err := readBounded(f, limit)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return data, nil
}

// HTTPSource reads a log from a web server (C2SP tlog-tiles, APIs).
type HTTPSource struct {
	URL  string       // prefix, without "/checkpoint"
	HTTP *http.Client // nil is one of its own, which follows no redirection
}

// NewHTTPSource returns a source for a prefix, with a client of its own where none is given.
func NewHTTPSource(prefix string, client *http.Client) (*HTTPSource, error) {
	u, err := url.Parse(prefix)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("log: %q is not an address that begins with https:// or http://", clip(prefix))
	}
	return &HTTPSource{URL: strings.TrimSuffix(prefix, "/"), HTTP: httpClient(client)}, nil
}

// ReadFile implements [Source].
func (s *HTTPSource) ReadFile(ctx context.Context, path string, limit int) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/"+path, nil) //nolint:gosec // the operator names the log
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	answer, err := httpClient(s.HTTP).Do(r) //nolint:gosec // as above
	if err != nil {
		return nil, fmt.Errorf("log: %w", err)
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return nil, fmt.Errorf("%s/%s: %w", s.URL, path, fs.ErrNotExist)
	default:
		return nil, fmt.Errorf("%s/%s: the server answers %s", s.URL, path, answer.Status)
	}
	data, err := readBounded(answer.Body, limit)
	if err != nil {
		return nil, fmt.Errorf("%s/%s: %w", s.URL, path, err)
	}
	return data, nil
}

// readTile reads a tile or a bundle, and where a partial one is no longer there, the beginning of the full one.
func readTile(ctx context.Context, s Source, t tile) ([]byte, error) {
	data, err := s.ReadFile(ctx, t.path(), t.bytes())
	if err != nil && t.width < tileWidth && errors.Is(err, fs.ErrNotExist) {
		full := tile{level: t.level, n: t.n, width: tileWidth}
		data, err2 := s.ReadFile(ctx, full.path(), full.bytes())
		if err2 != nil || len(data) < t.bytes() {
			return nil, err // the one that should be there
		}
		return data[:t.bytes()], nil
	}
	return data, err
}
