package taxii_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// 4.1.1: discovery has a title, and its default is one of the API roots.
func TestAssertion54(t *testing.T) {
	w := shared(t)
	var d struct {
		Title, Default string
		APIRoots       []string `json:"api_roots"`
	}
	w.get(t, "/taxii2/").into(t, &d)
	if d.Title == "" || d.Default != "/trust/" || !slices.Contains(d.APIRoots, d.Default) {
		t.Errorf("%+v", d)
	}
}

// 4.1.1: API roots are URLs of HTTPS, or paths from one slash on, without a query.
func TestAssertion55(t *testing.T) {
	w := shared(t)
	roots, _ := w.get(t, "/taxii2/").resource(t)["api_roots"].([]any)
	for _, v := range roots {
		root := v.(string)
		if !strings.HasPrefix(root, "https://") && (!strings.HasPrefix(root, "/") || strings.HasPrefix(root, "//")) || strings.Contains(root, "?") {
			t.Errorf("API root %q", root)
		}
	}
}

// 4.2.1: the API root.
func TestAssertion56(t *testing.T) {
	w := shared(t)
	for _, path := range []string{"/trust/", "/taxii2/bare/"} {
		m := w.get(t, path).resource(t)
		versions, _ := m["versions"].([]any)
		if m["title"] == "" || !slices.Contains(versions, any(mediaType)) {
			t.Errorf("%v", m)
		}
		if n, _ := m["max_content_length"].(float64); n <= 0 {
			t.Errorf("max_content_length %v", m["max_content_length"])
		}
	}
}

// 4.2.1: a body up to max_content_length is never 413; tables: a larger one is.
func TestAssertion57(t *testing.T) {
	w := fresh(t)
	body := func(size int) string {
		s := `{"objects":[` + indicator(1) + `]}`
		return s + strings.Repeat(" ", size-len(s))
	}
	path := "collections/" + open + "/objects/"
	for size, status := range map[int]int{maxLength - 1: 202, maxLength: 202, maxLength + 1: 413, 100 * maxLength: 413} {
		w.want(t, status, call{method: http.MethodPost, path: path, body: body(size)})
	}
	// Without Content-Length the size shows while the body comes.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.base+"/trust/"+path, &unsized{strings.NewReader(body(3 * maxLength))})
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", mediaType)
	req.Header.Set("Content-Type", mediaType)
	req.Header.Set("Authorization", "Bearer "+aliceToken)
	res, err := w.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("in pieces: %s", res.Status)
	}
	if s := w.post(t, open, indicator(2)); s.Success != 1 {
		t.Errorf("afterwards: %+v", s)
	}
}

// unsized hides the length of a body.
type unsized struct{ r *strings.Reader }

func (u *unsized) Read(p []byte) (int, error) { return u.r.Read(p) }

// Tables: an unknown API root is 404.
func TestAssertion58(t *testing.T) {
	w := shared(t)
	for _, path := range []string{
		"/nowhere/", "/trust/nowhere/", "/TRUST/", "/bare/", "/nowhere/collections/", "/nowhere/collections/" + open + "/objects/",
		"/nowhere/status/0b8b5f3e-6b0b-4b57-8f4c-0d9a1a3d7f10/",
	} {
		w.want(t, http.StatusNotFound, call{path: path})
	}
}

// 4.3.1: the status and its counts.
func TestAssertion59(t *testing.T) {
	w := fresh(t)
	s := w.post(t, open, indicator(1), `{"type":"indicator"}`, indicator(2), `{"type":"identity","spec_version":"2.1","id":"nothing"}`)
	if s.Status != "complete" || s.Total != 4 || s.Success != 2 || s.Failure != 2 || s.Pending != 0 {
		t.Errorf("%+v", s)
	}
	if len(s.Successes) != s.Success || len(s.Failures) != s.Failure || len(s.Pendings) != s.Pending {
		t.Errorf("the lists do not have the counts: %+v", s)
	}
}

// 4.3.1: details have identifier and version: modified, else created.
func TestAssertion60(t *testing.T) {
	w := fresh(t)
	mark := `{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--33333333-0000-4000-8000-000000000001",` +
		`"created":"2021-03-03T00:00:00.000Z","definition_type":"statement","definition":{"statement":"Ours"}}`
	s := w.post(t, empty, malware("2021-08-01T00:00:00.120Z", "four"), mark, `{"type":"ipv4-addr","spec_version":"2.1","id":"`+addressID+`","value":"198.51.100.3"}`)
	got := map[string]string{}
	for _, d := range s.Successes {
		got[d.ID] = d.Version
	}
	if len(got) != 3 || got[malwareID] != "2021-08-01T00:00:00.120Z" || got["marking-definition--33333333-0000-4000-8000-000000000001"] != "2021-03-03T00:00:00.000Z" {
		t.Errorf("%+v", s)
	}
	// The version that we have given an object without one is the version that it can be had by.
	sameList(t, "the address", w.ids(t, "collections/"+empty+"/objects/"+addressID+"/?"+escape("match[version]", got[addressID])), addressID)
	s = w.post(t, empty, `{"type":"identity","spec_version":"2.1","id":"identity--1","modified":"2021-01-01T00:00:00.000Z"}`)
	if len(s.Failures) != 1 || s.Failures[0].ID == "" || s.Failures[0].Version == "" || s.Failures[0].Message == "" {
		t.Errorf("%+v", s)
	}
}

// 4.3: a status is kept, for who has sent; an unknown one is 404.
func TestAssertion61(t *testing.T) {
	w := fresh(t)
	id := w.post(t, open, indicator(1)).ID
	var s status
	w.want(t, http.StatusOK, call{path: "status/" + id + "/"}).into(t, &s)
	if s.ID != id || s.Status != "complete" || s.Success != 1 {
		t.Errorf("%+v", s)
	}
	w.want(t, http.StatusNotFound, call{path: "status/" + id + "/", token: bobToken})
	w.want(t, http.StatusNotFound, call{path: "/taxii2/bare/status/" + id + "/"})
	for _, id := range []string{"0b8b5f3e-6b0b-4b57-8f4c-0d9a1a3d7f10", "x", "1", "%27"} {
		w.want(t, http.StatusNotFound, call{path: "status/" + id + "/"})
	}
}
