package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

const maxSeedFile = 1 << 30

// seedText is the text of a seed: JSON that was found well-formed, so that what walks over it need not look for mistakes.
type seedText []byte

// readText reads a file to its end. The error says where it is no JSON.
func readText(r io.Reader) (seedText, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSeedFile+1))
	if err != nil {
		return nil, err
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	t := seedText(text)
	switch {
	case len(text) > maxSeedFile:
		return nil, fmt.Errorf("a seed has at most %d bytes", maxSeedFile)
	case len(bytes.TrimSpace(text)) == 0:
		return nil, errors.New("the file is empty: a seed is an object of JSON")
	case !utf8.Valid(text):
		at := 0
		for at < len(text) {
			c, size := utf8.DecodeRune(text[at:])
			if c == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
		return nil, t.fault(at, "", errors.New("the text is not UTF-8"))
	case json.Valid(text):
		return t, nil
	}
	var all json.RawMessage
	err = json.Unmarshal(text, &all)
	at := len(text)
	if bad, ok := errors.AsType[*json.SyntaxError](err); ok && !strings.Contains(bad.Error(), "unexpected end") {
		at = int(bad.Offset) - 1 // of the first byte that cannot be there
	}
	return nil, t.fault(at, "", err)
}

// fault is an error with its place: a byte of the text, counted from 0, and the path of the property that it is about.
func (t seedText) fault(at int, path string, err error) error {
	if path != "" {
		err = fmt.Errorf("%s: %w", path, err)
	}
	if t == nil {
		return err
	}
	before := t[:min(max(at, 0), len(t))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}

// space is where the next thing after white space begins.
func (t seedText) space(at int) int {
	for at < len(t) && (t[at] == ' ' || t[at] == '\t' || t[at] == '\n' || t[at] == '\r') {
		at++
	}
	return at
}

// end is where the value that begins at a place ends.
func (t seedText) end(at int) int {
	switch t[at] {
	case '"':
		for at++; t[at] != '"'; at++ {
			if t[at] == '\\' {
				at++
			}
		}
		return at + 1
	case '{', '[':
		for depth := 0; ; at++ {
			switch t[at] {
			case '"':
				at = t.end(at) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return at + 1
				}
			}
		}
	}
	for at < len(t) && !strings.ContainsRune(" \t\r\n,]}", rune(t[at])) {
		at++
	}
	return at
}

// each gives the members of an object, or the elements of a list under their numbers, until yield says to stop: where the name
// and the value begin.
func (t seedText) each(at int, yield func(name string, key, value int) bool) {
	list := t[at] == '['
	at = t.space(at + 1)
	for n := 0; t[at] != '}' && t[at] != ']'; n++ {
		key, name := at, strconv.Itoa(n)
		if !list {
			end := t.end(at)
			name = t.word(at)
			at = t.space(t.space(end) + 1) // after the colon
		}
		if !yield(name, key, at) {
			return
		}
		if at = t.space(t.end(at)); t[at] == ',' {
			at = t.space(at + 1)
		}
	}
}

// word is a string of JSON.
func (t seedText) word(at int) string {
	raw := t[at:t.end(at)]
	if inner := raw[1 : len(raw)-1]; !bytes.ContainsRune(inner, '\\') {
		return string(inner)
	}
	var s string
	_ = json.Unmarshal(raw, &s) // it is well-formed
	return s
}

// find is where the value begins that has a path, or the nearest thing around it that is there.
func (t seedText) find(path string) int {
	at := t.space(0)
	for segment := range strings.SplitSeq(path, "/") {
		if t[at] != '{' && t[at] != '[' {
			break
		}
		found := -1
		t.each(at, func(name string, _, value int) bool {
			if name == segment {
				found = value
			}
			return found < 0
		})
		if found < 0 {
			break
		}
		at = found
	}
	return at
}

// under is a path below another.
func under(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}

var rawMessage = reflect.TypeFor[json.RawMessage]()

// into reads the value at a place into a Go value made of structs with names in json tags, lists, pointers, strings, numbers,
// booleans and json.RawMessage, which stays a part of the text. Unlike encoding/json it takes a name only as it is written
// and only once. null is what is not there.
func (t seedText) into(at int, path string, to reflect.Value) error {
	raw := t[at:t.end(at)]
	if string(raw) == "null" {
		return nil
	}
	wrong := func(what string) error {
		return t.fault(at, path, fmt.Errorf("%s is needed here, not %s", what, kindOf(raw)))
	}
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		return t.into(at, path, to.Elem())
	case reflect.Struct:
		if raw[0] != '{' {
			return wrong("an object")
		}
		return t.intoStruct(at, path, to)
	case reflect.Slice:
		if to.Type() == rawMessage {
			to.SetBytes(raw)
			return nil
		}
		if raw[0] != '[' {
			return wrong("a list")
		}
		var err error
		t.each(at, func(name string, _, value int) bool {
			element := reflect.New(to.Type().Elem()).Elem()
			err = t.into(value, under(path, name), element)
			to.Set(reflect.Append(to, element))
			return err == nil
		})
		return err
	case reflect.String:
		if raw[0] != '"' {
			return wrong("a string")
		}
		to.SetString(t.word(at))
	case reflect.Bool:
		if raw[0] != 't' && raw[0] != 'f' {
			return wrong("true or false")
		}
		to.SetBool(raw[0] == 't')
	default:
		n, err := strconv.ParseInt(string(raw), 10, to.Type().Bits())
		if err != nil {
			return wrong("a whole number")
		}
		to.SetInt(n)
	}
	return nil
}

func (t seedText) intoStruct(at int, path string, to reflect.Value) (err error) {
	fields, names := map[string]int{}, []string{}
	for i := range to.NumField() {
		if name := to.Type().Field(i).Tag.Get("json"); name != "" {
			fields[name] = i
			names = append(names, name)
		}
	}
	seen := map[string]bool{}
	t.each(at, func(name string, key, value int) bool {
		i, known := fields[name]
		switch {
		case !known:
			err = t.fault(key, path, fmt.Errorf("there is no property %q here, but %s", name, strings.Join(names, ", ")))
		case seen[name]:
			err = t.fault(key, under(path, name), errors.New("the property stands here twice"))
		default:
			seen[name] = true
			err = t.into(value, under(path, name), to.Field(i))
		}
		return err == nil
	})
	return err
}

func kindOf(raw []byte) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return string(raw)
	case 'n':
		return "null"
	}
	if len(raw) > 30 {
		return "a number"
	}
	return "the number " + string(raw)
}
