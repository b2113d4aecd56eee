package translog

import (
	"crypto/ed25519"
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"
)

func TestCosign(t *testing.T) {
	s, err := ParseSignedCheckpoint([]byte(exampleNote))
	if err != nil {
		t.Fatal(err)
	}
	k := Key{"witness.example/w", testPublic(2)}
	sig, err := cosign(s, k, testKey(2), at(1679315147)())
	if err != nil {
		t.Fatal(err)
	}
	// The message of the example in C2SP tlog-cosignature, Ed25519 signed message.
	const message = "cosignature/v1\ntime 1679315147\n" + exampleText
	if len(sig.Bytes) != 72 || binary.BigEndian.Uint64(sig.Bytes) != 1679315147 || !ed25519.Verify(k.Public[:], []byte(message), sig.Bytes[8:]) {
		t.Errorf("cosignature %x", sig.Bytes)
	}
	with, err := s.With(sig)
	if err != nil {
		t.Fatal(err)
	}
	got, err := with.Cosignatures([]Key{{"other.example", testPublic(3)}, k})
	if err != nil || len(got) != 1 || got[0].Witness != k || got[0].Time.Unix() != 1679315147 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, wrong := range []time.Time{time.Unix(-1, 0), time.Unix(lastTime+1, 0), {}} {
		if _, err := cosign(s, k, testKey(2), wrong); err == nil {
			t.Errorf("cosigned at %v", wrong)
		}
	}
}

func TestWrongCosignatures(t *testing.T) {
	s, err := ParseSignedCheckpoint([]byte(exampleNote))
	if err != nil {
		t.Fatal(err)
	}
	k := Key{"witness.example/w", testPublic(2)}
	good, err := cosign(s, k, testKey(2), at(1679315147)())
	if err != nil {
		t.Fatal(err)
	}
	change := func(f func(b []byte) []byte) Signature {
		return Signature{good.Name, good.KeyID, f(append([]byte{}, good.Bytes...))}
	}
	farTime := binary.BigEndian.AppendUint64(nil, math.MaxInt64)
	far := append(farTime, ed25519.Sign(testKey(2), cosignedText(math.MaxInt64, s.text))...)
	for name, sig := range map[string]Signature{
		"short":        change(func(b []byte) []byte { return b[:71] }),
		"long":         change(func(b []byte) []byte { return append(b, 0) }),
		"another time": change(func(b []byte) []byte { b[7]++; return b }),
		"another bit":  change(func(b []byte) []byte { b[40] ^= 4; return b }),
		"no time":      change(func(b []byte) []byte { return b[8:] }),
		"far time":     {good.Name, good.KeyID, far},
		"a log's":      {good.Name, good.KeyID, append(make([]byte, 8), ed25519.Sign(testKey(2), s.text)...)},
	} {
		with, err := s.With(sig)
		if err != nil {
			t.Fatal(err)
		}
		got, err := with.Cosignatures([]Key{k})
		if err == nil || len(got) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		// A wrong line takes nothing from a right one.
		with, err = with.With(good)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := with.Cosignatures([]Key{k}); err == nil || len(got) != 1 {
			t.Errorf("%s and a right one: %+v, %v", name, got, err)
		}
	}
	for name, sig := range map[string]Signature{
		"another name":   {"other.example", good.KeyID, good.Bytes},
		"another key ID": {good.Name, good.KeyID + 1, good.Bytes},
	} {
		with, err := s.With(sig)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := with.Cosignatures([]Key{k}); err != nil || len(got) != 0 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestParseSignatures(t *testing.T) {
	lines := strings.SplitAfterN(exampleNote, "\n\n", 2)[1]
	sigs, err := ParseSignatures([]byte(lines))
	if err != nil || len(sigs) != 2 || sigs[0].String()+sigs[1].String() != lines {
		t.Errorf("%v, %v", sigs, err)
	}
	if sigs, err := ParseSignatures(nil); err != nil || len(sigs) != 0 {
		t.Errorf("none: %v, %v", sigs, err)
	}
	for _, bad := range []string{"\n", lines + "\n", lines + "x", strings.TrimSuffix(lines, "\n"), "x" + lines} {
		if _, err := ParseSignatures([]byte(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}
