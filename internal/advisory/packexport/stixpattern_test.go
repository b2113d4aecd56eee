package packexport

import (
	"testing"

	"entente/internal/advisory"
)

func TestSTIXPattern(t *testing.T) {
	for _, c := range []struct {
		in   advisory.Indicator
		want string
	}{
		{advisory.Indicator{Type: "sha256", Value: "ab"}, `[file:hashes.'SHA-256' = 'ab']`},
		{advisory.Indicator{Type: "sha1", Value: "ab"}, `[file:hashes.'SHA-1' = 'ab']`},
		{advisory.Indicator{Type: "md5", Value: "ab"}, `[file:hashes.MD5 = 'ab']`},
		{advisory.Indicator{Type: "domain", Value: "a.example"}, `[domain-name:value = 'a.example']`},
		{advisory.Indicator{Type: "url", Value: "http://a/it's"}, `[url:value = 'http://a/it\'s']`},
		{advisory.Indicator{Type: "ip", Value: "192.0.2.1"}, `[ipv4-addr:value = '192.0.2.1']`},
		{advisory.Indicator{Type: "ip", Value: "192.0.2.0/24"}, `[ipv4-addr:value ISSUBSET '192.0.2.0/24']`},
		{advisory.Indicator{Type: "ip", Value: "2001:db8::/32"}, `[ipv6-addr:value ISSUBSET '2001:db8::/32']`},
		{advisory.Indicator{Type: "ip", Value: "nowhere"}, ""},
		{advisory.Indicator{Type: "file-name", Value: "a.exe"}, `[file:name = 'a.exe']`},
		{advisory.Indicator{Type: "path", Value: `C:\a b\c.exe`}, `[file:name = 'c.exe' AND file:parent_directory_ref.path MATCHES '(?i)C:\\\\a b$']`},
		{advisory.Indicator{Type: "path", Value: `/c.exe`}, `[file:name = 'c.exe' AND file:parent_directory_ref.path MATCHES '(?i)$']`},
		{advisory.Indicator{Type: "path", Value: `\Temp\`}, `[directory:path MATCHES '(?i)\\\\Temp$']`},
		{advisory.Indicator{Type: "user-agent", Value: "x"}, `[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'x']`},
		{advisory.Indicator{Type: "named-pipe", Value: "p"}, `[file:name = 'p' AND file:parent_directory_ref.path = '\\\\.\\pipe']`},
		{advisory.Indicator{Type: "registry-key", Value: `HKLM\A`}, `[windows-registry-key:key = 'HKLM\\A']`},
		{advisory.Indicator{Type: "md5", Value: ""}, ""},
		{advisory.Indicator{Type: "colour", Value: "red"}, ""},
		{
			advisory.Indicator{Type: "md5", Value: "ab", OnlyUnder: []string{`C:\a`, "/b"}, NotUnder: []string{`C:\a.b\`}},
			`[file:hashes.MD5 = 'ab' AND (file:parent_directory_ref.path MATCHES '(?i)^C:\\\\a([\\\\/]|$)' OR ` +
				`file:parent_directory_ref.path MATCHES '(?i)^/b([\\\\/]|$)') AND ` +
				`file:parent_directory_ref.path NOT MATCHES '(?i)^C:\\\\a\\.b([\\\\/]|$)']`,
		},
	} {
		got, ok := stixPattern(&c.in)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s %s:\n%s, want\n%s", c.in.Type, c.in.Value, got, c.want)
		}
	}
}
