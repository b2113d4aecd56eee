package misp

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"entente/internal/stix"
)

// ExportOptions change what becomes of objects of STIX.
type ExportOptions struct {
	// Title is what the event is called that takes objects which no report names; "" is a sentence.
	Title string
}

// exporter makes events of objects.
type exporter struct {
	losses
	o      ExportOptions
	by     map[string]*stix.Object // the newest version of each
	order  []string
	marks  map[string]marking
	events []*draft
	home   map[string]*draft // by identifier
	spent  map[string]bool   // objects that have become part of something
	known  map[string]handling
	uuids  map[string]bool // of everything that has one: MISP knows each once
	dates  int             // objects whose time has fractions of a second
	late   int             // times beyond what MISP can say
	bare   int             // objects without a label in events that say that more people may see them
	born   int             // objects that say when they were created
}

// marking is what a marking definition means.
type marking struct {
	label, pap string
	statement  bool
}

// draft is an event that is being made.
type draft struct {
	*Event
	report  *stix.Object
	members []string
	handling
	places map[string]place // by identifier
	// clusters are those of the event as a whole; nil: not said.
	clusters map[string]bool
	tagged   map[string]bool // clusters that an attribute has
}

// place is where an object has gone: to an attribute of the event, or to an object. -1 is neither.
type place struct{ attribute, object int }

// Export makes events of objects: one for each report and each grouping, with what it names, and one for what none names. The
// losses say what events have no place for.
//
// Nothing gets wider: each event is for the organisation that takes it in alone (distribution 0), unless it came from MISP with a
// distribution that its label bears, and no event is published.
func Export(objects []*stix.Object, o ExportOptions) ([]*Event, []Loss) {
	x := &exporter{o: o, by: map[string]*stix.Object{}, marks: map[string]marking{}, home: map[string]*draft{}, spent: map[string]bool{}, known: map[string]handling{}, uuids: map[string]bool{}}
	for _, obj := range objects {
		x.take(obj)
	}
	x.gather()
	var out []*Event
	for _, d := range x.events {
		x.fill(d)
		out = append(out, d.Event)
	}
	if x.bare > 0 {
		x.add("bundle", fmt.Sprintf("that %d objects have no label", x.bare), "their event is clear or green: they count as amber")
	}
	if x.born > 0 {
		x.add("bundle", fmt.Sprintf("when %d objects were created", x.born), "an attribute has the time of its last change alone")
	}
	if x.late > 0 {
		x.add("bundle", fmt.Sprintf("times of %d objects", x.late), "they are later than MISP can say")
	}
	if x.dates > 0 {
		x.add("bundle", fmt.Sprintf("fractions of seconds of %d objects", x.dates), "MISP counts seconds")
	}
	return out, x.losses.take()
}

// take takes in an object: of several versions the newest counts.
func (x *exporter) take(o *stix.Object) {
	if o.Type == "bundle" || o.ID == "" {
		return
	}
	if up, changes, err := stix.Upgrade(o); err == nil {
		if len(changes) > 0 {
			x.add(o.ID, "its form of STIX 2.0", "it is read as the 2.1 that it becomes: %s", changes[0].What)
		}
		o = up
	} else {
		x.add(o.ID, "the object", "it cannot be read: %s", err)
		return
	}
	if o.Type == "marking-definition" {
		x.marks[o.ID] = meaning(o)
		return
	}
	old := x.by[o.ID]
	switch {
	case old == nil:
		x.order = append(x.order, o.ID)
	case !o.Version().Time.After(old.Version().Time):
		if string(o.Raw) != string(old.Raw) {
			x.add(o.ID, "the version of "+o.Version().Text, "another one stands in the event")
		}
		return
	default:
		x.add(o.ID, "the version of "+old.Version().Text, "a newer one stands in the event")
	}
	x.by[o.ID] = o
}

