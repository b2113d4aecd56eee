package node

import (
	"crypto/rand"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"entente/internal/coalition"
	"entente/internal/coalition/publish"
	"entente/internal/sign"
)

// released makes the folder of a coalition of one member, in which a statement without an hour is adopted, sealed and voted for, and its
// share is staged: a node releases it at once. It returns the statement's identifier.
func released(t *testing.T, dir, tlp string) string {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	id, err := sign.NewIdentity(nil)
	check(err)
	root, err := coalition.NewRoot("Allies", rand.Reader)
	check(err)
	now := time.Now()
	root.Issued, root.Expires, root.Threshold = coalition.At(now), coalition.At(now.AddDate(1, 0, 0)), coalition.Quorums{Root: 1, Adopt: 1, Release: 1}
	root.Put(coalition.Member{
		ID: "us", Name: "US", Keys: []string{id.Card().Key.String()}, Recipients: []string{id.Card().Recipient},
		Roles: []coalition.Role{coalition.RoleAdopt, coalition.RolePropose, coalition.RoleRelease, coalition.RoleRoot},
	})
	first, err := coalition.SignRoot(root, id)
	check(err)
	f, err := coalition.CreateFolder(dir, first, "")
	check(err)
	a := &coalition.Actor{Folder: f, Signer: id, Identities: []age.Identity{id}, Now: time.Now, Random: rand.Reader}
	statement, err := coalition.NewStatement(rand.Reader)
	check(err)
	files, list := map[coalition.Digest][]byte{}, []coalition.File{}
	for _, name := range []string{"a.bin", "sub/script.html", "text.md"} {
		b := []byte("<script>alert('" + name + "')</script>\n")
		files[coalition.DigestOf(b)] = b
		list = append(list, coalition.File{Path: name, Digest: coalition.DigestOf(b), Size: int64(len(b)), Role: coalition.FileText})
	}
	m := &coalition.Manifest{Statement: statement, Revision: 1, TLP: tlp, Title: []coalition.Wording{{Language: "en", Text: "We say so"}}, Claims: []coalition.Claim{}, Files: list}
	_, err = a.Propose(m, nil, files, 0)
	check(err)
	state := func() *coalition.Revision {
		for _, r := range f.Book().State() {
			return r
		}
		return nil
	}
	_, err = a.Position(state(), &coalition.Position{Stance: coalition.Endorse})
	check(err)
	_, err = a.Decide(state(), true)
	check(err)
	s, err := publish.Of(f, state())
	check(err)
	made, err := publish.Files(s)
	check(err)
	_, err = a.Seal(state(), made)
	check(err)
	_, err = a.Vote(state(), coalition.AskRelease, true, "")
	check(err)
	_, err = a.Stage(state())
	check(err)
	return statement
}

