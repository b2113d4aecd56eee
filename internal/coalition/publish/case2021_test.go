package publish

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"
	"testing/fstest"
	"time"

	"filippo.io/age"
	"go.yaml.in/yaml/v4"

	"entente/internal/coalition"
	"entente/internal/sign"
)

// The example of 19 July 2021: its files, a coalition of those who spoke, and what comes of it.
const example = "../../../examples/2021-07-19"

type (
	exampleDraft struct {
		Statement string            `yaml:"statement"`
		Revision  int64             `yaml:"revision"`
		Title     map[string]string `yaml:"title"`
		TLP       string            `yaml:"tlp"`
		Claims    []struct {
			ID   string            `yaml:"id"`
			Text map[string]string `yaml:"text"`
		} `yaml:"claims"`
	}
	examplePositions struct {
		Members   map[string]string `yaml:"members"`
		Proposer  string            `yaml:"proposer"`
		Proposed  time.Time         `yaml:"proposed"`
		Hour      time.Time         `yaml:"hour"`
		Positions []examplePosition `yaml:"positions"`
		Responses []struct {
			By      string            `yaml:"by"`
			Date    string            `yaml:"date"`
			Kind    string            `yaml:"kind"`
			Wording map[string]string `yaml:"wording"`
			Grade   string            `yaml:"grade"`
			Verify  bool              `yaml:"verify"`
		} `yaml:"responses"`
	}
	examplePosition struct {
		Member     string `yaml:"member"`
		Date       string `yaml:"date"`
		At         string `yaml:"at"`
		Stance     coalition.Stance
		Likelihood *struct{ Scale, Term string }
		Confidence *struct{ Scale, Level string }
		Wording    map[string]string
		Claims     []struct {
			ID, Grade, Note string
			Verify          bool
		}
		Note   string
		Verify bool
	}
)

func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(example, name))
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func wordingList(m map[string]string) []coalition.Wording {
	var out []coalition.Wording
	for language, text := range m {
		out = append(out, coalition.Wording{Language: language, Text: strings.TrimSpace(text)})
	}
	slices.SortFunc(out, func(a, b coalition.Wording) int { return strings.Compare(a.Language, b.Language) })
	return out
}

// allies are the members of the example in one folder: each signs with its own key.
type allies struct {
	folder *coalition.Folder
	actors map[string]*coalition.Actor
	clock  time.Time
}

func newAllies(t *testing.T, p *examplePositions) *allies {
	t.Helper()
	g := &allies{actors: map[string]*coalition.Actor{}, clock: p.Proposed}
	root, err := coalition.NewRoot("Allies of the example", zeros{})
	if err != nil {
		t.Fatal(err)
	}
	root.Issued, root.Expires = coalition.At(p.Proposed.AddDate(0, -1, 0)), coalition.At(p.Proposed.AddDate(1, 0, 0))
	root.Threshold = coalition.Quorums{Root: 1, Adopt: 5, Release: 3}
	ids := map[string]*sign.Identity{}
	for id, as := range p.Members {
		seed := sha256.Sum256([]byte(id))
		if ids[id], err = sign.NewIdentity(bytes.NewReader(append(seed[:], seed[:]...))); err != nil {
			t.Fatal(err)
		}
		card := ids[id].Card()
		root.Put(coalition.Member{
			ID: id, Name: as, Keys: []string{card.Key.String()}, Recipients: []string{card.Recipient},
			Roles: []coalition.Role{coalition.RoleAdopt, coalition.RolePropose, coalition.RoleRelease, coalition.RoleRoot},
		})
	}
	file, err := coalition.SignRoot(root, ids[p.Proposer])
	if err != nil {
		t.Fatal(err)
	}
	if g.folder, err = coalition.CreateFolder(filepath.Join(t.TempDir(), "coalition"), file, ""); err != nil {
		t.Fatal(err)
	}
	for id, key := range ids {
		g.actors[id] = &coalition.Actor{
			Folder: g.folder, Signer: key, Identities: []age.Identity{key}, Random: zeros{},
			Now: func() time.Time { g.clock = g.clock.Add(time.Second); return g.clock.Add(-time.Second) },
		}
	}
	return g
}

// zeros are random bytes for tests.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func (g *allies) state(t *testing.T) *coalition.Revision {
	t.Helper()
	for _, r := range g.folder.Book().State() {
		return r
	}
	t.Fatal("nothing is proposed")
	return nil
}

