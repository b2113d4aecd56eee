package hunt

import (
	"fmt"
	"time"

	"entente/internal/event"
	"entente/internal/sigma"
)

// When an indicator is valid says something about what its matches mean. A record from after valid_until is no match: by
// then the address may belong to somebody else. A record from before valid_from is one with a caveat: feeds write there
// when they learnt of it, and to look into the past is what hunts are for. START and STOP of a pattern are part of what it
// asks for. docs/formats/indicators.md says so.

// outdated counts matches that do not count for they are from after valid_until, by indicator.
type outdated map[string]int64

// dated says that whether a match of a rule counts may depend on its time.
func dated(r *sigma.Rule) bool { return r.Indicator != nil || !r.From.IsZero() || !r.Until.IsZero() }

// valid says whether a match of a dated rule counts, as far as the times of the record and of the rule go, and what is to be said of it.
func (w *worker) valid(r *sigma.Rule, ev *event.Event) (caveats []string, ok bool) {
	if ind := r.Indicator; ind != nil {
		if caveats, ok = w.indicatorValid(ind, ev); !ok {
			return nil, false
		}
	}
	if r.From.IsZero() && r.Until.IsZero() { // only the indicator has times
		return caveats, true
	}
	if !ev.HasTime {
		return nil, false
	}
	at := ev.When()
	return caveats, !at.Before(r.From) && (r.Until.IsZero() || at.Before(r.Until))
}

func (w *worker) indicatorValid(ind *sigma.Indicator, ev *event.Event) (caveats []string, ok bool) {
	if ind.From.IsZero() && ind.Until.IsZero() || !ev.HasTime {
		return nil, true
	}
	at := ev.When()
	switch {
	case at.Before(ind.From):
		return []string{"the record is from before the indicator's valid_from, " + ind.From.Format(time.RFC3339)}, true
	case ind.Until.IsZero() || at.Before(ind.Until):
		return nil, true
	case w.plan.expired:
		return []string{"the record is from after the indicator's valid_until, " + ind.Until.Format(time.RFC3339)}, true
	}
	if w.out.outdated == nil {
		w.out.outdated = outdated{}
	}
	w.out.outdated[ind.ID]++
	return nil, false
}

// outside says which of the records between two times, of which a finding was made, are from when the indicator is not valid. Those
// from after valid_until came so far only where they were asked for.
func outside(ind *sigma.Indicator, first, last time.Time) (caveats []string) {
	if first.Before(ind.From) {
		caveats = append(caveats, "a record that it rests on is from before the indicator's valid_from, "+ind.From.Format(time.RFC3339))
	}
	if !ind.Until.IsZero() && !last.Before(ind.Until) {
		caveats = append(caveats, "a record that it rests on is from after the indicator's valid_until, "+ind.Until.Format(time.RFC3339))
	}
	return caveats
}

// add adds counts of a block.
func (o outdated) add(block outdated) {
	for id, n := range block {
		o[id] += n
	}
}

// caveats say how many matches did not count.
func (o outdated) caveats() []Warning {
	if len(o) == 0 {
		return nil
	}
	n := int64(0)
	for _, k := range o {
		n += k
	}
	word := "indicators"
	if len(o) == 1 {
		word = "indicator"
	}
	return []Warning{{Offset: -1, Message: fmt.Sprintf("%s from after the valid_until of %d %s: left out; --expired keeps them", matching(n, "is", "are"), len(o), word)}}
}
