package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"entente/internal/coverage"
	"entente/internal/hunt"
	"entente/internal/sigma"
)

// TerminalOptions shape the summary for people.
type TerminalOptions struct {
	Color bool // write ANSI colours; see WantColor
	Width int  // columns; 0: 100. Less than 60 counts as 60.
	Top   int  // most serious findings to list; 0: 12, negative: none
	// Reports are the other files that this hunt writes, for the hint at the end.
	Reports []string
	// Command is what the user typed, for the hint at the end; "": entente hunt PATH.
	Command string
	// Coverage answers first whether hosts were hit; see Options.Coverage. Findings follow only where Top is set.
	Coverage *coverage.Collector
	// Brief leaves out all about findings but the answer from Coverage.
	Brief bool
}

// WantColor says whether to colour an output: not where NO_COLOR is set (https://no-color.org), always where
// CLICOLOR_FORCE is set to something other than 0, otherwise on terminals that are not dumb.
func WantColor(env func(string) string, terminal bool) bool {
	if env("NO_COLOR") != "" {
		return false
	}
	if v := env("CLICOLOR_FORCE"); v != "" && v != "0" {
		return true
	}
	return terminal && env("TERM") != "dumb"
}

// NewTerminal writes a summary for people when the hunt is over: what was found and where, by level, tactic, host and
// rule, when, the most serious findings, what could not be searched, and what to do next. All text of logs and rules
// is written with its control characters visible.
func NewTerminal(w io.Writer, o TerminalOptions) Sink {
	if o.Width == 0 {
		o.Width = 100
	}
	o.Width = max(o.Width, 60)
	if o.Top == 0 {
		o.Top = 12
		o.Brief = o.Coverage != nil
	}
	if o.Command == "" {
		o.Command = "entente hunt PATH"
	}
	return &terminal{w: w, o: o, tally: newTally(), top: newTopFindings()}
}

type terminal struct {
	w     io.Writer
	o     TerminalOptions
	b     bytes.Buffer
	tally *tally
	top   *topFindings
	doubt doubts
	sum   *hunt.Summary
}

func (t *terminal) Finding(f *hunt.Finding) error {
	if t.o.Coverage != nil && t.o.Brief { // the answer is the collector's
		t.tally.levels[levelOf(f)] += weight(f)
		t.tally.mark(meta(f))
		return nil
	}
	t.tally.add(f)
	t.doubt.add(f)
	if t.o.Top > 0 {
		t.top.add(f, t.tally.set)
	}
	return nil
}

func (t *terminal) Close(s *hunt.Summary) error {
	if s == nil {
		s = &hunt.Summary{}
	}
	t.tally.nameHosts(s.Hosts, knownNames(t.o.Coverage, s))
	t.body(s)
	t.next()
	_, err := t.w.Write(t.b.Bytes())
	return err
}

// body writes all but what to do next. The hosts of the tally have their names.
func (t *terminal) body(s *hunt.Summary) {
	t.sum = s
	t.top.nameHosts(t.tally.names, t.tally.sets)
	t.header()
	if t.o.Coverage != nil {
		t.hit(t.o.Coverage.Report(s))
		if !t.o.Brief {
			t.section("Findings", "")
		}
	}
	if t.o.Coverage == nil || !t.o.Brief {
		t.verdict()
	}
	if t.tally.levels.total() > 0 && !t.o.Brief {
		t.levels()
		t.timeline()
		t.tactics()
		t.hosts()
		t.rules()
		t.serious()
	}
	t.quality()
}

// Styles, as parameters of SGR (ECMA-48): readable on dark and on light backgrounds.
const (
	styleBold   = "1"
	styleDim    = "2"
	styleAccent = "1;38;5;37"
)

var levelStyles = [levelCount]string{"2", "38;5;245", "38;5;68", "38;5;178", "1;38;5;208", "1;38;5;197"}

