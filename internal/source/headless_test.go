package source

import (
	"fmt"
	"strings"
	"testing"
)

const (
	headlessIIS = "2021-03-03 06:49:46 192.0.2.10 POST /ecp/y.js &a=b;c 443 - 198.51.100.7 python-requests/2.25.1 - 241 0 0 402"
	headlessECP = `2021-03-03T06:49:53.772Z,EX01,ECP.Request,"S:TIME=310;S:CMD=Set-OabVirtualDirectory.ExternalUrl='http://f/x'.Identity='1';S:EX="`
	headlessEx  = "2021-03-03T06:49:53.772Z,0a1b2c3d-0000-4000-8000-000000000001,15,1,2106,2,,Ecp,mail.example.org,/ecp/y.js,,,False,,,ServerInfo~a]@ex01.example.org:444/ecp/x?#,python-requests/2.25.1,198.51.100.7,EX01,200,200,,POST,Proxy,ex01.example.org,15.01.2106.000,IntraForest,X-BEResource-Cookie,,,,12,34,?a=b,,x"
)

// TestHeadlessLines: the columns of lines without a header are told by their values.
func TestHeadlessLines(t *testing.T) {
	in := headlessIIS + "\n" + strings.Replace(headlessIIS, " - 241", " 241", 1) + "\n" + strings.Replace(headlessIIS, "192.0.2.10", "fe80::1%5", 1) + "\n"
	want := `iis 2021-03-03T06:49:46Z @%d provider=Microsoft Internet Information Services host=%s {"date":"2021-03-03","time":"06:49:46","s-ip":"%[2]s","cs-method":"POST","cs-uri-stem":"/ecp/y.js","cs-uri-query":"\u0026a=b;c","s-port":"443","cs-username":null,"c-ip":"198.51.100.7","cs(User-Agent)":"python-requests/2.25.1",%s"sc-status":"241","sc-substatus":"0","sc-win32-status":"0","time-taken":"402"}`
	n := len(headlessIIS) + 1
	if w := expect(t, newIIS(), in,
		fmt.Sprintf(want, 0, "192.0.2.10", `"cs(Referer)":null,`), fmt.Sprintf(want, n, "192.0.2.10", ""),
		fmt.Sprintf(want, 2*n-2, "fe80::1%5", `"cs(Referer)":null,`)); len(w) > 0 {
		t.Errorf("warnings %v", w)
	}
	if w := expect(t, newExchange(), headlessECP+"\n",
		`ecp 2021-03-03T06:49:53.772Z @0 channel=ECP Server Log provider=Microsoft Exchange host=EX01 {"TimeStamp":"2021-03-03T06:49:53.772Z","ServerName":"EX01","EventId":"ECP.Request","EventData":"S:TIME=310;S:CMD=Set-OabVirtualDirectory.ExternalUrl='http://f/x'.Identity='1';S:EX=","TIME":"310","CMD":"Set-OabVirtualDirectory.ExternalUrl='http://f/x'.Identity='1'","Cmdlet":"Set-OabVirtualDirectory","ExternalUrl":"http://f/x","Identity":"1","EX":null}`); len(w) > 0 {
		t.Errorf("warnings %v", w)
	}
	events, w := read(t, newExchange(), headlessEx+"\n", 0)
	if len(events) != 1 || len(w) > 0 {
		t.Fatalf("%q, warnings %v", events, w)
	}
	for _, want := range []string{
		"httpproxy 2021-03-03T06:49:53.772Z @0 channel=Ecp", "host=EX01", `"AnchorMailbox":"ServerInfo~a]@ex01.example.org:444/ecp/x?#"`,
		`"HttpStatus":"200"`, `"RoutingHint":"X-BEResource-Cookie"`, `"UrlQuery":"?a=b"`, `"ClientIpAddress":"198.51.100.7"`, `"column36":"x"`,
	} {
		if !strings.Contains(events[0], want) {
			t.Errorf("%s is missing in %s", want, events[0])
		}
	}
}

