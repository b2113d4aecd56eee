package logrange

import "strconv"

// webServer is the web side of an Exchange server: IIS front end and back end, HttpProxy and ECP logs.
type webServer struct {
	h     *host
	front *logFile // nil where not wanted, as all of them
	back  *logFile
	proxy map[string]*logFile // by protocol
	ecp   *logFile
	order []*logFile // all of them, to close

	scratch []byte // a field while it is put together
}

// proxyProtocols are the folders of HttpProxy.
var proxyProtocols = []string{"Autodiscover", "Eas", "Ecp", "Ews", "Mapi", "Oab", "Owa", "PowerShell", "RpcHttp"}

func newWebServer(h *host) *webServer {
	w := &webServer{h: h, proxy: map[string]*logFile{}}
	add := func(l *logFile) *logFile {
		w.order = append(w.order, l)
		return l
	}
	if h.has[IIS] {
		w.front = add(newIISLog(h, "W3SVC1"))
		if h.place.stream == nil { // one stream is one site's log
			w.back = add(newIISLog(h, "W3SVC2"))
		}
	}
	if h.has[HTTPProxy] {
		if h.place.stream != nil {
			one := add(newProxyLog(h, "Owa"))
			for _, p := range proxyProtocols {
				w.proxy[p] = one
			}
		} else {
			for _, p := range proxyProtocols {
				w.proxy[p] = add(newProxyLog(h, p))
			}
		}
	}
	if h.has[ECP] {
		w.ecp = add(newECPLog(h))
	}
	return w
}

func (w *webServer) close() {
	for _, l := range w.order {
		l.done()
	}
}

// request is one request to the front end, and what became of it.
type request struct {
	method   string
	stem     string
	query    string
	user     string // as IIS writes it; "" is -
	mailbox  string // anchor mailbox of HttpProxy
	from     string
	agent    string // with blanks
	referer  string
	status   int
	sub      int
	win32    int
	taken    int // milliseconds
	protocol string
	in, out  int    // bytes
	backEnd  string // stem at the back end, "" where the front end answers
	backUser string
	id       guid
	auth     string // Negotiate, Basic, FBA; "" where not authenticated
	hint     string // routing hint
	errCode  string
	cookie   string // BackEndCookie
	internal bool   // probes of the server itself
}

// serve logs a request wherever it shows.
func (w *webServer) serve(q *request) {
	h := w.h
	q.id = randomGUID(h.rand)
	w.iisFront(q)
	if l := w.proxy[q.protocol]; l != nil && q.protocol != "" {
		w.proxied(l, q)
	}
	if q.backEnd != "" {
		w.iisBack(q)
	}
	h.pause(0, 30*milli)
}

// phones and browsers, as their user agents.
var (
	browsers = []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.190 Safari/537.36",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:86.0) Gecko/20100101 Firefox/86.0",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/88.0.4324.182 Safari/537.36 Edg/88.0.705.81",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 11_2_1) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/14.0.3 Safari/605.1.15",
		"Mozilla/5.0 (X11; Linux x86_64; rv:86.0) Gecko/20100101 Firefox/86.0",
	}
	phones = []string{
		"Apple-iPhone12C1/1803.66", "Apple-iPhone13C2/1804.52", "Android-SAMSUNG-SM-G981B/101.110000", "Outlook-iOS-Android/1.0", "Apple-iPad7C11/1803.66",
	}
	outlooks = []string{
		"Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.13628; Pro)", "Microsoft Office/15.0 (Windows NT 10.0; Microsoft Outlook 15.0.5319; Pro)",
	}
	crawlers = []string{
		"Mozilla/5.0 (compatible; ExampleBot/2.1; +http://www.example.com/bot.html)", "Mozilla/5.0 (compatible; SearchSample/3.0; +https://search.example.net/)",
	}
)

var owaActions = []string{
	"FindConversation", "GetConversationItems", "GetItem", "CreateItem", "UpdateItem", "FindItem", "GetFolder", "SubscribeToNotification", "GetCalendarView",
	"GetPersona", "MarkAllItemsAsRead", "GetReminders", "GetFileAttachment", "SetNotificationSettings", "GetUserAvailabilityInternal", "GetMailTips",
}

