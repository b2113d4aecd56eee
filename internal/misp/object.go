package misp

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"entente/internal/jcs"
)

// object is an object of STIX or MISP that is being made. Its values are texts, truths, whole numbers, objects, and lists of
// these.
type object map[string]any

// leading are the properties that are written first, in this order; the others follow by name.
var leading = []string{"type", "spec_version", "id", "created_by_ref", "created", "modified", "revoked", "name"}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) { return appendValue(nil, o) }

// compact is JSON on one line.
func compact(v any) ([]byte, error) { return appendValue(nil, v) }

func appendValue(dst []byte, v any) (_ []byte, err error) {
	switch v := v.(type) {
	case string:
		return jcs.AppendString(dst, strings.ToValidUTF8(v, "\uFFFD")), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int:
		return strconv.AppendInt(dst, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case object:
		return appendObject(dst, v)
	case []string:
		return appendList(dst, v)
	case []object:
		return appendList(dst, v)
	case []any:
		return appendList(dst, v)
	}
	raw, err := json.Marshal(v)
	return append(dst, raw...), err
}

func appendList[T any](dst []byte, list []T) (_ []byte, err error) {
	dst = append(dst, '[')
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendValue(dst, e); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func appendObject(dst []byte, o object) (_ []byte, err error) {
	before := byte('{')
	member := func(name string) {
		if err != nil {
			return
		}
		dst = jcs.AppendString(append(dst, before), name)
		dst, err = appendValue(append(dst, ':'), o[name])
		before = ','
	}
	for _, name := range leading {
		if _, ok := o[name]; ok {
			member(name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains(leading, name) {
			member(name)
		}
	}
	if before == '{' {
		dst = append(dst, before)
	}
	return append(dst, '}'), err
}
