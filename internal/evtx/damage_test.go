package evtx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// fingerprint is all of an event that must survive damage elsewhere.
func fingerprint(e decoded) string { return fmt.Sprintf("%d %q", e.RecordID, e.fields) }

func fingerprints(events []decoded) map[uint64]string {
	m := map[uint64]string{}
	for _, e := range events {
		m[e.RecordID] = fingerprint(e)
	}
	return m
}

// read decodes a log that may be damaged.
func read(tb testing.TB, log []byte) ([]decoded, []warning) {
	tb.Helper()
	chunks, offsets, warnings := splitAll(tb, bytes.NewReader(log))
	events, more := decodeChunks(NewDecoder(), false, chunks, offsets)
	return events, append(warnings, more...)
}

// recordOffsets are the offsets in a whole log of its records.
func recordOffsets(log []byte) (offsets []int) {
	for base := fileHeaderSize; base < len(log); base += chunkSize {
		free := int(binary.LittleEndian.Uint32(log[base+48:]))
		for pos := chunkHeaderSize; pos < free; {
			offsets = append(offsets, base+pos)
			pos += int(binary.LittleEndian.Uint32(log[base+pos+4:]))
		}
	}
	return offsets
}

// A log that ends anywhere gives every record that is whole in it.
func TestTruncated(t *testing.T) {
	log := sampleLog(t, 300)
	whole, _ := read(t, log)
	want := fingerprints(whole)
	offsets := recordOffsets(log)
	for size := 0; size < len(log); size += sectorSize {
		events, warnings := read(t, log[:size])
		complete := 0
		for _, o := range offsets {
			if o+int(binary.LittleEndian.Uint32(log[o+4:])) <= size {
				complete++
			}
		}
		if len(events) < complete || len(events) > complete+1 {
			t.Fatalf("%d bytes: %d events, %d are complete", size, len(events), complete)
		}
		for i, e := range events[:complete] {
			if fingerprint(e) != want[e.RecordID] {
				t.Fatalf("%d bytes: event %d has changed", size, i)
			}
		}
		if size%chunkSize != fileHeaderSize && size > 0 && len(warnings) == 0 {
			t.Errorf("%d bytes: no warning", size)
		}
	}
}

// A chunk whose header is damaged is there: the file is not said to be cut off.
func TestDamagedHeaderIsNoMissingChunk(t *testing.T) {
	log := sampleLog(t, 700)
	for base := fileHeaderSize; base < len(log); base += chunkSize {
		b := bytes.Clone(log)
		clear(b[base : base+40])
		_, warnings := read(t, b)
		for _, w := range warnings {
			if strings.Contains(w.msg, "file: ") {
				t.Errorf("chunk at %d: %s", base, w.msg)
			}
		}
	}
}

