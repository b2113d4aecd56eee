package sign

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"filippo.io/age"
	"filippo.io/age/armor"
)

const testPassphrase = "a passphrase for tests"

// cheap is the work of tests.
const cheap = minWork

func mustSeal(tb testing.TB, id *Identity, passphrase string) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := seal(id, passphrase, cheap, &b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// armored encrypts anything with age.
func armored(tb testing.TB, plain []byte, to ...age.Recipient) string {
	tb.Helper()
	var b bytes.Buffer
	text := armor.NewWriter(&b)
	w, err := age.Encrypt(text, to...)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		tb.Fatal(err)
	}
	if err := errors.Join(w.Close(), text.Close()); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func scryptRecipient(tb testing.TB, work int) *age.ScryptRecipient {
	tb.Helper()
	to, err := age.NewScryptRecipient(testPassphrase)
	if err != nil {
		tb.Fatal(err)
	}
	to.SetWorkFactor(work)
	return to
}

// With the work factor that people get, once.
func TestSeal(t *testing.T) {
	id := testIdentity(t, 1)
	var b bytes.Buffer
	if err := Seal(id, testPassphrase, &b); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); !strings.HasPrefix(text, armor.Header+"\n") || !strings.HasSuffix(text, armor.Footer+"\n") {
		t.Errorf("it is not armored: %s", text)
	}
	back, err := OpenIdentity(&b, testPassphrase)
	if err != nil || back.Card() != id.Card() || !bytes.Equal(back.secret(), id.secret()) {
		t.Errorf("%v, %v", back, err)
	}
}

func TestSealRefuses(t *testing.T) {
	id := testIdentity(t, 1)
	for name, c := range map[string]struct {
		passphrase string
		work       int
	}{
		"empty":     {"", cheap},
		"short":     {strings.Repeat("a", minPassphrase-1), cheap},
		"long":      {strings.Repeat("a", maxPassphrase+1), cheap},
		"work none": {testPassphrase, 0},
		"work low":  {testPassphrase, minWork - 1},
		"work high": {testPassphrase, maxWork + 1},
	} {
		var b bytes.Buffer
		if err := seal(id, c.passphrase, c.work, &b); err == nil || b.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", name, err, b.Len())
		}
	}
	for _, room := range []int{0, 10, 100, 400} {
		if err := seal(id, testPassphrase, cheap, &small{room}); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("a disk with room for %d bytes: %v", room, err)
		}
	}
}

// small has room for so many bytes.
type small struct{ room int }

func (s *small) Write(b []byte) (int, error) {
	n := min(len(b), s.room)
	s.room -= n
	if n < len(b) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

func TestOpenIdentityRefuses(t *testing.T) {
	id := testIdentity(t, 1)
	good := string(mustSeal(t, id, testPassphrase))
	if back, err := OpenIdentity(strings.NewReader("\n"+strings.ReplaceAll(good, "\n", "\r\n")+"\n"), testPassphrase); err != nil || back.Card() != id.Card() {
		t.Errorf("after mail: %v, %v", back, err)
	}
	x, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(good, "\n")
	other := func(s string) string { // another character at its end
		if strings.HasSuffix(s, "A\n") {
			return s[:len(s)-2] + "B\n"
		}
		return s[:len(s)-2] + "A\n"
	}
	for name, c := range map[string]struct {
		file, passphrase string
		want             error
	}{
		"another passphrase":     {good, "another passphrase", ErrPassphrase},
		"a blank more":           {good, testPassphrase + " ", ErrPassphrase},
		"no passphrase":          {good, "", ErrPassphrase},
		"long passphrase":        {good, strings.Repeat("a", maxPassphrase+1), ErrPassphrase},
		"empty":                  {"", testPassphrase, errSealed},
		"text":                   {"hello\n", testPassphrase, errSealed},
		"cut off":                {strings.Join(lines[:4], ""), testPassphrase, errSealed},
		"cut off at its end":     {good[:len(good)-len(armor.Footer)-1], testPassphrase, errSealed},
		"more after it":          {good + "x", testPassphrase, errSealed},
		"changed at its end":     {strings.Join(lines[:len(lines)-3], "") + other(lines[len(lines)-3]) + lines[len(lines)-2], testPassphrase, errSealed},
		"too large":              {good + strings.Repeat("\n", maxSealed), testPassphrase, errSealed},
		"to a recipient":         {armored(t, id.secret(), x.Recipient()), testPassphrase, errSealed},
		"to ourselves":           {armored(t, id.secret(), id.age().Recipient()), testPassphrase, errSealed},
		"another kind of secret": {armored(t, []byte(`{"type":"x"}`), scryptRecipient(t, cheap)), testPassphrase, errIdentity},
		"nothing within":         {armored(t, nil, scryptRecipient(t, cheap)), testPassphrase, errIdentity},
		"much within":            {armored(t, make([]byte, 4<<10), scryptRecipient(t, cheap)), testPassphrase, errIdentity},
	} {
		back, err := openIdentity(strings.NewReader(c.file), c.passphrase, cheap)
		if back != nil || !errors.Is(err, c.want) || errors.Is(err, ErrPassphrase) != errors.Is(c.want, ErrPassphrase) {
			t.Errorf("%s: %v, %v; want %v", name, back, err, c.want)
		}
	}
	if _, err := openIdentity(strings.NewReader(good+strings.Repeat("\n", maxSealed)), testPassphrase, cheap); err == nil || !strings.Contains(err.Error(), "more than 8192 bytes") {
		t.Errorf("too large: %v", err)
	}
	if _, err := OpenIdentity(iotest.ErrReader(io.ErrClosedPipe), testPassphrase); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the error is %v", err)
	}
}

