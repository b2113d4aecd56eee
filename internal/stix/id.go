package stix

import (
	"crypto/sha1" //nolint:gosec // UUID version 5 is defined over SHA-1
	"encoding/hex"
	"strconv"
)

// Namespace is the namespace of the identifiers that Entente gives to objects of its own (RFC 9562, section 5.5). It is
// not the one that STIX 2.1 section 2.9 keeps for cyber-observable objects.
var Namespace = [16]byte{0x2f, 0x1d, 0x53, 0x2c, 0x0e, 0x8a, 0x4b, 0x57, 0x9d, 0x1b, 0x6a, 0x42, 0xc7, 0x90, 0x3e, 0x15}

// UUIDv5 is the UUID of version 5 for parts, whose lengths count: ("a", "bc") and ("ab", "c") are two.
func UUIDv5(parts ...string) string {
	h := sha1.New() //nolint:gosec // see import
	h.Write(Namespace[:])
	for _, p := range parts {
		h.Write([]byte(strconv.Itoa(len(p)) + ":" + p + "\x00"))
	}
	u := h.Sum(nil)[:16]
	u[6] = u[6]&0x0F | 0x50
	u[8] = u[8]&0x3F | 0x80
	x := hex.EncodeToString(u)
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

// ID is the identifier of an object of a type that is made of parts.
func ID(kind string, parts ...string) string {
	return kind + "--" + UUIDv5(append([]string{kind}, parts...)...)
}
