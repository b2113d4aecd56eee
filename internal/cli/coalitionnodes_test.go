package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"entente/internal/coalition"
	"entente/internal/sign"
)

const storyPassphrase = "a-long-passphrase"

// story is a coalition of several members, each with a folder, keys and a node of its own, which is a process.
type story struct {
	t       *testing.T
	dir     string
	exe     string
	members []string
	port    map[string]int
	nodes   map[string]*storyNode
	clock   map[string]string // by member or process: how far its clock goes ahead, where it does
}

type storyNode struct {
	cmd  *exec.Cmd
	mu   sync.Mutex
	errs bytes.Buffer
}

func (n *storyNode) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.errs.Write(p)
}

func (n *storyNode) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.errs.String()
}

func newStory(t *testing.T, members ...string) *story {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &story{t: t, dir: t.TempDir(), exe: exe, members: members, port: map[string]int{}, nodes: map[string]*storyNode{}, clock: map[string]string{}}
	s.ports(append([]string{"log", "witness-uk", "witness-eu"}, members...)...)
	for _, m := range members {
		s.key(m, m)
	}
	return s
}

// ports finds a free port for each name.
func (s *story) ports(names ...string) {
	s.t.Helper()
	var held []net.Listener
	for _, m := range names {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.t.Fatal(err)
		}
		held = append(held, l)
		s.port[m] = l.Addr().(*net.TCPAddr).Port
	}
	for _, l := range held {
		_ = l.Close()
	}
}

// at is the address of a process.
func (s *story) at(name string) string { return fmt.Sprintf("127.0.0.1:%d", s.port[name]) }

func (s *story) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

