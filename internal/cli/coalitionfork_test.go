package cli

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"entente/internal/coalition"
	"entente/internal/jcs"
	"entente/internal/translog"
)

// TestLogThatForks has us, who runs the log, show uk one log and eu another: eu's objection is in the second alone. Before that it
// puts the log back to an older state.
func TestLogThatForks(t *testing.T) {
	if testing.Short() {
		t.Skip("runs logs and witnesses")
	}
	s := newStory(t, "eu", "uk", "us")
	s.ports("log-2", "witness-eu-2", "log-3", "log-4")
	pin := s.allied()
	s.witness("uk", "witness-uk", "log/witness-uk")
	s.witness("eu", "witness-eu", "log/witness-eu")
	s.serveLog("log", "log/dir", "witness-uk", "witness-eu")
	copied := func(from, to string) {
		t.Helper()
		if err := os.CopyFS(s.path(to), os.DirFS(s.path(from))); err != nil {
			t.Fatal(err)
		}
	}
	url := func(log string) string { return "http://" + s.at(log) }
	submit := func(member, log string) (string, int) {
		t.Helper()
		return s.try(member, "log", "submit", url(log), "-d", member+"/coalition", "--key", member+".key")
	}
	// says demands that a command ends with a code, and says so.
	says := func(what string, code int, pattern string) func(string, int) {
		return func(out string, got int) {
			t.Helper()
			if got != code || !regexp.MustCompile(pattern).MatchString(out) {
				t.Errorf("%s: code %d, want %d and %q:\n%s%s", what, got, code, pattern, out, s.logs())
			}
		}
	}
	monitor := func(member, log string) (string, int) {
		t.Helper()
		return s.try(member, "log", "monitor", url(log), "-d", member+"/coalition", "--state", member+"-seen.txt")
	}
	check := func(log string) (string, int) {
		t.Helper()
		return s.try("eu", "log", "check", url(log), "-d", "eu/coalition")
	}

	s.draft()
	s.as("us", "us", "statement", "propose", "draft")
	copied("log/dir", "log/old") // nothing is in it
	says("the proposal", 0, `^1 events are proven now\n$`)(submit("us", "log"))
	s.carry("us", "uk", "uk")
	s.carry("us", "eu", "eu")
	for _, m := range []string{"uk", "eu"} {
		says("a monitor", 0, `^sha256:[0-9a-f]{64}\n$`)(monitor(m, "log"))
	}

	// The log is put back to what it was: witnesses and monitors know better.
	s.serveLog("log-2", "log/old", "witness-uk", "witness-eu")
	rolled := `log log\.example/allies has 0 entries, and had 1\nhint: .*keep both checkpoints`
	says("a monitor of a log that was put back", 1, rolled)(monitor("eu", "log-2"))
	if out, _ := monitor("uk", "log-2"); strings.Count(out, "\n— log.example/allies ") != 2 {
		t.Errorf("not both checkpoints are printed: %s", out)
	}
	s.as("eu", "eu", "statement", "position", "41a7", "object", "--wording", "en=We do not believe it")
	says("an objection that comes into a log that was put back", 1, `1 events are in the log, and too few witnesses have cosigned it yet`)(submit("eu", "log-2"))
	says("a monitor of a log that has another entry in the place of one", 1, `log log\.example/allies has been forked: .*\nhint: keep both checkpoints`)(monitor("eu", "log-2"))
	for _, w := range []string{"witness-uk", "witness-eu"} {
		if said := s.nodes[w].String(); !regexp.MustCompile(`msg="not cosigned" origin=log\.example/allies size=1 error="log log\.example/allies has been forked`).MatchString(said) {
			t.Errorf("%s does not say that the log has been forked: %s", w, said)
		}
	}
	s.stop("log-2")

	// Two logs from now on. eu's witness lies: it has a second memory, and cosigns both.
	s.stop("log")
	copied("log/dir", "log/other")
	s.serveLog("log", "log/dir", "witness-uk", "witness-eu")
	s.stop("witness-eu")
	copied("log/witness-eu", "log/witness-eu-2")
	s.witness("eu", "witness-eu", "log/witness-eu")
	s.witness("eu", "witness-eu-2", "log/witness-eu-2")
	s.serveLog("log-3", "log/other", "witness-uk", "witness-eu-2")
	s.as("us", "us", "statement", "position", "41a7", "endorse")
	s.carry("us", "uk", "uk")
	s.as("uk", "uk", "statement", "position", "41a7", "endorse")
	says("what uk is shown", 0, `events are proven now`)(submit("uk", "log"))
	says("what eu is shown", 1, `events are in the log, and too few witnesses have cosigned it yet`)(submit("eu", "log-3"))
	if said := s.nodes["log-3"].String(); !strings.Contains(said, "/uk has cosigned 3 entries of log log.example/allies, more than the 2 asked about") {
		t.Errorf("the log does not say that: %s", said)
	}
	for range 2 { // the second log grows beyond the first
		s.as("eu", "eu", "statement", "position", "41a7", "object", "--wording", "en=We still do not believe it")
	}
	says("more of what eu is shown", 1, `3 events are in the log, and too few witnesses have cosigned it yet`)(submit("eu", "log-3"))
	if said := s.nodes["witness-uk"].String(); !regexp.MustCompile(`level=WARN msg="not cosigned" origin=log\.example/allies size=4 error="the proof does not hold: the tree of 4 with root \S+ does not begin with that of 3`).MatchString(said) {
		t.Errorf("uk's witness does not say that this log does not go on from the first: %s", said)
	}
	// Each of them is in order for who sees it alone; the cosignatures are one too few.
	says("the first log", 0, `is in order; 2 witnesses have cosigned it, and it takes 2`)(check("log"))
	says("the second log", 0, `is in order; 1 witnesses have cosigned it, and it takes 2`)(check("log-3"))
	// Who compares the two sees it: uk what eu is shown, and eu what uk is shown.
	for member, logs := range map[string][2]string{"uk": {"log", "log-3"}, "eu": {"log-3", "log"}} {
		says(member+" sees its own log go on", 0, `^(sha256:[0-9a-f]{64}\n)*$`)(monitor(member, logs[0]))
		out, code := monitor(member, logs[1])
		if code != 1 || strings.Count(out, "\n— log.example/allies ") != 2 || !regexp.MustCompile(`has been forked|has \d+ entries, and had \d+`).MatchString(out) {
			t.Errorf("%s is shown the other log: code %d: %s", member, code, out)
		}
	}

	// us and uk release it, and what they were shown is proven.
	s.carry("uk", "us", "us")
	s.as("us", "us", "statement", "adopt", "41a7")
	s.as("us", "us", "statement", "seal", "41a7")
	s.carry("us", "uk", "uk")
	for _, m := range []string{"us", "uk"} {
		s.as(m, m, "statement", "vote", "41a7", "release")
		s.as(m, m, "statement", "stage", "41a7")
	}
	says("us alone", 1, `it is not released: 1 of 2 votes`)(s.try("us", "statement", "release", "41a7", "-d", "us/coalition", "-o", "us-release"))
	s.carry("us", "uk", "uk")
	says("uk alone", 1, `1 of 2 shares of the key`)(s.try("uk", "statement", "release", "41a7", "-d", "uk/coalition", "-o", "uk-release"))
	s.carry("uk", "us", "us")
	release := func(member string) string {
		t.Helper()
		s.as(member, "", "statement", "release", "41a7", "-o", member+"-release")
		return s.path(member + "-release")
	}
	release("us") // gives the second share
	says("all that us has", 0, `events are proven now`)(submit("us", "log"))
	says("what us and uk release", 0, `verified`)(s.try("", "verify", "--root", pin, release("us")))

	// eu has what they released, and its objection, which no log shows to enough witnesses: not even with what the second log says of it.
	s.carry("us", "eu", "eu")
	unproven := `unchecked +when 3 of \d+ events were signed: the log is not proven to show them to 2 witnesses`
	says("with eu's objection", 4, unproven)(s.try("", "verify", "--root", pin, release("eu")))
	says("with eu's objection and the second log", 4, unproven)(s.try("", "verify", "--root", pin, s.withEvidence("eu", "log/other", release("eu"))))
	secondVerifier(t, s.path("eu-release"), pin, 4)
	s.discreet()
	for _, m := range slices.Sorted(maps.Keys(s.nodes)) {
		if m != "log-2" {
			s.stop(m)
		}
	}
}

