package advisory

import (
	"reflect"
	"slices"
	"strings"

	"entente/internal/sigma"
)

// Document is a pack as one value for [encoding/json], with the keys of the format: the manifest's, and ttps, mitigations,
// indicators, rules and counts. Tests are counted only.
func (p *Pack) Document() map[string]any {
	out, _ := plainValue(reflect.ValueOf(p.Manifest)).(map[string]any)
	out["ttps"] = plainValue(reflect.ValueOf(p.TTPs))
	out["mitigations"] = plainValue(reflect.ValueOf(p.Mitigations))
	out["indicators"] = plainValue(reflect.ValueOf(p.Indicators))
	out["rules"] = p.RuleList()
	out["counts"] = p.Count()
	return out
}

// plainValue turns structs with yaml tags into maps. Fields that may be left out and are empty are.
func plainValue(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Struct:
		out := map[string]any{}
		for i := range v.NumField() {
			name, rest, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
			if name == "" || name == "-" || rest == "omitempty" && v.Field(i).IsZero() {
				continue
			}
			out[name] = plainValue(v.Field(i))
		}
		return out
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plainValue(v.Index(i))
		}
		return out
	default:
		return v.Interface()
	}
}

// RuleInfo is a rule or correlation in short.
type RuleInfo struct {
	ID     string   `json:"id"`
	Title  string   `json:"title"`
	Kind   string   `json:"kind"` // rule or correlation
	Level  string   `json:"level"`
	Status string   `json:"status"`
	File   string   `json:"file"`
	Stage  string   `json:"stage,omitempty"`
	Tags   []string `json:"tags"`
	// Silent rules give no findings themselves: a correlation counts them.
	Silent bool `json:"silent,omitempty"`
	// Indicator says that it was made of one.
	Indicator bool `json:"indicator,omitempty"`
}

// RuleList lists the rules and correlations of a pack in the order of their files.
func (p *Pack) RuleList() []RuleInfo {
	silent := p.silentRules()
	out := make([]RuleInfo, 0, len(p.Rules.Rules)+len(p.Rules.Correlations))
	line := map[string]int{}
	add := func(m *sigma.Meta, kind string) {
		if m.ID == "" { // the events that a correlation counts which was made of a rule
			return
		}
		line[m.ID] = m.Line
		out = append(out, RuleInfo{
			ID: m.ID, Title: m.Title, Kind: kind, Level: m.Level, Status: m.Status, File: m.File, Stage: StageOf(m),
			Tags: append([]string{}, m.Tags...), Silent: silent[m.ID] != "", Indicator: p.FromIndicator(m),
		})
	}
	for _, r := range p.Rules.Rules {
		add(&r.Meta, "rule")
	}
	for _, r := range p.Rules.Correlations {
		add(&r.Meta, "correlation")
	}
	slices.SortStableFunc(out, func(a, b RuleInfo) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return line[a.ID] - line[b.ID]
	})
	return out
}

// StageOf is the stage that a rule's findings show, "" where it has none.
func StageOf(m *sigma.Meta) string {
	for _, tag := range m.Tags {
		if s, ok := strings.CutPrefix(tag, StageTag); ok {
			return s
		}
	}
	return ""
}

// Counts says how much there is in a pack.
type Counts struct {
	TTPs         int            `json:"ttps"`
	Detected     int            `json:"ttps_with_detections"`
	Tactics      int            `json:"tactics"`
	Pairs        int            `json:"pairs"` // of a TTP and a tactic
	Rules        int            `json:"rules"` // silent ones included, those of indicators not
	Correlations int            `json:"correlations"`
	Filters      int            `json:"filters"`
	Levels       map[string]int `json:"levels"` // of rules and correlations that give findings
	Indicators   int            `json:"indicators"`
	Mitigations  int            `json:"mitigations"`
	Questions    int            `json:"questions"`
	Positives    int            `json:"positives"`
	Negatives    int            `json:"negatives"`
}

// Count counts.
func (p *Pack) Count() Counts {
	c := Counts{
		TTPs: len(p.TTPs), Filters: p.Rules.Filters, Levels: map[string]int{}, Indicators: len(p.Indicators), Mitigations: len(p.Mitigations),
	}
	tactics := map[string]bool{}
	for i := range p.TTPs {
		t := &p.TTPs[i]
		if len(t.Detections) > 0 {
			c.Detected++
		}
		c.Pairs += len(t.Tactics)
		c.Questions += len(t.Questions)
		for _, s := range t.Tactics {
			tactics[s] = true
		}
	}
	c.Tactics = len(tactics)
	for _, r := range p.RuleList() {
		if r.Indicator {
			continue
		}
		if r.Kind == "rule" {
			c.Rules++
		} else {
			c.Correlations++
		}
		if !r.Silent {
			c.Levels[r.Level]++
		}
	}
	for i := range p.Tests {
		c.Positives += len(p.Tests[i].Positive)
		c.Negatives += len(p.Tests[i].Negative)
	}
	return c
}

// only holds those rules and correlations that the documents are.
func (p *Pack) only(docs []*ruleDoc) *sigma.Collection {
	has := func(m *sigma.Meta) bool {
		return slices.ContainsFunc(docs, func(d *ruleDoc) bool { return strings.EqualFold(d.id, m.ID) })
	}
	out := &sigma.Collection{}
	for _, r := range p.Rules.Rules {
		if has(&r.Meta) {
			out.Rules = append(out.Rules, r)
		}
	}
	for _, r := range p.Rules.Correlations {
		if has(&r.Meta) {
			out.Correlations = append(out.Correlations, r)
		}
	}
	return out
}

// silentRules says of rules and correlations that give no findings themselves, by id, which correlation counts them.
func (p *Pack) silentRules() map[string]string {
	out := map[string]string{}
	loud := map[string]bool{}
	for _, co := range p.Rules.Correlations {
		for _, ref := range co.Rules {
			rules, sub := p.Rules.Resolve(ref)
			for _, r := range rules {
				out[r.ID] = co.Title
				loud[r.ID] = loud[r.ID] || co.Generate
			}
			if sub != nil {
				out[sub.ID] = co.Title
				loud[sub.ID] = loud[sub.ID] || co.Generate
			}
		}
	}
	for id := range loud {
		if loud[id] {
			delete(out, id)
		}
	}
	return out
}
