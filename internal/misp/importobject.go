package misp

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"entente/internal/stix"
)

// object makes an indicator, an observation, or what its template says, of an object.
func (r *run) object(x *Object, n int) {
	where := fmt.Sprintf("%s, object %s", r.where, cmp.Or(x.UUID, fmt.Sprint(n+1)))
	if x.Deleted && !r.o.RevokeDeleted {
		r.lose(where, x.Name, "it is deleted in MISP and left out")
		return
	}
	base := r.handle(where, handling{label: r.event.label, pap: r.event.pap}, x.Tags, x.Distribution, x.SharingGroup)
	h := base
	var attrs []*Attribute
	for i := range x.Attributes {
		a := &x.Attributes[i]
		at := fmt.Sprintf("%s, attribute %s", where, cmp.Or(a.UUID, fmt.Sprint(i+1)))
		switch {
		case a.Deleted && !x.Deleted:
			r.lose(at, a.Type, "it is deleted in MISP and left out")
			continue
		case a.Type == "" || strings.TrimSpace(a.Value) == "":
			r.lose(at, "the attribute", "it has no type or no value")
			continue
		}
		own := r.handle(at, base, a.Tags, a.Distribution, a.SharingGroup)
		if own.label != base.label && own.label != "" {
			r.lose(at, "the label "+own.label, "the whole object carries it, for its parts are one object of STIX")
		}
		h.label, h.pap = stix.Stricter(h.label, own.label), stricterPAP(h.pap, own.pap)
		for _, l := range own.labels {
			h.addLabel(l)
		}
		r.unread(at, a)
		a.ToIDs = a.ToIDs || !a.ToIDsGiven && detects(a.Type)
		attrs = append(attrs, a)
	}
	if len(attrs) == 0 {
		r.lose(where, "the object "+x.Name, "there is no attribute in it")
		return
	}
	o, seen := r.objectOf(where, x, attrs)
	for _, s := range seen {
		r.keep(s, handling{label: h.label, pap: h.pap})
	}
	id, _ := o["id"].(string)
	if x.Deleted {
		o["revoked"] = true
	}
	ext := r.objectExtension(x, attrs, id, h.label)
	r.put(o, h, x.Timestamp)
	if t := r.unlessTime(x.Timestamp, o["modified"].(string)); t != "" {
		ext["timestamp"] = t
	}
	if slices.ContainsFunc(x.Attributes, func(a Attribute) bool { return len(a.Tags) > 0 }) {
		r.lose(where, "which attribute has which tag", "the object of STIX has the tags of all of them")
	}
	extend(o, r.within(object{"object": ext}, h))
	if x.UUID != "" {
		r.ids[x.UUID] = id
	}
	for i := range attrs {
		a := attrs[i]
		if a.UUID != "" {
			r.ids[a.UUID] = id
		}
		at := fmt.Sprintf("%s, attribute %s", where, cmp.Or(a.UUID, fmt.Sprint(i+1)))
		for _, c := range r.clusters(at, h, a.Tags, a.Galaxies) {
			r.relate(id, relationTo(id, c), c, h, "", x.Timestamp, id, c, a.UUID)
		}
		r.sightings(at, a, o, h)
	}
}

// objectExtension is what the extension keeps of an object.
func (r *run) objectExtension(x *Object, attrs []*Attribute, id, label string) object {
	list := make([]object, 0, len(attrs))
	for _, a := range attrs {
		e := attributeExtension(a, "", label)
		e["timestamp"] = unless(a.Timestamp, x.Timestamp)
		list = append(list, filled(e))
	}
	return filled(object{
		"uuid": r.unlessID(x.UUID, id), "name": x.Name, "meta_category": x.MetaCategory, "description": x.Description,
		"template_uuid": x.TemplateUUID, "template_version": x.TemplateVersion, "comment": x.Comment, "first_seen": x.FirstSeen,
		"last_seen": x.LastSeen, "distribution": x.Distribution, "sharing_group": groupOf(x.SharingGroup, label), "attributes": list,
	})
}

// value is the first value with a relation.
func value(attrs []*Attribute, relations ...string) string {
	for _, rel := range relations {
		for _, a := range attrs {
			if a.Relation == rel {
				return strings.TrimSpace(a.Value)
			}
		}
	}
	return ""
}

func all(attrs []*Attribute, relation string) (out []string) {
	for _, a := range attrs {
		if a.Relation == relation {
			out = append(out, strings.TrimSpace(a.Value))
		}
	}
	return out
}

