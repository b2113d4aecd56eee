package indicator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/evtx"
	"entente/internal/hunt"
	"entente/internal/indicator"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// indicatorJSON is an indicator with a pattern; more are further members, as JSON.
func indicatorJSON(n int, pattern string, more ...string) string {
	p, err := json.Marshal(pattern)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"type":"indicator","spec_version":"2.1","id":"indicator--5b2d1f0e-0b3a-4c8e-9f55-%012d","created":"2021-07-01T00:00:00.000Z",`+
		`"modified":"2021-07-01T00:00:00.000Z","name":"i%d","pattern":%s,"pattern_type":"stix","valid_from":"2021-01-01T00:00:00Z"%s}`,
		n, n, p, strings.Join(append([]string{""}, more...), ","))
}

func bundleOf(objects ...string) string {
	return `{"type":"bundle","id":"bundle--5b2d1f0e-0b3a-4c8e-9f55-0123456789ab","objects":[` + strings.Join(objects, ",\n") + "]}"
}

func compile(tb testing.TB, bundle string) *indicator.Set {
	tb.Helper()
	b := indicator.NewBundle()
	if err := b.Add("bundle.json", strings.NewReader(bundle)); err != nil {
		tb.Fatal(err)
	}
	return b.Compile()
}

func planOf(tb testing.TB, s *indicator.Set, o hunt.PlanOptions) *hunt.Plan {
	tb.Helper()
	table, err := taxonomy.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return hunt.NewPlan(&sigma.Collection{Rules: s.Rules, Correlations: s.Correlations}, table, o)
}

func run(tb testing.TB, plan *hunt.Plan, inputs ...string) ([]*hunt.Finding, *hunt.Summary) {
	tb.Helper()
	var out []*hunt.Finding
	sum, err := hunt.Run(context.Background(), plan, hunt.Options{Inputs: inputs, Finding: func(f *hunt.Finding) error {
		out = append(out, f)
		return nil
	}})
	if err != nil {
		tb.Fatal(err)
	}
	return out, sum
}

func writeFile(tb testing.TB, text string) string {
	tb.Helper()
	file := filepath.Join(tb.TempDir(), "events.jsonl")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

// Records of the logs in which objects show, one file a log: each line is one record, but for the heads of tables.
const (
	sysmonHead = `{"Channel":"Microsoft-Windows-Sysmon/Operational","Provider_Name":"Microsoft-Windows-Sysmon","Computer":"ws1","@timestamp":"2021-03-03T09:00:00Z",`
	securityHd = `{"Channel":"Security","Provider_Name":"Microsoft-Windows-Security-Auditing","Computer":"ws1","@timestamp":"2021-03-03T09:00:00Z",`
	md5A       = "0123456789abcdef0123456789abcdef"
	sha256A    = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
)

var logs = map[string]string{
	"sysmon.jsonl": sysmonHead + `"EventID":1,"Image":"C:\\Users\\Public\\upd.exe","CommandLine":"upd.exe -s 203.0.113.9","CurrentDirectory":"C:\\Temp\\","User":"CORP\\eve","ProcessId":"4242","ParentImage":"C:\\Windows\\explorer.exe","ParentCommandLine":"explorer","IntegrityLevel":"High","Hashes":"MD5=0123456789ABCDEF0123456789ABCDEF,SHA256=00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF,IMPHASH=AAAA"}
` + sysmonHead + `"EventID":3,"Image":"C:\\Users\\Public\\upd.exe","User":"CORP\\eve","Protocol":"tcp","SourceIp":"192.0.2.10","SourcePort":"50000","DestinationIp":"203.0.113.9","DestinationHostname":"c2.example.net","DestinationPort":"8443"}
` + sysmonHead + `"EventID":11,"Image":"C:\\Users\\Public\\upd.exe","TargetFilename":"C:\\ProgramData\\stage\\drop.dll"}
` + sysmonHead + `"EventID":13,"EventType":"SetValue","Image":"C:\\x.exe","TargetObject":"HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\Upd","Details":"C:\\Users\\Public\\upd.exe"}
` + sysmonHead + `"EventID":22,"Image":"C:\\Users\\Public\\upd.exe","QueryName":"c2.example.net","QueryResults":"203.0.113.9;"}
` + sysmonHead + `"EventID":7,"Image":"C:\\Windows\\a.exe","ImageLoaded":"C:\\ProgramData\\stage\\drop.dll","Hashes":"MD5=FFFF56789ABCDEF0123456789ABCDEF0"}
` + sysmonHead + `"EventID":3,"Image":"C:\\Windows\\a.exe","SourceIp":"2001:db8:0:0:0:0:0:10","SourcePort":"50000","DestinationIp":"2001:db8:0:0:0:0:0:99","DestinationPort":"443"}
`,
	"security.jsonl": securityHd + `"EventID":4624,"TargetUserName":"eve","TargetDomainName":"CORP","TargetUserSid":"S-1-5-21-1-2-3-1105","LogonType":"3","IpAddress":"203.0.113.77"}