// paint wraps text of our own or visible text in a style.
func (t *terminal) paint(style, s string) string {
	if !t.o.Color || s == "" || style == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

func (t *terminal) line(parts ...string) {
	t.b.WriteString("  ")
	for _, p := range parts {
		t.b.WriteString(p)
	}
	// Blanks at the end would only make copied text ragged.
	trimmed := bytes.TrimRight(t.b.Bytes(), " ")
	t.b.Truncate(len(trimmed))
	t.b.WriteByte('\n')
}

// paragraph writes visible text over as many lines as it takes.
func (t *terminal) paragraph(style, text string) {
	row := ""
	for word := range strings.FieldsSeq(text) {
		word = clip(word, t.inner())
		if row != "" && width(row)+1+width(word) > t.inner() {
			t.line(t.paint(style, row))
			row = ""
		}
		row = strings.TrimPrefix(row+" "+word, " ")
	}
	t.line(t.paint(style, row))
}

// item writes visible text as an item of a list, on at most so many rows.
func (t *terminal) item(style, text string, rows int) {
	const first, other = "  ", "    "
	margin := first
	for row := 1; text != ""; row++ {
		head := fitting(text, t.inner()-len(margin))
		rest := strings.TrimLeft(text[len(head):], " ")
		if row == rows && rest != "" {
			head, rest = clip(text, t.inner()-len(margin)), ""
		}
		t.line(t.paint(style, margin+head))
		text, margin = rest, other
	}
}

func (t *terminal) blank() { t.b.WriteByte('\n') }

// inner is the width between the margins.
func (t *terminal) inner() int { return t.o.Width - 4 }

func (t *terminal) section(title, note string) {
	t.blank()
	if width(title)+width(note) >= t.inner() {
		note = ""
	}
	fill := strings.Repeat(" ", max(1, t.inner()-width(title)-width(note)))
	t.line(t.paint(styleBold, title), fill, t.paint(styleDim, note))
}

// left and right pad to a number of columns, clipping what is longer.
func left(s string, n int) string {
	s = clip(s, n)
	return s + strings.Repeat(" ", max(0, n-width(s)))
}

func right(s string, n int) string {
	return strings.Repeat(" ", max(0, n-width(s))) + s
}

func (t *terminal) header() {
	name := "Entente hunt"
	note := ""
	if hasTime(t.sum.Started) {
		note = t.sum.Started.UTC().Format("2 Jan 2006 15:04") + " UTC"
	}
	if t.sum.Version != "" {
		note = strings.TrimPrefix(note+" · "+visible(t.sum.Version), " · ")
	}
	t.blank()
	rule := strings.Repeat("─", max(1, t.inner()-width(name)-width(note)-2))
	if note == "" {
		rule += "─"
	}
	t.line(t.paint(styleAccent, name), " ", t.paint(styleDim, strings.TrimRight(rule+" "+note, " ")))
	t.blank()
	if text := t.tally.handling(); text != "" {
		t.paragraph(styleBold, text)
		t.blank()
	}
	if text := incompleteText(t.sum); text != "" {
		t.paragraph(levelStyles[levelCount-1], visible(text))
		t.blank()
	}
}

// incompleteText says that a report is one of a part of the inputs, "" where it is not.
func incompleteText(s *hunt.Summary) string {
	if s.Incomplete == "" {
		return ""
	}
	return "INCOMPLETE: " + s.Incomplete + ". This report is about the part of the inputs that had been read by then: that something is not in it says nothing."
}

// verdict says in sentences what was found, and what was searched.
func (t *terminal) verdict() {
	ta, s := t.tally, t.sum
	total := ta.levels.total()
	if total == 0 {
		t.line(t.paint(styleBold, "Nothing found."))
		t.paragraph("", t.searched())
		if s.Suppressed > 0 {
			t.line("Suppressed by your file: ", plural(s.Suppressed, "finding"), ".")
		}
		return
	}
	var parts []string
	for _, l := range levels {
		if n := ta.levels[l]; n > 0 && (len(parts) < 2 || l >= high) {
			parts = append(parts, t.paint(levelStyles[l], thousands(n)+" "+l.String()))
		}
	}
	text := strings.Join(parts, " and ") + plainNoun(total)
	if n := ta.hostCount(); n > 0 {
		text += " on " + t.hostsOf(n, ta.names.Count)
	}
	t.line(text + ".")
	from := thousands(total) + " in all, from " + plural(int64(len(ta.rules)), "rule")
	if !ta.first.IsZero() {
		from += ", " + spanText(ta.first, ta.last)
	}
	if s.Suppressed > 0 {
		from += "; " + thousands(s.Suppressed) + " suppressed"
	}
	t.paragraph("", from+".")
	t.paragraph(styleDim, t.searched())
}

func plainNoun(n int64) string {
	if n == 1 {
		return " finding"
	}
	return " findings"
}

func (t *terminal) hostsOf(n, all int) string {
	if all > n {
		return thousands(int64(n)) + " of " + t.hostCount(all)
	}
	return t.hostCount(n)
}

// hostCount words how many hosts there are. Only a hunt with packs finds out which logs are of one machine; another counts what
// hosts are called, as `entente logs` does.
func (t *terminal) hostCount(n int) string {
	if t.o.Coverage == nil {
		return plural(int64(n), "host name")
	}
	return plural(int64(n), "host")
}

// spanText writes two times so that what they share stands once.
func spanText(a, b time.Time) string {
	a, b = a.UTC(), b.UTC()
	const day = "2 Jan 2006"
	switch {
	case b.Sub(a) < time.Minute:
		return a.Format(day + " 15:04 UTC")
	case a.Format(day) == b.Format(day):
		return a.Format(day+" 15:04") + " to " + b.Format("15:04 UTC")
	default:
		return a.Format(day+" 15:04") + " to " + b.Format(day+" 15:04 UTC")
	}
}

func (t *terminal) searched() string {
	s := t.sum
	events, first, last := searchedEvents(s)
	text := "Searched " + events + " in " + plural(int64(s.Files), "file")
	if s.UsedBytes > 0 {
		text += " (" + bytesText(s.UsedBytes) + ")"
	}
	text += " with " + rulesText(s)
	if s.Duration > 0 {
		text += " in " + durationText(s.Duration)
		if r := rate(s.Events, s.Duration); r > 0 && s.Duration > 100*time.Millisecond {
			text += ", " + thousands(r) + " events a second"
		}
	}
	text += "."
	if asked := askedText(s); asked != "" {
		text += " Asked for: " + asked + "."
	}
	if t.tally.levels.total() == 0 && hasTime(first) && hasTime(last) {
		text += " Events from " + spanText(first, last) + ", " + t.hostCount(t.tally.names.Count) + "."
	}
	return text
}

// searchedEvents says how many records were hunted in, of how many that were read, and gives their times.
func searchedEvents(s *hunt.Summary) (text string, first, last time.Time) {
	if j := s.Judged; j != nil {
		return thousands(j.Records) + " of " + plural(s.Events, "event"), j.First, j.Last
	}
	return plural(s.Events, "event"), s.First, s.Last
}

// askedText says which records alone were asked for, "" where all were.
func askedText(s *hunt.Summary) string {
	j := s.Judged
	if j == nil {
		return ""
	}
	moment := func(t time.Time) string {
		layout := "2 Jan 2006 15:04"
		if t.Second() != 0 {
			layout += ":05"
		}
		return t.UTC().Format(layout + " UTC")
	}
	var parts []string
	if !j.Since.IsZero() {
		parts = append(parts, "from "+moment(j.Since)+" on")
	}
	if !j.Until.IsZero() {
		parts = append(parts, "before "+moment(j.Until))
	}
	if n := len(s.Asked); n > 0 {
		const most = 5
		names := "of host " + visible(strings.Join(s.Asked[:min(n, most)], ", "))
		if n > most {
			names += " and " + thousands(int64(n-most)) + " more"
		}
		parts = append(parts, names)
	}
	return "only records " + strings.Join(parts, ", ")
}

// rulesText says how many of the rules had a log among the inputs, and what is counted as one.
func rulesText(s *hunt.Summary) string {
	text := plural(int64(s.Rules), "rule")
	if s.Rules != s.Applicable {
		text = thousands(int64(s.Applicable)) + " of " + text
	}
	var kinds []string
	if s.Correlations > 0 {
		kinds = append(kinds, plural(int64(s.Correlations), "correlation"))
	}
	if s.Indicators > 0 {
		kinds = append(kinds, thousands(int64(s.Indicators))+" made of indicators")
	}
	if len(kinds) > 0 {
		text += " (" + strings.Join(kinds, ", ") + ")"
	}
	return text
}

// bar draws n of most in w columns with eighths of a block; what there is shows, however little.
func bar(n, most int64, w int) string {
	if n <= 0 || most <= 0 {
		return ""
	}
	eighths := max(1, int(float64(n)/float64(most)*float64(w)*8+0.5))
	s := strings.Repeat("█", eighths/8)
	if r := eighths % 8; r > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[r-1])
	}
	return s
}

