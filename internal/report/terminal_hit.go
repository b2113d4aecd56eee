package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"entente/internal/advisory"
	"entente/internal/coverage"
)

// Signs and styles of verdicts: the sign tells them apart without colour.
var verdictSigns = map[coverage.Verdict]struct{ sign, style string }{
	coverage.Compromised: {"■", "1;38;5;197"},
	coverage.Attempted:   {"▲", "1;38;5;208"},
	coverage.CannotTell:  {"?", "1;38;5;178"},
	coverage.NotSeen:     {"○", "38;5;37"},
}

// Signs and styles of states.
var stateSigns = map[coverage.State]struct{ sign, style string }{
	coverage.Found:    {"■", "1;38;5;197"},
	coverage.NotFound: {"○", "38;5;37"},
	coverage.Blind:    {"?", "38;5;178"},
	coverage.NoLog:    {"–", "2"},
}

// Room on the one screen that answers the question.
const (
	hitChains  = 3 // hosts whose chain is drawn out
	hitSteps   = 9 // stages of a chain
	hitHosts   = 8 // hosts listed of each verdict
	hitMissing = 5 // logs to turn on
	hitNoLog   = 2 // TTPs that no log can show
)

// hit answers: were we hit?
func (t *terminal) hit(r *coverage.Report) {
	t.answer(r)
	long := verdictCount(r, coverage.Compromised)+verdictCount(r, coverage.Attempted) <= hitChains
	for _, v := range coverage.Verdicts {
		t.verdictHosts(r, v, long)
	}
	t.coverage(r)
	t.noLog(r)
	t.turnOn(r)
}

// answer says it in one sentence.
func (t *terminal) answer(r *coverage.Report) {
	n := map[coverage.Verdict]int{}
	for i := range r.Hosts {
		n[r.Hosts[i].Verdict]++
	}
	signs := signCount(r)
	n[coverage.Attempted] -= signs
	all := plural(int64(len(r.Hosts)), "host")
	var style, text, more string
	if n[coverage.Attempted] > 0 {
		more = "; " + thousands(int64(n[coverage.Attempted])) + " more attacked, " + successText(r, true)
	}
	switch {
	case n[coverage.Compromised] > 0:
		style = verdictSigns[coverage.Compromised].style
		text = "Yes. " + countOf(n[coverage.Compromised], all) + " " + isAre(n[coverage.Compromised]) + " compromised"
		if signs > 0 {
			text += "; " + thousands(int64(signs)) + " more could be"
		}
		text += more
	case signs > 0:
		style = verdictSigns[coverage.Attempted].style
		text = "Perhaps. " + countOf(signs, all) + " could be compromised, and no finding is enough to say so" + more
	case n[coverage.Attempted] > 0:
		style = verdictSigns[coverage.Attempted].style
		text = "Attacked, " + successText(r, false) + ": " + countOf(n[coverage.Attempted], all)
	case len(r.Hosts) == 0:
		style, text = "", "No log of any host was read"
		if t.sum.Events > 0 {
			text = "No record is of the time and host that were asked for"
		}
	case n[coverage.NotSeen] == 0:
		style = verdictSigns[coverage.CannotTell].style
		text = "Cannot tell: these logs show too little of all " + all
		if len(r.Hosts) == 1 {
			text = "Cannot tell: these logs show too little of the only host"
		}
	default:
		style = verdictSigns[coverage.NotSeen].style
		text = "Not seen in what could be looked at"
		if n[coverage.CannotTell] == 0 && sameSight(r.Hosts) {
			text += ": " + r.Hosts[0].SightText()
		}
		if entranceOnly(r) {
			text = entranceText
		}
		if n[coverage.CannotTell] > 0 {
			text += ". For " + countOf(n[coverage.CannotTell], all) + " these logs show too little to tell"
		}
	}
	if text += "."; width(text)+14 <= t.inner() {
		t.line(t.paint(styleBold, "Were we hit?"), "  ", t.paint(style, text))
	} else {
		t.line(t.paint(styleBold, "Were we hit?"))
		t.paragraph(style, text)
	}
	t.paragraph(styleDim, t.searched()+" "+t.packNames(r))
}

// entranceText answers where no host shows more than the log through which such intruders come in.
const entranceText = "Not seen at the entrance. What happened behind it these logs do not show"

