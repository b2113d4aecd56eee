package hunt

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"entente/internal/evtx"
	"entente/internal/source"
)

// A finding in a record that its log does not hold any more says so, and so does a correlation that rests on one.
func TestCarvedIsSaid(t *testing.T) {
	who := func(sec int) evtx.Record { return started(sec, "h", "u", `C:\whoami.exe`, "whoami /all") }
	file := writeLog(t, filepath.Join(t.TempDir(), "a.evtx"), who(1), who(2), who(3))
	// The last two records become slack: the chunk's header ends after the first.
	const chunk, records, end, sum = 4096, 512, 48, 52
	log, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c := log[chunk:]
	le := binary.LittleEndian
	free := records + le.Uint32(c[records+4:])
	le.PutUint32(c[end:], free)
	le.PutUint32(c[44:], records)
	le.PutUint64(c[16:], 1)
	le.PutUint64(c[32:], 1)
	le.PutUint32(c[sum:], crc32.ChecksumIEEE(c[records:free]))
	le.PutUint32(c[124:], crc32.Update(crc32.ChecksumIEEE(c[:120]), crc32.IEEETable, c[128:512]))
	copy(c[free:], []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) // the second is overwritten in part, the third is whole
	if err := os.WriteFile(file, log, 0o600); err != nil {
		t.Fatal(err)
	}
	plan := planOf(t, PlanOptions{}, whoamiRule+`
---
title: two of them
generate: true
correlation: {type: event_count, rules: [7f2b1c1e-3d54-4a0e-9a51-5a3f3c1f1d01], group-by: [Computer], timespan: 1m, condition: {gte: 2}}
`)
	found := func(carve bool) (got []string) {
		all, _ := runHunt(t, plan, Options{Inputs: []string{file}, Read: source.Options{Carve: carve}})
		for _, f := range all {
			line := fmt.Sprint(f.RecordID, f.Caveats)
			if f.Correlation != nil {
				line = fmt.Sprint("correlation", f.Caveats)
				for _, m := range f.Correlation.Matches {
					line += fmt.Sprint(" ", m.RecordID, m.Carved)
				}
			}
			got = append(got, line)
		}
		return got
	}
	if got, want := found(false), []string{"1 []"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	want := []string{
		"1 []", "3 [the record was carved: its log does not hold it any more]",
		"correlation[records that it rests on were carved, 1 in all: their logs do not hold them any more] 1 false 3 true",
	}
	if got := found(true); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
