package triage

import (
	"strconv"
	"strings"

	"entente/internal/event"
)

// logonTypes are Windows' logon types.
var logonTypes = map[string]string{
	"0": "system start", "2": "interactive", "3": "network", "4": "batch", "5": "service", "7": "unlock", "8": "network, clear text",
	"9": "new credentials", "10": "remote desktop", "11": "interactive, cached", "12": "remote desktop, cached", "13": "unlock, cached",
}

// logonReasons are the status codes of failed logons (NTSTATUS).
var logonReasons = map[uint64]string{
	0xC000005E: "no logon server",
	0xC0000064: "no such account",
	0xC000006A: "wrong password",
	0xC000006C: "password policy",
	0xC000006D: "wrong name or password",
	0xC000006E: "account restriction",
	0xC000006F: "outside the allowed hours",
	0xC0000070: "workstation not allowed",
	0xC0000071: "password expired",
	0xC0000072: "account disabled",
	0xC000009A: "not enough resources",
	0xC00000DC: "server in the wrong state",
	0xC000010B: "logon type not valid",
	0xC0000133: "clocks differ",
	0xC000015B: "logon type not granted",
	0xC000018C: "trust failed",
	0xC000018D: "trust failed",
	0xC0000192: "netlogon not started",
	0xC0000193: "account expired",
	0xC0000224: "password must be changed",
	0xC0000225: "not found",
	0xC0000234: "account locked",
	0xC00002EE: "error while logging on",
	0xC0000371: "no local copy of the account",
	0xC0000388: "downgrade detected",
	0xC0000413: "not allowed by the authentication firewall",
	0xC000041B: "not allowed by the authentication firewall",
	0xC0000464: "certificate needed",
}

// kerberosReasons are the result codes of Kerberos (RFC 4120 section 7.5.9).
var kerberosReasons = map[uint64]string{
	0x6: "no such account", 0x7: "no such service", 0x9: "no key", 0xC: "policy", 0xE: "encryption type not supported",
	0x12: "account disabled, expired or locked", 0x17: "password expired", 0x18: "wrong password", 0x1B: "user to user only",
	0x1F: "integrity check failed", 0x20: "ticket expired", 0x21: "ticket not yet valid", 0x22: "replay", 0x25: "clocks differ",
	0x29: "message changed", 0x3C: "error", 0x3E: "certificate not trusted", 0x44: "user to user ticket missing",
}

// windows reads attempts from Windows' logs.
func (r *attemptReader) windows(ev *event.Event) (attempt, bool) {
	switch ev.EventID {
	case 4624, 4625, 4648, 4672, 4768, 4769, 4771, 4776, 4778:
		if strings.EqualFold(ev.Channel, "Security") {
			return r.securityLog(ev)
		}
	case 1149, 21, 25, 140:
		return r.remoteDesktop(ev)
	case 4:
		if strings.EqualFold(ev.Provider, "OpenSSH") {
			return r.sshd(r.field(ev, "payload"))
		}
	}
	return attempt{}, false
}

