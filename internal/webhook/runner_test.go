package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/internal/exchange"
	"entente/internal/store"
)

// world is a node with an analyst and a receiver.
type world struct {
	*testing.T
	dir    string
	st     *store.Store
	ex     *exchange.Service
	ann    exchange.Principal // publisher of Alpha, which owns the collection
	bea    exchange.Principal // analyst of Beta, with a clearance of green
	shared exchange.CollectionView
	beta   store.Org
	server *httptest.Server

	mu     sync.Mutex
	got    []Message
	answer func(w http.ResponseWriter, r *http.Request) // nil: 204
	seen   func(Message)                                // what is not taken
	secret string
}

var sealing = []byte("0123456789abcdef0123456789abcdef")

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ctx := t.Context()
	w := &world{T: t, dir: t.TempDir(), secret: "a secret of the receiver"}
	w.st = must[*store.Store](t)(store.Create(ctx, store.Config{Dir: w.dir}))
	w.ex = exchange.New(w.st, exchange.Options{SealingKey: sealing})
	alpha := must[store.Org](t)(w.st.CreateOrg(ctx, store.Org{Name: "Alpha", Clearance: store.AmberStrict}))
	w.beta = must[store.Org](t)(w.st.CreateOrg(ctx, store.Org{Name: "Beta", Clearance: store.Green}))
	w.ann = w.user("ann", alpha, store.Publisher)
	w.bea = w.user("bea", w.beta, store.Analyst)
	root := must[store.Root](t)(w.st.CreateRoot(ctx, store.Root{Path: "trust"}))
	c := must[store.Collection](t)(w.st.CreateCollection(ctx, store.Collection{Root: root.ID, Alias: "shared", Owner: alpha.ID, Label: store.Amber}))
	w.must(w.st.SetRights(ctx, store.Rights{Collection: c.ID, Org: alpha.ID, Read: true, Write: true}))
	w.must(w.st.SetRights(ctx, store.Rights{Collection: c.ID, Org: w.beta.ID, Read: true}))
	w.shared = must[exchange.CollectionView](t)(w.ex.Collection(ctx, w.ann, root, "shared"))
	w.server = httptest.NewTLSServer(http.HandlerFunc(w.receive))
	t.Cleanup(func() {
		w.server.Close()
		_ = w.ex.Close(context.WithoutCancel(ctx))
		_ = w.st.Close()
	})
	return w
}

func (w *world) user(name string, org store.Org, roles store.Roles) exchange.Principal {
	u := must[store.User](w.T)(w.st.CreateUser(w.Context(), store.User{Org: org.ID, Name: name, Roles: roles}))
	return must[exchange.Principal](w.T)(w.ex.Renew(w.Context(), exchange.Principal{Caller: store.Caller{User: u.ID, Org: org.ID}}))
}

