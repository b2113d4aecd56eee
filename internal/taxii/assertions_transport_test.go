package taxii_test

import (
	"bufio"
	"crypto/tls"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The tests named TestAssertion… are the requirements that TAXII 2.1 (OASIS Standard, 10 June 2021) puts on servers, in the
// order of the project's list; each has the section.

// protected are endpoints that nobody may use without credentials.
var protected = []call{
	{path: "collections/" + open + "/"},
	{path: "collections/" + open + "/manifest/"},
	{path: "collections/" + open + "/objects/"},
	{path: "collections/" + open + "/objects/" + malwareID + "/"},
	{path: "collections/" + open + "/objects/" + malwareID + "/versions/"},
	{path: "collections/" + open + "/objects/", method: http.MethodPost, body: `{"objects":[` + indicator(1) + `]}`},
	{path: "collections/" + open + "/objects/" + malwareID + "/", method: http.MethodDelete},
	{path: "status/0b8b5f3e-6b0b-4b57-8f4c-0d9a1a3d7f10/"},
	{path: "/taxii2/bare/"},
	{path: "/taxii2/bare/collections/"},
	{path: "/nowhere/"},
}

// 8.2.1: discovery is at /taxii2/.
func TestAssertion01(t *testing.T) {
	w := shared(t)
	if title := w.want(t, http.StatusOK, call{path: "/taxii2/"}).resource(t)["title"]; title != "The world" {
		t.Errorf("title %v", title)
	}
}

// 8.2.1: there is an API root.
func TestAssertion02(t *testing.T) {
	w := shared(t)
	roots, _ := w.get(t, "/taxii2/").resource(t)["api_roots"].([]any)
	if len(roots) != 2 {
		t.Fatalf("api_roots %v", roots)
	}
	for _, root := range roots {
		w.want(t, http.StatusOK, call{path: root.(string)})
	}
}

// 8.2.2: HTTPS.
func TestAssertion03(t *testing.T) {
	w := shared(t)
	if !strings.HasPrefix(w.base, "https://") {
		t.Errorf("the server is at %s", w.base)
	}
	w.want(t, http.StatusOK, call{path: "/taxii2/"})
}

func (w *world) dial(t *testing.T, change func(*tls.Config)) (*tls.Conn, error) {
	t.Helper()
	u, err := url.Parse(w.base)
	if err != nil {
		t.Fatal(err)
	}
	cfg := &tls.Config{RootCAs: w.roots, ServerName: "127.0.0.1"}
	change(cfg)
	conn, err := (&tls.Dialer{Config: cfg}).DialContext(t.Context(), "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { conn.Close() })
	return conn.(*tls.Conn), nil
}

// 8.2.2: TLS 1.2, and 1.3; nothing older.
func TestAssertion04(t *testing.T) {
	w := shared(t)
	for version, works := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		conn, err := w.dial(t, func(c *tls.Config) { c.MinVersion, c.MaxVersion = version, version })
		if (err == nil) != works {
			t.Errorf("%s: %v", tls.VersionName(version), err)
			continue
		}
		if works && conn.ConnectionState().Version != version {
			t.Errorf("%s was agreed", tls.VersionName(conn.ConnectionState().Version))
		}
	}
}

// 8.2.2: none of the cipher suites of RFC 7540 Appendix A. (crypto/tls takes no early data over TCP at all.)
func TestAssertion05(t *testing.T) {
	w := shared(t)
	var forbidden, fine []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		switch good := strings.HasPrefix(s.Name, "TLS_ECDHE_") && (strings.Contains(s.Name, "_GCM_") || strings.Contains(s.Name, "CHACHA20")); {
		case s.SupportedVersions[0] == tls.VersionTLS13:
		case good:
			fine = append(fine, s.ID)
		default:
			forbidden = append(forbidden, s.ID)
		}
	}
	if _, err := w.dial(t, func(c *tls.Config) { c.MaxVersion, c.CipherSuites = tls.VersionTLS12, fine }); err != nil {
		t.Errorf("with the suites that are allowed: %v", err)
	}
	if conn, err := w.dial(t, func(c *tls.Config) { c.MaxVersion, c.CipherSuites = tls.VersionTLS12, forbidden }); err == nil {
		t.Errorf("%s is taken", tls.CipherSuiteName(conn.ConnectionState().CipherSuite))
	}
}

// 8.2.2: HTTP Basic.
func TestAssertion06(t *testing.T) {
	w := shared(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://x/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth("alice", alicePassword)
	w.want(t, http.StatusOK, call{
		path: "collections/" + open + "/objects/", token: "-", header: map[string]string{"Authorization": req.Header.Get("Authorization")},
	})
}

// 1.6.9: without credentials, and with wrong ones, 401 and WWW-Authenticate.
func TestAssertion07(t *testing.T) {
	w := shared(t)
	wrong := map[string]string{
		"none": "", "token": "Bearer ent_unknown", "empty token": "Bearer ", "password": "Basic YWxpY2U6d3JvbmcgcGFzc3dvcmQ=",
		"user": "Basic bm9ib2R5OmhlcmU=", "no base64": "Basic %%%", "no colon": "Basic YWxpY2U=", "scheme": "Digest username=alice", "nothing": "x",
	}
	for name, authorization := range wrong {
		for _, c := range protected {
			c.token = "-"
			if authorization != "" {
				c.header = map[string]string{"Authorization": authorization}
			}
			r := w.want(t, http.StatusUnauthorized, c)
			challenges := strings.Join(r.header.Values("Www-Authenticate"), ", ")
			if !strings.Contains(challenges, "Basic realm=") || !strings.Contains(challenges, "Bearer") {
				t.Errorf("%s: %s %s: WWW-Authenticate is %q", name, c.method, c.path, challenges)
			}
		}
		if name != "none" { // what is public is no reason to take wrong credentials
			w.want(t, http.StatusUnauthorized, call{path: "/taxii2/", token: "-", header: map[string]string{"Authorization": authorization}})
		}
	}
	w.want(t, http.StatusOK, call{path: "collections/" + public + "/objects/", token: "-"})
}

// 8.2.1: no User-Agent is no reason to refuse.
func TestAssertion08(t *testing.T) {
	w := shared(t)
	conn, err := w.dial(t, func(*tls.Config) {})
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Write([]byte("GET /taxii2/ HTTP/1.1\r\nHost: localhost\r\nAccept: " + mediaType + "\r\nAuthorization: Bearer " + aliceToken + "\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("%s", res.Status)
	}
}

// 1.6.7: JSON is I-JSON. Every answer of these tests is looked at (reply.wrong); here is what is received.
func TestAssertion09(t *testing.T) {
	w := fresh(t)
	twice := strings.Replace(indicator(50), `"type":`, `"type":"malware","type":`, 1)
	if s := w.post(t, open, twice, indicator(51)); s.Success != 1 || s.Failure != 1 {
		t.Errorf("an object with a name twice beside a good one: %+v", s)
	}
	for name, body := range map[string]string{
		"no UTF-8":   "{\"objects\":[{\"type\":\"identity\",\"name\":\"\xff\"}],\"\xff\":1}",
		"name twice": `{"objects":[` + indicator(52) + `],"objects":[` + indicator(53) + `]}`,
	} {
		r := w.do(t, call{method: http.MethodPost, path: "collections/" + open + "/objects/", body: body})
		if r.status == http.StatusAccepted {
			var s status
			r.into(t, &s)
			if s.Success != 0 {
				t.Errorf("%s: %d objects are taken", name, s.Success)
			}
		} else if r.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, r.status)
		}
	}
}
