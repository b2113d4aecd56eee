package carrier

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
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

// Bounds on packets, in bytes before they are encrypted. In base64 the largest is an object that every node takes (16 MiB).
const (
	batchBytes = 2 << 20  // files of so many bytes travel together
	batchFiles = 5000     // and no more than so many
	maxCarried = 11 << 20 // a larger file is not carried: it goes by hand
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
	Hashes      map[string]string            `json:"hashes"`
	Payload     string                       `json:"payload_bin"`
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

// Wrap makes an object of a packet that is encrypted to the members of a version of the root. author is the identifier of an
// identity, or "".
func Wrap(packet []byte, coalitionID string, rootVersion int, author string, now time.Time) (id string, raw []byte, err error) {
	marking, _ := stix.TLPMarking("amber") // it is a label
	sum, at := sha256.Sum256(packet), now.UTC().Format("2006-01-02T15:04:05.000Z")
	o := packetObject{
		Type: PacketType, SpecVersion: "2.1", ID: PacketType + "--" + randomUUID(), CreatedBy: author, Created: at, Modified: at,
		Markings: []string{marking}, Extensions: map[string]map[string]string{extension: {"extension_type": "new-sdo"}},
		Coalition: coalitionID, RootVersion: rootVersion, Hashes: map[string]string{"SHA-256": hex.EncodeToString(sum[:])},
		Payload: base64.StdEncoding.EncodeToString(packet),
	}
	raw, err = json.Marshal(o)
	return o.ID, raw, err
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

// Unwrap takes the packet out of an object. root is the version of the root whose members can open it, as the object says.
func Unwrap(raw []byte, coalitionID string) (id string, packet []byte, root int, err error) {
	o, err := stix.Parse(raw, stix.Limits{})
	if err != nil {
		return "", nil, 0, err
	}
	if o.Type != PacketType {
		return o.ID, nil, 0, errForeign
	}
	text := func(name string) (s string, err error) {
		if err = json.Unmarshal(o.Property(name), &s); err != nil {
			err = fmt.Errorf("%s: it is missing, or no text", name)
		}
		return s, err
	}
	id = o.ID
	c, err := text("coalition")
	if err != nil {
		return id, nil, 0, err
	}
	if c != coalitionID {
		return id, nil, 0, errForeign
	}
	if root, err = strconv.Atoi(string(o.Property("root_version"))); err != nil || root < 1 {
		return id, nil, 0, fmt.Errorf("root_version: %.20q is no version", o.Property("root_version"))
	}
	body, err := text("payload_bin")
	if err != nil {
		return id, nil, 0, err
	}
	if packet, err = base64.StdEncoding.Strict().DecodeString(body); err != nil {
		return id, nil, 0, fmt.Errorf("payload_bin: %w", err)
	}
	var hashes map[string]string
	sum := coalition.DigestOf(packet)
	if err := json.Unmarshal(o.Property("hashes"), &hashes); err != nil || "sha256:"+hashes["SHA-256"] != string(sum) {
		return id, nil, 0, errors.New("hashes: SHA-256 is not that of the payload")
	}
	return id, packet, root, nil
}
