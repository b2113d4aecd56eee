package taxonomy

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// args makes the arguments of a conversion: fields separated by |, where ~ is a field that is not there.
func args(s string) [][]byte {
	var out [][]byte
	for part := range strings.SplitSeq(s, "|") {
		if part == "~" {
			out = append(out, nil)
			continue
		}
		out = append(out, []byte(part))
	}
	return out
}

func conversions() []struct {
	as       Convert
	in, want string
} {
	const classic = "NewEngineState=Available\n\tHostName=ConsoleHost\n\tHostApplication=powershell.exe -nop ; whoami a=b  \r\n\tEngineVersion=5.1\n"
	const sudo = "bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/sh -c 'A=1 ; id'"
	const forti = `date=2024-01-01 devid="FGT60" logid="0100044547" action="Add" cfgpath="firewall.policy" msg="Add firewall.policy 7" user=admin,`
	return []struct {
		as       Convert
		in, want string
	}{
		{AsIs, "As It Is", "As It Is"},
		{HexToDec, "0x1f4", "500"},
		{HexToDec, "0XFFFFFFFFFFFFFFFF", "18446744073709551615"},
		{HexToDec, "0x", "0x"},
		{HexToDec, "500", "500"},
		{HexToDec, "0x12345678901234567", "0x12345678901234567"},
		{HexToDec, "0x1g", "0x1g"},
		{Integrity, "S-1-16-12288", "High"},
		{Integrity, "S-1-16-8448", "Medium Plus"},
		{Integrity, `Mandatory Label\High Mandatory Level`, "High"},
		{Integrity, `Mandatory Label\Medium Plus Mandatory Level`, "Medium Plus"},
		{Integrity, `Mandatory Label\Other`, `Mandatory Label\Other`},
		{Integrity, "S-1-5-18", "S-1-5-18"},
		{PlusSpace, "Mozilla/5.0+(X11;+Linux)", "Mozilla/5.0 (X11; Linux)"},
		{PlusSpace, "", ""},
		{StripUNC, `\??\C:\x`, `C:\x`},
		{StripUNC, `\\?\C:\x`, `C:\x`},
		{StripUNC, `\Device\HarddiskVolume1\x`, `\Device\HarddiskVolume1\x`},
		{StripUNC, `\??`, `\??`},
		{Unmap4in6, "::ffff:192.0.2.1", "192.0.2.1"},
		{Unmap4in6, "::FFFF:192.0.2.1", "192.0.2.1"},
		{Unmap4in6, "::ffff:c000:201", "::ffff:c000:201"},
		{Unmap4in6, "::1", "::1"},
		{JoinQuery, "/a/b|x=y", "/a/b?x=y"},
		{JoinQuery, "/a/b|-", "/a/b"},
		{JoinQuery, "/a/b|", "/a/b"},
		{JoinQuery, "/a/b|~", "/a/b"},
		{JoinQuery, "~|x=y", "x=y"},
		{JoinQuery, "-|-", ""},
		{JoinQuery, "/a", "/a"},
		{Basename, `C:\x\y.exe`, "y.exe"},
		{Basename, "/usr/bin/id", "id"},
		{Basename, "plain", "plain"},
		{Basename, `C:\x\`, ""},
		{HexText, "2f62696e00736800", "/bin sh "},
		{HexText, "2F62", "/b"},
		{HexText, "41ff42", "A\uFFFDB"},
		{HexText, "2f6", "2f6"},
		{HexText, "zz", "zz"},
		{Lower, "ÄbC", "äbc"},
		{Account, "CORP|bob", `CORP\bob`},
		{Account, "-|bob", "bob"},
		{Account, "~|bob", "bob"},
		{Account, "CORP|-", "-"},
		{Account, "CORP|~", ""},
		{ProcessUser, "S-1-0-0|-|-|S-1-5-21-1|CORP|bob", `CORP\bob`},
		{ProcessUser, "S-1-0-0|-|-|S-1-5-18|CORP|PC1$", `NT AUTHORITY\SYSTEM`},
		{ProcessUser, "S-1-5-21-2|CORP|amy|S-1-5-18|CORP|PC1$", `CORP\amy`},
		{ProcessUser, "S-1-0-0|PC1|amy|S-1-5-18|CORP|PC1$", `PC1\amy`},
		{ProcessUser, "S-1-0-0|CORP|PC1$|S-1-5-18|CORP|PC1$", `NT AUTHORITY\SYSTEM`},
		{ProcessUser, "S-1-5-19|NT AUTHORITY|LOCAL SERVICE|S-1-5-18|CORP|PC1$", `NT AUTHORITY\LOCAL SERVICE`},
		{ProcessUser, "S-1-5-20|AUTORITE NT|SERVICE RÉSEAU|S-1-5-18|CORP|PC1$", `NT AUTHORITY\NETWORK SERVICE`},
		{ProcessUser, "~|~|~|S-1-5-21-1|CORP|bob", `CORP\bob`}, // before Windows 10
		{ProcessUser, "~|~|~|~|~|~", ""},
		{DevicePath, `\device\harddiskvolume3\windows\x.exe`, `C:\windows\x.exe`},
		{DevicePath, `\Device\HarddiskVolume12\x`, `C:\x`},
		{DevicePath, `\device\harddiskvolume\x`, `\device\harddiskvolume\x`},
		{DevicePath, `\device\harddiskvolume3`, `\device\harddiskvolume3`},
		{DevicePath, "System", "System"},
		{IPProtocol, "6", "tcp"},
		{IPProtocol, "17", "udp"},
		{IPProtocol, "132", "132"},
		{Initiated, "%%14593", "true"},
		{Initiated, "%%14592", "false"},
		{Initiated, "other", "other"},
		{DefenderPath, `file:_C:\x.exe`, `C:\x.exe`},
		{DefenderPath, `containerfile:_C:\a.zip; file:_C:\a.zip->b.exe; webfile:_x`, `C:\a.zip->b.exe`},
		{DefenderPath, `containerfile:_C:\a.zip`, `C:\a.zip`},
		{DefenderPath, `C:\x.exe`, `C:\x.exe`},
		{DefenderPath, `process:_pid:1`, `process:_pid:1`},
		{RegistryPath, `\REGISTRY\MACHINE\SOFTWARE\Run|x`, `HKLM\SOFTWARE\Run\x`},
		{RegistryPath, `\REGISTRY\MACHINE\SYSTEM\ControlSet001\Services\S|Start`, `HKLM\System\CurrentControlSet\Services\S\Start`},
		{RegistryPath, `\REGISTRY\MACHINE\SYSTEM\ControlSet0012\S|v`, `HKLM\SYSTEM\ControlSet0012\S\v`},
		{RegistryPath, `\Registry\User\S-1-5-21-1\Software|v`, `HKU\S-1-5-21-1\Software\v`},
		{RegistryPath, `\REGISTRY\MACHINES\x|v`, `\REGISTRY\MACHINES\x\v`},
		{RegistryPath, `\REGISTRY\A\{1}|~`, `\REGISTRY\A\{1}`},
		{RegistryPath, `\REGISTRY\MACHINE|`, "HKLM"},
		{RegistryData, "%%1876|1", "DWORD (0x00000001)"},
		{RegistryData, "%%1876|4294967295", "DWORD (0xffffffff)"},
		{RegistryData, "%%1876|99999999999", "99999999999"},
		{RegistryData, "%%1883|0x8000000000000001", "QWORD (0x80000000-0x00000001)"},
		{RegistryData, "%%1873|text", "text"},
		{RegistryData, "%%1875|00ff", "Binary Data"},
		{RegistryData, "%%1879|a b", "Binary Data"},
		{RegistryData, "~|x", "x"},
		{RegistryOp, "%%1904", "SetValue"},
		{RegistryOp, "%%1905", "SetValue"},
		{RegistryOp, "%%1906", "DeleteValue"},
		{DNSType, "16", "TXT"},
		{DNSType, "28", "AAAA"},
		{DNSType, "9999", "9999"},
		{DNSType, "TXT", "TXT"},
		{URIPath, "http://h.example/a/b.exe?x=y#z", "/a/b.exe"},
		{URIPath, "/a/b?u=http://other/", "/a/b"},
		{URIPath, "http://h.example", ""},
		{URIPath, "h.example:443", "h.example:443"},
		{URIQuery, "/a?x=y?z#f", "x=y?z"},
		{URIQuery, "/a", ""},
		{URIHost, "http://u:p@h.example:8080/a", "h.example"},
		{URIHost, "h.example:443", "h.example"},
		{URIHost, "https://[2001:db8::1]:443/", "2001:db8::1"},
		{URIHost, "/a:b", ""},
		{URIHost, "word", ""},
		{Extension, "/a/b.tar.gz?c=d.e", "gz"},
		{Extension, "http://h.example/a", ""},
		{Extension, "http://h.example", ""},
		{HostLabel, "ex01.example.org", "ex01"},
		{HostLabel, "EX01", "EX01"},
		{HostLabel, "192.0.2.10", "192.0.2.10"},
		{HostLabel, "fe80::1%5", "fe80::1%5"},
		{HostLabel, "::ffff:192.0.2.10", "::ffff:192.0.2.10"},
		{HostLabel, "2022.example.org", "2022"},
		{HostLabel, ".example.org", ".example.org"},
		{HostLabel, "ex01.", "ex01"},
		{Outcome, "0", "Success"},
		{Outcome, "50126", "Failure"},
		{Outcome, "Interrupted", "Interrupted"},
		{Outcome, "", ""},
		{IsThere, "connect", "true"},
		{IsThere, "", "true"},
		{"hash:MD5", "SHA1=aa,MD5=0123,SHA256=ff,IMPHASH=00", "0123"},
		{"hash:imphash", "SHA1=aa,MD5=0123,SHA256=ff,IMPHASH=00", "00"},
		{"hash:SHA1", "XSHA1=aa", ""},
		{"hash:SHA1", "SHA1=", ""},
		{"line:HostName", classic, "ConsoleHost"},
		{"line:HostApplication", classic, "powershell.exe -nop ; whoami a=b"},
		{"line:Host", classic, ""},
		{"pair:USER", sudo, "root"},
		{"pair:COMMAND", sudo, "/bin/sh -c 'A=1"},
		{"pair:TTY", sudo, "pts/0"},
		{"pair:NONE", sudo, ""},
		{"kv:action", forti, "Add"},
		{"kv:msg", forti, "Add firewall.policy 7"},
		{"kv:user", forti, "admin"},
		{"kv:date", forti, "2024-01-01"},
		{"kv:path", forti, ""},
		{"kv:a", `a="open`, "open"},
	}
}

func TestConvert(t *testing.T) {
	seen := map[Convert]bool{}
	for _, c := range conversions() {
		seen[c.as] = true
		if !c.as.valid() {
			t.Errorf("%s is not valid", c.as)
		}
		if got := string(c.as.Append([]byte("> "), args(c.in)...)); got != "> "+c.want {
			t.Errorf("%s(%q) = %q, want %q", c.as, c.in, got[2:], c.want)
		}
	}
	for _, c := range allConversions() {
		if !seen[c] {
			t.Errorf("no case tests %s", c)
		}
	}
}

func TestConvertNeedsNoArguments(t *testing.T) {
	for _, c := range append(allConversions(), "hash:MD5") {
		if got := string(c.Append([]byte("x"))); got != "x" {
			t.Errorf("%s of nothing = %q", c, got)
		}
	}
}

func TestConvertAllocatesNothing(t *testing.T) {
	dst := make([]byte, 0, 1024)
	for _, c := range conversions() {
		if c.in == "41ff42" {
			continue // what is no UTF-8 may cost
		}
		in := args(c.in)
		if n := testing.AllocsPerRun(20, func() { dst = c.as.Append(dst[:0], in...) }); n > 0 {
			t.Errorf("%s(%q) allocates %v times", c.as, c.in, n)
		}
	}
}

func TestConvertValid(t *testing.T) {
	for _, c := range []Convert{"upper", "hash:", "line:", "hash", "HEX-TO-DEC"} {
		if c.valid() {
			t.Errorf("%q is valid", c)
		}
	}
}

func TestConvertShape(t *testing.T) {
	for c, want := range map[Convert][2]bool{ // joins, cuts
		AsIs: {}, HexToDec: {}, JoinQuery: {true, false}, Account: {true, false}, ProcessUser: {true, false},
		RegistryPath: {true, false}, RegistryData: {true, false}, "hash:MD5": {false, true}, URIQuery: {false, true},
		"kv:a": {false, true}, Basename: {},
	} {
		if c.Joins() != want[0] || c.Cuts() != want[1] {
			t.Errorf("%s: joins %v, cuts %v", c, c.Joins(), c.Cuts())
		}
	}
}

func FuzzConvert(f *testing.F) {
	cases := conversions()
	if len(cases) == 0 {
		f.Fatal("no seeds")
	}
	for _, c := range cases {
		f.Add(string(c.as), c.in)
	}
	f.Fuzz(func(t *testing.T, as, in string) {
		c := Convert(as)
		if !c.valid() {
			return
		}
		a := args(in)
		out := c.Append([]byte("keep"), a...)
		if !strings.HasPrefix(string(out), "keep") {
			t.Fatalf("%s changed what was there: %q", c, out)
		}
		if utf8.ValidString(in) && !utf8.Valid(out) {
			t.Fatalf("%s(%q) is not valid UTF-8: %q", c, in, out)
		}
		if len(out) > 4+3*len(in)+64 {
			t.Fatalf("%s made %d bytes of %d", c, len(out), len(in))
		}
	})
}

func BenchmarkConvert(b *testing.B) {
	dst := make([]byte, 0, 1024)
	in := args("S-1-0-0|-|-|S-1-5-18|CORP|PC1$")
	b.ReportAllocs()
	for b.Loop() {
		dst = ProcessUser.Append(dst[:0], in...)
	}
}

// As Defender writes keys and kinds of data.
func TestRegistryOfDefender(t *testing.T) {
	for _, tt := range []struct {
		as          Convert
		a, b, wants string
	}{
		{RegistryPath, `HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\S`, "Start", `HKLM\System\CurrentControlSet\Services\S\Start`},
		{RegistryPath, `HKEY_CURRENT_USER\S-1-5-21-1\SOFTWARE`, "v", `HKU\S-1-5-21-1\SOFTWARE\v`},
		{RegistryPath, `HKEY_CURRENT_USER\SOFTWARE`, "", `HKCU\SOFTWARE`},
		{RegistryPath, `HKEY_USERS\.DEFAULT`, "v", `HKU\.DEFAULT\v`},
		{RegistryPath, `HKLM\SYSTEM\ControlSet002\S`, "", `HKLM\System\CurrentControlSet\S`},
		{RegistryData, "Dword", "16", "DWORD (0x00000010)"},
		{RegistryData, "String", "16", "16"},
		{RegistryData, "Binary", "16", "Binary Data"},
	} {
		if got := string(tt.as.Append(nil, []byte(tt.a), []byte(tt.b))); got != tt.wants {
			t.Errorf("%s of %s and %s is %s, want %s", tt.as, tt.a, tt.b, got, tt.wants)
		}
	}
}