// objectOf is the object of STIX, without what all have, and the observables that it stands on.
func (r *run) objectOf(where string, x *Object, attrs []*Attribute) (object, []object) {
	if o := r.domainObject(x, attrs); o != nil {
		return o, nil
	}
	whole := &Attribute{
		UUID: x.UUID, Type: cmp.Or(x.Name, "object"), Category: cmp.Or(x.MetaCategory, "misc"), Comment: x.Comment, Timestamp: x.Timestamp,
		FirstSeen: cmp.Or(x.FirstSeen, earliest(attrs)), LastSeen: x.LastSeen,
	}
	// An object around a rule is the rule.
	for _, a := range attrs {
		if k := kindsByName()[a.Type]; k != nil && k.rule != "" {
			if err := r.goodRule(k.rule, a.Value); err != nil {
				r.lose(where, a.Type, "it becomes a note, for it cannot be read: %s", err)
				break
			}
			whole.ToIDs, whole.Value = a.ToIDs, cmp.Or(value(attrs, "yara-rule-name", "sigma-rule-name", "name", "comment"), x.Name)
			return r.indicator(whole, k.rule, a.Value), nil
		}
	}
	t := templates()[x.Name]
	whole.Value = summary(attrs)
	if ids := meant(attrs); len(ids) > 0 {
		if p := r.objectPattern(where, t, ids); p != "" {
			whole.ToIDs = true
			if rest := len(attrs) - len(ids); rest > 0 {
				r.lose(where, fmt.Sprintf("%d attributes that are not for detection", rest), "a pattern has no place for them: the extension alone has them")
			}
			return r.indicator(whole, "stix", p), nil
		}
	}
	var facts []fact
	for _, a := range attrs {
		f := factsIn(t, a, true)
		if len(f) == 0 {
			r.lose(where, a.Relation+" ("+a.Type+")", "the observables of STIX have no place for it: the extension alone has it")
		}
		facts = append(facts, f...)
	}
	o, seen, err := r.observed(x.UUID, facts, whole.FirstSeen, whole.LastSeen, x.Timestamp, where)
	if err == nil && len(seen) == 0 {
		err = errors.New("none of its attributes has an observable")
	}
	if err != nil {
		r.lose(where, "the object "+x.Name, "a note says it: %s", err)
		return r.note(whole), nil
	}
	return o, seen
}

// earliest is the first time at which attributes were seen.
func earliest(attrs []*Attribute) string {
	out := ""
	for _, a := range attrs {
		if a.FirstSeen != "" && (out == "" || a.FirstSeen < out) {
			out = a.FirstSeen
		}
	}
	return out
}

// meant are the attributes that are meant for detection.
func meant(attrs []*Attribute) []*Attribute {
	return slices.DeleteFunc(slices.Clone(attrs), func(a *Attribute) bool { return !a.ToIDs })
}

// factsIn are what an attribute of an object of a template says.
func factsIn(t *template, a *Attribute, observed bool) []fact {
	if t != nil {
		if p := t.path(a.Relation); p != "" {
			return []fact{{p, normal(p, a.Value)}}
		}
		return nil
	}
	if k := kindsByName()[a.Type]; k != nil && k.rule == "" {
		return k.facts(a.Value, observed)
	}
	return nil
}

// objectPattern finds what the attributes of an object say: together where its template is known, else each for itself.
func (r *run) objectPattern(where string, t *template, attrs []*Attribute) string {
	var facts []fact
	var each []string
	for _, a := range attrs {
		f := factsIn(t, a, false)
		if len(f) == 0 && t != nil {
			f = factsIn(nil, a, false)
			if len(f) > 0 && len(facts) > 0 && kindOfPath(f[0].path) != kindOfPath(facts[0].path) {
				f = nil // one observation is of one object
			}
		}
		p := patternOf(f)
		if p == "" {
			r.lose(where, a.Relation+" ("+a.Type+")", "STIX has no property for it: the pattern does not look for it")
			continue
		}
		facts, each = append(facts, f...), append(each, p)
	}
	p := strings.Join(each, " OR ")
	if t != nil {
		p = patternOf(facts)
	}
	if p == "" || goodPattern(p) != nil {
		return ""
	}
	return p
}

func kindOfPath(path string) string {
	kind, _ := steps(path)
	return kind
}

// summary says in a line or some what attributes hold.
func summary(attrs []*Attribute) string {
	var b strings.Builder
	for _, a := range attrs {
		if b.Len() > 4000 {
			b.WriteString("…")
			break
		}
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		b.WriteString(cmp.Or(a.Relation, a.Type) + ": " + clip(a.Value, 2000))
	}
	return b.String()
}

