package stixpattern_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"entente/internal/sigma"
	"entente/internal/stixpattern"
)

func translate(t *testing.T, pattern string, meta stixpattern.SigmaMeta) (*sigma.Collection, []stixpattern.Loss, string) {
	t.Helper()
	p, err := stixpattern.Parse(pattern)
	if err != nil {
		t.Fatalf("%s: %v", pattern, err)
	}
	text, losses := stixpattern.ToSigma(p, meta)
	if len(text) == 0 { // nothing of the pattern can be said
		return &sigma.Collection{}, losses, ""
	}
	c, err := sigma.LoadFS(sigma.Options{}, fstest.MapFS{"rules.yml": {Data: text}})
	if err != nil {
		t.Fatalf("%s: %v\n%s", pattern, err, text)
	}
	if len(c.Problems) > 0 {
		t.Fatalf("%s: %+v\n%s", pattern, c.Problems, text)
	}
	return c, losses, string(text)
}

type record map[string]string

func (r record) Values(field string) ([]sigma.Val, bool) {
	v, ok := r[field]
	if !ok {
		return nil, false
	}
	return []sigma.Val{{Text: v}}, true
}

func (r record) All(yield func(sigma.Val) bool) {
	for _, v := range r {
		if !yield(sigma.Val{Text: v}) {
			return
		}
	}
}

// found says whether a rule for a category or service finds a record.
func found(c *sigma.Collection, log string, r record) bool {
	return slices.ContainsFunc(c.Rules, func(rule *sigma.Rule) bool {
		return (rule.LogSource.Category == log || rule.LogSource.Category == "" && rule.LogSource.Service == log) && sigma.Eval(rule.Condition, r)
	})
}

