package packimport

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"entente/internal/advisory"
)

// Patterns of STIX 2.1, section 9, as far as a pack can hold them: single observations of one comparison, or of several of
// which each alone is enough; files may be bound to folders. Everything else is said to be too much.

const (
	maxPattern  = 64 << 10
	maxCompares = 500
	maxParens   = 16
)

// comparison is one test of a property.
type comparison struct {
	path   string
	op     string // =, !=, LIKE, MATCHES, ISSUBSET, IN, …
	not    bool
	values []string
}

// term is a comparison, or a list of terms of which all or any have to hold.
type term struct {
	test *comparison
	any  bool
	list []term
}

// patternIndicators reads a pattern into indicators, each of which is enough by itself.
func patternIndicators(pattern string) ([]advisory.Indicator, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("it is longer than %d KiB", maxPattern>>10)
	}
	p := &patternParser{rest: pattern}
	var out []advisory.Indicator
	for {
		t, err := p.observation()
		if err != nil {
			return nil, err
		}
		found, err := t.indicators()
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
		switch word := p.next(); strings.ToUpper(word) {
		case "":
			return out, nil
		case "OR":
		case "AND", "FOLLOWEDBY":
			return nil, errors.New("it joins several observations, and an indicator of a pack is one value")
		default:
			return nil, fmt.Errorf("it goes on with %q, and an indicator of a pack has no time and no number", clip(word, 40))
		}
	}
}

type patternParser struct {
	rest  string
	tests int
}

// next takes the next word: a quoted text with its quotes, an operator, a bracket, or a run of other characters.
func (p *patternParser) next() string {
	w := p.peek()
	p.rest = strings.TrimLeft(p.rest, " \t\r\n")[len(w):]
	return w
}

func (p *patternParser) peek() string {
	s := strings.TrimLeft(p.rest, " \t\r\n")
	if s == "" {
		return ""
	}
	switch c := s[0]; {
	case c == '\'':
		return quotedText(s)
	case strings.IndexByte("[](),=", c) >= 0:
		return s[:1]
	case c == '!' || c == '<' || c == '>':
		if len(s) > 1 && s[1] == '=' || c == '<' && len(s) > 1 && s[1] == '>' {
			return s[:2]
		}
		return s[:1]
	}
	// A path may hold quoted keys and lists: file:hashes.'SHA-256', x.y[*].z
	i := 0
	for i < len(s) {
		switch c := s[i]; {
		case c == '\'':
			i += len(quotedText(s[i:]))
			continue
		case c == '[' && i > 0:
			if end := strings.IndexByte(s[i:min(len(s), i+12)], ']'); end > 0 {
				i += end + 1
				continue
			}
			return s[:i]
		case strings.IndexByte(" \t\r\n[](),=!<>", c) >= 0:
			if i == 0 {
				return s[:1]
			}
			return s[:i]
		}
		i++
	}
	return s
}

// quotedText is the literal at the start of s, with its quotes; all of s where it does not end.
func quotedText(s string) string {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\'':
			return s[:i+1]
		}
	}
	return s
}

func (p *patternParser) observation() (term, error) {
	if w := p.next(); w != "[" {
		return term{}, fmt.Errorf("an observation begins with [, and here is %q", clip(w, 40))
	}
	t, err := p.expression(0)
	if err != nil {
		return t, err
	}
	if w := p.next(); w != "]" {
		return t, fmt.Errorf("an observation ends with ], and here is %q", clip(w, 40))
	}
	return t, nil
}

// expression reads comparisons; AND binds more tightly than OR.
func (p *patternParser) expression(depth int) (term, error) {
	if depth > maxParens {
		return term{}, fmt.Errorf("it is nested deeper than %d levels", maxParens)
	}
	out := term{any: true}
	for {
		all := term{}
		for {
			t, err := p.operand(depth)
			if err != nil {
				return t, err
			}
			all.list = append(all.list, t)
			if !strings.EqualFold(p.peek(), "AND") {
				break
			}
			p.next()
		}
		out.list = append(out.list, all.flat())
		if !strings.EqualFold(p.peek(), "OR") {
			return out.flat(), nil
		}
		p.next()
	}
}

