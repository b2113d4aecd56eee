package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"entente/internal/api"
)

func TestMe(t *testing.T) {
	w := newWorld(t, api.Options{})
	me := get[api.Me](w, "ann", "me")
	if me.User != "ann" || me.Organisation.Name != "Alpha" || !slices.Equal(me.May, []string{"read", "write", "publish", "administer", "audit"}) {
		t.Errorf("%+v", me)
	}
	if me := get[api.Me](w, "root", "me"); !slices.Equal(me.May, []string{"administer"}) {
		t.Errorf("%+v", me)
	}
	if me := get[api.Me](w, "", "me"); me.User != "" || !slices.Equal(me.May, []string{"read"}) {
		t.Errorf("%+v", me)
	}
}

func ids(p api.Items) (out []string) {
	for _, it := range p.Items {
		out = append(out, strings.TrimLeft(string(it.Object[bytesAt(it.Object, "tool--"):][:8]), "0"))
	}
	return out
}

func bytesAt(b []byte, s string) int { return strings.Index(string(b), s) + len(s) }

func TestSearch(t *testing.T) {
	w := newWorld(t, api.Options{})
	w.submit(tool(1, "Mimikatz", "clear"), tool(2, "China Chopper", "green"), tool(3, "Cobalt Strike", "amber"), tool(4, "PsExec", "red"))
	for _, c := range []struct{ who, query, want string }{
		{"ann", "", "1 2 3 4"},
		{"al", "", "1 2 3"}, // red is ann's alone
		{"bea", "", "1 2"},
		{"bea", "text=strike", ""},
		{"al", "text=cobalt+strike", "3"},
		{"al", "name=cobalt+strike", "3"},
		{"al", "name=Cobalt%20STRIKE", "3"},
		{"ann", "label=clear,red", "1 4"},
		{"ann", "type=indicator", ""},
		{"ann", "type=tool,indicator", "1 2 3 4"},
		{"ann", "id=tool--00000002-1111-4111-8111-111111111111", "2"},
		{"ann", "since=2025-01-01T00:00:00Z", ""},
		{"ann", "until=2025-01-01T00:00:00Z&versions=all", "1 2 3 4"},
		{"ann", "collection=" + w.shared.UID, "1 2 3 4"},
		{"ann", "attack=T1190", ""},
	} {
		if got := ids(get[api.Items](w, c.who, "objects?"+c.query)); strings.Join(got, " ") != c.want {
			t.Errorf("%s, %q: %v, not %v", c.who, c.query, got, c.want)
		}
		if n := get[api.Count](w, c.who, "counts?"+c.query); n.Count != int64(len(strings.Fields(c.want))) {
			t.Errorf("%s, %q: counted %d", c.who, c.query, n.Count)
		}
	}
	for query, status := range map[string]int{
		"unknown=1": 422, "limit=0": 422, "limit=x": 422, "since=yesterday": 422, "versions=some": 422, "label=blue": 400, "attack=x": 400,
		"text=%2e": 400, "name=a&tag=b": 400, "next=x": 400, "type=a&type=b": 400, "%zz": 400, "a;b": 400,
		"collection=5f9a6ad5-7a0a-4ae1-a3a3-35b1a1f1a001": 404, "next=" + strings.Repeat("x", 5000): 422,
	} {
		w.call("ann", http.MethodGet, "objects?"+query, "", status)
	}
	w.call("root", http.MethodGet, "objects", "", http.StatusForbidden)
	w.call("root", http.MethodGet, "counts", "", http.StatusForbidden)
	if n := len(get[api.Items](w, "", "objects").Items); n != 0 {
		t.Errorf("nobody sees %d objects", n)
	}
}