// What is destroyed beside it, no chunk is lost.
func TestDamagedContainer(t *testing.T) {
	log := sampleLog(t, 700)
	whole, _ := read(t, log)
	want := fingerprints(whole)
	n := len(whole)
	chunk := func(i int) int { return fileHeaderSize + i*chunkSize }
	firstOf := func(i int) uint64 { return binary.LittleEndian.Uint64(log[chunk(i)+24:]) }
	if len(log) < chunk(4) {
		t.Fatal("the sample has too few chunks")
	}
	tests := []struct {
		name   string
		damage func(b []byte) []byte
		lost   func(id uint64) bool // nil for none
		warn   string
	}{
		{"file header zero", func(b []byte) []byte { clear(b[:fileHeaderSize]); return b }, nil, "file: its header is damaged"},
		{"file header missing", func(b []byte) []byte { return b[fileHeaderSize:] }, nil, "file: its header is missing"},
		{"file header cut", func(b []byte) []byte { return slices.Delete(b, 512, 1536) }, nil, ""},
		{"file header of another size", func(b []byte) []byte { return slices.Insert(b, 4096, make([]byte, 1024)...) }, nil, ""},
		{"file header flipped", func(b []byte) []byte { b[24] ^= 1; return b }, nil, "header's checksum is wrong"},
		{"chunk count too large", func(b []byte) []byte { return b[:chunk(3)] }, func(id uint64) bool { return id >= firstOf(3) }, "3 are there"},
		{"chunk magic", func(b []byte) []byte { b[chunk(1)] = 'X'; return b }, nil, "chunk: its header is missing"},
		{"chunk header zero", func(b []byte) []byte { clear(b[chunk(1):][:512]); return b }, nil, "chunk: its header is missing"},
		{"first chunk header zero", func(b []byte) []byte { clear(b[chunk(0):][:512]); return b }, nil, "chunk: its header is missing"},
		{"all chunk headers zero", func(b []byte) []byte {
			for i := 0; chunk(i) < len(b); i++ {
				clear(b[chunk(i):][:512])
			}
			return b
		}, nil, "chunk: its header is missing"},
		{"chunk header flipped", func(b []byte) []byte { b[chunk(1)+130] ^= 4; return b }, nil, "chunk: the header's checksum"},
		{"free space too small", func(b []byte) []byte { setFree(b[chunk(1):], 600, 512); return b }, nil, ""},
		{"free space none", func(b []byte) []byte { setFree(b[chunk(1):], 512, 512); return b }, nil, ""},
		{"free space zero", func(b []byte) []byte { setFree(b[chunk(1):], 0, 0); return b }, nil, "out of range"},
		{"free space beyond", func(b []byte) []byte { setFree(b[chunk(1):], 1<<31, 1<<31); return b }, nil, "out of range"},
		{"free space the whole chunk", func(b []byte) []byte { setFree(b[chunk(1):], chunkSize, 512); return b }, nil, ""},
		{"zeroed chunk", func(b []byte) []byte { clear(b[chunk(1):][:chunkSize]); return b }, func(id uint64) bool { return id >= firstOf(1) && id < firstOf(2) }, "zeroes stand here where one should"},
		{"zeroed chunk and file header", func(b []byte) []byte {
			clear(b[:fileHeaderSize])
			clear(b[chunk(1):][:chunkSize])
			return b
		}, func(id uint64) bool { return id >= firstOf(1) && id < firstOf(2) }, "file: 65536 zero bytes stand here before a chunk"},
		{"zeroed front", func(b []byte) []byte { clear(b[:chunk(1)]); return b }, func(id uint64) bool { return id < firstOf(1) }, "file: 65536 zero bytes stand here before a chunk"},
		{"bytes before a chunk", func(b []byte) []byte {
			return slices.Insert(b, chunk(1), bytes.Repeat([]byte{7}, 1024)...)
		}, nil, "are no event log"},
		{"zeroes before a chunk", func(b []byte) []byte { return slices.Insert(b, chunk(1), make([]byte, 512)...) }, nil, ""},
		{"garbage behind", func(b []byte) []byte { return append(b, bytes.Repeat([]byte{7}, 100000)...) }, nil, "are no event log"},
		{"zeroes behind", func(b []byte) []byte { return append(b, make([]byte, 300000)...) }, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			events, warnings := read(t, tt.damage(bytes.Clone(log)))
			if tt.warn != "" {
				wantWarning(t, warnings, tt.warn)
			}
			expect := n
			if tt.lost != nil {
				for id := range want {
					if tt.lost(id) {
						expect--
					}
				}
			}
			if len(events) != expect {
				t.Fatalf("%d events, want %d; %v", len(events), expect, warnings)
			}
			for _, e := range events {
				if fingerprint(e) != want[e.RecordID] {
					t.Fatalf("record %d has changed", e.RecordID)
				}
			}
		})
	}
}

