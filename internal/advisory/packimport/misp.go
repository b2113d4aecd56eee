package packimport

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"entente/internal/advisory"
	"entente/internal/misp"
	"entente/internal/stixpattern"
)

// maxAttributes is how many attributes of an event are looked at.
const maxAttributes = 100_000

// mispReader makes a pack of events.
type mispReader struct {
	*draft
	seen    int
	unknown map[string]int // attributes by type that a pack has no place for
	quiet   int            // attributes that are not for detection
}

// readMISP reads one event, or a list of them, as a search answers.
func (d *draft) readMISP(data []byte) error {
	r := &mispReader{draft: d, unknown: map[string]int{}}
	events := 0
	err := misp.Read(bytes.NewReader(data), misp.Limits{}, func(e *misp.Event) error {
		if events++; events <= 100 {
			r.event(e, events)
		}
		return nil
	}, func(l misp.Loss) { d.remark(l.Where, "%s: %s", l.What, l.Why) })
	switch {
	case err != nil:
		return err
	case events == 0:
		return misp.ErrNoEvent
	case events > 100:
		d.remark("", "of the %d events of the source the first 100 are taken", events)
	}
	if events > 1 {
		d.remark("", "the source has %d events: the pack is called after the first and holds all of them", events)
	}
	for _, kind := range sortedKeys(r.unknown) {
		d.remark("attributes", "a pack has no place for the type %s: %d left out", kind, r.unknown[kind])
	}
	if r.quiet > 0 {
		d.remark("attributes", "%d are not meant for detection (to_ids is false): they are left out", r.quiet)
	}
	return nil
}

func (r *mispReader) event(e *misp.Event, number int) {
	if number == 1 {
		r.m.Title = e.Info
		r.m.Issued, r.m.Modified = date(e.Date), unixDate(e.Timestamp)
		if name := cmp.Or(oneLine(e.Orgc.Name), oneLine(e.Org.Name)); name != "" {
			r.m.Issuers = append(r.m.Issuers, advisory.Issuer{Name: clip(name, maxLine), Role: "source"})
		}
	} else {
		r.section("", "Another event: "+oneLine(e.Info))
	}
	r.labels(e.UUID, e.Tags, e.Galaxies, nil)
	for _, b := range e.Broken {
		r.remark(b.Where, "%s: %s", b.What, b.Why)
	}
	for _, a := range e.Attributes {
		r.attribute(a, "")
	}
	for _, o := range e.Objects {
		if o.Deleted {
			continue
		}
		for _, a := range o.Attributes {
			r.attribute(a, oneLine(o.Comment))
		}
	}
}

var mispTechnique = regexp.MustCompile(`\b(T\d{4}(?:\.\d{3})?)\b`)

// labels takes in tags and galaxies; the ids of techniques go to ids where it is given.
func (r *mispReader) labels(where string, tags []misp.Tag, galaxies []misp.Galaxy, ids *[]string) {
	technique := func(id string) {
		if t := r.ttp(where, id); t != nil && ids != nil {
			*ids = append(*ids, t.ID)
		}
	}
	for _, t := range tags {
		kind, rest, _ := strings.Cut(t.Name, "=")
		switch {
		case r.mark(t.Name):
		case strings.Contains(kind, "attack-pattern"):
			if m := mispTechnique.FindStringSubmatch(rest); m != nil {
				technique(m[1])
			} else {
				r.remark(where, "the tag %s names no ATT&CK id", t.Name)
			}
		case ids == nil:
			r.remark(where, "the tag %s is left out", t.Name)
		}
	}
	for _, g := range galaxies {
		for _, c := range g.Clusters {
			r.cluster(where, g, c, technique, ids == nil)
		}
	}
}

// cluster takes in a technique; what else an event names, without the detail of an attribute, is said in the description.
func (r *mispReader) cluster(where string, g misp.Galaxy, c misp.Cluster, technique func(id string), ofEvent bool) {
	if !strings.Contains(g.Type, "attack-pattern") && !strings.Contains(c.Type, "attack-pattern") {
		if ofEvent {
			r.section("", "The source names: "+oneLine(strings.ReplaceAll(g.Type, "-", " "))+" "+oneLine(c.Value))
			r.remark(where, "the galaxy cluster %q (%s) is named in the description, and no more of it is carried over", c.Value, g.Type)
		}
		return
	}
	id := ""
	for _, x := range c.ExternalIDs {
		if mispTechnique.MatchString(x) {
			id = x
		}
	}
	if m := mispTechnique.FindStringSubmatch(c.Value); id == "" && m != nil {
		id = m[1]
	}
	if id == "" {
		r.remark(where, "the galaxy cluster %q names no ATT&CK id", c.Value)
		return
	}
	technique(id)
	for _, chain := range c.KillChain { // mitre-attack:initial-access, enterprise-attack:initial-access
		_, tactic, _ := strings.Cut(chain, ":")
		if t := r.byTTP[strings.ToUpper(id)]; t != nil {
			if _, ok := r.facts.Tactic(tactic); ok {
				r.tactic(where, t, tactic)
			}
		}
	}
}

