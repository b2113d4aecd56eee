package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// second runs a program of e2e, which needs Python and one package, and gives its output and exit code.
func second(t *testing.T, program string, args ...string) (out string, code int) {
	t.Helper()
	for _, py := range []string{os.Getenv("ENTENTE_TEST_PYTHON"), "python3", "/usr/bin/python3"} {
		if py == "" || exec.CommandContext(t.Context(), py, "-c", "import sys, cryptography; assert sys.version_info >= (3, 9)").Run() != nil {
			continue
		}
		c := exec.CommandContext(t.Context(), py, append([]string{"-B", filepath.Join("..", "..", "e2e", program)}, args...)...)
		b, err := c.CombinedOutput()
		if c.ProcessState == nil {
			t.Fatal(err)
		}
		return string(b), c.ProcessState.ExitCode()
	}
	t.Skip("there is no python3 with the package cryptography (Debian: python3-cryptography)")
	return "", 0
}

// secondVerifier runs e2e/verify.py over a release, and demands that it ends with the same exit code as entente verify.
func secondVerifier(t *testing.T, dir, root string, want int) {
	t.Helper()
	t.Run("second verifier", func(t *testing.T) {
		if out, got := second(t, "verify.py", dir, "--root", root); got != want {
			t.Errorf("exit code %d, want %d\n%s", got, want, out)
		}
	})
}

// TestSecondReader runs e2e/packets.py over the vectors of objects that carry packets.
func TestSecondReader(t *testing.T) {
	folder := filepath.Join("..", "..", "docs", "formats", "vectors")
	read := func(name string, v any) []byte {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil && v != nil {
			err = json.Unmarshal(b, v)
		}
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	type named struct {
		Why    string          `json:"why"`
		Object json.RawMessage `json:"object"`
	}
	var v struct {
		Coalition string `json:"coalition"`
		Items     []struct{ Kind, Digest, Text string }
		Refused   []named
		Foreign   []named
	}
	read("carrier/vectors.json", &v)
	var identity struct{ Age string }
	read("sign/identity.json", &identity)
	dir := t.TempDir()
	write := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	key := write("node.age", "# a key\n"+identity.Age+"\n")
	sum := sha256.Sum256(read("carrier/packet.age", nil))
	packet := "sha256:" + hex.EncodeToString(sum[:])
	at := func(name string) string { return filepath.Join(folder, "carrier", name) }

	type line struct {
		Object, Packet, Outcome, Why string
		Items                        []struct{ Kind, Digest, Data string }
	}
	run := func(want int, args ...string) (lines []line) {
		t.Helper()
		out, code := second(t, "packets.py", append([]string{"--coalition", v.Coalition}, args...)...)
		if code != want {
			t.Errorf("%v: exit code %d, want %d: %s", args, code, want, out)
		}
		for d := json.NewDecoder(strings.NewReader(out)); d.More(); {
			var l line
			if err := d.Decode(&l); err != nil {
				t.Fatalf("%v: %s", args, out)
			}
			lines = append(lines, l)
		}
		return lines
	}
	opened := func(lines []line) {
		t.Helper()
		last := lines[len(lines)-1]
		if last.Outcome != "opened" || last.Packet != packet || len(last.Items) != len(v.Items) || len(v.Items) == 0 {
			t.Fatalf("%+v", lines)
		}
		for i, want := range v.Items {
			data, err := base64.StdEncoding.DecodeString(last.Items[i].Data)
			if got := last.Items[i]; err != nil || got.Kind != want.Kind || got.Digest != want.Digest || string(data) != want.Text {
				t.Errorf("item %d: %+v, want %+v", i, got, want)
			}
		}
	}
	opened(run(0, "--identity", key, at("packet.json"), at("extension-definition.json")))
	opened(run(0, "--identity", key, at("part-3.json"), at("part-1.json"), at("part-3.json"), at("part-2.json")))
	if lines := run(4, "--identity", key, at("part-3.json"), at("part-1.json")); len(lines) != 2 {
		t.Errorf("two of three parts: %+v", lines)
	}
	if lines := run(4, at("packet.json")); lines[1].Outcome != "encrypted to others" {
		t.Errorf("without a key: %+v", lines)
	}
	if out, code := second(t, "packets.py", "--coalition", v.Coalition, "--identity", write("no.age", "nothing\n"), at("packet.json")); code != 1 {
		t.Errorf("a file without keys: exit code %d: %s", code, out)
	}

	// The last byte of the head, of the wrapped key, and of the text: whatever is changed, it is not opened.
	good := read("carrier/packet.age", nil)
	head := bytes.Index(good, []byte("\n--- "))
	for _, i := range []int{head - 1, head + 6, len(good) - 1} {
		bad := bytes.Clone(good)
		bad[i] ^= 2
		text := base64.StdEncoding.EncodeToString(bad)
		sum := sha256.Sum256(bad)
		object := fmt.Sprintf(`{"type":"entente-packet","coalition":%q,"root_version":1,"hashes":{"SHA-256":%q},"payload_bin":%q}`, v.Coalition, hex.EncodeToString(sum[:]), text)
		out, code := second(t, "packets.py", "--coalition", v.Coalition, "--identity", key, write("bad.json", object))
		if code == 0 || strings.Contains(out, `"opened"`) {
			t.Errorf("byte %d is another: exit code %d: %s", i, code, out)
		}
	}

	var refused, foreign []string
	for i, c := range v.Refused {
		refused = append(refused, write(fmt.Sprintf("refused-%d.json", i), string(c.Object)))
	}
	for i, c := range v.Foreign {
		foreign = append(foreign, write(fmt.Sprintf("foreign-%d.json", i), string(c.Object)))
	}
	for i, l := range run(1, refused...) {
		if l.Outcome != "refused" || l.Why == "" {
			t.Errorf("%s: %+v", v.Refused[i].Why, l)
		}
	}
	for i, l := range run(0, foreign...) {
		if l.Outcome != "foreign" {
			t.Errorf("%s: %+v", v.Foreign[i].Why, l)
		}
	}
	if len(refused) < 10 || len(foreign) < 2 {
		t.Errorf("only %d and %d vectors", len(refused), len(foreign))
	}
}