// must ends the test where a member could not sign.
func must(t *testing.T, _ *coalition.Signed, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// played plays the example up to its positions. more are files for everybody besides those of the example.
func played(t *testing.T, more map[string][]byte) (*allies, *examplePositions) {
	t.Helper()
	var d exampleDraft
	var p examplePositions
	readYAML(t, "statement.yml", &d)
	readYAML(t, "positions.yml", &p)
	m := &coalition.Manifest{Statement: d.Statement, Revision: d.Revision, Title: wordingList(d.Title), TLP: d.TLP}
	for _, c := range d.Claims {
		m.Claims = append(m.Claims, coalition.Claim{ID: c.ID, Text: wordingList(c.Text)})
	}
	text, err := os.ReadFile(filepath.Join(example, "public", "statement.md"))
	if err != nil {
		t.Fatal(err)
	}
	s := &Statement{Manifest: m}
	content := map[string][]byte{"statement.md": text}
	maps.Copy(content, more)
	withFiles(s, content)
	files := map[coalition.Digest][]byte{}
	for _, b := range content {
		files[coalition.DigestOf(b)] = b
	}
	if err := Check(m, files); err != nil {
		t.Fatal(err)
	}
	g := newAllies(t, &p)
	e, err := g.actors[p.Proposer].Propose(m, nil, files, coalition.At(p.Hour))
	must(t, e, err)
	slices.SortStableFunc(p.Positions, func(a, b examplePosition) int { return strings.Compare(a.when(p.Hour), b.when(p.Hour)) })
	for _, x := range p.Positions {
		if g.clock, err = time.Parse(time.RFC3339, x.when(p.Hour)); err != nil {
			t.Fatal(err)
		}
		position := &coalition.Position{Stance: x.Stance, Wording: wordingList(x.Wording)}
		for _, c := range x.Claims {
			position.Covers = append(position.Covers, c.ID)
		}
		slices.Sort(position.Covers)
		if x.Likelihood != nil {
			position.Likelihood = &coalition.Likelihood{Scale: x.Likelihood.Scale, Term: x.Likelihood.Term}
		}
		if x.Confidence != nil {
			position.Confidence = &coalition.Confidence{Scale: x.Confidence.Scale, Level: x.Confidence.Level}
		}
		e, err := g.actors[x.Member].Position(g.state(t), position)
		must(t, e, err)
	}
	return g, &p
}

// when is the time of a position: the hour of the embargo where only the day is known.
func (x *examplePosition) when(hour time.Time) string {
	if x.At != "" {
		return x.At
	}
	return x.Date + hour.UTC().Format("T15:04:05Z")
}

// releasedCase plays the example to its end, and returns the files of the release with the proof.
func releasedCase(t *testing.T, more map[string][]byte) map[string][]byte {
	t.Helper()
	g, p := played(t, more)
	us := g.actors[p.Proposer]
	e, err := us.Decide(g.state(t), true)
	must(t, e, err)
	s, err := Of(g.folder, g.state(t))
	if err != nil {
		t.Fatal(err)
	}
	files := released(t, s)
	e, err = us.Seal(g.state(t), files)
	must(t, e, err)
	for _, id := range []string{"ca", "uk", "us"} {
		e, err := g.actors[id].Vote(g.state(t), coalition.AskRelease, true, "")
		must(t, e, err)
		e, err = g.actors[id].Stage(g.state(t))
		must(t, e, err)
	}
	if given, err := g.folder.GiveDue(coalition.At(g.clock)); err != nil || len(given) != 3 {
		t.Fatalf("%d shares are given away: %v", len(given), err)
	}
	_, opened, err := g.folder.Open(g.state(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range files {
		if !bytes.Equal(opened[name], b) {
			t.Errorf("%s is not what was sealed", name)
		}
	}
	if opened[coalition.ProofFile], err = g.folder.Proof(g.state(t)); err != nil {
		t.Fatal(err)
	}
	return opened
}

// What is made for the seal is the same whatever the hour comes to be: it is not in it.
func TestFilesKnowNoHour(t *testing.T) {
	g, p := played(t, nil)
	us := g.actors[p.Proposer]
	e, err := us.Decide(g.state(t), true)
	must(t, e, err)
	made := func() map[string][]byte {
		s, err := Of(g.folder, g.state(t))
		if err != nil {
			t.Fatal(err)
		}
		return released(t, s)
	}
	before := made()
	later := coalition.At(p.Hour.Add(26 * time.Hour))
	asked, err := us.MoveHour(g.state(t), later)
	must(t, asked, err)
	for _, id := range []string{"au", "ca", "nz", "uk", "us"} {
		e, err := g.actors[id].AnswerHour(g.state(t), asked.ID, true)
		must(t, e, err)
	}
	if g.state(t).Hour != later {
		t.Fatal("the hour was not moved")
	}
	for name, b := range made() {
		if !bytes.Equal(b, before[name]) {
			t.Errorf("%s has the hour in it, and is wrong when the hour is moved after the seal", name)
		}
	}
}

var update = flag.Bool("update", false, "write the release of examples/2021-07-19 anew")

// The release that lies beside the example is what comes of it, and no file more.
func TestCase2021(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 1)
	files := releasedCase(t, nil)
	folder := filepath.Join(example, "release")
	if *update {
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		for name, b := range files {
			if err := writeExample(filepath.Join(folder, name), b); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if got, err := os.ReadFile(filepath.Join(folder, name)); err != nil || !bytes.Equal(got, files[name]) {
			t.Errorf("%s of the release is not what comes of the example: %v; go test ./internal/coalition/publish -run TestCase2021 -update writes it", name, err)
		}
	}
	if list, err := os.ReadDir(folder); err != nil || len(list) != len(files) {
		t.Errorf("the folder has %d files, and the release %d: %v", len(list), len(files), err)
	}
	objects(t, files["stix.json"])
	csaf(t, files["csaf.json"])
	fsys := fstest.MapFS{}
	for name, b := range files {
		fsys[name] = &fstest.MapFile{Data: b}
	}
	v, err := coalition.Verify(files[coalition.ProofFile], coalition.VerifyOptions{Now: 1626700000, Files: fsys})
	if err != nil || v.Outcome() == coalition.Failed || v.Phase != coalition.Released || len(v.Said) != 9 {
		t.Errorf("a stranger finds %+v: %v", v, err)
	}
	readme, err := os.ReadFile(filepath.Join(example, "README.md"))
	if err != nil || !strings.Contains(string(files["index.html"]), string(v.FirstRoot)) || !strings.Contains(string(readme), string(v.FirstRoot)) {
		t.Errorf("the page or the readme does not name the first root, %s: %v", v.FirstRoot, err)
	}
}

func writeExample(name string, b []byte) error {
	return errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, b, 0o644))
}

// Each of the claims has somebody who makes it, and each position who, when, in which words, and how well that is known.
func TestCase2021IsSourced(t *testing.T) {
	var d exampleDraft
	var p examplePositions
	readYAML(t, "statement.yml", &d)
	readYAML(t, "positions.yml", &p)
	text, err := os.ReadFile(filepath.Join(example, "public", "statement.md"))
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, x := range p.Positions {
		as := p.Members[x.Member]
		if as == "" || !strings.HasPrefix(x.Date, "2021-07-") || x.Wording["en"] == "" || len(x.Claims) == 0 {
			t.Errorf("%s: a position has a member, a date, a wording and claims", x.Member)
		}
		_, line, ok := strings.Cut(string(text), "- "+as+":")
		line, _, _ = strings.Cut(line, "\n- ")
		for _, c := range x.Claims {
			said[c.ID] = true
			if !strings.Contains("TPK", c.Grade) || len(c.Grade) != 1 {
				t.Errorf("%s %s: %q is no grade", x.Member, c.ID, c.Grade)
			}
			if c.Verify && !x.Verify {
				t.Errorf("%s: a claim has to be verified, and the position does not say so", x.Member)
			}
			if !ok || !strings.Contains(line, c.ID) {
				t.Errorf("the text does not say that %s made the claim %s", as, c.ID)
			}
		}
	}
	for _, c := range d.Claims {
		if !said[c.ID] {
			t.Errorf("nobody makes the claim %s", c.ID)
		}
	}
	for _, id := range []string{"au", "ca", "eu", "jp", "nato", "no", "nz", "uk", "us"} {
		if !slices.ContainsFunc(p.Positions, func(x examplePosition) bool { return x.Member == id }) {
			t.Errorf("%s has no position", id)
		}
	}
	if len(p.Responses) == 0 {
		t.Error("what was said against it is missing")
	}
	for _, r := range p.Responses {
		if r.By == "" || r.Date == "" || r.Kind == "" || r.Wording["en"] == "" || r.Grade == "" || !strings.Contains(string(text), r.By) {
			t.Errorf("the response of %q lacks something, or is not in the text", r.By)
		}
	}
}
