package logrange

import "strconv"

var windowsFormats = []Format{EVTX, Winlogbeat, WinFlat}

func onWindows(day, night int, do func(w *windows)) doing {
	return doing{day, night, windowsFormats, func(h *host) { do(h.win) }}
}

// windowsRoutine is what happens on a machine with Windows of this role.
func windowsRoutine(role Role) []doing {
	all := []doing{
		onWindows(420, 420, (*windows).residentActs),
		onWindows(160, 60, (*windows).guestActs),
		onWindows(16, 22, (*windows).serviceWork),
		onWindows(14, 26, (*windows).scheduledWork),
		onWindows(10, 10, (*windows).comWork),
		onWindows(8, 10, (*windows).serviceLogon),
		onWindows(6, 8, (*windows).serviceTurns),
		onWindows(5, 5, (*windows).membersRead),
		onWindows(3, 5, (*windows).health),
		onWindows(2, 3, (*windows).inventory),
		onWindows(2, 5, (*windows).upkeep),
		onWindows(2, 2, (*windows).registeredTask),
	}
	switch role {
	case Workstation:
		all = append(all,
			onWindows(60, 1, (*windows).userWork),
			onWindows(4, 0, (*windows).screen),
			onWindows(10, 10, (*windows).networkLogon),
			onWindows(2, 0, (*windows).mistype),
		)
	case DomainController:
		all = append(all,
			onWindows(150, 90, (*windows).kerberos),
			onWindows(120, 90, (*windows).networkLogon),
			onWindows(50, 30, (*windows).policyRead),
			onWindows(30, 20, (*windows).ntlmChecked),
			onWindows(40, 30, (*windows).served),
			onWindows(5, 1, (*windows).mistype),
			onWindows(2, 0, (*windows).passwordChanged),
			onWindows(2, 0, (*windows).administered),
		)
	case FileServer:
		all = append(all,
			onWindows(160, 20, (*windows).shareRead),
			onWindows(60, 20, (*windows).networkLogon),
			onWindows(30, 10, (*windows).served),
			onWindows(2, 0, (*windows).administered),
			onWindows(1, 12, (*windows).backedUp),
		)
	case ExchangeServer:
		all = append(all,
			onWindows(80, 60, (*windows).mailLogon),
			onWindows(40, 40, (*windows).probed),
			onWindows(30, 25, (*windows).served),
			onWindows(6, 3, (*windows).cmdlet),
			onWindows(4, 2, (*windows).pageCompiled),
			onWindows(30, 20, (*windows).networkLogon),
			onWindows(1, 0, (*windows).administered),
		)
	case LinuxServer, LinuxWeb, CloudTenant:
	}
	return all
}

// residentActs lets one of the programs that always run do something.
func (w *windows) residentActs() { w.acts(pick(w.h.rand, w.residents)) }

// guestActs lets one of the programs that were started do something, or exit.
func (w *windows) guestActs() {
	x := &w.guests[w.h.rand.below(len(w.guests))]
	switch {
	case !x.exists:
		w.residentActs()
	case w.h.rand.permille(90):
		w.end(x)
	default:
		w.acts(x)
	}
}

// acts does one thing out of the program's habit.
func (w *windows) acts(x *process) {
	r, does := w.h.rand, x.habit
	switch act(does.acts.draw(r)) {
	case actConnect:
		w.connectsTo(x, does)
	case actLookUp:
		if len(does.sites) > 0 {
			if r.permille(30) {
				w.asked(x, pick(r, does.sites), "9003", "-") // no such name
			} else {
				w.asked(x, pick(r, does.sites), "0", "::ffff:203.0.113."+strconv.Itoa(r.between(1, 250))+";")
			}
		}
	case actCreate:
		if len(does.files) > 0 {
			w.made(x, pick(r, does.files))
		}
	case actDelete:
		if len(does.junk) > 0 {
			w.removed(x, pick(r, does.junk))
		}
	case actSet:
		if len(does.keys) > 0 {
			s := &does.keys[r.below(len(does.keys))]
			if r.permille(80) {
				w.keyMade(x, s.key)
			}
			w.set(x, s.key, s.details)
		}
	case actLoad:
		w.loaded(x, pick(r, libraries))
	case actPeek:
		w.peeked(x, pick(r, w.residents), 0x1000, usualTrace)
	case actPipe:
		w.pipe(x, false, pick(r, []string{`\wkssvc`, `\srvsvc`, `\lsass`, `\ntsvcs`, `\eventlog`}))
	case actStream:
		w.marked(x, download)
	case acts:
	}
	w.h.pause(milli, 40*milli)
}

