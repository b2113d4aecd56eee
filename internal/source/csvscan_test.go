package source

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// csvAll scans a text record by record.
func csvAll(text string, delim byte) (records [][]string, strays int) {
	data := []byte(text)
	var scratch []byte
	for len(data) > 0 {
		fields, n, stray := csvRecord(data, delim, true, nil)
		if stray {
			strays++
		}
		var rec []string
		for i := range fields {
			rec = append(rec, string(fields[i].text(data, &scratch)))
		}
		records = append(records, rec)
		data = data[n:]
	}
	return records, strays
}

func TestCSVRecord(t *testing.T) {
	tests := []struct {
		name, in string
		want     [][]string
		strays   int
	}{
		{"plain", "a,b,c\n1,,3\n", [][]string{{"a", "b", "c"}, {"1", "", "3"}}, 0},
		{"no last line end", "a,b\n1,2", [][]string{{"a", "b"}, {"1", "2"}}, 0},
		{"last field empty", "a,\n,\n", [][]string{{"a", ""}, {"", ""}}, 0},
		{"crlf", "a,b\r\n1,2\r\n\"x\"\r\n", [][]string{{"a", "b"}, {"1", "2"}, {"x"}}, 0},
		{"quoted", `"a,b","c"` + "\n", [][]string{{"a,b", "c"}}, 0},
		{"doubled quotes", `"say ""hi""",""""` + "\n", [][]string{{`say "hi"`, `"`}}, 0},
		{"line in field", "\"a\nb\",c\nd,e\n", [][]string{{"a\nb", "c"}, {"d", "e"}}, 0},
		{"empty quoted", "\"\",x\n", [][]string{{"", "x"}}, 0},
		{"quote within a field", "a\"b,c\n", [][]string{{`a"b`, "c"}}, 0},
		{"lone quotes in a quoted field", `"a "b" c",d` + "\n", [][]string{{`a "b" c`, "d"}}, 0},
		{"open quote costs no other line", "1,\"open\n2,\"good\"\n3,x\n", [][]string{{"1", `"open`}, {"2", "good"}, {"3", "x"}}, 1},
		{"open quote at the end", "1,\"open\n2,b\n", [][]string{{"1", `"open`}, {"2", "b"}}, 1},
		{"text behind a closing quote", "\"a\"x,b\nc,d\n", [][]string{{`"a"x`, "b"}, {"c", "d"}}, 1},
		{"many lines in a field with doubled quotes", "\"a\n\"\"b\"\"\nc\",d\n", [][]string{{"a\n\"b\"\nc", "d"}}, 0},
		{"quote alone", "\"\n", [][]string{{`"`}}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, strays := csvAll(tt.in, ',')
			if fmt.Sprint(got) != fmt.Sprint(tt.want) || len(got) != len(tt.want) || strays != tt.strays {
				t.Errorf("got %q with %d strays, want %q with %d", got, strays, tt.want, tt.strays)
			}
		})
	}
}

// What the standard library writes is read back.
func TestCSVRoundTrip(t *testing.T) {
	pieces := []string{"", "a", ",", "\n", `"`, `""`, "ä", ";", "\r\nx", " "}
	var rows [][]string
	for i := range 2000 {
		var row []string
		for j := range 3 {
			var cell string
			for k, n := 0, i*7+j*13; k < 4; k, n = k+1, n/3+i {
				cell += pieces[n%len(pieces)]
			}
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	got, strays := csvAll(b.String(), ',')
	if strays > 0 || len(got) != len(rows) {
		t.Fatalf("got %d rows with %d strays, want %d", len(got), strays, len(rows))
	}
	for i := range rows {
		if !slices.Equal(got[i], rows[i]) {
			t.Errorf("row %d: got %q, want %q", i, got[i], rows[i])
		}
	}
}

// Scanning is linear whatever quotes a stream holds: a quadratic scan of these would take hours.
func TestCSVHostileQuotes(t *testing.T) {
	for _, line := range []string{"x,\"y\n", "\"\"\"\n", "\"\"x,\"\n", "\"a\"b\"c,\"\"\n", "\"x\r", "\"\"\"\",\"\n", "\"abc\n\n\n\n", "\"a\"b\n", "\"\"b\n", "\"a,\"\"b\n"} {
		for _, line := range []string{line, strings.ReplaceAll(line, "\n", ",")} {
			text := []byte(strings.Repeat(line, (4<<20)/len(line)))
			for len(text) > 0 {
				_, n, _ := csvRecord(text, ',', true, nil)
				if n == 0 {
					t.Fatalf("%q: no progress", line)
				}
				text = text[n:]
			}
		}
	}
}
