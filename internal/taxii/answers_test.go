package taxii_test

import (
	"net/http"
	"strings"
	"testing"
)

// What is not found has no dates.
func TestNoDatesWithErrors(t *testing.T) {
	w := shared(t)
	for _, path := range []string{
		"collections/" + open + "/objects/indicator--99999999-0000-4000-8000-000000000001/",
		"collections/" + open + "/objects/" + malwareID + "/?match[version]=2000-01-01T00:00:00Z",
		"collections/" + open + "/objects/indicator--99999999-0000-4000-8000-000000000001/versions/",
	} {
		r := w.want(t, http.StatusNotFound, call{path: path})
		if h := r.header; h.Get("X-Taxii-Date-Added-First") != "" || h.Get("X-Taxii-Date-Added-Last") != "" {
			t.Errorf("%s: %v", path, h)
		}
	}
}

// A value of next is taken as it was given, and what is wrong with one is told in words for its reader.
func TestNextToTheLetter(t *testing.T) {
	w := shared(t)
	path := "collections/" + many + "/objects/?limit=3"
	next := w.get(t, path).envelope(t).Next
	w.want(t, http.StatusOK, call{path: path + "&next=" + next})
	for _, other := range []string{next + "%0a", "%0d%0a" + next, next[:5] + "%0A" + next[5:], next + "="} {
		r := w.want(t, http.StatusBadRequest, call{path: path + "&next=" + other})
		if strings.Contains(string(r.body), "bad request") {
			t.Errorf("%s", r.body)
		}
	}
}

// A UUID in a URL may be in upper case, and a limit may be as high as anybody likes.
func TestLenientURLs(t *testing.T) {
	w := shared(t)
	want := w.objects(t, "collections/"+open+"/objects/")
	sameList(t, "upper case", w.objects(t, "collections/"+strings.ToUpper(open)+"/objects/"), want...)
	for _, limit := range []string{"9007199254740992", "9223372036854775807"} {
		sameList(t, limit, w.objects(t, "collections/"+open+"/objects/?limit="+limit), want...)
	}
	w.want(t, http.StatusNotFound, call{path: "collections/" + strings.ToUpper(hidden) + "/"})
}

// Section 5.5: a body that cannot be read is 422, however little of it is JSON; none of the words for it are those of the program.
func TestMalformedBodies(t *testing.T) {
	w := shared(t)
	for _, body := range []string{"", "{", "hello", "[]", "{}", `{"objects":}`, `{"objects":[]}`, `{"objects":[{]}`, "\xff", `{"objects":1}`} {
		r := w.want(t, http.StatusUnprocessableEntity, call{method: http.MethodPost, path: "collections/" + open + "/objects/", body: body})
		if strings.Contains(string(r.body), "cannot be processed:") || strings.Contains(string(r.body), ": cannot be processed") {
			t.Errorf("%q: %s", body, r.body)
		}
	}
}

// A version of an object that stands in two versions of STIX is last in the newest, and first in the oldest of those asked for.
func TestOneVersionInTwoVersionsOfSTIX(t *testing.T) {
	w := shared(t)
	path := "collections/" + open + "/objects/?match[id]=" + identityID
	for query, want := range map[string][]string{
		"": {"2.1"}, "&match[spec_version]=2.0": {""}, "&match[spec_version]=2.0,2.1": {"2.1"},
		"&match[spec_version]=2.0,2.1&match[version]=first": {""}, "&match[spec_version]=2.0,2.1&match[version]=all": {"", "2.1"},
		"&match[spec_version]=2.0,2.1&match[version]=first,last":           {"", "2.1"},
		"&match[spec_version]=2.0,2.1&match[version]=2021-01-01T00:00:00Z": {"", "2.1"},
	} {
		got := []string{}
		for _, o := range w.get(t, path+query).envelope(t).Objects {
			v, _ := o["spec_version"].(string)
			got = append(got, v)
		}
		sameList(t, query, got, want...)
	}
}