// A chunk that has lost its unused end does not swallow the next one.
func TestMissingSectors(t *testing.T) {
	var records []*Record
	for i := range 6 { // every other record fills a chunk
		records = append(records, logonRecord(i), &Record{Provider: "P", Data: []Field{{"Long", Text(string(bytes.Repeat([]byte{'x'}, 30000)))}}})
	}
	log := logOf(t, records...)
	whole, _ := read(t, log)
	want := fingerprints(whole)
	second := binary.LittleEndian.Uint64(log[fileHeaderSize+chunkSize+24:]) // first record of the second chunk
	for _, cut := range []int{512, 1024, 8192, 32768} {
		b := slices.Delete(bytes.Clone(log), fileHeaderSize+chunkSize-cut, fileHeaderSize+chunkSize)
		events, warnings := read(t, b)
		wantWarning(t, warnings, fmt.Sprintf("chunk: it ends after %d of its 65536 bytes; records read: ", chunkSize-cut))
		got := fingerprints(events)
		lost := 0
		for id, f := range want {
			if got[id] != f {
				lost++
				if id >= second {
					t.Errorf("%d bytes missing: record %d is not what it was", cut, id)
				}
			}
		}
		if lost >= int(second)-1 {
			t.Errorf("%d bytes missing: all %d records of the chunk are lost", cut, lost)
		}
	}
}

func setFree(chunk []byte, free, last uint32) {
	binary.LittleEndian.PutUint32(chunk[48:], free)
	binary.LittleEndian.PutUint32(chunk[44:], last)
	binary.LittleEndian.PutUint32(chunk[124:], headerSum(chunk))
}

// One damaged record costs no other; most such records can be read themselves.
func TestDamagedRecord(t *testing.T) {
	records := make([]*Record, 60)
	for i := range records {
		records[i] = logonRecord(i)
	}
	log := logOf(t, records...)
	offsets := recordOffsets(log)
	whole, _ := read(t, log)
	want := fingerprints(whole)
	const victim = 20 // its templates are defined long before
	at := offsets[victim]
	size := int(binary.LittleEndian.Uint32(log[at+4:]))
	put := func(off int, v uint32) func([]byte) {
		return func(b []byte) { binary.LittleEndian.PutUint32(b[at+off:], v) }
	}
	tests := []struct {
		name   string
		damage func(b []byte)
		kept   bool // the record itself is read unchanged
		warn   string
	}{
		{"magic", put(0, 0), true, "first bytes are damaged"},
		{"size zero", put(4, 0), true, "size is damaged"},
		{"size small", put(4, 20), true, "size is damaged"},
		{"size odd", put(4, uint32(size-8)), true, "size is damaged"},
		{"size beyond the chunk", put(4, 1<<20), true, "size is damaged"},
		{"size huge", put(4, 1<<32-1), true, "size is damaged"},
		{"copy of the size", put(size-4, 5), true, "copy of its size"},
		{"both sizes", func(b []byte) { put(4, 0)(b); put(size-4, 0)(b) }, true, "size is damaged"},
		{"magic and size", func(b []byte) { put(0, 0)(b); put(4, 0)(b) }, false, "records 21 to 21 are lost"},
		{"all of it", func(b []byte) { copy(b[at:at+size], bytes.Repeat([]byte{0xa5}, size)) }, false, "records 21 to 21 are lost"},
		{"all of it zero", func(b []byte) { clear(b[at : at+size]) }, false, "records 21 to 21 are lost"},
		{"its content", func(b []byte) { copy(b[at+24:at+size-4], bytes.Repeat([]byte{0xa5}, size)) }, false, "record 21 is lost"},
		{"its content zero", func(b []byte) { clear(b[at+24 : at+size-4]) }, false, "record 21 is lost"},
		{"definition outside", put(recordHeader+4+6, 1<<30), false, "outside the chunk"},
		{"number of values", put(recordHeader+4+10, 1<<30), false, "values does not fit"},
		{"record id", func(b []byte) { b[at+15] = 0xff }, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := bytes.Clone(log)
			tt.damage(b)
			events, warnings := read(t, b)
			wantWarning(t, warnings, "records' checksum is wrong")
			wantWarning(t, warnings, tt.warn)
			got := fingerprints(events)
			for id, f := range want {
				if id == victim+1 && !tt.kept {
					continue
				}
				if got[id] != f {
					t.Errorf("record %d: %s", id, got[id])
				}
			}
		})
	}
}

