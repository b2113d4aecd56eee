package packs_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/advisory"
	"entente/internal/hunt"
	"entente/internal/logrange"
	"entente/internal/source"
	"entente/internal/taxonomy"
	"entente/packs"
)

func exchangePlan(t *testing.T) (*hunt.Plan, *advisory.Pack) {
	t.Helper()
	p, err := advisory.OpenFS(packs.Open("exchange-2021"), "exchange-2021")
	if err != nil {
		t.Fatal(err)
	}
	table, err := taxonomy.Load()
	if err != nil {
		t.Fatal(err)
	}
	return hunt.NewPlan(p.Rules, table, hunt.PlanOptions{}), p
}

// stagesOf lists the stages that the findings of a log show, in order of name.
func stagesOf(t *testing.T, plan *hunt.Plan, name, log string) []string {
	t.Helper()
	seen := map[string]bool{}
	_, err := hunt.Run(t.Context(), plan, hunt.Options{
		Read: source.Options{Workers: 1, Memory: []source.Memory{{Name: name, Data: []byte(log)}}},
		Finding: func(f *hunt.Finding) error {
			for _, tag := range f.Rule.Tags {
				if s, ok := strings.CutPrefix(tag, advisory.StageTag); ok {
					seen[s] = true
				}
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(seen))
}

const (
	w3cHead = "#Software: Microsoft Internet Information Services 10.0\n" +
		"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n"
	w3cFront = "2021-03-03 06:49:46 10.0.0.1 POST /ecp/y.js &CorrelationID=<empty>;&cafeReqId=0a1b2c3d-0000-4000-8000-000000000001; 443 - x.x.x.x python-requests/2.25.1 - 241 0 0 402\n"
	w3cBack  = "2021-03-03 06:49:53 fe80::1%5 POST /ecp/DDI/DDIService.svc/SetObject msExchEcpCanary=AbC.&schema=OABVirtualDirectory&ActID=1 444 EXAMPLE\\EX01$ fe80::1%5 python-requests/2.25.1 - 200 0 0 2210\n"
	w3cShell = "2021-03-03 07:03:08 10.0.0.1 POST /owa/auth/zq7.aspx &CorrelationID=<empty>; 443 - 198.51.100.7 Mozilla/5.0+(Windows+NT+6.1) - 200 0 0 180\n"

	proxyHead = "DateTime,RequestId,MajorVersion,MinorVersion,BuildVersion,RevisionVersion,ClientRequestId,Protocol,UrlHost,UrlStem,ProtocolAction,AuthenticationType,IsAuthenticated,AuthenticatedUser,Organization,AnchorMailbox,UserAgent,ClientIpAddress,ServerHostName,HttpStatus,BackEndStatus,ErrorCode,Method,ProxyAction,TargetServer,TargetServerVersion,RoutingType,RoutingHint,BackEndCookie,RequestBytes,UrlQuery,GenericInfo\n"
	proxyRow  = "2021-03-03T06:49:53.772Z,0a1b2c3d-0000-4000-8000-000000000001,15,1,1913,5,,Ecp,mail.example.org,/ecp/y.js,,,false,,,ServerInfo~a]@ex01.example.org:444/ecp/proxyLogon.ecp#,python-requests/2.25.1,198.51.100.7,EX01,241,241,,POST,Proxy,ex01.example.org,15.01.1913.000,IntraForest,X-BEResource-Cookie,,900,,BeginRequest=2021-03-03T06:49:53.772Z;\n"

	panelHead = "#Software: Microsoft Exchange Server\n#Log-type: ECP Server Log\n#Fields: TimeStamp,ServerName,EventId,EventData\n"
	panelRow  = `2021-03-03T06:49:53.772Z,EX01,ECP.Request,"S:TIME=310;S:SID=S-1-5-18;S:CMD=Set-OabVirtualDirectory.ExternalUrl='http://f/<script language=""JScript"" runat=""server"">function Page_Load(){eval(Request[""x""],""unsafe"");}</script>'.Identity='0a1b';S:REQID=;S:EX="` + "\n"
	panelRaw  = `2021-03-03T06:49:53.772Z,EX01,ECP.Request,S:TIME=310;S:SID=S-1-5-18;S:CMD=Set-OabVirtualDirectory.ExternalUrl='http://f/<script language="JScript" runat="server">function Page_Load(){eval(Request["x"],"unsafe");}</script>'.Identity='0a1b';S:REQID=` + "\n"
)

// Logs come as Exchange wrote them, and as people pass them on: without a header, with a part of the columns, exported
// as a table, quoted, carried by something else.
func TestExchangeLogsInManyShapes(t *testing.T) {
	plan, _ := exchangePlan(t)
	directives := "#Software: Microsoft Exchange Server\n#Version: 15.01.1913.005\n#Log-type: HttpProxy Logs\n#Date: 2021-03-03T06:00:00.000Z\n#Fields: "
	quote := func(s string) string {
		var b strings.Builder
		for line := range strings.Lines(s) {
			b.WriteString(`"` + strings.ReplaceAll(strings.TrimRight(line, "\n"), ",", `","`) + `"` + "\n")
		}
		return b.String()
	}
	const tried, answered, passed, changed, used = "exploit-attempt", "exploit-answered", "exploit-passed", "directory-changed", "shell-used"
	for _, c := range []struct {
		name, log string
		want      []string
	}{
		{"httpproxy.log", directives + proxyHead + proxyRow, []string{tried, answered}},
		{"mark-and-crlf.log", "\uFEFF" + strings.ReplaceAll(directives+proxyHead+proxyRow, "\n", "\r\n"), []string{tried, answered}},
		{"columns.csv", proxyHead + proxyRow, []string{tried, answered}},
		{"quoted.csv", quote(proxyHead + proxyRow), []string{tried, answered}},
		{"no-header.txt", proxyRow, []string{tried, answered}},
		{"searched-out.txt", `D:\Logging\HttpProxy\Ecp\HttpProxy_2021030306-1.LOG:12:` + proxyRow, []string{tried, answered}},
		{"some-columns.csv", "DateTime,AnchorMailbox,UrlStem,HttpStatus,UserAgent\n2021-03-03T06:49:53.772Z,ServerInfo~a]@ex01:444/ecp/proxyLogon.ecp#,/ecp/y.js,241,x\n", []string{tried, answered}},
		{"shipped.json", `{"@timestamp":"2021-03-03T06:49:53.772Z","AnchorMailbox":"ServerInfo~a]@ex01:444/ews/exchange.asmx?a=","HttpStatus":"200","ServerHostName":"EX01"}` + "\n", []string{tried, answered}},
		{"refused.csv", strings.ReplaceAll(proxyHead+proxyRow, "241,241", "500,500"), []string{tried}},
		{"probe.csv", strings.ReplaceAll(proxyHead+proxyRow, "ecp/proxyLogon.ecp", "autodiscover/autodiscover.xml"), []string{tried, answered, "probe"}},
		{"panel.log", panelHead + panelRow, []string{changed}},
		{"panel-raw.log", panelHead + panelRaw, []string{changed}},
		{"panel-no-header.txt", panelRow + panelRaw, []string{changed}},
		{"front.log", w3cHead + w3cFront, []string{tried, answered}},
		{"front-no-header.txt", w3cFront, []string{tried, answered}},
		{"front.csv", "date,time,s-ip,cs-method,cs-uri-stem,s-port,c-ip,cs(User-Agent),sc-status\n2021-03-03,06:49:46,10.0.0.1,POST,/ECP/Y.JS,443,198.51.100.7,x,241\n", []string{tried, answered}},
		{"more-columns.log", "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time s-sitename s-computername s-ip cs-method cs-uri-stem s-port c-ip cs(User-Agent) cs(Cookie) cs-host sc-status X-Forwarded-For\n" +
			"2021-03-03 06:49:46 W3SVC1 EX01 10.0.0.1 POST /owa/auth/x.js 443 10.0.0.9 python-requests/2.25.1 X-AnonResource=true;+X-AnonResource-Backend=ex01:444/ecp/x?~3 mail.example.org 500 198.51.100.7\n", []string{tried}},
		{"back.log", w3cHead + w3cBack, []string{changed, passed}},
		{"back-no-header.txt", w3cBack, []string{changed, passed}},
		{"chain.log", w3cHead + strings.ReplaceAll(w3cFront, "x.x.x.x", "198.51.100.7") + w3cShell, []string{tried, answered, passed, used}},
		{"capture.json", `{"Channel":"MSExchange Management","SourceName":"MSExchange CmdletLogs","EventID":1,"Hostname":"EX01.example.org","EventTime":"2021-03-09 01:40:01","Message":"Cmdlet suceeded. Cmdlet Set-OabVirtualDirectory, parameters -ExternalUrl \"http://ooo/#<script>function Page_Load(){}</script>\" -Identity \"OAB (Default Web Site)\"."}` + "\n", []string{changed}}, //nolint:misspell // as Exchange spells it
	} {
		got := stagesOf(t, plan, c.name, c.log)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: stages %v, want %v", c.name, got, c.want)
		}
	}
}

// Every record that an intrusion into Exchange leaves in a range is found, and no harmless look-alike, in each of the
// forms that Windows events come in. Each form is hunted alone: what a sequence rests on is listed once, not once for
// each copy of a record.
func TestExchangeIntrusionsAreFoundWhole(t *testing.T) {
	for _, windows := range []logrange.Format{logrange.EVTX, logrange.Winlogbeat, logrange.WinFlat} {
		t.Run(string(windows), func(t *testing.T) { exchangeIntrusionsAreFound(t, windows) })
	}
}

func exchangeIntrusionsAreFound(t *testing.T, windows logrange.Format) {
	t.Helper()
	plan, pack := exchangePlan(t)
	shows := map[string]advisory.Shows{}
	for _, s := range pack.Manifest.Stages {
		shows[s.ID] = s.Shows
	}
	dir := t.TempDir()
	r := logrange.Plan{
		Seed: 20210303, Start: time.Date(2021, 3, 3, 0, 0, 0, 0, time.UTC), Duration: 24 * time.Hour,
		Hosts: []logrange.Host{{Name: "ex01", Role: logrange.ExchangeServer}}, EventsPerHost: 1500,
		Formats: []logrange.Format{windows, logrange.IIS, logrange.HTTPProxy, logrange.ECP},
	}
	whole := []string{"proxylogon", "webshell", "proxyshell", "um-service"}
	for i, id := range whole {
		r.Plants = append(r.Plants, logrange.Planting{ID: id, At: time.Duration(6+3*i) * time.Hour, Host: "ex01"})
	}
	for _, p := range logrange.Plants() {
		if p.Label == logrange.Lookalike {
			r.Plants = append(r.Plants, logrange.Planting{ID: p.ID})
		}
	}
	sum, err := logrange.Write(t.Context(), dir, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	hit := map[logrange.Spot]bool{}
	stages := map[string]bool{}
	spot := func(file string, offset int64) logrange.Spot {
		name, err := filepath.Rel(dir, file)
		if err != nil {
			t.Fatal(err)
		}
		return logrange.Spot{File: filepath.ToSlash(name), Offset: offset}
	}
	_, err = hunt.Run(t.Context(), plan, hunt.Options{
		Inputs: []string{filepath.Join(dir, "ex01")},
		Finding: func(f *hunt.Finding) error {
			hit[spot(f.File, f.Offset)] = true
			if f.Correlation != nil {
				for _, m := range f.Correlation.Matches {
					hit[spot(m.File, m.Offset)] = true
				}
			}
			for _, tag := range f.Rule.Tags {
				if s, ok := strings.CutPrefix(tag, advisory.StageTag); ok {
					stages[s] = true
				}
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	planted := map[string]int{}
	for _, x := range sum.Truth {
		planted[x.Plant]++
		switch found := hit[logrange.Spot{File: x.File, Offset: x.Offset}]; {
		case x.Label == logrange.Lookalike && found:
			t.Errorf("%s, harmless, is reported: %s (%s, offset %d)", x.Plant, x.Description, x.File, x.Offset)
		case x.Label == logrange.Malicious && !found:
			t.Errorf("%s is not found: %s (%s, offset %d)", x.Plant, x.Description, x.File, x.Offset)
		}
	}
	for _, id := range whole {
		if planted[id] == 0 {
			t.Errorf("nothing of %s is in the range", id)
		}
	}
	for _, s := range []string{"probe", "exploit-attempt", "exploit-answered", "exploit-passed", "directory-changed", "shell-written", "shell-requested", "shell-used"} {
		if !stages[s] || shows[s] == "" {
			t.Errorf("stage %s is not shown", s)
		}
	}
}
