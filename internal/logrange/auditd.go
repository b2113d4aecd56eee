package logrange

import "strconv"

// Linux audit log: /var/log/audit/audit.log. One event is several lines with the same number.

// execution is a program that is started.
type execution struct {
	exe    string
	args   []string
	cwd    string
	uid    uint32
	auid   uint32 // who logged on; 4294967295 for nobody
	ppid   uint32
	pid    uint32
	tty    string
	failed bool
	key    string // of the audit rule; "" is exec
}

// stamp appends msg=audit(1614756000.123:456): .
func (l *linux) stamp(b []byte) []byte {
	b = append(b, " msg=audit("...)
	b = strconv.AppendInt(b, int64(l.h.now/second), 10)
	b = appendMilli(b, l.h.now)
	b = append(b, ':')
	b = strconv.AppendUint(b, l.serial, 10)
	return append(b, "): "...)
}

// execute logs a started program: SYSCALL, EXECVE, CWD, two PATHs and PROCTITLE.
func (l *linux) execute(x execution) {
	if l.audit == nil {
		return
	}
	l.serial++
	b := l.audit.begin(l.h.now)
	b = append(b, "type=SYSCALL"...)
	b = l.stamp(b)
	b = append(b, "arch=c000003e syscall=59 success="...)
	if x.failed {
		b = append(b, "no exit=-13"...)
	} else {
		b = append(b, "yes exit=0"...)
	}
	b = append(b, " a0="...)
	at := 0x55d000000000 | l.h.rand.next()&0xFFFFFFF0
	b = strconv.AppendUint(b, at, 16)
	b = append(b, " a1="...)
	b = strconv.AppendUint(b, at+0x40, 16)
	b = append(b, " a2="...)
	b = strconv.AppendUint(b, at+0x90, 16)
	b = append(b, " a3=8 items=2 ppid="...)
	b = strconv.AppendUint(b, uint64(x.ppid), 10)
	b = append(b, " pid="...)
	b = strconv.AppendUint(b, uint64(x.pid), 10)
	b = append(b, " auid="...)
	b = strconv.AppendUint(b, uint64(x.auid), 10)
	for _, name := range [...]string{" uid=", " gid=", " euid=", " suid=", " fsuid=", " egid=", " sgid=", " fsgid="} {
		b = append(b, name...)
		b = strconv.AppendUint(b, uint64(x.uid), 10)
	}
	b = append(b, " tty="...)
	b = append(b, x.tty...)
	b = append(b, " ses="...)
	if x.auid == 4294967295 {
		b = append(b, "4294967295"...)
	} else {
		b = strconv.AppendUint(b, l.session, 10)
	}
	comm := afterLast(x.exe, "/")
	b = append(b, ` comm="`...)
	b = append(b, comm[:min(len(comm), 15)]...)
	b = append(b, `" exe="`...)
	b = append(b, x.exe...)
	b = append(b, `" key="`...)
	if x.key == "" {
		b = append(b, "exec"...)
	} else {
		b = append(b, x.key...)
	}
	b = append(b, '"', '\n')

	b = append(b, "type=EXECVE"...)
	b = l.stamp(b)
	b = append(b, "argc="...)
	b = strconv.AppendInt(b, int64(len(x.args)), 10)
	for i, a := range x.args {
		b = append(b, " a"...)
		b = strconv.AppendInt(b, int64(i), 10)
		b = append(b, '=')
		b = appendAuditText(b, a)
	}
	b = append(b, '\n')

	b = append(b, "type=CWD"...)
	b = l.stamp(b)
	b = append(b, "cwd="...)
	b = appendAuditText(b, x.cwd)
	b = append(b, '\n')

	for i, name := range [...]string{x.exe, "/lib64/ld-linux-x86-64.so.2"} {
		b = append(b, "type=PATH"...)
		b = l.stamp(b)
		b = append(b, "item="...)
		b = strconv.AppendInt(b, int64(i), 10)
		b = append(b, " name="...)
		b = appendAuditText(b, name)
		b = append(b, " inode="...)
		b = strconv.AppendUint(b, uint64(131072+len(name)*977), 10)
		b = append(b, " dev=fd:00 mode=0100755 ouid=0 ogid=0 rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0\n"...)
	}

	b = append(b, "type=PROCTITLE"...)
	b = l.stamp(b)
	b = append(b, "proctitle="...)
	for i, a := range x.args {
		if i > 0 {
			b = append(b, "00"...)
		}
		for j := range len(a) {
			b = append(b, upperHex[a[j]>>4], upperHex[a[j]&15])
		}
	}
	l.audit.end(append(b, '\n'), 6)
}

