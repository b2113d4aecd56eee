package misp

import (
	"strings"
	"testing"
)

func TestAcceptable(t *testing.T) {
	for value, kinds := range map[string]map[string]bool{
		"192.0.2.1":                        {"ip-dst": true, "ip-src": true, "domain": false, "md5": false, "text": true, "port": false},
		"192.0.2.0/24":                     {"ip-dst": true, "ip-src": true},
		"192.0.2.1|443":                    {"ip-dst|port": true, "domain|ip": false},
		"192.0.2.0/24|443":                 {"ip-dst|port": false},
		"192.0.2.1|0":                      {"ip-dst|port": false},
		"2001:db8::1|443":                  {"ip-src|port": true},
		"c2.example":                       {"domain": true, "hostname": true, "url": true, "link": false},
		"localhost":                        {"domain": false, "hostname": false},
		"*.c2.example":                     {"domain": false},
		"_dmarc.c2.example.":               {"domain": true, "hostname": false},
		"bücher.example":                   {"domain": true, "hostname": false},
		"c2.example|192.0.2.1":             {"domain|ip": true, "hostname|port": false},
		"c2.example|192.0.2.0/24":          {"domain|ip": false},
		"d41d8cd98f00b204e9800998ecf8427e": {"md5": true, "sha1": false, "imphash": true, "ja3-fingerprint-md5": true, "hex": true, "ssdeep": false},
		"D4:1D:8C:D9:8F:00:B2:04:E9:80:09:98:EC:F8:42:7E": {"md5": false, "x509-fingerprint-md5": true},
		"D2-FB-49-24-37-18":                     {"mac-address": true, "mac-eui-64": false},
		"a|d41d8cd98f00b204e9800998ecf8427e":    {"filename|md5": true, "filename|sha1": false, "malware-sample": true},
		"a|b|d41d8cd98f00b204e9800998ecf8427e":  {"filename|md5": false, "malware-sample": false, "text": true},
		"a\nb|d41d8cd98f00b204e9800998ecf8427e": {"filename|md5": false},
		"|d41d8cd98f00b204e9800998ecf8427e":     {"filename|md5": false, "malware-sample": false},
		"HKLM\\x|y":                             {"regkey|value": true},
		"HKLM\\x|y|z":                           {"regkey|value": false, "regkey": true},
		"HKLM\\x|":                              {"regkey|value": false},
		"3:AXGBicFlgVNhBGcL6wC:AXGHs2C":         {"ssdeep": true, "impfuzzy": true, "tlsh": false},
		"a":                                     {"email": false, "AS": false, "datetime": false, "boolean": false, "regkey|value": false, "email-reply-to": true, "btc": true},
		"a@b":                                   {"email": false},
		"a@b.example":                           {"email": true, "email-dst": true, "target-email": true},
		"@b.example":                            {"email": false},
		"":                                      {"text": false},
		" \t":                                   {"text": false},
		"\x00\x01":                              {"text": false},
		"a\nb":                                  {"text": true, "yara": true, "url": false, "user-agent": false, "filename": false, "mutex": true},
		"a\n":                                   {"filename": true},
		"0":                                     {"port": false, "text": true, "counter": true},
		"65535":                                 {"port": true},
		"65536":                                 {"port": false, "AS": true, "size-in-bytes": true},
		"+1":                                    {"port": false, "AS": false, "counter": false},
		"-1":                                    {"port": false, "counter": false, "integer": true},
		"AS4294967295":                          {"AS": true},
		"AS4294967296":                          {"AS": false},
		"cve-2021-26855":                        {"vulnerability": true, "weakness": false},
		"CVE-2021–26855":                        {"vulnerability": true},
		"ProxyLogon":                            {"vulnerability": false},
		"CWE-79":                                {"weakness": true, "vulnerability": false},
		"https://example.org/a":                 {"link": true},
		"https://example.org/ü":                 {"link": false, "url": true},
		"https://example.org/a b":               {"link": false},
		"lanternsvc":                            {"windows-service-name": true},
		"lantern/svc":                           {"windows-service-name": false},
		strings.Repeat("x", 257):                {"windows-service-name": false, "text": true},
	} {
		for kind, want := range kinds {
			if acceptable(kind, value) != want {
				t.Errorf("%s %q: want %t", kind, value, want)
			}
		}
	}
}

// TestRefused: what MISP refuses of others' objects as one attribute becomes an object where there is one, or of type other.
func TestRefused(t *testing.T) {
	const hash = "d41d8cd98f00b204e9800998ecf8427e"
	for _, c := range []struct{ pattern, want string }{
		{"[file:name = 'a.exe' AND file:hashes.MD5 = '" + hash + "']", "filename|md5=a.exe|" + hash},
		{"[file:name = 'a|b.exe' AND file:hashes.MD5 = '" + hash + "']", "file: filename=a|b.exe md5=" + hash},
		{"[windows-registry-key:key = 'HKLM' AND windows-registry-key:values[*].data = 'x']", "regkey|value=HKLM|x"},
		{"[windows-registry-key:key = 'HKLM' AND windows-registry-key:values[*].data = 'x|y']", "registry-key: regkey=HKLM text=x|y"},
		{"[domain-name:value = 'c2.example']", "domain=c2.example"},
		{"[domain-name:value = 'localhost']", "other=localhost"},
	} {
		events, losses := exported(t, objectsOf(t, `{"type":"indicator","spec_version":"2.1","id":"indicator--5f0c1a2b-0001-4a2b-8c3d-0123456789ab","created":"2021-03-02T10:00:00.000Z","modified":"2021-03-02T10:00:00.000Z",`+
			`"pattern":"`+c.pattern+`","pattern_type":"stix","valid_from":"2021-03-02T10:00:00Z"}`))
		var got []string
		for _, a := range events[0].Attributes {
			got = append(got, a.Type+"="+a.Value)
		}
		for _, o := range events[0].Objects {
			got = append(got, o.Name+":")
			for _, a := range o.Attributes {
				got = append(got, a.Type+"="+a.Value)
			}
		}
		if s := strings.Join(got, " "); s != c.want || said(losses, "MISP refuses") != strings.Contains(c.want, "other=") {
			t.Errorf("%s: %s, want %s; %v", c.pattern, s, c.want, losses)
		}
	}
}
