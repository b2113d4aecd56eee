package coverage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"entente/internal/event"
	"entente/internal/hunt"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// logSet is a set of kinds of records, as bits by number.
type logSet []uint64

func (s logSet) has(i int) bool { return i/64 < len(s) && s[i/64]&(1<<(i%64)) != 0 }

func (s *logSet) add(i int) {
	for len(*s) <= i/64 {
		*s = append(*s, 0)
	}
	(*s)[i/64] |= 1 << (i % 64)
}

func (s logSet) meets(o logSet) bool {
	for i := range min(len(s), len(o)) {
		if s[i]&o[i] != 0 {
			return true
		}
	}
	return false
}

func (s *logSet) join(o logSet) {
	for len(*s) < len(o) {
		*s = append(*s, 0)
	}
	for i, w := range o {
		(*s)[i] |= w
	}
}

// kind is what records have in common that have the same header and are selected by the same bindings.
type kind struct {
	head
	bindings map[string]bool
}

// logs are the kinds of records that a hunt met, and which of them each host gave.
type logs struct {
	kinds    []kind
	under    map[string][]int // by name of a binding: the kinds that it selects
	byHost   map[Place]*hostLogs
	table    *taxonomy.Table
	families map[string]string // by name of a binding, see logs.family
	enable   map[string]string // by name of a binding: how it is turned on
	lacks    map[*sigma.Rule]Log
}

// hostLogs is what one name of a host gave.
type hostLogs struct {
	kinds   logSet
	records int64
	span    span
	sources map[event.Source]bool
	mail    bool // it wrote logs that only an Exchange server writes
	// controller says that it wrote some that only a domain controller writes.
	controller bool
}

func newLogs(sum *hunt.Summary, table *taxonomy.Table) *logs {
	l := &logs{under: map[string][]int{}, byHost: map[Place]*hostLogs{}, table: table, families: map[string]string{}, enable: map[string]string{}, lacks: map[*sigma.Rule]Log{}}
	for _, b := range table.Bindings() {
		l.enable[b.Name] = b.Enable
		if len(b.Match.Sources) > 0 {
			l.families[b.Name] = family(b.Match.Sources[0])
		}
	}
	numbers := map[string]int{}
	for i := range sum.Logs {
		c := &sum.Logs[i]
		key := fmt.Sprintf("%s\x00%s\x00%s\x00%d\x00%s\x01%s", c.Source, c.Channel, c.Provider, c.EventID, strings.Join(c.Kinds, "\x00"), strings.Join(c.Void, "\x00"))
		n, ok := numbers[key]
		if !ok {
			n = len(l.kinds)
			numbers[key] = n
			k := kind{head: head{source: c.Source, channel: c.Channel, provider: c.Provider, eventID: c.EventID, void: c.Void}, bindings: map[string]bool{}}
			for _, b := range c.Kinds {
				if !k.bindings[b] {
					k.bindings[b] = true
					l.under[b] = append(l.under[b], n)
				}
			}
			l.kinds = append(l.kinds, k)
		}
		at := Place{c.Host, c.File}
		h := l.byHost[at]
		if h == nil {
			h = &hostLogs{sources: map[event.Source]bool{}}
			l.byHost[at] = h
		}
		h.kinds.add(n)
		h.records += c.Records
		h.sources[c.Source] = true
		h.span.add(c.First, c.Last)
		h.mail = h.mail || mailServer(&l.kinds[n].head)
		h.controller = h.controller || controller(&l.kinds[n].head)
	}
	return l
}

// family is the kind of system that writes a kind of log, by the name of its binding; "" where it is not known.
func (l *logs) family(name string) string {
	return l.families[name]
}

// serving finds the kinds of records that let a rule look: those for which it may be true, and those that prove that the
// log it reads was on, where events that did not happen leave no trace.
func (l *logs) serving(r *sigma.Rule) logSet {
	var out logSet
	for _, b := range l.table.For(r.LogSource) {
		ids := wantedIDs(b, r)
		for _, i := range l.under[b.Name] {
			k := &l.kinds[i]
			if out.has(i) {
				continue
			}
			if k.canBeTrue(b, r) || len(ids) > 0 && k.proves(b, r, ids) {
				out.add(i)
			}
		}
	}
	return out
}

