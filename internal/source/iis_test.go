package source

import (
	"fmt"
	"strings"
	"testing"
)

const iisHead = `#Software: Microsoft Internet Information Services 10.0
#Version: 1.0
#Date: 2021-03-03 06:49:46
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status
`

func TestIIS(t *testing.T) {
	in := iisHead +
		"2021-03-03 06:49:46 192.0.2.10 POST /ecp/y.js &a=b;c 443 - 198.51.100.7 python-requests/2.25.1 241\n" +
		"#Software: Microsoft Internet Information Services 10.0\n" +
		"#Fields: date time s-sitename s-computername cs-method cs-uri-stem sc-status\n" +
		"2021-03-03 06:49:47 W3SVC2 EX01 GET /owa/x%20y 200\n" +
		"#Fields: time cs-method\n" +
		"06:49:48 HEAD\n"
	n := len(iisHead)
	warnings := expect(t, newIIS(), in,
		fmt.Sprintf(`iis 2021-03-03T06:49:46Z @%d provider=Microsoft Internet Information Services 10.0 host=192.0.2.10 {"date":"2021-03-03","time":"06:49:46","s-ip":"192.0.2.10","cs-method":"POST","cs-uri-stem":"/ecp/y.js","cs-uri-query":"\u0026a=b;c","s-port":"443","cs-username":null,"c-ip":"198.51.100.7","cs(User-Agent)":"python-requests/2.25.1","sc-status":"241"}`, n),
		fmt.Sprintf(`iis 2021-03-03T06:49:47Z @%d provider=Microsoft Internet Information Services 10.0 host=EX01 {"date":"2021-03-03","time":"06:49:47","s-sitename":"W3SVC2","s-computername":"EX01","cs-method":"GET","cs-uri-stem":"/owa/x%%20y","sc-status":"200"}`, strings.Index(in, "2021-03-03 06:49:47")),
		fmt.Sprintf(`iis 2021-03-03T06:49:48Z @%d provider=Microsoft Internet Information Services 10.0 {"time":"06:49:48","cs-method":"HEAD"}`, strings.Index(in, "06:49:48")),
	)
	if len(warnings) > 0 {
		t.Errorf("warnings %v", warnings)
	}
}

func TestIISRagged(t *testing.T) {
	in := "#Software: Microsoft Internet Information Services 8.5\r\n#Fields: date time cs-method sc-status\r\n" +
		"2021-03-03 06:49:46 GET\r\n" +
		"2021-03-03 06:49:47 GET 200 9 9\r\n" +
		"\r\n\x00\x00\x002021-03-03 06:49:48 PUT 201\r\n" +
		"\x00\x00\x00\x00\n" +
		"2021-03-03 06:49:49 G\xff\xfeT 202"
	events, warnings := read(t, newIIS(), in, 0)
	sameForAllBlocks(t, newIIS(), in, events)
	if len(events) != 4 {
		t.Fatalf("got %d events\n%s", len(events), strings.Join(events, "\n"))
	}
	for i, want := range []string{
		`"cs-method":"GET"}`,
		`"cs-method":"GET","sc-status":"200"}`,
		`"cs-method":"PUT","sc-status":"201"}`,
		"\"cs-method\":\"G\uFFFD\uFFFDT\",\"sc-status\":\"202\"}",
	} {
		if !strings.HasSuffix(events[i], want) {
			t.Errorf("event %d is %s, want …%s", i, events[i], want)
		}
	}
	if len(warnings) != 4 || !strings.HasPrefix(warnings[2].msg, "3 zero bytes") || !strings.HasPrefix(warnings[3].msg, "4 zero bytes") || warnings[0].off != int64(strings.Index(in, "2021-03-03 06:49:46")) || warnings[1].off != int64(strings.Index(in, "2021-03-03 06:49:47")) {
		t.Errorf("warnings %v", warnings)
	}
}

