package packimport

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/internal/sigma"
)

const mispEventText = `{"Event":{"uuid":"e-1","info":"Quiet Harbour, second wave","date":"2023-05-06","timestamp":"1683900000","threat_level_id":"1",
"Orgc":{"name":"Example CERT"},
"Tag":[{"name":"tlp:amber"},{"name":"misp-galaxy:mitre-attack-pattern=\"Exploit Public-Facing Application - T1190\""},{"name":"workflow:state=\"draft\""}],
"Galaxy":[{"type":"mitre-attack-pattern","GalaxyCluster":[{"type":"mitre-attack-pattern","value":"Web Shell - T1505.003","meta":{"external_id":["T1505.003"],"kill_chain":["mitre-attack:persistence"]}}]},
 {"type":"threat-actor","GalaxyCluster":[{"type":"threat-actor","value":"QUIET HARBOUR"}]}],
"Attribute":[
 {"uuid":"a1","type":"ip-dst|port","value":"192.0.2.9|443","comment":"controller","to_ids":true,"first_seen":"2023-05-01T00:00:00.000000+00:00"},
 {"uuid":"a2","type":"filename|sha256","value":"x.exe|9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","to_ids":true,"Tag":[{"name":"misp-galaxy:mitre-attack-pattern=\"Web Shell - T1505.003\""}]},
 {"uuid":"a3","type":"domain|ip","value":"c2.example|192.0.2.10","to_ids":true},
 {"uuid":"a4","type":"url","value":"hxxp://c2.example/","to_ids":true},
 {"uuid":"a5","type":"md5","value":"short","to_ids":true},
 {"uuid":"a6","type":"mutex","value":"Global\\x","to_ids":true},
 {"uuid":"a7","type":"hostname","value":"mail.example","to_ids":false},
 {"uuid":"a8","type":"link","value":"https://example.org/blog","comment":"Blog"},
 {"uuid":"a9","type":"vulnerability","value":"CVE-2021-26855"},
 {"uuid":"a10","type":"filename","value":"C:\\Temp\\x.aspx","to_ids":"1"},
 {"uuid":"a11","type":"regkey|value","value":"HKLM\\Software\\X|1","to_ids":true},
 {"uuid":"a12","type":"sigma","value":"title: Posts\nid: 7d0b1a52-3c51-4a0e-8a1e-0f2f3f0a0001\ntags: [attack.t1190]\nlogsource: {category: webserver}\ndetection:\n  sel: {cs-method: POST}\n  condition: sel\n"},
 {"uuid":"a13","type":"comment","value":"Seen at two members."},
 {"uuid":"a14","type":"user-agent","value":"Lantern/1.0","to_ids":true,"deleted":true},
 {"uuid":"a15","type":"ip-src","value":"192.0.2.9","to_ids":true},
 {"uuid":["odd"],"type":"ip-src","value":"192.0.2.11","to_ids":true},
 42
],
"Object":[{"name":"file","comment":"the tool","Attribute":[{"uuid":"o1","type":"sha1","value":"a94a8fe5ccb19ba61c4c0873d391e987982fbbd3","to_ids":true}]}]
}}`

func TestMISP(t *testing.T) {
	for name, text := range map[string]string{"one": mispEventText, "list": "[" + mispEventText + "]", "answer": `{"response":[` + mispEventText + "]}"} {
		p, r := mustLoad(t, "event.json", []byte(text), Options{})
		m := p.Manifest
		if r.Format != MISP || m.Title != "Quiet Harbour, second wave" || m.TLP != "amber" || m.Issued != "2023-05-06" || m.Modified != "2023-05-12" || m.Issuers[0].Name != "Example CERT" {
			t.Errorf("%s: %+v", name, m)
		}
		var ttps, values []string
		for _, x := range p.TTPs {
			ttps = append(ttps, fmt.Sprint(x.ID, " ", x.Tactics, " ", len(x.Detections)))
		}
		slices.Sort(ttps)
		if want := []string{"T1190 [initial-access] 1", "T1505.003 [persistence] 0"}; !slices.Equal(ttps, want) {
			t.Errorf("%s: %q, want %q", name, ttps, want)
		}
		for _, in := range p.Indicators {
			values = append(values, in.Type+" "+in.Value)
			if in.Value == "192.0.2.9" && (in.Context != "controller" || in.FirstSeen != "2023-05-01") || in.Type == "sha1" && in.Context != "the tool" ||
				in.Type == "sha256" && !slices.Equal(in.TTPs, []string{"T1505.003"}) {
				t.Errorf("%s: %+v", name, in)
			}
		}
		want := []string{
			"ip 192.0.2.9", "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "domain c2.example", "ip 192.0.2.10",
			`path C:\Temp\x.aspx`, `registry-key HKLM\Software\X`, "ip 192.0.2.11", "sha1 a94a8fe5ccb19ba61c4c0873d391e987982fbbd3",
		}
		if !slices.Equal(values, want) {
			t.Errorf("%s: %q, want %q", name, values, want)
		}
		if len(p.Rules.Rules) < 1 || !strings.Contains(m.Description, "Seen at two members.") || m.References[0].URL != "https://example.org/blog" {
			t.Errorf("%s: %+v", name, m)
		}
		for _, words := range [][]string{
			{"workflow"},
			{"QUIET HARBOUR"},
			{"hxxp"},
			{"attribute a5", "md5"},
			{"mutex", "1 left out"},
			{"1 are not meant for detection"},
			{"CVE-2021-26855"},
			{"a15", "already"},
			{"attribute 17", "cannot be read"},
		} {
			wantSaid(t, r, words...)
		}
	}
}

// TestMISPPatterns: patterns of STIX in attributes become indicators or rules, as those of bundles do.
func TestMISPPatterns(t *testing.T) {
	p, r := mustLoad(t, "e.json", []byte(`{"Event":{"info":"Patterns","date":"2021-03-05",
"Galaxy":[{"type":"mitre-attack-pattern","GalaxyCluster":[{"type":"mitre-attack-pattern","value":"Web Shell - T1505.003","meta":{"external_id":["T1505.003"]}}]}],
"Attribute":[
 {"uuid":"a1","type":"stix2-pattern","value":"[domain-name:value = 'c2.example' OR url:value = 'http://c2.example/x']","comment":"Controller"},
 {"uuid":"a2","type":"stix2-pattern","value":"[process:command_line LIKE '%whoami%' AND process:parent_ref.name = 'w3wp.exe']","comment":"Shell","to_ids":true},
 {"uuid":"a3","type":"stix2-pattern","value":"[mutex:name = 'x']"},
 {"uuid":"a4","type":"stix2-pattern","value":"[url:value = "},
 {"uuid":"a5","type":"stix2-pattern","value":"[url:value = 'http://quiet.example/']","to_ids":false}]}}`), Options{})
	if len(p.Indicators) != 2 || p.Indicators[0].Value != "c2.example" || p.Indicators[0].Context != "Controller" {
		t.Errorf("%+v", p.Indicators)
	}
	if !slices.ContainsFunc(p.Rules.Rules, func(x *sigma.Rule) bool { return strings.HasPrefix(x.Title, "Shell (process") }) {
		t.Errorf("rules %+v", p.Rules.Rules)
	}
	for _, words := range [][]string{{"attribute a2", "becomes a Sigma rule"}, {"attribute a3", "no log shows it"}, {"attribute a4", "cannot be read"}} {
		wantSaid(t, r, words...)
	}
}
