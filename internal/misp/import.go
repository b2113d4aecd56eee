package misp

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"entente/internal/attack"
	"entente/internal/stix"
)

// Extension identifies the extension in which objects keep what an event of MISP says and STIX has no property for: see
// docs/formats/misp.md.
func Extension() string { return extension }

var extension = stix.ID("extension-definition", "entente-misp/1")

// extensionTime is when the extension was defined.
const extensionTime = "2026-11-23T00:00:00.000Z"

// sharedCreated is when objects that several events may make of the same thing (organisations, clusters) say that they were
// created: the same in every version. When they were changed is when the event was.
const sharedCreated = "2011-01-01T00:00:00.000Z"

// ImportOptions change what becomes of events.
type ImportOptions struct {
	// Facts of ATT&CK give techniques, groups and software their tactics and addresses; nil: the events' own words alone.
	Facts *attack.Facts
	// Pattern checks the rules and patterns of indicators; what it refuses becomes a note. nil checks patterns of STIX alone.
	Pattern func(kind, version, text string) error
	// TrustTLP lets a tag of TLP stand where the distribution is narrower.
	TrustTLP bool
	// RevokeDeleted makes revoked objects of deleted attributes and objects. They are left out otherwise, because what was
	// deleted may have been so for what it says.
	RevokeDeleted bool
}

// Importer makes objects of STIX of events. One goroutine may use it.
type Importer struct {
	o       ImportOptions
	names   func() names
	written map[string]string // labels of what was given out, by identifier and version
}

// NewImporter makes an importer. What several events have in common it gives once.
func NewImporter(o ImportOptions) *Importer {
	return &Importer{o: o, names: sync.OnceValue(func() names { return namesOf(o.Facts) }), written: map[string]string{}}
}

// run is one event on its way.
type run struct {
	losses
	o        ImportOptions
	names    func() names
	e        *Event
	where    string
	created  string
	changed  string // modified
	author   string
	event    handling
	id       string // of the report or grouping
	objects  []made
	settled  int               // how many of them are written
	labelled map[string]string // label by identifier
	orgs     map[string]int    // places in objects, by identifier
	refs     []string          // of the report
	marks    map[string]object
	ids      map[string]string // by UUID of MISP
	taken    map[string]bool
	links    []object // external references of the report
}

// Event gives the objects of an event, in an order in which each comes after the markings that it carries, and what was lost.
// Every object passes [stix.Check].
func (im *Importer) Event(e *Event) ([]json.RawMessage, []Loss) {
	r := &run{
		o: im.o, names: im.names, e: e, where: e.where(), marks: map[string]object{}, ids: map[string]string{}, taken: map[string]bool{},
		labelled: map[string]string{}, orgs: map[string]int{},
	}
	for _, b := range e.Broken {
		r.lose(b.Where, b.What, b.Why)
	}
	r.begin()
	for i := range e.Attributes {
		r.attribute(&e.Attributes[i], i)
		r.settle()
	}
	for i := range e.Objects {
		r.object(&e.Objects[i], i)
		r.settle()
	}
	for i := range e.Reports {
		r.report(&e.Reports[i], i)
		r.settle()
	}
	r.references()
	r.end()
	r.settle()
	for _, name := range slices.Sorted(maps.Keys(e.Left)) {
		r.lose(r.where, strconv.Itoa(e.Left[name])+" of "+name, leftWhy(name))
	}
	r.order()
	var out []json.RawMessage
	give := func(m made) {
		// What several say of the same thing is given once, unless the later one lets more people see it.
		before, met := im.written[m.id+m.version]
		if met && stix.Stricter(m.label, before) == m.label {
			return
		}
		if m.raw == nil {
			if m.raw = r.finish(m); m.raw == nil {
				return
			}
		}
		im.written[m.id+m.version] = m.label
		out = append(out, m.raw)
	}
	give(made{id: extension, version: extensionTime, o: object{
		"type": "extension-definition", "spec_version": "2.1", "id": extension, "created_by_ref": stix.ID("identity", "Entente"),
		"created": extensionTime, "modified": extensionTime, "name": "Entente MISP event", "version": "1.0.0",
		"description":     "What an event of MISP says and STIX has no property for.",
		"schema":          "Members have the names and meanings of the MISP core format.",
		"extension_types": []string{"property-extension"},
	}})
	for _, id := range slices.Sorted(maps.Keys(r.marks)) {
		give(made{id: id, o: r.marks[id]})
	}
	for _, m := range r.objects {
		give(m)
	}
	return out, r.take()
}

// made is an object of the event: as it is made, and its bytes when it is.
type made struct {
	id, version, label string
	o                  object
	raw                json.RawMessage
}

// settle writes the objects that nothing changes any more. Organisations may get another label until the end.
func (r *run) settle() {
	for ; r.settled < len(r.objects); r.settled++ {
		if m := &r.objects[r.settled]; kindOf(m.id) != "identity" {
			m.raw, m.o = r.finish(*m), nil
		}
	}
}

