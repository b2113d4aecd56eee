package peer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const minimal = "peers:\n  - name: ally\n    url: https://node.example\n    account: ally\n    pull: [{local: x/y, remote: z}]\n"

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "peers.yml")
	if peers, err := Load(file); peers != nil || err != nil {
		t.Errorf("without a file: %v, %v", peers, err)
	}
	if err := os.WriteFile(file, []byte(minimal), 0o600); err != nil {
		t.Fatal(err)
	}
	peers, err := Load(file)
	if err != nil || len(peers) != 1 {
		t.Fatal(peers, err)
	}
	p := peers[0]
	if p.Every != time.Minute || p.Compare != 168*time.Hour || p.MaxObjects != 1_000_000 || p.Pull[0].TLP != "amber" || p.Pull[0].PageSize != 1000 {
		t.Errorf("defaults: %+v", p)
	}
	if root, col, ok := p.Pull[0].local(); root != "x" || col != "y" || !ok {
		t.Errorf("local: %q %q", root, col)
	}
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	for change, want := range map[string]string{
		"":                                   "",
		"name: ally → name: a/b":             "letters",
		"https://node.example → ftp://x":     "https",
		"https://node.example → http://node": "not https",
		"https://node.example → https://u:p@n/":                      "user",
		"account: ally → every: 1m":                                  "account is missing",
		"account: ally → account: a\n    user: u":                    "go together",
		"account: ally → account: a\n    user: u\n    token_file: t": "one of them",
		"account: ally → account: a\n    cert: c":                    "go together",
		"account: ally → account: a\n    pin: c":                     "64 digits",
		"account: ally → account: a\n    every: 1ms":                 "at least 1s",
		"account: ally → account: a\n    max_objects: -1":            "at least 1",
		"account: ally → account: a\n    colour: red":                "colour",
		"pull: [{local: x/y, remote: z}] → pull: []":                 "nothing crosses",
		"x/y → x":                              "local",
		"remote: z → remote: ''":               "remote",
		"remote: z → remote: z, tlp: purple":   "purple",
		"remote: z → remote: z, label: purple": "purple",
		"remote: z → remote: z, overlap: -1s":  "overlap",
		"remote: z → remote: z, page_size: -1": "page_size",
		"{local: x/y, remote: z} → {local: x/y, remote: z}, {local: /x/y/, remote: z}": "two rules",
		"pull → push": "",
		"pull: [{local: x/y, remote: z}] → push: [{local: x/y, remote: z, label: red}]": "for pulls",
		"peers: → peer:":    "peer",
		"peers: → - peers:": "",
	} {
		text := minimal
		if old, fresh, ok := strings.Cut(change, " → "); ok {
			text = strings.Replace(minimal, old, fresh, 1)
		}
		_, err := parse([]byte(text))
		if change == "peers: → - peers:" {
			if err == nil {
				t.Error("a list is taken for a document")
			}
			continue
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", change, err, want)
		}
	}
	if _, err := parse([]byte(minimal + strings.TrimPrefix(minimal, "peers:\n"))); err == nil || !strings.Contains(err.Error(), "two peers") {
		t.Errorf("two peers of one name: %v", err)
	}
}

// FuzzConfig: what is taken can be finished again without change, and nothing panics.
func FuzzConfig(f *testing.F) {
	seeds := []string{minimal, "", "peers: []", "peers: [{}]", "[]", "peers: [{name: a, every: 5d}]", "a: &a [*a]"}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		peers, err := parse(b)
		if err != nil {
			return
		}
		for _, p := range peers {
			if err := p.finish(); err != nil {
				t.Errorf("taken once and then no more: %v", err)
			}
		}
	})
}
