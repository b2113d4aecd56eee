package triage

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"entente/internal/event"
	"entente/internal/evtx"
	"entente/internal/source"
)

// recordOf makes an event with these fields.
func recordOf(src event.Source, channel, provider string, id uint32, fields ...string) *event.Event {
	n := event.NewNames()
	e := &event.Event{Source: src, Channel: channel, Provider: provider, EventID: id, Names: n, Host: "h"}
	for i := 0; i+1 < len(fields); i += 2 {
		e.Add(n.Slot(fields[i]), event.UTF8, []byte(fields[i+1]))
	}
	return e
}

func TestAttempts(t *testing.T) {
	sec := func(id uint32, fields ...string) *event.Event {
		return recordOf(event.SourceWindows, "Security", securityProvider, id, fields...)
	}
	syslog := func(program, msg string) *event.Event {
		return recordOf(event.SourceSyslog, "auth", program, 0, "message", msg)
	}
	cases := []struct {
		name string
		ev   *event.Event
		want attempt
		none bool
	}{
		{
			name: "logon", ev: sec(4624, "TargetUserName", "bob", "TargetDomainName", "CORP", "LogonType", "10", "IpAddress", "192.0.2.7", "WorkstationName", "WS1"),
			want: attempt{account: `CORP\bob`, source: "192.0.2.7", method: "remote desktop"},
		},
		{
			name: "logon, long domain", ev: sec(4624, "TargetUserName", "bob", "TargetDomainName", "corp.example", "LogonType", "3", "IpAddress", "::ffff:192.0.2.7"),
			want: attempt{account: `corp\bob`, source: "192.0.2.7", method: "network"},
		},
		{
			name: "on the host itself", ev: sec(4624, "TargetUserName", "bob", "LogonType", "2", "IpAddress", "127.0.0.1", "WorkstationName", "-"),
			want: attempt{account: "bob", method: "interactive"},
		},
		{
			name: "by name", ev: sec(4624, "TargetUserName", "bob", "LogonType", "3", "IpAddress", "-", "WorkstationName", `\\WS1`),
			want: attempt{account: "bob", source: "WS1", method: "network"},
		},
		{
			name: "system", ev: sec(4624, "TargetUserName", "СИСТЕМА", "TargetUserSid", "S-1-5-18", "LogonType", "5"),
			want: attempt{account: "СИСТЕМА", method: "service", system: true},
		},
		{
			name: "machine", ev: sec(4624, "TargetUserName", "DC1$", "TargetDomainName", "CORP", "LogonType", "3"),
			want: attempt{account: `CORP\DC1$`, method: "network", system: true},
		},
		{
			name: "window manager", ev: sec(4624, "TargetUserName", "DWM-1", "TargetDomainName", "Window Manager", "LogonType", "2"),
			want: attempt{account: `Window Manager\DWM-1`, method: "interactive", system: true},
		},
		{
			name: "failure", ev: sec(4625, "TargetUserName", "bob", "TargetUserSid", "S-1-0-0", "LogonType", "3", "Status", "0xc000006d", "SubStatus", "0xC0000064"),
			want: attempt{outcome: Failure, account: "bob", method: "network", reason: "no such account"},
		},
		{
			name: "failure, status only", ev: sec(4625, "TargetUserName", "bob", "LogonType", "3", "Status", "0xc0000234", "SubStatus", "0x0"),
			want: attempt{outcome: Failure, account: "bob", method: "network", reason: "account locked"},
		},
		{
			name: "failure, unknown status", ev: sec(4625, "TargetUserName", "bob", "LogonType", "99", "Status", "0xc0001234"),
			want: attempt{outcome: Failure, account: "bob", method: "logon type 99", reason: "0xc0001234"},
		},
		{
			name: "explicit", ev: sec(4648, "SubjectUserName", "eve", "TargetUserName", "admin", "TargetDomainName", "CORP", "IpAddress", "192.0.2.9"),
			want: attempt{outcome: Explicit, account: `CORP\admin`, source: "192.0.2.9", method: "explicit credentials"},
		},
		{
			name: "privileges", ev: sec(4672, "SubjectUserName", "admin", "SubjectDomainName", "CORP", "SubjectUserSid", "S-1-5-21-1-2-3-500"),
			want: attempt{outcome: Privileged, account: `CORP\admin`, method: "special privileges"},
		},
		{
			name: "ticket", ev: sec(4768, "TargetUserName", "bob", "TargetDomainName", "CORP", "Status", "0x0", "IpAddress", "::ffff:192.0.2.1"),
			want: attempt{account: `CORP\bob`, source: "192.0.2.1", method: "Kerberos ticket"},
		},
		{
			name: "no ticket", ev: sec(4768, "TargetUserName", "bob", "Status", "0x6", "IpAddress", "::1"),
			want: attempt{outcome: Failure, account: "bob", method: "Kerberos ticket", reason: "no such account"},
		},
		{
			name: "service ticket", ev: sec(4769, "TargetUserName", "bob@CORP.EXAMPLE", "TargetDomainName", "CORP.EXAMPLE", "Status", "0x0", "IpAddress", "192.0.2.1"),
			want: attempt{account: `CORP\bob`, source: "192.0.2.1", method: "Kerberos service ticket"},
		},
		{
			name: "pre-authentication", ev: sec(4771, "TargetUserName", "bob", "Status", "0x18", "IpAddress", "192.0.2.1"),
			want: attempt{outcome: Failure, account: "bob", source: "192.0.2.1", method: "Kerberos pre-authentication", reason: "wrong password"},
		},
		{
			name: "NTLM", ev: sec(4776, "TargetUserName", "bob", "Workstation", "WS1", "Status", "0xc000006a"),
			want: attempt{outcome: Failure, account: "bob", source: "WS1", method: "NTLM", reason: "wrong password"},
		},
		{
			name: "reconnected", ev: sec(4778, "AccountName", "bob", "AccountDomain", "CORP", "ClientAddress", "192.0.2.1", "ClientName", "WS1"),
			want: attempt{account: `CORP\bob`, source: "192.0.2.1", method: "session reconnected"},
		},
		{name: "another channel", ev: recordOf(event.SourceWindows, "Application", "x", 4624, "TargetUserName", "bob"), none: true},
		{
			name: "remote desktop", ev: recordOf(event.SourceWindows, "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational", "", 1149, "Param1", "bob", "Param2", "CORP", "Param3", "192.0.2.1"),
			want: attempt{account: `CORP\bob`, source: "192.0.2.1", method: "remote desktop, network"},
		},
		{
			name: "terminal session", ev: recordOf(event.SourceWindows, "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational", "", 21, "User", `CORP\bob`, "Address", "LOCAL"),
			want: attempt{account: `CORP\bob`, method: "terminal session"},
		},
		{
			name: "ssh", ev: syslog("sshd", "Accepted publickey for root from 192.0.2.1 port 50000 ssh2: ED25519 SHA256:abc"),
			want: attempt{account: "root", source: "192.0.2.1", method: "ssh publickey"},
		},
		{
			name: "ssh failed", ev: syslog("sshd", "Failed password for root from 2001:db8::1 port 50000 ssh2"),
			want: attempt{outcome: Failure, account: "root", source: "2001:db8::1", method: "ssh password", reason: "wrong password"},
		},
		{
			name: "ssh, hostile name", ev: syslog("sshd", "Failed password for invalid user x from 203.0.113.9 port 1 ssh2 from 192.0.2.1 port 50000 ssh2"),
			want: attempt{outcome: Failure, account: "x from 203.0.113.9 port 1 ssh2", source: "192.0.2.1", method: "ssh password", reason: "no such account"},
		},
		{
			name: "ssh, keyboard-interactive", ev: syslog("sshd", "Accepted keyboard-interactive/pam for bob from 192.0.2.1 port 50000 ssh2"),
			want: attempt{account: "bob", source: "192.0.2.1", method: "ssh keyboard-interactive"},
		},
		{name: "ssh asks", ev: syslog("sshd", "Failed none for bob from 192.0.2.1 port 50000 ssh2"), none: true},
		{name: "ssh something else", ev: syslog("sshd", "Connection closed by 192.0.2.1 port 50000 [preauth]"), none: true},
		{name: "sudo", ev: syslog("sudo", "     bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/usr/bin/id"), want: attempt{account: "bob", method: "sudo"}},
		{
			name: "sudo failed", ev: syslog("sudo", "bob : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh"),
			want: attempt{outcome: Failure, account: "bob", method: "sudo", reason: "wrong password"},
		},
		{
			name: "sudo refused", ev: syslog("sudo", "bob : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh"),
			want: attempt{outcome: Failure, account: "bob", method: "sudo", reason: "not allowed"},
		},
		{name: "sudo session", ev: syslog("sudo", "pam_unix(sudo:session): session opened for user root by bob(uid=0)"), none: true},
		{name: "su", ev: syslog("su", "(to root) bob on pts/0"), want: attempt{account: "root", method: "su"}},
		{name: "su failed", ev: syslog("su", "FAILED SU (to root) bob on pts/0"), want: attempt{outcome: Failure, account: "root", method: "su", reason: "wrong password"}},
		{
			name: "login failed", ev: syslog("login", "FAILED LOGIN 1 FROM 192.0.2.1 FOR bob, Authentication failure"),
			want: attempt{outcome: Failure, account: "bob", source: "192.0.2.1", method: "login", reason: "wrong password"},
		},
		{
			name: "audit", ev: recordOf(event.SourceAuditd, "USER_LOGIN", "auditd", 0, "acct", "bob", "exe", "/usr/sbin/sshd", "addr", "192.0.2.1", "hostname", "?", "res", "failed"),
			want: attempt{outcome: Failure, account: "bob", source: "192.0.2.1", method: "sshd login", reason: "not authenticated"},
		},
		{
			name: "audit, of nobody", ev: recordOf(event.SourceAuditd, "USER_LOGIN", "auditd", 0, "id", "4294967295", "AUID", "unset", "auid", "4294967295", "exe", "/usr/sbin/sshd", "addr", "192.0.2.1", "res", "failed"),
			want: attempt{outcome: Failure, source: "192.0.2.1", method: "sshd login", reason: "not authenticated"},
		},
		{
			name: "audit, of who logged on", ev: recordOf(event.SourceAuditd, "USER_LOGIN", "auditd", 0, "id", "4294967295", "AUID", "bob", "exe", "/usr/sbin/sshd", "addr", "192.0.2.1", "res", "success"),
			want: attempt{account: "bob", source: "192.0.2.1", method: "sshd login"},
		},
		{name: "audit, beside the login", ev: recordOf(event.SourceAuditd, "USER_AUTH", "auditd", 0, "acct", "bob", "exe", "/usr/sbin/sshd", "res", "success"), none: true},
		{
			name: "audit su", ev: recordOf(event.SourceAuditd, "USER_AUTH", "auditd", 0, "acct", "root", "exe", "/usr/bin/su", "addr", "?", "res", "success"),
			want: attempt{account: "root", method: "su"},
		},
		{
			name: "console", ev: recordOf(event.SourceCloudTrail, "", "", 0, "eventName", "ConsoleLogin", "userIdentity.type", "Root", "sourceIPAddress", "192.0.2.1", "responseElements.ConsoleLogin", "Success"),
			want: attempt{account: "root", source: "192.0.2.1", method: "AWS console"},
		},
		{
			name: "Entra", ev: recordOf(event.SourceEntra, "signin", "", 0, "properties.userPrincipalName", "bob@corp.example", "properties.ipAddress", "192.0.2.1", "properties.status.errorCode", "50126"),
			want: attempt{outcome: Failure, account: "bob@corp.example", source: "192.0.2.1", method: "Entra", reason: "wrong name or password"},
		},
		{
			name: "Entra, another error", ev: recordOf(event.SourceEntra, "signin", "", 0, "userPrincipalName", "bob@corp.example", "status.errorCode", "12345", "clientAppUsed", "IMAP4"),
			want: attempt{outcome: Failure, account: "bob@corp.example", method: "Entra, IMAP4", reason: "error 12345"},
		},
		{
			name: "Okta", ev: recordOf(event.SourceOkta, "", "", 0, "eventType", "user.session.start", "actor.alternateId", "bob@corp.example", "client.ipAddress", "192.0.2.1", "outcome.result", "FAILURE", "outcome.reason", "INVALID_CREDENTIALS"),
			want: attempt{outcome: Failure, account: "bob@corp.example", source: "192.0.2.1", method: "Okta", reason: "invalid credentials"},
		},
		{
			name: "Microsoft 365", ev: recordOf(event.SourceM365, "AzureActiveDirectory", "", 0, "Operation", "UserLoggedIn", "UserId", "bob@corp.example", "ClientIP", "192.0.2.1:443"),
			want: attempt{account: "bob@corp.example", source: "192.0.2.1", method: "Microsoft 365"},
		},
	}
	var r attemptReader
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, ok := r.read(c.ev)
			if ok == c.none || got != c.want {
				t.Errorf("%v %+v\nwant %+v", ok, got, c.want)
			}
		})
	}
}

