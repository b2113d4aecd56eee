package store

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"
)

// The environment of the crash test: how many kills (crashKills, 6 where it is not set) and, for the process that is killed,
// where its store is and which of the processes it is.
const (
	crashKills = "ENTENTE_TEST_KILLS"
	crashDir   = "ENTENTE_TEST_CRASH_DIR"
	crashURL   = "ENTENTE_TEST_CRASH_URL"
	crashRound = "ENTENTE_TEST_CRASH_ROUND"
)

func TestMain(m *testing.M) {
	if os.Getenv(crashRound) != "" {
		if err := crashMe(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// deed is what the process has got an acknowledgement for.
type deed struct {
	Seq      int64  // of an item
	ID       string // of its object
	Deleting bool   // said before: whether it happened is open until Deleted is said
	Deleted  bool
	Audit    int64 // entry of the audit log
}

// crashMe writes from several sides until it is killed, and prints each deed after it was acknowledged.
func crashMe() error {
	ctx := context.Background()
	s, err := Open(ctx, Config{Dir: os.Getenv(crashDir), URL: os.Getenv(crashURL)})
	if err != nil {
		return err
	}
	var (
		mu  sync.Mutex
		out = json.NewEncoder(os.Stdout)
		w   = world{Store: s, a: Org{ID: 1}, ann: User{ID: 1}, collection: Collection{ID: 1}}
	)
	say := func(d deed) {
		mu.Lock()
		defer mu.Unlock()
		_ = out.Encode(d)
	}
	failed := make(chan error)
	for side, size := range []int{1, 1, 7, maxTogether * 2} {
		go func() {
			r := rand.New(rand.NewPCG(uint64(side), uint64(time.Now().UnixNano())))
			for n := 0; ; n++ {
				var news []New
				for i := range size {
					item := w.item(fmt.Sprintf("indicator--%s-%d-%d-%d", os.Getenv(crashRound), side, n, i), 1, Green)
					item.Terms = []Term{{TermWord, fmt.Sprint("word", r.IntN(50)), Green}}
					item.Links = []Link{{"ref", fmt.Sprint("identity--", r.IntN(50)), Green}}
					news = append(news, item)
				}
				got, err := s.Add(ctx, news)
				if err != nil {
					failed <- err
					return
				}
				for i, o := range got {
					say(deed{Seq: o.Seq, ID: news[i].ID})
				}
				if r.IntN(8) == 0 {
					say(deed{ID: news[0].ID, Deleting: true})
					if _, err := s.Delete(ctx, w.annSees(), 1, news[0].ID, Query{}); err != nil {
						failed <- err
						return
					}
					say(deed{Seq: got[0].Seq, ID: news[0].ID, Deleted: true})
				}
				e, err := s.AppendAudit(ctx, Entry{Deed: "add", Object: news[0].ID})
				if err != nil {
					failed <- err
					return
				}
				say(deed{Audit: e[0].Seq})
			}
		}()
	}
	return <-failed
}

// A process is killed again and again at moments that nobody chose. Whatever it had acknowledged is there afterwards, what
// was deleted stays deleted, and nothing is damaged.
func TestKillsLoseNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	kills := 6
	if text := os.Getenv(crashKills); text != "" {
		kills = must[int](t)(strconv.Atoi(text))
	}
	places := map[string]func() Config{"sqlite": func() Config { return Config{Dir: t.TempDir()} }}
	if os.Getenv(postgresEnv) != "" {
		places["postgres"] = func() Config { return postgresConfig(t) }
	}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			at := place()
			s := must[*Store](t)(Create(t.Context(), at))
			newWorld(t, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			there, gone := map[string]int64{}, map[string]bool{}
			var audited int64
			for round := range kills {
				deeds := crashRoundOf(t, at, round)
				for _, d := range deeds {
					switch {
					case d.Audit != 0:
						audited = max(audited, d.Audit)
					case d.Deleting:
						delete(there, d.ID)
					case d.Deleted:
						gone[d.ID] = true
					default:
						there[d.ID] = d.Seq
					}
				}
				if round%10 == 9 || round == kills-1 {
					crashVerify(t, at, there, gone, audited)
				}
			}
			t.Logf("%d kills, %d acknowledged items, %d deletions, %d entries of the audit log, none lost", kills, len(there), len(gone), audited)
		})
	}
}

// crashRoundOf runs a process, kills it, and gives what it had acknowledged.
func crashRoundOf(t *testing.T, at Config, round int) (deeds []deed) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashDir+"="+at.Dir, crashURL+"="+at.URL, fmt.Sprintf("%s=%d", crashRound, round+1))
	cmd.Stderr = os.Stderr
	out := must[io.ReadCloser](t)(cmd.StdoutPipe())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var kill *time.Timer
	for lines.Scan() {
		var d deed
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			break // the line in which it died
		}
		deeds = append(deeds, d)
		if kill == nil {
			kill = time.AfterFunc(time.Duration(rand.IntN(300))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		}
	}
	err := cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() == 1 || len(deeds) == 0 {
		t.Fatalf("the process ended by itself: %v", err)
	}
	return deeds
}

func crashVerify(t *testing.T, at Config, there map[string]int64, gone map[string]bool, audited int64) {
	t.Helper()
	at.NoIndexer = true
	s := must[*Store](t)(Open(t.Context(), at))
	defer s.Close()
	w := world{Store: s, a: Org{ID: 1}, ann: User{ID: 1}}
	found := map[string]int64{}
	for q := (Query{NoBytes: true, Limit: 5000}); ; {
		p := must[Page](t)(s.Items(t.Context(), w.annSees(), q))
		for _, i := range p.Items {
			found[i.ID] = i.Seq
		}
		if !p.More {
			break
		}
		q.Cursor = p.Next
	}
	for id, seq := range there {
		if found[id] != seq {
			t.Errorf("%s was acknowledged with number %d and has %d", id, seq, found[id])
		}
	}
	for id := range gone {
		if found[id] != 0 {
			t.Errorf("%s was deleted and is there", id)
		}
	}
	if n, _, err := s.VerifyAudit(t.Context()); err != nil || n < audited {
		t.Errorf("audit log has %d entries, acknowledged were %d: %v", n, audited, err)
	}
	if problems := must[[]Problem](t)(s.Check(t.Context())); len(problems) > 0 {
		t.Errorf("check: %v", problems)
	}
	if err := s.Index(t.Context()); err != nil {
		t.Error(err)
	}
	if problems := must[[]Problem](t)(s.Check(t.Context())); len(problems) > 0 {
		t.Errorf("check after the index: %v", problems)
	}
}
