package taxii_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// walk collects identifiers over pages by next.
func (w *world) walk(t *testing.T, path, query string) []string {
	t.Helper()
	out := []string{}
	next := ""
	for range 100 {
		q := query
		if next != "" {
			q += "&" + escape("next", next)
		}
		e := w.want(t, http.StatusOK, call{path: path + "?" + q}).envelope(t)
		for _, o := range e.Objects {
			out = append(out, o["id"].(string))
		}
		if next = e.Next; next == "" {
			return out
		}
	}
	t.Fatalf("%s?%s has no end", path, query)
	return nil
}

// walkByDate collects identifiers over pages by added_after.
func (w *world) walkByDate(t *testing.T, path, query string) []string {
	t.Helper()
	out := []string{}
	after := ""
	for range 100 {
		q := query
		if after != "" {
			q += "&" + escape("added_after", after)
		}
		r := w.want(t, http.StatusOK, call{path: path + "?" + q})
		e := r.envelope(t)
		for _, o := range e.Objects {
			out = append(out, o["id"].(string))
		}
		if after = r.header.Get("X-TAXII-Date-Added-Last"); !e.More {
			return out
		}
	}
	t.Fatalf("%s?%s has no end", path, query)
	return nil
}

func indicatorIDs(from, to int) []string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprintf("indicator--22222222-0000-4000-8000-%012x", i))
	}
	return out
}

// 3.5: next, with the same filters, gives each match once.
func TestAssertion49(t *testing.T) {
	w := shared(t)
	all := indicatorIDs(0, 25)
	for _, kind := range []string{"objects", "manifest"} {
		path := "collections/" + many + "/" + kind + "/"
		for _, limit := range []int{1, 2, 7, 10, 12, 25, 1000} {
			sameList(t, fmt.Sprint(kind, limit), w.walk(t, path, fmt.Sprintf("limit=%d", limit)), all...)
		}
		sameList(t, "without limit", w.walk(t, path, ""), all...)
		sameList(t, "with filters", w.walk(t, path, "limit=2&match[type]=indicator&added_after=2021-06-01T00:00:19Z"), all[20:]...)
		ids := strings.Join(all[3:9], ",")
		sameList(t, "by id", w.walk(t, path, "limit=4&match[id]="+ids), all[3:9]...)
	}
	sameList(t, "versions", w.walk(t, "collections/"+open+"/objects/", "limit=1&match[version]=all&match[type]=malware"), malwareID, malwareID, malwareID)
	sameList(t, "one object", w.walk(t, "collections/"+open+"/objects/"+malwareID+"/", "limit=1&match[version]=all"), malwareID, malwareID, malwareID)

	// A client may change limit on its way.
	e := w.get(t, "collections/"+many+"/objects/").envelope(t)
	if n := len(w.get(t, "collections/"+many+"/objects/?limit=3&"+escape("next", e.Next)).envelope(t).Objects); n != 3 {
		t.Errorf("with another limit: %d objects", n)
	}
}

// 3.5: added_after with the last date added loses nothing, because no two are the same.
func TestAssertion50(t *testing.T) {
	w := fresh(t)
	for _, kind := range []string{"objects", "manifest"} {
		sameList(t, kind, w.walkByDate(t, "collections/"+many+"/"+kind+"/", "limit=4"), indicatorIDs(0, 25)...)
	}
	var batch []string // stored at the same moment
	for i := range 50 {
		batch = append(batch, indicator(1000+i))
	}
	if s := w.post(t, empty, batch...); s.Success != 50 {
		t.Fatalf("%+v", s)
	}
	sameList(t, "a batch", w.walkByDate(t, "collections/"+empty+"/objects/", "limit=3"), indicatorIDs(1000, 1050)...)
	var v struct{ Versions []string }
	path := "collections/" + open + "/objects/" + malwareID + "/versions/?limit=2"
	r := w.get(t, path)
	r.into(t, &v)
	sameList(t, "versions", v.Versions, version2, version1)
	v.Versions = nil
	w.get(t, path+"&"+escape("added_after", r.header.Get("X-TAXII-Date-Added-Last"))).into(t, &v)
	sameList(t, "more versions", v.Versions, version3)
}