// TestIISOddLines checks what becomes of lines that have not the columns of their header: what is certain is read, what is not
// is text, no record beside them is lost, and each is told of.
func TestIISOddLines(t *testing.T) {
	const head = "#Software: Microsoft Internet Information Services 10.0\n" +
		"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status time-taken\n"
	const good = "2021-03-02 10:00:09 10.0.0.1 GET /good - 443 - 198.51.100.7 Mozilla/5.0 - 200 15"
	for _, c := range []struct {
		name, line string
		want       []string // in order, parts of each event of the line
		warning    string
	}{
		{"cut", "2021-03-02 10:00:01 10.0.0.1 GET /cut a=1 44", []string{`"cs-uri-query":"a=1","s-port":"44"}`}, "line has fewer columns than its header: 7 of 13"},
		{
			"blank in the path or the query", "2021-03-02 10:00:02 10.0.0.1 GET /b a=1 b=2 443 - 198.51.100.7 Mozilla/5.0 - 200 15",
			[]string{`"cs-method":"GET","s-port":"443","cs-username":null,"c-ip":"198.51.100.7","cs(User-Agent)":"Mozilla/5.0","cs(Referer)":null,"sc-status":"200","time-taken":"15","message":"2021-03-02 10:00:02 10.0.0.1 GET /b a=1 b=2 443 - 198.51.100.7 Mozilla/5.0 - 200 15"}`},
			"line has more columns than its header: what is too much can be a part of any column from cs-uri-stem to cs-uri-query, which are left out, and all of it is read as text",
		},
		{
			"blank in the path, no query", "2021-03-02 10:00:02 10.0.0.1 GET /my shell.aspx - 443 - 198.51.100.7 Mozilla/5.0 - 200 15",
			[]string{`"cs-method":"GET","cs-uri-stem":"/my shell.aspx","cs-uri-query":null,"s-port":"443","cs-username":null,"c-ip":"198.51.100.7","cs(User-Agent)":"Mozilla/5.0","cs(Referer)":null,"sc-status":"200","time-taken":"15"}`},
			"line has more columns than its header: what is too much is taken for a part of cs-uri-stem",
		},
		{
			"blank in the path, cut", "2021-03-02 10:00:02 10.0.0.1 GET /my shell.aspx - 443",
			[]string{`"cs-method":"GET","message":"2021-03-02 10:00:02 10.0.0.1 GET /my shell.aspx - 443"}`},
			"line does not fit its header: its first 4 columns are read, and all of it as text",
		},
		{
			"blanks behind the last column", "2021-03-02 10:00:02 10.0.0.1 GET /b - 443 - 198.51.100.7 Mozilla/5.0 - 200 15  ",
			[]string{`"cs-uri-stem":"/b","cs-uri-query":null,"s-port":"443","cs-username":null,"c-ip":"198.51.100.7","cs(User-Agent)":"Mozilla/5.0","cs(Referer)":null,"sc-status":"200","time-taken":"15"}`},
			"line has more columns than its header, the last ones are left out",
		},
		{
			"a column more, or a blank in the referrer", "2021-03-02 10:00:02 10.0.0.1 GET /b - 443 - 198.51.100.7 curl /x 200 15 16",
			[]string{`"c-ip":"198.51.100.7","message":"2021-03-02 10:00:02 10.0.0.1 GET /b - 443 - 198.51.100.7 curl /x 200 15 16"}`},
			"line does not fit its header: its first 9 columns are read, and all of it as text",
		},
		{
			"very many blanks", "2021-03-02 10:00:02 10.0.0.1 GET /b - 443 - 198.51.100.7 Mozilla" + strings.Repeat(" ", 2*maxOddColumns) + "5.0 - 200 15",
			[]string{`iis 2021-03-02T10:00:02Z @? provider=Microsoft Internet Information Services 10.0 host=10.0.0.1 {"date":"2021-03-02","time":"10:00:02","s-ip":"10.0.0.1","cs-method":"GET","message":"2021-03-02 10:00:02 10.0.0.1 GET /b - 443`},
			"line does not fit its header: its first 4 columns are read, and all of it as text",
		},
		{
			"blanks in the agent", "2021-03-02 10:00:03 10.0.0.1 GET /b - 443 - 198.51.100.7 Mozilla 5.0 (x y) - 404 15",
			[]string{`"c-ip":"198.51.100.7","cs(User-Agent)":"Mozilla 5.0 (x y)","cs(Referer)":null,"sc-status":"404","time-taken":"15"}`},
			"line has more columns than its header: what is too much is taken for a part of cs(User-Agent)",
		},
		{
			"blank in the account", `2021-03-02 10:00:03 10.0.0.1 GET /b - 443 EX\Domain Admin 198.51.100.7 Mozilla/5.0 - 404 15`,
			[]string{`"s-port":"443","cs-username":"EX\\Domain Admin","c-ip":"198.51.100.7"`},
			"line has more columns than its header: what is too much is taken for a part of cs-username",
		},
		{
			"two columns with blanks", "2021-03-02 10:00:03 10.0.0.1 GET /b a b 443 - 198.51.100.7 Mozilla 5.0 - 404 15",
			[]string{`"cs-method":"GET","message":"2021-03-02 10:00:03 10.0.0.1 GET /b a b 443 - 198.51.100.7 Mozilla 5.0 - 404 15"}`},
			"line does not fit its header: its first 4 columns are read, and all of it as text",
		},
		{"no record", "this is no line of a web server at all", []string{`text @? {"message":"this is no line of a web server at all"}`}, "line does not fit its header: it is read as text"},
		{
			"no record, with more words", "this is no line of a web server at all, it has more words than that",
			[]string{`text @? {"message":"this`},
			"line does not fit its header: it is read as text",
		},
		{
			"two records", "2021-03-02 10:00:04 10.0.0.1 GET /first - 443 - 198.51.100.7 Mozilla/5.0 - 2" + good,
			[]string{`2021-03-02T10:00:04Z @? provider=Microsoft Internet Information Services 10.0 host=10.0.0.1 {"date":"2021-03-02","time":"10:00:04","s-ip":"10.0.0.1","cs-method":"GET","cs-uri-stem":"/first","cs-uri-query":null,"s-port":"443","cs-username":null,"c-ip":"198.51.100.7","cs(User-Agent)":"Mozilla/5.0","cs(Referer)":null,"message":"2021-03-02 10:00:04 10.0.0.1 GET /first - 443 - 198.51.100.7 Mozilla/5.0 - 2"}`, `"cs-uri-stem":"/good"`},
			"two records stand on one line, of which the first is cut off: line breaks off in column 12 of 13",
		},
		{
			"two records, the first with all columns", good + good,
			[]string{`"sc-status":"200","message":`, `"cs-uri-stem":"/good"`},
			"two records stand on one line, of which the first is cut off: line breaks off in column 13 of 13",
		},
		{
			"a header behind a cut line", "2021-03-02 10:00:07 10.0.#Software: Microsoft Internet Information Services 10.0",
			[]string{`{"date":"2021-03-02","time":"10:00:07","message":"2021-03-02 10:00:07 10.0.#Software: Microsoft Internet Information Services 10.0"}`},
			"line does not fit its header: its first 2 columns are read, and all of it as text",
		},
		{"no date", strings.Replace(good, "2021-03-02", "9999-99-99", 1), []string{`iis @? provider=Microsoft Internet Information Services 10.0 host=10.0.0.1 {"date":"9999-99-99"`}, "the date or the time of the line cannot be read"},
		{"very many columns", strings.Repeat("a ", 2*maxOddColumns) + "a", []string{`text @? {"message":"a a`}, "line does not fit its header: it is read as text"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := head + good + "\n" + c.line + "\n" + good + "\n"
			events, warnings := read(t, newIIS(), in, 0)
			if len(events) != len(c.want)+2 || !strings.Contains(events[0], "/good") || !strings.Contains(events[len(events)-1], "/good") {
				t.Fatalf("%d events: %q", len(events), events)
			}
			at := len(head) + len(good) + 1
			for i, want := range c.want {
				if got := events[i+1]; !strings.Contains(got, strings.Replace(want, "@?", fmt.Sprintf("@%d", at), 1)) {
					t.Errorf("event %d is\n%s\nwant\n%s", i, got, want)
				}
			}
			if len(warnings) == 0 || warnings[0].off != int64(at) || warnings[0].msg != c.warning {
				t.Errorf("warnings %v, want %q at %d", warnings, c.warning, at)
			}
			sameForAllBlocks(t, newIIS(), in, events)
		})
	}
}