// successText says how far the attempts came on hosts that were attacked and show no sign of a compromise.
func successText(r *coverage.Report, brief bool) string {
	switch stage := reached(r); {
	case stage == "":
		return "and nothing shows that it succeeded"
	case brief:
		return "as far as “" + visible(stage) + "”"
	default:
		return "as far as “" + visible(stage) + "”; nothing shows that it went further"
	}
}

// reached is the title of the last stage of an attempt that was found on such hosts; of several packs that of which more of
// the stages of an attempt have passed, and then of the one that tells more of them apart.
func reached(r *coverage.Report) (title string) {
	found := map[string]bool{}
	for i := range r.Hosts {
		if h := &r.Hosts[i]; h.Verdict == coverage.Attempted && !h.OnlySign() {
			for k := range h.Stages {
				found[h.Stages[k].ID] = true
			}
		}
	}
	at, of := 0, 1
	for i := range r.Packs {
		m := &r.Packs[i].Manifest
		last, name, all := 0, "", 0
		for _, s := range m.Stages {
			if s.Shows != advisory.Attempt {
				continue
			}
			if all++; found[s.ID] {
				last, name = all, s.Title
			}
		}
		if d := last*of - at*all; name != "" && (d > 0 || d == 0 && all > of) {
			at, of, title = last, all, name
		}
	}
	return title
}

// sameSight says that as much could be looked for on each host.
func sameSight(hosts []coverage.Host) bool {
	return hosts[0].Of > 0 && !slices.ContainsFunc(hosts, func(h coverage.Host) bool { return h.Sight != hosts[0].Sight })
}

// entranceOnly says that of no host more than the entrance could be looked at.
func entranceOnly(r *coverage.Report) bool {
	for i := range r.Hosts {
		if h := &r.Hosts[i]; h.Verdict == coverage.NotSeen && !h.Blind {
			return false
		}
	}
	return true
}

func (t *terminal) packNames(r *coverage.Report) string {
	var names []string
	for i := range r.Packs {
		m := &r.Packs[i].Manifest
		names = append(names, visible(m.ID)+" "+visible(m.Version))
	}
	if len(names) == 1 {
		return "Pack: " + names[0] + "."
	}
	return "Packs: " + strings.Join(names, ", ") + "."
}

func countOf(n int, all string) string { return thousands(int64(n)) + " of " + all }

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// verdictHosts lists the hosts of one verdict.
func (t *terminal) verdictHosts(r *coverage.Report, v coverage.Verdict, long bool) {
	var list []*coverage.Host
	for i := range r.Hosts {
		if r.Hosts[i].Verdict == v {
			list = append(list, &r.Hosts[i])
		}
	}
	if len(list) == 0 {
		return
	}
	t.blank()
	sign := verdictSigns[v]
	head := t.paint(sign.style, left(sign.sign+" "+strings.ToUpper(verdictWords(v)), 15))
	if v == coverage.NotSeen || v == coverage.CannotTell || v == coverage.Attempted && !long && len(list) > hitChains {
		looked := ""
		if v == coverage.NotSeen {
			looked = lookedAt(list)
		}
		names := nameList(list, t.inner()-16-width(looked)-2)
		t.line(head, " ", left(names, t.inner()-16-width(looked)), t.paint(styleDim, looked))
		if v == coverage.CannotTell {
			t.cannotTell(r, list)
		}
		if v == coverage.NotSeen {
			t.entranceOnly(r, list)
			t.gaps(list)
		}
		return
	}
	for i, h := range list {
		if i == hitHosts {
			t.line(strings.Repeat(" ", 16), t.paint(styleDim, "and "+thousands(int64(len(list)-i))+" more; -o report.html lists them"))
			break
		}
		if i > 0 {
			if long {
				t.blank()
			}
			head = strings.Repeat(" ", 15)
			if long {
				head = t.paint(sign.style, left(sign.sign+" "+strings.ToUpper(verdictWords(v)), 15))
			}
		}
		when := "time not known"
		if hasTime(h.First) {
			when = spanText(h.First, h.Last)
			if t.inner() < 76 {
				when = h.First.UTC().Format("2 Jan 2006 15:04")
			}
		}
		name := clipMiddle(hostLabel(h), max(12, t.inner()-16-width(when)-2))
		fill := strings.Repeat(" ", max(2, t.inner()-16-width(name)-width(when)))
		t.line(head, " ", t.paint(styleBold, name), fill, t.paint(styleDim, when))
		if long {
			t.chain(h)
		} else {
			t.line(strings.Repeat(" ", 16), t.paint(styleDim, clip(stageList(h), t.inner()-16)))
		}
		if sign := h.SignText(); sign != "" && (long || i == 0) {
			t.note(verdictSigns[coverage.CannotTell].style, visible(sign)+".")
		}
		if h.Blind && i == 0 {
			t.line(strings.Repeat(" ", 16), t.paint(verdictSigns[coverage.CannotTell].style, "? "), clip("whether it succeeded: "+sightText(h), t.inner()-18))
		}
	}
}

