package logrange

import (
	"strconv"
	"strings"
)

// linux is a machine with Linux: audit log, syslog in both forms, and the access log of its web server.
type linux struct {
	h      *host
	audit  *logFile
	auth   []*syslogFile // auth.log: one for each form that is written
	sys    []*syslogFile // syslog
	access *logFile
	all    []*logFile

	serial  uint64 // of audit events
	session uint64
	pid     uint32
	people  []*account
}

func newLinux(h *host) *linux {
	r := derive(h.plan.Seed, h.name, "linux")
	l := &linux{
		h: h, serial: uint64(r.between(1000, 90000)), session: uint64(r.between(20, 4000)), pid: uint32(r.between(1200, 20000)),
		people: h.people[3:9],
	}
	add := func(f *logFile) *logFile {
		l.all = append(l.all, f)
		return f
	}
	if h.has[Auditd] {
		l.audit = add(&logFile{h: h, format: Auditd, name: h.name + "/audit/audit.log"})
	}
	for _, f := range []Format{Syslog, Syslog5424} {
		if !h.has[f] {
			continue
		}
		one := newSyslogFile(h, f, "auth.log")
		add(&one.logFile)
		l.auth = append(l.auth, one)
		if h.place.stream != nil { // one stream takes both
			l.sys = append(l.sys, one)
			continue
		}
		two := newSyslogFile(h, f, "syslog")
		add(&two.logFile)
		l.sys = append(l.sys, two)
	}
	if h.has[WebAccess] {
		l.access = add(&logFile{h: h, format: WebAccess, name: h.name + "/apache2/access.log"})
	}
	return l
}

func (l *linux) close() {
	for _, f := range l.all {
		f.done()
	}
}

func (l *linux) nextPID() uint32 {
	l.pid += 1 + uint32(l.h.rand.next()&7)
	if l.pid > 32000 {
		l.pid = 900 + l.pid%300
	}
	return l.pid
}

// loggedAuth and loggedSys write a line to auth.log and to syslog, in every form that is kept.
func (l *linux) loggedAuth(program string, pid uint32, severity int, parts ...string) {
	for _, f := range l.auth {
		f.write(facilityAuth, severity, program, pid, parts)
	}
}

func (l *linux) loggedSys(facility int, program string, pid uint32, parts ...string) {
	for _, f := range l.sys {
		f.write(facility, 6, program, pid, parts)
	}
}

func onLinux(day, night int, do func(l *linux), needs ...Format) doing {
	return doing{day, night, needs, func(h *host) { do(h.linux) }}
}

var (
	auditOrSyslog = []Format{Auditd, Syslog, Syslog5424}
	anySyslog     = []Format{Syslog, Syslog5424}
)

func linuxRoutine(role Role) []doing {
	all := []doing{
		onLinux(20, 30, (*linux).cron, auditOrSyslog...),
		onLinux(60, 4, (*linux).userCommand, Auditd),
		onLinux(8, 1, (*linux).userSession, auditOrSyslog...),
		onLinux(6, 1, (*linux).sudoWork, auditOrSyslog...),
		onLinux(20, 30, (*linux).systemd, auditOrSyslog...),
		onLinux(30, 45, (*linux).daemons, anySyslog...),
		onLinux(30, 30, (*linux).agent, Auditd),
		onLinux(6, 8, (*linux).knocks, Syslog, Syslog5424, Auditd),
	}
	if role == LinuxWeb {
		all = append(all,
			onLinux(300, 120, (*linux).pageView, WebAccess),
			onLinux(12, 14, (*linux).crawl, WebAccess),
			onLinux(4, 8, (*linux).scanned, WebAccess),
			onLinux(10, 16, (*linux).checked, WebAccess),
		)
	}
	return all
}

