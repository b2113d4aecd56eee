package event

import (
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	tests := []struct{ text, want string }{ // want in RFC 3339 with nanoseconds, "" for no time
		{"2021-03-03T06:49:46.1234567Z", "2021-03-03T06:49:46.1234567Z"},
		{"2021-03-03 06:49:46", "2021-03-03T06:49:46Z"},
		{"2021-03-03T06:49:46+02:00", "2021-03-03T04:49:46Z"},
		{"03/Mar/2021:06:49:46 +0100", "2021-03-03T05:49:46Z"},
		{" 3/3/2021 6:49:46 AM ", "2021-03-03T06:49:46Z"},
		{"2021-03-03", "2021-03-03T00:00:00Z"},

		{"1614754186", "2021-03-03T06:49:46Z"},
		{"1614754186.25", "2021-03-03T06:49:46.25Z"},
		{"1614754186250", "2021-03-03T06:49:46.25Z"},
		{"1614754186250125", "2021-03-03T06:49:46.250125Z"},
		{"1614754186250125001", "2021-03-03T06:49:46.250125001Z"},

		// FILETIMEs, and what is none.
		{"132592277861234567", "2021-03-03T06:49:46.1234567Z"},
		{"125911584000000000", "2000-01-01T00:00:00Z"},
		{"157469183999999999", "2099-12-31T23:59:59.9999999Z"},
		{"125911583999999999", "1973-12-28T07:26:23.999999999Z"}, // nanoseconds, as far as anybody can say
		{"157469184000000000", "1974-12-28T13:26:24Z"},
		{"1325922778612345670", "2012-01-07T07:52:58.61234567Z"}, // nineteen digits: nanoseconds
		{"13259227786123456", ""},                                // seventeen are nothing
		{"132592277861234567.5", ""},
		{"1.32592277861234567e17", ""},

		{"0", ""},
		{"1234567", ""},
		{"99999999", ""},
		{"-1614754186", ""},
		{"9300000000000000000", ""},
		{"soon enough", ""},
		{"", ""},
	}
	for _, tt := range tests {
		got, ok := ParseTime(tt.text)
		if text := got.Format(time.RFC3339Nano); ok != (tt.want != "") || ok && text != tt.want {
			t.Errorf("%q: %s, %v; want %q", tt.text, text, ok, tt.want)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	seeds := []string{"2021-03-03T06:49:46.1234567Z", "1614754186.25", "132592277861234567", "03/Mar/2021:06:49:46 +0100", "1e18", "9199999999999999999"}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseTime(s)
		if !ok && !got.IsZero() {
			t.Errorf("%q is no time and gives %v", s, got)
		}
		if ok && got.Location() != time.UTC {
			t.Errorf("%q is in %v", s, got.Location())
		}
	})
}
