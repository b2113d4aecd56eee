package advisory

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Limits of one YAML file, far above what packs need.
const (
	maxYAMLDepth = 24
	maxYAMLMarks = 400_000 // characters that may begin a value, before a YAML library sees the text
)

// yamlError is an error at a line of a file.
type yamlError struct {
	line   int
	reason string
}

func (e *yamlError) Error() string { return e.reason }

func yamlErrorf(n *yaml.Node, format string, args ...any) error {
	line := 0
	if n != nil {
		line = n.Line
	}
	return &yamlError{line, fmt.Sprintf(format, args...)}
}

// parseYAML reads the only document of a file: nil for an empty one. There are no anchors, tags and duplicate keys in it.
func parseYAML(data []byte) (*yaml.Node, error) {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	if !utf8.Valid(data) {
		return nil, &yamlError{0, "this is not UTF-8: save the file in that encoding"}
	}
	if tooManyValues(data) {
		return nil, &yamlError{0, "the file has too many values: split it"}
	}
	if blankYAML(data) {
		return nil, nil
	}
	var doc yaml.Node
	if err := yaml.Load(data, &doc, yaml.WithPlugin(depthLimit{})); err != nil {
		if le, ok := errors.AsType[*yaml.LoadError](err); ok {
			return nil, &yamlError{le.Mark.Line, "this is not well-formed YAML: " + le.Message}
		}
		return nil, &yamlError{0, "this is not well-formed YAML: " + err.Error()}
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		return nil, &yamlError{0, "the file holds no document"}
	}
	if err := checkYAML(doc.Content[0], 0); err != nil {
		return nil, err
	}
	return doc.Content[0], nil
}

// tooManyValues says that a text may hold more values than a YAML library is to be given.
func tooManyValues(data []byte) bool {
	marks := 0
	for _, m := range []byte("\n,:[{") {
		marks += bytes.Count(data, []byte{m})
	}
	return marks > maxYAMLMarks
}

// blankYAML says that there are nothing but comments and blank lines.
func blankYAML(data []byte) bool {
	for line := range bytes.Lines(data) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && string(line) != "---" {
			return false
		}
	}
	return true
}

// depthLimit keeps the YAML reader from nesting deeper than we would go on to read.
type depthLimit struct{}

func (depthLimit) CheckDepth(depth int, _ *yaml.DepthContext) error {
	if depth > 2*maxYAMLDepth {
		return fmt.Errorf("lists and maps are nested deeper than %d levels", maxYAMLDepth)
	}
	return nil
}

func (depthLimit) CheckAlias(int, int) error { return nil } // checkYAML refuses them

const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

// yamlMark refuses what makes a node be more, or other, than what is written there; of a map also merge keys.
func yamlMark(n *yaml.Node) error {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return yamlErrorf(n, "anchors and aliases are not part of the format: write the value out")
	case n.Style&yaml.TaggedStyle != 0:
		return yamlErrorf(n, "the tag %s is not part of the format: quote the value if it is a text", n.Tag)
	case n.Kind != yaml.MappingNode:
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; k.Kind == yaml.ScalarNode && k.Value == "<<" && k.Style&quoted == 0 {
			return yamlErrorf(k, "merge keys (<<) are not part of the format: write the values out")
		}
	}
	return nil
}

// yamlMarks is [yamlMark] for a node and all below it.
func yamlMarks(n *yaml.Node) error {
	err := yamlMark(n)
	for i := 0; i < len(n.Content) && err == nil; i++ {
		err = yamlMarks(n.Content[i])
	}
	return err
}

