package indicator

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"entente/internal/sigma"
	"entente/internal/stix"
)

// Bundle is what was read: objects of STIX as far as the hunt has a use for them.
type Bundle struct {
	Objects  int           // of any type, versions counted apart
	Sigma    sigma.Options // for patterns that are Sigma
	Problems []sigma.Problem

	indicators []*object          // in the order in which they came first
	byID       map[string]*object // of indicators
	markings   map[string]*object
	names      map[string]named             // of what indicators indicate, and of who made them
	indicates  map[string]map[string]string // by indicator: target → id of the relationship
	relations  map[string]*object
}

// object is the latest version of an object.
type object struct {
	*stix.Object
	file string
}

// named is what is known of an object that others refer to.
type named struct {
	kind, name string
	technique  string // of ATT&CK
	version    stix.Timestamp
}

// Stdin is the name of the standard input among sources.
const Stdin = "-"

// Limits of what is kept.
const (
	maxIndicators = 1 << 20
	maxOthers     = 1 << 21
)

// NewBundle is an empty one.
func NewBundle() *Bundle {
	return &Bundle{
		byID: map[string]*object{}, markings: map[string]*object{}, names: map[string]named{},
		indicates: map[string]map[string]string{}, relations: map[string]*object{},
	}
}

// Read adds what its sources hold: files, folders with their files *.json, *.jsonl, *.ndjson and *.stix at any depth, patterns
// of files, and `-`, which is stdin. A file holds a bundle, an envelope of TAXII, a list, one object, or objects one after the other. The error
// is about a source that cannot be read at all; an object that cannot be read is a Problem and costs no other.
func (b *Bundle) Read(stdin io.Reader, sources ...string) error {
	for _, s := range sources {
		if err := b.source(stdin, s); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bundle) source(stdin io.Reader, source string) error {
	if source == Stdin {
		if stdin == nil {
			return errors.New("standard input is not at hand")
		}
		return b.Add("standard input", stdin)
	}
	info, err := os.Stat(source)
	switch {
	case err != nil && strings.ContainsAny(source, "*?["):
		found, gerr := filepath.Glob(source)
		if gerr != nil || len(found) == 0 {
			return fmt.Errorf("no file is called %s", source)
		}
		for _, f := range found {
			if err := b.source(nil, f); err != nil {
				return err
			}
		}
		return nil
	case err != nil:
		return unread(source, err)
	case !info.IsDir():
		return b.file(source)
	}
	found := false
	err = filepath.WalkDir(source, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			b.problem(p, "", "it cannot be read: "+reason(err))
			return nil
		}
		if d.IsDir() || !IsFile(p) {
			return nil
		}
		found = true
		if err := b.file(p); err != nil {
			b.problem(p, "", err.Error())
		}
		return nil
	})
	if err == nil && !found {
		err = fmt.Errorf("%s holds no file *.json, *.jsonl, *.ndjson or *.stix", source)
	}
	return err
}

// Len is how many indicators there are.
func (b *Bundle) Len() int { return len(b.indicators) }

// IsFile says whether the name of a file is one that folders of bundles are read for.
func IsFile(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".json", ".jsonl", ".ndjson", ".stix", ".stix2":
		return true
	}
	return false
}

func unread(path string, err error) error {
	return fmt.Errorf("%s cannot be read: %s", path, reason(err))
}

// reason is an error without the path and the call, which are told already.
func reason(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		err = pe.Err
	}
	return err.Error()
}

func (b *Bundle) file(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return unread(path, err)
	}
	defer f.Close() //nolint:errcheck // only read
	return b.Add(path, f)
}

// Add reads one text; name is what problems call it.
func (b *Bundle) Add(name string, r io.Reader) error {
	in := stix.NewReader(r, stix.Limits{})
	objects := 0
	for {
		e, err := in.Next()
		switch {
		case errors.Is(err, io.EOF):
			if objects == 0 {
				b.problem(name, "", "there is no object of STIX in it")
			}
			return nil
		case err != nil:
			if _, ok := errors.AsType[*stix.SyntaxError](err); !ok {
				return unread(name, err)
			}
			b.problem(name, "", "the rest cannot be read: "+err.Error())
			return nil
		case e.Err != nil:
			objects++
			b.problem(name, "", strings.TrimPrefix(e.Pointer+": ", ": ")+e.Err.Error())
		case !e.Bundle:
			objects++
			b.Objects++
			b.take(name, e.Object)
		}
	}
}

func (b *Bundle) problem(file, id, why string) {
	b.Problems = append(b.Problems, sigma.Problem{File: file, Rule: id, Reason: why})
}

