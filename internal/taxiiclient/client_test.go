package taxiiclient

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestNewRefusesWhatCannotBeMeant(t *testing.T) {
	for url, want := range map[string]string{
		"":                              "missing",
		"http://taxii.example.org/":     "not https",
		"ftp://taxii.example.org/":      "begins with https://",
		"https://u:secret@example.org/": "no user or password",
		"https:///x":                    "names no host",
		"https://example.org/?x=1":      "leave out",
		"https://exa mple.org/%zz":      "no URL",
	} {
		_, err := New(Config{URL: url})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", url, err)
		}
	}
	for _, url := range []string{"example.org", "https://example.org/a/b", "http://127.0.0.1:99/", "http://[::1]/", "http://localhost/"} {
		if _, err := New(Config{URL: url}); err != nil {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := New(Config{URL: "example.org", Token: "x", User: "y"}); err == nil {
		t.Error("a token and a user are taken together")
	}
	for _, bad := range []TLS{{CA: []byte("x")}, {Cert: []byte("x")}, {Pin: "ab"}, {Pin: strings.Repeat("x", 64)}} {
		if _, err := New(Config{URL: "example.org", TLS: bad}); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

func TestDiscoverAndFind(t *testing.T) {
	f := newFake(t)
	for _, path := range []string{"", "/", "/taxii2/", "/taxii2"} {
		c := f.client(t, func(c *Config) { c.URL += path })
		d, err := c.Discover(t.Context())
		if err != nil || d.Title != "Fake" || d.Default != f.URL+"/api/" || len(d.APIRoots) != 2 || d.APIRoots[0] != f.URL+"/api/" {
			t.Errorf("%q: %+v, %v", path, d, err)
		}
		if !c.Foreign(d.APIRoots[1]) || c.Foreign(d.APIRoots[0]) {
			t.Errorf("%q: which API root is foreign?", path)
		}
	}
	for _, test := range []struct{ path, name string }{
		{"", ""},
		{"", "ind"},
		{"", fakeCollection},
		{"", strings.ToUpper(fakeCollection)},
		{"", "Indicators"},
		{"/api/", "ind"},
		{"/api", ""},
		{"/api/collections/" + fakeCollection, ""},
		{"/api/collections/" + fakeCollection + "/objects/", ""},
		{"/api/collections/ind/", ""},
	} {
		c := f.client(t, func(c *Config) { c.URL += test.path })
		root, col, err := c.Find(t.Context(), test.name, true)
		if err != nil || root.MaxContentLength != f.maxLength || col.URL != f.URL+"/api/collections/"+fakeCollection+"/" || !col.CanRead {
			t.Errorf("%+v: %+v %+v, %v", test, root, col, err)
		}
	}
	c := f.client(t)
	_, _, err := c.Find(t.Context(), "other", false)
	if err == nil || !strings.Contains(err.Error(), "Indicators") || !strings.Contains(err.Error(), "elsewhere.example") {
		t.Errorf("the error does not say what there is: %v", err)
	}
	if _, err := c.Root(t.Context(), "https://elsewhere.example/api/"); err == nil || !strings.Contains(err.Error(), "another server") {
		t.Errorf("an API root elsewhere: %v", err)
	}
	_, err = c.Root(t.Context(), "/none/")
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Status != 404 || strings.Contains(err.Error(), "\x1b") {
		t.Errorf("an API root that is not there: %v", err)
	}
}

// A collection stays reachable where its API root and the list of collections are closed.
func TestFindWithoutRoot(t *testing.T) {
	f := newFake(t)
	f.hook = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/api/" || r.URL.Path == "/api/collections/" {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	}
	c := f.client(t, func(c *Config) { c.URL += "/api/collections/" + fakeCollection + "/" })
	_, col, err := c.Find(t.Context(), "", false)
	if err != nil || col.Title != "Indicators" {
		t.Errorf("%+v, %v", col, err)
	}
}

func TestIdentifiersDoNotLeadElsewhere(t *testing.T) {
	u, err := under("https://example.org/api", "collections", "a/../../b?x#y z")
	if err != nil || u.String() != "https://example.org/api/collections/a%2F..%2F..%2Fb%3Fx%23y%20z/" {
		t.Errorf("%v, %v", u, err)
	}
	for _, bad := range []string{"", ".", "..", "a\nb", strings.Repeat("x", 600)} {
		if u, err := under("https://example.org/", bad); err == nil {
			t.Errorf("%q becomes %v", bad, u)
		}
	}
}

func TestCredentials(t *testing.T) {
	for want, set := range map[string]func(*Config){
		"":                       func(*Config) {},
		"Bearer tok":             func(c *Config) { c.Token = "tok" },
		"Basic YWxpOnNlY3JldA==": func(c *Config) { c.User, c.Password = "ali", "secret" },
	} {
		f := newFake(t)
		got := "nothing"
		f.hook = func(_ http.ResponseWriter, r *http.Request) bool {
			got = r.Header.Get("Authorization")
			return false
		}
		if _, err := f.client(t, set).Discover(t.Context()); err != nil || got != want {
			t.Errorf("sent %q, want %q: %v", got, want, err)
		}
	}
}

func TestRedirects(t *testing.T) {
	other := newFake(t)
	for name, test := range map[string]struct {
		to   string
		code int
		want string
	}{
		"within the server": {"/api2/", http.StatusMovedPermanently, ""},
		"to another server": {other.URL + "/api/", http.StatusFound, "credentials are not sent"},
		"in circles":        {"/api/", http.StatusFound, "in circles"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.hook = func(w http.ResponseWriter, r *http.Request) bool {
				switch r.URL.Path {
				case "/api/":
					http.Redirect(w, r, test.to, test.code)
				case "/api2/":
					w.Header().Set("Content-Type", mediaType)
					fmt.Fprint(w, `{"title":"moved","versions":["x"]}`)
				default:
					return false
				}
				return true
			}
			_, err := f.client(t, func(c *Config) { c.Token = "tok" }).Root(t.Context(), "/api/")
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if n := len(f.seen()); n > 6 {
				t.Errorf("%d requests", n)
			}
		})
	}
	if n := len(other.seen()); n != 0 {
		t.Errorf("the other server got %d requests", n)
	}
}

func TestTLS(t *testing.T) {
	f := &fake{next: true, maxLength: 100}
	f.Server = httptest.NewUnstartedServer(f)
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.StartTLS()
	defer f.Close()
	cert := f.Certificate()
	sum := sha256.Sum256(cert.Raw)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	for name, test := range map[string]struct {
		tls  TLS
		want string
	}{
		"unknown":   {TLS{}, "certificate"},
		"authority": {TLS{CA: ca}, ""},
		"pin":       {TLS{Pin: hex.EncodeToString(sum[:])}, ""},
		"wrong pin": {TLS{Pin: strings.Repeat("0", 64)}, "another certificate"},
	} {
		tries := 0
		_, err := f.client(t, func(c *Config) {
			c.TLS = test.tls
			c.OnWait = func(error, time.Duration) { tries++ }
		}).Discover(t.Context())
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v", name, err)
		}
		if tries > 0 {
			t.Errorf("%s: tried again", name)
		}
	}
}

func TestNoUseInTryingAgain(t *testing.T) {
	for _, code := range []int{400, 401, 403, 404, 406, 413, 415, 422} {
		f := newFake(t)
		f.hook = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(code); return true }
		_, err := f.client(t).Discover(t.Context())
		if e, ok := errors.AsType[*Error](err); !ok || e.Status != code || len(f.seen()) != 1 {
			t.Errorf("%d: %v after %d requests", code, err, len(f.seen()))
		}
	}
	// A server that wants to be left alone for long gets its wish, and the caller hears of it.
	f := newFake(t)
	f.hook = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	_, err := f.client(t).Discover(t.Context())
	if e, ok := errors.AsType[*Error](err); !ok || e.RetryAfter != time.Hour || len(f.seen()) != 1 {
		t.Errorf("%v after %d requests", err, len(f.seen()))
	}
	// And one that fails for ever is asked Tries times.
	f = newFake(t)
	f.hook = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusBadGateway); return true }
	if _, err := f.client(t).Discover(t.Context()); err == nil || len(f.seen()) != 5 {
		t.Errorf("%v after %d requests", err, len(f.seen()))
	}
}