// Score is computed where it is asked for, of what the caller sees.
func TestScores(t *testing.T) {
	now := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	w := newWorld(t, api.Options{Now: func() time.Time { return now }})
	indicator := func(n int, pattern, more string) string {
		return `{"type":"indicator","spec_version":"2.1","id":"indicator--00000000-1111-4111-8111-00000000000` + strconv.Itoa(n) + `","created":"2026-01-01T00:00:00.000Z",` +
			`"modified":"2026-01-01T00:00:00.000Z","pattern":"` + pattern + `","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z","confidence":80` + more + `}`
	}
	w.submit(
		indicator(1, "[ipv4-addr:value = '198.51.100.7']", ""), indicator(2, "[url:value = 'http://example.org/' OR ipv4-addr:value = '198.51.100.7']", ""),
		indicator(3, "[file:name = 'x']", `,"valid_until":"2026-01-02T00:00:00Z"`), tool(4, "x", "clear"),
		indicator(5, "[ipv4-addr:value = '198.51.100.8']", `,"object_marking_refs":["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"],`+
			`"granular_markings":[{"selectors":["confidence"],"marking_ref":"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"}]`),
	)
	scores := func(who, query string) (out []string) {
		for _, it := range get[api.Items](w, who, "objects"+query).Items {
			if it.Score == nil {
				out = append(out, "-")
				continue
			}
			out = append(out, strconv.FormatFloat(*it.Score, 'f', -1, 64))
		}
		return out
	}
	for _, c := range []struct{ who, query, want string }{
		{"ann", "", "- - - - -"},
		{"ann", "?score=true", "40 56.6 0 - 40"},
		{"al", "?score=true", "40 56.6 0 - 25"}, // from whom the confidence is withheld
		{"ann", "/indicator--00000000-1111-4111-8111-000000000001?score=true", "40"},
	} {
		if got := strings.Join(scores(c.who, c.query), " "); got != c.want {
			t.Errorf("%s, %q: %s, not %s", c.who, c.query, got, c.want)
		}
	}
}

func TestFiltersTakeAliases(t *testing.T) {
	w := newWorld(t, api.Options{})
	w.submit(tool(1, "one", "clear"))
	for _, path := range []string{"objects?collection=shared", "objects?collection=" + w.shared.UID, "collections/shared", "conflicts?collection=shared"} {
		w.call("ann", http.MethodGet, path, "", 200)
	}
	if n := get[api.Count](w, "ann", "counts?collection=shared").Count; n != 1 {
		t.Errorf("counted %d", n)
	}
	for _, name := range []string{"other", ",shared"} {
		w.call("ann", http.MethodGet, "objects?collection="+name, "", 404)
	}
}

func TestObjectsKeepTheirBytes(t *testing.T) {
	w := newWorld(t, api.Options{})
	raw := strings.Replace(tool(1, "x", "clear"), `"name":"x"`, `"name" : "A \u0026 B <c>",   "x_n": 1.50e2`, 1)
	w.submit(raw)
	if a := w.call("bea", http.MethodGet, "objects/tool--00000001-1111-4111-8111-111111111111", "", 200); !strings.Contains(string(a.body), raw) {
		t.Errorf("%s became %s", raw, a.body)
	}
}

func TestPages(t *testing.T) {
	w := newWorld(t, api.Options{MaxPage: 7})
	var all []string
	for n := range 20 {
		all = append(all, tool(n+1, "x", []string{"clear", "amber"}[n%2]))
	}
	w.submit(all...)
	for _, limit := range []string{"", "limit=3&", "limit=7&", "limit=100000&"} {
		var got []string
		next := ""
		for {
			p := get[api.Items](w, "bea", "objects?"+limit+"type=tool&next="+next)
			got = append(got, ids(p)...)
			if len(p.Items) > 7 {
				t.Errorf("%s: a page of %d", limit, len(p.Items))
			}
			if p.Next == "" {
				break
			}
			next = p.Next
			w.call("ann", http.MethodGet, "objects?type=tool&next="+next, "", 400) // another's
			w.call("bea", http.MethodGet, "objects?next="+next, "", 400)           // of another query
			w.call("bea", http.MethodGet, "counts?type=tool&next="+next, "", 422)
		}
		if strings.Join(got, " ") != "1 3 5 7 9 11 13 15 17 19" {
			t.Errorf("%s: %v", limit, got)
		}
	}
}

