package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"entente/internal/api"
	"entente/internal/exchange"
	"entente/internal/store"
)

// A whole neighbour is let in over the network: organisation, account, token, rights.
func TestAdministration(t *testing.T) {
	w := newWorld(t, api.Options{})
	w.submit(tool(1, "a", "clear"), tool(2, "b", "amber"), tool(3, "c", "red"))
	org := read[api.Organisation](w, w.call("root", http.MethodPost, "admin/organisations", `{"name":"Gamma","clearance":"green"}`, 201))
	if org.Clearance != "green" || !strings.HasPrefix(org.ID, "identity--") {
		t.Errorf("%+v", org)
	}
	w.call("root", http.MethodPost, "admin/organisations", `{"name":"Gamma"}`, 409)
	w.call("root", http.MethodPost, "admin/organisations", `{"name":"Delta","client_of":"nobody"}`, 422)

	user := read[api.Account](w, w.call("root", http.MethodPost, "admin/users", `{"name":"gus","organisation":"`+org.ID+`","roles":["reader"],"password":"a good password"}`, 201))
	if user.Organisation != org.ID || !user.Password || len(user.Roles) != 1 {
		t.Errorf("%+v", user)
	}
	for body, status := range map[string]int{
		`{"name":"gus","organisation":"` + org.ID + `"}`:                         409,
		`{"name":"gil","organisation":"nobody"}`:                                 422,
		`{"name":"gil","organisation":"` + org.ID + `","roles":["king"]}`:        422,
		`{"name":"gil","organisation":"` + org.ID + `","password":"short"}`:      422,
		`{"name":"gil","organisation":"` + org.ID + `","certificate":"nothing"}`: 422,
		`{"name":"g:l","organisation":"` + org.ID + `"}`:                         422,
	} {
		if a := w.call("root", http.MethodPost, "admin/users", body, status); strings.Contains(string(a.body), "short") {
			t.Errorf("the answer has the password: %s", a.body)
		}
	}
	token := read[api.IssuedToken](w, w.call("root", http.MethodPost, "admin/tokens", `{"user":"gus","name":"laptop","scopes":["read"]}`, 201))
	w.tokens["gus"] = token.Secret
	if me := get[api.Me](w, "gus", "me"); me.User != "gus" || me.Token != token.ID || strings.Join(me.Scopes, " ") != "read" {
		t.Errorf("%+v", me)
	}
	for _, path := range []string{"admin/tokens", "admin/users", "audit"} {
		if a := w.call("ann", http.MethodGet, path, "", 200); strings.Contains(string(a.body), token.Secret) || strings.Contains(string(a.body), "argon2") {
			t.Errorf("a secret is shown again in %s", path)
		}
	}
	w.call("root", http.MethodPost, "admin/tokens", `{"user":"nobody"}`, 422)
	w.call("root", http.MethodPost, "admin/tokens", `{"user":"gus","scopes":["everything"]}`, 422)
	w.call("root", http.MethodPost, "admin/tokens", `{"user":"gus","expires":"2001-01-01T00:00:00Z"}`, 422)

	seen := func(want int64) {
		t.Helper()
		if n := get[api.Count](w, "gus", "counts").Count; n != want {
			t.Errorf("gus sees %d, not %d", n, want)
		}
	}
	seen(0)
	rights := "admin/collections/" + w.shared.UID + "/rights/" + org.ID
	w.call("root", http.MethodPut, rights, `{"read":true,"write":false}`, 204)
	seen(1)
	w.call("root", http.MethodPatch, "admin/organisations/"+org.ID, `{"clearance":"amber"}`, 200)
	seen(2)
	w.call("root", http.MethodPut, "admin/collections/"+w.shared.UID+"/named/gus", "", 204)
	seen(3)
	w.call("root", http.MethodDelete, "admin/collections/"+w.shared.UID+"/named/gus", "", 204)
	seen(2)
	w.call("root", http.MethodPatch, "admin/organisations/"+org.ID, `{"clearance":"clear","client_of":"`+w.alpha.UID+`"}`, 200)
	seen(2)
	w.call("root", http.MethodPatch, "admin/organisations/"+org.ID, `{"client_of":""}`, 200)
	seen(1)
	w.call("root", http.MethodPut, rights, `{"read":false,"write":false}`, 204)
	seen(0)
	w.call("root", http.MethodPatch, "admin/users/gus", `{"disabled":true}`, 200)
	w.call("gus", http.MethodGet, "me", "", 401)
	w.call("root", http.MethodPatch, "admin/users/gus", `{"disabled":false,"roles":["auditor"]}`, 200)
	w.call("gus", http.MethodGet, "counts", "", 403)
	w.call("gus", http.MethodGet, "audit", "", 403) // the token has no such scope
	w.call("root", http.MethodDelete, "admin/tokens/"+strconv.FormatInt(token.ID, 10), "", 204)
	w.call("gus", http.MethodGet, "me", "", 401)

	for path, body := range map[string]string{
		"admin/organisations/nobody":                                          `{}`,
		"admin/users/nobody":                                                  `{}`,
		"admin/collections/nothing":                                           `{}`,
		"admin/collections/nothing/rights/" + org.ID:                          `{"read":true,"write":true}`,
		"admin/collections/" + w.shared.UID + "/rights/nobody":                `{"read":true,"write":true}`,
		"admin/collections/" + w.shared.UID + "/named/nobody":                 "",
		"admin/groups/nothing/members/" + org.ID:                              "",
		"admin/groups/nothing/members/identity--9d8b4b47-0000-4000-8000-0000": "",
	} {
		method := http.MethodPut
		if body == "{}" {
			method = http.MethodPatch
		}
		w.call("root", method, path, body, 404)
	}
	w.call("root", http.MethodDelete, "admin/tokens/999", "", 404)
	var deeds []string
	for _, e := range get[api.Entries](w, "ann", "audit?limit=1000&user="+strconv.FormatInt(w.users["root"].ID, 10)).Entries {
		deeds = append(deeds, e.Deed)
	}
	for _, want := range []string{"org.add", "org.set", "user.add", "user.set", "token.add", "token.revoke", "collection.grant", "collection.name"} {
		if !strings.Contains(strings.Join(deeds, " "), "admin."+want) {
			t.Errorf("the audit log has no %s: %v", want, deeds)
		}
	}
}