// meaning is what a marking definition restricts.
func meaning(o *stix.Object) marking {
	var m marking
	m.label, _ = stix.TLPOfMarking(o.ID)
	if d, ok := o.Root().Child("definition"); ok {
		if s := get(d, "statement"); property(o, "definition_type") == "statement" && s != "" {
			m.statement = true
			m.pap, _ = papLevel(s)
		}
	}
	if ext, ok := o.Root().Child("extensions"); ok {
		for e := range ext.Children() {
			if level, ok := papLevel("pap:" + get(e, "pap")); ok {
				m.pap = level
			}
		}
	}
	return m
}

// handled works out who may see an object; parts that are marked lift the whole.
func (x *exporter) handled(o *stix.Object) handling {
	if h, ok := x.known[o.ID]; ok {
		return h
	}
	var h handling
	for _, l := range o.Labels {
		if strings.TrimSpace(l) != "" {
			h.addLabel(l)
		}
	}
	add := func(id string) {
		m := x.marks[id]
		if label, ok := stix.TLPOfMarking(id); ok {
			m.label = label
		}
		h.label, h.pap = stix.Stricter(h.label, m.label), stricterPAP(h.pap, m.pap)
		switch {
		case m.label != "" || m.pap != "":
		case m.statement:
			x.add(o.ID, "the marking "+id, "MISP has no place for statements")
		default:
			h.label = stix.Stricter(h.label, "amber+strict")
			x.add(o.ID, "the marking "+id, "nobody here knows it: it counts as amber+strict")
		}
	}
	for _, id := range o.ObjectMarkingRefs {
		add(id)
	}
	for _, g := range o.GranularMarkings {
		if g.MarkingRef != "" {
			before := h.label
			add(g.MarkingRef)
			if h.label != before {
				x.add(o.ID, "the marking of a part", "MISP marks wholes: the whole is %s", h.label)
			}
		}
	}
	x.known[o.ID] = h
	return h
}

// gather says which event each object goes to.
func (x *exporter) gather() {
	for _, id := range x.order {
		if o := x.by[id]; o.Type == "report" || o.Type == "grouping" {
			x.events = append(x.events, &draft{Event: &Event{}, report: o})
			x.home[id] = x.events[len(x.events)-1]
		}
	}
	for _, d := range x.events {
		for _, id := range texts(d.report.Root(), "object_refs") {
			x.settle(d, id)
		}
	}
	for _, id := range x.order { // what a report does not name, because it is stricter
		if ext, ok := ours(x.by[id]); ok && x.home[id] == nil {
			if d := x.home[get(ext, "event")]; d != nil {
				x.settle(d, id)
			}
		}
	}
	// What the members stand on, and what stands on them, goes where they are. Twice, for sightings of what notes name.
	for range 2 {
		for _, id := range x.order {
			d := x.home[id]
			o := x.by[id]
			if d != nil {
				for _, ref := range grounds(o) {
					if x.by[ref] != nil && x.home[ref] == nil {
						x.settle(d, ref)
					}
				}
			}
			if d == nil {
				for _, ref := range ties(o) {
					if to := x.home[ref]; to != nil {
						x.settle(to, id)
						break
					}
				}
			}
		}
	}
	var rest *draft
	if len(x.events) == 1 {
		rest = x.events[0]
	}
	for _, id := range x.order {
		if o := x.by[id]; x.home[id] == nil && !plumbing(o) {
			if rest == nil {
				rest = &draft{Event: &Event{}}
				x.events = append(x.events, rest)
			}
			x.settle(rest, id)
		}
	}
}

// settle puts an object into an event, once.
func (x *exporter) settle(d *draft, id string) {
	o := x.by[id]
	switch {
	case o == nil:
		if kindOf(id) != "marking-definition" && kindOf(id) != "extension-definition" && x.marks[id] == (marking{}) {
			x.add(d.report.ID, "the reference to "+id, "the object is not there")
		}
	case x.home[id] == d, plumbing(o):
	case x.home[id] != nil:
		if o.Type != "identity" {
			x.add(id, "its place in "+d.report.ID, "it stands in another event already, and an attribute is in one")
		}
	default:
		x.home[id] = d
		d.members = append(d.members, id)
	}
}

// plumbing are objects that say nothing by themselves.
func plumbing(o *stix.Object) bool { return o.Type == "extension-definition" || o.Type == "bundle" }

