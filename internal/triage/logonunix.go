package triage

import (
	"strings"

	"entente/internal/event"
)

// syslog reads attempts from what sshd, sudo, su and login write.
func (r *attemptReader) syslog(ev *event.Event) (attempt, bool) {
	program := ev.Provider
	switch program {
	case "sshd", "sshd-session", "sudo", "su", "login":
	default:
		return attempt{}, false
	}
	v, ok := ev.Get("message")
	if !ok {
		return attempt{}, false
	}
	r.text = v.AppendText(r.text[:0])
	msg := string(r.text[:min(len(r.text), 4<<10)])
	switch program {
	case "sshd", "sshd-session":
		return r.sshd(msg)
	case "sudo":
		return r.sudo(msg)
	case "su":
		return r.su(msg)
	default:
		return r.login(msg)
	}
}

// own bounds and keeps a name.
func (r *attemptReader) own(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxNameLen {
		s = strings.ToValidUTF8(s[:maxNameLen], "") + "…"
	}
	return r.strings.get(s)
}

// sshd reads a message of OpenSSH's server, such as
//
//	Accepted publickey for root from 192.0.2.1 port 50000 ssh2: ED25519 SHA256:…
//	Failed password for invalid user admin from 192.0.2.1 port 50000 ssh2
func (r *attemptReader) sshd(msg string) (attempt, bool) {
	msg = strings.TrimPrefix(msg, "sshd: ")
	verb, rest, _ := strings.Cut(msg, " ")
	a := attempt{}
	switch verb {
	case "Accepted":
	case "Failed":
		a.outcome = Failure
	default:
		return attempt{}, false
	}
	how, rest, ok := strings.Cut(rest, " for ")
	if !ok {
		return attempt{}, false
	}
	if how == "none" { // the client asks which methods there are
		return attempt{}, false
	}
	if user, found := strings.CutPrefix(rest, "invalid user "); found {
		rest, a.reason = user, "no such account"
	} else if a.outcome == Failure {
		a.reason = "wrong " + strings.TrimSuffix(how, "/pam")
	}
	// The name is the client's choice and may hold anything, " from " too: the last one counts.
	at := strings.LastIndex(rest, " from ")
	if at < 0 {
		return attempt{}, false
	}
	where, _, _ := strings.Cut(rest[at+len(" from "):], " ")
	a.account, a.source, a.method = r.own(rest[:at]), r.own(from(where)), r.own("ssh "+strings.TrimSuffix(how, "/pam"))
	return a, true
}

// sudo reads a message such as
//
//	bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/usr/bin/id
//	bob : 3 incorrect password attempts ; TTY=…
func (r *attemptReader) sudo(msg string) (attempt, bool) {
	user, rest, ok := strings.Cut(msg, " : ")
	if !ok || strings.Contains(user, "(") || !strings.Contains(rest, "COMMAND=") {
		return attempt{}, false
	}
	a := attempt{account: r.own(user), method: "sudo"}
	switch head, _, _ := strings.Cut(rest, " ; "); {
	case strings.HasPrefix(head, "TTY=") || strings.HasPrefix(head, "PWD=") || strings.HasPrefix(head, "HOST="):
	case strings.Contains(head, "incorrect password"):
		a.outcome, a.reason = Failure, "wrong password"
	case strings.Contains(head, "NOT in sudoers"), strings.Contains(head, "not allowed"):
		a.outcome, a.reason = Failure, "not allowed"
	default:
		a.outcome, a.reason = Failure, r.own(head)
	}
	return a, true
}

// su reads a message such as
//
//	(to root) bob on pts/0
//	FAILED SU (to root) bob on pts/0
func (r *attemptReader) su(msg string) (attempt, bool) {
	a := attempt{method: "su"}
	if rest, ok := strings.CutPrefix(msg, "FAILED SU "); ok {
		msg, a.outcome, a.reason = rest, Failure, "wrong password"
	}
	if rest, ok := strings.CutPrefix(msg, "(to "); ok {
		if target, _, ok := strings.Cut(rest, ") "); ok {
			a.account = r.own(target)
			return a, true
		}
	}
	return attempt{}, false
}

// login reads a message of login(1), such as
//
//	FAILED LOGIN 1 FROM 192.0.2.1 FOR bob, Authentication failure
//	LOGIN ON tty1 BY bob
func (r *attemptReader) login(msg string) (attempt, bool) {
	a := attempt{method: "login"}
	switch {
	case strings.HasPrefix(msg, "FAILED LOGIN"):
		a.outcome, a.reason = Failure, "wrong password"
		if _, rest, ok := strings.Cut(msg, " FOR "); ok {
			name, _, _ := strings.Cut(rest, ",")
			a.account = r.own(strings.Trim(name, "'"))
		}
	case strings.HasPrefix(msg, "LOGIN ON "), strings.HasPrefix(msg, "ROOT LOGIN ON "), strings.HasPrefix(msg, "ROOT LOGIN "):
		a.account = "root"
		if _, rest, ok := strings.Cut(msg, " BY "); ok {
			name, _, _ := strings.Cut(rest, " FROM ")
			a.account = r.own(name)
		}
	default:
		return attempt{}, false
	}
	if _, rest, ok := strings.Cut(msg, " FROM "); ok {
		where, _, _ := strings.Cut(rest, " ")
		a.source = r.own(from(where))
	}
	return a, true
}

// auditAccount is the account of a logon in the audit log; "" where it is only said that nobody is logged on.
func (r *attemptReader) auditAccount(ev *event.Event) string {
	for _, name := range []string{"acct", "ID", "AUID", "id", "auid"} {
		switch account := r.field(ev, name); account {
		case "", "unset", "4294967295", "-1": // the number of no account
		default:
			return account
		}
	}
	return ""
}

// auditd reads the audit daemon's records of logons. USER_AUTH stands beside USER_LOGIN wherever there is one, so that it
// counts only for programs that write no USER_LOGIN.
func (r *attemptReader) auditd(ev *event.Event) (attempt, bool) {
	switch ev.Channel {
	case "USER_LOGIN", "USER_AUTH":
	default:
		return attempt{}, false
	}
	program := r.field(ev, "exe")
	program = program[strings.LastIndexByte(program, '/')+1:]
	if ev.Channel == "USER_AUTH" && program != "su" && program != "sudo" {
		return attempt{}, false
	}
	a := attempt{account: r.auditAccount(ev), source: from(r.field(ev, "addr"), r.field(ev, "hostname"))}
	a.method = r.own(strings.TrimSpace(strings.TrimSuffix(program, "-session") + " login"))
	if ev.Channel == "USER_AUTH" {
		a.method = program
	}
	if res := r.field(ev, "res"); res != "success" && res != "1" && res != "yes" {
		a.outcome, a.reason = Failure, "not authenticated"
	}
	return a, true
}