var download = say(`C:\Users\%{user}\Downloads\%{doc}.pdf`)

const usualTrace = `C:\Windows\SYSTEM32\ntdll.dll+9c534|C:\Windows\System32\KERNELBASE.dll+305fe|C:\Windows\System32\svchost.exe+2b1c`

func (w *windows) connectsTo(x *process, does *habit) {
	r := w.h.rand
	if len(does.ports) == 0 {
		return
	}
	port := pick(r, does.ports)
	var to, name string
	if does.outside {
		to, name = string(appendOutside(nil, r)), pick(r, webSites)
	} else {
		to, name = "10.20.1."+strconv.Itoa(r.between(10, 14)), "-"
	}
	protocol := "tcp"
	if port == 53 || port == 123 || port == 161 {
		protocol = "udp"
	}
	w.connected(x, protocol, to, name, port)
}

// start is a program that somebody or something starts as a matter of course.
type start struct {
	weight  int
	program *program
	command phrase
}

func starts(list ...start) []start { return list }

// draw picks by weight; lists are short.
func draw(r *random, list []start) *start {
	sum := 0
	for i := range list {
		sum += list[i].weight
	}
	n := r.below(sum)
	for i := range list {
		if n -= list[i].weight; n < 0 {
			return &list[i]
		}
	}
	return &list[0]
}

var byServices = starts(
	start{30, pSvchost, say(`C:\Windows\system32\svchost.exe -k netsvcs -p -s wlidsvc`)},
	start{30, pSvchost, say(`C:\Windows\System32\svchost.exe -k wsappx -p -s ClipSVC`)},
	start{20, pSvchost, say(`C:\Windows\system32\svchost.exe -k netsvcs -p -s BITS`)},
	start{20, pSvchost, say(`C:\Windows\system32\svchost.exe -k LocalService -p -s BthAvctpSvc`)},
	start{20, pSvchost, say(`C:\Windows\System32\svchost.exe -k LocalSystemNetworkRestricted -p -s StorSvc`)},
	start{20, pSvchost, say(`C:\Windows\system32\svchost.exe -k netsvcs -p -s wuauserv`)},
	start{15, pSvchost, say(`C:\Windows\system32\svchost.exe -k GraphicsPerfSvcGroup -s GraphicsPerfSvc`)},
	start{12, pSppsvc, say(`C:\Windows\system32\sppsvc.exe`)},
	start{4, pTrusted, say(`C:\Windows\servicing\TrustedInstaller.exe`)},
	start{3, pVssvc, say(`C:\Windows\system32\vssvc.exe`)},
	start{3, pMsiexec, say(`C:\Windows\system32\msiexec.exe /V`)},
)

var byDcom = starts(
	start{40, pDllhost, say(`C:\Windows\system32\DllHost.exe /Processid:{%{GUID}}`)},
	start{40, pBroker, say(`C:\Windows\System32\RuntimeBroker.exe -Embedding`)},
	start{20, pBackground, say(`"C:\Windows\system32\backgroundTaskHost.exe" -ServerName:App.AppX%{x32}.mca`)},
	start{20, pSmart, say(`C:\Windows\System32\smartscreen.exe -Embedding`)},
	start{20, pWmiPrvSE, say(`C:\Windows\system32\wbem\wmiprvse.exe -secured -Embedding`)},
	start{5, pTiWorker, say(pTiWorker.image + ` -Embedding`)},
)

