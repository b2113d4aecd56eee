package source

import (
	"fmt"
	"strings"
	"testing"

	"entente/internal/event"
)

const xmlHead = `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Microsoft-Windows-Sysmon' Guid='{01234567-0000-0000-0000-0000000000AB}'/>` +
	`<EventID Qualifiers=''>1</EventID><Version>5</Version><Level>4</Level><Task>1</Task><Opcode>0</Opcode><Keywords>0x8000000000000000</Keywords>` +
	`<TimeCreated SystemTime='2021-03-03T06:49:46.123456700Z'/><EventRecordID>77</EventRecordID><Correlation/><Execution ProcessID='4' ThreadID='8'/>` +
	`<Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>ws1.example.org</Computer><Security UserID='S-1-5-18'/></System>`

const xmlHeadWant = `"Provider_Name":"Microsoft-Windows-Sysmon","Provider_Guid":"{01234567-0000-0000-0000-0000000000AB}",` +
	`"EventID":"1","Version":"5","Level":"4","Task":"1","Opcode":"0","Keywords":"0x8000000000000000",` +
	`"TimeCreated":"2021-03-03T06:49:46.123456700Z","EventRecordID":"77","Execution_ProcessID":"4","Execution_ThreadID":"8",` +
	`"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"ws1.example.org","Security_UserID":"S-1-5-18"`

func TestEventXML(t *testing.T) {
	tests := []struct {
		name, in, want string
		whole          bool
	}{
		{
			"data by name, references, no value", xmlHead + `<EventData><Data Name='Image'>C:\a &amp; b.exe</Data><Data Name="CommandLine">a &lt;&quot;&#65;&#x42;&apos;&gt; &nbsp; &unknown; &#0; x&</Data><Data Name='None'></Data><Data Name='Gone'/></EventData></Event>`,
			xmlHeadWant + `,"Image":"C:\\a \u0026 b.exe","CommandLine":"a \u003C\"AB'\u003E \u0026nbsp; \u0026unknown; \u0026#0; x\u0026","None":"","Gone":""`, true,
		},
		{
			"data without names", xmlHead + "<EventData>\r\n  <Data>one</Data>\r\n  <Data>two</Data>\r\n  <Binary>00FF</Binary>\r\n</EventData></Event>",
			xmlHeadWant + `,"Data":["one","two"],"Binary":"00FF"`, true,
		},
		{
			"user data", xmlHead + `<UserData><LogFileCleared xmlns='http://example.org/x' a='1'><SubjectUserName>joe</SubjectUserName><x:Nested xmlns:x='y'><Deep>d</Deep></x:Nested></LogFileCleared></UserData></Event>`,
			xmlHeadWant + `,"LogFileCleared_a":"1","SubjectUserName":"joe","Deep":"d"`, true,
		},
		{
			"rendered", xmlHead + `<RenderingInfo Culture='en-US'><Message>Process Create: x</Message><Level>Information</Level><Keywords><Keyword>Audit Success</Keyword></Keywords></RenderingInfo></Event>`,
			xmlHeadWant + `,"RenderingInfo_Culture":"en-US","Message":"Process Create: x","RenderingInfo_Level":"Information","RenderingInfo_Keyword":"Audit Success"`, true,
		},
		{
			"sections, comments and instructions", xmlHead + `<EventData><Data Name='A'><![CDATA[a<b&amp;]]>c<!-- <x> -->d&amp;</Data><?pi?></EventData></Event>`,
			xmlHeadWant + `,"A":"a\u003Cb\u0026amp;cd\u0026"`, true,
		},
		{
			"cut off in text", xmlHead + `<EventData><Data Name='Image'>C:\x.exe</Data><Data Name='CommandLine'>C:\x.e`,
			xmlHeadWant + `,"Image":"C:\\x.exe","CommandLine":"C:\\x.e"`, false,
		},
		{
			"cut off in a tag", xmlHead + `<EventData><Data Name='Image'>C:\x.exe</Data><Data Nam`,
			xmlHeadWant + `,"Image":"C:\\x.exe"`, false,
		},
		{
			"tags crossed", xmlHead + `<EventData><Data Name='Image'>C:\x.exe</Wrong></EventData></Event>`,
			xmlHeadWant + `,"Image":"C:\\x.exe"`, false,
		},
		{
			"entities defined", xmlHead + `<!DOCTYPE x [<!ENTITY a "b">]><EventData><Data Name='A'>&a;</Data></EventData></Event>`,
			xmlHeadWant, false,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ev := event.Event{}
			var p eventXML
			ok, whole := p.parse([]byte(tt.in), event.NewNames(), &ev)
			want := "windows 2021-03-03T06:49:46.1234567Z @0 channel=Microsoft-Windows-Sysmon/Operational provider=Microsoft-Windows-Sysmon host=ws1.example.org id=1 record=77 {" + tt.want + "}"
			if got := show(&ev); !ok || whole != tt.whole || got != want {
				t.Errorf("%v, whole %v:\n%s\nwant\n%s", ok, whole, got, want)
			}
			again := event.Event{}
			if ok, _ := p.parse([]byte(tt.in), event.NewNames(), &again); !ok || show(&again) != want {
				t.Errorf("the second time: %s", show(&again))
			}
		})
	}
	for _, bad := range []string{"", "<", "<x>", "hello", "<Events><Event>", "<Event", "<Event>", "<Event></Event>", "<?xml?>", "<!DOCTYPE a>", xmlHead[:20]} {
		var ev event.Event
		if ok, _ := new(eventXML).parse([]byte(bad), event.NewNames(), &ev); ok {
			t.Errorf("%q is an event: %s", bad, show(&ev))
		}
	}
}

