package actor

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/internal/stix"
)

// The types of objects that STIX has none for (section 7.3).
const (
	TypeEvent    = "entente-cluster-event"
	TypeAlias    = "entente-alias-claim"
	TypeResponse = "entente-response"
)

// extension identifies the extension in which objects say what STIX has no property for: docs/formats/actors.md.
var extension = stix.ID("extension-definition", "entente-actor/1")

// Extension identifies the extension of this package.
func Extension() string { return extension }

// extensionTime is when the extension was defined.
const extensionTime = "2026-11-24T00:00:00.000Z"

type object map[string]any

// Definition is the definition of the extension.
func Definition() json.RawMessage {
	return marshal(object{
		"type": "extension-definition", "spec_version": "2.1", "id": extension, "created_by_ref": stix.ID("identity", "Entente"),
		"created": extensionTime, "modified": extensionTime, "name": "Entente actor graph", "version": "1.0.0",
		"description":     "Claims about actors: by whom, of when, how graded; names, merges and splits of clusters, responses.",
		"schema":          "docs/formats/actors.md",
		"extension_types": []string{"property-extension", "new-sdo"},
	})
}

func marshal(o object) json.RawMessage {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err) // strings, numbers and lists of them always can
	}
	return b
}

// stamp is a timestamp as STIX has it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// Stated is who makes a claim, and how. Recorder and Now are needed.
type Stated struct {
	Recorder string // identity that makes the object
	Claimant string // identity whose claim it is; "": the recorder's own
	Claimed  Date   // when the claimant said so; zero: it does so now
	Grade    Grade
	Sources  []Reference
	Now      time.Time
}

// begin makes an object of a type that a claim is put into, with an identifier made of the parts, the claimant and the date: the
// same claim of the same day is the same object.
func (s Stated) begin(kind, extensionType string, x object, parts ...string) object {
	if s.Claimant == s.Recorder {
		s.Claimant = ""
	}
	if s.Claimed.IsZero() {
		s.Claimed, _ = ParseDate(s.Now.UTC().Format(time.DateOnly))
	}
	o := object{
		"type": kind, "spec_version": "2.1", "created": stamp(s.Now), "modified": stamp(s.Now), "created_by_ref": s.Recorder,
		"id": stix.ID(kind, append([]string{"entente-actor", s.Recorder, s.Claimant, s.Claimed.String()}, parts...)...),
	}
	x["extension_type"], x["claimed"] = extensionType, s.Claimed.String()
	if s.Claimant != "" {
		x["claimant_ref"] = s.Claimant
	}
	if s.Grade.Source != 0 {
		x["source_grade"] = string(rune(s.Grade.Source))
	}
	if s.Grade.Information != 0 {
		x["information_grade"] = string(rune(s.Grade.Information))
	}
	if c, ok := s.Grade.confidence(); ok {
		o["confidence"] = c
	}
	var refs []object
	for _, r := range s.Sources {
		ref := object{"source_name": r.Name}
		if r.Name == "" {
			ref["source_name"] = "source"
		}
		if r.URL != "" {
			ref["url"] = r.URL
		}
		if r.Text != "" || r.URL == "" {
			ref["description"] = r.Text
			if r.Text == "" {
				ref["description"] = r.Name
			}
		}
		refs = append(refs, ref)
	}
	if len(refs) > 0 {
		o["external_references"] = refs
	}
	o["extensions"] = object{extension: x}
	return o
}

// NewNode makes an object of a kind. Its identifier is made of kind, name and recorder, so that a recorder has one of each name:
// give a distinction, as "of the front company", where two have the same.
type NewNode struct {
	Kind        Kind
	Name        string
	Distinction string
	Description string
	Response    string // of responses: one of ResponseKinds
	Date        Date   // of responses
	Country     string // of locations: two letters
	Stated
}

// Object is the object of STIX.
func (n NewNode) Object() json.RawMessage {
	var sh shape
	for _, s := range shapes {
		if s.kind == n.Kind {
			sh = s
		}
	}
	x, extensionType := object{}, "property-extension"
	if sh.said {
		x["kind"] = string(n.Kind)
	}
	if n.Kind == Response {
		extensionType = "new-sdo"
	}
	o := n.begin(sh.stix, extensionType, x)
	o["id"] = stix.ID(sh.stix, "entente-actor", n.Recorder, string(n.Kind), n.Name, n.Distinction)
	o["name"] = n.Name
	if n.Description != "" {
		o["description"] = n.Description
	}
	if sh.class != "" {
		o["identity_class"] = sh.class
	}
	if n.Kind == Malware {
		o["is_family"] = true
	}
	if n.Country != "" {
		o["country"] = n.Country
	}
	if n.Kind == Response {
		o["response"] = n.Response
		if !n.Date.IsZero() {
			o["date"] = n.Date.String()
		}
	}
	return marshal(o)
}