// cron runs a job.
func (l *linux) cron() {
	r := l.h.rand
	job := &cronJobs[r.below(len(cronJobs))]
	pid := l.nextPID()
	l.auditUser("USER_ACCT", pid, 4294967295, `op=PAM:accounting grantors=pam_permit acct="root" exe="/usr/sbin/cron" hostname=? addr=? terminal=cron res=success`)
	l.auditUser("CRED_ACQ", pid, 4294967295, `op=PAM:setcred grantors=pam_permit acct="root" exe="/usr/sbin/cron" hostname=? addr=? terminal=cron res=success`)
	l.auditUser("USER_START", pid, 0, `op=PAM:session_open grantors=pam_loginuid,pam_env,pam_permit,pam_unix,pam_limits acct="root" exe="/usr/sbin/cron" hostname=? addr=? terminal=cron res=success`)
	l.loggedAuth("CRON", pid, 6, "pam_unix(cron:session): session opened for user root by (uid=0)")
	l.loggedSys(facilityCron, "CRON", pid+1, "(root) CMD (", job.line, ")")
	l.execute(execution{exe: job.exe, args: job.args, cwd: "/", uid: 0, auid: 0, ppid: pid, pid: pid + 1, tty: "(none)"})
	l.h.pause(milli, 80*milli)
	l.auditUser("CRED_DISP", pid, 0, `op=PAM:setcred grantors=pam_permit acct="root" exe="/usr/sbin/cron" hostname=? addr=? terminal=cron res=success`)
	l.loggedAuth("CRON", pid, 6, "pam_unix(cron:session): session closed for user root")
}

type cronJob struct {
	line, exe string
	args      []string
}

var cronJobs = []cronJob{
	{"   cd / && run-parts --report /etc/cron.hourly", "/usr/bin/run-parts", []string{"run-parts", "--report", "/etc/cron.hourly"}},
	{"command -v debian-sa1 > /dev/null && debian-sa1 1 1", "/usr/lib/sysstat/sa1", []string{"/usr/lib/sysstat/sa1", "1", "1"}},
	{"test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )", "/usr/bin/run-parts", []string{"run-parts", "--report", "/etc/cron.daily"}},
	{"/usr/sbin/logrotate /etc/logrotate.conf", "/usr/sbin/logrotate", []string{"/usr/sbin/logrotate", "/etc/logrotate.conf"}},
	{"/usr/local/sbin/backup-www --quiet", "/usr/local/sbin/backup-www", []string{"/usr/local/sbin/backup-www", "--quiet"}},
}

type shellLine struct {
	exe  string
	args []string
}

var shellLines = []shellLine{
	{"/usr/bin/ls", []string{"ls", "--color=auto", "-l"}},
	{"/usr/bin/ls", []string{"ls", "--color=auto"}},
	{"/usr/bin/git", []string{"git", "status"}},
	{"/usr/bin/git", []string{"git", "log", "--oneline", "-n", "20"}},
	{"/usr/bin/vim.basic", []string{"vim", "notes.md"}},
	{"/usr/bin/less", []string{"less", "README.md"}},
	{"/usr/bin/grep", []string{"grep", "-rn", "TODO", "src"}},
	{"/usr/bin/make", []string{"make", "test"}},
	{"/usr/bin/df", []string{"df", "-h"}},
	{"/usr/bin/tail", []string{"tail", "-n", "50", "build.log"}},
	{"/usr/bin/find", []string{"find", "src", "-name", "*.go"}},
	{"/usr/bin/date", []string{"date", "+%F %T"}},
	{"/usr/bin/rsync", []string{"rsync", "-a", "site/", "/srv/www/site/"}},
}

func (l *linux) userCommand() {
	r := l.h.rand
	who := pick(r, l.people)
	c := &shellLines[r.below(len(shellLines))]
	l.execute(execution{exe: c.exe, args: c.args, cwd: "/home/" + who.name, uid: l.uid(who), auid: l.uid(who), ppid: 2000 + l.uid(who), pid: l.nextPID(), tty: "pts0"})
}

