package hunt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"entente/internal/event"
	"entente/internal/sigma"

	"go.yaml.in/yaml/v4"
)

// Suppressions are findings that somebody has looked at and accepted: they are counted, not shown.
// docs/formats/suppressions.md describes the file.
type Suppressions struct {
	items []*suppression
	// Expired lists entries that no longer apply.
	Expired []string
	path    string
}

type suppression struct {
	entry  int    // its place in the file, from 1
	name   string // of the rule, as written
	rule   string // folded id or title; "*" is every rule
	field  string
	globs  []glob
	reason string
	hits   atomic.Int64
}

// suppressionFile is the file's form.
type suppressionFile struct {
	Suppress []struct {
		Rule    string     `yaml:"rule"`
		Field   string     `yaml:"field"`
		Value   stringList `yaml:"value"`
		Reason  string     `yaml:"reason"`
		Expires string     `yaml:"expires"`
	} `yaml:"suppress"`
}

// stringList is one string or a list of them.
type stringList []string

// UnmarshalYAML reads either form.
func (s *stringList) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*s = stringList{n.Value}
		return nil
	}
	var list []string
	if err := n.Decode(&list); err != nil {
		return fmt.Errorf("line %d: value must be a text or a list of texts", n.Line)
	}
	*s = list
	return nil
}

// maxSuppressionFile bounds the file's size in bytes.
const maxSuppressionFile = 16 << 20

// LoadSuppressions reads a suppression file. Entries that expired before now are set aside. Errors name the entry.
func LoadSuppressions(path string, now time.Time) (*Suppressions, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("suppressions: %s: %w", path, cause(err))
	}
	defer f.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(f, maxSuppressionFile+1))
	if err != nil {
		return nil, fmt.Errorf("suppressions: %s: %w", path, cause(err))
	}
	if len(data) > maxSuppressionFile {
		return nil, fmt.Errorf("suppressions: %s is larger than %d MiB", path, maxSuppressionFile>>20)
	}
	s, err := parseSuppressions(data, now)
	if err != nil {
		return nil, fmt.Errorf("suppressions: %s: %w", path, err)
	}
	s.path = path
	return s, nil
}

// inType is what the YAML reader says about the types that it fills, which are nothing to the author of a file.
var inType = regexp.MustCompile(`(?s) in type .*| into .*|^yaml: |construct errors: ?`)

// yamlFault says what is wrong with a file in words of YAML alone.
func yamlFault(err error) string {
	var lines []string
	for l := range strings.Lines(err.Error()) {
		if l = strings.TrimSpace(inType.ReplaceAllString(strings.TrimSpace(l), "")); l != "" {
			lines = append(lines, l)
		}
	}
	text := strings.Join(lines, "; ")
	text = yamlKind.ReplaceAllStringFunc(text, func(s string) string { return yamlKinds[s] })
	return yamlField.ReplaceAllString(text, "there is no key `$1`")
}

var (
	yamlField = regexp.MustCompile(`field (\S+) not found`)
	yamlKind  = regexp.MustCompile("cannot construct !!(seq|map|int|str|bool|float|null)")
	yamlKinds = map[string]string{
		"cannot construct !!seq": "a list stands in a wrong place", "cannot construct !!map": "a map stands in a wrong place",
		"cannot construct !!int": "a number stands in a wrong place", "cannot construct !!float": "a number stands in a wrong place",
		"cannot construct !!str": "a text stands in a wrong place", "cannot construct !!bool": "true or false stands in a wrong place",
		"cannot construct !!null": "nothing stands in a wrong place",
	}
)

