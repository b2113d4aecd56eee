package packimport

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"entente/internal/advisory"
	"entente/internal/stixpattern"
)

// Patterns that are more than values become rules. What a pack holds as an indicator is a single observation of one
// comparison, or of several of which each alone is enough; files may be bound to folders.

const (
	maxPattern  = 64 << 10
	maxCompares = 500 // values of an indicator, and comparisons of a rule
	maxLosses   = 8   // told of one pattern
)

// comparison is one test of a property with texts.
type comparison struct {
	path   string
	op     stixpattern.Op // Equal, Like, Matches or IsSubset
	not    bool
	values []string
}

// term is a comparison, or a list of terms of which all or any have to hold.
type term struct {
	test *comparison
	any  bool
	list []term
}

// readPattern reads a pattern within the bounds of imports.
func readPattern(text string) (*stixpattern.Pattern, error) {
	if len(text) > maxPattern {
		return nil, fmt.Errorf("it is longer than %d KiB", maxPattern>>10)
	}
	p, err := stixpattern.Parse(text)
	if err != nil {
		return nil, err
	}
	if n := len(p.Tests()); n > maxCompares {
		return nil, fmt.Errorf("it has %d comparisons, and %d are read", n, maxCompares)
	}
	return p, nil
}

// patternIndicators are the values of a pattern each of which is enough by itself. The error says why it is more than that.
func patternIndicators(p *stixpattern.Pattern) ([]advisory.Indicator, error) {
	brackets := []stixpattern.Observation{p.Root}
	if j, ok := p.Root.(*stixpattern.Join); ok && j.Op == stixpattern.JoinOr {
		brackets = j.List
	}
	var out []advisory.Indicator
	for _, o := range brackets {
		var expr stixpattern.Comparison
		switch o := o.(type) {
		case *stixpattern.Bracket:
			expr = o.Expr
		case *stixpattern.Join:
			return nil, errors.New("it joins several observations, and an indicator of a pack is one value")
		default:
			return nil, errors.New("an indicator of a pack has no time and no number")
		}
		t, err := termOf(expr)
		if err != nil {
			return nil, err
		}
		found, err := t.indicators()
		if err != nil {
			return nil, err
		}
		if out = append(out, found...); len(out) > maxCompares {
			return nil, fmt.Errorf("it has more than %d values", maxCompares)
		}
	}
	return out, nil
}

// termOf takes a comparison over, if it is one of texts.
func termOf(c stixpattern.Comparison) (term, error) {
	if b, ok := c.(*stixpattern.Bool); ok {
		out := term{any: !b.And}
		for _, k := range b.List {
			t, err := termOf(k)
			if err != nil {
				return t, err
			}
			out.list = append(out.list, t)
		}
		return out, nil
	}
	test, ok := c.(*stixpattern.Test)
	if !ok {
		return term{}, errors.New("it has an expression of an unknown kind")
	}
	x := &comparison{path: pathText(test.Path), op: test.Op, not: test.Not}
	switch test.Op {
	case stixpattern.Equal, stixpattern.Like, stixpattern.Matches, stixpattern.IsSubset:
	case stixpattern.In:
		x.op = stixpattern.Equal
	default:
		return term{}, fmt.Errorf("the operator %s has no place in an indicator of a pack", test.Op)
	}
	for _, v := range test.Values {
		if v.Kind != stixpattern.StringValue {
			return term{}, fmt.Errorf("%s is compared with %s, and an indicator of a pack is a text", clip(x.path, 80), v.Kind)
		}
		x.values = append(x.values, v.Text)
	}
	return term{test: x}, nil
}

// attackTag is the tag of a TTP of the pack.
func (d *draft) attackTag(ttp string) string {
	return "attack." + strings.ToLower(d.byTTP[ttp].Current())
}

// patternFile takes in a pattern that is more than values as the rules that look for it in logs, and says what they lose; nil
// where no log shows it. why says what makes it more than values.
func (d *draft) patternFile(where, name string, p *stixpattern.Pattern, meta stixpattern.SigmaMeta, why error) *ruleFile {
	text, losses := stixpattern.ToSigma(p, meta)
	if len(text) == 0 {
		d.remark(where, "the pattern of %q is left out: as an indicator, %s; as a rule, %s", name, why, lossText(losses))
		return nil
	}
	f := d.addRuleFile(where, slug(name, 60, '_')+".yml", string(text))
	if f == nil {
		return nil
	}
	what := "a Sigma rule"
	if n := len(f.docs); n > 1 {
		what = fmt.Sprintf("%d rules and correlations of Sigma", n)
	}
	d.remark(where, "the pattern of %q is more than an indicator of a pack (%s): it becomes %s", name, why, what)
	for i, l := range losses {
		if i == maxLosses {
			d.remark(where, "the rules of %q lose %d more parts of the pattern", name, len(losses)-i)
			break
		}
		d.remark(where, "the rules of %q lose something: %s", name, oneLine(l.String()))
	}
	return f
}

// lossText says why nothing is left of a pattern.
func lossText(losses []stixpattern.Loss) string {
	if len(losses) == 0 {
		return "no log shows it"
	}
	return oneLine(losses[0].Part + ": " + losses[0].Why)
}

// pathText is a path without quotes: file:hashes.SHA-256.
func pathText(p stixpattern.Path) string {
	var b strings.Builder
	b.WriteString(p.Type)
	for i, s := range p.Steps {
		switch {
		case s.Kind == stixpattern.StepIndex:
			fmt.Fprintf(&b, "[%d]", s.Index)
		case s.Kind == stixpattern.StepAny:
			b.WriteString("[*]")
		case i == 0:
			b.WriteString(":" + s.Name)
		default:
			b.WriteString("." + s.Name)
		}
	}
	return b.String()
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
		case len(values) > 0 || len(name.values) != 1 || name.op != stixpattern.Equal:
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
	case stixpattern.Equal:
		return folderWhole, strings.TrimRight(v, `\/`)
	case stixpattern.Like:
		bare := strings.Trim(v, "%")
		switch {
		case strings.ContainsAny(bare, "%_"):
		case strings.HasPrefix(v, "%") && !strings.HasSuffix(v, "%"):
			return folderEnd, bare
		case !strings.HasPrefix(v, "%") && strings.HasSuffix(v, "%"):
			return folderBelow, strings.TrimRight(bare, `\/`)
		}
	case stixpattern.Matches:
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
	default:
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
		case stixpattern.Equal:
			if kind == typeRemote {
				in.Type = addressType(v)
			}
		case stixpattern.IsSubset:
			if kind != advisory.TypeIP {
				return nil, fmt.Errorf("ISSUBSET is for addresses, and this is %s", clip(c.path, 80))
			}
			if p, err := netip.ParsePrefix(v); err == nil {
				in.Value = p.Masked().String()
			}
		case stixpattern.Like:
			rest, cut := strings.CutPrefix(v, "%.")
			if kind != advisory.TypeDomain || !cut || strings.ContainsAny(rest, "%_") {
				return nil, fmt.Errorf("%s is compared with wildcards", clip(c.path, 80))
			}
			in.Value = rest
		case stixpattern.Matches:
			f, isEnd := strings.CutSuffix(strings.TrimPrefix(v, "(?i)"), "$")
			text, plain := plainRegexp(f)
			if !isEnd || !plain || kind != typeFolder && kind != advisory.TypeFileName {
				return nil, fmt.Errorf("%s is compared with a regular expression", clip(c.path, 80))
			}
			in.Type, in.Value = advisory.TypePath, text
			if kind == typeFolder {
				in.Value += folderSeparator(text)
			}
		default:
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
