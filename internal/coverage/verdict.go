package coverage

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"entente/internal/advisory"
	"entente/internal/event"
	"entente/internal/hunt"
)

// Verdict says whether a host was hit.
type Verdict string

// The verdicts, the worst first.
const (
	Compromised Verdict = "compromised"
	Attempted   Verdict = "attempted"
	CannotTell  Verdict = "cannot-tell"
	NotSeen     Verdict = "not-seen"
)

// Verdicts in the order in which reports show them.
var Verdicts = [...]Verdict{Compromised, Attempted, CannotTell, NotSeen}

// Host is a host and what the findings say about it.
type Host struct {
	Name string   // "" for records that name none
	Also []string // other names that mean it
	// JoinedBy says how logs that do not name it were known for its own; none where all name it.
	JoinedBy []JoinedBy
	Joined   []JoinedLog // these logs, in order of file
	File     bool        // it is a log that names no host, and is called as the file
	Verdict
	// Blind says that too little could be looked for to take silence for an answer: an attempt may have succeeded, and where
	// nothing was seen at the entrance of a pack, somebody may have come in by another.
	Blind bool
	// Packs is what each pack says, in their order.
	Packs []PackSeen
	// Sight is how much could be looked for.
	Sight
	Stages      []StageSeen // in the order of the packs
	First, Last time.Time   // of the findings that the verdict rests on; zero where they have none
	Chain       []Step      // in order of time
	Other       int64       // findings of the packs' rules that the verdict does not rest on
	Records     int64       // of its logs
	LogsFirst   time.Time
	LogsLast    time.Time
	Missing     []int // into Report.Missing: what most rules wait for, where Blind
	Gaps        []Gap // what is missing from its logs: first what was cleared, then the longest; at most maxGaps
	GapsAll     int
}

// StageSeen is a stage of an intrusion with what was found of it.
type StageSeen struct {
	advisory.Stage
	First, Last time.Time
	Findings    int64
	Level       string // the worst of the rules that fired
}

// Step is what one rule found on a host: a step of the chain.
type Step struct {
	Time, Last time.Time // of its findings
	Since      time.Time // of the first record that a correlation rests on, where that is before Time; else zero
	Stage      string    // id
	Shows      advisory.Shows
	Rule       string // id
	Title      string
	Level      string
	Findings   int64
	User       string // of the first finding, as all that follows
	Text       string // what tells most about it
	File       string
	Offset     int64
	Techniques []string // ids
}

// canonicalHost is what is known of a host under all its names.
type canonicalHost struct {
	logs    logSet
	outer   logSet // of these, what others than the machine itself may have caused
	records int64
	span    span
	steps   map[*packRule]*cell
	// families are the kinds of system that its logs are of; "" stands for logs that any may write.
	families map[string]bool
}

// family is the kind of system that writes logs of a source; "" for sources that any may write.
func family(s event.Source) string {
	switch s {
	case event.SourceWindows, event.SourceIIS, event.SourceHTTPProxy, event.SourceECP:
		return "windows"
	case event.SourceSysmonLinux, event.SourceAuditd, event.SourceSyslog, event.SourceWebAccess:
		return "unix"
	case event.SourceJSON, event.SourceCSV, event.SourceText:
		return ""
	default:
		return string(s)
	}
}

