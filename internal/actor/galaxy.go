package actor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/internal/stix"
)

// Galaxies are files of clusters of MISP's galaxies (github.com/MISP/misp-galaxy, clusters/*.json). What they say becomes claims of
// theirs: synonyms are claims about names, and what they relay of others, such as the Council on Foreign Relations (cfr-…), is claimed
// by these. The zero value is empty.
type Galaxies struct {
	files []galaxyFile
	kinds map[string]string // UUID → type
	Lost  []Loss
}

// Loss is what has no place.
type Loss struct{ Where, What string }

// Bounds of galaxies.
const (
	mostGalaxyBytes = 256 << 20
	mostValues      = 200_000 // clusters of one file
	mostRelated     = 5_000   // relations, victims or synonyms of one
	mostLosses      = 10_000
)

type galaxyFile struct {
	Name   string            `json:"name"`
	Type   string            `json:"type"`
	UUID   string            `json:"uuid"`
	Source string            `json:"source"`
	Values []json.RawMessage `json:"values"`

	read []galaxyValue
}

type galaxyValue struct {
	Value       string `json:"value"`
	Description string `json:"description"`
	UUID        string `json:"uuid"`
	Meta        struct {
		Refs       oneOrMore `json:"refs"`
		Synonyms   oneOrMore `json:"synonyms"`
		Country    oneOrMore `json:"country"`
		Confidence oneOrMore `json:"attribution-confidence"`
		Sponsors   oneOrMore `json:"cfr-suspected-state-sponsor"`
		Victims    oneOrMore `json:"cfr-suspected-victims"`
		Categories oneOrMore `json:"cfr-target-category"`
	} `json:"meta"`
	Related []struct {
		Dest string   `json:"dest-uuid"`
		Type string   `json:"type"`
		Tags []string `json:"tags"`
	} `json:"related"`
}

// oneOrMore is a text, a number, or a list of texts: galaxies have each of them in the same places.
type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(b []byte) error {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, e := range list {
		switch e := e.(type) {
		case string:
			if s := strings.Join(strings.Fields(e), " "); s != "" && len(*o) < mostRelated {
				*o = append(*o, s)
			}
		case float64:
			*o = append(*o, strconv.FormatFloat(e, 'f', -1, 64))
		}
	}
	return nil
}

// ErrNoGalaxy is for what is no file of clusters.
var ErrNoGalaxy = errors.New("this is no galaxy of MISP: a file of clusters has a type and values")

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// Read reads one file. A cluster that is broken costs itself alone. The error is [ErrNoGalaxy], or that of the stream.
func (g *Galaxies) Read(r io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(r, mostGalaxyBytes+1))
	if err != nil {
		return err
	}
	if len(b) > mostGalaxyBytes {
		return fmt.Errorf("the file has more than %d MiB", mostGalaxyBytes>>20)
	}
	var f galaxyFile
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("%w (%w)", ErrNoGalaxy, err)
	}
	if f.Type == "" || f.Values == nil {
		return ErrNoGalaxy
	}
	if len(f.Values) > mostValues {
		g.lose(f.Type, fmt.Sprintf("clusters beyond the first %d", mostValues))
		f.Values = f.Values[:mostValues]
	}
	kind := galaxyKind(f.Type)
	if g.kinds == nil {
		g.kinds = map[string]string{}
	}
	for i, raw := range f.Values {
		var v galaxyValue
		where := fmt.Sprintf("%s, cluster %d", f.Type, i)
		err := json.Unmarshal(raw, &v)
		v.Value = strings.Join(strings.Fields(v.Value), " ")
		v.UUID = strings.ToLower(v.UUID)
		switch {
		case err != nil:
			g.lose(where, "cannot be read: "+err.Error())
		case v.Value == "":
			g.lose(where, "has no value")
		case kind == "":
			if i == 0 {
				g.lose(f.Type, "STIX has no kind of object for this galaxy")
			}
		default:
			if !uuidForm.MatchString(v.UUID) {
				v.UUID = stix.UUIDv5("misp-galaxy", f.Type, v.Value)
			}
			g.kinds[v.UUID] = kind
			f.read = append(f.read, v)
		}
	}
	f.Values = nil
	g.files = append(g.files, f)
	return nil
}