// flat is a list of one without the list, and a list of lists of its kind as one.
func (t term) flat() term {
	if len(t.list) == 1 {
		return t.list[0]
	}
	var list []term
	for _, k := range t.list {
		if k.test == nil && k.any == t.any {
			list = append(list, k.list...)
		} else {
			list = append(list, k)
		}
	}
	t.list = list
	return t
}

func (p *patternParser) operand(depth int) (term, error) {
	if p.peek() == "(" {
		p.next()
		t, err := p.expression(depth + 1)
		if err != nil {
			return t, err
		}
		if w := p.next(); w != ")" {
			return t, fmt.Errorf("a bracket is not closed before %q", clip(w, 40))
		}
		return t, nil
	}
	if p.tests++; p.tests > maxCompares {
		return term{}, fmt.Errorf("it has more than %d comparisons", maxCompares)
	}
	c := &comparison{path: p.next()}
	if !strings.Contains(c.path, ":") {
		return term{}, fmt.Errorf("a comparison begins with a property, and here is %q", clip(c.path, 40))
	}
	c.op = strings.ToUpper(p.next())
	if c.op == "NOT" {
		c.not = true
		c.op = strings.ToUpper(p.next())
	}
	switch c.op {
	case "=", "LIKE", "MATCHES", "ISSUBSET":
		v, ok := literal(p.next())
		if !ok {
			return term{}, fmt.Errorf("%s is compared with something that is no text", clip(c.path, 80))
		}
		c.values = []string{v}
	case "IN":
		if p.next() != "(" {
			return term{}, errors.New("IN has no list")
		}
		for {
			v, ok := literal(p.next())
			if !ok || len(c.values) >= maxCompares {
				return term{}, fmt.Errorf("%s is compared with a list that cannot be read", clip(c.path, 80))
			}
			c.values = append(c.values, v)
			if w := p.next(); w == ")" {
				break
			} else if w != "," {
				return term{}, fmt.Errorf("the list of %s does not end", clip(c.path, 80))
			}
		}
		c.op = "="
	default:
		return term{}, fmt.Errorf("the operator %q has no place in a pack", clip(c.op, 40))
	}
	return term{test: c}, nil
}

// literal reads a quoted text.
func literal(s string) (string, bool) {
	if len(s) < 2 || s[0] != '\'' || s[len(s)-1] != '\'' {
		return "", false
	}
	var b strings.Builder
	for i := 1; i < len(s)-1; i++ {
		if s[i] == '\\' && i+1 < len(s)-1 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), true
}

// Properties that name where a file lies.
const (
	parentPath = "file:parent_directory_ref.path"
	fileName   = "file:name"
	pipeFolder = `\\.\pipe`
)

