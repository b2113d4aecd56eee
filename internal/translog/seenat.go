package translog

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"entente/internal/parallel"
)

// SeenAt returns the earliest time at which threshold distinct witnesses had cosigned: of each witness the first time that
// one of its valid cosignatures of the checkpoints has, of these times the threshold-th. It is false where there are
// fewer, where threshold is below 1, and where the checkpoints are of several logs.
//
// The caller has verified each checkpoint, and that what it asks about is in each. As long as fewer than threshold witnesses
// lie, an honest one had seen it by then.
//
// A witness is one whether it has changed its key (a name with two keys) or is listed twice (a key with two names).
func SeenAt(threshold int, witnesses []Key, checkpoints ...*SignedCheckpoint) (time.Time, bool) {
	if threshold < 1 {
		return time.Time{}, false
	}
	type line struct {
		name string
		id   uint32
	}
	known := make(map[line]Key, len(witnesses))
	for _, k := range witnesses {
		known[line{k.Name, k.WitnessID()}] = k
	}
	type claim struct {
		seconds uint64 // as the line says; verified when its turn comes
		key     Key
		of      *SignedCheckpoint
		raw     []byte
	}
	var claims []claim
	for _, s := range checkpoints {
		if s.Origin != checkpoints[0].Origin {
			return time.Time{}, false
		}
		for _, sig := range s.Signatures {
			if k, ok := known[line{sig.Name, sig.KeyID}]; ok && len(sig.Bytes) >= 8 {
				claims = append(claims, claim{binary.BigEndian.Uint64(sig.Bytes), k, s, sig.Bytes})
			}
		}
	}
	// The earliest come first, so that no more are verified than it takes.
	slices.SortStableFunc(claims, func(a, b claim) int { return cmp.Compare(a.seconds, b.seconds) })
	who := sameWitnesses(witnesses)
	seen := map[int]bool{}
	for len(claims) > 0 {
		// As many as may be enough, at the same time.
		n := min(threshold-len(seen), len(claims))
		at, errs := make([]time.Time, n), make([]error, n)
		parallel.Each(n, func(i int) { at[i], errs[i] = checkCosignature(claims[i].key, claims[i].of.text, claims[i].raw) })
		for i, c := range claims[:n] {
			if errs[i] != nil {
				continue // one that is wrong does not make the others so
			}
			seen[who[c.key]] = true
			if len(seen) == threshold {
				return at[i], true
			}
		}
		claims = slices.DeleteFunc(claims[n:], func(c claim) bool { return seen[who[c.key]] })
	}
	return time.Time{}, false
}

// sameWitnesses numbers witnesses so that keys with a name or a key in common have the same number.
func sameWitnesses(keys []Key) map[Key]int {
	group := make([]int, len(keys))
	names := map[string]int{}
	public := map[[32]byte]int{}
	for i := range group {
		group[i] = i
	}
	find := func(i int) int {
		for group[i] != i {
			i = group[i]
		}
		return i
	}
	for i, k := range keys {
		if j, ok := names[k.Name]; ok {
			group[find(i)] = find(j)
		}
		if j, ok := public[k.Public]; ok {
			group[find(i)] = find(j)
		}
		names[k.Name], public[k.Public] = i, i
	}
	out := make(map[Key]int, len(keys))
	for i, k := range keys {
		out[k] = find(i)
	}
	return out
}
