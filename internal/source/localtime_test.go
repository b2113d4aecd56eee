package source

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entente/internal/event"
)

func eventTime(ev *event.Event) string {
	if !ev.HasTime {
		return "none"
	}
	return ev.When().Format("15:04:05.999")
}

const (
	sysmonFlat   = `"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","SourceName":"Microsoft-Windows-Sysmon"`
	securityFlat = `"EventID":4624,"Channel":"Security","SourceName":"Microsoft-Windows-Security-Auditing","TargetUserName":"a"`
)

// The times of a file that has local ones are those that its records of Sysmon show.
func TestLocalTimes(t *testing.T) {
	sysmon := func(field, at, utc string) string {
		return fmt.Sprintf(`{%s,"%s":"%s","UtcTime":"%s"}`, sysmonFlat, field, at, utc)
	}
	security := func(field, at string) string { return fmt.Sprintf(`{%s,"%s":"%s"}`, securityFlat, field, at) }
	three := func(s string) []string { return []string{s, s, s} }
	tests := []struct {
		name  string
		lines []string
		want  string // time of the last line
		told  string
	}{
		{"behind", []string{sysmon("TimeCreated", "2021-03-02T23:00:01", "2021-03-03 04:00:00.5"), security("TimeCreated", "2021-03-02T23:00:02")}, "04:00:02", "without a zone were moved by +05:00: in 1 of 1"},
		{"ahead, before", []string{security("EventTime", "2021-03-03 10:00:02"), sysmon("EventTime", "2021-03-03 10:00:01", "2021-03-03 04:30:01.5"), security("EventTime", "2021-03-03 10:00:02")}, "04:30:02", "moved by -05:30"},
		{"in UTC", []string{sysmon("TimeCreated", "2021-03-03T04:00:01", "2021-03-03 04:00:00.5"), security("TimeCreated", "2021-03-03T23:00:02")}, "23:00:02", ""},
		{"most of them", []string{
			sysmon("TimeCreated", "2021-03-02T23:00:01", "2021-03-03 04:00:00.5"), sysmon("TimeCreated", "2021-03-02T23:00:01", "2021-03-03 04:00:00.5"),
			sysmon("TimeCreated", "2021-03-02T23:00:01", "2021-03-03 06:00:00.5"), security("TimeCreated", "2021-03-02T23:00:02"),
		}, "04:00:02", "in 2 of 3"},
		{"no two alike", []string{sysmon("TimeCreated", "2021-03-02T23:00:01", "2021-03-03 04:00:00.5"), sysmon("TimeCreated", "2021-03-02T23:00:01", "2021-03-03 06:00:00.5"), security("TimeCreated", "2021-03-02T23:00:02")}, "23:00:02", ""},
		{"times of other things", []string{sysmon("TimeCreated", "2021-03-02T23:00:01", "2021-03-03 04:07:00"), security("TimeCreated", "2021-03-02T23:00:02")}, "23:00:02", ""},
		{"farther than any zone", []string{sysmon("TimeCreated", "2021-03-02T23:00:00", "2021-03-04 04:00:00"), security("TimeCreated", "2021-03-02T23:00:02")}, "23:00:02", ""},
		{"a clock of twelve hours", []string{sysmon("TimeCreated", "2021-03-02T04:00:00", "2021-03-02 21:00:00"), security("TimeCreated", "2021-03-02T04:00:02")}, "21:00:02", "moved by +17:00"},
		{"marked as UTC", append(three(sysmon("TimeCreated", "2021-03-02T23:00:01Z", "2021-03-03 04:00:00.5")), security("TimeCreated", "2021-03-02T23:00:02Z")), "04:00:02", "marked as UTC were moved by +05:00: in 3 of 3"},
		{"its own record", three(sysmon("TimeCreated", "2021-03-02T23:00:01Z", "2021-03-03 04:00:00.5")), "04:00:01", "marked as UTC"},
		{"marked as UTC, two records", append(three(sysmon("TimeCreated", "2021-03-02T23:00:01Z", "2021-03-03 04:00:00.5"))[1:], security("TimeCreated", "2021-03-02T23:00:02Z")), "23:00:02", ""},
		{"marked as UTC, not always wrong", append(append(three(sysmon("TimeCreated", "2021-03-02T23:00:01Z", "2021-03-03 04:00:00.5")), sysmon("TimeCreated", "2021-03-02T23:00:01Z", "2021-03-02 23:00:00.5")), security("TimeCreated", "2021-03-02T23:00:02Z")), "23:00:02", ""},
		{"a true one besides", []string{
			fmt.Sprintf(`{%s,"EventTime":"2021-03-02 23:00:01","@timestamp":"2021-03-03T04:00:01Z","UtcTime":"2021-03-03 04:00:00.5"}`, sysmonFlat),
			fmt.Sprintf(`{%s,"EventTime":"2021-03-02 23:00:02","@timestamp":"2021-03-03T04:00:02Z"}`, securityFlat),
		}, "04:00:02", ""},
		{"UtcTime in the message", []string{
			fmt.Sprintf(`{%s,"EventTime":"2021-03-02 23:00:01","Message":"Process Create:\nUtcTime: 2021-03-03 04:00:00.5\nImage: a"}`, sysmonFlat), security("EventTime", "2021-03-02 23:00:02"),
		}, "04:00:02", "+05:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, text := range map[string]string{
				"lines": strings.Join(tt.lines, "\n") + "\n", "array": "[" + strings.Join(tt.lines, ",") + "]",
				"pretty": strings.ReplaceAll(strings.Join(tt.lines, "\n"), ",", ",\n ") + "\n",
			} {
				for _, block := range []int{0, 60, 300} {
					got, warnings := readJSON(t, block, "", text, eventTime)
					if len(got) != len(tt.lines) || got[len(got)-1] != tt.want {
						t.Errorf("%s, blocks of %d: %q, want %s last", name, block, got, tt.want)
					}
					if tt.told == "" && len(warnings) > 0 || tt.told != "" && (len(warnings) != 1 || !strings.Contains(warnings[0], tt.told)) {
						t.Errorf("%s, blocks of %d: warnings %q, want %q", name, block, warnings, tt.told)
					}
				}
			}
		})
	}
}

