package packexport

import (
	"encoding/csv"
	"strings"
	"testing"
)

func TestCSV(t *testing.T) {
	text, _ := export(t, CSV, sampleWith(t, "procedure: It logs on with accounts that it found.", `procedure: "=cmd|'/c calc'!A1"`), Options{})
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 {
		t.Fatalf("%d rows, want a header and 3", len(rows))
	}
	cell := func(id, column string) string {
		t.Helper()
		for i, c := range rows[0] {
			for _, r := range rows[1:] {
				if c == column && r[0] == id {
					return r[i]
				}
			}
		}
		t.Fatalf("there is no %s of %s", column, id)
		return ""
	}
	for _, c := range [][3]string{
		{"T1190", "tactics", "initial-access"},
		{"T1190", "detections", "Post to a page that takes none\nMany posts"},
		{"T1562.002", "id_today", "T1685.001"},
		{"T1562.002", "procedure", `It stops the event log: = no "log", no trace, 100%.`},
		{"T1078", "procedure", `'=cmd|'/c calc'!A1`}, // a spreadsheet would compute it
		{"T1078", "tactics", "initial-access persistence privilege-escalation defense-evasion"},
		{"T1078", "undetectable", "A log-on with the right password looks like any other."},
		{"T1190", "mitigations", "Install updates within a day\nForward logs to another machine"},
	} {
		if got := cell(c[0], c[1]); got != c[2] {
			t.Errorf("%s of %s is %q, want %q", c[1], c[0], got, c[2])
		}
	}
}
