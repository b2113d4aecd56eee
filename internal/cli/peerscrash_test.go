package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestPeersOutliveKills kills a node at arbitrary instants while it pulls and pushes: in the end both nodes have every object
// once.
func TestPeersOutliveKills(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a node some dozens of times")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	seeded := func(from, to int) string {
		var list []string
		for n := from; n < to; n++ {
			list = append(list, peerObject(n, ""))
		}
		return strings.Join(list, ",")
	}
	a := serveNode(t, "--seed", write("a.json", fmt.Sprintf(peerSeed, "Alpha", "Beta", seeded(0, 1500))), filepath.Join(dir, "a"))
	write("b/token", "ent_peer\n")
	write("b/peers.yml", fmt.Sprintf("peers:\n  - name: alpha\n    url: %s\n    account: peer\n    token_file: token\n    every: 1s\n"+
		"    pull: [{local: ally/shared, remote: shared, page_size: 20}]\n    push: [{local: ally/shared, remote: shared, page_size: 20}]\n", a))
	home := filepath.Join(dir, "b")
	args := []string{"serve", "--plain-http", "--listen", "127.0.0.1:0", "--log-level", "error"}
	start := func(args ...string) (*exec.Cmd, string) {
		t.Helper()
		c := exec.Command(exe, args...)
		c.Args[0] = "entente" // the test binary is the program under this name
		c.Stderr = os.Stderr
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
		lines := bufio.NewScanner(out)
		url := regexp.MustCompile(`serving (http://[^ ]+)/taxii2/`)
		for lines.Scan() {
			if m := url.FindStringSubmatch(lines.Text()); m != nil {
				return c, m[1]
			}
		}
		t.Fatal("the node does not serve")
		return nil, ""
	}
	count := func(url string) int {
		t.Helper()
		code, out, errs := runTAXII(t, map[string]string{"ENTENTE_TAXII_TOKEN": "ent_own"}, "", "pull", "--format", "jsonl", url)
		wantRun(t, "pull", code, 0, errs)
		ids := map[string]bool{}
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		for _, l := range lines {
			var o struct{ ID string }
			if json.Unmarshal([]byte(l), &o) == nil && o.ID != "" {
				ids[o.ID] = true
			}
		}
		if len(ids) != len(lines) && out != "" {
			t.Errorf("%d lines, %d objects", len(lines), len(ids))
		}
		return len(ids)
	}
	seed := append(slices.Clip(args), "--seed", write("b.json", fmt.Sprintf(peerSeed, "Beta", "Alpha", seeded(5000, 6500))), home)
	again := append(slices.Clip(args), home)
	kills, within := 0, 0
	for command := seed; kills < 20; kills++ {
		c, _ := start(command...)
		command = again
		time.Sleep(rand.N(700 * time.Millisecond))
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
		if n := count(a); n > 1500 && n < 3000 {
			within++
		}
	}
	_, b := start(again...)
	for end := time.Now().Add(2 * time.Minute); count(a) != 3000 || count(b) != 3000; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("a has %d objects, b has %d, of 3000", count(a), count(b))
		}
	}
	if t.Logf("%d kills, %d of them before all was pushed", kills, within); within == 0 {
		t.Log("no kill met a push: the machine is too fast or too slow")
	}
}
