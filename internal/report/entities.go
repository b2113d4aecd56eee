package report

import (
	"net/netip"
	"strconv"
	"strings"

	"entente/internal/event"
	"entente/internal/hunt"
)

// entities are the things that a record speaks of, under the same names whatever the log: what STIX calls cyber
// observables and ECS calls process, file, source… Everything is text as the log has it unless it says otherwise;
// empty where the log does not have it.
type entities struct {
	process   processEntity
	parent    processEntity
	file      string // the file acted upon: written, loaded, opened
	fileHash  map[string]string
	registry  registryEntity
	network   networkEntity
	dnsQuery  string
	http      httpEntity
	service   string
	userName  string // without domain
	userDom   string
	userSID   string
	unixLogin bool
}

type processEntity struct {
	path, command, cwd, guid string
	pid                      int64 // -1 where unknown
	hash                     map[string]string
}

type registryEntity struct{ key, value, data string }

type networkEntity struct {
	src, dst         netip.Addr // not valid where unknown
	srcPort, dstPort int        // -1 where unknown
	dstHost          string
	transport        string // tcp, udp, icmp… in lower case
}

type httpEntity struct{ method, path, query, agent, status string }

func (p *processEntity) known() bool { return p.path != "" || p.command != "" || p.pid >= 0 }

// entitiesOf reads the entities out of a finding's record. Field names are those of the logs that the readers know
// (Sysmon, Security, auditd, IIS, Zeek, cloud audit logs); a record of another kind has few entities or none.
func entitiesOf(f *hunt.Finding) (entities, record) {
	r := parseRecord(f.Event)
	e := entities{process: processEntity{pid: -1}, parent: processEntity{pid: -1}}
	e.processes(r)
	e.files(f, r)
	e.registryKey(f, r)
	e.connection(f, r)
	e.account(f, r)
	e.service = r.get("ServiceName")
	return e, r
}

func (e *entities) processes(r record) {
	p, parent := &e.process, &e.parent
	p.path = r.get("NewProcessName", "Image", "SourceImage", "exe")
	p.command = r.get("CommandLine", "ProcessCommandLine", "proctitle")
	p.cwd = r.get("CurrentDirectory", "cwd")
	p.guid = r.get("ProcessGuid", "SourceProcessGuid", "SourceProcessGUID")
	parent.path = r.get("ParentProcessName", "ParentImage")
	parent.command = r.get("ParentCommandLine")
	parent.guid = r.get("ParentProcessGuid")
	// In Security 4688 ProcessId is the parent's, everywhere else the process's own.
	if own := r.get("NewProcessId"); own != "" {
		p.pid, parent.pid = processID(own), processID(r.get("ProcessId"))
	} else {
		p.pid = processID(r.get("ProcessId", "SourceProcessId", "pid"))
		parent.pid = processID(r.get("ParentProcessId", "ppid"))
	}
	if p.path == "" && (p.pid >= 0 || p.command != "") {
		p.path = r.get("ProcessName", "comm")
	}
}

// processID reads a process id in decimal or 0x hexadecimal; -1 where it is none.
func processID(s string) int64 {
	n, err := strconv.ParseInt(s, 0, 64)
	if err != nil || n < 0 || n > 1<<32 {
		return -1
	}
	return n
}

