package misp

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"entente/internal/stix"
)

// member makes of an object what it is in MISP.
func (x *exporter) member(d *draft, o *stix.Object) {
	switch o.Type {
	case "relationship", "sighting", "opinion", "report", "grouping":
		return
	}
	h := x.handledIn(d, o)
	if galaxyOfObject(o) != "" { // see eventClusters
		_, mine := ours(o)
		told := (o.Type == "attack-pattern" || o.Type == "course-of-action") && property(o, "description") != ""
		switch {
		case mine:
		case told: // a tag has no room for it
			x.domain(d, o, x.base(d, o, stix.Value{}, h))
			x.unused(o, "description", "external_references", "kill_chain_phases")
		default:
			x.unused(o, "external_references", "kill_chain_phases", "is_family")
		}
		return
	}
	if r, ok := part(o, "event_report"); ok && o.Type == "note" {
		_, uuid, _ := strings.Cut(o.ID, "--")
		d.Reports = append(d.Reports, EventReport{
			UUID: x.uuid(goodUUID(get(r, "uuid"), uuid), "misp-event-report", o.ID), Name: get(r, "name"), Content: property(o, "content"),
			Timestamp: goodSeconds(get(r, "timestamp"), x.seconds(o.Modified), d.Timestamp), Distribution: x.inner(d, o, r, h.label),
		})
		return
	}
	if a, ok := part(o, "attribute"); ok && x.again(d, o, a, h) {
		return
	}
	if v, ok := part(o, "object"); ok && x.objectAgain(d, o, v, h) {
		return
	}
	if _, ok := ours(o); ok && o.Type != "identity" {
		x.add(o.ID, "what the extension says", "the object has changed since, and counts")
	}
	x.foreign(d, o, h)
}

// base is an attribute with what an object says of itself.
func (x *exporter) base(d *draft, o *stix.Object, ext stix.Value, h handling) Attribute {
	_, uuid, _ := strings.Cut(o.ID, "--")
	return Attribute{
		UUID: goodUUID(uuid), Timestamp: goodSeconds(x.seconds(o.Version()), d.Timestamp), Deleted: o.Revoked, Distribution: x.inner(d, o, ext, h.label), Tags: d.own(h),
	}
}

// again makes the attribute that an object was. ok is false where the object says something else by now.
func (x *exporter) again(d *draft, o *stix.Object, ext stix.Value, h handling) bool {
	kind, value := get(ext, "type"), get(ext, "value")
	told, tells := told(kind, o, x.by)
	switch {
	case kind == "":
		return false
	case value == "":
		if value = told; !tells {
			return false
		}
	case told != value && !x.says(o, kind, value):
		return false
	}
	a := x.base(d, o, ext, h)
	readExtension(&a, ext)
	a.Value = value
	if text := property(o, "description"); text != "" && text != strings.TrimSpace(a.Comment) {
		a.Comment = text // somebody has said more
	}
	x.unused(o, written...)
	a.Timestamp = goodSeconds(get(ext, "timestamp"), a.Timestamp)
	x.expiry(o, &a)
	x.attribute(d, a, o.ID)
	return true
}

// written are the properties that an import writes by what the extension keeps, too.
var written = []string{
	"description", "indicator_types", "pattern", "pattern_type", "pattern_version", "valid_from", "valid_until", "first_observed", "last_observed",
	"number_observed", "object_refs", "content", "abstract", "external_references", "identity_class", "contact_information",
}

// readExtension reads what the extension keeps of an attribute.
func readExtension(a *Attribute, ext stix.Value) {
	a.UUID = goodUUID(get(ext, "uuid"), a.UUID)
	a.Type, a.Category, a.Value, a.Comment = get(ext, "type"), get(ext, "category"), get(ext, "value"), get(ext, "comment")
	a.Relation, a.FirstSeen, a.LastSeen = get(ext, "object_relation"), get(ext, "first_seen"), get(ext, "last_seen")
	a.ToIDs, a.DisableCorrelation = truth(get(ext, "to_ids")), truth(get(ext, "disable_correlation"))
}