// Nesting, many pieces of text and many fields cost bounded time and memory.
func TestEventXMLHostile(t *testing.T) {
	for _, in := range []string{
		xmlHead + strings.Repeat("<a>", 1<<20),
		xmlHead + "<EventData><Data>" + strings.Repeat("a<!---->", 1<<18) + "</Data></EventData></Event>",
		xmlHead + "<EventData>" + strings.Repeat("<Data>x</Data>", 1<<16) + "</EventData></Event>",
		xmlHead + "<EventData " + strings.Repeat("a='b' ", 1<<17) + "></EventData></Event>",
		xmlHead + "<EventData><Data>" + strings.Repeat("&", 1<<20) + "</Data></EventData></Event>",
	} {
		var ev event.Event
		if ok, _ := new(eventXML).parse([]byte(in), event.NewNames(), &ev); !ok || len(ev.Values) > maxFields || ev.Host != "ws1.example.org" {
			t.Errorf("%.40s…: %d values", in[len(xmlHead):], len(ev.Values))
		}
	}
}

func TestWinXML(t *testing.T) {
	one := xmlHead + "<EventData><Data Name='A'>1</Data></EventData></Event>"
	want := "windows 2021-03-03T06:49:46.1234567Z @%d channel=Microsoft-Windows-Sysmon/Operational provider=Microsoft-Windows-Sysmon host=ws1.example.org id=1 record=77 {" + xmlHeadWant + `,"A":"1"}`
	files := map[string]string{
		"Event Viewer":      "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\r\n<Events>" + one + one + "</Events>",
		"wevtutil":          one + "\r\n" + one + "\r\n",
		"wevtutil /element": "<X>\n" + one + "\n\n" + one + "\n</X>\n",
	}
	for name, in := range files {
		t.Run(name, func(t *testing.T) {
			i := strings.Index(in, "<Event ")
			j := strings.LastIndex(in, "<Event ")
			if w := expect(t, newWinXML(), in, fmt.Sprintf(want, i), fmt.Sprintf(want, j)); len(w) > 0 {
				t.Errorf("warnings %v", w)
			}
			if n := newWinXML().(Sniffer).Sniff([]byte(in)); n != 95 {
				t.Errorf("Sniff = %d", n)
			}
		})
	}
	// A damaged event costs no other.
	in := one + xmlHead + "<EventData><Data Name='A'>1" + one + "<Event></Event>" + one + xmlHead
	events, warnings := read(t, newWinXML(), in, 0)
	if len(events) != 5 || len(warnings) != 3 {
		t.Errorf("%d events, warnings %v", len(events), warnings)
	}
	sameForAllBlocks(t, newWinXML(), in, events)
	for _, other := range []string{"<html><Event>", "<Events>", "", "x" + one, "{}"} {
		if n := newWinXML().(Sniffer).Sniff([]byte(other)); n != 0 {
			t.Errorf("Sniff(%.20q) = %d", other, n)
		}
	}
}

