package sign

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/internal/jcs"
)

// The example of DSSE's protocol, and what its lengths are there for.
func TestMessage(t *testing.T) {
	for _, c := range []struct{ payloadType, payload, want string }{
		{"http://example.com/HelloWorld", "hello world", "DSSEv1 29 http://example.com/HelloWorld 11 hello world"},
		{"", "", "DSSEv1 0  0 "},
		{"a 1 b", "c", "DSSEv1 5 a 1 b 1 c"},
		{"a", "1 b 1 c", "DSSEv1 1 a 7 1 b 1 c"},
		{"é", "日本", "DSSEv1 2 é 6 日本"}, // lengths are of bytes
	} {
		if got := string(message(c.payloadType, []byte(c.payload))); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.payloadType, c.payload, got, c.want)
		}
	}
}

const testType = "application/vnd.example+json"

func mustSign(tb testing.TB, payload string, signers ...Signer) *Envelope {
	tb.Helper()
	e, err := Sign(testType, []byte(payload), signers...)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// knowing looks keys up among some.
func knowing(keys ...Signer) func(KeyID) (PublicKey, bool) {
	return func(id KeyID) (PublicKey, bool) {
		for _, k := range keys {
			if k.Public().ID() == id {
				return k.Public(), true
			}
		}
		return PublicKey{}, false
	}
}

// ids are those of keys, as an envelope has them.
func ids(keys ...PublicKey) (out []KeyID) {
	for _, k := range keys {
		out = append(out, k.ID())
	}
	return out
}

func TestEnvelope(t *testing.T) {
	a, b, c := testKey(1), testKey(2), testKey(3)
	for _, payload := range []string{"", "x", `{"a":1}`, "\x00\xff<>&\"\\\n", strings.Repeat("long ", 10000)} {
		e := mustSign(t, payload, a, b, c)
		wire := e.Bytes()
		if got := e.size(3); got != len(wire) {
			t.Errorf("the size of %d bytes is told as %d", len(wire), got)
		}
		back, err := ParseEnvelope(wire)
		if err != nil {
			t.Fatal(err)
		}
		if back.PayloadType != testType || string(back.Payload) != payload || !bytes.Equal(back.Bytes(), wire) {
			t.Errorf("%.20q comes back as %.200s", payload, back.Bytes())
		}
		if canonical, err := jcs.Canonical(wire); err != nil || !bytes.Equal(canonical, wire) {
			t.Errorf("it is not canonical: %v", err)
		}
		// The order in which people sign makes no difference.
		if other := mustSign(t, payload, c, a, b).Bytes(); !bytes.Equal(other, wire) {
			t.Error("another order of signers makes another envelope")
		}
		keys, err := back.Signers(knowing(c, a))
		want := ids(a.Public(), c.Public())
		slices.Sort(want)
		if err != nil || !slices.Equal(ids(keys...), want) {
			t.Errorf("signers %v, %v; want %v", ids(keys...), err, want)
		}
		if keys, err := back.Signers(knowing()); err != nil || keys != nil {
			t.Errorf("signers that nobody knows: %v, %v", keys, err)
		}
	}
}

func TestSignersRefuses(t *testing.T) {
	a, b := testKey(1), testKey(2)
	for name, change := range map[string]func(e *Envelope){
		"payload":       func(e *Envelope) { e.Payload = []byte("another") },
		"type":          func(e *Envelope) { e.PayloadType += "x" },
		"moved bytes":   func(e *Envelope) { e.PayloadType, e.Payload = e.PayloadType[:3], []byte(e.PayloadType[3:]+"x") },
		"signature":     func(e *Envelope) { e.Signatures[0].Sig[3] ^= 1 },
		"empty":         func(e *Envelope) { e.Signatures[1].Sig = nil },
		"swapped":       func(e *Envelope) { e.Signatures[0].Sig, e.Signatures[1].Sig = e.Signatures[1].Sig, e.Signatures[0].Sig },
		"twice":         func(e *Envelope) { e.Signatures[1] = e.Signatures[0] },
		"out of order":  func(e *Envelope) { slices.Reverse(e.Signatures) },
		"another's id":  func(e *Envelope) { e.Signatures[0].KeyID, e.Signatures = e.Signatures[1].KeyID, e.Signatures[:1] },
		"id in capital": func(e *Envelope) { e.Signatures[0].KeyID = KeyID(strings.ToUpper(string(e.Signatures[0].KeyID))) },
	} {
		e := mustSign(t, "x", a, b)
		change(e)
		keys, err := e.Signers(knowing(a, b))
		if name == "id in capital" { // a key that nobody knows
			if err != nil || len(keys) != 1 {
				t.Errorf("%s: %v, %v", name, keys, err)
			}
			continue
		}
		if err == nil || keys != nil {
			t.Errorf("%s: %v, %v", name, keys, err)
		}
	}
	e := mustSign(t, "x", a)
	if _, err := e.Signers(func(KeyID) (PublicKey, bool) { return b.Public(), true }); err == nil {
		t.Error("another key answers to the id")
	}
	e.Signatures[0].KeyID = b.Public().ID()
	if _, err := e.Signers(func(KeyID) (PublicKey, bool) { return a.Public(), true }); err == nil {
		t.Error("the key that signed answers to another's id")
	}
}

// odd is a signer that goes wrong.
type odd struct {
	Signer
	sig []byte
	err error
}

func (o odd) Sign([]byte) ([]byte, error) { return o.sig, o.err }

func TestAddRefuses(t *testing.T) {
	a, b := testKey(1), testKey(2)
	refusal := errors.New("refused by its owner")
	elsewhere, _ := a.Sign([]byte("something else"))
	many := &Envelope{PayloadType: testType}
	for i := range maxSignatures {
		many.Signatures = append(many.Signatures, Signature{KeyID(fmt.Sprintf("%064x", i)), make([]byte, 64)})
	}
	for name, c := range map[string]struct {
		e *Envelope
		s Signer
	}{
		"signed already":       {mustSign(t, "x", a), a},
		"no type":              {&Envelope{}, a},
		"blank in type":        {&Envelope{PayloadType: "a b"}, a},
		"quote in type":        {&Envelope{PayloadType: `a"b`}, a},
		"type of other script": {&Envelope{PayloadType: "é"}, a},
		"long type":            {&Envelope{PayloadType: strings.Repeat("a", maxPayloadType+1)}, a},
		"large payload":        {&Envelope{PayloadType: "a", Payload: make([]byte, MaxEnvelope*3/4)}, a},
		"too many":             {many, a},
		"refusal":              {mustSign(t, "x", a), odd{Signer: b, err: refusal}},
		"signature elsewhere":  {mustSign(t, "x", b), odd{Signer: a, sig: elsewhere}},
		"no signature":         {mustSign(t, "x", b), odd{Signer: a}},
	} {
		before := c.e.Bytes()
		err := c.e.Add(c.s)
		if err == nil || !bytes.Equal(c.e.Bytes(), before) {
			t.Errorf("%s: %v, %.200s", name, err, c.e.Bytes())
		}
		if name == "refusal" && !errors.Is(err, refusal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if e, err := Sign(testType, nil); err == nil {
		t.Errorf("nobody has signed %v", e)
	}
}

// The largest that may be signed can be read.
func TestLargestEnvelope(t *testing.T) {
	e := mustSign(t, string(make([]byte, MaxEnvelope*3/4-400)), testKey(1))
	if _, err := ParseEnvelope(e.Bytes()); err != nil || len(e.Bytes()) < MaxEnvelope-1000 {
		t.Errorf("%d bytes: %v", len(e.Bytes()), err)
	}
	if _, err := ParseEnvelope(append(e.Bytes(), make([]byte, 1000)...)); err == nil {
		t.Error("an envelope that is too large was read")
	}
}

func TestParseEnvelopeRefuses(t *testing.T) {
	a, b := testKey(1), testKey(2)
	good := string(mustSign(t, "payload", a, b).Bytes())
	if _, err := ParseEnvelope([]byte(good)); err != nil {
		t.Fatal(err)
	}
	replace := func(old, changed string) string {
		if strings.Count(good, old) == 0 {
			t.Fatalf("%q is not in it", old)
		}
		return strings.Replace(good, old, changed, 1)
	}
	e := mustSign(t, "payload", a, b)
	first, second := e.Signatures[0], e.Signatures[1]
	entry := func(s Signature) string {
		return openKeyID + string(s.KeyID) + openSig + base64.StdEncoding.EncodeToString(s.Sig) + closeSig
	}
	list := func(s ...string) string {
		return replace(entry(first)+","+entry(second), strings.Join(s, ","))
	}
	var many []string
	for i := range maxSignatures + 1 {
		many = append(many, entry(Signature{KeyID(fmt.Sprintf("%064x", i)), make([]byte, 64)}))
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(good), "", "  "); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{
		"empty":                    "",
		"null":                     "null",
		"cut off":                  good[:len(good)-1],
		"more after it":            good + "\n",
		"twice":                    good + good,
		"indented":                 indented.String(),
		"mark of byte order":       "\ufeff" + good,
		"another member":           replace(`{"payload"`, `{"a":1,"payload"`),
		"name with a capital":      replace("payloadType", "PayloadType"),
		"name escaped":             replace("payloadType", `payload\u0054ype`),
		"type escaped":             replace("application/", `application\/`),
		"type empty":               replace(testType, ""),
		"type with a blank":        replace(testType, "a b"),
		"type that is not UTF-8":   replace(testType, "\xff"),
		"type too long":            replace(testType, strings.Repeat("a", maxPayloadType+1)),
		"no list":                  replace("["+entry(first)+","+entry(second)+"]", "null"),
		"no signature":             list(),
		"comma at the end":         list(entry(first), ""),
		"twice the same":           list(entry(first), entry(first)),
		"same key, other bytes":    list(entry(first), entry(Signature{first.KeyID, second.Sig})),
		"out of order":             list(entry(second), entry(first)),
		"too many":                 list(many...),
		"id in capitals":           replace(string(first.KeyID), strings.ToUpper(string(first.KeyID))),
		"id empty":                 replace(string(first.KeyID), ""),
		"id too long":              replace(string(first.KeyID), string(first.KeyID)+"0"),
		"no id":                    replace(`"keyid":"`+string(first.KeyID)+`",`, ""),
		"signature empty":          list(entry(Signature{first.KeyID, nil})),
		"signature short":          list(entry(Signature{first.KeyID, make([]byte, 63)})),
		"signature long":           list(entry(Signature{first.KeyID, make([]byte, 65)})),
		"base64 for URLs":          replace("cGF5bG9hZA==", "cGF5bG9hZ_=="),
		"base64 without padding":   replace("cGF5bG9hZA==", "cGF5bG9hZA"),
		"base64 with other bits":   replace("cGF5bG9hZA==", "cGF5bG9hZB=="),
		"base64 with a line end":   replace("cGF5bG9hZA==", "cGF5\nbG9hZA=="),
		"base64 with return":       replace("cGF5bG9hZA==", "cGF5bG9hZA==\r"),
		"base64 with escape":       replace("cGF5bG9hZA==", `cGF5\nbG9hZA==`),
		"unescaped quote":          replace("cGF5bG9hZA==", `"`),
		"many brackets":            strings.Repeat("[", 1<<20),
		"many empty signatures":    replace(entry(first), strings.Repeat("{},", 1<<18)+entry(first)),
		"text that does not end":   openPayload + strings.Repeat("A", 1<<20),
		"payload and type swapped": `{"payloadType":"a","payload":"","signatures":[` + entry(first) + `]}`,
	} {
		if e, err := ParseEnvelope([]byte(s)); err == nil || e != nil {
			t.Errorf("%s: %v, %v", name, e, err)
		} else if !errors.Is(err, errEnvelope) || len(err.Error()) > 300 {
			t.Errorf("%s: the error is %.500q", name, err)
		}
	}
}

func FuzzParseEnvelope(f *testing.F) {
	f.Add(mustSign(f, "payload", testKey(1)).Bytes())
	f.Add(mustSign(f, "", testKey(1), testKey(2)).Bytes())
	f.Add([]byte(`{"payload":"","payloadType":"a","signatures":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := ParseEnvelope(b)
		if err != nil {
			return
		}
		if !bytes.Equal(e.Bytes(), b) {
			t.Fatalf("%q comes back as %q", b, e.Bytes())
		}
		if canonical, err := jcs.Canonical(b); err != nil || !bytes.Equal(canonical, b) {
			t.Fatalf("%q is not canonical: %v", b, err)
		}
		keys, err := e.Signers(func(id KeyID) (PublicKey, bool) { return testKey(1).Public(), id == testKey(1).Public().ID() })
		if err == nil && len(keys) > 1 {
			t.Fatalf("%d keys have signed", len(keys))
		}
	})
}

func BenchmarkParseEnvelope(b *testing.B) {
	wire := mustSign(b, strings.Repeat("x", 4096), testKey(1), testKey(2)).Bytes()
	b.SetBytes(int64(len(wire)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseEnvelope(wire); err != nil {
			b.Fatal(err)
		}
	}
}
