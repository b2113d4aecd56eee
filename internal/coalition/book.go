package coalition

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"entente/internal/sign"
)

// Book is what one member knows of a coalition: the files that it was given and that hold. It takes them in whatever order
// they come; what cannot be judged yet, because a root is missing, waits. It is not safe for concurrent use.
type Book struct {
	chain   *Chain
	roots   map[int]map[Digest][]byte // by version, those that wait for one before
	events  map[Digest]*Signed
	about   map[Digest][]*Signed         // the same by manifest
	waiting map[Digest][]byte            // events by keys that are not known yet
	held    int                          // bytes of these
	proofs  map[Digest]map[Digest][]byte // by event
	times   map[Digest]Time              // when a proof shows its event, as long as there are no newer roots
	seen    map[Digest]Time
	fits    map[fit]bool
	reading bool                       // for a reader
	names   func(Digest) (Names, bool) // of content that is at hand; nil where none is
}

// fit is a question whose answer does not change.
type fit struct{ seal, share Digest }

// NewBook begins with the first root; see [NewChain].
func NewBook(first []byte, pin Digest) (*Book, error) {
	c, err := NewChain(first, pin)
	if err != nil {
		return nil, err
	}
	return &Book{
		chain: c, roots: map[int]map[Digest][]byte{}, events: map[Digest]*Signed{}, about: map[Digest][]*Signed{}, waiting: map[Digest][]byte{},
		proofs: map[Digest]map[Digest][]byte{}, times: map[Digest]Time{}, seen: map[Digest]Time{}, fits: map[fit]bool{},
	}, nil
}

// Bounds on what waits, in files and bytes: anybody can make such.
const (
	maxWaiting      = 10_000
	maxWaitingBytes = 64 << 20
)

// ErrWaits says that a file cannot be judged yet. It is kept.
var ErrWaits = errors.New("it waits for a root that is not known yet")

// Chain are the roots.
func (b *Book) Chain() *Chain { return b.chain }

// Event is one that was taken in, or nil.
func (b *Book) Event(id Digest) *Signed { return b.events[id] }

// Events are all that hold by themselves, in order of digest.
func (b *Book) Events() []*Signed {
	out := make([]*Signed, 0, len(b.events))
	for _, id := range slices.Sorted(maps.Keys(b.events)) {
		out = append(out, b.events[id])
	}
	return out
}

// Seen is when enough witnesses had seen an event.
func (b *Book) Seen(id Digest) (Time, bool) {
	t, ok := b.seen[id]
	return t, ok
}

// TakeRoot takes in a root: new says that it was not known. Where it follows on one that is not known it waits.
func (b *Book) TakeRoot(file []byte) (isNew bool, err error) {
	_, r, err := parseRoot(file)
	if err != nil {
		return false, err
	}
	if r.Coalition != b.chain.Latest().Coalition {
		return false, fmt.Errorf("root: it is of coalition %s, and this is %s", r.Coalition, b.chain.Latest().Coalition)
	}
	if r.Version > b.chain.Latest().Version+1 {
		if len(b.roots) >= maxWaiting || len(b.roots[r.Version]) >= maxKeys {
			return false, fmt.Errorf("root: version %d: too many others wait", r.Version)
		}
		if b.roots[r.Version] == nil {
			b.roots[r.Version] = map[Digest][]byte{}
		}
		b.roots[r.Version][DigestOf(file)] = bytes.Clone(file)
		return true, ErrWaits
	}
	before := b.chain.Latest().Version
	if err := b.chain.Append(file); err != nil && !errors.Is(err, ErrRollback) {
		return false, err
	}
	if b.chain.Latest().Version == before {
		return false, nil // one that is known, the latest or an older one
	}
	b.follow()
	return true, nil
}

// follow takes in what waited for a root.
func (b *Book) follow() {
	for {
		next := b.roots[b.chain.Latest().Version+1]
		took := false
		for _, d := range slices.Sorted(maps.Keys(next)) {
			if b.chain.Append(next[d]) == nil {
				took = true
				break
			}
		}
		if !took {
			break
		}
	}
	maps.DeleteFunc(b.roots, func(v int, _ map[Digest][]byte) bool { return v <= b.chain.Latest().Version })
	for _, d := range slices.Sorted(maps.Keys(b.waiting)) {
		if _, err := b.TakeEvent(b.waiting[d]); !errors.Is(err, ErrWaits) {
			b.held -= len(b.waiting[d])
			delete(b.waiting, d)
		}
	}
	b.lookAgain()
}

