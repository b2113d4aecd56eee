package source

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/internal/event"
)

// A log that gives nothing, or less than its name promises, is never passed over in silence.
func TestNothingIsSilent(t *testing.T) {
	w3c := strings.Repeat("2021-03-01 00:00:01 10.1.1.1 GET /a.aspx x=1 443 - 192.0.2.9 Mozilla/5.0 - 200 0 0 5\n", 3)
	for _, tt := range []struct {
		name, text string
		events     int
		says       string
	}{
		{"blank.jsonl", "\n\n \t\n", 0, "nothing but white space"},
		{"empty.json", "[]", 0, "there is no JSON object in it"},
		{"object.json", "{}", 0, "an object is empty"},
		{"u_ex.log", w3c, 3, "no #Fields line"},
		{"short.csv", "time,host,EventID,Image\n2021-03-01T00:00:00Z,h,2\n2021-03-01T00:00:00Z,h,1,x\n", 2, "fewer columns"},
		{"other.csv", "time,host,EventID,Image\na,b\nc,d,e\nf,g,h,i\nj\nk\n", 6, "read as plain text"},
		{"other.json", "hello\nworld\n", 2, "read as plain text"},
		{"notes.txt", "hello, it is me\nonce more\n", 2, ""},
	} {
		got := collect(t, Options{}, write(t, t.TempDir(), tt.name, []byte(tt.text)))
		said := strings.Join(slices.Concat(got.warnings, got.skipped), "\n")
		if len(got.events) != tt.events || !strings.Contains(said, tt.says) || tt.says == "" && said != "" {
			t.Errorf("%s: %d events, want %d; said %q, want %q", tt.name, len(got.events), tt.events, said, tt.says)
		}
	}
}

// A record that is too long costs no other, if it is whole.
func TestLongRecordInAnArray(t *testing.T) {
	long := `{"F":[` + strings.Repeat("1,", maxRecord) + `1],"x":"\\\"}{[","y":{"z":[{"T":9}]}}`
	for _, text := range []string{
		`[{"S":1},` + long + `,{"S":3},{"S":4}]`,
		"[\n{\"S\":1},\n" + long + ",\n{\"S\":3},\n{\"S\":4}\n]\n",
	} {
		var warnings []string
		env := &Env{File: "f", Warn: func(off int64, msg string) { warnings = append(warnings, fmt.Sprintf("%d: %s", off, msg)) }}
		d := newJSON().NewDecoder()
		var got []string
		err := newJSON().Split(t.Context(), strings.NewReader(text), env, func(b Block) error {
			d.Decode(&b, env, func(ev *event.Event) bool {
				got = append(got, flat(ev))
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{`{"S":1}`, `{"S":3}`, `{"S":4}`}; !slices.Equal(got, want) {
			t.Errorf("got %s, want %s; %.300q", got, want, warnings)
		}
		if len(warnings) != 1 || !strings.Contains(warnings[0], "longer than 16 MiB") {
			t.Errorf("warnings %.300q", warnings)
		}
	}
}

// The answer of AWS's API wraps each record in a text.
func TestCloudTrailLookup(t *testing.T) {
	text := `{"Events":[{"EventId":"e1","EventName":"StopLogging","ReadOnly":"false","EventTime":"2021-03-01T10:00:00+00:00",` +
		`"EventSource":"cloudtrail.amazonaws.com","Username":"eve","Resources":[],` +
		`"CloudTrailEvent":"{\"eventVersion\":\"1.08\",\"userIdentity\":{\"userName\":\"eve\"},\"eventTime\":\"2021-03-01T10:00:00Z\",\"eventSource\":\"cloudtrail.amazonaws.com\",` +
		`\"eventName\":\"StopLogging\",\"awsRegion\":\"eu-west-1\"}"}],"NextToken":"x"}`
	events, warnings := readJSON(t, 0, "lookup.json", text, func(ev *event.Event) string { return string(ev.Source) + " " + flat(ev) })
	if len(events) != 1 || len(warnings) != 0 || !strings.HasPrefix(events[0], string(event.SourceCloudTrail)+" ") ||
		!strings.Contains(events[0], `"eventName":"StopLogging"`) || !strings.Contains(events[0], `"userIdentity.userName":"eve"`) {
		t.Errorf("%s %s", events, warnings)
	}
}

// A time that an exporter wrote as seconds since 1970 is printed as all others are.
func TestTimeCreatedIsATime(t *testing.T) {
	text := `{"System":{"Provider":{"Name":"P"},"EventID":{"Value":1},"Channel":"C","Computer":"h","TimeCreated":{"SystemTime":1614592800.123456}},"EventData":{"a":1614592800.5}}` + "\n"
	events, warnings := readJSON(t, 0, "v.jsonl", text, flat)
	if len(events) != 1 || len(warnings) > 0 || !strings.Contains(events[0], `"TimeCreated":"2021-03-01T10:00:00.123456Z"`) || !strings.Contains(events[0], `"a":1614592800.5`) {
		t.Errorf("%s %s", events, warnings)
	}
}