func TestLongNames(t *testing.T) {
	var r attemptReader
	a, _ := r.read(recordOf(event.SourceSyslog, "", "sshd", 0, "message", "Failed password for invalid user "+strings.Repeat("é", 10000)+" from 192.0.2.1 port 1 ssh2"))
	if a.account != "" { // the end of the message, with the address, is beyond what is read
		t.Errorf("got %d bytes", len(a.account))
	}
	a, ok := r.read(recordOf(event.SourceSyslog, "", "sshd", 0, "message", "Failed password for invalid user "+strings.Repeat("é", 1000)+" from 192.0.2.1 port 1 ssh2"))
	if !ok || len(a.account) > maxNameLen+3 || a.source != "192.0.2.1" {
		t.Errorf("%v, %d bytes", ok, len(a.account))
	}
}

// book adds up sightings.
func book(list ...sighting) *Logons {
	l := &logonBook{pairs: map[pairKey]*pair{}, methods: map[string]*methodTally{}, reasons: map[string]int64{}, admins: map[string]*adminState{}, out: &Logons{}}
	for i := range list {
		l.add(&list[i])
	}
	l.finish()
	return l.out
}

func seen(when time.Time, o Outcome, account, from string) sighting {
	return sighting{attempt{outcome: o, account: account, source: from, method: "network"}, when.UnixNano(), true, "h"}
}

