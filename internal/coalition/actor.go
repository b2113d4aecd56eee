package coalition

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"entente/internal/durable"
	"entente/internal/sign"
)

// Actor is a member that acts: it signs events with its key and keeps them in its folder. What it refuses would not have
// counted for the others.
type Actor struct {
	Folder     *Folder
	Signer     sign.Signer
	Identities []age.Identity // that open what is encrypted to the member
	Now        func() time.Time
	Random     io.Reader // crypto/rand.Reader but for tests
}

// ErrMay says that a member may not do something.
var ErrMay = errors.New("the root does not let this member do so")

// Member is whose key the actor has.
func (a *Actor) Member() (*Member, error) {
	id := a.Signer.Public().ID()
	r := a.Folder.book.chain.Latest()
	if name := a.Folder.book.KeyOf(id); name != "" {
		return r.Member(name), nil
	}
	return nil, fmt.Errorf("key %.12s… is no member's in version %d of the root of %q", id, r.Version, r.Name)
}

// may is the member, if the root of a revision lets it do something; r is nil for the latest root.
func (a *Actor) may(r *Revision, roles ...Role) (string, error) {
	m, err := a.Member()
	if err != nil {
		return "", err
	}
	root := a.Folder.book.chain.Latest()
	if r != nil {
		root = r.Root
	}
	in := root.Member(m.ID)
	if in == nil {
		return "", fmt.Errorf("%w: %s was no member when this was proposed", ErrMay, m.ID)
	}
	if len(roles) > 0 && !slices.ContainsFunc(roles, in.Has) {
		return "", fmt.Errorf("%w: it takes the role %q", ErrMay, roles[0])
	}
	return m.ID, nil
}