// receive is the receiver: it checks the signature as the documentation says.
func (w *world) receive(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil { // a runner that was stopped
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var at, sum string
	for part := range strings.SplitSeq(r.Header.Get("Entente-Signature"), ",") {
		name, value, _ := strings.Cut(part, "=")
		switch name {
		case "t":
			at = value
		case "v1":
			sum = value
		}
	}
	mac := hmac.New(sha256.New, []byte(w.secret))
	mac.Write([]byte(at + "." + string(body)))
	if at == "" || hex.EncodeToString(mac.Sum(nil)) != sum {
		w.Errorf("the signature %q is wrong", r.Header.Get("Entente-Signature"))
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || strings.Contains(string(body), "secret") {
		w.Errorf("%s %s: %s", r.Method, r.Header, body)
	}
	var m Message
	if w.answer != nil {
		if w.seen != nil && json.Unmarshal(body, &m) == nil {
			w.seen(m)
		}
		w.answer(rw, r)
		return
	}
	if err := json.Unmarshal(body, &m); err != nil || m.Delivery != r.Header.Get("Entente-Delivery") || len(m.Events) == 0 {
		w.Errorf("%v: %s", err, body)
	}
	w.got = append(w.got, m)
	rw.WriteHeader(http.StatusNoContent)
}

func (w *world) answers(f func(w http.ResponseWriter, r *http.Request)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = f
}

func status(code int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// heard are the objects of which the receiver has heard, each once, in order: what was taken when a runner was stopped may be
// said again.
func (w *world) heard() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, m := range w.got {
		for _, e := range m.Events {
			if n := strings.TrimLeft(e.ID[len("tool--"):][:8], "0"); !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return strings.Join(out, " ")
}

// run runs a runner until stop is called.
func (w *world) run(change func(*Options)) (stop func()) {
	w.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(w.server.Certificate())
	opt := Options{
		Every: time.Millisecond, First: time.Millisecond, Most: 5 * time.Millisecond, Roots: roots,
		Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")},
	}
	if change != nil {
		change(&opt)
	}
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		New(w.ex, opt).Run(ctx)
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	w.Cleanup(stop)
	return stop
}

func (w *world) hook(p exchange.Principal, url string) exchange.Webhook {
	w.Helper()
	h, made, err := w.ex.AddWebhook(w.Context(), p, exchange.Webhook{URL: url}, w.secret)
	if err != nil || made != "" {
		w.Fatal(made, err)
	}
	return h
}

func (w *world) state() exchange.Webhook {
	w.Helper()
	all := must[[]exchange.Webhook](w.T)(w.ex.Webhooks(w.Context(), w.bea))
	if len(all) != 1 {
		w.Fatalf("%+v", all)
	}
	return all[0]
}

var marks = map[string]string{
	"clear": "94868c89-83c2-464b-929b-a1a8aa3c8487", "green": "bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "amber": "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
}

func (w *world) submit(label string, numbers ...int) {
	w.Helper()
	var objects []string
	for _, n := range numbers {
		objects = append(objects, fmt.Sprintf(`{"type":"tool","spec_version":"2.1","id":"tool--%08d-1111-4111-8111-111111111111","created":"2024-01-01T00:00:00.000Z",`+
			`"modified":"2024-01-01T00:00:00.000Z","name":"secret","object_marking_refs":["marking-definition--%s"]}`, n, marks[label]))
	}
	st, err := w.ex.Submit(w.Context(), w.ann, w.shared, strings.NewReader(`{"objects":[`+strings.Join(objects, ",")+`]}`), exchange.SubmitOptions{})
	if err != nil || st.SuccessCount != len(numbers) {
		w.Fatalf("%v %+v", err, st)
	}
}

// soon waits until something is so.
func (w *world) soon(what string, so func() bool) {
	w.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); {
		if time.Now().After(end) {
			w.Fatalf("not in time: %s; heard %q, %+v", what, w.heard(), w.state())
		}
		time.Sleep(time.Millisecond)
	}
}

func (w *world) hears(want string) {
	w.Helper()
	w.soon("hears "+want, func() bool { return w.heard() == want })
}

func TestDelivery(t *testing.T) {
	w := newWorld(t)
	w.submit("clear", 1)
	w.hook(w.bea, w.server.URL+"/hook?key=value")
	stop := w.run(nil)
	w.submit("clear", 2)
	w.submit("amber", 3)
	w.submit("green", 4)
	w.hears("2 4")
	w.soon("the state is kept", func() bool { return !w.state().State.Delivered.IsZero() })
	stop()
	w.submit("clear", 5) // while nobody runs
	defer w.run(nil)()
	w.hears("2 4 5")
}

// Hundreds of events go in messages of a hundred.
func TestManyEvents(t *testing.T) {
	w := newWorld(t)
	w.hook(w.bea, w.server.URL)
	var numbers []int
	var want []string
	for n := 1; n <= 250; n++ {
		numbers = append(numbers, n)
		want = append(want, fmt.Sprint(n))
	}
	w.submit("clear", numbers...)
	w.run(nil)
	w.hears(strings.Join(want, " "))
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.got) != 3 { // no event is said twice where nothing goes wrong
		t.Errorf("%d messages", len(w.got))
	}
}

// While nothing goes wrong, nothing is said twice, however fast it comes.
func TestNothingTwice(t *testing.T) {
	w := newWorld(t)
	w.hook(w.bea, w.server.URL)
	w.run(nil)
	const n = 60
	var want []string
	for i := 1; i <= n; i++ {
		w.submit("clear", i)
		want = append(want, fmt.Sprint(i))
	}
	w.hears(strings.Join(want, " "))
	w.mu.Lock()
	defer w.mu.Unlock()
	events := 0
	for _, m := range w.got {
		events += len(m.Events)
	}
	if events != n {
		t.Errorf("%d events were told %d times", n, events)
	}
}

// What is not taken is said again, in whatever way it was not; a webhook that is down keeps nobody else waiting.
func TestFailures(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"500": status(500), "404": status(404), "101 or nothing": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"a redirection": func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "/other", http.StatusTemporaryRedirect)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.answers(answer)
			w.hook(w.bea, w.server.URL)
			stop := w.run(nil)
			w.submit("clear", 1)
			w.soon("fails", func() bool { return w.state().State.Failures >= 3 })
			if s := w.state().State; s.Error == "" || strings.Contains(s.Error, w.server.URL) || s.Failed.IsZero() {
				t.Errorf("%+v", s)
			}
			stop()
			w.answers(nil)
			w.run(nil)
			w.hears("1")
			w.soon("the state is good again", func() bool { s := w.state().State; return s.Failures == 0 && s.Error == "" })
		})
	}
}

