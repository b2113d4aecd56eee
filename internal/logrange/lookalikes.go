package logrange

import (
	"strconv"
	"time"
)

// Harmless acts that look like attacks. A rule that fires on one of them has found what administrators and software
// do every day.

func lookalikes() []Plant {
	return []Plant{
		harmless("ok-oab-url", "An administrator sets the address book's external address", onlyMail, []Format{EVTX, Winlogbeat, WinFlat, IIS, HTTPProxy, ECP}, okOAB),
		harmless("ok-owa-logon", "Somebody signs in to the web mail from a new address", onlyMail, mailWebLogs, okLogon),
		harmless("ok-autodiscover-v2", "A phone asks Autodiscover the modern way, with an @ in the path", onlyMail, mailWebLogs, okAutodiscover),
		harmless("ok-mailbox-export", "A mailbox is exported to a file server", onlyMail, windowsFormats, okExport),
		harmless("ok-page-compiled", "ASP.NET compiles a page of the product", onlyMail, windowsFormats, okCompiled),
		harmless("ok-health-manager", "Exchange's health manager runs netsh", onlyMail, windowsFormats, okHealth),
		harmless("ok-loopback-pipe", "The server's own account uses IPC$ over loopback", onlyMail, windowsFormats, okLoopback),
		harmless("ok-scheduled-task", "An updater registers its task", anyWindows, windowsFormats, okTask),
		harmless("ok-service-install", "A backup agent installs its service", anyWindows, windowsFormats, okService),
		harmless("ok-admin-script", "Inventory runs a signed script from Program Files", anyWindows, windowsFormats, okScript),
		harmless("ok-lsass-read", "The virus scanner opens LSASS with few rights", anyWindows, windowsFormats, okLsass),
		harmless("ok-logon-failures", "Somebody mistypes a password four times, then gets it right", anyWindows, windowsFormats, okMistype),
		harmless("ok-rdp-admin", "An administrator logs on by remote desktop from the jump host", onlyDC, windowsFormats, okRDP),
		harmless("ok-backup-archive", "The backup account packs logs with 7-Zip by night", anyWindows, windowsFormats, okArchive),
		harmless("ok-txt-lookups", "The mail server looks up DKIM keys", anyWindows, windowsFormats, okTXT),
		harmless("ok-old-kerberos", "One ticket with RC4 for an old printer", onlyDC, windowsFormats, okKerberos),
		harmless("ok-run-key", "OneDrive's setup writes its Run key", anyWindows, windowsFormats, okRunKey),
		harmless("ok-file-times", "The browser sets the time of a file it unpacked", anyWindows, windowsFormats, okTimes),
		harmless("ok-ssh-admin", "An administrator logs on with a key and reloads the web server", anyLinux, linuxLogs, okSSH),
		harmless("ok-cron-edit", "root edits the backup job", anyLinux, linuxLogs, okCron),
		harmless("ok-aws-audit", "An auditor lists trails and users", onlyCloud, []Format{CloudTrail}, okAWS),
		harmless("ok-entra-policy", "A new access policy starts in report-only mode", onlyCloud, []Format{Entra}, okPolicy),
		harmless("ok-entra-travel", "Somebody travels: two countries within a day, known device, two factors", onlyCloud, []Format{Entra}, okTravel),
	}
}

func okOAB(s *sowing) {
	s.on(ExchangeServer, 0, "", "The address is a plain https address, set by a named administrator", func(h *host) {
		who := h.admins[0]
		h.web.serve(&request{
			method: "POST", stem: "/ecp/DDI/DDIService.svc/SetObject", query: "schema=OABVirtualDirectory&msExchEcpCanary=" + string(appendHex(nil, h.rand.next(), 32, lowerHex)) + ".",
			user: upn(who), mailbox: sidAnchor(who), from: "10.20.10.12", agent: browsers[0], referer: "https://" + mailSite + "/ecp/", status: 200, taken: 840, protocol: "Ecp",
			in: 300, out: 900, backEnd: "/ecp/DDI/DDIService.svc/SetObject", auth: "FBA", hint: "Sid~",
		})
		h.web.ecpCall("Set-OabVirtualDirectory", ".ExternalUrl='https://"+mailSite+"/OAB'.Identity='1f0b9c3e-6a57-4c53-8d0e-93b5a6c4d210'", who, "/ecp/DDI/DDIService.svc/SetObject?schema=OABVirtualDirectory", 640)
		h.win.ranCmdlet("Set-OabVirtualDirectory", `-ExternalUrl "https://`+mailSite+`/OAB" -Identity "EX01\OAB (Default Web Site)"`, who, "")
	})
}

