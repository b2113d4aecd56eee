package evtx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// readBack decodes a whole log and fails on any warning.
func readBack(tb testing.TB, log []byte) []decoded {
	tb.Helper()
	chunks, offsets, warnings := splitAll(tb, bytes.NewReader(log))
	events, more := decodeChunks(NewDecoder(), false, chunks, offsets)
	for _, w := range append(warnings, more...) {
		tb.Errorf("warning at %d: %s", w.offset, w.msg)
	}
	return events
}

func TestWriteReadBack(t *testing.T) {
	guid := MustGUID("{00112233-4455-6677-8899-aabbccddeeff}")
	full := &Record{
		Provider: "P", ProviderGUID: guid, EventSourceName: "Src", EventID: 65535, Qualifiers: 49152, Version: 3, Level: 2,
		Task: 500, Opcode: 9, Keywords: 0x80000000000000ff, Time: sampleTime, RecordID: 1 << 40, ActivityID: guid,
		RelatedActivity: guid, ProcessID: 4000000000, ThreadID: 7, Channel: "Ch", Computer: "c.example", UserID: "S-1-5-18",
		Data: []Field{{"A", Text("x")}, {"", Text("y")}}, Binary: []byte{1, 2},
	}
	bare := &Record{Time: sampleTime, Provider: "P", Channel: "Ch", EventID: 1}
	tests := []struct {
		name string
		r    *Record
		want []string
	}{
		{"everything", full, []string{
			"@Provider_Name=P", "@Provider_Guid={00112233-4455-6677-8899-AABBCCDDEEFF}", "@Provider_EventSourceName=Src",
			"@EventID_Qualifiers=49152", "@EventID=65535", "@Version=3", "@Level=2", "@Task=500", "@Opcode=9",
			"@Keywords=0x80000000000000ff", "@TimeCreated=2024-03-01T12:30:15.1234567Z", "@EventRecordID=1099511627776",
			"@Correlation_ActivityID={00112233-4455-6677-8899-AABBCCDDEEFF}",
			"@Correlation_RelatedActivityID={00112233-4455-6677-8899-AABBCCDDEEFF}",
			"@Execution_ProcessID=4000000000", "@Execution_ThreadID=7", "@Channel=Ch", "@Computer=c.example",
			"@Security_UserID=S-1-5-18", "A=x", "Data=y", "Binary=0102",
		}},
		{"nothing", bare, []string{
			"@Provider_Name=P", "@EventID=1", "@Version=0", "@Level=0", "@Task=0", "@Opcode=0", "@Keywords=0x0",
			"@TimeCreated=2024-03-01T12:30:15.1234567Z", "@EventRecordID=1", "@Execution_ProcessID=0",
			"@Execution_ThreadID=0", "@Channel=Ch", "@Computer=",
		}},
		{"user data", clearedRecord(), []string{
			"@Provider_Name=Microsoft-Windows-Eventlog", "@Provider_Guid={FC65DDD8-D6EF-4962-83D5-6E5CFE9CE148}",
			"@EventID=1102", "@Version=0", "@Level=4", "@Task=104", "@Opcode=0", "@Keywords=0x4020000000000000",
			"@TimeCreated=2024-03-01T12:30:15.1234567Z", "@EventRecordID=1", "@Execution_ProcessID=1100",
			"@Execution_ThreadID=1600", "@Channel=Security", "@Computer=ws07.corp.example",
			"SubjectUserSid=S-1-5-21-1-2-3-500", "SubjectUserName=admin",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			events := readBack(t, logOf(t, tt.r))
			if len(events) != 1 {
				t.Fatal(len(events))
			}
			if got := events[0].fields; !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// The container is what other readers check: magic, versions, counts, checksums, tables.
func TestWrittenContainer(t *testing.T) {
	const n = 700
	log := sampleLog(t, n)
	le := binary.LittleEndian
	if len(log)%chunkSize != fileHeaderSize {
		t.Fatalf("%d bytes", len(log))
	}
	chunks := (len(log) - fileHeaderSize) / chunkSize
	if le.Uint32(log[124:]) != crc32.ChecksumIEEE(log[:120]) || le.Uint32(log[120:]) != 0 ||
		int(le.Uint16(log[42:])) != chunks || le.Uint64(log[16:]) != uint64(chunks-1) || le.Uint64(log[24:]) != n+1 {
		t.Errorf("file header % x", log[:128])
	}
	next := uint64(1)
	for i := range chunks {
		c := log[fileHeaderSize+i*chunkSize:][:chunkSize]
		free := le.Uint32(c[48:])
		if string(c[:8]) != chunkMagic || le.Uint32(c[52:]) != crc32.ChecksumIEEE(c[512:free]) || le.Uint32(c[124:]) != headerSum(c) {
			t.Errorf("chunk %d: checksums", i)
		}
		if le.Uint64(c[8:]) != next || le.Uint64(c[24:]) != next {
			t.Errorf("chunk %d begins with %d, want %d", i, le.Uint64(c[8:]), next)
		}
		next = le.Uint64(c[16:]) + 1
		if last := le.Uint32(c[44:]); le.Uint32(c[last:]) != recordMagic || last+le.Uint32(c[last+4:]) != free {
			t.Errorf("chunk %d: last record 0x%x, free 0x%x", i, last, free)
		}
		if !allZero(c[free:]) {
			t.Errorf("chunk %d: the rest is not zero", i)
		}
		checkTables(t, c)
	}
	if next != n+1 {
		t.Errorf("the chunks count %d records", next-1)
	}
}

// checkTables follows the chains of both tables of a chunk.
func checkTables(t *testing.T, c []byte) {
	t.Helper()
	le := binary.LittleEndian
	d := &Decoder{chunk: c}
	names := 0
	for bucket := range stringBuckets {
		for off := le.Uint32(c[stringTable+4*bucket:]); off != 0; off = le.Uint32(c[off:]) {
			units, ok := d.nameUnits(off)
			if !ok || d.nameSum(off) != nameHash(units) || int(nameHash(units)%stringBuckets) != bucket {
				t.Fatalf("name at 0x%x in bucket %d", off, bucket)
			}
			if names++; names > 5000 {
				t.Fatal("the names' chains have a loop")
			}
		}
	}
	templates := 0
	for bucket := range templateBuckets {
		for off := le.Uint32(c[templateTable+4*bucket:]); off != 0; off = le.Uint32(c[off:]) {
			if c[off-10] != tokTemplate || le.Uint32(c[off-4:]) != off || le.Uint32(c[off-8:]) != le.Uint32(c[off+4:]) {
				t.Fatalf("template at 0x%x", off)
			}
			if templates++; templates > 5000 {
				t.Fatal("the templates' chains have a loop")
			}
		}
	}
	if names == 0 || templates == 0 {
		t.Errorf("%d names, %d templates", names, templates)
	}
}

// onlyWriter hides Seek.
type onlyWriter struct{ io.Writer }

func TestWriteToAStream(t *testing.T) {
	var b bytes.Buffer
	w := NewWriter(onlyWriter{&b})
	for i := range 300 {
		if err := w.Write(logonRecord(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if b.Bytes()[120] != flagDirty {
		t.Error("the header of a log that could not be completed must say so")
	}
	if int64(b.Len()) != w.Size() || w.Records() != 300 {
		t.Errorf("%d bytes, Size %d, Records %d", b.Len(), w.Size(), w.Records())
	}
	if got := len(readBack(t, b.Bytes())); got != 300 {
		t.Error(got)
	}
}

func TestEmptyLog(t *testing.T) {
	if got := readBack(t, logOf(t)); len(got) != 0 {
		t.Error(got)
	}
}

// A record that is refused leaves no trace, whatever it had begun to write.
func TestRefusedRecords(t *testing.T) {
	bad := []struct {
		r    *Record
		want error
		text string
	}{
		{&Record{Data: []Field{{"New1", Text("x")}, {"New2", SID("nonsense")}}}, nil, "New2"},
		{&Record{UserID: "S-1"}, nil, "user id"},
		{&Record{Data: []Field{{"New3", Text(strings.Repeat("x", 40000))}}}, ErrTooLarge, ""},
		{&Record{Data: []Field{{"New4", Binary(make([]byte, 70000))}}}, ErrTooLarge, ""},
		{&Record{Binary: make([]byte, 70000)}, ErrTooLarge, ""},
		{&Record{Data: []Field{{strings.Repeat("n", 40000), Null()}}}, ErrTooLarge, ""},
		{&Record{Channel: strings.Repeat("c", 40000)}, ErrTooLarge, ""},
		{&Record{UserData: "U", Data: []Field{{"", Null()}}}, nil, "give it a name"},
		{&Record{UserData: "U", Binary: []byte{1}}, nil, "binary"},
	}
	m := &memFile{}
	w := NewWriter(m)
	want := 0
	for range 20 {
		for i, b := range bad {
			err := w.Write(b.r)
			if err == nil || b.want != nil && !errors.Is(err, b.want) || !strings.Contains(err.Error(), b.text) {
				t.Fatalf("record %d: %v", i, err)
			}
			if err := w.Write(logonRecord(want)); err != nil {
				t.Fatal(err)
			}
			want++
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	events := readBack(t, m.b)
	if len(events) != want {
		t.Fatalf("%d events, want %d", len(events), want)
	}
	for i, e := range events {
		if e.RecordID != uint64(i+1) {
			t.Fatalf("record %d has id %d", i+1, e.RecordID)
		}
	}
	for i := fileHeaderSize; i < len(m.b); i += chunkSize {
		checkTables(t, m.b[i:i+chunkSize])
	}
	if bytes.Contains(m.b, appendUTF16(nil, "New")) {
		t.Error("a refused record left a name")
	}
}

func TestLargestRecords(t *testing.T) {
	var records []*Record
	for n := 1000; n < 31000; n += 997 {
		records = append(records, &Record{Provider: "P", Data: []Field{{"V", Text(strings.Repeat("v", n))}}})
	}
	for i, e := range readBack(t, logOf(t, records...)) {
		if got := len(e.data()[0]) - 2; got != 1000+997*i {
			t.Errorf("record %d: %d characters", i, got)
		}
	}
}

func TestWriterIsFull(t *testing.T) {
	w := NewWriter(io.Discard)
	if err := w.Write(logonRecord(1)); err != nil {
		t.Fatal(err)
	}
	w.chunks = maxChunks
	if err := w.Write(logonRecord(2)); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
}

type failing struct{ after int }

var errDisk = errors.New("no space")

func (f *failing) Write(p []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, errDisk
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	for after := range 3 {
		w := NewWriter(&failing{after})
		var err error
		for i := 0; err == nil && i < 1000; i++ {
			err = w.Write(logonRecord(i))
		}
		if !errors.Is(err, errDisk) {
			t.Errorf("after %d writes: %v", after, err)
		}
		if err := w.Close(); !errors.Is(err, errDisk) {
			t.Errorf("close after %d writes: %v", after, err)
		}
	}
	w := NewWriter(&memFile{})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(logonRecord(1)); err == nil {
		t.Error("a closed writer takes a record")
	}
}

// randomRecord makes a record of any shape that the writer takes, and the fields that must come back.
func randomRecord(r *rand.Rand) (*Record, []string) {
	letters := []rune("aZ09 _-.\\/:ß漢😀\n\t\"<&%")
	text := func(n int) string {
		var b strings.Builder
		for range r.IntN(n + 1) {
			b.WriteRune(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	rec := &Record{
		Provider: "P" + text(5), EventID: uint16(r.Uint32()), Level: uint8(r.Uint32()), Keywords: r.Uint64(),
		Time: time.Unix(r.Int64N(1<<32), r.Int64N(1e7)*100).UTC(), ProcessID: r.Uint32(), Channel: "C" + text(8), Computer: fmt.Sprintf("h%d", r.IntN(4)),
	}
	var want []string
	if r.IntN(5) == 0 {
		rec.UserData, rec.UserDataNS = "Form", "urn:form"
	}
	for i := range r.IntN(12) {
		f := Field{Name: fmt.Sprintf("F%d_%d", i, r.IntN(3))}
		if rec.UserData == "" && r.IntN(6) == 0 {
			f.Name = ""
		}
		name := f.Name
		if name == "" {
			name = "Data"
		}
		var s string
		switch r.IntN(9) {
		case 0:
			f.Value = Null()
			want = append(want, name+":null")
			rec.Data = append(rec.Data, f)
			continue
		case 1:
			n := r.Int64()
			f.Value, s = Int64(n), fmt.Sprint(n)
		case 2:
			n := r.Uint32()
			f.Value, s = Hex32(n), fmt.Sprintf("0x%x", n)
		case 3:
			b := []byte(text(30))
			f.Value, s = Binary(b), fmt.Sprintf("%X", b)
		case 4:
			s = fmt.Sprintf("S-1-5-21-%d-%d", i, r.Uint32())
			f.Value = SID(s)
		case 5:
			f.Value, s = Time(rec.Time), rec.Time.Format("2006-01-02T15:04:05.0000000Z")
		case 6:
			list := make([]string, 1+r.IntN(4))
			for j := range list {
				list[j] = text(6)
				want = append(want, name+"="+list[j])
			}
			f.Value = Texts(list...)
			rec.Data = append(rec.Data, f)
			continue
		default:
			s = text(60)
			f.Value = Text(s)
		}
		rec.Data = append(rec.Data, f)
		want = append(want, name+"="+s)
	}
	if rec.UserData != "" && len(rec.Data) == 0 {
		want = append(want, rec.UserData+"=")
	}
	return rec, want
}

// What is written is read, for records of random shapes.
func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		var records []*Record
		var want [][]string
		for range 1 + r.IntN(400) {
			rec, fields := randomRecord(r)
			records, want = append(records, rec), append(want, fields)
		}
		events := readBack(t, logOf(t, records...))
		if len(events) != len(records) {
			t.Fatalf("%d events of %d records", len(events), len(records))
		}
		for i, e := range events {
			rec := records[i]
			if e.Provider != rec.Provider || e.Channel != rec.Channel || e.Host != rec.Computer || e.EventID != uint32(rec.EventID) || !e.When().Equal(rec.Time) {
				t.Fatalf("record %d: %+v\n%+v", i, e.Event, rec)
			}
			if !slices.Equal(e.data(), want[i]) {
				t.Fatalf("record %d\n got %q\nwant %q", i, e.data(), want[i])
			}
		}
	}
}
