package taxonomy

import "bytes"

// splitURI cuts an address into path and query. A scheme and host before the path and a fragment after it are
// dropped.
func splitURI(t []byte) (path, query []byte) {
	if i := bytes.Index(t, []byte("://")); i > 0 && !bytes.ContainsAny(t[:i], "/?#") {
		t = t[i+3:]
		if i = bytes.IndexAny(t, "/?#"); i < 0 {
			return nil, nil
		}
		t = t[i:]
	}
	if i := bytes.IndexByte(t, '#'); i >= 0 {
		t = t[:i]
	}
	path, query, _ = bytes.Cut(t, []byte("?"))
	return path, query
}

// uriHost is the host of an address or of what a CONNECT request names (host:port).
func uriHost(t []byte) []byte {
	if i := bytes.Index(t, []byte("://")); i > 0 && !bytes.ContainsAny(t[:i], "/?#") {
		t = t[i+3:]
	} else if len(t) > 0 && t[0] == '/' || !bytes.Contains(t, []byte(":")) {
		return nil
	}
	if i := bytes.IndexAny(t, "/?#"); i >= 0 {
		t = t[:i]
	}
	if i := bytes.LastIndexByte(t, '@'); i >= 0 {
		t = t[i+1:]
	}
	if len(t) > 0 && t[0] == '[' {
		if i := bytes.IndexByte(t, ']'); i > 0 {
			return t[1:i]
		}
	}
	if i := bytes.LastIndexByte(t, ':'); i >= 0 {
		t = t[:i]
	}
	return t
}

// extension is what follows the last dot of an address's last path element.
func extension(t []byte) []byte {
	path, _ := splitURI(t)
	if i := bytes.LastIndexByte(path, '/'); i >= 0 {
		path = path[i+1:]
	}
	if i := bytes.LastIndexByte(path, '.'); i >= 0 {
		return path[i+1:]
	}
	return nil
}