func (g *Galaxies) lose(where, what string) {
	if len(g.Lost) < mostLosses {
		g.Lost = append(g.Lost, Loss{where, what})
	}
}

// galaxyKind is the type of STIX for clusters of a galaxy, "" without one.
func galaxyKind(galaxy string) string {
	switch galaxy {
	case "threat-actor", "microsoft-activity-group", "360net-threat-actor":
		return "threat-actor"
	case "malpedia", "ransomware", "rat", "banker", "backdoor", "stealer", "botnet", "android", "cryptominers":
		return "malware"
	case "tool", "exploit-kit", "rmm-tool":
		return "tool"
	}
	for _, t := range []string{"attack-pattern", "intrusion-set", "malware", "tool", "campaign"} {
		if strings.HasPrefix(galaxy, "mitre-") && strings.HasSuffix(galaxy, t) {
			return t
		}
	}
	return ""
}

// galaxyCreated is when the objects of all galaxies are said to be made, because galaxies do not say: all versions of an object
// agree in it.
const galaxyCreated = "2015-01-01T00:00:00.000Z"

// Objects makes objects of all files. date is that of the files, which do not say it themselves: what they claim counts as claimed then.
// The same files of the same date give the same objects.
func (g *Galaxies) Objects(date time.Time) []json.RawMessage {
	m := galaxyMaker{g: g, date: date, met: map[string]bool{}}
	m.day, _ = ParseDate(date.UTC().Format(time.DateOnly))
	m.out = append(m.out, Definition())
	for i := range g.files {
		m.file(&g.files[i])
	}
	return m.out
}

type galaxyMaker struct {
	g    *Galaxies
	date time.Time
	day  Date
	met  map[string]bool
	out  []json.RawMessage
}

// put takes an object once, with the dates of galaxies.
func (m *galaxyMaker) put(raw json.RawMessage) string {
	var o object
	if json.Unmarshal(raw, &o) != nil {
		return "" // it was made here
	}
	id, _ := o["id"].(string)
	if !m.met[id] {
		m.met[id] = true
		o["created"], o["modified"] = galaxyCreated, stamp(m.date)
		m.out = append(m.out, marshal(o))
	}
	return id
}

func (m *galaxyMaker) says(recorder, claimant string) Stated {
	return Stated{Recorder: recorder, Claimant: claimant, Claimed: m.day, Now: m.date}
}

func (m *galaxyMaker) file(f *galaxyFile) {
	title := f.Name
	if title == "" {
		title = f.Type
	}
	galaxy := stix.ID("identity", "misp-galaxy", f.Type)
	m.put(marshal(object{
		"type": "identity", "spec_version": "2.1", "id": galaxy, "name": "MISP galaxy: " + title, "identity_class": "group",
		"created": galaxyCreated, "modified": galaxyCreated,
	}))
	cfr := ""
	council := func() string {
		if cfr == "" {
			cfr = m.put(marshal(object{
				"type": "identity", "spec_version": "2.1", "id": stix.ID("identity", "misp-galaxy", "cfr"), "name": "Council on Foreign Relations",
				"identity_class": "organization", "description": "As MISP galaxies relay it (cfr-…).", "created": galaxyCreated, "modified": galaxyCreated,
			}))
		}
		return cfr
	}
	mitre := strings.HasPrefix(f.Type, "mitre-")
	if mitre {
		m.g.lose(f.Type, "objects of ATT&CK are not made: import ATT&CK's own bundle; names and relations are claims about those")
	}
	for i := range f.read {
		v := &f.read[i]
		kind := m.g.kinds[v.UUID]
		id := kind + "--" + v.UUID
		if !mitre {
			m.actor(id, kind, galaxy, v)
		}
		for _, s := range v.Meta.Synonyms {
			if !strings.EqualFold(s, v.Value) {
				m.put(NewAlias{Actor: id, Name: clip(s, 256), Stated: m.says(galaxy, "")}.Object())
			}
		}
		for _, c := range v.Meta.Country {
			if !countryForm.MatchString(c) {
				m.g.lose(v.Value, "country "+clip(c, 40))
				continue
			}
			place := m.put(NewNode{Kind: Location, Name: strings.ToUpper(c), Country: strings.ToUpper(c), Stated: m.says(galaxy, "")}.Object())
			edge := NewEdge{From: id, Type: "located-at", To: place, Stated: m.says(galaxy, "")}
			if kind == "intrusion-set" || kind == "malware" || kind == "campaign" {
				edge.Type = "originates-from"
			}
			m.put(withConfidence(edge.Object(), v.Meta.Confidence))
		}
		for _, s := range v.Meta.Sponsors {
			sponsor := m.put(NewNode{Kind: Organisation, Name: clip(s, 256), Distinction: "state sponsor", Stated: m.says(galaxy, "")}.Object())
			m.put(NewEdge{From: id, Type: "attributed-to", To: sponsor, Description: "suspected state sponsor", Stated: m.says(galaxy, council())}.Object())
		}
		for _, s := range v.Meta.Victims {
			victim := m.put(NewNode{Kind: Victim, Name: clip(s, 256), Distinction: "suspected", Stated: m.says(galaxy, "")}.Object())
			m.put(NewEdge{From: id, Type: "targets", To: victim, Description: "suspected victim", Stated: m.says(galaxy, council())}.Object())
		}
		for _, s := range v.Meta.Categories {
			sector := m.put(NewNode{Kind: Sector, Name: clip(s, 256), Stated: m.says(galaxy, "")}.Object())
			m.put(NewEdge{From: id, Type: "targets", To: sector, Stated: m.says(galaxy, council())}.Object())
		}
		m.related(id, galaxy, v)
	}
}