// What is said again is the same message, also where more is new by then, which comes after it.
func TestSaidAgainIsTheSame(t *testing.T) {
	w := newWorld(t)
	var lost []Message
	w.answers(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusBadGateway) })
	w.seen = func(m Message) { lost = append(lost, m) }
	w.hook(w.bea, w.server.URL)
	w.submit("clear", 1, 2)
	w.run(nil)
	w.soon("fails twice", func() bool { return w.state().State.Failures >= 2 })
	w.submit("clear", 3)
	failures := w.state().State.Failures
	w.soon("fails again", func() bool { return w.state().State.Failures >= failures+2 })
	w.answers(nil)
	w.hears("1 2 3")
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, m := range append(lost, w.got[0]) {
		if m.Delivery != lost[0].Delivery || !slices.Equal(m.Events, lost[0].Events) || len(m.Events) != 2 {
			t.Errorf("attempt %d: %+v, not %+v", i, m, lost[0])
		}
	}
	if len(w.got) != 2 || w.got[1].Delivery == lost[0].Delivery {
		t.Errorf("%+v", w.got)
	}
}

func TestGone(t *testing.T) {
	w := newWorld(t)
	w.answers(status(http.StatusGone))
	h := w.hook(w.bea, w.server.URL)
	w.run(nil)
	w.submit("clear", 1)
	w.soon("rests", func() bool { return w.state().Disabled })
	w.answers(nil)
	w.submit("clear", 2)
	w.must(w.ex.DisableWebhook(t.Context(), w.bea, h.ID, false))
	w.hears("1 2")
	w.must(w.ex.DisableWebhook(t.Context(), w.bea, h.ID, true))
	w.submit("clear", 3)
	w.must(w.ex.RemoveWebhook(t.Context(), w.bea, h.ID))
	if all := must[[]exchange.Webhook](t)(w.ex.Webhooks(t.Context(), w.bea)); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

// What is withdrawn before a message was taken is not in the next attempt.
func TestRightsOfTheMoment(t *testing.T) {
	w := newWorld(t)
	w.answers(status(500))
	w.hook(w.bea, w.server.URL)
	stop := w.run(nil)
	w.submit("clear", 1)
	w.submit("green", 2)
	w.soon("fails", func() bool { return w.state().State.Failures >= 1 })
	stop() // no message is on its way
	w.beta.Clearance = store.Clear
	w.must(w.st.UpdateOrg(t.Context(), w.beta))
	w.answers(nil)
	w.run(nil)
	w.hears("1")
	u := must[store.User](t)(w.st.User(t.Context(), w.bea.User))
	u.Roles = store.Reader // who may have no webhooks
	w.must(w.st.UpdateUser(t.Context(), u))
	w.submit("clear", 3)
	all := func() exchange.Webhook {
		return must[[]exchange.Webhook](t)(w.ex.OpenWebhooks(t.Context()))[0]
	}
	w.bea.Roles = store.Analyst
	w.soon("fails", func() bool { return all().State.Failures >= 1 })
	if h := w.heard(); h != "1" {
		t.Errorf("heard %s", h)
	}
}

// No name and no address leads to where the configuration does not allow it.
func TestReach(t *testing.T) {
	w := newWorld(t)
	w.answers(func(http.ResponseWriter, *http.Request) { t.Error("the receiver was reached") })
	for _, url := range []string{w.server.URL, strings.Replace(w.server.URL, "127.0.0.1", "localhost", 1)} {
		w.hook(w.bea, url)
	}
	w.run(func(o *Options) { o.Networks = nil })
	w.submit("clear", 1)
	w.soon("refused", func() bool {
		all := must[[]exchange.Webhook](t)(w.ex.Webhooks(t.Context(), w.bea))
		return !slices.ContainsFunc(all, func(h exchange.Webhook) bool { return !strings.Contains(h.State.Error, "webhook_networks") })
	})
}

// What the user of a webhook hears of a failure says nothing of addresses inside the network.
func TestExplain(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ url, want string }{
		{"https://127.0.0.1:1/", "no connection"},
		{strings.Replace(w.server.URL, "127.0.0.1", "localhost", 1), "certificate"},
	} {
		r := New(w.ex, Options{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}, Roots: x509.NewCertPool()})
		err := r.send(t.Context(), c.url, "secret", Message{})
		if got := told(err); !strings.Contains(got, c.want) || strings.Contains(got, "127.0.0.1") {
			t.Errorf("%s: %s (%v)", c.url, got, err)
		}
	}
	if got := explain(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", IsNotFound: true}}); !strings.Contains(got, "resolved") {
		t.Error(got)
	}
	if got := told(errors.New("SELECT")); strings.Contains(got, "SELECT") {
		t.Error(got)
	}
}

