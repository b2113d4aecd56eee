package exchange

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entente/internal/store"
)

// node is a service with two organisations, over a store of its own.
type node struct {
	*Service
	st       *store.Store
	mu       sync.Mutex
	now      time.Time
	a, b     store.Org
	ann, bob store.User
	root     store.Root
	c        store.Collection // of a; both read and write
}

func (n *node) clock() time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now = n.now.Add(time.Millisecond)
	return n.now
}

func (n *node) wait(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.now = n.now.Add(d)
}

func must[T any](tb testing.TB) func(v T, err error) T {
	tb.Helper()
	return func(v T, err error) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

func newNode(t *testing.T, opt Options) *node {
	t.Helper()
	ctx := context.Background()
	n := &node{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	n.st = must[*store.Store](t)(store.Create(ctx, store.Config{Dir: t.TempDir(), Now: n.clock}))
	opt.Now = n.clock
	n.Service = New(n.st, opt)
	t.Cleanup(func() {
		if err := errors.Join(n.Close(ctx), n.st.Close()); err != nil {
			t.Error(err)
		}
	})
	n.a = must[store.Org](t)(n.st.CreateOrg(ctx, store.Org{Name: "Alpha", Clearance: store.AmberStrict}))
	n.b = must[store.Org](t)(n.st.CreateOrg(ctx, store.Org{Name: "Bravo", Clearance: store.Green}))
	n.ann = must[store.User](t)(n.st.CreateUser(ctx, store.User{Org: n.a.ID, Name: "ann", Roles: store.Publisher}))
	n.bob = must[store.User](t)(n.st.CreateUser(ctx, store.User{Org: n.b.ID, Name: "bob", Roles: store.Analyst}))
	n.root = must[store.Root](t)(n.st.CreateRoot(ctx, store.Root{Path: "allies", Title: "Allies", MaxContentLength: 1 << 20}))
	n.c = must[store.Collection](t)(n.st.CreateCollection(ctx, store.Collection{Root: n.root.ID, Alias: "advice", Title: "Advice", Owner: n.a.ID, Label: store.Amber}))
	for _, org := range []int64{n.a.ID, n.b.ID} {
		if err := n.st.SetRights(ctx, store.Rights{Collection: n.c.ID, Org: org, Read: true, Write: true}); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func (n *node) as(u store.User) Principal {
	return Principal{Caller: store.Caller{User: u.ID, Org: u.Org}, UserName: u.Name, Roles: u.Roles, Scopes: AllScopes}
}

func (n *node) view(t *testing.T, p Principal) CollectionView {
	t.Helper()
	return must[CollectionView](t)(n.Collection(t.Context(), p, n.root, n.c.UID))
}

func (n *node) submit(t *testing.T, p Principal, body string) Status {
	t.Helper()
	v := n.view(t, p)
	v.CanWrite = true
	return must[Status](t)(n.Submit(t.Context(), p, v, strings.NewReader(body), SubmitOptions{}))
}

func toolNamed(n int, members string) string {
	return strings.Replace(tool(members), "tool--11111111", fmt.Sprintf("tool--%08d", n), 1)
}

func TestBearer(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	secret, hash := NewToken()
	k := must[store.Token](t)(n.st.CreateToken(ctx, store.Token{User: n.ann.ID, Name: "t", Hash: hash, Scopes: store.ScopeRead, Expires: n.now.Add(time.Hour)}))
	p := must[Principal](t)(n.Bearer(ctx, secret))
	if p.User != n.ann.ID || p.Org != n.a.ID || p.Token != k.ID || p.Scopes != store.ScopeRead || p.OrgUID != n.a.UID || p.OrgName != "Alpha" || p.UserName != "ann" || p.Roles != store.Publisher {
		t.Errorf("%+v", p)
	}
	if !p.May(Read) || p.May(Write) {
		t.Error("a token for reading reads and does not write")
	}
	n.running.Wait()
	tokens := must[[]store.Token](t)(n.st.Tokens(ctx, n.ann.ID))
	if tokens[0].LastUsed.IsZero() {
		t.Error("the use of the token is not noted")
	}
	refused := func(why, secret string) {
		t.Helper()
		if _, err := n.Bearer(ctx, secret); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("%s: %v", why, err)
		}
	}
	refused("another token", secret[:len(secret)-1]+"A"[:1]+"x")
	refused("no token", "")
	refused("the name of a user", "ann")
	refused("a long token", TokenPrefix+strings.Repeat("x", 5000))
	off := n.ann
	off.Disabled = true
	if err := n.st.UpdateUser(ctx, off); err != nil {
		t.Fatal(err)
	}
	refused("a disabled user", secret)
	if err := n.st.UpdateUser(ctx, n.ann); err != nil {
		t.Fatal(err)
	}
	org := n.a
	org.Disabled = true
	if err := n.st.UpdateOrg(ctx, org); err != nil {
		t.Fatal(err)
	}
	refused("a disabled organisation", secret)
	if err := n.st.UpdateOrg(ctx, n.a); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Bearer(ctx, secret); err != nil {
		t.Error(err)
	}
	n.wait(2 * time.Hour)
	refused("an expired token", secret)
	secret, hash = NewToken()
	k = must[store.Token](t)(n.st.CreateToken(ctx, store.Token{User: n.ann.ID, Name: "u", Hash: hash, Scopes: AllScopes}))
	if _, err := n.Bearer(ctx, secret); err != nil {
		t.Error(err)
	}
	if err := n.st.RevokeToken(ctx, k.ID); err != nil {
		t.Fatal(err)
	}
	refused("a revoked token", secret)
}

func TestBasic(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	ann := n.ann
	ann.Password = must[string](t)(HashPassword("a long password"))
	if err := n.st.UpdateUser(ctx, ann); err != nil {
		t.Fatal(err)
	}
	p := must[Principal](t)(n.Basic(ctx, "ann", "a long password"))
	if p.User != n.ann.ID || p.Scopes != AllScopes || p.Token != 0 {
		t.Errorf("%+v", p)
	}
	refused := func(why, name, password string) {
		t.Helper()
		if _, err := n.Basic(ctx, name, password); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("%s: %v", why, err)
		}
	}
	refused("wrong password", "ann", "a long passwort")
	refused("no password", "ann", "")
	refused("nobody", "eve", "a long password")
	refused("a user without password", "bob", "")
	refused("a user without password", "bob", "x")
	refused("a password for kilometres", "ann", strings.Repeat("x", 1<<20))
	// Remembered, and still not good any more once something has changed.
	ann.Disabled = true
	if err := n.st.UpdateUser(ctx, ann); err != nil {
		t.Fatal(err)
	}
	refused("a disabled user", "ann", "a long password")
	ann.Disabled, ann.Password = false, must[string](t)(HashPassword("another password"))
	if err := n.st.UpdateUser(ctx, ann); err != nil {
		t.Fatal(err)
	}
	refused("the old password", "ann", "a long password")
	if _, err := n.Basic(ctx, "ann", "another password"); err != nil {
		t.Error(err)
	}
}

func TestPasswordsAreRememberedForSeconds(t *testing.T) {
	a := newSignIn()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	phc := must[string](t)(HashPassword("a long password"))
	if ok, err := a.check(t.Context(), now, "ann", "a long password", phc); !ok || err != nil {
		t.Fatal(ok, err)
	}
	// With all places taken, only what is remembered gets in.
	for range hashesAtOnce {
		a.hashing <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name, password string
		after          time.Duration
		ok             bool
	}{
		{"ann", "a long password", time.Second, true},
		{"ann", "a long password", rememberedFor, false},
		{"ann", "a long passwor", time.Second, false},
		{"bob", "a long password", time.Second, false},
	} {
		ok, err := a.check(ctx, now.Add(c.after), c.name, c.password, phc)
		if ok != c.ok || c.ok != (err == nil) || err != nil && !errors.Is(err, ErrBusy) {
			t.Errorf("%s after %s: %v, %v", c.name, c.after, ok, err)
		}
	}
}

func TestCertificate(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	made := func(from, to time.Time) *x509.Certificate {
		tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ann"}, NotBefore: from, NotAfter: to}
		der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key))
		return must[*x509.Certificate](t)(x509.ParseCertificate(der))
	}
	good := made(n.now.Add(-time.Hour), n.now.Add(time.Hour))
	if _, err := n.Certificate(ctx, good); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("a certificate of nobody: %v", err)
	}
	ann := n.ann
	ann.Cert = CertificateKey(good)
	if err := n.st.UpdateUser(ctx, ann); err != nil {
		t.Fatal(err)
	}
	if p := must[Principal](t)(n.Certificate(ctx, good)); p.User != ann.ID {
		t.Errorf("%+v", p)
	}
	for why, c := range map[string]*x509.Certificate{
		"none": nil, "expired": made(n.now.Add(-2*time.Hour), n.now.Add(-time.Hour)), "not yet": made(n.now.Add(time.Hour), n.now.Add(2*time.Hour)),
	} {
		if _, err := n.Certificate(ctx, c); !errors.Is(err, ErrUnauthenticated) {
			t.Errorf("%s: %v", why, err)
		}
	}
}

