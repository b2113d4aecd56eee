package source

import (
	"strings"
	"testing"
)

// What a file of text is taken for. A wrong guess costs its fields, or its first line where that passes for a header.
func TestDetectText(t *testing.T) {
	tests := []struct{ want, text string }{
		{"iis", "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time c-ip\n2021-03-03 06:49:46 198.51.100.7\n"},
		{"iis", "#Version: 1.5\n#Software: Microsoft Windows Firewall\n#Time Format: Local\n#Fields: date time action\n\n2021-03-03 06:49:46 DROP\n"},
		{"exchange", "#Software: Microsoft Exchange Server\n#Fields: DateTime,Protocol\n2021-03-03T06:49:46Z,Owa\n"},
		{"exchange", "DateTime,Protocol\n#Software: Microsoft Exchange Server\n#Log-type: HttpProxy Logs\n#Fields: DateTime,Protocol\n2021-03-03T06:49:46Z,Owa\n"},
		{"exchange", "TimeStamp,ServerName,EventId,EventData\n#Fields: TimeStamp,ServerName,EventId,EventData\n2021-03-03T06:49:46Z,EX01,X,S:A=1\n"},
		{"csv", "DateTime,RequestId,Protocol,UrlStem,AnchorMailbox\n2021-03-03T06:49:46Z,1,Owa,/,a\n"},
		{"zeek", "#separator \\x09\n#path\tdns\n#fields\tts\n1\n"},
		{"auditd", "node=a type=DAEMON_START msg=audit(1614754186.123:7): op=start\n"},
		{"winxml", "<?xml version=\"1.0\"?>\n<Events><Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System></System></Event></Events>"},
		{"json", "{\"a\":1}\n{\"a\":2}\n"},
		{"webaccess", "198.51.100.7 - - [03/Mar/2021:06:49:46 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"a, b, c\"\n"},
		{"webaccess", "[Wed Mar 03 06:49:46.1 2021] [core:error] [pid 1] x, y\n"},
		{"webaccess", "2021/03/03 06:49:46 [error] 1#0: *1 x, client: 198.51.100.7\n"},
		{"syslog", "Mar  3 06:49:46 web1 sshd[1]: a, b\nMar  3 06:49:47 web1 sshd[1]: c, d\n"},
		{"syslog", "2021-03-03T06:49:46.123456+01:00 web1 CRON[5]: x\n"},
		{"syslog", "2021-03-03T06:49:46+0100 web1 kernel: x\n-- Reboot --\n2021-03-03T06:49:46+0100 web1 kernel: y\n2021-03-03T06:49:46+0100 web1 kernel: y\n"},
		{"syslog", "<189>29: router1: *Mar  3 06:49:46: %SYS-5-CONFIG_I: x\n"},
		{"csv", "Timestamp;Host;User\n2021-03-03;a;b\n2021-03-03;a;b\n"},
		{"csv", "\"Event Time\",\"User Name\",\"IP\"\n\"2021-03-03\",\"a, b\",\"198.51.100.7\"\n"},
		{"csv", "PID\tPPID\tName\n1\t0\tsystemd\n2\t1\tsh\n"},
		// Logs of their own kind, read as text.
		{"text", "2021-03-03 06:49:46 status installed base-files:amd64 11\n2021-03-03 06:49:47 upgrade tar:amd64 1.30\n"},
		{"text", "2021-03-03 06:49:46,123 INFO [main] org.example.App - started, listening on 8080\n2021-03-03 06:49:47,123 WARN [main] org.example.App - slow\n"},
		{"text", "2021-03-03 06:49:46.123 UTC [123] LOG:  database system is ready\n2021-03-03 06:49:47.123 UTC [124] ERROR:  syntax error at or near \"x\"\n"},
		{"text", "Wed Mar  3 06:49:46 2021 [pid 2] CONNECT: Client \"198.51.100.7\"\n"},
		{"text", "/srv/a.exe: Win.Trojan.Example FOUND\n/srv/b: OK\n"},
		{"text", "cd /tmp\nls -la, x\ncurl http://example.org | sh\n"},
		{"text", "Traceback (most recent call last):\n  File \"x.py\", line 1, in <module>\nValueError: a, b\n"},
		{"text", "key: value\nlist:\n  - a, b\n  - c, d\n"},
		{"text", "# Title\n\nSome words, and more words, of prose.\nOther words, and more of them, too.\n"},
		{"text", "<html><body>Hello, Event</body></html>\n"},
		{"text", "<Events></Events>\n"},
		{"text", "int main(void) {\n\treturn 0;\n}\n"},
		{"text", "10.0.0.1,web1\n10.0.0.2,web2\n"},
		{"text", "hello world\n"},
	}
	formats := newFormats()
	for _, tt := range tests {
		f := detect(formats, []byte(tt.text))
		if f == nil || f.Name() != tt.want {
			name := "nothing"
			if f != nil {
				name = f.Name()
			}
			t.Errorf("%.70q is taken for %s, want %s", tt.text, name, tt.want)
		}
		// The same from a system that ends its lines otherwise.
		if f = detect(formats, []byte(strings.ReplaceAll(tt.text, "\n", "\r\n"))); f == nil || f.Name() != tt.want {
			t.Errorf("%.70q with carriage returns is taken for %v, want %s", tt.text, f, tt.want)
		}
	}
}