func (b *Bundle) take(file string, o *stix.Object) {
	switch o.Type {
	case "indicator":
		b.indicator(file, o)
	case "relationship":
		if text(o, "relationship_type") == "indicates" {
			b.relation(file, o)
		}
	case "marking-definition":
		if up, _, err := stix.Upgrade(o); err == nil && len(b.markings) < maxOthers {
			b.markings[o.ID] = &object{Object: up, file: file}
		}
	case "attack-pattern", "malware", "tool", "intrusion-set", "threat-actor", "campaign", "infrastructure", "identity":
		n := named{kind: o.Type, name: text(o, "name"), version: o.Version()}
		if o.Type == "attack-pattern" {
			n.technique = technique(o)
		}
		if old, ok := b.names[o.ID]; ok && newer(old.version, n.version) || !ok && len(b.names) >= maxOthers {
			return
		}
		b.names[o.ID] = n
	default:
	}
}

func (b *Bundle) indicator(file string, o *stix.Object) {
	old, ok := b.byID[o.ID]
	if ok && !newer(o.Version(), old.Version()) {
		return
	}
	n := &object{Object: o, file: file}
	if o.Spec() == "2.0" {
		up, _, err := stix.Upgrade(o)
		if err != nil {
			b.problem(file, o.ID, "it cannot be read as STIX 2.0: "+err.Error())
			return
		}
		n.Object = up
	}
	switch {
	case ok:
		*old = *n
	case len(b.indicators) >= maxIndicators:
		if len(b.indicators) == maxIndicators {
			b.problem(file, o.ID, fmt.Sprintf("there are more than %d indicators: this one and all further ones are left out", maxIndicators))
			b.indicators = append(b.indicators, nil)
		}
	default:
		b.byID[o.ID] = n
		b.indicators = append(b.indicators, n)
	}
}

func (b *Bundle) relation(file string, o *stix.Object) {
	if old, ok := b.relations[o.ID]; ok {
		if !newer(o.Version(), old.Version()) {
			return
		}
		delete(b.indicates[text(old.Object, "source_ref")], text(old.Object, "target_ref"))
	} else if len(b.relations) >= maxOthers {
		return
	}
	b.relations[o.ID] = &object{Object: o, file: file}
	from, to := text(o, "source_ref"), text(o, "target_ref")
	if o.Revoked || from == "" || to == "" {
		return
	}
	if b.indicates[from] == nil {
		b.indicates[from] = map[string]string{}
	}
	b.indicates[from][to] = o.ID
}

// newer compares versions of an object.
func newer(a, b stix.Timestamp) bool { return a.Time.After(b.Time) }

// text is a property that is a text, "" where it is none.
func text(o *stix.Object, name string) string {
	v, ok := o.Root().Child(name)
	if !ok || !v.IsString() {
		return ""
	}
	return v.Text()
}

// texts are the texts in a list.
func texts(o *stix.Object, name string) []string {
	v, ok := o.Root().Child(name)
	if !ok || !v.IsList() {
		return nil
	}
	var out []string
	for c := range v.Children() {
		if c.IsString() {
			out = append(out, c.Text())
		}
	}
	return out
}

// references are the external references of an object.
func references(o *stix.Object) []reference {
	var out []reference
	if raw := o.Property("external_references"); raw != nil {
		if json.Unmarshal(raw, &out) != nil {
			return nil
		}
	}
	return out
}

type reference struct {
	Source string `json:"source_name"`
	ID     string `json:"external_id"`
	URL    string `json:"url"`
}

// technique is the ATT&CK technique that an object refers to, in lower case.
func technique(o *stix.Object) string {
	for _, r := range references(o) {
		if strings.HasPrefix(r.Source, "mitre-") && isTechnique(r.ID) {
			return strings.ToLower(r.ID)
		}
	}
	return ""
}

// isTechnique says whether a text is T1059 or T1059.001.
func isTechnique(s string) bool {
	base, sub, has := strings.Cut(s, ".")
	digits := func(s string, n int) bool {
		return len(s) == n && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	}
	return len(base) == 5 && (base[0] == 'T' || base[0] == 't') && digits(base[1:], 4) && (!has || digits(sub, 3))
}

// targets are what an indicator indicates, in order of their names.
func (b *Bundle) targets(id string) []named {
	var out []named
	for to := range b.indicates[id] {
		if n, ok := b.names[to]; ok {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b named) int {
		return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.name, b.name), strings.Compare(a.technique, b.technique))
	})
	return out
}
