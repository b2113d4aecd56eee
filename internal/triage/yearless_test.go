package triage

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente/internal/source"
)

// TestYearlessPart checks that the year of a file's records is not doubted where its last record was not read.
func TestYearlessPart(t *testing.T) {
	at := time.Date(2021, 3, 9, 1, 0, 0, 0, time.UTC)
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "messages")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
		return name
	}
	const old = "Mar  1 00:00:00 h p: x\n"
	long := "Mar  1 00:00:00 h p: needle\n" + strings.Repeat(old, 200_000)
	right, wrong, other := file(long+"Mar  9 00:00:00 h p: x\n"), file(long), file(old)
	for _, workers := range []int{1, 4} {
		for _, tt := range []struct {
			name   string
			inputs []string
			limit  int64
			search bool
			want   bool
		}{
			{"all", []string{right}, 0, false, false},
			{"all, wrong", []string{wrong}, 0, false, true},
			{"one", []string{right}, 1, false, false},
			{"limit in a later block", []string{right}, 150_000, false, false},
			{"limit in a later file", []string{other, right}, 2, false, true},
			{"search", []string{right}, 0, true, false},
			{"search, all blocks", []string{other}, 0, true, true},
		} {
			var years source.Yearless
			read := source.Options{Workers: workers, Yearless: years.Add}
			var err error
			if tt.search {
				pattern := "needle"
				if tt.want {
					pattern = "x"
				}
				_, err = Search(t.Context(), tt.inputs, SearchOptions{Patterns: []string{pattern}, Read: read, NewFormat: func() func([]byte, *Hit) []byte {
					return func(dst []byte, _ *Hit) []byte { return append(dst, '\n') }
				}}, io.Discard)
			} else {
				_, err = Print(t.Context(), tt.inputs, PrintOptions{Read: read, Limit: tt.limit, NewFormat: func() Format { return JSONLines(JSONOptions{}) }}, io.Discard)
			}
			if w, ok := years.Warning(); ok != tt.want || err != nil {
				t.Errorf("%s with %d workers: %v %v %v", tt.name, workers, ok, w, err)
			}
		}
	}
}
