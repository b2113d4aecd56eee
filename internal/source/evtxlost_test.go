package source

import (
	"archive/zip"
	"slices"
	"testing"

	"entente/internal/evtx"
)

// An event log whose beginning is lost is read from where it is whole, however it comes.
func TestEventLogWithoutItsFront(t *testing.T) {
	log := eventLog(t, 0, 1500)
	const header = 4096
	front := slices.Clone(log)
	clear(front[:header+evtx.ChunkSize])
	junk := append(slices.Repeat([]byte{0xA5}, 264), log...)
	dir := t.TempDir()
	want := len(collect(t, Options{}, write(t, dir, "whole.evtx", log)).events)
	for _, tt := range []struct {
		name  string
		data  []byte
		least int
	}{
		{"zero.evtx", front, 600},
		{"zero", front, 600}, // by what stands further on
		{"zero.evtx.gz", gz(t, front), 600},
		{"junk", junk, want},
		{"junk.gz", gz(t, junk), want},
	} {
		got := collect(t, Options{MaxRatio: -1}, write(t, dir, tt.name, tt.data))
		if len(got.events) < tt.least || len(got.warnings) == 0 || len(got.skipped) > 0 {
			t.Errorf("%s: %d of %d records; %v %v", tt.name, len(got.events), want, got.warnings, got.skipped)
		}
	}
	got := collect(t, Options{MaxRatio: -1}, write(t, dir, "a.zip", zipped(t, zip.Deflate, member{name: "logs/Security.EVTX", data: front})))
	if len(got.events) < 600 || len(got.warnings) == 0 {
		t.Errorf("in an archive: %d of %d records; %v %v", len(got.events), want, got.warnings, got.skipped)
	}
	// The name alone makes no log of what is something else.
	got = collect(t, Options{}, write(t, dir, "text.evtx", []byte(`{"a":1}`+"\n"+`{"a":2}`+"\n")), write(t, dir, "zeroes", make([]byte, 300_000)))
	if len(got.events) != 2 || len(got.skipped) != 1 {
		t.Errorf("%d records of JSON, want 2; %v", len(got.events), got.skipped)
	}
}
