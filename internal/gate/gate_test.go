package gate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"entente/internal/exchange"
	"entente/internal/store"
)

type door struct {
	st    *store.Store
	ex    *exchange.Service
	user  store.User
	token string
}

func newDoor(t *testing.T) *door {
	t.Helper()
	ctx := t.Context()
	st, err := store.Create(ctx, store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	org, err := st.CreateOrg(ctx, store.Org{Name: "Alpha"})
	if err != nil {
		t.Fatal(err)
	}
	password, err := exchange.HashPassword("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	user, err := st.CreateUser(ctx, store.User{Org: org.ID, Name: "alice", Roles: store.Reader, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	secret, hash := exchange.NewToken()
	if _, err := st.CreateToken(ctx, store.Token{User: user.ID, Hash: hash, Scopes: store.ScopeRead}); err != nil {
		t.Fatal(err)
	}
	return &door{st: st, ex: exchange.New(st, exchange.Options{}), user: user, token: secret}
}

func request(t *testing.T, remote string, change func(*http.Request)) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	r.RemoteAddr = remote + ":4711"
	if change != nil {
		change(r)
	}
	return r
}

func authorization(value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", value) }
}

func TestEnter(t *testing.T) {
	d := newDoor(t)
	g := New(d.ex, Options{})
	basic := func(name, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(name, password) }
	}
	for _, c := range []struct {
		name   string
		change func(*http.Request)
		user   string // "" is anonymous
		wrong  bool
	}{
		{"nothing", nil, "", false},
		{"token", authorization("Bearer " + d.token), "alice", false},
		{"token, other letters", authorization("bEARER  " + d.token + " "), "alice", false},
		{"token, as some clients say it", authorization("Token " + d.token), "alice", false},
		{"password", basic("alice", "correct horse"), "alice", false},
		{"wrong token", authorization("Bearer " + d.token + "x"), "", true},
		{"no token", authorization("Bearer"), "", true},
		{"wrong password", basic("alice", "correct house"), "", true},
		{"wrong user", basic("bob", "correct horse"), "", true},
		{"no user", basic("", "correct horse"), "", true},
		{"no password", basic("alice", ""), "", true},
		{"another scheme", authorization("Negotiate abc"), "", true},
		{"nothing in it", authorization(""), "", true},
		{"two of them", func(r *http.Request) {
			r.Header.Add("Authorization", "Bearer "+d.token)
			r.Header.Add("Authorization", "Bearer "+d.token)
		}, "", true},
		{"token as password", basic("alice", d.token), "", true},
	} {
		p, err := g.Enter(request(t, "192.0.2.1", c.change))
		if c.wrong != errors.Is(err, exchange.ErrUnauthenticated) || p.UserName != c.user {
			t.Errorf("%s: %q, %v", c.name, p.UserName, err)
		}
		if err == nil && p.Remote != "192.0.2.1" {
			t.Errorf("%s: remote %q", c.name, p.Remote)
		}
	}
	if refused, _ := g.Counts(); refused != 10 {
		t.Errorf("%d refused", refused)
	}
	if _, err := New(d.ex, Options{NoBasic: true}).Enter(request(t, "192.0.2.1", basic("alice", "correct horse"))); !errors.Is(err, exchange.ErrUnauthenticated) {
		t.Errorf("Basic that is switched off: %v", err)
	}
}

func TestEnterWithCertificate(t *testing.T) {
	d := newDoor(t)
	g := New(d.ex, Options{})
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	shown := func(r *http.Request) { r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}} }
	if _, err := g.Enter(request(t, "192.0.2.1", shown)); !errors.Is(err, exchange.ErrUnauthenticated) {
		t.Errorf("a certificate of nobody: %v", err)
	}
	d.user.Cert = exchange.CertificateKey(cert)
	if err := d.st.UpdateUser(t.Context(), d.user); err != nil {
		t.Fatal(err)
	}
	if p, err := g.Enter(request(t, "192.0.2.1", shown)); err != nil || p.UserName != "alice" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := g.Enter(request(t, "192.0.2.1", func(r *http.Request) { shown(r); r.Header.Set("Authorization", "Bearer no") })); !errors.Is(err, exchange.ErrUnauthenticated) {
		t.Errorf("a good certificate and a wrong token: %v", err)
	}
}

