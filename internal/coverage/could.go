package coverage

import (
	"slices"
	"strconv"

	"entente/internal/event"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// outcome is what is known of a condition: whether it can be true, and whether it can be false.
type outcome struct{ yes, no bool }

var open = outcome{true, true}

func decided(v bool) outcome { return outcome{v, !v} }

// could evaluates a condition of which only some tests are known.
func could(e sigma.Expr, known func(*sigma.Atom) outcome) outcome {
	switch e := e.(type) {
	case *sigma.Atom:
		return known(e)
	case sigma.Not:
		x := could(e.X, known)
		return outcome{x.no, x.yes}
	case sigma.And:
		out := outcome{yes: true}
		for _, k := range e {
			x := could(k, known)
			out.yes, out.no = out.yes && x.yes, out.no || x.no
		}
		return out
	case sigma.Or:
		out := outcome{no: true}
		for _, k := range e {
			x := could(k, known)
			out.yes, out.no = out.yes || x.yes, out.no && x.no
		}
		return out
	}
	return open
}

// head is what is known of a record: its header, or less.
type head struct {
	source   event.Source
	channel  string // "" is not known where anyID says that nothing of the record is
	provider string // "" is not known
	eventID  uint32
	anyID    bool     // the event id is not known
	void     []string // fields that have no value in any record
}

// headerFields of Windows records, under the names of rules.
func headerField(b *taxonomy.Binding, name string) bool {
	switch name {
	case "EventID", "Channel", "Provider_Name":
	default:
		return false
	}
	_, mapped := b.Fields[name]
	windows := !slices.ContainsFunc(b.Match.Sources, func(s event.Source) bool {
		return s != event.SourceWindows && s != event.SourceSysmonLinux
	})
	return !mapped && windows && len(b.Match.Sources) > 0
}

// test decides a test as far as the header, and what the log can hold at all, decide it.
func (h *head) test(b *taxonomy.Binding, a *sigma.Atom) outcome {
	if headerField(b, a.Field) {
		rec := headRecord{}
		switch {
		case a.Field == "EventID" && !h.anyID:
			rec.text = strconv.FormatUint(uint64(h.eventID), 10)
		case a.Field == "Channel" && (h.channel != "" || !h.anyID):
			rec.text = h.channel
		case a.Field == "Provider_Name" && h.provider != "":
			rec.text = h.provider
		default:
			return open
		}
		return decided(a.Eval(rec))
	}
	if a.Field != "" && len(h.void) > 0 && a.Op != sigma.OpNull && a.Op != sigma.OpExists && h.isVoid(b, a.Field) {
		return decided(false)
	}
	if b.Closed && a.Field != "" && !has(b, a.Field) {
		switch a.Op {
		case sigma.OpNull:
			return decided(true)
		case sigma.OpExists:
			return decided(!a.Want)
		case sigma.OpMatch, sigma.OpRegexp, sigma.OpCIDR, sigma.OpCompare, sigma.OpFieldRef, sigma.OpTime:
			return decided(false)
		}
	}
	return open
}

// isVoid says that a field of the rule's language is one that has no value in any record.
func (h *head) isVoid(b *taxonomy.Binding, field string) bool {
	names := []string{field}
	if f, ok := b.Fields[field]; ok {
		names = f.From
	}
	return !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(h.void, n) })
}

// has says that records of a closed binding can hold a field.
func has(b *taxonomy.Binding, field string) bool {
	f, ok := b.Fields[field]
	if !ok {
		return b.Known[field]
	}
	return hasAny(b, f)
}

func hasAny(b *taxonomy.Binding, f taxonomy.Field) bool {
	if slices.ContainsFunc(f.From, func(n string) bool { return b.Known[n] }) {
		return true
	}
	return slices.ContainsFunc(f.Also, func(f taxonomy.Field) bool { return hasAny(b, f) })
}

// headRecord is a record of one field.
type headRecord struct{ text string }

func (r headRecord) Values(string) ([]sigma.Val, bool) { return []sigma.Val{{Text: r.text}}, true }
func (r headRecord) All(yield func(sigma.Val) bool)    { yield(sigma.Val{Text: r.text}) }

// canBeTrue says whether a rule can be true for a record of a kind.
func (h *head) canBeTrue(b *taxonomy.Binding, r *sigma.Rule) bool {
	return could(r.Condition, func(a *sigma.Atom) outcome { return h.test(b, a) }).yes
}

// wantedIDs lists the event ids that a rule asks for on a kind of log, in order; nil where any will do. Ids in patterns
// with wildcards count as any.
func wantedIDs(b *taxonomy.Binding, r *sigma.Rule) []uint32 {
	var ids []uint32
	sigma.Walk(r.Condition, func(a *sigma.Atom) {
		if a.Field != "EventID" || a.Op != sigma.OpMatch || len(a.Pattern) != 1 || a.Pattern[0].Kind != sigma.Literal {
			return
		}
		if n, err := strconv.ParseUint(a.Pattern[0].Text, 10, 32); err == nil {
			ids = append(ids, uint32(n))
		}
	})
	if len(ids) == 0 || !headerField(b, "EventID") {
		return nil
	}
	h := head{eventID: 1<<32 - 1} // an id that no rule names
	if len(b.Match.Channels) > 0 {
		h.channel = b.Match.Channels[0]
	}
	if h.canBeTrue(b, r) {
		return nil
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return slices.DeleteFunc(ids, func(id uint32) bool {
		h.eventID = id
		return !h.canBeTrue(b, r)
	})
}
