package source

import (
	"fmt"
	"strings"
	"testing"
)

const proxyHead = "DateTime,RequestId,Protocol,UrlStem,AnchorMailbox,UserAgent,ServerHostName,HttpStatus,RoutingHint"

func TestHTTPProxy(t *testing.T) {
	head := "#Software: Microsoft Exchange Server\n#Version: 15.01.1979.003\n#Log-type: HttpProxy Logs\n#Date: 2021-03-03T06:00:00.000Z\n#Fields: " + proxyHead + "\n" + proxyHead + "\n"
	row1 := "2021-03-03T06:49:53.772Z,11111111-2222-4333-8444-555555555555,Ecp,/ecp/y.js,\"ServerInfo~a]@ex01.example.org:444/x,y?a=\"\"b\"\"#\",python-requests/2.25.1,EX01,200,X-BEResource-Cookie\n"
	row2 := "2021-03-03T06:49:54.000Z,r2,Owa,/owa/,,\"two\nlines\",EX01,302,\n"
	mid := "#Fields: DateTime,Protocol\n"
	row3 := "2021-03-03T06:49:55.000Z,Ews\n"
	in := head + row1 + row2 + mid + row3
	w := expect(t, newExchange(), in,
		fmt.Sprintf(`httpproxy 2021-03-03T06:49:53.772Z @%d channel=Ecp provider=Microsoft Exchange Server host=EX01 {"DateTime":"2021-03-03T06:49:53.772Z","RequestId":"11111111-2222-4333-8444-555555555555","Protocol":"Ecp","UrlStem":"/ecp/y.js","AnchorMailbox":"ServerInfo~a]@ex01.example.org:444/x,y?a=\"b\"#","UserAgent":"python-requests/2.25.1","ServerHostName":"EX01","HttpStatus":"200","RoutingHint":"X-BEResource-Cookie"}`, len(head)),
		fmt.Sprintf(`httpproxy 2021-03-03T06:49:54Z @%d channel=Owa provider=Microsoft Exchange Server host=EX01 {"DateTime":"2021-03-03T06:49:54.000Z","RequestId":"r2","Protocol":"Owa","UrlStem":"/owa/","AnchorMailbox":null,"UserAgent":"two\nlines","ServerHostName":"EX01","HttpStatus":"302","RoutingHint":null}`, len(head+row1)),
		fmt.Sprintf(`httpproxy 2021-03-03T06:49:55Z @%d channel=Ews provider=Microsoft Exchange Server {"DateTime":"2021-03-03T06:49:55.000Z","Protocol":"Ews"}`, len(head+row1+row2+mid)),
	)
	if len(w) > 0 {
		t.Errorf("warnings %v", w)
	}
}

// Some files have the names of the columns as a row of their own, before everything else.
func TestExchangeNamesBeforeDirectives(t *testing.T) {
	head := "DateTime,Protocol,ServerHostName\r\n#Software: Microsoft Exchange Server\r\n#Log-type: HttpProxy Logs\r\n#Fields: DateTime,Protocol,ServerHostName\r\n"
	in := head + "2021-03-03T06:49:53.772Z,Ecp,EX07\r\n"
	w := expect(t, newExchange(), in,
		fmt.Sprintf(`httpproxy 2021-03-03T06:49:53.772Z @%d channel=Ecp provider=Microsoft Exchange Server host=EX07 {"DateTime":"2021-03-03T06:49:53.772Z","Protocol":"Ecp","ServerHostName":"EX07"}`, len(head)))
	if len(w) > 0 {
		t.Errorf("warnings %v", w)
	}
	if k, tail, _, _ := KindOf([]byte(in), "", true); k != KindLines || tail.Format().Name() != "exchange" {
		t.Errorf("followed as %v", k)
	}
}

const ecpHead = "#Software: Microsoft Exchange Server\n#Log-type: ECP Server Log\n#Fields: TimeStamp,ServerName,EventId,EventData\n"