func (t *terminal) levels() {
	t.section("Levels", "")
	most := slices.Max(t.tally.levels[:])
	for _, l := range levels {
		n := t.tally.levels[l]
		if n == 0 && l == unrated {
			continue
		}
		style := levelStyles[l]
		if n == 0 {
			style = styleDim
		}
		t.line(t.paint(style, left(l.String(), 15)), right(thousands(n), 11), "  ", t.paint(levelStyles[l], bar(n, most, t.inner()-30)))
	}
}

// timeline draws the whole range as columns, coloured by the worst level in each.
func (t *terminal) timeline() {
	const rows = 3
	h := t.tally.hist
	from, to, outside := h.focus()
	if from.IsZero() {
		return
	}
	if outside == 0 && t.tally.last.After(to) {
		to = t.tally.last // of a finding that begins earlier
	}
	n := t.inner()
	// Columns of whole minutes that are at least one bucket wide, so that no column is empty only because its
	// neighbour took the bucket.
	per := max(time.Duration(h.width)*time.Second, (to.Sub(from)/time.Duration(n) + time.Minute).Truncate(time.Minute))
	used := min(n, max(1, int((to.Sub(from)+per-1)/per)))
	cols := h.columns(from, from.Add(time.Duration(used)*per), used)
	stretch := max(1, min(n/used, 8))
	note := "one column = " + durationText(per)
	if stretch > 1 {
		note = "one bar = " + durationText(per)
	}
	if outside > 0 {
		note += "; " + thousands(outside) + " far outside not drawn"
	}
	if t.tally.noTime > 0 {
		note += "; " + thousands(t.tally.noTime) + " without time"
	}
	t.section("Timeline", note)
	var most int64 = 1
	for i := range cols {
		most = max(most, cols[i].total())
	}
	blocks := []rune(" ▁▂▃▄▅▆▇█")
	for row := rows - 1; row >= 0; row-- {
		var b strings.Builder
		for i := range cols {
			total := cols[i].total()
			height := 0
			if total > 0 {
				height = max(1, int(float64(total)/float64(most)*rows*8+0.5))
			}
			cell := string(blocks[min(8, max(0, height-row*8))])
			gap := ""
			if stretch > 2 {
				gap = " "
			}
			b.WriteString(t.paint(levelStyles[cols[i].worst()], strings.Repeat(cell, stretch-len(gap))) + gap)
		}
		t.line(b.String())
	}
	end := from.Add(time.Duration(used) * per)
	if outside == 0 { // the range that stands above
		from, end = t.tally.first, t.tally.last
	}
	a, z := axisTime(from, from, to), axisTime(end, from, to)
	room := used * stretch
	switch {
	case a == z:
		t.line(t.paint(styleDim, a))
		return
	case room < width(a)+width(z)+3:
		t.line(t.paint(styleDim, a+" to "+z))
		return
	}
	t.line(t.paint(styleDim, a+strings.Repeat(" ", room-width(a)-width(z))+z))
}

