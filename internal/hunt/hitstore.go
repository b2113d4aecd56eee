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
)

// hitStore keeps the matches that correlations wait for and hands them out in order of time. What does not fit into
// memory goes to a temporary file in sorted runs.
type hitStore struct {
	hits  []hit
	bytes int
	seq   uint64
	file  *os.File
	runs  []hitRun
	size  int64
}

type hitRun struct{ start, end int64 }

// hitStoreBytes is how much a store keeps in memory.
const hitStoreBytes = 24 << 20

func (s *hitStore) add(h hit) error {
	s.seq++
	if h.seq == 0 {
		h.seq = s.seq
	}
	s.hits = append(s.hits, h)
	s.bytes += 240 + len(h.host) + len(h.user) // the other texts are shared
	for _, g := range h.group {
		s.bytes += 16 + len(g)
	}
	for _, v := range h.values {
		s.bytes += 16 + len(v)
	}
	if s.bytes < hitStoreBytes {
		return nil
	}
	return s.spill()
}

func compareHits(a, b *hit) int {
	return cmp.Or(cmp.Compare(a.time, b.time), cmp.Compare(a.corr, b.corr), cmp.Compare(a.ref, b.ref), cmp.Compare(a.seq, b.seq))
}

// sorted are the hits in memory, in order. They stay where they are: they are large.
func (s *hitStore) sorted() []*hit {
	out := make([]*hit, len(s.hits))
	for i := range s.hits {
		out[i] = &s.hits[i]
	}
	if !slices.IsSortedFunc(out, compareHits) {
		slices.SortFunc(out, compareHits) // seq tells all apart
	}
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
	var buf []byte
	for _, h := range s.sorted() {
		buf = h.encode(buf[:0])
		var n [binary.MaxVarintLen64]byte
		k := binary.PutUvarint(n[:], uint64(len(buf)))
		if _, err := w.Write(n[:k]); err != nil {
			return fmt.Errorf("writing correlation data: %w", err)
		}
		if _, err := w.Write(buf); err != nil {
			return fmt.Errorf("writing correlation data: %w", err)
		}
		s.size += int64(k + len(buf))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("writing correlation data: %w", err)
	}
	s.runs = append(s.runs, hitRun{start, s.size})
	s.hits, s.bytes = s.hits[:0], 0
	return nil
}

// each calls yield with all hits in order and empties the store.
func (s *hitStore) each(yield func(*hit) error) error {
	defer s.close()
	sorted := s.sorted()
	if len(s.runs) == 0 {
		for _, h := range sorted {
			if err := yield(h); err != nil {
				return err
			}
		}
		return nil
	}
	var m hitMerge
	in := &interner{}
	for _, r := range s.runs {
		src := &hitSource{r: bufio.NewReaderSize(io.NewSectionReader(s.file, r.start, r.end-r.start), 1<<16), in: in}
		if err := src.next(); err == nil {
			m = append(m, src)
		} else if !errors.Is(err, io.EOF) {
			return err
		}
	}
	if len(sorted) > 0 {
		src := &hitSource{mem: sorted, in: in}
		if err := src.next(); err == nil {
			m = append(m, src)
		}
	}
	heap.Init(&m)
	for len(m) > 0 {
		h := m[0].head
		if err := yield(h); err != nil {
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
	s.hits, s.runs = nil, nil
}

// hitSource is one sorted run.
type hitSource struct {
	r    *bufio.Reader
	mem  []*hit
	head *hit
	in   *interner
}

func (s *hitSource) next() error {
	if s.r == nil {
		if len(s.mem) == 0 {
			return io.EOF
		}
		s.head, s.mem = s.mem[0], s.mem[1:]
		return nil
	}
	n, err := binary.ReadUvarint(s.r)
	if err != nil {
		return io.EOF
	}
	buf := make([]byte, n)
	if _, err := io.ReadFull(s.r, buf); err != nil {
		return fmt.Errorf("reading correlation data back: %w", err)
	}
	h := &hit{}
	h.decode(buf, s.in)
	s.head = h
	return nil
}

type hitMerge []*hitSource

func (m hitMerge) Len() int           { return len(m) }
func (m hitMerge) Less(i, j int) bool { return compareHits(m[i].head, m[j].head) < 0 }
func (m hitMerge) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *hitMerge) Push(x any)        { *m = append(*m, x.(*hitSource)) } // heap's contract
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
	if in.m == nil || len(in.m) > 1<<16 {
		in.m = map[string]string{}
	}
	s := string(b)
	in.m[s] = s
	return s
}

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
	if h.numbered {
		return append(b, 1)
	}
	return append(b, 0)
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
	h.numbered = len(b) > 0 && b[0] != 0 || h.record != 0
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
