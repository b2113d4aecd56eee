package translog

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestParseCheckpoint(t *testing.T) {
	good := map[string]Checkpoint{
		exampleText:                      {Origin: "example.com/behind-the-sofa", Size: 20852163},
		exampleText + "more\nand more\n": {Origin: "example.com/behind-the-sofa", Size: 20852163, Extensions: []string{"more", "and more"}},
		"an origin of any kind +\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n": {Origin: "an origin of any kind +", Root: EmptyRoot},
		"o\n1152921504606846976\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n":     {Origin: "o", Size: MaxSize},
	}
	for text, want := range good {
		got, err := ParseCheckpoint([]byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got.Origin != want.Origin || got.Size != want.Size || !slices.Equal(got.Extensions, want.Extensions) {
			t.Errorf("%q: %+v", text, got)
		}
		if string(got.Text()) != text {
			t.Errorf("%q is printed as %q", text, got.Text())
		}
	}
	const root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
	for _, bad := range []string{
		"", "\n", "o\n", "o\n1\n", "o\n1\n" + root, "\n1\n" + root + "\n", "o\n\n" + root + "\n", "o\n01\n" + root + "\n", "o\n-1\n" + root + "\n",
		"o\n+1\n" + root + "\n", "o\n1 \n" + root + "\n", "o\n0x1\n" + root + "\n", "o\n1_0\n" + root + "\n", "o\n00\n" + root + "\n",
		"o\n1152921504606846977\n" + root + "\n", "o\n18446744073709551616\n" + root + "\n", "o\n" + strings.Repeat("9", 1000) + "\n" + root + "\n",
		"o\n1\n" + root[:40] + "\n", "o\n1\n" + strings.TrimSuffix(root, "=") + "\n", "o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
		"o\n1\n" + root + "\n\n", "o\n1\n" + root + "\nmore\n\nmore\n", "o\n1\n" + root + "\nmore", "o\r\n1\n" + root + "\n",
		strings.Repeat("o", 256) + "\n1\n" + root + "\n", "o\n1\n" + root + "\n" + strings.Repeat("e", maxNote),
	} {
		if c, err := ParseCheckpoint([]byte(bad)); err == nil {
			t.Errorf("%q is read as %+v", bad, c)
		}
	}
}

func TestVerifyCheckpoint(t *testing.T) {
	c := Checkpoint{Origin: testOrigin, Size: 1, Root: Hash{1}}
	s := signed(t, c)
	got, err := testKeys.Open(s.Note())
	if err != nil || !got.same(c) || !bytes.Equal(got.Note(), s.Note()) {
		t.Errorf("%+v, %v", got, err)
	}
	rotated := LogKeys{testOrigin, [][32]byte{testPublic(5), testPublic(1)}}
	if err := rotated.Verify(s); err != nil {
		t.Errorf("one of two keys: %v", err)
	}
	for name, test := range map[string]struct {
		note string
		keys LogKeys
		want error
	}{
		"another origin":   {string(s.Note()), LogKeys{"example.net/log", testKeys.Keys}, ErrOrigin},
		"another key":      {string(s.Note()), LogKeys{testOrigin, [][32]byte{testPublic(2)}}, ErrSignature},
		"no key":           {string(s.Note()), LogKeys{testOrigin, nil}, ErrSignature},
		"another size":     {strings.Replace(string(s.Note()), "\n1\n", "\n2\n", 1), testKeys, ErrSignature},
		"an extension":     {strings.Replace(string(s.Note()), "\n\n", "\nmore\n\n", 1), testKeys, ErrSignature},
		"one of two wrong": {string(s.Note()) + Signature{testOrigin, Key{testOrigin, testPublic(1)}.LogID(), make([]byte, 64)}.String(), testKeys, ErrSignature},
	} {
		if _, err := test.keys.Open([]byte(test.note)); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	with, err := s.With(s.Signatures[0], Signature{"unknown.example", 7, []byte{1}})
	if err != nil || len(with.Signatures) != 2 {
		t.Errorf("%v, %v", with, err)
	}
	if err := testKeys.Verify(with); err != nil {
		t.Errorf("an unknown signature: %v", err)
	}
	bare, err := testKeys.bare(with)
	if err != nil || !bytes.Equal(bare.Note(), s.Note()) {
		t.Errorf("without it: %v", err)
	}
	more := signed(t, Checkpoint{Origin: testOrigin, Size: 1, Extensions: []string{"more"}})
	if got, err := testKeys.Open(more.Note()); err != nil || !slices.Equal(got.Extensions, []string{"more"}) {
		t.Errorf("signed extension: %v", err)
	}
}
