package packimport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

func trimBOM(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF")) }

// detect tells a format from the content: by the keys that only it has at the top.
func detect(name string, data []byte) Format {
	trimmed := bytes.TrimLeft(data, " \t\r\n")
	if len(trimmed) == 0 {
		return ""
	}
	if trimmed[0] != '{' && trimmed[0] != '[' {
		lower := strings.ToLower(name)
		if strings.HasSuffix(lower, ".yml") || strings.HasSuffix(lower, ".yaml") {
			return Sigma
		}
		for _, key := range []string{"detection:", "correlation:", "filter:"} { // of a document, at the start of a line
			if trimmed[0] != '<' && (bytes.HasPrefix(trimmed, []byte(key)) || bytes.Contains(trimmed, []byte("\n"+key))) {
				return Sigma
			}
		}
		return ""
	}
	if checkJSON(data) != nil {
		return ""
	}
	if trimmed[0] == '[' {
		return MISP // the only one that comes in lists
	}
	var top struct {
		Type       json.RawMessage `json:"type"`
		Objects    json.RawMessage `json:"objects"`
		Document   json.RawMessage `json:"document"`
		Techniques json.RawMessage `json:"techniques"`
		Event      json.RawMessage `json:"Event"`
		Response   json.RawMessage `json:"response"`
	}
	if json.Unmarshal(data, &top) != nil {
		return ""
	}
	switch {
	case string(top.Type) == `"bundle"`:
		return STIX
	case top.Document != nil:
		return CSAF
	case top.Event != nil || top.Response != nil:
		return MISP
	case top.Techniques != nil:
		return Navigator
	case top.Objects != nil:
		return STIX
	}
	return ""
}

// checkJSON looks at the nesting of a document before anything is made of it.
func checkJSON(data []byte) error {
	depth := 0
	quoted := false
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case quoted:
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			if depth++; depth > maxNested {
				return fmt.Errorf("the document is nested deeper than %d levels", maxNested)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	if !json.Valid(data) {
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			return fmt.Errorf("this is no JSON: %w", err)
		}
		return errors.New("this is no JSON")
	}
	return nil
}

// texts is a list of strings that may also come as one, and whose entries may be of other kinds, which are left out.
type texts []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *texts) UnmarshalJSON(data []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(data, &list) != nil {
		list = []json.RawMessage{data}
	}
	for _, e := range list {
		var s string
		if json.Unmarshal(e, &s) == nil && s != "" {
			*t = append(*t, s)
		}
	}
	return nil
}

// text is a string; a number is taken as it is written, and anything else as nothing.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*t = text(s)
		return nil
	}
	if c := data[0]; c == '-' || c >= '0' && c <= '9' {
		*t = text(data)
	}
	return nil
}

// flag is a truth that may also come as a number or a text.
type flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(data []byte) error {
	switch strings.ToLower(strings.Trim(string(data), `"`)) {
	case "true", "1":
		*f = true
	default:
		*f = false
	}
	return nil
}

// each decodes the entries of a list one by one, so that one that is odd costs no other; bad gets its place.
func each[T any](list []json.RawMessage, bad func(i int, err error), use func(T)) {
	for i, raw := range list {
		var v T
		if err := json.Unmarshal(raw, &v); err != nil {
			bad(i, err)
			continue
		}
		use(v)
	}
}

// sortedKeys lists the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
