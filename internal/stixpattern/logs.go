package stixpattern

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Logs is how a pattern is looked for in logs, for whoever runs it rather than writes it down: what [ToSigma] writes, but an
// observation expression is one rule with several logs, START and STOP are kept, and without WITHIN there is no limit.
type Logs struct {
	Alone  []LogRule // a match of any of them is one of the pattern
	Joined []*LogJoin
}

// LogRule looks for an observation expression.
type LogRule struct {
	Bracket     *Bracket
	Start, Stop time.Time // of the records that count, Stop exclusive; zero without
	In          []LogSearch
}

// LogSearch is what to look for in one kind of log: alternatives, in each of which all lines have to hold.
type LogSearch struct {
	Log                        string // name of the kind of record
	Product, Category, Service string // logsource of Sigma
	EventID                    string // the log's records that are meant, "" for all
	Any                        [][]LogLine
}

// LogLine is one comparison: one of the items has to hold, or none of them where it is negated. Then one of the fields has
// to be there, if it names any.
type LogLine struct {
	Any     []LogItem
	Fields  []string
	Negated bool
}

// LogItem is a field with modifiers of Sigma, and values as Sigma writes them, of which one has to hold.
type LogItem struct {
	Key    string
	Values []string
}

// LogJoin joins observation expressions.
type LogJoin struct {
	Kind   LogJoinKind
	Window time.Duration // 0: no limit
	Times  int64         // of LogRepeats
	Of     []LogPart     // one of LogRepeats, at least two of the others
}

// LogPart is what a LogJoin joins: a rule or another join.
type LogPart struct {
	Rule *LogRule
	Join *LogJoin
}

// LogJoinKind tells how expressions are joined.
type LogJoinKind uint8

// The kinds.
const (
	LogAll      LogJoinKind = iota // in any order, each in a record of its own
	LogSequence                    // one after the other, likewise
	LogRepeats                     // so often
)

// LogTranslator turns patterns into [Logs], many with one set of tables. One goroutine may use it.
type LogTranslator struct{ byKind map[string][]view }

// NewLogTranslator makes the tables.
func NewLogTranslator() *LogTranslator {
	t := &LogTranslator{byKind: map[string][]view{}}
	for _, v := range append(views(), furtherViews()...) {
		t.byKind[v.kind] = append(t.byKind[v.kind], eachObject(v)...)
	}
	return t
}

// eachObject parts a kind of record that shows several objects of its type into as many: what a pattern says in one
// expression is about one of them.
func eachObject(v view) []view {
	n := 0 // objects
	for _, to := range v.fields {
		switch to.as {
		case formAddress:
			n = max(n, len(to.fields))
		case formLogin:
			n = max(n, len(to.fields)/2)
		default:
			return []view{v}
		}
	}
	out := make([]view, n)
	for i := range out {
		out[i] = v
		out[i].fields = map[string]target{}
		for path, to := range v.fields {
			switch {
			case to.as == formLogin:
				to.fields = []string{to.fields[i], to.fields[n+i]}
			case i < len(to.fields):
				to.fields = to.fields[i : i+1]
			default:
				continue
			}
			out[i].fields[path] = to
		}
	}
	return out
}

// Logs translates a pattern. The losses are as those of [ToSigma]; where nothing is left of the pattern, the result is
// empty.
func (t *LogTranslator) Logs(p *Pattern) (*Logs, []Loss) {
	var kinds []string
	var v []view
	for _, test := range p.Tests() {
		if k := test.Path.Type; !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
			v = append(v, t.byKind[k]...)
		}
	}
	w := &logWriter{translation: newTranslation(p, v), found: map[*Bracket][]LogSearch{}}
	w.limits, w.split = true, true
	out := &Logs{}
	alternatives, ok := w.expand(p.Root)
	if !ok {
		w.lose(Dropped, clip(w.text), fmt.Sprintf("it has more than %d combinations of observation expressions", maxCombinations))
		return out, w.losses
	}
	for _, c := range alternatives {
		part, ok := w.part(c, 0)
		switch {
		case !ok:
		case part.Rule != nil:
			out.Alone = append(out.Alone, *part.Rule)
		default:
			out.Joined = append(out.Joined, part.Join)
		}
	}
	return out, w.losses
}

type logWriter struct {
	translation
	found map[*Bracket][]LogSearch
}

// part translates a combination within a window, 0 where none is given. It is false where what it needs is in no log.
func (w *logWriter) part(c *combo, window time.Duration) (LogPart, bool) {
	if c.window > 0 && (window == 0 || c.window < window) {
		window = c.window
	}
	if c.kind == comboLeaf {
		r := &LogRule{Bracket: c.bracket, Start: c.start, Stop: c.stop, In: w.searches(c.bracket)}
		if c.need == 1 || len(r.In) == 0 {
			return LogPart{Rule: r}, len(r.In) > 0
		}
		return LogPart{Join: &LogJoin{Kind: LogRepeats, Window: window, Times: c.need, Of: []LogPart{{Rule: r}}}}, true
	}
	j := &LogJoin{Kind: LogAll, Window: window}
	if c.kind == comboSeq {
		j.Kind = LogSequence
	}
	whole := true // so that each part that no log shows is named
	for _, k := range c.kids {
		p, ok := w.part(k, window)
		whole = whole && ok
		if ok && p.Join != nil {
			w.lose(Widened, clip(w.text), "what is counted or ordered within another correlation has a window of its own, which the outer one does not share")
		}
		j.Of = append(j.Of, p)
	}
	return LogPart{Join: j}, whole
}

func (w *logWriter) searches(br *Bracket) []LogSearch {
	if s, ok := w.found[br]; ok {
		return s
	}
	var out []LogSearch
	w.detections(br, func(v *view, d *detection) {
		out = append(out, LogSearch{
			Log: v.name, Product: v.product, Category: v.category, Service: v.service, EventID: v.eventID, Any: joinLines(d.found),
		})
	})
	w.found[br] = out
	return out
}

// joinLines makes one alternative of those that ask for one value of the same fields: lists of values are long.
func joinLines(found [][]lines) [][]LogLine {
	var out [][]LogLine
	at := map[string]int{}
	for _, all := range found {
		alternative := make([]LogLine, len(all))
		for i, l := range all {
			alternative[i] = LogLine{Negated: l.negated}
			if l.negated {
				alternative[i].Fields = l.fields
			}
			for _, it := range l.items {
				alternative[i].Any = append(alternative[i].Any, LogItem{it.key, slices.Clone(it.values)})
			}
		}
		if len(all) != 1 || all[0].negated {
			out = append(out, alternative)
			continue
		}
		var keys []string
		for _, it := range all[0].items {
			keys = append(keys, it.key)
		}
		key := strings.Join(keys, "\n")
		k, ok := at[key]
		if !ok {
			at[key] = len(out)
			out = append(out, alternative)
			continue
		}
		for i := range alternative[0].Any {
			into := &out[k][0].Any[i]
			into.Values = append(into.Values, alternative[0].Any[i].Values...)
		}
	}
	return out
}

// General says that a loss is one of those that every rule of its kind has, which the documentation states once: that texts
// are compared without regard to case, say.
func (l Loss) General() bool {
	switch l.Why {
	case widerCase, widerFolders, widerText, widerNetwork, widerValues, widerPort:
		return true
	}
	return false
}
