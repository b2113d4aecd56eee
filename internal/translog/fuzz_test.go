package translog

import (
	"bytes"
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// seeds adds inputs that are read and some that are nearly so.
func seeds(f *testing.F, good ...[]byte) {
	f.Helper()
	if len(good) == 0 {
		f.Fatal("no seeds")
	}
	for _, b := range good {
		f.Add(b)
		f.Add(b[:len(b)/2])
		f.Add(append(bytes.Clone(b), b...))
		f.Add(bytes.ReplaceAll(b, []byte("\n"), []byte("\n\n")))
	}
}

func FuzzCheckpoint(f *testing.F) {
	seeds(f, []byte(exampleNote), []byte(exampleText+"more\n\n— a AAAAAAAA\n"), []byte("o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— a AAAAAAAA\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ParseSignedCheckpoint(data)
		if err != nil {
			return
		}
		again := append(s.Text(), '\n')
		for _, sig := range s.Signatures {
			again = append(again, sig.String()...)
		}
		if !bytes.Equal(again, data) || !bytes.Equal(s.Note(), data) {
			t.Errorf("%q is printed as %q", data, again)
		}
		if _, err := s.Cosignatures([]Key{{"a", testPublic(1)}}); err != nil && len(s.Signatures) == 0 {
			t.Error(err)
		}
		// Another reader of notes reads it, too, but for how many signatures it takes.
		_, err = note.Open(data, nil)
		if _, ok := errors.AsType[*note.UnverifiedNoteError](err); !ok && len(s.Signatures) <= 100 {
			t.Errorf("x/mod does not read %q: %v", data, err)
		}
	})
}

func FuzzSignatures(f *testing.F) {
	s, err := ParseSignedCheckpoint([]byte(exampleNote))
	if err != nil {
		f.Fatal(err)
	}
	k := Key{"witness.example/w", testPublic(2)}
	sig, err := cosign(s, k, testKey(2), at(1679315147)())
	if err != nil {
		f.Fatal(err)
	}
	seeds(f, []byte(sig.String()), []byte(s.Signatures[0].String()+sig.String()))
	f.Fuzz(func(t *testing.T, data []byte) {
		sigs, err := ParseSignatures(data)
		if err != nil {
			return
		}
		var again []byte
		for _, sig := range sigs {
			again = append(again, sig.String()...)
			if c, err := checkCosignature(k, s.text, sig.Bytes); err == nil && c.Unix() != 1679315147 {
				t.Errorf("a forged cosignature: %q", data)
			}
		}
		if !bytes.Equal(again, data) {
			t.Errorf("%q is printed as %q", data, again)
		}
	})
}

func FuzzAddCheckpoint(f *testing.F) {
	seeds(f, []byte("old 0\n\n"+exampleNote), []byte("old 20852014\n"+Hash{1}.String()+"\n\n"+exampleNote))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := ParseAddCheckpoint(data)
		if err != nil {
			return
		}
		if !bytes.Equal(a.Body(), data) {
			t.Errorf("%q is printed as %q", data, a.Body())
		}
		_ = VerifyConsistency(a.Old, Hash{1}, a.Checkpoint.Size, a.Checkpoint.Root, a.Proof)
	})
}

func FuzzProof(f *testing.F) {
	head := "c2sp.org/tlog-proof@v1\nindex 7\n"
	seeds(f, []byte(head+"\n"+exampleNote), []byte(head+Hash{1}.String()+"\n"+Hash{2}.String()+"\n\n"+exampleNote),
		[]byte("c2sp.org/tlog-proof@v1\nextra AAAA\nindex 0\n\n"+exampleNote))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParseProof(data)
		if err != nil {
			return
		}
		if !bytes.Equal(p.Text(), data) {
			t.Errorf("%q is printed as %q", data, p.Text())
		}
		if err := p.Verify(Digest{}, LogKeys{Origin: p.Checkpoint.Origin, Keys: testKeys.Keys}); err == nil {
			t.Errorf("a forged proof: %q", data)
		}
		_ = VerifyInclusion(Digest{}, p.Index, p.Checkpoint.Size, p.Checkpoint.Root, p.Hashes)
	})
}

func FuzzBundle(f *testing.F) {
	seeds(f, bundleOf(digests("bundle", 0, 1)...), bundleOf(digests("bundle", 0, 256)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		width := len(data) / bundleEntry
		entries, err := ParseBundle(data, width)
		if err != nil {
			return
		}
		if len(entries) != width || !bytes.Equal(bundleOf(entries...), data) {
			t.Errorf("%x is printed as %x", data, bundleOf(entries...))
		}
	})
}

func FuzzTilePath(f *testing.F) {
	seeds(f, []byte("tile/0/x001/x234/067.p/9"), []byte("tile/entries/000"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tile, err := parseTilePath(string(data))
		if err == nil && tile.path() != string(data) {
			t.Errorf("%q is printed as %q", data, tile.path())
		}
	})
}

func FuzzPending(f *testing.F) {
	seeds(f, pending{5, digests("p", 0, 2)}.encode(), pending{0, digests("p", 0, 300)}.encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parsePending(data)
		if err == nil && !bytes.Equal(p.encode(), data) {
			t.Errorf("%q is printed as %q", data, p.encode())
		}
	})
}

func FuzzVerifierKey(f *testing.F) {
	k := Key{"example.org/log", testPublic(3)}
	seeds(f, []byte(k.LogVerifierKey()), []byte(k.WitnessVerifierKey()))
	f.Fuzz(func(t *testing.T, data []byte) {
		k, witness, err := ParseVerifierKey(string(data))
		if err != nil {
			return
		}
		again := k.LogVerifierKey()
		if witness {
			again = k.WitnessVerifierKey()
		}
		if again != string(data) {
			t.Errorf("%q is printed as %q", data, again)
		}
	})
}
