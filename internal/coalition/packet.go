package coalition

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"filippo.io/age"

	"entente/internal/sign"
)

// Item is a file that members hand on to one another.
type Item struct {
	Kind ItemKind
	Data []byte
}

// ItemKind says what a file is.
type ItemKind string

// Kinds of files.
const (
	ItemRoot  ItemKind = "root"  // envelope of a root
	ItemEvent ItemKind = "event" // envelope of an event
	ItemBlob  ItemKind = "blob"  // manifest, file of a statement, or sealed release
	ItemProof ItemKind = "proof" // that a log shows an event (C2SP tlog-proof)
)

// packet is the head of what members send each other; the contents follow in its order.
type packet struct {
	Type      string        `json:"type"` // "packet"
	Coalition string        `json:"coalition"`
	Items     []packetEntry `json:"items"`
}

type packetEntry struct {
	Kind   ItemKind `json:"kind"`
	Digest Digest   `json:"digest"`
	Size   int64    `json:"size"`
}

// maxItems bounds how many files travel together.
const maxItems = 100_000

var errPacket = errors.New("packet")

// ErrNotForUs says that a packet is not encrypted to any identity at hand.
var ErrNotForUs = errors.New("the packet is not encrypted to this member")

// Pack puts files together and encrypts them (age) to all members of a root. Nobody else can read them, and nobody need
// believe whoever carries them: each is checked by itself when it is taken in.
func Pack(root *Root, items []Item) ([]byte, error) {
	head := packet{Type: "packet", Coalition: root.Coalition, Items: []packetEntry{}}
	for _, it := range items {
		head.Items = append(head.Items, packetEntry{it.Kind, DigestOf(it.Data), int64(len(it.Data))})
	}
	b, err := write(head)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPacket, err)
	}
	b = append(b, '\n')
	for _, it := range items {
		b = append(b, it.Data...)
	}
	if len(items) > maxItems || len(b) > maxRelease {
		return nil, fmt.Errorf("%w: it is larger than %d files or %d bytes", errPacket, maxItems, int64(maxRelease))
	}
	var to []string
	for i := range root.Members {
		to = append(to, root.Members[i].Recipients...)
	}
	return encryptTo(to, b)
}

// Unpack opens a packet.
func Unpack(b []byte, coalition string, identities ...age.Identity) ([]Item, error) {
	plain, err := decrypt(b, maxRelease, identities...)
	if _, foreign := errors.AsType[*age.NoIdentityMatchError](err); foreign {
		return nil, ErrNotForUs
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errPacket, err)
	}
	head, rest, _ := bytes.Cut(plain, []byte{'\n'})
	var p packet
	if err := read(head, &p); err != nil {
		return nil, fmt.Errorf("%w: %w", errPacket, err)
	}
	if p.Type != "packet" || p.Coalition != coalition || len(p.Items) > maxItems {
		return nil, fmt.Errorf("%w: it is of type %.20q and of coalition %.40q, and this is %s", errPacket, p.Type, p.Coalition, coalition)
	}
	items := make([]Item, 0, len(p.Items))
	for _, e := range p.Items {
		if e.Size < 0 || e.Size > int64(len(rest)) || !slices.Contains([]ItemKind{ItemRoot, ItemEvent, ItemBlob, ItemProof}, e.Kind) {
			return nil, fmt.Errorf("%w: it ends within its files, or one is of no kind that there is", errPacket)
		}
		data := rest[:e.Size:e.Size]
		if DigestOf(data) != e.Digest {
			return nil, fmt.Errorf("%w: a file is not the one that its head names", errPacket)
		}
		items, rest = append(items, Item{e.Kind, data}), rest[e.Size:]
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%w: there is more behind its last file", errPacket)
	}
	return items, nil
}

// KindOf tells what a file is that came by itself; "" for none that a member takes in so. Blobs are told by what names them.
func KindOf(b []byte) ItemKind {
	if bytes.HasPrefix(b, []byte("c2sp.org/tlog-proof@")) {
		return ItemProof
	}
	env, err := sign.ParseEnvelope(b)
	switch {
	case err != nil:
		return ""
	case env.PayloadType == RootType:
		return ItemRoot
	case env.PayloadType == EventType:
		return ItemEvent
	}
	return ""
}