// TestHeadlessLinesAreTold: what looks alike and has another value in one place is plain text.
func TestHeadlessLinesAreTold(t *testing.T) {
	for _, change := range [][2]string{
		{"2021-03-03 ", "2021-13-03 "},
		{"06:49:46", "06:49:4x"},
		{"192.0.2.10", "ex01"},
		{"POST", "post"},
		{" 443 ", " - "},
		{"198.51.100.7", "client"},
		{" 241 ", " ok "},
		{" 402", ""},
		{" 402", " 402 1"},
		{"python-requests", "python requests"},
	} {
		line := strings.Replace(headlessIIS, change[0], change[1], 1)
		if line == headlessIIS || headlessW3C([]byte(line)) != nil {
			t.Errorf("%q for %q: taken for IIS", change[1], change[0])
		}
	}
	for _, change := range [][2]string{
		{"2021-03-03T", "2021-03-03 "},
		{"772Z", "772Z x"},
		{"0a1b2c3d-", "0a1b2c3d"},
		{",15,", ",x,"},
		{",False,", ",maybe,"},
		{"198.51.100.7", "client"},
		{",200,", ",ok,"},
		{",POST,", ",Post,"},
	} {
		line := strings.Replace(headlessEx, change[0], change[1], 1)
		if line == headlessEx || headlessCSV([]byte(line)) != nil {
			t.Errorf("%q for %q: taken for HttpProxy", change[1], change[0])
		}
	}
	for _, change := range [][2]string{{"ECP.", "OWA."}, {"EX01", ""}, {"S:TIME=", "TIME "}, {"2021-03-03T", "3.3.2021 "}} {
		line := strings.Replace(headlessECP, change[0], change[1], 1)
		if line == headlessECP || headlessCSV([]byte(line)) != nil {
			t.Errorf("%q for %q: taken for ECP", change[1], change[0])
		}
	}
}

// TestHeadlessFiles: such files are recognised, and it is said that their columns were guessed; lines of other kinds
// between them are kept.
func TestHeadlessFiles(t *testing.T) {
	for _, c := range []struct{ name, text, format, says string }{
		{"u_ex210303.log", strings.Repeat(headlessIIS+"\n", 9) + "# remark\nno line of a log\n", "iis", "those that IIS writes by default"},
		{"ECPServer.LOG", strings.Repeat(headlessECP+"\n", 3), "exchange", "those of Exchange"},
		{"HttpProxy.LOG", headlessEx + "\n", "exchange", "those of Exchange"},
		{"whole.log", "#Fields: " + w3cDefault + "\n" + headlessIIS + "\n", "iis", ""},
		{"mixed.log", headlessIIS + "\n" + headlessECP + "\nother\n", "text", ""},
	} {
		got := collect(t, Options{}, write(t, t.TempDir(), c.name, []byte(c.text)))
		if f := detect(newFormats(), []byte(c.text)); f.Name() != c.format {
			t.Errorf("%s: %s, want %s", c.name, f.Name(), c.format)
		}
		if said := strings.Join(got.warnings, "\n"); !strings.Contains(said, c.says) || c.says == "" && said != "" {
			t.Errorf("%s: said %q", c.name, said)
		}
		if c.says != "" && c.format == "iis" && (len(got.events) != 10 || !strings.HasSuffix(got.events[9], "no line of a log")) {
			t.Errorf("%s: %d events, %q", c.name, len(got.events), got.events[len(got.events)-1])
		}
	}
}

func FuzzHeadless(f *testing.F) {
	for _, line := range []string{headlessIIS, headlessECP, headlessEx, "", ",,,", `"`, "2021-03-03 06:49:46 "} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if d := headlessW3C(line); d != nil && len(strings.Fields(d.fields)) != strings.Count(string(line), " ")+1 {
			t.Errorf("%q: columns %q", line, d.fields)
		}
		headlessCSV(line)
		headlessReason("iis", line)
		headlessReason("exchange", line)
	})
}
