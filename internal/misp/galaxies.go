package misp

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"entente/internal/attack"
	"entente/internal/stix"
)

// galaxyTypes are the types of objects for types of galaxies; see galaxyType for those that are known by a part of their name.
var galaxyTypes = map[string]string{
	"threat-actor": "threat-actor", "microsoft-activity-group": "threat-actor", "360net-threat-actor": "threat-actor",
	"malpedia": "malware", "ransomware": "malware", "rat": "malware", "banker": "malware", "backdoor": "malware", "stealer": "malware",
	"botnet": "malware", "android": "malware", "cryptominers": "malware", "tool": "tool", "exploit-kit": "tool", "rmm-tool": "tool",
	"branded-vulnerability": "vulnerability", "sector": "identity", "preventive-measure": "course-of-action", "country": "location", "region": "location",
}

// galaxyType is the type of object for a galaxy, "" without one.
func galaxyType(galaxy string) string {
	if t := galaxyTypes[galaxy]; t != "" {
		return t
	}
	for _, t := range []string{"attack-pattern", "intrusion-set", "course-of-action", "malware", "tool", "campaign"} {
		if strings.HasPrefix(galaxy, "mitre-") && strings.HasSuffix(galaxy, t) {
			return t
		}
	}
	return ""
}

const galaxyPrefix = "misp-galaxy:"

func isGalaxyTag(name string) bool { return strings.HasPrefix(strings.ToLower(name), galaxyPrefix) }

// attackID finds an id of ATT&CK at the end of a name: Web Shell - T1505.003.
var attackID = regexp.MustCompile(`(?: - )?\b((?:T|G|S|M|C)\d{4}(?:\.\d{3})?)$`)

// clusters makes objects of the clusters of galaxies, and of tags that name some, and gives their identifiers.
func (r *run) clusters(where string, h handling, tags []Tag, galaxies []Galaxy) (ids []string) {
	met := map[string]bool{} // tags and identifiers
	add := func(id string) {
		if id != "" && !met[id] {
			met[id] = true
			ids = append(ids, id)
		}
	}
	local := map[string]bool{}
	for _, t := range tags {
		local[strings.ToLower(t.Name)] = t.Local
	}
	for _, g := range galaxies {
		for _, c := range g.Clusters {
			if c.TagName != "" {
				met[strings.ToLower(c.TagName)] = true
			}
			met[strings.ToLower(galaxyPrefix+cmp.Or(c.Type, g.Type)+`="`+c.Value+`"`)] = true
			if c.Local || local[strings.ToLower(c.TagName)] {
				r.lose(where, "the cluster "+c.Value, "it is local: it does not leave the MISP that it was set on")
				continue
			}
			add(r.cluster(where, h, cmp.Or(c.Type, g.Type), g, c))
		}
	}
	for _, t := range tags {
		if !isGalaxyTag(t.Name) || met[strings.ToLower(t.Name)] {
			continue
		}
		if t.Local {
			r.lose(where, "the tag "+t.Name, "it is local: it does not leave the MISP that it was set on")
			continue
		}
		galaxy, value, ok := strings.Cut(t.Name[len(galaxyPrefix):], "=")
		if !ok {
			r.lose(where, "the tag "+t.Name, "it names no cluster")
			continue
		}
		add(r.cluster(where, h, galaxy, Galaxy{}, Cluster{Value: strings.Trim(value, `"`), TagName: t.Name}))
	}
	return ids
}