func okLogon(s *sowing) {
	s.on(ExchangeServer, 0, "", "Logon page, its style sheet, and the form that is posted", func(h *host) {
		who := h.people[7]
		for _, q := range []request{
			{method: "GET", stem: "/owa/auth/logon.aspx", query: "replaceCurrent=1", status: 200},
			{method: "GET", stem: "/owa/auth/Current/themes/resources/logon.css", status: 200},
			{method: "POST", stem: "/owa/auth.owa", status: 302, user: upn(who)},
		} {
			q.from, q.agent, q.protocol, q.taken = "203.0.113.77", browsers[3], "Owa", 21
			h.web.serve(&q)
		}
	})
}

func okAutodiscover(s *sowing) {
	s.on(ExchangeServer, 0, "", "The path holds an address, but no path of the back end", func(h *host) {
		who := h.people[9]
		h.web.serve(&request{
			method: "GET", stem: "/autodiscover/autodiscover.json/v1.0/" + who.name + "%40" + domainDNS, query: "Protocol=ActiveSync&RedirectCount=1", from: who.home,
			agent: phones[0], status: 200, taken: 12, protocol: "Autodiscover", out: 96,
		})
	})
}

func okExport(s *sowing) {
	s.on(ExchangeServer, 0, "", "The file is a PST on the file server, and the request is the administrator's own", func(h *host) {
		h.win.ranCmdlet("New-MailboxExportRequest", `-Mailbox "`+h.people[4].name+`" -FilePath "\\fs01\pst\`+h.people[4].name+`.pst"`, h.admins[0], "")
	})
}

func okCompiled(s *sowing) {
	s.on(ExchangeServer, 0, "", "The worker process starts the compiler, which starts its helper", func(h *host) { h.win.pageCompiled() })
}

func okHealth(s *sowing) {
	s.on(ExchangeServer, 0, "", "The parent is the health manager's worker", func(h *host) {
		h.win.text(h.win.worker, pNetsh, h.system, `C:\Windows\system32\`, `netsh.exe interface ipv4 show global`)
	})
}

func okLoopback(s *sowing) {
	s.on(ExchangeServer, 0, "", "Share IPC$, pipe srvsvc: no file of the web site", func(h *host) {
		h.win.share(h.win.self, "127.0.0.1", "IPC$", "", "srvsvc", 0x12019f)
	})
}

func okTask(s *sowing) {
	s.windows(Workstation, 0, "", "Updater in Program Files, by the installer's account", func(w *windows) {
		const name = `\GoogleUpdateTaskMachineCore`
		e := w.begin(taskNew)
		w.subject(e, w.h.system).str(name).str(taskXML("", pGUpdate.image, "/c", "S-1-5-18", false)).num(0).num(uint64(w.pid)).num(4).num(0).str(w.h.fqdn).put()
		e = w.begin(taskRegistered)
		e.str(name).str(`NT AUTHORITY\SYSTEM`).put()
	})
}

func okService(s *sowing) {
	s.windows(FileServer, 0, "", "Path in Program Files, started automatically", func(w *windows) {
		w.installs("Example Backup Engine", `"`+pBackup.image+`" --service`, "auto start", 2)
	})
}

func okScript(s *sowing) {
	s.windows(Workstation, 0, "", "PowerShell without a window, but with a script of Program Files and the agent as parent", func(w *windows) {
		x := w.text(w.agent, pPowerShell, w.h.services[3], `C:\Windows\system32\`, pPowerShell.image+` -NoProfile -NonInteractive -File "`+inventoryPath+`" -Mode full`)
		w.started(x)
		w.script(w.h.services[3], say(`param([string]$Mode) Get-CimInstance Win32_Product | Export-Csv -NoTypeInformation "$env:ProgramData\Example Inventory\reports\products.csv"`), inventoryPath)
	})
}

func okLsass(s *sowing) {
	s.windows(Workstation, 0, "", "Rights 0x1000 only, by the scanner's own program", func(w *windows) {
		w.peeked(w.defender, w.lsass, 0x1000, `C:\Windows\SYSTEM32\ntdll.dll+9c534|C:\Windows\System32\KERNELBASE.dll+305fe|C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.2101.9-0\MpSvc.dll+1f0e2`)
	})
}

func okMistype(s *sowing) {
	in := func(w *windows) signIn {
		return signIn{kind: logonUnlock, process: "User32 ", pack: "Negotiate", workstation: w.h.upper, from: "127.0.0.1", via: w.netsvcs}
	}
	for i := range 4 {
		s.windows(Workstation, time.Duration(i*7)*time.Second, "", "One person, one machine, wrong password", func(w *windows) {
			w.refused(w.user.name, in(w), badLogon, wrongPass, reasonWrong)
		})
	}
	s.windows(Workstation, 31*time.Second, "", "The right password", func(w *windows) { w.loggedOn(w.user, in(w)) })
}

func okRDP(s *sowing) {
	s.windows(DomainController, 0, "", "Administrator's account, administrators' workstation", func(w *windows) { w.administered() })
}

func okArchive(s *sowing) {
	p := newProgram(`C:\Program Files\7-Zip\7z.exe`, "7-Zip Console", "7-Zip", "Igor Pavlov", "7z.exe", "19.00", doNothing)
	s.windows(FileServer, 0, "", "No password, the backup's folder, the backup's account", func(w *windows) {
		x := w.text(w.netsvcs, p, w.h.services[0], `D:\Backup\`, `"C:\Program Files\7-Zip\7z.exe" a -tzip D:\Backup\logs-nightly.zip D:\Logs\*.log`)
		w.made(x, say(`D:\Backup\logs-nightly.zip`))
	})
}

func okTXT(s *sowing) {
	for i := range 12 {
		s.windows(ExchangeServer, time.Duration(i*20)*time.Second, "", "Key names of the senders' domains", func(w *windows) {
			x := w.dnscache
			if w.transport != nil {
				x = w.transport
			}
			w.asked(x, say("selector"+strconv.Itoa(i%3+1)+"._domainkey.%{word}.example.net"), "0", "type:  16 v=DKIM1; k=rsa;")
		})
	}
}

func okKerberos(s *sowing) {
	s.windows(DomainController, 0, "", "One ticket, for a machine's account", func(w *windows) {
		e := w.begin(ticketService)
		e.strs(w.h.people[2].name, "@", domainUpper).str(domainUpper).str("PRN04$").str(w.h.domainSID + "-1093").num(0x40810000).num(0x17)
		e.str("::ffff:10.20.11.31").dec(51877).num(0).ident(randomGUID(w.h.rand)).str("-").put()
	})
}

func okRunKey(s *sowing) {
	s.windows(Workstation, 0, "", "The value starts a program of Program Files", func(w *windows) {
		x := w.foothold()
		x.program, x.who = pOneDrive, w.user
		w.set(x, say(`HKU\%{sid}\SOFTWARE\Microsoft\Windows\CurrentVersion\Run\OneDrive`), say(`"C:\Program Files\Microsoft OneDrive\OneDrive.exe" /background`))
	})
}

func okTimes(s *sowing) {
	s.windows(Workstation, 0, "", "A file of the browser's own profile", func(w *windows) {
		x := w.foothold()
		x.program, x.who = pChrome, w.user
		e := w.begin(smTimes)
		w.process(e, x).strs(`C:\Users\`, w.user.name, `\AppData\Local\Google\Chrome\User Data\Default\Extensions\temp\manifest.json`).utcAt(e.time - 9*day).utc()
		w.owner(e, x).put()
	})
}

func okSSH(s *sowing) {
	s.linux(0, "", "Key, address inside, and a command of the change plan", func(l *linux) {
		who := l.people[1]
		l.sshSession(who.name, l.uid(who), "10.20.10.12", "publickey", ": RSA SHA256:"+string(appendHex(nil, mix64(77), 43, lowerHex)))
		l.sudo(who, "/usr/bin/systemctl", []string{"systemctl", "reload", "apache2"})
	})
}

func okCron(s *sowing) {
	s.linux(0, "", "root's editor writes /etc/cron.d/backup", func(l *linux) {
		pid := l.nextPID()
		l.execute(execution{exe: "/usr/bin/vim.basic", args: []string{"vim", "/etc/cron.d/backup"}, cwd: "/root", uid: 0, auid: 1001, ppid: 2400, pid: pid, tty: "pts0"})
		l.auditWrite("/usr/bin/vim.basic", []string{"vim", "/etc/cron.d/backup"}, "/etc/cron.d/backup", "cron", 0, 1001, 2400, pid)
		l.loggedSys(facilityCron, "cron", 590, "(*system*backup) RELOAD (/etc/cron.d/backup)")
	})
}

func okAWS(s *sowing) {
	for i, name := range []string{"DescribeTrails", "GetTrailStatus", "ListUsers"} {
		s.cloud(time.Duration(i*5)*time.Second, "", "Reading only, from the office", func(c *cloud) {
			source := "cloudtrail"
			if name == "ListUsers" {
				source = "iam"
			}
			c.called(call{source: source, name: name, from: mailPublic, agent: consoleAgent, user: c.h.admins[1], readOnly: true})
		})
	}
}

func okPolicy(s *sowing) {
	s.cloud(0, "", "State is enabledForReportingButNotEnforced", func(c *cloud) {
		c.changed(change{
			activity: "Add conditional access policy", category: "Policy", operation: "Add", who: c.h.admins[1], from: mailPublic, targetType: "Policy",
			target: "Require compliant devices (pilot)", property: "ConditionalAccessPolicy", old: ``, new: `{"state":"enabledForReportingButNotEnforced"}`,
		})
	})
}

func okTravel(s *sowing) {
	who := s.traveller
	s.cloud(0, "", "Sign-in at home", func(c *cloud) { c.signed(c.usual(who)) })
	s.cloud(11*time.Hour, "", "Sign-in abroad, known device, two factors", func(c *cloud) {
		q := c.usual(who)
		q.from, q.city, q.country, q.lat, q.long = "203.0.113.201", "Toronto", "CA", "43.65", "-79.38"
		c.signed(q)
	})
}
