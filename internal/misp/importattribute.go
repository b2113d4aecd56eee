package misp

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"entente/internal/stix"
)

// attribute makes an indicator, an observation, or a note of an attribute of the event.
func (r *run) attribute(a *Attribute, n int) {
	where := fmt.Sprintf("%s, attribute %s", r.where, cmp.Or(a.UUID, fmt.Sprint(n+1)))
	if a.Type == "" || strings.TrimSpace(a.Value) == "" {
		r.lose(where, "the attribute", "it has no type or no value")
		return
	}
	if a.Deleted && !r.o.RevokeDeleted {
		r.lose(where, a.Type, "it is deleted in MISP and left out")
		return
	}
	a.ToIDs = a.ToIDs || !a.ToIDsGiven && detects(a.Type)
	h := r.handle(where, handling{label: r.event.label, pap: r.event.pap}, a.Tags, a.Distribution, a.SharingGroup)
	r.unread(where, a)
	o, more := r.attributeObject(where, a, h)
	if o == nil {
		return
	}
	for _, m := range more {
		r.keep(m, handling{label: h.label, pap: h.pap})
	}
	if a.Deleted {
		o["revoked"] = true
	}
	id, _ := o["id"].(string)
	ext := attributeExtension(a, id, h.label)
	if tells(a, o) {
		delete(ext, "value")
	}
	r.put(o, h, a.Timestamp)
	if t := r.unlessTime(a.Timestamp, o["modified"].(string)); t != "" {
		ext["timestamp"] = t
	}
	extend(o, r.within(object{"attribute": ext}, h))
	if a.UUID != "" {
		r.ids[a.UUID] = id
	}
	for _, c := range r.clusters(where, h, a.Tags, a.Galaxies) {
		r.relate(id, relationTo(id, c), c, h, "", a.Timestamp, id, c)
	}
	r.sightings(where, a, o, h)
}

// unread says what of an attribute is not carried over.
func (r *run) unread(where string, a *Attribute) {
	if a.Data > 0 {
		r.lose(where, "the file in data", "%d bytes of base64 are left out: files do not travel with events", a.Data)
	}
	for name, n := range a.Left {
		r.lose(where, fmt.Sprintf("%d of %s", n, name), leftWhy(name))
	}
}

// attributeExtension is what the extension keeps of an attribute.
func attributeExtension(a *Attribute, id, label string) object {
	_, uuid, _ := strings.Cut(id, "--")
	return filled(object{
		"uuid": unless(a.UUID, uuid), "type": a.Type, "category": a.Category, "value": a.Value, "comment": a.Comment, "to_ids": a.ToIDs,
		"disable_correlation": a.DisableCorrelation, "first_seen": a.FirstSeen, "last_seen": a.LastSeen, "distribution": a.Distribution,
		"sharing_group": groupOf(a.SharingGroup, label), "object_relation": a.Relation,
	})
}

// tells says whether the object of an attribute tells its value to the letter; told reads it there.
func tells(a *Attribute, o object) bool {
	k := kindsByName()[a.Type]
	pattern, _ := o["pattern"].(string)
	switch {
	case pattern == a.Value || o["content"] == a.Value || o["name"] == a.Value && o["pattern"] == nil:
		return true
	case pattern == customPattern(a.Type, a.Value):
		return true
	case k == nil || k.rule != "" || pattern == "" && o["type"] != "observed-data":
		return false
	}
	facts := k.facts(a.Value, pattern == "")
	for _, f := range facts {
		if n, ok := number(f.value); integers[lastStep(f.path)] && (!ok || strconv.FormatInt(n, 10) != f.value) {
			return false
		}
	}
	v, ok := k.value(facts, pattern == "")
	return ok && v == a.Value
}

// attributeObject is the object of an attribute, without what all have, and the observables that it stands on.
func (r *run) attributeObject(where string, a *Attribute, h handling) (object, []object) {
	comment := strings.TrimSpace(a.Comment)
	switch a.Type {
	case "vulnerability":
		return r.vulnerability(a.UUID, a.Value, comment, nil), nil
	case "threat-actor":
		return r.called("threat-actor", a), nil
	case "campaign-name", "campaign-id":
		return r.called("campaign", a), nil
	case "link":
		o := r.note(a)
		if u, err := url.Parse(a.Value); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
			ref := filled(object{"source_name": u.Host, "url": a.Value, "description": comment})
			o["external_references"] = []object{ref}
			if h.label == r.event.label && !a.Deleted {
				r.links = append(r.links, ref)
			}
		}
		return o, nil
	}
	k := kindsByName()[a.Type]
	if k != nil && k.rule != "" {
		if err := r.goodRule(k.rule, a.Value); err != nil {
			r.lose(where, a.Type, "it becomes a note, for it cannot be read: %s", err)
			return r.note(a), nil
		}
		return r.indicator(a, k.rule, a.Value), nil
	}
	if a.ToIDs {
		if k != nil {
			if p := patternOf(k.facts(a.Value, false)); p != "" && goodPattern(p) == nil {
				return r.indicator(a, "stix", p), nil
			}
			r.lose(where, a.Type, "the value has not the form of the type: the pattern compares %s, which only readers of this mapping know", custom)
		} else {
			r.lose(where, a.Type, "STIX has no property for it: the pattern compares %s, which only readers of this mapping know", custom)
		}
		if p := customPattern(a.Type, a.Value); goodPattern(p) == nil {
			return r.indicator(a, "stix", p), nil
		}
		return r.note(a), nil
	}
	if k == nil || k.seen != nil && len(k.seen) == 0 {
		if !plainText[a.Type] {
			r.lose(where, a.Type, "STIX has no observable for it: a note says it")
		}
		return r.note(a), nil
	}
	facts := k.facts(a.Value, true)
	if facts == nil {
		r.lose(where, a.Type, "the value has not the form of the type: a note says it")
		return r.note(a), nil
	}
	o, seen, err := r.observed(a.UUID, facts, a.FirstSeen, a.LastSeen, a.Timestamp, where)
	if err != nil {
		r.lose(where, a.Type, "a note says it, for STIX refuses the value: %s", err)
		return r.note(a), nil
	}
	return o, seen
}

