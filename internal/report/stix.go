package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/internal/hunt"
	"entente/internal/sigma"
	stix21 "entente/internal/stix"
)

// STIXOptions say who speaks in a STIX bundle and under which handling rule.
type STIXOptions struct {
	// Identity is the name of the organisation that hunted. "": "Entente hunt", a system.
	Identity string
	// TLP marks every object: clear, green, amber, amber+strict or red (TLP 2.0). "" marks nothing.
	TLP string
	// Events adds the whole record of each finding as an artifact. Without it an artifact stands only where a
	// record has nothing that STIX has an object for.
	Events bool
}

// NewSTIX writes a STIX 2.1 bundle. Per rule that fired: an indicator whose pattern is the rule's own text
// (pattern_type sigma) and its relationships to attack patterns. Per finding: the cyber observables of the record,
// an observed-data object that refers to them, and a sighting of the indicator at the host.
//
// A rule that was made of an indicator of STIX does not become another one: the sightings are of that indicator, which
// stands in the bundle as it was received. Sightings of it and their observed-data carry its markings; where the bundle's own
// label is the stricter one, that label.
//
// The pattern of a correlation is followed by the rules that it refers to, so that it can be run.
//
// Identifiers depend on content alone, so writing the same findings again gives the same objects; created and
// modified of observed-data and sightings are the time of the last record, those of an indicator the dates of its
// rule. Observables and hosts are written once; the memory of what was written is bounded, and beyond that bound
// an object may stand in the bundle again, unchanged. The bundle's own identifier follows its objects, of which it is made.
// Only a record without a time takes the clock into the bundle: it was observed when it was found.
//
// Where the hunt did not go through all of its inputs, a note about who hunted says so and why: what is not in the bundle
// may have happened all the same.
//
// An unknown TLP label is an error at the first call, so that nothing goes out unmarked.
func NewSTIX(w io.Writer, o Options) Sink {
	sum := sha256.New()
	s := &stix{lines: lines{w: io.MultiWriter(w, sum)}, sum: sum, o: o, now: o.now(), rules: map[string]string{}, seen: map[string]bool{}}
	s.buf = append(s.buf, `{"type":"bundle","objects":[`...)
	return s
}

type stix struct {
	lines
	sum       hash.Hash // of what was written
	o         Options
	now       time.Time
	begun     bool
	any       bool   // an object was written
	self      string // id of the identity that speaks
	marking   string // id of the marking, "" without
	tlp       string // its label
	rules     map[string]string
	seen, old map[string]bool // ids that were written: this generation and the one before
}

// stixSeen is how many ids a generation remembers; two are kept.
const stixSeen = 1 << 17

// stixEpoch is the time of creation of objects that have none of their own: it must be the same in every bundle.
const stixEpoch = "2021-07-19T00:00:00.000Z"

// stixAlways is since when a rule's indicator is valid. What it describes was the same before somebody wrote the rule, and
// hunts look into the past: no sighting may be older than that.
const stixAlways = "1970-01-01T00:00:00.000Z"

func (s *stix) begin() error {
	if s.begun {
		return s.err
	}
	s.begun = true
	name, class := s.o.STIX.Identity, "organization"
	if name == "" {
		name, class = "Entente hunt", "system"
	}
	tlp, ok := stix21.TLPLabel(s.o.STIX.TLP)
	if !ok && s.o.STIX.TLP != "" {
		s.err = fmt.Errorf("unknown TLP label %q: use clear, green, amber, amber+strict or red", s.o.STIX.TLP)
		return s.err
	}
	s.marking, _ = stix21.TLPMarking(tlp)
	s.tlp = tlp
	s.self = stixID("identity", class, name)
	s.addTLP(tlp)
	s.add("identity", s.self, stixEpoch, stixEpoch, func(j *jsonText) {
		j.str("name", name)
		j.str("identity_class", class)
	})
	return nil
}

