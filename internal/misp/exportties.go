package misp

import (
	"cmp"
	"strconv"
	"strings"

	"entente/internal/stix"
)

// galaxyOfObject is the galaxy of an object that is a cluster in MISP, "" for others.
func galaxyOfObject(o *stix.Object) string {
	if ext, ok := ours(o); ok {
		if g := get(ext, "galaxy"); g != "" {
			return g
		}
		if _, ok := part(o, "attribute"); ok {
			return ""
		}
		if _, ok := part(o, "object"); ok {
			return ""
		}
	}
	id := attackIDOf(o)
	switch o.Type {
	case "attack-pattern", "intrusion-set", "malware", "tool", "course-of-action":
		if id != "" {
			return "mitre-" + o.Type
		}
		if o.Type == "attack-pattern" || o.Type == "course-of-action" {
			return ""
		}
		return "stix-2.1-" + o.Type
	case "threat-actor":
		return "threat-actor"
	}
	return ""
}

// attackIDOf is the id of ATT&CK of an object.
func attackIDOf(o *stix.Object) string {
	for r := range list(o.Root(), "external_references") {
		if id := get(r, "external_id"); strings.HasPrefix(get(r, "source_name"), "mitre-") && attackID.MatchString(id) && len(id) <= 9 {
			return id
		}
	}
	return ""
}

// cluster is the cluster of an object, and its tag.
func (x *exporter) cluster(o *stix.Object) (Galaxy, Tag) {
	galaxy := galaxyOfObject(o)
	name := property(o, "name")
	ext, _ := ours(o)
	c := Cluster{Type: galaxy, Value: name, Description: property(o, "description"), Synonyms: texts(o.Root(), "aliases")}
	if id := attackIDOf(o); id != "" && strings.HasPrefix(galaxy, "mitre-") {
		c.Value, c.ExternalIDs = name+" - "+id, []string{id}
	}
	c.Value = cmp.Or(get(ext, "value"), c.Value)
	c.TagName = cmp.Or(get(ext, "tag_name"), galaxyPrefix+galaxy+`="`+strings.ReplaceAll(c.Value, `"`, "'")+`"`)
	c.UUID = goodUUID(get(ext, "uuid"))
	for p := range list(o.Root(), "kill_chain_phases") {
		c.KillChain = append(c.KillChain, get(p, "kill_chain_name")+":"+get(p, "phase_name"))
	}
	for r := range list(o.Root(), "external_references") {
		if u := get(r, "url"); u != "" && get(r, "source_name") == "misp-galaxy" {
			c.Refs = append(c.Refs, u)
		}
	}
	return Galaxy{UUID: goodUUID(get(ext, "galaxy_uuid")), Type: galaxy, Name: cmp.Or(get(ext, "galaxy_name"), galaxy), Clusters: []Cluster{c}}, Tag{Name: c.TagName}
}

// tag gives something the tag of a cluster, and the cluster itself where MISP knows it: it came from there.
func (x *exporter) tag(o *stix.Object, tags *[]Tag, galaxies *[]Galaxy) {
	g, t := x.cluster(o)
	*tags = append(*tags, t)
	if g.Clusters[0].UUID != "" {
		*galaxies = append(*galaxies, g)
	}
}

// eventClusters gives the event the clusters that no attribute has alone.
func (x *exporter) eventClusters(d *draft) {
	for _, id := range d.members {
		o := x.by[id]
		if galaxyOfObject(o) == "" {
			continue
		}
		h := x.handled(o)
		if d.tagged[id] && (d.clusters == nil || !d.clusters[id]) {
			continue
		}
		if h.label == "" && d.open() && attackIDOf(o) == "" { // what ATT&CK knows everybody does
			h.label = "amber"
		}
		if h.label != "" && h.label != d.label && stix.Stricter(h.label, d.label) == h.label {
			x.add(id, "the "+o.Type, "it is %s and would be a tag of an event that is %s", h.label, cmp.Or(d.label, "without a label"))
			continue
		}
		x.tag(o, &d.Tags, &d.Galaxies)
	}
}

