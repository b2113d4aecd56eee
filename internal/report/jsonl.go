package report

import (
	"encoding/json"
	"io"

	"entente/internal/hunt"
	"entente/internal/sigma"
)

// NewJSONL writes one JSON object per finding and line (JSON Lines). The members and their order are documented in
// docs/formats/finding.md and do not change within a major version: new members are added at the end of their
// object. Where the hunt did not go through all of its inputs, a last line says so and why. The output is ASCII-safe where it matters: control and format characters, bidirectional overrides and
// <, >, & are escapes, so a line can be printed on a terminal or placed in a page.
func NewJSONL(w io.Writer) Sink { return &jsonl{lines: lines{w: w}} }

type jsonl struct {
	lines
	rules ruleTexts
}

func (s *jsonl) Finding(f *hunt.Finding) error {
	s.buf = appendFinding(s.buf, f, &s.rules)
	s.buf = append(s.buf, '\n')
	return s.end()
}

func (s *jsonl) Close(sum *hunt.Summary) error {
	if sum != nil && sum.Incomplete != "" {
		s.buf = append(appendIncomplete(s.buf, sum), '\n')
	}
	return s.Flush()
}

// appendIncomplete appends the object of docs/formats/finding.md that stands for what a hunt has not read.
func appendIncomplete(dst []byte, sum *hunt.Summary) []byte {
	j := jsonText{b: append(dst, '{')}
	j.str("incomplete", sum.Incomplete)
	j.close('}')
	return j.b
}

// appendFinding appends the JSON object of docs/formats/finding.md. rules may be nil.
func appendFinding(dst []byte, f *hunt.Finding, rules *ruleTexts) []byte {
	j := jsonText{b: append(append(dst, '{'), rules.members(f)...)}
	recordMembers(&j, f)
	j.close('}')
	return j.b
}

// ruleTexts keeps what findings say of their rules, which is the same for each finding of a rule. The zero value is ready.
type ruleTexts struct {
	texts map[ruleText][]byte
}

// ruleText tells apart what findings may say of their rules: techniques and tactics are the rule's own slices.
type ruleText struct {
	rule                *sigma.Meta
	technique           *hunt.Technique
	tactic              *string
	techniques, tactics int
}

// members are the members rule and attack of a finding.
func (r *ruleTexts) members(f *hunt.Finding) []byte {
	k := ruleText{rule: f.Rule, techniques: len(f.Techniques), tactics: len(f.Tactics)}
	if k.techniques > 0 {
		k.technique = &f.Techniques[0]
	}
	if k.tactics > 0 {
		k.tactic = &f.Tactics[0]
	}
	if r != nil {
		if text, ok := r.texts[k]; ok {
			return text
		}
	}
	var j jsonText
	j.object("rule", func() { ruleMembers(&j, meta(f)) })
	if len(f.Techniques)+len(f.Tactics) > 0 {
		j.object("attack", func() { attackMembers(&j, f) })
	}
	if r != nil {
		const most = 1 << 16 // rules; there are some thousand
		if r.texts == nil || len(r.texts) >= most {
			r.texts = map[ruleText][]byte{}
		}
		r.texts[k] = j.b
	}
	return j.b
}

func ruleMembers(j *jsonText, m *sigma.Meta) {
	j.some("id", m.ID)
	j.str("title", ruleTitle(m))
	j.some("level", m.Level)
	j.some("status", m.Status)
	j.some("file", m.File)
	j.list("tags", m.Tags)
	if m.Indicator != nil {
		j.object("indicator", func() { indicatorMembers(j, m.Indicator) })
	}
}

func attackMembers(j *jsonText, f *hunt.Finding) {
	j.array("techniques", func() {
		for _, t := range f.Techniques {
			j.item(func() {
				j.str("id", t.ID)
				j.some("name", t.Name)
			})
		}
	})
	j.array("tactics", func() {
		for _, t := range f.Tactics {
			j.elem(t)
		}
	})
}

// recordMembers are the members of a finding that come from the log: all but rule and attack.
func recordMembers(j *jsonText, f *hunt.Finding) {
	j.when("time", f.Time)
	j.some("host", f.Host)
	j.some("user", f.User)
	j.some("source", string(f.Source))
	j.some("channel", f.Channel)
	j.some("provider", f.Provider)
	if f.EventID != 0 {
		j.num("event_id", int64(f.EventID))
	}
	if f.HasRecordID || f.RecordID != 0 {
		j.big("record_id", f.RecordID)
	}
	if f.File != "" {
		j.str("file", f.File)
		j.num("offset", f.Offset)
	}
	j.object("matched", func() { matchedMembers(j, f.Matched) })
	if len(f.Event) > 0 {
		j.raw("event", f.Event)
	}
	j.list("caveats", f.Caveats)
	if c := f.Correlation; c != nil {
		j.object("correlation", func() { correlationMembers(j, c) })
	}
	j.num("count", weight(f))
	if f.Last.After(f.Time) {
		j.when("last", f.Last)
	}
	if t, ok := impersonated(f); ok {
		j.object("impersonated", func() {
			j.some("name", t.Name)
			j.some("sid", t.SID)
			j.some("logon", t.Logon)
			j.list("groups", t.Groups)
		})
	}
}

// matchedMembers writes the matched fields; a field with several values becomes an array, so that no member stands
// twice.
func matchedMembers(j *jsonText, fields []hunt.FieldValue) {
	for i, fv := range fields {
		if i > 0 && fields[i-1].Name == fv.Name {
			continue // the list is in order of name
		}
		n := i + 1
		for n < len(fields) && fields[n].Name == fv.Name {
			n++
		}
		switch {
		case n > i+1:
			j.array(fv.Name, func() {
				for _, v := range fields[i:n] {
					j.elem(v.Value)
				}
			})
		case fv.Null:
			j.raw(fv.Name, json.RawMessage("null"))
		default:
			j.str(fv.Name, fv.Value)
		}
	}
}

func correlationMembers(j *jsonText, c *hunt.CorrelationHit) {
	j.str("type", string(c.Type))
	j.object("group", func() { matchedMembers(j, c.Group) })
	j.float("value", c.Value)
	j.when("first", c.First)
	j.when("last", c.Last)
	j.num("total", int64(c.Total))
	j.array("matches", func() {
		for _, m := range c.Matches {
			j.item(func() {
				j.str("rule", m.Rule)
				j.some("title", m.Title)
				j.when("time", m.Time)
				j.some("host", m.Host)
				j.some("file", m.File)
				j.num("offset", m.Offset)
				j.some("user", m.User)
				j.some("channel", m.Channel)
				if m.EventID != 0 {
					j.num("event_id", int64(m.EventID))
				}
				if m.HasRecordID || m.RecordID != 0 {
					j.big("record_id", m.RecordID)
				}
				if m.Carved {
					j.boolean("carved", true)
				}
			})
		}
	})
}