// What is wrong with a chunk as a whole is told once, with how many of its records were read; a record is told of once, too.
func TestChunkIsToldOfOnce(t *testing.T) {
	records := make([]*Record, 60)
	for i := range records {
		records[i] = logonRecord(i)
	}
	log := logOf(t, records...)
	offsets := recordOffsets(log)
	for _, c := range []struct {
		name   string
		damage func(b []byte) []byte
		want   []string
	}{
		{"cut within a record", func(b []byte) []byte { return b[:offsets[21]-60] }, []string{
			fmt.Sprintf("chunk: it ends after %d of its 65536 bytes; records read: 21 of 60, 1 of them in part", offsets[21]-60-fileHeaderSize),
			"record 21 is read in part: its values are longer than their place",
		}},
		{"cut behind the records", func(b []byte) []byte { return b[:len(b)-512] }, []string{
			"chunk: it ends after 65024 of its 65536 bytes; records read: 60 of 60",
		}},
		{"a byte of text", func(b []byte) []byte { b[offsets[20]+300] ^= 1; return b }, []string{
			"chunk: the records' checksum is wrong; records read: 60 of 60",
		}},
		{"zeroes over two records", func(b []byte) []byte { clear(b[offsets[20]:offsets[22]]); return b }, []string{
			"chunk: the records' checksum is wrong; records read: 58 of 60", "records 21 to 22 are lost",
		}},
		{"the header", func(b []byte) []byte { clear(b[fileHeaderSize:][:chunkHeaderSize]); return b }, []string{
			"chunk: its header is missing; records read: 60",
		}},
	} {
		_, warnings := read(t, c.damage(bytes.Clone(log)))
		warnings = slices.DeleteFunc(warnings, func(w warning) bool { return strings.HasPrefix(w.msg, "file: ") })
		if len(warnings) != len(c.want) {
			t.Errorf("%s: %v, want %q", c.name, warnings, c.want)
			continue
		}
		for i, w := range warnings {
			if !strings.HasPrefix(w.msg, c.want[i]) || strings.HasPrefix(w.msg, "chunk: ") && w.msg != c.want[i] {
				t.Errorf("%s: %q, want %q", c.name, w.msg, c.want[i])
			}
		}
	}
}

// A damaged id does not make the records behind a later damage look old.
func TestDamagedIDThenDamage(t *testing.T) {
	records := make([]*Record, 60)
	for i := range records {
		records[i] = logonRecord(i)
	}
	log := logOf(t, records...)
	offsets := recordOffsets(log)
	for _, victim := range []int{0, 10} {
		b := bytes.Clone(log)
		b[offsets[victim]+14] = 0x40
		clear(b[offsets[30] : offsets[30]+8])
		clear(b[offsets[31]-4 : offsets[31]])
		if events, warnings := read(t, b); len(events) != 59 {
			t.Errorf("damaged id of record %d: %d events, want 59; %v", victim+1, len(events), warnings)
		}
	}
}

// Whatever bit is turned: no panic, and the other chunks are as they were.
func TestFlippedBits(t *testing.T) {
	log := sampleLog(t, 500)
	whole, _ := read(t, log)
	r := rand.New(rand.NewPCG(3, 4))
	chunkOf := func(e decoded) int { return int(e.Offset-fileHeaderSize) / chunkSize }
	perChunk := map[int][]string{}
	for _, e := range whole {
		perChunk[chunkOf(e)] = append(perChunk[chunkOf(e)], fingerprint(e))
	}
	for range 150 {
		b := bytes.Clone(log)
		hit := r.IntN(len(perChunk))
		for range 1 + r.IntN(20) {
			b[fileHeaderSize+hit*chunkSize+r.IntN(chunkSize)] ^= 1 << r.IntN(8)
		}
		events, _ := read(t, b)
		got := map[int][]string{}
		for _, e := range events {
			got[chunkOf(e)] = append(got[chunkOf(e)], fingerprint(e))
		}
		for c, want := range perChunk {
			if c != hit && !slices.Equal(got[c], want) {
				t.Fatalf("damage in chunk %d has changed chunk %d", hit, c)
			}
		}
		if len(got[hit]) == 0 {
			t.Errorf("chunk %d gives nothing after a few turned bits", hit)
		}
	}
}

