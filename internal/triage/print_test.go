package triage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"entente/internal/evtx"
	"entente/internal/source"
)

func printed(t *testing.T, o PrintOptions, j JSONOptions, inputs ...string) string {
	t.Helper()
	o.NewFormat = func() Format { return JSONLines(j) }
	var b bytes.Buffer
	if _, err := Print(context.Background(), inputs, o, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPrint(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.evtx")
	writeEVTX(t, path, security("a", 4624, 7, at("2021-03-01 10:00:00"), "TargetUserName", "bob", "IpAddress", "192.0.2.1"),
		security("a", 4634, 8, at("2021-03-01 10:00:01")), security("b", 4624, 9, at("2021-03-01 10:00:02"), "TargetUserName", "eve"))
	if got, want := printed(t, PrintOptions{}, JSONOptions{Fields: []string{"targetusername", "Computer"}}, dir),
		"{\"TargetUserName\":\"bob\",\"Computer\":\"a\"}\n{\"Computer\":\"a\"}\n{\"TargetUserName\":\"eve\",\"Computer\":\"b\"}\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := printed(t, PrintOptions{Limit: 1}, JSONOptions{Fields: []string{"TargetUserName"}}, dir), "{\"TargetUserName\":\"bob\"}\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var rec struct {
		File    string `json:"_file"`
		Offset  int64  `json:"_offset"`
		Source  string `json:"_source"`
		EventID int
		Record  int `json:"EventRecordID"`
	}
	line := printed(t, PrintOptions{Filter: Filter{IDs: []IDRange{{4634, 4634}}}}, JSONOptions{Origin: true}, dir)
	if err := json.Unmarshal([]byte(line), &rec); err != nil || rec.File != path || rec.Offset <= 0 || rec.Source != "windows" || rec.EventID != 4634 || rec.Record != 8 {
		t.Errorf("%s: %+v, %v", line, rec, err)
	}
}

// TestPrintRoundTrip reads what was printed, and prints it again.
func TestPrintRoundTrip(t *testing.T) {
	dir := t.TempDir()
	r := security("dc1.corp.example", 4688, 77, at("2021-03-01 10:00:00"), "CommandLine", "cmd /c \"echo <1> & 2\u2028\t\x01\"", "NewProcessName", `C:\x\Ünï.exe`, "Empty", "")
	r.Data = append(r.Data, evtx.Field{Name: "ProcessId", Value: evtx.Hex64(0x1410)}, evtx.Field{Name: "Big", Value: evtx.Uint64(1<<63 + 1)},
		evtx.Field{Name: "Null", Value: evtx.Null()}, evtx.Field{Name: "List", Value: evtx.Texts("a", "b")}, evtx.Field{Name: "On", Value: evtx.Bool(true)},
		evtx.Field{Name: "Bytes", Value: evtx.Binary([]byte{1, 2, 0xff})}, evtx.Field{Name: "When", Value: evtx.Time(at("2020-01-01 00:00:00"))})
	r.UserID, r.Keywords, r.Level = "S-1-5-18", 0x8020000000000000, 4
	writeEVTX(t, filepath.Join(dir, "x.evtx"), r, evtx.Record{
		Provider: "Microsoft-Windows-Sysmon", EventID: 1, Channel: "Microsoft-Windows-Sysmon/Operational", Computer: "ws", Time: at("2021-03-01 10:00:00"),
		Data: []evtx.Field{{Name: "Image", Value: evtx.Text(`C:\a.exe`)}, {Name: "User", Value: evtx.Text("NT AUTHORITY\\SYSTEM")}},
	})
	first := printed(t, PrintOptions{}, JSONOptions{}, dir)
	again := t.TempDir()
	writeText(t, filepath.Join(again, "events.jsonl"), first)
	second := printed(t, PrintOptions{}, JSONOptions{}, again)
	if first != second {
		t.Errorf("printed: %s\nread and printed again: %s", first, second)
	}
	a, b := takeInventory(t, InventoryOptions{}, dir), takeInventory(t, InventoryOptions{}, again)
	for i := range a.Logs {
		if !reflect.DeepEqual(a.Logs[i], b.Logs[i]) {
			t.Errorf("log %d: %+v\nand read again: %+v", i, a.Logs[i], b.Logs[i])
		}
	}
}

func TestPrintLimitAcrossFiles(t *testing.T) {
	dir := t.TempDir()
	var want strings.Builder
	for f := range 4 {
		var text strings.Builder
		for i := range 10 {
			fmt.Fprintf(&text, "line %d of %d\n", i, f)
			if f*10+i < 25 {
				fmt.Fprintf(&want, "{\"message\":\"line %d of %d\"}\n", i, f)
			}
		}
		writeText(t, filepath.Join(dir, fmt.Sprintf("%d.txt", f)), text.String())
	}
	for _, workers := range []int{1, 3} {
		got := printed(t, PrintOptions{Limit: 25, Read: source.Options{Workers: workers}}, JSONOptions{}, dir)
		if got != want.String() {
			t.Errorf("%d workers: got\n%s", workers, got)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("the disk is full")

func TestPrintReportsTheWriter(t *testing.T) {
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "x.txt"), "a\nb\n")
	o := PrintOptions{NewFormat: func() Format { return JSONLines(JSONOptions{}) }}
	if _, err := Print(context.Background(), []string{dir}, o, failing{}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}
