package logrange

import "strconv"

// What happens on servers: domain controllers, file servers, Exchange.

// served takes connections from the machines inside.
func (w *windows) served() {
	h, r := w.h, w.h.rand
	from := string(appendInside(nil, r))
	switch h.Role {
	case DomainController:
		switch r.below(3) {
		case 0:
			w.accepted(w.dns, from, 53)
		case 1:
			w.accepted(w.lsass, from, 88)
		default:
			w.accepted(w.lsass, from, 389)
		}
	case ExchangeServer:
		w.accepted(w.kernel, string(appendOutside(nil, r)), 443)
	case FileServer, Workstation, LinuxServer, LinuxWeb, CloudTenant:
		w.accepted(w.kernel, from, 445)
	}
}

var kerberosServices = []string{"krbtgt", "DC01$", "EX01$", "FS01$", "WS01$", "WS02$", "WS03$"}

// kerberos hands out tickets.
func (w *windows) kerberos() {
	h, r := w.h, w.h.rand
	who := pick(r, h.people)
	from := string(appendInside(append([]byte(nil), "::ffff:"...), r))
	if r.permille(300) {
		e := w.begin(ticketTGT)
		e.str(who.name).str(domainShort).str(who.sidText).str("krbtgt").str(h.domainSID + "-502").num(0x40810010).num(0).num(0x12).str("2")
		e.str(from).dec(49700 + r.below(9000)).str("").str("").str("").put()
	}
	service := pick(r, kerberosServices)
	e := w.begin(ticketService)
	e.strs(who.name, "@", domainUpper).str(domainUpper).str(service).str(h.domainSID + "-" + strconv.Itoa(1000+len(service))).num(0x40810000).num(0x12)
	e.str(from).dec(49700 + r.below(9000)).num(0).ident(randomGUID(r)).str("-").put()
	h.pause(0, 3*milli)
}

func (w *windows) ntlmChecked() {
	h, r := w.h, w.h.rand
	e := w.begin(ntlm)
	e.str("MICROSOFT_AUTHENTICATION_PACKAGE_V1_0").str(pick(r, h.people).name).str("EX01").num(0).put()
}

var policyFiles = []string{
	`example.org\Policies\{31B2F340-016D-11D2-945F-00C04FB984F9}\gpt.ini`, `example.org\Policies\{6AC1786C-016F-11D2-945F-00C04fB984F9}\gpt.ini`,
	`example.org\Policies\{31B2F340-016D-11D2-945F-00C04FB984F9}\Machine\Registry.pol`, `example.org\Policies\{31B2F340-016D-11D2-945F-00C04FB984F9}\Machine\Microsoft\Windows NT\SecEdit\GptTmpl.inf`,
	`example.org\scripts\mapdrives.cmd`,
}

// policyRead is a machine that fetches its group policies.
func (w *windows) policyRead() {
	r := w.h.rand
	who := w.somebody()
	w.share(who, string(appendInside(nil, r)), "SYSVOL", `C:\Windows\SYSVOL\sysvol`, pick(r, policyFiles), 0x100081)
}

var shareFiles = said(`%{doc}.docx`, `%{word}\%{doc}.xlsx`, `%{word}\%{word}\%{doc}.pdf`, `%{word}`, `%{word}\%{doc}.pptx`)

