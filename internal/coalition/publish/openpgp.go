package publish

import (
	"bytes"
	"crypto"
	_ "crypto/sha256" // SHA-256
	_ "crypto/sha512" // SHA-384, SHA-512
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// csafSignature is the name of the signature of csaf.json (CSAF 2.0, section 7.1.20).
const csafSignature = "csaf.json.asc"

// maxOpenPGP bounds a file of signatures, in bytes.
const maxOpenPGP = 64 << 10

var errOpenPGP = errors.New("it is no detached OpenPGP signature as gpg --armor --detach-sign makes it")

// Signature is what a detached OpenPGP signature says of itself.
type Signature struct {
	Fingerprint string // of the key that is said to have made it, in hexadecimal; "" where it does not say
}

// ReadSignature reads an armored file with detached OpenPGP signatures (RFC 4880 and 9580, version 4, of binary documents) and
// compares what they have of the hash of what they sign with data. That finds a signature of something else. Whether it is good, and whose the
// key is, only who has the key can tell.
func ReadSignature(armored, data []byte) ([]Signature, error) {
	if len(armored) > maxOpenPGP {
		return nil, fmt.Errorf("%w: it is larger than %d bytes", errOpenPGP, maxOpenPGP)
	}
	b, err := dearmor(armored)
	if err != nil {
		return nil, err
	}
	var out []Signature
	for len(b) > 0 {
		body, rest, err := signaturePacket(b)
		if err != nil {
			return nil, err
		}
		s, err := readSignature(body, data)
		if err != nil {
			return nil, err
		}
		out, b = append(out, s), rest
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: it is empty", errOpenPGP)
	}
	return out, nil
}

// dearmor takes the bytes out of the one block of ASCII armor that there is (RFC 9580, section 6).
func dearmor(armored []byte) ([]byte, error) {
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(armored), "\r\n", "\n")), "\n")
	if len(lines) < 4 || lines[0] != "-----BEGIN PGP SIGNATURE-----" || lines[len(lines)-1] != "-----END PGP SIGNATURE-----" {
		return nil, errOpenPGP
	}
	blank := slices.Index(lines, "")
	if blank < 0 {
		return nil, fmt.Errorf("%w: its head does not end", errOpenPGP)
	}
	body := lines[blank+1 : len(lines)-1]
	if n := len(body); n > 0 && strings.HasPrefix(body[n-1], "=") && len(body[n-1]) == 5 {
		body = body[:n-1] // a checksum, which says nothing that the hash does not
	}
	b, err := base64.StdEncoding.DecodeString(strings.Join(body, ""))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errOpenPGP, err)
	}
	return b, nil
}

// signaturePacket takes the first packet, which has to be a signature (RFC 9580, section 4.2).
func signaturePacket(b []byte) (body, rest []byte, err error) {
	cut := fmt.Errorf("%w: it is cut off", errOpenPGP)
	if len(b) < 2 {
		return nil, nil, cut
	}
	kind, head := b[0]&0x3f, 2
	var size int
	switch {
	case b[0]&0xc0 == 0xc0 && b[1] < 192:
		size = int(b[1])
	case b[0]&0xc0 == 0xc0 && b[1] < 224 && len(b) > 2:
		size, head = (int(b[1])-192)<<8+int(b[2])+192, 3
	case b[0]&0xc0 == 0x80 && b[0]&3 == 0:
		kind, size = b[0]>>2&0x0f, int(b[1])
	case b[0]&0xc0 == 0x80 && b[0]&3 == 1 && len(b) > 2:
		kind, size, head = b[0]>>2&0x0f, int(binary.BigEndian.Uint16(b[1:])), 3
	default:
		return nil, nil, fmt.Errorf("%w: it has no packet, or one of a length that no signature has", errOpenPGP)
	}
	if kind != 2 {
		return nil, nil, fmt.Errorf("%w: it has a packet of kind %d, which is no signature\nhint: --detach-sign, not --sign", errOpenPGP, kind)
	}
	if len(b) < head+size {
		return nil, nil, cut
	}
	return b[head : head+size], b[head+size:], nil
}

// readSignature reads the body of a signature packet (RFC 9580, sections 5.2.3 and 5.2.4).
func readSignature(b, data []byte) (s Signature, err error) {
	const head = 6
	if len(b) < head || b[0] != 4 {
		return s, fmt.Errorf("%w: it is not of version 4", errOpenPGP)
	}
	if b[1] != 0 {
		return s, fmt.Errorf("%w: it is of type 0x%02x, and not of a binary document\nhint: without --textmode", errOpenPGP, b[1])
	}
	h := map[byte]crypto.Hash{8: crypto.SHA256, 9: crypto.SHA384, 10: crypto.SHA512}[b[3]]
	if h == 0 {
		return s, fmt.Errorf("%w: its hash is of kind %d, and neither SHA-256, SHA-384 nor SHA-512\nhint: gpg --digest-algo SHA512", errOpenPGP, b[3])
	}
	end := head + int(binary.BigEndian.Uint16(b[4:]))
	if len(b) < end+2 {
		return s, fmt.Errorf("%w: it is cut off", errOpenPGP)
	}
	unhashed := end + 2 + int(binary.BigEndian.Uint16(b[end:]))
	if len(b) < unhashed+2 {
		return s, fmt.Errorf("%w: it is cut off", errOpenPGP)
	}
	w := h.New()
	w.Write(data)
	w.Write(b[:end])
	w.Write(binary.BigEndian.AppendUint32([]byte{4, 0xff}, uint32(end)))
	if !bytes.Equal(w.Sum(nil)[:2], b[unhashed:unhashed+2]) {
		return s, errors.New("the OpenPGP signature is of something else than csaf.json as it is now\nhint: positions may have been taken since; entente statement csaf, and sign it anew")
	}
	s.Fingerprint = fingerprint(b[head:end])
	return s, nil
}

// fingerprint finds the issuer's among hashed subpackets (RFC 9580, section 5.2.3.35).
func fingerprint(b []byte) string {
	for len(b) > 2 {
		size, head := int(b[0]), 1
		if b[0] >= 192 {
			if b[0] == 255 {
				return "" // longer than they are
			}
			size, head = (int(b[0])-192)<<8+int(b[1])+192, 2
		}
		if size < 1 || len(b) < head+size {
			return ""
		}
		if p := b[head : head+size]; p[0]&0x7f == 33 && len(p) == 22 && p[1] == 4 {
			return strings.ToUpper(hex.EncodeToString(p[2:]))
		}
		b = b[head+size:]
	}
	return ""
}
