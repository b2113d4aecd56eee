package carrier

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"entente/internal/coalition"
	"entente/internal/coalition/publish"
	"entente/internal/exchange"
	"entente/internal/gate"
	"entente/internal/sign"
	"entente/internal/store"
	"entente/internal/taxii"
)

// world is a coalition whose members share a node: each has a folder, keys, an account there, and a runner.
type world struct {
	t       *testing.T
	now     time.Time
	st      *store.Store
	ex      *exchange.Service
	tokens  map[string]string
	ids     map[string]*sign.Identity
	first   []byte
	actors  map[string]*coalition.Actor
	runners map[string]*Runner
	options map[string]Options
	log     safeBuffer
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// newWorld makes a coalition in which two members adopt and release.
func newWorld(t *testing.T, members ...string) *world {
	t.Helper()
	w := &world{
		t: t, now: time.Date(2021, 7, 19, 8, 0, 0, 0, time.UTC), tokens: map[string]string{}, ids: map[string]*sign.Identity{},
		actors: map[string]*coalition.Actor{}, runners: map[string]*Runner{}, options: map[string]Options{},
	}
	var err error
	w.st, err = store.Create(t.Context(), store.Config{Dir: filepath.Join(t.TempDir(), "store")})
	w.check(err)
	w.ex = exchange.New(w.st, exchange.Options{})
	t.Cleanup(func() { w.check(w.ex.Close(t.Context())); w.check(w.st.Close()) })
	api, err := w.st.CreateRoot(t.Context(), store.Root{Path: "api", Title: "API", MaxContentLength: 32 << 20})
	w.check(err)
	cols := map[string]store.Collection{}
	for i, name := range []string{"packets", "public", "members"} {
		cols[name] = store.Collection{UID: fmt.Sprintf("5d1f2a40-0000-4000-8000-00000000000%d", i), Root: api.ID, Alias: name, Title: name, Label: store.Green}
	}
	for i, m := range append(slices.Clone(members), "fr") {
		org, err := w.st.CreateOrg(t.Context(), store.Org{UID: fmt.Sprintf("identity--00000000-0000-4000-8000-00000000000%d", i), Name: m, Clearance: store.Amber})
		w.check(err)
		user, err := w.st.CreateUser(t.Context(), store.User{Org: org.ID, Name: m, Service: true, Roles: store.Reader | store.Publisher})
		w.check(err)
		secret, hash := exchange.NewToken()
		_, err = w.st.CreateToken(t.Context(), store.Token{User: user.ID, Name: "t", Hash: hash, Scopes: exchange.AllScopes})
		w.check(err)
		w.tokens[m] = secret
		for name, c := range cols {
			if i == 0 {
				c.Owner = org.ID
				c, err = w.st.CreateCollection(t.Context(), c)
				w.check(err)
				cols[name] = c
			}
			w.check(w.st.SetRights(t.Context(), store.Rights{Collection: c.ID, Org: org.ID, Read: true, Write: true}))
		}
		w.ids[m], err = sign.NewIdentity(nil)
		w.check(err)
	}
	root, err := coalition.NewRoot("Allies", rand.Reader)
	w.check(err)
	root.Issued, root.Expires, root.Threshold = coalition.At(w.now), coalition.At(w.now.AddDate(1, 0, 0)), coalition.Quorums{Root: 1, Adopt: 2, Release: 2}
	for _, m := range members {
		root.Put(w.member(m))
	}
	w.first, err = coalition.SignRoot(root, w.ids[members[0]])
	w.check(err)
	for _, m := range members {
		w.join(m)
	}
	return w
}

func (w *world) member(m string) coalition.Member {
	card := w.ids[m].Card()
	return coalition.Member{
		ID: m, Name: strings.ToUpper(m), Keys: []string{card.Key.String()}, Recipients: []string{card.Recipient},
		Roles: []coalition.Role{coalition.RoleAdopt, coalition.RolePropose, coalition.RoleRelease, coalition.RoleRoot},
	}
}

// clock goes on a little whenever somebody looks at it.
func (w *world) clock() time.Time {
	w.now = w.now.Add(time.Microsecond)
	return w.now
}

// join gives a member a folder and a runner over the node's collection.
func (w *world) join(m string) {
	w.t.Helper()
	f, err := coalition.CreateFolder(filepath.Join(w.t.TempDir(), m), w.first, "")
	w.check(err)
	w.options[m] = Options{
		Folder: f, Identities: []age.Identity{w.ids[m]}, ReleaseDir: filepath.Join(w.t.TempDir(), "releases"),
		Collection: &ExchangeCollection{Exchange: w.ex, Account: m, Path: "api/packets"},
		Every:      time.Nanosecond, Now: w.clock, Log: slog.New(slog.NewTextHandler(&w.log, nil)),
	}
	w.run(m, func(*Options) {})
	w.actors[m] = &coalition.Actor{Folder: w.open(m), Signer: w.ids[m], Identities: []age.Identity{w.ids[m]}, Now: w.clock, Random: rand.Reader}
}

// open opens a member's folder once more, as another process does.
func (w *world) open(m string) *coalition.Folder {
	w.t.Helper()
	f, err := coalition.OpenFolder(w.options[m].Folder.Dir(), func(name string, err error) { w.t.Errorf("%s: %s: %v", m, name, err) })
	w.check(err)
	return f
}

// run makes the runner of a member, in place of one that there was.
func (w *world) run(m string, change func(*Options)) {
	w.t.Helper()
	if w.runners[m] != nil {
		w.check(w.runners[m].Close())
	}
	o := w.options[m]
	o.Folder = w.open(m)
	change(&o)
	w.options[m] = o
	r, err := New(o)
	w.check(err)
	w.runners[m] = r
	w.t.Cleanup(func() { _ = r.Close() })
}

// round lets members do what there is to do, one after the other, until nothing comes of it any more.
func (w *world) round(members ...string) {
	w.t.Helper()
	for range 2 {
		for _, m := range members {
			w.check(w.runners[m].Round(w.t.Context()))
		}
	}
	for m := range w.actors {
		w.actors[m].Folder = w.open(m)
	}
}

func (w *world) state(m string) *coalition.Revision {
	w.t.Helper()
	for _, r := range w.open(m).Book().State() {
		return r
	}
	return nil
}

const testStatement = "10111213-1415-4617-9819-1a1b1c1d1e1f"

// propose has us propose a statement with a text and an annex.
func (w *world) propose(until time.Time, text string) {
	w.t.Helper()
	b, secret := []byte(text), []byte("# How we know\n")
	file := func(name string, b []byte) []coalition.File {
		return []coalition.File{{Path: name, Digest: coalition.DigestOf(b), Size: int64(len(b)), Role: coalition.FileText}}
	}
	manifest := &coalition.Manifest{
		Statement: testStatement, Revision: 1, Title: []coalition.Wording{{Language: "en", Text: "Intrusions"}}, TLP: "clear",
		Claims: []coalition.Claim{{ID: "state", Text: []coalition.Wording{{Language: "en", Text: "A state is behind it."}}}}, Files: file("text.md", b),
	}
	annex := &coalition.Annex{TLP: "amber", Files: file("sources.md", secret)}
	hour := coalition.Time(0)
	if !until.IsZero() {
		hour = coalition.At(until)
	}
	_, err := w.actors["us"].Propose(manifest, annex, map[coalition.Digest][]byte{coalition.DigestOf(b): b, coalition.DigestOf(secret): secret}, hour)
	w.check(err)
}

// sealed brings a statement that us proposed to its seal, with votes and staged shares of us and uk.
func (w *world) sealed(until time.Time) {
	w.t.Helper()
	w.propose(until, "We say so.\n")
	w.round("us", "uk")
	for _, m := range []string{"us", "uk"} {
		_, err := w.actors[m].Position(w.state(m), &coalition.Position{Stance: coalition.Endorse})
		w.check(err)
	}
	w.round("uk", "us")
	_, err := w.actors["us"].Decide(w.state("us"), true)
	w.check(err)
	s, err := publish.Of(w.actors["us"].Folder, w.state("us"))
	w.check(err)
	files, err := publish.Files(s)
	w.check(err)
	_, err = w.actors["us"].Seal(w.state("us"), files)
	w.check(err)
	w.round("us", "uk")
	for _, m := range []string{"us", "uk"} {
		_, err = w.actors[m].Vote(w.state(m), coalition.AskRelease, true, "")
		w.check(err)
		_, err = w.actors[m].Stage(w.state(m))
		w.check(err)
	}
	w.round("us", "uk")
}

// serve serves the node's collections over TAXII.
func (w *world) serve() string {
	w.t.Helper()
	g := gate.New(w.ex, gate.Options{Rate: -1, Burst: 1000, FailureRate: 1, FailureBurst: 10})
	s := httptest.NewServer(taxii.New(w.ex, g, taxii.Options{Title: "test"}))
	w.t.Cleanup(s.Close)
	return s.URL
}
