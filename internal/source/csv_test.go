package source

import (
	"fmt"
	"strings"
	"testing"
)

func TestCSV(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
		warnings int
	}{
		{
			"commas, lines in fields, nulls",
			"Time,Host,User Name,Action\n2021-03-03T06:49:46Z,ws1,alice,\"log\non\"\n2021-03-03 06:49:47.5,ws2,,\"\"\n",
			[]string{
				`csv 2021-03-03T06:49:46Z @27 host=ws1 {"Time":"2021-03-03T06:49:46Z","Host":"ws1","User Name":"alice","Action":"log\non"}`,
				`csv 2021-03-03T06:49:47.5Z @67 host=ws2 {"Time":"2021-03-03 06:49:47.5","Host":"ws2","User Name":null,"Action":""}`,
			},
			0,
		},
		{
			"tabs", "a\tb\tc\n1\t2\t3\n",
			[]string{`csv @6 {"a":"1","b":"2","c":"3"}`},
			0,
		},
		{
			"semicolons and sep line", "sep=;\r\na;b\r\n1,5;2\r\n",
			[]string{`csv @12 {"a":"1,5","b":"2"}`},
			0,
		},
		{
			"bars", "a|b|c\n1|2|3",
			[]string{`csv @6 {"a":"1","b":"2","c":"3"}`},
			0,
		},
		{
			"PowerShell's type line, header quoted", "#TYPE System.Object\r\n\"a\",\"b x\"\r\n\"1\",\"2\"\r\n",
			[]string{`csv @32 {"a":"1","b x":"2"}`},
			0,
		},
		{
			"names twice and missing", "a,,a\n1,2,3\n",
			[]string{`csv @5 {"a":["1","3"],"column2":"2"}`},
			0,
		},
		{
			"ragged", "a,b\n1\n1,2,3\n",
			[]string{`csv @4 {"a":"1"}`, `csv @6 {"a":"1","b":"2","column3":"3"}`},
			2,
		},
		{
			"header again", "a,b\n1,2\na,b\n3,4\n",
			[]string{`csv @4 {"a":"1","b":"2"}`, `csv @12 {"a":"3","b":"4"}`},
			0,
		},
		{
			"date and time apart", "date,time,x\n2021-03-03,06:49:46,1\n3/4/2021,6:49:46 PM,2\n",
			[]string{
				`csv 2021-03-03T06:49:46Z @12 {"date":"2021-03-03","time":"06:49:46","x":"1"}`,
				`csv 2021-03-04T18:49:46Z @34 {"date":"3/4/2021","time":"6:49:46 PM","x":"2"}`,
			},
			0,
		},
		{
			"open quote", "a,b\n1,\"x\n3,\"4\"\n",
			[]string{`csv @4 {"a":"1","b":"\"x"}`, `csv @9 {"a":"3","b":"4"}`},
			1,
		},
		{"header only", "a,b\n", nil, 0},
		{"blank lines", "\n\na,b\n\n1,2\n\n", []string{`csv @7 {"a":"1","b":"2"}`}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if w := expect(t, newCSV(), tt.in, tt.want...); len(w) != tt.warnings {
				t.Errorf("warnings %v", w)
			}
		})
	}
}

func TestCSVSniff(t *testing.T) {
	for in, want := range map[string]int{
		"Time,Host,User\n1,2,3\n4,5,6\n":                                        45,
		"a;b;c\n1;2;3\n":                                                        45,
		"sep=;\na;b;c\n1;2;3\n":                                                 45,
		"name\tvalue\tx\n1\t2\t3\n":                                             45,
		"Level,Date and Time,Source,Event ID,Task Category\n":                   90,
		"Mar  3 06:49:46 host prog: one, two\nMar  3 06:49:47 host x\n":         0,
		"{\"a\":1,\"b\":2}\n{\"a\":1,\"b\":3}\n":                                0,
		"1,2,3\n4,5,6\n":                                                        0,
		"plain words, number 1\nplain words, number 2\nother words, number 3\n": 0,
		"the quick brown fox, and more\nhello, world\n":                         0,
		"Date, Time, Host\n2021-03-03, 06:49:46, a\n":                           45,
		"hello\nworld\n":                                                        0,
		"a,b\n1\n2\n":                                                           0,
		"type=SYSCALL msg=audit(1.2:3): a=1,b\n":                                0,
		"192.0.2.1 - - [03/Mar/2021:06:49:46 +0000] \"GET / HTTP/1.1\" 200 5":   0,
		"": 0,
	} {
		if got := newCSV().(Sniffer).Sniff([]byte(in)); got != want {
			t.Errorf("Sniff(%q) = %d, want %d", in, got, want)
		}
	}
}

// A header with ever new columns in ever new rows costs no memory.
func TestCSVManyColumns(t *testing.T) {
	in := strings.Repeat("c,", maxTableColumns+10) + "c\n" + strings.Repeat("1,", 3*maxTableColumns) + "1\n1,2\n"
	events, warnings := read(t, newCSV(), in, 0)
	if len(events) != 2 || len(warnings) != 2 {
		t.Fatalf("got %d events and %v", len(events), warnings)
	}
	sameForAllBlocks(t, newCSV(), in, events)
}

func FuzzCSV(f *testing.F) {
	fuzzFormat(f, newCSV(),
		"a,b,c\n1,\"2\n\",3\n\"x\"\"y\",,\n",
		"sep=;\na;b\n1;2\n",
		"#TYPE X\n\"Id\",\"ProviderName\",\"TimeCreated\",\"LogName\",\"Message\"\n\"1\",\"Microsoft-Windows-Sysmon\",\"3/3/2021 6:49:46 AM\",\"x\",\"Process Create:\nImage: C:\\x.exe\"\n",
		"Level,Date and Time,Source,Event ID,Task Category\nInformation,3/3/2021 6:49:46 AM,Microsoft-Windows-Sysmon,1,Process Create,\"Process Create:\nImage: x\"\n",
		"EventRecordId,TimeCreated,EventId,Level,Provider,Channel,Computer,Payload\n1,2021-03-03 06:49:46,4624,Info,P,Security,ws1,\"{\"\"EventData\"\":{\"\"Data\"\":[{\"\"@Name\"\":\"\"a\"\",\"\"#text\"\":\"\"b\"\"}]}}\"\n",
		"CreationDate,UserIds,Operations,AuditData\n2021-03-03,a,b,\"{\"\"Operation\"\":\"\"x\"\"}\"\n",
	)
}

func BenchmarkCSV(b *testing.B) {
	benchmarkFormat(b, newCSV(), func(i int) string {
		return fmt.Sprintf("2021-03-03T06:%02d:%02d.123Z,ws%d,\"EXAMPLE\\user%d\",\"C:\\Program Files\\x, y\\tool%d.exe\",%d,allowed,198.51.100.%d\n", i/60%60, i%60, i%50, i%90, i%40, i, i%250)
	}, "Timestamp,Host,User,Image,Count,Action,Source\n")
}
