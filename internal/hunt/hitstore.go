package hunt

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"entente/internal/event"
)

// hitStore keeps the matches that correlations wait for and hands them out in order of time. What does not fit into
// memory goes to a temporary file in sorted runs.
type hitStore struct {
	rules   []*planRule // that entries refer to
	seeds   *hitSeeds
	all     []*correlation
	chances *chances
	list    hitList // without hashes of values: they have been noted
	files   []string
	in      interner
	seq     uint64
	file    *os.File
	runs    []hitRun
	size    int64
}

type hitRun struct{ start, end int64 }

// hitStoreBytes is how much a store keeps in memory.
const hitStoreBytes = 24 << 20

func newHitStore(p *Plan) *hitStore {
	return &hitStore{rules: p.rules, seeds: &p.seeds, all: p.correlations, chances: newChances(p.correlations)}
}

// add takes in a match that is not one of a rule.
func (s *hitStore) add(h *hit) error {
	s.seq++
	seq := cmp.Or(h.seq, s.seq)
	at := len(s.list.texts)
	b := appendText(appendText(s.list.texts, h.title), h.rule)
	ev := event.Event{Offset: h.offset, RecordID: h.record, HasRecordID: h.numbered, Carved: h.carved, EventID: h.eventID, Host: h.host, Channel: h.channel}
	b = appendTexts(appendTexts(appendPlace(b, &ev, h.user), h.group), h.values)
	s.list.texts = b
	e := hitEntry{
		time: h.time, seq: seq, group: s.seeds.group(h.corr, h.group), at: uint32(at), size: uint32(len(b) - at), corr: h.corr, ref: h.ref, rule: noRule,
		file: s.number(h.file),
	}
	return s.keep(e, h.hashes(s.all[h.corr], s.seeds))
}

// take takes in a match of a list that a worker made of a file.
func (s *hitStore) take(l *hitList, e hitEntry, hashes []valueHash, file string) error {
	at := len(s.list.texts)
	s.list.texts = l.appendOf(roomFor(s.list.texts, int(e.size+e.values), hitStoreBytes/4), &e)
	e.at, e.size, e.valueAt, e.values = uint32(at), uint32(len(s.list.texts)-at), 0, 0
	e.file = s.number(file)
	return s.keep(e, hashes)
}

func (s *hitStore) keep(e hitEntry, hashes []valueHash) error {
	s.chances.note(&e, hashes)
	s.list.entries = append(roomFor(s.list.entries, 1, hitStoreBytes/4/hitEntryBytes), e)
	if len(s.list.entries)*hitEntryBytes+len(s.list.texts) < hitStoreBytes {
		return nil
	}
	return s.spill()
}

// roomFor makes a list twice as large where it lacks room for n more, but no more than most larger: it becomes large, and append
// would copy it often.
func roomFor[T any](list []T, n, most int) []T {
	if cap(list)-len(list) >= n {
		return list
	}
	return slices.Grow(list, max(n, min(cap(list), most)))
}

// number is a file's place in the list of files. Matches come file by file.
func (s *hitStore) number(file string) int32 {
	if n := len(s.files); n == 0 || s.files[n-1] != file {
		s.files = append(s.files, file)
	}
	return int32(len(s.files) - 1)
}

func compareHits(a, b *hit) int {
	return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.corr, b.corr), cmp.Compare(a.ref, b.ref), cmp.Compare(a.seq, b.seq))
}

func compareEntries(a, b *hitEntry) int {
	if a.time != b.time {
		return cmp.Compare(a.time, b.time)
	}
	return cmp.Or(cmp.Compare(a.corr, b.corr), cmp.Compare(a.ref, b.ref), cmp.Compare(a.seq, b.seq))
}

// order lists the entries in order, by their places; those of one record as they came.
func (l *hitList) order() []int32 {
	out := make([]int32, len(l.entries))
	for i := range out {
		out[i] = int32(i)
	}
	slices.SortFunc(out, func(a, b int32) int {
		return cmp.Or(compareEntries(&l.entries[a], &l.entries[b]), cmp.Compare(a, b))
	})
	return out
}

