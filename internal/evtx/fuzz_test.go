package evtx

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"testing"
	"testing/iotest"
)

// seedChunks are chunks of all the kinds that tests make.
func seedChunks(tb testing.TB) [][]byte {
	tb.Helper()
	chunks, _, _ := splitAll(tb, bytes.NewReader(logOf(tb, logonRecord(1), processRecord(2), clearedRecord(), classicRecord(), logonRecord(3))))
	literal := assemble()
	literal.record(func() {
		literal.fragment().open("Event", true).attr("xmlns").text("urn:x").content()
		literal.open("System", false).content().open("Provider", true).attr("Name").text("P").empty()
		literal.leaf("EventID", "1").leaf("Channel", "C").end()
		literal.open("EventData", false).content()
		literal.data("A", func() { literal.text("a").u8(tokEntityRef).name("amp").u8(tokCharRef).u16('c') }).end().end()
	})
	literal.record(func() {
		literal.fragment()
		literal.template(1, func() {
			literal.open("EventData", false).content()
			literal.openDep(1, "Data", true).attr("Name").sub(tokSubstitution, 0).content().sub(tokOptional, 1).text("x").end()
			literal.end()
		}, str("Name"), value{typeString | typeArray, []byte("a\x00\x00\x00b\x00")})
	})
	chunks = append(chunks, literal.chunk())
	if len(chunks) == 0 {
		tb.Fatal("the seed set is empty")
	}
	// Short seeds let the fuzzer reach the content.
	for i, c := range chunks {
		chunks[i] = c[:min(len(c), int(binary.LittleEndian.Uint32(c[48:]))+64)]
	}
	return chunks
}

// FuzzDecode: a decoder that has seen other chunks gives for any bytes what a fresh one gives.
func FuzzDecode(f *testing.F) {
	seeds := seedChunks(f)
	for _, c := range seeds {
		f.Add(c, false)
		f.Add(c[chunkHeaderSize:], true)
	}
	warm := NewDecoder()
	f.Fuzz(func(t *testing.T, chunk []byte, carve bool) {
		chunk = chunk[:min(len(chunk), chunkSize)]
		decodeChunks(warm, false, seeds[:1], []int64{0})
		got, gotWarnings := decodeChunks(warm, carve, [][]byte{chunk}, []int64{0})
		want, wantWarnings := decodeChunks(NewDecoder(), carve, [][]byte{chunk}, []int64{0})
		if !slices.Equal(gotWarnings, wantWarnings) || len(got) != len(want) {
			t.Fatalf("warm: %d events, %v\nfresh: %d events, %v", len(got), gotWarnings, len(want), wantWarnings)
		}
		for i := range got {
			if !slices.Equal(got[i].fields, want[i].fields) || got[i].Channel != want[i].Channel || got[i].Time != want[i].Time || got[i].EventID != want[i].EventID {
				t.Fatalf("event %d\nwarm:  %q\nfresh: %q", i, got[i].fields, want[i].fields)
			}
			if got[i].Offset < 0 || got[i].Offset >= int64(len(chunk)) {
				t.Fatalf("event %d at %d", i, got[i].Offset)
			}
		}
		c := NewCarver()
		first, again := c.Copies(chunk), c.Copies(chunk)
		for _, copies := range [][]int{first, again} {
			for i, pos := range copies {
				if pos < 0 || pos >= len(chunk) || i > 0 && pos <= copies[i-1] {
					t.Fatalf("copies at %d", copies)
				}
			}
		}
		if len(again) < len(first) || len(again) != len(first)+len(c.met) {
			t.Fatalf("%d copies, then %d, of %d records", len(first), len(again), len(c.met))
		}
	})
}

// FuzzSplit: chunks come in order, do not overlap, and are what stands at their offsets, however the bytes arrive.
func FuzzSplit(f *testing.F) {
	log := logOf(f, logonRecord(1), processRecord(2))
	if len(log) == 0 {
		f.Fatal("the seed set is empty")
	}
	f.Add(log[:10000])
	f.Add(log)
	f.Add(append(bytes.Clone(log), log[fileHeaderSize:8192]...))
	f.Add(slices.Insert(bytes.Clone(log), 8192, log[fileHeaderSize:8192]...))
	f.Fuzz(func(t *testing.T, b []byte) {
		var offsets, again []int64
		end := int64(0)
		alloc := func() []byte { return make([]byte, 0, ChunkSize) }
		err := Split(context.Background(), bytes.NewReader(b), func(o int64, _ string) {
			if o < 0 || o > int64(len(b)) {
				t.Fatalf("warning at %d", o)
			}
		}, func(o int64, c []byte) error {
			if o < end || len(c) == 0 || len(c) > ChunkSize || !bytes.Equal(b[o:o+int64(len(c))], c) {
				t.Fatalf("chunk of %d bytes at %d, the last ended at %d", len(c), o, end)
			}
			end = o + int64(len(c))
			offsets = append(offsets, o)
			return nil
		}, alloc)
		if err != nil {
			t.Fatal(err)
		}
		err = Split(context.Background(), iotest.HalfReader(bytes.NewReader(b)), nil, func(o int64, _ []byte) error {
			again = append(again, o)
			return nil
		}, alloc)
		if err != nil || !slices.Equal(offsets, again) {
			t.Fatalf("%v, then %v, %v", offsets, again, err)
		}
	})
}

// FuzzWrite: what the writer takes, the reader gives back.
func FuzzWrite(f *testing.F) {
	f.Add("Provider", "Channel", "Name", "text", uint8(typeBinary), []byte{1, 2}, uint16(4624), false)
	f.Add("", "", "", "", uint8(0x81), []byte("a\x00\x00\x00"), uint16(0), true)
	f.Fuzz(func(t *testing.T, provider, channel, name, text string, kind uint8, raw []byte, id uint16, user bool) {
		r := &Record{Provider: provider, Channel: channel, EventID: id, Time: sampleTime, Data: []Field{{name, Text(text)}, {"Raw", Raw(kind, raw)}, {"Last", Text("z")}}}
		if user {
			r.UserData = "Form"
		}
		if kind == typeBinXML { // what is in it decides what comes out
			r.Data[1].Value = Null()
		}
		m := &memFile{}
		w := NewWriter(m)
		failed := w.Write(r)
		if err := w.Write(clearedRecord()); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		events, warnings := read(t, m.b)
		n := 2
		if failed != nil {
			n = 1
		}
		if len(events) != n || events[n-1].EventID != 1102 {
			t.Fatalf("%d events, want %d; %v", len(events), n, warnings)
		}
		if failed == nil && (events[0].EventID != uint32(id) || !slices.Contains(events[0].fields, "Last=z") && len(warnings) == 0) {
			t.Fatalf("%q, %v", events[0].fields, warnings)
		}
	})
}
