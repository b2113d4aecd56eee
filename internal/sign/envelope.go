package sign

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"entente/internal/parallel"
)

// Envelope is a DSSE envelope (DSSE v1.0.2): a payload of a stated type, and signatures over both.
type Envelope struct {
	PayloadType string // visible ASCII without " \ < > &, at most 256 bytes
	Payload     []byte
	Signatures  []Signature // ascending by key id, so that the order in which people signed makes no difference
}

// Signature is one of an envelope.
type Signature struct {
	KeyID KeyID
	Sig   []byte // 64 bytes
}

// Bounds on an envelope.
const (
	MaxEnvelope    = 16 << 20 // bytes of it as JSON
	maxSignatures  = 1024
	maxPayloadType = 256
)

// message is what is signed (DSSE protocol, "PAE").
func message(payloadType string, payload []byte) []byte {
	b := make([]byte, 0, len(payloadType)+len(payload)+32)
	b = append(b, "DSSEv1 "...)
	b = strconv.AppendInt(b, int64(len(payloadType)), 10)
	b = append(append(append(b, ' '), payloadType...), ' ')
	b = strconv.AppendInt(b, int64(len(payload)), 10)
	return append(append(b, ' '), payload...)
}

// Sign signs a payload with one key or more.
func Sign(payloadType string, payload []byte, signers ...Signer) (*Envelope, error) {
	if len(signers) == 0 {
		return nil, errors.New("nobody is there to sign")
	}
	e := &Envelope{PayloadType: payloadType, Payload: payload}
	for _, s := range signers {
		if err := e.Add(s); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// Add signs an envelope with another key. What cannot be an envelope is not signed, nor is a signature taken that is none. On
// an error the envelope is as it was.
func (e *Envelope) Add(s Signer) error {
	key := s.Public()
	id := key.ID()
	at, signed := e.find(id)
	switch {
	case signed:
		return fmt.Errorf("key %.12s has signed it already", id)
	case len(e.Signatures) >= maxSignatures:
		return fmt.Errorf("it has %d signatures, and may not have more", len(e.Signatures))
	case !isPayloadType(e.PayloadType):
		return fmt.Errorf("%.50q is no type of a payload: 1 to %d visible ASCII characters without \" \\ < > &", e.PayloadType, maxPayloadType)
	case e.size(len(e.Signatures)+1) > MaxEnvelope:
		return fmt.Errorf("a payload of %d bytes makes an envelope of more than %d bytes", len(e.Payload), MaxEnvelope)
	}
	m := message(e.PayloadType, e.Payload)
	sig, err := s.Sign(m)
	if err != nil {
		return fmt.Errorf("sign with key %.12s: %w", id, err)
	}
	if !Verify(key, m, sig) {
		return fmt.Errorf("sign with key %.12s: what came back is no signature by it", id)
	}
	e.Signatures = slices.Insert(e.Signatures, at, Signature{id, sig})
	return nil
}

// find is the place of a key's signature.
func (e *Envelope) find(id KeyID) (int, bool) {
	return slices.BinarySearchFunc(e.Signatures, id, func(s Signature, id KeyID) int { return cmp.Compare(s.KeyID, id) })
}

// Signers are the keys of known that signed the envelope, in the order of its signatures. Signatures by other keys are
// passed over, however many there are: who asks for signers counts those that come back. It is an error where a signature
// that names a known key is wrong, for then somebody has changed something.
func (e *Envelope) Signers(known func(KeyID) (PublicKey, bool)) ([]PublicKey, error) {
	m := message(e.PayloadType, e.Payload)
	var out []PublicKey
	var by []Signature
	for i, s := range e.Signatures {
		if i > 0 && e.Signatures[i-1].KeyID >= s.KeyID { // so that none counts twice, also where nobody parsed it
			return nil, fmt.Errorf("the signature by key %.12s is out of order", s.KeyID)
		}
		if k, ok := known(s.KeyID); ok {
			out, by = append(out, k), append(by, s)
		}
	}
	holds := make([]bool, len(out))
	parallel.Each(len(out), func(i int) { holds[i] = out[i].ID() == by[i].KeyID && Verify(out[i], m, by[i].Sig) })
	if i := slices.Index(holds, false); i >= 0 {
		return nil, fmt.Errorf("the signature by key %.12s is wrong", by[i].KeyID)
	}
	return out, nil
}

// The pieces of an envelope's JSON: canonical (RFC 8785), members in order of name, nothing in their values that has to be
// escaped.
const (
	openPayload = `{"payload":"`
	openType    = `","payloadType":"`
	openList    = `","signatures":[`
	openKeyID   = `{"keyid":"`
	openSig     = `","sig":"`
	closeSig    = `"}`
	closeList   = `]}`
)

// signatureSize is how long a signature stands in the JSON.
var signatureSize = len(openKeyID) + 64 + len(openSig) + base64.StdEncoding.EncodedLen(ed25519.SignatureSize) + len(closeSig)

// size is how long the JSON is with so many signatures.
func (e *Envelope) size(signatures int) int {
	return len(openPayload) + base64.StdEncoding.EncodedLen(len(e.Payload)) + len(openType) + len(e.PayloadType) +
		len(openList) + signatures*(signatureSize+len(",")) - len(",") + len(closeList)
}

// Bytes are the envelope in its one form: canonical JSON without a line end.
func (e *Envelope) Bytes() []byte {
	b := make([]byte, 0, e.size(max(1, len(e.Signatures))))
	b = append(b, openPayload...)
	b = base64.StdEncoding.AppendEncode(b, e.Payload)
	b = append(append(append(b, openType...), e.PayloadType...), openList...)
	for i, s := range e.Signatures {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, openKeyID...), s.KeyID...), openSig...)
		b = append(base64.StdEncoding.AppendEncode(b, s.Sig), closeSig...)
	}
	return append(b, closeList...)
}

