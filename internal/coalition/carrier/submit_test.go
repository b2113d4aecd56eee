package carrier

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"log/slog"
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

// mayFail is a witness that may be down.
type mayFail struct {
	*translog.Witness
	down *bool
}

func (m mayFail) AddCheckpoint(ctx context.Context, r *translog.AddCheckpoint) ([]translog.Signature, error) {
	if *m.down {
		return nil, errors.New("it is down")
	}
	return m.Witness.AddCheckpoint(ctx, r)
}

// logged gives the coalition a log with a witness of uk, in a second root, and says where it is.
func (w *world) logged(down *bool) string {
	w.t.Helper()
	private := func(name string) ed25519.PrivateKey {
		seed := sha256.Sum256([]byte(name))
		return ed25519.NewKeyFromSeed(seed[:])
	}
	public := func(name string) string {
		return sign.PublicKey(private(name).Public().(ed25519.PublicKey)).String()
	}
	dir := w.t.TempDir()
	l, err := translog.Create(filepath.Join(dir, "log"), "log.example/test", private("log"))
	w.check(err)
	w.t.Cleanup(func() { _ = l.Close() })
	next, err := w.open("us").Book().Chain().Next()
	w.check(err)
	next.Issued, next.Expires = coalition.At(w.now), coalition.At(w.now.AddDate(20, 0, 0))
	next.Threshold.Witness = 1
	next.Log = &coalition.Log{Origin: "log.example/test", Key: public("log")}
	m := w.member("uk")
	m.Witness = public("witness")
	next.Put(m)
	file, err := coalition.SignRoot(next, w.ids["us"])
	w.check(err)
	_, err = w.open("us").Take(coalition.Item{Kind: coalition.ItemRoot, Data: file})
	w.check(err)
	witness, err := translog.CreateWitness(filepath.Join(dir, "witness"), translog.WitnessOptions{
		Name: next.WitnessName("uk"), Signer: private("witness"), Logs: []translog.LogKeys{l.Keys()},
	})
	w.check(err)
	w.t.Cleanup(func() { _ = witness.Close() })
	files, err := os.OpenRoot(filepath.Join(dir, "log"))
	w.check(err)
	w.t.Cleanup(func() { _ = files.Close() })
	server := httptest.NewServer(logserver.New(logserver.Options{
		Log: l, Root: files, Latest: func() *coalition.Root { return w.open("us").Book().Chain().Latest() }, Logger: slog.New(slog.DiscardHandler),
		Witnesses: func(*coalition.Root) []translog.Cosigner { return []translog.Cosigner{mayFail{witness, down}} },
	}))
	w.t.Cleanup(server.Close)
	return server.URL
}

// What a member signs is brought into the log at once, what others signed after a while; the proofs reach everybody. What fails is in the
// status, and tried again.
func TestSubmit(t *testing.T) {
	w := newWorld(t, "uk", "us")
	w.round("us", "uk")
	down := true
	url := w.logged(&down)
	w.round("us", "uk")
	w.run("us", func(o *Options) { o.LogURL, o.Signer = "http://127.0.0.1:1", w.ids["us"] })
	w.propose(time.Time{}, "We say so.\n")
	us := w.runners["us"]
	if err := us.Round(t.Context()); err == nil {
		t.Error("a log that is not there has taken it")
	}
	if s := us.Status(); s.InARow != 1 || s.Failures != 1 || !strings.Contains(s.Failure, "log") || s.Unlogged != 1 || s.Waiting[coalition.Proposed] != 1 || s.Round.IsZero() {
		t.Errorf("%+v", s)
	}
	w.run("us", func(o *Options) { o.LogURL = url })
	us = w.runners["us"]
	w.check(us.Round(t.Context()))
	if s := us.Status(); s.Logged != 0 || s.Unlogged != 1 || s.InARow != 0 {
		t.Errorf("without a witness: %+v", s)
	}
	down = false
	w.now = w.now.Add(2 * logAfter)
	w.round("us", "uk", "us")
	if s := us.Status(); s.Logged != 1 || s.Unlogged != 0 {
		t.Errorf("with a witness: %+v", s)
	}
	e := w.state("uk").Proposal
	if _, seen := w.open("uk").Book().Seen(e.ID); !seen {
		t.Error("the proof has not reached uk")
	}
	// What uk signs is left to uk, for a while.
	_, err := w.actors["uk"].Position(w.state("uk"), &coalition.Position{Stance: coalition.Endorse})
	w.check(err)
	w.round("uk", "us")
	if s := us.Status(); s.Logged != 1 || s.Unlogged != 1 {
		t.Errorf("what uk signed is brought in at once: %+v", s)
	}
	w.now = w.now.Add(2 * logAfter)
	w.round("us", "uk", "us")
	if s := us.Status(); s.Logged != 2 || s.Unlogged != 0 {
		t.Errorf("what uk signed: %+v", s)
	}
}
