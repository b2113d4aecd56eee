package attribution

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What happened to a case, or in what it is about.
const (
	Happened = "happened" // what an item of evidence is about
	Received = "received"
	Added    = "added"
	Changed  = "changed"
	Graded   = "graded"
	Rated    = "rated"
	Judged   = "judged"
	Gone     = "withdrawn"
)

// Moment is an entry of the timeline.
type Moment struct {
	At     time.Time
	What   string // one of those above
	Part   string // identifier
	Name   string // of the part, or of what it is about
	Maker  string
	Author string
	TLP    string
	Text   string
	Reason string // why it changed
}

// Timeline is what the evidence is about and everything that was done to the case, by time. What is labelled more strictly than most
// is left out, "" being no bound; neither does it show as what something was before.
func (c *Case) Timeline(most string) []Moment {
	var out []Moment
	for _, i := range c.Items {
		if !i.Shown(most) {
			continue
		}
		m := Moment{Part: i.ID, Name: i.Name, Maker: i.Maker, Author: i.Author, TLP: i.TLP, Text: i.Text}
		if !i.Observed.IsZero() {
			m.At, m.What = i.Observed, Happened
			out = append(out, m)
		}
		if !i.Received.IsZero() {
			m.At, m.What = i.Received, Received
			out = append(out, m)
		}
	}
	before := map[string]*Part{}
	for _, p := range c.History {
		if most != "" && !Within(p.TLP, most) {
			continue
		}
		key := p.ID + " " + p.Maker
		m := Moment{
			At: p.Modified, What: Added, Part: p.ID, Name: cmp.Or(c.called(p.ID), p.Key()), Maker: p.Maker, Author: p.Author, TLP: p.TLP, Reason: p.Change,
			Text: about(c, p, before[key]),
		}
		switch b := p.Body.(type) {
		case *GradeOf:
			m.What, m.Name, m.Reason = Graded, c.called(b.Evidence), b.Reason
		case *Cell:
			m.What, m.Name, m.Reason = Rated, c.called(b.Evidence), b.Reason
		case *Judgement:
			m.What, m.Name = Judged, c.called(b.Hypothesis)
			m.Reason = cmp.Or(p.Change, b.Reason)
			if !b.Said.IsZero() {
				m.At = b.Said
			}
			m.Maker = cmp.Or(b.Member, p.Maker)
		case *Head, *Evidence, *Hypothesis, *Assumption, *Gap:
			if before[key] != nil {
				m.What = Changed
			}
		}
		if p.Withdrawn {
			m.What, m.Reason, m.At = Gone, p.Change, p.Modified
		}
		before[key] = p
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b Moment) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Part, b.Part))
	})
	return out
}

// about is what a version says, in a line: what it was before, too, where that is short.
func about(c *Case, p, before *Part) string {
	was := func(old, now string) string {
		if old == "" || old == now {
			return now
		}
		return old + " → " + now
	}
	switch b := p.Body.(type) {
	case *Head:
		return b.Title
	case *Evidence:
		return b.Text
	case *Hypothesis:
		return b.Text
	case *Assumption:
		return b.Text
	case *Gap:
		return b.Text
	case *GradeOf:
		old := ""
		if x, ok := bodyBefore[*GradeOf](before); ok {
			old = x.Grade.String()
		}
		return was(old, b.Grade.String())
	case *Cell:
		old := ""
		if x, ok := bodyBefore[*Cell](before); ok {
			old = string(x.Rating)
		}
		return fmt.Sprintf("%s: %s", cmp.Or(c.called(b.Hypothesis), b.Hypothesis), was(old, string(b.Rating)))
	case *Judgement:
		old, oldConfidence := "", ""
		if x, ok := bodyBefore[*Judgement](before); ok {
			old, oldConfidence = x.Likelihood.String(), x.Confidence.String()
		}
		var words []string
		if s := was(old, b.Likelihood.String()); s != "" {
			words = append(words, s)
		}
		if s := was(oldConfidence, b.Confidence.String()); s != "" {
			words = append(words, "confidence "+s)
		}
		return strings.Join(words, "; ")
	}
	return ""
}

func bodyBefore[T Body](p *Part) (body T, ok bool) {
	if p == nil {
		return body, false
	}
	body, ok = p.Body.(T)
	return body, ok
}