// grounds are what an object stands on: its observables, and who speaks.
func grounds(o *stix.Object) []string {
	who := []string{o.CreatedByRef}
	switch o.Type {
	case "observed-data":
		return append(who, texts(o.Root(), "object_refs")...)
	case "sighting":
		return append(who, texts(o.Root(), "where_sighted_refs")...)
	}
	return who
}

// ties are what an object is about.
func ties(o *stix.Object) []string {
	switch o.Type {
	case "relationship":
		return []string{property(o, "source_ref"), property(o, "target_ref")}
	case "sighting":
		return []string{property(o, "sighting_of_ref")}
	case "note", "opinion":
		return texts(o.Root(), "object_refs")
	case "language-content":
		return []string{property(o, "object_ref")}
	}
	return nil
}

// ours is what our extension says of an object.
func ours(o *stix.Object) (stix.Value, bool) {
	ext, ok := o.Root().Child("extensions")
	if !ok {
		return stix.Value{}, false
	}
	return ext.Child(extension)
}

func part(o *stix.Object, name string) (stix.Value, bool) {
	v, ok := ours(o)
	if !ok {
		return v, false
	}
	v, ok = v.Child(name)
	return v, ok && v.IsObject()
}

// seconds is a time as MISP writes it.
func (x *exporter) seconds(t stix.Timestamp) string {
	if t.Time.IsZero() {
		return ""
	}
	if t.Time.Nanosecond() != 0 {
		x.dates++
	}
	s := strconv.FormatInt(max(t.Time.Unix(), 1), 10)
	if goodSeconds(s) == "" {
		x.late++
	}
	return goodSeconds(s)
}

// fill makes the event.
func (x *exporter) fill(d *draft) {
	d.places, d.tagged = map[string]place{}, map[string]bool{}
	x.head(d)
	for _, id := range d.members {
		switch o := x.by[id]; {
		case o.Type == "observed-data":
			for _, ref := range texts(o.Root(), "object_refs") {
				x.spent[ref] = true
			}
		case observableType(o.Type): // what is part of another one
			for ref := range o.Refs() {
				x.spent[ref.ID] = true
			}
		case o.Type == "sighting":
			for _, ref := range texts(o.Root(), "where_sighted_refs") {
				x.spent[ref] = true
			}
		}
	}
	for _, id := range d.members {
		if !x.spent[id] {
			x.member(d, x.by[id])
		}
	}
	var ties []*stix.Object
	for _, id := range d.members {
		if o := x.by[id]; !x.spent[id] && (o.Type == "relationship" || o.Type == "sighting" || o.Type == "opinion") {
			ties = append(ties, o)
		}
	}
	for _, o := range ties {
		x.tie(d, o)
	}
	x.eventClusters(d)
	x.resolve(d)
}

// resolve turns identifiers in references into UUIDs of the event.
func (x *exporter) resolve(d *draft) {
	for i := range d.Objects {
		obj := &d.Objects[i]
		obj.References = slices.DeleteFunc(obj.References, func(r Reference) bool {
			return strings.Contains(r.ReferencedUUID, "--") && d.uuidOf(r.ReferencedUUID) == ""
		})
		for n := range obj.References {
			if r := &obj.References[n]; strings.Contains(r.ReferencedUUID, "--") {
				r.ReferencedUUID = d.uuidOf(r.ReferencedUUID)
			}
		}
	}
}

// uuidOf is the UUID of what an object has become, "" where it is neither attribute nor object.
func (d *draft) uuidOf(id string) string {
	p, ok := d.places[id]
	switch {
	case !ok:
		return ""
	case p.object >= 0:
		return d.Objects[p.object].UUID
	}
	return d.Attributes[p.attribute].UUID
}

