package report

import (
	"bytes"
	"encoding/json"
	"strings"
)

// record is the flat JSON object of a finding's event, in its order. It holds at most maxFields fields.
type record []field

type field struct{ name, value string }

const maxFields = 4096

// parseRecord reads a flat JSON object. Numbers and booleans come as they are written, null as "", an array of
// plain values as these joined by ", ", and anything nested as its JSON text. What follows damage is left out.
func parseRecord(raw json.RawMessage) record {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	var r record
	for dec.More() && len(r) < maxFields {
		t, err := dec.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			break
		}
		var v json.RawMessage
		if dec.Decode(&v) != nil {
			break
		}
		r = append(r, field{name, plain(v)})
	}
	return r
}

// plain turns one JSON value into text.
func plain(v json.RawMessage) string {
	if len(v) == 0 {
		return ""
	}
	switch v[0] {
	case '"':
		var s string
		if json.Unmarshal(v, &s) == nil {
			return s
		}
	case 'n':
		return ""
	case '[':
		var parts []json.RawMessage
		if json.Unmarshal(v, &parts) == nil {
			text := make([]string, 0, len(parts))
			for _, p := range parts {
				if len(p) > 0 && (p[0] == '[' || p[0] == '{') {
					return string(v)
				}
				text = append(text, plain(p))
			}
			return strings.Join(text, ", ")
		}
	}
	return string(v)
}

// get returns the first of the named fields that has a value. "-" counts as none: it is how several logs write
// nothing.
func (r record) get(names ...string) string {
	for _, n := range names {
		for i := range r {
			if r[i].name == n && r[i].value != "" && r[i].value != "-" {
				return r[i].value
			}
		}
	}
	return ""
}