var bySchedule = starts(
	start{40, pTaskhost, say(`taskhostw.exe`)},
	start{20, pTaskhost, say(`taskhostw.exe SyncFromCloud`)},
	start{10, pUso, say(`C:\Windows\system32\usoclient.exe StartScan`)},
	start{10, pMpCmdRun, say(`"` + pMpCmdRun.image + `" SignatureUpdate -ScheduleJob -RestrictPrivileges -Reinvoke`)},
	start{10, pGUpdate, say(`"` + pGUpdate.image + `" /ua /installsource scheduler`)},
	start{10, pGUpdate, say(`"` + pGUpdate.image + `" /c`)},
	start{5, pARM, say(`"` + pARM.image + `" /PRODUCT:Reader /VERSION:21.0 /MODE:3`)},
	start{6, pC2R, say(`"` + pC2R.image + `" /frequentupdate SCHEDULEDTASK displaylevel=False`)},
	start{6, pCompat, say(`C:\Windows\system32\compattelrunner.exe -maintenance`)},
	start{4, pWsqmcons, say(`C:\Windows\System32\wsqmcons.exe`)},
	start{4, pDefrag, say(`C:\Windows\system32\defrag.exe -c -h -k -g -$`)},
	start{2, pNgen, say(`"` + dotNet + `ngen.exe" ExecuteQueuedItems /LegacyServiceBehavior`)},
	start{4, pWuauclt, say(`"C:\Windows\system32\wuauclt.exe" /UpdateDeploymentProvider UpdateDeploymentProvider.dll /ClassId %{guid} /RunHandlerComServer`)},
)

var byUser = starts(
	start{60, pChrome, say(`"C:\Program Files\Google\Chrome\Application\chrome.exe" --type=renderer --field-trial-handle=%{d4},%{d16},%{d16},131072 --lang=en-GB --device-scale-factor=1 --num-raster-threads=2 --renderer-client-id=%{n5-400} --no-v8-untrusted-code-mitigations --mojo-platform-channel-handle=%{d4} /prefetch:1`)},
	start{30, pEdge, say(`"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe" --type=utility --utility-sub-type=network.mojom.NetworkService --field-trial-handle=%{d4},%{d16},%{d16},131072 --lang=en-GB --service-sandbox-type=network --mojo-platform-channel-handle=%{d4} /prefetch:8`)},
	start{12, pFirefox, say(`"C:\Program Files\Mozilla Firefox\firefox.exe" -contentproc --channel="%{d4}.%{n1-60}.%{d9}\%{d10}" -childID %{n1-60} -isForBrowser -prefsHandle %{d4} -prefMapSize 232645 tab`)},
	start{10, pChrome, say(`"C:\Program Files\Google\Chrome\Application\chrome.exe" https://%{site}/%{word}`)},
	start{10, pOutlook, say(`"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE"`)},
	start{14, pWord, say(`"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE" /n "C:\Users\%{user}\Documents\%{doc}.docx" /o ""`)},
	start{12, pExcel, say(`"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE" "\\fs01\%{share}\%{doc}.xlsx"`)},
	start{4, pPoint, say(`"C:\Program Files\Microsoft Office\root\Office16\POWERPNT.EXE" "C:\Users\%{user}\Documents\%{doc}.pptx"`)},
	start{10, pReader, say(`"C:\Program Files (x86)\Adobe\Acrobat Reader DC\Reader\AcroRd32.exe" "C:\Users\%{user}\Downloads\%{doc}.pdf"`)},
	start{5, pNotepad, say(`"C:\Windows\system32\NOTEPAD.EXE" C:\Users\%{user}\Documents\%{word} notes.txt`)},
	start{2, pCalc, say(`"C:\Windows\System32\win32calc.exe"`)},
	start{3, pZipper, say(`"C:\Program Files\7-Zip\7zFM.exe" "C:\Users\%{user}\Documents\%{doc}.zip"`)},
	start{6, pTeams, say(`"C:\Program Files (x86)\Microsoft\Teams\current\Teams.exe" --type=renderer --enable-wer --lang=en-GB --app-user-model-id=com.example.teams --renderer-client-id=%{n2-20}`)},
)

