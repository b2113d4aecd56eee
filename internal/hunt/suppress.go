package hunt

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
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
}

type suppression struct {
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
		return nil, fmt.Errorf("suppressions: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(f, maxSuppressionFile+1))
	if err != nil {
		return nil, fmt.Errorf("suppressions: %w", err)
	}
	if len(data) > maxSuppressionFile {
		return nil, fmt.Errorf("suppressions: %s is larger than %d MiB", path, maxSuppressionFile>>20)
	}
	s, err := parseSuppressions(data, now)
	if err != nil {
		return nil, fmt.Errorf("suppressions: %s: %w", path, err)
	}
	return s, nil
}

func parseSuppressions(data []byte, now time.Time) (*Suppressions, error) {
	var file suppressionFile
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("it has to be a map with the key `suppress` and a list of entries with rule, field, value, reason and expires: %w", err)
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
		s := &suppression{rule: event.FoldString(e.Rule), field: e.Field, reason: e.Reason}
		for _, v := range e.Value {
			s.globs = append(s.globs, compileGlob(sigma.ParsePattern(event.FoldString(v))))
		}
		out.items = append(out.items, s)
	}
	return out, nil
}

// covers says whether a match is accepted, and counts it.
func (s *Suppressions) covers(f *frame, m *sigma.Meta) bool {
	for _, x := range s.items {
		if x.rule != "*" && x.rule != m.ID && x.rule != event.FoldString(m.Title) {
			continue
		}
		if x.field == "" || x.holds(f) {
			x.hits.Add(1)
			return true
		}
	}
	return false
}

// holds compares the field under its name in the record, under its name in rules, and as `host` or `user`.
func (x *suppression) holds(f *frame) bool {
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
		return is([]byte(userOf(f.ev)))
	}
	return false
}
