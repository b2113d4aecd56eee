package publish

import (
	"encoding/base64"
	"strings"
	"testing"
)

// Made by gpg 2.2 with a key of its own that is thrown away, of the text pgpText.
const (
	pgpText = "We say so.\n"
	pgpKey  = "D400F7CFFE1353636EEC33C2132D1F75FE90FE54"
	pgpGood = `-----BEGIN PGP SIGNATURE-----

iHUEABYIAB0WIQTUAPfP/hNTY27sM8ITLR91/pD+VAUCawUAFgAKCRATLR91/pD+
VCGPAP4pLqFi+gGu/v8rWOBR/CywiMixihSEG1vev3Df7doQegEA5vsq8ihXJXVn
RL90YHGEee9DJg4pTcHO6IH7ZdIUQgg=
=O1RO
-----END PGP SIGNATURE-----
`
	pgpOfText = `-----BEGIN PGP SIGNATURE-----

iHUEARYIAB0WIQTUAPfP/hNTY27sM8ITLR91/pD+VAUCawUAFgAKCRATLR91/pD+
VE9ZAP9zXMEE1ryDRPfpHLFRjp15t+BYlAybAsG7KnaA2O+f2wD/ZiO8Pav0lbaO
oo54CsNBfqaA+ykSi7jkzoYzoJSCsws=
=+q/L
-----END PGP SIGNATURE-----
`
)

// rearmored is pgpGood with its bytes changed.
func rearmored(tb testing.TB, change func([]byte) []byte) string {
	tb.Helper()
	b, err := dearmor([]byte(pgpGood))
	if err != nil {
		tb.Fatal(err)
	}
	return "-----BEGIN PGP SIGNATURE-----\n\n" + base64.StdEncoding.EncodeToString(change(b)) + "\n-----END PGP SIGNATURE-----\n"
}

func TestReadSignature(t *testing.T) {
	at := func(i int, to byte) func([]byte) []byte {
		return func(b []byte) []byte { b[i] = to; return b }
	}
	for _, c := range []struct {
		name, armored, data string
		n                   int
		want                string // part of the error
	}{
		{"good", pgpGood, pgpText, 1, ""},
		{"with the line ends of another system, and a comment", strings.ReplaceAll(strings.Replace(pgpGood, "-----\n\n", "-----\nComment: x\n\n", 1), "\n", "\r\n"), pgpText, 1, ""},
		{"by two keys", rearmored(t, func(b []byte) []byte { return append(b, b...) }), pgpText, 2, ""},
		{"with a packet of the new form", rearmored(t, func(b []byte) []byte { b[0] = 0xc2; return b }), pgpText, 1, ""},
		{"of other bytes", pgpGood, pgpText + " ", 0, "of something else"},
		{"of a text", pgpOfText, pgpText, 0, "of type 0x01"},
		{"with another time", rearmored(t, at(35, 1)), pgpText, 0, "of something else"},
		{"of version 6", rearmored(t, at(2, 6)), pgpText, 0, "not of version 4"},
		{"with SHA-1", rearmored(t, at(5, 2)), pgpText, 0, "neither SHA-256"},
		{"no signature but a key", rearmored(t, at(0, 0x98)), pgpText, 0, "kind 6"},
		{"of unknown length", rearmored(t, at(0, 0x8b)), pgpText, 0, "no packet"},
		{"cut off", rearmored(t, func(b []byte) []byte { return b[:40] }), pgpText, 0, "cut off"},
		{"with subpackets that do not end", rearmored(t, at(7, 200)), pgpText, 0, "cut off"},
		{"nothing", rearmored(t, func([]byte) []byte { return nil }), pgpText, 0, "no detached"},
		{"not armored", "x", pgpText, 0, "no detached"},
		{"a clear text", "-----BEGIN PGP SIGNED MESSAGE-----\n\nx\n" + pgpGood, pgpText, 0, "no detached"},
		{"not base64", strings.Replace(pgpGood, "iHUE", "iH!E", 1), pgpText, 0, "no detached"},
		{"too large", pgpGood + strings.Repeat("\n", maxOpenPGP), pgpText, 0, "larger"},
	} {
		got, err := ReadSignature([]byte(c.armored), []byte(c.data))
		if c.want == "" && (err != nil || len(got) != c.n || got[0].Fingerprint != pgpKey) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %+v, %v; want %q", c.name, got, err, c.want)
		}
	}
}

func FuzzReadSignature(f *testing.F) {
	for _, armored := range []string{pgpGood, pgpOfText, rearmored(f, func(b []byte) []byte { b[0] = 0xc2; return b })} {
		b, err := dearmor([]byte(armored))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if list, err := ReadSignature([]byte(rearmored(t, func([]byte) []byte { return b })), []byte(pgpText)); err == nil && len(list) == 0 {
			t.Error("no signature is good")
		}
	})
}

// A release has no signature of something else, and members cannot put a file of theirs in its place.
func TestCSAFSignature(t *testing.T) {
	g, _ := played(t, nil)
	s, err := Of(g.folder, g.state(t))
	if err != nil {
		t.Fatal(err)
	}
	s.CSAFSignature = []byte(pgpGood)
	if _, err := Files(s); err == nil || !strings.Contains(err.Error(), "of something else") {
		t.Errorf("a signature of another document: %v", err)
	}
	s.CSAFSignature = nil
	content := map[string][]byte{"csaf.json.asc": []byte(pgpGood)}
	withFiles(s, content)
	if _, err := Files(s); err == nil || !strings.Contains(err.Error(), "a file csaf.json.asc of its own") {
		t.Errorf("a file of this name: %v", err)
	}
}
