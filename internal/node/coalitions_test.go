package node

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCoalitionConfig(t *testing.T) {
	whole := CoalitionConfig{
		Folder: "c", Collection: "a/c", Account: "x", IdentityFile: "k", PassphraseFile: "p", LogURL: "https://log.example",
		ReleaseDir: "r", ServeReleases: true, PublishCollection: "a/p", MembersCollection: "a/m",
	}
	for _, c := range []struct {
		what, want string
		change     func(*CoalitionConfig)
	}{
		{"a whole one", "", func(*CoalitionConfig) {}},
		{"files alone", "", func(c *CoalitionConfig) { *c = CoalitionConfig{Folder: "c", ReleaseDir: "r"} }},
		{"no folder", "folder is missing", func(c *CoalitionConfig) { c.Folder = "" }},
		{"no account", "account is missing", func(c *CoalitionConfig) { c.Account = "" }},
		{"no keys", "identity_file is missing", func(c *CoalitionConfig) { c.IdentityFile = "" }},
		{"a passphrase of nothing", "of no use", func(c *CoalitionConfig) { c.IdentityFile, c.Collection = "", "" }},
		{"a log without a signature", "log_url", func(c *CoalitionConfig) { c.PassphraseFile = "" }},
		{"serving nothing", "release_dir is missing", func(c *CoalitionConfig) { c.ReleaseDir = "" }},
		{"no path of a collection", "is no collection", func(c *CoalitionConfig) { c.Collection = "packets" }},
		{"members' parts for everybody", "the same", func(c *CoalitionConfig) { c.MembersCollection = "a/p" }},
	} {
		cfg := whole
		c.change(&cfg)
		err := cfg.finish()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
		whole := Config{Coalitions: []CoalitionConfig{cfg}}
		if got := whole.Finish(); (got == nil) != (err == nil) {
			t.Errorf("%s: the configuration says %v", c.what, got)
		}
	}
	c, err := read(strings.NewReader("coalitions:\n  - {folder: a, release_dir: b, serve_releases: true}\n"))
	if err != nil || len(c.Coalitions) != 1 || c.Coalitions[0].ReleaseDir != "b" || !c.Coalitions[0].ServeReleases {
		t.Errorf("%+v, %v", c.Coalitions, err)
	}
	if _, err := read(strings.NewReader("coalitions:\n  - {folder: a, passphrase: b}\n")); err == nil {
		t.Error("a field that there is not is passed over")
	}
}

// A release is read, and nothing beside it.
func TestOpenRelease(t *testing.T) {
	dir := t.TempDir()
	write := func(name string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"secret", "release/index.html", "release/sub/a.txt", "release/.new-1", "release/.git/config"} {
		write(name)
	}
	release := filepath.Join(dir, "release")
	for link, to := range map[string]string{"out": "../secret", "abs": filepath.Join(dir, "secret"), "in": "index.html"} {
		if err := os.Symlink(to, filepath.Join(release, link)); err != nil {
			t.Skip(err)
		}
	}
	for name, ok := range map[string]bool{
		"index.html": true, "sub/a.txt": true,
		"": false, ".": false, "..": false, "../secret": false, "sub/../../secret": false, "/etc/passwd": false, "sub": false, "sub/": false, "sub//a.txt": false,
		".new-1": false, ".git/config": false, "out": false, "abs": false, "in": false, "none": false, "a\x00b": false, `..\secret`: false,
	} {
		f, info, err := openRelease(release, name)
		if (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
		if err != nil {
			continue
		}
		if b, err := io.ReadAll(f); err != nil || string(b) != "release/"+name || info.Size() != int64(len(b)) {
			t.Errorf("%q: %q, %v", name, b, err)
		}
		_ = f.Close()
	}
}
