package exchange

import (
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"entente/internal/stix"
	"entente/internal/stixpattern"
	"entente/internal/store"
)

// Bounds of what the search index takes from one object. What is beyond is not found by searching; the object itself is
// stored as it is.
const (
	maxTerms = 5000 // of an object
	minWord  = 2    // letters
	maxWord  = 64   // bytes
	maxValue = 2048 // bytes of a value; nobody types a longer one

	maxProperty = 256 // bytes of the path to a reference; of a longer one, the end counts
)

// Words are the words of a text as the search index has them: runs of letters and digits in lower case. A search for a text
// asks for all its words.
func Words(text string) []string { return slices.Collect(words(text)) }

func words(text string) iter.Seq[string] {
	if isASCII(text) {
		return asciiWords(strings.ToLower(text))
	}
	return func(yield func(string) bool) {
		for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
			if len(w) <= maxWord && utf8.RuneCountInString(w) >= minWord && !yield(strings.ToLower(w)) {
				return
			}
		}
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// asciiWords are the words of a text in lower case, which most texts are. They share its memory.
func asciiWords(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		start := 0
		for i := 0; i <= len(text); i++ {
			if i < len(text) && (text[i] >= 'a' && text[i] <= 'z' || text[i] >= '0' && text[i] <= '9') {
				continue
			}
			if n := i - start; n >= minWord && n <= maxWord && !yield(text[start:i]) {
				return
			}
			start = i + 1
		}
	}
}

// AttackID reads an identifier of ATT&CK (T1190, T1059.001, TA0001, G0125, S0002, M1016, C0001, DS0017 …) in any case.
func AttackID(s string) (string, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	letters := strings.IndexFunc(s, func(r rune) bool { return r < 'A' || r > 'Z' })
	if letters < 1 || letters > 3 {
		return "", false
	}
	switch s[:letters] {
	case "T", "TA", "G", "S", "M", "C", "DS", "DC", "DET", "AN", "A":
	default:
		return "", false
	}
	number, sub, dot := strings.Cut(s[letters:], ".")
	if len(number) != 4 || !digits(number) || dot && (s[:letters] != "T" || len(sub) != 3 || !digits(sub)) {
		return "", false
	}
	return s, true
}

func digits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// isAttackSource says whether an external reference leads to ATT&CK.
func isAttackSource(name string) bool {
	switch name {
	case "mitre-attack", "mitre-mobile-attack", "mitre-ics-attack":
		return true
	}
	return false
}

// extraction collects what the index and the graph are to know of one object, of many objects one after the other: its room is
// used again. The zero value is ready.
type extraction struct {
	parts  *parts
	terms  []store.Term
	first  map[string]int32 // of each text the last of terms with it
	next   []int32          // of each of terms the one before it with the same text, -1 without
	links  []store.Link
	linked map[store.Link]struct{} // nil as long as there are few
	path   []string                // names down to the value at hand, without positions in lists
	err    error                   // of the pattern
}

// mostKept is how many terms an extraction keeps room for from one object to the next.
const mostKept = 1000

// reset makes an extraction ready for another object.
func (x *extraction) reset(p *parts) {
	if x.first == nil || len(x.terms) > mostKept {
		*x = extraction{first: map[string]int32{}}
	}
	clear(x.first)
	clear(x.terms)
	clear(x.links)
	x.parts, x.terms, x.next, x.links, x.linked, x.path, x.err = p, x.terms[:0], x.next[:0], x.links[:0], nil, x.path[:0], nil
}

// extract reads terms and links out of an object. Each has the label of the value that it stands in, so that nobody finds
// the object by what they may not see of it. The error says what is wrong with the pattern of an indicator.
//
// p.o is the object as it is stored; up is the same object as STIX 2.1, where it is not.
func (x *extraction) extract(p *parts, up *stix.Object) ([]store.Term, []store.Link, error) {
	x.reset(p)
	root := p.o.Root()
	for c := range root.Children() {
		x.property(c)
	}
	if isObservable(p.o.Type) {
		x.observable(root)
	}
	if p.o.Type == "observed-data" {
		if list, ok := root.Child("objects"); ok {
			for c := range list.Children() {
				x.observable(c)
			}
		}
	}
	if p.o.Type == "indicator" {
		x.pattern(root, up)
	}
	x.references(root, false)
	return slices.Clone(x.terms), slices.Clone(x.links), x.err
}

// add adds a term. Of a term that several values have, one entry is enough where it stands in a value that everybody sees who
// sees the item; otherwise each label has its own.
func (x *extraction) add(kind store.TermKind, text string, from stix.Value) {
	if text == "" || len(text) > maxValue || len(x.terms) >= maxTerms || strings.ContainsRune(text, 0) {
		return
	}
	t := store.Term{Kind: kind, Value: text, Label: x.parts.of(from)}
	before, ok := x.first[text]
	if !ok {
		before = -1
	}
	for i := before; i >= 0; i = x.next[i] {
		if e := &x.terms[i]; e.Kind == kind && (e.Label == t.Label || e.Label == x.parts.base) {
			return
		}
	}
	x.first[text] = int32(len(x.terms))
	x.terms = append(x.terms, t)
	x.next = append(x.next, before)
}

func (x *extraction) words(v stix.Value) {
	if !v.IsString() {
		return
	}
	for w := range words(v.Text()) {
		x.add(store.TermWord, w, v)
	}
}