// head makes the event's own members.
func (x *exporter) head(d *draft) {
	e := d.Event
	e.ThreatLevel, e.Analysis, e.Distribution = "4", "0", "0"
	if d.report == nil {
		var first, last stix.Timestamp
		unlabelled := false
		for _, id := range d.members {
			o := x.by[id]
			h := x.handled(o)
			if d.label = stix.Stricter(d.label, h.label); h.label == "" {
				unlabelled = true
			}
			if v := o.Version(); !v.Time.IsZero() && (last.Time.IsZero() || v.Time.After(last.Time)) {
				last = v
			}
			if c := o.Created; !c.Time.IsZero() && c.Text != sharedCreated && (first.Time.IsZero() || c.Time.Before(first.Time)) {
				first = c
			}
		}
		if unlabelled && d.open() {
			d.label = "amber"
		}
		e.Info = cmp.Or(x.o.Title, "Objects of STIX that no report names")
		e.UUID = x.uuid("", append([]string{"misp-event"}, d.members...)...)
		e.Timestamp, e.Date = cmp.Or(x.seconds(last), "1"), "1970-01-01"
		if !first.Time.IsZero() {
			e.Date = first.Time.UTC().Format("2006-01-02")
		} else if !last.Time.IsZero() {
			e.Date = last.Time.UTC().Format("2006-01-02")
		}
		if d.label == "clear" {
			e.Distribution = "3"
		}
		x.author(d, "")
		e.Tags = tagsOfHandling(handling{label: d.label})
		return
	}
	o := d.report
	d.handling = x.handled(o)
	ext, _ := ours(o)
	_, uuid, _ := strings.Cut(o.ID, "--")
	e.UUID, e.Info = goodUUID(get(ext, "uuid"), uuid), cmp.Or(get(ext, "info"), property(o, "name"), "Grouping "+uuid)
	e.UUID = x.uuid(e.UUID, "misp-event", o.ID)
	if e.Date = "1970-01-01"; !o.Created.Time.IsZero() {
		e.Date = o.Created.Time.UTC().Format("2006-01-02")
	}
	if t, ok := parseTime(get(ext, "date")); ok {
		e.Date = t.Format("2006-01-02")
	}
	e.Timestamp = goodSeconds(get(ext, "timestamp"), x.seconds(o.Modified), "1")
	e.ThreatLevel, e.Analysis = within(get(ext, "threat_level_id"), "1234", "4"), within(get(ext, "analysis"), "012", "0")
	otherwise := "0"
	if d.label == "clear" && get(ext, "distribution") == "" {
		otherwise = "3"
	}
	e.Distribution = x.distribution(o, ext, d.label, otherwise)
	e.PublishTimestamp, e.ExtendsUUID = goodSeconds(get(ext, "publish_timestamp")), goodUUID(get(ext, "extends_uuid"))
	if t, err := stix.ParseTimestamp(property(o, "published")); err == nil && e.PublishTimestamp == "" {
		e.PublishTimestamp = x.seconds(t)
	}
	if org, ok := child(ext, "org"); ok {
		e.Org = goodOrg(orgOf(org))
	}
	x.author(d, o.CreatedByRef)
	e.Tags = tagsOfHandling(d.handling)
	if o.Type == "report" {
		x.add(o.ID, "that it is published", "an event is published by who holds it")
	}
	known := []string{"object_refs", "published", "report_types", "context", "name"}
	if s := property(o, "description"); s != "" {
		e.Reports = append(e.Reports, EventReport{
			UUID: x.uuid("", "misp-event-report", o.ID), Name: "Description", Content: s, Timestamp: e.Timestamp, Distribution: "5",
		})
		known = append(known, "description")
	}
	links := map[string]bool{}
	for _, id := range d.members {
		if a, ok := part(x.by[id], "attribute"); ok && get(a, "type") == "link" {
			links[property(x.by[id], "content")] = true
		}
	}
	for r := range list(o.Root(), "external_references") {
		u := get(r, "url")
		switch {
		case links[u] && u != "":
		case u != "":
			x.attribute(d, Attribute{
				UUID: stix.UUIDv5("misp-link", o.ID, u), Type: "link", Value: u, Timestamp: e.Timestamp, Distribution: "5",
				Comment: cmp.Or(get(r, "description"), get(r, "source_name")),
			}, "")
		default:
			x.add(o.ID, "the reference to "+get(r, "source_name")+" "+get(r, "external_id"), "it has no address")
		}
	}
	x.unused(o, append(known, "external_references")...)
	if refs := texts(ext, "clusters"); refs != nil {
		d.clusters = map[string]bool{}
		for _, id := range refs {
			d.clusters[id] = true
		}
	}
}

