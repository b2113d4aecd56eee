package cli

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"entente/internal/sign"
)

// The case of 2021 is built by the script of verbs that the example has, and eight members speak on it.
func TestExampleCase2021(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no shell to run the scripts of the example")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	scripts, err := filepath.Abs(filepath.Join("..", "..", "examples", "2021-07-19"))
	if err != nil {
		t.Fatal(err)
	}
	play := filepath.Join(dir, "play")
	for _, d := range []string{"bin", "play"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(exe, filepath.Join(dir, "bin", "entente")); err != nil { // the test binary is the program under this name
		t.Skipf("no program can be put in the path here: %v", err)
	}
	for _, m := range []string{"au", "ca", "eu", "jp", "nato", "nz", "uk", "us"} { // keys that are opened faster than those that the verb makes
		id, err := sign.NewIdentity(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if err := (sign.IdentityFile{Path: filepath.Join(play, m+".key"), Work: 10}).Create(id, storyPassphrase); err != nil {
			t.Fatal(err)
		}
	}
	run := func(name string, args ...string) string {
		c := exec.CommandContext(t.Context(), name, args...)
		c.Dir = dir
		c.Env = append(os.Environ(), "PATH="+filepath.Join(dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"), "ENTENTE_PASSPHRASE="+storyPassphrase)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	says := func(out string, all ...string) {
		t.Helper()
		for _, want := range all {
			if !strings.Contains(out, want) {
				t.Errorf("it does not say %q:\n%s", want, out)
			}
		}
	}
	run("entente", "init", "node")
	says(run("sh", filepath.Join(scripts, "case.sh"), "node", "draft"),
		"Who broke into Microsoft Exchange servers", "United States", "high (ICD 203)", "without it", "nobody has given a likelihood on a scale")
	says(run("sh", filepath.Join(scripts, "speak.sh"), "draft", "play"),
		"on the positions of 6 members; it takes 5 of 8", "8 of 8 files are what was released", "backed,jp,Japan,relay", "mss,ca,Canada,assess,,own-words: confident",
		"nato  NATO            acknowledge  all", "nothing is wrong, and not everything could be checked")
	if b, err := os.ReadFile(filepath.Join(play, "release", "assessment.en.md")); err != nil || !strings.Contains(string(b), "## Alternatives") {
		t.Errorf("%v\n%s", err, b)
	}
}
