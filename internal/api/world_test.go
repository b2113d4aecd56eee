package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"entente/internal/api"
	"entente/internal/exchange"
	"entente/internal/gate"
	"entente/internal/store"
)

// world is a node with some accounts, behind a real connection.
//
//	ann   publisher, auditor and administrator of Alpha, which owns the collection shared
//	al    analyst of Alpha
//	bea   reader of Beta, with a clearance of green, which may read shared
//	root  administrator of Alpha, and nothing else
type world struct {
	*testing.T
	st     *store.Store
	ex     *exchange.Service
	server *api.Server
	url    string
	alpha  store.Org
	beta   store.Org
	users  map[string]store.User
	tokens map[string]string
	ids    map[string]int64 // of tokens
	shared store.Collection
	log    *journal
}

// journal is a log that may be read while it is written.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

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

func newWorld(t *testing.T, opt api.Options) *world {
	t.Helper()
	ctx := t.Context()
	w := &world{T: t, users: map[string]store.User{}, tokens: map[string]string{}, ids: map[string]int64{}, log: &journal{}}
	w.st = must[*store.Store](t)(store.Create(ctx, store.Config{Dir: t.TempDir()}))
	w.ex = exchange.New(w.st, exchange.Options{SealingKey: make([]byte, 32)})
	w.alpha = must[store.Org](t)(w.st.CreateOrg(ctx, store.Org{Name: "Alpha", Clearance: store.AmberStrict}))
	w.beta = must[store.Org](t)(w.st.CreateOrg(ctx, store.Org{Name: "Beta", Clearance: store.Green}))
	w.user("ann", w.alpha, store.Publisher|store.Admin|store.Auditor)
	w.user("al", w.alpha, store.Analyst)
	w.user("bea", w.beta, store.Reader)
	w.user("root", w.alpha, store.Admin)
	root := must[store.Root](t)(w.st.CreateRoot(ctx, store.Root{Path: "trust", Title: "Trust", MaxContentLength: 4 << 20}))
	w.shared = w.collection(root, "shared", false)
	opt.Log = slog.New(slog.NewTextHandler(w.log, nil))
	w.server = api.New(w.ex, gate.New(w.ex, gate.Options{}), opt)
	server := httptest.NewServer(w.server)
	w.url = server.URL
	t.Cleanup(func() {
		w.server.Close()
		server.Close()
		_ = w.ex.Close(ctx)
		_ = w.st.Close()
	})
	return w
}

func (w *world) user(name string, org store.Org, roles store.Roles) {
	w.Helper()
	ctx := w.Context()
	w.users[name] = must[store.User](w.T)(w.st.CreateUser(ctx, store.User{Org: org.ID, Name: name, Roles: roles}))
	secret, hash := exchange.NewToken()
	w.tokens[name] = secret
	w.ids[name] = must[store.Token](w.T)(w.st.CreateToken(ctx, store.Token{User: w.users[name].ID, Hash: hash, Scopes: exchange.AllScopes})).ID
}

func (w *world) collection(root store.Root, alias string, public bool) store.Collection {
	w.Helper()
	ctx := w.Context()
	c := must[store.Collection](w.T)(w.st.CreateCollection(ctx, store.Collection{
		Root: root.ID, Alias: alias, Title: alias, Owner: w.alpha.ID, Label: store.Amber, Public: public,
	}))
	for org, write := range map[int64]bool{w.alpha.ID: true, w.beta.ID: false} {
		if err := w.st.SetRights(ctx, store.Rights{Collection: c.ID, Org: org, Read: true, Write: write}); err != nil {
			w.Fatal(err)
		}
	}
	return c
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call sends a request as somebody ("" is nobody) and checks its status.
func (w *world) call(who, method, path, body string, status int) answer {
	w.Helper()
	var r io.Reader = http.NoBody
	if body != "" {
		r = strings.NewReader(body)
	}
	req := must[*http.Request](w.T)(http.NewRequestWithContext(w.Context(), method, w.url+"/api/v1/"+path, r))
	if who != "" {
		req.Header.Set("Authorization", "Bearer "+w.tokens[who])
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return w.do(req, status)
}

func (w *world) do(req *http.Request, status int) answer {
	w.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	a := answer{resp.StatusCode, resp.Header, must[[]byte](w.T)(io.ReadAll(resp.Body))}
	if a.status != status {
		w.Fatalf("%s %s: %d, not %d: %s", req.Method, req.URL.RequestURI(), a.status, status, a.body)
	}
	if a.status >= 400 {
		var p struct {
			Status        int
			Title, Detail string
		}
		if ct := a.header.Get("Content-Type"); ct != "application/problem+json" || json.Unmarshal(a.body, &p) != nil || p.Status != status || p.Title == "" {
			w.Errorf("%s %s: an error of %q that is no problem of RFC 9457: %s", req.Method, req.URL.Path, ct, a.body)
		}
	}
	return a
}

// get is the answer to a GET that succeeds.
func get[T any](w *world, who, path string) T {
	w.Helper()
	return read[T](w, w.call(who, http.MethodGet, path, "", http.StatusOK))
}

func read[T any](w *world, a answer) (v T) {
	w.Helper()
	if err := json.Unmarshal(a.body, &v); err != nil {
		w.Fatalf("%v: %s", err, a.body)
	}
	return v
}

// tool is an object with a marking: clear, green, amber or red.
func tool(n int, name, label string) string {
	mark := map[string]string{
		"clear": "94868c89-83c2-464b-929b-a1a8aa3c8487", "green": "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
		"amber": "55d920b0-5e8b-4f79-9ee9-91f868d9b421", "red": "e828b379-4e03-4974-9ac4-e53a884c97c1",
	}[label]
	id := strings.Replace("tool--00000000-1111-4111-8111-111111111111", "00000000", pad(n), 1)
	return `{"type":"tool","spec_version":"2.1","id":"` + id + `","created":"2024-01-01T00:00:00.000Z","modified":"2024-01-01T00:00:00.000Z","name":"` + name +
		`","object_marking_refs":["marking-definition--` + mark + `"]}`
}

func pad(n int) string {
	const zeros = "00000000"
	s := []byte(zeros)
	for i := len(s) - 1; n > 0; i-- {
		s[i] = byte('0' + n%10)
		n /= 10
	}
	return string(s)
}

// submit sends objects to shared as ann and checks that all are taken.
func (w *world) submit(objects ...string) {
	w.Helper()
	st := read[exchange.Status](w, w.call("ann", http.MethodPost, "collections/"+w.shared.UID+"/objects", `{"objects":[`+strings.Join(objects, ",")+`]}`, http.StatusOK))
	if st.SuccessCount != len(objects) {
		w.Fatalf("%+v", st)
	}
}