func (r *attemptReader) securityLog(ev *event.Event) (attempt, bool) {
	a := attempt{account: account(shortDomain(r.field(ev, "TargetDomainName")), r.field(ev, "TargetUserName"))}
	sid := r.field(ev, "TargetUserSid", "TargetSid")
	switch ev.EventID {
	case 4624, 4625:
		t := r.field(ev, "LogonType")
		if a.method = logonTypes[t]; a.method == "" {
			a.method = "logon type " + t
		}
		a.source = from(r.field(ev, "IpAddress"), r.field(ev, "WorkstationName"))
		if ev.EventID == 4625 {
			a.outcome, a.reason = Failure, statusText(logonReasons, r.field(ev, "SubStatus"), r.field(ev, "Status"))
			sid = "" // that of nobody
		}
	case 4648:
		a.outcome, a.method = Explicit, "explicit credentials"
		a.source = from(r.field(ev, "IpAddress"))
	case 4672:
		a.account = account(shortDomain(r.field(ev, "SubjectDomainName")), r.field(ev, "SubjectUserName"))
		sid = r.field(ev, "SubjectUserSid")
		a.outcome, a.method = Privileged, "special privileges"
	case 4768, 4769, 4771:
		a.method = map[uint32]string{4768: "Kerberos ticket", 4769: "Kerberos service ticket", 4771: "Kerberos pre-authentication"}[ev.EventID]
		a.source = from(r.field(ev, "IpAddress"))
		if reason := statusText(kerberosReasons, r.field(ev, "Status", "FailureCode", "ResultCode")); reason != "" || ev.EventID == 4771 {
			a.outcome, a.reason = Failure, reason
		}
		if ev.EventID == 4769 {
			name, realm, _ := strings.Cut(r.field(ev, "TargetUserName"), "@")
			a.account = account(shortDomain(realm), name)
		}
	case 4776:
		a.method = "NTLM"
		a.account = r.field(ev, "TargetUserName")
		a.source = from(r.field(ev, "Workstation"))
		if reason := statusText(logonReasons, r.field(ev, "Status")); reason != "" {
			a.outcome, a.reason = Failure, reason
		}
	case 4778:
		a.method = "session reconnected"
		a.account = account(shortDomain(r.field(ev, "AccountDomain")), r.field(ev, "AccountName"))
		a.source = from(r.field(ev, "ClientAddress"), r.field(ev, "ClientName"))
	}
	a.system = systemAccount(a.account, sid)
	return a, true
}

func (r *attemptReader) remoteDesktop(ev *event.Event) (attempt, bool) {
	channel := ev.Channel
	is := func(name string) bool { return strings.EqualFold(channel, name) }
	switch {
	case ev.EventID == 1149 && is("Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational"):
		return attempt{
			method: "remote desktop, network", account: account(shortDomain(r.field(ev, "Param2")), r.field(ev, "Param1")), source: from(r.field(ev, "Param3")),
		}, true
	case (ev.EventID == 21 || ev.EventID == 25) && is("Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"):
		return attempt{method: "terminal session", account: r.field(ev, "User"), source: from(r.field(ev, "Address"))}, true
	case ev.EventID == 140 && is("Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational"):
		return attempt{outcome: Failure, method: "remote desktop, network", reason: "wrong name or password", source: from(r.field(ev, "IPString"))}, true
	}
	return attempt{}, false
}

// shortDomain is the name of a domain without its forest: records of one logon write now CORP, now corp.example.
func shortDomain(domain string) string {
	short, _, _ := strings.Cut(domain, ".")
	return short
}

// statusText turns the first code that says something into words; "" is success.
func statusText(table map[uint64]string, codes ...string) string {
	for _, c := range codes {
		n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToLower(c), "0x"), 16, 64)
		if err != nil {
			if c != "" {
				return c
			}
			continue
		}
		if n == 0 {
			continue
		}
		if s := table[n]; s != "" {
			return s
		}
		return "0x" + strconv.FormatUint(n, 16)
	}
	return ""
}

// systemAccount says that an account is the system's own or a machine's. The SID decides where names are in the
// language of the system.
func systemAccount(name, sid string) bool {
	switch sid {
	case "S-1-5-18", "S-1-5-19", "S-1-5-20", "S-1-5-7":
		return true
	}
	if strings.HasPrefix(sid, "S-1-5-90-") || strings.HasPrefix(sid, "S-1-5-96-") || strings.HasPrefix(sid, "S-1-5-80-") || strings.HasPrefix(sid, "S-1-5-82-") {
		return true
	}
	domain, user, ok := strings.Cut(name, `\`)
	if !ok {
		domain, user = "", name
	}
	user, _, _ = strings.Cut(user, "@")
	if strings.HasSuffix(user, "$") {
		return true
	}
	switch strings.ToUpper(domain) {
	case "NT AUTHORITY", "NT SERVICE", "WINDOW MANAGER", "FONT DRIVER HOST", "IIS APPPOOL":
		return true
	}
	switch strings.ToUpper(user) {
	case "SYSTEM", "LOCAL SERVICE", "NETWORK SERVICE", "ANONYMOUS LOGON":
		return true
	}
	return false
}