// attribute makes indicators, rules and references of an attribute.
func (r *mispReader) attribute(a misp.Attribute, context string) {
	if r.seen++; r.seen > maxAttributes {
		if r.seen == maxAttributes+1 {
			r.remark("attributes", "those beyond the first %d are left out", maxAttributes)
		}
		return
	}
	where := "attribute " + a.UUID
	if a.Deleted {
		return
	}
	var ttps []string
	r.labels(where, a.Tags, a.Galaxies, &ttps)
	value := strings.TrimSpace(a.Value)
	comment := oneLine(a.Comment)
	switch a.Type {
	case "sigma":
		r.addRuleFile(where, "misp_"+slug(titleOf(value), 50, '_')+".yml", value)
		return
	case "stix2-pattern":
		if a.ToIDs || !a.ToIDsGiven {
			r.pattern(where, value, cmp.Or(comment, context), compact(ttps), a)
			return
		}
	case "link":
		r.reference(comment, value)
		return
	case "vulnerability":
		r.section("", "The source names "+oneLine(value)+".")
		r.remark(where, "the vulnerability %s is named in the description", value)
		return
	case "comment", "text":
		if context == "" {
			r.section("", value)
		} else {
			r.unknown[a.Type]++
		}
		return
	}
	found := mispIndicators(a.Type, value)
	if len(found) == 0 {
		r.unknown[oneLine(clip(a.Type, 60))]++
		return
	}
	if a.ToIDsGiven && !a.ToIDs {
		r.quiet++
		return
	}
	for _, in := range found {
		in.Context, in.TTPs = comment, compact(ttps)
		if in.Context == "" {
			in.Context = context
		}
		in.FirstSeen, in.LastSeen = date(a.FirstSeen), date(a.LastSeen)
		r.indicator(where, in)
	}
}

// pattern takes in a pattern of STIX, as indicators where it is nothing but values, else as rules.
func (r *mispReader) pattern(where, value, context string, ttps []string, a misp.Attribute) {
	p, err := readPattern(value)
	if err != nil {
		r.remark(where, "the pattern cannot be read and is left out: %s", err)
		return
	}
	found, err := patternIndicators(p)
	if err != nil {
		name := cmp.Or(clip(context, 70), "STIX pattern")
		meta := stixpattern.SigmaMeta{ID: a.UUID, Title: name, Level: "medium"}
		for _, ttp := range ttps {
			if r.byTTP[ttp] != nil {
				meta.Tags = append(meta.Tags, r.attackTag(ttp))
			}
		}
		r.patternFile(where, name, p, meta, err)
		return
	}
	for _, in := range found {
		in.Context, in.TTPs = context, ttps
		in.FirstSeen, in.LastSeen = date(a.FirstSeen), date(a.LastSeen)
		r.indicator(where, in)
	}
}

func compact(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// mispIndicators maps an attribute: a type of two values, such as filename|sha256, becomes two indicators. Ports are left
// out. An empty list means that a pack has no type for it.
func mispIndicators(kind, value string) []advisory.Indicator {
	one := func(t, v string) []advisory.Indicator { return []advisory.Indicator{{Type: t, Value: v}} }
	first, second, pair := strings.Cut(kind, "|")
	if pair {
		left, right, _ := strings.Cut(value, "|")
		switch {
		case second == "port":
			return mispIndicators(first, left)
		case first == "regkey":
			return mispIndicators(first, left)
		case first == "filename" && (second == "sha256" || second == "sha1" || second == "md5"):
			// The hash says what the file is; its name alone would find others.
			return one(second, right)
		case first == "malware-sample" || first == "filename":
			return nil
		}
		return append(mispIndicators(first, left), mispIndicators(second, right)...)
	}
	switch kind {
	case "sha256", "sha1", "md5":
		return one(kind, value)
	case "x509-fingerprint-sha1", "x509-fingerprint-sha256", "x509-fingerprint-md5":
		return nil
	case "domain", "hostname":
		return one(advisory.TypeDomain, value)
	case "url", "uri":
		return one(advisory.TypeURL, value)
	case "ip-src", "ip-dst", "ip":
		return one(advisory.TypeIP, value)
	case "filename":
		if strings.ContainsAny(value, `/\`) {
			return one(advisory.TypePath, value)
		}
		return one(advisory.TypeFileName, value)
	case "user-agent":
		return one(advisory.TypeUserAgent, value)
	case "named pipe":
		return one(advisory.TypeNamedPipe, value)
	case "regkey":
		return one(advisory.TypeRegistryKey, value)
	}
	return nil
}

// unixDate is a day of seconds since 1970.
func unixDate(s string) advisory.Date {
	var n int64
	if _, err := fmt.Sscanf(s, "%d", &n); err != nil || n <= 0 || n > 1<<37 {
		return ""
	}
	return advisory.Date(time.Unix(n, 0).UTC().Format(time.DateOnly))
}
