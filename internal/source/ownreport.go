package source

import (
	"bytes"
	"strings"
)

// ownReports are how what this program writes about logs begins: a prefix, and what else stands in the first 64 KiB.
// Reports lie in the folder that was hunted often enough, and read as logs they would be found in once more. The names of
// members in it cannot come from a log: a quote in a text of JSON has a backslash before it.
var ownReports = [...]struct {
	prefix string
	within []string
	what   string
}{
	{`{"rule":{`, []string{`"matched":{`}, "findings of a hunt"},
	{`{"`, []string{`,"sourcetype":"entente:finding"`}, "findings of a hunt, for Splunk"},
	{`{"message":"[`, []string{`"timestamp_desc":"`, `"rule_id":"`}, "findings of a hunt, for Timesketch"},
	{`{"@timestamp":"`, []string{`"ecs":{"version":`, `"tags":["sigma"`}, "findings of a hunt, for Elastic"},
	{"time,level,rule,rule_id,tactics,techniques,host,user,", nil, "findings of a hunt, as a table"},
	{"message,datetime,timestamp,timestamp_desc,rule,rule_id,level,", nil, "findings of a hunt, for Timesketch"},
	{`{"host":"`, []string{`"verdict":"`, `"stages":[`}, "verdicts of a hunt"},
	{`{"packs":[{"id":"`, []string{`"counts":{"found":`}, "coverage of a hunt"},
	{`{"$schema":"https://json.schemastore.org/sarif-2.1.0.json"`, []string{`"runs":[`}, "results in SARIF"},
	{`{"name":"`, []string{`"versions":{`, `"domain":"enterprise-attack"`}, "layer of the ATT&CK Navigator"},
	{`{"type":"bundle","id":"bundle--`, nil, "STIX bundle"},
	{`{"type":"bundle","objects":[`, nil, "STIX bundle"},
	{"\n  Entente hunt ──", nil, "report of a hunt"},
	{"<!doctype html>\n<html lang=\"en\"", []string{" · Entente</title>\n"}, "report of a hunt"},
}

// IsReport says that a file that begins with prefix (64 KiB, or all of a shorter one) is a report that this program
// wrote, and of what kind.
func IsReport(prefix []byte) (what string, ok bool) {
	if len(prefix) == 0 {
		return "", false
	}
	switch prefix[0] {
	case '{', 't', 'm', '\n', '<':
	default:
		return "", false
	}
	for _, r := range ownReports {
		if !strings.HasPrefix(string(prefix[:min(len(prefix), len(r.prefix))]), r.prefix) {
			continue
		}
		whole := true
		for _, s := range r.within {
			whole = whole && bytes.Contains(prefix, []byte(s))
		}
		if whole {
			return r.what, true
		}
	}
	return "", false
}