// uid numbers people from 1000.
func (l *linux) uid(who *account) uint32 {
	for i, p := range l.people {
		if p == who {
			return uint32(1000 + i)
		}
	}
	return 1000
}

// userSession is somebody who logs on with a key and off again.
func (l *linux) userSession() {
	h, r := l.h, l.h.rand
	who := pick(r, l.people)
	from := "10.20.10." + strconv.Itoa(10+r.below(20))
	l.sshSession(who.name, l.uid(who), from, "publickey", ": RSA SHA256:"+string(appendHex(nil, mix64(uint64(l.uid(who))), 43, lowerHex)))
	h.pause(0, 300*milli)
}

// sshSession logs an accepted logon by ssh.
func (l *linux) sshSession(user string, uid uint32, from, method, key string) {
	pid := l.nextPID()
	l.session++
	port := strconv.Itoa(40000 + l.h.rand.below(20000))
	l.loggedAuth("sshd", pid, 6, "Accepted ", method, " for ", user, " from ", from, " port ", port, " ssh2", key)
	l.loggedAuth("sshd", pid, 6, "pam_unix(sshd:session): session opened for user ", user, " by (uid=0)")
	l.loggedAuth("systemd-logind", 612, 6, "New session ", strconv.FormatUint(l.session, 10), " of user ", user, ".")
	l.auditUser("USER_AUTH", pid, 4294967295, `op=success acct="`+user+`" exe="/usr/sbin/sshd" hostname=? addr=`+from+` terminal=ssh res=success`)
	l.auditUser("USER_ACCT", pid, 4294967295, `op=PAM:accounting grantors=pam_permit acct="`+user+`" exe="/usr/sbin/sshd" hostname=`+from+` addr=`+from+` terminal=ssh res=success`)
	l.auditUser("USER_LOGIN", pid, uid, `op=login id=`+strconv.FormatUint(uint64(uid), 10)+` exe="/usr/sbin/sshd" hostname=`+from+` addr=`+from+` terminal=/dev/pts/0 res=success`)
}

// sshRefused logs a failed logon by ssh.
func (l *linux) sshRefused(user string, known bool, from string) {
	pid := l.nextPID()
	port := strconv.Itoa(40000 + l.h.rand.below(20000))
	if known {
		l.loggedAuth("sshd", pid, 6, "Failed password for ", user, " from ", from, " port ", port, " ssh2")
	} else {
		l.loggedAuth("sshd", pid, 6, "Invalid user ", user, " from ", from, " port ", port)
		l.loggedAuth("sshd", pid, 6, "Failed password for invalid user ", user, " from ", from, " port ", port, " ssh2")
	}
	l.auditUser("USER_LOGIN", pid, 4294967295, `op=login acct="`+user+`" exe="/usr/sbin/sshd" hostname=? addr=`+from+` terminal=ssh res=failed`)
}

var sudoLines = []shellLine{
	{"/usr/bin/systemctl", []string{"systemctl", "reload", "apache2"}},
	{"/usr/bin/apt-get", []string{"apt-get", "update"}},
	{"/usr/bin/systemctl", []string{"systemctl", "status", "cron"}},
	{"/usr/bin/cp", []string{"cp", "-a", "build/.", "/srv/www/site/"}},
}

func (l *linux) sudoWork() {
	r := l.h.rand
	who := pick(r, l.people)
	c := &sudoLines[r.below(len(sudoLines))]
	l.sudo(who, c.exe, c.args)
}