// A file that asks for much memory does not get it: whatever else is wrong with it, it is refused for that.
func TestWorkIsBounded(t *testing.T) {
	if back, err := openIdentity(strings.NewReader(armored(t, testIdentity(t, 1).secret(), scryptRecipient(t, cheap+1))), testPassphrase, cheap); back != nil || !errors.Is(err, errSealed) || !strings.Contains(err.Error(), "work factor") {
		t.Errorf("%v, %v", back, err)
	}
	for _, work := range []string{"21", "30", "62", "63", "64", "99999999999999999999", "-1", "0", "018"} {
		header := "age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA " + work + "\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n0123456789abcdef0123456789abcdef"
		var b bytes.Buffer
		w := armor.NewWriter(&b)
		_, err := io.WriteString(w, header)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		if back, err := OpenIdentity(&b, testPassphrase); back != nil || !errors.Is(err, errSealed) || !strings.Contains(err.Error(), "work factor") {
			t.Errorf("work factor %s: %v, %v", work, back, err)
		}
	}
}

func TestIdentityFile(t *testing.T) {
	dir := t.TempDir()
	f := IdentityFile{Path: filepath.Join(dir, "member.identity"), Work: cheap}
	id := testIdentity(t, 1)
	if _, err := f.Open(testPassphrase); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := f.Create(id, "short"); err == nil {
		t.Error("a short passphrase was taken")
	}
	if err := f.Create(id, testPassphrase); err != nil {
		t.Fatal(err)
	}
	before := onlyFile(t, f.Path)
	if err := f.Create(testIdentity(t, 2), testPassphrase); !errors.Is(err, os.ErrExist) {
		t.Errorf("a second identity in its place: %v", err)
	}
	if back, err := f.Open(testPassphrase); err != nil || back.Card() != id.Card() {
		t.Errorf("%v, %v", back, err)
	}
	if _, err := f.Open("another passphrase"); !errors.Is(err, ErrPassphrase) || !strings.Contains(err.Error(), f.Path) {
		t.Errorf("another passphrase: %v", err)
	}

	const changed = "another passphrase"
	for name, err := range map[string]error{
		"wrong passphrase":     f.ChangePassphrase("a wrong passphrase", changed),
		"short new passphrase": f.ChangePassphrase(testPassphrase, "short"),
		"work out of bounds":   IdentityFile{f.Path, 99}.ChangePassphrase(testPassphrase, changed),
	} {
		if err == nil || !bytes.Equal(onlyFile(t, f.Path), before) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := f.ChangePassphrase(testPassphrase, changed); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(onlyFile(t, f.Path), before) {
		t.Error("nothing has changed")
	}
	if _, err := f.Open(testPassphrase); !errors.Is(err, ErrPassphrase) {
		t.Errorf("the old passphrase: %v", err)
	}
	if back, err := f.Open(changed); err != nil || !bytes.Equal(back.secret(), id.secret()) {
		t.Errorf("the new passphrase: %v, %v", back, err)
	}
}

// onlyFile reads a file that is alone in its folder, and its owner's alone.
func onlyFile(t *testing.T, path string) []byte {
	t.Helper()
	list, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(list) != 1 {
		t.Errorf("the folder has %v, %v", list, err)
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("the file is %v, %v", info, err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func FuzzOpenIdentity(f *testing.F) {
	id := testIdentity(f, 1)
	f.Add(mustSeal(f, id, testPassphrase))
	f.Add([]byte(armored(f, []byte("{}"), scryptRecipient(f, cheap))))
	f.Add([]byte(armored(f, nil, id.age().Recipient())))
	f.Add([]byte(armor.Header + "\n" + armor.Footer + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		back, err := openIdentity(bytes.NewReader(b), testPassphrase, cheap)
		if err != nil {
			return
		}
		if back.Card() != id.Card() { // nobody else has sealed anything with the passphrase
			t.Fatalf("another identity: %v", back.Card())
		}
	})
}