// indicators are the values of which each alone makes the term true.
func (t term) indicators() ([]advisory.Indicator, error) {
	if t.test == nil && t.any {
		var out []advisory.Indicator
		for _, k := range t.list {
			more, err := k.indicators()
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
		return out, nil
	}
	parts := t.list
	if t.test != nil {
		parts = []term{t}
	}
	var (
		values   []*comparison
		name     *comparison
		end      string // of the folder in which the file lies
		whole    bool   // end is all of it
		only     []string
		notUnder []string
	)
	for _, k := range parts {
		if k.test == nil { // one of several folders
			folders, ok := k.folders()
			if !ok || len(only) > 0 {
				return nil, errors.New("it joins several values, and an indicator of a pack is one")
			}
			only = folders
			continue
		}
		c := k.test
		switch {
		case c.path == parentPath:
			kind, f := c.folder()
			switch {
			case kind == folderBelow && c.not:
				notUnder = append(notUnder, f)
			case kind == folderBelow && len(only) == 0:
				only = []string{f}
			case (kind == folderEnd || kind == folderWhole) && !c.not && end == "":
				end, whole = f, kind == folderWhole
			default:
				return nil, errors.New("the folder that it names cannot be read")
			}
		case c.not:
			return nil, errors.New("it asks for what is not there")
		case c.path == fileName && name == nil && len(parts) > 1:
			name = c
		default:
			values = append(values, c)
		}
	}
	if name != nil {
		switch {
		case end == "":
			values = append(values, name)
		case len(values) > 0 || len(name.values) != 1 || name.op != "=":
			return nil, errors.New("it joins several values, and an indicator of a pack is one")
		case whole && strings.EqualFold(end, pipeFolder):
			return []advisory.Indicator{{Type: advisory.TypeNamedPipe, Value: name.values[0]}}, nil
		default:
			sep := `\`
			if strings.Contains(end, "/") || end == "" {
				sep = "/"
			}
			in := advisory.Indicator{Type: advisory.TypePath, Value: end + sep + name.values[0], OnlyUnder: only, NotUnder: notUnder}
			if end == rootEnd {
				in.Value = sep + name.values[0]
			}
			return []advisory.Indicator{in}, nil
		}
	} else if end != "" {
		return nil, errors.New("it names a folder without a file")
	}
	if len(values) != 1 {
		return nil, errors.New("it joins several values, and an indicator of a pack is one")
	}
	found, err := values[0].indicators()
	if err != nil {
		return nil, err
	}
	for i := range found {
		found[i].OnlyUnder, found[i].NotUnder = only, notUnder
	}
	return found, nil
}

// folders are those of a list of which one has to hold the file.
func (t term) folders() ([]string, bool) {
	var out []string
	for _, k := range t.list {
		if !t.any || k.test == nil || k.test.not || k.test.path != parentPath {
			return nil, false
		}
		kind, f := k.test.folder()
		if kind != folderBelow {
			return nil, false
		}
		out = append(out, f)
	}
	return out, len(out) > 0
}

type folderKind uint8

const (
	folderOdd   folderKind = iota
	folderWhole            // the folder itself
	folderEnd              // folders that end so
	folderBelow            // the folder and everything below
)

// rootEnd stands for the end of a folder of which nothing is known.
const rootEnd = "\x00"

// folder reads what a comparison says of the folder of a file.
func (c *comparison) folder() (folderKind, string) {
	if len(c.values) != 1 {
		return folderOdd, ""
	}
	v := c.values[0]
	switch c.op {
	case "=":
		return folderWhole, strings.TrimRight(v, `\/`)
	case "LIKE":
		bare := strings.Trim(v, "%")
		switch {
		case strings.ContainsAny(bare, "%_"):
		case strings.HasPrefix(v, "%") && !strings.HasSuffix(v, "%"):
			return folderEnd, bare
		case !strings.HasPrefix(v, "%") && strings.HasSuffix(v, "%"):
			return folderBelow, strings.TrimRight(bare, `\/`)
		}
	case "MATCHES":
		if f, ok := strings.CutSuffix(v, `([\\/]|$)`); ok && strings.HasPrefix(f, "(?i)^") {
			if f, ok = plainRegexp(f[len("(?i)^"):]); ok {
				return folderBelow, f
			}
			return folderOdd, ""
		}
		if f, ok := strings.CutSuffix(strings.TrimPrefix(v, "(?i)"), "$"); ok {
			if f, ok = plainRegexp(f); ok {
				if f == "" {
					f = rootEnd
				}
				return folderEnd, f
			}
		}
	}
	return folderOdd, ""
}

// plainRegexp reads a regular expression that is nothing but escaped text.
func plainRegexp(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' {
			if i++; i == len(s) || s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z' || s[i] >= '0' && s[i] <= '9' {
				return "", false
			}
			b.WriteByte(s[i])
			continue
		}
		if strings.IndexByte(`.+*?()|[]{}^$`, c) >= 0 {
			return "", false
		}
		b.WriteByte(c)
	}
	return b.String(), true
}

// indicators are the values of a comparison.
func (c *comparison) indicators() ([]advisory.Indicator, error) {
	kind, ok := propertyType(c.path)
	if !ok {
		return nil, fmt.Errorf("a pack has no type of indicator for %s", clip(c.path, 80))
	}
	out := make([]advisory.Indicator, 0, len(c.values))
	for _, v := range c.values {
		in := advisory.Indicator{Type: kind, Value: v}
		switch c.op {
		case "=":
			if kind == typeRemote {
				in.Type = addressType(v)
			}
		case "ISSUBSET":
			if kind != advisory.TypeIP {
				return nil, fmt.Errorf("ISSUBSET is for addresses, and this is %s", clip(c.path, 80))
			}
			if p, err := netip.ParsePrefix(v); err == nil {
				in.Value = p.Masked().String()
			}
		case "LIKE":
			rest, cut := strings.CutPrefix(v, "%.")
			if kind != advisory.TypeDomain || !cut || strings.ContainsAny(rest, "%_") {
				return nil, fmt.Errorf("%s is compared with wildcards", clip(c.path, 80))
			}
			in.Value = rest
		case "MATCHES":
			f, isEnd := strings.CutSuffix(strings.TrimPrefix(v, "(?i)"), "$")
			text, plain := plainRegexp(f)
			if !isEnd || !plain || kind != typeFolder && kind != advisory.TypeFileName {
				return nil, fmt.Errorf("%s is compared with a regular expression", clip(c.path, 80))
			}
			in.Type, in.Value = advisory.TypePath, text
			if kind == typeFolder {
				in.Value += folderSeparator(text)
			}
		}
		if in.Type == typeFolder {
			in.Type, in.Value = advisory.TypePath, v+folderSeparator(v)
		}
		out = append(out, in)
	}
	return out, nil
}

func folderSeparator(s string) string {
	if strings.Contains(s, "/") {
		return "/"
	}
	return `\`
}

// Types that stand for two of a pack's.
const (
	typeRemote = "address or name"
	typeFolder = "folder"
)

// addressType tells an address from a name.
func addressType(v string) string {
	if _, err := netip.ParseAddr(v); err == nil || strings.Contains(v, "/") {
		return advisory.TypeIP
	}
	return advisory.TypeDomain
}

// propertyType is the type of indicator for a property.
func propertyType(path string) (string, bool) {
	object, prop, _ := strings.Cut(path, ":")
	prop = strings.NewReplacer("'", "", `"`, "").Replace(prop)
	switch object {
	case "domain-name":
		return advisory.TypeDomain, prop == "value"
	case "url":
		return advisory.TypeURL, prop == "value"
	case "ipv4-addr", "ipv6-addr":
		return advisory.TypeIP, prop == "value"
	case "network-traffic":
		switch {
		case prop == "dst_ref.value" || prop == "src_ref.value":
			return typeRemote, true
		case strings.EqualFold(prop, "extensions.http-request-ext.request_header.User-Agent"):
			return advisory.TypeUserAgent, true
		}
	case "windows-registry-key":
		return advisory.TypeRegistryKey, prop == "key"
	case "directory":
		return typeFolder, prop == "path"
	case "file", "artifact":
		if object == "file" && prop == "name" {
			return advisory.TypeFileName, true
		}
		hash, ok := strings.CutPrefix(prop, "hashes.")
		if i := strings.Index(prop, ".hashes."); !ok && i > 0 { // of a part of a file
			return "", false
		}
		switch strings.ToUpper(strings.ReplaceAll(hash, "-", "")) {
		case "SHA256":
			return advisory.TypeSHA256, ok
		case "SHA1":
			return advisory.TypeSHA1, ok
		case "MD5":
			return advisory.TypeMD5, ok
		}
	}
	return "", false
}