// sudo logs a command that somebody runs as root.
func (l *linux) sudo(who *account, exe string, args []string) {
	pid := l.nextPID()
	line := exe + " " + strings.Join(args[1:], " ")
	l.loggedAuth("sudo", 0, 5, who.name, " : TTY=pts/0 ; PWD=/home/", who.name, " ; USER=root ; COMMAND=", line)
	l.loggedAuth("sudo", 0, 6, "pam_unix(sudo:session): session opened for user root by ", who.name, "(uid=0)")
	l.auditUser("USER_CMD", pid, l.uid(who), `cwd="/home/`+who.name+`" cmd=`+hexText(line)+` exe="/usr/bin/sudo" terminal=pts/0 res=success`)
	l.execute(execution{exe: exe, args: args, cwd: "/home/" + who.name, uid: 0, auid: l.uid(who), ppid: pid, pid: l.nextPID(), tty: "pts0"})
	l.h.pause(milli, 200*milli)
	l.loggedAuth("sudo", 0, 6, "pam_unix(sudo:session): session closed for user root")
}

var units = []string{
	"apt-daily", "logrotate", "man-db", "systemd-tmpfiles-clean", "phpsessionclean", "sysstat-collect", "fstrim", "motd-news", "e2scrub_all",
}

func (l *linux) systemd() {
	u := pick(l.h.rand, units)
	l.loggedSys(facilityDaemon, "systemd", 1, "Starting ", u, ".service...")
	l.auditUnit("SERVICE_START", u)
	l.h.pause(milli, 400*milli)
	l.loggedSys(facilityDaemon, "systemd", 1, u, ".service: Succeeded.")
	l.loggedSys(facilityDaemon, "systemd", 1, "Finished ", u, ".service.")
	l.auditUnit("SERVICE_STOP", u)
}

// daemons is what services say.
func (l *linux) daemons() {
	r := l.h.rand
	switch r.below(6) {
	case 0:
		l.loggedSys(facilityDaemon, "dhclient", 588, "DHCPREQUEST for ", l.h.addr, " on eth0 to 10.20.1.1 port 67")
		l.loggedSys(facilityDaemon, "dhclient", 588, "DHCPACK of ", l.h.addr, " from 10.20.1.1")
	case 1:
		l.loggedSys(facilityDaemon, "chronyd", 640, "Selected source 10.20.1.10 (dc01.example.org)")
	case 2:
		l.loggedSys(facilityMail, "postfix/qmgr", 1103, string(appendHex(nil, r.next(), 10, upperHex)), ": from=<root@", l.h.fqdn, ">, size=", strconv.Itoa(r.between(400, 4000)), ", nrcpt=1 (queue active)")
	case 3:
		l.loggedSys(facilityKernel, "kernel", 0, "[", strconv.Itoa(r.between(10000, 900000)), ".", string(appendDigits(nil, r, 6)), "] eth0: renewed lease")
	case 4:
		l.loggedSys(facilityDaemon, "snmpd", 720, "Connection from UDP: [10.20.1.9]:", strconv.Itoa(r.between(40000, 60000)), "->[", l.h.addr, "]:161")
	default:
		l.loggedSys(facilityDaemon, "systemd-resolved", 570, "Using degraded feature set UDP instead of UDP+EDNS0 for DNS server 10.20.1.10.")
	}
}

var agentLines = []shellLine{
	{"/usr/bin/df", []string{"df", "-P", "-k"}},
	{"/usr/bin/vmstat", []string{"vmstat", "1", "2"}},
	{"/usr/bin/systemctl", []string{"systemctl", "is-active", "apache2"}},
	{"/usr/bin/stat", []string{"stat", "-c", "%Y", "/var/lib/dpkg/status"}},
}

// agent is the monitoring agent, who starts small programs all day.
func (l *linux) agent() {
	c := &agentLines[l.h.rand.below(len(agentLines))]
	l.execute(execution{exe: c.exe, args: c.args, cwd: "/", uid: 998, auid: 4294967295, ppid: 812, pid: l.nextPID(), tty: "(none)"})
}

var knockers = []string{"admin", "test", "ubuntu", "oracle", "git", "postgres", "ftp"}

// knocks is the internet, which tries the door now and then.
func (l *linux) knocks() {
	r := l.h.rand
	l.sshRefused(pick(r, knockers), false, string(appendOutside(nil, r)))
}
