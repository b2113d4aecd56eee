package coalition

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"entente/internal/sign"
	"entente/internal/translog"
)

// evidence is a proof that a log shows an event: a C2SP tlog-proof whose extra data is the event's digest. The log's entry
// is that digest, of 32 bytes.
type evidence struct {
	entry Digest
	raw   [32]byte
	proof *translog.Proof
	logs  []logID // for which it was found to hold
}

// logID names a log: its origin, and the key that signs.
type logID struct {
	origin string
	key    sign.KeyID
}

func (l logID) compare(o logID) int {
	return cmp.Or(strings.Compare(l.origin, o.origin), strings.Compare(string(l.key), string(o.key)))
}

func parseProof(file []byte) (*evidence, error) {
	p, err := translog.ParseProof(file)
	if err != nil {
		return nil, err
	}
	if len(p.Extra) != 32 {
		return nil, errors.New("proof: its extra data is no digest of an event")
	}
	return &evidence{entry: Digest("sha256:" + hex.EncodeToString(p.Extra)), raw: [32]byte(p.Extra), proof: p}, nil
}

// ErrUnwitnessed says that nothing is wrong with a proof, and that it does not say when an event was seen: too few witnesses
// have cosigned it, or keys that did so have been revoked.
var ErrUnwitnessed = errors.New("it does not show when enough witnesses saw it")

// seen is when enough witnesses had seen the event, by the log, the witnesses and the threshold of some root of a chain.
// Keys of witnesses that the latest root revokes count nowhere. That of a log may be revoked: nobody goes by its word. The error says why none fits.
func (p *evidence) seen(c *Chain) (first Time, err error) {
	best := errors.New("proof: the coalition keeps no log")
	found := false
	for i, l := range slices.Backward(c.logs) {
		if l == nil {
			continue
		}
		t, err := p.seenBy(c, i)
		switch {
		case err == nil && (!found || t < first):
			first, found = t, true
		case err != nil && (i == len(c.roots)-1 || errors.Is(err, ErrUnwitnessed)):
			best = err
		}
	}
	if !found {
		return 0, best
	}
	return first, nil
}

// shown names a checkpoint with its cosignatures, and the root under which it is looked at.
type shown struct {
	note Digest
	root int // its index in the chain
}

// shownAt is when enough witnesses had cosigned it, if they had.
type shownAt struct {
	at Time
	ok bool
}

func (p *evidence) seenBy(c *Chain, i int) (Time, error) {
	l, latest := c.logs[i], c.Latest()
	if err := p.proof.Verify(p.raw, l.keys); err != nil {
		return 0, fmt.Errorf("proof: %w", err)
	}
	if id := (logID{l.keys.Origin, l.id}); !slices.Contains(p.logs, id) {
		p.logs = append(p.logs, id)
	}
	// Events that were brought into the log together are shown by one checkpoint, whose cosignatures may be hundreds.
	key := shown{DigestOf(p.proof.Checkpoint.Note()), i}
	seen, met := c.shown[key]
	if !met {
		seen = l.seenAt(p.proof.Checkpoint, latest)
		c.shown[key] = seen
	}
	if !seen.ok {
		return 0, fmt.Errorf("proof: %w: it takes %d", ErrUnwitnessed, l.threshold)
	}
	return seen.at, nil
}

// seenAt is when enough witnesses of a log had cosigned a checkpoint, without those whose keys the latest root revokes.
func (l *rootLog) seenAt(s *translog.SignedCheckpoint, latest *Root) shownAt {
	witnesses := l.witnesses
	if len(latest.Revoked) > 0 {
		witnesses = nil
		for i, k := range l.witnesses {
			if latest.revoked(l.ids[i]) == nil {
				witnesses = append(witnesses, k)
			}
		}
	}
	at, ok := translog.SeenAt(l.threshold, witnesses, s)
	return shownAt{At(at), ok}
}

// rootLog is the log of a root, with its keys read.
type rootLog struct {
	keys      translog.LogKeys
	id        sign.KeyID // of its key
	witnesses []translog.Key
	ids       []sign.KeyID // of theirs
	threshold int
}

// logOf reads the keys of a root's log; nil where it keeps none.
func logOf(r *Root) *rootLog {
	keys, ok := r.LogKeys()
	if !ok {
		return nil
	}
	l := &rootLog{keys: keys, id: sign.PublicKey(keys.Keys[0]).ID(), threshold: r.Threshold.Witness}
	for i := range r.Members {
		m := &r.Members[i]
		if k, ok := checkedKey(m.Witness); ok {
			l.witnesses = append(l.witnesses, translog.Key{Name: r.WitnessName(m.ID), Public: k})
			l.ids = append(l.ids, k.ID())
		}
	}
	return l
}

// Entry is what a log holds for an event.
func (d Digest) Entry() (e [32]byte, err error) {
	b, err := hex.DecodeString(strings.TrimPrefix(string(d), "sha256:"))
	if err != nil || len(b) != len(e) {
		return e, fmt.Errorf("%.80q is no digest", d)
	}
	return [32]byte(b), nil
}

// Unlogged are the events that not enough witnesses are known to have seen, in order of digest.
func (b *Book) Unlogged() (out []Digest) {
	for id := range b.events {
		if _, ok := b.seen[id]; !ok {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}
