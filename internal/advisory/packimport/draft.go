package packimport

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"entente/internal/advisory"
	"entente/internal/attack"
	"entente/internal/stix"
)

// Counts that an import bounds.
const (
	maxRemarks    = 2000
	maxTTPs       = 2000
	maxIndicators = 20_000
	maxRules      = 4500
	maxCourses    = 2000
	maxReferences = 500
	maxValue      = 2048 // bytes of an address or of an indicator's value
	maxLine       = 300  // bytes of a title or a name
	maxEntries    = 100  // of a short list
)

// draft is a pack that is being made.
type draft struct {
	o              Options
	facts          *attack.Facts
	source         string // what the source is called
	m              advisory.Manifest
	sections       []string // of the description
	ttps           []*advisory.TTP
	byTTP          map[string]*advisory.TTP // by the id as published
	byNow          map[string]*advisory.TTP // by today's id, where it is another one
	mitigations    []advisory.Mitigation
	mitigationIDs  map[string]bool
	indicators     []advisory.Indicator
	seenIndicators map[string]bool
	rules          []*ruleFile
	ruleBytes      int
	ruleDocs       int
	names          names
	remarks        []advisory.Remark
	more           int            // remarks beyond maxRemarks
	supplied       map[string]int // what the import supplied itself, by sentence
	tlp            string         // the strictest label of the source
}

func (d *draft) remark(where, format string, args ...any) {
	if len(d.remarks) >= maxRemarks {
		d.more++
		return
	}
	d.remarks = append(d.remarks, advisory.Remark{Where: clip(oneLine(where), 200), What: clip(oneLine(fmt.Sprintf(format, args...)), 1000)})
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// mark takes in a handling label: the strictest one counts.
func (d *draft) mark(label string) bool {
	l, ok := stix.TLPLabel(label)
	if ok {
		d.tlp = stix.Stricter(d.tlp, l)
	}
	return ok
}

// section adds a part to the description.
func (d *draft) section(title, body string) {
	body = tidy(body)
	if body == "" {
		return
	}
	if title = oneLine(title); title != "" {
		body = "## " + strings.TrimLeft(title, "# ") + "\n\n" + body
	}
	d.sections = append(d.sections, body)
}

// webAddress says that s is an address of the web of a length that a pack holds.
func webAddress(s string) bool {
	u, err := url.Parse(strings.TrimSpace(s))
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && len(s) <= maxValue
}

// reference adds something to read, once.
func (d *draft) reference(title, address string) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		d.remark("reference", "%q is no address of the web", clip(address, 200))
		return
	}
	if address = u.String(); len(address) > maxValue {
		d.remark("reference", "%s is longer than %d bytes", clip(address, 100), maxValue)
		return
	}
	if slices.ContainsFunc(d.m.References, func(r advisory.Reference) bool { return r.URL == address }) {
		return
	}
	if len(d.m.References) >= maxReferences {
		d.remark("reference", "%s is beyond the first %d", address, maxReferences)
		return
	}
	if title = oneLine(title); title == "" {
		title = u.Host
	}
	d.m.References = append(d.m.References, advisory.Reference{Title: clip(title, 300), URL: address})
}

// ttp returns the entry for an ATT&CK id, which it makes if there is none; nil where the id has not the form of a
// technique's.
func (d *draft) ttp(where, id string) *advisory.TTP {
	id = strings.ToUpper(strings.TrimSpace(id))
	t, ok := d.facts.FromTag("attack." + id)
	if !ok || t.Kind != attack.Technique {
		d.remark(where, "%q is no id of an ATT&CK technique", id)
		return nil
	}
	if ttp := d.byTTP[t.ID]; ttp != nil {
		return ttp
	}
	if len(d.ttps) >= maxTTPs {
		d.remark(where, "%s is beyond the first %d TTPs", id, maxTTPs)
		return nil
	}
	ttp := &advisory.TTP{ID: t.ID}
	if t.Object == nil {
		d.remark(where, "ATT&CK %s does not know %s: is it spelled right?", d.facts.Version, id)
	} else if now := t.Object.Latest(); now != t.Object && now.Kind == attack.Technique {
		ttp.Now = now.ID
	}
	d.ttps = append(d.ttps, ttp)
	d.byTTP[ttp.ID] = ttp
	if ttp.Now != "" && d.byNow[ttp.Now] == nil {
		d.byNow[ttp.Now] = ttp
	}
	return ttp
}

