package source

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"entente/internal/event"
)

// deepIn nests text in n objects of the name a.
func deepIn(n int, text string) string {
	return strings.Repeat(`{"a":`, n) + text + strings.Repeat("}", n)
}

func TestJSONDeepStaysText(t *testing.T) {
	const leaf = `"C:\\evil.exe"`
	path := func(n int) string { return "deep" + strings.Repeat(".a", n) }
	most := maxJSONDepth - 1 // objects under a field of a record that are still taken apart
	arrays := func(n int, text string) string {
		return strings.Repeat("[", n) + text + strings.Repeat("]", n)
	}
	records := map[string]string{
		"windows": `{"EventID":64,"Channel":"x","deep":%s,"after":"y"}`,
		"generic": `{"id":64,"deep":%s,"after":"y"}`,
	}
	tests := []struct {
		name, deep, field, want string
		warned                  bool
	}{
		{"just within", deepIn(most, leaf), path(most), `C:\evil.exe`, false},
		{"at the cap", deepIn(most+1, leaf), path(most), deepIn(1, leaf), true},
		{"one beyond", deepIn(most+2, leaf), path(most), deepIn(2, leaf), true},
		{"far beyond", deepIn(200_000, leaf), path(most), deepIn(200_000-most, leaf), true},
		{"array", deepIn(most, arrays(2, deepIn(1, leaf))), path(most), arrays(2, deepIn(1, leaf)), true},
		{"arrays", arrays(10_000, deepIn(1, leaf)), "deep", arrays(10_000-most, deepIn(1, leaf)), true},
		{"nothing at the cap", deepIn(most, "{ }"), path(most), "{}", false},
		{"no member at the cap", deepIn(most, "[ ]"), path(most), "[]", false},
		{"scalars at the cap", deepIn(most, `["x"]`), path(most), "x", false},
	}
	for kind, record := range records {
		for _, tt := range tests {
			t.Run(kind+"/"+tt.name, func(t *testing.T) {
				text, want := fmt.Sprintf(record, tt.deep)+"\n", tt.want
				if kind == "windows" && (want == "{}" || want == "[]") {
					want = "" // an element without content
				}
				found, printed := false, ""
				_, warnings := readJSON(t, 0, "", text, func(ev *event.Event) string {
					printed = string(ev.AppendJSON(nil))
					if ev.Text("after") != "y" {
						t.Errorf("the field after it is %q", ev.Text("after"))
					}
					for i := range ev.Values {
						v := &ev.Values[i]
						found = found || ev.Names.At(v.Slot).Text == tt.field && string(v.AppendText(nil)) == want
					}
					return ""
				})
				if !found {
					t.Errorf("no field %s with %.80q; printed as %.300s", tt.field, want, printed)
				}
				if !json.Valid([]byte(printed)) || strings.Contains(tt.deep, "evil") && !strings.Contains(printed, "evil.exe") {
					t.Errorf("printed as %.300s", printed)
				}
				if tt.warned != (len(warnings) == 1 && strings.HasPrefix(warnings[0], "0: ") && strings.Contains(warnings[0], "nested deeper than 64")) ||
					!tt.warned && len(warnings) > 0 {
					t.Errorf("warnings %.300q", warnings)
				}
			})
		}
	}
}

// A pair whose name is nested too deep is no pair: its text must stay.
func TestJSONDeepNameOfAPair(t *testing.T) {
	pair := strings.Repeat("[", maxJSONDepth-3) + `{"Name":{"x":"evil"},"Value":"v"}` + strings.Repeat("]", maxJSONDepth-3)
	text := `{"Event":{"System":{"EventID":1,"Channel":"x"},"EventData":{"Data":` + pair + "}}}\n"
	events, warnings := readJSON(t, 0, "", text, flat)
	if len(events) != 1 || !strings.Contains(events[0], `{\"x\":\"evil\"}`) || len(warnings) != 1 {
		t.Errorf("events %.300q, warnings %.300q", events, warnings)
	}
}

func TestJSONDeepWarnsOnceABlock(t *testing.T) {
	line := `{"deep":` + deepIn(100, "1") + "}\n"
	env := &Env{}
	var warned []int64
	env.Warn = func(off int64, _ string) { warned = append(warned, off) }
	d := newJSON().NewDecoder()
	n := 0
	count := func(*event.Event) bool { n++; return true }
	flatLine := "{\"b\":1}\n"
	d.Decode(&Block{Data: []byte(flatLine + strings.Repeat(line, 50))}, env, count)
	d.Decode(&Block{Data: []byte(strings.Repeat(line, 3)), Offset: 1000}, env, count)
	d.Decode(&Block{Data: []byte(flatLine), Offset: 2000}, env, count)
	if n != 55 || len(warned) != 2 || warned[0] != int64(len(flatLine)) || warned[1] != 1000 {
		t.Errorf("%d events, warned at %d", n, warned)
	}
}

func TestCSVDeepJSONIsReported(t *testing.T) {
	data := `{"Workload":"Exchange","Operation":"Set","x":` + deepIn(100, `"evil"`) + `}`
	text := "CreationDate,UserIds,Operations,AuditData\n" +
		strings.Repeat(`2024-05-01T00:00:00.0000000Z,u,Set,"`+strings.ReplaceAll(data, `"`, `""`)+"\"\n", 3)
	for block, want := range map[int]int{0: 1, 1: 3} { // all rows in one block, and one in each
		testCSVDeep(t, text, block, want)
	}
}

func testCSVDeep(t *testing.T, text string, block, want int) {
	t.Helper()
	var warnings []string
	env := &Env{Warn: func(off int64, msg string) { warnings = append(warnings, fmt.Sprintf("%d: %s", off, msg)) }}
	n := 0
	err := readBlocks(newCSV(), []byte(text), block, env, func(ev *event.Event) bool {
		n++
		if !strings.Contains(string(ev.AppendJSON(nil)), "evil") {
			t.Errorf("printed as %.300s", ev.AppendJSON(nil))
		}
		return true
	})
	if err != nil || n != 3 || len(warnings) != want || !strings.Contains(warnings[0], "nested deeper than 64") {
		t.Errorf("%d events, err = %v, warnings %.300q", n, err, warnings)
	}
}
