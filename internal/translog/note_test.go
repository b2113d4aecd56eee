package translog

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// The examples of C2SP tlog-checkpoint and tlog-cosignature: their signatures are not verified here, their keys are not public.
const (
	exampleText = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	exampleNote = exampleText + "\n" +
		"— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n" +
		"— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
)

func TestSplitNote(t *testing.T) {
	text, sigs, err := splitNote([]byte(exampleNote))
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != exampleText || len(sigs) != 2 {
		t.Fatalf("text %q and %d signatures", text, len(sigs))
	}
	if got := exampleText + "\n" + sigs[0].String() + sigs[1].String(); got != exampleNote {
		t.Errorf("printed again: %s", got)
	}
	line := sigs[0].String()
	for name, bad := range map[string]string{
		"nothing":                "",
		"no signature":           exampleText + "\n",
		"no empty line":          exampleText + line,
		"text without end":       strings.TrimSuffix(exampleText, "\n") + line,
		"signature without end":  strings.TrimSuffix(exampleNote, "\n"),
		"carriage returns":       strings.ReplaceAll(exampleNote, "\n", "\r\n"),
		"control character":      strings.Replace(exampleNote, "sofa", "so\x01fa", 1),
		"not UTF-8":              strings.Replace(exampleNote, "sofa", "so\xfffa", 1),
		"hyphen for dash":        strings.ReplaceAll(exampleNote, "—", "-"),
		"empty line at the end":  exampleNote + "\n",
		"no name":                exampleText + "\n— Az3grlgtzPI=\n",
		"no base64":              exampleText + "\n— name !!!\n",
		"base64 not as printed":  exampleText + "\n— name Az3grlgtzPJ=\n",
		"key ID without more":    exampleText + "\n— name Az3grg==\n",
		"two spaces":             exampleText + "\n—  name Az3grlgtzPI=\n",
		"space at the end":       exampleText + "\n— name Az3grlgtzPI= \n",
		"plus sign in the name":  exampleText + "\n— na+me Az3grlgtzPI=\n",
		"too many signatures":    exampleText + "\n" + strings.Repeat("— name Az3grlgtzPI=\n", maxSignatures+1),
		"more bytes than a note": exampleText + "\n— name " + strings.Repeat("A", maxNote) + "\n",
	} {
		if _, _, err := splitNote([]byte(bad)); err == nil {
			t.Errorf("%s: is read", name)
		}
	}
}

// TestManySignatures has as many witnesses as a large coalition.
func TestManySignatures(t *testing.T) {
	s := signed(t, Checkpoint{Origin: testOrigin, Size: 1, Root: LeafHash(Digest{})})
	var keys []Key
	var lines []Signature
	for i := range 200 {
		k := Key{fmt.Sprintf("witness.example/%d", i), testPublic(byte(i))}
		sig, err := cosign(s, k, testKey(byte(i)), at(int64(1000+i))())
		if err != nil {
			t.Fatal(err)
		}
		keys, lines = append(keys, k), append(lines, sig)
	}
	s, err := s.With(lines...)
	if err != nil {
		t.Fatal(err)
	}
	valid, err := s.Cosignatures(keys)
	if err != nil || len(valid) != 200 {
		t.Errorf("%d valid cosignatures, %v", len(valid), err)
	}
	if when, ok := SeenAt(150, keys, s); !ok || when.Unix() != 1149 {
		t.Errorf("150 had cosigned at %v, %t", when, ok)
	}
}

// TestOtherReaders has what this package writes read by another reader of notes.
func TestOtherReaders(t *testing.T) {
	s := signed(t, Checkpoint{Origin: testOrigin, Size: 1, Root: LeafHash(Digest{})})
	k := Key{"witness.example/w", testPublic(2)}
	sig, err := cosign(s, k, testKey(2), at(1679315147)())
	if err != nil {
		t.Fatal(err)
	}
	s, err = s.With(sig)
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(s.Note(), note.VerifierList(must(Key{testOrigin, testPublic(1)}.LogVerifier()), must(k.WitnessVerifier())))
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Sigs) != 2 || n.Text != string(s.Text()) {
		t.Errorf("%d signatures verified of %q", len(n.Sigs), n.Text)
	}
}
