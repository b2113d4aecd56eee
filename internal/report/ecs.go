package report

import (
	"io"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/internal/event"
	"entente/internal/hunt"
)

// NewECS writes one document per line in the Elastic Common Schema, with the finding as an alert: @timestamp, event,
// rule, threat (arrays, since a rule may name several techniques), host, user, process, file, registry, source,
// destination, dns, url, winlog, log. Only values of the type that the schema demands are placed (an address that is
// none stays out), so that no document is refused by its mapping. The whole record stands as text in
// event.original, and what has no home in the schema under entente.
//
// A hunt that did not go through all of its inputs ends with a document of event.kind pipeline_error, which says why.
//
// A finding without a time gets that of the report as @timestamp, which the schema demands, and the tag no-time.
func NewECS(w io.Writer, o Options) Sink { return &ecs{lines: lines{w: w}, o: o, now: o.now()} }

type ecs struct {
	lines
	o   Options
	now time.Time
}

const ecsVersion = "8.17.0"

func (s *ecs) Finding(f *hunt.Finding) error {
	e, r := entitiesOf(f)
	j := jsonText{b: append(s.buf, '{')}
	if hasTime(f.Time) {
		j.when("@timestamp", f.Time)
	} else {
		j.when("@timestamp", s.now)
	}
	j.object("ecs", func() { j.str("version", ecsVersion) })
	j.str("message", timesketchMessage(f))
	tags := append([]string{"sigma"}, meta(f).Tags...)
	if !hasTime(f.Time) {
		tags = append(tags, "no-time")
	}
	j.list("tags", tags)
	j.object("event", func() { ecsEvent(&j, f, &e) })
	j.object("rule", func() { ecsRule(&j, f) })
	if len(f.Techniques)+len(f.Tactics) > 0 || meta(f).Indicator != nil {
		j.object("threat", func() { s.threat(&j, f) })
	}
	if f.Host != "" {
		j.object("host", func() {
			j.str("name", f.Host)
			j.str("hostname", firstLabel(f.Host))
		})
	}
	ecsUser(&j, &e)
	ecsProcess(&j, &e)
	ecsFile(&j, &e)
	ecsRegistry(&j, &e)
	ecsNetwork(&j, &e)
	ecsWeb(&j, &e)
	ecsRelated(&j, f, &e)
	if f.File != "" {
		j.object("log", func() {
			j.object("file", func() { j.str("path", f.File) })
			j.num("offset", f.Offset)
		})
	}
	if f.Source == event.SourceWindows || f.Source == event.SourceSysmonLinux {
		j.object("winlog", func() { ecsWinlog(&j, f, r) })
	}
	j.object("entente", func() { ecsOwn(&j, f) })
	j.close('}')
	s.buf = append(j.b, '\n')
	return s.end()
}

// Close says of a hunt that did not go through all of its inputs that documents may be missing.
func (s *ecs) Close(sum *hunt.Summary) error {
	if sum != nil && sum.Incomplete != "" {
		text := incompleteText(sum)
		j := jsonText{b: append(s.buf, '{')}
		j.when("@timestamp", s.now)
		j.object("ecs", func() { j.str("version", ecsVersion) })
		j.str("message", text)
		j.list("tags", []string{"sigma"})
		j.object("event", func() {
			j.str("kind", "pipeline_error")
			j.list("type", []string{"error"})
			j.str("module", "entente")
			j.str("dataset", "entente.finding")
		})
		j.object("error", func() { j.str("message", text) })
		j.close('}')
		s.buf = append(j.b, '\n')
	}
	return s.Flush()
}

func ecsEvent(j *jsonText, f *hunt.Finding, e *entities) {
	j.str("kind", "alert")
	category := "host"
	switch {
	case e.registry.key != "":
		category = "registry"
	case e.file != "":
		category = "file"
	case e.network.src.IsValid() && e.network.dst.IsValid(), e.dnsQuery != "":
		category = "network"
	case e.http.path != "":
		category = "web"
	case e.process.known():
		category = "process"
	case f.EventID >= 4624 && f.EventID <= 4648 && strings.EqualFold(f.Channel, "Security"):
		category = "authentication"
	}
	j.list("category", []string{category})
	j.list("type", []string{"info"})
	j.str("module", "entente")
	j.str("dataset", "entente.finding")
	if f.EventID != 0 {
		j.str("code", strconv.FormatUint(uint64(f.EventID), 10))
	}
	j.some("provider", f.Provider)
	j.num("severity", int64([...]int{0, 1, 21, 47, 73, 99}[levelOf(f)]))
	j.num("risk_score", int64([...]int{0, 1, 21, 47, 73, 99}[levelOf(f)]))
	if f.Last.After(f.Time) && hasTime(f.Time) {
		j.when("start", f.Time)
		j.when("end", f.Last)
	}
	j.str("id", fingerprint(f))
	j.some("original", string(f.Event))
}

