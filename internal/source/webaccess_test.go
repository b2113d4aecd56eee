package source

import (
	"fmt"
	"testing"
)

func TestWebAccess(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{
			"common", `198.51.100.7 - - [03/Mar/2021:06:49:46 +0100] "GET /index.html HTTP/1.1" 200 512`,
			`2021-03-03T05:49:46Z @0 channel=access {"timestamp":"2021-03-03T05:49:46.0000000Z","cs-username":null,"c-ip":"198.51.100.7","cs-method":"GET","cs-uri":"/index.html","cs-uri-stem":"/index.html","cs-uri-query":null,"cs-version":"HTTP/1.1","sc-status":"200","sc-bytes":"512"}`,
		},
		{
			"combined", `2001:db8::1 - alice smith [03/Mar/2021:06:49:46 +0000] "POST /a b/x.php?c=\"d\"&e=\x41\x0a\xc3\xa4 HTTP/1.0" 404 - "https://example.org/?q=\"x\"" "Mozilla/5.0 (X; \\ Y)"`,
			`2021-03-03T06:49:46Z @0 channel=access {"timestamp":"2021-03-03T06:49:46.0000000Z","cs-username":"alice smith","c-ip":"2001:db8::1","cs-method":"POST","cs-uri":"/a b/x.php?c=\"d\"\u0026e=A\\x0aä","cs-uri-stem":"/a b/x.php","cs-uri-query":"c=\"d\"\u0026e=A\\x0aä","cs-version":"HTTP/1.0","sc-status":"404","sc-bytes":null,"cs-referer":"https://example.org/?q=\"x\"","cs-user-agent":"Mozilla/5.0 (X; \\ Y)"}`,
		},
		{
			"virtual host before, more behind", `www.example.org:443 198.51.100.7 id42 - [03/Mar/2021:06:49:46 +0000] "GET / HTTP/2.0" 200 5 "-" "-" 0.003 "203.0.113.9"`,
			`2021-03-03T06:49:46Z @0 channel=access host=www.example.org {"timestamp":"2021-03-03T06:49:46.0000000Z","cs-host":"www.example.org","s-port":"443","ident":"id42","cs-username":null,"c-ip":"198.51.100.7","cs-method":"GET","cs-uri":"/","cs-uri-stem":"/","cs-uri-query":null,"cs-version":"HTTP/2.0","sc-status":"200","sc-bytes":"5","cs-referer":null,"cs-user-agent":null,"rest":"0.003 \"203.0.113.9\""}`,
		},
		{
			"addresses that proxies passed on", `198.51.100.7, 203.0.113.9 - - [03/Mar/2021:06:49:46 +0000] "GET / HTTP/1.1" 200 5`,
			`2021-03-03T06:49:46Z @0 channel=access {"timestamp":"2021-03-03T06:49:46.0000000Z","cs-username":null,"c-ip":"198.51.100.7","cs-method":"GET","cs-uri":"/","cs-uri-stem":"/","cs-uri-query":null,"cs-version":"HTTP/1.1","sc-status":"200","sc-bytes":"5"}`,
		},
		{
			"no request", `198.51.100.7 - - [03/Mar/2021:06:49:46 +0000] "-" 408 0 "-" "-"`,
			`2021-03-03T06:49:46Z @0 channel=access {"timestamp":"2021-03-03T06:49:46.0000000Z","cs-username":null,"c-ip":"198.51.100.7","request":null,"sc-status":"408","sc-bytes":"0","cs-referer":null,"cs-user-agent":null}`,
		},
		{
			"no HTTP", `198.51.100.7 - - [03/Mar/2021:06:49:46 +0000] "\x16\x03\x01A" 400 0`,
			`2021-03-03T06:49:46Z @0 channel=access {"timestamp":"2021-03-03T06:49:46.0000000Z","cs-username":null,"c-ip":"198.51.100.7","request":"\\x16\\x03\\x01A","sc-status":"400","sc-bytes":"0"}`,
		},
		{
			"HTTP 0.9", `198.51.100.7 - - [03/Mar/2021:06:49:46 +0000] "GET /x" 200 1`,
			`2021-03-03T06:49:46Z @0 channel=access {"timestamp":"2021-03-03T06:49:46.0000000Z","cs-username":null,"c-ip":"198.51.100.7","cs-method":"GET","cs-uri":"/x","cs-uri-stem":"/x","cs-uri-query":null,"sc-status":"200","sc-bytes":"1"}`,
		},
		{
			"quotes that are not escaped", `198.51.100.7 - - [03/Mar/2021:06:49:46 +0000] "GET /?a="b" HTTP/1.1" 200 1 "-" "say "hi"x"`,
			`2021-03-03T06:49:46Z @0 channel=access {"timestamp":"2021-03-03T06:49:46.0000000Z","cs-username":null,"c-ip":"198.51.100.7","cs-method":"GET","cs-uri":"/?a=\"b\"","cs-uri-stem":"/","cs-uri-query":"a=\"b\"","cs-version":"HTTP/1.1","sc-status":"200","sc-bytes":"1","cs-referer":null,"cs-user-agent":"say \"hi\"x"}`,
		},
		{
			"Apache error", `[Wed Mar 03 06:49:46.123456 2021] [core:error] [pid 12:tid 34] [client 198.51.100.7:5555] AH00126: Invalid URI in request`,
			`2021-03-03T06:49:46.123456Z @0 channel=error {"timestamp":"2021-03-03T06:49:46.1234560Z","module":"core","level":"error","pid":"12","c-ip":"198.51.100.7","message":"AH00126: Invalid URI in request"}`,
		},
		{
			"Apache 2.2 error", `[Wed Mar 03 06:49:46 2021] [notice] child pid 12 exit signal Segmentation fault (11)`,
			`2021-03-03T06:49:46Z @0 channel=error {"timestamp":"2021-03-03T06:49:46.0000000Z","level":"notice","message":"child pid 12 exit signal Segmentation fault (11)"}`,
		},
		{
			"nginx error", `2021/03/03 06:49:46 [error] 12#0: *1 open() "/x" failed (2: No such file), client: 198.51.100.7, server: example.org, request: "GET /x?y HTTP/1.1", host: "www.example.org"`,
			`2021-03-03T06:49:46Z @0 channel=error {"timestamp":"2021-03-03T06:49:46.0000000Z","level":"error","pid":"12","message":"12#0: *1 open() \"/x\" failed (2: No such file), client: 198.51.100.7, server: example.org, request: \"GET /x?y HTTP/1.1\", host: \"www.example.org\"","c-ip":"198.51.100.7","server":"example.org","cs-method":"GET","cs-uri":"/x?y","cs-uri-stem":"/x","cs-uri-query":"y","cs-version":"HTTP/1.1","cs-host":"www.example.org"}`,
		},
		{
			"Squid", `1614754186.123    200 198.51.100.7 TCP_MISS/200 1234 GET http://u@www.example.org:8080/a?b=c alice HIER_DIRECT/203.0.113.9 text/html`,
			`2021-03-03T06:49:46.123Z @0 channel=proxy {"timestamp":"2021-03-03T06:49:46.1230000Z","time-taken":"200","c-ip":"198.51.100.7","s-action":"TCP_MISS","sc-status":"200","sc-bytes":"1234","cs-method":"GET","s-port":"8080","cs-host":"www.example.org","cs-uri":"http://u@www.example.org:8080/a?b=c","cs-uri-stem":"/a","cs-uri-query":"b=c","cs-username":"alice","s-hierarchy":"HIER_DIRECT","r-ip":"203.0.113.9","cs-mime-type":"text/html"}`,
		},
		{
			"Squid tunnel", `1614754186.123 9 198.51.100.7 TCP_TUNNEL/200 1 CONNECT www.example.org:443 - HIER_DIRECT/203.0.113.9 -`,
			`2021-03-03T06:49:46.123Z @0 channel=proxy {"timestamp":"2021-03-03T06:49:46.1230000Z","time-taken":"9","c-ip":"198.51.100.7","s-action":"TCP_TUNNEL","sc-status":"200","sc-bytes":"1","cs-method":"CONNECT","s-port":"443","cs-host":"www.example.org","cs-uri":"www.example.org:443","cs-uri-stem":null,"cs-uri-query":null,"cs-username":null,"s-hierarchy":"HIER_DIRECT","r-ip":"203.0.113.9","cs-mime-type":null}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if w := expect(t, newWebAccess(), tt.in, "webaccess "+tt.want); len(w) > 0 {
				t.Errorf("warnings %v", w)
			}
			if n := newWebAccess().(Sniffer).Sniff([]byte(tt.in + "\n")); n != 85 {
				t.Errorf("Sniff = %d", n)
			}
		})
	}
	w := expect(t, newWebAccess(), "www.example.org 198.51.100.7 x [03/Mar/2021:06:49:46 +0000] \"\n", `webaccess @0 {"message":"www.example.org 198.51.100.7 x [03/Mar/2021:06:49:46 +0000] \""}`)
	if len(w) != 1 {
		t.Errorf("warnings %v", w)
	}
}

func TestWebAccessSniff(t *testing.T) {
	for _, in := range []string{
		"", "hello\n", "Mar  3 06:49:46 web1 sshd[1]: x\n", "a,b,c\n1,2,3\n", "[Wed] x\n", "[error] x\n", "2021/03/03 06:49:46 x\n",
		"1614754186.123 a b c d e f g h i\n", "{\"a\":\"198.51.100.7 - - [03/Mar/2021:06:49:46 +0000] \\\"GET / HTTP/1.1\\\" 200 5\"}\n",
	} {
		if n := newWebAccess().(Sniffer).Sniff([]byte(in)); n != 0 {
			t.Errorf("Sniff(%q) = %d", in, n)
		}
	}
}

func FuzzWebAccess(f *testing.F) {
	fuzzFormat(f, newWebAccess(),
		"www.example.org:443 198.51.100.7, 203.0.113.9 - a b [03/Mar/2021:06:49:46 +0000] \"GET /x?\\x41\\\" HTTP/1.1\" 200 5 \"-\" \"x\" y\n",
		"[Wed Mar 03 06:49:46.123456 2021] [core:error] [pid 12:tid 34] [client 198.51.100.7:5555] x\n",
		"2021/03/03 06:49:46 [error] 12#0: *1 x, client: 198.51.100.7, request: \"GET /x?y HTTP/1.1\", host: \"h\"\n",
		"1614754186.123    200 198.51.100.7 TCP_MISS/200 1234 GET http://u@h:80/a?b alice HIER_DIRECT/203.0.113.9 text/html\n",
	)
}

func BenchmarkWebAccess(b *testing.B) {
	benchmarkFormat(b, newWebAccess(), func(i int) string {
		return fmt.Sprintf("198.51.100.%d - - [03/Mar/2021:06:%02d:%02d +0000] \"GET /page%d.php?id=%d HTTP/1.1\" 200 %d \"https://www.example.org/\" \"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0\"\n", i%250, i/60%60, i%60, i%100, i, i%9000)
	}, "")
}