// A server that says nothing, and one that drips, are left.
func TestSlowServers(t *testing.T) {
	for name, slow := range map[string]func(w http.ResponseWriter, r *http.Request){
		"silent": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"dripping": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", mediaType)
			for r.Context().Err() == nil {
				_, _ = w.Write([]byte(" "))
				_ = http.NewResponseController(w).Flush()
				time.Sleep(5 * time.Millisecond)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.hook = func(w http.ResponseWriter, r *http.Request) bool { slow(w, r); return true }
			c := f.client(t, func(c *Config) { c.Timeout, c.Tries = 100*time.Millisecond, 2 })
			if _, err := c.Discover(t.Context()); !errors.Is(err, errSlow) {
				t.Errorf("%v", err)
			}
			if n := len(f.seen()); n != 2 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2021, 7, 19, 0, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "-1": 0, "soon": 0, "99999999999999": 1000 * time.Hour,
		"Mon, 19 Jul 2021 00:01:00 GMT": time.Minute, "Mon, 19 Jul 2020 00:01:00 GMT": 0, "Fri, 31 Dec 9999 00:01:00 GMT": 1000 * time.Hour,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
	for tries := 1; tries < 100; tries++ {
		if d := backoff(time.Second, time.Minute, tries); d <= 0 || d > time.Minute {
			t.Errorf("after %d tries: %s", tries, d)
		}
	}
}
