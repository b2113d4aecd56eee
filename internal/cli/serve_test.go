package cli

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const servedSeed = `{"users":[{"name":"alice","password":"secret"}],
	"api_roots":[{"path":"trust","collections":[{"alias":"c","read":["alice"],"write":["alice"]}]}]}`

// served runs `entente serve` in this process until stop is called, which gives its exit code.
func served(t *testing.T, args ...string) (lines []string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	code := make(chan int, 1)
	stderr := &strings.Builder{}
	go func() {
		code <- Run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...), Env{
			Stdin: strings.NewReader(""), Stdout: in, Stderr: stderr, Getenv: func(string) string { return "" },
		})
		in.Close()
	}()
	scanner := bufio.NewScanner(out)
	ready := false
	for !ready && scanner.Scan() {
		lines = append(lines, scanner.Text())
		ready = strings.HasPrefix(scanner.Text(), "entente: certificate ")
	}
	if !ready {
		t.Fatalf("it ended with %d: %s\n%s", <-code, lines, stderr)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return lines, func() int {
		cancel()
		return <-code
	}
}

// discover asks for discovery as the user or with the token, and gives the answer.
func discover(t *testing.T, lines []string, change func(*http.Request)) (int, string) {
	t.Helper()
	text := strings.Join(lines, "\n")
	url := regexp.MustCompile(`serving (\S+)`).FindStringSubmatch(text)
	cert := regexp.MustCompile(`certificate (\S+),`).FindStringSubmatch(text)
	if url == nil || cert == nil {
		t.Fatalf("it does not say where it is:\n%s", text)
	}
	pem, err := os.ReadFile(cert[1])
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url[1], http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/taxii+json;version=2.1")
	change(req)
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestServeSeed(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	seed := filepath.Join(t.TempDir(), "seed.json")
	if err := os.WriteFile(seed, []byte(servedSeed), 0o600); err != nil {
		t.Fatal(err)
	}
	lines, stop := served(t, "--seed", seed)
	if status, body := discover(t, lines, func(r *http.Request) { r.SetBasicAuth("alice", "secret") }); status != http.StatusOK || !strings.Contains(body, "/trust/") {
		t.Errorf("%d %s", status, body)
	}
	if code := stop(); code != ExitOK {
		t.Errorf("exit code %d", code)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("what is left of the node: %v, %v", left, err)
	}
}

func TestServeNewNode(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "node")
	lines, stop := served(t, dir)
	token := regexp.MustCompile(`token +(ent_\S+)`).FindStringSubmatch(strings.Join(lines, "\n"))
	if token == nil {
		t.Fatalf("no token:\n%s", lines)
	}
	bearer := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token[1]) }
	if status, body := discover(t, lines, bearer); status != http.StatusOK || !strings.Contains(body, "/entente/") {
		t.Errorf("%d %s", status, body)
	}
	if code := stop(); code != ExitOK {
		t.Errorf("exit code %d", code)
	}
	lines, stop = served(t, dir)
	if strings.Contains(strings.Join(lines, "\n"), "ent_") {
		t.Errorf("the second start prints a token:\n%s", lines)
	}
	if status, _ := discover(t, lines, bearer); status != http.StatusOK {
		t.Errorf("with the token after a new start: %d", status)
	}
	stop()
}
