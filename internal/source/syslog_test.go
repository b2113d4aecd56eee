package source

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"entente/internal/event"
)

func TestSyslog(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{
			"RFC 3164 as in a file", "Mar  3 06:49:46 web1 sshd[123]: Invalid user a from 198.51.100.7",
			`syslog 2021-03-03T06:49:46Z @0 provider=sshd host=web1 {"timestamp":"2021-03-03T06:49:46.0000000Z","hostname":"web1","program":"sshd","pid":"123","message":"Invalid user a from 198.51.100.7"}`,
		},
		{
			"RFC 3164 with priority", "<38>Mar  3 06:49:46 web1 su: x",
			`syslog 2021-03-03T06:49:46Z @0 channel=auth provider=su host=web1 {"timestamp":"2021-03-03T06:49:46.0000000Z","facility":"auth","severity":"info","hostname":"web1","program":"su","message":"x"}`,
		},
		{
			"RFC 3164 without host", "Mar 10 06:49:46 cron[9]: x",
			`syslog 2021-03-10T06:49:46Z @0 provider=cron {"timestamp":"2021-03-10T06:49:46.0000000Z","program":"cron","pid":"9","message":"x"}`,
		},
		{
			"RFC 3164 of last year", "Dec 31 23:59:59 web1 kernel: [12.5] x",
			`syslog 2020-12-31T23:59:59Z @0 provider=kernel host=web1 {"timestamp":"2020-12-31T23:59:59.0000000Z","hostname":"web1","program":"kernel","message":"[12.5] x"}`,
		},
		{
			"RFC 3164 on a leap day", "Feb 29 00:00:00 web1 last message repeated 2 times",
			`syslog 2020-02-29T00:00:00Z @0 host=web1 {"timestamp":"2020-02-29T00:00:00.0000000Z","hostname":"web1","message":"last message repeated 2 times"}`,
		},
		{
			"RFC 5424", `<165>1 2021-03-03T06:49:46.003Z web1.example.org app 77 ID47 [ex@1 a="1" b="x\"]y"][more@2 c="3"] ` + "\ufeffhello",
			`syslog 2021-03-03T06:49:46.003Z @0 channel=local4 provider=app host=web1.example.org {"timestamp":"2021-03-03T06:49:46.0030000Z","facility":"local4","severity":"notice","hostname":"web1.example.org","program":"app","pid":"77","msgid":"ID47","message":"hello","ex@1.a":"1","ex@1.b":"x\"]y","more@2.c":"3"}`,
		},
		{
			"RFC 5424, nothing said", "<0>1 - - - - - -",
			`syslog @0 channel=kern {"facility":"kern","severity":"emerg","message":""}`,
		},
		{
			"rsyslog with full stamps", "2021-03-03T06:49:46.123456+01:00 web1 CRON[5]: (root) CMD (x)",
			`syslog 2021-03-03T05:49:46.123456Z @0 provider=CRON host=web1 {"timestamp":"2021-03-03T05:49:46.1234560Z","hostname":"web1","program":"CRON","pid":"5","message":"(root) CMD (x)"}`,
		},
		{
			"ESXi", "2021-03-03T06:49:46.123Z info hostd[2099] [Originator@6876] x",
			`syslog 2021-03-03T06:49:46.123Z @0 provider=hostd {"timestamp":"2021-03-03T06:49:46.1230000Z","severity":"info","program":"hostd","pid":"2099","message":"[Originator@6876] x"}`,
		},
		{
			"octets counted in a line", "27 <13>Mar  3 06:49:46 a b: cd\n",
			`syslog 2021-03-03T06:49:46Z @0 channel=user provider=b host=a {"timestamp":"2021-03-03T06:49:46.0000000Z","facility":"user","severity":"notice","hostname":"a","program":"b","message":"cd"}`,
		},
		{
			"Cisco IOS", "<189>29: router1: *Mar  3 06:49:46.123 UTC: %SYS-5-CONFIG_I: Configured from console",
			`syslog 2021-03-03T06:49:46.123Z @0 channel=local7 provider=SYS host=router1 {"timestamp":"2021-03-03T06:49:46.1230000Z","facility":"local7","severity":"notice","hostname":"router1","program":"SYS","vendor":"cisco","tag":"SYS-5-CONFIG_I","mnemonic":"CONFIG_I","message":"%SYS-5-CONFIG_I: Configured from console"}`,
		},
		{
			"Cisco IOS through rsyslog", "Mar  3 06:49:47 192.0.2.1 29: Mar  3 06:49:46.123: %SEC_LOGIN-5-WEBLOGIN_SUCCESS: x",
			`syslog 2021-03-03T06:49:47Z @0 provider=SEC_LOGIN host=192.0.2.1 {"timestamp":"2021-03-03T06:49:47.0000000Z","severity":"5","hostname":"192.0.2.1","program":"SEC_LOGIN","vendor":"cisco","tag":"SEC_LOGIN-5-WEBLOGIN_SUCCESS","mnemonic":"WEBLOGIN_SUCCESS","message":"%SEC_LOGIN-5-WEBLOGIN_SUCCESS: x"}`,
		},
		{
			"Cisco ASA", "<166>Mar 03 2021 06:49:46 asa1 : %ASA-6-302013: Built x",
			`syslog 2021-03-03T06:49:46Z @0 channel=local4 provider=ASA host=asa1 {"timestamp":"2021-03-03T06:49:46.0000000Z","facility":"local4","severity":"info","hostname":"asa1","program":"ASA","vendor":"cisco","tag":"ASA-6-302013","mnemonic":"302013","message":"%ASA-6-302013: Built x"}`,
		},
		{
			"Cisco IOS XR", "<189>12: RP/0/RSP0/CPU0:Mar  3 06:49:46.123 : config[65710]: %MGBL-CONFIG-6-DB_COMMIT : x",
			`syslog 2021-03-03T06:49:46.123Z @0 channel=local7 provider=MGBL-CONFIG host=RP/0/RSP0/CPU0 {"timestamp":"2021-03-03T06:49:46.1230000Z","facility":"local7","severity":"notice","hostname":"RP/0/RSP0/CPU0","program":"MGBL-CONFIG","vendor":"cisco","tag":"MGBL-CONFIG-6-DB_COMMIT","mnemonic":"DB_COMMIT","message":"%MGBL-CONFIG-6-DB_COMMIT : x"}`,
		},
		{
			"Cisco NX-OS", "<189>: 2021 Mar  3 06:49:46 UTC: %VSHD-5-VSHD_SYSLOG_CONFIG_I: x",
			`syslog 2021-03-03T06:49:46Z @0 channel=local7 provider=VSHD {"timestamp":"2021-03-03T06:49:46.0000000Z","facility":"local7","severity":"notice","program":"VSHD","vendor":"cisco","tag":"VSHD-5-VSHD_SYSLOG_CONFIG_I","mnemonic":"VSHD_SYSLOG_CONFIG_I","message":"%VSHD-5-VSHD_SYSLOG_CONFIG_I: x"}`,
		},
		{
			"Huawei", "Mar  3 2021 06:49:46 sw1 %%01SHELL/5/CMDRECORD(s)[1]:Recorded command",
			`syslog 2021-03-03T06:49:46Z @0 provider=SHELL host=sw1 {"timestamp":"2021-03-03T06:49:46.0000000Z","severity":"5","hostname":"sw1","program":"SHELL","vendor":"huawei","tag":"SHELL/5/CMDRECORD","mnemonic":"CMDRECORD","message":"%%01SHELL/5/CMDRECORD(s)[1]:Recorded command"}`,
		},
		{
			"a device's tag in the message of a program", "Mar  3 06:49:46 web1 sshd[123]: Invalid user %ASA-6-302013: x",
			`syslog 2021-03-03T06:49:46Z @0 provider=sshd host=web1 {"timestamp":"2021-03-03T06:49:46.0000000Z","hostname":"web1","program":"sshd","pid":"123","message":"Invalid user %ASA-6-302013: x"}`,
		},
		{
			"sudo", "Mar  3 06:49:46 web1 sudo:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=#-1 ; COMMAND=/bin/sh -c a ; b=1",
			`syslog 2021-03-03T06:49:46Z @0 provider=sudo host=web1 {"timestamp":"2021-03-03T06:49:46.0000000Z","hostname":"web1","program":"sudo","message":"   alice : TTY=pts/0 ; PWD=/home/alice ; USER=#-1 ; COMMAND=/bin/sh -c a ; b=1","user":"alice","TTY":"pts/0","PWD":"/home/alice","USER":"#-1","COMMAND":"/bin/sh -c a ; b=1"}`,
		},
		{
			"netfilter", "Mar  3 06:49:46 fw1 kernel: [1.2] [UFW BLOCK] IN=eth0 OUT= MAC=aa:bb SRC=198.51.100.7 DST=192.0.2.1 LEN=40 SYN PROTO=TCP DPT=22",
			`syslog 2021-03-03T06:49:46Z @0 provider=kernel host=fw1 {"timestamp":"2021-03-03T06:49:46.0000000Z","hostname":"fw1","program":"kernel","message":"[1.2] [UFW BLOCK] IN=eth0 OUT= MAC=aa:bb SRC=198.51.100.7 DST=192.0.2.1 LEN=40 SYN PROTO=TCP DPT=22","IN":"eth0","OUT":null,"MAC":"aa:bb","SRC":"198.51.100.7","DST":"192.0.2.1","LEN":"40","PROTO":"TCP","DPT":"22"}`,
		},
		{
			"pairs", `<189>date=2021-03-03 time=06:49:46 devname="F\"G" type="event" action="Edit" cfgpath="firewall.policy" x=`,
			`syslog 2021-03-03T06:49:46Z @0 channel=local7 {"facility":"local7","severity":"notice","message":"date=2021-03-03 time=06:49:46 devname=\"F\\\"G\" type=\"event\" action=\"Edit\" cfgpath=\"firewall.policy\" x=","date":"2021-03-03","time":"06:49:46","devname":"F\"G","type":"event","action":"Edit","cfgpath":"firewall.policy","x":null,"timestamp":"2021-03-03T06:49:46.0000000Z"}`,
		},
		{
			"CEF", `<14>Mar  3 06:49:46 host1 CEF:0|Ven\|dor|Prod|1.0|100|Some name|5|src=198.51.100.7 msg=a b\=c d act=blocked`,
			`syslog 2021-03-03T06:49:46Z @0 channel=user host=host1 {"timestamp":"2021-03-03T06:49:46.0000000Z","facility":"user","severity":"info","hostname":"host1","message":"CEF:0|Ven\\|dor|Prod|1.0|100|Some name|5|src=198.51.100.7 msg=a b\\=c d act=blocked","cefVersion":"0","deviceVendor":"Ven|dor","deviceProduct":"Prod","deviceVersion":"1.0","signatureId":"100","name":"Some name","cefSeverity":"5","src":"198.51.100.7","msg":"a b=c d","act":"blocked"}`,
		},
		{
			"LEEF", "<14>Mar  3 06:49:46 host1 LEEF:2.0|V|P|1|42|^|src=198.51.100.7^usr=a b",
			`syslog 2021-03-03T06:49:46Z @0 channel=user host=host1 {"timestamp":"2021-03-03T06:49:46.0000000Z","facility":"user","severity":"info","hostname":"host1","message":"LEEF:2.0|V|P|1|42|^|src=198.51.100.7^usr=a b","leefVersion":"2.0","vendor":"V","product":"P","version":"1","eventId":"42","src":"198.51.100.7","usr":"a b"}`,
		},
		{
			"no header", "	at java.lang.Thread.run",
			`syslog @0 {"message":"\tat java.lang.Thread.run"}`,
		},
		{
			"audit record of the kernel", "Mar  3 06:49:46 web1 kernel: [1.2] audit: type=1400 audit(1614754186.123:45): apparmor=\"DENIED\" operation=\"open\" name=\"/etc/x\"",
			`auditd 2021-03-03T06:49:46.123Z @0 channel=AVC provider=auditd host=web1 {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"AVC","apparmor":"DENIED","operation":"open","name":"/etc/x"}`,
		},
		{
			"audit record of journald", "Mar  3 06:49:46 web1 audit[77]: USER_CMD pid=77 uid=0 msg='cwd=\"/\" cmd=6C73 res=success'",
			`auditd 2021-03-03T06:49:46Z @0 channel=USER_CMD provider=auditd host=web1 {"timestamp":"2021-03-03T06:49:46.0000000Z","type":"USER_CMD","pid":"77","uid":"0","msg":"cwd=\"/\" cmd=6C73 res=success","cwd":"/","cmd":"ls","res":"success"}`,
		},
		{
			"an audit record that a user made up", "Mar  3 06:49:46 web1 app: type=SYSCALL msg=audit(1614754186.123:45): x=1",
			`syslog 2021-03-03T06:49:46Z @0 provider=app host=web1 {"timestamp":"2021-03-03T06:49:46.0000000Z","hostname":"web1","program":"app","message":"type=SYSCALL msg=audit(1614754186.123:45): x=1","type":"SYSCALL","msg":"audit(1614754186.123:45):","x":"1"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := readOne(t, newSyslog(), tt.in); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// Audit records in syslog are joined like those in the audit log, other lines between them or not.
func TestSyslogAuditJoins(t *testing.T) {
	in := "Mar  3 06:49:46 web1 audispd: type=SYSCALL msg=audit(1614754186.123:7): arch=c000003e syscall=59 comm=\"sh\"\n" +
		"Mar  3 06:49:46 web1 sshd[1]: hello\n" +
		"Mar  3 06:49:46 web1 audispd: node=web1 type=EXECVE msg=audit(1614754186.123:7): argc=1 a0=\"sh\"\n" +
		"Mar  3 06:49:47 web2 audispd: type=CWD msg=audit(1614754186.123:7): cwd=\"/\"\n"
	expect(t, syslogFormat{window: 300}, in,
		`auditd 2021-03-03T06:49:46.123Z @0 channel=SYSCALL provider=auditd host=web1 {"timestamp":"2021-03-03T06:49:46.1230000Z","type":["SYSCALL","EXECVE"],"arch":"c000003e","syscall":["59","execve"],"comm":"sh","SYSCALL":"execve","argc":"1","a0":"sh","cmdline":"sh"}`,
		`syslog 2021-03-03T06:49:46Z @107 provider=sshd host=web1 {"timestamp":"2021-03-03T06:49:46.0000000Z","hostname":"web1","program":"sshd","pid":"1","message":"hello"}`,
		fmt.Sprintf(`auditd 2021-03-03T06:49:46.123Z %s channel=CWD provider=auditd host=web2 {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"CWD","cwd":"/"}`, lastLineAt(in)),
	)
}

func TestSyslogFrames(t *testing.T) {
	msgs := []string{
		"<13>1 2021-03-03T06:49:46Z h a - - - one", "<13>1 2021-03-03T06:49:47Z h a - - - two\nlines", "<13>1 2021-03-03T06:49:48Z h a - - - three\n",
	}
	var in strings.Builder
	var want []string
	for i, m := range msgs {
		want = append(want, fmt.Sprintf(`syslog 2021-03-03T06:49:%dZ @%d channel=user provider=a host=h {"timestamp":"2021-03-03T06:49:%d.0000000Z","facility":"user","severity":"notice","hostname":"h","program":"a","message":"%s"}`,
			46+i, in.Len(), 46+i, []string{"one", `two\nlines`, "three"}[i]))
		fmt.Fprintf(&in, "%d %s", len(m), m)
	}
	if newSyslog().(Sniffer).Sniff([]byte(in.String())) < 80 {
		t.Error("not recognised")
	}
	expect(t, newSyslog(), in.String(), want...)
	// A frame whose count is wrong costs no other.
	bad := in.String() + "\n999 <13>1 2021-03-03T06:49:49Z h a - - - bad\n" + in.String()
	events, _ := read(t, newSyslog(), bad, 0)
	if len(events) != 7 {
		t.Errorf("got %d events\n%s", len(events), strings.Join(events, "\n"))
	}
	sameForAllBlocks(t, newSyslog(), bad, events)
}

// The year of RFC 3164 comes from the file's name, else from its time.
func TestSyslogYear(t *testing.T) {
	mod := time.Date(2021, 3, 10, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		file, stamp string
		want        int
	}{
		{"messages", "Mar  9 00:00:00", 2021},
		{"messages", "Mar 10 23:00:00", 2021}, // clocks of hosts differ
		{"messages", "Mar 12 00:00:00", 2020},
		{"messages-20190107", "Jan  6 00:00:00", 2019},
		{"messages-20190107", "Dec 30 00:00:00", 2018},
		{"/logs/2017-06-30/x.zip!syslog-2018-06-30.log", "Jun 29 00:00:00", 2018},
		{"messages-12345678901", "Mar  9 00:00:00", 2021},
	} {
		env := &Env{File: tt.file, ModTime: mod}
		year := 0
		err := readBlocks(newSyslog(), []byte(tt.stamp+" h p: x\n"), 0, env, func(e *event.Event) bool {
			year = e.When().Year()
			return true
		})
		if err != nil || year != tt.want {
			t.Errorf("%s in %s is of %d, want %d (%v)", tt.stamp, tt.file, year, tt.want, err)
		}
	}
}

// TestSyslogYearless checks that of records which took their year from the time of their file, those of files whose time is
// not that of their last record are told of once.
func TestSyslogYearless(t *testing.T) {
	at := time.Date(2021, 3, 10, 0, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	file := func(name, text string) string {
		p := write(t, dir, name, []byte(text))
		if err := os.Chtimes(p, at, at); err != nil {
			t.Fatal(err)
		}
		return p
	}
	short, old := "Mar  9 00:00:00 h p: x\n", "Mar  7 00:00:00 h p: x\n"
	const full = "<13>1 2021-03-09T06:49:46Z h a - - - x\n"
	good := file("good", strings.Repeat(old, 30_000)+short+old)
	a := file("a", strings.Repeat(old, 30_000)+full)
	c := file("c", strings.Repeat(old, 30_000)+strings.ReplaceAll(full, "03-09", "03-06"))
	b := file("b", old+"no time\n"+old+old)
	dated := file("messages-20210310", old)
	years := file("years", full)
	one := file("one", "Dec 30 00:00:00 h p: x\n")
	for _, tt := range []struct {
		inputs    []string
		file, msg string
	}{
		{[]string{dated, years, good}, "", ""},
		{[]string{a, dated, good}, "", ""},
		{[]string{c, a, dated, good}, c, "the times of 30000 records have no year: it is taken from the time of the file, 10 Mar 2021, but its last record is of 7 Mar, so that it may be wrong"},
		{[]string{one}, one, "the times of 1 record have no year: it is taken from the time of the file, 10 Mar 2021, but its last record is of 30 Dec, so that it may be wrong"},
		{[]string{good, one, years, good, b}, "", "the times of 4 records in 2 files have no year: it is taken from the time of " + one + ", 10 Mar 2021, but the last record is of 30 Dec, so that it may be wrong"},
	} {
		for _, workers := range []int{1, 4} {
			var y Yearless
			collect(t, Options{Workers: workers, Yearless: y.Add}, tt.inputs...)
			w, ok := y.Warning()
			if ok != (tt.msg != "") || w.File != tt.file || w.Message != tt.msg {
				t.Errorf("%q with %d workers: %+v", tt.inputs, workers, w)
			}
		}
	}
	var y Yearless
	y.Add(&File{Name: "standard input"}, 2, at.UnixNano(), false)
	if w, _ := y.Warning(); w.Message != "the times of 2 records have no year: it is taken from today's date, but its last record is of 10 Mar, so that it may be wrong" {
		t.Errorf("%+v", w)
	}
}

func TestSyslogSniff(t *testing.T) {
	for in, want := range map[string]bool{
		"Mar  3 06:49:46 web1 sshd[1]: x\n\tmore\nMar  3 06:49:46 web1 su: x\n": true,
		"<13>1 2021-03-03T06:49:46Z h a - - - x\n":                              true,
		"<189>29: router1: *Mar  3 06:49:46: %SYS-5-CONFIG_I: x\n":              true,
		"2021-03-03T06:49:46.123456+01:00 web1 CRON[5]: x\n":                    true,
		"<189>date=2021-03-03 time=06:49:46 devname=\"FG\" type=\"event\"\n":    true,
		"date=2021-03-03 time=06:49:46 devname=\"FG\" type=\"event\"\n":         true,
		"2021-03-03 06:49:46 INFO something happened\n":                         false,
		"hello\nworld\n":                   false,
		"<Event><System></System></Event>": false,
		"":                                 false,
	} {
		if got := newSyslog().(Sniffer).Sniff([]byte(in)); got >= 80 != want {
			t.Errorf("Sniff(%q) = %d", in, got)
		}
	}
}

func FuzzSyslog(f *testing.F) {
	fuzzFormat(f, syslogFormat{window: 100},
		"Mar  3 06:49:46 web1 sshd[123]: Invalid user\n<38>Mar  3 2021 06:49:46 web1 su: x\n\tmore\n",
		"<165>1 2021-03-03T06:49:46.003Z h app 77 ID47 [ex@1 a=\"1\" b=\"x\\\"]y\"][more c=\"3\"] hello\n<0>1 - - - - - -\n",
		"31 <13>Mar  3 06:49:46 a b: cd\ne f30 <13>Mar  3 06:49:46 a b: cd\n",
		"<189>29: router1: *Mar  3 06:49:46.123 UTC: %SYS-5-CONFIG_I: x\nMar  3 2021 06:49:46 sw1 %%01SHELL/5/CMD(s)[1]:x\n",
		"Mar  3 06:49:46 w audispd: type=SYSCALL msg=audit(1.1:7): a=1\nMar  3 06:49:46 w audispd: type=CWD msg=audit(1.1:7): cwd=\"/\"\nMar  3 06:49:46 w audit[1]: USER_CMD x=1\n",
		"<14>Mar  3 06:49:46 h CEF:0|V|P|1|2|n|5|a=b c d=e\\=f\n<14>Mar  3 06:49:46 h LEEF:2.0|V|P|1|2|x09|a=b\tc=d\n<1>a=b c=\"d\\\"\" e=\n",
		"Mar  3 06:49:46 w sysmon: <Event><System><EventID>1</EventID></System><EventData><Data Name=\"A\">x&amp;y</Data></EventData></Event>\n",
		"Mar  3 06:49:46 w sudo: a : TTY=b ; COMMAND=c\nMar  3 06:49:46 w kernel: IN=a OUT= SRC=b\n",
	)
}

func BenchmarkSyslog(b *testing.B) {
	benchmarkFormat(b, newSyslog(), func(i int) string {
		return fmt.Sprintf("Mar  3 06:%02d:%02d web%d sshd[%d]: Failed password for invalid user user%d from 198.51.100.%d port %d ssh2\n", i/60%60, i%60, i%20, 1000+i%9000, i%90, i%250, 1024+i%60000)
	}, "")
}