func TestSigmaRules(t *testing.T) {
	for _, c := range []struct {
		pattern, log string
		hit, miss    []record
	}{
		{
			`[process:command_line LIKE '%-enc %' AND process:image_ref.name = 'powershell.exe']`, "process_creation",
			[]record{{"CommandLine": "x -ENC aaaa", "Image": `C:\Windows\powershell.exe`}},
			[]record{{"CommandLine": "x -enc aaaa", "Image": `C:\notpowershell.exe`}, {"CommandLine": "x", "Image": `C:\powershell.exe`}},
		},
		{
			`[process:parent_ref.image_ref.name IN ('w3wp.exe', 'httpd') AND process:name NOT IN ('cmd.exe')]`, "process_creation",
			[]record{{"ParentImage": "/usr/sbin/httpd", "Image": "/bin/sh"}},
			[]record{{"ParentImage": `C:\w3wp.exe`, "Image": `C:\cmd.exe`}, {"ParentImage": `C:\w3wp.exe`}},
		},
		{
			`[process:pid = 4 OR process:parent_ref.pid > 1000]`, "process_creation",
			[]record{{"ProcessId": "4"}, {"ParentProcessId": "1001"}},
			[]record{{"ProcessId": "40"}, {"ParentProcessId": "1000"}},
		},
		{
			`[process:creator_user_ref.account_login = 'bob' AND process:cwd MATCHES '^C:\\\\Temp']`, "process_creation",
			[]record{{"User": `CORP\Bob`, "CurrentDirectory": `C:\Temp\`}},
			[]record{{"User": `CORP\notbob`, "CurrentDirectory": `C:\Temp\`}, {"User": `CORP\bob`, "CurrentDirectory": `D:\Temp\`}},
		},
		{
			`[file:name = 'a*b?.dll' AND file:parent_directory_ref.path = 'C:\\Windows\\System32']`, "file_event",
			[]record{{"TargetFilename": `C:\windows\system32\a*b?.dll`}},
			[]record{{"TargetFilename": `C:\Windows\System32\axbx.dll`}, {"TargetFilename": `C:\Windows\System32\x\a*b?.dll`}},
		},
		{
			`[file:hashes.'SHA-256' = 'aabb' OR file:hashes.MD5 = 'ccdd']`, "process_creation",
			[]record{{"Hashes": "MD5=11,SHA256=AABB"}, {"Hashes": "MD5=CCDD,SHA256=1"}},
			[]record{{"Hashes": "MD5=AABB"}},
		},
		{
			`[file:hashes.'SHA-1' = 'aabb' AND file:size = 12]`, "files",
			[]record{{"sha1": "aabb", "total_bytes": "12"}},
			[]record{{"sha1": "aabb", "total_bytes": "13"}},
		},
		{
			`[file:name MATCHES '^evil[0-9]+\\.exe$']`, "file_event",
			[]record{{"TargetFilename": `C:\x\evil12.exe`}},
			[]record{{"TargetFilename": `C:\x\evil.exe`}, {"TargetFilename": `C:\x\notevil12.exe`}, {"TargetFilename": `C:\evil1.exe\y`}},
		},
		{
			`[file:name MATCHES '(?i)^evil\\.']`, "file_event",
			[]record{{"TargetFilename": `C:\x\EVIL.exe`}},
			[]record{{"TargetFilename": `C:\x\notevil.exe`}},
		},
		{
			`[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '203.0.113.33/32' AND network-traffic:dst_port IN (443, 8443)]`, "network_connection",
			[]record{{"DestinationIp": "203.0.113.33", "DestinationPort": "8443"}},
			[]record{{"DestinationIp": "203.0.113.33", "DestinationPort": "80"}, {"DestinationIp": "203.0.113.34", "DestinationPort": "443"}},
		},
		{
			`[network-traffic:dst_ref.value ISSUBSET '2001:db8::/64']`, "firewall",
			[]record{{"dst_ip": "2001:db8::7"}},
			[]record{{"dst_ip": "2001:db9::7"}, {"src_ip": "2001:db8::7"}},
		},
		{
			`[network-traffic:dst_ref.value = 'c2.example' AND network-traffic:src_ref.value = '198.51.100.7']`, "network_connection",
			[]record{{"DestinationHostname": "C2.example", "SourceIp": "198.51.100.7"}},
			[]record{{"DestinationIp": "c2.example", "SourceIp": "198.51.100.8"}},
		},
		{
			`[network-traffic:extensions.'http-request-ext'.request_method = 'POST' AND network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' LIKE 'Evil%']`, "webserver",
			[]record{{"cs-method": "POST", "cs-user-agent": "Evil/1.0"}},
			[]record{{"cs-method": "GET", "cs-user-agent": "Evil/1.0"}},
		},
		{
			`[ipv4-addr:value = '198.51.100.5' OR ipv4-addr:value ISSUBSET '203.0.113.0/24']`, "network_connection",
			[]record{{"DestinationIp": "198.51.100.5"}, {"SourceIp": "203.0.113.9"}},
			[]record{{"DestinationIp": "198.51.100.55"}},
		},
		{
			`[domain-name:value IN ('a.example', 'b.example') OR domain-name:value LIKE '%.c.example']`, "dns",
			[]record{{"query": "b.example"}, {"query": "x.c.example"}},
			[]record{{"query": "c.example"}, {"query": "xa.example"}},
		},
		{
			`[url:value = 'http://c2.example/a?b=*']`, "proxy",
			[]record{{"c-uri": "http://c2.example/a?b=*"}},
			[]record{{"c-uri": "http://c2.example/a?b=c"}},
		},
		{
			`[email-message:sender_ref.value = 'mallory@evil.example' AND email-message:subject != 'Hello']`, "smtp",
			[]record{{"mailfrom": "<mallory@evil.example>", "subject": "Invoice"}},
			[]record{{"mailfrom": "<mallory@evil.example>", "subject": "Hello"}, {"mailfrom": "<mallory@evil.example>"}},
		},
		{
			`[user-account:account_type = 'windows-domain' AND user-account:account_login = 'svc']`, "security",
			[]record{{"TargetUserName": "svc"}, {"SubjectUserName": "SVC"}},
			[]record{{"TargetUserName": "svc2"}},
		},
		{
			`[user-account:user_id = 'S-1-5-21-1-2-3-500']`, "security",
			[]record{{"TargetUserSid": "S-1-5-21-1-2-3-500"}},
			[]record{{"TargetUserName": "S-1-5-21-1-2-3-500"}},
		},
		{
			`[windows-registry-key:key = 'HKEY_LOCAL_MACHINE\\Software\\Run' AND windows-registry-key:values[*].name = 'x' AND windows-registry-key:values[*].data = '1']`, "registry_event",
			[]record{{"TargetObject": `HKLM\Software\Run\x`, "Details": "DWORD (0x00000001)"}, {"TargetObject": `HKLM\SOFTWARE\Run\x`, "Details": "1"}},
			[]record{{"TargetObject": `HKLM\Software\Run\y`, "Details": "1"}, {"TargetObject": `HKLM\Software\Run\x`, "Details": "2"}},
		},
		{
			`[windows-registry-key:key LIKE 'HKEY_CURRENT_USER\\Software\\%\\Run']`, "registry_event",
			[]record{{"TargetObject": `HKU\S-1-5-21-1\Software\X\Run`}, {"TargetObject": `HKCU\Software\X\Run\v`}},
			[]record{{"TargetObject": `HKLM\Software\X\Run`}},
		},
		{
			`[process:extensions.'windows-service-ext'.service_name = 'evil']`, "system",
			[]record{{"EventID": "7045", "ServiceName": "evil"}},
			[]record{{"EventID": "7036", "ServiceName": "evil"}},
		},
		{
			`[process:opened_connection_refs[*].dst_ref.value = '198.51.100.5' AND process:name = 'x.exe']`, "network_connection",
			[]record{{"DestinationIp": "198.51.100.5", "Image": `C:\x.exe`}},
			[]record{{"DestinationIp": "198.51.100.5", "Image": `C:\y.exe`}},
		},
		{
			`[file:name = 'svchost.exe' AND file:parent_directory_ref.path NOT MATCHES '(?i)^C:\\\\Windows([\\\\/]|$)' AND file:parent_directory_ref.path NOT MATCHES '(?i)^C:\\\\\\$X([\\\\/]|$)']`, "process_creation",
			[]record{{"Image": `C:\Temp\svchost.exe`}, {"Image": `C:\Windows2\svchost.exe`}},
			[]record{{"Image": `c:\windows\svchost.exe`}, {"Image": `C:\Windows\System32\svchost.exe`}, {"Image": `C:\$X\svchost.exe`}},
		},
		{
			`[directory:path = '/tmp/.x']`, "file_event",
			[]record{{"TargetFilename": "/tmp/.x/y"}},
			[]record{{"TargetFilename": "/tmp/.xy"}},
		},
		{
			"[process:command_line = 'a\u0007\\'b\u2028 # \"c\\\\']", "process_creation",
			[]record{{"CommandLine": "a\u0007'b\u2028 # \"c\\"}},
			[]record{{"CommandLine": "a"}},
		},
		{
			`[EXISTS process:cwd AND process:name = 'a']`, "process_creation",
			[]record{{"CurrentDirectory": "/", "Image": "/a"}},
			[]record{{"Image": "/a"}},
		},
	} {
		coll, _, text := translate(t, c.pattern, stixpattern.SigmaMeta{})
		for _, r := range c.hit {
			if !found(coll, c.log, r) {
				t.Errorf("%s does not find %v\n%s", c.pattern, r, text)
			}
		}
		for _, r := range c.miss {
			if found(coll, c.log, r) {
				t.Errorf("%s finds %v\n%s", c.pattern, r, text)
			}
		}
	}
}

func TestSigmaLosses(t *testing.T) {
	for _, c := range []struct {
		pattern string
		kind    stixpattern.LossKind
		says    string
		rules   bool
	}{
		{`[file:name = 'x']`, stixpattern.Widened, "without regard to case", true},
		{`[file:name = 'x' AND file:size > 5]`, stixpattern.Dropped, "together with the rest", false},
		{`[file:name = 'x' AND file:size = 5]`, stixpattern.Dropped, "together with the rest", false},
		{`[file:hashes.MD5 = 'x' AND file:size = 5]`, stixpattern.Widened, "left out", true},
		{`[mutex:name = 'x']`, stixpattern.Dropped, "no log", false},
		{`[mutex:name = 'x' OR file:hashes.MD5 = 'y']`, stixpattern.Dropped, "no log", true},
		{`[process:name != 'x']`, stixpattern.Dropped, "something that is there", false},
		{`[process:pid = 'x']`, stixpattern.Dropped, "never equal", false},
		{`[process:name > 'x']`, stixpattern.Dropped, "numbers only", false},
		{`[ipv4-addr:value ISSUPERSET '10.0.0.0/8']`, stixpattern.Dropped, "single addresses", false},
		{`[ipv4-addr:value = '10.0.0.0/8']`, stixpattern.Widened, "network", true},
		{`[network-traffic:protocols[0] = 'tcp' AND network-traffic:dst_port = 1]`, stixpattern.Widened, "member of the list", true},
		{`[process:pid = 1] START t'2021-07-19T00:00:00Z' STOP t'2021-07-20T00:00:00Z'`, stixpattern.Widened, "--since", true},
		{`[process:pid = 1] AND [file:name = 'x']`, stixpattern.Narrowed, "86400s is taken", true},
		{`([process:pid = 1] FOLLOWEDBY [process:pid = 2]) WITHIN 5 SECONDS`, stixpattern.Widened, "one record", true},
		{`([process:pid = 1] FOLLOWEDBY [domain-name:value = 'a.example']) WITHIN 5 SECONDS REPEATS 3 TIMES`, stixpattern.Widened, "occur together", true},
		{`[file:name = 'x'] REPEATS 3 TIMES WITHIN 9 SECONDS`, stixpattern.Narrowed, "counted apart", true},
		{`([process:pid = 1] FOLLOWEDBY [mutex:name = 'a']) WITHIN 5 SECONDS`, stixpattern.Dropped, "no log", true},
	} {
		coll, losses, text := translate(t, c.pattern, stixpattern.SigmaMeta{})
		if !slices.ContainsFunc(losses, func(l stixpattern.Loss) bool { return l.Kind == c.kind && strings.Contains(l.Why, c.says) }) {
			t.Errorf("%s: got %v", c.pattern, losses)
		}
		if (len(coll.Rules) > 0) != c.rules {
			t.Errorf("%s: rules: %s", c.pattern, text)
		}
	}
	if _, losses, _ := translate(t, `[process:pid = 1]`, stixpattern.SigmaMeta{}); len(losses) > 0 {
		t.Errorf("nothing is lost, but %v", losses)
	}
}

func TestSigmaCorrelations(t *testing.T) {
	type want struct {
		kind     sigma.CorrelationType
		timespan time.Duration
		rules    int
		count    float64
	}
	for _, c := range []struct {
		pattern string
		rules   int
		want    []want
	}{
		{`[process:pid = 1] OR [process:pid = 2]`, 2, nil},
		{`[process:pid = 1] REPEATS 5 TIMES WITHIN 1800 SECONDS`, 1, []want{{sigma.EventCount, 1800 * time.Second, 1, 5}}},
		{`([process:pid = 1] FOLLOWEDBY [url:value = 'http://a.example/']) WITHIN 300 SECONDS`, 2, []want{{sigma.TemporalOrdered, 300 * time.Second, 2, 0}}},
		{`([process:pid = 1] FOLLOWEDBY [process:pid = 1]) WITHIN 300 SECONDS`, 2, []want{{sigma.TemporalOrdered, 300 * time.Second, 2, 0}}},
		{`([process:pid = 1] AND [process:pid = 1]) WITHIN 0.5 SECONDS`, 1, []want{{sigma.EventCount, time.Second, 1, 2}}},
		{
			`([process:pid = 1] AND [url:value = 'http://a.example/'] REPEATS 3 TIMES) WITHIN 60 SECONDS`, 2,
			[]want{{sigma.EventCount, 60 * time.Second, 1, 3}, {sigma.Temporal, 60 * time.Second, 2, 0}},
		},
		{
			`([process:pid = 1] AND [url:value = 'http://a.example/']) REPEATS 3 TIMES WITHIN 60 SECONDS`, 2,
			[]want{{sigma.EventCount, 60 * time.Second, 1, 3}, {sigma.EventCount, 60 * time.Second, 1, 3}, {sigma.Temporal, 60 * time.Second, 2, 0}},
		},
		{
			`([process:pid = 1] FOLLOWEDBY ([process:pid = 2] OR [process:pid = 3])) WITHIN 60 SECONDS`, 3,
			[]want{{sigma.TemporalOrdered, 60 * time.Second, 2, 0}, {sigma.TemporalOrdered, 60 * time.Second, 2, 0}},
		},
		// A rule that stands by itself besides is there twice: correlations keep what they name to themselves.
		{`[process:pid = 1] OR ([process:pid = 1] AND [process:pid = 2]) WITHIN 60 SECONDS`, 3, []want{{sigma.Temporal, 60 * time.Second, 2, 0}}},
	} {
		coll, _, text := translate(t, c.pattern, stixpattern.SigmaMeta{})
		var got []want
		for _, co := range coll.Correlations {
			w := want{co.Type, co.Timespan, len(co.Rules), 0}
			if len(co.Conditions) > 0 {
				w.count = co.Conditions[0].Value
			}
			got = append(got, w)
		}
		if len(coll.Rules) != c.rules || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %d rules, %v\n%s", c.pattern, len(coll.Rules), got, text)
		}
	}
}

func TestSigmaMeta(t *testing.T) {
	meta := stixpattern.SigmaMeta{
		ID: "indicator--1", Title: "It's: a title", Description: "Of two\nlines", Author: "CERT", Date: "2021-07-19", Level: "high",
		Status: "test", Tags: []string{"attack.t1059"}, References: []string{"https://a.example/"},
	}
	coll, _, text := translate(t, `[process:pid = 1]`, meta)
	r := coll.Rules[0]
	if r.Title != "It's: a title (process)" || r.Description != "Of two\nlines" || r.Author != "CERT" || r.Level != "high" ||
		r.Date != "2021-07-19" || r.Status != "test" || !slices.Equal(r.Tags, meta.Tags) || !slices.Equal(r.References, meta.References) {
		t.Errorf("got %+v", r.Meta)
	}
	if _, _, again := translate(t, `[process:pid = 1]`, meta); again != text {
		t.Error("the same pattern gives other rules")
	}
	meta.ID = "indicator--2"
	if other, _, _ := translate(t, `[process:pid = 1]`, meta); other.Rules[0].ID == r.ID {
		t.Error("another indicator gives rules of the same id")
	}
}

// Every rule that is written can be loaded, and is the same for the canonical form.
func FuzzSigma(f *testing.F) {
	seeds := []string{
		`[ipv4-addr:value = '198.51.100.1/32' OR file:name LIKE '%\'.exe' OR process:command_line MATCHES '^a.*(b|c)$']`,
		`([file:hashes.'SHA-256' = 'aa' AND file:name != 'x'] FOLLOWEDBY [process:pid > 5]) WITHIN 300 SECONDS REPEATS 2 TIMES`,
		`[windows-registry-key:key = 'HKLM\\a' AND windows-registry-key:values[0].data NOT IN ('1', '2')] AND [user-account:user_id = 'S-1-5'] REPEATS 3 TIMES`,
	}
	if len(seeds) == 0 {
		f.Fatal("no seeds")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := stixpattern.Parse(s)
		if err != nil {
			return
		}
		text, losses := stixpattern.ToSigma(p, stixpattern.SigmaMeta{})
		if len(text) == 0 {
			if len(losses) == 0 {
				t.Fatalf("%s: there are neither rules nor losses", p)
			}
			return
		}
		if len(text) > 1<<20 {
			return // beyond what the loader takes
		}
		c, err := sigma.LoadFS(sigma.Options{}, fstest.MapFS{"rules.yml": {Data: text}})
		if err != nil {
			t.Fatal(err)
		}
		for _, pr := range c.Problems {
			t.Fatalf("%s: %s\n%s", p, pr.Reason, text)
		}
	})
}