var (
	countryForm  = regexp.MustCompile(`^[A-Za-z]{2}$`)
	relationForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

func (m *galaxyMaker) actor(id, kind, galaxy string, v *galaxyValue) {
	o := object{
		"type": kind, "spec_version": "2.1", "id": id, "created_by_ref": galaxy, "created": galaxyCreated, "modified": galaxyCreated, "name": clip(v.Value, 256),
	}
	if d := strings.TrimSpace(v.Description); d != "" {
		o["description"] = clip(d, 8000)
	}
	if kind == "malware" {
		o["is_family"] = true
	}
	var refs []object
	for _, u := range v.Meta.Refs {
		if (strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://")) && len(refs) < mostSources && len(u) < 2000 && !strings.ContainsAny(u, " \"<>") {
			refs = append(refs, object{"source_name": "reference", "url": u})
		}
	}
	if len(refs) > 0 {
		o["external_references"] = refs
	}
	m.put(marshal(o))
}

func (m *galaxyMaker) related(id, galaxy string, v *galaxyValue) {
	for i, r := range v.Related {
		if i == mostRelated {
			m.g.lose(v.Value, fmt.Sprintf("relations beyond the first %d", mostRelated))
			return
		}
		dest := strings.ToLower(r.Dest)
		kind := m.g.kinds[dest]
		if kind == "" {
			m.g.lose(v.Value, "relation "+clip(r.Type, 40)+" to "+clip(dest, 40)+": that cluster is in none of the files")
			continue
		}
		e := NewEdge{From: id, Type: strings.ToLower(strings.TrimSpace(r.Type)), To: kind + "--" + dest, Stated: m.says(galaxy, "")}
		if e.Type == "used-by" {
			e.From, e.Type, e.To = e.To, "uses", e.From
		}
		if !relationForm.MatchString(e.Type) || len(e.Type) > 60 {
			m.g.lose(v.Value, "the name of the relation "+clip(r.Type, 40))
			e.Type = "related-to"
		}
		if e.From == e.To {
			continue
		}
		tags := slices.DeleteFunc(slices.Clone(r.Tags), func(s string) bool { return strings.TrimSpace(s) == "" })
		e.Description = clip(strings.Join(tags, "; "), 1000)
		m.put(e.Object())
	}
}

// withConfidence sets a confidence that a galaxy gives from 0 to 100.
func withConfidence(raw json.RawMessage, given []string) json.RawMessage {
	if len(given) != 1 {
		return raw
	}
	n, err := strconv.Atoi(given[0])
	var o object
	if err != nil || n < 0 || n > 100 || json.Unmarshal(raw, &o) != nil {
		return raw
	}
	o["confidence"] = n
	return marshal(o)
}