// lookAgain finds out anew what was seen when: witnesses and keys may be others now.
func (b *Book) lookAgain() {
	b.times, b.seen = map[Digest]Time{}, map[Digest]Time{}
	for id, proofs := range b.proofs {
		for d, file := range proofs {
			p, err := parseProof(file)
			if err != nil {
				continue // it was parsed when it was taken in
			}
			if t, err := p.seen(b.chain); err == nil {
				b.times[d] = t
			}
		}
		b.see(id)
	}
}

// TakeEvent takes in an event.
func (b *Book) TakeEvent(file []byte) (isNew bool, err error) {
	if b.events[DigestOf(file)] != nil {
		return false, nil
	}
	e, err := ReadEvent(b.chain, file)
	return b.takeRead(file, e, err)
}

// takeRead takes in an event that was read, or what reading it said.
func (b *Book) takeRead(file []byte, e *Signed, err error) (isNew bool, _ error) {
	id := DigestOf(file)
	if b.events[id] != nil {
		return false, nil
	}
	if errors.Is(err, errStranger) {
		_, known := b.waiting[id]
		switch {
		case known:
		case len(b.waiting) >= maxWaiting || b.held+len(file) > maxWaitingBytes:
			return false, fmt.Errorf("too many others wait: %w", err)
		default:
			b.waiting[id] = bytes.Clone(file)
			b.held += len(file)
		}
		return !known, fmt.Errorf("%w: %w", ErrWaits, err)
	}
	if err != nil {
		return false, err
	}
	b.events[id] = e
	b.about[e.Manifest] = append(b.about[e.Manifest], e)
	b.see(id)
	return true, nil
}

// errNoEvent says that a proof is of an event that is not known.
var errNoEvent = errors.New("it is not known")

// rootsWait says that there are roots that cannot be judged yet: by one of them more witnesses may count.
func (b *Book) rootsWait() bool { return len(b.roots) > 0 }

// maxProofs bounds how many proofs are kept of one event.
const maxProofs = 64

// TakeProof takes in a proof that a log shows an event. One whose event is not known is refused.
func (b *Book) TakeProof(file []byte) (isNew bool, err error) {
	p, err := parseProof(file)
	if err != nil {
		return false, err
	}
	return b.takeEvidence(p, file)
}

// takeEvidence is TakeProof of a proof that has been read.
func (b *Book) takeEvidence(p *evidence, file []byte) (isNew bool, err error) {
	if b.events[p.entry] == nil {
		return false, fmt.Errorf("proof: event %s: %w", p.entry, errNoEvent)
	}
	d := DigestOf(file)
	if _, known := b.proofs[p.entry][d]; known {
		return false, nil
	}
	t, err := p.seen(b.chain)
	if err != nil {
		return false, err
	}
	if len(b.proofs[p.entry]) >= maxProofs {
		return false, fmt.Errorf("proof: there are %d of event %s", maxProofs, p.entry)
	}
	if b.proofs[p.entry] == nil {
		b.proofs[p.entry] = map[Digest][]byte{}
	}
	b.proofs[p.entry][d], b.times[d] = bytes.Clone(file), t
	b.see(p.entry)
	return true, nil
}

// see finds out when an event was seen first.
func (b *Book) see(id Digest) {
	if t, _, ok := b.proof(id); ok {
		b.seen[id] = t
	}
}

// proof is the proof by which an event was seen first, and when; of several with one time that with the least digest.
func (b *Book) proof(id Digest) (first Time, best []byte, ok bool) {
	for _, d := range slices.Sorted(maps.Keys(b.proofs[id])) {
		if t, holds := b.times[d]; holds && (!ok || t < first) {
			first, best, ok = t, b.proofs[id][d], true
		}
	}
	return first, best, ok
}

// when is the time of an event, and by whom: as witnesses saw it or, where they did not, as it is dated.
func (b *Book) when(e *Signed) (at Time, how string) {
	if at, ok := b.Seen(e.ID); ok {
		return at, "as witnesses saw"
	}
	return e.At, "as it is dated"
}

// known is what the state is computed from.
func (b *Book) known() Known {
	return Known{Chain: b.chain, Events: b.events, Seen: b.seen, Names: b.names, Reading: b.reading, ShareFits: b.shareFits}
}

func (b *Book) shareFits(s *Seal, member string, share *Share) bool {
	k := fit{share.Seal, DigestOf([]byte(member + "\n" + share.Share))}
	ok, met := b.fits[k]
	if !met {
		ok = ShareFits(s, member, share)
		b.fits[k] = ok
	}
	return ok
}

