package logrange

import (
	"strconv"
	"strings"
)

// process is a running program.
type process struct {
	*program
	pid     uint32
	guid    guid
	command []byte
	folder  string // current directory
	who     *account
	logon   uint64
	session uint64
	exists  bool
}

// windows is a machine with Windows.
type windows struct {
	h         *host
	sinks     []winSink
	event     winEvent
	records   [channels]uint64
	misshapen int

	machine guid // first part of all process guids
	pid     uint32
	count   uint64 // processes so far
	port    uint16 // last ephemeral port
	self    *account
	user    *account // who works here; of servers, who administers
	admin   *account
	healthy []*account // health mailboxes

	kernel, services, lsass, explorer        *process
	winlogon, sysmon, search                 *process
	netsvcs, dcom, eventlog, dnscache, terms *process
	agent, defender, backup, spool           *process
	pools                                    []*process // IIS worker processes; owa first, then ecp, mapi, powershell
	worker, hmHost, voice, replica, dns      *process
	store, transport                         *process
	residents                                []*process // those that are always there and do things
	guests                                   [40]process
	next                                     int // guest to be replaced next

	logons  [64]openLogon
	nextOff int
}

// openLogon waits to be logged off.
type openLogon struct {
	who  *account
	id   uint64
	kind uint64
}

func newWindows(h *host) *windows {
	w := &windows{h: h}
	w.event.h = h
	r := derive(h.plan.Seed, h.name, "windows")
	w.machine = randomGUID(r)
	w.pid = uint32(r.between(900, 3000)) * 4
	w.port = uint16(r.between(49700, 65000))
	w.count = uint64(r.between(2000, 60000))
	for c := range w.records {
		w.records[c] = uint64(r.between(1000, 900000))
	}
	w.self = &account{
		name: h.upper + "$", domain: domainShort, display: h.upper, sidText: h.domainSID + "-" + strconv.Itoa(1000+r.below(90)),
		logon: 0x3e7, level: "System",
	}
	w.user = h.people[h.index()%len(h.people)]
	w.admin = h.admins[h.index()%len(h.admins)]
	if h.Role != Workstation {
		w.user = w.admin
	}
	w.start(r)
	for _, f := range []struct {
		format Format
		make   func() winSink
	}{
		{EVTX, func() winSink { return newEVTX(h) }},
		{Winlogbeat, func() winSink { return newWinlogbeat(h) }},
		{WinFlat, func() winSink { return newWinFlat(h) }},
	} {
		if h.has[f.format] {
			w.sinks = append(w.sinks, f.make())
		}
	}
	return w
}