// Notes say which entries do nothing: those that have expired, and those whose rule is not among the rules given.
func (s *Suppressions) Notes(rules *sigma.Collection) []Warning {
	var out []Warning
	say := func(text string) { out = append(out, Warning{File: s.path, Offset: -1, Message: text}) }
	for _, x := range s.Expired {
		say(x + " and is not applied")
	}
	rule, correlation := map[string]bool{"*": true}, map[string]bool{}
	for _, r := range rules.Rules {
		rule[r.ID], rule[event.FoldString(r.Title)] = true, true
	}
	for _, c := range rules.Correlations {
		correlation[c.ID], correlation[event.FoldString(c.Title)] = true, true
	}
	for _, x := range s.items {
		switch {
		case rule[x.rule]:
		case correlation[x.rule]:
			say(fmt.Sprintf("entry %d does nothing: %q is a correlation; name the rules that it refers to", x.entry, x.name))
		default:
			say(fmt.Sprintf("entry %d does nothing: no rule has the id or title %q", x.entry, x.name))
		}
	}
	return out
}

// cause is the reason of an error of a file without the call that failed.
func cause(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err
	}
	return err
}

func parseSuppressions(data []byte, now time.Time) (*Suppressions, error) {
	var file suppressionFile
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("it has to be a map with the key `suppress` and a list of entries with rule, field, value, reason and expires: %s", yamlFault(err))
	}
	out := &Suppressions{}
	for i, e := range file.Suppress {
		fail := func(format string, args ...any) error {
			return fmt.Errorf("entry %d: %s", i+1, fmt.Sprintf(format, args...))
		}
		switch {
		case e.Rule == "":
			return nil, fail("`rule` is missing: give a rule's id or title, or \"*\" for every rule")
		case e.Reason == "":
			return nil, fail("`reason` is missing: say why these findings are accepted")
		case e.Field == "" && e.Rule == "*":
			return nil, fail("it would suppress everything: name a rule or a field")
		case (e.Field == "") != (len(e.Value) == 0):
			return nil, fail("`field` and `value` belong together")
		}
		if e.Expires != "" {
			end, err := time.Parse(time.DateOnly, e.Expires)
			if err != nil {
				return nil, fail("`expires` must be a date such as 2026-12-31, not %q", e.Expires)
			}
			if !now.Before(end.AddDate(0, 0, 1)) {
				out.Expired = append(out.Expired, fmt.Sprintf("entry %d (%s) expired on %s", i+1, e.Rule, e.Expires))
				continue
			}
		}
		s := &suppression{entry: i + 1, name: e.Rule, rule: event.FoldString(e.Rule), field: e.Field, reason: e.Reason}
		for _, v := range e.Value {
			s.globs = append(s.globs, compileGlob(sigma.ParsePattern(event.FoldString(v))))
		}
		out.items = append(out.items, s)
	}
	return out, nil
}

// covers says whether a match is accepted, and counts it; user is the account that a record is about.
func (s *Suppressions) covers(f *frame, m *sigma.Meta, user func(*event.Event) string) bool {
	for _, x := range s.items {
		if x.rule != "*" && x.rule != m.ID && x.rule != event.FoldString(m.Title) {
			continue
		}
		if x.field == "" || x.holds(f, user) {
			x.hits.Add(1)
			return true
		}
	}
	return false
}

// holds compares the field under its name in the record, under its name in rules, and as `host` or `user`.
func (x *suppression) holds(f *frame, user func(*event.Event) string) bool {
	is := func(text []byte) bool {
		text = event.FoldBytes(nil, text)
		return slices.ContainsFunc(x.globs, func(g glob) bool { return g.match(text) })
	}
	for i := range f.ev.Values {
		v := &f.ev.Values[i]
		if f.ev.Names.At(v.Slot).Text == x.field && is(v.AppendText(nil)) {
			return true
		}
	}
	for i := range f.prog.fields {
		if f.prog.fields[i].name != x.field {
			continue
		}
		if slices.ContainsFunc(f.casedText(int32(i)).cased, is) {
			return true
		}
	}
	switch strings.ToLower(x.field) {
	case "host":
		return is([]byte(f.ev.Host))
	case "user":
		return is([]byte(user(f.ev)))
	}
	return false
}
