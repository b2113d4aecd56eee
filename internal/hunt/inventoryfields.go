package hunt

import (
	"fmt"
	"slices"
	"strings"

	"entente/internal/event"
)

// Which of the fields that rules read do the records of a kind have? Exports of logs may lack them: a rule that cannot do
// without them has not looked there, however many records there are.

// fixedFields says that all records of a source that have the same header have the same fields, so that a field which none
// of them has is one that the log does not tell. In logs of other sources a field may be missing because it did not apply.
func fixedFields(s event.Source) bool {
	switch s {
	case event.SourceWindows, event.SourceSysmonLinux, event.SourceIIS, event.SourceHTTPProxy, event.SourceWebAccess:
		return true
	default:
		return false
	}
}

// fieldWords is how many words it takes to note the fields of a program that records with the header have; 0 where that is
// not asked.
func (p *program) fieldWords(h *header) int32 {
	if !fixedFields(h.source) {
		return 0
	}
	return int32(len(p.names)+63) / 64
}

// look notes the fields of a record. Records of one kind that have as many values are alike as a rule, so of each number of
// values the first is looked at, and every 64th record besides: that depends on the block alone.
func (v *inventory) look(c *logCell, ev *event.Event) {
	like := uint64(1) << (len(ev.Values) & 63)
	if c.alike&like != 0 && c.records&63 != 0 {
		return
	}
	c.alike |= like
	f := c.entry.frame
	f.know(ev)
	seen := v.seen[c.seen : c.seen+c.words]
	for i := range ev.Values {
		if s := f.slots[ev.Values[i].Slot]; s >= 0 {
			seen[s>>7] |= 1 << (s >> 1 & 63)
		}
	}
}

// void lists the fields that rules of a program read and that no record had, of those that were looked at; each stands for
// all the places where rules would find it.
func (p *program) void(seen []uint64) []string {
	if len(seen) == 0 {
		return nil
	}
	has := func(n int32) bool { return seen[n>>6]&(1<<(n&63)) != 0 }
	elsewhere := make([]bool, len(p.names))
	for i := range p.fields {
		f := &p.fields[i]
		if !slices.ContainsFunc(f.parts, func(part fieldPart) bool { return slices.ContainsFunc(part.from, has) }) {
			continue
		}
		for _, part := range f.parts {
			for _, n := range part.from {
				elsewhere[n] = true
			}
		}
	}
	var out []string
	for i, name := range p.names {
		if !elsewhere[i] && !has(int32(i)) {
			out = append(out, name)
		}
	}
	return out
}

// hollow says that records with the header always have fields that rules read.
func (h *header) hollow() bool {
	switch {
	case h.source != event.SourceWindows && h.source != event.SourceSysmonLinux:
		return false
	case h.provider == "Microsoft-Windows-Sysmon", h.provider == "Linux-Sysmon":
		return true
	case h.provider == "Microsoft-Windows-PowerShell":
		return h.eventID == 4104 || h.eventID == 4103
	}
	return strings.EqualFold(h.channel, "Security") && h.eventID == 4688
}

// maxHollow bounds how many kinds of records without fields are named.
const maxHollow = 8

// caveats name the kinds of records that have none of the fields that rules read: an export that left them out, or one that
// calls them by names that nobody knows.
func (t *logTally) caveats() (out []Warning) {
	type kind struct {
		channel string
		id      uint32
	}
	empty := map[kind]int64{}
	for h, k := range t.headers {
		if !h.hollow() || len(k.prog.names) == 0 {
			continue
		}
		for _, c := range k.hosts {
			if !slices.ContainsFunc(c.seen, func(w uint64) bool { return w != 0 }) {
				empty[kind{h.channel, h.eventID}] += c.Records
			}
		}
	}
	kinds := make([]kind, 0, len(empty))
	for k := range empty {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, func(a, b kind) int {
		if a.channel != b.channel {
			return strings.Compare(a.channel, b.channel)
		}
		return int(a.id) - int(b.id)
	})
	for i, k := range kinds {
		if i == maxHollow {
			out = append(out, Warning{Offset: -1, Message: fmt.Sprintf("%d more kinds of records have no field that a rule reads", len(kinds)-i)})
			break
		}
		out = append(out, Warning{Offset: -1, Message: fmt.Sprintf(
			"%s, event %d: no record (of %d) has a field that a rule reads: the export lacks their data, or names it otherwise", k.channel, k.id, empty[k])})
	}
	return out
}