func TestSpray(t *testing.T) {
	start := at("2021-03-01 10:00:00")
	spray := func(n int, every time.Duration) (out []sighting) {
		for i := range n {
			out = append(out, seen(start.Add(time.Duration(i)*every), Failure, fmt.Sprint("user", i), "192.0.2.66"))
		}
		return out
	}
	fast := append(spray(12, time.Minute), seen(start.Add(20*time.Minute), Success, "user3", "192.0.2.66"))
	got := book(fast...).Sprays
	want := []Spray{{Source: "192.0.2.66", Accounts: 12, From: start, To: start.Add(11 * time.Minute), Failed: 12, Entered: []string{"user3"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	// Everybody comes through the same proxy, and mistypes a password now and then.
	var home []sighting
	for i := range 30 {
		home = append(home, seen(start.Add(-time.Hour), Success, fmt.Sprint("user", i), "192.0.2.66"))
	}
	if got := book(append(home, spray(30, time.Minute)...)...).Sprays; len(got) != 0 {
		t.Errorf("a proxy: %+v", got)
	}
	if got := book(spray(19, 10*time.Minute)...).Sprays; len(got) != 0 {
		t.Errorf("19 accounts in three hours: %+v", got)
	}
	if got := book(spray(25, 30*time.Minute)...).Sprays; len(got) != 1 || !got[0].Slow || got[0].Accounts != 25 {
		t.Errorf("25 accounts in half a day: %+v", got)
	}
	if got := book(spray(9, time.Second)...).Sprays; len(got) != 0 {
		t.Errorf("9 accounts: %+v", got)
	}
}

// TestSprayInItsTime checks that a spray is told of with what lies in its time alone.
func TestSprayInItsTime(t *testing.T) {
	const from = "192.0.2.66"
	start := at("2021-03-03 05:00:00")
	var list []sighting
	for i := range 12 {
		list = append(list, seen(start.Add(time.Duration(i)*time.Minute), Failure, fmt.Sprint("user", i), from))
	}
	last := start.Add(11 * time.Minute)
	with := func(more ...sighting) Spray {
		got := book(append(slices.Clone(list), more...)...).Sprays
		if len(got) != 1 {
			t.Fatalf("got %+v", got)
		}
		return got[0]
	}
	want := Spray{Source: from, Accounts: 12, From: start, To: last, Failed: 12}
	var later []sighting
	for i := range 5 {
		later = append(later, seen(start.Add(48*time.Hour+time.Duration(i)*time.Minute), Failure, "user1", from))
	}
	later = append(later, seen(start.Add(120*time.Hour), Success, "user1", from))
	if got := with(later...); !reflect.DeepEqual(got, want) {
		t.Errorf("failures and a success days later: %+v", got)
	}
	earlier := []sighting{
		seen(start.Add(-50*time.Hour), Failure, "user1", from), seen(start.Add(-40*time.Hour), Success, "user1", from),
		seen(start.Add(-50*time.Hour), Failure, "user2", from), seen(start.Add(2*time.Minute), Success, "user2", from),
	}
	want.Entered = []string{"user2"}
	if got := with(earlier...); !reflect.DeepEqual(got, want) {
		t.Errorf("failures and a success days before: %+v", got)
	}
	want.Entered = []string{"user3"}
	if got := with(seen(last.Add(enteredWithin), Success, "user3", from), seen(last.Add(enteredWithin+1), Success, "user4", from)); !reflect.DeepEqual(got, want) {
		t.Errorf("successes a day later: %+v", got)
	}
	// A burst that reaches beyond the hour widens the range: the failures are those between its ends all the same.
	var burst []sighting
	for i := range 200 {
		burst = append(burst, seen(last.Add(time.Duration(i)*30*time.Second), Failure, "user11", from))
	}
	want = Spray{Source: from, Accounts: 12, From: start, To: last.Add(199 * 30 * time.Second), Failed: 212}
	if got := with(burst...); !reflect.DeepEqual(got, want) {
		t.Errorf("a long burst: %+v", got)
	}
	// It had begun before the hour with most accounts.
	burst = burst[:0]
	for i := range 200 {
		burst = append(burst, seen(start.Add(time.Duration(i-194)*30*time.Second), Failure, "user0", from))
	}
	if got := with(burst...); got.Failed != 212 || !got.From.Equal(start.Add(-97*time.Minute)) || !got.To.Equal(last) {
		t.Errorf("a burst from before: %+v", got)
	}
}

// TestSprayCounts compares the failures and the accounts that got in with a count of what lies in the range.
func TestSprayCounts(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	start := at("2021-03-03 05:00:00")
	told := 0
	for range 300 {
		var list []sighting
		for range 40 + rnd.IntN(400) {
			o := Failure
			if rnd.IntN(20) == 0 {
				o = Success
			}
			when := start.Add(time.Duration(rnd.Int64N(int64(10+rnd.IntN(20000)))) * time.Second)
			list = append(list, seen(when, o, fmt.Sprint("user", rnd.IntN(60)), "192.0.2.66"))
		}
		firstGood, firstBad := map[string]int64{}, map[string]int64{}
		for _, s := range list {
			first := firstBad
			if s.outcome == Success {
				first = firstGood
			}
			if when, ok := first[s.account]; !ok || s.time < when {
				first[s.account] = s.time
			}
		}
		for _, x := range book(list...).Sprays {
			told++
			var failed int64
			in := map[string]bool{}
			for _, s := range list {
				bad, ok := firstBad[s.account]
				if good, got := firstGood[s.account]; !ok || got && good < bad {
					continue
				}
				when := time.Unix(0, s.time)
				switch {
				case s.outcome == Failure && !when.Before(x.From) && !when.After(x.To):
					failed++
				case s.outcome == Success && !when.Before(x.From) && !when.After(x.To.Add(enteredWithin)):
					in[s.account] = true
				}
			}
			if x.Failed != failed {
				t.Errorf("%d failures between %s and %s, there are %d", x.Failed, x.From, x.To, failed)
			}
			if want := slices.Sorted(maps.Keys(in)); !slices.Equal(x.Entered, want) {
				t.Errorf("got in as %q, want %q", x.Entered, want)
			}
		}
	}
	if told < 50 {
		t.Errorf("only %d sprays", told)
	}
}

func TestGuesses(t *testing.T) {
	start := at("2021-03-01 10:00:00")
	fails := func(n int, account, from string) (out []sighting) {
		for i := range n {
			out = append(out, seen(start.Add(time.Duration(i)*10*time.Second), Failure, account, from))
		}
		return out
	}
	in := start.Add(5 * time.Minute)
	got := book(append(fails(12, "bob", "192.0.2.1"), seen(in, Success, "BOB", "192.0.2.1"))...).Guesses
	want := []Guess{{Account: "bob", Source: "192.0.2.1", Sources: 1, Failed: 12, From: start, To: start.Add(110 * time.Second), Entered: in}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if got := book(append(fails(12, "bob", "192.0.2.1"), seen(start.Add(2*time.Hour), Success, "bob", "192.0.2.1"))...).Guesses; len(got) != 0 {
		t.Errorf("a success two hours later: %+v", got)
	}
	if got := book(append(fails(9, "bob", "192.0.2.1"), seen(in, Success, "bob", "192.0.2.1"))...).Guesses; len(got) != 0 {
		t.Errorf("9 failures: %+v", got)
	}
	if got := book(fails(60, "bob", "192.0.2.1")...).Guesses; len(got) != 1 || !got[0].Entered.IsZero() || got[0].Failed != 60 {
		t.Errorf("60 failures: %+v", got)
	}
	// Somebody who was at work all the time, and whose phone has an old password.
	var usual []sighting
	for i := range 40 {
		usual = append(usual, seen(start.Add(time.Duration(i-20)*30*time.Second), Success, "bob", "192.0.2.1"))
	}
	if got := book(append(usual, fails(12, "bob", "192.0.2.1")...)...).Guesses; len(got) != 0 {
		t.Errorf("successes before and after: %+v", got)
	}
	var many []sighting
	for i := range 6 {
		many = append(many, fails(4, "bob", fmt.Sprint("192.0.2.", i))...)
	}
	if got := book(many...).Guesses; len(got) != 1 || got[0].Sources != 6 || got[0].Failed != 24 || got[0].Source != "" {
		t.Errorf("six sources: %+v", got)
	}
}

func TestNewPairs(t *testing.T) {
	start := at("2021-03-01 10:00:00")
	late := start.Add(5 * 24 * time.Hour)
	list := []sighting{
		seen(start, Success, "bob", "192.0.2.1"), seen(start, Success, "eve", "192.0.2.1"),
		seen(late, Success, "bob", "192.0.2.99"), seen(late, Success, "bob", "192.0.2.1"), seen(late, Success, "new", "192.0.2.5"),
		seen(late, Failure, "eve", "192.0.2.98"),
	}
	priv := seen(late, Privileged, "bob", "")
	got := book(append(list, priv)...).NewPairs
	want := []NewPair{{Account: "bob", Source: "192.0.2.99", First: late, Succeeded: 1, Admin: true, Usual: 1}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	for i := range list {
		list[i].time -= int64(4*24*time.Hour) * int64(i/2)
	}
	if got := book(list[:4]...).NewPairs; len(got) != 0 {
		t.Errorf("logs of one day: %+v", got)
	}
}

func TestTakeLogons(t *testing.T) {
	dir := t.TempDir()
	when := at("2021-03-01 10:00:00")
	bob := []string{"TargetUserName", "bob", "TargetDomainName", "CORP", "LogonType", "3", "IpAddress", "192.0.2.1"}
	writeEVTX(t, filepath.Join(dir, "a.evtx"),
		security("dc1", 4624, 0, when, bob...), security("dc1", 4624, 0, when.Add(time.Hour), bob...),
		security("ws1", 4625, 0, when, append(bob, "Status", "0xc000006d", "SubStatus", "0xc000006a")...),
		security("dc1", 4624, 0, when, "TargetUserName", "DC1$", "LogonType", "3", "IpAddress", "192.0.2.2"),
		evtx.Record{Provider: securityProvider, EventID: 4672, Channel: "Security", Computer: "dc1", Time: when, Data: []evtx.Field{{Name: "SubjectUserName", Value: evtx.Text("BOB")}, {Name: "SubjectDomainName", Value: evtx.Text("corp.example")}}})
	take := func(o LogonOptions) *Logons {
		l, err := TakeLogons(context.Background(), []string{dir}, o)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := take(LogonOptions{Read: source.Options{Workers: 2}})
	if l.Succeeded != 2 || l.Failed != 1 || l.System != 1 || !l.First.Equal(when) || !l.Last.Equal(when.Add(time.Hour)) {
		t.Errorf("%+v", l)
	}
	want := LogonTally{Name: `CORP\bob`, Succeeded: 2, Failed: 1, Others: 1, Hosts: 2, Admin: true, First: when, Last: when.Add(time.Hour)}
	if len(l.Accounts) != 1 || l.Accounts[0] != want {
		t.Errorf("accounts %+v", l.Accounts)
	}
	if len(l.Sources) != 1 || l.Sources[0].Name != "192.0.2.1" || len(l.Reasons) != 1 || l.Reasons[0] != (Reason{"wrong password", 1}) {
		t.Errorf("sources %+v, reasons %+v", l.Sources, l.Reasons)
	}
	if len(l.Admins) != 1 || l.Admins[0].Count != 1 || l.Admins[0].Hosts != 1 {
		t.Errorf("admins %+v", l.Admins)
	}
	for _, c := range []struct {
		o  LogonOptions
		ok int64
	}{
		{LogonOptions{System: true}, 3},
		{LogonOptions{Accounts: []string{"bob"}}, 2},
		{LogonOptions{Accounts: []string{`corp\*`}}, 2},
		{LogonOptions{Accounts: []string{"eve"}}, 0},
		{LogonOptions{Sources: []string{"192.0.2.0/24"}}, 2},
		{LogonOptions{Sources: []string{"192.0.3.0/24"}}, 0},
		{LogonOptions{Sources: []string{"192.0.2.*"}}, 2},
		{LogonOptions{Failed: true}, 0},
		{LogonOptions{Filter: Filter{Hosts: []string{"ws1"}}}, 0},
	} {
		if got := take(c.o).Succeeded; got != c.ok {
			t.Errorf("%+v: %d successes, want %d", c.o, got, c.ok)
		}
	}
}

func TestLogonBounds(t *testing.T) {
	l := &logonBook{pairs: map[pairKey]*pair{}, methods: map[string]*methodTally{}, reasons: map[string]int64{}, admins: map[string]*adminState{}, out: &Logons{}}
	when := at("2021-03-01 10:00:00")
	for i := range MaxPairs + 10 {
		s := seen(when, Failure, fmt.Sprint("user", i), "192.0.2.1")
		s.method, s.reason = fmt.Sprint("m", i), fmt.Sprint("r", i)
		l.add(&s)
	}
	l.finish()
	o := l.out
	if o.Failed != MaxPairs+10 || len(o.Accounts) != MaxPairs || len(o.Limits) != 2 || len(o.Methods) != maxMethods+1 || len(o.Reasons) != maxReasons+1 {
		t.Errorf("%d failures, %d accounts, %d methods, %d reasons, limits %q", o.Failed, len(o.Accounts), len(o.Methods), len(o.Reasons), o.Limits)
	}
}

func FuzzAttempts(f *testing.F) {
	f.Add("sshd", "Failed password for invalid user x from 192.0.2.1 port 1 ssh2")
	f.Add("sudo", "bob : TTY=pts/0 ; COMMAND=x")
	f.Add("su", "(to root) bob on pts/0")
	f.Add("login", "FAILED LOGIN 1 FROM 192.0.2.1 FOR bob, x")
	var r attemptReader
	f.Fuzz(func(t *testing.T, program, msg string) {
		a, ok := r.read(recordOf(event.SourceSyslog, "", program, 0, "message", msg))
		if !ok && a != (attempt{}) {
			t.Errorf("%+v", a)
		}
		if len(a.account) > maxNameLen+3 || len(a.source) > maxNameLen+3 || len(a.method) > maxNameLen+3 {
			t.Error("a name is too long")
		}
	})
}
