package coverage

import (
	"strings"
	"testing"

	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// TestLogsHaveNames: no kind of log goes by its key, and of each it is said how to get at it.
func TestLogsHaveNames(t *testing.T) {
	table, err := taxonomy.Load()
	if err != nil {
		t.Fatal(err)
	}
	enable := map[string]string{}
	for _, b := range table.Bindings() {
		enable[b.Name] = b.Enable
	}
	seen := 0
	for _, b := range table.Bindings() {
		names, how := describe(b, nil, enable)
		for i, n := range names {
			seen++
			if first, _, _ := strings.Cut(b.Name, "/"); n.name == "" || n.name == strings.ReplaceAll(b.Name, "/", " ") || first != "web" && strings.HasPrefix(n.name, first+" ") {
				t.Errorf("%s is called %q", b.Name, n.name)
			}
			if b.Name != "windows" && b.Name != "linux" && how[i] == "Collect it." && family(headOf(b).source) != "" {
				t.Errorf("%s: nothing says how to turn it on", b.Name)
			}
		}
	}
	if seen < 100 {
		t.Errorf("%d bindings", seen)
	}
}

func TestNamesOfMissingLogs(t *testing.T) {
	table, err := taxonomy.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ logsource, detection, name, enable string }{
		{"{product: windows, category: process_creation}", "{Image: x}", "Security 4688 or Sysmon 1", "auditpol"},
		{"{product: zeek, service: http}", "{uri: x}", "Zeek http.log", "Zeek on a tap"},
		{"{product: azure, service: signinlogs}", "{status: x}", "Entra ID sign-in logs", "diagnostic settings"},
		{"{product: windows, category: ps_script}", "{ScriptBlockText: x}", "PowerShell 4104", "Script Block Logging"},
		{"{product: linux, service: cron}", "{message: x}", "syslog of cron", "/var/log/cron"},
		{"{product: windows}", "{Channel: Some-Vendor/Operational, EventID: 7}", "some-vendor 7", "wevtutil sl \"some-vendor/operational\" /e:true"},
		{"{product: windows}", "{Channel: [System, Security], EventID: 7045}", "System 7045 or Security 7045", "on by default"},
		{"{product: windows}", "{Channel: Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational, EventID: 148}", "RemoteDesktopServices-RdpCoreTS 148", "on by default"},
		{"{product: windows}", "{Image: x}", "Windows event logs", "Collect it."},
		{"{product: windows, service: msexchange-lines}", "{message: x}", "", ""},
		{"{product: nosuch}", "{Image: x}", "product: nosuch", "no reader yields"},
	} {
		rules := sigma.ParseFiles(sigma.Options{}, sigma.File{Name: "r.yml", Data: []byte("title: x\nlogsource: " + c.logsource + "\ndetection: {s: " + c.detection + ", condition: s}\n")})
		if len(rules.Rules) != 1 {
			t.Fatalf("%s: %v", c.logsource, rules.Problems)
		}
		l := &logs{table: table, enable: map[string]string{}, lacks: map[*sigma.Rule]Log{}}
		for _, b := range table.Bindings() {
			l.enable[b.Name] = b.Enable
		}
		got := l.missing(rules.Rules[0])
		if got.Name != c.name || !strings.Contains(strings.Join(got.Enable, " "), c.enable) || len(got.Kinds) != len(got.Enable) {
			t.Errorf("%s %s: %+v, want %s with %s", c.logsource, c.detection, got, c.name, c.enable)
		}
	}
}
