package evtx

import (
	"bytes"
	"slices"
	"testing"
)

// What is lost at the beginning of a log, or stands before it, costs no record further on.
func TestLostFront(t *testing.T) {
	log := sampleLog(t, 600)
	whole, offsets, _ := splitAll(t, bytes.NewReader(log))
	if len(whole) < 3 {
		t.Fatalf("%d chunks", len(whole))
	}
	all, _ := decodeChunks(NewDecoder(), false, whole, offsets)
	later, _ := decodeChunks(NewDecoder(), false, whole[1:], offsets[1:])
	shift := func(n int) []byte { return append(bytes.Repeat([]byte{0xA5}, n), log...) }
	zero := func(n int) []byte {
		b := bytes.Clone(log)
		clear(b[:n])
		return b
	}
	for _, tt := range []struct {
		name string
		log  []byte
		want []decoded
	}{
		{"zeroes up to the second chunk", zero(fileHeaderSize + chunkSize), later},
		{"zeroes up to the first records", zero(fileHeaderSize + chunkHeaderSize), nil},
		{"264 bytes in front", shift(264), all},
		{"a byte in front", shift(1), all},
		{"4095 bytes in front", shift(fileHeaderSize - 1), all},
		{"4100 bytes in front", shift(fileHeaderSize + 4), all},
		{"65530 bytes in front", shift(65530), all},
		{"69630 bytes in front", shift(fileHeaderSize + chunkSize - 2), all},
		{"69630 bytes in front of the chunks", append(bytes.Repeat([]byte{0xA5}, fileHeaderSize+chunkSize-2), log[fileHeaderSize:]...), all},
		{"100 bytes of the header left", log[fileHeaderSize-100:], all},
		{"100 bytes of the first chunk missing", slices.Concat(log[:fileHeaderSize+chunkSize-100], log[fileHeaderSize+chunkSize:]), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			chunks, offs, _ := splitAll(t, bytes.NewReader(tt.log))
			got, _ := decodeChunks(NewDecoder(), false, chunks, offs)
			if tt.want == nil {
				for _, e := range later {
					if !slices.ContainsFunc(got, func(g decoded) bool { return g.RecordID == e.RecordID }) {
						t.Fatalf("record %d is lost; %d of %d are there", e.RecordID, len(got), len(all))
					}
				}
				return
			}
			if len(got) != len(tt.want) {
				t.Fatalf("%d records, want %d", len(got), len(tt.want))
			}
			for i := range got {
				if got[i].RecordID != tt.want[i].RecordID {
					t.Fatalf("record %d is %d, want %d", i, got[i].RecordID, tt.want[i].RecordID)
				}
			}
		})
	}
}

// Parts of a log are known where it does not begin as one.
func TestSniffDamaged(t *testing.T) {
	log := sampleLog(t, 30)
	for name, b := range map[string][]byte{
		"header at 264":  append(make([]byte, 264), log...),
		"chunk at 100":   append(make([]byte, 100), log[fileHeaderSize:]...),
		"records at 100": append(make([]byte, 100), log[fileHeaderSize+chunkHeaderSize:]...),
	} {
		if !SniffDamaged(b[:min(len(b), 65536)]) {
			t.Errorf("%s: not known", name)
		}
	}
	for name, b := range map[string][]byte{"nothing": nil, "zeroes": make([]byte, 5000), "text": []byte("ElfChnk is no header, and ** no record")} {
		if SniffDamaged(b) {
			t.Errorf("%s: taken for a log", name)
		}
	}
	front := make([]byte, fileHeaderSize+chunkSize)
	if b := append(bytes.Clone(front), log[fileHeaderSize:]...); !SniffLater(bytes.NewReader(b), int64(len(b))) {
		t.Error("a second chunk is not found")
	}
	if SniffLater(bytes.NewReader(front), int64(len(front))) {
		t.Error("zeroes are taken for a log")
	}
}