func ecsRule(j *jsonText, f *hunt.Finding) {
	m := meta(f)
	j.some("id", m.ID)
	j.some("uuid", m.ID)
	j.str("name", ruleTitle(m))
	j.some("description", strings.TrimSpace(m.Description))
	if m.Author != "" {
		j.list("author", []string{m.Author})
	}
	j.some("license", m.License)
	j.some("version", m.Modified)
	for _, ref := range m.References {
		if u, ok := webURL(ref); ok {
			j.str("reference", u)
			break
		}
	}
	j.some("category", f.LogSource.Category)
	j.some("ruleset", m.File)
}

func (s *ecs) threat(j *jsonText, f *hunt.Finding) {
	if m := meta(f); m.Indicator != nil {
		j.object("indicator", func() { ecsIndicator(j, m) })
	}
	if len(f.Techniques)+len(f.Tactics) > 0 {
		j.str("framework", "MITRE ATT&CK")
	}
	if len(f.Tactics) > 0 {
		j.object("tactic", func() {
			var ids, names, refs []string
			for _, t := range f.Tactics {
				names = append(names, tacticName(t))
				if id := tacticID(t); id != "" {
					ids = append(ids, id)
					refs = append(refs, "https://attack.mitre.org/tactics/"+id+"/")
				}
			}
			j.list("id", ids)
			j.list("name", names)
			j.list("reference", refs)
		})
	}
	if len(f.Techniques) == 0 {
		return
	}
	j.object("technique", func() {
		var ids, names, refs, subIDs, subNames, subRefs []string
		for _, t := range f.Techniques {
			parent, _, sub := strings.Cut(t.ID, ".")
			if sub {
				subIDs, subRefs = append(subIDs, t.ID), appendSome(subRefs, techniqueURL(t))
				if t.Name != "" {
					subNames = append(subNames, t.Name)
				}
				t = hunt.Technique{ID: parent, Name: s.o.techniqueName(parent)}
			}
			if !slices.Contains(ids, t.ID) {
				ids, refs = append(ids, t.ID), appendSome(refs, techniqueURL(t))
				if t.Name != "" {
					names = append(names, t.Name)
				}
			}
		}
		j.list("id", ids)
		j.list("name", names)
		j.list("reference", refs)
		if len(subIDs) > 0 {
			j.object("subtechnique", func() {
				j.list("id", subIDs)
				j.list("name", subNames)
				j.list("reference", subRefs)
			})
		}
	})
}

// appendSome appends a text that is not empty.
func appendSome(list []string, s string) []string {
	if s == "" {
		return list
	}
	return append(list, s)
}

func ecsUser(j *jsonText, e *entities) {
	if e.userName == "" {
		return
	}
	j.object("user", func() {
		j.str("name", e.userName)
		j.some("domain", e.userDom)
		j.some("id", e.userSID)
	})
}

func ecsProcess(j *jsonText, e *entities) {
	if !e.process.known() {
		return
	}
	write := func(p *processEntity) {
		if p.path != "" {
			j.str("name", baseName(p.path))
			j.str("executable", p.path)
		}
		j.some("command_line", p.command)
		j.some("working_directory", p.cwd)
		j.some("entity_id", p.guid)
		if p.pid >= 0 {
			j.num("pid", p.pid)
		}
		ecsHash(j, p.hash)
	}
	j.object("process", func() {
		write(&e.process)
		if e.parent.known() {
			j.object("parent", func() { write(&e.parent) })
		}
	})
}

func ecsHash(j *jsonText, hash map[string]string) {
	if len(hash) == 0 {
		return
	}
	j.object("hash", func() {
		for _, algo := range [...][2]string{{"MD5", "md5"}, {"SHA-1", "sha1"}, {"SHA-256", "sha256"}, {"SHA-512", "sha512"}} {
			j.some(algo[1], hash[algo[0]])
		}
	})
}

func ecsFile(j *jsonText, e *entities) {
	if e.file == "" {
		return
	}
	j.object("file", func() {
		name := baseName(e.file)
		j.str("path", e.file)
		j.some("name", name)
		j.some("directory", dirName(e.file))
		if i := strings.LastIndexByte(name, '.'); i > 0 {
			j.some("extension", strings.ToLower(name[i+1:]))
		}
		ecsHash(j, e.fileHash)
	})
}