// start makes the processes that ran before the range begins.
func (w *windows) start(r *random) {
	run := func(p *program, command string, who *account) *process {
		x := &process{}
		w.fill(x, p, who, w.h.rhythm.start-ticks(r.between(3600, 9*86400))*second)
		x.command = append(x.command, command...)
		x.folder = `C:\Windows\system32\`
		return x
	}
	svc := func(args string, who *account) *process {
		return run(pSvchost, `C:\Windows\system32\svchost.exe `+args, who)
	}
	h := w.h
	w.kernel = run(pSystem, "", h.system)
	w.kernel.pid = 4
	w.services = run(pServices, `C:\Windows\system32\services.exe`, h.system)
	w.lsass = run(pLsass, `C:\Windows\system32\lsass.exe`, h.system)
	w.dcom = svc("-k DcomLaunch -p", h.system)
	w.netsvcs = svc("-k netsvcs -p -s Schedule", h.system)
	w.eventlog = svc("-k LocalServiceNetworkRestricted -p -s EventLog", h.local)
	w.dnscache = svc("-k NetworkService -p -s Dnscache", h.network)
	w.terms = svc("-k NetworkService -s TermService", h.network)
	w.spool = run(pSpool, `C:\Windows\System32\spoolsv.exe`, h.system)
	w.agent = run(pAgent, `"C:\Program Files\Example Inventory\agent.exe" --service`, h.system)
	w.defender = run(pMsMpEng, `"C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.2101.9-0\MsMpEng.exe"`, h.system)
	w.explorer = run(pExplorer, `C:\Windows\Explorer.EXE`, w.user)
	w.winlogon = run(pWinlogon, `winlogon.exe`, h.system)
	w.sysmon = run(pSysmon, `C:\Windows\Sysmon64.exe`, h.system)
	w.search = run(pSearch, `C:\Windows\system32\SearchIndexer.exe /Embedding`, h.system)
	w.residents = []*process{w.netsvcs, w.dnscache, w.eventlog, w.services, w.lsass, w.agent, w.defender, w.kernel, w.explorer}
	switch h.Role {
	case DomainController:
		w.dns = run(pDNS, `C:\Windows\system32\dns.exe`, h.system)
		w.residents = append(w.residents, w.dns, w.dns, w.lsass, run(pDFSR, `C:\Windows\system32\DFSRs.exe`, h.system))
	case FileServer:
		w.backup = run(pBackup, `"C:\Program Files\Example Backup\backupd.exe" --service`, h.services[0])
		w.residents = append(w.residents, w.backup, w.kernel, w.kernel, w.search)
	case Workstation:
		w.residents = append(w.residents, w.explorer, w.explorer,
			run(pOneDrive, `"C:\Program Files\Microsoft OneDrive\OneDrive.exe" /background`, w.user),
			run(pTeams, `"C:\Program Files (x86)\Microsoft\Teams\current\Teams.exe"`, w.user), w.search)
	case ExchangeServer:
		for _, pool := range []string{"OWA", "ECP", "MapiFrontEnd", "PowerShellFrontEnd", "Services", "Sync", "Autodiscover"} {
			w.pools = append(w.pools, run(pW3wp, `c:\windows\system32\inetsrv\w3wp.exe -ap "MSExchange`+pool+`AppPool" -v "v4.0" -c "`+
				exchange+`bin\GenericAppPoolConfigWithGCServerEnabledFalse.config" -a \\.\pipe\iisipm`+string(appendGUID(nil, randomGUID(r), lowerHex))+
				` -h "C:\inetpub\temp\apppools\MSExchange`+pool+`AppPool\MSExchange`+pool+`AppPool.config" -w "" -m 0`, h.system))
		}
		w.hmHost = run(pHMHost, `"`+pHMHost.image+`"`, h.system)
		w.worker = run(pHMWorker, `"`+pHMWorker.image+`" -pipe:1812 -stopkey:Global\ExchangeStopKey`, h.system)
		w.store = run(pStore, `"`+pStore.image+`" -id:1`, h.system)
		w.transport = run(pEdgeTr, `"`+pEdgeTr.image+`" -pipe:1544 -stopkey:Global\ExchangeStopKey`, h.network)
		w.voice = run(pVoice, `"`+pVoice.image+`" -startupMode:TCP`, h.system)
		w.replica = run(pReplica, `"`+pReplica.image+`"`, h.system)
		w.residents = append(w.residents, w.pools...)
		w.residents = append(w.residents, w.worker, w.store, w.transport, run(pNode, `"`+pNode.image+`" --noderoot "`+exchange+`Bin\Search\Ceres\HostController\Data\Nodes\Fsis\IndexNode1"`, h.system))
		for i := range 4 {
			name := "HealthMailbox" + string(appendHex(nil, r.next(), 7, lowerHex))
			w.healthy = append(w.healthy, &account{
				name: name, domain: domainShort, display: name, sidText: h.domainSID + "-" + strconv.Itoa(1300+i), mailbox: randomGUID(r),
				logon: uint64(r.between(0x40000, 0xFFFFFF)), level: "Medium",
			})
		}
	case LinuxServer, LinuxWeb, CloudTenant:
	}
}

