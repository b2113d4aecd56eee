package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"strings"
	"testing"

	"entente/internal/event"
	"entente/internal/hunt"
)

// spaced prints values with a blank between them.
func spaced(v ...any) string { return strings.TrimSuffix(fmt.Sprintln(v...), "\n") }

func TestEntities(t *testing.T) {
	of := func(src event.Source, id uint32, user, ev string) entities {
		e, _ := entitiesOf(&hunt.Finding{Source: src, EventID: id, User: user, Event: json.RawMessage(ev), Channel: "dns"})
		return e
	}
	for name, check := range map[string]func() (got, want any){
		"sysmon process": func() (any, any) {
			p := of(event.SourceWindows, 1, "", `{"Image":"C:\\a.exe","CommandLine":"a -b","ProcessId":12,"ParentImage":"C:\\p.exe","ParentProcessId":"4","CurrentDirectory":"C:\\"}`)
			return spaced(p.process.path, p.process.command, p.process.pid, p.process.cwd, p.parent.path, p.parent.pid), `C:\a.exe a -b 12 C:\ C:\p.exe 4`
		},
		"4688 has the parent in ProcessId": func() (any, any) {
			p := of(event.SourceWindows, 4688, "", `{"NewProcessName":"C:\\a.exe","NewProcessId":"0x1f4","ProcessId":"0x10","ParentProcessName":"C:\\p.exe"}`)
			return spaced(p.process.pid, p.parent.pid, p.parent.path), `500 16 C:\p.exe`
		},
		"hashes of the image": func() (any, any) {
			p := of(event.SourceWindows, 1, "", `{"Image":"C:\\a.exe","Hashes":"MD5=0123456789ABCDEF0123456789ABCDEF,IMPHASH=00,SHA1=short"}`)
			return maps.Equal(p.process.hash, map[string]string{"MD5": "0123456789abcdef0123456789abcdef"}), true
		},
		"hashes of a loaded file": func() (any, any) {
			p := of(event.SourceWindows, 7, "", `{"Image":"C:\\a.exe","ImageLoaded":"C:\\b.dll","Hashes":"MD5=0123456789ABCDEF0123456789ABCDEF"}`)
			return spaced(p.file, len(p.fileHash), len(p.process.hash)), `C:\b.dll 1 0`
		},
		"registry value": func() (any, any) {
			p := of(event.SourceWindows, 13, "", `{"TargetObject":"HKLM\\Software\\Run\\Up","Details":"x.exe"}`)
			return p.registry, registryEntity{`HKEY_LOCAL_MACHINE\Software\Run`, "Up", "x.exe"}
		},
		"registry key": func() (any, any) {
			p := of(event.SourceWindows, 12, "", `{"TargetObject":"hku\\S-1\\Run"}`)
			return p.registry, registryEntity{`HKEY_USERS\S-1\Run`, "", ""}
		},
		"share": func() (any, any) {
			return of(event.SourceWindows, 5145, "", `{"ShareName":"\\\\*\\C$","RelativeTargetName":"a\\b.aspx"}`).file, `\\*\C$\a\b.aspx`
		},
		"connection": func() (any, any) {
			n := of(event.SourceWindows, 3, "", `{"SourceIp":"192.0.2.1","SourcePort":"50000","DestinationIp":"0:0:0:0:0:0:0:1","DestinationPort":443,"Protocol":"TCP"}`).network
			return n, networkEntity{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("::1"), 50000, 443, "", "tcp"}
		},
		"mapped address and number of protocol": func() (any, any) {
			n := of(event.SourceWindows, 5156, "", `{"SourceAddress":"::ffff:192.0.2.5","DestAddress":"fe80::1%5","DestPort":"70000","Protocol":"17"}`).network
			return n, networkEntity{netip.MustParseAddr("192.0.2.5"), netip.MustParseAddr("fe80::1"), -1, -1, "", "udp"}
		},
		"no address": func() (any, any) {
			return of(event.SourceWindows, 4624, "", `{"IpAddress":"-","IpPort":"0"}`).network.src.IsValid(), false
		},
		"web": func() (any, any) {
			p := of(event.SourceIIS, 0, "", `{"cs-method":"POST","cs-uri-stem":"/a","cs-uri-query":"-","c-ip":"192.0.2.7","cs(User-Agent)":"x/1"}`)
			return spaced(p.http, p.network.transport), "{POST /a  x/1 } tcp"
		},
		"a method without a path": func() (any, any) {
			return of(event.SourceWindows, 1, "", `{"Method":"Get-Item"}`).http.method, ""
		},
		"zeek": func() (any, any) {
			p := of(event.SourceZeek, 0, "", `{"id.orig_h":"192.0.2.1","id.resp_h":"192.0.2.2","id.resp_p":53,"proto":"udp","query":"a.example."}`)
			return spaced(p.network.src, p.network.dstPort, p.dnsQuery), "192.0.2.1 53 a.example"
		},
		"account": func() (any, any) {
			p := of(event.SourceWindows, 4624, `CORP\ann`, `{"TargetUserName":"Ann","TargetUserSid":"S-1-5-21-9","SubjectUserName":"x","SubjectUserSid":"S-1-5-18"}`)
			return spaced(p.userDom, p.userName, p.userSID), "CORP ann S-1-5-21-9"
		},
		"auditd": func() (any, any) {
			p := of(event.SourceAuditd, 0, "root", `{"exe":"/usr/bin/id","pid":7,"ppid":6,"cwd":"/"}`)
			return spaced(p.process.path, p.process.pid, p.parent.pid, p.unixLogin), "/usr/bin/id 7 6 true"
		},
		"nothing": func() (any, any) { return of(event.SourceText, 0, "-", `{}`).userName, "" },
	} {
		if got, want := check(); got != want {
			t.Errorf("%s: %v, wanted %v", name, got, want)
		}
	}
}

func TestPaths(t *testing.T) {
	for path, want := range map[string][2]string{
		`C:\Windows\cmd.exe`: {"cmd.exe", `C:\Windows`}, `C:\x`: {"x", `C:\`}, "/usr/bin/id": {"id", "/usr/bin"}, "/x": {"x", "/"}, "x": {"x", ""}, `C:\dir\`: {"", `C:\dir`}, "": {"", ""},
	} {
		if got := [2]string{baseName(path), dirName(path)}; got != want {
			t.Errorf("%q = %q, wanted %q", path, got, want)
		}
	}
}