// note writes a text below a host, on as many lines as it takes.
func (t *terminal) note(style, text string) {
	room, margin := t.inner()-18, t.paint(style, "? ")
	for text != "" {
		head := fitting(text, room)
		t.line(strings.Repeat(" ", 16), margin, head)
		text, margin = strings.TrimLeft(text[len(head):], " "), "  "
	}
}

// lookedAt says how much could be looked for on hosts on which nothing was found: no more is known to be clean.
func lookedAt(list []*coverage.Host) string {
	share := func(a, b *coverage.Host) int { return cmp.Compare(a.Looked*b.Of, b.Looked*a.Of) }
	least, most := slices.MinFunc(list, share), slices.MaxFunc(list, share)
	switch {
	case least.Of == 0:
		return ""
	case least.Sight != most.Sight:
		return fmt.Sprintf("looked for %d of %d to %s", least.Looked, least.Of, most.SightText())
	case len(list) > 1:
		return "looked for " + least.SightText() + " on each"
	}
	return "looked for " + least.SightText()
}

// entranceOnly says of which hosts nothing but the entrance could be looked at.
func (t *terminal) entranceOnly(r *coverage.Report, list []*coverage.Host) {
	var only []*coverage.Host
	for _, h := range list {
		if h.Blind {
			only = append(only, h)
		}
	}
	if len(only) == 0 {
		return
	}
	text := "looked at the entrance only"
	if len(only) < len(list) {
		text = nameList(only, 40) + ": " + text
	}
	var packs, names []string
	for _, p := range only[0].Packs {
		if p.Entrance != "" {
			packs = append(packs, visible(p.ID))
		}
	}
	for _, n := range only[0].Missing {
		names = append(names, visible(r.Missing[n].Name))
	}
	text += " (" + strings.Join(packs, ", ") + ")"
	if len(names) > 0 {
		text += "; the rest takes " + strings.Join(names, "; ")
	}
	t.line(strings.Repeat(" ", 16), t.paint(verdictSigns[coverage.CannotTell].style, "? "), t.paint(styleDim, clip(text, t.inner()-18)))
}

// hostLabel is a host's name for people.
func hostLabel(h *coverage.Host) string {
	if h.Name == "" {
		return "(logs that name no host)"
	}
	if h.File {
		return visible(h.Name) + " (names no host)"
	}
	return visible(h.Name)
}

func nameList(list []*coverage.Host, w int) string {
	text := ""
	for i, h := range list {
		next := clipMiddle(hostLabel(h), 40)
		if text != "" {
			next = text + ", " + next
		}
		rest := ""
		if n := len(list) - i - 1; n > 0 {
			rest = " and " + thousands(int64(n)) + " more"
		}
		if text != "" && width(next)+width(rest) > w {
			return text + " and " + thousands(int64(len(list)-i)) + " more"
		}
		text = next
	}
	return clip(text, w)
}

// gaps warns of what is missing from the logs of hosts in which nothing was found.
func (t *terminal) gaps(list []*coverage.Host) {
	const most = 3
	shown, more := 0, 0
	for _, h := range list {
		if len(h.Gaps) == 0 {
			continue
		}
		if shown++; shown > most {
			more++
			continue
		}
		text := gapText(&h.Gaps[0])
		if len(list) > 1 {
			text = clipMiddle(hostLabel(h), 30) + ": " + text
		}
		if n := h.GapsAll - 1; n > 0 {
			text += ", and " + thousands(int64(n)) + " more"
		}
		t.line(strings.Repeat(" ", 16), t.paint(verdictSigns[coverage.CannotTell].style, "! "), clip(text, t.inner()-18))
	}
	if more > 0 {
		t.line(strings.Repeat(" ", 16), t.paint(styleDim, "! "+plural(int64(more), "more host")+" with gaps in the logs; -o report.html lists them"))
	}
}