func (w *windows) serviceWork() {
	s := draw(w.h.rand, byServices)
	w.launch(w.services, s.program, w.h.system, s.command)
}

func (w *windows) comWork() {
	s := draw(w.h.rand, byDcom)
	who := w.h.system
	if s.program == pBroker || s.program == pBackground || s.program == pSmart {
		who = w.user
	}
	if s.program == pWmiPrvSE {
		who = w.h.network
		e := w.begin(wmiProvider)
		e.str("CIMWin32").num(0).str("wmiprvse.exe").num(uint64(w.pid)).str(`%systemroot%\system32\wbem\cimwin32.dll`).put()
	}
	w.launch(w.dcom, s.program, who, s.command)
}

var taskNames = []string{
	`\Microsoft\Windows\UpdateOrchestrator\Schedule Scan`, `\Microsoft\Windows\Windows Defender\Windows Defender Scheduled Scan`,
	`\Microsoft\Windows\Customer Experience Improvement Program\Consolidator`, `\GoogleUpdateTaskMachineUA`, `\GoogleUpdateTaskMachineCore`,
	`\Microsoft\Office\Office Automatic Updates 2.0`, `\Microsoft\Windows\Defrag\ScheduledDefrag`, `\Microsoft\Windows\Time Synchronization\SynchronizeTime`,
	`\Microsoft\Windows\Flighting\OneSettings\RefreshCache`, `\Microsoft\Windows\Application Experience\Microsoft Compatibility Appraiser`,
	`\Microsoft\Windows\SoftwareProtectionPlatform\SvcRestartTask`, `\Example Inventory\Daily report`,
}

func (w *windows) scheduledWork() {
	r := w.h.rand
	if r.permille(30) {
		w.borrowed(w.h.services[3], w.h.dc)
	}
	name := pick(r, taskNames)
	instance := randomGUID(r)
	e := w.begin(taskStarted)
	e.str(name).str(`NT AUTHORITY\SYSTEM`).ident(instance).put()
	s := draw(r, bySchedule)
	x := w.launch(w.netsvcs, s.program, w.h.system, s.command)
	e = w.begin(taskAction)
	e.str(name).str(x.image).ident(instance).num(uint64(x.pid)).put()
	w.h.pause(milli, 900*milli)
	e = w.begin(taskDone)
	e.str(name).ident(instance).str(x.image).num(0).num(uint64(x.pid)).put()
	e = w.begin(taskEnded)
	e.str(name).str(`NT AUTHORITY\SYSTEM`).ident(instance).put()
}

// borrowed logs a task that logs on with the account it was given (4648).
func (w *windows) borrowed(who *account, server string) {
	e := w.begin(logonExplicit)
	w.subject(e, w.h.system).ident(guid{}).str(who.name).str(domainShort).ident(guid{}).strs(server, ".", domainDNS).strs(server, ".", domainDNS)
	e.num(uint64(w.netsvcs.pid)).str(w.netsvcs.image).str("-").str("-").put()
}

func (w *windows) userWork() {
	r := w.h.rand
	s := draw(r, byUser)
	x := w.launch(w.explorer, s.program, w.user, s.command)
	w.loaded(x, pick(r, libraries))
	switch {
	case r.permille(30):
		w.launch(w.netsvcs, pAudiodg, w.h.local, audioCommand)
	case r.permille(50):
		w.launch(w.search, pSearchProt, w.h.system, protocolCommand)
	}
	if x.program == pWord && r.permille(120) {
		w.launch(x, pSplwow, w.user, splwowCommand)
		w.acts(w.spool)
	}
}

