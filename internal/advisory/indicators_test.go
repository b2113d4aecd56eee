package advisory

import (
	"strings"
	"testing"
	"testing/fstest"

	"entente/internal/taxonomy"
)

// packOf makes a pack of files; the manifest is supplied.
func packOf(tb testing.TB, files map[string]string) (*Pack, Problems) {
	tb.Helper()
	fsys := fstest.MapFS{manifestFile: {Data: []byte(testManifest)}}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	p, ps, err := ReadFS(fsys, "test")
	if err != nil {
		tb.Fatal(err)
	}
	return p, ps
}

const testManifest = `format: entente-pack/1
id: test
title: A pack for tests
summary: It is small.
version: 1.2.3
issued: 2021-03-03
valid_until: 2027-12-31
tlp: clear
issuers:
  - {name: Tests, role: author}
references:
  - {title: Somewhere, url: https://example.org/a}
attack: {published: "9", today: "18.1"}
license: Apache-2.0
stages:
  - {id: knock, title: Somebody knocked, shows: attempt}
  - {id: inside, title: Somebody is inside, shows: compromise}
`

func TestIndicators(t *testing.T) {
	const (
		sha    = "0f2c5a1e6d7b8c9a0b1c2d3e4f5061728394a5b6c7d8e9f00112233445566778"
		sysmon = `"Channel":"Microsoft-Windows-Sysmon/Operational","Provider_Name":"Microsoft-Windows-Sysmon","Computer":"a","TimeCreated":"2021-03-03T07:00:00Z"`
		iis    = "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status\n"
	)
	event := func(rest string) string { return "{" + sysmon + "," + rest + "}\n" }
	for _, test := range []struct {
		name      string
		indicator string
		format    string
		log       string
		fires     int
	}{
		{"hash of a process", `{type: sha256, value: ` + sha + `}`, "json", event(`"EventID":1,"Image":"C:\\a.exe","Hashes":"SHA1=00,SHA256=` + strings.ToUpper(sha) + `"`), 1},
		{"hash of a library", `{type: sha256, value: ` + sha + `}`, "json", event(`"EventID":7,"Image":"C:\\a.exe","ImageLoaded":"C:\\b.dll","Hashes":"SHA256=` + sha + `"`), 1},
		{"hash of a stream", `{type: sha256, value: ` + sha + `}`, "json", event(`"EventID":15,"TargetFilename":"C:\\a.exe","Hash":"SHA256=` + sha + `"`), 1},
		{"another kind of hash", `{type: sha1, value: ` + sha[:40] + `}`, "json", event(`"EventID":1,"Image":"C:\\a.exe","Hashes":"SHA256=` + sha + `"`), 0},
		{"a tool at home", `{type: sha256, value: ` + sha + `, not_under: ['C:\Tools\']}`, "json", event(`"EventID":1,"Image":"C:\\Tools\\x\\a.exe","Hashes":"SHA256=` + sha + `"`), 0},
		{"a tool elsewhere", `{type: sha256, value: ` + sha + `, not_under: ['C:\Tools\']}`, "json", event(`"EventID":1,"Image":"C:\\Tools2\\a.exe","Hashes":"SHA256=` + sha + `"`), 1},
		{"a tool in the wrong folder", `{type: file-name, value: a.exe, only_under: ['C:\ProgramData', 'C:\Windows\Temp']}`, "json", event(`"EventID":1,"Image":"c:\\windows\\temp\\A.exe"`), 1},
		{"a tool in another folder", `{type: file-name, value: a.exe, only_under: ['C:\ProgramData', 'C:\Windows\Temp']}`, "json", event(`"EventID":1,"Image":"c:\\windows\\a.exe"`), 0},
		{"a file by name", `{type: file-name, value: x.aspx}`, "json", event(`"EventID":11,"Image":"C:\\a.exe","TargetFilename":"C:\\inetpub\\x.aspx"`), 1},
		{"a file by a part of its name", `{type: file-name, value: x.aspx}`, "json", event(`"EventID":11,"Image":"C:\\a.exe","TargetFilename":"C:\\inetpub\\max.aspx"`), 0},
		{"a page by name", `{type: file-name, value: x.aspx}`, "iis", iis + "2021-03-03 06:49:46 192.0.2.10 POST /a/x.aspx - 443 - 198.51.100.7 b 200\n", 1},
		{"a path", `{type: path, value: 'aspnet_client\x.aspx'}`, "json", event(`"EventID":11,"TargetFilename":"C:\\inetpub\\wwwroot\\aspnet_client\\x.aspx"`), 1},
		{"the end of another path", `{type: path, value: 'client\x.aspx'}`, "json", event(`"EventID":11,"TargetFilename":"C:\\inetpub\\wwwroot\\aspnet_client\\x.aspx"`), 0},
		{"a path of the web", `{type: path, value: /owa/auth/x.aspx}`, "iis", iis + "2021-03-03 06:49:46 192.0.2.10 POST /owa/auth/x.aspx - 443 - 198.51.100.7 b 200\n", 1},
		{"a path of the web that is not there", `{type: path, value: /owa/auth/x.aspx}`, "iis", iis + "2021-03-03 06:49:46 192.0.2.10 POST /owa/auth/x.aspx - 443 - 198.51.100.7 b 404\n", 0},
		{"a page by name that is not there", `{type: file-name, value: x.aspx}`, "iis", iis + "2021-03-03 06:49:46 192.0.2.10 GET /a/x.aspx - 443 - 198.51.100.7 b 410\n", 0},
		{"a page by name that fails", `{type: file-name, value: x.aspx}`, "iis", iis + "2021-03-03 06:49:46 192.0.2.10 GET /a/x.aspx - 443 - 198.51.100.7 b 500\n", 1},
		{"a domain", `{type: domain, value: evil.example}`, "json", event(`"EventID":22,"QueryName":"evil.example"`), 1},
		{"below a domain", `{type: domain, value: evil.example}`, "json", event(`"EventID":22,"QueryName":"A.B.Evil.example"`), 1},
		{"a domain that ends alike", `{type: domain, value: evil.example}`, "json", event(`"EventID":22,"QueryName":"notevil.example"`), 0},
		{"a domain by connection", `{type: domain, value: evil.example}`, "json", event(`"EventID":3,"DestinationIp":"192.0.2.1","DestinationHostname":"c2.evil.example"`), 1},
		{"an address", `{type: ip, value: 198.51.100.7}`, "iis", iis + "2021-03-03 06:49:46 192.0.2.10 GET /a - 443 - 198.51.100.7 b 200\n", 1},
		{"an address that begins alike", `{type: ip, value: 198.51.100.7}`, "iis", iis + "2021-03-03 06:49:46 192.0.2.10 GET /a - 443 - 198.51.100.77 b 200\n", 0},
		{"a network", `{type: ip, value: 198.51.100.0/24}`, "json", event(`"EventID":3,"SourceIp":"10.0.0.1","DestinationIp":"198.51.100.77"`), 1},
		{"outside of a network", `{type: ip, value: 198.51.100.0/24}`, "json", event(`"EventID":3,"SourceIp":"10.0.0.1","DestinationIp":"198.51.101.77"`), 0},
		{"an address of a log-on", `{type: ip, value: 198.51.100.7}`, "json", `{"Channel":"Security","Provider_Name":"Microsoft-Windows-Security-Auditing","EventID":4624,"Computer":"a","TimeCreated":"2021-03-03T07:00:00Z","IpAddress":"::ffff:198.51.100.7"}` + "\n", 1},
		{"an address in the log of SSH", `{type: ip, value: 198.51.100.7}`, "syslog", "Mar  3 07:00:00 a sshd[1]: Failed password for root from 198.51.100.7 port 2 ssh2\n", 1},
		{"another address in the log of SSH", `{type: ip, value: 198.51.100.7}`, "syslog", "Mar  3 07:00:00 a sshd[1]: Failed password for root from 198.51.100.77 port 2 ssh2\n", 0},
		{"a URL in a command", `{type: url, value: 'https://evil.example/a?b=*'}`, "json", event(`"EventID":1,"Image":"C:\\a.exe","CommandLine":"a http://EVIL.example/a?b=* c"`), 1},
		{"a URL has no wildcards", `{type: url, value: 'https://evil.example/a?b=*'}`, "json", event(`"EventID":1,"Image":"C:\\a.exe","CommandLine":"a http://evil.example/a?b=1 c"`), 0},
		{"a user agent", `{type: user-agent, value: 'it''s (v; 1) ?*'}`, "iis", iis + "2021-03-03 06:49:46 192.0.2.10 GET /a - 443 - 198.51.100.7 it's+(v;+1)+?* 200\n", 1},
		{"a user agent has no wildcards", `{type: user-agent, value: 'it''s (v; 1) ?*'}`, "iis", iis + "2021-03-03 06:49:46 192.0.2.10 GET /a - 443 - 198.51.100.7 it's+(v;+1)+12 200\n", 0},
		{"a pipe", `{type: named-pipe, value: '\\.\pipe\abc'}`, "json", event(`"EventID":17,"PipeName":"\\abc"`), 1},
		{"a pipe from afar", `{type: named-pipe, value: abc}`, "json", `{"Channel":"Security","EventID":5145,"Computer":"a","TimeCreated":"2021-03-03T07:00:00Z","ShareName":"\\\\*\\IPC$","RelativeTargetName":"abc"}` + "\n", 1},
		{"a file called like the pipe", `{type: named-pipe, value: abc}`, "json", `{"Channel":"Security","EventID":5145,"Computer":"a","TimeCreated":"2021-03-03T07:00:00Z","ShareName":"\\\\*\\D$","RelativeTargetName":"abc"}` + "\n", 0},
		{"a value of a key", `{type: registry-key, value: 'HKCU\Software\Bad'}`, "json", event(`"EventID":13,"TargetObject":"HKU\\S-1-5-21-1\\Software\\Bad\\x","Details":"1"`), 1},
		{"a key that begins alike", `{type: registry-key, value: 'HKCU\Software\Bad'}`, "json", event(`"EventID":13,"TargetObject":"HKU\\S-1-5-21-1\\Software\\Badly\\x","Details":"1"`), 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, ps := packOf(t, map[string]string{indicatorsFile: "- " + strings.TrimSuffix(test.indicator, "}") + ", context: 'a: \"test\"', confidence: high, ttps: [T1071.001], stage: inside}\n"})
			if err := ps.Err(); err != nil {
				t.Fatal(err)
			}
			for _, x := range p.Rules.Problems {
				t.Errorf("%s\n%s", x.Reason, p.indicatorRules)
			}
			if len(p.Rules.Rules) == 0 {
				t.Fatal("no rules")
			}
			table, err := taxonomy.Load()
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range p.Rules.Rules {
				if why := table.Unserved(r.LogSource); why != "" {
					t.Errorf("%s: %s", r.Title, why)
				}
				if len(r.Title) > 96 || r.ID == "" || r.Level != "medium" || !strings.Contains(strings.Join(r.Tags, " "), "stage.inside") || !p.FromIndicator(&r.Meta) {
					t.Errorf("title %q, id %q, level %q, tags %v", r.Title, r.ID, r.Level, r.Tags)
				}
			}
			run := newRuleRunner(p, table)
			o, err := run.run(t.Context(), run.plan(p.Rules), "", test.format, "log", []byte(test.log))
			if err != nil {
				t.Fatal(err)
			}
			got := 0
			for _, n := range o.others {
				got += n
			}
			if got != test.fires || o.events != 1 || len(o.notes) > 0 {
				t.Errorf("%d findings of %d events, %d wanted; %v %v", got, o.events, test.fires, o.others, o.notes)
			}
		})
	}
}