// says says whether an object holds what an attribute becomes, in whatever spelling.
func (x *exporter) says(o *stix.Object, kind, value string) bool {
	k := kindsByName()[kind]
	switch o.Type {
	case "indicator":
		p := property(o, "pattern")
		return k != nil && (k.rule != "" && p == value || patternOf(k.facts(value, false)) == p) || p == customPattern(kind, value)
	case "observed-data":
		if k == nil {
			return false
		}
		return sameFacts(k.facts(value, true), factsOfObservables(x.by, texts(o.Root(), "object_refs")))
	case "note", "vulnerability", "threat-actor", "campaign":
		told, _ := told(kind, o, x.by)
		return strings.TrimSpace(value) == told
	}
	return false
}

func sameFacts(a, b []fact) bool {
	norm := func(list []fact) []string {
		var out []string
		for _, f := range list {
			if strings.HasSuffix(f.path, "protocols[*]") && (f.value == "ip" || f.value == "ipv4" || f.value == "ipv6") {
				continue
			}
			if t, ok := parseTime(f.value); ok && times[lastStep(f.path)] {
				f.value = stamp(t)
			}
			if truths[lastStep(f.path)] {
				f.value = strconv.FormatBool(truth(f.value))
			}
			out = append(out, f.path+"\x00"+f.value)
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return slices.Equal(norm(a), norm(b))
}

func lastStep(path string) string {
	_, below := steps(path)
	return below[len(below)-1]
}

// expiry makes a sighting of the end of an indicator.
func (x *exporter) expiry(o *stix.Object, a *Attribute) {
	if t, ok := parseTime(property(o, "valid_until")); ok {
		a.Sightings = append(a.Sightings, Sighting{UUID: stix.UUIDv5("misp-expiry", o.ID), Type: "2", Date: strconv.FormatInt(max(t.Unix(), 1), 10)})
	}
}

// objectAgain makes the object that an object of STIX was.
func (x *exporter) objectAgain(d *draft, o *stix.Object, ext stix.Value, h handling) bool {
	obj := Object{
		Name: get(ext, "name"), MetaCategory: cmp.Or(get(ext, "meta_category"), "misc"), Description: get(ext, "description"), Comment: get(ext, "comment"),
		TemplateUUID: goodUUID(get(ext, "template_uuid")), TemplateVersion: goodSeconds(get(ext, "template_version")), FirstSeen: goodTime(get(ext, "first_seen")),
		LastSeen: goodTime(get(ext, "last_seen")), Deleted: o.Revoked,
	}
	var attrs []*Attribute
	for v := range list(ext, "attributes") {
		a := Attribute{Timestamp: get(v, "timestamp"), Distribution: cmp.Or(within(get(v, "distribution"), "015", ""), "5"), Deleted: o.Revoked}
		if readExtension(&a, v); a.Type == "" || strings.TrimSpace(a.Value) == "" { // no import writes it
			return false
		}
		attrs = append(attrs, &a)
	}
	if len(attrs) == 0 || obj.Name == "" || !x.saysObject(o, &obj, attrs) {
		return false
	}
	base := x.base(d, o, ext, h)
	obj.UUID, obj.Timestamp = x.uuid(goodUUID(get(ext, "uuid"), base.UUID), "misp-object", o.ID), goodSeconds(get(ext, "timestamp"), base.Timestamp)
	obj.Distribution = base.Distribution
	obj.FirstSeen, obj.LastSeen = x.seen(o.ID, obj.FirstSeen, obj.LastSeen)
	x.unused(o, written...)
	for i, a := range attrs {
		a.Timestamp = goodSeconds(a.Timestamp, obj.Timestamp)
		if i == 0 {
			a.Tags = base.Tags
			x.expiry(o, a)
		} else {
			a.Tags = d.own(handling{label: h.label, pap: h.pap})
		}
		a.Relation = cmp.Or(a.Relation, a.Type) // MISP asks for one
		if x.fit(d, a); a.Relation == "0" {
			x.add("attribute "+a.UUID, "the relation 0", "MISP takes it for none: it is %s", a.Type)
			a.Relation = a.Type
		}
		obj.Attributes = append(obj.Attributes, *a)
	}
	d.Objects = append(d.Objects, obj)
	d.places[o.ID] = place{-1, len(d.Objects) - 1}
	return true
}

// saysObject says whether an object of STIX is what its attributes become.
func (x *exporter) saysObject(o *stix.Object, obj *Object, attrs []*Attribute) bool {
	r := &run{e: &Event{}, taken: map[string]bool{}, marks: map[string]object{}}
	r.created = "1970-01-01T00:00:00.000Z"
	made, seen := r.objectOf("", obj, attrs)
	if made == nil || made["type"] != o.Type {
		return false
	}
	switch o.Type {
	case "indicator":
		return made["pattern"] == property(o, "pattern")
	case "note":
		return made["content"] == property(o, "content")
	case "observed-data":
		objects := map[string]*stix.Object{}
		var refs []string
		for _, s := range seen {
			raw, err := compact(s)
			if err != nil {
				return false
			}
			p, err := stix.Parse(raw, stix.Limits{})
			if err != nil {
				return false
			}
			objects[p.ID] = p
			refs = append(refs, p.ID)
		}
		return sameFacts(factsOfObservables(objects, refs), factsOfObservables(x.by, texts(o.Root(), "object_refs")))
	}
	return made["name"] == property(o, "name")
}

// foreign makes attributes and objects of what did not come from MISP.
func (x *exporter) foreign(d *draft, o *stix.Object, h handling) {
	a := x.base(d, o, stix.Value{}, h)
	if !o.Created.Time.IsZero() {
		x.born++
	}
	a.Comment = aboutObject(o)
	switch o.Type {
	case "indicator":
		x.foreignIndicator(d, o, a)
	case "observed-data":
		x.foreignObserved(d, o, a)
	case "note":
		x.note(d, o, a)
	case "vulnerability":
		a.Type, a.Value, a.Comment = "vulnerability", property(o, "name"), property(o, "description")
		for r := range list(o.Root(), "external_references") {
			if get(r, "source_name") == "cve" {
				a.Value = cmp.Or(get(r, "external_id"), a.Value)
			}
		}
		x.attribute(d, a, o.ID)
		x.unused(o, "description")
	case "campaign":
		a.Type, a.Value, a.Comment = "campaign-name", property(o, "name"), property(o, "description")
		x.attribute(d, a, o.ID)
		x.unused(o, "description")
	case "attack-pattern", "course-of-action":
		x.domain(d, o, a)
		x.unused(o, "description")
	case "identity", "location", "infrastructure", "incident", "malware-analysis", "language-content":
		x.inWords(d, o, a)
	default:
		if observableType(o.Type) {
			x.observable(d, o, a, []string{o.ID})
			return
		}
		x.inWords(d, o, a)
	}
}

// aboutObject is what an object says of itself in words.
func aboutObject(o *stix.Object) string {
	name, text := property(o, "name"), property(o, "description")
	switch {
	case name == "":
		return text
	case text == "" || text == name:
		return name
	}
	return name + ": " + text
}

// observableType says whether a type is one of an observable.
func observableType(kind string) bool {
	switch kind {
	case "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message", "file", "ipv4-addr", "ipv6-addr", "mac-addr",
		"mutex", "network-traffic", "process", "software", "url", "user-account", "windows-registry-key", "x509-certificate":
		return true
	}
	return false
}

// inWords makes a text of an object that MISP has nothing for.
func (x *exporter) inWords(d *draft, o *stix.Object, a Attribute) {
	name := cmp.Or(property(o, "name"), property(o, "country"), property(o, "region"), o.ID)
	a.Type, a.Value, a.Comment = "text", name, strings.TrimSpace("STIX "+o.Type+": "+property(o, "description"))
	x.attribute(d, a, o.ID)
	x.add(o.ID, "that it is of type "+o.Type, "an event has nothing for it: a text says its name")
	x.unused(o, "description")
}

// note makes an annotation.
func (x *exporter) note(d *draft, o *stix.Object, a Attribute) {
	obj := x.object(d, o, a, "annotation", []Attribute{
		{Relation: "text", Type: "text", Value: property(o, "content")},
		{Relation: "type", Type: "text", Value: property(o, "abstract")},
	})
	for i, ref := range texts(o.Root(), "object_refs") {
		if x.home[ref] == d && ref != o.ID && !x.spent[ref] {
			obj.References = append(obj.References, Reference{
				UUID: stix.UUIDv5("misp-reference", o.ID, ref, strconv.Itoa(i)), ReferencedUUID: ref, Type: "annotates", Timestamp: a.Timestamp,
			})
		}
	}
	x.unused(o, "content", "abstract", "object_refs")
}

// object adds an object of a template with attributes, those without a value left out.
func (x *exporter) object(d *draft, o *stix.Object, base Attribute, name string, attrs []Attribute) *Object {
	t := templateInfo[name]
	obj := Object{
		UUID: x.uuid(base.UUID, "misp-object", o.ID), Name: name, MetaCategory: t.meta, TemplateUUID: t.uuid, TemplateVersion: t.version, Comment: base.Comment,
		Timestamp: base.Timestamp, Deleted: base.Deleted, Distribution: base.Distribution,
	}
	for _, a := range attrs {
		if strings.TrimSpace(a.Value) == "" {
			continue
		}
		a.UUID = stix.UUIDv5("misp-attribute", obj.UUID, a.Relation, a.Value)
		a.Timestamp, a.Deleted, a.Distribution, a.Tags = base.Timestamp, base.Deleted, "5", base.Tags
		x.fit(d, &a)
		obj.Attributes = append(obj.Attributes, a)
	}
	if len(obj.Attributes) == 0 {
		x.add(o.ID, "the object", "there is nothing in it that an event can hold")
		return &obj
	}
	obj.Attributes[0].Sightings = base.Sightings
	d.Objects = append(d.Objects, obj)
	d.places[o.ID] = place{-1, len(d.Objects) - 1}
	return &d.Objects[len(d.Objects)-1]
}

// domain makes an object of a technique without an id of ATT&CK, or of a course of action.
func (x *exporter) domain(d *draft, o *stix.Object, a Attribute) {
	a.Comment = ""
	members := []Attribute{{Relation: "name", Type: "text", Value: property(o, "name")}}
	if o.Type == "attack-pattern" {
		members = append(members, Attribute{Relation: "summary", Type: "text", Value: property(o, "description")})
		for r := range list(o.Root(), "external_references") {
			if get(r, "source_name") == "capec" {
				members = append(members, Attribute{Relation: "id", Type: "text", Value: strings.TrimPrefix(get(r, "external_id"), "CAPEC-")})
			}
		}
		if id := attackIDOf(o); id != "" {
			members = append(members, Attribute{Relation: "id", Type: "text", Value: id})
		}
	} else {
		members = append(members, Attribute{Relation: "description", Type: "text", Value: property(o, "description")})
	}
	x.object(d, o, a, o.Type, members)
}

// foreignIndicator makes attributes of a pattern: of each of its alternatives one, or an object; a pattern that says more stays
// a pattern.
func (x *exporter) foreignIndicator(d *draft, o *stix.Object, a Attribute) {
	a.ToIDs = true
	x.expiry(o, &a)
	pattern := property(o, "pattern")
	used := []string{"description", "pattern", "pattern_type", "pattern_version", "valid_from", "valid_until", "indicator_types"}
	defer func() { x.unused(o, used...) }()
	if t := property(o, "valid_from"); t != o.Created.Text && t != o.Modified.Text {
		a.FirstSeen = t
	}
	switch language := property(o, "pattern_type"); language {
	case "stix":
	case "yara", "sigma", "snort", "suricata":
		a.Type, a.Value = language, pattern
		x.attribute(d, a, o.ID)
		return
	default:
		a.Type, a.Value = "other", pattern
		x.add(o.ID, "that it is a rule of "+language, "MISP has no type for it: it is other")
		x.attribute(d, a, o.ID)
		return
	}
	alternatives, ok := alternativesOf(pattern)
	if ok {
		var attrs []Attribute
		for _, facts := range alternatives {
			kind, value := attributeOfFacts(facts, false)
			if kind == "" {
				attrs = nil
				break
			}
			b := a
			b.Type, b.Value = kind, value
			attrs = append(attrs, b)
		}
		if len(attrs) > 0 {
			for i, b := range attrs {
				if i > 0 {
					b.UUID, b.Sightings = stix.UUIDv5("misp-attribute", a.UUID, b.Type, b.Value), nil
				}
				x.attribute(d, b, only(i == 0, o.ID))
			}
			if len(attrs) > 1 {
				x.add(o.ID, "that its alternatives are one indicator", "they are %d attributes", len(attrs))
			}
			return
		}
		if len(alternatives) == 1 {
			if t, list := templateOfFacts(alternatives[0]); t != "" {
				for i := range list {
					list[i].ToIDs = true
				}
				x.object(d, o, a, t, list)
				return
			}
		}
	}
	a.Type, a.Value = "stix2-pattern", pattern
	x.attribute(d, a, o.ID)
}

// foreignObserved makes attributes of observables, or an object where they belong together.
func (x *exporter) foreignObserved(d *draft, o *stix.Object, a Attribute) {
	a.FirstSeen, a.LastSeen = property(o, "first_observed"), property(o, "last_observed")
	used := []string{"first_observed", "last_observed", "object_refs", "objects"}
	if property(o, "number_observed") == "1" {
		used = append(used, "number_observed")
	}
	refs := texts(o.Root(), "object_refs")
	those := x.by
	if objects, ok := o.Root().Child("objects"); ok { // the form of STIX 2.0
		those = map[string]*stix.Object{}
		for e := range objects.Children() {
			raw := slices.Concat([]byte(`{"id":`+strconv.Quote(e.Name())+`,`), e.JSON()[1:])
			if p, err := stix.Parse(raw, stix.Limits{}); err == nil && e.IsObject() {
				those[e.Name()] = p
				refs = append(refs, e.Name())
			}
		}
	}
	x.observables(d, o, a, those, refs)
	x.unused(o, used...)
}

// observable makes an attribute of an observable that no observation names.
func (x *exporter) observable(d *draft, o *stix.Object, a Attribute, refs []string) {
	x.spent[o.ID] = true
	x.observables(d, o, a, x.by, refs)
}

// observables makes attributes and objects of observables.
func (x *exporter) observables(d *draft, o *stix.Object, a Attribute, those map[string]*stix.Object, refs []string) {
	roots := rootsOf(those, refs)
	if len(roots) == 0 {
		x.add(o.ID, "the observation", "none of its observables is there")
		return
	}
	for i, root := range roots {
		b := a
		if i > 0 {
			b.UUID = stix.UUIDv5("misp-attribute", a.UUID, root)
		}
		facts := factsOfRoot(those, refs, root)
		if kind, value := attributeOfFacts(facts, true); kind != "" {
			b.Type, b.Value = kind, value
			x.attribute(d, b, only(i == 0, o.ID))
			continue
		}
		if t, list := templateOfFacts(facts); t != "" {
			first := d.places[o.ID]
			_, had := d.places[o.ID]
			b.Comment = cmp.Or(b.Comment, "")
			obj := x.object(d, o, b, t, list)
			obj.FirstSeen, obj.LastSeen = x.seen(o.ID, a.FirstSeen, a.LastSeen)
			if had {
				d.places[o.ID] = first
			}
			continue
		}
		kind := ""
		if r := those[root]; r != nil {
			kind = r.Type
		}
		found := 0
		for _, f := range facts {
			one := []fact{f}
			if k, value := attributeOfFacts(one, true); k != "" {
				c := b
				c.Type, c.Value = k, value
				c.UUID = stix.UUIDv5("misp-attribute", a.UUID, root, f.path, f.value)
				if found == 0 && i == 0 {
					c.UUID = a.UUID
				}
				x.attribute(d, c, only(found == 0 && i == 0, o.ID))
				found++
				continue
			}
			x.add(o.ID, fmt.Sprintf("%s of a %s", f.path, kind), "neither an attribute nor an object has a place for it")
		}
		if found == 0 && len(facts) == 0 {
			x.add(o.ID, "an observable of type "+kind, "there is nothing in it that an event can hold")
		}
	}
}

// only is a text if something holds, else none.
func only(holds bool, s string) string {
	if holds {
		return s
	}
	return ""
}