// TestW3COddLines checks lines under headers of other columns.
func TestW3COddLines(t *testing.T) {
	const iis = "#Software: Microsoft Internet Information Services 10.0\n"
	for _, c := range []struct{ name, head, line, want string }{
		{
			"dashes tell where the blank is", iis + "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query cs(User-Agent) sc-status\n",
			"2021-03-02 10:00:01 198.51.100.7 GET /a b.aspx - curl 200",
			`"cs-method":"GET","cs-uri-stem":"/a b.aspx","cs-uri-query":null,"cs(User-Agent)":"curl","sc-status":"200"}`,
		},
		{
			"a blank, and a column cut off", iis + "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query cs(User-Agent) sc-status time-taken\n",
			"2021-03-02 10:00:01 198.51.100.7 GET /a - Mozilla/5.0 (evil) 200",
			`"cs-method":"GET","message":"2021-03-02 10:00:01 198.51.100.7 GET /a - Mozilla/5.0 (evil) 200"}`,
		},
		{
			"three columns can have the blank", iis + "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query cs(User-Agent) sc-status\n",
			"2021-03-02 10:00:01 198.51.100.7 GET /a b.aspx id=1 curl 200",
			`"cs-method":"GET","sc-status":"200","message":"2021-03-02 10:00:01 198.51.100.7 GET /a b.aspx id=1 curl 200"}`,
		},
		{
			"what is left out tells no host", iis + "#Fields: date time cs-method cs-uri-stem s-computername sc-status\n",
			"2021-03-02 10:00:01 GET /a b c 200",
			`iis 2021-03-02T10:00:01Z @? provider=Microsoft Internet Information Services 10.0 {"date":"2021-03-02","time":"10:00:01","cs-method":"GET","sc-status":"200","message":"2021-03-02 10:00:01 GET /a b c 200"}`,
		},
		{
			"the last column has blanks", iis + "#Fields: date time c-ip cs-method cs-uri-stem sc-status cs(User-Agent)\n",
			"2021-03-02 10:00:01 198.51.100.7 GET /a 200 Mozilla/5.0 (evil needle)",
			`"cs-uri-stem":"/a","sc-status":"200","cs(User-Agent)":"Mozilla/5.0 (evil needle)"}`,
		},
		{
			"blanks everywhere", "#Fields: x-a x-b\n", "1 2 3",
			`text @? {"message":"1 2 3"}`,
		},
		{
			"other programs write dashes", "#Software: Microsoft HTTP API 2.0\n#Fields: date time c-ip c-port cs-method cs-uri sc-status s-reason s-queuename\n",
			"2021-03-02 10:00:01 198.51.100.7 5000 - - - Timer_ConnectionIdle",
			`"c-port":"5000","cs-method":null,"cs-uri":null,"sc-status":null,"s-reason":"Timer_ConnectionIdle"}`,
		},
		{
			"values rather than dashes", "#Software: Example\n#Fields: date time cs-uri-stem cs-uri-query s-port cs-username c-ip sc-status\n",
			"2021-03-02 10:00:01 /a b - 443 - 198.51.100.7 200",
			`"cs-uri-stem":"/a b","cs-uri-query":null,"s-port":"443","cs-username":null,"c-ip":"198.51.100.7","sc-status":"200"}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := c.head + c.line + "\n"
			events, warnings := read(t, newIIS(), in, 0)
			want := strings.Replace(c.want, "@?", fmt.Sprintf("@%d", len(c.head)), 1)
			if len(events) != 1 || !strings.HasSuffix(events[0], want) {
				t.Errorf("got %q, want %s", events, want)
			}
			if len(warnings) != 1 || warnings[0].off != int64(len(c.head)) {
				t.Errorf("warnings %v", warnings)
			}
			sameForAllBlocks(t, newIIS(), in, events)
		})
	}
}

// A short line under a header of very many names has nothing of the lines before it.
func TestIISShortLineOfManyColumns(t *testing.T) {
	var head strings.Builder
	head.WriteString("#Fields:")
	for i := range maxColumns + 76 {
		fmt.Fprintf(&head, " x-%d", i)
	}
	in := head.String() + "\n" + strings.Repeat("secret ", maxColumns+75) + "secret\nonly three columns\n"
	events, _ := read(t, newIIS(), in, 0)
	if len(events) != 2 || strings.Count(events[0], `"secret"`) != maxColumns || !strings.HasSuffix(events[1], `{"x-0":"only","x-1":"three","x-2":"columns"}`) {
		t.Errorf("got %.300q", events)
	}
	sameForAllBlocks(t, newIIS(), in, events)
}

// A last line that has no end is not whole: neither is its last value.
func TestIISOpenEnd(t *testing.T) {
	const head = "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time s-ip cs-method cs-uri-stem sc-status\n"
	for line, want := range map[string]string{
		"2021-03-02 10:00:01 10.0.0.1 GET /owa/au":     `"cs-method":"GET","message":"2021-03-02 10:00:01 10.0.0.1 GET /owa/au"}`,
		"2021-03-02 10:00:01 10.0.0.1 GET /owa/au\n":   `"cs-method":"GET","cs-uri-stem":"/owa/au"}`,
		"2021-03-02 10:00:01 10.0.0.1 GET /owa/au 200": `"cs-uri-stem":"/owa/au","sc-status":"200"}`,
		"2021-03-02 10:0": `{"date":"2021-03-02","message":"2021-03-02 10:0"}`,
		"2021-03":         `text @? {"message":"2021-03"}`,
	} {
		events, _ := read(t, newIIS(), head+line, 0)
		if len(events) != 1 || !strings.HasSuffix(events[0], strings.Replace(want, "@?", fmt.Sprintf("@%d", len(head)), 1)) {
			t.Errorf("%q gave %q, want %s", line, events, want)
		}
	}
}

func TestIISNoHeader(t *testing.T) {
	warnings := expect(t, newIIS(), "2021-03-03 06:49:46 GET /\n", `text 2021-03-03T06:49:46Z @0 {"message":"2021-03-03 06:49:46 GET /"}`)
	if len(warnings) != 1 || warnings[0].off != 0 {
		t.Errorf("warnings %v", warnings)
	}
}

func TestW3CRelatives(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{
			"time after midnight without date column",
			"#Date: 2021-03-03 23:59:58\n#Fields: time cs-method\n00:00:01 GET\n",
			`iis 2021-03-04T00:00:01Z @? {"time":"00:00:01","cs-method":"GET"}`,
		},
		{
			"HTTPERR",
			"#Software: Microsoft HTTP API 2.0\n#Fields: date time c-ip cs-uri s-reason\n2021-03-03 06:49:46 198.51.100.7 /a BadRequest\n",
			`iis 2021-03-03T06:49:46Z @? channel=HTTPERR provider=Microsoft HTTP API 2.0 {"date":"2021-03-03","time":"06:49:46","c-ip":"198.51.100.7","cs-uri":"/a","s-reason":"BadRequest"}`,
		},
		{
			"firewall",
			"#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Time Format: Local\n#Fields: date time action protocol src-ip\n\n2021-03-03 06:49:46 DROP TCP 198.51.100.7\n",
			`csv 2021-03-03T06:49:46Z @? channel=Microsoft Windows Firewall provider=Microsoft Windows Firewall {"date":"2021-03-03","time":"06:49:46","action":"DROP","protocol":"TCP","src-ip":"198.51.100.7"}`,
		},
		{
			"tabs, with names between blanks",
			"#Version: 1.0\n#Fields: date time c-ip cs-method cs(Host)\n2021-03-03\t06:49:46\t198.51.100.7\tGET\ta b\n",
			`iis 2021-03-03T06:49:46Z @? {"date":"2021-03-03","time":"06:49:46","c-ip":"198.51.100.7","cs-method":"GET","cs(Host)":"a b"}`,
		},
		{
			"quoted columns of a proxy",
			"#Software: ExampleProxy 1\n#Fields: date time c-ip r-ip cs(User-Agent) cs-method x\n2021-03-03 06:49:46 198.51.100.7 203.0.113.9 \"Moz \"\"illa\"\" (X) \" GET \"\"\n",
			`iis 2021-03-03T06:49:46Z @? channel=proxy provider=ExampleProxy 1 {"date":"2021-03-03","time":"06:49:46","c-ip":"198.51.100.7","r-ip":"203.0.113.9","cs(User-Agent)":"Moz \"\"illa\"\" (X) ","cs-method":"GET","x":null}`,
		},
		{
			"a quote that nothing closes",
			"#Fields: cs-method cs-uri\nGET \"/x\n",
			`iis @? {"cs-method":"GET","cs-uri":"\"/x"}`,
		},
		{
			"IIS never quotes",
			"#Software: Microsoft Internet Information Services 10.0\n#Fields: cs-method cs-uri-query sc-status\nGET \"a 200\n",
			`iis @? provider=Microsoft Internet Information Services 10.0 {"cs-method":"GET","cs-uri-query":"\"a","sc-status":"200"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if w := expect(t, newIIS(), tt.in, strings.Replace(tt.want, "@?", lastLineAt(tt.in), 1)); len(w) > 0 {
				t.Errorf("warnings %v", w)
			}
		})
	}
}

