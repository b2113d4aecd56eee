package coalition

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"entente/internal/sign"
)

// Chain are the versions of a coalition's root from the first one on, each verified with the one before. What a chain has
// said once it does not take back.
type Chain struct {
	roots   []*Root
	digests []Digest // of their payloads
	files   [][]byte // their envelopes
	logs    []*rootLog
	keys    map[sign.KeyID]*KeyUse
	shown   map[shown]shownAt // of evidence, as long as there is no newer root
}

// KeyUse is a member's key and the time of its use.
type KeyUse struct {
	Key     sign.PublicKey
	Member  string
	From    Time     // when the first root was issued that has it
	Until   Time     // when the first root was issued that has it no more; 0 where the latest has it
	Revoked *Revoked // as the latest root that says so has it
}

// Errors of a chain.
var (
	ErrRollback = errors.New("an older root than the one that is known")
	ErrFork     = errors.New("another root of the same version than the one that is known")
)

// NewChain begins a chain with the first root of a coalition, which nothing but its digest can vouch for: pin is that of
// the payload, as its members have told each other, or "" where whoever hands in the file is trusted.
func NewChain(file []byte, pin Digest) (*Chain, error) {
	c := &Chain{keys: map[sign.KeyID]*KeyUse{}, shown: map[shown]shownAt{}}
	env, root, err := parseRoot(file)
	if err != nil {
		return nil, err
	}
	if d := DigestOf(env.Payload); pin != "" && d != pin {
		return nil, fmt.Errorf("root: its digest is %s, not %s", d, pin)
	}
	if root.Version != 1 {
		return nil, fmt.Errorf("root: a chain begins with version 1, and this is %d\nhint: join with version 1, then entente coalition import the others", root.Version)
	}
	if err := signedBy(env, root); err != nil {
		return nil, fmt.Errorf("root: version 1: %w", err)
	}
	c.take(file, env, root)
	return c, nil
}

func parseRoot(file []byte) (*sign.Envelope, *Root, error) {
	env, err := sign.ParseEnvelope(file)
	if err != nil {
		return nil, nil, fmt.Errorf("root: %w", err)
	}
	if env.PayloadType != RootType {
		return nil, nil, fmt.Errorf("root: the payload is of type %s", env.PayloadType)
	}
	r := new(Root)
	if err := read(env.Payload, r); err != nil {
		return nil, nil, fmt.Errorf("root: %w", err)
	}
	if err := r.check(); err != nil {
		return nil, nil, fmt.Errorf("root: %w", err)
	}
	return env, r, nil
}

// signedBy says whether as many members of a root have signed as it takes for the next one.
func signedBy(env *sign.Envelope, r *Root) error {
	members, err := signersOf(env, r)
	if err != nil {
		return err
	}
	if len(members) < r.Threshold.Root {
		return fmt.Errorf("%d members of version %d that may have signed it, and it takes %d", len(members), r.Version, r.Threshold.Root)
	}
	return nil
}