func TestAddresses(t *testing.T) {
	r := reach{[]netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fd00:1::/32")}}
	for _, c := range []struct {
		addr       string
		tls, plain bool
	}{
		{"93.184.215.14", true, false},
		{"2606:2800:21f:cb07::1", true, false},
		{"8.8.8.8", true, false},
		{"10.1.2.3", true, true},
		{"fd00:1::5", true, true},
		{"::ffff:10.1.2.3", true, true},
		{"10.2.0.1", false, false},
		{"127.0.0.1", false, false},
		{"::1", false, false},
		{"0.0.0.0", false, false},
		{"::", false, false},
		{"169.254.169.254", false, false},
		{"fe80::1%eth0", false, false},
		{"192.168.1.1", false, false},
		{"172.31.255.255", false, false},
		{"100.64.0.1", false, false},
		{"::ffff:127.0.0.1", false, false},
		{"::ffff:169.254.169.254", false, false},
		{"64:ff9b::7f00:1", false, false},
		{"2002:7f00:1::", false, false},
		{"fd00:2::1", false, false},
		{"fc00::1", false, false},
		{"ff02::1", false, false},
		{"224.0.0.1", false, false},
		{"255.255.255.255", false, false},
		{"198.18.0.1", false, false},
		{"::127.0.0.1", false, false},
		{"2001::1", false, false},
		{"fec0::1", false, false},
	} {
		a := netip.MustParseAddr(c.addr)
		if got := r.allows(a, false) == nil; got != c.tls {
			t.Errorf("%s: %v", a, got)
		}
		if got := r.allows(a, true) == nil; got != c.plain {
			t.Errorf("%s without TLS: %v", a, got)
		}
	}
}

// Two nodes of one store tell every event, and none goes on where it must not.
func TestTwoNodes(t *testing.T) {
	w := newWorld(t)
	w.hook(w.bea, w.server.URL)
	w.run(nil)
	w.run(nil)
	for n := 1; n <= 20; n++ {
		w.submit("clear", n)
	}
	w.soon("all are told", func() bool {
		heard := strings.Fields(w.heard())
		for n := 1; n <= 20; n++ {
			if !slices.Contains(heard, fmt.Sprint(n)) {
				return false
			}
		}
		return true
	})
}

// A node with another key cannot read the secrets of webhooks, and says so.
func TestSealed(t *testing.T) {
	w := newWorld(t)
	w.hook(w.bea, w.server.URL)
	raw := must[[]store.Webhook](t)(w.st.Webhooks(t.Context(), 0))[0]
	if strings.Contains(string(raw.Secret), w.secret) {
		t.Error("the secret lies in the store in the clear")
	}
	other := exchange.New(w.st, exchange.Options{SealingKey: []byte(strings.Repeat("x", 32))})
	if _, err := other.WebhookSecret(w.state()); err == nil {
		t.Error("another key opens the secret")
	}
	if _, _, err := exchange.New(w.st, exchange.Options{}).AddWebhook(t.Context(), w.bea, exchange.Webhook{URL: "https://example.org"}, ""); !errors.Is(err, exchange.ErrForbidden) {
		t.Errorf("without a key: %v", err)
	}
	moved := w.state()
	moved.URL = "https://attacker.example"
	if _, err := w.ex.WebhookSecret(moved); err == nil {
		t.Error("the secret goes along to another address")
	}
}

// Addresses that are never sent to are told before anything is sent; of names nothing is said.
func TestCheckURL(t *testing.T) {
	r := New(nil, Options{Networks: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}})
	for _, url := range []string{
		"https://127.0.0.1/", "https://192.168.1.1:8443/x", "https://[::1]/", "https://[fe80::1%25eth0]/", "https://[::ffff:10.0.0.1]/", "http://192.0.9.9/",
		"https://localhost/", "https://LocalHost.:1/", "https://a.localhost/", "https://169.254.169.254/latest", "https://10.2.0.1/",
	} {
		if err := r.CheckURL(url); err == nil {
			t.Errorf("%s is allowed", url)
		}
	}
	for _, url := range []string{"https://example.org/", "https://10.1.2.3/", "http://10.1.2.3/", "https://8.8.8.8/", "https://localhost.example/", "://", ""} {
		if err := r.CheckURL(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}
