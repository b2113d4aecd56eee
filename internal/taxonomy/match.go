package taxonomy

import (
	"slices"
	"strings"

	"entente/internal/event"
)

// Any is the value in [Match.Where] that asks only for the field to be there.
const Any = "*"

// Absent is the value in [Match.Where] that asks for the field to be missing, null or empty.
const Absent = ""

// Selects says whether m selects e. It is the reference: a hunt that buckets by source, channel, provider and event
// id first calls [Match.SelectsFields] for the rest.
func (m *Match) Selects(e *event.Event) bool {
	if len(m.Sources) > 0 && !slices.Contains(m.Sources, e.Source) {
		return false
	}
	if len(m.EventIDs) > 0 && !slices.Contains(m.EventIDs, e.EventID) {
		return false
	}
	return holdsFold(m.Channels, e.Channel) && holdsFold(m.Providers, e.Provider) && m.SelectsFields(e)
}

// SelectsFields is the part of [Match.Selects] that looks beyond the header: Where and Pattern.
func (m *Match) SelectsFields(e *event.Event) bool {
	for name, values := range m.Where {
		if !hasValue(e, name, values) {
			return false
		}
	}
	return m.Pattern == nil || e.Raw != nil && m.Pattern.Match(e.Raw)
}

// LooksAtFields says that [Match.SelectsFields] can be false.
func (m *Match) LooksAtFields() bool { return len(m.Where) > 0 || m.Pattern != nil }

func holdsFold(list []string, s string) bool {
	if len(list) == 0 {
		return true
	}
	for _, l := range list {
		if strings.EqualFold(l, s) {
			return true
		}
	}
	return false
}

// hasValue says that the field has one of the values. As for rules, the data's field hides the envelope's of the
// same name, and any of several values will do.
func hasValue(e *event.Event, name string, values []string) bool {
	if slot, ok := e.Names.Find(name, false); ok {
		if there, has := slotHas(e, slot, values); there {
			return has
		}
	}
	if slot, ok := e.Names.Find(name, true); ok {
		if there, has := slotHas(e, slot, values); there {
			return has
		}
	}
	return slices.Contains(values, Absent)
}

func slotHas(e *event.Event, slot uint32, values []string) (there, has bool) {
	var buf [128]byte
	null := true // so far
	for i := range e.Values {
		v := &e.Values[i]
		if v.Slot != slot {
			continue
		}
		there = true
		if v.IsNull() {
			continue
		}
		null = false
		v.Elements(func(el event.Value) bool {
			text := el.AppendText(buf[:0])
			has = slices.ContainsFunc(values, func(want string) bool {
				return want == Any || strings.EqualFold(want, string(text))
			})
			return !has
		})
		if has {
			return true, true
		}
	}
	return there, there && null && slices.Contains(values, Absent)
}

// covers says that m selects every record that n selects, as far as their lists show.
func (m *Match) covers(n *Match) bool {
	if m.Pattern != nil && (n.Pattern == nil || m.Pattern.String() != n.Pattern.String()) {
		return false
	}
	for name, values := range m.Where {
		other, ok := n.Where[name]
		switch {
		case !ok:
			return false
		case slices.Contains(values, Any) && !slices.Contains(other, Absent):
		case !coversFold(values, other):
			return false
		}
	}
	return coversList(m.Sources, n.Sources) && coversFold(m.Channels, n.Channels) &&
		coversFold(m.Providers, n.Providers) && coversList(m.EventIDs, n.EventIDs)
}

// coversList says that every choice of n is one of m, where an empty list is every choice.
func coversList[T comparable](m, n []T) bool {
	if len(m) == 0 {
		return true
	}
	return len(n) > 0 && !slices.ContainsFunc(n, func(x T) bool { return !slices.Contains(m, x) })
}

func coversFold(m, n []string) bool {
	if len(m) == 0 {
		return true
	}
	return len(n) > 0 && !slices.ContainsFunc(n, func(x string) bool { return !holdsFold(m, x) })
}
