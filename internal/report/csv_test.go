package report

import (
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"

	"entente/internal/hunt"
	"entente/internal/sigma"
)

func TestCSVGolden(t *testing.T) {
	x := plainFinding()
	x.Event = []byte(`{"EventID":1}`)
	const want = "time,level,rule,rule_id,tactics,techniques,host,user,source,channel,provider,event_id,record_id,count,last,matched,caveats,file,offset,event,tlp\r\n" +
		`2024-05-20T09:14:03.117Z,critical,Shell of a web server,11111111-2222-4333-8444-555555555555,persistence,T1505.003,WEB01.corp.example,CORP\svc_web,windows,` +
		`Microsoft-Windows-Sysmon/Operational,Microsoft-Windows-Sysmon,1,4711,1,2024-05-20T09:14:03.117Z,CommandLine: cmd.exe /c whoami ¦ ParentImage: C:\Windows\System32\inetsrv\w3wp.exe,,` +
		"logs/web01.evtx,69632,\"{\"\"EventID\"\":1}\",\r\n"
	if got := render(t, "csv", Options{}, nil, x); got != want {
		t.Errorf("got\n%swanted\n%s", got, want)
	}
}

func TestCSVHasNoFormulas(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "\t=1": "'\t=1", "\r=1": "\"'\r=1\"", "\n=1": "\"'\n=1\"", "  =1": "'  =1", " \r0": "\"' \r0\"", "\u00a0=1": "'\u00a0=1", "＝1": "'＝1", "'=1": "''=1", "' =1": "'' =1", "'": "'", "'a=": "'a=",
		"a=1": "a=1", "": "", `a"b`: `"a""b"`, "a,b": `"a,b"`, "a\nb": "\"a\nb\"", "a\x1bb": `a\x1bb`, "\u202e=1": `\u202e=1`, " a": `" a"`, "\xff=": `\xff=`,
	} {
		if got := string(appendCell(nil, in)); got != want {
			t.Errorf("%q became %q, wanted %q", in, got, want)
		}
	}
	// A rule without a level and a record without ids leave their cells empty rather than 0.
	out := render(t, "csv", Options{}, nil, &hunt.Finding{Rule: &sigma.Meta{Title: "=HYPERLINK(\"x\")"}, Host: "@host", User: "+user", File: "-f"})
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	cell := func(name string) string {
		for i, h := range rows[0] {
			if h == name {
				return rows[1][i]
			}
		}
		t.Fatalf("no column %q", name)
		return ""
	}
	for name, want := range map[string]string{"rule": `'=HYPERLINK("x")`, "host": "'@host", "user": "'+user", "file": "'-f", "level": "unrated", "time": "", "event_id": "", "record_id": "", "count": "1"} {
		if got := cell(name); got != want {
			t.Errorf("column %s is %q, wanted %q", name, got, want)
		}
	}
}

func FuzzCSVCell(f *testing.F) {
	for _, x := range hostileTexts {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, s string) {
		line := appendRow(nil, s, "end")
		rows, err := csv.NewReader(strings.NewReader(string(line))).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != 2 || rows[0][1] != "end" {
			t.Fatalf("%q became %q: %v %v", s, line, rows, err)
		}
		cell := rows[0][0]
		if r, _ := utf8.DecodeRuneInString(strings.TrimLeft(cell, " \u00a0\u3000")); r != utf8.RuneError && strings.ContainsRune("=+-@＝＋－＠\t\r\n", r) {
			t.Fatalf("%q became the formula %q", s, cell)
		}
	})
}
