package advisory

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// mutantsOf lists the changes of the documents of a file of rules, as "line what".
func mutantsOf(t *testing.T, text string) []string {
	t.Helper()
	p, err := OpenFS(fstest.MapFS{manifestFile: {Data: []byte(testManifest)}, "rules/a.yml": {Data: []byte(text)}}, "test")
	if err != nil {
		t.Fatal(err)
	}
	docs := p.ruleDocs()
	var out []string
	for _, d := range docs {
		for _, m := range d.mutants() {
			out = append(out, fmt.Sprintf("%d %s", m.line, m.what))
			before, err := ruleText(docs)
			if err != nil {
				t.Fatal(err)
			}
			undo := m.apply()
			changed, err := ruleText(docs)
			undo()
			after, err2 := ruleText(docs)
			if err != nil || err2 != nil || string(before) == string(changed) || string(before) != string(after) {
				t.Errorf("%s: the change changes nothing, or is not undone", m.what)
			}
		}
	}
	return out
}

func TestMutants(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"a rule": {
			`title: a
id: 00000000-0000-4000-8000-000000000000
logsource: {product: windows}
detection:
  one:
    EventID: 4625
    A|endswith: ['\a.exe', b]
    B|gte: 10
    C|exists: yes
    D|cidr: 10.0.0.0/8
    E|cidr: '2001:db8::/32'
    F|fieldref: G
    H|re: '^a(b|c)$'
    I: null
    J: '5'
    K: ''
    L|contains: 3
  two:
    - M: m
    - N|minute: 5
  words:
    - x y
    - '|contains'
  timeframe: 5m
  condition: one and not two and 1 of words*
`,
			[]string{
				`6 one.EventID: 4625 changed to 4626`,
				`7 one.A|endswith: '\a.exe' changed to 'zq~Mutant~qz'`,
				`7 one.A|endswith: b changed to 'zq~Mutant~qz'`,
				`8 one.B|gte: 10 changed to 11`,
				`8 one.B|gte: 10 changed to 9`,
				`9 one.C|exists: yes changed to false`,
				`10 one.D|cidr: 10.0.0.0/8 changed to '255.255.255.254/32'`,
				`11 one.E|cidr: '2001:db8::/32' changed to '100::dead:beef/128'`,
				`12 one.F|fieldref: G changed to 'ZqMutantQz'`,
				`13 one.H|re: the expression changed to one that matches nothing`,
				`13 one.H|re: 'a' in the expression changed to one that matches nothing`,
				`13 one.H|re: 'b' in the expression changed to one that matches nothing`,
				`13 one.H|re: 'c' in the expression changed to one that matches nothing`,
				`14 one.I: null changed to 'zq~Mutant~qz'`,
				`15 one.J: '5' changed to 'zq~Mutant~qz'`,
				`16 one.K: '' changed to 'zq~Mutant~qz'`,
				`17 one.L|contains: 3 changed to 'zq~Mutant~qz'`,
				`19 two.M: m changed to 'zq~Mutant~qz'`,
				`20 two.N|minute: 5 changed to 6`,
				`20 two.N|minute: 5 changed to 4`,
				`22 words: x y changed to 'zq~Mutant~qz'`,
				`23 words: '|contains' changed to 'zq~Mutant~qz'`,
				`25 condition: one and not two and 1 of words* changed to one and two and 1 of words*`,
				`25 condition: one and not two and 1 of words* changed to one and not two or 1 of words*`,
				`25 condition: one and not two and 1 of words* changed to one and not two and all of words*`,
			},
		},
		"a correlation and a filter": {
			`title: a
id: 00000000-0000-4000-8000-000000000000
correlation:
  type: value_count
  rules: [b, c]
  group-by: [A, B]
  timespan: 1h
  condition: {gte: 5, lt: 10, field: D}
---
title: b
name: b
logsource: {product: windows}
detection: {s: {A: 1}, condition: s}
---
title: c
name: c
logsource: {product: windows}
detection: {s: {A: x}, condition: s}
---
title: f
id: 00000000-0000-4000-8000-000000000001
logsource: {product: windows}
filter:
  rules: [b]
  s: {B: y}
  condition: not s
`,
			[]string{
				`7 timespan: 1h changed to 1800s`, `7 timespan: 1h changed to 7200s`,
				`8 condition.gte: 5 changed to 6`, `8 condition.gte: 5 changed to 4`,
				`8 condition.lt: 10 changed to 11`, `8 condition.lt: 10 changed to 9`,
				`6 group-by: A left out`, `6 group-by: B left out`, `5 rules: b left out`, `5 rules: c left out`,
				`13 s.A: 1 changed to 2`, `18 s.A: x changed to 'zq~Mutant~qz'`, `25 s.B: y changed to 'zq~Mutant~qz'`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mutantsOf(t, test.text); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// A pack of a correlation with two base rules and a filter, whose tests notice every change. Each of the edits below takes
// one case away, and then something goes unnoticed.
const (
	sprayRule = `title: Many names from one address
id: 10000000-0000-4000-8000-000000000001
status: test
description: d
references: [https://example.org/a]
author: a
date: 2021-03-03
tags: [attack.credential-access, attack.t1110.003, stage.knock]
correlation:
  type: value_count
  rules: [failed]
  group-by: [IpAddress]
  timespan: 10m
  condition: {gte: 3, field: TargetUserName}
falsepositives: [none]
level: high
---
title: A log-on failed
id: 10000000-0000-4000-8000-000000000002
name: failed
logsource: {product: windows, service: security}
detection:
  failed: {EventID: 4625}
  condition: failed
`
	sprayFilter = `title: Our scanner
id: 10000000-0000-4000-8000-000000000003
logsource: {product: windows, service: security}
filter:
  rules: [10000000-0000-4000-8000-000000000002]
  scanner: {IpAddress: 192.0.2.99}
  condition: not scanner
`
	sprayTTP = `- id: T1110.003
  tactics: [credential-access]
  procedure: p
  platforms: [Windows]
  logs: [Security 4625]
  detections: [10000000-0000-4000-8000-000000000001]
  confidence: high
  mitigations: [m]
`
	sprayTest = `rule: 10000000-0000-4000-8000-000000000001
base: {Channel: Security, Provider_Name: Microsoft-Windows-Security-Auditing, EventID: 4625, Computer: dc01, IpAddress: 198.51.100.7, TimeCreated: "2021-03-03T07:00:00Z"}
positive:
  - name: three names
    fires: 1
    events: [{TargetUserName: a}, {TargetUserName: b}, {TargetUserName: c}]
  - name: spread over more than half of the time
    events: [{TargetUserName: a}, {TargetUserName: b}, {TargetUserName: c, TimeCreated: "2021-03-03T07:06:00Z"}]
negative:
  - name: two names
    events: [{TargetUserName: a}, {TargetUserName: b}, {TargetUserName: b}]
  - name: too slow
    events: [{TargetUserName: a}, {TargetUserName: b}, {TargetUserName: c, TimeCreated: "2021-03-03T07:15:00Z"}]
  - name: from several addresses
    events: [{TargetUserName: a}, {TargetUserName: b}, {TargetUserName: c, IpAddress: 198.51.100.8}]
  - name: our scanner
    events: [{TargetUserName: a, IpAddress: 192.0.2.99}, {TargetUserName: b, IpAddress: 192.0.2.99}, {TargetUserName: c, IpAddress: 192.0.2.99}]
`
)

func sprayFiles() map[string]string {
	return map[string]string{
		manifestFile: testManifest, "ttps/a.yml": sprayTTP, "rules/spray.yml": sprayRule, "rules/z.yml": sprayFilter, "tests/spray.yml": sprayTest,
		mitigationsFile: "- {id: m, title: t, text: t, d3fend: [], effort: low}\n",
	}
}

func TestMutationOfCorrelation(t *testing.T) {
	files := sprayFiles()
	r := check(t, files, CheckOptions{Mutate: true, skipBenign: true})
	if len(r.Problems) > 0 {
		t.Fatalf("%v", r.Problems)
	}
	if r.Literals != 5 || r.Mutations != 7 || r.Correlations != 1 || r.Filters != 1 {
		t.Errorf("%d literals in %d ways, %d correlations, %d filters", r.Literals, r.Mutations, r.Correlations, r.Filters)
	}
	for gone, want := range map[string]string{
		"spread over more than half of the time": "timespan: 10m changed to 300s",
		"too slow":                               "timespan: 10m changed to 1200s",
		"from several addresses":                 "group-by: IpAddress left out",
		"our scanner":                            "scanner.IpAddress: 192.0.2.99 changed",
	} {
		files := sprayFiles()
		i := strings.Index(files["tests/spray.yml"], "  - name: "+gone)
		rest := strings.SplitN(files["tests/spray.yml"][i:], "\n", 3)
		files["tests/spray.yml"] = files["tests/spray.yml"][:i] + rest[2]
		r := check(t, files, CheckOptions{Mutate: true, skipBenign: true})
		var unnoticed []string
		for _, p := range r.Problems {
			if p.Kind == KindMutation {
				unnoticed = append(unnoticed, p.Reason)
			}
		}
		if len(unnoticed) != 1 || !strings.HasPrefix(unnoticed[0], want) || !strings.HasSuffix(unnoticed[0], "no test notices") {
			t.Errorf("without %q: %q", gone, unnoticed)
		}
	}
}

// TestMutationWithoutEffect: a literal that the condition does not use, or that another one holds, is named as such.
func TestMutationWithoutEffect(t *testing.T) {
	const (
		rule = "rules/web_server_starts_shell.yml"
		test = "tests/web_server_starts_shell.yml"
	)
	find := func(files map[string]string, want string) {
		t.Helper()
		r := check(t, files, CheckOptions{Mutate: true, skipBenign: true})
		for _, p := range r.Problems {
			if p.Kind == KindMutation && p.File == rule && p.Line > 0 && strings.Contains(p.Reason, want) {
				return
			}
		}
		t.Errorf("no %q in %v", want, r.Problems)
	}
	files := scaffoldFiles(t)
	files[rule] = strings.Replace(files[rule], "  condition:", "  idle:\n    Image: x\n  condition:", 1)
	find(files, "idle.Image: x changed to 'zq~Mutant~qz': this changes nothing about the rule")

	files = scaffoldFiles(t)
	files[rule] = strings.Replace(files[rule], `Image|endswith: '\cmd.exe'`, `Image|endswith: ['\cmd.exe', 'm32\cmd.exe']`, 1)
	find(files, `'\cmd.exe' changed to 'zq~Mutant~qz': no test notices`)

	// A condition may say more than it has to.
	files = scaffoldFiles(t)
	files[rule] = strings.Replace(files[rule], "condition: shell", "condition: 1 of shell*", 1)
	r := check(t, files, CheckOptions{Mutate: true, skipBenign: true})
	if !r.OK() || len(r.Problems) != 1 || !strings.HasSuffix(r.Problems[0].Reason, "this means the same") {
		t.Errorf("%v", r.Problems)
	}

	// A rule that fails its test is not changed: any change would be noticed.
	files = scaffoldFiles(t)
	files[test] = strings.Replace(files[test], "/c whoami", "/c ver", 1)
	r = check(t, files, CheckOptions{Mutate: true, skipBenign: true})
	if r.Literals != 0 || r.OK() {
		t.Errorf("%+v", r)
	}
}

func TestTimespan(t *testing.T) {
	for s, want := range map[string]string{"90s": "90s", "5m": "300s", "2h": "7200s", "1d": "86400s", "1w": "604800s", "": "", "5": "", "m": "", "-5m": "", "5y": ""} {
		d, ok := timespan(s)
		if got := seconds(d); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %s %v", s, got, ok)
		}
	}
}