// shareRead is somebody who works with files on a server.
func (w *windows) shareRead() {
	h, r := w.h, w.h.rand
	who := pick(r, h.people)
	name := pick(r, shares)
	file := string(h.appendPhrase(nil, pick(r, shareFiles), who))
	w.share(who, string(appendInside(nil, r)), name, `D:\Shares\`+name, file, 0x120089)
}

// share logs the use of a share (5140) and of a file in it (5145).
func (w *windows) share(who *account, from, name, local, file string, mask uint64) {
	r := w.h.rand
	port := 49700 + r.below(9000)
	if r.permille(200) {
		e := w.begin(shareUsed)
		e.str(who.sidText).str(who.name).str(who.domain).num(who.logon).str("File").str(from).dec(port).strs(`\\*\`, name).strs(`\??\`, local).num(1).str("%%4416\r\n\t\t\t\t").put()
	}
	e := w.begin(shareFile)
	e.str(who.sidText).str(who.name).str(who.domain).num(who.logon).str("File").str(from).dec(port).strs(`\\*\`, name).strs(`\??\`, local).str(file).num(mask)
	e.str("%%1538\r\n\t\t\t\t%%1541\r\n\t\t\t\t%%4416\r\n\t\t\t\t%%4423\r\n\t\t\t\t").str("-").put()
	w.h.pause(0, 4*milli)
}

func (w *windows) passwordChanged() {
	h, r := w.h, w.h.rand
	who := pick(r, h.people)
	e := w.begin(passwordChange)
	e.str(who.name).str(who.domain).str(who.sidText)
	w.subject(e, who).str("-").put()
	e = w.begin(userChanged)
	e.named(accountPairs(who.name, who.sidText, "SubjectUserSid", who.sidText, "SubjectUserName", who.name, "SubjectDomainName", who.domain, "SubjectLogonId", "0x3e7",
		"PasswordLastSet", string(h.clock.civilSecond(nil, h.now)))...).put()
}

func accountPairs(name, sid string, more ...string) []string {
	return append([]string{"TargetUserName", name, "TargetDomainName", domainShort, "TargetSid", sid, "SamAccountName", name}, more...)
}

// administered is an administrator's visit by remote desktop, from the administrators' own workstation.
func (w *windows) administered() {
	h, r := w.h, w.h.rand
	who := w.admin
	const from = "10.20.10.12"
	id := w.loggedOn(who, signIn{kind: logonRemote, process: "User32 ", pack: "Negotiate", workstation: h.upper, from: from, via: w.terms, elevated: true})
	e := w.begin(remoteLogon)
	e.str(who.name).str(domainShort).str(from).put()
	e = w.begin(sessionOn)
	e.strs(who.domain, `\`, who.name).num(2).str(from).put()
	w.accepted(w.terms, from, 3389)
	w.launch(w.terms, pRdpclip, who, say(`rdpclip`))
	x := w.launch(w.explorer, pMMC, who, say(`"C:\Windows\system32\mmc.exe" "C:\Windows\system32\eventvwr.msc" /s`))
	w.acts(x)
	if r.permille(300) {
		w.launch(w.explorer, pNotepad, who, say(`"C:\Windows\system32\NOTEPAD.EXE" C:\Users\%{user}\Documents\%{word} notes.txt`))
	}
	if h.Role == DomainController && r.permille(400) {
		w.describes(pick(r, h.people))
	}
	w.later(who, id, logonRemote)
	e = w.begin(sessionOff)
	e.strs(who.domain, `\`, who.name).num(2).put()
}

// describes is an administrator who corrects a person's entry in the directory (5136).
func (w *windows) describes(whom *account) {
	h := w.h
	op := randomGUID(h.rand)
	for _, change := range [...][2]string{{"Sales", "%%14675"}, {"Support", "%%14674"}} {
		e := w.begin(directorySet)
		e.ident(op).str("-")
		w.subject(e, w.admin).str(domainDNS).str("%%14676").strs("CN=", whom.display, ",OU=People,DC=example,DC=org").ident(whom.mailbox).str("user")
		e.str("department").str("2.5.5.12").str(change[0]).str(change[1]).put()
	}
}

// backedUp is the nightly backup at work.
func (w *windows) backedUp() {
	h := w.h
	who := h.services[0]
	id := w.loggedOn(who, signIn{kind: logonNetwork, process: "Kerberos", pack: "Kerberos", workstation: "-", from: "10.20.1.14", elevated: true})
	for range 6 {
		w.acts(w.backup)
	}
	w.later(who, id, logonNetwork)
}

// mailLogon is a mail client whose user the front end logs on.
func (w *windows) mailLogon() {
	r := w.h.rand
	who := pick(r, w.h.people)
	id := w.loggedOn(who, signIn{kind: logonNetwork, process: "Kerberos", pack: "Kerberos", workstation: "-", from: "-"})
	w.acts(pick(r, w.pools))
	w.later(who, id, logonNetwork)
}

var probeCommands = starts(
	start{10, pNetsh, say(`netsh.exe dump`)},
	start{10, pNetsh, say(`netsh.exe interface ipv4 show global`)},
	start{4, pIpconfig, say(`ipconfig.exe /all`)},
)

// probed is the health manager at work.
func (w *windows) probed() {
	h, r := w.h, w.h.rand
	who := pick(r, w.healthy)
	id := w.loggedOn(who, signIn{kind: logonNetwork, process: "Kerberos", pack: "Kerberos", workstation: "-", from: "-"})
	w.later(who, id, logonNetwork)
	w.acts(w.worker)
	if r.permille(20) {
		s := draw(r, probeCommands[:2])
		w.launch(w.worker, s.program, h.system, s.command)
	}
	if r.permille(60) {
		w.peeked(w.lsass, w.worker, 0x1000, `C:\Windows\SYSTEM32\ntdll.dll+9c534|C:\Windows\system32\lsasrv.dll+e2b1`)
	}
}

type cmdletRun struct {
	name, parameters string
	health           bool
}

var cmdlets = []cmdletRun{
	{"Get-Mailbox", `-ResultSize "Unlimited"`, false},
	{"Get-MailboxStatistics", `-Identity "%{user}"`, false},
	{"Set-Mailbox", `-Identity "%{user}" -IssueWarningQuota "4 GB (4,294,967,296 bytes)"`, false},
	{"Get-MessageTrackingLog", `-Start "%{day}" -Sender "%{upn}"`, false},
	{"Get-OabVirtualDirectory", ``, false},
	{"Set-CASMailbox", `-Identity "%{user}" -ActiveSyncEnabled "True"`, false},
	{"Test-ActiveSyncConnectivity", `-MonitoringContext "True"`, true},
	{"Get-ExchangeServer", `-Identity "EX01"`, true},
	{"Get-MailboxDatabaseCopyStatus", `-Identity "Mailbox Database 01\EX01"`, true},
	{"Test-ServiceHealth", ``, true},
}

// cmdlet logs an administrator's or a probe's command.
func (w *windows) cmdlet() {
	h, r := w.h, w.h.rand
	c := &cmdlets[r.below(len(cmdlets))]
	who := w.admin
	if c.health {
		who = w.healthy[0]
	}
	failure := ""
	if !c.health && r.permille(40) {
		failure = "The operation couldn't be performed because the object couldn't be found on 'dc01.example.org'."
	}
	w.ranCmdlet(c.name, string(h.appendPhrase(nil, say(c.parameters), pick(r, h.people))), who, failure)
}

// ranCmdlet logs a cmdlet of Exchange; failure is "" or what went wrong.
func (w *windows) ranCmdlet(name, parameters string, who *account, failure string) {
	h, r := w.h, w.h.rand
	s := cmdletOK
	if failure != "" {
		s = cmdletFailed
	}
	e := w.begin(s)
	e.str(name).str(parameters).strs(domainDNS, "/Users/", who.display).str(who.sidText).str(who.sidText).str("Remote-ManagementShell-Unknown").dec(r.between(2000, 30000))
	e.strs("ServerHost-", h.upper).dec(r.between(10, 90)).strs("00:00:0", strconv.Itoa(r.below(9)), ".", string(appendDigits(nil, r, 7)))
	e.str("View Entire Forest: 'False', Default Scope: 'example.org', Configuration Domain Controller: 'dc01.example.org', Preferred Global Catalog: 'dc01.example.org', Preferred Domain Controllers: '{ dc01.example.org }'")
	e.str(orDash(failure)).str("0").str("").str("").str("").put()
}

// pageCompiled is ASP.NET compiling a page that is asked for the first time.
func (w *windows) pageCompiled() {
	h := w.h
	pool := w.pools[h.rand.below(2)]
	x := w.launch(pool, pCsc, h.system, say(`"`+dotNet+`csc.exe" /t:library /utf8output /R:"`+dotNet+`mscorlib.dll" /out:"`+aspTemp+`owa\8e05b027\e164d61b\App_Web_%{x8}.dll" /debug- /optimize+ /w:1 "`+aspTemp+`owa\8e05b027\e164d61b\App_Web_%{x8}.0.cs"`))
	w.launch(x, pCvtres, h.system, say(dotNet+`cvtres.exe /NOLOGO /READONLY /MACHINE:IX86 "/OUT:C:\Windows\TEMP\RES%{X4}.tmp" "c:\Windows\Temp\CSC%{X32}.TMP"`))
	w.made(x, say(aspTemp+`owa\8e05b027\e164d61b\App_Web_%{x8}.dll`))
}
