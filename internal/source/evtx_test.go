package source

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"entente/internal/evtx"
)

// eventLog is an event log of n records, whose message is their number, from first on.
func eventLog(t *testing.T, first, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := evtx.NewWriter(&b)
	for i := first; i < first+n; i++ {
		err := w.Write(&evtx.Record{
			Provider: "App", Channel: "Application", Computer: "ws1", EventID: 1, RecordID: uint64(i + 1),
			Time: time.Unix(1_600_000_000+int64(i), 0), Data: []evtx.Field{{Name: "message", Value: evtx.Text(fmt.Sprintf("number %04d", i))}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Slack often repeats records of other chunks: carving gives each of them once, on any number of cores, in files of
// any size and out of archives.
func TestCarveGivesNoCopies(t *testing.T) {
	const header, chunk = 4096, evtx.ChunkSize
	used := func(c []byte) int { return int(binary.LittleEndian.Uint32(c[48:])) }
	// A full chunk and two that are filled in part, which have in their slack what stands in use in the chunk before.
	log := eventLog(t, 0, 500)
	full := log[header:][:chunk]
	first := int(binary.LittleEndian.Uint64(full[32:])) // records of it
	log = slices.Concat(log[:header+chunk], eventLog(t, first, 90)[header:], eventLog(t, first+90, 40)[header:])
	second, third := log[header+chunk:][:chunk], log[header+2*chunk:]
	if len(third) != chunk || used(full) < chunk*3/4 || used(second) > chunk/2 || used(third) > used(second) {
		t.Fatalf("chunks used up to %d, %d and %d of %d bytes", used(full), used(second), used(third), len(third))
	}
	copy(second[used(second):], full[used(second):])
	copy(third[used(third):], second[used(third):])
	records := first + 90 + 40
	if plain := collect(t, Options{}, write(t, t.TempDir(), "log.evtx", log)); len(plain.events) != records || len(plain.warnings) > 0 {
		t.Fatalf("%d records, want %d; %v", len(plain.events), records, plain.warnings)
	}
	// A record that is in use nowhere is found, once, though it stands in the slack of two chunks.
	lost := eventLog(t, 7_000, 1)[header+512:]
	lost = lost[:binary.LittleEndian.Uint32(lost[4:])]
	copy(second[used(second)+8:], lost)
	copy(third[used(third)+16:], lost)
	records++
	for name, data := range map[string][]byte{"log.evtx": log, "log.evtx.gz": gz(t, log)} {
		file := write(t, t.TempDir(), name, data)
		var want told
		for workers := 1; workers <= 3; workers++ {
			got := collect(t, Options{Carve: true, Workers: workers}, file)
			if workers == 1 {
				want = got
			}
			if !slices.Equal(got.events, want.events) {
				t.Errorf("%s: %d workers find %d records, one %d", name, workers, len(got.events), len(want.events))
			}
		}
		if len(want.events) != records || len(want.warnings) > 0 {
			t.Errorf("%s: %d records with carving, want %d; %v", name, len(want.events), records, want.warnings)
		}
	}
}
