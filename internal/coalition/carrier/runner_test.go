package carrier

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"entente/internal/coalition"
	"entente/internal/store"
	"entente/internal/taxiiclient"
)

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	if err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		out[rel] = string(b)
		return err
	}); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return out
}

// What one member has reaches the other, and does not come back; shares are given away at the hour and not before, and both
// release the same.
func TestReleaseAtTheHour(t *testing.T) {
	w := newWorld(t, "eu", "uk", "us")
	hour := w.now.Add(3 * time.Hour)
	w.sealed(hour)
	w.now = hour.Add(-time.Second)
	w.round("us", "uk", "eu")
	if s := w.runners["us"].Status(); s.Waiting[coalition.Sealed] != 1 || !s.Hour.Equal(hour) || s.Owed != 0 {
		t.Errorf("before the hour: %+v", s)
	}
	if r := w.state("uk"); r.Phase != coalition.Sealed || len(r.Shares) != 0 {
		t.Fatalf("a second before the hour it is %s, with %d shares", r.Phase, len(r.Shares))
	}
	w.now = hour.Add(-200 * time.Millisecond)
	if d := w.runners["us"].pause(); d > 200*time.Millisecond || d < 190*time.Millisecond {
		t.Errorf("it would look again after %v", d)
	}
	w.now = hour
	w.round("us")
	if got := files(t, w.options["us"].ReleaseDir); len(got) != 0 {
		t.Errorf("one share of two has opened it: %v", slices.Collect(maps.Keys(got)))
	}
	w.check(w.runners["uk"].Round(t.Context())) // takes the share, gives its own, and releases: in one go
	if rel, ok := w.runners["uk"].Released(testStatement); !ok || rel.TLP != "clear" {
		t.Errorf("uk has not released it: %+v", rel)
	}
	w.round("us", "eu")
	want := files(t, w.options["uk"].ReleaseDir)
	for _, m := range []string{"us", "eu"} {
		if got := files(t, w.options[m].ReleaseDir); !maps.Equal(got, want) {
			t.Errorf("the release of %s is another one: %v, %v", m, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	}
	if want[testStatement+"/text.md"] != "We say so.\n" || want[testStatement+"/proof.json"] == "" {
		t.Errorf("released are %v", slices.Sorted(maps.Keys(want)))
	}
	if s := w.runners["eu"].Status(); len(s.Waiting) != 0 || !s.Hour.IsZero() || s.Given != 0 || s.Released != 1 || s.Bad != 0 || s.Failure != "" {
		t.Errorf("%+v", s)
	}
}

// A runner that begins again sends and takes nothing twice; one that has lost its memory does no harm.
func TestRestart(t *testing.T) {
	w := newWorld(t, "uk", "us")
	w.propose(time.Time{}, "We say so.\n")
	w.round("us", "uk")
	sent := w.runners["us"].Status().Sent
	if sent < 6 { // root, event, manifest, annex, two files
		t.Errorf("%d files were sent", sent)
	}
	for _, m := range []string{"us", "uk"} {
		w.run(m, func(*Options) {})
	}
	w.round("us", "uk")
	for _, m := range []string{"us", "uk"} {
		if s := w.runners[m].Status(); s.Sent != 0 || s.Taken != 0 || s.Bad != 0 {
			t.Errorf("%s after it began again: %+v", m, s)
		}
	}
	w.check(os.RemoveAll(filepath.Join(w.options["us"].Folder.Dir(), "carrier")))
	w.run("us", func(*Options) {})
	w.round("us", "uk")
	if s := w.runners["us"].Status(); s.Taken != 0 || s.Bad != 0 {
		t.Errorf("without its memory: %+v", s)
	}
	if s := w.runners["uk"].Status(); s.Taken != 0 || s.Sent != 0 || s.Bad != 0 {
		t.Errorf("what came twice: %+v", s)
	}
}

// Nothing that somebody puts into the collection keeps what is good from being taken in.
func TestHostileObjects(t *testing.T) {
	w := newWorld(t, "uk", "us")
	w.round("us", "uk")
	id, root := w.runners["us"].id, w.options["us"].Folder.Book().Chain().Latest()
	stranger, err := age.GenerateX25519Identity()
	w.check(err)
	pack := func(items ...coalition.Item) []byte {
		b, err := coalition.Pack(root, items)
		w.check(err)
		return b
	}
	wrap := func(packet []byte, of string, version int) string {
		_, raws, err := Wrap(packet, of, version, "", w.now)
		w.check(err)
		return string(raws[0])
	}
	strangers := *root
	strangers.Members = []coalition.Member{{Recipients: []string{stranger.Recipient().String()}}}
	foreign, err := coalition.Pack(&strangers, nil)
	w.check(err)
	forged := coalition.Item{Kind: coalition.ItemEvent, Data: []byte(`{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[]}`)}
	good := coalition.Item{Kind: coalition.ItemBlob, Data: []byte("good")}
	bad := []string{
		strings.Replace(wrap(pack(), id, 1), `"payload_bin":"`, `"payload_bin":"AAAA`, 1),
		strings.Replace(wrap(pack(), id, 1), `"payload_bin":"`, `"payload_bin":"!`, 1),
		strings.Replace(wrap(pack(), id, 1), `"payload_bin"`, `"payload_text"`, 1),
		wrap([]byte("no packet"), id, 1),
		wrap(append(pack(good), 'x'), id, 1),
		wrap(pack(), id, 0),
		strings.Replace(wrap(pack(), id, 7), `"root_version":7`, `"root_version":"x"`, 1),
		strings.Replace(wrap(pack(), id, 1), `"hashes"`, `"parts":["`+strings.Repeat("0", 64)+`","`+strings.Repeat("1", 64)+`"],"hashes"`, 1),
		strings.Replace(wrap(pack(), id, 1), `"hashes"`, `"parts":["`+strings.Repeat("0", 64)+`"],"hashes"`, 1),
		wrap(pack(forged, coalition.Item{Kind: coalition.ItemRoot, Data: []byte("{}")}), id, 1), // two files
	}
	harmless := []string{wrap(foreign, id, 1), wrap(pack(), "0f0e0d0c-0b0a-4908-8706-050403020199", 1)}
	col := &ExchangeCollection{Exchange: w.ex, Account: "us", Path: "api/packets"}
	for _, raw := range slices.Concat(bad, harmless, []string{wrap(pack(forged, good), id, 1<<30)}) {
		w.check(col.Add(t.Context(), []byte(raw)))
	}
	r := w.runners["uk"]
	w.check(r.Round(t.Context()))
	if s := r.Status(); s.Bad != int64(len(bad))+2 || s.NotForUs != 1 || s.Taken != 1 {
		t.Errorf("%+v, want %d that are bad and one file taken\n%s", s, len(bad)+2, w.log.String())
	}
	if !w.open("uk").HasBlob(coalition.DigestOf(good.Data)) {
		t.Error("what stood behind them is lost")
	}
	if c, ok := r.memory.of(coalition.DigestOf(good.Data)); !ok || c.root != 1 {
		t.Errorf("it was encrypted by a version that is not there: %+v", c)
	}
	before := r.Status().Bad
	w.check(r.Round(t.Context()))
	if s := r.Status(); s.Bad != before {
		t.Errorf("they are met again: %+v", s)
	}
	for range 100 {
		w.check(col.Add(t.Context(), []byte(wrap([]byte("no packet"), id, 1))))
	}
	w.check(r.Round(t.Context()))
	if n := strings.Count(w.log.String(), "passed over"); n > mostSaid {
		t.Errorf("%d lines in the log", n)
	}
}

// A member that joins gets what was sent before, also what was brought by members that are not there.
func TestNewMember(t *testing.T) {
	w := newWorld(t, "uk", "us")
	w.propose(time.Time{}, "We say so.\n")
	w.round("us", "uk")
	_, err := w.actors["uk"].Position(w.state("uk"), &coalition.Position{Stance: coalition.Reserve})
	w.check(err)
	w.round("uk", "us")
	next, err := w.open("us").Book().Chain().Next()
	w.check(err)
	next.Issued, next.Expires = coalition.At(w.now), coalition.At(w.now.AddDate(1, 0, 0))
	next.Put(w.member("fr"))
	file, err := coalition.SignRoot(next, w.ids["us"])
	w.check(err)
	_, err = w.open("us").Take(coalition.Item{Kind: coalition.ItemRoot, Data: file})
	w.check(err)
	w.join("fr")
	w.round("us", "fr") // uk is away
	if r := w.state("fr"); r == nil || len(r.Positions) != 0 {
		t.Fatalf("what us brought: %+v", r)
	}
	if s := w.runners["fr"].Status(); s.NotForUs == 0 {
		t.Errorf("it could open what was there before it joined: %+v", s)
	}
	w.now = w.now.Add(2 * resendAfter)
	w.round("us", "fr")
	if r := w.state("fr"); len(r.Positions) != 1 {
		t.Errorf("what uk brought: %+v", r)
	}
	sent := w.runners["us"].Status().Sent
	w.now = w.now.Add(2 * resendAfter)
	w.round("us", "uk", "fr")
	if s := w.runners["us"].Status(); s.Sent != sent {
		t.Errorf("it is sent again and again: %d, %d", sent, s.Sent)
	}
}

// picky is a collection that takes no large objects.
type picky struct {
	Collection
	most int
}

func (p picky) Add(ctx context.Context, objects ...[]byte) error {
	for _, o := range objects {
		if len(o) > p.most {
			return &RefusedError{fmt.Sprintf("%d bytes", len(o))}
		}
	}
	return p.Collection.Add(ctx, objects...)
}

// A file that the collection does not take keeps no other back.
// A root that was issued before, and comes later, leaves nothing of a statement whose proposer had no say any more.
func TestStatementThatIsNone(t *testing.T) {
	w := newWorld(t, "us", "uk")
	w.propose(w.now.Add(time.Hour), "We say so.\n")
	w.round("us", "uk")
	r := w.runners["uk"]
	if s := r.Status(); s.Waiting[coalition.Proposed] != 1 || s.Hour.IsZero() {
		t.Fatalf("it is not proposed: %+v", s)
	}
	next, err := w.open("uk").Book().Chain().Next()
	w.check(err)
	next.Member("us").Roles = []coalition.Role{coalition.RoleAdopt, coalition.RoleRelease, coalition.RoleRoot}
	root, err := coalition.SignRoot(next, w.ids["us"])
	w.check(err)
	_, err = w.open("uk").Take(coalition.Item{Kind: coalition.ItemRoot, Data: root})
	w.check(err)
	w.round("uk")
	if s := r.Status(); len(s.Waiting) > 0 || !s.Hour.IsZero() || w.state("uk") != nil {
		t.Errorf("it waits for something: %+v", s)
	}
}

func TestRefused(t *testing.T) {
	w := newWorld(t, "uk", "us")
	w.run("us", func(o *Options) { o.Collection = picky{o.Collection, 20_000} })
	w.propose(time.Time{}, strings.Repeat("We say so.\n", 5000))
	w.round("us", "uk")
	if s := w.runners["us"].Status(); s.Bad != 1 {
		t.Errorf("%+v", s)
	}
	r := w.state("uk")
	if r == nil {
		t.Fatal("what is small has not come")
	}
	if m, err := w.open("uk").Manifest(r.Manifest); err != nil || w.open("uk").HasBlob(m.Files[0].Digest) {
		t.Errorf("%v, or the large file has come", err)
	}
}

// A release is published once, the annex for members alone.
func TestPublish(t *testing.T) {
	w := newWorld(t, "uk", "us")
	w.run("us", func(o *Options) {
		o.Public = &ExchangeCollection{Exchange: w.ex, Account: "us", Path: "api/public"}
		o.Members = &ExchangeCollection{Exchange: w.ex, Account: "us", Path: "api/members"}
	})
	hour := w.now.Add(time.Hour)
	w.sealed(hour)
	count := func(alias, text string) (n int) {
		t.Helper()
		col := &ExchangeCollection{Exchange: w.ex, Account: "us", Path: "api/" + alias}
		p, v, err := col.open(t.Context())
		w.check(err)
		page, err := w.ex.Objects(t.Context(), p, store.Query{Collections: []int64{v.ID}, Limit: 1000})
		w.check(err)
		for _, it := range page.Items {
			if strings.Contains(string(it.Raw), text) {
				n++
			}
		}
		return n
	}
	if count("public", "") != 0 {
		t.Error("something is published before the hour")
	}
	w.now = hour
	w.round("us", "uk")
	if count("public", `"joint-statement"`) != 1 || count("public", "How we know") != 0 || count("members", "How we know") == 0 {
		t.Errorf("%d, %d, %d", count("public", `"joint-statement"`), count("public", "How we know"), count("members", "How we know"))
	}
	n := count("public", "")
	w.run("us", func(*Options) {})
	w.round("us")
	if count("public", "") != n || w.runners["us"].Status().Failure != "" {
		t.Errorf("%d objects, then %d: %+v", n, count("public", ""), w.runners["us"].Status())
	}
}

// A member without a node takes part over TAXII.
func TestOverTAXII(t *testing.T) {
	w := newWorld(t, "uk", "us")
	url := w.serve()
	w.run("uk", func(o *Options) {
		c, err := taxiiclient.New(taxiiclient.Config{URL: url, Token: w.tokens["uk"]})
		w.check(err)
		t.Cleanup(c.Close)
		o.Collection = &TAXIICollection{Client: c, URL: url, Collection: "packets"}
	})
	hour := w.now.Add(time.Hour)
	w.sealed(hour)
	w.now = hour
	w.round("us", "uk", "us")
	for _, m := range []string{"us", "uk"} {
		if _, ok := w.runners[m].Released(testStatement); !ok {
			t.Errorf("%s has not released it", m)
		}
	}
	if s := w.runners["uk"].Status(); s.Bad != 0 || s.Sent == 0 || s.Taken == 0 {
		t.Errorf("%+v", s)
	}
	taken := w.runners["uk"].Status().Taken
	w.round("uk")
	if s := w.runners["uk"].Status(); s.Taken != taken {
		t.Errorf("it is taken in again: %+v", s)
	}
}

// When the collection cannot be reached, what is here goes on, and nothing is lost.
func TestUnreachable(t *testing.T) {
	w := newWorld(t, "uk", "us")
	w.run("us", func(o *Options) {
		o.Collection = &ExchangeCollection{Exchange: w.ex, Account: "nobody", Path: "api/packets"}
	})
	w.propose(time.Time{}, "We say so.\n")
	if err := w.runners["us"].Round(t.Context()); err == nil || !strings.Contains(w.runners["us"].Status().Failure, "nobody") {
		t.Errorf("%v", err)
	}
	w.run("us", func(o *Options) {
		o.Collection = &ExchangeCollection{Exchange: w.ex, Account: "us", Path: "api/packets"}
	})
	w.round("us", "uk")
	if w.state("uk") == nil {
		t.Error("what was to be sent is lost")
	}
}