// sign makes an event, keeps it, and returns it.
func (a *Actor) sign(member, statement string, content Digest, kind Kind, fill func(*Event)) (s *Signed, err error) {
	// Two events of one number would be two tongues: nobody else acts for the member meanwhile, and what was done is known.
	release, err := durable.Lock(filepath.Join(a.Folder.dir, "lock"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if _, err := a.Folder.Refresh(); err != nil {
		return nil, err
	}
	s, err = a.make(member, statement, content, kind, fill)
	if err != nil {
		return nil, err
	}
	if _, err := a.Folder.Take(Item{ItemEvent, s.File}); err != nil {
		return nil, err
	}
	return s, nil
}

func (a *Actor) make(member, statement string, content Digest, kind Kind, fill func(*Event)) (*Signed, error) {
	salt, err := newSalt(a.Random)
	if err != nil {
		return nil, err
	}
	e, err := a.Folder.book.Next(member, statement, content, kind, At(a.Now()), salt)
	if err != nil {
		return nil, err
	}
	fill(e)
	return e.Sign(a.Signer)
}

// Propose freezes content and opens a revision. files are the contents of the files that the manifest and the annex (nil
// where there is none) name. Coalition, salts, and the annex's digest are filled in.
func (a *Actor) Propose(m *Manifest, annex *Annex, files map[Digest][]byte, until Time) (*Signed, error) {
	member, err := a.may(nil, RolePropose)
	if err != nil {
		return nil, err
	}
	m.Type, m.Coalition = "statement", a.Folder.book.chain.Latest().Coalition
	if m.Salt, err = newSalt(a.Random); err != nil {
		return nil, err
	}
	blobs := [][]byte{}
	list := slices.Clone(m.Files)
	if annex != nil {
		annex.Type = "annex"
		if annex.Salt, err = newSalt(a.Random); err != nil {
			return nil, err
		}
		b, err := annex.Bytes()
		if err != nil {
			return nil, err
		}
		m.Annex = DigestOf(b)
		blobs, list = append(blobs, b), append(list, annex.Files...)
	}
	manifest, err := m.Bytes()
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		b, ok := files[f.Digest]
		if !ok || DigestOf(b) != f.Digest || int64(len(b)) != f.Size {
			return nil, fmt.Errorf("file %s is not the one that the manifest names", f.Path)
		}
		blobs = append(blobs, b)
	}
	for _, b := range append(blobs, manifest) {
		if _, err := a.Folder.Take(Item{ItemBlob, b}); err != nil {
			return nil, err
		}
	}
	return a.sign(member, m.Statement, DigestOf(manifest), KindPropose, func(e *Event) {
		e.Propose = &Propose{Revision: m.Revision, Supersedes: m.Supersedes, Until: until}
	})
}

// Position says where the member stands.
func (a *Actor) Position(r *Revision, p *Position) (*Signed, error) {
	member, err := a.may(r)
	if err != nil {
		return nil, err
	}
	m, err := a.Folder.Manifest(r.Manifest)
	if err != nil {
		return nil, fmt.Errorf("nobody should take a position on what they have not read: %w", err)
	}
	for _, id := range p.Covers {
		if !slices.ContainsFunc(m.Claims, func(c Claim) bool { return c.ID == id }) {
			var ids []string
			for _, c := range m.Claims {
				ids = append(ids, c.ID)
			}
			return nil, fmt.Errorf("the statement has no claim %q\nhint: it has %s", id, strings.Join(ids, ", "))
		}
	}
	return a.sign(member, r.Statement, r.Manifest, KindPosition, func(e *Event) { e.Position = p })
}

// Decide adopts or rejects a revision on the positions that members have now.
func (a *Actor) Decide(r *Revision, adopt bool) (*Signed, error) {
	member, err := a.may(r, RoleAdopt, RolePropose)
	if err != nil {
		return nil, err
	}
	if r.Decision != nil {
		return nil, fmt.Errorf("it is %s already%s", r.Phase, r.hint())
	}
	var on []Digest
	for _, m := range slices.Sorted(maps.Keys(r.Positions)) {
		p := r.Positions[m]
		if r.Root.Member(m).Has(RoleAdopt) && (adopt && p.Position.Stance.Adopts() || !adopt && p.Position.Stance == Object) {
			on = append(on, p.ID)
		}
	}
	slices.Sort(on)
	need := r.Root.Threshold.Adopt
	if !adopt {
		need = r.Root.With(RoleAdopt) - r.Root.Threshold.Adopt + 1
	}
	if len(on) < need {
		word := "endorse it or assess the same"
		if !adopt {
			word = "object"
		}
		return nil, fmt.Errorf("%d members with the role %q %s, and it takes %d\nhint: entente statement show says who; what others have signed is taken in first", len(on), RoleAdopt, word, need)
	}
	return a.sign(member, r.Statement, r.Manifest, KindDecide, func(e *Event) { e.Decide = &Decide{Adopt: adopt, Positions: on} })
}

// MoveHour proposes another hour.
func (a *Actor) MoveHour(r *Revision, until Time) (*Signed, error) {
	member, err := a.may(r, RoleAdopt)
	if err != nil {
		return nil, err
	}
	return a.sign(member, r.Statement, r.Manifest, KindEmbargo, func(e *Event) {
		e.Embargo = &Embargo{Action: EmbargoPropose, Until: until, Instead: r.HourBy}
	})
}

// AnswerHour accepts or rejects a proposal of another hour.
func (a *Actor) AnswerHour(r *Revision, proposal Digest, accept bool) (*Signed, error) {
	member, err := a.may(r, RoleAdopt)
	if err != nil {
		return nil, err
	}
	if _, ok := r.Asked[proposal]; !ok {
		return nil, fmt.Errorf("%s is no proposal of another hour that waits for an answer", proposal)
	}
	action := EmbargoReject
	if accept {
		action = EmbargoAccept
	}
	return a.sign(member, r.Statement, r.Manifest, KindEmbargo, func(e *Event) { e.Embargo = &Embargo{Action: action, Of: proposal} })
}

// Seal seals the files of a release, and deals the shares of the key.
func (a *Actor) Seal(r *Revision, files map[string][]byte) (*Signed, error) {
	member, err := a.may(r, RolePropose)
	if err != nil {
		return nil, err
	}
	switch {
	case !r.Adopted():
		return nil, fmt.Errorf("it is %s: only what is adopted can be sealed%s", r.Phase, r.hint())
	case r.Phase != Adopted && r.Phase != Sealed:
		return nil, fmt.Errorf("it is %s already", r.Phase)
	}
	m, err := a.Folder.Manifest(r.Manifest)
	if err != nil {
		return nil, err
	}
	release, contents, err := WriteRelease(m, r.Manifest, files, a.Random)
	if err != nil {
		return nil, err
	}
	ciphertext, s, err := NewSeal(r.Root, r.Manifest, release, contents, a.Random)
	if err != nil {
		return nil, err
	}
	index, _, _ := bytes.Cut(release, []byte{'\n'}) // for the others to see before they vote what is sealed
	for _, b := range [][]byte{index, ciphertext} {
		if _, err := a.Folder.Take(Item{ItemBlob, b}); err != nil {
			return nil, err
		}
	}
	return a.sign(member, r.Statement, r.Manifest, KindSeal, func(e *Event) { e.Seal = s })
}

// Vote answers a question. A vote for release first opens and checks the member's own share, and that what is sealed has the files that
// were agreed on.
func (a *Actor) Vote(r *Revision, q Question, yes bool, reason string) (*Signed, error) {
	member, err := a.may(r, RoleRelease)
	if err != nil {
		return nil, err
	}
	v := &Vote{Question: q, Yes: yes, Reason: reason}
	if q == AskRelease {
		if r.Seal == nil {
			return nil, fmt.Errorf("it is %s: its release is voted on when it is sealed%s", r.Phase, r.hint())
		}
		if !a.Folder.HasBlob(r.Seal.Seal.Ciphertext) {
			return nil, errors.New("the sealed release is not here yet")
		}
		if err := a.Folder.sealsAgreed(r); err != nil {
			return nil, err
		}
		if _, err := OpenShare(r.Seal, member, a.Identities...); err != nil {
			return nil, err
		}
		v.Seal = r.Seal.ID
		for _, p := range r.Positions { // the last ones, which name those before
			v.Knows = append(v.Knows, p.ID)
		}
		slices.Sort(v.Knows)
	}
	return a.sign(member, r.Statement, r.Manifest, KindVote, func(e *Event) { e.Vote = v })
}

// sealsAgreed says whether the index that a seal names lists all files that members agreed on, as they agreed on them. A release with
// other files than its index lists is not opened.
func (f *Folder) sealsAgreed(r *Revision) error {
	if !f.HasBlob(r.Seal.Seal.Contents) {
		return errors.New("the index of what is sealed is not here yet: whoever sealed it has it")
	}
	b, err := f.Blob(r.Seal.Seal.Contents)
	if err != nil {
		return err
	}
	x, err := ReadIndex(b)
	if err != nil {
		return err
	}
	m, err := f.Manifest(r.Manifest)
	if err != nil {
		return err
	}
	if x.Manifest != r.Manifest || x.Statement != r.Statement || x.Coalition != m.Coalition {
		return errors.New("what is sealed is of another statement")
	}
	for _, want := range m.Files {
		if !slices.Contains(x.Files, Entry{want.Path, want.Digest, want.Size}) {
			return fmt.Errorf("what is sealed has another file %s than the one that was agreed on: do not vote for it", want.Path)
		}
	}
	return nil
}

// Stage signs the member's share, so that its node can give it away at the hour without the member's key.
func (a *Actor) Stage(r *Revision) (*Signed, error) {
	member, err := a.may(r, RoleRelease)
	if err != nil {
		return nil, err
	}
	if r.Seal == nil {
		return nil, fmt.Errorf("it is %s: there is a share of the key when it is sealed%s", r.Phase, r.hint())
	}
	share, err := OpenShare(r.Seal, member, a.Identities...)
	if err != nil {
		return nil, err
	}
	s, err := a.make(member, r.Statement, r.Manifest, KindShare, func(e *Event) { e.Share = share })
	if err != nil {
		return nil, err
	}
	return s, a.Folder.Stage(s)
}

// hint is what comes next in the life of a revision, as a line behind an error.
func (r *Revision) hint() string {
	if next := r.Next(); next != "" {
		return "\nhint: " + next
	}
	return ""
}

// Next is what members do next with a revision, "" where nothing has to be done.
func (r *Revision) Next() string {
	switch r.Phase {
	case Proposed:
		if r.Behind() < r.Root.Threshold.Adopt {
			return "entente statement position, by each member"
		}
		return "entente statement adopt"
	case Adopted:
		return "entente statement seal"
	case Sealed:
		if r.Yes(AskRelease) < r.Root.Threshold.Release {
			return "entente statement vote ID release, then stage, by each member that releases"
		}
		return "entente statement stage, by each member that has not done so; entente statement release, when it is due"
	default:
		return ""
	}
}

// Behind is how many of the members whose positions count for adoption stand behind a revision.
func (r *Revision) Behind() int { return r.standing(Stance.Adopts) }

// Against is how many of them object.
func (r *Revision) Against() int { return r.standing(func(s Stance) bool { return s == Object }) }

func (r *Revision) standing(is func(Stance) bool) (n int) {
	for m, p := range r.Positions {
		if r.Root.Member(m).Has(RoleAdopt) && is(p.Position.Stance) {
			n++
		}
	}
	return n
}

// Manifest reads the content of a revision.
func (f *Folder) Manifest(d Digest) (*Manifest, error) {
	b, err := f.Blob(d)
	if err != nil {
		return nil, err
	}
	return ReadManifest(b)
}

// Open opens a released revision with the shares that were given away: the index and the files of the release.
func (f *Folder) Open(r *Revision) (*Index, map[string][]byte, error) {
	if r.Seal == nil {
		return nil, nil, errors.New("it is not sealed")
	}
	ciphertext, err := f.Blob(r.Seal.Seal.Ciphertext)
	if err != nil {
		return nil, nil, err
	}
	shares := map[string]*Share{}
	for m, e := range r.Shares {
		shares[m] = e.Share
	}
	release, err := Unseal(r.Seal.Seal, ciphertext, shares)
	if err != nil {
		return nil, nil, err
	}
	x, files, err := ReadRelease(release, r.Seal.Seal.Contents)
	if err != nil {
		return nil, nil, err
	}
	if x.Manifest != r.Manifest || x.Statement != r.Statement {
		return nil, nil, fmt.Errorf("%w: it is of another statement", errRelease)
	}
	return x, files, nil
}
