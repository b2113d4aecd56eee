package misp

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// object is an object of STIX that is being made.
type object map[string]any

// leading are the properties that are written first, in this order; the others follow by name.
var leading = []string{"type", "spec_version", "id", "created_by_ref", "created", "modified", "revoked", "name"}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	write := func(name string, v any) error {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		key, err := compact(name)
		if err != nil {
			return err
		}
		value, err := compact(v)
		if err != nil {
			return err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
		return nil
	}
	for _, name := range leading {
		if v, ok := o[name]; ok {
			if err := write(name, v); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if slices.Contains(leading, name) {
			continue
		}
		if err := write(name, o[name]); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// compact is JSON on one line, with <, > and & as they are.
func compact(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
