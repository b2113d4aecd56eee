package carrier

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/internal/coalition"
	"entente/internal/stix"
)

// PacketType is the type of the STIX objects that carry packets.
const PacketType = "entente-packet"

// extension is the identifier of the extension that defines the type, definedAt when it was defined.
var extension = stix.ID("extension-definition", "entente-packet/1")

const definedAt = "2026-11-24T00:00:00.000Z"

// MaxCarried is the size of the largest file that is carried, in bytes. A larger one goes by hand.
const MaxCarried = 128 << 20

// Bounds on packets, in bytes.
const (
	batchBytes = 2 << 20 // files of so many bytes, before they are encrypted, travel together
	batchFiles = 5000    // and no more than so many
	partBytes  = 4 << 20 // a larger packet travels in parts, each of which is an object that nodes and other servers take
	mostParts  = 64      // that a packet has
	maxPacket  = MaxCarried + 16<<20
)

// packetObject is a packet as an object of STIX 2.1.
type packetObject struct {
	Type        string                       `json:"type"`
	SpecVersion string                       `json:"spec_version"`
	ID          string                       `json:"id"`
	CreatedBy   string                       `json:"created_by_ref,omitempty"`
	Created     string                       `json:"created"`
	Modified    string                       `json:"modified"`
	Markings    []string                     `json:"object_marking_refs"`
	Extensions  map[string]map[string]string `json:"extensions"`
	Coalition   string                       `json:"coalition"`
	RootVersion int                          `json:"root_version"`
	Parts       []string                     `json:"parts,omitempty"`
	Hashes      map[string]string            `json:"hashes"`
	Payload     string                       `json:"payload_bin"`
}

// Object is a packet, or a part of one, as it travels.
type Object struct {
	ID   string
	Root int // version of the root whose members can open it, as whoever sent it says
	// Parts are the digests of the parts of a packet that has several, in their order.
	Parts   []coalition.Digest
	Payload []byte
}

// Definition is the extension definition of packets. It is the same everywhere.
func Definition() []byte {
	marking, _ := stix.TLPMarking("clear") // it is a label
	b, err := json.Marshal(struct {
		Type        string   `json:"type"`
		SpecVersion string   `json:"spec_version"`
		ID          string   `json:"id"`
		CreatedBy   string   `json:"created_by_ref"`
		Created     string   `json:"created"`
		Modified    string   `json:"modified"`
		Name        string   `json:"name"`
		Description string   `json:"description"`
		Schema      string   `json:"schema"`
		Version     string   `json:"version"`
		Types       []string `json:"extension_types"`
		Markings    []string `json:"object_marking_refs"`
	}{
		"extension-definition", "2.1", extension, stix.ID("identity", "Entente"), definedAt, definedAt, "Entente packet",
		"Files that members of a coalition hand on to one another, encrypted to all of them.",
		"docs/formats/coalition-stix.md of Entente", "1.0.0",
		[]string{"new-sdo"},
		[]string{marking},
	})
	if err != nil {
		return nil // it has texts alone
	}
	return b
}

// Wrap makes objects of a packet that is encrypted to the members of a version of the root, one or, where it is large, several;
// each has its payload, and bytes as they are sent. author is the identifier of an identity, or "".
func Wrap(packet []byte, coalitionID string, rootVersion int, author string, now time.Time) (ids []string, raws [][]byte, err error) {
	return wrap(packet, coalitionID, rootVersion, author, now, partBytes, randomUUID)
}

func wrap(packet []byte, coalitionID string, rootVersion int, author string, now time.Time, most int, uuid func() string) (ids []string, raws [][]byte, err error) {
	marking, _ := stix.TLPMarking("amber") // it is a label
	at := now.UTC().Format("2006-01-02T15:04:05.000Z")
	bodies := [][]byte{packet}
	var parts []string
	if len(packet) > most {
		bodies = slices.Collect(slices.Chunk(packet, most))
		for _, b := range bodies {
			parts = append(parts, hash(b))
		}
	}
	if len(parts) > mostParts {
		return nil, nil, fmt.Errorf("a packet of %d bytes is too large to be carried", len(packet))
	}
	for _, b := range bodies {
		o := packetObject{
			Type: PacketType, SpecVersion: "2.1", ID: PacketType + "--" + uuid(), CreatedBy: author, Created: at, Modified: at,
			Markings: []string{marking}, Extensions: map[string]map[string]string{extension: {"extension_type": "new-sdo"}},
			Coalition: coalitionID, RootVersion: rootVersion, Parts: parts, Hashes: map[string]string{"SHA-256": hash(b)},
			Payload: base64.StdEncoding.EncodeToString(b),
		}
		raw, err := json.Marshal(o)
		if err != nil {
			return nil, nil, err
		}
		ids, raws = append(ids, o.ID), append(raws, raw)
	}
	return ids, raws, nil
}

// hash is a SHA-256 as STIX writes it.
func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// randomUUID is one of version 4.
func randomUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// errForeign says that an object is no packet of this coalition.
var errForeign = errors.New("it is no packet of this coalition")

// Unwrap reads an object. Its ID is told with an error, too, as far as it is known.
func Unwrap(raw []byte, coalitionID string) (out Object, err error) {
	o, err := stix.Parse(raw, stix.Limits{})
	if err != nil {
		return out, err
	}
	out.ID = o.ID
	if o.Type != PacketType {
		return out, errForeign
	}
	text := func(name string) (s string, err error) {
		if err = json.Unmarshal(o.Property(name), &s); err != nil {
			err = fmt.Errorf("%s: it is missing, or no text", name)
		}
		return s, err
	}
	c, err := text("coalition")
	if err != nil {
		return out, err
	}
	if c != coalitionID {
		return out, errForeign
	}
	if out.Root, err = strconv.Atoi(string(o.Property("root_version"))); err != nil || out.Root < 1 {
		return out, fmt.Errorf("root_version: %.20q is no version", o.Property("root_version"))
	}
	body, err := text("payload_bin")
	if err != nil {
		return out, err
	}
	if out.Payload, err = base64.StdEncoding.Strict().DecodeString(body); err != nil {
		return out, fmt.Errorf("payload_bin: %w", err)
	}
	var hashes map[string]string
	if err := json.Unmarshal(o.Property("hashes"), &hashes); err != nil || hashes["SHA-256"] != hash(out.Payload) {
		return out, errors.New("hashes: SHA-256 is not that of the payload")
	}
	if list := o.Property("parts"); list != nil {
		out.Parts, err = partsOf(list, out.Payload)
	}
	return out, err
}

// partsOf reads the list of parts of a packet, of which the payload is one.
func partsOf(list, payload []byte) (parts []coalition.Digest, err error) {
	var texts []string
	if err := json.Unmarshal(list, &texts); err != nil || len(texts) < 2 || len(texts) > mostParts {
		return nil, fmt.Errorf("parts: it is no list of 2 to %d hashes", mostParts)
	}
	for _, s := range texts {
		d := coalition.Digest("sha256:" + s)
		if !d.Valid() {
			return nil, fmt.Errorf("parts: %.70q is no hash", s)
		}
		parts = append(parts, d)
	}
	if !slices.Contains(parts, coalition.DigestOf(payload)) {
		return nil, errors.New("parts: the payload is none of them")
	}
	return parts, nil
}