func (s *hitStore) spill() error {
	if s.file == nil {
		f, err := os.CreateTemp("", "entente-hits-*")
		if err != nil {
			return fmt.Errorf("correlation needs a temporary file: %w", err)
		}
		// Where the system allows it the name goes at once, so that nothing is left behind whatever happens.
		_ = os.Remove(f.Name())
		s.file = f
	}
	w := bufio.NewWriterSize(s.file, 1<<18)
	start := s.size
	var head []byte
	for _, i := range s.list.order() {
		e := &s.list.entries[i]
		head = e.append(head[:0])
		if _, err := w.Write(head); err != nil {
			return fmt.Errorf("writing correlation data: %w", err)
		}
		if _, err := w.Write(s.list.texts[e.at : e.at+e.size]); err != nil {
			return fmt.Errorf("writing correlation data: %w", err)
		}
		s.size += int64(len(head)) + int64(e.size)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing correlation data: %w", err)
	}
	s.runs = append(s.runs, hitRun{start, s.size})
	s.list.entries, s.list.texts = s.list.entries[:0], s.list.texts[:0]
	return nil
}

// each hands out all matches in order and empties the store: those with which their correlation may fire to yield, of
// the others only correlation and time to pass.
func (s *hitStore) each(yield func(*hit) error, pass func(corr int32, time int64) error) error {
	defer s.close()
	order := s.list.order()
	tell := func(e *hitEntry, texts []byte) error {
		if s.chances.none(e) {
			return pass(e.corr, e.time)
		}
		h := e.hit(texts, s.rules, &s.in)
		h.file = s.files[e.file]
		return yield(h)
	}
	if len(s.runs) == 0 {
		for _, i := range order {
			e := &s.list.entries[i]
			if err := tell(e, s.list.texts[e.at:e.at+e.size]); err != nil {
				return err
			}
		}
		return nil
	}
	var m hitMerge
	for i, r := range s.runs {
		m = append(m, &hitSource{run: i, r: bufio.NewReaderSize(io.NewSectionReader(s.file, r.start, r.end-r.start), 1<<16)})
	}
	m = append(m, &hitSource{run: len(s.runs), mem: &s.list, order: order})
	for i := 0; i < len(m); {
		switch err := m[i].next(); {
		case err == nil:
			i++
		case errors.Is(err, io.EOF):
			m = slices.Delete(m, i, i+1)
		default:
			return err
		}
	}
	heap.Init(&m)
	for len(m) > 0 {
		if err := tell(&m[0].head, m[0].texts); err != nil {
			return err
		}
		switch err := m[0].next(); {
		case err == nil:
			heap.Fix(&m, 0)
		case errors.Is(err, io.EOF):
			heap.Pop(&m)
		default:
			return err
		}
	}
	return nil
}

func (s *hitStore) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
		s.file = nil
	}
	s.list, s.runs, s.files, s.chances = hitList{}, nil, nil, nil
}

// hitSource is one sorted run.
type hitSource struct {
	run   int // runs come in the order of the input
	r     *bufio.Reader
	mem   *hitList
	order []int32 // of what is left of mem
	head  hitEntry
	texts []byte // of head
	buf   [hitHeadBytes]byte
}

func (s *hitSource) next() error {
	if s.r == nil {
		if len(s.order) == 0 {
			return io.EOF
		}
		s.head = s.mem.entries[s.order[0]]
		s.texts = s.mem.texts[s.head.at : s.head.at+s.head.size]
		s.order = s.order[1:]
		return nil
	}
	if _, err := io.ReadFull(s.r, s.buf[:]); err != nil {
		if errors.Is(err, io.EOF) {
			return io.EOF
		}
		return fmt.Errorf("reading correlation data back: %w", err)
	}
	s.head.read(s.buf[:])
	s.texts = slices.Grow(s.texts[:0], int(s.head.size))[:s.head.size]
	if _, err := io.ReadFull(s.r, s.texts); err != nil {
		return fmt.Errorf("reading correlation data back: %w", err)
	}
	return nil
}

// hitHeadBytes is what an entry takes in a run.
const hitHeadBytes = 3*8 + 5*4

// append writes an entry, as far as it is needed in a run; the gap and what is crowded have been seen to.
func (e *hitEntry) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(e.time))
	b = binary.LittleEndian.AppendUint64(b, e.seq)
	b = binary.LittleEndian.AppendUint64(b, e.group)
	for _, n := range []int32{e.corr, e.ref, e.rule, e.file, int32(e.size)} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return b
}

