package peer

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"entente/internal/exchange"
	"entente/internal/gate"
	"entente/internal/store"
	"entente/internal/taxii"
)

// node is a node with a store on disk and a server of TAXII, an organisation of its own, and one for each other node.
type node struct {
	t    *testing.T
	name string
	dir  string
	st   *store.Store
	ex   *exchange.Service
	now  atomic.Pointer[func() time.Time]

	server  *httptest.Server
	handler atomic.Pointer[http.Handler]
	down    atomic.Bool  // connections break
	breaks  atomic.Int64 // connections break after so many requests; 0 is never
	count   atomic.Int64 // of requests

	self   exchange.Principal
	tokens map[string]string // by the name of the other node: what it shows here
}

// newNode makes a node with a collection api/shared, which its organisation and those of the others read and write.
func newNode(t *testing.T, name string, others ...string) *node {
	t.Helper()
	n := &node{t: t, name: name, dir: filepath.Join(t.TempDir(), name), tokens: map[string]string{}}
	st, err := store.Create(t.Context(), store.Config{Dir: n.dir, Now: n.clock})
	if err != nil {
		t.Fatal(err)
	}
	n.use(st)
	t.Cleanup(func() { _ = n.st.Close() })
	root, err := st.CreateRoot(t.Context(), store.Root{Path: "api", Title: "API", MaxContentLength: 1 << 20})
	n.check(err)
	col := store.Collection{UID: "5d1f2a40-0000-4000-8000-00000000000" + fmt.Sprint(len(name)), Root: root.ID, Alias: "shared", Title: "Shared", Label: store.Green}
	for i, who := range append([]string{name}, others...) {
		org, err := st.CreateOrg(t.Context(), store.Org{
			UID: fmt.Sprintf("identity--00000000-0000-4000-8000-00000000000%d", i), Name: who, Clearance: store.Amber,
		})
		n.check(err)
		user, err := st.CreateUser(t.Context(), store.User{Org: org.ID, Name: "peer-" + who, Service: true, Roles: store.Reader | store.Publisher})
		n.check(err)
		if i == 0 {
			col.Owner = org.ID
			col, err = st.CreateCollection(t.Context(), col)
			n.check(err)
			n.self, err = n.ex.Account(t.Context(), user.Name)
			n.check(err)
		}
		n.check(st.SetRights(t.Context(), store.Rights{Collection: col.ID, Org: org.ID, Read: true, Write: true}))
		secret, hash := exchange.NewToken()
		_, err = st.CreateToken(t.Context(), store.Token{User: user.ID, Name: "t", Hash: hash, Scopes: exchange.AllScopes})
		n.check(err)
		n.tokens[who] = secret
	}
	n.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k := n.count.Add(1)
		if b := n.breaks.Load(); n.down.Load() || b > 0 && k > b {
			panic(http.ErrAbortHandler)
		}
		(*n.handler.Load()).ServeHTTP(w, r)
	}))
	n.server.Config.SetKeepAlivesEnabled(true)
	n.server.Start()
	t.Cleanup(n.server.Close)
	return n
}

func (n *node) clock() time.Time {
	if now := n.now.Load(); now != nil {
		return (*now)()
	}
	return time.Now()
}

func (n *node) check(err error) {
	n.t.Helper()
	if err != nil {
		n.t.Fatalf("%s: %v", n.name, err)
	}
}

// use makes the node work with a store.
func (n *node) use(st *store.Store) {
	n.st = st
	n.ex = exchange.New(st, exchange.Options{Now: n.clock})
	var h http.Handler = taxii.New(n.ex, gate.New(n.ex, gate.Options{}), taxii.Options{})
	n.handler.Store(&h)
}

// backup copies the store; restore puts the copy in its place.
func (n *node) backup() (dir string) {
	n.t.Helper()
	dir = n.t.TempDir()
	n.check(n.st.Close())
	n.check(os.CopyFS(dir, os.DirFS(n.dir)))
	n.open()
	return dir
}

func (n *node) restore(dir string) {
	n.t.Helper()
	n.check(n.st.Close())
	n.check(os.RemoveAll(n.dir))
	n.check(os.CopyFS(n.dir, os.DirFS(dir)))
	n.open()
}

func (n *node) open() {
	n.t.Helper()
	st, err := store.Open(n.t.Context(), store.Config{Dir: n.dir, Now: n.clock})
	n.check(err)
	n.use(st)
}

