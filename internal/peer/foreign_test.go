package peer

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// foreign is a server that is not ours: it writes objects anew, refuses what it has, and may keep silent about what it takes.
type foreign struct {
	*httptest.Server
	order      []string
	objects    map[string]map[string]any
	silent     bool // says nothing of what becomes of objects
	deaf       bool // and does not keep them
	noManifest bool
	latestOnly bool
	empty      bool // the manifest is
	later      int  // seconds that its dates are later than those of the objects
}

func newForeign(t *testing.T) *foreign {
	t.Helper()
	f := &foreign{objects: map[string]map[string]any{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *foreign) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/taxii+json;version=2.1")
	if f.latestOnly && r.URL.Query().Has("match[version]") {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	const col = `{"id":"c","title":"C","alias":"shared","can_read":true,"can_write":true}`
	switch r.URL.Path {
	case "/taxii2/":
		fmt.Fprint(w, `{"title":"F","api_roots":["/r/"]}`)
	case "/r/":
		fmt.Fprint(w, `{"title":"R","versions":["application/taxii+json;version=2.1"],"max_content_length":100000}`)
	case "/r/collections/":
		fmt.Fprintf(w, `{"collections":[%s]}`, col)
	case "/r/collections/c/manifest/":
		if f.noManifest {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if f.empty {
			fmt.Fprint(w, `{"objects":[]}`)
			return
		}
		f.list(w, r, func(n int, o map[string]any) any {
			return map[string]any{"id": o["id"], "version": o["modified"], "date_added": added(n + f.later)}
		})
	case "/r/collections/c/objects/":
		if r.Method == http.MethodPost {
			f.post(w, r)
			return
		}
		f.list(w, r, func(_ int, o map[string]any) any { return o })
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func added(n int) string {
	return time.Date(2021, 7, 19, 0, 0, n, 0, time.UTC).Format("2006-01-02T15:04:05.000000Z")
}

func (f *foreign) list(w http.ResponseWriter, r *http.Request, show func(int, map[string]any) any) {
	q := r.URL.Query()
	var out []any
	for n, id := range f.order {
		if want := q.Get("match[id]"); want != "" && !strings.Contains(want, id) || q.Get("added_after") >= added(n) {
			continue
		}
		out = append(out, show(n, f.objects[id]))
		w.Header().Set("X-TAXII-Date-Added-Last", added(n))
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"more": false, "objects": out})
}

func (f *foreign) post(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var in struct{ Objects []map[string]any }
	_ = json.Unmarshal(body, &in)
	var failures []any
	for _, o := range in.Objects {
		id, _ := o["id"].(string)
		if _, there := f.objects[id]; there {
			failures = append(failures, map[string]any{"id": id, "version": o["modified"], "message": "no"})
			continue
		}
		if !f.deaf {
			f.objects[id] = o
			f.order = append(f.order, id)
		}
	}
	w.WriteHeader(http.StatusAccepted)
	if f.silent {
		return
	}
	status := map[string]any{
		"id": "s", "status": "complete", "total_count": len(in.Objects), "success_count": len(in.Objects) - len(failures),
		"failure_count": len(failures), "pending_count": 0,
	}
	if len(failures) > 0 {
		status["failures"] = failures
	}
	_ = json.NewEncoder(w).Encode(status)
}

// toForeign makes n's peer "b" the foreign server.
func (n *node) toForeign(f *foreign, change func(*Config)) *Runner {
	n.t.Helper()
	c := Config{Name: "b", URL: f.URL, Account: "peer-b"}
	change(&c)
	r, err := New(n.ex, n.st, []Config{c}, Options{Tries: 1, Now: n.clock})
	n.check(err)
	return r
}

func TestForeignServers(t *testing.T) {
	for name, set := range map[string]func(*foreign){
		"that writes anew":          func(*foreign) {},
		"that says nothing":         func(f *foreign) { f.silent = true },
		"without manifest":          func(f *foreign) { f.noManifest = true },
		"with latest versions":      func(f *foreign) { f.latestOnly = true },
		"with nothing of all of it": func(f *foreign) { f.latestOnly, f.noManifest = true, true },
	} {
		t.Run(name, func(t *testing.T) {
			f := newForeign(t)
			set(f)
			a := newNode(t, "a", "b")
			a.add(objects(0, 25)...)
			r := a.toForeign(f, both)
			for round := range 4 {
				reports, err := r.Sync(t.Context(), "b")
				a.check(err)
				for _, rep := range reports {
					if rep.Conflicts+rep.Refused+rep.Failed > 0 {
						t.Errorf("round %d: %+v", round, rep)
					}
					if round > 1 && rep.Sent > 0 {
						t.Errorf("round %d sends again: %+v", round, rep)
					}
				}
			}
			if len(f.objects) != 25 {
				t.Errorf("the server has %d objects", len(f.objects))
			}
			a.wantAll(objects(0, 25)...)
			// It loses the place: everything is sent anew, and is known there.
			b := newNode(t, "a", "b")
			b.add(objects(0, 25)...)
			reports, err := b.toForeign(f, pushes).Sync(t.Context(), "b")
			b.check(err)
			if rep := reports[0]; rep.Refused > 0 || rep.Known+rep.Taken != 25 {
				t.Errorf("%+v", rep)
			}
			// What says something else is refused, and that is told.
			c := newNode(t, "a", "b")
			c.add(strings.Replace(object(3), "n3.0", "other", 1))
			reports, err = c.toForeign(f, pushes).Sync(t.Context(), "b")
			c.check(err)
			if rep := reports[0]; !f.silent && (rep.Refused != 1 || len(rep.Notes) == 0) {
				t.Errorf("%+v", rep)
			}
		})
	}
}

// A server whose manifest is empty, or has other dates than its objects, is not read from the beginning in every round.
func TestManifestThatIsWrong(t *testing.T) {
	for name, set := range map[string]func(*foreign){
		"empty":       func(f *foreign) { f.empty = true },
		"other dates": func(f *foreign) { f.later = 1000 },
	} {
		t.Run(name, func(t *testing.T) { wrongManifest(t, set) })
	}
}

func wrongManifest(t *testing.T, set func(*foreign)) {
	t.Helper()
	f := newForeign(t)
	set(f)
	a, b := newNode(t, "a", "b"), newNode(t, "a", "b")
	a.add(objects(0, 25)...)
	push, pull := a.toForeign(f, pushes), b.toForeign(f, pulls)
	for round := range 8 {
		sent, err := push.Sync(t.Context(), "b")
		a.check(err)
		read, err := pull.Sync(t.Context(), "b")
		b.check(err)
		if round > mostRewinds && (sent[0].Sent > 0 || read[0].Read > 0) {
			t.Errorf("round %d: %+v %+v", round, sent[0], read[0])
		}
	}
	if n := len(b.has()); n != 25 { // in other words than ours
		t.Errorf("%d objects", n)
	}
}

// A server that neither says what became of objects nor has them gets them again, and then they are given up, loudly.
func TestDeafServer(t *testing.T) {
	f := newForeign(t)
	f.silent, f.deaf = true, true
	a := newNode(t, "a", "b")
	a.add(objects(0, 5)...)
	r := a.toForeign(f, pushes)
	for round := 1; round < mostUndecided; round++ {
		if _, err := r.Sync(t.Context(), "b"); err == nil || !strings.Contains(err.Error(), "has not said") {
			t.Errorf("round %d: %v", round, err)
		}
	}
	reports, err := r.Sync(t.Context(), "b")
	if err != nil || reports[0].Open != 5 || len(reports[0].Notes) == 0 {
		t.Errorf("%+v, %v", reports, err)
	}
}
