package coalition

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"filippo.io/age"

	"entente/internal/sign"
)

// world is a coalition for tests: everything in it follows from its names.
type world struct {
	tb      testing.TB
	random  *rand.ChaCha8
	keys    map[string]*sign.Key
	boxes   map[string]*age.X25519Identity
	root    *Root
	file    []byte
	book    *Book
	now     Time
	content Digest
}

const (
	testCoalition = "0f0e0d0c-0b0a-4908-8706-050403020100"
	testStatement = "10111213-1415-4617-9819-1a1b1c1d1e1f"
)

var allRoles = []Role{RoleAdopt, RolePropose, RoleRelease, RoleRoot}

// newWorld makes a coalition of members that may do everything.
func newWorld(tb testing.TB, thresholds Quorums, members ...string) *world {
	tb.Helper()
	w := &world{
		tb: tb, random: rand.NewChaCha8(sha256.Sum256([]byte(tb.Name()))), keys: map[string]*sign.Key{}, boxes: map[string]*age.X25519Identity{},
		now: 1626692400, content: DigestOf([]byte("content")),
	}
	slices.Sort(members)
	r := &Root{Type: "root", Coalition: testCoalition, Name: "Test", Version: 1, Issued: w.now, Expires: w.now + 365*86400, Threshold: thresholds}
	for _, m := range members {
		r.Members = append(r.Members, w.member(m, allRoles...))
	}
	w.root = r
	w.file = w.sign(r, members...)
	book, err := NewBook(w.file, "")
	if err != nil {
		tb.Fatal(err)
	}
	w.book = book
	return w
}

func (w *world) key(name string) *sign.Key {
	if w.keys[name] == nil {
		w.keys[name] = sign.NewKey(sha256.Sum256([]byte(name)))
	}
	return w.keys[name]
}

func (w *world) member(id string, roles ...Role) Member {
	if w.boxes[id] == nil {
		box, err := age.GenerateX25519Identity()
		if err != nil {
			w.tb.Fatal(err)
		}
		w.boxes[id] = box
	}
	return Member{ID: id, Name: id, Keys: []string{w.key(id).Public().String()}, Recipients: []string{w.boxes[id].Recipient().String()}, Roles: roles}
}

// sign signs a root with the keys of these names.
func (w *world) sign(r *Root, names ...string) []byte {
	w.tb.Helper()
	payload, err := write(r)
	if err != nil {
		w.tb.Fatal(err)
	}
	var signers []sign.Signer
	for _, n := range names {
		signers = append(signers, w.key(n))
	}
	env, err := sign.Sign(RootType, payload, signers...)
	if err != nil {
		w.tb.Fatal(err)
	}
	return env.Bytes()
}

// next is the root after the latest one, for a test to change.
func (w *world) next() *Root {
	w.tb.Helper()
	b, err := json.Marshal(w.book.chain.Latest())
	if err != nil {
		w.tb.Fatal(err)
	}
	r := new(Root)
	if err := json.Unmarshal(b, r); err != nil {
		w.tb.Fatal(err)
	}
	r.Version, r.Previous, r.Issued = r.Version+1, w.book.chain.Digest(), w.now
	return r
}

func (w *world) salt() string {
	var b [16]byte
	_, _ = w.random.Read(b[:])
	return hex.EncodeToString(b[:])
}

// event makes an event of a member, in its order, without taking it in.
func (w *world) event(member string, kind Kind, fill func(*Event)) *Signed {
	w.tb.Helper()
	w.now++
	e, err := w.book.Next(member, testStatement, w.content, kind, w.now, w.salt())
	if err != nil {
		w.tb.Fatal(err)
	}
	fill(e)
	s, err := e.Sign(w.key(member))
	if err != nil {
		w.tb.Fatal(err)
	}
	return s
}

func (w *world) take(s *Signed) *Signed {
	w.tb.Helper()
	if isNew, err := w.book.TakeEvent(s.File); err != nil || !isNew {
		w.tb.Fatalf("event of %s: new %v, %v", s.Member, isNew, err)
	}
	return s
}

func (w *world) propose(until Time) *Signed {
	w.tb.Helper()
	return w.take(w.event("us", KindPropose, func(e *Event) { e.Propose = &Propose{Revision: 1, Until: until} }))
}

func (w *world) position(member string, stance Stance) *Signed {
	w.tb.Helper()
	return w.take(w.event(member, KindPosition, func(e *Event) { e.Position = &Position{Stance: stance} }))
}

func (w *world) decide(member string, adopt bool, positions ...*Signed) {
	w.tb.Helper()
	ids := idsOf(positions)
	w.take(w.event(member, KindDecide, func(e *Event) { e.Decide = &Decide{Adopt: adopt, Positions: ids} }))
}

func idsOf(events []*Signed) (ids []Digest) {
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	slices.Sort(ids)
	return ids
}

// seal seals a release with a text in it.
func (w *world) seal(member string) (*Signed, []byte) {
	w.tb.Helper()
	manifest := &Manifest{Type: "statement", Coalition: testCoalition, Statement: testStatement, Revision: 1}
	release, contents, err := WriteRelease(manifest, w.content, map[string][]byte{"statement.md": []byte("We say so.\n")}, w.random)
	if err != nil {
		w.tb.Fatal(err)
	}
	ciphertext, s, err := NewSeal(w.book.chain.Latest(), w.content, release, contents, w.random)
	if err != nil {
		w.tb.Fatal(err)
	}
	return w.take(w.event(member, KindSeal, func(e *Event) { e.Seal = s })), ciphertext
}

func (w *world) vote(member string, q Question, yes bool, seal *Signed) *Signed {
	w.tb.Helper()
	return w.take(w.event(member, KindVote, func(e *Event) {
		e.Vote = &Vote{Question: q, Yes: yes}
		if q == AskRelease {
			e.Vote.Seal = seal.ID
			for _, p := range w.state().Positions {
				e.Vote.Knows = append(e.Vote.Knows, p.ID)
			}
			slices.Sort(e.Vote.Knows)
		}
	}))
}

func (w *world) share(member string, seal *Signed) *Signed {
	w.tb.Helper()
	s, err := OpenShare(seal, member, w.boxes[member])
	if err != nil {
		w.tb.Fatal(err)
	}
	return w.take(w.event(member, KindShare, func(e *Event) { e.Share = s }))
}

func (w *world) state() *Revision {
	w.tb.Helper()
	r := w.book.State()[w.content]
	if r == nil {
		w.tb.Fatal("the statement is not proposed")
	}
	return r
}

func (w *world) want(phase Phase, embargo EmbargoPhase, problems ...string) *Revision {
	w.tb.Helper()
	r := w.state()
	var got []string
	for _, p := range r.Problems {
		got = append(got, fmt.Sprintf("%s %s", p.Member, p.What))
	}
	if r.Phase != phase || r.Embargo != embargo || !slices.Equal(got, problems) {
		w.tb.Errorf("it is %s, its embargo %s, problems %q; want %s, %s, %q", r.Phase, r.Embargo, got, phase, embargo, problems)
	}
	return r
}

type keyID = sign.KeyID

func mustKeyID(text string) keyID {
	k, err := sign.ParsePublicKey(text)
	if err != nil {
		panic(err)
	}
	return k.ID()
}