// gapText says what is missing.
func gapText(g *coverage.Gap) string {
	name := visible(g.Log)
	switch g.Kind {
	case coverage.Cleared:
		return name + " was cleared at " + g.From.UTC().Format("2 Jan 2006 15:04") + " UTC"
	case coverage.Late:
		return name + " begins " + durationText(g.To.Sub(g.From).Round(time.Hour)) + " later than other logs of the host, at " + g.To.UTC().Format("2 Jan 2006 15:04") + " UTC"
	case coverage.Early:
		return name + " ends " + durationText(g.To.Sub(g.From).Round(time.Hour)) + " before other logs of the host, at " + g.From.UTC().Format("2 Jan 2006 15:04") + " UTC"
	case coverage.Silent:
	}
	return name + " says nothing from " + spanText(g.From, g.To)
}

// sightText is how much could be looked for on a host, where that was too little.
func sightText(h *coverage.Host) string {
	if h.Proof == 0 {
		return "no log of this host could show it"
	}
	return "only " + thousands(int64(h.Looked)) + " of " + plural(int64(h.Of), "TTP") + " could be looked for"
}

// cannotTell says why, and which logs would have told.
func (t *terminal) cannotTell(r *coverage.Report, list []*coverage.Host) {
	var names []string
	for _, h := range list {
		for _, n := range h.Missing {
			if name := visible(r.Missing[n].Name); !slices.Contains(names, name) && len(names) < 3 {
				names = append(names, name)
			}
		}
	}
	why := "these logs show too little"
	switch some := slices.ContainsFunc(list, func(h *coverage.Host) bool { return h.Proof > 0 }); {
	case !some:
		why = "no log here could show a compromise"
	case len(list) == 1:
		why = sightText(list[0])
	}
	if len(names) > 0 {
		why += "; it takes " + strings.Join(names, "; ")
	}
	t.line(strings.Repeat(" ", 16), t.paint(styleDim, clip(why, t.inner()-16)))
	var weak int64
	for _, h := range list {
		weak += h.Other
	}
	if weak > 0 {
		t.line(strings.Repeat(" ", 16), t.paint(styleDim, clip(weakText(weak), t.inner()-16)))
	}
}

// weakText says that findings on which no verdict rests are none.
func weakText(n int64) string {
	if n == 1 {
		return "the 1 finding there is too weak to prove anything: it may well be harmless"
	}
	return "the " + thousands(n) + " findings there are too weak to prove anything: they may well be harmless"
}

// stageList is a chain in one line: the stages in order of time.
func stageList(h *coverage.Host) string {
	var titles []string
	for _, s := range stagesOf(h) {
		titles = append(titles, visible(s.Title))
	}
	return strings.Join(titles, " → ")
}

// stage is what packs show of a host under one title: two of them may call stages the same.
type stage struct {
	coverage.StageSeen
	ids []string
}

// stagesOf are the stages of a host in order of when they were first seen, each title once.
func stagesOf(h *coverage.Host) []stage {
	var out []stage
	if rest := unstaged(h); rest.Findings > 0 {
		out = append(out, stage{rest, []string{""}})
	}
	for _, s := range h.Stages {
		i := slices.IndexFunc(out, func(o stage) bool { return o.Title == s.Title && o.Shows == s.Shows })
		if i < 0 {
			out = append(out, stage{s, []string{s.ID}})
			continue
		}
		o := &out[i]
		o.ids = append(o.ids, s.ID)
		o.Findings += s.Findings
		if timeOrder(s.First, o.First) < 0 {
			o.First = s.First
		}
		if s.Last.After(o.Last) {
			o.Last = s.Last
		}
		if parseLevel(s.Level) > parseLevel(o.Level) {
			o.Level = s.Level
		}
	}
	slices.SortStableFunc(out, func(a, b stage) int { return timeOrder(a.First, b.First) })
	return out
}

