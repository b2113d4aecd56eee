package packimport

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"entente/internal/advisory"
	"entente/internal/stixpattern"
)

// mispEvent is what an import reads of an event of MISP (MISP core format).
type mispEvent struct {
	UUID       text              `json:"uuid"`
	Info       text              `json:"info"`
	Date       text              `json:"date"`
	Timestamp  text              `json:"timestamp"`
	Published  text              `json:"publish_timestamp"`
	Org        mispOrg           `json:"Org"`
	Orgc       mispOrg           `json:"Orgc"`
	Tags       []json.RawMessage `json:"Tag"`
	Attributes []json.RawMessage `json:"Attribute"`
	Objects    []json.RawMessage `json:"Object"`
	Galaxies   []json.RawMessage `json:"Galaxy"`
}

type mispOrg struct {
	Name text `json:"name"`
}

type mispTag struct {
	Name text `json:"name"`
}

type mispAttribute struct {
	UUID      text              `json:"uuid"`
	Type      text              `json:"type"`
	Value     text              `json:"value"`
	Comment   text              `json:"comment"`
	ToIDs     *flag             `json:"to_ids"`
	FirstSeen text              `json:"first_seen"`
	LastSeen  text              `json:"last_seen"`
	Deleted   flag              `json:"deleted"`
	Tags      []json.RawMessage `json:"Tag"`
	Galaxies  []json.RawMessage `json:"Galaxy"`
}

type mispObject struct {
	Name       text              `json:"name"`
	Comment    text              `json:"comment"`
	Deleted    flag              `json:"deleted"`
	Attributes []json.RawMessage `json:"Attribute"`
}

type mispGalaxy struct {
	Type     text              `json:"type"`
	Clusters []json.RawMessage `json:"GalaxyCluster"`
}