// checkYAML refuses what the format does not know.
func checkYAML(n *yaml.Node, depth int) error {
	if depth > maxYAMLDepth {
		return yamlErrorf(n, "lists and maps are nested deeper than %d levels", maxYAMLDepth)
	}
	if err := yamlMark(n); err != nil {
		return err
	}
	if n.Kind == yaml.MappingNode {
		seen := make(map[string]int, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if k.Kind != yaml.ScalarNode {
				return yamlErrorf(k, "a key has to be a text")
			}
			if first, ok := seen[k.Value]; ok {
				return yamlErrorf(k, "the key %q stands here for the second time, first on line %d", k.Value, first)
			}
			seen[k.Value] = k.Line
		}
	}
	for _, kid := range n.Content {
		if err := checkYAML(kid, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func isNull(n *yaml.Node) bool {
	if n == nil || n.Kind != yaml.ScalarNode || n.Style&quoted != 0 {
		return n == nil
	}
	switch n.Value {
	case "", "~", "null":
		return true
	}
	return false
}

// child is the value of a key, nil where there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// decodeYAML puts a node into what v points to: structs with yaml tags, whose keys are all known, lists, texts, whole
// numbers, true or false, and maps of anything. Texts are taken as they were written, whatever YAML would make of them.
func decodeYAML(n *yaml.Node, v any) error { return decodeValue(n, reflect.ValueOf(v).Elem(), "") }

func decodeValue(n *yaml.Node, v reflect.Value, key string) error {
	what := "this"
	if key != "" {
		what = key
	}
	if isNull(n) {
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		if n.Kind != yaml.ScalarNode {
			return yamlErrorf(n, "%s has to be a text", what)
		}
		v.SetString(n.Value)
	case reflect.Bool:
		if n.Kind != yaml.ScalarNode || n.Value != "true" && n.Value != "false" {
			return yamlErrorf(n, "%s has to be true or false", what)
		}
		v.SetBool(n.Value == "true")
	case reflect.Int:
		i, err := strconv.ParseInt(n.Value, 10, 32)
		if n.Kind != yaml.ScalarNode || err != nil {
			return yamlErrorf(n, "%s has to be a whole number", what)
		}
		v.SetInt(i)
	case reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			return yamlErrorf(n, "%s has to be a list", what)
		}
		out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
		for i, kid := range n.Content {
			if isNull(kid) {
				return yamlErrorf(kid, "an entry of the list is empty")
			}
			if err := decodeValue(kid, out.Index(i), "an entry of "+what); err != nil {
				return err
			}
		}
		v.Set(out)
	case reflect.Map:
		if n.Kind != yaml.MappingNode {
			return yamlErrorf(n, "%s has to be a map", what)
		}
		v.Set(reflect.ValueOf(anyYAML(n)))
	case reflect.Struct:
		return decodeStruct(n, v, what)
	default:
		return yamlErrorf(n, "%s cannot be read", what)
	}
	return nil
}

func decodeStruct(n *yaml.Node, v reflect.Value, what string) error {
	if n.Kind != yaml.MappingNode {
		return yamlErrorf(n, "%s has to be a map", what)
	}
	fields := map[string]reflect.Value{}
	var names []string
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		fields[name] = v.Field(i)
		names = append(names, name)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		f, ok := fields[k.Value]
		if !ok {
			slices.Sort(names)
			return yamlErrorf(k, "there is no key %q here: the keys are %s", k.Value, strings.Join(names, ", "))
		}
		if err := decodeValue(n.Content[i+1], f, k.Value); err != nil {
			return err
		}
	}
	return nil
}

// anyYAML is a value as JSON has it: plain scalars that are JSON numbers are numbers, true and false are booleans, and all
// else is the text that was written (0x3e7 and 2021-03-03 are texts).
func anyYAML(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		out := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			out[n.Content[i].Value] = anyYAML(n.Content[i+1])
		}
		return out
	case yaml.SequenceNode:
		out := make([]any, len(n.Content))
		for i, kid := range n.Content {
			out[i] = anyYAML(kid)
		}
		return out
	default: // a scalar
	}
	if n.Style&quoted != 0 {
		return n.Value
	}
	switch n.Value {
	case "", "~", "null":
		return nil
	case "true":
		return true
	case "false":
		return false
	}
	if jsonNumber(n.Value) {
		if i, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			return i
		}
		if u, err := strconv.ParseUint(n.Value, 10, 64); err == nil {
			return u
		}
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil && !math.IsInf(f, 0) {
			return f
		}
	}
	return n.Value
}

// jsonNumber says that s is a number as RFC 8259, section 6, writes it.
func jsonNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	digits := func() int {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		return n
	}
	n := digits()
	if n == 0 || n > 1 && s[0] == '0' {
		return false
	}
	if s = s[n:]; strings.HasPrefix(s, ".") {
		s = s[1:]
		if n = digits(); n == 0 {
			return false
		}
		s = s[n:]
	}
	if len(s) > 0 && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if len(s) > 0 && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if n = digits(); n == 0 {
			return false
		}
		s = s[n:]
	}
	return s == ""
}