// cluster makes an object of a cluster.
func (r *run) cluster(where string, h handling, galaxy string, g Galaxy, c Cluster) string {
	galaxy = strings.ToLower(strings.TrimSpace(galaxy))
	kind := galaxyType(galaxy)
	name := oneLine(c.Value)
	if kind == "" || name == "" {
		r.lose(where, "the cluster "+galaxy+"="+name, "STIX has no object for this galaxy")
		return ""
	}
	external := ""
	if m := attackID.FindStringSubmatch(name); m != nil && strings.HasPrefix(galaxy, "mitre-") {
		external, name = m[1], strings.TrimSpace(strings.TrimSuffix(name, m[0]))
	}
	for _, id := range c.ExternalIDs {
		if attackID.MatchString(id) && len(id) <= len("T1234.123") {
			external = id
		}
	}
	// The same cluster is one object, whichever event names it: of its identifier in MISP, or of its name.
	key := []string{"misp-galaxy", galaxy, cmp.Or(external, strings.ToLower(name))}
	id := stix.ID(kind, append(key, h.label)...)
	if r.taken[id] {
		return id
	}
	r.taken[id] = true
	name = cmp.Or(name, external)
	o := object{"type": kind, "spec_version": "2.1", "id": id, "created": sharedCreated, "modified": max(r.changed, sharedCreated), "name": name}
	var refs []object
	var known *attack.Object
	if r.o.Facts != nil {
		known = r.known(kind, external, name)
	}
	switch {
	case known != nil && external == "":
		refs = append(refs, object{"source_name": "mitre-attack", "external_id": known.ID, "url": known.URL(), "description": "found by the name"})
	case known != nil:
		refs = append(refs, object{"source_name": "mitre-attack", "external_id": external, "url": known.URL()})
	case external != "":
		refs = append(refs, object{"source_name": "mitre-attack", "external_id": external})
	}
	if kind == "attack-pattern" || kind == "malware" || kind == "tool" {
		if p := phases(known, c.KillChain); len(p) > 0 {
			o["kill_chain_phases"] = p
		}
	}
	switch kind {
	case "malware":
		o["is_family"] = true
	case "identity":
		o["identity_class"] = "class"
	case "location":
		if !locate(o, galaxy, name, c.ISO) {
			r.lose(where, "the cluster "+galaxy+"="+name, "a location of STIX needs the code of a country or a region")
			return ""
		}
	}
	if d := strings.TrimSpace(c.Description); d != "" {
		o["description"] = clip(d, 4000)
	}
	aliases := unique(slices.DeleteFunc(slices.Clone(c.Synonyms), func(s string) bool { return strings.TrimSpace(s) == "" }))
	if len(aliases) > 0 && slices.Contains([]string{"attack-pattern", "campaign", "intrusion-set", "malware", "threat-actor", "tool"}, kind) {
		o["aliases"] = aliases
	}
	for _, u := range c.Refs {
		if strings.HasPrefix(u, "http://") || strings.HasPrefix(u, "https://") {
			if len(refs) < 50 {
				refs = append(refs, object{"source_name": "misp-galaxy", "url": u})
			}
		}
	}
	if len(refs) > 0 {
		o["external_references"] = refs
	}
	if len(c.Meta) > 0 {
		r.lose(where, "the cluster "+galaxy+"="+name, "of its meta, %s is left out", strings.Join(c.Meta[:min(len(c.Meta), 20)], ", "))
	}
	extend(o, filled(object{
		"galaxy": galaxy, "galaxy_uuid": g.UUID, "galaxy_name": unless(g.Name, galaxy), "uuid": c.UUID,
		"value": unless(c.Value, name), "tag_name": unless(c.TagName, galaxyPrefix+galaxy+`="`+c.Value+`"`),
	}))
	r.keep(o, handling{label: h.label})
	return id
}

// names finds groups and software of ATT&CK by what they are called. A name that two of them have is nobody's.
type names map[attack.Kind]map[string]*attack.Object

func namesOf(f *attack.Facts) names {
	n := names{}
	for _, k := range []attack.Kind{attack.Group, attack.Software} {
		n[k] = map[string]*attack.Object{}
		for _, o := range f.Objects(k) {
			if o.Status != attack.Active {
				continue
			}
			for _, name := range append([]string{o.Name}, o.Aliases...) {
				key := plainName(name)
				if other, met := n[k][key]; met && other != o {
					n[k][key] = nil
				} else {
					n[k][key] = o
				}
			}
		}
	}
	return n
}

// plainName is a name without case, blanks, dashes, dots and underscores.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -_.", r) {
			return -1
		}
		return r
	}, strings.ToLower(s))
}

// known is what ATT&CK knows under an id, or under a name where the kind of object is sure.
func (r *run) known(kind, id, name string) *attack.Object {
	if id != "" {
		o, _ := r.o.Facts.Lookup(id)
		return o
	}
	switch kind {
	case "threat-actor", "intrusion-set":
		return r.names()[attack.Group][plainName(name)]
	case "malware", "tool":
		return r.names()[attack.Software][plainName(name)]
	}
	return nil
}

// phases are the tactics of a technique: those that the cluster names (mitre-attack:persistence), or those that ATT&CK knows.
func phases(known *attack.Object, chain []string) (out []object) {
	for _, c := range chain {
		name, phase, ok := strings.Cut(c, ":")
		if i := strings.LastIndexByte(phase, ':'); i >= 0 {
			phase = phase[i+1:]
		}
		if ok && name != "" && phase != "" {
			out = append(out, object{"kill_chain_name": strings.ToLower(name), "phase_name": strings.ToLower(phase)})
		}
	}
	if len(out) == 0 && known != nil && known.Kind == attack.Technique {
		for _, t := range known.Tactics {
			out = append(out, object{"kill_chain_name": "mitre-attack", "phase_name": t.Short})
		}
	}
	return out
}

// relationTo is the relationship from an object to one of a cluster.
func relationTo(from, to string) string {
	if kindOf(from) == "indicator" && slices.Contains([]string{"attack-pattern", "campaign", "infrastructure", "intrusion-set", "malware", "threat-actor", "tool"}, kindOf(to)) {
		return "indicates"
	}
	return "related-to"
}

// relate makes a relationship. parts make its identifier where it has no UUID.
func (r *run) relate(from, kind, to string, h handling, uuid, timestamp string, parts ...string) object {
	o := object{
		"type": "relationship", "id": r.identifier("relationship", uuid, append(parts, kind)...), "relationship_type": kind,
		"source_ref": from, "target_ref": to,
	}
	r.put(o, handling{label: h.label, pap: h.pap}, timestamp)
	return o
}