type mispCluster struct {
	Type text `json:"type"`
	Name text `json:"value"`
	Tag  text `json:"tag_name"`
	Meta struct {
		IDs   texts `json:"external_id"`
		Chain texts `json:"kill_chain"`
	} `json:"meta"`
}

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
	type wrapped struct {
		Event    *json.RawMessage  `json:"Event"`
		Response []json.RawMessage `json:"response"`
	}
	var list []json.RawMessage
	if json.Unmarshal(data, &list) != nil {
		list = []json.RawMessage{data}
	}
	r := &mispReader{draft: d, unknown: map[string]int{}}
	events := 0
	var open func(list []json.RawMessage, depth int)
	open = func(list []json.RawMessage, depth int) {
		each(list, func(i int, err error) { d.remark(fmt.Sprintf("event %d", i+1), "it cannot be read: %s", err) }, func(w wrapped) {
			switch {
			case len(w.Response) > 0 && depth < 2:
				open(w.Response, depth+1)
			case w.Event != nil && events < 100:
				var e mispEvent
				if err := json.Unmarshal(*w.Event, &e); err != nil {
					d.remark("event", "it cannot be read: %s", err)
					return
				}
				events++
				r.event(&e, events)
			}
		})
	}
	open(list, 0)
	if events == 0 {
		return errors.New("there is no event in it")
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

func (r *mispReader) event(e *mispEvent, number int) {
	where := string(e.UUID)
	if number == 1 {
		r.m.Title = string(e.Info)
		r.m.Issued, r.m.Modified = date(string(e.Date)), unixDate(string(e.Timestamp))
		name := oneLine(string(e.Orgc.Name))
		if name == "" {
			name = oneLine(string(e.Org.Name))
		}
		if name != "" {
			r.m.Issuers = append(r.m.Issuers, advisory.Issuer{Name: clip(name, maxLine), Role: "source"})
		}
	} else {
		r.section("", "Another event: "+oneLine(string(e.Info)))
	}
	r.labels(where, e.Tags, e.Galaxies, nil)
	bad := func(i int, err error) {
		r.remark(fmt.Sprintf("%s, attribute %d", where, i+1), "it cannot be read: %s", err)
	}
	each(e.Attributes, bad, func(a mispAttribute) { r.attribute(a, "") })
	each(e.Objects, func(i int, err error) {
		r.remark(fmt.Sprintf("%s, object %d", where, i+1), "it cannot be read: %s", err)
	}, func(o mispObject) {
		if o.Deleted {
			return
		}
		context := oneLine(string(o.Comment))
		each(o.Attributes, bad, func(a mispAttribute) { r.attribute(a, context) })
	})
}

var mispTechnique = regexp.MustCompile(`\b(T\d{4}(?:\.\d{3})?)\b`)

// labels takes in tags and galaxies; the ids of techniques go to ids where it is given.
func (r *mispReader) labels(where string, tags, galaxies []json.RawMessage, ids *[]string) {
	odd := func(int, error) {}
	technique := func(id string) {
		if t := r.ttp(where, id); t != nil && ids != nil {
			*ids = append(*ids, t.ID)
		}
	}
	each(tags, odd, func(t mispTag) {
		name := string(t.Name)
		kind, rest, _ := strings.Cut(name, "=")
		switch {
		case r.mark(name):
		case strings.Contains(kind, "attack-pattern"):
			if m := mispTechnique.FindStringSubmatch(rest); m != nil {
				technique(m[1])
			} else {
				r.remark(where, "the tag %s names no ATT&CK id", name)
			}
		case ids == nil:
			r.remark(where, "the tag %s is left out", name)
		}
	})
	each(galaxies, odd, func(g mispGalaxy) {
		each(g.Clusters, odd, func(c mispCluster) {
			if !strings.Contains(string(g.Type), "attack-pattern") && !strings.Contains(string(c.Type), "attack-pattern") {
				if ids == nil {
					r.section("", "The source names: "+oneLine(strings.ReplaceAll(string(g.Type), "-", " "))+" "+oneLine(string(c.Name)))
					r.remark(where, "the galaxy cluster %q (%s) is named in the description, and no more of it is carried over", c.Name, g.Type)
				}
				return
			}
			id := ""
			for _, x := range c.Meta.IDs {
				if mispTechnique.MatchString(x) {
					id = x
				}
			}
			if m := mispTechnique.FindStringSubmatch(string(c.Name)); id == "" && m != nil {
				id = m[1]
			}
			if id == "" {
				r.remark(where, "the galaxy cluster %q names no ATT&CK id", c.Name)
				return
			}
			technique(id)
			for _, chain := range c.Meta.Chain { // mitre-attack:initial-access, enterprise-attack:initial-access
				_, tactic, _ := strings.Cut(chain, ":")
				if t := r.byTTP[strings.ToUpper(id)]; t != nil {
					if _, ok := r.facts.Tactic(tactic); ok {
						r.tactic(where, t, tactic)
					}
				}
			}
		})
	})
}

// attribute makes indicators, rules and references of an attribute.
func (r *mispReader) attribute(a mispAttribute, context string) {
	if r.seen++; r.seen > maxAttributes {
		if r.seen == maxAttributes+1 {
			r.remark("attributes", "those beyond the first %d are left out", maxAttributes)
		}
		return
	}
	where := "attribute " + string(a.UUID)
	if a.Deleted {
		return
	}
	var ttps []string
	r.labels(where, a.Tags, a.Galaxies, &ttps)
	value := strings.TrimSpace(string(a.Value))
	comment := oneLine(string(a.Comment))
	switch a.Type {
	case "sigma":
		r.addRuleFile(where, "misp_"+slug(titleOf(value), 50, '_')+".yml", value)
		return
	case "stix2-pattern":
		if a.ToIDs == nil || *a.ToIDs {
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
			r.unknown[string(a.Type)]++
		}
		return
	}
	found := mispIndicators(string(a.Type), value)
	if len(found) == 0 {
		r.unknown[oneLine(clip(string(a.Type), 60))]++
		return
	}
	if a.ToIDs != nil && !*a.ToIDs {
		r.quiet++
		return
	}
	for _, in := range found {
		in.Context, in.TTPs = comment, compact(ttps)
		if in.Context == "" {
			in.Context = context
		}
		in.FirstSeen, in.LastSeen = date(string(a.FirstSeen)), date(string(a.LastSeen))
		r.indicator(where, in)
	}
}

// pattern takes in a pattern of STIX, as indicators where it is nothing but values, else as rules.
func (r *mispReader) pattern(where, value, context string, ttps []string, a mispAttribute) {
	p, err := readPattern(value)
	if err != nil {
		r.remark(where, "the pattern cannot be read and is left out: %s", err)
		return
	}
	found, err := patternIndicators(p)
	if err != nil {
		name := cmp.Or(clip(context, 70), "STIX pattern")
		meta := stixpattern.SigmaMeta{ID: string(a.UUID), Title: name, Level: "medium"}
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
		in.FirstSeen, in.LastSeen = date(string(a.FirstSeen)), date(string(a.LastSeen))
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