// uuid is one that nothing else has: the one that is asked for, or one that is made of parts.
func (x *exporter) uuid(want string, parts ...string) string {
	want = goodUUID(want)
	for n := 0; want == "" || x.uuids[want]; n++ {
		want = stix.UUIDv5(append(parts, strconv.Itoa(n))...)
	}
	x.uuids[want] = true
	return want
}

// goodUUID is the first of the texts that is a UUID.
func goodUUID(list ...string) string {
	for _, s := range list {
		if s = strings.ToLower(s); len(s) == 36 && strings.Trim(s, "0123456789abcdef-") == "" && strings.Count(s, "-") == 4 &&
			s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
			return s
		}
	}
	return ""
}

// goodSeconds is the first of the texts that is a number of seconds.
func goodSeconds(list ...string) string {
	for _, s := range list {
		if s != "" && len(s) <= 11 && strings.Trim(s, "0123456789") == "" {
			return s
		}
	}
	return ""
}

// goodTime is a time that MISP reads, or nothing.
func goodTime(s string) string {
	_, ok := parseTime(s)
	return only(ok, s)
}

func goodOrg(o Org) Org { return Org{UUID: goodUUID(o.UUID), Name: o.Name} }

func within(s, allowed, otherwise string) string {
	if len(s) == 1 && strings.Contains(allowed, s) {
		return s
	}
	return otherwise
}

// author is the organisation that an event comes from.
func (x *exporter) author(d *draft, id string) {
	if id == "" {
		for _, m := range d.members {
			if id = x.by[m].CreatedByRef; id != "" {
				break
			}
		}
	}
	_, uuid, _ := strings.Cut(id, "--")
	d.Orgc = Org{UUID: goodUUID(uuid, stix.UUIDv5("misp-org", "unknown")), Name: "Unknown"}
	if o := x.by[id]; o != nil {
		d.Orgc.Name = cmp.Or(property(o, "name"), d.Orgc.Name)
	} else {
		x.add(d.where(), "who made it", "the object says no name")
	}
	x.spent[id] = true
	others := 0
	for _, m := range d.members {
		if by := x.by[m].CreatedByRef; by != "" && by != id {
			others++
			x.spent[by] = true
		}
	}
	if others > 0 {
		x.add(d.where(), fmt.Sprintf("who made %d of its objects", others), "an event has one author")
	}
}

// allowed are the distributions that a label bears.
var allowed = map[string]string{"red": "0", "amber+strict": "01", "amber": "012", "green": "0123", "clear": "0123", "": "0123"}

// distribution is the one that an object came with, where its label bears it still.
func (x *exporter) distribution(o *stix.Object, ext stix.Value, label, otherwise string) string {
	had := get(ext, "distribution")
	switch {
	case had == "" || had == otherwise:
		return otherwise
	case had == "5" && otherwise == "5":
		return had
	case len(had) == 1 && strings.Contains(allowed[label], had):
		return had
	}
	x.add(o.ID, "the distribution "+had, "it is 0 in its place: a sharing group has to be there, and what is %s goes no further", cmp.Or(label, "for a group"))
	return "0"
}

// tagsOfHandling writes labels as tags.
func tagsOfHandling(h handling) (tags []Tag) {
	if h.label != "" {
		tags = append(tags, Tag{Name: "tlp:" + h.label})
	}
	if h.pap != "" {
		tags = append(tags, Tag{Name: "PAP:" + strings.ToUpper(h.pap)})
	}
	for _, l := range h.labels {
		tags = append(tags, Tag{Name: l})
	}
	return tags
}

// common are the properties that are dealt with for every object.
var common = set("type", "id", "spec_version", "created", "modified", "created_by_ref", "revoked", "labels", "object_marking_refs", "granular_markings",
	"extensions", "name")

