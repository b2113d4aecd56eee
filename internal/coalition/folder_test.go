package coalition

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestFolderRefresh(t *testing.T) {
	g := newAllies(t, "eu", "uk", "us")
	other, err := OpenFolder(g.folders["us"].Dir(), func(name string, err error) { t.Errorf("%s: %v", name, err) })
	if err != nil {
		t.Fatal(err)
	}
	if items, err := other.Refresh(); err != nil || len(items) != 0 {
		t.Fatalf("nothing is new, and %d files are: %v", len(items), err)
	}
	g.proposed(0)
	items, err := other.Refresh()
	if err != nil {
		t.Fatal(err)
	}
	got := map[ItemKind]int{}
	for _, it := range items {
		got[it.Kind]++
	}
	if got[ItemEvent] != 1 || got[ItemProof] != 1 || got[ItemBlob] != 4 {
		t.Errorf("new are %v, want an event, its proof, and the manifest, the annex and two files", got)
	}
	if a, b := dump(t, other.Book().State()), dump(t, g.folders["us"].Book().State()); a != b {
		t.Errorf("the other process sees\n%s\nnot\n%s", a, b)
	}
	// A line that is not whole waits; one that leads elsewhere is passed over.
	j, err := os.OpenFile(filepath.Join(other.Dir(), "journal"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	if _, err := j.WriteString("../../etc/passwd\nevents/none.json\nroots/000"); err != nil {
		t.Fatal(err)
	}
	if items, err := other.Refresh(); err != nil || len(items) != 0 {
		t.Errorf("%d files, %v", len(items), err)
	}
	if _, err := j.WriteString("01.json\n"); err != nil {
		t.Fatal(err)
	}
	if items, err := other.Refresh(); err != nil || len(items) != 1 || items[0].Kind != ItemRoot {
		t.Errorf("%d files, %v; want the root", len(items), err)
	}
}

func TestFolderOfDamagedFiles(t *testing.T) {
	g := newAllies(t, "eu", "uk", "us")
	g.proposed(0)
	dir := g.folders["us"].Dir()
	for _, sub := range []string{eventsDir, proofsDir} {
		if err := os.WriteFile(filepath.Join(dir, sub, "bad.json"), []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	warned := 0
	f, err := OpenFolder(dir, func(string, error) { warned++ })
	if err != nil || warned != 2 {
		t.Fatalf("%d warnings, %v; want 2", warned, err)
	}
	if len(f.Book().State()) != 1 {
		t.Error("beside damaged files the others are lost")
	}
	if err := os.WriteFile(filepath.Join(dir, rootName(1)), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(dir, func(string, error) {}); err == nil {
		t.Error("a folder whose first root is damaged is opened")
	}
}

// What waits for a root or an event is put in its place when that comes, and is handed on from then on.
func TestFolderSettles(t *testing.T) {
	g := newAllies(t, "eu", "uk", "us")
	g.proposed(0)
	var event, proof Item
	if err := g.folders["us"].Items(func(it Item) error {
		switch it.Kind {
		case ItemEvent:
			event = it
		case ItemProof:
			proof = it
		default:
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	f, err := CreateFolder(dir, g.folders["us"].Book().Chain().Files()[0], "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Take(proof); !errors.Is(err, ErrWaits) {
		t.Fatalf("a proof before its event: %v", err)
	}
	other, err := OpenFolder(dir, func(name string, err error) { t.Errorf("%s: %v", name, err) })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Take(event); err != nil {
		t.Fatal(err)
	}
	refs, err := other.Refs()
	if err != nil || len(refs) != 3 || refs[2].Kind != ItemProof {
		t.Errorf("%v, %v; want root, event and proof", refs, err)
	}
	if refs, err := f.Refresh(); err != nil || len(refs) < 2 {
		t.Errorf("%v, %v", refs, err)
	}
	if _, ok := f.Book().Seen(DigestOf(event.Data)); !ok {
		t.Error("the proof that came first does not count")
	}
	if list, err := filepath.Glob(filepath.Join(dir, waitingDir, "*", "*")); err != nil || len(list) != 0 {
		t.Errorf("still waiting are %v, %v", list, err)
	}
}

// A folder whose making ended before the root was written is made anew.
func TestCreateFolderAgain(t *testing.T) {
	w := newWorld(t, Quorums{Root: 1, Adopt: 1, Release: 1}, "us")
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, rootsDir), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateFolder(dir, w.file, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := CreateFolder(dir, w.file, ""); err == nil {
		t.Error("a folder that is there is made anew")
	}
}

// An event and its proof that another process brings after this one has looked at the events are no damage.
func TestFolderOpenedMeanwhile(t *testing.T) {
	g := newAllies(t, "eu", "uk", "us")
	g.proposed(0)
	dir := t.TempDir()
	f, err := CreateFolder(dir, g.folders["us"].Book().Chain().Files()[0], "")
	if err != nil {
		t.Fatal(err)
	}
	other, err := OpenFolder(dir, func(name string, err error) { t.Errorf("%s: %v", name, err) })
	if err != nil {
		t.Fatal(err)
	}
	var proof []byte
	if err := g.folders["us"].Items(func(it Item) error {
		if it.Kind == ItemProof {
			proof = it.Data
		}
		if it.Kind == ItemEvent || it.Kind == ItemProof {
			_, err := other.Take(it)
			return err
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if isNew, err := f.takeProof(proof); err != nil || !isNew {
		t.Errorf("new %v, %v", isNew, err)
	}
}