// finish is the bytes of an object, nil where it breaks a rule, which is said.
func (r *run) finish(m made) json.RawMessage {
	raw, err := finished(m.o)
	if err != nil {
		r.lose(r.where, m.id, "it is no object of STIX: "+err.Error())
		return nil
	}
	return raw
}

func leftWhy(name string) string {
	switch name {
	case "RelatedEvent":
		return "correlations are worked out anew by whoever has the events"
	case "ShadowAttribute":
		return "proposals are not part of the event until somebody takes them over"
	}
	return "there is nothing for it in STIX"
}

// finished is an object as bytes, if it keeps to the rules.
func finished(o object) (json.RawMessage, error) {
	raw, err := compact(o)
	if err != nil {
		return nil, err
	}
	return raw, valid(raw)
}

// valid says what breaks a rule of STIX.
func valid(raw []byte) error {
	x, err := stix.Parse(raw, stix.Limits{Size: 256 << 20})
	if err != nil {
		return err
	}
	for _, f := range stix.Check(x) {
		if f.Severity == stix.Error {
			return invalidError(f)
		}
	}
	return nil
}

type invalidError stix.Finding

func (e invalidError) Error() string { return strings.TrimPrefix(e.Pointer+": "+e.Message, ": ") }

func (r *run) lose(where, what, why string, args ...any) { r.add(where, what, why, args...) }

// begin works out what holds for the whole event.
func (r *run) begin() {
	e := r.e
	created, ok := parseTime(e.Date)
	if !ok {
		if created, ok = parseTime(cmp.Or(e.PublishTimestamp, e.Timestamp)); !ok {
			created = time.Unix(0, 0)
			r.lose(r.where, "the time", "it has neither date nor timestamp: 1970 stands in its place")
		}
	}
	r.created = stamp(created.Truncate(24 * time.Hour))
	r.changed = r.modified(e.Timestamp)
	r.event = r.handle(r.where, handling{}, e.Tags, e.Distribution, e.SharingGroup)
	kind := "report"
	if !e.Published && unset(e.PublishTimestamp) {
		kind = "grouping"
	}
	r.id = r.identifier(kind, e.UUID, "event", e.Info, e.Date)
	r.ids[e.UUID] = r.id
	if e.Orgc != (Org{}) {
		r.author = r.organisation(e.Orgc, r.event.label)
	}
}

func unset(timestamp string) bool { return timestamp == "" || timestamp == "0" }

// modified is the time of a change, which cannot be before the beginning.
func (r *run) modified(timestamp string) string {
	t, ok := parseTime(timestamp)
	if s := stamp(t); ok && s > r.created {
		return s
	}
	return r.created
}

// identifier is that of MISP, where it can be one of STIX, or one that follows from parts.
func (r *run) identifier(kind, uuid string, parts ...string) string {
	id := kind + "--" + strings.ToLower(uuid)
	if _, _, err := stix.SplitID(id); err != nil || r.taken[id] {
		if err == nil {
			r.lose(r.where, "the UUID "+uuid, "two parts of the event have it: one gets another")
		} else if uuid != "" {
			r.lose(r.where, "the UUID "+uuid, "it is none: another one stands in its place")
		}
		id = stix.ID(kind, append([]string{"misp", r.e.UUID, uuid}, parts...)...)
		for n := 2; r.taken[id]; n++ {
			id = stix.ID(kind, append([]string{"misp", r.e.UUID, uuid, strconv.Itoa(n)}, parts...)...)
		}
	}
	r.taken[id] = true
	return id
}

// organisation is the identity of an organisation that something with a label names. It carries the most open of these labels.
func (r *run) organisation(org Org, label string) string {
	name := cmp.Or(oneLine(org.Name), "organisation "+org.UUID)
	id := "identity--" + strings.ToLower(org.UUID)
	if _, _, err := stix.SplitID(id); err != nil {
		id = stix.ID("identity", "misp", name)
	}
	if r.taken[id] {
		if had := r.labelled[id]; had != label && stix.Stricter(had, label) == had {
			r.relabel(id, label)
		}
		return id
	}
	r.taken[id] = true
	o := object{
		"type": "identity", "spec_version": "2.1", "id": id, "created": sharedCreated, "modified": max(r.changed, sharedCreated), "name": name,
		"identity_class": "organization",
	}
	r.orgs[id] = len(r.objects)
	r.keep(o, handling{label: label})
	return id
}

// relabel gives an organisation another label.
func (r *run) relabel(id, label string) {
	m := &r.objects[r.orgs[id]]
	delete(m.o, "object_marking_refs")
	if refs := r.markings(handling{label: label}); refs != nil {
		m.o["object_marking_refs"] = refs
	}
	m.label, r.labelled[id] = label, label
}

