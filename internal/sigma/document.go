package sigma

import (
	"bytes"
	"errors"
	"fmt"
)

// fileLoader reads the documents of files, one after the other. Every worker has one. What many rules
// repeat (fields, tags, logsources) is kept once in strings.
type fileLoader struct {
	opts    *Options
	file    string
	strings map[string]string
	plain   *plainParser
	values  []value // of the item that is being compiled; its room is used again
	slab
	out *fileResult
}

func newFileLoader(opts *Options) *fileLoader {
	return &fileLoader{opts: opts, strings: map[string]string{}, plain: &plainParser{}}
}

// slab hands out atoms and pieces from larger blocks: a rule set has tens of thousands of them, all kept as long
// as each other.
type slab struct {
	atoms  []Atom
	pieces []Piece
}

func (s *slab) atom() *Atom {
	if len(s.atoms) == 0 {
		s.atoms = make([]Atom, 64)
	}
	a := &s.atoms[0]
	s.atoms = s.atoms[1:]
	return a
}

// pattern returns an empty pattern with room for n pieces.
func (s *slab) pattern(n int) Pattern {
	if len(s.pieces) < n {
		if n > 32 {
			return make(Pattern, 0, n)
		}
		s.pieces = make([]Piece, 256)
	}
	p := Pattern(s.pieces[:0:n])
	s.pieces = s.pieces[n:]
	return p
}

// fileResult is what one file held, in order.
type fileResult struct {
	entries   []entry
	problems  []Problem
	documents int
	failed    []string // ids and names of documents that were not loaded
}

// entry is one document that was compiled: a rule, a correlation, both (a rule with a legacy aggregation) or a
// filter.
type entry struct {
	rule   *ruleDoc
	cor    *Correlation
	filter *filter
}

// intern returns a shared copy of s.
func (l *fileLoader) intern(s string) string {
	if t, ok := l.strings[s]; ok {
		return t
	}
	l.strings[s] = s
	return s
}

// parse reads a whole file. The error is about all of it.
func (l *fileLoader) parse(data []byte) error {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	switch {
	case len(data) > maxFileSize:
		return fmt.Errorf("it is larger than %d MiB: split it", maxFileSize>>20)
	case bytes.HasPrefix(data, []byte("\xFF\xFE")) || bytes.HasPrefix(data, []byte("\xFE\xFF")):
		return errors.New("it is UTF-16: save it as UTF-8")
	}
	l.plain.reset()
	var legacy legacyCollection
	for i, c := range splitDocuments(data) {
		l.out.documents++
		if i == maxDocs {
			l.problem(c.line, "", fmt.Sprintf("the file has more than %d documents, and from here on they are not read: split it", maxDocs))
			break
		}
		doc, err := parseYAML(l.plain, c)
		if err != nil {
			l.fail(c.line, nil, err)
			continue
		}
		if doc.kind != mapNode {
			l.fail(doc.line, nil, faultf(doc.line, "this is no Sigma document: it is %s, not a map with a title and a detection", doc.describe()))
			continue
		}
		whole, inherited, err := legacy.apply(doc)
		switch {
		case err != nil:
			l.fail(doc.line, doc, err)
		case whole != nil:
			l.document(whole, doc.line, inherited)
		}
	}
	return nil
}

// document compiles one document.
func (l *fileLoader) document(doc *node, line int, inherited bool) {
	c := &compiler{file: l}
	meta := c.meta(doc, l.file, line)
	var (
		e   entry
		err error
	)
	switch {
	case doc.get("correlation") != nil:
		e.cor, err = c.correlation(doc, meta)
	case doc.get("filter") != nil:
		e.filter, err = c.filter(doc, meta)
	case doc.get("detection") != nil || doc.get("logsource") != nil:
		e.rule = &ruleDoc{id: meta.ID, inherited: inherited}
		e.rule.rule, e.cor, err = c.rule(doc, meta)
	default:
		err = faultf(line, "this is no Sigma document: it has no detection, correlation or filter")
	}
	if missing := c.placeholdersKnown(line); err != nil && missing != nil {
		err = missing // what else was wrong comes of the missing values
	}
	if err != nil {
		l.fail(line, doc, err)
		return
	}
	for _, n := range c.notes {
		l.out.problems = append(l.out.problems, Problem{File: l.file, Line: n.line, Rule: meta.label(), Reason: n.reason, Warning: true})
	}
	l.out.entries = append(l.out.entries, e)
}

// fail reports a document that is not loaded.
func (l *fileLoader) fail(line int, doc *node, err error) {
	if f, ok := errors.AsType[*fault](err); ok && f.line > 0 {
		line = f.line
	}
	label := ""
	if doc != nil {
		quiet := &compiler{file: l}
		m := quiet.meta(doc, l.file, line)
		if m.ID != "" || m.Title != "" || m.Name != "" {
			label = m.label()
		}
		if m.ID != "" {
			l.out.failed = append(l.out.failed, m.ID)
		}
		if m.Name != "" {
			l.out.failed = append(l.out.failed, m.Name)
		}
	}
	l.problem(line, label, err.Error())
	if f, ok := errors.AsType[*fault](err); ok {
		l.out.problems[len(l.out.problems)-1].Needs = f.needs
	}
}

func (l *fileLoader) problem(line int, rule, reason string) {
	l.out.problems = append(l.out.problems, Problem{File: l.file, Line: line, Rule: rule, Reason: reason})
}
