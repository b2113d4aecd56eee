package report

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/event"
	"entente/internal/hunt"
	"entente/internal/sigma"
)

var (
	stixIDPattern   = regexp.MustCompile(`^[a-z][a-z0-9-]*--[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	stixTimePattern = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)
	stixNamePattern = regexp.MustCompile(`^[a-z0-9_]{3,250}$`)
)

// stixRequired are the properties that STIX 2.1 demands of each type, besides those of all.
var stixRequired = map[string][]string{
	"identity": {"name"}, "indicator": {"pattern", "pattern_type", "valid_from"}, "attack-pattern": {"name"}, "relationship": {"relationship_type", "source_ref", "target_ref"},
	"observed-data": {"first_observed", "last_observed", "number_observed", "object_refs"}, "sighting": {"sighting_of_ref"}, "marking-definition": {},
	"artifact": {"payload_bin"}, "directory": {"path"}, "domain-name": {"value"}, "file": {}, "ipv4-addr": {"value"}, "ipv6-addr": {"value"}, "network-traffic": {"protocols"},
	"process": {}, "user-account": {}, "windows-registry-key": {},
}

// parseSTIX checks a bundle's objects and that every reference leads to one of them.
func parseSTIX(t *testing.T, text string) []map[string]any {
	t.Helper()
	var b struct {
		Type    string           `json:"type"`
		ID      string           `json:"id"`
		Objects []map[string]any `json:"objects"`
	}
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatal(err)
	}
	if b.Type != "bundle" || !stixIDPattern.MatchString(b.ID) {
		t.Fatalf("bundle %q %q", b.Type, b.ID)
	}
	ids := map[string]bool{}
	for _, o := range b.Objects {
		id, _ := o["id"].(string)
		if ids[id] {
			t.Errorf("%s stands twice", id)
		}
		ids[id] = true
	}
	for _, o := range b.Objects {
		kind, _ := o["type"].(string)
		id, _ := o["id"].(string)
		required, known := stixRequired[kind]
		if !known || !stixIDPattern.MatchString(id) || !strings.HasPrefix(id, kind+"--") || o["spec_version"] != "2.1" {
			t.Errorf("object %v", o)
		}
		for _, p := range required {
			if v := o[p]; v == nil || v == "" {
				t.Errorf("%s has no %s", id, p)
			}
		}
		_, domain := o["created"]
		if sco := !slices.Contains([]string{"identity", "indicator", "attack-pattern", "relationship", "observed-data", "sighting", "marking-definition"}, kind); sco == domain {
			t.Errorf("%s: created = %v", id, o["created"])
		}
		checkSTIXProperties(t, id, o, ids)
		if a, b := fmt.Sprint(o["created"]), fmt.Sprint(o["modified"]); o["modified"] != nil && b < a {
			t.Errorf("%s was modified before it was created", id)
		}
		if kind == "observed-data" && fmt.Sprint(o["last_observed"]) < fmt.Sprint(o["first_observed"]) {
			t.Errorf("%s ends before it begins", id)
		}
		if kind == "network-traffic" && o["src_ref"] == nil && o["dst_ref"] == nil {
			t.Errorf("%s has no end", id)
		}
	}
	return b.Objects
}

func checkSTIXProperties(t *testing.T, id string, o map[string]any, ids map[string]bool) {
	t.Helper()
	for name, v := range o {
		if !stixNamePattern.MatchString(name) && name != "id" {
			t.Errorf("%s: property %q", id, name)
		}
		switch {
		case strings.HasSuffix(name, "_ref"):
			if !ids[v.(string)] {
				t.Errorf("%s: %s leads to %v, which is not here", id, name, v)
			}
		case strings.HasSuffix(name, "_refs"):
			list, _ := v.([]any)
			if len(list) == 0 {
				t.Errorf("%s: %s is empty", id, name)
			}
			for _, r := range list {
				if !ids[r.(string)] {
					t.Errorf("%s: %s leads to %v, which is not here", id, name, r)
				}
			}
		case slices.Contains([]string{"created", "modified", "valid_from", "first_observed", "last_observed", "first_seen", "last_seen"}, name):
			if !stixTimePattern.MatchString(fmt.Sprint(v)) {
				t.Errorf("%s: %s is %v", id, name, v)
			}
		}
		if list, ok := v.([]any); ok && len(list) == 0 {
			t.Errorf("%s: %s is an empty list", id, name)
		}
	}
}

func kinds(objects []map[string]any) map[string]int {
	n := map[string]int{}
	for _, o := range objects {
		n[o["type"].(string)]++
	}
	return n
}

func ofKind(objects []map[string]any, kind string) map[string]any {
	for _, o := range objects {
		if o["type"] == kind {
			return o
		}
	}
	return nil
}

// TestSTIXIdentifiers compares with identifiers that another implementation of section 2.9 gives.
func TestSTIXIdentifiers(t *testing.T) {
	for want, got := range map[string]string{
		"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4":            scoID("ipv4-addr", map[string]any{"value": "198.51.100.3"}),
		"domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7":          scoID("domain-name", map[string]any{"value": "example.com"}),
		"directory--0a58d0c1-59e6-5afd-8252-dcd3f13e5622":            scoID("directory", map[string]any{"path": `C:\Windows\System32`}),
		"file--a6345eb5-7f29-5e6b-9b84-17c38ff2e877":                 scoID("file", map[string]any{"name": "foo é \"q\"\n\u202e"}),
		"user-account--e3d2c724-d290-5896-9041-41cd13cf77db":         scoID("user-account", map[string]any{"account_login": "\xff\xfe broken \xc3("}),
		"user-account--32e0d928-9290-59f4-b0d3-810d984b2f8f":         scoID("user-account", map[string]any{"account_login": `CORP\a`, "user_id": "S-1-5-21-1"}),
		"windows-registry-key--0bf6c02e-5db4-5d40-bdc0-7d06e7c79859": scoID("windows-registry-key", map[string]any{"key": `HKEY_LOCAL_MACHINE\System\Foo`, "values": []any{map[string]any{"name": "Foo", "data": "qwerty"}}}),
		"network-traffic--35ae2d36-cceb-56a4-a8c0-b7813b9ea01d": scoID("network-traffic", map[string]any{
			"src_ref": "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4", "dst_ref": "ipv4-addr--39090fdc-366e-571f-ab5b-d05e2918f88f", "src_port": 50000, "dst_port": 443,
			"protocols": []string{"ipv4", "tcp", "http"}, "extensions": map[string]any{"http-request-ext": map[string]any{"request_method": "get", "request_value": "/a?b", "request_header": map[string]any{"User-Agent": []string{"x/1"}}}},
		}),
	} {
		if got != want {
			t.Errorf("got %s, wanted %s", got, want)
		}
	}
}

func TestSTIXFile(t *testing.T) {
	// The identifier of a file rests on one hash, the first in the order of the specification, whatever others there are.
	const want = "file--a2e350de-aa17-5e9b-b882-3fd5cc9312c9"
	s := NewSTIX(&strings.Builder{}, Options{}).(*stix)
	id := s.fileObject(`C:\Windows\System32\cmd.exe`, map[string]string{"SHA-256": strings.Repeat("a", 64), "MD5": strings.Repeat("b", 32)}, func(id string) string { return id })
	if id != want {
		t.Errorf("got %s, wanted %s", id, want)
	}
}

// TestSTIXBundleID checks that a bundle is named by what is in it.
func TestSTIXBundleID(t *testing.T) {
	id := func(o Options, list ...*hunt.Finding) string {
		var b struct{ ID string }
		if err := json.Unmarshal([]byte(render(t, "stix", o, plainSummary(), list...)), &b); err != nil {
			t.Fatal(err)
		}
		return b.ID
	}
	other := plainFinding()
	other.Host = "WEB02.corp.example"
	first := id(Options{}, plainFinding())
	if again := id(Options{Now: testNow.Add(time.Hour)}, plainFinding()); again != first {
		t.Errorf("%s, later %s", first, again)
	}
	seen := map[string]bool{first: true}
	for _, x := range []string{id(Options{}), id(Options{}, other), id(Options{}, plainFinding(), other), id(Options{STIX: STIXOptions{TLP: "red"}}, plainFinding())} {
		if seen[x] {
			t.Errorf("%s names two bundles", x)
		}
		seen[x] = true
	}
}

func TestSTIXBundle(t *testing.T) {
	x := plainFinding()
	y := plainFinding()
	y.Time, y.Offset, y.Count, y.Last = y.Time.Add(time.Minute), 70000, 5, y.Time.Add(time.Hour)
	o := Options{RuleText: sampleRuleText, STIX: STIXOptions{Identity: "Example Agency", TLP: "TLP:AMBER+STRICT"}}
	objects := parseSTIX(t, render(t, "stix", o, plainSummary(), x, y))
	n := kinds(objects)
	for kind, want := range map[string]int{"marking-definition": 1, "identity": 2, "indicator": 1, "attack-pattern": 1, "relationship": 1, "observed-data": 2, "sighting": 2, "user-account": 1, "process": 2, "file": 2, "directory": 2} {
		if n[kind] != want {
			t.Errorf("%d of %s, wanted %d", n[kind], kind, want)
		}
	}
	ind := ofKind(objects, "indicator")
	text, _ := sampleRuleText(x.Rule)
	if ind["pattern_type"] != "sigma" || ind["pattern"] != string(text) || ind["created"] != "2023-04-01T00:00:00.000Z" || ind["modified"] != "2024-01-15T00:00:00.000Z" {
		t.Errorf("indicator %v", ind)
	}
	for _, o := range objects {
		if o["type"] != "marking-definition" && fmt.Sprint(o["object_marking_refs"]) != "[marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003]" {
			t.Errorf("%v is marked %v", o["id"], o["object_marking_refs"])
		}
		if o["type"] == "observed-data" && o["number_observed"] == 5.0 && (o["first_observed"] != "2024-05-20T09:15:03.117Z" || o["last_observed"] != "2024-05-20T10:14:03.117Z") {
			t.Errorf("observed-data %v", o)
		}
	}
	proc := ofKind(objects, "process")
	if proc["image_ref"] == nil {
		t.Errorf("process %v", proc)
	}
	// The same findings in another run at another time are the same objects.
	o.Now = testNow.Add(24 * time.Hour)
	again := parseSTIX(t, render(t, "stix", o, plainSummary(), x, y))
	for i := range objects {
		if a, b := fmt.Sprint(objects[i]), fmt.Sprint(again[i]); a != b {
			t.Errorf("%s\nbecame\n%s", a, b)
		}
	}
}

func TestSTIXObservables(t *testing.T) {
	for name, c := range map[string]struct {
		f    hunt.Finding
		want map[string]int
	}{
		"nothing mapped": {hunt.Finding{Event: json.RawMessage(`{"a":1}`)}, map[string]int{"artifact": 1}},
		"no event":       {hunt.Finding{}, map[string]int{"artifact": 1}},
		"connection":     {hunt.Finding{Source: event.SourceWindows, EventID: 3, Event: json.RawMessage(`{"SourceIp":"192.0.2.1","DestinationIp":"2001:db8::1","DestinationPort":"443","Protocol":"tcp","DestinationHostname":"c2.example.org"}`)}, map[string]int{"ipv4-addr": 1, "ipv6-addr": 1, "network-traffic": 1, "domain-name": 1}},
		"logon":          {hunt.Finding{User: "ann", Event: json.RawMessage(`{"IpAddress":"192.0.2.1","IpPort":"50000"}`)}, map[string]int{"ipv4-addr": 1, "user-account": 1}},
		"registry":       {hunt.Finding{EventID: 13, Event: json.RawMessage(`{"TargetObject":"HKLM\\A\\B","Details":"DWORD (0x00000001)"}`)}, map[string]int{"windows-registry-key": 1}},
		"dns":            {hunt.Finding{Event: json.RawMessage(`{"QueryName":"a.example.org","Image":"C:\\x.exe"}`)}, map[string]int{"domain-name": 1, "process": 1, "file": 1, "directory": 1}},
		"service":        {hunt.Finding{Event: json.RawMessage(`{"ServiceName":"x","ImagePath":"C:\\x.exe"}`)}, map[string]int{"process": 1}},
		"web":            {hunt.Finding{Source: event.SourceIIS, Event: json.RawMessage(`{"c-ip":"192.0.2.1","s-ip":"192.0.2.2","s-port":"443","cs-method":"POST","cs-uri-stem":"/a","cs(User-Agent)":"x"}`)}, map[string]int{"ipv4-addr": 2, "network-traffic": 1}},
		"no domain":      {hunt.Finding{Event: json.RawMessage(`{"QueryName":"not a domain"}`)}, map[string]int{"artifact": 1}},
	} {
		c.f.Rule = &sigma.Meta{Title: "x"}
		n := kinds(parseSTIX(t, render(t, "stix", Options{}, nil, &c.f)))
		for _, k := range []string{"identity", "indicator", "observed-data", "sighting", "marking-definition"} {
			delete(n, k)
		}
		if fmt.Sprint(n) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, wanted %v", name, n, c.want)
		}
	}
}

func TestSTIXEventsOnRequest(t *testing.T) {
	objects := parseSTIX(t, render(t, "stix", Options{STIX: STIXOptions{Events: true}}, nil, plainFinding()))
	b, _ := base64.StdEncoding.DecodeString(fmt.Sprint(ofKind(objects, "artifact")["payload_bin"]))
	if string(b) != string(plainFinding().Event) {
		t.Errorf("artifact %s", b)
	}
}

func TestSTIXHostile(t *testing.T) {
	objects := parseSTIX(t, render(t, "stix", Options{STIX: STIXOptions{Events: true}}, hostileSummary(), hostile()...))
	for _, o := range objects {
		if refs, ok := o["external_references"].([]any); ok {
			for _, r := range refs {
				if u, ok := r.(map[string]any)["url"].(string); ok && u != "https://example.org/ok" && u != "https://attack.mitre.org/techniques/T1059/" {
					t.Errorf("external reference %q", u)
				}
			}
		}
	}
}

func TestSTIXRefusesUnknownTLP(t *testing.T) {
	sink := NewSTIX(&strings.Builder{}, Options{STIX: STIXOptions{TLP: "purple"}})
	if err := sink.Finding(plainFinding()); err == nil || !strings.Contains(err.Error(), "purple") {
		t.Errorf("Finding = %v", err)
	}
	if err := sink.Close(nil); err == nil {
		t.Error("Close succeeds")
	}
}

func TestSTIXRemembersABoundedNumber(t *testing.T) {
	s := NewSTIX(&strings.Builder{}, Options{}).(*stix)
	for i := range stixSeen*3 + 10 {
		if !s.first(fmt.Sprint(i)) {
			t.Fatalf("id %d was not there before", i)
		}
	}
	if n := len(s.seen) + len(s.old); n > 2*stixSeen {
		t.Errorf("%d ids are kept", n)
	}
	if s.first(fmt.Sprint(stixSeen*3 + 9)) {
		t.Error("a recent id is forgotten")
	}
}