// NewEdge makes a relationship.
type NewEdge struct {
	From, Type, To string
	Held           Period // when it held
	Denied         bool   // the claim is that it is not so
	Description    string
	Stated
}

// Object is the object of STIX. start_time and stop_time are the ends of the period; how exactly they were said stands in the
// extension.
func (e NewEdge) Object() json.RawMessage {
	x := object{}
	if !e.Held.From.IsZero() {
		x["from"] = e.Held.From.String()
	}
	if !e.Held.To.IsZero() {
		x["to"] = e.Held.To.String()
	}
	parts := []string{e.From, e.Type, e.To, e.Held.From.String(), e.Held.To.String()}
	if e.Denied {
		x["stance"] = "denies"
		parts = append(parts, "denies")
	}
	o := e.begin("relationship", "property-extension", x, parts...)
	o["source_ref"], o["relationship_type"], o["target_ref"] = e.From, e.Type, e.To
	if e.Description != "" {
		o["description"] = e.Description
	}
	from, to := e.Held.From, e.Held.To
	if !from.IsZero() {
		o["start_time"] = stamp(from.First())
	}
	if !to.IsZero() && (from.IsZero() || to.Last().After(from.First())) { // stop_time is after start_time (section 5.1)
		o["stop_time"] = stamp(to.Last())
	}
	return marshal(o)
}

// Object is the event as an object of STIX.
func (e NewEvent) Object() json.RawMessage {
	parts := append([]string{string(e.Kind), e.Of, e.Into, e.Reverses}, slices.Sorted(slices.Values(e.Parts))...)
	if e.Again > 0 {
		parts = append(parts, "again", strconv.Itoa(e.Again))
	}
	o := e.begin(TypeEvent, "new-sdo", object{}, parts...)
	o["event"] = string(e.Kind)
	if len(e.Parts) > 0 {
		o["part_refs"] = slices.Sorted(slices.Values(e.Parts))
	}
	for name, v := range map[string]string{"into_ref": e.Into, "of_ref": e.Of, "reverses_ref": e.Reverses, "reason": e.Reason} {
		if v != "" {
			o[name] = v
		}
	}
	if len(e.Moves) > 0 {
		var list []object
		key := []string{o["id"].(string)} //nolint:forcetypeassert // begin has set it
		for _, m := range e.Moves {
			list = append(list, object{"moved_ref": m.What, "to_ref": m.To})
			key = append(key, m.What, m.To)
		}
		o["moves"], o["id"] = list, stix.ID(TypeEvent, key...)
	}
	return marshal(o)
}

// NewEvent makes an event of clusters; see Event.
type NewEvent struct {
	Kind     EventKind
	Parts    []string
	Into     string
	Of       string
	Moves    []Move
	Reverses string
	Reason   string
	Again    int // tells an event from the same one of the same day, which was taken back since
	Stated
}

// NewAlias makes a claim that an actor bears a name, or, with Denied, that it does not.
type NewAlias struct {
	Actor  string
	Name   string
	Denied bool
	Stated
}

// Object is the claim as an object of STIX.
func (a NewAlias) Object() json.RawMessage {
	stance := "bears"
	if a.Denied {
		stance = "denies"
	}
	o := a.begin(TypeAlias, "new-sdo", object{}, a.Actor, strings.ToLower(a.Name), stance)
	o["name"], o["actor_ref"], o["stance"] = a.Name, a.Actor, stance
	return marshal(o)
}

// Withdraw makes the version of an object by which its maker takes it back.
func Withdraw(o Object, now time.Time) (json.RawMessage, error) {
	var out object
	if err := json.Unmarshal(o.Raw, &out); err != nil {
		return nil, err
	}
	if !now.After(o.Version().Time.Add(time.Millisecond)) {
		now = o.Version().Time.Add(time.Millisecond) // of two versions the later one counts
	}
	out["modified"], out["revoked"] = stamp(now), true
	return marshal(out), nil
}