// Records beyond what the chunk's header knows belong to it as long as their ids go on.
func TestStaleHeader(t *testing.T) {
	var records []*Record
	for i := range 60 {
		records = append(records, logonRecord(i))
	}
	log := logOf(t, records...)
	offsets := recordOffsets(log)
	c := log[fileHeaderSize:]
	setFree(c, uint32(offsets[30]-fileHeaderSize), uint32(offsets[29]-fileHeaderSize))
	if events, _ := read(t, log); len(events) != 60 {
		t.Errorf("%d events, want 60", len(events))
	}
	// A record of an earlier use of the chunk is none of them.
	binary.LittleEndian.PutUint64(log[offsets[40]+8:], 7)
	if events, _ := read(t, log); len(events) != 40 {
		t.Errorf("%d events, want 40", len(events))
	}
}

// reused is a chunk of old records whose beginning is overwritten by newer ones.
func reused(t *testing.T) (chunk []byte, live, old int) {
	t.Helper()
	var before, after []*Record
	for i := range 90 {
		r := processRecord(i)
		r.RecordID = uint64(1000 + i)
		before = append(before, r)
	}
	for i := range 12 {
		r := logonRecord(i)
		r.RecordID = uint64(5000 + i)
		after = append(after, r)
	}
	oldLog, newLog := logOf(t, before...), logOf(t, after...)
	c, n := oldLog[fileHeaderSize:fileHeaderSize+chunkSize], newLog[fileHeaderSize:]
	free := int(binary.LittleEndian.Uint32(n[48:]))
	for _, o := range recordOffsets(oldLog[:fileHeaderSize+chunkSize]) {
		if o-fileHeaderSize >= free {
			old++
		}
	}
	copy(c, n[:free])
	return c, len(after), old
}

func TestCarve(t *testing.T) {
	c, live, old := reused(t)
	if old < 20 {
		t.Fatalf("only %d old records are left", old)
	}
	events, warnings := decodeChunks(NewDecoder(), false, [][]byte{c}, []int64{fileHeaderSize})
	if len(events) != live || len(warnings) > 0 {
		t.Fatalf("%d events, want %d; %v", len(events), live, warnings)
	}
	carved, warnings := decodeChunks(NewDecoder(), true, [][]byte{c}, []int64{fileHeaderSize})
	if len(carved) != live+old || len(warnings) > 0 {
		t.Fatalf("%d events, want %d and %d; %v", len(carved), live, old, warnings)
	}
	for i, e := range carved[:live] {
		if fingerprint(e) != fingerprint(events[i]) {
			t.Errorf("live record %d has changed", e.RecordID)
		}
	}
	seen := map[uint64]bool{}
	for _, e := range carved {
		if seen[e.RecordID] {
			t.Errorf("record %d stands twice", e.RecordID)
		}
		seen[e.RecordID] = true
	}
	// The definitions lay where the new records are; the values are there all the same.
	for _, e := range carved[live:] {
		if e.EventID != 1 || e.Channel != "Microsoft-Windows-Sysmon/Operational" || !slices.Contains(e.fields, `Data=CORP\user01`) {
			t.Fatalf("carved record %d: %q", e.RecordID, e.fields)
		}
	}
}

