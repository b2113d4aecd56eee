package report

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"entente/internal/hunt"
	"entente/internal/sigma"
)

func TestJSONLGolden(t *testing.T) {
	x := plainFinding()
	x.Event = json.RawMessage(`{"EventID":1,"CommandLine":"cmd.exe /c whoami"}`)
	x.Caveats = []string{"one caveat"}
	x.Count, x.Last = 3, x.Time.Add(time.Hour)
	const want = `{"rule":{"id":"11111111-2222-4333-8444-555555555555","title":"Shell of a web server","level":"critical","status":"test","file":"rules/shell.yml","tags":["attack.persistence","attack.t1505.003"]},` +
		`"attack":{"techniques":[{"id":"T1505.003","name":"Web Shell"}],"tactics":["persistence"]},"time":"2024-05-20T09:14:03.117Z","host":"WEB01.corp.example","user":"CORP\\svc_web","source":"windows",` +
		`"channel":"Microsoft-Windows-Sysmon/Operational","provider":"Microsoft-Windows-Sysmon","event_id":1,"record_id":4711,"file":"logs/web01.evtx","offset":69632,` +
		`"matched":{"CommandLine":"cmd.exe /c whoami","ParentImage":"C:\\Windows\\System32\\inetsrv\\w3wp.exe"},"event":{"EventID":1,"CommandLine":"cmd.exe /c whoami"},` +
		`"caveats":["one caveat"],"count":3,"last":"2024-05-20T10:14:03.117Z"}` + "\n"
	if got := render(t, "jsonl", Options{}, nil, x); got != want {
		t.Errorf("got\n%swanted\n%s", got, want)
	}
}

func TestJSONLCorrelation(t *testing.T) {
	at := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	x := &hunt.Finding{
		Rule: &sigma.Meta{Name: "many_logons"}, Time: at,
		Matched: []hunt.FieldValue{{Name: "", Value: "keyword"}, {Name: "a", Value: "1"}, {Name: "a", Value: "2"}, {Name: "b", Null: true}},
		Correlation: &hunt.CorrelationHit{
			Type: sigma.ValueCount, Group: []hunt.FieldValue{{Name: "ip", Value: "192.0.2.1"}}, Value: 2.5, First: at, Last: at.Add(time.Minute), Total: 9,
			Matches: []hunt.CorrelationMatch{{Rule: "r", Title: "t", Time: at, Host: "h", User: "u", Channel: "c", EventID: 7, HasRecordID: true, File: "f", Offset: 1}},
		},
	}
	const want = `{"rule":{"title":"many_logons"},"time":"2024-05-01T00:00:00Z","matched":{"":"keyword","a":["1","2"],"b":null},"correlation":{"type":"value_count","group":{"ip":"192.0.2.1"},"value":2.5,` +
		`"first":"2024-05-01T00:00:00Z","last":"2024-05-01T00:01:00Z","total":9,"matches":[{"rule":"r","title":"t","time":"2024-05-01T00:00:00Z","host":"h","file":"f","offset":1,"user":"u","channel":"c","event_id":7,"record_id":0}]},"count":1}` + "\n"
	if got := render(t, "jsonl", Options{}, nil, x); got != want {
		t.Errorf("got\n%swanted\n%s", got, want)
	}
}

// TestJSONLIsAsDocumented holds the output against the table of members in docs/formats/finding.md.
func TestJSONLIsAsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/formats/finding.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]int{}
	for i, m := range regexp.MustCompile("(?m)^\\| `([a-z_.\\[\\]]+)` \\|").FindAllStringSubmatch(string(text), -1) {
		documented[m[1]] = i
	}
	if len(documented) < 30 {
		t.Fatalf("the document lists only %d members", len(documented))
	}
	full := plainFinding()
	full.Caveats, full.Count, full.Last = []string{"c"}, 2, full.Time.Add(1)
	full.Rule.Indicator = &sigma.Indicator{
		ID: "indicator--1", Pattern: "[a:b = 'c']", Labels: []string{"l"}, Types: []string{"t"}, Confidence: 50, Phases: []string{"c:p"},
		Indicates: []string{"malware:m"}, TLP: "green", Markings: []string{"marking-definition--1"}, From: full.Time, Until: full.Time.Add(1),
	}
	f := newFake(1)
	full.Correlation = f.correlation(full)
	full.Correlation.Matches[0].Carved = true
	full.Event = json.RawMessage(`{"q":"X-Rps-CAT=` + base64.StdEncoding.EncodeToString(
		[]byte("V\x01\x00T\x07WindowsC\x00A\x08KerberosL\x01aU\x09S-1-5-500G\x01\x00\x00\x00\x07\x00\x00\x00\x07S-1-1-0")) + `"}`)
	seen := map[string]bool{}
	for _, x := range append(hostile(), full) {
		var members []string
		walkMembers(t, json.NewDecoder(strings.NewReader(render(t, "jsonl", Options{}, nil, x))), "", &members)
		last := -1
		for _, name := range members {
			at, ok := documented[name]
			if !ok {
				t.Errorf("member %q is not documented", name)
			}
			if strings.Count(name, ".") == 0 && !strings.Contains(name, "[") {
				if at < last {
					t.Errorf("member %q stands out of the documented order", name)
				}
				last = at
			}
			seen[name] = true
		}
	}
	for name := range documented {
		if !seen[name] {
			t.Errorf("member %q is documented but was never written", name)
		}
	}
}

// walkMembers lists the names of members in order; those of free objects (matched, event, group) are left out.
func walkMembers(t *testing.T, dec *json.Decoder, prefix string, out *[]string) {
	t.Helper()
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		t.Fatal(err)
	}
	inner := json.NewDecoder(bytes.NewReader(raw))
	tok, err := inner.Token()
	if err != nil {
		t.Fatal(err)
	}
	switch tok {
	case json.Delim('{'):
		if prefix == "matched." || prefix == "event." || prefix == "correlation.group." {
			return
		}
		for inner.More() {
			k, err := inner.Token()
			if err != nil {
				t.Fatal(err)
			}
			name := prefix + k.(string)
			*out = append(*out, name)
			walkMembers(t, inner, name+".", out)
		}
	case json.Delim('['):
		for inner.More() {
			walkMembers(t, inner, strings.TrimSuffix(prefix, ".")+"[].", out)
		}
	}
}