// Channels whose events are there only where somebody asked for them.
const (
	channelSecurity   = "Security"
	channelSysmon     = "Microsoft-Windows-Sysmon/Operational"
	channelPowerShell = "Microsoft-Windows-PowerShell/Operational"
)

// proves says that a record of this kind shows that the log would hold the events that a rule asks for, had they
// happened. Of the Security log that is so where Windows writes the events by default, or where others are there that
// the same part of the audit policy turns on; of Sysmon and PowerShell never; of other channels always.
func (k *kind) proves(b *taxonomy.Binding, r *sigma.Rule, ids []uint32) bool {
	unknown := head{source: k.source, channel: k.channel, anyID: true}
	if !unknown.canBeTrue(b, r) {
		return false
	}
	switch {
	case len(k.void) > 0 && slices.Contains(ids, k.eventID):
		return false // the very events, without what the rule reads in them
	case strings.EqualFold(k.channel, channelSysmon), strings.EqualFold(k.channel, channelPowerShell):
		return false
	case !strings.EqualFold(k.channel, channelSecurity):
		return true
	}
	own := auditOf(k.eventID)
	return slices.ContainsFunc(ids, func(id uint32) bool {
		a := auditOf(id)
		return a != nil && (a.byDefault || a == own)
	})
}

// traitsOf says what the logs of one name of a host tell of the machine.
func (l *logs) traitsOf(h *hostLogs) traits {
	t := traits{mail: h.mail, controller: h.controller}
	for s := range h.sources {
		t.windows = t.windows || family(s) == "windows"
		t.web = t.web || s == event.SourceIIS
		t.tenant = t.tenant || s == event.SourceEntra
	}
	return t
}

// unnamed says what the records of a file that name no host tell of the machine: tables, too, may be logs of IIS and
// Exchange.
func (l *logs) unnamed(file string, h *hostLogs) traits {
	t := l.traitsOf(h)
	for i := range l.kinds {
		if !h.kinds.has(i) {
			continue
		}
		for b := range l.kinds[i].bindings {
			switch b {
			case "web/iis/table":
				t.windows, t.web = true, true
			case "exchange/httpproxy/table", "exchange/ecp/table":
				t.windows, t.mail = true, true
			case "exchange/oab-generator": // it may look like any text
				if strings.Contains(event.FoldString(file), "oabgenerator") {
					t.windows, t.mail = true, true
				}
			}
		}
	}
	return t
}

// mailServer says that only a mail server writes such records.
func mailServer(h *head) bool {
	return h.source == event.SourceHTTPProxy || h.source == event.SourceECP || strings.EqualFold(h.channel, "MSExchange Management")
}

// controller says that only a domain controller writes such records.
func controller(h *head) bool {
	if strings.EqualFold(h.channel, "Directory Service") {
		return true
	}
	return strings.EqualFold(h.channel, channelSecurity) && slices.Contains([]uint32{4768, 4769, 4770, 4771}, h.eventID)
}

// Log is a log, or one of several, that would have let rules look.
type Log struct {
	// Name is what people call it: "Sysmon 1 or Security 4688".
	Name string
	// Kinds names the bindings, see taxonomy.Table; any one of them will do.
	Kinds []string
	// Enable says how to turn each of them on, in the order of Kinds; commands stand in `backquotes`.
	Enable []string
	// Rules is how many rules could not look for want of it.
	Rules int
	// TTPs is how many TTPs could not be looked for, and Helps how many were looked for by some of their detections only.
	TTPs, Helps int
	// Elsewhere says that some hosts only were asked for, and that systems such as these do not write it.
	Elsewhere bool
}

