package store

import (
	"crypto/sha256"
	"encoding/binary"
)

// The versions of an object agree in who created it and when (STIX 2.1 section 3.6). What does not is no version of it but an
// attempt to take its place.

// creator is the value of the column: some bits of the digest of the creator, 0 where it is not known or not to be told.
func (r *row) creator() int64 {
	if r.Created.IsZero() || r.CreatorPart || r.Redacted && r.Creator == "" {
		return 0
	}
	sum := sha256.Sum256([]byte(r.Creator))
	return int64(binary.BigEndian.Uint64(sum[:]) | 1)
}

// origin judges a version that no other stands in the way of, by those of its object that its submitter knows. One of them that
// agrees is enough: who could not see an object may have stored one of the same identifier, which must not keep out the right ones.
func origin(r *row, of []sibling) Result {
	created, creator := micro(r.Created), r.creator()
	if created == 0 {
		return Stored
	}
	others, agrees := false, false
	for i := range of {
		b := &of[i]
		if b.created == 0 || !b.knows(r, b.class.Label) {
			continue
		}
		others = true
		agrees = agrees || b.created == created && (b.creator == creator || b.creator == 0 || creator == 0)
		if !r.CreatorPart && r.MadeBy != 0 && r.MadeBy == b.class.Owner && r.MadeBy != r.Class.Owner && b.version != micro(r.Version) {
			return NotTheirs
		}
	}
	if others && !agrees {
		return Altered
	}
	return Stored
}