// writer is who hands an event of this shape to the log service: process and thread.
func (w *windows) writer(s *shape) (pid, tid uint32) {
	thread := func(p *process) (uint32, uint32) {
		return p.pid, p.pid + 4*(1+uint32(w.h.rand.next()&15))
	}
	switch s.channel {
	case chSecurity:
		if s == processNew || s == processGone || s == packetAllowed {
			return 4, 4 * (10 + uint32(w.h.rand.next()&255))
		}
		return thread(w.lsass)
	case chSysmon:
		return thread(w.sysmon)
	case chTasks:
		return thread(w.netsvcs)
	case chDefender:
		return thread(w.defender)
	case chSystem:
		return thread(w.services)
	case chSessions, chRemoteLogons:
		return thread(w.terms)
	case chApplication, chPowerShell, chPowerShellClassic, chExchange, chWMI, chBITS, channels:
	}
	if s.provider.guid == "" {
		return 0, 0
	}
	return thread(w.netsvcs)
}

// fill makes x a process that started at t.
func (w *windows) fill(x *process, p *program, who *account, t ticks) {
	w.pid += 4 * (1 + uint32(w.h.rand.next()&31))
	if w.pid > 24000 {
		w.pid = 400 + w.pid%400
	}
	w.count++
	x.program, x.pid, x.who, x.exists = p, w.pid&^3, who, true
	x.logon, x.session = who.logon, 0
	if who.level != "System" {
		x.session = 1
	}
	x.command = x.command[:0]
	// Machine, start in seconds with its halves swapped, and a running number: as Sysmon composes it.
	sec := uint32(t / second)
	x.guid = w.machine
	x.guid[4], x.guid[5] = byte(sec>>8), byte(sec)
	x.guid[6], x.guid[7] = byte(sec>>24), byte(sec>>16)
	x.guid[8], x.guid[9] = byte(w.count>>8), byte(w.count)
	for i := 10; i < 16; i++ {
		x.guid[i] = 0
	}
	x.guid[12], x.guid[13] = byte(w.count>>24), byte(w.count>>16)
	x.guid[14] = 4
}