func (e *hitEntry) read(b []byte) {
	e.time, e.seq, e.group = int64(binary.LittleEndian.Uint64(b)), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:])
	num := func(i int) int32 { return int32(binary.LittleEndian.Uint32(b[24+4*i:])) }
	e.corr, e.ref, e.rule, e.file, e.size = num(0), num(1), num(2), num(3), uint32(num(4))
}

type hitMerge []*hitSource

func (m hitMerge) Len() int { return len(m) }
func (m hitMerge) Less(i, j int) bool {
	return cmp.Or(compareEntries(&m[i].head, &m[j].head), cmp.Compare(m[i].run, m[j].run)) < 0
}
func (m hitMerge) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *hitMerge) Push(x any)   { *m = append(*m, x.(*hitSource)) } // heap's contract
func (m *hitMerge) Pop() any {
	old := *m
	x := old[len(old)-1]
	*m = old[:len(old)-1]
	return x
}

// interner shares equal strings, up to a number of them.
type interner struct{ m map[string]string }

func (in *interner) get(b []byte) string {
	if s, ok := in.m[string(b)]; ok {
		return s
	}
	return in.keep(string(b))
}

// same is get for a text, which may be a part of a larger one: the interner keeps a copy.
func (in *interner) same(text string) string {
	if s, ok := in.m[text]; ok {
		return s
	}
	return in.keep(strings.Clone(text))
}

func (in *interner) keep(s string) string {
	if in.m == nil || len(in.m) > 1<<16 {
		in.m = map[string]string{}
	}
	in.m[s] = s
	return s
}

// encode writes a match for the snapshot of a [Live].
func (h *hit) encode(b []byte) []byte {
	b = binary.AppendVarint(b, h.time)
	b = binary.AppendUvarint(b, h.seq)
	b = binary.AppendVarint(b, int64(h.corr))
	b = binary.AppendVarint(b, int64(h.ref))
	b = binary.AppendVarint(b, h.offset)
	str := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	for _, s := range []string{h.title, h.rule, h.host, h.file} {
		str(s)
	}
	for _, l := range [][]string{h.group, h.values} {
		b = binary.AppendUvarint(b, uint64(len(l)))
		for _, s := range l {
			str(s)
		}
	}
	str(h.user)
	str(h.channel)
	b = binary.AppendUvarint(b, h.record)
	b = binary.AppendUvarint(b, uint64(h.eventID))
	return append(b, placeMarks(h.numbered, h.carved))
}

// decode reads what encode wrote; the file is our own, so that its form is not in question.
func (h *hit) decode(b []byte, in *interner) {
	num := func() int64 {
		v, n := binary.Varint(b)
		b = b[n:]
		return v
	}
	count := func() uint64 {
		v, n := binary.Uvarint(b)
		b = b[n:]
		return v
	}
	str := func() string {
		n := count()
		s := in.get(b[:n])
		b = b[n:]
		return s
	}
	h.time = num()
	h.seq = count()
	h.corr = int32(num())
	h.ref = int32(num())
	h.offset = num()
	h.title, h.rule, h.host, h.file = str(), str(), str(), str()
	for _, l := range []*[]string{&h.group, &h.values} {
		for range min(count(), uint64(len(b))) {
			*l = append(*l, str())
		}
	}
	if len(b) == 0 {
		return // as a watch of an earlier version wrote it
	}
	h.user, h.channel = str(), str()
	h.record, h.eventID = count(), uint32(count())
	h.numbered = len(b) > 0 && b[0]&markNumbered != 0 || h.record != 0
	h.carved = len(b) > 0 && b[0]&markCarved != 0
}

// json shows a correlation as the event of its finding.
func (c *CorrelationHit) json() json.RawMessage {
	group := map[string]string{}
	for _, g := range c.Group {
		group[g.Name] = g.Value
	}
	b, err := json.Marshal(struct {
		Correlation string            `json:"correlation"`
		Group       map[string]string `json:"group,omitempty"`
		Value       float64           `json:"value"`
		Matches     int               `json:"matches"`
	}{string(c.Type), group, c.Value, c.Total})
	if err != nil { // a value that JSON cannot hold, such as an infinite sum
		return json.RawMessage(`{}`)
	}
	return b
}