// hosts gives every host that has logs or findings its verdict.
func (m *maker) hosts(sum *hunt.Summary) {
	all := map[string]*canonicalHost{}
	host := func(name string) *canonicalHost {
		h := all[name]
		if h == nil {
			h = &canonicalHost{steps: map[*packRule]*cell{}, families: map[string]bool{}}
			all[name] = h
		}
		return h
	}
	for at, l := range m.logs.byHost {
		h := host(m.ids.canonical(at.host, at.file))
		h.logs.join(l.kinds)
		if at.host == "" || !local(at.host) {
			h.outer.join(l.kinds)
		}
		h.records += l.records
		h.span.add(l.span.first, l.span.last)
		for s := range l.sources {
			h.families[family(s)] = true
		}
	}
	for _, r := range m.c.order {
		f := m.found[r]
		if f == nil {
			continue
		}
		slices.SortFunc(f.cells, func(a, b *cell) int { return slices.CompareFunc(a.places, b.places, comparePlaces) })
		for _, x := range f.cells {
			for _, name := range m.hostsOf(x) {
				h := host(name)
				if have := h.steps[r]; have != nil {
					have.merge(x)
					continue
				}
				clone := *x
				h.steps[r] = &clone
			}
		}
	}
	times := m.logTimes(sum.LogTimes)
	cleared := map[string][]Gap{}
	for i := range sum.Logs {
		c := &sum.Logs[i]
		if log, ok := clearedIn(c); ok {
			name := m.ids.canonical(c.Host, c.File)
			cleared[name] = append(cleared[name], Gap{Log: log, Kind: Cleared, From: c.First, To: c.First})
		}
	}
	joined := m.ids.joinedLogs()
	known := map[string]*sights{} // hosts of the same logs see the same
	for _, name := range slices.Sorted(maps.Keys(all)) {
		h := all[name]
		out := Host{
			Name: name, Also: m.ids.alsoOf(name), JoinedBy: m.ids.joinedBy(name), Joined: joined[name], File: m.ids.files[name], Records: h.records, LogsFirst: h.span.first, LogsLast: h.span.last,
		}
		key := string(h.logs.bytes()) + "\x00" + string(h.outer.bytes()) + "\x00" + strings.Join(slices.Sorted(maps.Keys(h.families)), " ")
		if known[key] == nil {
			known[key] = m.sight(h)
		}
		m.judge(&out, h, known[key])
		out.Gaps = gapsOf(times[name], cleared[name])
		out.GapsAll = len(out.Gaps)
		out.Gaps = out.Gaps[:min(len(out.Gaps), maxGaps)]
		m.r.Hosts = append(m.r.Hosts, out)
	}
	slices.SortStableFunc(m.r.Hosts, func(a, b Host) int {
		return cmp.Or(
			cmp.Compare(slices.Index(Verdicts[:], a.Verdict), slices.Index(Verdicts[:], b.Verdict)),
			compareTimes(a.First, b.First), strings.Compare(a.Name, b.Name),
		)
	})
}

func (s logSet) bytes() []byte {
	var out []byte
	for _, w := range s {
		for i := range 8 {
			out = append(out, byte(w>>(8*i)))
		}
	}
	return out
}

// compareTimes orders times, with none at the end.
func compareTimes(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}

// merge adds what the same rule found under another name of the host.
func (x *cell) merge(o *cell) {
	if !o.span.first.IsZero() && (x.span.first.IsZero() || o.span.first.Before(x.span.first)) {
		x.user, x.text, x.where, x.offset, x.techniques = o.user, o.text, o.where, o.offset, o.techniques
	}
	if !o.since.IsZero() && (x.since.IsZero() || o.since.Before(x.since)) {
		x.since = o.since
	}
	x.count += o.count
	x.span.add(o.span.first, o.span.last)
}

// counts says that a verdict may rest on findings of a rule. A rule of level high or critical that has no stage is one:
// its author did not say what it proves, but that there is no harmless explanation.
func (m *maker) counts(r *packRule) bool {
	if r.stage < 0 {
		return rank(r.meta.Level) >= rankHigh
	}
	return rank(r.meta.Level) >= rankMedium
}

// proof is what findings of one pack prove.
type proof struct {
	sure, attempt bool
	high          map[int]bool // stages that show a compromise and are not decisive, found at high
	act           *cell        // of high: where all findings are of one record, the first of them
}

// add takes findings of a rule on which a verdict may rest.
func (p *proof) add(m *maker, r *packRule, x *cell) {
	if r.stage < 0 || m.c.stages[r.stage].Shows != advisory.Compromise {
		p.attempt = true
		return
	}
	switch strengthOf(&m.c.stages[r.stage].Stage, r.meta.Level) {
	case Proof:
		p.sure = true
	case Sign:
		p.attempt = true
		if rank(r.meta.Level) < rankHigh {
			return
		}
		if p.high == nil {
			p.high, p.act = map[int]bool{}, x
		} else if p.act != nil && !p.act.sameRecord(x) {
			p.act = nil
		}
		p.high[r.stage] = true
	}
}