// put completes an object of the event and takes it in.
func (r *run) put(o object, h handling, timestamp string) string {
	o["spec_version"] = "2.1"
	o["created"], o["modified"] = r.created, r.modified(timestamp)
	if r.author != "" {
		o["created_by_ref"] = r.author
	}
	if len(h.labels) > 0 {
		o["labels"] = h.labels
	}
	r.keep(o, h)
	return o["id"].(string)
}

// keep marks an object and takes it in.
func (r *run) keep(o object, h handling) {
	if m := r.markings(h); m != nil {
		o["object_marking_refs"] = m
	}
	id, _ := o["id"].(string)
	version, _ := o["modified"].(string)
	r.labelled[id] = h.label
	r.objects = append(r.objects, made{id: id, version: version, label: h.label, o: o})
	r.refs = append(r.refs, id)
}

func kindOf(id string) string {
	kind, _, _ := strings.Cut(id, "--")
	return kind
}

// end makes the report, or the grouping of an event that is not published.
func (r *run) end() {
	e := r.e
	clusters := r.clusters(r.where, r.event, e.Tags, e.Galaxies)
	r.refs = append(r.refs, clusters...)
	name := e.Info
	if strings.TrimSpace(name) == "" {
		name = "MISP event " + e.UUID
	}
	ext := filled(object{
		"uuid": r.unlessID(e.UUID, r.id), "threat_level_id": e.ThreatLevel, "analysis": e.Analysis, "distribution": e.Distribution,
		"publish_timestamp": e.PublishTimestamp, "timestamp": r.unlessTime(e.Timestamp, r.changed), "extends_uuid": e.ExtendsUUID,
		"date": unlessDate(e.Date, r.created), "sharing_group": groupOf(e.SharingGroup, r.event.label), "org": orgObject(e.Org), "info": unless(e.Info, name),
		"clusters": clusters,
	})
	o := object{"type": kindOf(r.id), "id": r.id, "name": name}
	if o["type"] == "report" {
		published, ok := parseTime(e.PublishTimestamp)
		if !ok {
			published, _ = parseTime(r.changed)
		}
		o["published"], o["report_types"] = stamp(published), []string{"threat-report"}
	} else {
		o["context"] = "unspecified"
	}
	if len(r.links) > 0 {
		o["external_references"] = r.links
	}
	o["object_refs"] = r.named(unique(r.refs))
	extend(o, ext)
	r.put(o, r.event, e.Timestamp)
}

// within says what an object is to the event, where the report does not name it.
func (r *run) within(ext object, h handling) object {
	if r.closed(h.label) {
		ext["event"] = r.id
	}
	return ext
}

// closed says that fewer people see something with a label than the event.
func (r *run) closed(label string) bool {
	return label != r.event.label && stix.Stricter(r.event.label, label) == label
}

// named are the objects that the report names: those that are stricter than itself stay out, for the identifier of an address
// tells the address to who tries them all.
func (r *run) named(ids []string) []string {
	open := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return r.closed(r.labelled[id]) })
	if len(open) == 0 {
		return []string{cmp.Or(r.author, extension)}
	}
	return open
}

// extend adds the extension, where there is something for it.
func extend(o, ext object) {
	if len(ext) > 0 {
		ext["extension_type"] = "property-extension"
		o["extensions"] = object{extension: ext}
	}
}

// filled is an object without what is empty.
func filled(o object) object {
	maps.DeleteFunc(o, func(_ string, v any) bool {
		switch v := v.(type) {
		case string:
			return v == ""
		case bool:
			return !v
		case object:
			return len(v) == 0
		case []string:
			return len(v) == 0
		case []object:
			return len(v) == 0
		}
		return v == nil
	})
	return o
}

func unique(list []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		there := seen[s]
		seen[s] = true
		return there
	})
}

// groupOf keeps a sharing group, whose name is for its members, where nobody else sees it.
func groupOf(g SharingGroup, label string) object {
	if label != "red" {
		return nil
	}
	return filled(object{"uuid": g.UUID, "name": g.Name})
}

func orgObject(o Org) object { return filled(object{"uuid": o.UUID, "name": o.Name}) }

// unless keeps a text that another one does not tell.
func unless(s, told string) string {
	if s == told {
		return ""
	}
	return s
}

// unlessID keeps a UUID that an identifier does not tell.
func (*run) unlessID(uuid, id string) string {
	_, told, _ := strings.Cut(id, "--")
	return unless(uuid, told)
}

// unlessTime keeps a timestamp that a time of STIX does not tell.
func (*run) unlessTime(timestamp, told string) string {
	if t, ok := parseTime(told); ok && timestamp == strconv.FormatInt(t.Unix(), 10) {
		return ""
	}
	return timestamp
}

func unlessDate(date, told string) string {
	day, _, _ := strings.Cut(told, "T")
	return unless(date, day)
}
