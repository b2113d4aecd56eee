package advisory

import (
	"maps"
	"strings"
	"testing"
)

// TestTextCases: cases are read as logs of their format are, with the header before each.
func TestTextCases(t *testing.T) {
	files := sprayFiles()
	delete(files, "rules/z.yml")
	files["rules/spray.yml"] = `title: A script is posted to
id: 10000000-0000-4000-8000-000000000001
status: test
description: d
references: [https://example.org/a]
author: a
date: 2021-03-03
tags: [attack.credential-access, attack.t1110.003]
logsource: {category: webserver}
detection:
  s: {cs-method: POST, cs-uri-stem|endswith: .js}
  condition: s
falsepositives: [none]
level: high
`
	files["tests/spray.yml"] = `rule: 10000000-0000-4000-8000-000000000001
format: iis
header: |
  #Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status
positive:
  - name: one
    fires: 2
    lines: |
      2021-03-03 06:49:46 192.0.2.10 POST /ecp/y.js - 443 - 198.51.100.7 python-requests/2.25.1 241
      2021-03-03 06:49:46 192.0.2.10 POST /ecp/x.js - 443 - 198.51.100.7 python-requests/2.25.1 241
  - name: two
    lines: '2021-03-03 06:49:46 192.0.2.10 POST /ecp/y.js - 443 - 198.51.100.7 python-requests/2.25.1 241'
negative:
  - name: three
    lines: '2021-03-03 06:49:46 192.0.2.10 GET /ecp/y.js - 443 - 198.51.100.7 python-requests/2.25.1 241'
  - name: four
    lines: '2021-03-03 06:49:46 192.0.2.10 POST /ecp/y.aspx - 443 - 198.51.100.7 python-requests/2.25.1 241'
  - name: five
    lines: '2021-03-03 06:49:46 192.0.2.10 POST /js - 443 - 198.51.100.7 python-requests/2.25.1 241'
`
	if r := check(t, files, CheckOptions{Mutate: true, skipBenign: true}); len(r.Problems) > 0 || r.Positives != 2 || r.Negatives != 3 {
		t.Errorf("%v, %d and %d", r.Problems, r.Positives, r.Negatives)
	}
	for edit, want := range map[[2]string]string{
		{"format: iis", "format: tea"}:                                                         "no log format is called",
		{"format: iis", "format: evtx"}:                                                        "",
		{"format: iis\n", "format: iis\nbase: {a: 1}\n"}:                                       "base is for events",
		{"header: |\n  #Fields: date", "header: |\n  #Fiel:"}:                                  "before any #Fields line",
		{"sc-status\n", "sc-status sc-win32-status a b\n"}:                                     "",
		{"    lines: '2021-03-03 06:49:46 192.0.2.10 POST /js", "    events: [{a: 1}]\n    #"}: "cases have lines and no events",
	} {
		broken := sprayFiles()
		maps.Copy(broken, files)
		delete(broken, "rules/z.yml")
		broken["tests/spray.yml"] = strings.Replace(files["tests/spray.yml"], edit[0], edit[1], 1)
		r := check(t, broken, CheckOptions{skipBenign: true})
		if r.OK() && want != "" || !strings.Contains(r.Problems.String(), want) {
			t.Errorf("%q: %v", edit[1], r.Problems)
		}
	}
}

// TestYearOfSyslog: lines whose times lack the year have that of the pack.
func TestYearOfSyslog(t *testing.T) {
	files := sprayFiles()
	delete(files, "rules/z.yml")
	files["rules/spray.yml"] = strings.NewReplacer("logsource: {product: windows, service: security}", "logsource: {product: linux, service: sshd}",
		"failed: {EventID: 4625}", "failed: ['Failed password']", "group-by: [IpAddress]", "group-by: [Computer]",
		"condition: {gte: 3, field: TargetUserName}", "condition: {gte: 2}", "type: value_count", "type: event_count").Replace(sprayRule)
	files["tests/spray.yml"] = `rule: 10000000-0000-4000-8000-000000000001
format: syslog
positive:
  - name: over the turn of the year
    lines: |
      Dec 31 23:59:00 a sshd[1]: Failed password for root from 198.51.100.7 port 2 ssh2
      Jan  1 00:01:00 a sshd[1]: Failed password for root from 198.51.100.7 port 2 ssh2
`
	r := check(t, files, CheckOptions{Rules: []string{"spray.yml"}, skipBenign: true})
	for _, p := range r.Problems {
		if p.Case != "" {
			t.Error(p)
		}
	}
}

const silentTest = `rule: 10000000-0000-4000-8000-000000000002
base: {Channel: Security, Provider_Name: Microsoft-Windows-Security-Auditing, EventID: 4625, Computer: dc01, TimeCreated: "2021-03-03T07:00:00Z"}
positive:
  - name: a name
    events: [{TargetUserName: a}]
  - name: two
    fires: 2
    events: [{TargetUserName: a}, {TargetUserName: b}]
negative:
  - name: it succeeds
    events: [{EventID: 4624}]
  - name: a log-off
    events: [{EventID: 4634}]
  - name: our scanner
    events: [{IpAddress: 192.0.2.99}]
`

// TestSilentRule: a rule that a correlation silences may have a test of its own, in which it is alone.
func TestSilentRule(t *testing.T) {
	files := sprayFiles()
	files["tests/failed.yml"] = silentTest
	r := check(t, files, CheckOptions{skipBenign: true, Mutate: true})
	if !r.OK() || r.Tests != 2 {
		t.Errorf("%d tests: %v", r.Tests, r.Problems)
	}
	files["tests/failed.yml"] = strings.Replace(silentTest, "{EventID: 4624}", "{EventID: 4625}", 1)
	if r = check(t, files, CheckOptions{skipBenign: true}); r.OK() || !strings.Contains(r.Problems.String(), "has to stay silent") {
		t.Errorf("%v", r.Problems)
	}
	// With generate it has findings of its own, and needs a test and a TTP of its own.
	files = sprayFiles()
	files["rules/spray.yml"] = strings.Replace(sprayRule, "  timespan: 10m", "  timespan: 10m\n  generate: true", 1)
	r = check(t, files, CheckOptions{skipBenign: true})
	if !strings.Contains(r.Problems.String(), `because the correlation "Many names from one address" says`) || !strings.Contains(r.Problems.String(), "no TTP names the rule") {
		t.Errorf("%v", r.Problems)
	}
}

func TestEventLines(t *testing.T) {
	got, err := eventLines(map[string]any{"a": "x", "b": int64(1)}, []map[string]any{{"b": nil, "c": "<>&"}, {"a": "y"}})
	if want := `{"a":"x","c":"<>&"}` + "\n" + `{"a":"y","b":1}` + "\n"; err != nil || string(got) != want {
		t.Errorf("%s %v", got, err)
	}
}