// appendAuditText appends a text in quotes, or in hexadecimal where it holds what the audit daemon will not quote.
func appendAuditText(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == '"' || c >= 0x7f {
			return append(dst, hexText(s)...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

func hexText(s string) string {
	out := make([]byte, 0, 2*len(s))
	for i := range len(s) {
		out = append(out, upperHex[s[i]>>4], upperHex[s[i]&15])
	}
	return string(out)
}

// auditUser logs a record that a program sends itself (USER_LOGIN, CRED_ACQ, USER_CMD…).
func (l *linux) auditUser(kind string, pid, auid uint32, what string) {
	if l.audit == nil {
		return
	}
	l.serial++
	b := l.audit.begin(l.h.now)
	b = append(b, "type="...)
	b = append(b, kind...)
	b = l.stamp(b)
	b = append(b, "pid="...)
	b = strconv.AppendUint(b, uint64(pid), 10)
	b = append(b, " uid=0 auid="...)
	b = strconv.AppendUint(b, uint64(auid), 10)
	b = append(b, " ses="...)
	if auid == 4294967295 {
		b = append(b, "4294967295"...)
	} else {
		b = strconv.AppendUint(b, l.session, 10)
	}
	b = append(b, " msg='"...)
	b = append(b, what...)
	l.audit.end(append(b, '\'', '\n'), 1)
}

// auditUnit logs a unit that systemd starts or stops.
func (l *linux) auditUnit(kind, unit string) {
	l.auditUser(kind, 1, 4294967295, `unit=`+unit+` comm="systemd" exe="/usr/lib/systemd/systemd" hostname=? addr=? terminal=? res=success`)
}

// auditWrite logs a file that is opened for writing under a watch: SYSCALL, CWD, PATH, PROCTITLE.
func (l *linux) auditWrite(exe string, args []string, file, key string, uid, auid, ppid, pid uint32) {
	if l.audit == nil {
		return
	}
	l.serial++
	b := l.audit.begin(l.h.now)
	b = append(b, "type=SYSCALL"...)
	b = l.stamp(b)
	b = append(b, "arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=7ffc1a2b3c4d a2=241 a3=1b6 items=2 ppid="...)
	b = strconv.AppendUint(b, uint64(ppid), 10)
	b = append(b, " pid="...)
	b = strconv.AppendUint(b, uint64(pid), 10)
	b = append(b, " auid="...)
	b = strconv.AppendUint(b, uint64(auid), 10)
	for _, name := range [...]string{" uid=", " gid=", " euid=", " suid=", " fsuid=", " egid=", " sgid=", " fsgid="} {
		b = append(b, name...)
		b = strconv.AppendUint(b, uint64(uid), 10)
	}
	comm := afterLast(exe, "/")
	b = append(b, ` tty=(none) ses=4294967295 comm="`...)
	b = append(b, comm...)
	b = append(b, `" exe="`...)
	b = append(b, exe...)
	b = append(b, `" key="`...)
	b = append(b, key...)
	b = append(b, "\"\ntype=CWD"...)
	b = l.stamp(b)
	b = append(b, "cwd=\"/\"\ntype=PATH"...)
	b = l.stamp(b)
	b = append(b, "item=1 name="...)
	b = appendAuditText(b, file)
	b = append(b, " inode=262401 dev=fd:00 mode=0100600 ouid="...)
	b = strconv.AppendUint(b, uint64(uid), 10)
	b = append(b, " ogid=0 rdev=00:00 nametype=CREATE cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0\ntype=PROCTITLE"...)
	b = l.stamp(b)
	b = append(b, "proctitle="...)
	for i, a := range args {
		if i > 0 {
			b = append(b, "00"...)
		}
		b = append(b, hexText(a)...)
	}
	l.audit.end(append(b, '\n'), 4)
}