// tie makes of a relationship, a sighting or an opinion what it is in MISP.
func (x *exporter) tie(d *draft, o *stix.Object) {
	switch o.Type {
	case "sighting":
		x.sighting(d, o)
		return
	case "opinion":
		x.opinion(d, o)
		return
	}
	from, to := property(o, "source_ref"), property(o, "target_ref")
	kind := property(o, "relationship_type")
	ext, _ := ours(o)
	source, ok := d.places[from]
	if c := x.by[to]; ok && c != nil && galaxyOfObject(c) != "" && (kind == "indicates" || kind == "related-to") {
		a := d.at(source)
		x.tag(c, &a.Tags, &a.Galaxies)
		d.tagged[to] = true
		x.unused(o, "relationship_type", "source_ref", "target_ref")
		return
	}
	target := d.uuidOf(to)
	if !ok || target == "" || source.object < 0 {
		x.add(o.ID, from+" "+kind+" "+to, "in MISP only an object refers, and to an object or attribute of the same event")
		return
	}
	_, uuid, _ := strings.Cut(o.ID, "--")
	obj := &d.Objects[source.object]
	obj.References = append(obj.References, Reference{
		UUID: goodUUID(uuid), ReferencedUUID: goodUUID(get(ext, "referenced_uuid"), target), Type: cmp.Or(get(ext, "relationship_type"), kind),
		Comment: property(o, "description"), Timestamp: x.seconds(o.Modified),
	})
	x.unused(o, "relationship_type", "source_ref", "target_ref", "description")
}

// at is the attribute at a place; of an object the first.
func (d *draft) at(p place) *Attribute {
	if p.object >= 0 {
		return &d.Objects[p.object].Attributes[0]
	}
	return &d.Attributes[p.attribute]
}

func (x *exporter) sighting(d *draft, o *stix.Object) {
	p, ok := d.places[property(o, "sighting_of_ref")]
	if !ok {
		x.add(o.ID, "the sighting of "+property(o, "sighting_of_ref"), "in MISP only attributes are sighted")
		return
	}
	ext, _ := part(o, "sighting")
	when := cmp.Or(property(o, "last_seen"), property(o, "first_seen"), o.Modified.Text)
	t, _ := parseTime(when)
	_, uuid, _ := strings.Cut(o.ID, "--")
	s := Sighting{
		UUID: goodUUID(uuid), Type: "0", Date: goodSeconds(get(ext, "date_sighting"), strconv.FormatInt(max(t.Unix(), 1), 10)), Source: get(ext, "source"),
	}
	who := texts(o.Root(), "where_sighted_refs")
	if len(who) > 0 && x.by[who[0]] != nil && kindOf(who[0]) == "identity" {
		_, org, _ := strings.Cut(who[0], "--")
		s.Org = Org{UUID: goodUUID(org), Name: property(x.by[who[0]], "name")}
	}
	if n := property(o, "count"); n != "" && n != "1" {
		x.add(o.ID, "that it is "+n+" sightings", "it is one")
	}
	if f := property(o, "first_seen"); f != "" && f != when {
		x.add(o.ID, "that it began "+f, "a sighting has one time, the last")
	}
	if len(who) > 1 {
		x.add(o.ID, strconv.Itoa(len(who)-1)+" of those who have sighted it", "a sighting is of one organisation")
	}
	a := d.at(p)
	a.Sightings = append(a.Sightings, s)
	x.unused(o, "sighting_of_ref", "first_seen", "last_seen", "count", "where_sighted_refs", "summary")
}

func (x *exporter) opinion(d *draft, o *stix.Object) {
	ext, mine := part(o, "sighting")
	refs := texts(o.Root(), "object_refs")
	if mine && len(refs) == 1 {
		if p, ok := d.places[refs[0]]; ok {
			_, uuid, _ := strings.Cut(o.ID, "--")
			s := Sighting{UUID: goodUUID(uuid), Type: "1", Date: goodSeconds(get(ext, "date_sighting"), x.seconds(o.Modified), d.Timestamp), Source: get(ext, "source")}
			if org, ok := child(ext, "organisation"); ok {
				s.Org = goodOrg(orgOf(org))
			}
			a := d.at(p)
			a.Sightings = append(a.Sightings, s)
			return
		}
	}
	x.add(o.ID, "the opinion "+property(o, "opinion"), "an event has no place for it")
}