// Slack that still holds the live records' own copies gives none of them again.
func TestCarveDuplicates(t *testing.T) {
	log := logOf(t, logonRecord(1), logonRecord(2), logonRecord(3))
	c := log[fileHeaderSize:]
	free := int(binary.LittleEndian.Uint32(c[48:]))
	copy(c[free+8:], c[chunkHeaderSize:free])
	events, _ := decodeChunks(NewDecoder(), true, [][]byte{c}, []int64{0})
	if len(events) != 3 {
		t.Errorf("%d events, want 3", len(events))
	}
}

// A chunk made to keep the reader busy is given up after bounded work, and told.
func TestBudget(t *testing.T) {
	count := func(c []byte) (events, values int, warnings []warning) {
		ev, warnings := decodeOne(c)
		for _, e := range ev {
			values += len(e.fields)
		}
		return len(ev), values, warnings
	}
	t.Run("one definition for ever new offsets", func(t *testing.T) {
		// A long run of elements, and records that begin to read it at every offset.
		a := assemble()
		a.inline = false
		at := 0
		a.record(func() {
			a.fragment()
			a.leaf("x", "")
			at = len(a.b)
			for range 3000 {
				a.u8(tokOpenElement).u16(noDependency).u32(0).u32(a.names["x"]).u8(tokCloseEmpty)
			}
		})
		for i := range 600 {
			a.record(func() {
				off := at + 12*i
				a.u8(tokTemplate, 1)
				a.u8(a.b[off+4 : off+8]...)
				a.u32(off).u32(0)
			})
		}
		_, _, warnings := count(a.chunk())
		wantWarning(t, warnings, "more work than any real one")
	})
	t.Run("many uses of many fields", func(t *testing.T) {
		a := assemble()
		def := 0
		a.record(func() {
			a.fragment()
			def = a.template(1, func() {
				a.open("EventData", false).content()
				a.leaf("x", "")
				a.inline = false
				for range 1200 {
					a.leaf("x", "")
				}
				a.end()
			})
		})
		for range 800 {
			a.record(func() { a.instance(1, def) })
		}
		events, values, warnings := count(a.chunk())
		wantWarning(t, warnings, "more work than any real one")
		if values > chunkBudget || events < 100 {
			t.Errorf("%d events, %d values", events, values)
		}
	})
	t.Run("fragments that multiply", func(t *testing.T) {
		a := assemble()
		a.record(func() {
			a.fragment()
			def := a.template(1, func() {
				a.open("Event", false).content()
				for range 50 {
					a.sub(tokOptional, 0)
				}
				a.end()
			})
			a.b = a.b[:len(a.b)-4]
			inner := []byte{tokTemplate, 1, 1, 1, 1, 1}
			inner = binary.LittleEndian.AppendUint32(inner, uint32(def))
			inner = append(inner, 1, 0, 0, 0, 0, 0, typeString, 0)
			for range 30 {
				next := []byte{tokTemplate, 1, 1, 1, 1, 1}
				next = binary.LittleEndian.AppendUint32(next, uint32(def))
				next = append(next, 1, 0, 0, 0, byte(len(inner)), byte(len(inner)>>8), typeBinXML, 0)
				inner = append(next, inner...)
			}
			a.values(value{typeBinXML, inner})
		})
		_, values, _ := count(a.chunk())
		if values > maxValues+1000 {
			t.Errorf("%d values", values)
		}
	})
	t.Run("a text that multiplies", func(t *testing.T) {
		a := assemble()
		a.record(func() {
			a.fragment()
			a.template(1, func() {
				a.open("EventData", false).content().open("Data", false).content()
				for range 4000 {
					a.sub(tokSubstitution, 0)
				}
				a.end().end()
			}, str(string(bytes.Repeat([]byte{'x'}, 8000))))
		})
		events, _ := decodeOne(a.chunk())
		if len(events) != 1 || len(events[0].fields[0]) > maxJoined+10000 {
			t.Errorf("%d events", len(events))
		}
	})
	t.Run("an array of everything", func(t *testing.T) {
		r := clearedRecord()
		r.UserData, r.Data = "", []Field{{"A", Raw(typeUint8|typeArray, make([]byte, 50000))}}
		events, warnings := read(t, logOf(t, r, logonRecord(1)))
		wantWarning(t, warnings, "more than")
		if len(events) != 2 || len(events[0].fields) > maxValues+100 || events[1].EventID != 4624 {
			t.Errorf("%d events", len(events))
		}
	})
	t.Run("ever new names", func(t *testing.T) {
		d := NewDecoder()
		for i := range 60 {
			a := assemble()
			a.record(func() {
				a.fragment().open("UserData", false).content()
				for j := range 1000 {
					a.leaf(fmt.Sprintf("n%d_%d", i, j), "v")
				}
				a.end()
			})
			events, _ := decodeChunks(d, false, [][]byte{a.chunk()}, []int64{0})
			if len(events) != 1 || !slices.Contains(events[0].data(), fmt.Sprintf("n%d_999=v", i)) {
				t.Fatalf("chunk %d: %d events", i, len(events))
			}
			if d.names.Full() || d.nameBytes > maxNamesBytes+chunkSize {
				t.Fatalf("%d names of %d bytes", d.names.Len(), d.nameBytes)
			}
		}
		if len(d.programs) > 30 {
			t.Errorf("%d programs outlive their names", len(d.programs))
		}
	})
	t.Run("ever new definitions", func(t *testing.T) {
		d := NewDecoder()
		for i := range 3000 {
			a := assemble()
			a.record(func() {
				a.fragment()
				a.template(1, func() { a.open("EventData", false).content().leaf("x", fmt.Sprintf("%d%2000d", i, 1)).end() })
			})
			decodeChunks(d, false, [][]byte{a.chunk()}, []int64{0})
			if len(d.programs) > maxPrograms || d.programBytes > maxProgramBytes {
				t.Fatalf("%d programs of %d bytes", len(d.programs), d.programBytes)
			}
		}
	})
}

