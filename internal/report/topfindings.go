package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"entente/internal/coverage"
	"entente/internal/hunt"
)

// topFindings keeps the most serious findings, those of one rule on one host as one, in bounded memory: when it is
// full, findings of the least level give way to worse ones.
type topFindings struct {
	entries map[topKey]*topFinding
	room    levelCounts // how many entries there are of each level
	least   level       // of those that are still taken
	seq     int
}

// topKey is a rule and where it found something: the number of [hostSets], or a name where there is none, and once hosts
// have their names.
type topKey struct {
	rule string
	set  int32
	host string
}

type topFinding struct {
	level           level
	rule, host, who string
	text            string // what stands out of the record, clipped
	first, last     time.Time
	count           int64
	caveat          string // of the first of them that has one, clipped
	doubtful        int64  // of count, those with a caveat
	various         bool   // others of them have another caveat
	seq             int
}

const (
	maxTop     = 8192 // a host of which many logs do not name it has many
	maxTopText = 400
)

func newTopFindings() *topFindings {
	return &topFindings{entries: map[topKey]*topFinding{}}
}

// add takes a finding, and the number of the hosts that it is of.
func (t *topFindings) add(f *hunt.Finding, set int32) {
	l := levelOf(f)
	if l < t.least {
		return
	}
	key := topKey{rule: ruleKey(meta(f)), set: set}
	if set == manyHosts {
		key.host = f.Host
	}
	if e := t.entries[key]; e != nil {
		e.count += weight(f)
		if hasTime(f.Time) && (e.first.IsZero() || f.Time.Before(e.first)) {
			e.who, e.text = f.User, strings.Clone(clipBytes(headline(f), maxTopText))
		}
		widen(&e.first, &e.last, f)
		e.doubt(f)
		return
	}
	if len(t.entries) >= maxTop && !t.makeRoom(l) {
		return
	}
	e := &topFinding{
		level: l, rule: Title(meta(f)), host: f.Host, who: f.User, count: weight(f), seq: t.seq,
		text: strings.Clone(clipBytes(headline(f), maxTopText)),
	}
	t.seq++
	t.room[l]++
	widen(&e.first, &e.last, f)
	e.doubt(f)
	t.entries[key] = e
}

// doubt notes the caveats of one more finding.
func (e *topFinding) doubt(f *hunt.Finding) {
	if len(f.Caveats) == 0 {
		return
	}
	text := caveatOf(f)
	if e.doubtful == 0 {
		e.caveat = strings.Clone(text)
	} else if text != e.caveat {
		e.various = true
	}
	e.doubtful += weight(f)
}

// join takes in the entry of the same rule for another name of the host.
func (e *topFinding) join(o *topFinding) {
	if timeOrder(o.first, e.first) < 0 {
		e.first, e.who, e.text = o.first, o.who, o.text
	}
	if o.last.After(e.last) {
		e.last = o.last
	}
	if o.doubtful > 0 {
		if e.doubtful == 0 {
			e.caveat = o.caveat
		}
		e.various = e.various || o.various || o.caveat != e.caveat
	}
	e.doubtful += o.doubtful
	e.count += o.count
}

// nameHosts gives entries the names of their hosts, and joins those of the same ones.
func (t *topFindings) nameHosts(names *coverage.Names, sets *hostSets) {
	keys := slices.SortedFunc(maps.Keys(t.entries), func(a, b topKey) int { return t.entries[a].seq - t.entries[b].seq })
	named := make(map[topKey]*topFinding, len(keys))
	for _, k := range keys {
		e := t.entries[k]
		if k.set != manyHosts {
			e.host = strings.Join(names.HostsAt(sets.places[k.set]), ", ")
		}
		to := topKey{rule: k.rule, set: manyHosts, host: e.host}
		if other := named[to]; other != nil {
			other.join(e)
			continue
		}
		named[to] = e
	}
	t.entries = named
}

// caveatText says what is unsure about these findings and about how many of them; "" where nothing is.
func (e *topFinding) caveatText() string {
	if e.doubtful == 0 {
		return ""
	}
	text := "caveat"
	if e.various {
		text = "caveats"
	}
	if e.doubtful < e.count {
		text += " on " + thousands(e.doubtful) + " of " + thousands(e.count)
	}
	if e.various {
		text += ", such as"
	}
	return text + ": " + visible(e.caveat)
}

// makeRoom drops the findings of the least level if that is below l. Otherwise what is there came first and stays.
func (t *topFindings) makeRoom(l level) bool {
	least := unrated
	for t.room[least] == 0 {
		least++
	}
	if least >= l {
		t.least = least
		return false
	}
	maps.DeleteFunc(t.entries, func(_ topKey, e *topFinding) bool { return e.level == least })
	t.room[least] = 0
	t.least = least + 1
	return true
}

// best returns at most n findings, worst level first and within a level in order of time, and how many of the
// highest levels there were more.
func (t *topFindings) best(n int) []*topFinding {
	out := make([]*topFinding, 0, len(t.entries))
	for _, e := range t.entries {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b *topFinding) int {
		return cmp.Or(int(b.level)-int(a.level), timeOrder(a.first, b.first), a.seq-b.seq)
	})
	return out[:min(n, len(out))]
}

func timeOrder(a, b time.Time) int {
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

// telling are the fields that say most about what happened, best first.
var telling = [...]string{
	"CommandLine", "ScriptBlockText", "TargetObject", "TargetFilename", "cs-uri-query", "cs-uri-stem", "QueryName", "ImageLoaded",
	"PipeName", "ImagePath", "ServiceName", "TaskName", "Image", "RelativeTargetName", "TargetUserName", "DestinationHostname", "message",
}

// headline is the part of a finding that a person wants to read first: "CommandLine: whoami /all".
func headline(f *hunt.Finding) string {
	if f.Correlation != nil {
		return correlationText(f.Correlation)
	}
	for _, name := range telling {
		for _, m := range f.Matched {
			if m.Name == name && m.Value != "" {
				return withImpersonated(f, m.Name+": "+m.Value)
			}
		}
	}
	best := hunt.FieldValue{}
	for _, m := range f.Matched {
		if len(m.Value) > len(best.Value) {
			best = m
		}
	}
	if best.Value == "" {
		return ""
	}
	if best.Name == "" {
		return withImpersonated(f, best.Value) // a keyword, which has no field
	}
	return withImpersonated(f, best.Name+": "+best.Value)
}
