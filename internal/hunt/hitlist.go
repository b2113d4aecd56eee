package hunt

import (
	"encoding/binary"
	"hash/maphash"

	"entente/internal/event"
)

// hitList is many matches that correlations count, without a pointer in them: there may be more of them than of anything
// else in a hunt, and few are ever part of a finding. Those that are become a [hit].
type hitList struct {
	entries []hitEntry
	hashes  []valueHash // of the values of all entries, in their order
	texts   []byte
	last    []byte // the values that were written last, which the groups of one record share
	lastAt  uint32
}

// hitEntry is what a match is sorted and weighed by.
type hitEntry struct {
	time    int64
	seq     uint64 // as hit.seq
	group   uint64 // hash of the group, without case, and of the correlation
	at      uint32 // of its place and group among the texts
	size    uint32
	valueAt uint32 // of its values, if they do not follow
	values  uint32 // their size, if they do not follow
	corr    int32
	ref     int32
	rule    int32 // of the plan; noRule where the texts name what matched
	file    int32 // of the store that it is in
	gap     int32
	hashes  int32 // that belong to it
	crowded bool
}

const noRule = -1

// hitEntryBytes is what an entry takes in memory.
const hitEntryBytes = 72

// valueHash stands for a value that a value_count counts; it is wide enough to be taken for the value.
type valueHash [2]uint64

// hitSeeds are the keys of the hashes of a plan.
type hitSeeds [2]maphash.Seed

func newHitSeeds() hitSeeds { return hitSeeds{maphash.MakeSeed(), maphash.MakeSeed()} }

func (s *hitSeeds) group(corr int32, group []string) uint64 {
	return maphash.String(s[0], groupKey(group)) ^ uint64(corr)*gramMul
}

func (s *hitSeeds) value(key string) valueHash {
	return valueHash{maphash.String(s[0], key), maphash.String(s[1], key)}
}

// counted is a match as a correlation counts it in one of its groups, but for where it stands. It is the same for
// records which are the same for a memo.
type counted struct {
	corr, ref, gap int32
	crowded        bool
	group          uint64
	hashes         []valueHash
	texts          []byte // the group
	values         []byte
}

// countedIn makes ready what the hits of [frame.hits], which are those of one record, add to its place.
func countedIn(dst []counted, hits []hit, co *correlation, seeds *hitSeeds) []counted {
	var (
		hashes []valueHash
		values []byte
	)
	for i := range hits {
		h := &hits[i]
		c := counted{corr: h.corr, ref: h.ref, gap: h.gap, crowded: h.crowded}
		if h.gap == 0 {
			if values == nil { // they have them in common
				hashes, values = h.hashes(co, seeds), appendTexts(nil, h.values)
			}
			c.group, c.texts = seeds.group(h.corr, h.group), appendTexts(nil, h.group)
			c.hashes, c.values = hashes, values
		}
		dst = append(dst, c)
	}
	return dst
}

// hashes are the hashes of what a value_count counts.
func (h *hit) hashes(co *correlation, seeds *hitSeeds) (out []valueHash) {
	if co.need.of == needValues {
		eachValue(co, h, func(k string) { out = append(out, seeds.value(k)) })
	}
	return out
}

// add takes a match in; place is what appendPlace wrote of its record.
func (l *hitList) add(time int64, seq uint64, rule int32, c *counted, place []byte) {
	if l.entries == nil { // where one record counts more will
		l.entries, l.texts = make([]hitEntry, 0, 8), make([]byte, 0, 1024)
	}
	at := len(l.texts)
	l.texts = append(append(l.texts, place...), c.texts...)
	e := hitEntry{
		time: time, seq: seq, group: c.group, at: uint32(at), size: uint32(len(l.texts) - at), values: uint32(len(c.values)),
		corr: c.corr, ref: c.ref, rule: rule, gap: c.gap, hashes: int32(len(c.hashes)), crowded: c.crowded,
	}
	if len(c.values) > 0 {
		if len(l.last) != len(c.values) || &l.last[0] != &c.values[0] {
			l.last, l.lastAt = c.values, uint32(len(l.texts))
			l.texts = append(l.texts, c.values...)
		}
		e.valueAt = l.lastAt
	}
	l.hashes = append(l.hashes, c.hashes...)
	l.entries = append(l.entries, e)
}

// appendOf appends the texts of an entry, as [hitEntry.hit] reads them.
func (l *hitList) appendOf(b []byte, e *hitEntry) []byte {
	b = append(b, l.texts[e.at:e.at+e.size]...)
	return append(b, l.texts[e.valueAt:e.valueAt+e.values]...)
}

// appendPlace writes where a match stands.
func appendPlace(b []byte, ev *event.Event, user string) []byte {
	b = binary.AppendVarint(b, ev.Offset)
	b = binary.AppendUvarint(b, ev.RecordID)
	b = append(b, placeMarks(ev.HasRecordID, ev.Carved))
	b = binary.AppendUvarint(b, uint64(ev.EventID))
	b = appendText(b, ev.Host)
	b = appendText(b, user)
	return appendText(b, ev.Channel)
}

// What a byte says of a record.
const (
	markNumbered = 1 << iota
	markCarved
)

func placeMarks(numbered, carved bool) (marks byte) {
	if numbered {
		marks |= markNumbered
	}
	if carved {
		marks |= markCarved
	}
	return marks
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendTexts(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendText(b, s)
	}
	return b
}

// hit makes a match of an entry and its texts again, but for its file.
func (e *hitEntry) hit(texts []byte, rules []*planRule, in *interner) *hit {
	h := &hit{time: e.time, seq: e.seq, corr: e.corr, ref: e.ref, gap: e.gap, crowded: e.crowded}
	r := textReader{texts, in}
	if e.rule == noRule {
		h.title, h.rule = r.text(), r.text()
	} else {
		m := &rules[e.rule].rule.Meta
		h.title, h.rule = m.Title, idOrName(m)
	}
	h.offset, h.record = r.int(), r.uint()
	h.numbered, h.carved = r.b[0]&markNumbered != 0, r.b[0]&markCarved != 0
	r.b = r.b[1:]
	h.eventID = uint32(r.uint())
	h.host, h.user, h.channel = r.text(), r.text(), r.text()
	h.group, h.values = r.list(), r.list()
	return h
}

// textReader reads what the functions above wrote.
type textReader struct {
	b  []byte
	in *interner
}

func (r *textReader) int() int64 {
	v, n := binary.Varint(r.b)
	r.b = r.b[n:]
	return v
}

func (r *textReader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	r.b = r.b[n:]
	return v
}

func (r *textReader) text() string {
	n := r.uint()
	s := r.in.get(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *textReader) list() []string {
	n := r.uint()
	if n == 0 {
		return nil
	}
	out := make([]string, n)
	for i := range out {
		out[i] = r.text()
	}
	return out
}