// missing describes the logs of which any would let a rule look. Rules that read the same logs get the same name; those that
// read nothing but excerpts of logs get none.
func (l *logs) missing(r *sigma.Rule) Log {
	out, ok := l.lacks[r]
	if ok {
		return out
	}
	var bindings []*taxonomy.Binding
	for _, b := range l.table.For(r.LogSource) {
		bindings = append(bindings, byChannel(l.table, b, r)...)
	}
	excerpts := false
	for _, b := range bindings {
		if strings.HasPrefix(b.Name, "exchange/lines") {
			excerpts = true // nobody can turn them on
			continue
		}
		if agents(b) {
			continue
		}
		ids := wantedIDs(b, r)
		probe := headOf(b)
		if !probe.canBeTrue(b, r) {
			continue // closed, and without a field that the rule cannot do without
		}
		if len(out.Kinds) > 0 && family(probe.source) == "" {
			continue // the same log in another shape
		}
		names, how := describe(b, ids, l.enable)
		for i, n := range names {
			if !slices.Contains(out.Kinds, n.kind) || !slices.Contains(out.Enable, how[i]) {
				out.Kinds = append(out.Kinds, n.kind)
				out.Enable = append(out.Enable, how[i])
				out.Name += " or " + n.name
			}
		}
		if len(out.Kinds) >= maxAlternatives {
			break
		}
	}
	out.Name = strings.TrimPrefix(out.Name, " or ")
	if out.Name == "" && !excerpts {
		out.Name = taxonomy.Describe(r.LogSource)
		out.Enable = []string{cmp.Or(l.table.Unserved(r.LogSource), "No log that is read here can show it.")}
		out.Kinds = []string{out.Name}
	}
	l.lacks[r] = out
	return out
}

// headOf is what is known of any record of a kind of log.
func headOf(b *taxonomy.Binding) *head {
	h := &head{anyID: true}
	if len(b.Match.Sources) > 0 {
		h.source = b.Match.Sources[0]
	}
	if len(b.Match.Channels) > 0 {
		h.channel = b.Match.Channels[0]
	}
	return h
}

// maxAlternatives bounds the logs that are named where any would do: a rule for web servers runs on a dozen.
const maxAlternatives = 3

type logName struct{ kind, name string }

// describe names a kind of log, and says how to turn it on. Where rules ask for events of the Security log that different
// parts of the audit policy write, each part is named. enable is how bindings are turned on, by name: what holds for one
// holds for those below it.
func describe(b *taxonomy.Binding, ids []uint32, enable map[string]string) (names []logName, how []string) {
	if len(b.Match.EventIDs) > 0 && len(ids) == 0 {
		ids = b.Match.EventIDs
	}
	security := len(b.Match.Channels) == 1 && strings.EqualFold(b.Match.Channels[0], channelSecurity)
	if security && len(b.Match.EventIDs) == 0 && len(ids) > 0 {
		var parts []*subcategory
		events := map[*subcategory][]uint32{}
		for _, id := range ids {
			a := auditOf(id)
			if a == nil {
				a = &subcategory{byDefault: true}
			}
			if !slices.Contains(parts, a) {
				parts = append(parts, a)
			}
			events[a] = append(events[a], id)
		}
		for _, a := range parts {
			text := "Windows writes these events by default: collect the Security log."
			if !a.byDefault {
				text = a.command()
			}
			names = append(names, logName{b.Name, "Security " + numbers(events[a])})
			how = append(how, text)
		}
		return names, how
	}
	text := b.Enable
	for _, parent := range parents(b.Name) {
		if text == "" {
			text = enable[parent]
		}
	}
	switch windows := slices.Contains(b.Match.Sources, event.SourceWindows); {
	case strings.HasPrefix(text, "Sysmon configuration"):
		text = strings.TrimSuffix(text, ".") + ": `" + map[bool]string{true: "sysmon64", false: "sysmon"}[windows] + " -c CONFIG.xml` loads it."
	case text != "":
	case windows && len(b.Match.Channels) > 0:
		text = collect(b.Match.Channels[0])
	default:
		text = "Collect it."
	}
	return []logName{{b.Name, kindName(b, ids)}}, []string{text}
}

// parents are the names of the bindings above one: of zeek/dns it is zeek.
func parents(name string) []string {
	var out []string
	for i := strings.LastIndexByte(name, '/'); i > 0; i = strings.LastIndexByte(name, '/') {
		name = name[:i]
		out = append(out, name)
	}
	return out
}

func numbers(ids []uint32) string {
	const most = 4
	var parts []string
	for i, id := range ids {
		if i == most {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, fmt.Sprint(id))
	}
	return strings.Join(parts, ", ")
}