func TestCollectionsAndGroups(t *testing.T) {
	w := newWorld(t, api.Options{})
	g := read[api.SharingGroup](w, w.call("root", http.MethodPost, "admin/groups", `{"name":"circle","owner":"`+w.alpha.UID+`"}`, 201))
	w.call("root", http.MethodPut, "admin/groups/"+g.ID+"/members/"+w.beta.UID, "", 204)
	if all := get[api.SharingGroups](w, "root", "admin/groups").Groups; len(all) != 1 || len(all[0].Members) != 2 {
		t.Errorf("%+v", all)
	}
	w.call("root", http.MethodDelete, "admin/groups/"+g.ID+"/members/"+w.beta.UID, "", 204)
	w.call("root", http.MethodPost, "admin/groups", `{"name":"circle","owner":"nobody"}`, 422)
	body := `{"root":"trust","title":"Hashes","alias":"hashes","owner":"` + w.beta.UID + `","group":"` + g.ID + `","label":"green"}`
	c := read[api.ManagedCollection](w, w.call("root", http.MethodPost, "admin/collections", body, 201))
	if c.Root != "trust" || c.Group != g.ID || c.Label != "green" || len(c.Rights) != 1 || !c.Rights[0].Write {
		t.Errorf("%+v", c)
	}
	w.call("root", http.MethodPost, "admin/collections", body, 409) // the alias
	for _, bad := range []string{
		`{"root":"nowhere","title":"x","owner":"` + w.beta.UID + `"}`,
		`{"root":"trust","title":"x","owner":"nobody"}`,
		`{"root":"trust","title":"x","owner":""}`,
		`{"root":"trust","title":"x","owner":"` + w.beta.UID + `","group":"nothing"}`,
		`{"root":"trust","title":"x","owner":"` + w.beta.UID + `","alias":"a/b"}`,
	} {
		w.call("root", http.MethodPost, "admin/collections", bad, 422)
	}
	if v := get[api.Collection](w, "bea", "collections/hashes"); v.ID != c.ID || !v.CanRead || v.CanWrite { // bea is a reader
		t.Errorf("%+v", v)
	}
	w.call("al", http.MethodGet, "collections/hashes", "", 404)
	change := read[api.ManagedCollection](w, w.call("root", http.MethodPatch, "admin/collections/"+c.ID, `{"public":true,"group":"","title":"Open","label":"clear","alias":"","owner":"`+w.alpha.UID+`"}`, 200))
	if !change.Public || change.Group != "" || change.Title != "Open" || change.Owner != w.alpha.UID || change.Label != "clear" {
		t.Errorf("%+v", change)
	}
	w.call("root", http.MethodPatch, "admin/collections/"+c.ID, `{"owner":"nobody"}`, 422)
	w.call("root", http.MethodPatch, "admin/collections/"+c.ID, `{"group":"nothing"}`, 422)
	if v := get[api.Collections](w, "", "collections").Collections; len(v) != 1 || v[0].ID != c.ID {
		t.Errorf("%+v", v)
	}
	if v := get[api.Roots](w, "root", "admin/roots").Roots; len(v) != 1 || v[0].MaxContentLength != 4<<20 {
		t.Errorf("%+v", v)
	}
	if v := get[api.ManagedCollections](w, "root", "admin/collections").Collections; len(v) != 2 {
		t.Errorf("%+v", v)
	}
}

