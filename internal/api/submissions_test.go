package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"entente/internal/api"
	"entente/internal/exchange"
	"entente/internal/store"
)

func TestSubmit(t *testing.T) {
	w := newWorld(t, api.Options{})
	path := "collections/" + w.shared.UID + "/objects"
	st := read[exchange.Status](w, w.call("al", http.MethodPost, path, `{"objects":[`+tool(1, "a", "clear")+`,{"type":"tool"},`+tool(2, "b", "green")+`]}`, 200))
	if st.SuccessCount != 2 || st.FailureCount != 1 || st.Failures[0].Message == "" {
		t.Errorf("%+v", st)
	}
	again := get[exchange.Status](w, "al", "collections/"+w.shared.UID+"/submissions/"+st.ID)
	if again.ID != st.ID || again.SuccessCount != 2 {
		t.Errorf("%+v", again)
	}
	w.call("ann", http.MethodGet, "collections/"+w.shared.UID+"/submissions/"+st.ID, "", 404)
	w.call("ann", http.MethodPost, path+"?label=red", `{"objects":[`+strings.ReplaceAll(tool(3, "c", "clear"), `,"object_marking_refs":["marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"]`, "")+`]}`, 200)
	if n := get[api.Count](w, "al", "counts").Count; n != 2 {
		t.Errorf("al counts %d: the label was not taken", n)
	}
	for _, c := range []struct {
		who, path, body string
		status          int
	}{
		{"bea", path, `{"objects":[]}`, 403},
		{"root", path, `{"objects":[]}`, 404},
		{"", path, `{"objects":[]}`, 401},
		{"ann", "collections/nothing/objects", `{"objects":[]}`, 404},
		{"ann", path, `{"objects":{}}`, 422},
		{"ann", path, `[`, 422},
		{"ann", path, ``, 422},
		{"ann", path + "?label=blue", `{"objects":[]}`, 400},
		{"ann", path + "?group=x", `{"objects":[]}`, 422},
		{"ann", path + "?other=x", `{"objects":[]}`, 422},
	} {
		w.call(c.who, http.MethodPost, c.path, c.body, c.status)
	}
}

// What is sent into a sharing group is seen by its members alone.
func TestSubmitToGroup(t *testing.T) {
	w := newWorld(t, api.Options{})
	g := must[store.Group](t)(w.st.CreateGroup(t.Context(), store.Group{Name: "circle", Owner: w.alpha.ID}))
	if got := get[api.Groups](w, "al", "groups").Groups; len(got) != 1 || got[0].ID != g.UID {
		t.Errorf("%+v", got)
	}
	if got := get[api.Groups](w, "bea", "groups").Groups; len(got) != 0 {
		t.Errorf("%+v", got)
	}
	w.call("al", http.MethodPost, "collections/"+w.shared.UID+"/objects?group="+g.UID, `{"objects":[`+tool(1, "a", "clear")+`]}`, 200)
	if a, b := get[api.Count](w, "al", "counts").Count, get[api.Count](w, "bea", "counts").Count; a != 1 || b != 0 {
		t.Errorf("%d, %d", a, b)
	}
}

func TestDeleteObject(t *testing.T) {
	w := newWorld(t, api.Options{})
	w.submit(tool(1, "a", "clear"))
	path := "collections/" + w.shared.UID + "/objects/tool--00000001-1111-4111-8111-111111111111"
	w.call("bea", http.MethodDelete, path, "", 403)
	w.call("root", http.MethodDelete, path, "", 404)
	w.call("al", http.MethodDelete, path, "", 204)
	w.call("al", http.MethodDelete, path, "", 404)
}

// endless is a body of so many bytes.
type endless struct{ left int64 }

func (e *endless) Read(b []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	for i := range b {
		b[i] = '['
	}
	n := min(int64(len(b)), e.left)
	e.left -= n
	return int(n), nil
}

func TestHostileBodies(t *testing.T) {
	w := newWorld(t, api.Options{})
	send := func(who, method, path string, body io.Reader, kind string, status int) {
		t.Helper()
		req := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), method, w.url+"/api/v1/"+path, body))
		if who != "" {
			req.Header.Set("Authorization", "Bearer "+w.tokens[who])
		}
		req.Header.Set("Content-Type", kind)
		w.do(req, status)
	}
	objects := "collections/" + w.shared.UID + "/objects"
	const huge = 100 << 20
	for _, path := range []string{objects, "admin/organisations"} {
		send("ann", http.MethodPost, path, &endless{huge}, "application/json", 413)
		send("", http.MethodPost, path, &endless{1 << 20}, "application/json", 401)
		send("ann", http.MethodPost, path, strings.NewReader("{}"), "text/plain", 415)
		send("ann", http.MethodPost, path, strings.NewReader(strings.Repeat("[", 1<<19)), "application/json", map[string]int{objects: 422}[path]|map[string]int{"admin/organisations": 400}[path])
	}
	send("ann", http.MethodPost, objects, strings.NewReader(`{"objects":[`+strings.Repeat(`{"a":`, 100_000)+`1`+strings.Repeat(`}`, 100_000)+`]}`), "application/json", 200) // a failure of that object
	for body, status := range map[string]int{
		`{"name":"Gamma","name":"Delta"}`:              400,
		`{"name":"Gamma","x":` + deep(200) + `}`:       400,
		`{"name":"Gamma","other":1}`:                   422,
		`{"name":7}`:                                   422,
		`{"name":""}`:                                  422,
		`{"name":"a\u0007b"}`:                          422,
		`{"name":"` + strings.Repeat("x", 1000) + `"}`: 422,
		"{\"name\":\"\xff\"}":                          400,
		`null`:                                         422,
		`{`:                                            400,
		``:                                             400,
		`{"name":"Gamma","clearance":"red"}`:           422,
		`{"name":"Gamma","clearance":1e999}`:           400,
		`{"name":"Gamma","id":"identity--not-an-identity"}`: 422,
	} {
		send("ann", http.MethodPost, "admin/organisations", strings.NewReader(body), "application/json", status)
	}
	if n := len(must[[]store.Org](t)(w.st.Orgs(t.Context()))); n != 2 {
		t.Errorf("%d organisations", n)
	}
}

func deep(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

func TestPaths(t *testing.T) {
	w := newWorld(t, api.Options{})
	for path, status := range map[string]int{
		"nothing": 404, "": 404, "me/": 404, "objects//": 404, "./me": 404, "../v1/me": 404, "objects/..%2f..%2fme": 404,
	} {
		w.call("ann", http.MethodGet, path, "", status)
	}
	if a := w.call("ann", http.MethodPut, "me", "", 405); a.header.Get("Allow") != "GET, HEAD" {
		t.Errorf("%v", a.header)
	}
	w.call("ann", http.MethodHead, "me", "", 200)
	if a := w.call("", http.MethodGet, "openapi.json", "", 200); string(a.body) != string(api.Spec()) {
		t.Error("another description is served")
	}
	w.tokens["stranger"] = "ent_nobody"
	if a := w.call("stranger", http.MethodGet, "me", "", 401); len(a.header.Values("WWW-Authenticate")) == 0 {
		t.Errorf("%v", a.header)
	}
	req := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodDelete, w.url+"/api/v1/admin/tokens/1", http.NoBody))
	req.Header.Set("Authorization", "Bearer "+w.tokens["ann"])
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	w.do(req, 403)
}