// addTLP writes the marking definition of a label, unless it stands in the bundle already; "" has none.
func (s *stix) addTLP(label string) {
	id, ok := stix21.TLPMarking(label)
	if !ok || !s.first(id) {
		return
	}
	j := s.object()
	j.str("type", "marking-definition")
	j.str("spec_version", "2.1")
	j.str("id", id)
	j.str("created", stix21.TLPCreated)
	j.str("name", "TLP:"+strings.ToUpper(label))
	j.object("extensions", func() {
		j.object(stix21.TLPExtension, func() {
			j.str("extension_type", "property-extension")
			j.str("tlp_2_0", label)
		})
	})
	s.buf = append(j.b, '}')
}

// object begins the next object of the bundle.
func (s *stix) object() *jsonText {
	if s.any {
		s.buf = append(s.buf, ',')
	}
	s.any = true
	return &jsonText{b: append(s.buf, "\n{"...)}
}

// add writes a domain or relationship object unless it stands in the bundle already.
func (s *stix) add(kind, id, created, modified string, fill func(*jsonText)) {
	s.addMarked(kind, id, created, modified, s.ownMarks(), fill)
}

// ownMarks are the markings of what the hunt itself says.
func (s *stix) ownMarks() []string {
	if s.marking == "" {
		return nil
	}
	return []string{s.marking}
}

// addMarked is add for an object with markings of its own.
func (s *stix) addMarked(kind, id, created, modified string, marks []string, fill func(*jsonText)) {
	if !s.first(id) {
		return
	}
	j := s.object()
	j.str("type", kind)
	j.str("spec_version", "2.1")
	j.str("id", id)
	if id != s.self {
		j.str("created_by_ref", s.self)
	}
	j.str("created", created)
	j.str("modified", modified)
	fill(j)
	j.list("object_marking_refs", marks)
	s.buf = append(j.b, '}')
}

// addSCO writes an observable unless it stands in the bundle already, and returns its id.
func (s *stix) addSCO(kind string, id string, props map[string]any) string {
	if !s.first(id) {
		return id
	}
	j := s.object()
	j.str("type", kind)
	j.str("spec_version", "2.1")
	j.str("id", id)
	rest := appendTree(nil, props, appendJSONString)
	if len(rest) > 2 {
		j.comma()
		j.b = append(j.b, rest[1:len(rest)-1]...)
	}
	if s.marking != "" {
		j.list("object_marking_refs", []string{s.marking})
	}
	s.buf = append(j.b, '}')
	return id
}

// first says that an id was not written yet, as far as s remembers.
func (s *stix) first(id string) bool {
	if s.seen[id] || s.old[id] {
		return false
	}
	if len(s.seen) >= stixSeen {
		s.seen, s.old = map[string]bool{}, s.seen
	}
	s.seen[id] = true
	return true
}

func (s *stix) Finding(f *hunt.Finding) error {
	if err := s.begin(); err != nil {
		return err
	}
	indicator, marks := "", s.ownMarks()
	if ind := meta(f).Indicator; ind != nil {
		indicator, marks = s.received(ind)
	} else {
		indicator = s.indicator(f)
	}
	refs := s.observables(f)
	first, last := s.times(f)
	mark := fingerprint(f)
	observed := stixID("observed-data", s.self, mark, first)
	stamp := stixMillis(last)
	s.addMarked("observed-data", observed, stamp, stamp, marks, func(j *jsonText) {
		j.str("first_observed", first)
		j.str("last_observed", last)
		j.num("number_observed", min(weight(f), 999_999_999))
		j.list("object_refs", refs)
	})
	where := s.self
	if f.Host != "" {
		where = stixID("identity", "host", f.Host)
		s.add("identity", where, stixEpoch, stixEpoch, func(j *jsonText) {
			j.str("name", f.Host)
			j.str("identity_class", "system")
		})
	}
	s.addMarked("sighting", stixID("sighting", indicator, observed), stamp, stamp, marks, func(j *jsonText) {
		if len(f.Caveats) > 0 {
			j.str("description", strings.Join(f.Caveats, "\n"))
		}
		if hasTime(f.Time) {
			j.str("first_seen", first)
			j.str("last_seen", last)
		}
		j.num("count", min(weight(f), 999_999_999))
		j.str("sighting_of_ref", indicator)
		j.list("observed_data_refs", []string{observed})
		j.list("where_sighted_refs", []string{where})
	})
	return s.end()
}