func TestLimits(t *testing.T) {
	d := newDoor(t)
	now := time.Now()
	g := New(d.ex, Options{Rate: 1, Burst: 3, FailureRate: 1, FailureBurst: 2, Now: func() time.Time { return now }})
	enter := func(remote string, change func(*http.Request)) error {
		_, err := g.Enter(request(t, remote, change))
		return err
	}
	held := func(err error) bool {
		many, ok := errors.AsType[*TooManyError](err)
		return ok && many.After > 0 && many.After <= time.Second
	}
	token := authorization("Bearer " + d.token)
	for i := range 3 {
		if err := enter("192.0.2.1", token); err != nil {
			t.Errorf("request %d: %v", i, err)
		}
	}
	if err := enter("192.0.2.2", token); !held(err) {
		t.Errorf("the token from another address: %v", err)
	}
	if err := enter("192.0.2.1", nil); err != nil {
		t.Errorf("an anonymous caller from the address: %v", err)
	}
	for range 2 {
		if err := enter("192.0.2.3", authorization("Bearer wrong")); !errors.Is(err, exchange.ErrUnauthenticated) {
			t.Error(err)
		}
	}
	now = now.Add(750 * time.Millisecond)
	if err := enter("192.0.2.3", authorization("Bearer wrong")); !held(err) {
		t.Errorf("a third wrong token: %v", err)
	}
	if err := enter("192.0.2.3", nil); err != nil {
		t.Errorf("nobody at the address of somebody's mistakes: %v", err)
	}
	now = now.Add(time.Second / 4) // the bucket of the token has one again
	if err := enter("192.0.2.3", token); err != nil {
		t.Errorf("a right token at the address of somebody's mistakes: %v", err)
	}
	if err := enter("192.0.2.4", authorization("Bearer wrong")); !errors.Is(err, exchange.ErrUnauthenticated) {
		t.Errorf("from another address: %v", err)
	}
	now = now.Add(2 * time.Second)
	if err := enter("192.0.2.3", token); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

// TestPasswordsWait: after mistakes at an address its passwords wait, right ones too, but for those that were right a moment ago.
func TestPasswordsWait(t *testing.T) {
	d := newDoor(t)
	now := time.Now()
	clock := func() time.Time { return now }
	ex := exchange.New(d.st, exchange.Options{Now: clock})
	g := New(ex, Options{FailureRate: 1, FailureBurst: 2, Now: clock})
	enter := func(remote, password string) error {
		_, err := g.Enter(request(t, remote, func(r *http.Request) { r.SetBasicAuth("alice", password) }))
		return err
	}
	held := func(err error) bool {
		_, ok := errors.AsType[*TooManyError](err)
		return ok
	}
	for range 2 {
		if err := enter("192.0.2.1", "wrong"); !errors.Is(err, exchange.ErrUnauthenticated) {
			t.Fatal(err)
		}
	}
	if err := enter("192.0.2.1", "correct horse"); !held(err) {
		t.Errorf("a right password after wrong ones: %v", err)
	}
	if err := enter("192.0.2.2", "correct horse"); err != nil {
		t.Errorf("from another address: %v", err)
	}
	if err := enter("192.0.2.1", "correct horse"); err != nil {
		t.Errorf("a password that was right a moment ago: %v", err)
	}
	if err := enter("192.0.2.1", "correct house"); !held(err) {
		t.Errorf("another wrong one: %v", err)
	}
}

func TestRemote(t *testing.T) {
	g := New(nil, Options{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	for _, c := range []struct{ from, forwarded, want string }{
		{"192.0.2.1:1", "", "192.0.2.1"},
		{"192.0.2.1:1", "198.51.100.1", "192.0.2.1"},
		{"10.1.1.1:1", "", "10.1.1.1"},
		{"10.1.1.1:1", "198.51.100.1", "198.51.100.1"},
		{"10.1.1.1:1", "203.0.113.9, 198.51.100.1", "198.51.100.1"},
		{"10.1.1.1:1", "203.0.113.9, 198.51.100.1,10.2.2.2", "198.51.100.1"},
		{"10.1.1.1:1", "made up", "10.1.1.1"},
		{"10.1.1.1:1", "made up, 10.3.3.3", "10.3.3.3"},
		{"[::1]:1", "2001:db8::1", "2001:db8::1"},
		{"[::ffff:10.1.1.1]:1", "198.51.100.1", "198.51.100.1"},
	} {
		r := &http.Request{RemoteAddr: c.from, Header: http.Header{}}
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := g.Remote(r); got != c.want {
			t.Errorf("%s, %q: %s, want %s", c.from, c.forwarded, got, c.want)
		}
	}
}
