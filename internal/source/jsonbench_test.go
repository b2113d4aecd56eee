package source

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"entente/internal/event"
)

// benchLines is a log of Windows events as nxlog writes them, in several kinds that alternate.
func benchLines(n int) string {
	var b strings.Builder
	for i := range n {
		switch i % 3 {
		case 0:
			fmt.Fprintf(&b, `{"EventTime":"2024-05-01 10:%02d:%02d","Hostname":"ws%d.example.test","Keywords":-9223372036854775808,"EventType":"INFO","SeverityValue":2,"Severity":"INFO","EventID":1,"SourceName":"Microsoft-Windows-Sysmon","ProviderGuid":"{5770385F-C22A-43E0-BF4C-06F5698FFBD9}","Version":5,"Task":1,"OpcodeValue":0,"RecordNumber":%d,"ExecutionProcessID":3108,"ThreadID":4244,"Channel":"Microsoft-Windows-Sysmon/Operational","Domain":"NT AUTHORITY","AccountName":"SYSTEM","UserID":"S-1-5-18","AccountType":"User","Message":"Process Create:\r\nRuleName: -\r\nUtcTime: 2024-05-01 10:00:00.123\r\nImage: C:\\Windows\\System32\\cmd.exe","Category":"Process Create (rule: ProcessCreate)","Opcode":"Info","UtcTime":"2024-05-01 10:%02d:%02d.123","ProcessGuid":"{01234567-89ab-cdef-0123-456789abcdef}","ProcessId":"%d","Image":"C:\\Windows\\System32\\cmd.exe","FileVersion":"10.0.19041.1","Description":"Windows Command Processor","Product":"Microsoft Windows Operating System","Company":"Microsoft Corporation","OriginalFileName":"Cmd.Exe","CommandLine":"cmd.exe /c echo %d > C:\\Users\\Public\\out.txt","CurrentDirectory":"C:\\Windows\\system32\\","User":"EXAMPLE\\user%d","LogonGuid":"{01234567-89ab-cdef-0123-456789abcdef}","LogonId":"0x3e7","TerminalSessionId":"0","IntegrityLevel":"System","Hashes":"SHA256=00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF","ParentImage":"C:\\Windows\\explorer.exe","ParentCommandLine":"C:\\Windows\\Explorer.EXE","@timestamp":"2024-05-01T10:00:02.455Z","@version":"1","tags":["a","b"],"host":"collector.example.test","port":55069}`+"\n", i/60%60, i%60, i%7, i, i/60%60, i%60, i, i, i%50)
		case 1:
			fmt.Fprintf(&b, `{"EventTime":"2024-05-01 10:%02d:%02d","Hostname":"ws%d.example.test","Keywords":-9214364837600034816,"EventType":"AUDIT_SUCCESS","SeverityValue":2,"Severity":"INFO","EventID":4624,"SourceName":"Microsoft-Windows-Security-Auditing","ProviderGuid":"{54849625-5478-4994-A5BA-3E3B0328C30D}","Version":2,"Task":12544,"OpcodeValue":0,"RecordNumber":%d,"ExecutionProcessID":740,"ThreadID":5076,"Channel":"Security","Message":"An account was successfully logged on.\r\n\r\nSubject:\r\n\tSecurity ID:\t\tS-1-5-18\r\n\tAccount Name:\t\tWS$","Category":"Logon","Opcode":"Info","SubjectUserSid":"S-1-5-18","SubjectUserName":"WS$","SubjectDomainName":"EXAMPLE","SubjectLogonId":"0x3e7","TargetUserSid":"S-1-5-18","TargetUserName":"SYSTEM","TargetDomainName":"NT AUTHORITY","TargetLogonId":"0x3e7","LogonType":"%d","LogonProcessName":"Advapi","AuthenticationPackageName":"Negotiate","WorkstationName":"-","IpAddress":"192.0.2.%d","IpPort":"0","@timestamp":"2024-05-01T10:00:02.455Z","host":"collector.example.test"}`+"\n", i/60%60, i%60, i%7, i, i%11, i%255)
		default:
			fmt.Fprintf(&b, `{"EventTime":"2024-05-01 10:%02d:%02d","Hostname":"ws%d.example.test","EventID":13,"SourceName":"Microsoft-Windows-Sysmon","Channel":"Microsoft-Windows-Sysmon/Operational","RecordNumber":%d,"UtcTime":"2024-05-01 10:00:00.123","ProcessId":"%d","Image":"C:\\Windows\\system32\\svchost.exe","TargetObject":"HKLM\\System\\CurrentControlSet\\Services\\x\\Start","Details":"DWORD (0x00000003)","EventType":"SetValue","@timestamp":"2024-05-01T10:00:02.455Z"}`+"\n", i/60%60, i%60, i%7, i, i)
		}
	}
	return b.String()
}

func BenchmarkJSONLines(b *testing.B) { benchJSON(b, benchLines(3000)) }

func BenchmarkJSONArray(b *testing.B) {
	lines := strings.TrimSpace(benchLines(3000))
	benchJSON(b, "["+strings.ReplaceAll(lines, "\n", ",")+"]")
}

// BenchmarkJSONFile reads the file that ENTENTE_BENCH_JSON names.
func BenchmarkJSONFile(b *testing.B) {
	name := os.Getenv("ENTENTE_BENCH_JSON")
	if name == "" {
		b.Skip("ENTENTE_BENCH_JSON names no file")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	benchJSON(b, string(text))
}

func benchJSON(b *testing.B, text string) {
	b.Helper()
	env := &Env{File: "bench.json", buffers: new(buffers), Warn: func(int64, string) {}}
	d := newJSON().NewDecoder()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	events := 0
	for b.Loop() {
		err := newJSON().Split(b.Context(), io.LimitReader(strings.NewReader(text), int64(len(text))), env, func(bl Block) error {
			d.Decode(&bl, env, func(*event.Event) bool {
				events++
				return true
			})
			bl.Release()
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}