func TestObject(t *testing.T) {
	w := newWorld(t, api.Options{})
	first := tool(1, "one", "green")
	second := strings.ReplaceAll(first, `"modified":"2024-01-01`, `"modified":"2024-02-01`)
	w.submit(first, second, tool(2, "two", "red"))
	id := "objects/tool--00000001-1111-4111-8111-111111111111"
	if p := get[api.Items](w, "bea", id); len(p.Items) != 1 || string(p.Items[0].Object) != second || p.Items[0].Label != "green" || p.Items[0].Collection != w.shared.UID {
		t.Errorf("%+v", p)
	}
	if p := get[api.References](w, "bea", id+"/versions"); len(p.Items) != 2 || p.Items[1].Version != "2024-02-01T00:00:00.000Z" {
		t.Errorf("%+v", p)
	}
	if p := get[api.References](w, "bea", id+"/versions?limit=1"); len(p.Items) != 1 || len(get[api.References](w, "bea", id+"/versions?limit=1&next="+p.Next).Items) != 1 {
		t.Errorf("%+v", p)
	}
	for _, path := range []string{"tool--00000002-1111-4111-8111-111111111111", "nonsense", "tool--00000003-1111-4111-8111-111111111111"} {
		for _, more := range []string{"", "/versions", "/neighbours"} {
			w.call("bea", http.MethodGet, "objects/"+url.PathEscape(path)+more, "", 404)
			w.call("", http.MethodGet, "objects/"+path+more, "", 401)
		}
	}
}

func TestNeighbours(t *testing.T) {
	w := newWorld(t, api.Options{})
	rel := fmt.Sprintf(`{"type":"relationship","spec_version":"2.1","id":"relationship--00000001-1111-4111-8111-111111111111","created":"2024-01-01T00:00:00.000Z",`+
		`"modified":"2024-01-01T00:00:00.000Z","relationship_type":"related-to","source_ref":%q,"target_ref":%q,`+
		`"object_marking_refs":["marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"]}`,
		"tool--00000001-1111-4111-8111-111111111111", "tool--00000002-1111-4111-8111-111111111111")
	w.submit(tool(1, "a", "clear"), tool(2, "b", "amber"), rel)
	g := get[api.Graph](w, "ann", "objects/tool--00000001-1111-4111-8111-111111111111/neighbours?depth=2")
	if len(g.Nodes) != 3 || len(g.Edges) != 2 {
		t.Errorf("%+v", g)
	}
	g = get[api.Graph](w, "bea", "objects/tool--00000001-1111-4111-8111-111111111111/neighbours?depth=2")
	if len(g.Nodes) != 2 || len(g.Edges) != 2 {
		t.Errorf("%+v", g)
	}
	w.call("ann", http.MethodGet, "objects/tool--00000001-1111-4111-8111-111111111111/neighbours?depth=9", "", 422)
}

func TestConflicts(t *testing.T) {
	w := newWorld(t, api.Options{})
	w.submit(tool(1, "a", "clear"))
	w.call("ann", http.MethodPost, "collections/"+w.shared.UID+"/objects", `{"objects":[`+tool(1, "b", "clear")+`]}`, 200)
	for who, want := range map[string]int{"ann": 1, "bea": 1} {
		if c := get[api.Conflicts](w, who, "conflicts").Conflicts; len(c) != want || want == 1 && string(c[0].Item.Object) != tool(1, "b", "clear") {
			t.Errorf("%s: %+v", who, c)
		}
	}
	last := get[api.Conflicts](w, "ann", "conflicts").Conflicts[0].Number
	if c := get[api.Conflicts](w, "ann", "conflicts?after="+strconv.FormatInt(last, 10)).Conflicts; len(c) != 0 {
		t.Errorf("%+v", c)
	}
	w.call("root", http.MethodGet, "conflicts", "", 403)
	w.call("ann", http.MethodGet, "conflicts?collection=x", "", 404)
}