// axisTime writes a time on the axis of a range: with the year where the range is of years.
func axisTime(t, from, to time.Time) string {
	switch d := to.Sub(from); {
	case d > 300*24*time.Hour:
		return t.Format("2 Jan 2006")
	case d > 48*time.Hour:
		return t.Format("2 Jan 15:04")
	default:
		return t.Format("2 Jan 2006 15:04")
	}
}

func (t *terminal) tactics() {
	order := t.tally.tacticOrder()
	if len(order) == 0 {
		return
	}
	t.section("Kill chain", "techniques, most findings first")
	var most int64
	for _, short := range order {
		most = max(most, t.tally.tactics[short].total())
	}
	const nameW, countW, idsW = 22, 9, 16
	barW := min(18, max(4, t.inner()-nameW-countW-4-levelTagWidth-1-idsW))
	for _, short := range order {
		c := t.tally.tactics[short]
		t.line(
			left(visible(tacticName(short)), nameW), right(thousands(c.total()), countW), "  ",
			t.paint(levelStyles[c.worst()], left(bar(c.total(), most, barW), barW)), "  ", t.levelTag(c.worst()), " ",
			t.paint(styleDim, idList(t.techniquesOf(short), max(0, t.inner()-nameW-countW-barW-4-levelTagWidth-1))),
		)
	}
}

