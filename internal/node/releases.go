package node

import (
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"

	"entente/internal/coalition/carrier"
	"entente/internal/exchange"
	"entente/internal/gate"
)

// releasesPath is where releases of statements are: /releases/STATEMENT/FILE.
const releasesPath = "/releases/"

// releaseTypes are the media types of files of releases. Whatever else there is, is for saving.
var releaseTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".md": "text/markdown; charset=utf-8", ".txt": "text/plain; charset=utf-8",
	".csv": "text/csv; charset=utf-8", ".json": "application/json", ".sha256": "text/plain; charset=utf-8", ".sha512": "text/plain; charset=utf-8",
	".asc": "application/pgp-signature",
}

// serveRelease answers with a file of a release. Some of its files were written by other members: nothing in them runs, and
// nothing in them can ask anybody for anything.
func (n *Node) serveRelease(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-downloads")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "releases are only read", http.StatusMethodNotAllowed)
		return
	}
	name, file, below := strings.Cut(strings.TrimPrefix(r.URL.Path, releasesPath), "/")
	rel, ok := n.releaseOf(name)
	if !ok || !n.mayRead(w, r, rel) {
		if !ok {
			http.NotFound(w, r)
		}
		return
	}
	if rel.TLP != "clear" {
		h.Set("Cache-Control", "private, no-cache")
	}
	if !below {
		http.Redirect(w, r, releasesPath+name+"/", http.StatusMovedPermanently) //nolint:gosec // the name is that of a release
		return
	}
	if file == "" {
		file = "index.html"
	}
	f, info, err := openRelease(rel.Dir, file)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer func() { _ = f.Close() }()
	kind := releaseTypes[strings.ToLower(path.Ext(file))]
	if kind == "" {
		kind = "application/octet-stream"
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": path.Base(file)}))
	}
	h.Set("Content-Type", kind)
	http.ServeContent(w, r, "", info.ModTime(), f)
}

// releaseOf finds a release that is served.
func (n *Node) releaseOf(name string) (rel carrier.Released, ok bool) {
	for _, c := range n.coalitions {
		if rel, ok = c.Released(name); ok && c.ServeReleases {
			return rel, true
		}
	}
	return rel, false
}

// mayRead says whether a caller may read a release: everybody what is clear, those who have an account what is green.
func (n *Node) mayRead(w http.ResponseWriter, r *http.Request, rel carrier.Released) bool {
	if rel.TLP == "clear" {
		return true
	}
	p, err := n.gate.Enter(r)
	if many, ok := errors.AsType[*gate.TooManyError](err); ok {
		w.Header().Set("Retry-After", fmt.Sprint(int(many.After.Seconds())+1))
		http.Error(w, "too many requests", http.StatusTooManyRequests)
		return false
	}
	if err != nil && !errors.Is(err, exchange.ErrUnauthenticated) {
		http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
		return false
	}
	if err != nil || p.IsAnonymous() {
		w.Header()["Www-Authenticate"] = n.gate.Challenges()
		http.Error(w, "credentials are needed", http.StatusUnauthorized)
		return false
	}
	return true
}

// openRelease opens a file within a folder, and nowhere else.
func openRelease(dir, file string) (*os.File, fs.FileInfo, error) {
	if !fs.ValidPath(file) || strings.Contains("/"+file, "/.") {
		return nil, nil, fs.ErrNotExist
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = root.Close() }()
	info, err := root.Lstat(filepath.FromSlash(file)) // before it is opened, which a pipe would hold up
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fs.ErrNotExist
	}
	f, err := root.Open(filepath.FromSlash(file))
	return f, info, err
}
