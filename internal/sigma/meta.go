package sigma

import (
	"slices"
	"strings"
)

// meta reads what rules, filters and correlations have in common. Whatever is odd there is a warning, since it
// does not change what the document finds.
func (c *compiler) meta(doc *node, file string, line int) Meta {
	m := Meta{
		File:        file,
		Line:        line,
		ID:          strings.ToLower(strings.TrimSpace(c.metaText(doc, "id"))),
		Name:        c.metaText(doc, "name"),
		Title:       c.metaText(doc, "title"),
		Status:      c.file.intern(strings.ToLower(c.metaText(doc, "status"))),
		Level:       c.file.intern(strings.ToLower(c.metaText(doc, "level"))),
		Description: strings.TrimSpace(c.metaText(doc, "description")),
		Author:      c.metaText(doc, "author"),
		Date:        c.metaText(doc, "date"),
		Modified:    c.metaText(doc, "modified"),
		License:     c.file.intern(c.metaText(doc, "license")),
		References:  c.metaList(doc, "references"),
		Tags:        c.metaList(doc, "tags"),
		FalsePos:    c.metaList(doc, "falsepositives"),
		Fields:      c.metaList(doc, "fields"),
		Related:     c.related(doc),
	}
	for i, t := range m.Tags {
		m.Tags[i] = c.file.intern(strings.ToLower(t))
	}
	for i, f := range m.FalsePos {
		m.FalsePos[i] = c.file.intern(f)
	}
	for i, f := range m.Fields {
		m.Fields[i] = c.file.intern(f)
	}
	c.checkMeta(doc, &m)
	return m
}

func (c *compiler) checkMeta(doc *node, m *Meta) {
	if m.Title == "" {
		c.warn(m.Line, "the document has no title: give it one")
	}
	if m.ID != "" && !isUUID(m.ID) {
		c.warn(doc.get("id").line, "the id %q is not a UUID", m.ID)
	}
	switch m.Status {
	case "", "stable", "test", "experimental", "deprecated", "unsupported":
	default:
		c.warn(doc.get("status").line, "the status %q is none of stable, test, experimental, deprecated, unsupported", m.Status)
	}
	switch m.Level {
	case "", "informational", "low", "medium", "high", "critical":
	default:
		c.warn(doc.get("level").line, "the level %q is none of informational, low, medium, high, critical: it is left out", m.Level)
		m.Level = ""
	}
	if t := doc.get("taxonomy"); !t.isNull() && !strings.EqualFold(t.text, "sigma") {
		c.warn(t.line, "the taxonomy %q is not the one of Sigma: fields are looked up as they are written", t.text)
	}
}

// metaText reads a scalar. A list is joined, as authors write it now and then.
func (c *compiler) metaText(doc *node, key string) string {
	n := doc.get(key)
	switch {
	case n.isNull():
		return ""
	case n.kind == scalarNode:
		return n.text
	case n.kind == listNode && allScalars(n):
		return strings.Join(c.metaList(doc, key), ", ")
	}
	c.warn(n.line, "%s has to be a text, and is %s: it is left out", key, n.describe())
	return ""
}

// metaList reads a list of scalars, or one.
func (c *compiler) metaList(doc *node, key string) []string {
	n := doc.get(key)
	if n.isNull() {
		return nil
	}
	list := n.kids
	switch n.kind {
	case scalarNode:
		list = []*node{n}
	case mapNode:
		c.warn(n.line, "%s has to be a list of texts, and is a map: it is left out", key)
		return nil
	default:
	}
	out := make([]string, 0, len(list))
	for _, k := range list {
		switch {
		case k.isNull():
		case k.kind != scalarNode:
			c.warn(k.line, "%s has to be a list of texts, and holds %s: it is left out", key, k.describe())
		default:
			out = append(out, k.text)
		}
	}
	return out
}

func (c *compiler) related(doc *node) []Related {
	n := doc.get("related")
	if n.isNull() {
		return nil
	}
	if n.kind != listNode {
		c.warn(n.line, "related has to be a list of id and type, and is %s: it is left out", n.describe())
		return nil
	}
	out := make([]Related, 0, len(n.kids))
	for _, k := range n.kids {
		id, kind := k.get("id"), k.get("type")
		if id.isNull() || kind.isNull() || id.kind != scalarNode || kind.kind != scalarNode {
			c.warn(k.line, "an entry of related has to have an id and a type: it is left out")
			continue
		}
		r := Related{ID: strings.ToLower(id.text), Type: c.file.intern(strings.ToLower(kind.text))}
		if !slices.Contains(relatedTypes[:], r.Type) {
			c.warn(kind.line, "the type %q of a related rule is none of %s", r.Type, strings.Join(relatedTypes[:], ", "))
		}
		out = append(out, r)
	}
	return out
}

var relatedTypes = [...]string{"correlation", "derived", "merged", "obsolete", "renamed", "similar"}

// logSource reads the logsource and the definition of the log.
func (c *compiler) logSource(doc *node, line int) (LogSource, string, error) {
	n := doc.get("logsource")
	switch {
	case n.isNull():
		return LogSource{}, "", faultf(line, "there is no logsource: say for which product, category or service the rule is")
	case n.kind != mapNode:
		return LogSource{}, "", faultf(n.line, "logsource has to be a map of product, category and service, and is %s", n.describe())
	}
	part := func(key string) (string, error) {
		v := n.get(key)
		if v.isNull() {
			return "", nil
		}
		if v.kind != scalarNode {
			return "", faultf(v.line, "the %s of logsource has to be a text, and is %s", key, v.describe())
		}
		return c.file.intern(strings.ToLower(strings.TrimSpace(v.text))), nil
	}
	var (
		ls  LogSource
		err error
	)
	if ls.Product, err = part("product"); err != nil {
		return ls, "", err
	}
	if ls.Category, err = part("category"); err != nil {
		return ls, "", err
	}
	if ls.Service, err = part("service"); err != nil {
		return ls, "", err
	}
	if ls == (LogSource{}) {
		return ls, "", faultf(n.line, "logsource is empty: say for which product, category or service the rule is")
	}
	return ls, c.file.intern(strings.TrimSpace(c.metaText(n, "definition"))), nil
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
			continue
		}
		if !isHex(s[i : i+1]) {
			return false
		}
	}
	return true
}