// each calls fn for a string, or for each string of a list.
func each(v stix.Value, fn func(stix.Value)) {
	if v.IsString() {
		fn(v)
		return
	}
	for c := range v.Children() {
		if c.IsString() {
			fn(c)
		}
	}
}

func lower(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// property reads one of the properties that objects of many types have.
func (x *extraction) property(v stix.Value) {
	switch name := v.Name(); name {
	case "name", "aliases", "x_mitre_aliases":
		each(v, func(v stix.Value) {
			x.add(store.TermName, lower(v.Text()), v)
			x.words(v)
		})
	case "description", "abstract", "content", "explanation", "objective", "statement", "goals", "subject", "display_name":
		each(v, x.words)
	case "labels":
		each(v, func(v stix.Value) {
			x.add(store.TermLabel, lower(v.Text()), v)
			x.words(v)
		})
	case "external_references":
		for r := range v.Children() {
			id, ok := r.Child("external_id")
			if !ok {
				continue
			}
			text := id.Text()
			x.add(store.TermName, lower(text), id)
			source, ok := r.Child("source_name")
			attack, is := AttackID(text)
			if ok && is && isAttackSource(source.Text()) {
				x.add(store.TermAttack, attack, id)
			}
		}
	default:
		if strings.HasSuffix(name, "_types") && v.IsList() {
			each(v, func(v stix.Value) { x.add(store.TermLabel, lower(v.Text()), v) })
		}
	}
}

// observableValues are the properties of cyber-observable objects by which people look for them.
var observableValues = map[string]bool{
	"value": true, "name": true, "key": true, "path": true, "url": true, "serial_number": true, "user_id": true, "account_login": true,
	"command_line": true, "message_id": true, "subject": true, "number": true,
}

// observable reads the values of a cyber-observable object, wherever it stands.
func (x *extraction) observable(v stix.Value) {
	for c := range v.Children() {
		name := c.Name()
		switch {
		case name == "hashes":
			for h := range c.Children() {
				x.add(store.TermValue, lower(h.Text()), h)
			}
		case name == "number" && c.Len() == 0:
			x.add(store.TermValue, "as"+strings.Trim(string(c.JSON()), `"`), c)
		case observableValues[name] && c.IsString():
			x.add(store.TermValue, lower(c.Text()), c)
		}
	}
}

// pattern reads the values that the pattern of an indicator looks for.
func (x *extraction) pattern(root stix.Value, up *stix.Object) {
	v, ok := root.Child("pattern")
	kind, _ := up.Root().Child("pattern_type")
	if !ok || kind.Text() != "stix" {
		if ok {
			x.words(v)
		}
		return
	}
	p, err := stixpattern.Parse(v.Text())
	if err != nil {
		x.err = err
		return
	}
	for _, t := range p.Tests() {
		if t.Not || t.Op != stixpattern.Equal && t.Op != stixpattern.In && t.Op != stixpattern.IsSubset && t.Op != stixpattern.IsSuperset {
			continue
		}
		for _, c := range t.Values {
			if c.Kind == stixpattern.StringValue {
				x.add(store.TermValue, lower(c.Text), v)
			}
		}
	}
}

// references reads the links below a value: every identifier in a property whose name ends in _ref or _refs. Markings are
// none: what is marked with the same label has nothing to do with each other.
func (x *extraction) references(v stix.Value, list bool) {
	for c := range v.Children() {
		named := !v.IsList()
		refs := list
		if named {
			name := c.Name()
			if len(x.path) == 0 && (name == "object_marking_refs" || name == "granular_markings") {
				continue
			}
			x.path = append(x.path, name)
			refs = strings.HasSuffix(name, "_ref") || c.IsList() && strings.HasSuffix(name, "_refs")
		}
		switch {
		case c.IsString() && refs:
			x.link(c)
		case c.Len() > 0:
			x.references(c, refs && c.IsList())
		}
		if named {
			x.path = x.path[:len(x.path)-1]
		}
	}
}

func (x *extraction) link(v stix.Value) {
	id := v.Text()
	if _, _, err := stix.SplitID(id); err != nil {
		return // a reference within observed-data of STIX 2.0, for one
	}
	property := strings.Join(x.path, ".")
	if len(property) > maxProperty {
		property = strings.ToValidUTF8(property[len(property)-maxProperty:], "")
	}
	l := store.Link{Property: property, Target: id, Label: x.parts.of(v)}
	if x.hasLink(l) {
		return
	}
	x.links = append(x.links, l)
	if x.linked != nil {
		x.linked[l] = struct{}{}
	}
}

// hasLink says whether there is such a link already. Most objects have so few that a map would be dearer.
func (x *extraction) hasLink(l store.Link) bool {
	const few = 16
	if x.linked == nil {
		if len(x.links) < few {
			return slices.Contains(x.links, l)
		}
		x.linked = map[store.Link]struct{}{}
		for _, l := range x.links {
			x.linked[l] = struct{}{}
		}
	}
	_, ok := x.linked[l]
	return ok
}

// isObservable says whether a type is one of cyber-observable objects (section 6).
func isObservable(name string) bool {
	switch name {
	case "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message", "file", "ipv4-addr", "ipv6-addr",
		"mac-addr", "mutex", "network-traffic", "process", "software", "url", "user-account", "windows-registry-key", "x509-certificate":
		return true
	}
	return false
}
