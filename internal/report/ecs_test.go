package report

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"entente/internal/attack"
	"entente/internal/event"
	"entente/internal/hunt"
	"entente/internal/sigma"
)

func ecsDocument(t *testing.T, o Options, f *hunt.Finding) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(render(t, "ecs", o, nil, f)), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// at follows a path of members; nil where there is none.
func at(v any, path ...string) any {
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

func TestECSProcess(t *testing.T) {
	facts, err := attack.Default()
	if err != nil {
		t.Fatal(err)
	}
	d := ecsDocument(t, Options{Attack: facts}, plainFinding())
	list := func(s ...any) any { return s }
	for _, c := range []struct {
		want any
		path []string
	}{
		{"2024-05-20T09:14:03.117Z", []string{"@timestamp"}},
		{"8.17.0", []string{"ecs", "version"}},
		{"alert", []string{"event", "kind"}},
		{list("process"), []string{"event", "category"}},
		{"1", []string{"event", "code"}},
		{99.0, []string{"event", "severity"}},
		{"WEB01", []string{"host", "hostname"}},
		{"svc_web", []string{"user", "name"}},
		{"CORP", []string{"user", "domain"}},
		{"Shell of a web server", []string{"rule", "name"}},
		{list("Example Team"), []string{"rule", "author"}},
		{"https://example.org/a", []string{"rule", "reference"}},
		{list("TA0003"), []string{"threat", "tactic", "id"}},
		{list("Persistence"), []string{"threat", "tactic", "name"}},
		{list("T1505"), []string{"threat", "technique", "id"}},
		{list("Server Software Component"), []string{"threat", "technique", "name"}},
		{list("T1505.003"), []string{"threat", "technique", "subtechnique", "id"}},
		{list("https://attack.mitre.org/techniques/T1505/003/"), []string{"threat", "technique", "subtechnique", "reference"}},
		{"cmd.exe", []string{"process", "name"}},
		{`C:\Windows\System32\cmd.exe`, []string{"process", "executable"}},
		{640.0, []string{"process", "pid"}},
		{"0123456789abcdef0123456789abcdef", []string{"process", "hash", "md5"}},
		{"w3wp.exe", []string{"process", "parent", "name"}},
		{512.0, []string{"process", "parent", "pid"}},
		{"logs/web01.evtx", []string{"log", "file", "path"}},
		{69632.0, []string{"log", "offset"}},
		{"4711", []string{"winlog", "record_id"}},
		{"cmd.exe /c whoami", []string{"winlog", "event_data", "CommandLine"}},
		{nil, []string{"winlog", "event_data", "EventID"}},
		{string(plainFinding().Event), []string{"event", "original"}},
	} {
		if got := at(d, c.path...); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v = %v, wanted %v", c.path, got, c.want)
		}
	}
}

func TestECSPlacesOnlyValuesOfTheRightType(t *testing.T) {
	d := ecsDocument(t, Options{}, &hunt.Finding{
		Rule: &sigma.Meta{Title: "x"}, Source: event.SourceIIS,
		Event: json.RawMessage(`{"c-ip":"not an address","s-ip":"192.0.2.1","s-port":"99999","cs-method":"GET","cs-uri-stem":"/a","sc-status":"2xx","cs(User-Agent)":"agent/1"}`),
	})
	for _, path := range [][]string{{"source"}, {"destination", "port"}, {"http", "response"}, {"winlog"}, {"host"}, {"threat"}} {
		if got := at(d, path...); got != nil {
			t.Errorf("%v = %v, wanted nothing", path, got)
		}
	}
	if at(d, "destination", "ip") != "192.0.2.1" || at(d, "url", "path") != "/a" || at(d, "user_agent", "original") != "agent/1" {
		t.Errorf("document %v", d)
	}
	if at(d, "@timestamp") != testNow.Format(time.RFC3339) {
		t.Errorf("@timestamp = %v", at(d, "@timestamp"))
	}
	if tags := at(d, "tags").([]any); tags[len(tags)-1] != "no-time" {
		t.Errorf("tags = %v", tags)
	}
}

func TestECSRegistryAndFile(t *testing.T) {
	d := ecsDocument(t, Options{}, &hunt.Finding{EventID: 13, Source: event.SourceWindows, Event: json.RawMessage(`{"TargetObject":"HKLM\\Software\\Run\\Up","Details":"x.exe"}`)})
	if at(d, "registry", "path") != `HKEY_LOCAL_MACHINE\Software\Run\Up` || at(d, "registry", "hive") != "HKLM" || at(d, "registry", "key") != `Software\Run` || at(d, "registry", "value") != "Up" {
		t.Errorf("registry = %v", at(d, "registry"))
	}
	d = ecsDocument(t, Options{}, &hunt.Finding{EventID: 11, Source: event.SourceWindows, Event: json.RawMessage(`{"TargetFilename":"C:\\a\\b.ASPX"}`)})
	if at(d, "file", "name") != "b.ASPX" || at(d, "file", "extension") != "aspx" || at(d, "file", "directory") != `C:\a` {
		t.Errorf("file = %v", at(d, "file"))
	}
}
