package follow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func replayed(t *testing.T, path string) (values []string, j *Journal, err error) {
	t.Helper()
	j, err = OpenJournal(path, func(v json.RawMessage) error {
		values = append(values, string(v))
		return nil
	})
	return values, j, err
}

func TestJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	values, j, err := replayed(t, path)
	if err != nil || len(values) != 0 {
		t.Fatal(values, err)
	}
	if err := j.Append("too early", true); err == nil {
		t.Error("appended before the first Rewrite")
	}
	if !j.Full() {
		t.Error("a journal that was only opened needs no rewriting")
	}
	if err := j.Rewrite("base"); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := j.Append(i, i == 1); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := replayed(t, path); !errors.Is(err, errLocked) {
		t.Errorf("a second process got in: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	values, j, err = replayed(t, path)
	if want := []string{`"base"`, "0", "1", "2"}; err != nil || !slices.Equal(values, want) {
		t.Fatalf("got %q, %v", values, err)
	}
	if err := j.Rewrite("new"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(j.Append("more", false), j.Close()); err != nil {
		t.Fatal(err)
	}
	if values, j, err = replayed(t, path); err != nil || !slices.Equal(values, []string{`"new"`, `"more"`}) {
		t.Fatalf("got %q, %v", values, err)
	}
	_ = j.Close()
	list, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(list) != 2 {
		t.Errorf("left behind: %v, %v", list, err)
	}
}

// TestJournalCutAnywhere ends the file at every byte: what was whole is there, and nothing else.
func TestJournalCutAnywhere(t *testing.T) {
	var whole []byte
	var ends []int
	for i := range 4 {
		var err error
		if whole, err = appendLine(whole, strings.Repeat("x", 10*i)); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, len(whole))
	}
	for cut := range len(whole) + 1 {
		n := 0
		err := readJournal(bytes.NewReader(whole[:cut]), func(json.RawMessage) error { n++; return nil })
		want := 0
		for _, e := range ends {
			if e <= cut {
				want++
			}
		}
		// The first line is there from the beginning: without it this is no journal that a crash has left.
		if (err != nil) != (want == 0) || n != want {
			t.Fatalf("cut at %d: %d values, want %d, %v", cut, n, want, err)
		}
	}
}

func TestJournalDamaged(t *testing.T) {
	var text []byte
	for i := range 3 {
		var err error
		if text, err = appendLine(text, i); err != nil {
			t.Fatal(err)
		}
	}
	first := bytes.IndexByte(text, '\n')
	for name, at := range map[string]int{"the value": first - 1, "the checksum": 2, "the blank": 8} {
		bad := bytes.Clone(text)
		bad[at] ^= 1
		err := readJournal(bytes.NewReader(bad), func(json.RawMessage) error { return nil })
		if err == nil || !strings.Contains(err.Error(), "line 1 is damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct{ text, want string }{
		"nothing": {"", "empty"}, "garbage": {"garbage", "line 1 is damaged"}, "a line of garbage": {"garbage\n", "line 1 is damaged"},
		"zeros": {strings.Repeat("\x00", 4096), "line 1 is damaged"}, "one line, damaged": {"0" + string(text[1:first+1]), "line 1 is damaged"},
	} {
		err := readJournal(strings.NewReader(c.text), func(json.RawMessage) error { return nil })
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "hint: remove the file") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The last line may have been written in part, with whatever behind it.
	bad := bytes.Clone(text)
	bad[len(bad)-2] ^= 1
	n := 0
	if err := readJournal(bytes.NewReader(bad), func(json.RawMessage) error { n++; return nil }); err != nil || n != 2 {
		t.Errorf("%d values, %v", n, err)
	}
}

func TestJournalFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	_, j, err := replayed(t, path)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := j.Rewrite("small"); err != nil {
		t.Fatal(err)
	}
	for i := 0; !j.Full(); i++ {
		if i > 2000 {
			t.Fatal("never full")
		}
		if err := j.Append(strings.Repeat("x", 1000), false); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Rewrite(strings.Repeat("y", 3<<20)); err != nil || j.Full() {
		t.Errorf("full right after being written anew, %v", err)
	}
}

func FuzzJournal(f *testing.F) {
	line, err := appendLine(nil, map[string]any{"a": 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add(append(bytes.Clone(line), line[:7]...))
	f.Add([]byte("00000000 {}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var values []json.RawMessage
		if readJournal(bytes.NewReader(text), func(v json.RawMessage) error { values = append(values, bytes.Clone(v)); return nil }) != nil {
			return
		}
		// What was read back are the lines as they stand.
		at := 0
		for _, v := range values {
			want := fmt.Sprintf("%s\n", v)
			if i := bytes.Index(text[at:], []byte(want)); i < 0 {
				t.Fatalf("%q is not in %q", want, text)
			} else {
				at += i
			}
		}
	})
}