// What members wrote is served so that nothing in it runs, asks anybody, or is taken for something else; what is green to those who
// have an account.
func TestServeReleases(t *testing.T) {
	dir := t.TempDir()
	clearID, green := released(t, filepath.Join(dir, "clear"), "clear"), released(t, filepath.Join(dir, "green"), "green")
	hidden := released(t, filepath.Join(dir, "hidden"), "clear")
	n := run(t, filepath.Join(dir, "node"), func(c *Config) {
		for _, name := range []string{"clear", "green", "hidden"} {
			c.Coalitions = append(c.Coalitions, CoalitionConfig{Folder: "../" + name, ReleaseDir: "releases-" + name, ServeReleases: name != "hidden"})
		}
	})
	n.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, id := range []string{"clear/" + clearID, "green/" + green, "hidden/" + hidden} {
		coalitionDir, name, _ := strings.Cut(id, "/")
		for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			if _, err := os.Stat(filepath.Join(dir, "node", "releases-"+coalitionDir, name, coalition.ProofFile)); err == nil {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("%s is not released: %s", coalitionDir, n.log)
			}
		}
	}
	for _, c := range []struct {
		method, path, token string
		status              int
		kind, cache, body   string
	}{
		{"GET", clearID + "/", "", 200, "text/html; charset=utf-8", "no-cache", "We say so"},
		{"GET", clearID, "", 301, "", "no-cache", ""},
		{"HEAD", clearID + "/index.html", "", 200, "text/html; charset=utf-8", "no-cache", ""},
		{"GET", clearID + "/stix.json", "", 200, "application/json", "no-cache", "bundle"},
		{"GET", clearID + "/proof.json", "", 200, "application/json", "no-cache", "proof"},
		{"GET", clearID + "/text.md", "", 200, "text/markdown; charset=utf-8", "no-cache", "script"},
		{"GET", clearID + "/csaf.json.sha256", "", 200, "text/plain; charset=utf-8", "no-cache", ""},
		{"GET", clearID + "/sub/script.html", "", 200, "text/html; charset=utf-8", "no-cache", "alert"},
		{"GET", clearID + "/a.bin", "", 200, "application/octet-stream", "no-cache", "script"},
		{"GET", clearID + "/none", "", 404, "text/plain; charset=utf-8", "no-cache", ""},
		{"GET", clearID + "/sub", "", 404, "text/plain; charset=utf-8", "no-cache", ""},
		{"POST", clearID + "/", "", 405, "text/plain; charset=utf-8", "no-cache", ""},
		{"GET", green + "/", "", 401, "text/plain; charset=utf-8", "no-cache", ""},
		{"GET", green + "/", "wrong", 401, "text/plain; charset=utf-8", "no-cache", ""},
		{"GET", green + "/", "ent_reader", 200, "text/html; charset=utf-8", "private, no-cache", "We say so"},
		{"GET", hidden + "/", "ent_chief", 404, "text/plain; charset=utf-8", "no-cache", ""},
		{"GET", "", "", 404, "text/plain; charset=utf-8", "no-cache", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, n.base+releasesPath+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.token != "" {
			req.Header.Set("Authorization", "Bearer "+c.token)
		}
		r, err := n.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		h := r.Header
		if err != nil || r.StatusCode != c.status || c.kind != "" && h.Get("Content-Type") != c.kind || h.Get("Cache-Control") != c.cache || !strings.Contains(string(b), c.body) {
			t.Errorf("%s %s: %d, %v, %.200s, %v", c.method, c.path, r.StatusCode, h, b, err)
		}
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'", "sandbox"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s %s: %q lacks %q", c.method, c.path, csp, want)
			}
		}
		if strings.Contains(csp, "script") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s %s: %v", c.method, c.path, h)
		}
		if attached := strings.HasPrefix(h.Get("Content-Disposition"), "attachment"); attached != strings.HasSuffix(c.path, ".bin") {
			t.Errorf("%s %s is for saving: %v", c.method, c.path, attached)
		}
	}
	var b strings.Builder
	n.writeMetrics(&b)
	metrics := b.String()
	for _, want := range []string{
		`entente_coalition_released_total{folder="../clear"} 1`, `entente_coalition_failures_total{folder="../green"} 0`,
		`entente_http_requests_total{endpoint="releases",method="POST",status="405"} 1`, `entente_coalition_shares_given_total{folder="../hidden"} 1`, `entente_coalition_statements{folder="../clear",phase="sealed"} 0`, `entente_coalition_releases_owed{folder="../clear"} 0`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("the metrics have no %s:\n%s", want, metrics)
		}
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "node.md"))
	_, table, ok := strings.Cut(string(page), "| metric | look at it when |")
	table, _, _ = strings.Cut(table, "\n\n")
	if err != nil || !ok {
		t.Errorf("docs/node.md has no table of metrics: %v", err)
	}
	for row := range strings.Lines(table) {
		names, _, _ := strings.Cut(strings.TrimPrefix(row, "| "), " | ")
		for name := range strings.SplitSeq(names, ", ") {
			if bare, quoted := strings.CutPrefix(name, "`"); quoted && !strings.Contains(metrics, "\nentente_coalition_"+strings.TrimSuffix(bare, "`")+"{") {
				t.Errorf("there is no metric entente_coalition_%s, of which docs/node.md speaks", name)
			}
		}
	}
	if strings.Contains(metrics, `entente_coalition_rounds_total{folder="../clear"} 0`) || strings.Contains(metrics, `entente_coalition_round_seconds{folder="../clear"} 0`) {
		t.Errorf("no round is counted:\n%s", metrics)
	}
}