func (s *story) write(name, text string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(s.path(name)), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// key makes keys of a name: NAME.key, NAME.card, and a line for the node of a member. It gives the public one.
func (s *story) key(name, member string) string {
	s.t.Helper()
	id, err := sign.NewIdentity(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := (sign.IdentityFile{Path: s.path(name + ".key"), Work: 10}).Create(id, storyPassphrase); err != nil {
		s.t.Fatal(err)
	}
	s.write(name+".card", string(id.Card().Bytes()))
	old, _ := os.ReadFile(s.path(member, "node.age"))
	s.write(member+"/node.age", string(old)+string(id.AgeKeys()))
	return id.Public().String()
}

// run runs the command line in the folder of the story.
func (s *story) run(args ...string) string {
	s.t.Helper()
	out, code := s.try("", args...)
	if code != 0 {
		s.t.Fatalf("entente %s: code %d\n%s\n%s", strings.Join(args, " "), code, out, s.logs())
	}
	return out
}

// try is run for a member, by its clock, that may fail: it gives the exit code.
func (s *story) try(member string, args ...string) (out string, code int) {
	s.t.Helper()
	c := exec.CommandContext(s.t.Context(), s.exe, args...)
	c.Args[0] = "entente" // the test binary is the program under this name
	c.Dir = s.dir
	c.Env = append(os.Environ(), "ENTENTE_PASSPHRASE="+storyPassphrase, testClock+"="+s.clock[member])
	b, err := c.CombinedOutput()
	if c.ProcessState == nil {
		s.t.Fatal(err)
	}
	return string(b), c.ProcessState.ExitCode()
}

// as runs a command as a member: its folder, and with a key also its key.
func (s *story) as(member, keyName string, args ...string) {
	s.t.Helper()
	args = append(args, "-d", member+"/coalition")
	if keyName != "" {
		args = append(args, "--key", keyName+".key")
	}
	if out, code := s.try(member, args...); code != 0 {
		s.t.Fatalf("%s: entente %s: code %d\n%s\n%s", member, strings.Join(args, " "), code, out, s.logs())
	}
}

func (s *story) logs() string {
	var b strings.Builder
	for _, m := range slices.Sorted(maps.Keys(s.nodes)) {
		if n := s.nodes[m]; n != nil {
			fmt.Fprintf(&b, "--- node of %s\n", m)
			for line := range strings.Lines(n.String()) {
				if !strings.Contains(line, "msg=request") {
					b.WriteString(line)
				}
			}
		}
	}
	return b.String()
}

// prepare writes what the node of a member needs: a seed, its configuration, and its peers, from whom it pulls.
func (s *story) prepare(member string, peers ...string) {
	s.t.Helper()
	type seedUser struct {
		Name         string   `json:"name"`
		Organisation string   `json:"organisation"`
		Service      bool     `json:"service"`
		Token        string   `json:"token"`
		Roles        []string `json:"roles"`
	}
	var orgs []map[string]string
	users := []seedUser{
		{"carrier", member, true, "ent_carrier", []string{"reader", "publisher"}},
		{"stranger", "others", true, "ent_stranger", []string{"reader"}},
	}
	orgs = append(orgs, map[string]string{"name": "others", "clearance": "amber"})
	for _, m := range s.members {
		orgs = append(orgs, map[string]string{"name": m, "clearance": "amber"})
		if m != member {
			users = append(users, seedUser{"node-" + m, m, true, "ent_" + m, []string{"reader", "publisher"}})
		}
	}
	seed, err := json.Marshal(map[string]any{
		"organisations": orgs, "users": users,
		"api_roots": []map[string]any{{"path": "ally", "collections": []map[string]any{
			{"alias": "packets", "title": "Packets", "owner": member, "read": s.members, "write": s.members},
			{"alias": "public", "title": "Public", "owner": member, "label": "clear", "public": true, "read": []string{"*"}, "write": []string{member}},
			{"alias": "members", "title": "Members", "owner": member, "read": s.members, "write": []string{member}},
		}}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(member+"/seed.json", string(seed))
	keys := "    identity_file: ../node.age"
	if member == "us" { // which brings what it signs into the log
		keys = fmt.Sprintf("    identity_file: ../../us.key\n    passphrase_file: ../../passphrase\n    log_url: http://127.0.0.1:%d", s.port["log"])
	}
	s.write(member+"/node/entente.yml", `coalitions:
  - folder: ../coalition
    collection: ally/packets
    account: carrier
`+keys+`
    release_dir: ../releases
    serve_releases: true
    publish_collection: ally/public
    members_collection: ally/members
`)
	s.write(member+"/node/token", "ent_"+member+"\n")
	var b strings.Builder
	for _, p := range peers {
		fmt.Fprintf(&b, "  - {name: %[1]s, url: 'http://127.0.0.1:%[2]d', account: node-%[1]s, token_file: token, every: 1s, pull: [{local: ally/packets, remote: packets}]}\n", p, s.port[p])
	}
	if b.Len() > 0 {
		s.write(member+"/node/peers.yml", "peers:\n"+b.String())
	}
}

// start starts the node of a member, and waits until it serves.
func (s *story) start(member string) {
	s.t.Helper()
	args := []string{"serve", "--plain-http", "--listen", fmt.Sprintf("127.0.0.1:%d", s.port[member]), "--log-level", "info"}
	if _, err := os.Stat(s.path(member, "node", "store")); errors.Is(err, fs.ErrNotExist) {
		args = append(args, "--seed", s.path(member, "seed.json"))
	}
	s.process(member, append(args, s.path(member, "node"))...)
}

// process starts a process that serves at the port of its name, and waits until it does.
func (s *story) process(name string, args ...string) {
	s.t.Helper()
	c := exec.CommandContext(s.t.Context(), s.exe, args...)
	c.Args[0] = "entente"
	c.Dir = s.dir
	c.Env = append(os.Environ(), "ENTENTE_PASSPHRASE="+storyPassphrase, testClock+"="+s.clock[name])
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	n := &storyNode{cmd: c}
	c.Stderr = n
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.nodes[name] = n
	s.until(30*time.Second, name+" serves", func() bool {
		conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", s.port[name]), time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

func (s *story) stop(member string) {
	s.t.Helper()
	n := s.nodes[member]
	if err := n.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	if err := n.cmd.Wait(); err != nil {
		s.t.Fatalf("the node of %s: %v\n%s", member, err, n)
	}
}

func (s *story) until(most time.Duration, what string, is func() bool) {
	s.t.Helper()
	for end := time.Now().Add(most); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("not after %v: %s\n%s", most, what, s.logs())
		}
	}
}

// state is the revision of the story's one statement as a member's folder has it, and what version its root has.
func (s *story) state(member string) (*coalition.Revision, int) {
	s.t.Helper()
	f, err := coalition.OpenFolder(s.path(member, "coalition"), func(name string, err error) { s.t.Errorf("%s: %s: %v", member, name, err) })
	if err != nil {
		s.t.Fatal(err)
	}
	for _, r := range f.Book().State() {
		return r, f.Book().Chain().Latest().Version
	}
	return nil, f.Book().Chain().Latest().Version
}

// all waits until the folders of some members say something.
func (s *story) all(what string, members []string, is func(*coalition.Revision, int) bool) {
	s.t.Helper()
	for _, m := range members {
		var r *coalition.Revision
		var v int
		for end := time.Now().Add(60 * time.Second); ; time.Sleep(100 * time.Millisecond) {
			if r, v = s.state(m); is(r, v) {
				break
			}
			if time.Now().After(end) {
				s.t.Fatalf("not %s at %s: root %d, %+v\n%s", what, m, v, r, s.logs())
			}
		}
	}
}

// carry takes a packet by hand from one member to another.
func (s *story) carry(from, to, keyName string) {
	s.t.Helper()
	file := fmt.Sprintf("%s-%s-%d.age", from, to, time.Now().UnixNano())
	s.as(from, "", "coalition", "export", "-o", file)
	s.as(to, keyName, "coalition", "import", file)
}

// files are those below a folder, by name, as digests.
func (s *story) files(dir string) map[string]string {
	s.t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		sum := sha256.Sum256(b)
		out[rel] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.t.Fatal(err)
	}
	return out
}

const storyStatement = "41a7d7b5-357c-4104-8e2d-7c089a99a0ba"

// TestCoalitionOfFiveNodes is the story of a statement from its draft to its release: five members with a node each, of whom
// one has no network and acts by files, one objects, one reserves its judgement, one changes its keys meanwhile, and one is cut
// off at the hour.
func TestCoalitionOfFiveNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("runs five nodes")
	}
	s := newStory(t, "au", "eu", "jp", "uk", "us")
	connected := []string{"au", "eu", "uk", "us"}
	args := []string{"coalition", "new", "Allies", "--adopt", "3", "--release", "3", "--root", "3", "-o", "root-1.json", "--key", "us.key"}
	for _, m := range s.members {
		args = append(args, "--member", m+"="+m+".card")
	}
	args = append(args, "--log", "log.example/allies", "--log-key", s.key("log", "log"), "--witnesses", "2",
		"--witness", "uk="+s.key("witness-uk", "log"), "--witness", "eu="+s.key("witness-eu", "log"))
	s.run(args...)
	s.run("coalition", "sign", "root-1.json", "--key", "uk.key")
	said := s.run("coalition", "sign", "root-1.json", "--key", "eu.key")
	pin := regexp.MustCompile(`digest (sha256:[0-9a-f]{64})`).FindStringSubmatch(said)
	if pin == nil {
		t.Fatalf("no digest of the first root: %s", said)
	}
	s.write("passphrase", storyPassphrase+"\n")
	for _, m := range s.members {
		s.run("coalition", "join", "root-1.json", "-d", m+"/coalition")
		peers := slices.DeleteFunc(slices.Clone(connected), func(p string) bool { return p == m })
		if m == "jp" {
			peers = nil
		}
		s.prepare(m, peers...)
		s.start(m)
	}

	s.run("log", "new", "log/dir", "--origin", "log.example/allies", "--key", "log.key")
	at := s.at
	for _, m := range []string{"uk", "eu"} {
		s.process("witness-"+m, "log", "witness", "log/witness-"+m, "-d", m+"/coalition", "--key", "witness-"+m+".key", "--member", m, "--listen", at("witness-"+m))
	}
	s.process("log", "log", "serve", "log/dir", "-d", "us/coalition", "--key", "log.key", "--listen", at("log"),
		"--witness", "uk=http://"+at("witness-uk"), "--witness", "eu=http://"+at("witness-eu"))

	// us proposes; the hour is far enough for all that follows on a slow machine.
	s.write("draft/statement.yml", "statement: "+storyStatement+`
revision: 1
title: {en: Intrusions into mail servers, fr: Intrusions dans des serveurs}
tlp: clear
annex_tlp: amber
claims:
  - {id: state, text: {en: A state is behind it.}}
  - {id: intrusion, text: {en: Mail servers were broken into.}}
`)
	s.write("draft/public/text.md", "# We say so\n")
	s.write("draft/annex/sources.md", "# How we know\n")
	s.as("us", "us", "statement", "propose", "draft", "--until", "48h")
	proposed := func(r *coalition.Revision, _ int) bool { return r != nil }
	s.all("it is proposed", connected, proposed)
	s.carry("us", "jp", "jp")

	// uk changes its keys meanwhile: three members and its new key sign.
	s.key("uk2", "uk")
	s.stop("uk") // a node reads its keys when it starts
	s.start("uk")
	s.as("us", "us", "coalition", "rotate", "uk=uk2.card", "-o", "root-2.json")
	for _, by := range []string{"eu", "au", "uk2"} {
		s.as("us", by, "coalition", "sign", "root-2.json")
	}
	s.as("eu", "eu", "coalition", "import", "root-2.json")

	// Each takes a position of its own.
	s.as("us", "us", "statement", "position", "41a7", "endorse", "--wording", "en=We say so")
	s.all("root 2", []string{"uk"}, func(_ *coalition.Revision, v int) bool { return v == 2 }) // until then its new key is nobody's
	s.as("uk", "uk2", "statement", "position", "41a7", "assess", "--likelihood", "uk-phia:highly likely", "--wording", "en=It is highly likely")
	s.as("eu", "eu", "statement", "position", "41a7", "object", "--covers", "state", "--wording", "fr=Nous ne le savons pas")
	s.as("au", "au", "statement", "position", "41a7", "reserve")
	s.as("jp", "jp", "statement", "position", "41a7", "endorse", "--covers", "intrusion")
	s.carry("jp", "us", "us")
	logged := func() { s.run("log", "submit", "http://"+at("log"), "-d", "us/coalition", "--key", "us.key") }
	s.all("five positions and root 2", connected, func(r *coalition.Revision, v int) bool { return r != nil && len(r.Positions) == 5 && v == 2 })
	logged()
	s.as("us", "us", "statement", "adopt", "41a7")
	s.as("us", "us", "statement", "seal", "41a7")
	s.all("it is sealed", connected, func(r *coalition.Revision, _ int) bool { return r.Phase == coalition.Sealed })
	s.carry("us", "jp", "jp")

	// Those who release vote, and stage their shares. eu objects, and keeps what was agreed all the same.
	for _, v := range [][2]string{{"us", "us"}, {"uk", "uk2"}, {"eu", "eu"}, {"jp", "jp"}} {
		more := []string{} // what is sealed to the members as they were when it was proposed
		if v[0] == "uk" {
			more = []string{"--old-key", "uk.key"}
		}
		s.as(v[0], v[1], append([]string{"statement", "vote", "41a7", "release"}, more...)...)
		s.as(v[0], v[1], append([]string{"statement", "stage", "41a7"}, more...)...)
	}
	s.carry("jp", "us", "us")
	s.all("four votes", connected, func(r *coalition.Revision, _ int) bool { return r.Yes(coalition.AskRelease) == 4 })
	hour := time.Now().Add(storyLead).UTC().Truncate(time.Second)
	s.as("us", "us", "statement", "hour", "41a7", hour.Format(time.RFC3339))
	r, _ := s.state("us")
	asked := string(slices.Collect(maps.Keys(r.Asked))[0])
	s.all("another hour is proposed", connected, func(r *coalition.Revision, _ int) bool { return len(r.Asked) == 1 })
	for _, v := range [][2]string{{"us", "us"}, {"uk", "uk2"}, {"au", "au"}} {
		s.as(v[0], v[1], "statement", "hour", "41a7", hour.Format(time.RFC3339), "--accept", asked)
	}
	s.all("the hour is nearer", connected, func(r *coalition.Revision, _ int) bool { return r.Hour.Time().Equal(hour) })
	logged()
	s.carry("us", "jp", "jp")
	s.stop("au") // cut off
	for _, m := range s.members {
		if got := s.files(s.path(m, "releases")); len(got) > 0 {
			t.Fatalf("%s released before the hour: %v", m, got)
		}
	}
	s.unpublished("us")
	if time.Now().After(hour.Add(-time.Second)) {
		t.Fatalf("the machine is too slow for a lead of %v", storyLead)
	}

	// The hour.
	release := func(m string) string { return s.path(m, "releases", storyStatement) }
	isOut := func(m string) bool { _, err := os.Stat(filepath.Join(release(m), "proof.json")); return err == nil }
	for _, m := range []string{"eu", "uk", "us"} {
		s.until(storyLead+60*time.Second, m+" releases", func() bool { return isOut(m) })
	}
	if isOut("au") || isOut("jp") {
		t.Error("who is cut off has released")
	}
	s.start("au")
	s.until(60*time.Second, "au releases on its return", func() bool { return isOut("au") })
	s.carry("us", "jp", "jp")
	s.until(60*time.Second, "jp releases what came by hand", func() bool { return isOut("jp") })
	s.carry("jp", "us", "us") // its share, which nobody needed
	logged()
	s.carry("us", "jp", "jp")

	want := map[string]string{}
	s.until(60*time.Second, "all releases are the same", func() bool {
		want = s.files(release("jp"))
		for _, m := range s.members {
			if !maps.Equal(want, s.files(release(m))) {
				return false
			}
		}
		return true
	})
	for _, name := range []string{"proof.json", "text.md", "index.html", "stix.json", "csaf.json", "matrix.csv"} {
		if want[name] == "" {
			t.Errorf("the release has no %s: %v", name, slices.Sorted(maps.Keys(want)))
		}
	}
	if want["sources.md"] != "" {
		t.Error("the annex is among what is released")
	}

	// A stranger has the folder and the digest of the first root.
	if out := s.run("verify", "--root", pin[1], release("au")); !strings.Contains(out, "adopted") {
		t.Error(out)
	}
	secondVerifier(t, release("au"), pin[1], 0)
	for _, m := range s.members {
		for line := range strings.Lines(s.nodes[m].String()) {
			if strings.Contains(line, "a statement is released") {
				t.Logf("%s: %s", m, regexp.MustCompile(`after_the_hour=\S+`).FindString(line))
			}
		}
	}
	// Nodes that opted in have it in their public collection, and on their own pages.
	s.published("au")
	s.discreet()
	for _, m := range slices.Sorted(maps.Keys(s.nodes)) {
		s.stop(m)
	}
}

// tlpAmber is the marking of TLP 2.0.
const tlpAmber = "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"

// storyLead is how long before the hour all is ready.
const storyLead = 15 * time.Second

// discreet fails where a process has written a secret into its log, or a value as Go has it, which no reader of logs can search.
func (s *story) discreet() {
	s.t.Helper()
	for name, n := range s.nodes {
		for line := range strings.Lines(n.String()) {
			for _, secret := range []string{storyPassphrase, "ent_", "AGE-SECRET-KEY", `="&{`, `="{`, "=map[", `="map[`} {
				if strings.Contains(line, secret) {
					s.t.Errorf("%s logs %s: %s", name, secret, line)
				}
			}
		}
	}
}

// pulled is what somebody gets of a collection of a node: a member or a stranger by their token, everybody without one.
func (s *story) pulled(member, collection, who string) (out string, code int) {
	s.t.Helper()
	env := map[string]string{}
	if who != "" {
		env["ENTENTE_TAXII_TOKEN"] = "ent_" + who
	}
	code, out, errs := runTAXII(s.t, env, "", "pull", "--collection", collection, "http://"+s.at(member))
	if code != 0 && !strings.Contains(errs, "collection") {
		s.t.Errorf("%s of %s for %q: code %d: %s", collection, member, who, code, errs)
	}
	return out, code
}

// unpublished fails where a node shows anything of the statement before its hour, to members or to others.
func (s *story) unpublished(member string) {
	s.t.Helper()
	other := s.members[0]
	for _, who := range []string{"", "stranger", other} {
		if out, code := s.pulled(member, "public", who); code != 0 || strings.Contains(out, "Intrusions") || strings.Contains(out, `"report"`) {
			s.t.Errorf("before the hour the public collection of %s has for %q: code %d: %.500s", member, who, code, out)
		}
	}
	if out, code := s.pulled(member, "members", other); code != 0 || strings.Contains(out, `"objects"`) {
		s.t.Errorf("before the hour the collection of members of %s has: code %d: %.500s", member, code, out)
	}
	if page, status := s.get("http://" + s.at(member) + "/releases/" + storyStatement); status != 404 {
		s.t.Errorf("before the hour there is a page at %s: %d: %.200s", member, status, page)
	}
}

// published fails where a node does not show the release to everybody, and the annex to members alone.
func (s *story) published(member string) {
	s.t.Helper()
	url := "http://" + s.at(member)
	other := s.members[len(s.members)-1]
	for _, who := range []string{"", "stranger", other} {
		out, code := s.pulled(member, "public", who)
		if code != 0 || !strings.Contains(out, `"joint-statement"`) || strings.Contains(out, "How we know") || strings.Contains(out, "sources.md") {
			s.t.Errorf("the public collection of %s has no report of the statement for %q, or too much: code %d: %.2000s", member, who, code, out)
		}
	}
	out, code := s.pulled(member, "members", other)
	if code != 0 || !strings.Contains(out, "How we know") || !strings.Contains(out, tlpAmber) {
		s.t.Errorf("members do not get the annex under its label: code %d: %.2000s", code, out)
	}
	for _, who := range []string{"", "stranger"} {
		if out, code := s.pulled(member, "members", who); code == 0 || strings.Contains(out, "How we know") {
			s.t.Errorf("%q gets the annex: code %d: %.2000s", who, code, out)
		}
	}
	page, status := s.get(url + "/releases/" + storyStatement)
	if status != 200 || !strings.Contains(page, "Intrusions into mail servers") {
		s.t.Errorf("its page: %d, %.200s", status, page)
	}
	for _, p := range []string{"../", "%2e%2e/", ".new-0", "none", "..%2f..%2fcoalition/journal", ""} {
		if _, status := s.get(url + "/releases/" + storyStatement + "x/" + p); status != 404 {
			s.t.Errorf("%q: %d", p, status)
		}
	}
}

func (s *story) get(url string) (string, int) {
	s.t.Helper()
	r, err := http.Get(url)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b), r.StatusCode
}