func TestIndicatorsRefused(t *testing.T) {
	for indicator, want := range map[string]string{
		`{type: sha256, value: abc}`:                                  "64 digits",
		`{type: md5, value: zz2c5a1e6d7b8c9a0b1c2d3e4f506172}`:        "32 digits",
		`{type: colour, value: blue}`:                                 "no type",
		`{type: domain, value: 'evil[.]example'}`:                     "harmless",
		`{type: domain, value: 'a b.example'}`:                        "domain",
		`{type: url, value: 'hxxps://evil.example'}`:                  "harmless",
		`{type: url, value: 'evil.example/a'}`:                        "no URL",
		`{type: ip, value: 198.51.100.7/24}`:                          "network",
		`{type: ip, value: 198.51.100}`:                               "address",
		`{type: path, value: a.exe}`:                                  "no folder",
		`{type: file-name, value: 'b\a.exe'}`:                         "path",
		`{type: named-pipe, value: '\\.\pipe\'}`:                      "pipe",
		`{type: registry-key, value: Run}`:                            "registry",
		`{type: user-agent, value: "a\u001b[1m"}`:                     "control",
		`{type: user-agent}`:                                          "missing",
		`{type: domain, value: evil.example, not_under: ['C:\a']}`:    "are for files",
		`{type: file-name, value: a.exe, only_under: ['C:\Users\*']}`: "no folder",
	} {
		_, ps := packOf(t, map[string]string{indicatorsFile: "- " + indicator + "\n"})
		if len(ps) != 1 || !strings.Contains(ps[0].Reason, want) || ps[0].Line != 1 || ps[0].File != indicatorsFile {
			t.Errorf("%s: %v", indicator, ps)
		}
	}
}

// TestIndicatorIDs: the ids depend on nothing but pack, type, value and kind of log.
func TestIndicatorIDs(t *testing.T) {
	in := Indicator{Type: TypeIP, Value: "192.0.2.1", Context: "a"}
	m := &Manifest{ID: "a"}
	one := strings.Join(IndicatorRules(m, &in), "")
	in.Context = "b"
	two := strings.Join(IndicatorRules(m, &in), "")
	ids := func(s string) string {
		var out []string
		for line := range strings.Lines(s) {
			if strings.HasPrefix(line, "id: ") {
				out = append(out, line)
			}
		}
		return strings.Join(out, "")
	}
	if ids(one) != ids(two) || ids(one) == "" {
		t.Error("the ids depend on the context")
	}
	if other := strings.Join(IndicatorRules(&Manifest{ID: "b"}, &in), ""); ids(one) == ids(other) {
		t.Error("two packs share ids")
	}
	if _, err := parseYAML([]byte(IndicatorRules(m, &in)[0])); err != nil {
		t.Error(err)
	}
}