var errEnvelope = errors.New("it is no DSSE envelope in its one form")

// ParseEnvelope reads an envelope, and nothing but what [Envelope.Bytes] writes: an envelope has one form, so that its
// digest names it. Nothing is verified.
func ParseEnvelope(b []byte) (*Envelope, error) {
	if len(b) > MaxEnvelope {
		return nil, fmt.Errorf("%w: it has more than %d bytes", errEnvelope, MaxEnvelope)
	}
	p := pieces{rest: b, size: len(b)}
	e := &Envelope{}
	p.literal(openPayload)
	e.Payload = p.base64()
	p.literal(openType)
	e.PayloadType = string(p.text())
	if p.err == nil && !isPayloadType(e.PayloadType) {
		p.fail("%.50q is no type of a payload", e.PayloadType)
	}
	p.literal(openList)
	for p.err == nil {
		p.signature(e)
		if !p.has(",") {
			break
		}
	}
	p.literal(closeList)
	switch {
	case p.err != nil:
		return nil, fmt.Errorf("%w: %w", errEnvelope, p.err)
	case len(p.rest) > 0:
		return nil, fmt.Errorf("%w: %d bytes follow it", errEnvelope, len(p.rest))
	}
	return e, nil
}

// pieces takes an envelope apart. After an error nothing more is taken.
type pieces struct {
	rest []byte
	size int
	err  error
}

func (p *pieces) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("byte %d: %s", p.size-len(p.rest), fmt.Sprintf(format, args...))
	}
}

func (p *pieces) has(s string) bool {
	if p.err != nil || !bytes.HasPrefix(p.rest, []byte(s)) {
		return false
	}
	p.rest = p.rest[len(s):]
	return true
}

func (p *pieces) literal(s string) {
	if !p.has(s) {
		p.fail("%s has to stand here", s)
	}
}

// text is what stands up to the next quote, which stays.
func (p *pieces) text() []byte {
	if p.err != nil {
		return nil
	}
	n := bytes.IndexByte(p.rest, '"')
	if n < 0 {
		p.fail("a text does not end")
		return nil
	}
	s := p.rest[:n]
	p.rest = p.rest[n:]
	return s
}

// base64 is what the text up to the next quote encodes. The decoder passes over line ends, which the length shows.
func (p *pieces) base64() []byte {
	text := p.text()
	if p.err != nil {
		return nil
	}
	b, err := base64.StdEncoding.Strict().AppendDecode(nil, text)
	if err != nil || base64.StdEncoding.EncodedLen(len(b)) != len(text) {
		p.fail("base64 has to end here")
		return nil
	}
	return b
}

func (p *pieces) signature(e *Envelope) {
	p.literal(openKeyID)
	s := Signature{KeyID: KeyID(p.text())}
	p.literal(openSig)
	s.Sig = p.base64()
	p.literal(closeSig)
	n := len(e.Signatures)
	switch {
	case p.err != nil:
	case n >= maxSignatures:
		p.fail("there are more than %d signatures", maxSignatures)
	case !s.KeyID.Valid():
		p.fail("%.70q is no id of a key: 64 digits of the hexadecimal SHA-256 of it", s.KeyID)
	case len(s.Sig) != ed25519.SignatureSize:
		p.fail("the signature by key %.12s has %d bytes and not %d", s.KeyID, len(s.Sig), ed25519.SignatureSize)
	case n > 0 && e.Signatures[n-1].KeyID == s.KeyID:
		p.fail("key %.12s has signed it twice", s.KeyID)
	case n > 0 && e.Signatures[n-1].KeyID > s.KeyID:
		p.fail("signatures stand in order of their keys' ids, and key %.12s does not", s.KeyID)
	default:
		e.Signatures = append(e.Signatures, s)
	}
}

// isPayloadType says that a text has nothing in it that JSON would have to escape: visible ASCII but for quotes, backslashes
// and the three that encoders escape for the sake of HTML.
func isPayloadType(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c <= ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return s != "" && len(s) <= maxPayloadType
}
