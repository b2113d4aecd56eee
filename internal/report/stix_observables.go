package report

import (
	"net/netip"
	"strings"

	"entente/internal/hunt"
)

// observables writes the cyber observables of a finding's record and returns their ids, at least one.
func (s *stix) observables(f *hunt.Finding) []string {
	e, r := entitiesOf(f)
	var refs []string
	add := func(id string) string {
		if id != "" {
			refs = append(refs, id)
		}
		return id
	}
	account := add(s.account(&e))
	if e.process.known() {
		parent := ""
		if e.parent.known() {
			parent = add(s.process(f, &e.parent, "", "", add))
		}
		add(s.process(f, &e.process, parent, account, add))
	}
	if e.service != "" && !e.process.known() {
		add(s.serviceProcess(f, e.service, r.get("ImagePath", "ServiceFileName"), account))
	}
	if e.file != "" {
		add(s.fileObject(e.file, e.fileHash, add))
	}
	if e.registry.key != "" {
		add(s.registryKey(e.registry))
	}
	s.traffic(&e, add)
	if domainName(e.dnsQuery) {
		add(s.domain(e.dnsQuery))
	}
	if len(refs) == 0 || s.o.STIX.Events {
		add(s.artifact(f))
	}
	return dedupe(refs)
}

func dedupe(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	out := ids[:0]
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

func (s *stix) account(e *entities) string {
	if e.userName == "" {
		return ""
	}
	login := e.userName
	if e.userDom != "" {
		login = e.userDom + `\` + e.userName
	}
	props := map[string]any{"account_login": login}
	if e.userSID != "" {
		props["user_id"] = e.userSID
	}
	if e.unixLogin {
		props["account_type"] = "unix"
	}
	return s.addSCO("user-account", scoID("user-account", props), props)
}

// fileObject writes a file and its directory.
func (s *stix) fileObject(path string, hash map[string]string, add func(string) string) string {
	contributing, props := map[string]any{}, map[string]any{}
	if name := baseName(path); name != "" {
		contributing["name"], props["name"] = name, name
	}
	if dir := dirName(path); dir != "" {
		d := map[string]any{"path": dir}
		id := add(s.addSCO("directory", scoID("directory", d), d))
		contributing["parent_directory_ref"], props["parent_directory_ref"] = id, id
	}
	all := map[string]any{}
	for _, algo := range [...]string{"MD5", "SHA-1", "SHA-256", "SHA-512"} { // the order in which one is chosen for the id
		if v := hash[algo]; v != "" {
			if len(all) == 0 {
				contributing["hashes"] = map[string]any{algo: v}
			}
			all[algo] = v
		}
	}
	if len(all) > 0 {
		props["hashes"] = all
	}
	if len(props) == 0 || (props["name"] == nil && props["hashes"] == nil) {
		return "" // a directory alone is no file
	}
	return s.addSCO("file", scoID("file", contributing), props)
}

func (s *stix) process(f *hunt.Finding, p *processEntity, parent, user string, add func(string) string) string {
	props := map[string]any{}
	if p.pid >= 0 {
		props["pid"] = int(p.pid)
	}
	if p.command != "" {
		props["command_line"] = p.command
	}
	if p.cwd != "" {
		props["cwd"] = p.cwd
	}
	if p.path != "" {
		if id := add(s.fileObject(p.path, p.hash, add)); id != "" {
			props["image_ref"] = id
		}
	}
	if parent != "" {
		props["parent_ref"] = parent
	}
	if user != "" {
		props["creator_user_ref"] = user
	}
	if len(props) == 0 {
		return ""
	}
	return s.addSCO("process", s.processObjectID(f, p.guid, props), props)
}

// processObjectID identifies a process on its host. Processes have no ID-contributing properties.
func (s *stix) processObjectID(f *hunt.Finding, guid string, props map[string]any) string {
	return stixProcessID(f.Host, guid, string(appendJCS(nil, props)))
}

func (s *stix) serviceProcess(f *hunt.Finding, service, command, user string) string {
	props := map[string]any{"extensions": map[string]any{"windows-service-ext": map[string]any{"service_name": service}}}
	if command != "" {
		props["command_line"] = command
	}
	if user != "" {
		props["creator_user_ref"] = user
	}
	return s.addSCO("process", s.processObjectID(f, "", props), props)
}

func (s *stix) registryKey(k registryEntity) string {
	props := map[string]any{"key": k.key}
	if k.value != "" || k.data != "" {
		v := map[string]any{"name": k.value}
		if k.data != "" {
			v["data"] = k.data
		}
		props["values"] = []any{v}
	}
	return s.addSCO("windows-registry-key", scoID("windows-registry-key", props), props)
}

func (s *stix) ip(a netip.Addr) string {
	kind := "ipv4-addr"
	if a.Is6() {
		kind = "ipv6-addr"
	}
	props := map[string]any{"value": a.String()}
	return s.addSCO(kind, scoID(kind, props), props)
}

func (s *stix) domain(name string) string {
	props := map[string]any{"value": strings.ToLower(name)}
	return s.addSCO("domain-name", scoID("domain-name", props), props)
}

// traffic writes the connection of a record, or only its address where there is no more than one.
func (s *stix) traffic(e *entities, add func(string) string) {
	n := e.network
	var src, dst string
	if n.src.IsValid() {
		src = add(s.ip(n.src))
	}
	if n.dst.IsValid() {
		dst = add(s.ip(n.dst))
	}
	if domainName(n.dstHost) {
		id := add(s.domain(n.dstHost))
		if dst == "" {
			dst = id
		}
	}
	if (src == "" && dst == "") || (n.transport == "" && (src == "" || dst == "")) {
		return
	}
	var protocols []string
	for _, a := range [...]netip.Addr{n.src, n.dst} {
		if a.IsValid() {
			protocols = []string{map[bool]string{true: "ipv4", false: "ipv6"}[a.Is4()]}
		}
	}
	if n.transport != "" {
		protocols = append(protocols, n.transport)
	}
	props := map[string]any{}
	if h := e.http; h.path != "" && h.method != "" {
		protocols = append(protocols, "http")
		value := h.path
		if h.query != "" {
			value += "?" + h.query
		}
		request := map[string]any{"request_method": strings.ToLower(h.method), "request_value": value}
		if h.agent != "" {
			request["request_header"] = map[string]any{"User-Agent": []string{h.agent}}
		}
		props["extensions"] = map[string]any{"http-request-ext": request}
	}
	props["protocols"] = protocols
	if src != "" {
		props["src_ref"] = src
	}
	if dst != "" {
		props["dst_ref"] = dst
	}
	if n.srcPort >= 0 {
		props["src_port"] = n.srcPort
	}
	if n.dstPort >= 0 {
		props["dst_port"] = n.dstPort
	}
	add(s.addSCO("network-traffic", scoID("network-traffic", props), props))
}

// domainName says that s can be the value of a domain-name object: labels of letters, digits, hyphens and (as
// Windows writes service records) underscores, with at least one dot.
func domainName(s string) bool {
	if len(s) > 253 || !strings.Contains(s, ".") {
		return false
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := range len(label) {
			c := label[i] | 0x20
			if (c < 'a' || c > 'z') && (label[i] < '0' || label[i] > '9') && label[i] != '-' && label[i] != '_' {
				return false
			}
		}
	}
	return true
}