func TestIISManyHeaders(t *testing.T) {
	var in strings.Builder
	for i := range 3 * maxLayouts {
		fmt.Fprintf(&in, "#Fields: cs-a%d cs-b\n1 2\n", i)
	}
	in.WriteString("#Fields: " + strings.Repeat("cs-x ", 2*maxColumns) + "\n1 2\n")
	in.WriteString("#Fields: " + strings.Repeat("y", maxHeaderLine) + "\n1 2\n")
	events, _ := read(t, newIIS(), in.String(), 0)
	if len(events) != 3*maxLayouts+2 {
		t.Fatalf("got %d events", len(events))
	}
	if want := fmt.Sprintf(`{"cs-a%d":"1","cs-b":"2"}`, 3*maxLayouts-1); !strings.HasSuffix(events[3*maxLayouts-1], want) {
		t.Errorf("got %s, want %s", events[3*maxLayouts-1], want)
	}
	sameForAllBlocks(t, newIIS(), in.String(), events)
}

// Zero bytes within a line do not make a header of what follows them; before a line they do not hide one.
func TestIISZeroBytes(t *testing.T) {
	in := "#Fields: cs-a\nx\x00#Fields: cs-b\n1\n\x00\x00#Fields: cs-c\n2\n"
	events, _ := read(t, newIIS(), in, 0)
	if len(events) != 3 || !strings.Contains(events[1], `{"cs-a":"1"}`) || !strings.Contains(events[2], `{"cs-c":"2"}`) {
		t.Errorf("got %q", events)
	}
	sameForAllBlocks(t, newIIS(), in, events)
}

