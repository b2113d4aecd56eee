package translog

import (
	"slices"
	"time"
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
	who := sameWitnesses(witnesses)
	first := map[int]time.Time{}
	for _, s := range checkpoints {
		if s.Origin != checkpoints[0].Origin {
			return time.Time{}, false
		}
		valid, _ := s.Cosignatures(witnesses) // one that is wrong does not make the others so
		for _, c := range valid {
			w := who[c.Witness]
			if t, ok := first[w]; !ok || c.Time.Before(t) {
				first[w] = c.Time
			}
		}
	}
	if len(first) < threshold {
		return time.Time{}, false
	}
	var times []time.Time
	for _, t := range first {
		times = append(times, t)
	}
	slices.SortFunc(times, time.Time.Compare)
	return times[threshold-1], true
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
