package logserver_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente/internal/coalition"
	"entente/internal/logserver"
	"entente/internal/sign"
	"entente/internal/translog"
)

// scene is a coalition of two members with a log, a witness each, and a server.
type scene struct {
	folder  *coalition.Folder
	ids     map[string]*sign.Identity
	server  *httptest.Server
	down    map[string]bool // witnesses that do not answer
	log     *translog.Log
	actor   *coalition.Actor
	someone *sign.Identity
}

func private(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func public(name string) string {
	return sign.PublicKey(private(name).Public().(ed25519.PublicKey)).String()
}

// witness may be down.
type witness struct {
	*translog.Witness
	scene  *scene
	member string
}

func (w witness) AddCheckpoint(ctx context.Context, r *translog.AddCheckpoint) ([]translog.Signature, error) {
	if w.scene.down[w.member] {
		return nil, errors.New("it is down")
	}
	return w.Witness.AddCheckpoint(ctx, r)
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{ids: map[string]*sign.Identity{}, down: map[string]bool{}}
	dir := t.TempDir()
	var err error
	if s.log, err = translog.Create(filepath.Join(dir, "log"), "log.example/test", private("log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.log.Close() })
	root, err := coalition.NewRoot("Test", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	root.Issued, root.Expires = coalition.At(now), coalition.At(now.AddDate(1, 0, 0))
	root.Threshold = coalition.Quorums{Root: 1, Adopt: 2, Release: 2, Witness: 2}
	root.Log = &coalition.Log{Origin: "log.example/test", Key: public("log")}
	witnesses := map[string]translog.Cosigner{}
	for _, m := range []string{"uk", "us"} {
		id, err := sign.NewIdentity(nil)
		if err != nil {
			t.Fatal(err)
		}
		s.ids[m] = id
		root.Put(coalition.Member{
			ID: m, Name: m, Keys: []string{id.Card().Key.String()}, Recipients: []string{id.Card().Recipient}, Witness: public("witness " + m),
			Roles: []coalition.Role{coalition.RoleAdopt, coalition.RolePropose, coalition.RoleRelease, coalition.RoleRoot},
		})
		w, err := translog.CreateWitness(filepath.Join(dir, "witness "+m), translog.WitnessOptions{
			Name: root.WitnessName(m), Signer: private("witness " + m), Logs: []translog.LogKeys{s.log.Keys()},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = w.Close() })
		witnesses[m] = witness{w, s, m}
	}
	file, err := coalition.SignRoot(root, s.ids["us"])
	if err != nil {
		t.Fatal(err)
	}
	if s.folder, err = coalition.CreateFolder(filepath.Join(dir, "folder"), file, ""); err != nil {
		t.Fatal(err)
	}
	s.actor = &coalition.Actor{Folder: s.folder, Signer: s.ids["us"], Now: time.Now, Random: rand.Reader}
	if s.someone, err = sign.NewIdentity(nil); err != nil {
		t.Fatal(err)
	}
	files, err := os.OpenRoot(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	s.server = httptest.NewServer(logserver.New(logserver.Options{
		Log: s.log, Root: files, Latest: func() *coalition.Root { return s.folder.Book().Chain().Latest() }, Logger: slog.New(slog.DiscardHandler),
		Witnesses: func(r *coalition.Root) (out []translog.Cosigner) {
			for m, k := range r.Witnesses() {
				if witnesses[m].Key() == k {
					out = append(out, witnesses[m])
				}
			}
			return out
		},
	}))
	t.Cleanup(s.server.Close)
	return s
}

// propose signs something.
func (s *scene) propose(t *testing.T) *coalition.Signed {
	t.Helper()
	id, err := coalition.NewStatement(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	m := &coalition.Manifest{Statement: id, Revision: 1, TLP: "clear", Title: []coalition.Wording{{Language: "en", Text: "Test"}}, Claims: []coalition.Claim{}, Files: []coalition.File{}}
	e, err := s.actor.Propose(m, nil, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestSubmit(t *testing.T) {
	s := newScene(t)
	first := s.propose(t)
	c := &logserver.Client{URL: s.server.URL}
	done, waiting, err := c.Submit(t.Context(), s.folder, s.ids["us"])
	if err != nil || done != 1 || waiting != 0 {
		t.Fatalf("%d done, %d waiting, %v", done, waiting, err)
	}
	if _, ok := s.folder.Book().Seen(first.ID); !ok {
		t.Error("what was submitted is not seen")
	}
	if done, _, err := c.Submit(t.Context(), s.folder, s.ids["us"]); err != nil || done != 0 {
		t.Errorf("nothing is new, and %d are done: %v", done, err)
	}
	// With a witness down it is in the log, and proven when the witness is back.
	s.down["uk"] = true
	second := s.propose(t)
	if done, waiting, err := c.Submit(t.Context(), s.folder, s.ids["us"]); err != nil || done != 0 || waiting != 1 {
		t.Errorf("a witness is down: %d done, %d waiting, %v", done, waiting, err)
	}
	if _, ok := s.folder.Book().Seen(second.ID); ok {
		t.Error("one witness of two is enough")
	}
	s.down["uk"] = false
	if done, waiting, err := c.Submit(t.Context(), s.folder, s.ids["us"]); err != nil || done != 1 || waiting != 0 {
		t.Errorf("the witness is back: %d done, %d waiting, %v", done, waiting, err)
	}
	if head := s.log.Head(); head.Size != 2 {
		t.Errorf("the log has %d entries; an event that comes twice is there once", head.Size)
	}
}

func TestStrangersAddNothing(t *testing.T) {
	s := newScene(t)
	s.propose(t)
	c := &logserver.Client{URL: s.server.URL}
	if _, _, err := c.Submit(t.Context(), s.folder, s.someone); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("a stranger: %v", err)
	}
	post := func(body []byte) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+"/add", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, got.Body)
		_ = got.Body.Close()
		return got.StatusCode
	}
	signed := func(payloadType, payload string) []byte {
		env, err := sign.Sign(payloadType, []byte(payload), s.ids["us"])
		if err != nil {
			t.Fatal(err)
		}
		return env.Bytes()
	}
	id := s.folder.Book().Chain().Latest().Coalition
	digest := string(coalition.DigestOf([]byte("x")))
	for name, x := range map[string]struct {
		body []byte
		want int
	}{
		"nothing":           {nil, 400},
		"no envelope":       {[]byte(`{}`), 400},
		"of another type":   {signed("text/plain", `{"coalition":"`+id+`","entries":["`+digest+`"],"type":"entries"}`), 400},
		"no entries":        {signed(logserver.EntriesType, `{"coalition":"`+id+`","entries":[],"type":"entries"}`), 400},
		"no digest":         {signed(logserver.EntriesType, `{"coalition":"`+id+`","entries":["x"],"type":"entries"}`), 400},
		"not canonical":     {signed(logserver.EntriesType, `{ "coalition":"`+id+`","entries":["`+digest+`"],"type":"entries"}`), 400},
		"another coalition": {signed(logserver.EntriesType, `{"coalition":"x","entries":["`+digest+`"],"type":"entries"}`), 403},
		"too large":         {bytes.Repeat([]byte("x"), 1<<20), 413},
		"good":              {signed(logserver.EntriesType, `{"coalition":"`+id+`","entries":["`+digest+`"],"type":"entries"}`), 200},
		"with more members": {signed(logserver.EntriesType, `{"a":1,"coalition":"`+id+`","entries":["`+digest+`"],"type":"entries"}`), 400},
	} {
		if got := post(x.body); got != x.want {
			t.Errorf("%s: %d, want %d", name, got, x.want)
		}
	}
	got, err := http.Get(s.server.URL + "/checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != 200 || !bytes.HasPrefix(b, []byte("log.example/test\n1\n")) {
		t.Errorf("the checkpoint: %d %q %v", got.StatusCode, b, err)
	}
	_ = got.Body.Close()
}
