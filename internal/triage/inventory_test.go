package triage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"entente/internal/evtx"
	"entente/internal/source"
)

// writeEVTX writes records into a new event log.
func writeEVTX(t *testing.T, path string, records ...evtx.Record) {
	t.Helper()
	var b bytes.Buffer
	w := evtx.NewWriter(&b)
	for i := range records {
		if err := w.Write(&records[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	writeText(t, path, b.String())
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const securityProvider = "Microsoft-Windows-Security-Auditing"

func at(s string) time.Time {
	tm, err := time.Parse(time.DateTime, s)
	if err != nil {
		panic(err)
	}
	return tm
}

func security(host string, id uint16, record uint64, when time.Time, data ...string) evtx.Record {
	r := evtx.Record{Provider: securityProvider, EventID: id, Channel: "Security", Computer: host, Time: when, RecordID: record}
	for i := 0; i+1 < len(data); i += 2 {
		r.Data = append(r.Data, evtx.Field{Name: data[i], Value: evtx.Text(data[i+1])})
	}
	return r
}

func takeInventory(t *testing.T, o InventoryOptions, inputs ...string) *Inventory {
	t.Helper()
	inv, err := TakeInventory(context.Background(), inputs, o)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func findLog(t *testing.T, inv *Inventory, host, channel string) *Log {
	t.Helper()
	for _, l := range inv.Logs {
		if l.Host == host && l.Channel == channel {
			return l
		}
	}
	t.Fatalf("no log %s of %s", channel, host)
	return nil
}

// everyMinute makes records a minute apart, from a time on.
func everyMinute(host string, from time.Time, firstID uint64, n int) (out []evtx.Record) {
	for i := range n {
		out = append(out, security(host, 4624, firstID+uint64(i), from.Add(time.Duration(i)*time.Minute)))
	}
	return out
}

func TestInventory(t *testing.T) {
	dir := t.TempDir()
	records := everyMinute("dc1", at("2021-03-01 00:00:00"), 100, 60)
	records = append(records, everyMinute("dc1", at("2021-03-01 13:00:00"), 165, 60)...) // a gap, and five ids missing
	writeEVTX(t, filepath.Join(dir, "a", "Security.evtx"), records...)
	writeEVTX(t, filepath.Join(dir, "b", "copy.evtx"), records[10:15]...)
	sysmon := evtx.Record{
		Provider: "Microsoft-Windows-Sysmon", EventID: 3, Channel: "Microsoft-Windows-Sysmon/Operational", Computer: "dc1",
		Time: at("2021-03-01 06:00:00"),
	}
	writeEVTX(t, filepath.Join(dir, "c.evtx"), sysmon, evtx.Record{
		Provider: "Microsoft-Windows-Eventlog", EventID: 1102, Channel: "Security", Computer: "web1", Time: at("2021-03-02 06:00:00"),
		UserData: "LogFileCleared", Data: []evtx.Field{{Name: "SubjectUserName", Value: evtx.Text("mallory")}},
	})
	writeText(t, filepath.Join(dir, "picture.png"), "\x89PNG\r\n\x1a\n"+strings.Repeat("\x00\x01", 100))

	inv := takeInventory(t, InventoryOptions{}, dir)
	if inv.Events != 127 || inv.Files != 3 || len(inv.Logs) != 3 {
		t.Fatalf("%d events, %d files, %d logs", inv.Events, inv.Files, len(inv.Logs))
	}
	sec := findLog(t, inv, "dc1", "Security")
	if sec.Events != 125 || sec.Files != 2 || !sec.First.Equal(at("2021-03-01 00:00:00")) || !sec.Last.Equal(at("2021-03-01 13:59:00")) {
		t.Errorf("security: %+v", sec)
	}
	wantGap := []Gap{{From: at("2021-03-01 00:59:00"), To: at("2021-03-01 13:00:00"), Others: true}}
	if !reflect.DeepEqual(sec.Gaps, wantGap) {
		t.Errorf("gaps %v", sec.Gaps)
	}
	wantMissing := &Missing{Records: 5, Runs: []IDRun{{160, 164}}, RunsAll: 1}
	if !reflect.DeepEqual(sec.Missing, wantMissing) {
		t.Errorf("missing %+v", sec.Missing)
	}
	if sec.Copies != 5 {
		t.Errorf("%d copies", sec.Copies)
	}
	// The copy begins again where the first file had gone on; that is another file, and no clock jump.
	if sec.JumpsAll != 0 {
		t.Errorf("jumps %v", sec.Jumps)
	}
	if want := (Kind{securityProvider, 4624, "logon", 125}); len(sec.Kinds) != 1 || sec.Kinds[0] != want {
		t.Errorf("kinds %v", sec.Kinds)
	}
	if n := inv.Notable; len(n) != 1 || n[0].What != "audit log cleared" || n[0].User != "mallory" || n[0].Host != "web1" || n[0].Offset == 0 {
		t.Errorf("notable %+v", n)
	}
	if s := inv.Skipped; len(s) != 1 || !strings.HasSuffix(s[0].File, "picture.png") {
		t.Errorf("skipped %+v", s)
	}
	if len(inv.Limits) != 0 {
		t.Errorf("limits %v", inv.Limits)
	}
}

func TestInventoryClockJump(t *testing.T) {
	dir := t.TempDir()
	records := everyMinute("a", at("2021-03-01 10:00:00"), 1, 3)
	records = append(records, everyMinute("a", at("2021-03-01 09:00:00"), 4, 3)...)
	writeEVTX(t, filepath.Join(dir, "x.evtx"), records...)
	l := findLog(t, takeInventory(t, InventoryOptions{}, dir), "a", "Security")
	if l.JumpsAll != 1 || !l.Jumps[0].From.Equal(at("2021-03-01 10:02:00")) || !l.Jumps[0].To.Equal(at("2021-03-01 09:00:00")) {
		t.Errorf("%d jumps: %+v", l.JumpsAll, l.Jumps)
	}
	if l = findLog(t, takeInventory(t, InventoryOptions{Jump: 2 * time.Hour}, dir), "a", "Security"); l.JumpsAll != 0 {
		t.Errorf("with a threshold of two hours: %+v", l.Jumps)
	}
	// Records in no order tell nothing of a clock.
	records[3].RecordID, records[4].RecordID, records[5].RecordID = 0x100, 0x101, 0x102
	for i := range 3 {
		records[i].RecordID = uint64(0x200 + i)
	}
	writeEVTX(t, filepath.Join(dir, "x.evtx"), records...)
	if l = findLog(t, takeInventory(t, InventoryOptions{}, dir), "a", "Security"); l.JumpsAll != 0 {
		t.Errorf("unordered records: %+v", l.Jumps)
	}
}

// TestInventoryNights takes nights for usual, and a longer silence for none.
func TestInventoryNights(t *testing.T) {
	dir := t.TempDir()
	var records []evtx.Record
	day := at("2021-03-01 08:00:00")
	for i := range 14 {
		if i == 10 {
			day = day.Add(3 * 24 * time.Hour)
		}
		records = append(records, everyMinute("a", day, uint64(1+600*i), 600)...)
		day = day.Add(24 * time.Hour)
	}
	writeEVTX(t, filepath.Join(dir, "x.evtx"), records...)
	l := findLog(t, takeInventory(t, InventoryOptions{}, dir), "a", "Security")
	if len(l.Gaps) != 1 || !l.Gaps[0].From.Equal(at("2021-03-10 17:59:00")) || !l.Gaps[0].To.Equal(at("2021-03-14 08:00:00")) {
		t.Errorf("gaps %v", l.Gaps)
	}
	// A few nights are not yet a habit.
	writeEVTX(t, filepath.Join(dir, "x.evtx"), records[:3*600]...)
	if l := findLog(t, takeInventory(t, InventoryOptions{}, dir), "a", "Security"); len(l.Gaps) != 2 {
		t.Errorf("gaps of three days %v", l.Gaps)
	}
}

func TestInventoryScattered(t *testing.T) {
	dir := t.TempDir()
	var records []evtx.Record
	for i := range 100 {
		records = append(records, security("a", 4624, uint64(1+3*i), at("2021-03-01 10:00:00").Add(time.Duration(i)*time.Second)))
	}
	writeEVTX(t, filepath.Join(dir, "x.evtx"), records...)
	l := findLog(t, takeInventory(t, InventoryOptions{}, dir), "a", "Security")
	if l.Missing == nil || !l.Missing.Scattered || l.Missing.Records != 198 || len(l.Missing.Runs) > maxRuns {
		t.Errorf("missing: %+v", l.Missing)
	}
}

// TestInventoryAnyWorkers checks that the result depends neither on the number of goroutines nor on how files are cut.
func TestInventoryAnyWorkers(t *testing.T) {
	dir := t.TempDir()
	for f := range 5 {
		var records []evtx.Record
		for i := range 2000 {
			r := security(fmt.Sprintf("host%d", i%7), uint16(4600+i%50), 0, at("2021-03-01 10:00:00").Add(time.Duration(f*2000+i)*17*time.Second), "X", strings.Repeat("y", i%100))
			records = append(records, r)
		}
		writeEVTX(t, filepath.Join(dir, fmt.Sprintf("%d.evtx", f)), records...)
	}
	var want string
	for _, n := range []int{1, 2, 5} {
		b, err := json.Marshal(takeInventory(t, InventoryOptions{Read: source.Options{Workers: n}}, dir))
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = string(b)
		}
		if string(b) != want {
			t.Errorf("%d workers: %s\nwant %s", n, b, want)
		}
	}
	if !strings.Contains(want, `"events":10000`) {
		t.Errorf("got %s", want)
	}
}

// TestInventoryBounds feeds more hosts and kinds than are told apart.
func TestInventoryBounds(t *testing.T) {
	inv := &inventory{gap: time.Hour, logs: map[logKey]*logState{}, out: &Inventory{}}
	f := &source.File{Name: "x"}
	for i := range MaxLogs + 50 {
		p := &part{key: logKey{host: fmt.Sprint("h", i)}, events: 2, timeless: 2, kinds: map[kindKey]int64{}, times: newTimes(), records: newRecords()}
		for k := range 3 {
			p.kinds[kindKey{name: fmt.Sprint(k)}] = 1
		}
		inv.take(f, &stock{parts: []*part{p}}, 0)
	}
	many := &part{key: logKey{host: "h0"}, events: 600, timeless: 600, kinds: map[kindKey]int64{}, times: newTimes(), records: newRecords()}
	for k := range 600 {
		many.kinds[kindKey{id: uint32(k + 1)}] = 1
	}
	inv.take(f, &stock{parts: []*part{many}}, 0)
	inv.finish()
	out := inv.out
	if len(out.Logs) != MaxLogs || out.Events != 2*(MaxLogs+50)+600 || len(out.Limits) != 2 {
		t.Errorf("%d logs, %d events, limits %q", len(out.Logs), out.Events, out.Limits)
	}
	l := findLog(t, out, "h0", "")
	if last := l.Kinds[len(l.Kinds)-1]; len(l.Kinds) != maxKinds+1 || last.Name != "others" || last.Count != 600-(maxKinds-3) {
		t.Errorf("%d kinds, the last %+v", len(l.Kinds), last)
	}
}

func TestFilter(t *testing.T) {
	dir := t.TempDir()
	var records []evtx.Record
	for i, host := range []string{"DC1.corp.example", "dc1.corp.example", "ws2", "WS2.corp.example"} {
		records = append(records, security(host, uint16(4624+i), 0, at("2021-03-01 10:00:00").Add(time.Duration(i)*time.Hour)))
	}
	records = append(records, evtx.Record{Provider: "Microsoft-Windows-Sysmon", EventID: 1, Channel: "Microsoft-Windows-Sysmon/Operational", Computer: "ws2", Time: at("2021-03-02 00:00:00")})
	writeEVTX(t, filepath.Join(dir, "x.evtx"), records...)
	ids := func(s string) []IDRange {
		r, err := ParseIDs(s)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	cases := []struct {
		name string
		f    Filter
		want int64
	}{
		{"all", Filter{}, 5},
		{"host short", Filter{Hosts: []string{"dc1"}}, 2},
		{"host full, which some records shorten", Filter{Hosts: []string{"WS2.CORP.example"}}, 3},
		{"host full, of another domain", Filter{Hosts: []string{"dc1.example.org"}}, 0},
		{"hosts", Filter{Hosts: []string{"dc1", "ws2"}}, 5},
		{"hosts by wildcards", Filter{Hosts: []string{"dc?", "W*2"}}, 5},
		{"no host by wildcards", Filter{Hosts: []string{"d?", "*.example.org"}}, 0},
		{"since", Filter{Since: at("2021-03-01 11:00:00")}, 4},
		{"until", Filter{Until: at("2021-03-01 11:00:00")}, 1},
		{"id", Filter{IDs: ids("4625, 4627-5000")}, 2},
		{"channel", Filter{Channels: []string{"SECURITY"}}, 4},
		{"channel short", Filter{Channels: []string{"sysmon"}}, 1},
		{"channel pattern", Filter{Channels: []string{"*sysmon*", "nothing"}}, 1},
		{"both", Filter{Channels: []string{"security"}, Hosts: []string{"ws2"}}, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if n := takeInventory(t, InventoryOptions{Filter: c.f}, dir).Events; n != c.want {
				t.Errorf("%d records, want %d", n, c.want)
			}
		})
	}
	for _, bad := range []string{"", "x", "4624,", "5-4", "-1", "99999999999"} {
		if _, err := ParseIDs(bad); err == nil {
			t.Errorf("ParseIDs(%q) took it", bad)
		}
	}
}

// TestHostFilter: what names no host cannot be told by a name, and is counted.
func TestHostFilter(t *testing.T) {
	dir := t.TempDir()
	log := ""
	for i, host := range []string{"EX01.corp.example", "EX01", "ex02", "10.20.1.11", "10.20.1.12", "", ""} {
		log += fmt.Sprintf(`{"EventID":%d,"Channel":"Application","Provider_Name":"a","Computer":%q,"TimeCreated":"2021-03-01T00:00:00Z","Data":"needle"}`+"\n", i+1, host)
	}
	writeText(t, filepath.Join(dir, "x.jsonl"), log)
	for _, c := range []struct {
		host           string
		ids            []IDRange
		kept, nameless int64
	}{
		{"ex01", nil, 2, 4},
		{"ex01.corp.example", nil, 2, 4},
		{"ex01.corp", nil, 1, 4},
		{"10.20.1.11", nil, 1, 2},
		{"10", nil, 0, 2}, // digits alone ask for no name
		{"ex0?", nil, 3, 4},
		{"ex*.corp.example", nil, 3, 4},
		{"*.corp.example", nil, 1, 6},
		{"10.20.1.*", nil, 2, 2},
		{"ex01", []IDRange{{1, 4}}, 2, 1},
	} {
		n := new(atomic.Int64)
		f := Filter{Hosts: []string{c.host}, IDs: c.ids, Nameless: n}
		if got := takeInventory(t, InventoryOptions{Filter: f}, dir).Events; got != c.kept || n.Load() != c.nameless {
			t.Errorf("%s: %d records, %d without a name; want %d and %d", c.host, got, n.Load(), c.kept, c.nameless)
		}
		for pattern, want := range map[string]int64{"needle": c.nameless, "nothing": 0} {
			n.Store(0)
			if _, err := Search(t.Context(), []string{dir}, SearchOptions{Patterns: []string{pattern}, Filter: f}, io.Discard); err != nil || n.Load() != want {
				t.Errorf("%s: %d hits without a name, want %d; %v", c.host, n.Load(), want, err)
			}
		}
	}
}

func TestWildcard(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "", true},
		{"a*", "abc", true},
		{"*c", "abc", true},
		{"a*c", "ac", true},
		{"a*a", "a", false},
		{"a*b*c", "aXbYc", true},
		{"a*b*c", "acb", false},
		{"ab", "abc", false},
		{"*b*", "abc", true},
		{"*x*", "abc", false},
	} {
		if got := wildcard(c.pattern, c.text); got != c.want {
			t.Errorf("wildcard(%q, %q) = %v", c.pattern, c.text, got)
		}
	}
}

func TestEventNames(t *testing.T) {
	for _, c := range []struct {
		provider, channel string
		id                uint32
		want              string
	}{
		{securityProvider, "Security", 4624, "logon"},
		{"", "security", 4624, "logon"},
		{"Service Control Manager", "System", 7045, "service installed"},
		{"", "System", 7045, ""},
		{"Some Service", "System", 7045, ""},
		{"Microsoft-Windows-Eventlog", "Security", 1102, "audit log cleared"},
		{"", "Microsoft-Windows-Sysmon/Operational", 22, "DNS query"},
	} {
		if got := EventName(c.provider, c.channel, c.id); got != c.want {
			t.Errorf("%s %s %d: %q, want %q", c.provider, c.channel, c.id, got, c.want)
		}
	}
	// The table itself: every line is read, and no id stands twice under one provider.
	owner, seen := "", map[string]bool{}
	for i, line := range strings.Split(eventNamesText, "\n") {
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '@':
			owner = line
		default:
			id, name, ok := strings.Cut(line, " ")
			if !ok || name == "" || strings.Trim(id, "0123456789") != "" || owner == "" {
				t.Errorf("line %d: %q", i+1, line)
			}
			if seen[owner+id] {
				t.Errorf("line %d: %s stands twice under %s", i+1, id, owner)
			}
			seen[owner+id] = true
		}
	}
}

// TestInventoryYearless checks that an inventory says which times rest on a file's time that was lost.
func TestInventoryYearless(t *testing.T) {
	log := filepath.Join(t.TempDir(), "syslog")
	if err := os.WriteFile(log, []byte("Mar  9 00:00:00 h p: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2023, 8, 1, 1, 0, 0, 0, time.UTC)
	if err := os.Chtimes(log, at, at); err != nil {
		t.Fatal(err)
	}
	inv, err := TakeInventory(t.Context(), []string{log}, InventoryOptions{})
	if err != nil || inv.WarningsAll != 1 || len(inv.Warnings) != 1 || !strings.HasPrefix(inv.Warnings[0].Message, "the times of 1 record have no year: ") {
		t.Errorf("%+v, %v", inv, err)
	}
}