// sameRecord says that both are one finding each, of the same record: whatever rules make of it, it is one act.
func (x *cell) sameRecord(o *cell) bool {
	return x.count == 1 && o.count == 1 && x.where == o.where && x.offset == o.offset
}

// verdict is what is proven; where that is nothing, silent says whether silence is an answer.
func (p *proof) verdict(silent bool) Verdict {
	switch {
	case p.sure || len(p.high) > 1 && p.act == nil:
		return Compromised
	case p.attempt:
		return Attempted
	case silent:
		return NotSeen
	}
	return CannotTell
}

// judge gives the verdicts and what they rest on. docs/formats/coverage.md states the rules.
func (m *maker) judge(out *Host, h *canonicalHost, s *sights) {
	seen := map[int]*StageSeen{}
	var when span
	packs := make([]proof, len(m.c.packs))
	for _, r := range m.c.order {
		x := h.steps[r]
		if x == nil {
			continue
		}
		if !m.counts(r) {
			out.Other += x.count // too weak to begin an intrusion with, or to end one
			continue
		}
		for i, p := range m.c.packs {
			if slices.Contains(r.packs, p) {
				packs[i].add(m, r, x)
			}
		}
		step := Step{
			Time: x.span.first, Last: x.span.last, Rule: r.meta.ID, Title: r.meta.Title, Level: r.meta.Level,
			Findings: x.count, User: x.user, Text: x.text, File: x.where, Offset: x.offset,
		}
		if x.since.Before(step.Time) {
			step.Since = x.since
		}
		for _, t := range x.techniques {
			step.Techniques = append(step.Techniques, t.ID)
		}
		when.add(x.begin(), x.span.last)
		if r.stage >= 0 {
			st := &m.c.stages[r.stage]
			step.Stage, step.Shows = st.ID, st.Shows
			ss := seen[r.stage]
			if ss == nil {
				ss = &StageSeen{Stage: st.Stage}
				seen[r.stage] = ss
			}
			ss.Findings += x.count
			if rank(r.meta.Level) > rank(ss.Level) {
				ss.Level = r.meta.Level
			}
			sp := span{ss.First, ss.Last}
			sp.add(x.begin(), x.span.last)
			ss.First, ss.Last = sp.first, sp.last
		}
		out.Chain = append(out.Chain, step)
	}
	for _, i := range slices.Sorted(maps.Keys(seen)) {
		out.Stages = append(out.Stages, *seen[i])
	}
	slices.SortStableFunc(out.Chain, func(a, b Step) int {
		return cmp.Or(compareTimes(a.Time, b.Time), m.stageOrder(a.Stage)-m.stageOrder(b.Stage))
	})
	out.First, out.Last = when.first, when.last
	complete := m.r.Incomplete == ""
	// Packs tell of the same acts by stages of their own, so that one act would be two stages of all together.
	var none proof
	out.Verdict = none.verdict(complete && (s.enough() || slices.ContainsFunc(s.packs, func(p PackSeen) bool { return p.Entrance != "" })))
	for i := range packs {
		if v := packs[i].verdict(false); v == Compromised || v == Attempted && out.Verdict != Compromised {
			out.Verdict = v
		}
	}
	out.Sight, out.Blind = s.Sight, !s.enough() && out.Verdict != Compromised
	out.Packs = slices.Clone(s.packs)
	for i := range out.Packs {
		p := &out.Packs[i]
		p.Verdict = packs[i].verdict(complete && (p.enough() || p.Entrance != ""))
	}
	if out.Blind {
		out.Missing = slices.Clone(s.missing)
	}
}

func (m *maker) stageOrder(id string) int {
	return slices.IndexFunc(m.c.stages, func(s stage) bool { return s.ID == id })
}
