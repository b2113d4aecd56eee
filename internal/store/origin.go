package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
)

// The versions of an object agree in who created it and when (STIX 2.1 section 3.6). What does not is no version of it but an
// attempt to take its place.

// creator is the value of the column: some bits of the digest of the creator, 0 where it is not known.
func (r *row) creator() int64 {
	if r.Created.IsZero() || r.Redacted && r.Creator == "" {
		return 0
	}
	return creatorOf(r.Creator)
}

func creatorOf(id string) int64 {
	sum := sha256.Sum256([]byte(id))
	return int64(binary.BigEndian.Uint64(sum[:]) | 1)
}

// tells is the creator of b as the submitter of r knows it, 0 where it does not.
func (b *sibling) tells(r *row) int64 {
	if b.flags&flagApart != 0 && b.partly(r) {
		return 0
	}
	return b.creator
}

// maker is an organisation as the creator of objects.
type maker struct {
	identity string
	creator  int64 // as in the column
}

// makers are the organisations by number.
type makers map[int64]maker

// makersAmong looks the organisations up, where somebody else than the owner has items of the objects: otherwise nobody asks.
func makersAmong(t *tx, siblings map[string][]sibling, owner int64) (makers, error) {
	foreign := false
	for _, of := range siblings {
		for i := range of {
			foreign = foreign || of[i].class.Owner != owner
		}
	}
	if !foreign {
		return nil, nil
	}
	out := makers{}
	err := t.each(`SELECT id, uid FROM orgs`, nil, func(scan func(...any) error) error {
		var (
			id int64
			m  maker
		)
		err := scan(&id, &m.identity)
		m.creator = creatorOf(m.identity)
		out[id] = m
		return err
	})
	return out, err
}

// identity says whether an object is the identity of an organisation, which that organisation makes whatever the object says.
func (m makers) identity(org int64, id string) bool { return m[org].identity == id }

// makes says whether an object is made by an organisation, going by its identifier and its creator.
func (m makers) makes(org int64, id string, creator int64) bool {
	return m.identity(org, id) || creator != 0 && creator == m[org].creator
}

// sole says whether an organisation, whose version of an object tells a creator, makes the versions alone that tell another
// one. A creator is 0 where it is not told: such a version goes by what the other tells.
func (m makers) sole(org int64, id string, creator, other int64) bool {
	maker := cmp.Or(creator, other)
	return m.identity(org, id) || m.makes(org, id, maker) && (other == 0 || other == maker)
}

// prevail says whether r, the same version as b, is by its maker and b is by somebody else in its name, and notes it. Where r does
// not tell everybody who made it, that must not be told by what they get.
func (r *row) prevail(b *sibling, among makers) bool {
	owner := r.Class.Owner
	if r.Redacted || r.CreatorPart || b.class.Owner == owner || !among.makes(owner, r.ID, r.creator()) {
		return false
	}
	if !among.identity(owner, r.ID) && b.tells(r) != r.creator() {
		return false
	}
	r.flags |= flagMaker
	return true
}

// origin judges a version that no other stands in the way of, by those of its object that its submitter knows. Versions of an
// object whose maker has submitted it here itself are refused where they say that it is theirs, or nothing. For the rest, one of those that
// agree is enough: who could not see an object may have stored one of the same identifier, which must not keep out the right ones. One
// that does not tell its creator agrees with all where none does.
func origin(r *row, of []sibling, among makers) Result {
	created, creator, version := micro(r.Created), r.creator(), micro(r.Version)
	var others, agrees, tell, agreesTelling bool
	for i := range of {
		b := &of[i]
		if created == 0 || b.created == 0 || !b.knows(r, b.class.Label) {
			continue
		}
		theirs, foreign := b.tells(r), b.class.Owner != r.Class.Owner
		if foreign && (b.version != version || b.spec != r.spec) && among.sole(b.class.Owner, r.ID, theirs, creator) {
			return NotTheirs
		}
		if foreign && among.sole(r.Class.Owner, r.ID, creator, theirs) && (theirs != 0 || among.identity(r.Class.Owner, r.ID)) {
			continue // what others have said in its name does not bind the maker
		}
		same := b.created == created
		others, agrees = true, agrees || same
		if creator != 0 && theirs != 0 {
			tell, agreesTelling = true, agreesTelling || same && theirs == creator
		}
	}
	if others && !agrees || tell && !agreesTelling {
		return Altered
	}
	return Stored
}