var (
	userinitCommand = say(`C:\Windows\system32\userinit.exe`)
	explorerCommand = say(`C:\Windows\Explorer.EXE`)
	ctfmonCommand   = say(`"ctfmon.exe"`)
	splwowCommand   = say(`C:\Windows\splwow64.exe 8192`)
	audioCommand    = say(`C:\Windows\system32\AUDIODG.EXE 0x%{x3}`)
	protocolCommand = say(`"C:\Windows\system32\SearchProtocolHost.exe" Global\UsGthrFltPipeMssGthrPipe%{n1-900}_ Global\UsGthrCtrlFltPipeMssGthrPipe%{n1-900} 1 -2147483646 "Software\Microsoft\Windows Search" "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT; MS Search 4.0 Robot)" "C:\ProgramData\Microsoft\Search\Data\Temp\usgthrsvc" "DownLevelDaemon"`)
)

func (w *windows) screen() {
	r := w.h.rand
	who := w.user
	if r.permille(600) {
		e := w.begin(screenLocked)
		e.str(who.sidText).str(who.name).str(who.domain).num(who.logon).num(1).put()
		return
	}
	w.loggedOn(who, signIn{kind: logonUnlock, process: "User32 ", pack: "Negotiate", workstation: w.h.upper, from: "127.0.0.1", via: w.netsvcs})
	e := w.begin(screenOpen)
	e.str(who.sidText).str(who.name).str(who.domain).num(who.logon).num(1).put()
	if r.permille(100) {
		w.loggedOn(who, signIn{kind: logonInteractive, process: "User32 ", pack: "Negotiate", workstation: w.h.upper, from: "127.0.0.1", via: w.netsvcs})
		e = w.begin(sessionOn)
		e.strs(who.domain, `\`, who.name).num(1).str("LOCAL").put()
		x := w.launch(w.winlogon, pUserinit, who, userinitCommand)
		w.launch(x, pExplorer, who, explorerCommand)
		w.launch(w.netsvcs, pCtfmon, who, ctfmonCommand)
	}
}

func (w *windows) serviceLogon() {
	h := w.h
	who := pick(h.rand, []*account{h.system, h.system, h.system, h.local, h.network})
	w.loggedOn(who, signIn{kind: logonService, process: "Advapi  ", pack: "Negotiate", workstation: "-", from: "-", via: w.services, elevated: who == h.system})
}

// somebody is a person, or now and then a machine.
func (w *windows) somebody() *account {
	h := w.h
	if h.rand.permille(350) {
		return w.self
	}
	return pick(h.rand, h.people)
}

func (w *windows) networkLogon() {
	r := w.h.rand
	who := w.somebody()
	from := "10.20." + strconv.Itoa(10+r.below(4)) + "." + strconv.Itoa(20+r.below(200))
	s := signIn{kind: logonNetwork, process: "Kerberos", pack: "Kerberos", workstation: "-", from: from}
	if who == w.self {
		s.from = w.h.addr
	}
	id := w.loggedOn(who, s)
	w.accepted(w.kernel, from, 445)
	w.later(who, id, logonNetwork)
}

func (w *windows) mistype() {
	h, r := w.h, w.h.rand
	who := pick(r, h.people)
	from := "10.20." + strconv.Itoa(10+r.below(4)) + "." + strconv.Itoa(20+r.below(200))
	if h.Role == DomainController {
		e := w.begin(preauthFailed)
		e.str(who.name).str(who.sidText).strs("krbtgt/", domainShort).num(0x40810010).num(0x18).str("2").strs("::ffff:", from).dec(50000 + r.below(9000)).str("").str("").str("").put()
		return
	}
	w.refused(w.user.name, signIn{kind: logonUnlock, process: "User32 ", pack: "Negotiate", workstation: h.upper, from: "127.0.0.1", via: w.netsvcs}, badLogon, wrongPass, reasonWrong)
}

var serviceNames = []string{
	"Windows Update", "Background Intelligent Transfer Service", "Software Protection", "Windows Modules Installer", "WinHTTP Web Proxy Auto-Discovery Service",
	"Volume Shadow Copy", "Microsoft Software Shadow Copy Provider", "Client License Service (ClipSVC)", "Windows Error Reporting Service", "Network Setup Service",
}

func (w *windows) serviceTurns() {
	r := w.h.rand
	state := "running"
	if r.permille(500) {
		state = "stopped"
	}
	e := w.begin(serviceState)
	e.str(pick(r, serviceNames)).str(state).put()
	if r.permille(100) {
		start := [2]string{"demand start", "auto start"}
		if r.permille(500) {
			start[0], start[1] = start[1], start[0]
		}
		e = w.begin(serviceStart)
		e.str("Background Intelligent Transfer Service").str(start[0]).str(start[1]).str("BITS").put()
	}
}

func (w *windows) membersRead() {
	h, r := w.h, w.h.rand
	by := pick(r, []*process{w.agent, w.netsvcs})
	if r.permille(300) {
		e := w.begin(groupsOfUser)
		e.str("Guest").str(h.upper).str(w.domainSIDLocal() + "-501")
		w.subject(e, h.system).num(uint64(by.pid)).str(by.image).put()
		return
	}
	e := w.begin(membersRead)
	e.str("Administrators").str("Builtin").str("S-1-5-32-544")
	w.subject(e, h.system).num(uint64(by.pid)).str(by.image).put()
}

// domainSIDLocal is the identifier of the machine's own accounts.
func (w *windows) domainSIDLocal() string {
	m := w.machine
	return "S-1-5-21-" + strconv.Itoa(int(m[0])<<16|int(m[1])<<8|int(m[2])) + "-" + strconv.Itoa(int(m[3])<<16|int(m[4])<<8|int(m[5])) + "-" + strconv.Itoa(int(m[6])<<16|int(m[7])<<8|int(m[8]))
}

func (w *windows) health() {
	r := w.h.rand
	version := "1.331." + strconv.Itoa(r.between(200, 2400)) + ".0"
	switch r.below(3) {
	case 0:
		e := w.begin(defHealth)
		e.str("Windows Defender Antivirus").str("4.18.2101.9").str("").str("1.1.17800.5").str("1.1.17800.5").str("").str(version).str(version)
		e.str("Enabled").str("Enabled").str("Enabled").str("Enabled").put()
	case 1:
		e := w.begin(defUpdated)
		e.str("Windows Defender Antivirus").str("4.18.2101.9").str(version).str("1.331.100.0").str("AntiVirus").str("Microsoft Update Server").str(`NT AUTHORITY\SYSTEM`).put()
	default:
		e := w.begin(defScan)
		e.str("Windows Defender Antivirus").str("4.18.2101.9").strs("{", string(appendGUID(nil, randomGUID(r), upperHex)), "}").str("1").str("Antimalware").str("Quick scan")
		e.str("NT AUTHORITY").str("SYSTEM").str("S-1-5-18").put()
	}
}

var inventoryScript = said(
	`Get-CimInstance Win32_LogicalDisk | Select-Object DeviceID, Size, FreeSpace`,
	`Get-Service | Where-Object Status -eq 'Running' | Export-Csv -NoTypeInformation -Path 'C:\ProgramData\Example Inventory\reports\services.csv'`,
	`function Measure-Uptime { (Get-Date) - (Get-CimInstance Win32_OperatingSystem).LastBootUpTime }`,
	`Get-HotFix | Sort-Object InstalledOn | Select-Object -Last 5`,
	`$report = Join-Path $root ('inventory-{0:yyyyMMdd}.csv' -f (Get-Date))`,
)

const inventoryPath = `C:\Program Files\Example Inventory\inventory.ps1`

var inventoryCommand = say(`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe -NoProfile -File "` + inventoryPath + `"`)

var conhostCommand = say(`\??\C:\Windows\system32\conhost.exe 0xffffffff -ForceV1`)

// inventory is a script of the administrators that runs as a task.
func (w *windows) inventory() {
	h := w.h
	who := h.services[3]
	x := w.launch(w.agent, pPowerShell, who, inventoryCommand)
	w.launch(x, pConhost, who, conhostCommand)
	w.started(x)
	w.script(who, pick(h.rand, inventoryScript), inventoryPath)
	w.module(who, x, "Get-CimInstance", `ParameterBinding(Get-CimInstance): name="ClassName"; value="Win32_OperatingSystem"`)
	w.acts(x)
	w.h.pause(100*milli, 2*second)
	w.engine(psStopped, x)
	w.end(x)
}

// upkeep is what Windows reports of itself.
func (w *windows) upkeep() {
	h, r := w.h, w.h.rand
	switch r.below(7) {
	case 0:
		e := w.begin(uptime)
		e.str("").str("").str("").str("").dec(r.between(90000, 2000000)).str("60").str("0 UTC").put()
	case 1:
		e := w.begin(timeFound)
		e.strs(h.dc, ".", domainDNS, " (ntp.d|0.0.0.0:123->10.20.1.10:123)").put()
	case 2:
		title := "Security Intelligence Update for Windows Defender Antivirus - KB2267602 (Version 1.331." + strconv.Itoa(r.between(200, 2400)) + ".0)"
		g := randomGUID(r)
		e := w.begin(loading)
		e.str(title).ident(g).num(200).put()
		e = w.begin(updated)
		e.str(title).ident(g).num(200).ident(parseGUID("9482f4b4-e343-43b6-b170-9a65bc822c77")).put()
	case 3:
		e := w.begin(licence)
		e.strs(string(h.clock.rfc3339Second(nil, h.now+7*day))).str("RulesEngine").put()
	case 4:
		e := w.begin(engineNews)
		e.str("svchost").str("1224,D,50").str("").str("EseDiskFlushConsistency").str("0x800000").put()
	case 5:
		e := w.begin(installed)
		e.user = h.system.sidText
		e.str("Example Inventory").str("5.2.1").str("1033").str("0").str("Example Software").str("(NULL)").put()
	default:
		w.transferred("WU Client Download", "https://updates.example.com/packages/"+string(appendHex(nil, r.next(), 16, lowerHex))+".cab", uint64(r.between(4096, 1<<24)))
	}
}

// transferred logs a job of the transfer service from its start to its end.
func (w *windows) transferred(name, url string, length uint64) {
	g := randomGUID(w.h.rand)
	modified := uint64(w.h.now - 2*day)
	e := w.begin(bitsStart)
	e.ident(g).str(name).ident(g).str(url).str("").num(modified).num(length).num(length).num(0).num(0).put()
	w.h.pause(100*milli, second)
	e = w.begin(bitsDone)
	e.ident(g).str(name).ident(g).str(url).str("").num(0).num(modified).num(length).num(length).num(length).str("").num(0).num(0).num(0).num(0).num(0).flag(false).put()
}

func (w *windows) registeredTask() {
	h := w.h
	name := `\OneDrive Standalone Update Task-` + w.user.sidText
	e := w.begin(taskRegistered)
	e.str(name).strs(w.user.domain, `\`, w.user.name).put()
	e = w.begin(taskNew)
	w.subject(e, w.user).str(name).str(taskXML("", `"C:\Program Files\Microsoft OneDrive\OneDriveStandaloneUpdater.exe"`, "", w.user.sidText, false))
	e.num(0).num(0).num(0).num(0).str(h.fqdn).put()
}

// taskXML is the definition of a scheduled task as audit events hold it.
func taskXML(author, command, arguments, sid string, hidden bool) string {
	return "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\r\n<Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\r\n" +
		"  <RegistrationInfo>\r\n    <Author>" + author + "</Author>\r\n  </RegistrationInfo>\r\n  <Triggers>\r\n    <TimeTrigger>\r\n      <Enabled>true</Enabled>\r\n    </TimeTrigger>\r\n  </Triggers>\r\n" +
		"  <Principals>\r\n    <Principal id=\"Author\">\r\n      <UserId>" + sid + "</UserId>\r\n    </Principal>\r\n  </Principals>\r\n" +
		"  <Settings>\r\n    <Hidden>" + strconv.FormatBool(hidden) + "</Hidden>\r\n  </Settings>\r\n" +
		"  <Actions Context=\"Author\">\r\n    <Exec>\r\n      <Command>" + command + "</Command>\r\n      <Arguments>" + arguments + "</Arguments>\r\n    </Exec>\r\n  </Actions>\r\n</Task>"
}
