package source

import (
	"testing"
	"time"
)

func TestDayNanos(t *testing.T) {
	for y := 1678; y <= 2261; y += 7 {
		for m := 1; m <= 12; m++ {
			for _, d := range []int{1, 28, daysIn(y, m)} {
				got, ok := dayNanos(y, m, d)
				want := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).UnixNano()
				if !ok || got != want {
					t.Fatalf("dayNanos(%d, %d, %d) = %d, %v; want %d", y, m, d, got, ok, want)
				}
			}
		}
	}
	for _, bad := range [][3]int{{2021, 2, 29}, {2021, 13, 1}, {2021, 0, 1}, {2021, 4, 31}, {2021, 1, 0}, {1600, 1, 1}, {9999, 1, 1}} {
		if _, ok := dayNanos(bad[0], bad[1], bad[2]); ok {
			t.Errorf("dayNanos(%v) is a day", bad)
		}
	}
}

func TestTimes(t *testing.T) {
	parsers := map[string]func([]byte) (int64, bool){
		"iso": func(b []byte) (int64, bool) {
			ns, n, ok := isoTime(b)
			return ns, ok && n == len(b)
		},
		"clf":   clfTime,
		"epoch": epochTime,
		"any":   anyTime,
	}
	tests := []struct{ parser, text, want string }{
		{"iso", "2021-03-03T06:49:46Z", "2021-03-03T06:49:46Z"},
		{"iso", "2021-03-03T06:49:46.772Z", "2021-03-03T06:49:46.772Z"},
		{"iso", "2021-03-03 06:49:46,772", "2021-03-03T06:49:46.772Z"},
		{"iso", "2021-03-03T06:49:46.123456789123+01:00", "2021-03-03T05:49:46.123456789Z"},
		{"iso", "2021-03-03T06:49:46-0530", "2021-03-03T12:19:46Z"},
		{"iso", "2021-03-03T06:49:46+01", "2021-03-03T05:49:46Z"},
		{"iso", "2020-02-29T23:59:60Z", "2020-03-01T00:00:00Z"},
		{"iso", "2021-02-29T00:00:00Z", ""},
		{"iso", "2021-03-03T24:00:00Z", ""},
		{"iso", "2021-03-03T06:4x:46Z", ""},
		{"iso", "2021-03-03T06:49", ""},
		{"iso", "", ""},
		{"clf", "03/Mar/2021:06:49:46 +0000", "2021-03-03T06:49:46Z"},
		{"clf", "03/Mar/2021:06:49:46.250 -0500", "2021-03-03T11:49:46.25Z"},
		{"clf", "03/Mar/2021:06:49:46", "2021-03-03T06:49:46Z"},
		{"clf", "03/Nix/2021:06:49:46 +0000", ""},
		{"clf", "03/Mar/2021:06:49:46 hello", ""},
		{"epoch", "1614754186.123", "2021-03-03T06:49:46.123Z"},
		{"epoch", "1614754186", "2021-03-03T06:49:46Z"},
		{"epoch", "99999999999999999999", ""},
		{"epoch", "1614754186x", ""},
		{"any", "3/13/2021 6:49:46 PM", "2021-03-13T18:49:46Z"},
		{"any", "20210303064946.123456+060", "2021-03-03T05:49:46.123456Z"},
		{"any", "20210303064946.000000-000", "2021-03-03T06:49:46Z"},
		{"any", "20211303064946.000000-000", ""},
		{"any", "3/13/2021 6:49:46\u202fPM", "2021-03-13T18:49:46Z"},
		{"any", "13/03/2021 06:49:46", "2021-03-13T06:49:46Z"},
		{"any", "03.04.2021 06:49:46", "2021-04-03T06:49:46Z"},
		{"any", "2021-03-03 06:49:46.7721234", "2021-03-03T06:49:46.7721234Z"},
		{"any", "1614754186123", "2021-03-03T06:49:46.123Z"},
		{"any", "yesterday evening", ""},
	}
	for _, tt := range tests {
		ns, ok := parsers[tt.parser]([]byte(tt.text))
		got := ""
		if ok {
			got = time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
		}
		if got != tt.want {
			t.Errorf("%s %q: got %q, want %q", tt.parser, tt.text, got, tt.want)
		}
	}
}