// domainObject is an object of a template that has a domain object of STIX, nil for others.
func (r *run) domainObject(x *Object, attrs []*Attribute) object {
	refs := func(relation string) (out []object) {
		for _, u := range all(attrs, relation) {
			if strings.HasPrefix(u, "http://") || strings.HasPrefix(u, "https://") {
				out = append(out, object{"source_name": "reference", "url": u})
			}
		}
		return out
	}
	switch x.Name {
	case "vulnerability":
		if name := value(attrs, "id", "name"); name != "" {
			return r.vulnerability(x.UUID, name, value(attrs, "summary", "description"), refs("references"))
		}
	case "attack-pattern":
		id := value(attrs, "id")
		if name := cmp.Or(value(attrs, "name"), id); name != "" {
			o := filled(object{"type": x.Name, "id": r.identifier(x.Name, x.UUID, name), "name": name, "description": value(attrs, "summary")})
			var ext []object
			switch {
			case attackID.MatchString(id):
				ext = append(ext, object{"source_name": "mitre-attack", "external_id": id})
			case id != "":
				ext = append(ext, object{"source_name": "capec", "external_id": "CAPEC-" + strings.TrimPrefix(strings.ToUpper(id), "CAPEC-")})
			}
			if ext = append(ext, refs("references")...); len(ext) > 0 {
				o["external_references"] = ext
			}
			return o
		}
	case "course-of-action":
		if name := value(attrs, "name"); name != "" {
			return filled(object{"type": x.Name, "id": r.identifier(x.Name, x.UUID, name), "name": name, "description": value(attrs, "description")})
		}
	case "organization", "identity":
		if name := value(attrs, "name"); name != "" {
			return filled(object{
				"type": "identity", "id": r.identifier("identity", x.UUID, name), "name": name, "description": value(attrs, "description"),
				"identity_class": cmp.Or(value(attrs, "identity_class"), "organization"), "contact_information": value(attrs, "contact_information"),
			})
		}
	case "annotation":
		if s := value(attrs, "text"); s != "" {
			return filled(object{
				"type": "note", "id": r.identifier("note", x.UUID, s), "content": s, "abstract": value(attrs, "type"), "object_refs": []string{r.id},
				"external_references": refs("ref"),
			})
		}
	}
	return nil
}

// report makes a note of a report of the event.
func (r *run) report(p *EventReport, n int) {
	where := fmt.Sprintf("%s, report %s", r.where, cmp.Or(p.UUID, fmt.Sprint(n+1)))
	switch {
	case p.Deleted:
		r.lose(where, "the report", "it is deleted in MISP and left out")
		return
	case strings.TrimSpace(p.Content) == "":
		r.lose(where, "the report", "there is nothing in it")
		return
	}
	h := r.handle(where, handling{label: r.event.label, pap: r.event.pap}, p.Tags, p.Distribution, p.SharingGroup)
	o := filled(object{
		"type": "note", "id": r.identifier("note", p.UUID, p.Name, p.Content), "abstract": oneLine(p.Name), "content": p.Content,
		"object_refs": []string{r.id},
	})
	id := r.put(o, h, p.Timestamp)
	extend(o, r.within(object{"event_report": filled(object{
		"uuid": r.unlessID(p.UUID, id), "name": p.Name, "distribution": p.Distribution, "timestamp": r.unlessTime(p.Timestamp, o["modified"].(string)),
		"sharing_group": groupOf(p.SharingGroup, h.label),
	})}, h))
}

// references makes relationships of the references between objects.
func (r *run) references() {
	for i := range r.e.Objects {
		x := &r.e.Objects[i]
		from := r.ids[x.UUID]
		for n, ref := range x.References {
			where := fmt.Sprintf("%s, object %s, reference %s", r.where, x.UUID, cmp.Or(ref.UUID, fmt.Sprint(n+1)))
			to := r.ids[ref.ReferencedUUID]
			switch {
			case ref.Deleted:
				r.lose(where, ref.Type, "it is deleted in MISP and left out")
				continue
			case from == "" || to == "":
				r.lose(where, ref.Type, "one of its ends is not there")
				continue
			case from == to:
				r.lose(where, ref.Type, "both ends are the same object of STIX")
				continue
			}
			kind := relationName(ref.Type)
			h := handling{label: stix.Stricter(r.labelled[from], r.labelled[to]), pap: r.event.pap}
			o := r.relate(from, kind, to, h, ref.UUID, cmp.Or(ref.Timestamp, x.Timestamp), from, to)
			if c := strings.TrimSpace(ref.Comment); c != "" {
				o["description"] = c
			}
			extend(o, filled(object{"relationship_type": unless(ref.Type, kind), "referenced_uuid": r.unlessID(ref.ReferencedUUID, to)}))
			r.settle()
		}
	}
}

// relationName writes a relationship as STIX does: a-z, 0-9 and single hyphens.
func relationName(s string) string {
	name := strings.Join(strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') }), "-")
	if name == "" || len(name) > 200 {
		return "related-to"
	}
	return name
}

// order gives each observable once, with the most open of the labels that the event gives it: what stands in an attribute that
// more people see is nothing that fewer should.
func (r *run) order() {
	at := map[string]int{}
	var list []made
	for _, m := range r.objects {
		switch n, met := at[m.id]; {
		case m.raw == nil && m.o == nil: // it breaks a rule
		case m.version != "" || !met:
			at[m.id] = len(list)
			list = append(list, m)
		case list[n].label != m.label && m.label != "" && stix.Stricter(list[n].label, m.label) == list[n].label:
			list[n] = m
		}
	}
	r.objects = list
}