func ecsRegistry(j *jsonText, e *entities) {
	k := e.registry
	if k.key == "" {
		return
	}
	j.object("registry", func() {
		path := k.key
		if k.value != "" {
			path += `\` + k.value
		}
		j.str("path", path)
		hive, key, _ := strings.Cut(k.key, `\`)
		for _, h := range hives {
			if strings.EqualFold(hive+`\`, h[1]) && strings.HasPrefix(h[0], "HK") {
				hive = strings.TrimSuffix(h[0], `\`)
			}
		}
		j.str("hive", hive)
		j.some("key", key)
		j.some("value", k.value)
		if k.data != "" {
			j.object("data", func() { j.list("strings", []string{k.data}) })
		}
	})
}

func ecsNetwork(j *jsonText, e *entities) {
	n := e.network
	side := func(name string, addr netip.Addr, port int, domain string) {
		if !addr.IsValid() && domain == "" {
			return
		}
		j.object(name, func() {
			if addr.IsValid() {
				j.str("ip", addr.String())
				j.str("address", addr.String())
			} else {
				j.str("address", domain)
			}
			j.some("domain", domain)
			if port >= 0 {
				j.num("port", int64(port))
			}
		})
	}
	side("source", n.src, n.srcPort, "")
	side("destination", n.dst, n.dstPort, n.dstHost)
	if n.transport != "" && (n.src.IsValid() || n.dst.IsValid()) {
		j.object("network", func() { j.str("transport", n.transport) })
	}
	if e.dnsQuery != "" {
		j.object("dns", func() { j.object("question", func() { j.str("name", e.dnsQuery) }) })
	}
}

func ecsWeb(j *jsonText, e *entities) {
	h := e.http
	if h.path == "" {
		return
	}
	j.object("url", func() {
		original := h.path
		if h.query != "" {
			original += "?" + h.query
		}
		j.str("original", original)
		j.str("path", h.path)
		j.some("query", h.query)
	})
	status, err := strconv.Atoi(h.status)
	if h.method != "" || err == nil {
		j.object("http", func() {
			if h.method != "" {
				j.object("request", func() { j.str("method", h.method) })
			}
			if err == nil {
				j.object("response", func() { j.num("status_code", int64(status)) })
			}
		})
	}
	if h.agent != "" {
		j.object("user_agent", func() { j.str("original", h.agent) })
	}
}

func ecsRelated(j *jsonText, f *hunt.Finding, e *entities) {
	var hosts, users, ips, hash []string
	add := func(list *[]string, v string) {
		if v != "" && !slices.Contains(*list, v) {
			*list = append(*list, v)
		}
	}
	add(&hosts, f.Host)
	add(&hosts, e.network.dstHost)
	add(&hosts, e.dnsQuery)
	add(&users, e.userName)
	for _, a := range [...]netip.Addr{e.network.src, e.network.dst} {
		if a.IsValid() {
			add(&ips, a.String())
		}
	}
	for _, m := range [...]map[string]string{e.process.hash, e.fileHash} {
		for _, algo := range [...]string{"MD5", "SHA-1", "SHA-256", "SHA-512"} {
			add(&hash, m[algo])
		}
	}
	if len(hosts)+len(users)+len(ips)+len(hash) == 0 {
		return
	}
	j.object("related", func() {
		j.list("hosts", hosts)
		j.list("user", users)
		j.list("ip", ips)
		j.list("hash", hash)
	})
}

// ecsWinlog keeps the record's own fields as Winlogbeat does: strings under event_data.
func ecsWinlog(j *jsonText, f *hunt.Finding, r record) {
	j.some("channel", f.Channel)
	j.some("provider_name", f.Provider)
	j.some("computer_name", f.Host)
	j.str("event_id", strconv.FormatUint(uint64(f.EventID), 10))
	if f.HasRecordID || f.RecordID != 0 {
		j.str("record_id", strconv.FormatUint(f.RecordID, 10))
	}
	seen := map[string]bool{}
	j.object("event_data", func() {
		for _, fd := range r {
			// A dot would make an object of it, and a member may not stand twice.
			name := strings.ReplaceAll(fd.name, ".", "_")
			if fd.value == "" || name == "" || seen[name] || ecsEnvelope[fd.name] {
				continue
			}
			seen[name] = true
			j.str(name, fd.value)
		}
	})
}

// ecsEnvelope are the fields of Event/System, which stand elsewhere in the document.
var ecsEnvelope = map[string]bool{
	"TimeCreated": true, "Channel": true, "Provider_Name": true, "EventID": true, "Computer": true, "EventRecordID": true,
	"Provider_Guid": true, "Provider_EventSourceName": true, "Version": true, "Level": true, "Task": true, "Opcode": true, "Keywords": true,
	"Execution_ProcessID": true, "Execution_ThreadID": true, "Security_UserID": true,
	"Correlation_ActivityID": true, "Correlation_RelatedActivityID": true, "Qualifiers": true, "EventID_Qualifiers": true,
}

func ecsOwn(j *jsonText, f *hunt.Finding) {
	j.str("level", levelOf(f).String())
	j.some("source", string(f.Source))
	j.num("count", weight(f))
	j.some("matched", matchedText(f))
	j.list("caveats", f.Caveats)
	if c := f.Correlation; c != nil {
		j.object("correlation", func() {
			j.str("type", string(c.Type))
			j.float("value", c.Value)
			j.num("total", int64(c.Total))
			j.when("first", c.First)
			j.when("last", c.Last)
		})
	}
}

// firstLabel is the short name of a host; an address stays whole.
func firstLabel(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	name, _, _ := strings.Cut(host, ".")
	return name
}
