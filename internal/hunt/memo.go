package hunt

import (
	"encoding/binary"
	"hash/maphash"

	"entente/internal/event"
)

// memo remembers what the rules said of records, for those that come again: the same service that starts the same
// program, the same account that logs on from the same place. Two records are the same for it if they have the same
// header and the same values in every field that a rule of their program reads; times, record ids and process ids
// seldom are among these.
//
// Records are told apart by 128 bits of a keyed hash, whose keys are drawn when the worker starts, so that no log can be
// made to hold two records that are taken for one.
type memo struct {
	seeds   [2]maphash.Seed
	key     []byte
	entries []memoEntry // buckets of memoWays
	turn    uint32      // which entry of a full bucket is replaced next
	kept    int         // bytes in outcomes
}

// outcome is what the rules of a program said of a record.
type outcome struct{ matches []memoMatch }

// memoMatch is a rule that was true.
type memoMatch struct {
	rule    int32 // of the program
	matched []FieldValue
	caveats []string
}

type memoEntry struct {
	hash    [2]uint64
	outcome *outcome // nil: free
}

const (
	memoWays    = 4
	memoBuckets = 1 << 14
	// maxMemoBytes bounds the matched fields that one worker's memo keeps, maxMatchBytes those of one record.
	maxMemoBytes  = 4 << 20
	maxMatchBytes = 8 << 10
)

// nothing is the outcome of most records.
var nothing = &outcome{}

func newMemo() *memo {
	return &memo{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

// hash identifies what the rules of a frame's program can see of a record; header says which header it has.
func (m *memo) hash(f *frame, header uint32, ev *event.Event) [2]uint64 {
	k := binary.LittleEndian.AppendUint32(m.key[:0], header)
	k = binary.LittleEndian.AppendUint32(k, f.namesID)
	for i := range ev.Values {
		v := &ev.Values[i]
		if f.slots[v.Slot] < 0 && (f.keywords == nil || !f.keywords.may(v)) {
			continue
		}
		k = binary.LittleEndian.AppendUint64(k, uint64(v.Slot)<<40|uint64(v.Type)<<32|uint64(uint32(len(v.Raw))))
		k = append(k, v.Raw...)
	}
	m.key = k
	return [2]uint64{maphash.Bytes(m.seeds[0], k), maphash.Bytes(m.seeds[1], k)}
}

func (m *memo) bucket(h [2]uint64) []memoEntry {
	i := h[0] % memoBuckets * memoWays
	return m.entries[i : i+memoWays]
}

// get returns what is known of a record, nil if nothing is.
func (m *memo) get(h [2]uint64) *outcome {
	if m.entries == nil {
		return nil
	}
	b := m.bucket(h)
	for i := range b {
		if b[i].hash == h {
			return b[i].outcome
		}
	}
	return nil
}

// put remembers an outcome, which may push out another.
func (m *memo) put(h [2]uint64, matches []memoMatch) {
	if m.entries == nil {
		m.entries = make([]memoEntry, memoBuckets*memoWays)
	}
	o, size := nothing, 0
	if len(matches) > 0 {
		for _, x := range matches {
			size += 64
			for _, v := range x.matched {
				size += 32 + len(v.Name) + len(v.Value)
			}
		}
		if size > maxMatchBytes {
			return
		}
		if m.kept += size; m.kept > maxMemoBytes {
			clear(m.entries)
			m.kept = size
		}
		o = &outcome{matches: append([]memoMatch(nil), matches...)}
	}
	b := m.bucket(h)
	for i := range b {
		if b[i].outcome == nil {
			b[i] = memoEntry{h, o}
			return
		}
	}
	m.turn++
	b[m.turn%memoWays] = memoEntry{h, o}
}

// worth decides for one program whether to ask the memo at all: for logs in which no record is like another it would
// only cost time.
type worth struct {
	asked, found uint32
	rest         uint32 // records to pass over before asking again
}

const (
	worthSample = 4096 // records that are asked for before judging
	worthShare  = 16   // one in so many has to be known
	worthRest   = 1 << 16
)

// ask says whether to look a record up.
func (w *worth) ask() bool {
	if w.rest > 0 {
		w.rest--
		return false
	}
	if w.asked == worthSample {
		if w.found < worthSample/worthShare {
			w.rest = worthRest
		}
		w.asked, w.found = 0, 0
	}
	w.asked++
	return true
}
