package advisory

import (
	"maps"
	"strings"
	"testing"
	"testing/fstest"
)

// check runs the check on a pack of files; benign is whether the benign day is hunted as well.
func check(t *testing.T, files map[string]string, opts CheckOptions) *CheckReport {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	p, ps, err := ReadFS(fsys, "test")
	if err != nil {
		t.Fatal(err)
	}
	opts.Now = testDay
	r, err := Check(t.Context(), p, ps, opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestScaffoldIsInOrder(t *testing.T) {
	files := scaffoldFiles(t)
	r := check(t, files, CheckOptions{Mutate: true})
	if len(r.Problems) > 0 || len(r.Benign) > 0 {
		t.Errorf("%v %v", r.Problems, r.Benign)
	}
	if r.TTPs != 1 || r.Rules != 1 || r.Tests != 1 || r.Positives != 2 || r.Negatives != 3 || r.Literals != 4 || r.Mutations != 4 || r.BenignEvents < 30000 {
		t.Errorf("%+v", r)
	}
	again := scaffoldFiles(t)
	if maps.Equal(files, again) {
		t.Error("two packs share the id of their rule")
	}
	if _, err := Scaffold("../x", testDay); err == nil {
		t.Error("an id that is no name of a folder")
	}
}

// TestCheckProblems breaks the scaffold in one place, and the check has to name it with file and line.
func TestCheckProblems(t *testing.T) {
	const (
		ttp  = "ttps/01-initial-access.yml"
		rule = "rules/web_server_starts_shell.yml"
		test = "tests/web_server_starts_shell.yml"
	)
	for name, x := range map[string]struct {
		file, old, new string
		in             string // file of the problem, where it is another one
		line           int
		want           string
		warning        bool
	}{
		"id":                     {file: manifestFile, old: "id: test-pack", new: "id: Test", line: 2, want: "2 to 64 lower-case"},
		"title":                  {file: manifestFile, old: "title: What the advisory is about, in one line", new: "title:", line: 3, want: "title"},
		"version":                {file: manifestFile, old: "version: 0.1.0", new: "version: 1.0", line: 8, want: "semantic"},
		"version with a zero":    {file: manifestFile, old: "version: 0.1.0", new: "version: 01.0.0", line: 8, want: "semantic"},
		"issued":                 {file: manifestFile, old: "issued: 2026-11-23", new: "issued: 2026-11-31", line: 9, want: "has to be a date"},
		"valid until":            {file: manifestFile, old: "valid_until: 2028-11-23", new: "valid_until: 2025-01-01", line: 10, want: "after that"},
		"out of date":            {file: manifestFile, old: "issued: 2026-11-23\nvalid_until: 2028-11-23", new: "issued: 2020-01-01\nvalid_until: 2026-11-22", line: 10, want: "out of date", warning: true},
		"modified before":        {file: manifestFile, old: "issued: 2026-11-23", new: "issued: 2026-11-23\nmodified: 2026-11-22", line: 10, want: "before it was issued"},
		"marking":                {file: manifestFile, old: "tlp: amber", new: "tlp: white", line: 11, want: "TLP 2.0"},
		"role":                   {file: manifestFile, old: "role: author", new: "role: friend", line: 12, want: "author, publisher, source"},
		"reference":              {file: manifestFile, old: "https://example.org/advisory", new: "javascript:alert(1)", line: 15, want: "URL"},
		"supersedes":             {file: manifestFile, old: "license:", new: "supersedes: [other-1.0.0]\nlicense:", line: 21, want: "id@version"},
		"ATT&CK":                 {file: manifestFile, old: `published: "18.1"`, new: `published: ""`, line: 18, want: "version of ATT&CK"},
		"issued in the future":   {file: manifestFile, old: "issued: 2026-11-23", new: "issued: 2026-11-25", line: 9, want: "in the future"},
		"modified in the future": {file: manifestFile, old: "issued: 2026-11-23", new: "issued: 2026-11-23\nmodified: 2026-11-25", line: 10, want: "in the future"},
		"supersedes itself":      {file: manifestFile, old: "license:", new: "supersedes: [test-pack@0.1.0]\nlicense:", line: 21, want: "supersedes itself"},
		"supersedes a newer one": {file: manifestFile, old: "license:", new: "supersedes: [test-pack@0.0.9, test-pack@0.10.0]\nlicense:", line: 21, want: "the newer test-pack@0.10.0"},
		"license":                {file: manifestFile, old: "license: Apache-2.0", new: "license: do what you want", line: 21, want: "SPDX"},
		"stage shows":            {file: manifestFile, old: "shows: attempt", new: "shows: nothing", line: 22, want: "attempt or compromise"},
		"stage that decides":     {file: manifestFile, old: "shows: attempt", new: "shows: attempt, decisive: true", line: 22, want: "what decides is a compromise"},
		"stage that decides, or": {file: manifestFile, old: "shows: attempt", new: "shows: attempt, decisive: perhaps", line: 23, want: "decisive has to be true or false"},
		"stage twice":            {file: manifestFile, old: "id: attempt,", new: "id: foothold,", line: 22, want: "twice"},
		"entrance":               {file: manifestFile, old: "license:", new: "entrances: [{log: web/iis, rules: []}]\nlicense:", line: 21, want: "names no rules"},
		"entrance twice":         {file: manifestFile, old: "license:", new: "entrances: [{log: windows/sysmon, rules: [{{id}}]}, {log: windows/sysmon, rules: [{{id}}]}]\nlicense:", line: 21, want: "twice"},
		"log of an entrance":     {file: manifestFile, old: "license:", new: "entrances: [{log: web/doors, rules: [{{id}}]}]\nlicense:", line: 21, want: "no kind of log \"web/doors\""},
		"rule of an entrance":    {file: manifestFile, old: "license:", new: "entrances: [{log: windows/sysmon, rules: [00000000-0000-4000-8000-000000000000]}]\nlicense:", line: 21, want: "no rule has the id"},
		"another log's rule":     {file: manifestFile, old: "license:", new: "entrances: [{log: web/iis, rules: [{{id}}]}]\nlicense:", line: 21, want: "does not read that log"},
		"stage of a rule":        {file: rule, old: "stage.foothold", new: "stage.exit", line: 1, want: `no stage "exit"`},
		"two stages":             {file: rule, old: "  - stage.foothold", new: "  - stage.foothold\n  - stage.attempt", line: 1, want: "2 stages"},
		"unknown technique":      {file: ttp, old: "id: T1190", new: "id: T1999", line: 2, want: "no technique of that id"},
		"revoked technique":      {file: ttp, old: "- id: T1190", new: "- id: T1086", line: 2, want: "revoked today: add `now: T1059.001`"},
		"now the same":           {file: ttp, old: "- id: T1190", new: "- id: T1190\n  now: T1190", line: 2, want: "where it is another one"},
		"now unknown":            {file: ttp, old: "- id: T1190", new: "- id: T1190\n  now: T1999", line: 2, want: `"T1999" (now)`},
		"tactic":                 {file: ttp, old: "initial-access]", new: "Initial Access]", line: 2, want: "no tactic"},
		"another tactic":         {file: ttp, old: "initial-access]", new: "initial-access, impact]", line: 2, want: "has it under initial-access, not under impact", warning: true},
		"tactic of ICS":          {file: ttp, old: "initial-access]", new: "inhibit-response-function]", line: 2, want: "no tactic of the techniques of enterprise"},
		"platform":               {file: ttp, old: "[Windows]", new: "[Amiga]", line: 2, want: "no platform", warning: true},
		"procedure":              {file: ttp, old: "procedure: How the actor does it, in your words.", new: "procedure: ''", line: 2, want: "procedure is missing"},
		"confidence":             {file: ttp, old: "confidence: medium", new: "confidence: sure", line: 2, want: "high, medium, low"},
		"no such rule":           {file: ttp, old: "detections: [", new: "detections: [00000000-0000-4000-8000-000000000000, ", line: 2, want: "no rule"},
		"detected and not":       {file: ttp, old: "confidence:", new: "undetectable: no log\n  confidence:", line: 2, want: "says why there are none"},
		"question":               {file: ttp, old: "look_for: Systems", new: "#", line: 2, want: "ask, look_for and where"},
		"no such mitigation":     {file: ttp, old: "[patch-first]", new: "[patch-first, pray]", line: 2, want: `no mitigation "pray"`},
		"mitigation of ATT&CK":   {file: mitigationsFile, old: "M1051", new: "M9999", line: 1, want: "no mitigation"},
		"technique for it":       {file: mitigationsFile, old: "M1051", new: "T1190", line: 1, want: "no mitigation"},
		"form of D3FEND":         {file: mitigationsFile, old: "D3-SU", new: "SU", line: 1, want: "no id of D3FEND"},
		"unknown to us":          {file: mitigationsFile, old: "D3-SU", new: "D3-XYZZY", line: 1, want: "look it up", warning: true},
		"effort":                 {file: mitigationsFile, old: "effort: medium", new: "effort: heroic", line: 1, want: "low, medium, high"},
		"unused mitigation":      {file: mitigationsFile, old: "- id: patch-first", new: "- {id: b, title: b, text: b, d3fend: [], effort: low}\n- id: patch-first", line: 1, want: "no TTP names it", warning: true},
		"mitigation twice":       {file: mitigationsFile, old: "- id: patch-first", new: "- {id: patch-first, title: b, text: b, d3fend: [], effort: low}\n- id: patch-first", line: 2, want: "second time"},
		"indicator's context":    {file: indicatorsFile, old: "# Values", new: "- {type: ip, value: 192.0.2.1, confidence: low}\n#", line: 1, want: "does not say what it is"},
		"indicator's TTP":        {file: indicatorsFile, old: "# Values", new: "- {type: ip, value: 192.0.2.1, confidence: low, context: a, ttps: [T1003]}\n#", line: 1, want: "no TTP of the pack"},
		"indicator's stage":      {file: indicatorsFile, old: "# Values", new: "- {type: ip, value: 192.0.2.1, confidence: low, context: a, stage: x}\n#", line: 1, want: "no stage"},
		"indicator's dates":      {file: indicatorsFile, old: "# Values", new: "- {type: ip, value: 192.0.2.1, confidence: low, context: a, first_seen: 2021-01-02, last_seen: 2021-01-01}\n#", line: 1, want: "before it was first seen"},
		"indicator twice":        {file: indicatorsFile, old: "# Values", new: "- {type: ip, value: 192.0.2.1, confidence: low, context: a}\n- {type: ip, value: 192.0.2.1, confidence: low, context: b}\n#", line: 2, want: "second time"},
		"rule does not load":     {file: rule, old: "condition: shell", new: "condition: shall", in: rule, want: "shall"},
		"rule without a log":     {file: rule, old: "category: process_creation", new: "category: tea_making", line: 1, want: "no log serves"},
		"no falsepositives":      {file: rule, old: "falsepositives:", new: "fields:", line: 1, want: "falsepositives is missing"},
		"reference of a rule":    {file: rule, old: "https://attack", new: "ftp://attack", line: 1, want: "URL"},
		"date of a rule":         {file: rule, old: "date: 2026-11-23", new: "date: 23.11.2026", line: 1, want: "has to be a date"},
		"tag of a rule":          {file: rule, old: "attack.t1190", new: "attack.t1999", line: 1, want: "knows no attack.t1999"},
		"no tactic":              {file: rule, old: "  - attack.initial-access\n", new: "", line: 1, want: "one of a tactic"},
		"long title":             {file: rule, old: "title: Web", new: "title: " + strings.Repeat("Web", 40), line: 1, want: "1 to 90"},
		"anchor in a rule":       {file: rule, old: "level: high", new: "level: &l high", line: 25, want: "anchors"},
		"older collection":       {file: rule, old: "level: high", new: "level: high\naction: global", line: 26, want: "older form"},
		"two rules in a file":    {file: rule, old: "level: high", new: "level: high\n---\ntitle: b\nid: 00000000-0000-4000-8000-000000000000\nlogsource: {product: windows}\ndetection: {a: {A: 1}, condition: a}", line: 27, want: "one a file"},
		"filter without id":      {file: rule, old: "level: high", new: "level: high\n---\ntitle: b\nlogsource: {product: windows}\nfilter: {rules: any, a: {A: 1}, condition: not a}", line: 27, want: "UUID of its own"},
		"missed":                 {file: test, old: "{CommandLine: 'cmd.exe'}\nnegative", new: "{Image: 'C:\\a.exe'}\nnegative", line: 14, want: `missed: the rule does not fire`},
		"fires":                  {file: test, old: "{CommandLine: 'cmd.exe /c ver'}", new: "{CommandLine: 'cmd.exe /c dir'}", line: 24, want: "fired once, and has to stay silent: Image="},
		"fires so often":         {file: test, old: "  - name: a shell without a command", new: "  - name: a shell without a command\n    fires: 2", line: 14, want: "fired once, and has to fire 2 times"},
		"fires nothing":          {file: test, old: "  - name: a shell of a user", new: "  - name: a shell of a user\n    fires: 1", line: 21, want: "for positives"},
		"too few":                {file: test, old: "  - name: a shell of a user", new: "  - name: another program of the worker process", line: 21, want: "another case has that name"},
		"no name":                {file: test, old: "- name: a shell of a user\n", new: "- fires: 0\n", line: 21, want: "no name"},
		"no events":              {file: test, old: "    events:\n      - {CommandLine: 'cmd.exe /c ver'}", new: "    lines: ''", line: 24, want: "neither events nor lines"},
		"both":                   {file: test, old: "    events:\n      - {CommandLine: 'cmd.exe /c ver'}", new: "    lines: a\n    events: [{CommandLine: 'cmd.exe /c ver'}]", line: 24, want: "one or the other"},
		"test of no rule":        {file: test, old: "rule: ", new: "rule: 0", line: 1, want: "no rule that loads has that id"},
		"a log that is not read": {file: test, old: "    events:\n      - {CommandLine: 'cmd.exe /c ver'}", new: "    lines: \"{\\\"Channel\\\":1}\\n{\\\"Chan\\n\"", line: 24, want: "without trouble"},
	} {
		t.Run(name, func(t *testing.T) {
			files := scaffoldFiles(t)
			if !strings.Contains(files[x.file], x.old) {
				t.Fatalf("%s does not hold %q", x.file, x.old)
			}
			files[x.file] = strings.Replace(files[x.file], x.old, withID(files, x.new), 1)
			r := check(t, files, CheckOptions{skipBenign: true})
			in := x.in
			if in == "" {
				in = x.file
			}
			found := false
			for _, p := range r.Problems {
				found = found || p.File == in && (p.Line == x.line || x.line == 0) && strings.Contains(p.Reason, x.want) && p.Warning == x.warning
			}
			if !found {
				t.Errorf("no %q at %s:%d in\n%v", x.want, in, x.line, r.Problems)
			}
			if r.OK() != x.warning {
				t.Errorf("OK is %v", r.OK())
			}
		})
	}
}

// withID puts the id of the scaffold's rule in the place of {{id}}.
func withID(files map[string]string, text string) string {
	_, id, _ := strings.Cut(files["rules/web_server_starts_shell.yml"], "\nid: ")
	id, _, _ = strings.Cut(id, "\n")
	return strings.ReplaceAll(text, "{{id}}", id)
}

// TestCheckAccepts changes the scaffold in ways that are in order.
func TestCheckAccepts(t *testing.T) {
	const ttp = "ttps/01-initial-access.yml"
	for name, x := range map[string]struct{ file, old, new string }{
		"issued where it is tomorrow":    {manifestFile, "issued: 2026-11-23", "issued: 2026-11-24"},
		"supersedes an older one":        {manifestFile, "license:", "supersedes: [test-pack@0.1.0-rc.1, test-pack@0.0.9, other@9.0.0]\nlicense:"},
		"entrances":                      {manifestFile, "license:", "entrances: [{log: windows/sysmon, rules: [{{id}}]}, {log: windows/security, rules: [{{id}}]}]\nlicense:"},
		"a tactic that an id once had":   {ttp, "- id: T1190\n  tactics: [initial-access]", "- id: T1085\n  now: T1218.011\n  tactics: [defense-evasion, execution]"},
		"half of a tactic that is split": {ttp, "- id: T1190\n  tactics: [initial-access]", "- id: T1055\n  tactics: [stealth, privilege-escalation]"},
		"replaced in version 19":         {ttp, "- id: T1190\n  tactics: [initial-access]", "- id: T1562.001\n  now: T1685\n  tactics: [defense-evasion, defense-impairment]"},
		"of version 19, tactic unknown":  {ttp, "- id: T1190\n  tactics: [initial-access]", "- id: T1683\n  tactics: [resource-development]"},
		"a technique of ICS":             {ttp, "- id: T1190\n  tactics: [initial-access]", "- id: T0814\n  tactics: [inhibit-response-function]"},
		"a technique of Mobile":          {ttp, "- id: T1190\n  tactics: [initial-access]", "- id: T1406\n  tactics: [defense-evasion]"},
	} {
		t.Run(name, func(t *testing.T) {
			files := scaffoldFiles(t)
			if !strings.Contains(files[x.file], x.old) {
				t.Fatalf("%s does not hold %q", x.file, x.old)
			}
			files[x.file] = strings.Replace(files[x.file], x.old, withID(files, x.new), 1)
			for _, p := range check(t, files, CheckOptions{skipBenign: true}).Problems {
				if !strings.Contains(p.Reason, "has no tag of this technique") {
					t.Error(p)
				}
			}
		})
	}
}

// TestCheckMissing takes whole files away, or adds some.
func TestCheckMissing(t *testing.T) {
	const (
		rule = "rules/web_server_starts_shell.yml"
		test = "tests/web_server_starts_shell.yml"
	)
	for name, x := range map[string]struct {
		edit func(files map[string]string)
		file string
		want string
	}{
		"no test":                {func(f map[string]string) { delete(f, test) }, rule, "has no test: it belongs into " + test},
		"another name":           {func(f map[string]string) { f["tests/other.yml"] = f[test]; delete(f, test) }, "tests/other.yml", "has to be " + test},
		"two tests":              {func(f map[string]string) { f["tests/other.yml"] = f[test] }, test, "has a test in tests/other.yml already"},
		"no TTPs":                {func(f map[string]string) { delete(f, "ttps/01-initial-access.yml") }, rule, "no TTP names the rule"},
		"the id of another rule": {func(f map[string]string) { f["rules/z.yml"] = f[rule] }, "rules/z.yml", "the id is taken"},
		"the title of another rule": {func(f map[string]string) {
			f["rules/z.yml"] = strings.Replace(f[rule], "\nid: ", "\nid: 00000000-0000-4000-8000-000000000000 #", 1)
		}, "rules/z.yml", "the title is that of a rule in " + rule},
		"too few cases": {func(f map[string]string) {
			f[test] = f[test][:strings.Index(f[test], "  - name: the application that we know")]
		}, test, "there are 2 positives and 2 negatives"},
	} {
		t.Run(name, func(t *testing.T) {
			files := scaffoldFiles(t)
			x.edit(files)
			r := check(t, files, CheckOptions{skipBenign: true})
			for _, p := range r.Problems {
				if p.File == x.file && strings.Contains(p.Reason, x.want) && !p.Warning {
					return
				}
			}
			t.Errorf("no %q at %s in\n%v", x.want, x.file, r.Problems)
		})
	}
}

// TestBenign: a rule of level high that fires on the benign day is refused, one of level low is counted.
func TestBenign(t *testing.T) {
	for _, level := range []string{"high", "low"} {
		files := scaffoldFiles(t)
		const rule = "rules/web_server_starts_shell.yml"
		files[rule] = strings.NewReplacer(`ParentImage|endswith: '\w3wp.exe'`, `Image|contains: '\'`, `    Image|endswith: '\cmd.exe'`, "", "level: high", "level: "+level).Replace(files[rule])
		r := check(t, files, CheckOptions{})
		refused := 0
		for _, p := range r.Problems {
			if p.Kind == KindBenign {
				refused++
			}
		}
		counted := len(r.Benign) == 1 && r.Benign[0].Findings > 100
		if level == "high" && (refused != 1 || len(r.Benign) > 0) || level == "low" && (refused > 0 || !counted) {
			t.Errorf("%s: %d refused, %v counted; %v", level, refused, r.Benign, r.Problems)
		}
	}
}

// TestCheckOneRule: with rules named, nothing is said of the others.
func TestCheckOneRule(t *testing.T) {
	files := scaffoldFiles(t)
	files["rules/other.yml"] = "title: Another one\nid: 00000000-0000-4000-8000-000000000000\n"
	files["ttps/02.yml"] = "- {id: T9999}\n"
	for _, name := range []string{"web_server_starts_shell.yml", "some/path/tests/web_server_starts_shell.yml", "command shell"} {
		r := check(t, files, CheckOptions{Rules: []string{name}, Mutate: true, skipBenign: true})
		if len(r.Problems) > 0 || r.Tests != 1 || r.Literals != 4 {
			t.Errorf("%s: %v, %d tests, %d literals", name, r.Problems, r.Tests, r.Literals)
		}
	}
	r := check(t, files, CheckOptions{Rules: []string{"rules/other.yml"}, skipBenign: true})
	if r.OK() || r.Tests != 0 {
		t.Errorf("%v", r.Problems)
	}
}