func (s *stix) Close(sum *hunt.Summary) error {
	if err := s.begin(); err != nil {
		return err
	}
	if sum != nil && sum.Incomplete != "" {
		if err := s.incomplete(incompleteText(sum)); err != nil {
			return err
		}
	}
	s.buf = append(s.buf, "\n],\"id\":"...)
	if err := s.Flush(); err != nil {
		return err
	}
	s.buf = appendJSONString(s.buf, stixID("bundle", hex.EncodeToString(s.sum.Sum(nil))))
	s.buf = append(s.buf, "}\n"...)
	return s.Flush()
}

// incomplete writes a note of this bundle: another one with the same reason is another note.
func (s *stix) incomplete(text string) error {
	if err := s.Flush(); err != nil {
		return err
	}
	s.add("note", stixID("note", hex.EncodeToString(s.sum.Sum(nil)), text), stixEpoch, stixEpoch, func(j *jsonText) {
		j.str("abstract", "This bundle is incomplete")
		j.str("content", text)
		j.list("object_refs", []string{s.self})
	})
	return nil
}

// times are the window of a finding; a record without a time was observed when it was found.
func (s *stix) times(f *hunt.Finding) (first, last string) {
	a, b := f.Time, lastTime(f)
	if !hasTime(a) {
		a, b = s.now, s.now
	}
	if !hasTime(b) || b.Before(a) {
		b = a
	}
	return stixTime(a), stixTime(b)
}

// indicator writes the indicator of a finding's rule and what belongs to it, once, and returns its id.
func (s *stix) indicator(f *hunt.Finding) string {
	m := meta(f)
	key := ruleKey(m)
	if id, ok := s.rules[key]; ok {
		return id
	}
	created := stixDate(m.Date, stixEpoch)
	modified := max(stixDate(m.Modified, created), created)
	pattern, quoted := s.pattern(f)
	id := stixID("indicator", s.self, key)
	s.rules[key] = id
	s.add("indicator", id, created, modified, func(j *jsonText) {
		j.str("name", ruleTitle(m))
		text := strings.TrimSpace(m.Description)
		if !quoted {
			text = strings.TrimSpace(text + "\n\nThe pattern is not whole: the text of the rule, or of one that it refers to, was not at hand.")
		}
		j.some("description", text)
		kind := "anomalous-activity"
		if levelOf(f) >= high {
			kind = "malicious-activity"
		}
		j.list("indicator_types", []string{kind})
		j.str("pattern", pattern)
		j.str("pattern_type", "sigma")
		j.str("pattern_version", "2.1.0")
		j.str("valid_from", stixAlways)
		if len(f.Tactics) > 0 {
			j.array("kill_chain_phases", func() {
				for _, t := range f.Tactics {
					j.item(func() {
						j.str("kill_chain_name", "mitre-attack")
						j.str("phase_name", t)
					})
				}
			})
		}
		labels := []string{"level:" + levelOf(f).String()}
		if m.Status != "" {
			labels = append(labels, "status:"+m.Status)
		}
		for _, t := range f.Techniques {
			if !s.known(t) {
				labels = append(labels, "unknown-technique:"+t.ID)
			}
		}
		j.list("labels", labels)
		stixReferences(j, m)
	})
	for _, t := range f.Techniques {
		if !s.known(t) {
			continue
		}
		technique := stixID("attack-pattern", t.ID)
		s.add("attack-pattern", technique, stixEpoch, stixEpoch, func(j *jsonText) {
			name := t.Name
			if name == "" {
				name = t.ID
			}
			j.str("name", name)
			j.array("external_references", func() {
				j.item(func() {
					j.str("source_name", "mitre-attack")
					j.str("external_id", t.ID)
					if u, ok := webURL(techniqueURL(t)); ok {
						j.str("url", u)
					}
				})
			})
		})
		s.add("relationship", stixID("relationship", id, "indicates", technique), created, modified, func(j *jsonText) {
			j.str("relationship_type", "indicates")
			j.str("source_ref", id)
			j.str("target_ref", technique)
		})
	}
	return id
}