// techniquesOf lists the technique ids of a tactic's findings.
func (t *terminal) techniquesOf(short string) []string {
	var list []*techniqueTally
	for _, c := range t.tally.techniques {
		if slices.Contains(c.tactics, short) {
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b *techniqueTally) int {
		return cmp.Or(cmp.Compare(b.levels.total(), a.levels.total()), strings.Compare(a.id, b.id))
	})
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i] = visible(c.id)
	}
	return ids
}

// idList writes as many whole ids as fit into w columns, and how many there are more.
func idList(ids []string, w int) string {
	s, best := "", ""
	for i, id := range ids {
		s = strings.TrimPrefix(s+" "+id, " ")
		line := s
		if n := len(ids) - i - 1; n > 0 {
			line += fmt.Sprintf(" +%d", n)
		}
		if width(line) <= w {
			best = line
		}
	}
	return best
}

const levelTagWidth = 14

// levelTag is a level's name in a column of its own.
func (t *terminal) levelTag(l level) string {
	return t.paint(levelStyles[l], left(l.String(), levelTagWidth))
}

func (t *terminal) hosts() {
	list := t.tally.worstHosts()
	if len(list) == 0 {
		return
	}
	const show = 10
	note := ""
	if len(list) > show {
		note = fmt.Sprintf("worst %d of %s", show, thousands(int64(len(list))))
	}
	if note == "" && len(t.tally.names.Shown) > 0 {
		note = "short and full names are one host"
	}
	t.section("Hosts", note)
	shown := list[:min(show, len(list))]
	nameW := 12
	var most int64
	for _, h := range shown {
		nameW = max(nameW, width(visible(h.name)))
		most = max(most, h.levels.total())
	}
	nameW = min(nameW, t.inner()/3)
	// Times with hours where there is room for a bar as well, else days, else nothing.
	layouts := [...]string{"2 Jan 15:04", "2 Jan", ""}
	if manyYears(shown) {
		layouts = [...]string{"2 Jan 2006", "Jan 2006", ""}
	}
	layout, barW := layouts[0], 0
	for _, layout = range layouts {
		timeW := 0
		for _, h := range shown {
			timeW = max(timeW, width(hostSpan(h, layout)))
		}
		if barW = t.inner() - levelTagWidth - nameW - 1 - 9 - 2 - timeW - 2; barW >= 10 {
			break
		}
	}
	barW = max(barW, 4)
	for _, h := range shown {
		t.line(
			t.levelTag(h.levels.worst()), left(clipMiddle(visible(h.name), nameW), nameW), " ", right(thousands(h.levels.total()), 9), "  ",
			t.stacked(&h.levels, most, barW), "  ", t.paint(styleDim, hostSpan(h, layout)),
		)
	}
	if n := t.tally.noHost.total(); n > 0 {
		t.line(t.paint(styleDim, thousands(n)+" more in logs that name no host"))
	}
	if n := t.tally.otherHosts.total(); n > 0 {
		t.line(t.paint(styleDim, thousands(n)+" more on hosts beyond the first "+thousands(maxHosts)))
	}
}

// manyYears says that the findings of hosts are not all of one year, so that days alone would not tell their order.
func manyYears(hosts []*hostTally) bool {
	year := 0
	for _, h := range hosts {
		if h.first.IsZero() {
			continue
		}
		if year == 0 {
			year = h.first.UTC().Year()
		}
		if h.first.UTC().Year() != year || h.last.UTC().Year() != year {
			return true
		}
	}
	return false
}