var owaStatics = []string{
	"/owa/auth/15.1.2106/themes/resources/favicon.ico", "/owa/auth/15.1.2106/themes/resources/segoeui-regular.ttf", "/owa/prem/15.1.2106.2/scripts/boot.worldwide.0.mouse.js",
	"/owa/prem/15.1.2106.2/scripts/boot.worldwide.1.mouse.js", "/owa/prem/15.1.2106.2/resources/styles/0/boot.worldwide.mouse.css", "/owa/prem/15.1.2106.2/resources/images/0/sprite1.mouse.png",
	"/owa/auth/15.1.2106/themes/resources/logon.css", "/owa/prem/15.1.2106.2/resources/styles/fonts/office365icons.woff", "/owa/auth/15.1.2106/scripts/premium/flogon.js",
}

func onWeb(day, night int, do func(w *webServer), needs ...Format) doing {
	if len(needs) == 0 {
		needs = []Format{IIS, HTTPProxy}
	}
	return doing{day, night, needs, func(h *host) { do(h.web) }}
}

func webRoutine() []doing {
	return []doing{
		onWeb(320, 40, (*webServer).owaCall),
		onWeb(180, 20, (*webServer).owaStatic),
		onWeb(340, 120, (*webServer).mapi),
		onWeb(280, 240, (*webServer).phone),
		onWeb(120, 60, (*webServer).ews),
		onWeb(80, 50, (*webServer).autodiscover),
		onWeb(30, 16, (*webServer).addressBook),
		onWeb(40, 20, (*webServer).rpc),
		onWeb(180, 320, (*webServer).probe),
		onWeb(60, 100, (*webServer).balancer, IIS),
		onWeb(16, 4, (*webServer).logon),
		onWeb(12, 2, (*webServer).administers, IIS, HTTPProxy, ECP),
		onWeb(6, 2, (*webServer).remoteShell),
		onWeb(12, 20, (*webServer).stranger, IIS),
	}
}

// client is a person at a machine inside or at home.
func (w *webServer) client() (who *account, from string) {
	r := w.h.rand
	who = pick(r, w.h.people)
	if r.permille(300) {
		return who, who.home
	}
	return who, insideHomes[who.agent%len(insideHomes)]
}

// insideHomes are the addresses of people's machines.
var insideHomes = func() []string {
	var out []string
	for i := range 120 {
		out = append(out, "10.20."+strconv.Itoa(10+i%4)+"."+strconv.Itoa(20+i))
	}
	return out
}()

func upn(who *account) string { return who.name + "@" + domainDNS }

func sidAnchor(who *account) string { return "Sid~" + who.sidText }

func (w *webServer) owaCall() {
	r := w.h.rand
	who, from := w.client()
	n := r.between(1, 400)
	query := append(make([]byte, 0, 96), "action="...)
	query = append(query, pick(r, owaActions)...)
	query = append(query, "&EP=1&ID=-"...)
	query = strconv.AppendInt(query, int64(n), 10)
	query = append(query, "&AC=1"...)
	q := request{
		method: "POST", stem: "/owa/service.svc", query: string(query), user: upn(who), mailbox: sidAnchor(who), from: from,
		agent: browsers[who.agent%len(browsers)], referer: "https://" + mailSite + "/owa/", status: 200, taken: r.between(8, 700), protocol: "Owa",
		in: r.between(300, 6000), out: r.between(400, 60000), backEnd: "/owa/service.svc", auth: "FBA", hint: "Sid~",
	}
	if r.permille(8) {
		q.status, q.auth = 440, ""
		q.backEnd = ""
	}
	w.serve(&q)
}

func (w *webServer) owaStatic() {
	r := w.h.rand
	who, from := w.client()
	q := request{
		method: "GET", stem: pick(r, owaStatics), from: from, agent: browsers[who.agent%len(browsers)], referer: "https://" + mailSite + "/owa/",
		status: 200, taken: r.between(0, 20), protocol: "Owa", out: r.between(400, 90000),
	}
	if r.permille(350) {
		q.status, q.out = 304, 0
	}
	w.serve(&q)
}

