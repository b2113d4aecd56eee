package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// peerSeed is a node of organisation %[1]s, with an account for the peer of organisation %[2]s and numbered objects.
const peerSeed = `{"organisations":[{"name":%[1]q,"clearance":"amber"},{"name":%[2]q,"clearance":"amber"}],
	"users":[
		{"name":"own","organisation":%[1]q,"token":"ent_own","roles":["reader","publisher"]},
		{"name":"peer","organisation":%[2]q,"service":true,"token":"ent_peer","roles":["reader","publisher"]}],
	"api_roots":[{"path":"ally","collections":[{"alias":"shared","title":"Shared","owner":%[1]q,"read":[%[1]q,%[2]q],"write":[%[1]q,%[2]q],"objects":[%[3]s]}]}]}`

func peerObject(n int, marking string) string {
	return fmt.Sprintf(`{"object":{"type":"identity","spec_version":"2.1","id":"identity--10000000-0000-4000-8000-%012d","created":"2021-07-19T00:00:00.000Z",`+
		`"modified":"2021-07-19T00:00:00.000Z","name":"n%d"%s}}`, n, n, marking)
}

// serveNode runs a node in this process until the test ends, and gives its address.
func serveNode(t *testing.T, args ...string) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	out, w := io.Pipe()
	var errs bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- Run(ctx, append([]string{"serve", "--plain-http", "--listen", "127.0.0.1:0", "--log-level", "error"}, args...),
			Env{Stdin: strings.NewReader(""), Stdout: w, Stderr: &errs, Getenv: func(string) string { return "" }})
		_ = w.Close()
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("a node ends with code %d: %s", code, errs.String())
		}
	})
	url := regexp.MustCompile(`serving (http://[^ ]+)/taxii2/`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := url.FindStringSubmatch(lines.Text()); m != nil {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return m[1]
		}
	}
	t.Fatalf("the node does not serve: %s", errs.String())
	return ""
}

// Two nodes: one of them pulls and pushes while it serves, and what it must not hand on stays.
func TestPeersOfServedNodes(t *testing.T) {
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
	red := `,"object_marking_refs":["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"]`
	a := serveNode(t, "--seed", write("a.json", fmt.Sprintf(peerSeed, "Alpha", "Beta", peerObject(1, "")+","+peerObject(2, red))), filepath.Join(dir, "a"))
	write("b/token", "ent_peer\n")
	peers := fmt.Sprintf("peers:\n  - name: alpha\n    url: %s\n    account: peer\n    token_file: token\n    every: 1s\n"+
		"    pull: [{local: ally/shared, remote: shared}]\n    push: [{local: ally/shared, remote: shared}]\n", a)
	write("b/peers.yml", peers)
	b := serveNode(t, "--seed", write("b.json", fmt.Sprintf(peerSeed, "Beta", "Alpha", peerObject(3, "")+","+peerObject(4, red))), filepath.Join(dir, "b"))
	names := func(url string) string {
		t.Helper()
		code, out, errs := runTAXII(t, map[string]string{"ENTENTE_TAXII_TOKEN": "ent_own"}, "", "pull", "--format", "jsonl", url)
		wantRun(t, "pull", code, 0, errs)
		var got []string
		for _, n := range []string{"n1", "n2", "n3", "n4"} {
			if strings.Contains(out, `"name":"`+n+`"`) {
				got = append(got, n)
			}
		}
		return strings.Join(got, " ")
	}
	for end := time.Now().Add(30 * time.Second); names(a) != "n1 n3" || names(b) != "n1 n3"; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("a has %s, b has %s", names(a), names(b))
		}
	}
	run := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		code := Run(t.Context(), append([]string{"peers"}, args...), Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }})
		wantRun(t, strings.Join(args, " "), code, want, out.String()+errs.String())
		return out.String() + errs.String()
	}
	home := filepath.Join(dir, "b")
	if out := run(0, "check", home); strings.Count(out, "in order") != 2 {
		t.Error(out)
	}
	if out := run(0, "sync", "--peer", "alpha", "--format", "json", home); strings.Count(out, `{"peer":"alpha","direction":`) != 2 {
		t.Error(out)
	}
	run(2, "sync", "--peer", "other", home)
	run(2, "sync", "--format", "xml", home)
	run(2, "check", filepath.Join(dir, "a"))
	write("b/peers.yml", strings.Replace(peers, "remote: shared}]\n    push", "remote: other}]\n    push", 1))
	if out := run(1, "check", home); !strings.Contains(out, `no collection "other"`) {
		t.Error(out)
	}
	write("b/peers.yml", "peers: [{name: x}]")
	run(2, "check", home)
}
