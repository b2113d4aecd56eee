package taxii_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	stamp  = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`)
	uuidV4 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
)

// 2: timestamps have six digits and Z.
func TestAssertion10(t *testing.T) {
	w := fresh(t)
	r := w.get(t, "collections/"+open+"/manifest/?match[version]=all&match[spec_version]=2.0,2.1")
	stamps := []string{r.header.Get("X-TAXII-Date-Added-First"), r.header.Get("X-TAXII-Date-Added-Last")}
	for _, o := range r.envelope(t).Objects {
		stamps = append(stamps, o["date_added"].(string))
	}
	if len(stamps) != 10 {
		t.Errorf("%d timestamps", len(stamps))
	}
	s := w.post(t, open, indicator(1))
	for _, s := range append(stamps, s.RequestStamp) {
		if !stamp.MatchString(s) {
			t.Errorf("%q is no timestamp of TAXII", s)
		}
	}
}

// 2: identifiers of collections and statuses are UUIDs of version 4.
func TestAssertion11(t *testing.T) {
	w := fresh(t)
	ids := []string{w.post(t, open, indicator(1)).ID}
	for _, c := range w.collections(t) {
		ids = append(ids, c["id"].(string))
	}
	for _, id := range ids {
		if !uuidV4.MatchString(id) {
			t.Errorf("%q is no UUID of version 4", id)
		}
	}
}

func (w *world) collections(t *testing.T) []map[string]any {
	t.Helper()
	var c struct{ Collections []map[string]any }
	w.get(t, "collections/").into(t, &c)
	return c.Collections
}

// 2: no list is empty. Every answer of these tests is looked at (strictJSON); here is what could have empty lists.
func TestAssertion12(t *testing.T) {
	w := shared(t)
	for _, path := range []string{
		"collections/" + empty + "/objects/", "collections/" + empty + "/manifest/", "/taxii2/bare/collections/",
		"collections/" + open + "/objects/" + malwareID + "/versions/?match[spec_version]=2.0",
		"collections/" + open + "/objects/" + malwareID + "/?match[spec_version]=2.0",
	} {
		if m := w.want(t, http.StatusOK, call{path: path}).resource(t); len(m) != 0 {
			t.Errorf("%s: %v", path, m)
		}
	}
}

// 2: booleans are literals, integers within 2^53-1 (strictJSON looks at the latter).
func TestAssertion13(t *testing.T) {
	w := shared(t)
	for _, c := range w.collections(t) {
		for _, name := range []string{"can_read", "can_write"} {
			if _, ok := c[name].(bool); !ok {
				t.Errorf("%s is %#v", name, c[name])
			}
		}
	}
	if more, ok := w.get(t, "collections/"+many+"/objects/").resource(t)["more"].(bool); !ok || !more {
		t.Error("more is not the literal true")
	}
	if n, ok := w.get(t, "").resource(t)["max_content_length"].(float64); !ok || n != maxLength {
		t.Errorf("max_content_length is %v", n)
	}
}

// 3.8: required properties are there, under their names.
func TestAssertion14(t *testing.T) {
	w := fresh(t)
	has := func(what string, m map[string]any, names ...string) {
		t.Helper()
		for _, n := range names {
			if _, ok := m[n]; !ok {
				t.Errorf("%s has no %s: %v", what, n, m)
			}
		}
		for n := range m {
			if n != strings.ToLower(n) {
				t.Errorf("%s: %q is not in lower case", what, n)
			}
		}
	}
	has("discovery", w.get(t, "/taxii2/").resource(t), "title", "api_roots", "default")
	has("API root", w.get(t, "").resource(t), "title", "versions", "max_content_length")
	for _, c := range w.collections(t) {
		has("collection", c, "id", "title", "can_read", "can_write")
	}
	for _, o := range w.get(t, "collections/"+open+"/manifest/").envelope(t).Objects {
		has("manifest record", o, "id", "date_added", "version")
	}
	r := w.do(t, call{method: http.MethodPost, path: "collections/" + open + "/objects/", body: `{"objects":[` + indicator(1) + `]}`})
	has("status", r.resource(t), "id", "status", "total_count", "success_count", "failure_count", "pending_count")
	has("error", w.get(t, "collections/x/").resource(t), "title")
}

// 7.1.1: custom names are in order; unknown ones in an envelope are no failure of ours.
func TestAssertion15(t *testing.T) {
	w := fresh(t)
	r := w.do(t, call{method: http.MethodPost, path: "collections/" + open + "/objects/", body: `{"x_example_org_note":{"a":[1]},"objects":[` + indicator(1) + `]}`})
	if r.status != http.StatusAccepted && r.status != http.StatusUnprocessableEntity {
		t.Errorf("a custom property: %d", r.status)
	}
	custom := regexp.MustCompile(`^[a-z0-9_]{3,250}$`)
	for _, path := range []string{"/taxii2/", "", "collections/" + many + "/manifest/", "collections/" + many + "/", "collections/x/"} {
		for name := range w.get(t, path).resource(t) {
			if name != "id" && !custom.MatchString(name) {
				t.Errorf("%s: property %q", path, name)
			}
		}
	}
}

// everyPath has an endpoint of each kind.
var everyPath = []string{
	"/taxii2/", "/trust/", "/trust/collections/", "/trust/collections/" + open + "/", "/trust/collections/" + open + "/manifest/",
	"/trust/collections/" + open + "/objects/", "/trust/collections/" + open + "/objects/" + malwareID + "/",
	"/trust/collections/" + open + "/objects/" + malwareID + "/versions/",
}

// 3.1: paths end in a slash.
func TestAssertion16(t *testing.T) {
	w := shared(t)
	for _, path := range everyPath {
		w.want(t, http.StatusOK, call{path: path})
		w.want(t, http.StatusOK, call{path: path, method: http.MethodHead})
		w.want(t, http.StatusNotFound, call{path: strings.TrimSuffix(path, "/")})
		w.want(t, http.StatusNotFound, call{path: path + "/"})
	}
}

// 3.1: every answer has the media type with the version. reply.wrong looks at all of them; here are the kinds of errors.
func TestAssertion17(t *testing.T) {
	w := shared(t)
	objects := "collections/" + open + "/objects/"
	for _, c := range []struct {
		status int
		call   call
	}{
		{400, call{path: objects + "?limit=0"}},
		{401, call{path: objects, token: "-"}},
		{403, call{path: "collections/" + dropBox + "/objects/"}},
		{404, call{path: "collections/x/"}},
		{404, call{path: "/a/b/c"}},
		{404, call{path: "//"}},
		{405, call{path: objects, method: http.MethodPut}},
		{405, call{path: "", method: http.MethodPost, body: "{}"}},
		{405, call{path: "collections/", method: http.MethodDelete}},
		{406, call{path: objects, header: map[string]string{"Accept": "text/html"}}},
		{413, call{path: objects, method: http.MethodPost, body: strings.Repeat(" ", maxLength+1)}},
		{415, call{path: objects, method: http.MethodPost, header: map[string]string{"Content-Type": "text/plain"}}},
		{422, call{path: objects, method: http.MethodPost, body: "nothing"}},
	} {
		r := w.want(t, c.status, c.call)
		if c.status == http.StatusMethodNotAllowed && r.header.Get("Allow") == "" {
			t.Error("405 without Allow")
		}
	}
}

// 3.1: Accept with the version is never 406.
func TestAssertion18(t *testing.T) {
	w := shared(t)
	for _, path := range everyPath {
		for _, accept := range []string{mediaType, "application/taxii+json; version=2.1", mediaType + ",application/stix+json;version=2.1"} {
			w.want(t, http.StatusOK, call{path: path, header: map[string]string{"Accept": accept}})
		}
	}
}

// 3.1: without a version the answer is of the latest.
func TestAssertion19(t *testing.T) {
	w := shared(t)
	for _, path := range everyPath {
		w.want(t, http.StatusOK, call{path: path, header: map[string]string{"Accept": "application/taxii+json"}})
	}
}

// Tables: Accept without a media range of TAXII is 406.
func TestAssertion20(t *testing.T) {
	w := shared(t)
	for _, path := range everyPath {
		for _, accept := range []string{"application/json", "text/html", "application/taxii+json;version=2.0", "application/vnd.oasis.taxii+json; version=2.0", ""} {
			w.want(t, http.StatusNotAcceptable, call{path: path, header: map[string]string{"Accept": accept}})
		}
	}
}

// 3.1: the Content-Type of TAXII is never 415; tables: another is.
func TestAssertion21(t *testing.T) {
	w := fresh(t)
	body := `{"objects":[` + indicator(1) + `]}`
	for content, status := range map[string]int{
		mediaType: 202, "application/taxii+json": 202, "application/taxii+json; version=2.1": 202,
		"application/json": 415, "application/stix+json;version=2.1": 415, "application/taxii+json;version=2.0": 415, "": 415,
	} {
		w.want(t, status, call{
			method: http.MethodPost, path: "collections/" + open + "/objects/", body: body,
			header: map[string]string{"Content-Type": content},
		})
	}
}

// 3.1: POST needs both.
func TestAssertion22(t *testing.T) {
	w := fresh(t)
	body := `{"objects":[` + indicator(1) + `]}`
	path := "collections/" + open + "/objects/"
	for status, header := range map[int]map[string]string{
		202: nil, 406: {"Accept": ""}, 415: {"Content-Type": ""},
	} {
		w.want(t, status, call{method: http.MethodPost, path: path, body: body, header: header})
	}
}

// 3.6.1: an error has a title and its status (reply.wrong looks at every one), and an identifier that is in the log.
func TestAssertion23(t *testing.T) {
	w := shared(t)
	r := w.want(t, http.StatusBadRequest, call{path: "collections/" + open + "/objects/?limit=none", header: map[string]string{"X-Request-Id": "my-own-request-1"}})
	e := r.resource(t)
	if e["http_status"] != "400" || e["error_id"] != "my-own-request-1" || !strings.Contains(e["description"].(string), "limit") {
		t.Errorf("%v", e)
	}
}

var pages = []string{
	"collections/" + open + "/manifest/", "collections/" + open + "/objects/", "collections/" + open + "/objects/" + malwareID + "/",
	"collections/" + open + "/objects/" + malwareID + "/versions/",
}

// 3.2: the two headers are there with every page, empty ones included.
func TestAssertion24(t *testing.T) {
	w := shared(t)
	for _, path := range append(slices.Clone(pages), "collections/"+empty+"/objects/", "collections/"+empty+"/manifest/") {
		for _, query := range []string{"", "?added_after=2031-01-01T00:00:00Z"} {
			r := w.want(t, http.StatusOK, call{path: path + query})
			for _, name := range []string{"X-TAXII-Date-Added-First", "X-TAXII-Date-Added-Last"} {
				if v := r.header.Get(name); !stamp.MatchString(v) {
					t.Errorf("%s%s: %s is %q", path, query, name, v)
				}
			}
		}
	}
}

// 3.2: they are those of the first and the last item. On an empty page they say after which time there was nothing.
func TestAssertion25(t *testing.T) {
	w := shared(t)
	for path, want := range map[string][2]string{
		"objects/?limit=3":                           {"2021-06-01T00:00:00.000000Z", "2021-06-01T00:00:02.000000Z"},
		"manifest/?limit=1":                          {"2021-06-01T00:00:00.000000Z", "2021-06-01T00:00:00.000000Z"},
		"objects/":                                   {"2021-06-01T00:00:00.000000Z", "2021-06-01T00:00:09.000000Z"},
		"objects/?match[type]=malware":               {"1970-01-01T00:00:00.000000Z", "1970-01-01T00:00:00.000000Z"},
		"manifest/?added_after=2031-01-01T00:00:00Z": {"2031-01-01T00:00:00.000000Z", "2031-01-01T00:00:00.000000Z"},
	} {
		r := w.get(t, "collections/"+many+"/"+path)
		if got := [2]string{r.header.Get("X-TAXII-Date-Added-First"), r.header.Get("X-TAXII-Date-Added-Last")}; got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}

// 3.3: ascending by date added.
func TestAssertion26(t *testing.T) {
	w := shared(t)
	sameList(t, "all versions", w.objects(t, "collections/"+open+"/objects/?match[version]=all&match[type]=malware"),
		malwareID+" "+version2, malwareID+" "+version1, malwareID+" "+version3)
	var dates []string
	for _, o := range w.get(t, "collections/"+many+"/manifest/").envelope(t).Objects {
		dates = append(dates, o["date_added"].(string))
	}
	if len(dates) != maxPage || !slices.IsSorted(dates) {
		t.Errorf("dates %v", dates)
	}
}

// 3.3 and interoperability: collections by identifier.
func TestAssertion27(t *testing.T) {
	w := shared(t)
	var ids []string
	for _, c := range w.collections(t) {
		ids = append(ids, c["id"].(string))
	}
	sameList(t, "collections", ids, open, many, readOnly, dropBox, empty, public)
}

// escape is a query as clients escape it.
func escape(name, value string) string { return url.Values{name: {value}}.Encode() }