func TestIISSniff(t *testing.T) {
	for in, want := range map[string]bool{
		iisHead: true,
		"#Version: 1.0\n#Fields: date time c-ip\n":                                 true,
		"#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n": true,
		"#Software: Microsoft Exchange Server\n#Fields: DateTime,RequestId\n":      false,
		"#separator \\x09\n#fields\tts\tuid\n":                                     false,
		"# a comment\nkey: value\n":                                                false,
		"2021-03-03 06:49:46 GET /\n":                                              false,
		"":                                                                         false,
	} {
		if got := newIIS().(Sniffer).Sniff([]byte(in)); got >= 80 != want {
			t.Errorf("Sniff(%q) = %d", in, got)
		}
	}
}

func FuzzIIS(f *testing.F) {
	fuzzFormat(f, newIIS(),
		iisHead+"2021-03-03 06:49:46 192.0.2.10 POST /ecp/y.js &a=b;c 443 - 198.51.100.7 python-requests/2.25.1 241\n",
		"#Fields: time cs-method x\n06:49:46 \"a b\" c\n#Fields: a\nb\n#Date: 2021-03-03\n#Fields: time\n01:02:03\n",
		"#Fields: a b c d\n1\t2\t3\t4\n1 2\n",
		iisHead+"2021-03-03 06:49:46 192.0.2.10 POST /a b &a=b;c 443 - 198.51.100.7 x y 241\n2021-03-03 06:49:46 192.0.2.10 2021-03-03 06:49:46 192.0.2.10 POST /b - 443 - 198.51.100.7 x 200",
		iisHead+"2021-03-03 06:49:46 192.0.2.10 POST /a b - 443 - 198.51.100.7 x 200\n2021-03-03 06:49:46 192.0.2.10 POST /a b c=1 443 - 198.51.100.7 x 200 \n2021-03-03 06:49:46 192.0.2.10 GET /a b - 443\n",
	)
}

func BenchmarkIIS(b *testing.B) {
	head := "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n"
	benchmarkFormat(b, newIIS(), func(i int) string {
		return fmt.Sprintf("2021-03-03 06:%02d:%02d 192.0.2.10 GET /owa/page%d.aspx id=%d&lang=en 443 EXAMPLE\\user%d 198.51.100.%d Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)+AppleWebKit/537.36+(KHTML,+like+Gecko)+Chrome/88.0 https://mail.example.org/owa/ 200 0 0 %d\n", i/60%60, i%60, i%100, i, i%50, i%250, i%900)
	}, head)
}