// unstaged is what the verdict rests on besides the stages.
func unstaged(h *coverage.Host) coverage.StageSeen {
	s := coverage.StageSeen{Stage: advisory.Stage{Title: noStage, Shows: advisory.Attempt}}
	for i := range h.Chain {
		st := &h.Chain[i]
		if st.Stage != "" {
			continue
		}
		begin := st.Time
		if hasTime(st.Since) {
			begin = st.Since
		}
		if s.Findings == 0 || timeOrder(begin, s.First) < 0 {
			s.First = begin
		}
		if st.Last.After(s.Last) {
			s.Last = st.Last
		}
		if parseLevel(st.Level) > parseLevel(s.Level) {
			s.Level = st.Level
		}
		s.Findings += st.Findings
	}
	return s
}

// noStage is what findings of no stage are called.
const noStage = "Of no stage"

// chain draws the stages of a host in order of time, each with the rule that says most.
func (t *terminal) chain(h *coverage.Host) {
	stages := stagesOf(h)
	layout := "15:04"
	if hasTime(h.First) && hasTime(h.Last) && h.First.UTC().Format(time.DateOnly) != h.Last.UTC().Format(time.DateOnly) {
		layout = "2 Jan 15:04"
	}
	titleW := 0
	for _, s := range stages {
		titleW = max(titleW, width(visible(s.Title)))
	}
	titleW = min(titleW, max(26, t.inner()/3), (t.inner()-16-len(layout)-3)/2)
	for i, s := range stages {
		if i == hitSteps {
			t.line(strings.Repeat(" ", 16), t.paint(styleDim, fmt.Sprintf("and %d more stages", len(stages)-i)))
			break
		}
		when := strings.Repeat(" ", len(layout))
		if hasTime(s.First) {
			when = right(s.First.UTC().Format(layout), len(layout))
		}
		link := "├ "
		if i == len(stages)-1 || i == hitSteps-1 {
			link = "└ "
		}
		if len(stages) == 1 {
			link = "─ "
		}
		rule, others := mostTelling(h, s.ids)
		text := ""
		if rule != nil {
			text = visible(rule.Title)
		}
		room := t.inner() - 16 - len(layout) - 1 - 2 - titleW - 2 - 1
		more := howMany(s.Findings, others, true)
		if room-width(more) < min(width(text), 40) {
			more = howMany(s.Findings, others, false)
		}
		room -= width(more)
		t.line(
			strings.Repeat(" ", 16), t.paint(styleDim, when), " ", t.paint(styleDim, link), t.paint(levelStyles[parseLevel(s.Level)], left(visible(s.Title), titleW)),
			"  ", clip(text, max(1, room)), " ", t.paint(styleDim, more),
		)
	}
}

// mostTelling is the step of a stage that says most: the worst, the earliest among equals; and how many others there are.
func mostTelling(h *coverage.Host, stages []string) (best *coverage.Step, others int) {
	for i := range h.Chain {
		s := &h.Chain[i]
		if !slices.Contains(stages, s.Stage) {
			continue
		}
		if best != nil {
			others++
		}
		if best == nil || parseLevel(s.Level) > parseLevel(best.Level) {
			best = s
		}
	}
	return best, others
}

// howMany says how many findings there are, and by how many rules besides the one that is named.
func howMany(findings int64, others int, long bool) string {
	var parts []string
	if findings > 1 {
		times := "×" + thousands(findings)
		if long {
			times = thousands(findings) + " times"
		}
		parts = append(parts, times)
	}
	if others > 0 {
		rules := "+" + plural(int64(others), "rule")
		if long {
			rules = "and " + thousands(int64(others)) + " more " + strings.TrimPrefix(plural(int64(others), "rule"), thousands(int64(others))+" ")
		}
		parts = append(parts, rules)
	}
	return strings.Join(parts, " ")
}

// coverage says how the TTPs stand.
func (t *terminal) coverage(r *coverage.Report) {
	if len(r.Packs) == 1 {
		t.states(&r.Packs[0])
		return
	}
	t.section("TTPs of the packs", "")
	nameW := 0
	for i := range r.Packs {
		nameW = max(nameW, width(visible(r.Packs[i].Manifest.ID)))
	}
	for i := range r.Packs {
		p := &r.Packs[i]
		var states, padded []string
		room := t.inner() - nameW
		for _, s := range coverage.States {
			sign := stateSigns[s]
			text := sign.sign + right(thousands(int64(p.Counts[s])), 4) + " " + shortState(s)
			room -= 2 + width(text)
			states, padded = append(states, t.paint(sign.style, text)), append(padded, t.paint(sign.style, left(text, 22)))
		}
		if room >= 0 {
			t.line(t.paint(styleBold, left(visible(p.Manifest.ID), nameW)), "  ", strings.Join(states, "  "))
			continue
		}
		t.line(t.paint(styleBold, clipMiddle(visible(p.Manifest.ID), t.inner())))
		for two := range slices.Chunk(padded, 2) {
			t.line("  ", strings.Join(two, ""))
		}
	}
}

