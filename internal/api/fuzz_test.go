package api_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"entente/internal/api"
	"entente/internal/exchange"
	"entente/internal/gate"
	"entente/internal/store"
)

// fuzzNode is a node with a little in it, without a connection.
func fuzzNode(f *testing.F) (http.Handler, string) {
	f.Helper()
	ctx := f.Context()
	fine := func(err error) {
		f.Helper()
		if err != nil {
			f.Fatal(err)
		}
	}
	st, err := store.Create(ctx, store.Config{Dir: f.TempDir()})
	fine(err)
	f.Cleanup(func() { _ = st.Close() })
	ex := exchange.New(st, exchange.Options{SealingKey: make([]byte, 32)})
	org, err := st.CreateOrg(ctx, store.Org{Name: "Alpha", Clearance: store.Amber})
	fine(err)
	user, err := st.CreateUser(ctx, store.User{Org: org.ID, Name: "ann", Roles: store.Publisher | store.Admin | store.Auditor})
	fine(err)
	secret, hash := exchange.NewToken()
	_, err = st.CreateToken(ctx, store.Token{User: user.ID, Hash: hash, Scopes: exchange.AllScopes})
	fine(err)
	root, err := st.CreateRoot(ctx, store.Root{Path: "r", MaxContentLength: 1 << 20})
	fine(err)
	c, err := st.CreateCollection(ctx, store.Collection{UID: "11111111-1111-4111-8111-111111111111", Root: root.ID, Alias: "c", Owner: org.ID})
	fine(err)
	fine(st.SetRights(ctx, store.Rights{Collection: c.ID, Org: org.ID, Read: true, Write: true}))
	p, err := ex.Bearer(ctx, secret)
	fine(err)
	view, err := ex.Collection(ctx, p, root, "c")
	fine(err)
	_, err = ex.Submit(ctx, p, view, strings.NewReader(`{"objects":[`+tool(1, "a", "clear")+`,`+tool(2, "b", "red")+`]}`), exchange.SubmitOptions{})
	fine(err)
	return api.New(ex, gate.New(ex, gate.Options{}), api.Options{MaxPage: 10, Log: slog.New(slog.DiscardHandler)}), secret
}

// fuzzed sends a request and checks what every answer has to be: no failure of the node, and JSON.
func fuzzed(t *testing.T, h http.Handler, secret, method, target, body string) {
	t.Helper()
	if strings.HasPrefix(target, "events") {
		method = http.MethodHead // a stream does not end
	}
	r, err := http.NewRequestWithContext(t.Context(), method, "http://node/api/v1/"+target, strings.NewReader(body))
	if err != nil {
		t.Skip("no request")
	}
	if api.IsStream(r) {
		r.Method = http.MethodHead
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	r.Header.Set("Content-Type", "application/json")
	r.RemoteAddr = "192.0.2.1:1"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code >= 500 {
		t.Fatalf("%s %s: %d %s", method, r.URL, w.Code, w.Body)
	}
	if w.Code == http.StatusNoContent || r.Method == http.MethodHead {
		return
	}
	if !json.Valid(w.Body.Bytes()) {
		t.Fatalf("%s %s: no JSON: %s", method, r.URL, w.Body)
	}
	if ct := w.Header().Get("Content-Type"); (ct == "application/problem+json") != (w.Code >= 400) {
		t.Fatalf("%s %s: %d of %s", method, r.URL, w.Code, ct)
	}
}

func FuzzQuery(f *testing.F) {
	seeds := []string{
		"objects?type=tool&label=clear,red&limit=1", "objects?text=a&versions=all&since=2024-01-01T00:00:00Z", "objects?attack=T1190,x&value=1.2.3.4",
		"objects?collection=11111111-1111-4111-8111-111111111111&next=AAAA", "counts?name=a&refers_to=tool--1", "objects/tool--00000001-1111-4111-8111-111111111111",
		"objects/tool--00000001-1111-4111-8111-111111111111/neighbours?depth=4", "objects/%2e%2e/versions?limit=2", "audit?since=x&deed=submit&user=1",
		"audit/verification", "conflicts?after=1", "me?x", "collections/c", "admin/users?", "admin/collections", "events?after=AAAA&collection=c&type=,", "webhooks",
		"objects?limit=99999999999999999999", "objects?since=0000-01-01T00:00:00Z&until=9999-12-31T23:59:59.999999999Z", "objects?id=,,,&type=%00%ff",
	}
	if len(seeds) == 0 {
		f.Fatal("nothing to begin with")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	h, secret := fuzzNode(f)
	f.Fuzz(func(t *testing.T, target string) { fuzzed(t, h, secret, http.MethodGet, target, "") })
}

func FuzzBody(f *testing.F) {
	targets := []struct{ method, target string }{
		{http.MethodPost, "collections/c/objects"},
		{http.MethodPost, "admin/organisations"},
		{http.MethodPatch, "admin/organisations/identity--1"},
		{http.MethodPost, "admin/users"},
		{http.MethodPatch, "admin/users/nobody"},
		{http.MethodPost, "admin/tokens"},
		{http.MethodPost, "admin/groups"},
		{http.MethodPost, "admin/collections"},
		{http.MethodPatch, "admin/collections/11111111-1111-4111-8111-111111111111"},
		{http.MethodPut, "admin/collections/11111111-1111-4111-8111-111111111111/rights/identity--1"},
		{http.MethodPost, "webhooks"},
	}
	seeds := []string{
		`{"objects":[` + tool(1, "a", "clear") + `]}`, `{"objects":[{"type":"tool"},1,null,{}]}`, `{"name":"Gamma","clearance":"green","client_of":""}`,
		`{"name":"gus","organisation":"x","roles":["reader"],"certificate":"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}`,
		`{"user":"ann","scopes":["read"],"expires":"2030-01-01T00:00:00Z"}`, `{"root":"r","title":"t","owner":"x","label":"red","public":true}`,
		`{"read":true,"write":false}`, `{"url":"https://example.org","types":["tool"]}`, `{"name":"a","name":"b"}`, `[[[[`, `null`, "{\"name\":\"\xff\"}", `{"name":1e999}`,
	}
	if len(seeds) == 0 {
		f.Fatal("nothing to begin with")
	}
	for i := range targets {
		for _, s := range seeds {
			f.Add(uint8(i), s)
		}
	}
	h, secret := fuzzNode(f)
	f.Fuzz(func(t *testing.T, which uint8, body string) {
		at := targets[int(which)%len(targets)]
		fuzzed(t, h, secret, at.method, at.target, body)
	})
}