func TestCollections(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	hidden := must[store.Collection](t)(n.st.CreateCollection(ctx, store.Collection{Root: n.root.ID, Alias: "hidden", Title: "H", Owner: n.a.ID}))
	if err := n.st.SetRights(ctx, store.Rights{Collection: hidden.ID, Org: n.a.ID, Read: true}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		p     Principal
		id    string
		want  error
		write bool
	}{
		{n.as(n.ann), n.c.UID, nil, true},
		{n.as(n.ann), "advice", nil, true},
		{n.as(n.ann), hidden.UID, nil, false},
		{n.as(n.bob), "advice", nil, false}, // an analyst, and the collection is another's
		{n.as(n.bob), hidden.UID, ErrNotFound, false},
		{n.as(n.bob), "hidden", ErrNotFound, false},
		{n.as(n.ann), "", ErrNotFound, false},
		{n.as(n.ann), "nothing", ErrNotFound, false},
		{Principal{Roles: store.Reader, Scopes: store.ScopeRead}, "advice", ErrNotFound, false},
		{Principal{Caller: n.as(n.ann).Caller, Roles: store.Admin, Scopes: AllScopes}, "advice", ErrNotFound, false},
	} {
		v, err := n.Collection(ctx, c.p, n.root, c.id)
		if !errors.Is(err, c.want) || err == nil && v.CanWrite != c.write {
			t.Errorf("%s as %s: %v, %+v", c.id, c.p.UserName, err, v)
		}
	}
	if all := must[[]CollectionView](t)(n.Collections(ctx, n.as(n.ann), n.root)); len(all) != 2 || all[0].UID > all[1].UID {
		t.Errorf("%+v", all)
	}
	if _, err := n.Root(ctx, Principal{}, "nowhere"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func TestSubmit(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	const foreign = "marking-definition--33333333-3333-4333-8333-333333333333"
	body := `{"objects":[` + strings.Join([]string{
		toolNamed(1, ``),
		toolNamed(2, `,"is_wrong":null`),
		`{"type":"tool"`, // the next comma and bracket belong to the list
	}[:2], ",") + `,` +
		`{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--11111111-1111-4111-8111-111111111111","value":"10.1.1.1"},` +
		toolNamed(3, `,"object_marking_refs":["`+foreign+`"]`) + `,` +
		toolNamed(4, `,"granular_markings":[{"marking_ref":"$RED","selectors":["name"]}]`) + `,` +
		toolNamed(1, ``) + `,` + toolNamed(1, `,"description":"other"`) + `,7]}`
	st := n.submit(t, n.as(n.ann), body)
	if st.Status != "complete" || st.TotalCount != 8 || st.SuccessCount != 5 || st.FailureCount != 3 || st.PendingCount != 0 || len(st.Successes) != 5 || len(st.Failures) != 3 {
		t.Fatalf("%+v", st)
	}
	for i, want := range []string{"", "", "does not know the marking " + foreign, "stored as red", ""} {
		if got := st.Successes[i].Message; (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("success %d: %q", i, got)
		}
	}
	for i, want := range []string{"is_wrong", "conflict", "cannot be read"} {
		if got := st.Failures[i].Message; !strings.Contains(got, want) {
			t.Errorf("failure %d: %q", i, got)
		}
	}
	if st.Failures[2].ID != "/objects/7" || st.Successes[1].ID != "ipv4-addr--11111111-1111-4111-8111-111111111111" || st.Successes[1].Version == "" {
		t.Errorf("%+v", st)
	}
	again := must[Status](t)(n.Status(ctx, n.as(n.ann), n.root, st.ID))
	if a, b := must[[]byte](t)(json.Marshal(st)), must[[]byte](t)(json.Marshal(again)); !bytes.Equal(a, b) {
		t.Errorf("%s\n%s", a, b)
	}
	for _, p := range []Principal{n.as(n.bob), {Roles: store.Reader, Scopes: store.ScopeRead}} {
		if _, err := n.Status(ctx, p, n.root, st.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("the status of another: %v", err)
		}
	}
	page := must[store.Page](t)(n.Objects(ctx, n.as(n.ann), store.Query{}))
	labels := map[string]store.Label{}
	for _, it := range page.Items {
		labels[it.ID[:13]] = it.Class.Label
	}
	if labels["tool--0000000"] != store.Red || len(page.Items) != 4 {
		t.Errorf("%v", labels)
	}
	if list := must[[]store.ConflictItem](t)(n.Conflicts(ctx, n.as(n.ann), 0, 0, 0)); len(list) != 1 || !strings.Contains(string(list[0].Raw), "other") {
		t.Errorf("conflicts: %+v", list)
	}
}

func TestSubmitRefuses(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	p := n.as(n.ann)
	view := n.view(t, p)
	for _, body := range []string{
		``, `{}`, `[]`, `7`, `{"objects":[]}`, `{"objects":7}`, `{"more":false}`, `{"objects":[`, `{"objects":[{}]`, tool(``), `[` + tool(``) + `]`,
		`{"objects":[` + tool(``) + `]}{"objects":[` + tool(``) + `]}`, "\xff", `{"objects":[` + tool(``) + `],"objects":[` + tool(``) + `]}`,
		`{"objects":[` + strings.Repeat(`{},`, maxNameless) + `{}]}`,
	} {
		if st, err := n.Submit(ctx, p, view, strings.NewReader(body), SubmitOptions{}); !errors.Is(err, ErrUnprocessable) {
			t.Errorf("%q: %v, %+v", body, err, st)
		}
	}
	if count := must[int64](t)(n.Count(ctx, p, store.Query{})); count != 0 {
		t.Errorf("%d objects of bodies that were refused", count)
	}
	broken := io.MultiReader(strings.NewReader(`{"objects":[`), brokenReader{})
	if _, err := n.Submit(ctx, p, view, broken, SubmitOptions{}); !errors.Is(err, errBroken) {
		t.Errorf("an error of the body: %v", err)
	}
	if _, err := n.Submit(ctx, n.as(n.bob), n.view(t, n.as(n.bob)), strings.NewReader(`{"objects":[`+tool(``)+`]}`), SubmitOptions{}); !errors.Is(err, ErrForbidden) {
		t.Errorf("an analyst in the collection of another: %v", err)
	}
	group := must[store.Group](t)(n.st.CreateGroup(ctx, store.Group{Name: "g", Owner: n.b.ID}))
	if _, err := n.Submit(ctx, p, view, strings.NewReader(`{"objects":[`+tool(``)+`]}`), SubmitOptions{Group: group.ID}); !errors.Is(err, ErrForbidden) {
		t.Errorf("a group of others: %v", err)
	}
}

var errBroken = errors.New("the line is broken")

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errBroken }

// What a marking means may be said after it is used, in an earlier submission, or by somebody else, who does not count.
func TestMarkingsAreLearned(t *testing.T) {
	const statement = "marking-definition--33333333-3333-4333-8333-333333333333"
	definition := `{"type":"marking-definition","spec_version":"2.1","id":"` + statement + `","created":"2024-01-01T00:00:00.000Z","definition_type":"statement","definition":{"statement":"ours"},"object_marking_refs":["` + tlpGreen + `"]}`
	marked := func(i int) string { return toolNamed(i, `,"object_marking_refs":["$GREEN","`+statement+`"]`) }
	n := newNode(t, Options{})
	ctx := t.Context()
	label := func(i int, who store.User) store.Label {
		t.Helper()
		page := must[store.Page](t)(n.Objects(ctx, n.as(who), store.Query{IDs: []string{fmt.Sprintf("tool--%08d-1111-4111-8111-111111111111", i)}}))
		if len(page.Items) != 1 {
			t.Fatalf("tool %d: %d items", i, len(page.Items))
		}
		return page.Items[0].Class.Label
	}
	n.submit(t, n.as(n.ann), `{"objects":[`+marked(1)+`]}`)
	if got := label(1, n.ann); got != store.AmberStrict {
		t.Errorf("not defined: %s", LabelName(got))
	}
	n.submit(t, n.as(n.ann), `{"objects":[`+marked(2)+`,`+definition+`]}`)
	if got := label(2, n.ann); got != store.Green {
		t.Errorf("defined after it: %s", LabelName(got))
	}
	n.submit(t, n.as(n.ann), `{"objects":[`+marked(3)+`]}`)
	if got := label(3, n.ann); got != store.Green {
		t.Errorf("defined before: %s", LabelName(got))
	}
	n.submit(t, n.as(n.bob), `{"objects":[`+marked(4)+`]}`)
	if got := label(4, n.bob); got != store.AmberStrict {
		t.Errorf("defined by another: %s", LabelName(got))
	}
}

func TestImport(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	p := n.as(n.ann)
	const statement = "marking-definition--33333333-3333-4333-8333-333333333333"
	var lines []string
	for i := range 2500 {
		lines = append(lines, toolNamed(i, `,"object_marking_refs":["`+statement+`"]`))
	}
	lines = append(lines, `{"type":"tool","broken"}`, `{"type":"marking-definition","spec_version":"2.1","id":"`+statement+`","created":"2024-01-01T00:00:00.000Z","definition_type":"statement","definition":{"statement":"ours"}}`)
	lines = append(lines, lines[0])
	text := strings.Join(lines, "\n")
	var told []int64
	report := must[ImportReport](t)(n.Import(ctx, p, n.view(t, p), strings.NewReader(text), SubmitOptions{}, func(done int64) { told = append(told, done) }))
	if report.Read != 2503 || report.Stored != 2501 || report.Duplicate != 1 || report.Failed != 1 || report.Closed != 0 || len(report.Failures) != 1 || report.Failures[0].Position != 2500 {
		t.Errorf("%+v", report)
	}
	if !slices.IsSorted(told) || len(told) < 2 || told[len(told)-1] != 2503 {
		t.Errorf("progress: %v", told)
	}
	page := must[store.Page](t)(n.Objects(ctx, p, store.Query{Limit: 10000}))
	for i, it := range page.Items[:2500] {
		if want := fmt.Sprintf("tool--%08d-", i); !strings.HasPrefix(it.ID, want) {
			t.Fatalf("object %d is %s: the order of the stream is lost", i, it.ID)
		}
	}
	// A stream that cannot be read twice, and the definition comes last.
	m := newNode(t, Options{})
	report = must[ImportReport](t)(m.Import(ctx, m.as(m.ann), m.view(t, m.as(m.ann)), io.LimitReader(strings.NewReader(text), 1<<30), SubmitOptions{}, nil))
	// The copy at the end is open, the one at the beginning was closed: two items.
	if report.Stored != 2502 || report.Closed != 2000 {
		t.Errorf("%+v", report)
	}
}

func TestImportFails(t *testing.T) {
	n := newNode(t, Options{})
	p := n.as(n.ann)
	view := n.view(t, p)
	r, err := n.Import(t.Context(), p, view, io.MultiReader(strings.NewReader(toolNamed(1, ``)+"\n"), brokenReader{}), SubmitOptions{}, nil)
	if !errors.Is(err, errBroken) || r.Stored != 1 {
		t.Errorf("%v, %+v", err, r)
	}
	if _, err := n.Import(t.Context(), p, view, strings.NewReader(toolNamed(2, ``)+"\n{"), SubmitOptions{}, nil); !errors.Is(err, ErrUnprocessable) {
		t.Errorf("cut off: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var all strings.Builder
	for i := range 5000 {
		all.WriteString(toolNamed(i, ``) + "\n")
	}
	r, err = n.Import(ctx, p, view, strings.NewReader(all.String()), SubmitOptions{}, func(int64) { cancel() })
	if !errors.Is(err, context.Canceled) || r.Stored > 4000 {
		t.Errorf("cancelled: %v, %+v", err, r)
	}
	view.CanWrite = false
	if _, err := n.Import(t.Context(), p, view, strings.NewReader(""), SubmitOptions{}, nil); !errors.Is(err, ErrForbidden) {
		t.Errorf("without right: %v", err)
	}
}

func TestImportKeepsDatesOfSeeds(t *testing.T) {
	n := newNode(t, Options{})
	p := n.as(n.ann)
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	opt := SubmitOptions{Added: func(i int64) time.Time { return at.Add(time.Duration(i) * time.Hour) }, Lenient: true}
	report := must[ImportReport](t)(n.Import(t.Context(), p, n.view(t, p), strings.NewReader(toolNamed(1, ``)+`{"type":"x","id":"x--1","spec_version":"2.1","name":7}`), opt, nil))
	page := must[store.Page](t)(n.Objects(t.Context(), p, store.Query{}))
	if report.Stored != 2 || len(page.Items) != 2 || !page.Items[0].Added.Equal(at) || !page.Items[1].Added.Equal(at.Add(time.Hour)) {
		t.Errorf("%+v %+v", report, page.Items)
	}
}

func TestDelete(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	ann, bob := n.as(n.ann), n.as(n.bob)
	id := "tool--00000001-1111-4111-8111-111111111111"
	n.submit(t, ann, `{"objects":[`+toolNamed(1, `,"object_marking_refs":["$GREEN"]`)+`]}`)
	full := n.view(t, bob)
	full.CanWrite = true
	if err := n.Delete(ctx, bob, full, id, store.Query{}); !errors.Is(err, ErrForbidden) {
		t.Errorf("another's: %v", err)
	}
	if err := n.Delete(ctx, bob, n.view(t, bob), id, store.Query{}); !errors.Is(err, ErrForbidden) {
		t.Errorf("without right: %v", err)
	}
	n.submit(t, bob, `{"objects":[`+toolNamed(2, `,"object_marking_refs":["$GREEN"]`)+`]}`)
	if err := n.Delete(ctx, ann, n.view(t, ann), "tool--00000002-1111-4111-8111-111111111111", store.Query{}); err != nil {
		t.Errorf("the owner of the collection: %v", err)
	}
	if err := n.Delete(ctx, ann, n.view(t, ann), id, store.Query{Versions: store.Versions{Exact: []time.Time{n.now}}}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a version that is not there: %v", err)
	}
	if err := n.Delete(ctx, ann, n.view(t, ann), id, store.Query{}); err != nil {
		t.Error(err)
	}
	if err := n.Delete(ctx, ann, n.view(t, ann), id, store.Query{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("once more: %v", err)
	}
}

func TestCursor(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	ann, bob := n.as(n.ann), n.as(n.bob)
	place := store.Cursor{Added: time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC), Collection: 7, Seq: 1 << 33}
	text := must[string](t)(n.SignCursor(ctx, ann, "f", place))
	if got := must[store.Cursor](t)(n.OpenCursor(ctx, ann, "f", text)); got != place {
		t.Errorf("%+v", got)
	}
	if got := must[store.Cursor](t)(New(n.st, Options{}).OpenCursor(ctx, ann, "f", text)); got != place {
		t.Errorf("another node of the same store: %+v", got)
	}
	refused := func(why string, p Principal, filters, text string) {
		t.Helper()
		if _, err := n.OpenCursor(ctx, p, filters, text); !errors.Is(err, ErrBadRequest) {
			t.Errorf("%s: %v", why, err)
		}
	}
	refused("another caller", bob, "f", text)
	refused("nobody", Principal{}, "f", text)
	refused("other filters", ann, "g", text)
	refused("nothing", ann, "f", "")
	if again := must[string](t)(n.SignCursor(ctx, ann, "f", place)); again == text {
		t.Error("the same place is written the same way twice: who compares cursors learns")
	}
	refused("more", ann, "f", text+"A")
	for i := range text {
		b := []byte(text)
		b[i] ^= 1
		refused("one bit", ann, "f", string(b))
	}
}

func TestAudit(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	ann := n.as(n.ann)
	ann.Remote, ann.Token = "192.0.2.7", 5
	st := n.submit(t, ann, `{"objects":[`+tool(``)+`]}`)
	for range 3 {
		must[store.Page](t)(n.Objects(ctx, ann, store.Query{Collections: []int64{n.c.ID}}))
	}
	n.Refused(ctx, "192.0.2.8", "eve\xff\n")
	for i := range 2 * auditMost {
		n.Refused(ctx, fmt.Sprint(i), "eve")
	}
	auditor := Principal{Caller: store.Caller{Org: must[int64](t)(n.st.OwnOrg(ctx))}, Roles: store.Auditor, Scopes: AllScopes}
	all := must[[]store.Entry](t)(n.AuditPage(ctx, auditor, store.AuditQuery{Limit: 10_000}))
	find := func(deed string) *store.Entry {
		i := slices.IndexFunc(all, func(e store.Entry) bool { return e.Deed == deed })
		if i < 0 {
			t.Fatalf("no entry of the deed %s", deed)
		}
		return &all[i]
	}
	if e := find(DeedSubmit); e.User != ann.User || e.Token != 5 || e.Remote != "192.0.2.7" || e.Object != st.ID || !strings.Contains(e.Detail, `"success":1`) {
		t.Errorf("%+v", e)
	}
	if e := find(DeedRead); e.Remote != "192.0.2.7" || e.Detail != `{"times":3,"items":3}` {
		t.Errorf("%+v", e)
	}
	find(DeedRefused)
	if len(all) > auditMost+3 {
		t.Errorf("%d entries: there is no end to them", len(all))
	}
	if _, _, err := n.VerifyAudit(ctx, auditor); err != nil {
		t.Error(err)
	}
	if _, _, err := n.VerifyAudit(ctx, ann); !errors.Is(err, ErrForbidden) {
		t.Error(err)
	}
}

// Readers who may not read get nothing at all.
func TestReadingNeedsARole(t *testing.T) {
	n := newNode(t, Options{})
	ctx := t.Context()
	admin := n.as(n.ann)
	admin.Roles = store.Admin | store.Auditor
	view := CollectionView{Collection: n.c, CanRead: true, CanWrite: true}
	for name, do := range map[string]func() error{
		"objects":    func() error { _, err := n.Objects(ctx, admin, store.Query{}); return err },
		"manifest":   func() error { _, err := n.Manifest(ctx, admin, store.Query{}); return err },
		"search":     func() error { _, err := n.Search(ctx, admin, store.Query{}); return err },
		"count":      func() error { _, err := n.Count(ctx, admin, store.Query{}); return err },
		"versions":   func() error { _, err := n.Versions(ctx, admin, view, "tool--1", store.Query{}); return err },
		"existence":  func() error { return n.Exists(ctx, admin, view, "tool--1") },
		"neighbours": func() error { _, err := n.Neighbours(ctx, admin, "tool--1", 1, 1); return err },
		"conflicts":  func() error { _, err := n.Conflicts(ctx, admin, 0, 0, 0); return err },
	} {
		if err := do(); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
