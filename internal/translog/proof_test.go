package translog

import (
	"errors"
	"strings"
	"testing"
)

func TestProof(t *testing.T) {
	l, _ := newTestLog(t, 300)
	for _, index := range []int64{0, 1, 255, 256, 299} {
		p, err := l.Prove(index, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, extra := range []string{"", "anything"} {
			p.Extra = []byte(extra)
			got, err := ParseProof(p.Text())
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Text()) != string(p.Text()) || string(got.Extra) != extra {
				t.Errorf("printed again: %s", got.Text())
			}
			if err := got.Verify(digest("entry", int(index)), testKeys); err != nil {
				t.Error(err)
			}
			if err := got.Verify(digest("entry", int(index)+1), testKeys); !errors.Is(err, ErrProof) {
				t.Errorf("another entry: %v", err)
			}
			if err := got.Verify(digest("entry", int(index)), LogKeys{testOrigin, nil}); !errors.Is(err, ErrSignature) {
				t.Errorf("no key: %v", err)
			}
		}
	}
	for _, index := range []int64{-1, 300} {
		if _, err := l.Prove(index, nil); err == nil {
			t.Errorf("entry %d is proven", index)
		}
	}
}

func TestParseWrongProofs(t *testing.T) {
	l, _ := newTestLog(t, 5)
	p, err := l.Prove(2, nil)
	if err != nil {
		t.Fatal(err)
	}
	good := string(p.Text())
	note := good[strings.Index(good, "\n\n")+2:]
	hash := p.Hashes[0].String() + "\n"
	for name, bad := range map[string]string{
		"nothing":              "",
		"another version":      strings.Replace(good, "@v1", "@v2", 1),
		"no first line":        strings.SplitAfterN(good, "\n", 2)[1],
		"carriage returns":     strings.ReplaceAll(good, "\n", "\r\n"),
		"no index":             proofHead + hash + "\n" + note,
		"leading zero":         strings.Replace(good, "index 2", "index 02", 1),
		"negative index":       strings.Replace(good, "index 2", "index -2", 1),
		"large index":          strings.Replace(good, "index 2", "index 1152921504606846977", 1),
		"two indexes":          strings.Replace(good, "index 2\n", "index 2\nindex 2\n", 1),
		"extra after index":    strings.Replace(good, "index 2\n", "index 2\nextra AAAA\n", 1),
		"two extras":           strings.Replace(good, "index", "extra AAAA\nextra AAAA\nindex", 1),
		"empty extra":          strings.Replace(good, "index", "extra \nindex", 1),
		"extra is not base64":  strings.Replace(good, "index", "extra ?\nindex", 1),
		"large extra":          strings.Replace(good, "index", "extra "+strings.Repeat("AAAA", maxExtra)+"\nindex", 1),
		"short hash":           strings.Replace(good, hash, hash[4:], 1),
		"empty line in hashes": strings.Replace(good, hash, "\n"+hash, 1),
		"64 hashes":            strings.Replace(good, hash, strings.Repeat(hash, 62), 1),
		"no checkpoint":        strings.TrimSuffix(good, note),
		"no empty line":        strings.Replace(good, "\n\n", "\n", 1),
		"cut off":              good[:len(good)-1],
	} {
		if _, err := ParseProof([]byte(bad)); err == nil {
			t.Errorf("%s: is read", name)
		}
	}
	if _, err := ParseProof([]byte(strings.Replace(good, hash, strings.Repeat(hash, 61), 1))); err != nil {
		t.Errorf("63 hashes: %v", err)
	}
	for name, test := range map[string]struct{ bad, want string }{
		"a hash less":   {strings.Replace(good, hash, "", 1), "2 hashes; that of entry 2 in a tree of 5 has 3"},
		"a hash more":   {strings.Replace(good, hash, hash+hash, 1), "4 hashes; that of entry 2 in a tree of 5 has 3"},
		"another hash":  {strings.Replace(good, hash, Hash{1}.String()+"\n", 1), "entry 2 is not in the tree of 5"},
		"another index": {strings.Replace(good, "index 2", "index 3", 1), "entry 3 is not in the tree of 5"},
		"index beyond":  {strings.Replace(good, "index 2", "index 5", 1), "there is no entry 5 in a tree of 5"},
	} {
		p, err := ParseProof([]byte(test.bad))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		err = p.Verify(digest("entry", 2), testKeys)
		wantError(t, err, test.want)
		if !errors.Is(err, ErrProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