// launch starts a program and logs it. The result may be replaced by later programs.
func (w *windows) launch(parent *process, p *program, who *account, command phrase) *process {
	x := w.guest(p, who)
	x.command = w.h.appendPhrase(x.command, command, who)
	x.folder = `C:\Windows\system32\`
	if who.level != "System" && p.habit != doNothing {
		x.folder = `C:\Users\` + who.name + `\`
	}
	w.created(x, parent)
	return x
}

// guest makes room for a new process: the oldest one exits, which is nothing that a plant has done.
func (w *windows) guest(p *program, who *account) *process {
	x := &w.guests[w.next]
	w.next = (w.next + 1) % len(w.guests)
	if x.exists {
		planting := w.h.tag
		w.h.tag = nil
		w.end(x)
		w.h.tag = planting
	}
	w.fill(x, p, who, w.h.now)
	return x
}

// text is launch for planted commands, with a folder of its own.
func (w *windows) text(parent *process, p *program, who *account, folder, command string) *process {
	x := w.guest(p, who)
	x.command = append(x.command, command...)
	x.folder = folder
	w.created(x, parent)
	return x
}

func integritySID(level string) string {
	switch level {
	case "System":
		return "S-1-16-16384"
	case "High":
		return "S-1-16-12288"
	case "Low":
		return "S-1-16-4096"
	}
	return "S-1-16-8192"
}

// subject adds the four fields of who did it; the machine's account stands for SYSTEM, as in real logs.
func (w *windows) subject(e *winEvent, who *account) *winEvent {
	if who == w.h.system {
		return e.str(who.sidText).str(w.self.name).str(domainShort).num(who.logon)
	}
	return e.str(who.sidText).str(who.name).str(who.domain).num(who.logon)
}

func (w *windows) logonGUID(logon uint64) guid {
	g := w.machine
	g[8], g[9], g[10], g[11] = byte(logon>>8), byte(logon), byte(logon>>24), byte(logon>>16)
	g[12], g[13], g[14], g[15] = 0, 0, 0, 0
	return g
}

// created logs a new process: Sysmon 1 and Security 4688.
func (w *windows) created(x, parent *process) {
	e := w.begin(smProcess)
	e.str("-").utc().ident(x.guid).num(uint64(x.pid)).str(x.image).str(x.version).str(x.desc).str(x.product).str(x.company).str(x.orig)
	e.raw(x.command).str(x.folder).strs(x.who.domain, `\`, x.who.name).ident(w.logonGUID(x.logon)).num(x.logon).num(x.session).str(x.who.level)
	e.str(x.hashes).ident(parent.guid).num(uint64(parent.pid)).str(parent.image).raw(parent.command)
	e.strs(parent.who.domain, `\`, parent.who.name).put()

	e = w.begin(processNew)
	elevation := "%%1938"
	if x.who.level != "Medium" {
		elevation = "%%1936"
	}
	w.subject(e, x.who).num(uint64(x.pid)).str(x.image).str(elevation).num(uint64(parent.pid)).raw(x.command)
	e.str("S-1-0-0").str("-").str("-").num(0).str(parent.image).str(integritySID(x.who.level)).put()
	w.h.step(milli / 2)
}

// end logs that a process has exited: Sysmon 5 and Security 4689.
func (w *windows) end(x *process) {
	x.exists = false
	e := w.begin(smExit)
	w.process(e, x).strs(x.who.domain, `\`, x.who.name).put()
	e = w.begin(processGone)
	w.subject(e, x.who).num(0).num(uint64(x.pid)).str(x.image).put()
	w.h.step(milli / 4)
}

// process adds the fields that most Sysmon events begin with: rule, time, process, image.
func (w *windows) process(e *winEvent, x *process) *winEvent {
	return e.str("-").utc().ident(x.guid).num(uint64(x.pid)).str(x.image)
}

func (w *windows) owner(e *winEvent, x *process) *winEvent {
	return e.strs(x.who.domain, `\`, x.who.name)
}

func (w *windows) ephemeral() uint16 {
	w.port++
	if w.port < 49664 {
		w.port = 49664
	}
	return w.port
}

// connected logs a connection that x opened: Sysmon 3 and Security 5156.
func (w *windows) connected(x *process, protocol, to, name string, port uint16) {
	from := w.ephemeral()
	e := w.begin(smNetwork)
	w.process(e, x)
	w.owner(e, x).str(protocol).flag(true).flag(false).str(w.h.addr).str(w.h.fqdn).num(uint64(from)).str("-")
	e.flag(false).str(to).str(name).num(uint64(port)).str(portName(port)).put()
	number := uint64(6)
	if protocol == "udp" {
		number = 17
	}
	e = w.begin(packetAllowed)
	e.num(uint64(x.pid))
	w.device(e, x.image)
	e.str("%%14593").str(w.h.addr).dec(int(from)).str(to).dec(int(port)).num(number).num(67845).str("%%14611").num(48).str("S-1-0-0").str("S-1-0-0").put()
}

// accepted logs a connection that came in.
func (w *windows) accepted(x *process, from string, port uint16) {
	far := uint16(49664 + w.h.rand.below(15000))
	e := w.begin(smNetwork)
	w.process(e, x)
	w.owner(e, x).str("tcp").flag(false).flag(false).str(from).str("-").num(uint64(far)).str("-")
	e.flag(false).str(w.h.addr).str(w.h.fqdn).num(uint64(port)).str(portName(port)).put()
	e = w.begin(packetAllowed)
	e.num(uint64(x.pid))
	w.device(e, x.image)
	e.str("%%14592").str(w.h.addr).dec(int(port)).str(from).dec(int(far)).num(6).num(67846).str("%%14610").num(44).str("S-1-0-0").str("S-1-0-0").put()
}

// device adds a path the way the filtering platform writes it.
func (w *windows) device(e *winEvent, image string) {
	if rest, ok := strings.CutPrefix(image, `C:\`); ok {
		e.strs(`\device\harddiskvolume2\`, rest)
		return
	}
	e.str(image)
}

func portName(p uint16) string {
	switch p {
	case 53:
		return "domain"
	case 80:
		return "http"
	case 88:
		return "kerberos"
	case 135:
		return "epmap"
	case 389:
		return "ldap"
	case 443:
		return "https"
	case 445:
		return "microsoft-ds"
	case 3389:
		return "ms-wbt-server"
	}
	return "-"
}

// asked logs a DNS query (Sysmon 22).
func (w *windows) asked(x *process, name phrase, status, results string) {
	e := w.begin(smDNS)
	e.str("-").utc().ident(x.guid).num(uint64(x.pid)).say(name, x.who).str(status).str(results).str(x.image)
	w.owner(e, x).put()
}

// made logs a created file (Sysmon 11).
func (w *windows) made(x *process, file phrase) {
	e := w.begin(smFile)
	w.process(e, x).say(file, x.who).utc()
	w.owner(e, x).put()
}

// removed logs a deleted file (Sysmon 26).
func (w *windows) removed(x *process, file phrase) {
	e := w.begin(smGone)
	e.str("-").utc().ident(x.guid).num(uint64(x.pid))
	w.owner(e, x).str(x.image).say(file, x.who).str(x.hashes).flag(false).put()
}

// set logs a registry value (Sysmon 13).
func (w *windows) set(x *process, key, details phrase) {
	e := w.begin(smSet)
	e.str("-").str("SetValue").utc().ident(x.guid).num(uint64(x.pid)).str(x.image).say(key, x.who).say(details, x.who)
	w.owner(e, x).put()
}

// keyMade logs a new registry key (Sysmon 12).
func (w *windows) keyMade(x *process, key phrase) {
	e := w.begin(smKey)
	e.str("-").str("CreateKey").utc().ident(x.guid).num(uint64(x.pid)).str(x.image).say(key, x.who)
	w.owner(e, x).put()
}

// loaded logs a DLL of Windows (Sysmon 7).
func (w *windows) loaded(x *process, l *library) {
	e := w.begin(smLoad)
	w.process(e, x).str(l.file).str("10.0.17763.1 (WinBuild.160101.0800)").str(l.desc).str(windowsProduct).str("Microsoft Corporation").str(l.orig)
	e.str(l.hashes).str("true").str("Microsoft Windows").str("Valid")
	w.owner(e, x).put()
}

// peeked logs a handle to another process (Sysmon 10).
func (w *windows) peeked(x, target *process, mask uint64, trace string) {
	e := w.begin(smAccess)
	e.str("-").utc().ident(x.guid).num(uint64(x.pid)).num(uint64(x.pid + 8)).str(x.image)
	e.ident(target.guid).num(uint64(target.pid)).str(target.image).num(mask).str(trace)
	w.owner(e, x)
	w.owner(e, target).put()
}

// pipe logs a named pipe (Sysmon 17 and 18).
func (w *windows) pipe(x *process, created bool, name string) {
	s, kind := smJoin, "ConnectPipe"
	if created {
		s, kind = smPipe, "CreatePipe"
	}
	e := w.begin(s)
	e.str("-").str(kind).utc().ident(x.guid).num(uint64(x.pid)).str(name).str(x.image)
	w.owner(e, x).put()
}

// marked logs the mark of the web on a download (Sysmon 15).
func (w *windows) marked(x *process, file phrase) {
	e := w.begin(smFlow)
	w.process(e, x)
	from := len(e.text)
	e.text = w.h.appendPhrase(e.text, file, x.who)
	e.text = append(e.text, ":Zone.Identifier"...)
	e.add(0, from)
	e.utc().str("Unknown").str("[ZoneTransfer]  ZoneId=3  HostUrl=https://www.example.com/")
	w.owner(e, x).put()
}

// The kinds of logons.
const (
	logonInteractive = 2
	logonNetwork     = 3
	logonService     = 5
	logonUnlock      = 7
	logonRemote      = 10
	logonCached      = 11
)

// signIn is what a logon event says beside the account.
type signIn struct {
	kind        uint64
	process     string // of the logon: Kerberos, NtLmSsp, User32, Advapi
	pack        string // Kerberos, NTLM, Negotiate
	workstation string
	from        string // address, "-" of local ones
	lm          string
	keyLength   uint64
	via         *process
	elevated    bool
}

// loggedOn logs a successful logon (4624, and 4672 where it is an administrator's) and returns its id.
func (w *windows) loggedOn(who *account, s signIn) uint64 {
	h := w.h
	id := 0x100000 + h.rand.next()&0xFFFFFFF
	e := w.begin(logonOK)
	if s.kind == logonNetwork {
		e.str("S-1-0-0").str("-").str("-").num(0)
	} else {
		w.subject(e, h.system)
	}
	if s.kind == logonService {
		id = who.logon
	}
	e.str(who.sidText).str(who.name).str(who.domain).num(id).num(s.kind).str(s.process).str(s.pack).str(s.workstation)
	if s.pack == "Kerberos" {
		e.ident(randomGUID(h.rand))
	} else {
		e.ident(guid{})
	}
	e.str("-").str(orDash(s.lm)).num(s.keyLength)
	if s.via != nil {
		e.num(uint64(s.via.pid)).str(s.via.image)
	} else {
		e.num(0).str("-")
	}
	port := 0
	if s.from != "-" {
		port = int(49664 + h.rand.next()%15000)
	}
	e.str(s.from)
	if port == 0 {
		e.str("-")
	} else {
		e.dec(port)
	}
	elevated := "%%1843"
	if s.elevated {
		elevated = "%%1842"
	}
	e.str("%%1833").str("-").str("-").str("-").str("%%1843").num(0).str(elevated).put()
	if s.elevated {
		e = w.begin(privileges)
		e.str(who.sidText).str(who.name).str(who.domain).num(id).str(adminPrivileges).put()
	}
	return id
}

const adminPrivileges = "SeSecurityPrivilege\r\n\t\t\tSeBackupPrivilege\r\n\t\t\tSeRestorePrivilege\r\n\t\t\tSeTakeOwnershipPrivilege\r\n\t\t\tSeDebugPrivilege\r\n\t\t\tSeSystemEnvironmentPrivilege\r\n\t\t\tSeLoadDriverPrivilege\r\n\t\t\tSeImpersonatePrivilege"

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// later remembers to log a logon off, and logs off the oldest one that waits.
func (w *windows) later(who *account, id, kind uint64) {
	o := &w.logons[w.nextOff]
	w.nextOff = (w.nextOff + 1) % len(w.logons)
	if o.who != nil {
		e := w.begin(logoff)
		e.str(o.who.sidText).str(o.who.name).str(o.who.domain).num(o.id).num(o.kind).put()
	}
	*o = openLogon{who, id, kind}
}

// refused logs a failed logon (4625).
func (w *windows) refused(name string, s signIn, status, sub uint64, reason string) {
	e := w.begin(logonFailed)
	if s.kind == logonNetwork {
		e.str("S-1-0-0").str("-").str("-").num(0)
	} else {
		w.subject(e, w.h.system)
	}
	e.str("S-1-0-0").str(name).str(domainShort).num(status).str(reason).num(sub).num(s.kind).str(s.process).str(s.pack).str(s.workstation)
	e.str("-").str(orDash(s.lm)).num(s.keyLength)
	if s.via != nil {
		e.num(uint64(s.via.pid)).str(s.via.image)
	} else {
		e.num(0).str("-")
	}
	e.str(s.from)
	if s.from == "-" {
		e.str("-")
	} else {
		e.dec(int(49664 + w.h.rand.next()%15000))
	}
	e.put()
}

// The codes of a failed logon.
const (
	badLogon     = 0xc000006d // status
	noSuchUser   = 0xc0000064 // sub status
	wrongPass    = 0xc000006a // sub status
	reasonWrong  = "%%2313"
	reasonLocked = "%%2307"
)

// started logs a PowerShell engine that starts (600, 400) and its first pipeline (800).
func (w *windows) started(x *process) {
	w.engine(psRead, x)
	w.engine(psStarted, x)
	w.engine(psCommand, x)
}

// engine logs a state of a PowerShell engine in the classic log.
func (w *windows) engine(s *shape, x *process) {
	h := w.h
	e := w.begin(s)
	var head string
	switch s {
	case psRead:
		e.str("FileSystem").str("Started")
		head = "\tProviderName=FileSystem\r\n\tNewProviderState=Started\r\n\r\n"
	case psStarted:
		e.str("Available").str("None")
		head = "\tNewEngineState=Available\r\n\tPreviousEngineState=None\r\n\r\n"
	case psStopped:
		e.str("Stopped").str("Available")
		head = "\tNewEngineState=Stopped\r\n\tPreviousEngineState=Available\r\n\r\n"
	default:
		e.str("")
		head = "\tDetailSequence=1\r\n\tDetailTotal=1\r\n\r\n"
	}
	from := len(e.text)
	e.text = append(append(e.text, head...), "\tSequenceNumber="...)
	e.text = strconv.AppendInt(e.text, int64(h.rand.between(3, 17)), 10)
	e.text = append(e.text, "\r\n\r\n\tHostName=ConsoleHost\r\n\tHostVersion=5.1.17763.1490\r\n\tHostId="...)
	e.text = appendGUID(e.text, randomGUID(h.rand), lowerHex)
	e.text = append(e.text, "\r\n\tHostApplication="...)
	e.text = append(e.text, x.command...)
	e.text = append(e.text, "\r\n\tEngineVersion=5.1.17763.1490\r\n\tRunspaceId="...)
	e.text = appendGUID(e.text, randomGUID(h.rand), lowerHex)
	e.text = append(e.text, "\r\n\tPipelineId=\r\n\tCommandName=\r\n\tCommandType=\r\n\tScriptName=\r\n\tCommandPath=\r\n\tCommandLine="...)
	e.add(0, from)
	if s == psCommand {
		e.str("CommandInvocation(Out-Default): \"Out-Default\"")
	}
	e.put()
}

// script logs a script block (4104).
func (w *windows) script(who *account, text phrase, path string) {
	e := w.begin(psScript)
	e.user = who.sidText
	e.num(1).num(1).say(text, who)
	from := len(e.text)
	e.text = appendGUID(e.text, randomGUID(w.h.rand), lowerHex)
	e.add(0, from)
	e.str(path).put()
}

// module logs a command of a pipeline (4103).
func (w *windows) module(who *account, x *process, command string, payload string) {
	e := w.begin(psModule)
	e.user = who.sidText
	from := len(e.text)
	e.text = append(e.text, "        Severity = Informational\r\n        Host Name = ConsoleHost\r\n        Host Version = 5.1.17763.1490\r\n        Host ID = "...)
	e.text = appendGUID(e.text, randomGUID(w.h.rand), lowerHex)
	e.text = append(e.text, "\r\n        Host Application = "...)
	e.text = append(e.text, x.command...)
	e.text = append(e.text, "\r\n        Engine Version = 5.1.17763.1490\r\n        Command Name = "...)
	e.text = append(e.text, command...)
	e.text = append(e.text, "\r\n        Command Type = Cmdlet\r\n        User = "...)
	e.text = append(e.text, who.domain+`\`+who.name+"\r\n        Shell ID = Microsoft.PowerShell"...)
	e.add(0, from)
	e.str("").strs("CommandInvocation(", command, "): \"", command, "\"\r\n", payload).put()
}