` + securityHd + `"EventID":4688,"SubjectUserName":"bob","NewProcessName":"C:\\Windows\\System32\\whoami.exe","CommandLine":"whoami /all","NewProcessId":"0x1092","ProcessId":"0x4"}
` + `{"Channel":"System","Provider_Name":"Service Control Manager","EventID":7045,"Computer":"ws1","@timestamp":"2021-03-03T09:00:00Z","ServiceName":"UpdSvc","ImagePath":"C:\\Windows\\upds.exe","StartType":"auto start"}
`,
	"u_ex210303.log": "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2021-03-03 00:00:00\n" +
		"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) cs-host sc-status\n" +
		"2021-03-03 09:00:00 192.0.2.20 POST /owa/auth/shell.aspx cmd=1 443 - 198.51.100.7 EvilAgent/1.0 - mail.example.org 200\n" +
		"2021-03-03 09:00:01 192.0.2.20 GET / - 443 - 198.51.100.8 Mozilla - mail.example.org 200\n",
	"zeek-http.log": "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\thttp\n" +
		"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tmethod\thost\turi\tuser_agent\n#types\ttime\tstring\taddr\tport\taddr\tport\tstring\tstring\tstring\tstring\n" +
		"1614762000.0\tC1\t192.0.2.30\t5000\t203.0.113.50\t80\tGET\tdl.example.net\t/p/load.bin?x=1\tcurl/7\n",
	"zeek-conn.log": "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n" +
		"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\n" +
		"1614762000.0\tC2\t192.0.2.31\t5001\t203.0.113.60\t4444\ttcp\n",
	"zeek-dns.log": "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tquery\tqtype_name\n#types\ttime\tstring\taddr\tstring\tstring\n" +
		"1614762000.0\tC3\t192.0.2.31\tns.example.net\tA\n",
	"zeek-ssl.log": "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tssl\n#fields\tts\tuid\tid.orig_h\tserver_name\n#types\ttime\tstring\taddr\tstring\n" +
		"1614762000.0\tC4\t192.0.2.31\ttls.example.net\n",
	"zeek-files.log": "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tfiles\n#fields\tts\tfuid\tfilename\tmd5\ttotal_bytes\n#types\ttime\tstring\tstring\tstring\tcount\n" +
		"1614762000.0\tF1\tinvoice.iso\tabcdefabcdefabcdefabcdefabcdef01\t12345\n",
	"zeek-smtp.log": "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tsmtp\n#fields\tts\tuid\tmailfrom\trcptto\tfrom\tto\tsubject\n#types\ttime\tstring\tstring\tset[string]\tstring\tset[string]\tstring\n" +
		"1614762000.0\tC5\tphish@example.net\tbob@example.org\tHelp <phish@example.net>\tbob@example.org\tYour parcel\n",
	"audit.log": "type=SYSCALL msg=audit(1614762000.000:1): arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=777 auid=1000 uid=0 comm=\"x\" exe=\"/tmp/.x/miner\"\n" +
		"type=EXECVE msg=audit(1614762000.000:1): argc=2 a0=\"/tmp/.x/miner\" a1=\"--pool\"\ntype=EOE msg=audit(1614762000.000:1): \n" +
		"type=USER_LOGIN msg=audit(1614762001.000:2): pid=9 uid=0 auid=1000 ses=1 msg='op=login acct=\"mallory\" exe=\"/usr/sbin/sshd\" hostname=? addr=203.0.113.88 terminal=ssh res=failed'\n",
	"auth.log": "Mar  3 09:00:00 web1 sshd[7]: Failed password for root from 203.0.113.99 port 4711 ssh2\n",
}

// Every type of object is found in the logs that show it, by the record that shows it and no other.
func TestObjectsInLogs(t *testing.T) {
	dir := t.TempDir()
	for name, text := range logs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct {
		pattern string
		want    []string // logs, once for each record
	}{
		// files
		{"[file:hashes.MD5 = '" + md5A + "']", []string{"sysmon.jsonl"}},
		{"[file:hashes.'SHA-256' IN ('" + sha256A + "', '" + strings.Repeat("ab", 32) + "')]", []string{"sysmon.jsonl"}},
		{"[file:hashes.'SHA-256' = '" + sha256A + "' AND file:size = 10]", []string{"sysmon.jsonl"}},
		{"[file:name = 'drop.dll']", []string{"sysmon.jsonl", "sysmon.jsonl"}},
		{"[file:name = 'drop.dll' AND file:parent_directory_ref.path = 'C:\\\\ProgramData\\\\stage']", []string{"sysmon.jsonl", "sysmon.jsonl"}},
		{"[file:name = 'drop.dll' AND file:parent_directory_ref.path = 'C:\\\\ProgramData']", nil},
		{"[file:hashes.MD5 = 'abcdefabcdefabcdefabcdefabcdef01']", []string{"zeek-files.log"}},
		{"[file:name = 'invoice.iso']", []string{"zeek-files.log"}},
		{"[file:name LIKE 'inv%.iso']", []string{"zeek-files.log"}},
		{"[directory:path = 'C:\\\\ProgramData\\\\stage']", []string{"sysmon.jsonl"}},
		// processes
		{"[process:command_line LIKE 'upd.exe %']", []string{"sysmon.jsonl"}},
		{"[process:command_line MATCHES '^whoami\\\\s+/all$']", []string{"security.jsonl"}},
		{"[process:image_ref.name = 'whoami.exe' AND process:pid = 4242]", []string{"security.jsonl"}},
		{"[process:pid >= 4242 AND process:image_ref.name = 'upd.exe']", []string{"sysmon.jsonl"}},
		{"[process:pid > 4242 AND process:image_ref.name = 'upd.exe']", nil},
		{"[process:command_line = 'whoami /all' AND process:image_ref.name NOT = 'whoami.exe']", nil},
		{"[process:command_line = 'whoami /all' AND process:image_ref.name != 'upd.exe']", []string{"security.jsonl"}},
		{"[process:parent_ref.image_ref.name = 'explorer.exe']", []string{"sysmon.jsonl"}},
		{"[process:image_ref.name = 'miner' AND process:command_line LIKE '%--pool%']", []string{"audit.log"}},
		{"[process:extensions.'windows-service-ext'.service_name = 'UpdSvc']", []string{"security.jsonl"}},
		{"[process:image_ref.name = 'upd.exe' AND process:opened_connection_refs[*].dst_ref.value = '203.0.113.9']", []string{"sysmon.jsonl"}},
		// network
		{"[network-traffic:dst_ref.value = '203.0.113.9' AND network-traffic:dst_port = 8443]", []string{"sysmon.jsonl"}},
		{"[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '203.0.113.60' AND network-traffic:dst_port IN (4444, 5555)]", []string{"zeek-conn.log"}},
		{"[network-traffic:dst_ref.value = 'c2.example.net']", []string{"sysmon.jsonl"}},
		{"[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'EvilAgent/1.0']", []string{"u_ex210303.log"}},
		{"[ipv4-addr:value = '203.0.113.9']", []string{"sysmon.jsonl"}},
		{"[ipv4-addr:value ISSUBSET '203.0.113.0/26']", []string{"sysmon.jsonl", "zeek-conn.log", "zeek-http.log"}},
		{"[ipv4-addr:value = '198.51.100.7']", []string{"u_ex210303.log"}},
		{"[ipv4-addr:value = '203.0.113.77']", []string{"security.jsonl"}},
		{"[ipv4-addr:value = '203.0.113.88']", []string{"audit.log"}},
		{"[ipv4-addr:value = '203.0.113.99']", []string{"auth.log"}},
		{"[ipv4-addr:value = '203.0.113.9' OR ipv4-addr:value = '203.0.113.99']", []string{"auth.log", "sysmon.jsonl"}},
		{"[ipv6-addr:value = '2001:db8::99']", []string{"sysmon.jsonl"}},
		{"[ipv6-addr:value ISSUBSET '2001:db8::/120']", []string{"sysmon.jsonl"}},
		// names and addresses of the web
		{"[domain-name:value = 'c2.example.net']", []string{"sysmon.jsonl", "sysmon.jsonl"}},
		{"[domain-name:value LIKE '%.example.net']", []string{"sysmon.jsonl", "sysmon.jsonl", "zeek-dns.log", "zeek-http.log", "zeek-ssl.log"}},
		{"[url:value = 'http://dl.example.net/p/load.bin?x=1']", []string{"zeek-http.log"}},
		{"[url:value IN ('http://dl.example.net/p/load.bin?x=2', 'https://mail.example.org/owa/auth/shell.aspx?cmd=1')]", []string{"u_ex210303.log"}},
		{"[url:value = 'http://other.example.net/p/load.bin?x=1']", nil},
		{"[url:value LIKE '%/owa/auth/shell.aspx%']", []string{"u_ex210303.log"}},
		{"[url:value LIKE 'http://dl.example.net/p/%']", []string{"zeek-http.log"}},
		// accounts, registry, mail
		{"[user-account:account_login = 'eve']", []string{"security.jsonl", "sysmon.jsonl"}},
		{"[user-account:user_id = 'S-1-5-21-1-2-3-1105']", []string{"security.jsonl"}},
		{"[user-account:account_login = 'mallory']", []string{"audit.log"}},
		{"[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\\\SOFTWARE\\\\Microsoft\\\\Windows\\\\CurrentVersion\\\\Run' AND windows-registry-key:values[*].name = 'Upd']", []string{"sysmon.jsonl"}},
		{"[windows-registry-key:values[*].data = 'C:\\\\Users\\\\Public\\\\upd.exe']", []string{"sysmon.jsonl"}},
		{"[email-addr:value = 'phish@example.net']", []string{"zeek-smtp.log"}},
		{"[email-message:subject = 'Your parcel' AND email-message:from_ref.value = 'phish@example.net']", []string{"zeek-smtp.log"}},
		// several observations
		{"[domain-name:value = 'c2.example.net'] AND [ipv4-addr:value = '203.0.113.60']", []string{""}},
		{"[domain-name:value = 'c2.example.net'] OR [ipv4-addr:value = '203.0.113.60']", []string{"sysmon.jsonl", "sysmon.jsonl", "zeek-conn.log"}},
		{"[domain-name:value = 'c2.example.net'] AND [ipv4-addr:value = '203.0.113.61']", nil},
		{"[ipv4-addr:value = '203.0.113.60'] START t'2021-03-03T00:00:00Z' STOP t'2021-03-04T00:00:00Z'", []string{"zeek-conn.log"}},
		{"[ipv4-addr:value = '203.0.113.60'] START t'2021-03-04T00:00:00Z' STOP t'2021-03-05T00:00:00Z'", nil},
	}
	var objects []string
	for i, c := range cases {
		objects = append(objects, indicatorJSON(i, c.pattern))
	}
	set := compile(t, bundleOf(objects...))
	for _, p := range set.Problems {
		if !p.Warning {
			t.Errorf("%s: %s", p.Rule, p.Reason)
		}
	}
	findings, _ := run(t, planOf(t, set, hunt.PlanOptions{}), dir)
	for i, c := range cases {
		var got []string
		for _, f := range findings {
			if f.Rule.Title != fmt.Sprint("i", i) {
				continue
			}
			if f.Rule.Indicator == nil || f.Rule.Indicator.Pattern != c.pattern || len(f.Matched) == 0 && f.Correlation == nil {
				t.Errorf("%s: the finding lacks its indicator, or what it matched", c.pattern)
			}
			name := filepath.Base(f.File)
			if f.Correlation != nil {
				name = ""
			}
			got = append(got, name)
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: found in %q, want %q", c.pattern, got, c.want)
		}
	}
}

// In event logs of Windows the same is found as in their JSON.
func TestObjectsInEventLogs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sysmon.evtx")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := evtx.NewWriter(f)
	for i, data := range [][]string{
		{"1", "Image", `C:\Users\Public\upd.exe`, "Hashes", "MD5=" + strings.ToUpper(md5A), "CommandLine", "upd.exe"},
		{"3", "DestinationIp", "203.0.113.9", "DestinationPort", "8443", "Image", `C:\Users\Public\upd.exe`},
		{"22", "QueryName", "c2.example.net"},
		{"13", "EventType", "SetValue", "TargetObject", `HKLM\SOFTWARE\X\Run\Upd`, "Details", "a.exe"},
	} {
		rec := evtx.Record{
			RecordID: uint64(i) + 1, Provider: "Microsoft-Windows-Sysmon", Channel: "Microsoft-Windows-Sysmon/Operational", Computer: "ws1",
			Time: time.Date(2021, 3, 3, 9, 0, i, 0, time.UTC),
		}
		if _, err := fmt.Sscan(data[0], &rec.EventID); err != nil {
			t.Fatal(err)
		}
		for k := 1; k < len(data); k += 2 {
			rec.Data = append(rec.Data, evtx.Field{Name: data[k], Value: evtx.Text(data[k+1])})
		}
		if err := w.Write(&rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	set := compile(t, bundleOf(
		indicatorJSON(1, "[file:hashes.MD5 = '"+md5A+"']"), indicatorJSON(2, "[ipv4-addr:value = '203.0.113.9']"),
		indicatorJSON(3, "[domain-name:value = 'c2.example.net']"), indicatorJSON(4, `[windows-registry-key:key = 'HKLM\\SOFTWARE\\X\\Run']`),
		indicatorJSON(5, "[process:command_line = 'upd.exe'] FOLLOWEDBY [domain-name:value = 'c2.example.net'] WITHIN 5 SECONDS"),
		indicatorJSON(6, "[domain-name:value = 'c2.example.net'] FOLLOWEDBY [process:command_line = 'upd.exe'] WITHIN 5 SECONDS"),
		indicatorJSON(7, "[process:command_line = 'upd.exe'] AND [domain-name:value = 'c2.example.net'] WITHIN 1 SECONDS"),
		indicatorJSON(9, "([process:command_line = 'upd.exe'] AND [domain-name:value = 'c2.example.net']) WITHIN 1 SECONDS"),
		indicatorJSON(8, "[network-traffic:dst_port = 8443] REPEATS 2 TIMES WITHIN 60 SECONDS"),
	))
	findings, _ := run(t, planOf(t, set, hunt.PlanOptions{}), file)
	var got []string
	for _, f := range findings {
		got = append(got, f.Rule.Title)
	}
	slices.Sort(got)
	if want := []string{"i1", "i2", "i3", "i4", "i5", "i7"}; !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
}