// A large file is read by several goroutines, one in memory by one: the times are the same, and so they are where the first
// record of Sysmon comes late.
func TestLocalTimesOfLargeFiles(t *testing.T) {
	first := strings.Repeat(`{`+securityFlat+`,"TimeCreated":"2021-03-02T23:00:02"}`+"\n", 4000)
	one := fmt.Sprintf(`{%s,"TimeCreated":"2021-03-02T23:00:01","UtcTime":"2021-03-03 04:00:00.5"}`+"\n", sysmonFlat)
	for _, n := range []int{1, 7} {
		file := filepath.Join(t.TempDir(), "a.json")
		if err := os.WriteFile(file, []byte(first+one+strings.Repeat(first, n)), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, workers := range []int{1, 3} {
			times := map[string]int{}
			told := 0
			err := Run(t.Context(), []string{file}, Options{Workers: workers, Warn: func(Warning) { told++ }}, func(int) Worker { return &timeShower{} },
				func(_ *File, result any) error {
					for _, s := range result.([]string) {
						times[s]++
					}
					return nil
				})
			if err != nil {
				t.Fatal(err)
			}
			if want := 4000 * (n + 1); times["04:00:02"] != want || len(times) != 2 || told != 1 {
				t.Errorf("%d workers: times %v and %d warnings", workers, times, told)
			}
		}
	}
}

type timeShower struct{ list []string }

func (s *timeShower) Begin(*File)                { s.list = nil }
func (s *timeShower) Event(ev *event.Event) bool { s.list = append(s.list, eventTime(ev)); return true }
func (s *timeShower) End() any                   { return s.list }

// What a log that is followed has shown holds for what is added to it, also after a restart.
func TestLocalTimesOfAGrowingLog(t *testing.T) {
	one := fmt.Sprintf(`{%s,"TimeCreated":"2021-03-02T23:00:01","UtcTime":"2021-03-03 04:00:00.5"}`+"\n", sysmonFlat)
	other := `{` + securityFlat + `,"TimeCreated":"2021-03-02T23:00:02"}` + "\n"
	read := func(tail *Tail, piece string, at int) (times []string, told int) {
		r, err := NewReader(Options{Workers: 1, Warn: func(Warning) { told++ }}, func(int) Worker { return &timeShower{} })
		if err != nil {
			t.Fatal(err)
		}
		err = r.Read(context.Background(), []Stream{tail.Piece(&File{Name: "x"}, []byte(piece), int64(at))}, func(_ *File, result any) error {
			times = append(times, result.([]string)...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return times, told
	}
	_, tail, _, _ := KindOf([]byte(other), "", true)
	at := 0
	for i, p := range []struct {
		text, want string
		told       int
	}{{other, "23:00:02", 0}, {one + other, "04:00:02", 1}, {other, "04:00:02", 0}} {
		times, told := read(tail, p.text, at)
		if times[len(times)-1] != p.want || told != p.told {
			t.Errorf("piece %d: %v and %d warnings", i, times, told)
		}
		at += len(p.text)
	}
	tail, ok := ResumeTail("json", nil, []byte(other+one+other))
	if !ok {
		t.Fatal("no tail")
	}
	if times, _ := read(tail, other, at); times[0] != "04:00:02" {
		t.Errorf("after a restart %v", times)
	}
}

// Records that have the time of day apart from the date.
func TestJSONDateAndTime(t *testing.T) {
	for in, want := range map[string]string{
		`{"date":"2021-03-03","time":"04:05:06","cs-method":"GET"}`:      "2021-03-03T04:05:06Z",
		`{"time":"04:05:06.25","x":1,"date":"2021-03-03"}`:               "2021-03-03T04:05:06.25Z",
		`{"Date":"2021-03-03","Time":"04:05:06"}`:                        "2021-03-03T04:05:06Z",
		`{"date":"2021-03-03","cs-method":"GET"}`:                        "2021-03-03T00:00:00Z",
		`{"date":"2021-03-03T01:02:03","time":"04:05:06"}`:               "2021-03-03T01:02:03Z",
		`{"date":"2021-03-03","time":"04:05:06 x","timestamp":"broken"}`: "2021-03-03T00:00:00Z",
	} {
		got, _ := readJSON(t, 0, "", in+"\n", func(ev *event.Event) string { return ev.When().Format(time.RFC3339Nano) })
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %s", in, got, want)
		}
	}
}
