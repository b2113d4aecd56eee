package packimport

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"entente/internal/advisory"
	"entente/internal/sigma"
)

func TestPatternIndicators(t *testing.T) {
	type list = []advisory.Indicator
	for _, c := range []struct {
		pattern string
		want    list
	}{
		{`[file:hashes.'SHA-256' = 'ab']`, list{{Type: "sha256", Value: "ab"}}},
		{`[file:hashes."SHA-1" = 'ab']`, list{{Type: "sha1", Value: "ab"}}},
		{`[file:hashes.SHA256='ab']`, list{{Type: "sha256", Value: "ab"}}},
		{`[ domain-name:value = 'a.example' ]`, list{{Type: "domain", Value: "a.example"}}},
		{`[domain-name:value LIKE '%.a.example']`, list{{Type: "domain", Value: "a.example"}}},
		{`[domain-name:value IN ('a.example', 'b.example')]`, list{{Type: "domain", Value: "a.example"}, {Type: "domain", Value: "b.example"}}},
		{`[url:value = 'http://a/it\'s\\']`, list{{Type: "url", Value: `http://a/it's\`}}},
		{`[ipv4-addr:value = '192.0.2.1' OR ipv4-addr:value ISSUBSET '198.51.100.9/24']`, list{{Type: "ip", Value: "192.0.2.1"}, {Type: "ip", Value: "198.51.100.0/24"}}},
		{`[network-traffic:dst_ref.value = '192.0.2.1']`, list{{Type: "ip", Value: "192.0.2.1"}}},
		{`[network-traffic:dst_ref.value = 'a.example']`, list{{Type: "domain", Value: "a.example"}}},
		{`[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'x']`, list{{Type: "user-agent", Value: "x"}}},
		{`[windows-registry-key:key = 'HKLM\\A']`, list{{Type: "registry-key", Value: `HKLM\A`}}},
		{`[file:name = 'a.exe']`, list{{Type: "file-name", Value: "a.exe"}}},
		{`[file:name = 'a.exe' AND file:parent_directory_ref.path = 'C:\\b']`, list{{Type: "path", Value: `C:\b\a.exe`}}},
		{`[file:name = 'a' AND file:parent_directory_ref.path LIKE '%/tmp']`, list{{Type: "path", Value: `/tmp/a`}}},
		{`[file:name = 'p' AND file:parent_directory_ref.path = '\\\\.\\pipe']`, list{{Type: "named-pipe", Value: "p"}}},
		{`[file:name = 'a' AND file:parent_directory_ref.path LIKE 'C:\\b\\%']`, list{{Type: "file-name", Value: "a", OnlyUnder: []string{`C:\b`}}}},
		{`[file:hashes.MD5 = 'ab' AND (file:parent_directory_ref.path LIKE '/a%' OR file:parent_directory_ref.path LIKE '/b/%')]`, list{{Type: "md5", Value: "ab", OnlyUnder: []string{"/a", "/b"}}}},
		{`[file:hashes.MD5 = 'ab' AND file:parent_directory_ref.path NOT LIKE '/a/%']`, list{{Type: "md5", Value: "ab", NotUnder: []string{"/a"}}}},
		{`[directory:path = 'C:\\b']`, list{{Type: "path", Value: `C:\b\`}}},
		{`([file:hashes.MD5 = 'ab'])`, list{{Type: "md5", Value: "ab"}}},
		{`([file:hashes.MD5 = 'ab'] OR [file:hashes.MD5 = 'cd']) OR [url:value = 'http://c/']`, list{{Type: "md5", Value: "ab"}, {Type: "md5", Value: "cd"}, {Type: "url", Value: "http://c/"}}},
		{`[file:hashes.MD5 = 'ab'] OR [file:hashes.MD5 = 'cd']`, list{{Type: "md5", Value: "ab"}, {Type: "md5", Value: "cd"}}},
		{`[file:hashes.MD5 = 'ab' OR (file:name = 'b' OR url:value = 'http://c/')]`, list{{Type: "md5", Value: "ab"}, {Type: "file-name", Value: "b"}, {Type: "url", Value: "http://c/"}}},
		// What is more than a value.
		{`[file:hashes.MD5 = 'ab' AND file:size = 7]`, nil},
		{`[file:hashes.MD5 = 'ab' AND file:name = 'x']`, nil},
		{`[ipv4-addr:value = '192.0.2.1'] AND [url:value = 'http://c/']`, nil},
		{`[ipv4-addr:value = '192.0.2.1'] FOLLOWEDBY [url:value = 'http://c/']`, nil},
		{`[ipv4-addr:value = '192.0.2.1'] WITHIN 5 SECONDS`, nil},
		{`[ipv4-addr:value = '192.0.2.1'] OR ([url:value = 'http://c/'] AND [url:value = 'http://d/'])`, nil},
		{`[network-traffic:dst_port = 443]`, nil},
		{`[file:hashes.MD5 = h'ab']`, nil},
		{`[EXISTS url:value]`, nil},
		{`[ipv4-addr:value != '192.0.2.1']`, nil},
		{`[ipv4-addr:value NOT = '192.0.2.1']`, nil},
		{`[file:name MATCHES '^a.*$']`, nil},
		{`[file:name LIKE 'a%']`, nil},
		{`[mutex:name = 'a']`, nil},
		{`[email-addr:value = 'a@b']`, nil},
		{`[file:parent_directory_ref.path = '/a']`, nil},
		{`[process:command_line = 'a']`, nil},
		// What is none.
		{``, nil},
		{`[`, nil},
		{`[]`, nil},
		{`[file:hashes.MD5 = 'ab'`, nil},
		{`[file:hashes.MD5 = 'ab]`, nil},
		{`[file:hashes.MD5 = ]`, nil},
		{`[file:hashes.MD5 'ab']`, nil},
		{`[file:hashes.MD5 IN ('ab', )]`, nil},
		{`[file:hashes.MD5 IN 'ab']`, nil},
		{`[(file:hashes.MD5 = 'ab']`, nil},
		{`file:hashes.MD5 = 'ab'`, nil},
		{strings.Repeat("[(", 100), nil},
		{"[" + strings.Repeat("(", 100) + "a:b = 'c'" + strings.Repeat(")", 100) + "]", nil},
		{"[" + strings.Repeat("url:value = 'http://a/' OR ", 600) + "url:value = 'http://a/']", nil},
	} {
		var got list
		p, err := readPattern(c.pattern)
		if err == nil {
			got, err = patternIndicators(p)
		}
		if err == nil && c.want == nil || err != nil && c.want != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%.80s:\n%+v, %v, want\n%+v", c.pattern, got, err, c.want)
		}
	}
}

func TestPlainRegexp(t *testing.T) {
	for in, want := range map[string]string{`C:\\a\.b`: `C:\a.b`, `a.b`: "", `a\d`: "", `a\`: "", "": ""} {
		if got, ok := plainRegexp(in); got != want || ok != (want != "" || in == "") {
			t.Errorf("%s is %q, %v", in, got, ok)
		}
	}
}

// TestPatternRules: patterns that are more than values become rules that load, and what they lose is said.
func TestPatternRules(t *testing.T) {
	indicator := func(id, name, pattern string) string {
		p, err := json.Marshal(pattern)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf(`{"type":"indicator","id":"indicator--%s","name":%q,"created":"2023-01-02T00:00:00Z","pattern":%s,"pattern_type":"stix","labels":["level:high"]},`, id, name, p)
	}
	p, r := mustLoad(t, "b.json", []byte(`{"type":"bundle","id":"bundle--1","objects":[`+
		indicator("1", "Shell of the web server", `[process:command_line LIKE '%whoami%' AND process:parent_ref.binary_ref.name = 'w3wp.exe']`)+
		indicator("2", "Mutex", `[mutex:name = 'a']`)+
		indicator("3", "Broken", `[file:name = ]`)+
		indicator("4", "Two", `[url:value = 'http://c.example/'] FOLLOWEDBY [process:name = 'x.exe']`)+
		`{"type":"attack-pattern","id":"attack-pattern--1","name":"Shell","external_references":[{"source_name":"mitre-attack","external_id":"T1505.003"}]},
		{"type":"relationship","id":"relationship--1","relationship_type":"indicates","source_ref":"indicator--1","target_ref":"attack-pattern--1"}]}`), Options{})
	if len(p.Indicators) != 0 || len(p.Rules.Problems) != 0 {
		t.Errorf("indicators %v, problems %v", p.Indicators, p.Rules.Problems)
	}
	var shell *sigma.Rule
	for _, x := range p.Rules.Rules {
		if strings.HasPrefix(x.Title, "Shell of the web server") {
			shell = x
		}
	}
	if shell == nil || shell.Level != "high" || shell.Date != "2023-01-02" || !slices.Contains(shell.Tags, "attack.t1505.003") || shell.LogSource.Category != "process_creation" {
		t.Fatalf("%+v", shell)
	}
	if len(p.TTPs) != 1 || !slices.Equal(p.TTPs[0].Detections, []string{shell.ID}) {
		t.Errorf("%+v", p.TTPs)
	}
	if len(p.Rules.Correlations) != 1 || p.Rules.Correlations[0].Type != sigma.TemporalOrdered {
		t.Errorf("correlations %+v", p.Rules.Correlations)
	}
	for _, words := range [][]string{
		{"indicator--1", "becomes a Sigma rule"},
		{"indicator--1", "widened", "regard to case"},
		{"indicator--2", "Mutex", "left out", "no log shows it"},
		{"indicator--3", "Broken", "cannot be read", "expected a constant"},
		{"indicator--4", "narrowed", "no WITHIN"},
	} {
		wantSaid(t, r, words...)
	}
}
