package misp

import (
	"fmt"
	"strconv"
	"strings"
)

// sightings makes sightings of those of an attribute. o is the object of the attribute, which an expiry may end.
func (r *run) sightings(where string, a *Attribute, o object, h handling) {
	of, _ := o["id"].(string)
	for i, s := range a.Sightings {
		at := fmt.Sprintf("%s, sighting %d", where, i+1)
		t, ok := parseTime(s.Date)
		if !ok {
			r.lose(at, "the sighting", "it has no time")
			continue
		}
		by := ""
		if s.Org != (Org{}) {
			by = r.organisation(s.Org, h.label)
		}
		when := stamp(t)
		ext := filled(object{"source": s.Source, "type": unless(s.Type, "0"), "date_sighting": r.unlessTime(s.Date, when)})
		switch s.Type {
		case "0", "":
			x := object{
				"type": "sighting", "id": r.identifier("sighting", s.UUID, of, strconv.Itoa(i)), "sighting_of_ref": of, "first_seen": when,
				"last_seen": when, "count": 1,
			}
			if by != "" {
				x["where_sighted_refs"] = []string{by}
			}
			extend(x, filled(object{"sighting": ext}))
			r.put(x, handling{label: h.label, pap: h.pap}, s.Date)
		case "1":
			x := filled(object{
				"type": "opinion", "id": r.identifier("opinion", s.UUID, of, strconv.Itoa(i)), "opinion": "strongly-disagree",
				"explanation": "False positive" + from(s.Source) + ".", "object_refs": []string{of},
			})
			if by != "" && s.Org.Name != "" {
				x["authors"] = []string{oneLine(s.Org.Name)}
			}
			ext["organisation"] = orgObject(s.Org)
			extend(x, object{"sighting": filled(ext)})
			r.put(x, handling{label: h.label, pap: h.pap}, s.Date)
		case "2":
			begin, _ := o["valid_from"].(string)
			b, ok := parseTime(begin)
			if o["type"] != "indicator" || !ok || !b.Before(t) {
				r.lose(at, "the expiry", "only an indicator ends, and after it has begun")
				continue
			}
			if until, _ := o["valid_until"].(string); until == "" || when < until {
				o["valid_until"] = when
			}
			r.lose(at, "who has said that it expired", "STIX has the time alone")
		default:
			r.lose(at, "the sighting of type "+s.Type, "nobody knows it")
		}
	}
}

func from(source string) string {
	if source = oneLine(source); source != "" {
		return ", says " + strings.TrimSuffix(source, ".")
	}
	return ""
}