func (n *node) collection(p exchange.Principal) exchange.CollectionView {
	n.t.Helper()
	root, err := n.ex.Root(n.t.Context(), p, "api")
	n.check(err)
	c, err := n.ex.Collection(n.t.Context(), p, root, "shared")
	n.check(err)
	return c
}

// add submits objects as the node's own organisation.
func (n *node) add(objects ...string) {
	n.t.Helper()
	rep, err := n.ex.Import(n.t.Context(), n.self, n.collection(n.self), strings.NewReader(strings.Join(objects, "\n")), exchange.SubmitOptions{}, nil)
	n.check(err)
	if int(rep.Stored) != len(objects) {
		n.t.Fatalf("%s: %+v", n.name, rep)
	}
}

// has gives what the node's own account sees, by identifier and version.
func (n *node) has() map[string]string {
	n.t.Helper()
	out := map[string]string{}
	q := store.Query{Collections: []int64{n.collection(n.self).ID}, Versions: store.Versions{All: true}, Limit: 10_000}
	page, err := n.ex.Objects(n.t.Context(), n.self, q)
	n.check(err)
	for _, it := range page.Items {
		key := it.ID + " " + it.VersionText
		if _, twice := out[key]; twice {
			n.t.Errorf("%s sees %s twice", n.name, key)
		}
		out[key] = string(it.Raw)
	}
	return out
}

func (n *node) wantAll(objects ...string) {
	n.t.Helper()
	has := slices.Sorted(maps.Values(n.has()))
	want := slices.Clone(objects)
	slices.Sort(want)
	if !slices.Equal(has, want) {
		n.t.Errorf("%s has %d objects, want %d\n has: %s\nwant: %s", n.name, len(has), len(want), brief(has), brief(want))
	}
}

func brief(list []string) string {
	var b bytes.Buffer
	for i, s := range list {
		if i == 30 {
			b.WriteString("…")
			break
		}
		if at := strings.Index(s, `"name":`); at >= 0 {
			s, _, _ = strings.Cut(s[at+7:], ",")
		}
		b.WriteString(strings.TrimSuffix(s, "}") + " ")
	}
	return b.String()
}

// object is an object with a number, and perhaps more properties.
func object(n int, more ...string) string { return version(n, 0, more...) }

// version is the vth version of the nth object.
func version(n, v int, more ...string) string {
	return fmt.Sprintf(`{"type":"identity","spec_version":"2.1","id":"identity--10000000-0000-4000-8000-%012d","created":"2021-07-19T00:00:00.000Z",`+
		`"modified":"2021-07-19T00:00:%02d.000Z","name":"n%d.%d"%s}`, n, v, n, v, strings.Join(more, ""))
}

func objects(from, to int) []string {
	var out []string
	for n := from; n < to; n++ {
		out = append(out, object(n))
	}
	return out
}

const (
	clearID       = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
	amberID       = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"
	amberStrictID = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
	redID         = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
)

func marked(id string) string { return fmt.Sprintf(`,"object_marking_refs":[%q]`, id) }

func partly(id, selector string) string {
	return fmt.Sprintf(`,"granular_markings":[{"marking_ref":%q,"selectors":[%q]}]`, id, selector)
}

// runner makes a runner of n, whose only peer is to.
func (n *node) runner(to *node, change func(*Config)) *Runner {
	n.t.Helper()
	file := filepath.Join(n.t.TempDir(), "token")
	n.check(os.WriteFile(file, []byte(to.tokens[n.name]+"\n"), 0o600))
	c := Config{Name: to.name, URL: to.server.URL, Account: "peer-" + to.name, TokenFile: file}
	change(&c)
	r, err := New(n.ex, n.st, []Config{c}, Options{Tries: 2, Backoff: time.Millisecond, Now: n.clock})
	n.check(err)
	return r
}

func pulls(c *Config)  { c.Pull = []Rule{{Local: "api/shared", Remote: "shared", PageSize: 10}} }
func pushes(c *Config) { c.Push = []Rule{{Local: "api/shared", Remote: "shared", PageSize: 10}} }

func both(c *Config) {
	pulls(c)
	pushes(c)
}

// sync does a round of n with to, and gives the report of the last rule.
func (n *node) sync(to *node, change func(*Config)) Report {
	n.t.Helper()
	reports, err := n.runner(to, change).Sync(n.t.Context(), to.name)
	n.check(err)
	return reports[len(reports)-1]
}
