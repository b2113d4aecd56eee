package taxii_test

import (
	"net/http"
	"slices"
	"testing"
)

// 5.1.1: no collections, no property collections.
func TestAssertion62(t *testing.T) {
	w := shared(t)
	if m := w.want(t, http.StatusOK, call{path: "/taxii2/bare/collections/"}).resource(t); len(m) != 0 {
		t.Errorf("%v", m)
	}
}

// 5.2.1: a collection says what this caller may; its alias stands for it.
func TestAssertion63(t *testing.T) {
	w := shared(t)
	type rights struct{ read, write bool }
	for token, want := range map[string]map[string]rights{
		aliceToken: {open: {true, true}, many: {true, true}, readOnly: {true, false}, dropBox: {false, true}, empty: {true, true}, public: {true, false}},
		bobToken:   {open: {false, true}, many: {true, false}, hidden: {true, true}, public: {true, false}},
		"-":        {public: {true, false}},
	} {
		var list struct {
			Collections []struct {
				ID, Title, Alias string
				CanRead          bool     `json:"can_read"`
				CanWrite         bool     `json:"can_write"`
				MediaTypes       []string `json:"media_types"`
			}
		}
		w.want(t, http.StatusOK, call{path: "collections/", token: token}).into(t, &list)
		got, aliases := map[string]rights{}, map[string]bool{}
		for _, c := range list.Collections {
			got[c.ID] = rights{c.CanRead, c.CanWrite}
			if aliases[c.Alias] || c.Title == "" || !slices.Contains(c.MediaTypes, "application/stix+json;version=2.1") || !slices.Contains(c.MediaTypes, "application/stix+json;version=2.0") {
				t.Errorf("%+v", c)
			}
			aliases[c.Alias] = true
			one := w.want(t, http.StatusOK, call{path: "collections/" + c.ID + "/", token: token})
			same := w.want(t, http.StatusOK, call{path: "collections/" + c.Alias + "/", token: token})
			if m := one.resource(t); m["id"] != c.ID || m["can_read"] != c.CanRead || m["can_write"] != c.CanWrite {
				t.Errorf("%v", m)
			}
			if string(one.body) != string(same.body) {
				t.Errorf("the alias %s stands for %s", c.Alias, same.body)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %v", token, got)
		}
		for id, r := range want {
			if got[id] != r {
				t.Errorf("%s: %s: %v, want %v", token, id, got[id], r)
			}
		}
	}
	w.want(t, http.StatusNotFound, call{path: "collections/" + hidden + "/"})
	w.want(t, http.StatusNotFound, call{path: "collections/7a6f7f2e-6f2c-4b8c-9c55-0d9a1a3d7f07/"})
}

// 5.3, 5.4, 5.6, 5.8: who cannot read gets 403 or 404.
func TestAssertion64(t *testing.T) {
	w := shared(t)
	for _, rest := range []string{"/manifest/", "/objects/", "/objects/" + indicatorIDs(100, 101)[0] + "/", "/objects/" + indicatorIDs(100, 101)[0] + "/versions/"} {
		w.want(t, http.StatusForbidden, call{path: "collections/" + dropBox + rest})
		w.want(t, http.StatusNotFound, call{path: "collections/" + hidden + rest})
		w.want(t, http.StatusOK, call{path: "collections/" + hidden + rest, token: bobToken})
	}
}

// 5.5: who cannot write gets 403 or 404.
func TestAssertion65(t *testing.T) {
	w := fresh(t)
	body := `{"objects":[` + indicator(1) + `]}`
	for collection, status := range map[string]int{readOnly: 403, public: 403, hidden: 404, dropBox: 202, open: 202} {
		w.want(t, status, call{method: http.MethodPost, path: "collections/" + collection + "/objects/", body: body})
	}
	w.want(t, http.StatusUnauthorized, call{method: http.MethodPost, path: "collections/" + public + "/objects/", body: body, token: "-"})
}

// 5.3.1: manifest records.
func TestAssertion66(t *testing.T) {
	w := shared(t)
	var c struct {
		MediaTypes []string `json:"media_types"`
	}
	w.get(t, "collections/"+open+"/").into(t, &c)
	var m struct {
		Objects []struct {
			ID, Version string
			DateAdded   string `json:"date_added"`
			MediaType   string `json:"media_type"`
		}
	}
	w.get(t, "collections/"+open+"/manifest/?match[version]=all&match[spec_version]=2.0,2.1").into(t, &m)
	if len(m.Objects) != 8 {
		t.Errorf("%d records", len(m.Objects))
	}
	for _, o := range m.Objects {
		if o.ID == "" || o.Version == "" || !stamp.MatchString(o.DateAdded) || !slices.Contains(c.MediaTypes, o.MediaType) {
			t.Errorf("%+v", o)
		}
	}
	if first := m.Objects[0]; first.ID != malwareID || first.Version != version2 || first.DateAdded != "2021-05-01T00:00:00.000001Z" {
		t.Errorf("%+v", first)
	}
}

// 5.5: POST is 202 with a status; what stands there already is no error.
func TestAssertion67(t *testing.T) {
	w := fresh(t)
	for range 3 {
		if s := w.post(t, open, indicator(1), malware("2021-03-02T00:00:00.000Z", "four")); s.Success != 2 || s.Failure != 0 {
			t.Errorf("%+v", s)
		}
	}
	if s := w.post(t, open, indicator(2), indicator(2)); s.Total != 2 || s.Failure != 0 {
		t.Errorf("twice in one envelope: %+v", s)
	}
	sameList(t, "what is there", w.ids(t, "collections/"+open+"/objects/?match[type]=indicator&match[version]=all"), indicatorIDs(1, 3)...)
	var got struct{ Objects []map[string]any }
	w.get(t, "collections/"+open+"/objects/"+indicatorIDs(1, 2)[0]+"/").into(t, &got)
	if len(got.Objects) != 1 || got.Objects[0]["pattern"] != "[ipv4-addr:value = '198.51.100.1']" {
		t.Errorf("%v", got.Objects)
	}
}

// Tables: what cannot be processed is 422.
func TestAssertion68(t *testing.T) {
	w := fresh(t)
	for _, body := range []string{"", "nothing", "{", "[]", "null", "1", `"text"`, `{"objects":"x"}`, `{"objects":{}}`, `{"objects":[`, "\x00", indicator(1)} {
		w.want(t, http.StatusUnprocessableEntity, call{method: http.MethodPost, path: "collections/" + open + "/objects/", body: body})
	}
	if n := len(w.ids(t, "collections/"+open+"/objects/?match[type]=indicator")); n != 0 {
		t.Errorf("%d objects were taken", n)
	}
}

// 5.7: who may delete.
func TestAssertion69(t *testing.T) {
	w := fresh(t)
	id := indicatorIDs(100, 101)[0]
	for collection, status := range map[string]int{hidden: 404, readOnly: 403, dropBox: 403} {
		w.want(t, status, call{method: http.MethodDelete, path: "collections/" + collection + "/objects/" + id + "/"})
	}
	w.want(t, http.StatusOK, call{method: http.MethodDelete, path: "collections/" + open + "/objects/" + malwareID + "/"})
	w.want(t, http.StatusNotFound, call{method: http.MethodDelete, path: "collections/" + open + "/objects/" + malwareID + "/"})
	w.want(t, http.StatusNotFound, call{method: http.MethodDelete, path: "collections/" + open + "/objects/nothing/"})
	for _, c := range []string{readOnly, hidden} {
		sameList(t, c, w.do(t, call{path: "collections/" + c + "/objects/", token: map[string]string{hidden: bobToken}[c]}).envelope(t).ids(), id)
	}
}

// 5.7: what was deleted is gone from everywhere; versions select.
func TestAssertion70(t *testing.T) {
	w := fresh(t)
	path := "collections/" + open + "/objects/" + malwareID + "/"
	remove := func(query string) {
		t.Helper()
		w.want(t, http.StatusOK, call{method: http.MethodDelete, path: path + query})
	}
	all := collectionPages[0] + "?match[type]=malware&match[version]=all"
	remove("?" + escape("match[version]", version2))
	sameList(t, "without the second", w.objects(t, all), malwareID+" "+version1, malwareID+" "+version3)
	w.want(t, http.StatusNotFound, call{path: path + "?" + escape("match[version]", version2)})
	w.want(t, http.StatusNotFound, call{method: http.MethodDelete, path: path + "?" + escape("match[version]", version2)})
	remove("?match[version]=last")
	sameList(t, "without the last", w.objects(t, all), malwareID+" "+version1)
	sameList(t, "which is the latest now", w.objects(t, path), malwareID+" "+version1)
	w.want(t, http.StatusNotFound, call{method: http.MethodDelete, path: path + "?match[spec_version]=2.0"})
	w.want(t, http.StatusBadRequest, call{method: http.MethodDelete, path: path + "?match[version]=all,last"})
	w.want(t, http.StatusBadRequest, call{method: http.MethodDelete, path: path + "?match[colour]=red"})
	remove("")
	for _, gone := range []string{path, path + "versions/", path + "?match[version]=all"} {
		w.want(t, http.StatusNotFound, call{path: gone})
	}
	sameList(t, "objects", w.objects(t, all))
	sameList(t, "manifest", w.records(t, collectionPages[1]+"?match[type]=malware&match[version]=all"))

	path = "collections/" + open + "/objects/" + identityID + "/"
	remove("?match[spec_version]=2.1")
	e := w.get(t, path).envelope(t)
	if len(e.Objects) != 1 || e.Objects[0]["spec_version"] != nil {
		t.Errorf("what is left is not of STIX 2.0: %v", e.Objects)
	}
	w.post(t, open, `{"type":"identity","spec_version":"2.1","id":"`+identityID+`","created":"2021-01-01T00:00:00.000Z",`+
		`"modified":"2021-01-02T00:00:00.000Z","name":"Example","identity_class":"organization"}`)
	remove("")
	w.want(t, http.StatusNotFound, call{path: path})
	w.want(t, http.StatusNotFound, call{path: path + "?match[spec_version]=2.0"})
}

// 5.8: versions.
func TestAssertion71(t *testing.T) {
	w := shared(t)
	for path, want := range map[string][]string{
		malwareID + "/versions/":                                      {version2, version1, version3},
		malwareID + "/versions/?limit=2":                              {version2, version1},
		malwareID + "/versions/?added_after=2021-05-01T00:00:01Z":     {version3},
		malwareID + "/versions/?match[spec_version]=2.1":              {version2, version1, version3},
		malwareID + "/versions/?match[spec_version]=2.0":              nil,
		identityID + "/versions/?match[spec_version]=2.0,2.1":         {"2021-01-01T00:00:00.000Z"},
		markingID + "/versions/":                                      {"2021-01-05T00:00:00.000Z"},
		malwareID + "/versions/?added_after=2031-05-01T00:00:01Z":     nil,
		malwareID + "/versions/?match[version]=last&match[type]=tool": {version2, version1, version3}, // not filters here
	} {
		r := w.want(t, http.StatusOK, call{path: "collections/" + open + "/objects/" + path})
		m := r.resource(t)
		got, ok := m["versions"]
		if !ok && want == nil {
			continue
		}
		var list []string
		for _, v := range got.([]any) {
			list = append(list, v.(string))
		}
		sameList(t, path, list, want...)
	}
	w.want(t, http.StatusNotFound, call{path: "collections/" + open + "/objects/malware--99999999-0000-4000-8000-000000000001/versions/"})
}

// 5.7: the answer to DELETE has no body, and the Content-Type all the same (reply.wrong looks at both).
func TestAssertion72(t *testing.T) {
	w := fresh(t)
	r := w.want(t, http.StatusOK, call{method: http.MethodDelete, path: "collections/" + open + "/objects/" + malwareID + "/"})
	if r.header.Get("Content-Length") != "0" || len(r.body) != 0 {
		t.Errorf("%v %q", r.header, r.body)
	}
}