// Appendix B: next is not to be trusted.
func TestAssertion51(t *testing.T) {
	w := shared(t)
	path := "collections/" + many + "/objects/"
	next := w.get(t, path+"?limit=2").envelope(t).Next
	if next == "" {
		t.Fatal("no next")
	}
	w.want(t, http.StatusOK, call{path: path + "?" + escape("next", next)})
	refused := func(what string, c call) {
		t.Helper()
		if r := w.do(t, c); r.status != http.StatusBadRequest {
			t.Errorf("%s: %d", what, r.status)
		}
	}
	refused("another caller's", call{path: path + "?" + escape("next", next), token: bobToken})
	refused("of another collection", call{path: "collections/" + open + "/objects/?" + escape("next", next)})
	refused("of one object", call{path: path + indicatorIDs(0, 1)[0] + "/?" + escape("next", next)})
	for _, filter := range []string{"match[type]=indicator", "match[version]=all", "added_after=2020-01-01T00:00:00Z", "match[spec_version]=2.1", "match[id]=" + malwareID} {
		refused("with "+filter, call{path: path + "?" + filter + "&" + escape("next", next)})
	}
	for i := range next {
		if changed := next[:i] + flip(next[i]) + next[i+1:]; i%5 == 0 {
			refused("changed", call{path: path + "?" + escape("next", changed)})
		}
	}
	for _, s := range []string{"0", "1", "a", strings.Repeat("A", 100), next + next, next[:len(next)/2], "' OR 1=1 --", "\x00", "%"} {
		refused("made up", call{path: path + "?next=" + url.QueryEscape(s)})
	}
}

func flip(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

// 3.5: a walk is right while objects come and go.
func TestAssertion52(t *testing.T) {
	w := fresh(t)
	path := "collections/" + many + "/objects/"
	e := w.get(t, path+"?limit=10").envelope(t)
	got := e.ids()
	all := indicatorIDs(0, 25)
	w.post(t, many, indicator(200))
	for _, id := range []string{all[2], all[9], all[10], all[15]} { // before the place, at it, after it
		w.want(t, http.StatusOK, call{method: http.MethodDelete, path: path + id + "/"})
	}
	for e.Next != "" {
		e = w.get(t, path+"?limit=3&"+escape("next", e.Next)).envelope(t)
		got = append(got, e.ids()...)
		w.post(t, many, indicator(201))
	}
	want := slices.Clone(all)
	want = slices.DeleteFunc(want, func(id string) bool { return id == all[10] || id == all[15] })
	want = append(want, indicatorIDs(200, 202)...)
	sameList(t, "what the walk met", got, want...)
}

func (e envelope) ids() []string {
	var out []string
	for _, o := range e.Objects {
		out = append(out, o["id"].(string))
	}
	return out
}

// 3.7: objects come in an envelope, without objects where there are none.
func TestAssertion53(t *testing.T) {
	w := shared(t)
	for _, path := range []string{"collections/" + open + "/objects/", "collections/" + open + "/objects/" + malwareID + "/"} {
		m := w.get(t, path).resource(t)
		if _, ok := m["objects"].([]any); !ok || len(m) != 1 {
			t.Errorf("%s: %v", path, m)
		}
		if m := w.get(t, path+"?added_after=2031-01-01T00:00:00Z").resource(t); len(m) != 0 {
			t.Errorf("%s: %v", path, m)
		}
	}
	m := w.get(t, "collections/"+many+"/objects/").resource(t)
	if m["more"] != true || m["next"] == nil || len(m) != 3 {
		t.Errorf("%v", m)
	}
}
