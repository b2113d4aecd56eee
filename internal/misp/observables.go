package misp

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"entente/internal/stix"
)

var errLongPattern = errors.New("the pattern is too long")

// Properties of observables that are no texts, by name; those of all types together, for none means two things.
var (
	integers = set("number", "size", "pid", "src_port", "dst_port", "subject_public_key_exponent", "src_byte_count", "dst_byte_count", "src_packets", "dst_packets")
	times    = set("start", "end", "created_time", "modified_time", "date", "validity_not_before", "validity_not_after", "ctime", "mtime", "atime",
		"account_created", "account_expires", "account_last_login", "credential_last_changed", "time_date_stamp")
	truths = set("is_hidden", "is_self_signed", "is_disabled", "is_privileged", "is_service_account")
)

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

func number(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= -(1<<53) && n <= 1<<53
}

// entity is an observable that is being made.
type entity struct {
	kind  string
	props object
	below []link
}

// link is a reference to another observable.
type link struct {
	name string // of the property
	many bool
	to   *entity
}

// refTypes are what references point to; those that are missing follow from the value.
var refTypes = map[string]string{
	"from_ref": "email-addr", "sender_ref": "email-addr", "to_refs": "email-addr", "cc_refs": "email-addr", "bcc_refs": "email-addr",
	"parent_directory_ref": "directory", "image_ref": "file", "parent_ref": "process", "child_refs": "process", "body_raw_ref": "file",
	"belongs_to_refs": "autonomous-system", "creator_user_ref": "user-account", "content_ref": "artifact", "src_payload_ref": "artifact",
}

