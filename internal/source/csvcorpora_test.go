package source

import (
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tableStyles are ways in which exporters write an event as a row: the column of a field, "" where the style has none.
var tableStyles = []struct {
	name  string
	comma rune
	envelope,
	data func(name string) string
	object string // the column that has the data as JSON
}{
	{
		name: "flat", comma: ',',
		envelope: func(name string) string { return name },
		data:     func(name string) string { return name },
	},
	{
		name: "winlogbeat", comma: ',',
		envelope: func(name string) string {
			return map[string]string{
				"EventID": "winlog.event_id", "Channel": "winlog.channel", "Provider_Name": "winlog.provider_name", "Computer": "winlog.computer_name",
				"TimeCreated": "@timestamp", "Keywords": "winlog.keywords", "Execution_ProcessID": "winlog.process.pid", "Task": "winlog.task",
				"Opcode": "winlog.opcode", "Version": "winlog.version", "Security_UserID": "winlog.user.identifier", "Level": "winlog.level",
				"Execution_ThreadID": "winlog.process.thread.id", "Provider_Guid": "winlog.provider_guid", "Correlation_ActivityID": "winlog.activity_id",
			}[name]
		},
		data: func(name string) string { return "winlog.event_data." + name },
	},
	{
		name: "paths", comma: '\t',
		envelope: func(name string) string { return "Event.System." + strings.ReplaceAll(name, "_", ".#attributes.") },
		data:     func(name string) string { return "Event.EventData." + name },
	},
	{
		name: "small letters", comma: ';',
		envelope: strings.ToLower,
		data:     strings.ToLower,
	},
	{
		name: "data as JSON", comma: ',',
		envelope: func(name string) string { return name },
		data:     func(name string) string { return name },
		object:   "EventData",
	},
}

// TestCorporaTables writes event logs as tables, reads these, and compares the events.
func TestCorporaTables(t *testing.T) {
	dir := corpora(t, "sigma-regression")
	var logs []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".evtx") {
			logs = append(logs, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(logs) == 0 {
		t.Fatal("there are no event logs")
	}
	for _, s := range tableStyles {
		compared := 0
		for i, log := range logs {
			events := shown(t, log)
			var (
				columns []string
				place   = map[string]int{}
				rows    []map[string]string
			)
			for _, ev := range events {
				row := map[string]string{}
				object := map[string]string{}
				for name, text := range ev {
					sys, system := strings.CutPrefix(name, "@")
					if name == "header" || name == "@EventRecordID" || name == "@TimeCreated" {
						continue
					}
					text = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
					if _, twice := ev[sys]; system && twice || strings.Contains(text, "][") || text == "<null>" || text == "" {
						delete(ev, name) // two fields of one name, several values, nothing: a table cannot say that
						continue
					}
					if s.name == "winlogbeat" && text == "-" && !dashes[name] || s.name == "small letters" && !system && spelled(strings.ToLower(name)) != name {
						delete(ev, name) // what the style cannot say
						continue
					}
					switch {
					case system:
						name = s.envelope(sys)
					case s.object != "":
						object[name] = text
						continue
					default:
						name = s.data(name)
					}
					if name == "" {
						delete(ev, "@"+sys)
						continue
					}
					row[name] = text
				}
				if _, when, ok := strings.Cut(ev["header"], " time="); ok {
					when, _, _ = strings.Cut(when, " ")
					row[s.envelope("TimeCreated")] = when
				}
				if s.object != "" {
					b, err := json.Marshal(object)
					if err != nil {
						t.Fatal(err)
					}
					row[s.object] = string(b)
				}
				for name := range row {
					if _, ok := place[name]; !ok {
						place[name] = len(columns)
						columns = append(columns, name)
					}
				}
				rows = append(rows, row)
			}
			path := filepath.Join(t.TempDir(), "table.csv")
			writeTable(t, path, s.comma, columns, rows)
			got := shown(t, path)
			if len(got) != len(events) {
				t.Errorf("%s: %s: %d events of %d", s.name, log, len(got), len(events))
				continue
			}
			for k := range events {
				compared++
				for name, want := range events[k] {
					if name != "@EventRecordID" && name != "@TimeCreated" && got[k][name] != want {
						t.Errorf("%s: %s: event %d: %s is %q, in the event log %q", s.name, logs[i], k, name, got[k][name], want)
					}
				}
			}
		}
		t.Logf("%s: %d events", s.name, compared)
	}
}

func writeTable(t *testing.T, path string, comma rune, columns []string, rows []map[string]string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(f)
	w.Comma = comma
	all := [][]string{columns}
	for _, row := range rows {
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = row[c]
		}
		all = append(all, cells)
	}
	if err := w.WriteAll(all); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