func (w *webServer) mapi() {
	r := w.h.rand
	who, from := w.client()
	b := append(make([]byte, 0, 64), "MailboxId="...)
	b = append(appendGUID(b, who.mailbox, lowerHex), "@"+domainDNS...)
	stem := "/mapi/emsmdb/"
	if r.permille(150) {
		stem = "/mapi/nspi/"
	}
	w.serve(&request{
		method: "POST", stem: stem, query: string(b), user: domainShort + `\` + who.name, mailbox: "MailboxGuid~" + string(b[10:46]), from: from,
		agent: outlooks[who.agent%len(outlooks)], status: 200, taken: r.between(3, 400), protocol: "Mapi", in: r.between(200, 3000), out: r.between(200, 20000),
		backEnd: stem, auth: "Negotiate", hint: "MailboxGuid~",
	})
}

func (w *webServer) phone() {
	r := w.h.rand
	who, from := w.client()
	b := append(make([]byte, 0, 128), "Cmd="...)
	b = append(b, pick(r, []string{"Ping", "Ping", "Sync", "Sync", "FolderSync", "ItemOperations", "SendMail", "Provision"})...)
	b = append(b, "&User="...)
	b = append(b, who.name...)
	b = append(b, "%40"+domainDNS+"&DeviceId="...)
	b = append(b, who.device...)
	b = append(b, "&DeviceType=iPhone"...)
	q := request{
		method: "POST", stem: "/Microsoft-Server-ActiveSync/default.eas", query: string(b), user: upn(who), mailbox: sidAnchor(who), from: from,
		agent: phones[who.agent%len(phones)], status: 200, taken: r.between(10, 900000), protocol: "Eas", in: r.between(13, 900), out: r.between(20, 4000),
		backEnd: "/Microsoft-Server-ActiveSync/Proxy/default.eas", auth: "Basic", hint: "Sid~",
	}
	if r.permille(10) {
		q.status, q.auth, q.backEnd = 401, "", ""
	}
	w.serve(&q)
}

func (w *webServer) ews() {
	r := w.h.rand
	who, from := w.client()
	w.serve(&request{
		method: "POST", stem: "/EWS/Exchange.asmx", user: domainShort + `\` + who.name, mailbox: sidAnchor(who), from: from,
		agent: outlooks[who.agent%len(outlooks)], status: 200, taken: r.between(5, 300), protocol: "Ews", in: r.between(400, 4000), out: r.between(400, 9000),
		backEnd: "/EWS/Exchange.asmx", auth: "Negotiate", hint: "Sid~",
	})
}

func (w *webServer) autodiscover() {
	r := w.h.rand
	who, from := w.client()
	q := request{
		method: "POST", stem: "/autodiscover/autodiscover.xml", user: domainShort + `\` + who.name, mailbox: "Smtp~" + upn(who), from: from,
		agent: outlooks[who.agent%len(outlooks)], status: 200, taken: r.between(10, 200), protocol: "Autodiscover", in: 341, out: r.between(3000, 6000),
		backEnd: "/autodiscover/autodiscover.xml", auth: "Negotiate", hint: "Smtp~",
	}
	if r.permille(300) {
		q.status, q.sub, q.win32, q.user, q.auth, q.backEnd = 401, 1, 2148074254, "", "", ""
	}
	w.serve(&q)
}

func (w *webServer) addressBook() {
	r := w.h.rand
	who, from := w.client()
	w.serve(&request{
		method: "GET", stem: "/OAB/1f0b9c3e-6a57-4c53-8d0e-93b5a6c4d210/oab.xml", user: domainShort + `\` + who.name, from: from, agent: "Microsoft BITS/7.8",
		status: 200, taken: r.between(3, 60), protocol: "Oab", out: r.between(2000, 5000), auth: "Negotiate", backEnd: "/OAB/1f0b9c3e-6a57-4c53-8d0e-93b5a6c4d210/oab.xml",
	})
}

func (w *webServer) rpc() {
	r := w.h.rand
	who, from := w.client()
	w.serve(&request{
		method: pick(r, []string{"RPC_IN_DATA", "RPC_OUT_DATA"}), stem: "/rpc/rpcproxy.dll", query: string(appendGUID(nil, who.mailbox, lowerHex)) + "@" + domainDNS + ":6001",
		user: domainShort + `\` + who.name, from: from, agent: "MSRPC", status: 200, taken: r.between(100, 600000), protocol: "RpcHttp", in: 128, out: 512,
		backEnd: "/rpc/rpcproxy.dll", auth: "Negotiate",
	})
}

// probe is the health manager, who asks everything all the time.
func (w *webServer) probe() {
	r := w.h.rand
	name := "HealthMailbox0a1b2c3@" + domainDNS
	q := request{from: "127.0.0.1", status: 200, taken: r.between(1, 60), internal: true, user: name, auth: "Negotiate"}
	switch r.below(6) {
	case 0:
		q.method, q.stem, q.agent, q.protocol = "GET", "/owa/healthcheck.htm", "AMProbe/Local/ClientAccess", "Owa"
		q.user, q.auth = "", ""
	case 1:
		q.method, q.stem, q.agent, q.protocol, q.backEnd = "POST", "/ews/exchange.asmx", "Ews_AM_Probe/Local/ClientAccess", "Ews", "/ews/exchange.asmx"
	case 2:
		q.method, q.stem, q.agent, q.protocol, q.backEnd = "POST", "/mapi/emsmdb/", "MapiHttpClient", "Mapi", "/mapi/emsmdb/"
		q.query = "MailboxId=0a1b2c3d-0000-4000-8000-00000000aaaa@" + domainDNS
	case 3:
		q.method, q.stem, q.agent, q.protocol, q.backEnd = "POST", "/Autodiscover/Autodiscover.xml", "AMProbe/Local/ClientAccess", "Autodiscover", "/Autodiscover/Autodiscover.xml"
	case 4:
		q.method, q.stem, q.agent, q.protocol, q.backEnd = "GET", "/ecp/ReportingWebService/", "AMProbe/Local/ClientAccess", "Ecp", "/ecp/ReportingWebService/"
	default:
		q.method, q.stem, q.agent, q.protocol = "OPTIONS", "/Microsoft-Server-ActiveSync/default.eas", "AMProbe/Local/ClientAccess", "Eas"
	}
	if q.user != "" {
		q.mailbox = "Smtp~" + name
	}
	w.serve(&q)
}

// balancer is the load balancer's check of the site.
func (w *webServer) balancer() {
	r := w.h.rand
	p := pick(r, []string{"owa", "ecp", "ews", "mapi", "oab", "rpc", "autodiscover"})
	w.serve(&request{method: "GET", stem: "/" + p + "/healthcheck.htm", from: "10.20.1.5", agent: "LB-Check/1.0", status: 200, taken: r.between(0, 3), out: 30})
}

// logon is a person who signs in to the web mail.
func (w *webServer) logon() {
	r := w.h.rand
	who, from := w.client()
	agent := browsers[who.agent%len(browsers)]
	w.serve(&request{method: "GET", stem: "/owa/", from: from, agent: agent, status: 302, taken: r.between(1, 9), protocol: "Owa"})
	w.serve(&request{
		method: "GET", stem: "/owa/auth/logon.aspx", query: "url=https%3a%2f%2f" + mailSite + "%2fowa%2f&reason=0", from: from, agent: agent, status: 200,
		taken: r.between(2, 40), protocol: "Owa", out: 58000,
	})
	w.h.pause(second, 9*second)
	w.serve(&request{
		method: "POST", stem: "/owa/auth.owa", user: upn(who), from: from, agent: agent, referer: "https://" + mailSite + "/owa/auth/logon.aspx",
		status: 302, taken: r.between(20, 90), protocol: "Owa", in: 300,
	})
	w.serve(&request{
		method: "GET", stem: "/owa/", user: upn(who), mailbox: sidAnchor(who), from: from, agent: agent, referer: "https://" + mailSite + "/owa/auth/logon.aspx",
		status: 200, taken: r.between(60, 700), protocol: "Owa", out: 46000, backEnd: "/owa/", auth: "FBA", hint: "Sid~",
	})
}

var ecpPages = []string{
	"/ecp/default.aspx", "/ecp/UsersGroups/Mailboxes.slab", "/ecp/VDirMgmt/VirtualDirectories.slab", "/ecp/15.1.2106.2/scripts/common.js", "/ecp/Servers/Servers.slab",
}

var ecpCommands = []string{"Get-Recipient", "Get-Mailbox", "Get-ExchangeServer", "Get-InboxRule", "Get-RoleGroup", "Get-OabVirtualDirectory"}

var ecpSchemas = []string{
	"/ecp/DDI/DDIService.svc/GetList?schema=MailboxService", "/ecp/DDI/DDIService.svc/GetList?schema=ServerService",
	"/ecp/DDI/DDIService.svc/GetList?schema=RecipientService", "/ecp/DDI/DDIService.svc/GetList?schema=OABVirtualDirectory",
}

// administers is an administrator at work in the control panel.
func (w *webServer) administers() {
	r := w.h.rand
	who := pick(r, w.h.admins)
	const from = "10.20.10.12"
	agent := browsers[0]
	schema := pick(r, ecpSchemas)
	w.ecpCall(pick(r, ecpCommands), "", who, schema, r.between(10, 900))
	if len(w.proxy) == 0 && w.front == nil {
		return
	}
	user := upn(who)
	w.serve(&request{
		method: "GET", stem: pick(r, ecpPages), user: user, mailbox: sidAnchor(who), from: from, agent: agent, referer: "https://" + mailSite + "/ecp/", status: 200,
		taken: r.between(5, 300), protocol: "Ecp", out: r.between(1000, 40000), backEnd: "/ecp/default.aspx", auth: "FBA", hint: "Sid~",
	})
	w.serve(&request{
		method: "POST", stem: "/ecp/DDI/DDIService.svc/GetList", query: schema[len("/ecp/DDI/DDIService.svc/GetList?"):] + "&msExchEcpCanary=" + string(appendHex(nil, r.next(), 32, lowerHex)) + ".", user: user,
		mailbox: sidAnchor(who), from: from, agent: agent, referer: "https://" + mailSite + "/ecp/", status: 200, taken: r.between(30, 900), protocol: "Ecp", in: 210,
		out: r.between(1000, 40000), backEnd: "/ecp/DDI/DDIService.svc/GetList", auth: "FBA", hint: "Sid~",
	})
}

// remoteShell is an administrator's session of the Exchange Management Shell.
func (w *webServer) remoteShell() {
	r := w.h.rand
	who := pick(r, w.h.admins)
	w.serve(&request{
		method: "POST", stem: "/PowerShell/", query: "PSVersion=5.1.17763.1490", user: domainShort + `\` + who.name, from: "10.20.10.12", agent: "Microsoft WinRM Client",
		status: 200, taken: r.between(20, 3000), protocol: "PowerShell", in: r.between(1000, 4000), out: r.between(1000, 9000), backEnd: "/PowerShell/", auth: "Kerberos",
	})
}

// stranger is what comes from the internet to any public site: crawlers, and curious people who find a logon page.
func (w *webServer) stranger() {
	r := w.h.rand
	from := string(appendOutside(nil, r))
	q := request{method: "GET", from: from, agent: pick(r, crawlers), status: 404, taken: r.between(0, 5)}
	switch r.below(4) {
	case 0:
		q.stem = "/robots.txt"
	case 1:
		q.stem, q.status = "/favicon.ico", 404
	case 2:
		q.stem, q.status = "/", 302
	default:
		q.stem, q.status, q.agent, q.protocol = "/owa/auth/logon.aspx", 200, pick(r, browsers), "Owa"
	}
	w.serve(&q)
}
