package taxii

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// DiscoveryPath is where discovery is (section 8.2.1).
const DiscoveryPath = "/taxii2/"

// endpoint is one row of the table in section 3.1.
type endpoint uint8

const (
	noEndpoint endpoint = iota
	discoveryEndpoint
	rootEndpoint
	statusEndpoint
	collectionsEndpoint
	collectionEndpoint
	manifestEndpoint
	objectsEndpoint
	objectEndpoint
	versionsEndpoint
)

// methods of an endpoint. Every one that answers GET answers HEAD.
func (e endpoint) methods() []string {
	switch e {
	case objectsEndpoint:
		return []string{http.MethodGet, http.MethodHead, http.MethodPost}
	case objectEndpoint:
		return []string{http.MethodGet, http.MethodHead, http.MethodDelete}
	default:
		return []string{http.MethodGet, http.MethodHead}
	}
}

// String names the endpoint for logs and metrics.
func (e endpoint) String() string {
	return [...]string{"none", "discovery", "api-root", "status", "collections", "collection", "manifest", "objects", "object", "versions"}[e]
}

// route is what a path asks for.
type route struct {
	endpoint   endpoint
	root       string // path of the API root, without slashes around
	status     string
	collection string
	object     string
}

// parsePath reads the escaped path of a URL. The path of an API root ends before the first segment that is collections or
// status, which no API root has in its path ([CheckRootPath]).
func parsePath(escaped string) route {
	if escaped == DiscoveryPath {
		return route{endpoint: discoveryEndpoint}
	}
	inner, ok := strings.CutPrefix(escaped, "/")
	if ok {
		inner, ok = strings.CutSuffix(inner, "/")
	}
	if !ok || inner == "" {
		return route{}
	}
	segments := strings.Split(inner, "/")
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil || plain == "" || plain == "." || plain == ".." || strings.Contains(plain, "/") || !printable(plain) {
			return route{}
		}
		segments[i] = plain
	}
	at := slices.IndexFunc(segments, func(s string) bool { return s == "collections" || s == "status" })
	if at == 0 {
		return route{}
	}
	if at < 0 {
		return route{endpoint: rootEndpoint, root: strings.Join(segments, "/")}
	}
	r := route{root: strings.Join(segments[:at], "/")}
	rest := segments[at:]
	if rest[0] == "status" {
		if len(rest) != 2 {
			return route{}
		}
		r.endpoint, r.status = statusEndpoint, foldUUID(rest[1])
		return r
	}
	if len(rest) > 1 {
		r.collection = foldUUID(rest[1])
	}
	if len(rest) > 3 {
		r.object = rest[3]
	}
	switch {
	case len(rest) == 1:
		r.endpoint = collectionsEndpoint
	case len(rest) == 2:
		r.endpoint = collectionEndpoint
	case len(rest) == 3 && rest[2] == "manifest":
		r.endpoint = manifestEndpoint
	case len(rest) == 3 && rest[2] == "objects":
		r.endpoint = objectsEndpoint
	case len(rest) == 4 && rest[2] == "objects":
		r.endpoint = objectEndpoint
	case len(rest) == 5 && rest[2] == "objects" && rest[4] == "versions":
		r.endpoint = versionsEndpoint
	default:
		return route{}
	}
	return r
}

// foldUUID writes a UUID in lower case, as ours are; letters of either case mean the same (RFC 9562). Everything else, such as an
// alias, stays as it is.
func foldUUID(s string) string {
	if len(s) != 36 || strings.Trim(s, "0123456789abcdefABCDEF-") != "" || strings.Count(s, "-") != 4 {
		return s
	}
	return strings.ToLower(s)
}

// CheckRootPath says why an API root may not have the path, nil where it may: segments of letters, digits and -._~ with slashes
// between them, none of which is taken.
func CheckRootPath(path string) error {
	taken := []string{"api", "healthz", "readyz", "metrics"}
	segments := strings.Split(path, "/")
	if slices.Contains(taken, segments[0]) || path == strings.Trim(DiscoveryPath, "/") {
		return fmt.Errorf("%q belongs to the node itself, as do %s: choose another path for the API root", "/"+segments[0]+"/",
			strings.Join(taken, ", ")+" and "+strings.Trim(DiscoveryPath, "/"))
	}
	for _, s := range segments {
		if s == "collections" || s == "status" {
			return fmt.Errorf("%q cannot be the path of an API root: TAXII gives %q a meaning", path, s)
		}
	}
	if r := parsePath("/" + path + "/"); r.endpoint != rootEndpoint || r.root != path ||
		strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/") != "" {
		return fmt.Errorf("%q cannot be the path of an API root: letters, digits and -._~, with slashes between segments", path)
	}
	return nil
}