// known says that a technique is one of ATT&CK, as far as there are facts to tell by: what a rule's author mistyped is no
// attack pattern.
func (s *stix) known(t hunt.Technique) bool {
	if s.o.Attack == nil {
		return true
	}
	_, ok := s.o.Attack.Technique(t.ID)
	return ok
}

// pattern is the rule's text with those of the rules that it refers to, or where it cannot be had a YAML document that names
// the rule.
func (s *stix) pattern(f *hunt.Finding) (text string, quoted bool) {
	m := meta(f)
	own, ok := s.o.ruleText(m)
	if !ok {
		text = "title: " + strconv.Quote(visible(ruleTitle(m))) + "\n"
		if m.ID != "" {
			text += "id: " + m.ID + "\n"
		}
		return text, false
	}
	texts := [][]byte{own}
	size := len(own)
	for _, base := range f.RestsOn {
		more, ok := s.o.ruleText(base)
		if slices.ContainsFunc(texts, func(t []byte) bool { return bytes.Equal(t, more) }) {
			continue // one document may be several rules
		}
		if size += len(more); !ok || size > maxRuleText {
			return strings.ToValidUTF8(string(own), "\uFFFD"), false
		}
		texts = append(texts, more)
	}
	return strings.ToValidUTF8(string(bytes.Join(texts, []byte("\n---\n"))), "\uFFFD"), true
}

func stixReferences(j *jsonText, m *sigma.Meta) {
	var urls []string
	for _, ref := range m.References {
		if u, ok := webURL(ref); ok {
			urls = append(urls, u)
		}
	}
	if m.ID == "" && len(urls) == 0 {
		return
	}
	j.array("external_references", func() {
		if m.ID != "" {
			j.item(func() {
				j.str("source_name", "sigma")
				j.str("external_id", m.ID)
			})
		}
		for _, u := range urls {
			j.item(func() {
				j.str("source_name", "reference")
				j.str("url", u)
			})
		}
	})
}

// artifact holds the whole record.
func (s *stix) artifact(f *hunt.Finding) string {
	text := []byte(f.Event)
	if len(text) == 0 {
		text = []byte("{}")
	}
	props := map[string]any{
		"mime_type":   "application/json",
		"payload_bin": base64.StdEncoding.EncodeToString(text),
	}
	return s.addSCO("artifact", scoID("artifact", map[string]any{"payload_bin": props["payload_bin"]}), props)
}

// stixTime writes a time in milliseconds, or where it is finer in microseconds: the specification allows more
// digits, but widely used readers refuse them.
func stixTime(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond()/1e3%1e3 != 0 {
		return t.Format("2006-01-02T15:04:05.000000Z")
	}
	return t.Format("2006-01-02T15:04:05.000Z")
}

// stixMillis cuts a time of stixTime to milliseconds, the precision of created and modified.
func stixMillis(s string) string {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return stixEpoch
	}
	return t.Format("2006-01-02T15:04:05.000Z")
}

// stixDate reads a date of a rule: 2006-01-02 or 2006/01/02.
func stixDate(date, otherwise string) string {
	t, err := time.Parse("2006-01-02", strings.ReplaceAll(date, "/", "-"))
	if err != nil || !hasTime(t) {
		return otherwise
	}
	return t.Format("2006-01-02T15:04:05.000Z")
}
