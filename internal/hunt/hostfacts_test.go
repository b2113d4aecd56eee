package hunt

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"entente/internal/source"
)

// factLog is a log of JSON lines; a line is host, channel, event id and fields.
func factLog(t *testing.T, lines ...[]string) string {
	t.Helper()
	var b strings.Builder
	for _, l := range lines {
		channel, provider := "Security", "Microsoft-Windows-Security-Auditing"
		if l[1] == "sysmon" {
			channel, provider = sysmonChannel, "Microsoft-Windows-Sysmon"
		}
		fmt.Fprintf(&b, `{"@timestamp":"2021-03-03T01:00:00Z","Channel":%q,"Provider_Name":%q,"EventID":%s,"Computer":%q`, channel, provider, l[2], l[0])
		for i := 3; i < len(l); i += 2 {
			fmt.Fprintf(&b, ",%q:%q", l[i], l[i+1])
		}
		b.WriteString("}\n")
	}
	file := filepath.Join(t.TempDir(), "a.jsonl")
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestFactsOfHosts(t *testing.T) {
	const worker, cmd = `C:\Windows\System32\inetsrv\w3wp.exe`, `C:\Windows\System32\cmd.exe`
	for _, c := range []struct {
		name string
		line []string
		want string
	}{
		{"a connection that it opened", []string{"ex01", "sysmon", "3", "Initiated", "true", "SourceIp", "10.9.0.4", "DestinationIp", "10.9.0.5"}, "ex01 [10.9.0.4] false false"},
		{"one that it took", []string{"ex01", "sysmon", "3", "Initiated", "false", "SourceIp", "10.9.0.4", "DestinationIp", "10.9.0.5"}, "ex01 [10.9.0.5] false false"},
		{"one of which it is not known", []string{"ex01", "sysmon", "3", "SourceIp", "10.9.0.4", "DestinationIp", "10.9.0.5"}, ""},
		{"one to itself", []string{"ex01", "sysmon", "3", "Initiated", "true", "SourceIp", "::1", "DestinationIp", "::1"}, ""},
		{"one inside of the link", []string{"ex01", "sysmon", "3", "Initiated", "true", "SourceIp", "fe80::1%5"}, ""},
		{"an address of IPv4 in the clothes of IPv6", []string{"ex01", "sysmon", "3", "Initiated", "true", "SourceIp", "::ffff:10.9.0.4"}, "ex01 [10.9.0.4] false false"},
		{"no address", []string{"ex01", "sysmon", "3", "Initiated", "true", "SourceIp", "ex01"}, ""},
		{"a machine's ticket", []string{"dc01", "security", "4768", "TargetUserName", "EX01$", "IpAddress", "::ffff:10.9.0.4", "Status", "0x0"}, "EX01 [10.9.0.4] false false"},
		{"a ticket for a service", []string{"dc01", "security", "4769", "TargetUserName", "EX01$@A.EXAMPLE", "IpAddress", "10.9.0.4", "Status", "0x0"}, "EX01 [10.9.0.4] false false"},
		{"a ticket that was refused", []string{"dc01", "security", "4768", "TargetUserName", "EX01$", "IpAddress", "10.9.0.4", "Status", "0x18"}, ""},
		{"a person's ticket", []string{"dc01", "security", "4768", "TargetUserName", "anna", "IpAddress", "10.9.0.4", "Status", "0x0"}, ""},
		{"a log-on, which a relay can forge", []string{"fs01", "security", "4624", "TargetUserName", "EX01$", "IpAddress", "10.9.0.4", "Status", "0x0"}, ""},
		{"a web server", []string{"web1", "sysmon", "1", "Image", worker, "CommandLine", `w3wp.exe -ap "DefaultAppPool"`}, "web1 [] true false"},
		{"a pool of Exchange", []string{"ex01", "sysmon", "1", "Image", worker, "CommandLine", `w3wp.exe -ap "MSExchangeOWAAppPool"`}, "ex01 [] true true"},
		{"what a pool of Exchange starts", []string{"ex01", "sysmon", "1", "Image", cmd, "ParentImage", worker, "ParentCommandLine", `w3wp.exe -ap "MSExchangeOWAAppPool"`}, "ex01 [] true true"},
		{"in the Security log", []string{"web1", "security", "4688", "NewProcessName", cmd, "ParentProcessName", worker}, "web1 [] true false"},
		{"a program that names the pool", []string{"ws1", "sysmon", "1", "Image", cmd, "CommandLine", `cmd /c echo MSExchange \w3wp.exe`}, ""},
		{"another program of that ending", []string{"ws1", "sysmon", "1", "Image", `C:\x\not-w3wp.exe`}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, sum := runHunt(t, planOf(t, PlanOptions{}, inventoryRules), Options{Inputs: []string{factLog(t, c.line)}, Logs: true})
			var got []string
			for _, f := range sum.HostFacts {
				got = append(got, fmt.Sprint(f.Host, " ", f.Addresses, " ", f.Web, " ", f.Mail))
			}
			if text := strings.Join(got, "; "); text != c.want {
				t.Errorf("%q, want %q", text, c.want)
			}
		})
	}
}

func TestFactsAreTheSameByAnyNumberOfWorkers(t *testing.T) {
	var lines [][]string
	for i := range 3000 {
		host := fmt.Sprintf("h%02d", i%29)
		lines = append(lines, []string{host, "sysmon", "3", "Initiated", "true", "SourceIp", fmt.Sprintf("10.9.%d.%d", i%29, i%83), "DestinationIp", "10.8.0.1"})
		if i%7 == 0 {
			lines = append(lines, []string{host, "sysmon", "1", "Image", `C:\a\w3wp.exe`, "CommandLine", "w3wp"})
		}
	}
	log, plan := factLog(t, lines...), planOf(t, PlanOptions{}, inventoryRules)
	var first []HostFacts
	for _, n := range []int{1, 2, 5} {
		_, sum := runHunt(t, plan, Options{Inputs: []string{log}, Logs: true, Read: source.Options{Workers: n}})
		if first == nil {
			first = sum.HostFacts
		}
		if len(first) != 29 || !reflect.DeepEqual(first, sum.HostFacts) {
			t.Errorf("%d workers: other facts of %d hosts", n, len(sum.HostFacts))
		}
		for _, f := range sum.HostFacts {
			if len(f.Addresses) == 0 || len(f.Addresses) > maxFactAddresses {
				t.Errorf("%s has %d addresses", f.Host, len(f.Addresses))
			}
		}
	}
	if _, sum := runHunt(t, plan, Options{Inputs: []string{log}}); len(sum.HostFacts) > 0 {
		t.Error("facts that nobody asked for")
	}
}

// TestFactsOfWindowsOwnFormat: texts are in UTF-16 there.
func TestFactsOfWindowsOwnFormat(t *testing.T) {
	log := writeLog(t, filepath.Join(t.TempDir(), "a.evtx"),
		started(1, "ex01", "u", `C:\Windows\System32\inetsrv\W3WP.exe`, `w3wp.exe -ap "MSExchangeECPAppPool"`), started(2, "ws1", "u", `C:\a\y3wp.exe`, "w3wp.exe"))
	_, sum := runHunt(t, planOf(t, PlanOptions{}, inventoryRules), Options{Inputs: []string{log}, Logs: true})
	if len(sum.HostFacts) != 1 || !sum.HostFacts[0].Mail || !sum.HostFacts[0].Web || sum.HostFacts[0].Host != "ex01" {
		t.Errorf("%+v", sum.HostFacts)
	}
}