func TestAccountWithCertificate(t *testing.T) {
	w := newWorld(t, api.Options{})
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "robot"}, NotAfter: time.Now().Add(time.Hour)}
	der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
	text := must[[]byte](t)(json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))))
	a := read[api.Account](w, w.call("root", http.MethodPost, "admin/users", `{"name":"robot","service":true,"organisation":"`+w.beta.UID+`","certificate":`+string(text)+`}`, 201))
	if len(a.Certificate) != 64 || !a.Service {
		t.Errorf("%+v", a)
	}
	if a = read[api.Account](w, w.call("root", http.MethodPatch, "admin/users/robot", `{"certificate":"","password":"another password"}`, 200)); a.Certificate != "" || !a.Password {
		t.Errorf("%+v", a)
	}
	if all := get[api.Accounts](w, "root", "admin/users").Users; len(all) != 5 {
		t.Errorf("%+v", all)
	}
}

// Every operation of administration is for who has both the role and the scope; the same for the audit log.
func TestRolesAndScopes(t *testing.T) {
	w := newWorld(t, api.Options{})
	var spec struct {
		Paths map[string]map[string]struct{ Tags []string }
	}
	if err := json.Unmarshal(api.Spec(), &spec); err != nil {
		t.Fatal(err)
	}
	secret, hash := exchange.NewToken()
	must[store.Token](t)(w.st.CreateToken(t.Context(), store.Token{User: w.users["ann"].ID, Hash: hash, Scopes: store.ScopeRead | store.ScopeWrite}))
	w.tokens["ann without the scope"] = secret
	n := 0
	for path, item := range spec.Paths {
		for method, op := range item {
			if tag := op.Tags[0]; tag != "administration" && tag != "audit" {
				continue
			}
			n++
			path := strings.TrimPrefix(strings.NewReplacer("{token}", "1", "{organisation}", w.beta.UID, "{user}", "bea", "{collection}", w.shared.UID, "{group}", "x").Replace(path), api.Prefix)
			for _, who := range []string{"bea", "al", "ann without the scope"} {
				w.call(who, strings.ToUpper(method), path, "", 403)
			}
			w.call("", strings.ToUpper(method), path, "", 401)
		}
	}
	if n < 20 {
		t.Errorf("%d operations", n)
	}
	w.call("root", http.MethodGet, "audit", "", 403)
}

func TestAudit(t *testing.T) {
	w := newWorld(t, api.Options{})
	w.submit(tool(1, "a", "clear"))
	all := get[api.Entries](w, "ann", "audit").Entries
	if len(all) == 0 || all[0].Deed != "submit" || all[0].Remote != "127.0.0.1" || all[0].Token != w.ids["ann"] || all[0].Detail == nil {
		t.Fatalf("%+v", all)
	}
	if v := get[api.Verification](w, "ann", "audit/verification"); v.Entries < 1 || len(v.Last) != 64 {
		t.Errorf("%+v", v)
	}
	if more := get[api.Entries](w, "ann", "audit?deed=submit&limit=1&after="+strconv.FormatInt(all[0].Seq, 10)).Entries; len(more) != 0 {
		t.Errorf("%+v", more)
	}
}