// withEvidence puts what a log says of a member's last event into the proof of a release.
func (s *story) withEvidence(member, log, release string) string {
	s.t.Helper()
	check := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	f, err := coalition.OpenFolder(s.path(member, "coalition"), func(name string, err error) { s.t.Errorf("%s: %v", name, err) })
	check(err)
	keys, _ := f.Book().Chain().Latest().LogKeys()
	client := &translog.Client{Source: translog.FolderSource{FS: os.DirFS(s.path(log))}, Log: keys}
	at, err := client.Checkpoint(s.t.Context())
	check(err)
	r, _ := s.state(member)
	entry, err := r.Positions[member].ID.Entry()
	check(err)
	index := int64(-1)
	check(client.Entries(s.t.Context(), at.Checkpoint, 0, at.Size, func(first int64, entries []translog.Digest) error {
		if i := slices.Index(entries, entry); i >= 0 {
			index = first + int64(i)
		}
		return nil
	}))
	shown, err := client.Prove(s.t.Context(), index, at)
	check(err)
	shown.Extra = entry[:]
	name := filepath.Join(release, coalition.ProofFile)
	b, err := os.ReadFile(name)
	check(err)
	p, err := coalition.ReadProof(b)
	check(err)
	for i := range p.Events {
		if e := &p.Events[i]; coalition.DigestOf(e.Event) == r.Positions[member].ID {
			e.Log = string(shown.Text())
		}
	}
	plain, err := json.Marshal(p)
	check(err)
	b, err = jcs.Canonical(plain)
	check(err)
	check(os.WriteFile(name, b, 0o600))
	return release
}