// hostSpan writes when a host had findings; layout is the form of a time, with the hour or without, or "" for
// nothing.
func hostSpan(h *hostTally, layout string) string {
	if h.first.IsZero() || layout == "" {
		return ""
	}
	a, b := h.first.UTC(), h.last.UTC()
	from, to := a.Format(layout), b.Format(layout)
	switch {
	case from == to:
		return from
	case a.Format("2 Jan 2006") == b.Format("2 Jan 2006"):
		return from + " – " + b.Format("15:04")
	}
	return from + " – " + to
}

// stacked draws counts by level side by side in w columns; every level that occurs gets at least one column.
func (t *terminal) stacked(c *levelCounts, most int64, w int) string {
	total := c.total()
	length := max(1, int(float64(total)/float64(max(most, 1))*float64(w)+0.5))
	kinds := 0
	for _, n := range c {
		if n > 0 {
			kinds++
		}
	}
	length = min(w, max(length, kinds))
	spare := length - kinds
	var b strings.Builder
	used := 0
	for _, l := range levels {
		if c[l] == 0 {
			continue
		}
		n := 1 + int(float64(c[l])/float64(total)*float64(spare))
		b.WriteString(t.paint(levelStyles[l], strings.Repeat("█", n)))
		used += n
	}
	b.WriteString(strings.Repeat(" ", max(0, w-used)))
	return b.String()
}

func (t *terminal) rules() {
	list := t.tally.worstRules()
	const show = 10
	note := ""
	if len(list) > show {
		note = fmt.Sprintf("worst %d of %s", show, thousands(int64(len(list))))
	}
	t.section("Rules", note)
	for _, r := range list[:min(show, len(list))] {
		ids := make([]string, len(r.techniques))
		for i, tech := range r.techniques {
			ids[i] = visible(tech.ID)
		}
		hosts := ""
		if n := len(r.hosts); n > 0 {
			hosts = plural(int64(n), "host")
			if r.moreHosts {
				hosts = "over " + hosts
			}
		}
		techW := 20
		if t.inner() < 90 {
			techW = 12
		}
		tech := idList(ids, techW)
		titleW := t.inner() - levelTagWidth - 9 - 2 - 1 - 10 - 2 - techW
		t.line(
			t.levelTag(parseLevel(r.meta.Level)), right(thousands(r.count), 9), "  ", clipTitle(r.meta, titleW), " ",
			t.paint(styleDim, left(hosts, 10)+"  "+tech),
		)
	}
}

// serious lists the worst findings, and says how many others are doubtful.
func (t *terminal) serious() {
	var list []*topFinding
	if t.o.Top > 0 {
		list = t.top.best(t.o.Top)
		t.section("Most serious findings", "the first of each rule and host; times in UTC")
		for _, e := range list {
			t.finding(e)
		}
	}
	if text := t.doubt.besides(list); text != "" {
		t.blank()
		t.paragraph("", text)
	}
}

func (t *terminal) finding(e *topFinding) {
	when := "no time            "
	if !e.first.IsZero() {
		when = e.first.UTC().Format("2006-01-02 15:04:05")
	}
	count := ""
	if e.count > 1 {
		count = " ×" + thousands(e.count)
	}
	title := clip(visible(e.rule), t.inner()-levelTagWidth-width(when)-2-width(count))
	t.line(t.levelTag(e.level), t.paint(styleDim, when), "  ", t.paint(styleBold, title), t.paint(styleAccent, count))
	var detail []string
	for _, s := range [...]string{clipMiddle(e.host, 40), clip(e.who, 40), e.text} {
		if s != "" {
			detail = append(detail, visible(s))
		}
	}
	if len(detail) > 0 {
		text := clip(strings.Join(detail, " · "), t.inner()-levelTagWidth)
		t.line(strings.Repeat(" ", levelTagWidth), t.paint(styleDim, text))
	}
	if text := e.caveatText(); text != "" {
		t.line(strings.Repeat(" ", levelTagWidth), t.paint(styleDim, clip(text, t.inner()-levelTagWidth)))
	}
}