// observe makes the observables that facts are about. seed makes identifiers for those that have none by their properties. The
// error says what fits into no observable.
func observe(facts []fact, seed string) (objects []object, err error) {
	if len(facts) > maxFacts {
		return nil, fmt.Errorf("it has more than %d values", maxFacts)
	}
	var order []*entity
	for _, f := range facts {
		kind, below := steps(f.path)
		if kind == "ip-addr" {
			if kind = addressFamily(f.value); kind == "" {
				return nil, fmt.Errorf("%q is no address", clip(f.value, 80))
			}
		}
		i := slices.IndexFunc(order, func(e *entity) bool { return e.kind == kind })
		if i < 0 {
			i = len(order)
			order = append(order, &entity{kind: kind, props: object{"type": kind, "spec_version": "2.1"}})
		}
		if err := order[i].set(below, f.value); err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
	}
	for i, e := range order {
		if _, err := e.finish(&objects, seed+"\x00"+strconv.Itoa(i)); err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// set puts a value at a place.
func (e *entity) set(below []string, value string) error {
	name, many := strings.CutSuffix(below[0], "[*]")
	if strings.HasSuffix(name, "_ref") || strings.HasSuffix(name, "_refs") {
		if len(below) < 2 {
			return errors.New("it is no value")
		}
		return e.child(name, many, below[1], value).set(below[1:], value)
	}
	if e.kind == "email-message" && name == "body_multipart" {
		return e.attach(below[1:], value)
	}
	v, err := typed(below[len(below)-1], value)
	if err != nil {
		return err
	}
	if name == "values" && many { // of a registry key
		if len(below) != 2 {
			return errors.New("it is no property of a registry value")
		}
		list, _ := e.props["values"].([]object)
		if len(list) == 0 {
			list = []object{{}}
			e.props["values"] = list
		}
		return put(list[0], below[1], v)
	}
	if many {
		have, _ := e.props[name].([]any)
		e.props[name] = append(have, v)
		return nil
	}
	at := e.props
	for _, s := range below[:len(below)-1] {
		next, _ := at[s].(object)
		if next == nil {
			next = object{}
			at[s] = next
		}
		at = next
	}
	return put(at, below[len(below)-1], v)
}

func put(at object, name string, v any) error {
	if old, ok := at[name]; ok && old != v {
		return errors.New("it has two values")
	}
	at[name] = v
	return nil
}

func typed(name, value string) (any, error) {
	switch {
	case integers[name]:
		n, ok := number(value)
		if !ok {
			return nil, fmt.Errorf("%q is no whole number", clip(value, 80))
		}
		return n, nil
	case times[name]:
		t, ok := parseTime(value)
		if !ok {
			return nil, fmt.Errorf("%q is no time", clip(value, 80))
		}
		return stamp(t), nil
	case truths[name]:
		return truth(value), nil
	}
	return value, nil
}

// child is the observable that a reference names.
func (e *entity) child(name string, many bool, property, value string) *entity {
	var same []*entity
	for _, l := range e.below {
		if l.name == name {
			same = append(same, l.to)
		}
	}
	switch {
	case len(same) > 0 && (!many || property != "value"):
		return same[len(same)-1]
	case len(same) > 0 && same[len(same)-1].props["value"] == nil:
		return same[len(same)-1]
	}
	kind := refTypes[name]
	if kind == "" {
		if kind = addressFamily(value); kind == "" {
			kind = "domain-name"
		}
	}
	c := &entity{kind: kind, props: object{"type": kind, "spec_version": "2.1"}}
	e.below = append(e.below, link{name, many, c})
	return c
}

// attach adds a file to a message.
func (e *entity) attach(below []string, value string) error {
	if len(below) != 2 || below[0] != "body_raw_ref" {
		return errors.New("it is no part of a message")
	}
	c := &entity{kind: "file", props: object{"type": "file", "spec_version": "2.1"}}
	e.below = append(e.below, link{"body_multipart", true, c})
	return c.set(below[1:], value)
}

// finish gives an observable, and those that it refers to, their identifiers, and appends them, the others first.
func (e *entity) finish(to *[]object, seed string) (id string, err error) {
	var relations []object
	for i, l := range e.below {
		ref, err := l.to.finish(to, seed+"\x00"+l.name+strconv.Itoa(i))
		if err != nil {
			return "", err
		}
		switch {
		case l.name == "resolves_to_refs" || l.name == "belongs_to_refs":
			// STIX 2.1 wants relationships in their place (sections 6.4, 6.8).
			relations = append(relations, object{
				"type": "relationship", "relationship_type": strings.ReplaceAll(strings.TrimSuffix(l.name, "_refs"), "_", "-"), "target_ref": ref,
			})
		case l.name == "body_multipart":
			list, _ := e.props[l.name].([]any)
			e.props[l.name] = append(list, object{"body_raw_ref": ref, "content_disposition": "attachment"})
		case l.many:
			list, _ := e.props[l.name].([]any)
			e.props[l.name] = append(list, ref)
		default:
			e.props[l.name] = ref
		}
	}
	e.complete()
	raw, err := json.Marshal(e.props)
	if err != nil {
		return "", err
	}
	o, err := stix.Parse(raw, stix.Limits{})
	if err != nil {
		return "", err
	}
	id, ok := stix.ObservableID(o)
	if !ok {
		id = randomID(e.kind, seed)
	}
	e.props["id"] = id
	if !slices.ContainsFunc(*to, func(o object) bool { return o["id"] == id }) {
		*to = append(*to, e.props)
	}
	for _, r := range relations {
		r["source_ref"] = id
		*to = append(*to, r)
	}
	return id, nil
}

// complete adds what STIX demands and MISP does not say.
func (e *entity) complete() {
	switch e.kind {
	case "network-traffic":
		if e.props["protocols"] != nil {
			return
		}
		protocol := "ip"
		for _, l := range e.below {
			if family, ok := strings.CutSuffix(l.to.kind, "-addr"); ok && strings.HasPrefix(family, "ip") {
				protocol = family
			}
		}
		e.props["protocols"] = []any{protocol}
	case "email-message":
		parts, _ := e.props["body_multipart"].([]any)
		e.props["is_multipart"] = len(parts) > 0
		if body, ok := e.props["body"]; ok && len(parts) > 0 {
			delete(e.props, "body")
			e.props["body_multipart"] = slices.Insert(parts, 0, any(object{"body": body}))
		}
	case "software":
		if e.props["name"] == nil {
			if cpe, _ := e.props["cpe"].(string); cpe != "" {
				if p := strings.Split(cpe, ":"); len(p) > 4 && p[4] != "" {
					e.props["name"] = p[4]
				}
			}
		}
	}
}

// randomID is an identifier in the form of a random one (version 4) that is always the same for a seed: STIX wants that form
// for observables whose properties make none.
func randomID(kind, seed string) string {
	id := []byte(stix.ID(kind, "misp", seed))
	id[len(kind)+2+14] = '4'
	return string(id)
}

// parseTime reads the times that MISP writes: RFC 3339, the same with a blank, days, seconds since 1970.
func parseTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if n <= 0 || n > 253402300799 {
			return time.Time{}, false
		}
		return time.Unix(n, 0).UTC(), true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			if t = t.UTC(); t.Year() < 1 || t.Year() > 9999 {
				return time.Time{}, false
			}
			return t, true
		}
	}
	return time.Time{}, false
}

// stamp writes a time as STIX does: three digits of a second, more where there are more.
func stamp(t time.Time) string {
	t = t.UTC()
	if t.Nanosecond()%1e6 != 0 {
		return t.Format("2006-01-02T15:04:05.000000Z")
	}
	return t.Format("2006-01-02T15:04:05.000Z")
}