// Append verifies the next root with the latest one and takes it in. The latest one again is taken for what it is.
func (c *Chain) Append(file []byte) error {
	env, next, err := parseRoot(file)
	if err != nil {
		return err
	}
	last := c.Latest()
	digest := DigestOf(env.Payload)
	switch {
	case next.Coalition != last.Coalition:
		return fmt.Errorf("root: it is of coalition %s, and this is %s", next.Coalition, last.Coalition)
	case next.Version <= last.Version:
		if digest != c.digests[next.Version-1] {
			return fmt.Errorf("root: version %d: %w", next.Version, ErrFork)
		}
		if next.Version < last.Version {
			return fmt.Errorf("root: version %d: %w, %d", next.Version, ErrRollback, last.Version)
		}
		return nil
	case next.Version > last.Version+1:
		return fmt.Errorf("root: version %d is the next one, and this is %d: the ones between are missing", last.Version+1, next.Version)
	case next.Previous != c.digests[last.Version-1]:
		return fmt.Errorf("root: version %d: it follows another version %d than the one that is known: %w", next.Version, last.Version, ErrFork)
	case next.Issued < last.Issued:
		return fmt.Errorf("root: version %d was issued before version %d", next.Version, last.Version)
	}
	for _, x := range last.Revoked {
		if now := next.revoked(x.Key); now == nil || *now != x {
			return fmt.Errorf("root: version %d takes back that key %.12s is revoked", next.Version, x.Key)
		}
	}
	for _, m := range next.Members {
		for _, k := range append(slices.Clone(m.Keys), m.Witness) {
			p, err := sign.ParsePublicKey(k)
			if use := c.keys[p.ID()]; err == nil && use != nil && (use.Member != m.ID || use.Until != 0) {
				return fmt.Errorf("root: version %d: member %s has key %.12s, which was another's or has been given up", next.Version, m.ID, p.ID())
			}
		}
	}
	for _, r := range []*Root{last, next} {
		if err := signedBy(env, r); err != nil {
			return fmt.Errorf("root: version %d: %w", next.Version, err)
		}
	}
	c.take(file, env, next)
	return nil
}

func (c *Chain) take(file []byte, env *sign.Envelope, r *Root) {
	clear(c.shown)
	c.roots = append(c.roots, r)
	c.digests = append(c.digests, DigestOf(env.Payload))
	c.files = append(c.files, bytes.Clone(file))
	c.logs = append(c.logs, logOf(r))
	held := map[sign.KeyID]bool{}
	for _, m := range r.Members {
		for _, text := range m.Keys {
			k, err := sign.ParsePublicKey(text)
			if err != nil { // check has read it
				continue
			}
			held[k.ID()] = true
			if c.keys[k.ID()] == nil {
				c.keys[k.ID()] = &KeyUse{Key: k, Member: m.ID, From: r.Issued}
			}
		}
	}
	for id, use := range c.keys {
		if !held[id] && use.Until == 0 {
			use.Until = r.Issued
		}
		use.Revoked = r.revoked(id)
	}
}

// clone is a chain that can go on otherwise.
func (c *Chain) clone() *Chain {
	out := *c
	out.roots, out.digests, out.files, out.logs = slices.Clone(c.roots), slices.Clone(c.digests), slices.Clone(c.files), slices.Clone(c.logs)
	out.shown = map[shown]shownAt{}
	out.keys = make(map[sign.KeyID]*KeyUse, len(c.keys))
	for id, use := range c.keys {
		u := *use
		out.keys[id] = &u
	}
	return &out
}

// Latest is the last root.
func (c *Chain) Latest() *Root { return c.roots[len(c.roots)-1] }

// Root is the root whose payload has a digest, or nil.
func (c *Chain) Root(d Digest) *Root {
	if i := slices.Index(c.digests, d); i >= 0 {
		return c.roots[i]
	}
	return nil
}

// InForce is the latest root that had been issued by a time, and none before one that is known by its digest to be in force; nil where
// that one is not in the chain.
func (c *Chain) InForce(from Digest, at Time) *Root {
	i := slices.Index(c.digests, from)
	if i < 0 {
		return nil
	}
	for i+1 < len(c.roots) && c.roots[i+1].Issued <= at { // none is issued before the one before
		i++
	}
	return c.roots[i]
}

// Version is the root of a version, or nil.
func (c *Chain) Version(v int) *Root {
	if v < 1 || v > len(c.roots) {
		return nil
	}
	return c.roots[v-1]
}

// Digest is that of the latest root's payload.
func (c *Chain) Digest() Digest { return c.digests[len(c.digests)-1] }

// Files are the envelopes from the first version on.
func (c *Chain) Files() [][]byte { return c.files }

// Key is what the chain knows of a key, or nil.
func (c *Chain) Key(id sign.KeyID) *KeyUse { return c.keys[id] }