// quality says what this hunt could not see.
func (t *terminal) quality() {
	s := t.sum
	idle := max(s.Rules-s.Applicable, 0)
	warnings := max(s.WarningsTotal, int64(len(s.Warnings)))
	if idle == 0 && len(s.NotApplicable) == 0 && warnings == 0 && len(s.Skipped) == 0 {
		return
	}
	t.section("What this hunt could not see", "")
	t.idle(idle, s.NotApplicable)
	t.trouble(int64(len(s.Skipped)), "input", "not read", s.Skipped)
	t.trouble(warnings, "place", "damaged or doubtful", s.Warnings)
}

// idle says how many rules had nothing to run on, and names those whose log was there without the fields they read:
// their silence looks most like a clean log.
func (t *terminal) idle(n int, lacking []hunt.RuleNote) {
	because := " because the logs lack fields that they read:"
	switch k := len(lacking); {
	case k == 0 && n == 0:
		return
	case k == 0:
		t.paragraph("", plural(int64(n), "rule")+" had no log to run on; hunt --verbose names them.")
	case k >= n:
		t.paragraph("", plural(int64(k), "rule")+" could not run"+because)
	default:
		t.paragraph("", plural(int64(n), "rule")+" had no log to run on, "+thousands(int64(k))+" of them"+because)
	}
	const show = 5
	for _, r := range lacking[:min(show, len(lacking))] {
		title := clip(visible(cmp.Or(r.Title, r.ID, "(untitled rule)")), t.inner()/2)
		note := clip(visible(cmp.Or(r.Note, "no reason given")), t.inner()-width(title)-4)
		t.line(t.paint(styleDim, "  "+title+": "+note))
	}
	if rest := len(lacking) - show; rest > 0 {
		t.line(t.paint(styleDim, "  and "+thousands(int64(rest))+" more; hunt --verbose names them"))
	}
}

// troubleRows is how many rows a warning may take: what says how to mend it stands at its end.
const troubleRows = 4

func (t *terminal) trouble(n int64, noun, what string, list []hunt.Warning) {
	if n == 0 {
		return
	}
	const show = 3
	t.line(plural(n, noun), " ", what, ":")
	for _, w := range list[:min(show, len(list))] {
		where := visible(w.File)
		if w.Offset >= 0 && where != "" {
			where += fmt.Sprintf(" @%d", w.Offset)
		}
		if where != "" {
			where = clipMiddle(where, t.inner()/2) + ": "
		}
		t.item(styleDim, where+visible(w.Message), troubleRows)
	}
	if rest := n - int64(min(show, len(list))); rest > 0 {
		t.line(t.paint(styleDim, "  and "+thousands(rest)+" more"))
	}
}

func (t *terminal) next() {
	t.blank()
	for _, r := range t.o.Reports {
		t.line(t.paint(styleAccent, "→ "), "written: ", visible(r))
	}
	switch {
	case t.tally.levels.total() == 0 && t.sum.Events == 0:
		t.line(t.paint(styleAccent, "→ "), "No event was read. See what the inputs hold: ", t.paint(styleBold, "entente logs PATH"))
	case t.tally.levels.total() == 0:
		t.line(t.paint(styleAccent, "→ "), "See which logs these are and what is missing: ", t.paint(styleBold, "entente logs PATH"))
	case t.o.Brief:
		for _, hint := range [...][2]string{{"The findings", "--top 20"}, {"Look closer in a browser", "-o report.html"}, {"What stops it", "entente advise PATH"}} {
			if hint[1] == "-o report.html" && len(t.o.Reports) > 0 {
				continue
			}
			t.line(t.paint(styleAccent, "→ "), hint[0], ": ", t.paint(styleBold, hint[1]))
		}
	case len(t.o.Reports) == 0:
		t.line(t.paint(styleAccent, "→ "), "Look closer in a browser: ", t.paint(styleBold, visible(t.o.Command)+" -o report.html"))
	}
	t.blank()
}

// clipTitle is the title of a rule in so many columns; what is cut off is not its marking.
func clipTitle(m *sigma.Meta, columns int) string {
	mark := tlpText(m)
	if mark == "" {
		return left(visible(ruleTitle(m)), columns)
	}
	mark = " [" + mark + "]"
	return left(clip(visible(ruleTitle(m)), max(columns-width(mark), 1))+mark, columns)
}