func TestWarningsAreBounded(t *testing.T) {
	a := assemble()
	for range 100 {
		a.record(func() { a.u8(0xff) })
	}
	events, warnings := decodeOne(a.chunk())
	if len(events) != 0 || len(warnings) != maxWarnings+1 {
		t.Errorf("%d events, %d warnings", len(events), len(warnings))
	}
	wantWarning(t, warnings, "84 more")
}

// Chunks with bytes moved about and numbers replaced bring nothing down, and a decoder that has seen them decodes
// a whole chunk as before.
func TestMutatedChunks(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	seeds := seedChunks(t)
	d := NewDecoder()
	want, _ := decodeChunks(NewDecoder(), false, seeds, make([]int64, len(seeds)))
	for range 20000 {
		c := bytes.Clone(seeds[r.IntN(len(seeds))])
		for range 1 + r.IntN(12) {
			at := chunkHeaderSize + r.IntN(len(c)-chunkHeaderSize-4)
			switch r.IntN(4) {
			case 0:
				c[at] ^= 1 << r.IntN(8)
			case 1:
				c[at] = byte(r.IntN(0x50)) // a token or a type
			case 2:
				binary.LittleEndian.PutUint32(c[at:], uint32(r.IntN(len(c))))
			case 3:
				copy(c[at:min(at+r.IntN(64), len(c))], c[chunkHeaderSize+r.IntN(len(c)-chunkHeaderSize):])
			}
		}
		decodeChunks(d, r.IntN(2) == 0, [][]byte{c}, []int64{0})
	}
	got, _ := decodeChunks(d, false, seeds, make([]int64, len(seeds)))
	if len(got) != len(want) {
		t.Fatalf("%d events, want %d", len(got), len(want))
	}
	for i := range got {
		if fingerprint(got[i]) != fingerprint(want[i]) {
			t.Errorf("event %d: %q\nwant %q", i, got[i].fields, want[i].fields)
		}
	}
}