// unused says which properties of an object were not looked at.
func (x *exporter) unused(o *stix.Object, used ...string) {
	var rest []string
	for c := range o.Root().Children() {
		if name := c.Name(); !common[name] && !slices.Contains(used, name) {
			rest = append(rest, name)
		}
	}
	if ext, ok := o.Root().Child("extensions"); ok {
		for e := range ext.Children() {
			if e.Name() != extension && !predefined[e.Name()] {
				rest = append(rest, "extensions/"+e.Name())
			}
		}
	}
	if len(rest) > 0 {
		x.add(o.ID, strings.Join(rest, ", "), "an event has no place for it")
	}
}

// predefined are the extensions of observables whose members are looked at one by one.
var predefined = set("http-request-ext", "windows-pebinary-ext", "windows-service-ext")

// attribute adds an attribute, with a UUID of its own and a pair of category and type that MISP takes. id is the object that it
// stands for, "" where another one does.
func (x *exporter) attribute(d *draft, a Attribute, id string) {
	if strings.TrimSpace(a.Value) == "" {
		x.add(cmp.Or(id, "attribute "+a.UUID), "the "+a.Type, "it has no value")
		return
	}
	x.fit(d, &a)
	d.Attributes = append(d.Attributes, a)
	if id != "" {
		d.places[id] = place{len(d.Attributes) - 1, -1}
	}
}

// fit makes an attribute one that MISP takes.
func (x *exporter) fit(d *draft, a *Attribute) {
	where := "attribute " + a.UUID
	old := goodUUID(a.UUID)
	if a.UUID = x.uuid(old, "misp-attribute", d.UUID, old, a.Type, a.Value); old != "" && a.UUID != old {
		x.add(where, "its UUID", "two parts of the event have it: one is %s", a.UUID)
	}
	if !acceptable(a.Type, a.Value) {
		x.add(where, "the type "+a.Type, "MISP refuses the value %q for it: it is of type other", clip(a.Value, 60))
		a.Type, a.Category = "other", "Other"
	}
	category, ok := categoryOf(a.Type, a.Category)
	switch {
	case category == "":
		x.add(where, "the type "+a.Type, "MISP does not know it: it is of type other")
		a.Type, category = "other", "Other"
	case !ok:
		x.add(where, "the category "+a.Category, "MISP does not take %s in it: it is %s", a.Type, category)
	}
	a.Category = category
	if a.Distribution == "" {
		a.Distribution = "5"
	}
	a.Timestamp = goodSeconds(a.Timestamp, d.Timestamp)
	a.FirstSeen, a.LastSeen = x.seen("attribute "+a.UUID, a.FirstSeen, a.LastSeen)
}

// seen are times that MISP takes: none of them, or the first one no later than the last.
func (x *exporter) seen(where, first, last string) (from, to string) {
	a, begins := parseTime(first)
	if b, ends := parseTime(last); begins && ends && b.Before(a) {
		x.add(where, "when it was last seen", "MISP refuses a time before that at which it was first seen")
		last = ""
	}
	return goodTime(first), goodTime(last)
}

// open says that more people may see the event than what has no label.
func (d *draft) open() bool { return d.label == "clear" || d.label == "green" }

// handledIn is the handling of an object in an event. What has no label counts as amber where the event would open it.
func (x *exporter) handledIn(d *draft, o *stix.Object) handling {
	h := x.handled(o)
	if h.label == "" && d.open() {
		h.label = "amber"
		x.bare++
	}
	return h
}

// own are the tags that something has and its event has not.
func (d *draft) own(h handling) []Tag {
	if h.label == d.label {
		h.label = ""
	}
	if h.pap == d.pap {
		h.pap = ""
	}
	return tagsOfHandling(h)
}

// inner is the distribution within the event of something with a label.
func (x *exporter) inner(d *draft, o *stix.Object, ext stix.Value, label string) string {
	otherwise := "5"
	if d.label != label && stix.Stricter(d.label, label) == label {
		otherwise = "0"
	}
	return x.distribution(o, ext, label, otherwise)
}
