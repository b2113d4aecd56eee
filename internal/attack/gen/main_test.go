package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"entente/internal/attack"
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	const bundle = `{"objects":[{"type":"attack-pattern","id":"a","name":"Sample","x_mitre_domains":["mobile-attack"],` +
		`"external_references":[{"source_name":"mitre-attack","external_id":"T9001"}]}]}`
	if err := os.WriteFile(filepath.Join(dir, "mobile-attack.json"), []byte(bundle), 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "facts.bin.gz")
	if err := run([]string{"-o", out, "-version", "1.2", dir}, io.Discard); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	f, err := attack.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if o, ok := f.Technique("T9001"); !ok || o.Name != "Sample" || f.Version != "1.2" {
		t.Errorf("version %q, %+v", f.Version, o)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "give the folder"},
		{[]string{""}, "give the folder"},
		{[]string{"-o", out, dir}, "give -version"},
		{[]string{t.TempDir()}, "no ATT&CK bundle"},
		{[]string{"-nonsense"}, "parse flags"},
	} {
		if err := run(c.args, io.Discard); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("run(%q): %v, want %q", c.args, err, c.want)
		}
	}
}