// tactic adds a tactic to an entry by any of its names.
func (d *draft) tactic(where string, t *advisory.TTP, name string) {
	o, ok := d.facts.Tactic(name)
	if !ok {
		if tag, isTag := d.facts.FromTag("attack." + name); isTag && tag.Kind == attack.Tactic && tag.Object != nil {
			o, ok = tag.Object, true
		}
	}
	if !ok {
		d.remark(where, "%q is no tactic of ATT&CK", name)
		return
	}
	if !slices.Contains(t.Tactics, o.Short) {
		t.Tactics = append(t.Tactics, o.Short)
	}
}

// procedure adds a text to what the actor does.
func procedure(t *advisory.TTP, body string) {
	body = tidy(body)
	switch {
	case body == "" || len(t.Procedure) > maxText || strings.Contains(t.Procedure, body):
	case t.Procedure == "":
		t.Procedure = body
	default:
		t.Procedure = clip(t.Procedure+"\n\n"+body, maxText)
	}
}

// mitigation adds something that stops TTPs, and returns its id.
func (d *draft) mitigation(where string, m advisory.Mitigation) string {
	if len(d.mitigations) >= maxCourses {
		d.remark(where, "%q is beyond the first %d mitigations", m.Title, maxCourses)
		return ""
	}
	m.Title, m.Text = clip(oneLine(m.Title), maxLine), tidy(m.Text)
	m.Attack, m.D3FEND = union(nil, m.Attack), append([]string{}, union(nil, m.D3FEND)...)
	if m.ID = slug(m.ID, 60, '-'); m.ID == "" {
		if m.ID = slug(m.Title, 60, '-'); m.ID == "" {
			m.ID = "mitigation"
		}
	}
	for stem, i := m.ID, 2; d.mitigationIDs[m.ID]; i++ {
		m.ID = fmt.Sprintf("%s-%d", stem, i)
	}
	d.mitigationIDs[m.ID] = true
	if m.Title == "" {
		m.Title = m.ID
	}
	if m.Text == "" {
		m.Text = m.Title + "."
	}
	switch m.Effort {
	case "low", "medium", "high":
	default:
		m.Effort = "medium"
		d.supply("the source does not say what effort a mitigation takes: medium is supplied")
	}
	d.mitigations = append(d.mitigations, m)
	return m.ID
}

// supply notes that the import wrote something that the source does not say.
func (d *draft) supply(sentence string) { d.supplied[sentence]++ }

// indicator adds a value to look for, once; what is not in order is reported.
func (d *draft) indicator(where string, in advisory.Indicator) {
	in.Context = clip(tidy(in.Context), 4000)
	if len(in.Value) > maxValue {
		d.remark(where, "an indicator of type %s is longer than %d bytes", in.Type, maxValue)
		return
	}
	if in.Type == advisory.TypeDomain {
		in.Value = strings.TrimSuffix(strings.TrimPrefix(in.Value, "*."), ".")
	}
	if err := in.Check(); err != nil {
		d.remark(where, "the indicator %s %q is left out: %s", in.Type, clip(in.Value, 200), err)
		return
	}
	key := in.Type + "\x00" + strings.ToLower(in.Value)
	if d.seenIndicators[key] {
		d.remark(where, "the indicator %s %s stands there already", in.Type, in.Value)
		return
	}
	if len(d.indicators) >= maxIndicators {
		d.remark(where, "%s %s is beyond the first %d indicators", in.Type, in.Value, maxIndicators)
		return
	}
	d.seenIndicators[key] = true
	if in.Context == "" {
		in.Context = "The source names the value and says no more."
	}
	switch in.Confidence {
	case "low", "medium", "high":
	default:
		in.Confidence = "low"
		d.supply("the source does not say how sure an indicator is: low is supplied")
	}
	switch in.Level {
	case "", "low", "medium", "high", "critical":
	default:
		in.Level = ""
	}
	in.FirstSeen, in.LastSeen = date(string(in.FirstSeen)), date(string(in.LastSeen))
	if in.LastSeen != "" && in.LastSeen < in.FirstSeen {
		in.LastSeen = ""
	}
	d.indicators = append(d.indicators, in)
}

// date cuts a time to its day; "" where it is none.
func date(s string) advisory.Date {
	s = strings.TrimSpace(s)
	if len(s) > 10 && (s[10] == 'T' || s[10] == ' ') {
		if t, err := time.Parse(time.RFC3339, strings.Replace(s, " ", "T", 1)); err == nil {
			return advisory.Date(t.UTC().Format(time.DateOnly))
		}
		s = s[:10]
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return ""
	}
	return advisory.Date(s)
}