// plainText are types whose values are for people.
var plainText = set("comment", "text", "other", "link")

// goodRule checks a rule or a pattern.
func (r *run) goodRule(kind, text string) error {
	if kind == "stix" {
		if err := goodPattern(text); err != nil {
			return err
		}
	}
	if r.o.Pattern == nil {
		return nil
	}
	err := r.o.Pattern(kind, "", text)
	if _, ok := errors.AsType[stix.AdviceError](err); ok {
		return nil
	}
	return err
}

func (r *run) indicator(a *Attribute, language, pattern string) object {
	types := []string{"malicious-activity"}
	if !a.ToIDs {
		types = []string{"unknown"}
	}
	o := object{
		"type": "indicator", "id": r.identifier("indicator", a.UUID, a.Type, a.Value), "name": clip(oneLine(a.Type+": "+firstLine(a.Value)), 200),
		"indicator_types": types, "pattern": pattern, "pattern_type": language, "valid_from": r.valid(a.FirstSeen, a.Timestamp),
	}
	if language == "stix" {
		o["pattern_version"] = "2.1"
	}
	if c := strings.TrimSpace(a.Comment); c != "" {
		o["description"] = c
	}
	return o
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// valid is when an indicator begins to mean something.
func (r *run) valid(firstSeen, timestamp string) string {
	if t, ok := parseTime(firstSeen); ok {
		return stamp(t)
	}
	return r.modified(timestamp)
}

// note says what STIX has no object for.
func (r *run) note(a *Attribute) object {
	o := object{
		"type": "note", "id": r.identifier("note", a.UUID, a.Type, a.Value), "content": a.Value,
		"abstract": strings.TrimSpace(a.Type + " (" + cmp.Or(a.Category, "no category") + ")"), "object_refs": []string{r.id},
	}
	if c := oneLine(a.Comment); c != "" {
		o["abstract"] = c
	}
	return o
}

// called is an object of which no more than the name is known.
func (r *run) called(kind string, a *Attribute) object {
	return filled(object{
		"type": kind, "id": r.identifier(kind, a.UUID, a.Type, a.Value), "name": strings.TrimSpace(a.Value), "description": strings.TrimSpace(a.Comment),
	})
}

// vulnerability is one by its name, which is that of CVE as a rule.
func (r *run) vulnerability(uuid, name, description string, refs []object) object {
	name = strings.TrimSpace(name)
	if strings.HasPrefix(strings.ToUpper(name), "CVE-") {
		refs = slices.Insert(refs, 0, object{"source_name": "cve", "external_id": strings.ToUpper(name)})
	}
	return filled(object{
		"type": "vulnerability", "id": r.identifier("vulnerability", uuid, name), "name": name, "description": description,
		"external_references": refs,
	})
}

// observed is an observation of what facts say, and its observables.
func (r *run) observed(uuid string, facts []fact, firstSeen, lastSeen, timestamp, where string) (object, []object, error) {
	seen, err := observe(facts, r.e.UUID+"\x00"+uuid)
	if err != nil {
		return nil, nil, err
	}
	var refs []string
	for i, o := range seen {
		if o["type"] == "relationship" {
			o["id"] = r.identifier("relationship", "", uuid, fmt.Sprint(i))
			o["spec_version"], o["created"], o["modified"] = "2.1", r.created, r.modified(timestamp)
			if r.author != "" {
				o["created_by_ref"] = r.author
			}
		}
		if _, err := finished(o); err != nil {
			return nil, nil, err
		}
		id, _ := o["id"].(string)
		refs = append(refs, id)
	}
	at := r.modified(timestamp)
	begin, end := at, at
	if t, ok := parseTime(firstSeen); ok {
		begin, end = stamp(t), stamp(t)
	}
	if t, ok := parseTime(lastSeen); ok {
		end = stamp(t)
		if firstSeen == "" {
			begin = end
		}
	}
	if a, _ := parseTime(begin); end < begin {
		if b, _ := parseTime(end); b.Before(a) {
			r.lose(where, "last_seen", "it is before first_seen")
			end = begin
		}
	}
	return object{
		"type": "observed-data", "id": r.identifier("observed-data", uuid, fmt.Sprint(facts)), "first_observed": begin, "last_observed": end,
		"number_observed": 1, "object_refs": refs,
	}, seen, nil
}