// shortState is a state in a word or two.
func shortState(s coverage.State) string {
	switch s {
	case coverage.NotFound:
		return "not found"
	case coverage.NoLog:
		return "no log can"
	case coverage.Found, coverage.Blind:
	}
	return stateWords(s)
}

// states lists the TTPs of a pack by state.
func (t *terminal) states(p *coverage.Pack) {
	t.section(clip("TTPs of "+visible(p.Manifest.Title), t.inner()-12), plural(int64(len(p.TTPs)), "TTP"))
	most := 1
	for _, s := range coverage.States {
		most = max(most, p.Counts[s])
	}
	const barW = 16
	for _, s := range coverage.States {
		sign := stateSigns[s]
		var ids []string
		for k := range p.TTPs {
			if p.TTPs[k].State == s {
				ids = append(ids, visible(p.TTPs[k].ID))
			}
		}
		t.line(
			t.paint(sign.style, left(sign.sign+" "+stateWords(s), 24)), right(thousands(int64(p.Counts[s])), 4), "  ",
			t.paint(sign.style, left(bar(int64(p.Counts[s]), int64(most), barW), barW)), "  ", t.paint(styleDim, idList(ids, max(0, t.inner()-24-4-barW-4))),
		)
	}
}

// noLog says of the TTPs that no log can show why, and what to ask instead.
func (t *terminal) noLog(r *coverage.Report) {
	shown, more := 0, 0
	for i := range r.Packs {
		for k := range r.Packs[i].TTPs {
			ttp := &r.Packs[i].TTPs[k]
			if ttp.State != coverage.NoLog {
				continue
			}
			if shown == hitNoLog {
				more++
				continue
			}
			if shown++; shown == 1 {
				t.section("No log can show", "ask instead")
			}
			t.line(left(visible(ttp.ID), 10), " ", clip(visible(ttp.WhyNoLog()), t.inner()-11))
			for n, q := range ttp.Questions {
				if n == 1 {
					t.line(strings.Repeat(" ", 11), t.paint(styleDim, "and "+plural(int64(len(ttp.Questions)-1), "more question")))
					break
				}
				t.line(strings.Repeat(" ", 11), t.paint(styleBold, "ask: "), clip(visible(q.Ask), t.inner()-16))
			}
		}
	}
	if more > 0 {
		t.line(t.paint(styleDim, "and "+thousands(int64(more))+" more; -o report.html lists them"))
	}
}

// turnOn says which logs to turn on, what opens most first.
func (t *terminal) turnOn(r *coverage.Report) {
	if waiting(r) == 0 {
		return
	}
	t.section("Turn on to see more", "what opens most first")
	shown := 0
	for i := range r.Missing {
		l := &r.Missing[i]
		if l.TTPs+l.Helps == 0 { // only some hosts lack it
			continue
		}
		rest := thousands(int64(waiting(r) - shown))
		if l.Elsewhere { // and all that come behind
			t.line(t.paint(styleDim, rest+" that other systems than these hosts write; -o report.html lists them"))
			break
		}
		if shown++; shown > hitMissing {
			t.line(t.paint(styleDim, "and "+rest+" more; -o report.html lists them"))
			break
		}
		opens, more := plural(int64(l.TTPs), "TTP"), ""
		if l.Helps > 0 {
			more = "  sees more of " + thousands(int64(l.Helps))
		}
		if l.TTPs == 0 {
			opens = "–"
		}
		t.line(right(opens, 8), "  ", t.paint(styleBold, clip(visible(l.Name), t.inner()-10-width(more))), t.paint(styleDim, more))
		t.line(strings.Repeat(" ", 10), t.paint(styleDim, clip(visible(strings.Join(l.Enable, " Or: ")), t.inner()-10)))
	}
}

// waiting is how many logs TTPs wait for.
func waiting(r *coverage.Report) int {
	n := 0
	for i := range r.Missing {
		if r.Missing[i].TTPs+r.Missing[i].Helps > 0 {
			n++
		}
	}
	return n
}
