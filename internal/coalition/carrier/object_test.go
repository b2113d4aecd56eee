package carrier

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"entente/internal/coalition"
	"entente/internal/sign"
	"entente/internal/stix"
)

// Objects are good STIX 2.1, and what they carry comes back.
func TestObjects(t *testing.T) {
	const id = "0f0e0d0c-0b0a-4908-8706-050403020100"
	packet := []byte("age-encryption.org/v1\n")
	ids, raws, err := Wrap(packet, id, 3, "identity--00000000-0000-4000-8000-000000000000", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(raws, Definition()) {
		wantSTIX(t, text)
	}
	o, err := Unwrap(raws[0], id)
	if err != nil || len(raws) != 1 || o.ID != ids[0] || o.Root != 3 || o.Parts != nil || !bytes.Equal(o.Payload, packet) {
		t.Errorf("%d objects, %+v, %v", len(raws), o, err)
	}
	if !bytes.Equal(Definition(), Definition()) {
		t.Error("the definition is not the same each time")
	}
}

func wantSTIX(t *testing.T, raw []byte) {
	t.Helper()
	o, err := stix.Parse(raw, stix.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range stix.Check(o) {
		if f.Severity == stix.Error {
			t.Errorf("%s: %s: %s", o.ID, f.Pointer, f.Message)
		}
	}
}

func FuzzUnwrap(f *testing.F) {
	const id = "0f0e0d0c-0b0a-4908-8706-050403020100"
	_, raws, err := wrap([]byte("xy"), id, 1, "", time.Unix(0, 0), 1, randomUUID)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raws[0])
	f.Add(Definition())
	f.Add([]byte(`{"type":"entente-packet","id":"entente-packet--0f0e0d0c-0b0a-4908-8706-050403020100","coalition":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := Unwrap(b, id)
		if err == nil && (o.Root < 1 || !bytes.Contains(b, []byte(id)) || len(o.Payload) > len(b) || len(o.Parts) == 1 || len(o.Parts) > mostParts) {
			t.Errorf("%+v", o)
		}
	})
}

func TestOpenKeys(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		t.Helper()
		if text == "" {
			return filepath.Join(dir, name)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name)
	}
	id, err := sign.NewIdentity(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := (sign.IdentityFile{Path: filepath.Join(dir, "me.key"), Work: 10}).Create(id, "a-long-passphrase"); err != nil {
		t.Fatal(err)
	}
	keys := string(id.AgeKeys())
	for _, c := range []struct {
		what       string
		file, pass string
		ids        int
		signs, ok  bool
	}{
		{"keys of age", write("node.age", keys, 0o600), "", 1, false, true},
		{"two of them", write("two.age", keys+keys, 0o600), "", 2, false, true},
		{"an identity", write("me.key", "", 0), write("pass", "a-long-passphrase\r\n", 0o600), 1, true, true},
		{"an identity without a passphrase", write("me.key", "", 0), "", 0, false, false},
		{"a wrong passphrase", write("me.key", "", 0), write("wrong", "another-passphrase\n", 0o600), 0, false, false},
		{"keys with a passphrase", write("node.age", keys, 0o600), write("pass", "", 0), 0, false, false},
		{"no keys", write("none", "hello\n", 0o600), "", 0, false, false},
		{"a file that is not there", filepath.Join(dir, "nothing"), "", 0, false, false},
		{"a folder", dir, "", 0, false, false},
		{"keys that others can read", write("open.age", keys, 0o644), "", 1, false, runtime.GOOS == "windows"},
	} {
		ids, s, err := OpenKeys(c.file, c.pass)
		if (err == nil) != c.ok || c.ok && (len(ids) != c.ids || (s != nil) != c.signs) {
			t.Errorf("%s: %d keys, signer %v, %v", c.what, len(ids), s != nil, err)
		}
		if err != nil && (bytes.Contains([]byte(err.Error()), []byte("AGE-SECRET")) || bytes.Contains([]byte(err.Error()), []byte("passphrase\r"))) {
			t.Errorf("%s: a secret is in the error: %v", c.what, err)
		}
	}
}

// What the memory was told outlives it, also where the end of its last line is missing.
func TestMemory(t *testing.T) {
	dir := t.TempDir()
	m, err := openMemory(dir, "node a")
	if err != nil {
		t.Fatal(err)
	}
	a, b, c := coalition.DigestOf([]byte("a")), coalition.DigestOf([]byte("b")), coalition.DigestOf([]byte("c"))
	for _, x := range []struct {
		d coalition.Digest
		c carried
	}{{a, carried{1, true}}, {b, carried{1, false}}, {a, carried{2, false}}, {b, carried{1, true}}} {
		if err := m.note(x.d, x.c); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.keep("here"); err != nil {
		t.Fatal(err)
	}
	if err := m.note(c, carried{1, true}); err != nil {
		t.Fatal(err)
	}
	if err := m.close(); err != nil {
		t.Fatal(err)
	}
	known := filepath.Join(m.dir, "known")
	text, err := os.ReadFile(known)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(known, text[:len(text)-10], 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err = openMemory(dir, "node a"); err != nil {
		t.Fatal(err)
	}
	if err := m.note(c, carried{3, false}); err != nil {
		t.Fatal(err)
	}
	if err := m.close(); err != nil {
		t.Fatal(err)
	}
	if m, err = openMemory(dir, "node a"); err != nil {
		t.Fatal(err)
	}
	defer m.close()
	for d, want := range map[coalition.Digest]carried{a: {2, true}, b: {1, false}, c: {3, false}} {
		if got, ok := m.of(d); !ok || got != want {
			t.Errorf("%s: %+v, %v; want %+v", d, got, ok, want)
		}
	}
	if m.place != "here" {
		t.Errorf("the place is %q", m.place)
	}
	other, err := openMemory(dir, "node b")
	if err != nil {
		t.Fatal(err)
	}
	defer other.close()
	if len(other.known) != 0 || other.place != "" {
		t.Error("two collections share a memory")
	}
}