func (e *entities) files(f *hunt.Finding, r record) {
	e.file = r.get("TargetFilename", "ImageLoaded")
	if e.file == "" && r.get("ObjectType") == "File" {
		e.file = r.get("ObjectName")
	}
	if e.file == "" {
		if name := r.get("RelativeTargetName"); name != "" {
			e.file = strings.TrimRight(r.get("ShareName"), `\`) + `\` + name
		}
	}
	if e.file == "" && f.Source == event.SourceAuditd {
		e.file = r.get("name")
	}
	hash := hashes(r.get("Hashes", "Hash"))
	for algo, name := range map[string]string{"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256"} {
		if v := r.get(name); hash[algo] == "" && isHash(algo, v) {
			hash[algo] = strings.ToLower(v)
		}
	}
	// The hash of a process creation is that of its image; of every other record, that of the file.
	if e.file == "" && e.process.path != "" {
		e.process.hash = hash
	} else {
		e.fileHash = hash
	}
}

// hashes reads Sysmon's "SHA1=…,MD5=…,IMPHASH=…" into the names of STIX's hash vocabulary. What has not the length
// of its kind is left out.
func hashes(s string) map[string]string {
	m := map[string]string{}
	for part := range strings.SplitSeq(s, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		algo := map[string]string{"MD5": "MD5", "SHA1": "SHA-1", "SHA256": "SHA-256", "SHA512": "SHA-512"}[strings.ToUpper(k)]
		if algo != "" && isHash(algo, v) {
			m[algo] = strings.ToLower(v)
		}
	}
	return m
}

func isHash(algo, v string) bool {
	if len(v) != map[string]int{"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128}[algo] {
		return false
	}
	return strings.Trim(v, "0123456789abcdefABCDEF") == "" && strings.Trim(v, "0") != ""
}

// hives are the short and kernel names of the registry's roots.
var hives = [...][2]string{
	{`HKLM\`, `HKEY_LOCAL_MACHINE\`},
	{`HKCU\`, `HKEY_CURRENT_USER\`},
	{`HKCR\`, `HKEY_CLASSES_ROOT\`},
	{`HKU\`, `HKEY_USERS\`},
	{`\REGISTRY\MACHINE\`, `HKEY_LOCAL_MACHINE\`},
	{`\REGISTRY\USER\`, `HKEY_USERS\`},
}

func (e *entities) registryKey(f *hunt.Finding, r record) {
	key := r.get("TargetObject")
	switch {
	case key != "":
		// Sysmon 13 names a value, 12 and 14 a key (or, for deletions, a value that looks like one).
		if f.EventID == 13 {
			if i := strings.LastIndexByte(key, '\\'); i > 0 {
				key, e.registry.value = key[:i], key[i+1:]
			}
			e.registry.data = r.get("Details")
		}
	case r.get("ObjectType") == "Key":
		key, e.registry.value, e.registry.data = r.get("ObjectName"), r.get("ObjectValueName"), r.get("NewValue")
	case r.get("ObjectValueName") != "":
		key, e.registry.value, e.registry.data = r.get("ObjectName"), r.get("ObjectValueName"), r.get("NewValue")
	}
	for _, h := range hives {
		if len(key) > len(h[0]) && strings.EqualFold(key[:len(h[0])], h[0]) {
			key = h[1] + key[len(h[0]):]
			break
		}
	}
	e.registry.key = key
}

func (e *entities) connection(f *hunt.Finding, r record) {
	n := &e.network
	n.srcPort, n.dstPort = -1, -1
	n.src = address(r.get("SourceIp", "SourceAddress", "IpAddress", "c-ip", "ClientIpAddress", "id.orig_h", "sourceIPAddress",
		"ipAddress", "properties.ipAddress", "ClientIP", "client.ipAddress", "ClientAddress", "src_ip", "sourceIPs", "actor_ip"))
	n.dst = address(r.get("DestinationIp", "DestAddress", "s-ip", "id.resp_h", "dst_ip"))
	n.srcPort = port(r.get("SourcePort", "IpPort", "c-port", "id.orig_p", "src_port"))
	n.dstPort = port(r.get("DestinationPort", "DestPort", "s-port", "id.resp_p", "dst_port"))
	n.dstHost = r.get("DestinationHostname", "cs-host", "UrlHost")
	switch t := strings.ToLower(r.get("Protocol", "proto")); t {
	case "tcp", "udp", "icmp":
		n.transport = t
	case "6":
		n.transport = "tcp"
	case "17":
		n.transport = "udp"
	case "1":
		n.transport = "icmp"
	}
	e.dnsQuery = strings.TrimSuffix(r.get("QueryName"), ".")
	if e.dnsQuery == "" && f.Source == event.SourceZeek && f.Channel == "dns" {
		e.dnsQuery = strings.TrimSuffix(r.get("query"), ".")
	}
	h := &e.http
	h.method = r.get("cs-method", "Method", "method")
	h.path = r.get("cs-uri-stem", "UrlStem", "uri", "c-uri")
	h.query = r.get("cs-uri-query", "UrlQuery")
	h.agent = r.get("cs(User-Agent)", "cs-user-agent", "UserAgent", "user_agent", "userAgent")
	h.status = r.get("sc-status", "HttpStatus", "status_code")
	if h.path == "" {
		h.method = "" // a method without a path is some other field of that name
	}
	if h.path != "" && n.transport == "" {
		n.transport = "tcp"
	}
}

// address reads an IP address the way logs write it: with a zone, in brackets, mapped into IPv6, with a port.
func address(s string) netip.Addr {
	s, _, _ = strings.Cut(s, ", ")
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone("")
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil || a.IsUnspecified() {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

func port(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 65535 {
		return -1
	}
	return n
}

func (e *entities) account(f *hunt.Finding, r record) {
	user := f.User
	if user == "-" {
		user = ""
	}
	e.unixLogin = f.Source == event.SourceAuditd || f.Source == event.SourceSysmonLinux || f.Source == event.SourceSyslog
	e.userName = user
	if dom, name, ok := strings.Cut(user, `\`); ok {
		e.userDom, e.userName = dom, name
	}
	for _, pair := range [...][2]string{{"TargetUserName", "TargetUserSid"}, {"SubjectUserName", "SubjectUserSid"}} {
		if e.userName != "" && strings.EqualFold(r.get(pair[0]), e.userName) {
			if sid := r.get(pair[1]); strings.HasPrefix(sid, "S-1-") {
				e.userSID = sid
			}
		}
	}
}

// baseName is the last part of a path of either kind of system.
func baseName(path string) string {
	return path[strings.LastIndexAny(path, `\/`)+1:]
}

// dirName is a path without its last part and the separator before it; "" where there is no directory.
func dirName(path string) string {
	i := strings.LastIndexAny(path, `\/`)
	if i < 0 {
		return ""
	}
	if i == 0 || path[i-1] == ':' {
		i++ // the root keeps its separator
	}
	return path[:i]
}
