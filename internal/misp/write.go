package misp

import (
	"io"
)

// Write writes events as MISP takes them: one as {"Event": …}, several as {"response": [{"Event": …}, …]}.
func Write(w io.Writer, events []*Event) error {
	var v any
	list := make([]object, 0, len(events))
	for _, e := range events {
		list = append(list, object{"Event": e.wire()})
	}
	v = object{"response": list}
	if len(list) == 1 {
		v = list[0]
	}
	raw, err := compact(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(raw, '\n'))
	return err
}

func (e *Event) wire() object {
	o := filled(object{
		"uuid": e.UUID, "publish_timestamp": e.PublishTimestamp, "extends_uuid": e.ExtendsUUID, "Org": orgObject(e.Org), "Orgc": orgObject(e.Orgc),
		"Tag": tagsWire(e.Tags), "Galaxy": galaxiesWire(e.Galaxies),
	})
	o["info"], o["date"], o["timestamp"], o["threat_level_id"] = e.Info, e.Date, e.Timestamp, e.ThreatLevel
	o["analysis"], o["distribution"], o["published"] = e.Analysis, e.Distribution, e.Published
	attributes := make([]object, 0, len(e.Attributes))
	for i := range e.Attributes {
		attributes = append(attributes, e.Attributes[i].wire())
	}
	objects := make([]object, 0, len(e.Objects))
	for i := range e.Objects {
		objects = append(objects, e.Objects[i].wire())
	}
	o["Attribute"], o["Object"] = attributes, objects
	var reports []object
	for _, r := range e.Reports {
		reports = append(reports, filled(object{
			"uuid": r.UUID, "name": r.Name, "content": r.Content, "timestamp": r.Timestamp, "distribution": r.Distribution,
		}))
	}
	if len(reports) > 0 {
		o["EventReport"] = reports
	}
	return o
}

func (a *Attribute) wire() object {
	o := filled(object{
		"uuid": a.UUID, "object_relation": a.Relation, "first_seen": a.FirstSeen, "last_seen": a.LastSeen, "timestamp": a.Timestamp,
		"deleted": a.Deleted, "Tag": tagsWire(a.Tags), "Galaxy": galaxiesWire(a.Galaxies),
	})
	o["type"], o["category"], o["value"], o["comment"], o["to_ids"] = a.Type, a.Category, a.Value, a.Comment, a.ToIDs
	o["distribution"], o["disable_correlation"] = a.Distribution, a.DisableCorrelation
	var sightings []object
	for _, s := range a.Sightings {
		sightings = append(sightings, filled(object{
			"uuid": s.UUID, "type": s.Type, "date_sighting": s.Date, "source": s.Source, "Organisation": orgObject(s.Org),
		}))
	}
	if len(sightings) > 0 {
		o["Sighting"] = sightings
	}
	return o
}

func (x *Object) wire() object {
	o := filled(object{
		"uuid": x.UUID, "description": x.Description, "template_uuid": x.TemplateUUID, "template_version": x.TemplateVersion,
		"timestamp": x.Timestamp, "first_seen": x.FirstSeen, "last_seen": x.LastSeen, "deleted": x.Deleted,
	})
	o["name"], o["meta-category"], o["comment"], o["distribution"] = x.Name, x.MetaCategory, x.Comment, x.Distribution
	list := make([]object, 0, len(x.Attributes))
	for i := range x.Attributes {
		list = append(list, x.Attributes[i].wire())
	}
	o["Attribute"] = list
	var refs []object
	for _, r := range x.References {
		refs = append(refs, filled(object{
			"uuid": r.UUID, "object_uuid": x.UUID, "referenced_uuid": r.ReferencedUUID, "relationship_type": r.Type, "comment": r.Comment,
			"timestamp": r.Timestamp,
		}))
	}
	if len(refs) > 0 {
		o["ObjectReference"] = refs
	}
	return o
}

func tagsWire(tags []Tag) (out []object) {
	for _, t := range tags {
		out = append(out, object{"name": t.Name})
	}
	return out
}

func galaxiesWire(galaxies []Galaxy) (out []object) {
	for _, g := range galaxies {
		var clusters []object
		for _, c := range g.Clusters {
			meta := filled(object{"external_id": c.ExternalIDs, "kill_chain": c.KillChain, "synonyms": c.Synonyms, "refs": c.Refs})
			clusters = append(clusters, filled(object{
				"uuid": c.UUID, "type": c.Type, "value": c.Value, "tag_name": c.TagName, "description": c.Description, "meta": meta,
			}))
		}
		out = append(out, filled(object{"uuid": g.UUID, "type": g.Type, "name": g.Name, "GalaxyCluster": clusters}))
	}
	return out
}
