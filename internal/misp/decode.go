package misp

import (
	"iter"

	"entente/internal/stix"
)

// child is a member of a value, which may be none.
func child(v stix.Value, name string) (stix.Value, bool) {
	if v == (stix.Value{}) {
		return v, false
	}
	return v.Child(name)
}

// get is the text of a member; numbers and truths are as they are written, anything else is "".
func get(v stix.Value, name string) string {
	c, ok := child(v, name)
	if !ok || c.IsObject() || c.IsList() {
		return ""
	}
	if c.IsString() {
		return c.Text()
	}
	if s := string(c.JSON()); s != "null" {
		return s
	}
	return ""
}

// list yields the objects of a list, which PHP may have written as an object with numbers for names.
func list(v stix.Value, name string) iter.Seq[stix.Value] {
	return func(yield func(stix.Value) bool) {
		c, ok := child(v, name)
		if !ok {
			return
		}
		for e := range c.Children() {
			if e.IsObject() && !yield(e) {
				return
			}
		}
	}
}

// texts are the texts of a list, or the one that stands in its place.
func texts(v stix.Value, name string) (out []string) {
	c, ok := child(v, name)
	if !ok {
		return nil
	}
	if c.IsString() {
		return []string{c.Text()}
	}
	for e := range c.Children() {
		if e.IsString() && e.Text() != "" {
			out = append(out, e.Text())
		}
	}
	return out
}

func left(m map[string]int, v stix.Value, names ...string) map[string]int {
	for _, n := range names {
		if c, ok := v.Child(n); ok && (c.IsList() || c.IsObject()) {
			m = counted(m, n, c.Len())
		}
	}
	return m
}

func orgOf(v stix.Value) Org { return Org{UUID: get(v, "uuid"), Name: get(v, "name")} }

func childOrg(v stix.Value, name string) Org {
	c, ok := child(v, name)
	if !ok || !c.IsObject() {
		return Org{}
	}
	return orgOf(c)
}

func galaxiesOf(v stix.Value) (out []Galaxy) {
	for g := range list(v, "Galaxy") {
		out = append(out, galaxyOf(g))
	}
	return out
}

func galaxyOf(v stix.Value) Galaxy {
	g := Galaxy{UUID: get(v, "uuid"), Type: get(v, "type"), Name: get(v, "name")}
	for c := range list(v, "GalaxyCluster") {
		x := Cluster{
			UUID: get(c, "uuid"), Type: get(c, "type"), Value: get(c, "value"), TagName: get(c, "tag_name"),
			Description: get(c, "description"), Local: truth(get(c, "local")),
		}
		if m, ok := c.Child("meta"); ok && m.IsObject() {
			x.ExternalIDs, x.KillChain, x.Synonyms, x.Refs = texts(m, "external_id"), texts(m, "kill_chain"), texts(m, "synonyms"), texts(m, "refs")
			x.ISO = get(m, "ISO")
			if iso := texts(m, "ISO"); x.ISO == "" && len(iso) > 0 {
				x.ISO = iso[0]
			}
			for e := range m.Children() {
				switch e.Name() {
				case "external_id", "kill_chain", "synonyms", "refs", "ISO":
				default:
					x.Meta = append(x.Meta, e.Name())
				}
			}
		}
		g.Clusters = append(g.Clusters, x)
	}
	return g
}

func attributeOf(v stix.Value) Attribute {
	a := Attribute{
		UUID: get(v, "uuid"), Type: get(v, "type"), Category: get(v, "category"), Value: get(v, "value"),
		Relation: get(v, "object_relation"), Comment: get(v, "comment"), Deleted: truth(get(v, "deleted")),
		DisableCorrelation: truth(get(v, "disable_correlation")), Timestamp: get(v, "timestamp"), FirstSeen: get(v, "first_seen"),
		LastSeen: get(v, "last_seen"), Distribution: distributionOf(v), SharingGroup: SharingGroup(childOrg(v, "SharingGroup")),
		Tags: tagsOf(v), Galaxies: galaxiesOf(v), Left: left(nil, v, "ShadowAttribute", "Note", "Opinion", "Relationship"),
	}
	if a.Value == "" {
		a.Value = get(v, "value1")
		if second := get(v, "value2"); second != "" {
			a.Value += "|" + second
		}
	}
	if ids := get(v, "to_ids"); ids != "" {
		a.ToIDs, a.ToIDsGiven = truth(ids), true
	}
	if d, ok := v.Child("data"); ok && d.IsString() {
		a.Data = len(d.JSON()) - 2
	}
	for s := range list(v, "Sighting") {
		a.Sightings = append(a.Sightings, Sighting{
			UUID: get(s, "uuid"), Type: get(s, "type"), Date: get(s, "date_sighting"), Source: get(s, "source"), Org: childOrg(s, "Organisation"),
		})
	}
	return a
}

func objectOf(v stix.Value) Object {
	o := Object{
		UUID: get(v, "uuid"), Name: get(v, "name"), MetaCategory: get(v, "meta-category"), Description: get(v, "description"),
		TemplateUUID: get(v, "template_uuid"), TemplateVersion: get(v, "template_version"), Comment: get(v, "comment"),
		Deleted: truth(get(v, "deleted")), Timestamp: get(v, "timestamp"), FirstSeen: get(v, "first_seen"), LastSeen: get(v, "last_seen"),
		Distribution: distributionOf(v), SharingGroup: SharingGroup(childOrg(v, "SharingGroup")), Tags: tagsOf(v),
		Left: left(nil, v, "Note", "Opinion", "Relationship"),
	}
	for a := range list(v, "Attribute") {
		o.Attributes = append(o.Attributes, attributeOf(a))
	}
	for r := range list(v, "ObjectReference") {
		o.References = append(o.References, Reference{
			UUID: get(r, "uuid"), ReferencedUUID: get(r, "referenced_uuid"), Type: get(r, "relationship_type"), Comment: get(r, "comment"),
			Timestamp: get(r, "timestamp"), Deleted: truth(get(r, "deleted")),
		})
	}
	return o
}

func reportOf(v stix.Value) EventReport {
	return EventReport{
		UUID: get(v, "uuid"), Name: get(v, "name"), Content: get(v, "content"), Timestamp: get(v, "timestamp"),
		Distribution: distributionOf(v), SharingGroup: SharingGroup(childOrg(v, "SharingGroup")), Tags: tagsOf(v),
		Deleted: truth(get(v, "deleted")),
	}
}