// State is that of every revision that was proposed, by the digest of its manifest.
func (b *Book) State() map[Digest]*Revision { return Fold(b.known()) }

// Revision is that of one content, or nil. It is not marked as [Revised].
func (b *Book) Revision(manifest Digest) *Revision {
	return foldOf(b.known(), manifest, b.about[manifest])
}

// Void says why an event would not count if it came now, whatever else there is, or "".
func (b *Book) Void(e *Signed) string {
	f := folder{Known: b.known()}
	return f.unsound(e)
}

// Lost are the events that count now and would not any more under a root that follows on the latest, in order of digest: signed with a key
// that it gives up or revokes, and not known to have been seen before.
func (b *Book) Lost(next *Root) (out []*Signed) {
	f := folder{Known: b.known()}
	for _, e := range b.Events() {
		end := next.Issued
		if x := next.revoked(e.Key); x != nil {
			end = min(end, x.Since)
		} else if _, _, kept := next.key(e.Key); kept {
			continue
		}
		if f.unsound(e) != "" {
			continue
		}
		seen, ok := b.seen[e.ID]
		if !ok && next.revoked(e.Key) == nil && b.chain.Root(e.Root).Threshold.Witness == 0 {
			seen, ok = e.At, true
		}
		if !ok || seen >= end {
			out = append(out, e)
		}
	}
	return out
}

// Change is a statement that would stand elsewhere.
type Change struct {
	Now, Then *Revision // Then is nil where nothing would be proposed
}

// Changes are the statements that would stand elsewhere under a root that follows on the latest, in order of manifest: it gives up or revokes keys
// of members or of witnesses on which they rest, and what nobody has seen any more goes by it.
func (b *Book) Changes(next *Root) (out []Change) {
	then := *b
	then.chain = b.chain.clone()
	then.chain.take(nil, &sign.Envelope{}, next)
	then.lookAgain()
	now, later := b.State(), then.State()
	for _, m := range slices.Sorted(maps.Keys(now)) {
		if r := later[m]; r == nil || r.Phase != now[m].Phase {
			out = append(out, Change{now[m], r})
		}
	}
	return out
}

// Next begins an event of a member about a content: the rest is for the caller to fill in.
func (b *Book) Next(member, statement string, manifest Digest, kind Kind, at Time, salt string) (*Event, error) {
	r := b.chain.Latest()
	if r.Member(member) == nil {
		return nil, fmt.Errorf("%q is no member in version %d of the root", member, r.Version)
	}
	if at > r.Expires {
		return nil, fmt.Errorf("version %d of the root expired on %s: the members have to sign the next one first", r.Version, r.Expires)
	}
	e := &Event{Kind: kind, Coalition: r.Coalition, Root: b.chain.Digest(), Member: member, Statement: statement, Manifest: manifest, At: at, Salt: salt}
	if kind == KindShare {
		return e, nil
	}
	e.Number = 1
	if last := b.last(member, manifest); last != nil {
		e.Number, e.After = last.Number+1, last.ID
	}
	return e, nil
}

// last is the event of a member about a content from which its next one goes on: the last that counts, or the last that
// will when events that are missing here have come. Who went on from one that does not count, by a thief or by a key that was
// given up too soon, would not be heard any more.
func (b *Book) last(member string, manifest Digest) (last *Signed) {
	f := folder{Known: b.known(), counted: map[Digest]*Signed{}}
	numbers := map[int64][]*Signed{}
	var top *Signed
	for _, x := range b.events {
		if x.Manifest != manifest || x.Member != member || x.Kind == KindShare || f.unsound(x) != "" {
			continue
		}
		numbers[x.Number] = append(numbers[x.Number], x)
		if top == nil || x.Number > top.Number || x.Number == top.Number && x.ID < top.ID {
			top = x
		}
	}
	f.follow(numbers)
	for _, x := range f.counted {
		if last == nil || x.Number > last.Number {
			last = x
		}
	}
	if top != nil && f.missing(top.After) != "" {
		return top
	}
	return last
}

// errStranger says that an event is signed with a key that no root has.
var errStranger = errors.New("its key is nobody's in the roots that are known")

// KeyOf is the member that a key is of in the latest root, or "".
func (b *Book) KeyOf(id sign.KeyID) string {
	if _, member, ok := b.chain.Latest().key(id); ok {
		return member
	}
	return ""
}
