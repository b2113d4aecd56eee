package hunt

import (
	"encoding/binary"
	"hash/maphash"
	"slices"

	"entente/internal/event"
)

// memo remembers what the search for literals found in a field's values, and what the rules said of whole records, for
// those that come again: the same browser, the same service that starts the same program, the same account that logs
// on from the same place. Two records are the same for it if they have the same header and the same values in every
// field that a rule of their program reads; times, record ids and process ids seldom are among these.
//
// Things are told apart by 128 bits of a keyed hash, whose keys are drawn when the worker starts, so that no log can be
// made to hold two of them that are taken for one.
type memo struct {
	seeds   [2]maphash.Seed
	key     []byte
	records table[*outcome]
	values  table[[]*gramLiteral]
	kept    int // bytes in outcomes
}

// outcome is what the rules of a program said of a record.
type outcome struct{ matches []memoMatch }

// memoMatch is a rule that was true.
type memoMatch struct {
	rule    int32 // of the program
	matched []FieldValue
	caveats []string
	counted []counted // what it is for the rule's feeds; nil where that is not known
}

// nothing is the outcome of most records.
var nothing = &outcome{}

const (
	recordBuckets = 1 << 14
	valueBuckets  = 1 << 12
	// maxMemoBytes bounds the matched fields that one worker's memo keeps, maxMatchBytes those of one record.
	maxMemoBytes  = 4 << 20
	maxMatchBytes = 64 << 10
	// maxKey bounds what is hashed of one record, in bytes.
	maxKey = 1 << 17
	// maxValueHits bounds the literals that are remembered of one value.
	maxValueHits = 16
)

type memoHash [2]uint64

func newMemo() *memo {
	return &memo{
		seeds:   [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		records: table[*outcome]{buckets: recordBuckets},
		values:  table[[]*gramLiteral]{buckets: valueBuckets},
	}
}

func (m *memo) sum() memoHash {
	return memoHash{maphash.Bytes(m.seeds[0], m.key), maphash.Bytes(m.seeds[1], m.key)}
}

func appendKey(key []byte, v *event.Value, id uint32) []byte {
	key = binary.LittleEndian.AppendUint64(key, uint64(id)<<40|uint64(v.Type)<<32|uint64(uint32(len(v.Raw))))
	return append(key, v.Raw...)
}

// record identifies what the rules of a frame's program can see of a record; header says which header it has. It is
// false for records too large to be worth it.
func (m *memo) record(f *frame, header uint32, ev *event.Event) (memoHash, bool) {
	k := binary.LittleEndian.AppendUint32(m.key[:0], header)
	k = binary.LittleEndian.AppendUint32(k, f.namesID)
	for i := range ev.Values {
		v := &ev.Values[i]
		if f.slots[v.Slot] < 0 && (f.keywords == nil || !f.keywords.may(v)) {
			continue
		}
		if len(k)+len(v.Raw) > maxKey {
			return memoHash{}, false
		}
		k = appendKey(k, v, v.Slot)
	}
	m.key = k
	return m.sum(), true
}

// field identifies what a guard sees of the record that is loaded. It is false for values too large to be worth it.
func (m *memo) field(f *frame, guard int) (memoHash, bool) {
	k := binary.LittleEndian.AppendUint64(m.key[:0], uint64(f.id)<<32|uint64(uint32(guard))|1<<63)
	for i, p := range f.prog.fields[f.prog.guards[guard].field].parts {
		for j, n := range p.from {
			for at := f.first[n]; at != 0; at = f.next[at-1] {
				v := &f.ev.Values[at-1]
				if len(k)+len(v.Raw) > maxKey {
					return memoHash{}, false
				}
				k = appendKey(k, v, uint32(i)<<8|uint32(j))
			}
		}
	}
	m.key = k
	return m.sum(), true
}

// putRecord remembers an outcome, which may push out another.
func (m *memo) putRecord(h memoHash, matches []memoMatch) {
	if len(matches) == 0 {
		m.records.put(h, nothing)
		return
	}
	size := 0
	for i := range matches {
		size += matchSize(matches, i)
		if size > maxMatchBytes {
			return
		}
	}
	if m.kept += size; m.kept > maxMemoBytes {
		clear(m.records.entries)
		m.kept = size
	}
	m.records.put(h, &outcome{matches: append([]memoMatch(nil), matches...)})
}

// matchSize is about how many bytes it takes to keep the match at i beside those before it, with which it shares the texts of
// the record (frame.share).
func matchSize(matches []memoMatch, i int) int {
	x, size := &matches[i], 64
	for _, v := range x.matched {
		size += 32
		if !slices.ContainsFunc(matches[:i], func(o memoMatch) bool { return slices.Contains(o.matched, v) }) {
			size += len(v.Name) + len(v.Value)
		}
	}
	for _, c := range x.caveats {
		size += 16 + len(c)
	}
	for j := range x.counted {
		c := &x.counted[j]
		size += 112 + len(c.texts) + len(c.values) + 16*len(c.hashes)
	}
	return size
}

// table is a hash table of fixed size. What is put into a full bucket takes the place of something else.
type table[V any] struct {
	buckets uint64
	entries []tableEntry[V]
	turn    uint32
}

type tableEntry[V any] struct {
	hash memoHash // zero: free
	v    V
}

const tableWays = 4

func (t *table[V]) bucket(h memoHash) []tableEntry[V] {
	i := h[0] % t.buckets * tableWays
	return t.entries[i : i+tableWays]
}

func (t *table[V]) get(h memoHash) (v V, ok bool) {
	if t.entries == nil {
		return v, false
	}
	b := t.bucket(h)
	for i := range b {
		if b[i].hash == h {
			return b[i].v, true
		}
	}
	return v, false
}

func (t *table[V]) put(h memoHash, v V) {
	if t.entries == nil {
		t.entries = make([]tableEntry[V], t.buckets*tableWays)
	}
	b := t.bucket(h)
	for i := range b {
		if b[i].hash == (memoHash{}) {
			b[i] = tableEntry[V]{h, v}
			return
		}
	}
	t.turn++
	b[t.turn%tableWays] = tableEntry[V]{h, v}
}

// worth decides whether to ask the memo at all: where nothing comes again it would only cost time.
type worth struct {
	asked, found uint32
	rest         uint32 // things to pass over before asking again
}

const (
	worthSample = 4096 // things that are asked for before judging
	worthRest   = 1 << 16
)

// ask says whether to look a thing up; one in share has to be known for that to be worth its time.
func (w *worth) ask(share uint32) bool {
	if w.rest > 0 {
		w.rest--
		return false
	}
	if w.asked == worthSample {
		if w.found < worthSample/share {
			w.rest = worthRest
		}
		w.asked, w.found = 0, 0
	}
	w.asked++
	return true
}