// An event that is too long is left out, and its neighbours are not.
func TestWinXMLLong(t *testing.T) {
	one := xmlHead + "<EventData><Data Name='A'>" + strings.Repeat("x", 1<<20) + "</Data></EventData></Event>"
	huge := xmlHead + "<EventData><Data Name='A'>" + strings.Repeat("x", maxRecord+(1<<20)) + "</Data></EventData></Event>"
	events, warnings := read(t, newWinXML(), one+huge+one, 0)
	if len(events) != 2 || len(warnings) != 1 || warnings[0].off != int64(len(one)) {
		t.Errorf("%d events, warnings %v", len(events), warnings)
	}
}

func FuzzWinXML(f *testing.F) {
	one := xmlHead + "<EventData><Data Name='A'>1&amp;<![CDATA[x]]></Data></EventData></Event>"
	fuzzFormat(f, newWinXML(), one+"\n"+one, "<Events>"+one+xmlHead+one+"<Event></Event><Event/><EventData>", "<Event><UserData><a b='c'>d</a></UserData><RenderingInfo><Message>m</Message></RenderingInfo></Event>")
}

func BenchmarkWinXML(b *testing.B) {
	benchmarkFormat(b, newWinXML(), func(i int) string {
		return xmlHead + fmt.Sprintf("<EventData><Data Name='RuleName'>-</Data><Data Name='UtcTime'>2021-03-03 06:49:46.123</Data><Data Name='ProcessGuid'>{01234567-0000-0000-0000-%012d}</Data><Data Name='ProcessId'>%d</Data><Data Name='Image'>C:\\Windows\\System32\\cmd.exe</Data><Data Name='CommandLine'>cmd /c &quot;whoami %d&quot;</Data><Data Name='User'>EXAMPLE\\alice</Data></EventData></Event>\r\n", i, i, i)
	}, "")
}

func TestSysmonLinux(t *testing.T) {
	msg := strings.NewReplacer("Microsoft-Windows-Sysmon/", "Linux-Sysmon/", "Microsoft-Windows-Sysmon", "Linux-Sysmon", "UserID='S-1-5-18'", "UserId=\"0\"").Replace(xmlHead) +
		`<EventData><Data Name="Image">/bin/sh</Data></EventData></Event>`
	want := "sysmon-linux 2021-03-03T06:49:46.1234567Z @0 channel=Linux-Sysmon/Operational provider=Linux-Sysmon host=ws1.example.org id=1 record=77 {" +
		strings.NewReplacer("Microsoft-Windows-Sysmon/", "Linux-Sysmon/", "Microsoft-Windows-Sysmon", "Linux-Sysmon", "S-1-5-18", "0").Replace(xmlHeadWant) + `,"Image":"/bin/sh"}`
	for _, head := range []string{"Mar  3 06:49:46 ws1 sysmon: ", "<14>1 2021-03-03T06:49:46Z ws1 sysmon - - - ", "<14>Mar  3 06:49:46 ws1 sysmon[12]: "} {
		if got := readOne(t, newSyslog(), head+msg); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	// Syslog daemons cut long records.
	events, warnings := read(t, newSyslog(), "Mar  3 06:49:46 ws1 sysmon: "+msg[:len(msg)-30]+"\n", 0)
	if len(events) != 1 || !strings.HasPrefix(events[0], "sysmon-linux") || len(warnings) != 1 {
		t.Errorf("got %q, warnings %v", events, warnings)
	}
}

func TestSysmonLinuxCorpus(t *testing.T) {
	for name, data := range zipMembers(t, "compound/Log4Shell/syslog_sysmon_log4shell_cve2021_44228_jndi_reference.zip") {
		lines := strings.Count(data, "SyslogMessage")
		counts := map[uint32]int{}
		err := readBlocks(newJSON(), []byte(data), 0, &Env{}, func(e *event.Event) bool {
			if e.Source == event.SourceSysmonLinux {
				counts[e.EventID]++
				if !e.HasTime || e.Host == "" || e.Channel != "Linux-Sysmon/Operational" {
					t.Errorf("%s", show(e))
				}
			}
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		total := 0
		for _, n := range counts {
			total += n
		}
		if total != lines || counts[1] == 0 {
			t.Errorf("%s: %d of %d records, by id %v", name, total, lines, counts)
		}
	}
}