func TestECP(t *testing.T) {
	tests := []struct{ name, data, want string }{
		{
			"planted script", `"S:TIME=310;S:CMD=Set-OabVirtualDirectory.ExternalUrl='http://f/<script language=""JScript"">function P(){eval(Request[""x""],""u"");}</script>'.Identity='11111111-2222-4333-8444-555555555555';S:EX="`,
			`"TIME":"310","CMD":"Set-OabVirtualDirectory.ExternalUrl='http://f/\u003Cscript language=\"JScript\"\u003Efunction P(){eval(Request[\"x\"],\"u\");}\u003C/script\u003E'.Identity='11111111-2222-4333-8444-555555555555'","Cmdlet":"Set-OabVirtualDirectory","ExternalUrl":"http://f/\u003Cscript language=\"JScript\"\u003Efunction P(){eval(Request[\"x\"],\"u\");}\u003C/script\u003E","Identity":"11111111-2222-4333-8444-555555555555","EX":null}`,
		},
		{
			"bare parameters and an empty part", `S:CMD=Get-OabVirtualDirectory.ADPropertiesOnly=$true.Identity=$null;;S:EX=`,
			`"CMD":"Get-OabVirtualDirectory.ADPropertiesOnly=$true.Identity=$null","Cmdlet":"Get-OabVirtualDirectory","ADPropertiesOnly":"$true","Identity":"$null","EX":null}`,
		},
		{
			"pipeline", `S:CMD=Pipeline.1|Get-InboxRule`,
			`"CMD":"Pipeline.1|Get-InboxRule","Cmdlet":"Get-InboxRule"}`,
		},
		{
			"typed counters", `S:Bld=15.1;I32:ATE.C[EX01.example.org]=1;Dbl:WLM.TS=60`,
			`"Bld":"15.1","ATE.C":"1","WLM.TS":"60"}`,
		},
		{
			"apostrophes and semicolons", `"S:URL=/ecp/o'brien;x=1;S:CMD=Set-X.A='it''s; S:not=me; a';S:REQID="`,
			`"URL":"/ecp/o'brien;x=1","CMD":"Set-X.A='it''s; S:not=me; a'","Cmdlet":"Set-X","A":"it''s; S:not=me; a","REQID":null}`,
		},
		{
			"quote that nothing closes", `"S:CMD=Set-X.A='abc;S:EX=boom"`,
			`"CMD":"Set-X.A='abc","Cmdlet":"Set-X","A":"abc","EX":"boom"}`,
		},
		{"free text", `nothing to see`, `"EventData":"nothing to see"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := ecpHead + "2021-03-03T06:49:53.772Z,EX01,ECP.Request," + tt.data + "\n"
			got := readOne(t, newExchange(), in)
			head := fmt.Sprintf(`ecp 2021-03-03T06:49:53.772Z @%d channel=ECP Server Log provider=Microsoft Exchange Server host=EX01 {"TimeStamp":"2021-03-03T06:49:53.772Z","ServerName":"EX01","EventId":"ECP.Request","EventData":`, len(ecpHead))
			if !strings.HasPrefix(got, head) || !strings.HasSuffix(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s…%s", got, head, tt.want)
			}
			sameForAllBlocks(t, newExchange(), in, []string{got})
		})
	}
}

func TestExchangeOthers(t *testing.T) {
	in := "#Software: Microsoft Exchange Server\r\n#Log-type: Message Tracking Log\r\n#Fields: date-time,client-ip,server-hostname\r\n2021-03-03T06:49:53.772Z,198.51.100.7,EX01\r\n"
	want := `csv 2021-03-03T06:49:53.772Z ` + lastLineAt(in) + ` channel=Message Tracking Log provider=Microsoft Exchange Server host=EX01 {"date-time":"2021-03-03T06:49:53.772Z","client-ip":"198.51.100.7","server-hostname":"EX01"}`
	if w := expect(t, newExchange(), in, want); len(w) > 0 {
		t.Errorf("warnings %v", w)
	}
	// Text in a field does not pass for a header.
	in = ecpHead + "2021-03-03T06:49:53Z,EX01,e,\"S:A=1\n#Fields: a,b\n;S:B=2\"\n2021-03-03T06:49:54Z,EX01,e,S:C=3\n"
	events, _ := read(t, newExchange(), in, 0)
	if len(events) != 2 || !strings.Contains(events[1], `"ServerName":"EX01"`) {
		t.Errorf("got %q", events)
	}
	sameForAllBlocks(t, newExchange(), in, events)
	// No header at all: the rows are kept.
	if w := expect(t, newExchange(), "a,b\n", `text @0 {"message":"a,b"}`); len(w) != 1 {
		t.Errorf("warnings %v", w)
	}
	// A header row without directives.
	expect(t, newExchange(), proxyHead+"\n2021-03-03T06:49:53Z,r,Ecp,/,,,EX01,200,\n",
		fmt.Sprintf(`httpproxy 2021-03-03T06:49:53Z @%d channel=Ecp host=EX01 {"DateTime":"2021-03-03T06:49:53Z","RequestId":"r","Protocol":"Ecp","UrlStem":"/","AnchorMailbox":null,"UserAgent":null,"ServerHostName":"EX01","HttpStatus":"200","RoutingHint":null}`, len(proxyHead)+1))
}

func TestExchangeSniff(t *testing.T) {
	for in, want := range map[string]int{
		ecpHead: 90,
		"#Software: Microsoft Exchange Server\n#Version: 15\n": 90,
		"#Fields: date time c-ip\n":                            0,
		"a,b,c\n1,2,3\n":                                       0,
		"":                                                     0,
	} {
		if got := newExchange().(Sniffer).Sniff([]byte(in)); got != want {
			t.Errorf("Sniff(%q) = %d, want %d", in, got, want)
		}
	}
}

func FuzzExchange(f *testing.F) {
	fuzzFormat(f, newExchange(),
		ecpHead+"2021-03-03T06:49:53.772Z,EX01,ECP.Request,\"S:TIME=310;S:CMD=Set-O.ExternalUrl='http://f/<script>\"\"a\"\";</script>'.Identity='1';S:EX=\"\n#Fields: DateTime,Protocol\n2021-03-03T06:49:53Z,Owa\n",
		proxyHead+"\n2021-03-03T06:49:53Z,r,Ecp,/,,\"a\n#b\",EX01,200,\n",
	)
}

func BenchmarkHTTPProxy(b *testing.B) {
	benchmarkFormat(b, newExchange(), func(i int) string {
		return fmt.Sprintf("2021-03-03T06:%02d:%02d.772Z,11111111-2222-4333-8444-%012d,15,1,1979,3,,Owa,mail.example.org,/owa/service.svc,,FBA,True,EXAMPLE\\user%d,,Sid~S-1-5-21-1-2-3-%d,\"Mozilla/5.0 (Windows NT 10.0, Win64)\",198.51.100.%d,EX01,200,200,,POST,Proxy,ex01.example.org,15.01.1979.000,IntraForest,WindowsIdentity,,,,1200,5400,1,,,,0\n", i/60%60, i%60, i, i%50, i%50, i%250)
	}, "#Software: Microsoft Exchange Server\n#Log-type: HttpProxy Logs\n#Fields: DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ClientRequestId,Protocol,UrlHost,UrlStem,ProtocolAction,AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,AnchorMailbox,UserAgent,ClientIpAddress,ServerHostName,HttpStatus,BackEndStatus,ErrorCode,Method,ProxyAction,TargetServer,TargetServerVersion,RoutingType,RoutingHint,BackEndCookie,ServerLocatorHost,ServerLocatorLatency,RequestBytes,ResponseBytes,TargetOutstandingRequests,AuthModulePerfContext,HttpPipelineLatency,CalculateTargetBackEndLatency,GlsLatencyBreakup\n")
}

func BenchmarkECP(b *testing.B) {
	benchmarkFormat(b, newExchange(), func(i int) string {
		return fmt.Sprintf("2021-03-03T06:%02d:%02d.772Z,EX01,ECP.Request,\"S:TIME=%d;S:SID=11111111-2222-4333-8444-%012d;S:CMD=Get-InboxRule.Identity='\"\"user%d\"\"';S:REQID=;S:URL=/ecp/RulesEditor/InboxRules.svc/GetList;S:EX=;S:ACTID=%d\"\n", i/60%60, i%60, i%900, i, i%50, i)
	}, ecpHead)
}
