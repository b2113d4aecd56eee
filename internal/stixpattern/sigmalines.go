package stixpattern

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// item is a line of a selection: a field with its modifiers, and values as Sigma writes them.
type item struct {
	key    string
	values []string
}

// lines is a test in the terms of a log: one of the items has to hold, or none of them where it is negated.
type lines struct {
	items   []item
	fields  []string // without modifiers; where the lines are negated, one of them has to be there
	negated bool
	wider   []string // in what the lines find more than the test
	with    *lines   // has to hold besides
}

func (l *lines) add(key string, values ...string) {
	for i := range l.items {
		if l.items[i].key == key {
			l.items[i].values = append(l.items[i].values, values...)
			return
		}
	}
	l.items = append(l.items, item{key, values})
}

// Ways in which a rule finds more than its pattern.
const (
	widerCase    = "Sigma compares texts without regard to case, and STIX with"
	widerFolders = "a value in the place of one part of a path may reach into its other parts"
	widerText    = "the log holds the value within a longer text"
	widerNetwork = "an address equal to a network is taken for one within it"
	widerPort    = "the log may leave out the port"
	widerValues  = "keys below are found, too: the log does not part a key from the names of its values"
)

// linesOf writes a test for a field; reason says why it cannot be done.
func linesOf(t *Test, to target) (l lines, reason string) {
	l.negated = t.Not
	op := t.Op
	if op == NotEqual {
		op, l.negated = Equal, !l.negated
	}
	l.fields = to.fields
	switch op {
	case Exists:
		for _, f := range to.fields {
			l.add(f+"|exists", "true")
		}
		l.fields = nil
		return l, ""
	case Less, LessEqual, Greater, GreaterEqual:
		return l, l.ordered(op, t.Values[0], to)
	case IsSubset, IsSuperset:
		return l, l.addresses(op, t.Values[0].Text, to)
	case Matches:
		if to.as == formURL {
			return l, whyParts
		}
		if to.as == formHash || to.as == formNumber || to.as == formWord {
			return l, "regular expressions over this field are not translated"
		}
		return l, l.expression(t.Values[0].Text, to)
	default:
	}
	if len(t.Values) == 0 {
		return l, "the list of values is empty"
	}
	for _, v := range t.Values {
		if reason = l.value(op, v, to); reason != "" {
			return l, reason
		}
	}
	return l, ""
}

func (l *lines) ordered(op Op, v Value, to target) string {
	if to.as != formNumber || v.Kind != IntValue && v.Kind != FloatValue {
		return "Sigma compares numbers only, not " + strings.TrimPrefix(v.Kind.String(), "an ")
	}
	for _, f := range to.fields {
		l.add(f+"|"+map[Op]string{Less: "lt", LessEqual: "lte", Greater: "gt", GreaterEqual: "gte"}[op], v.String())
	}
	return ""
}

func (l *lines) addresses(op Op, s string, to target) string {
	if to.as == formWord {
		return "networks are not looked for in texts"
	}
	if to.as != formAddress && to.as != formEndpoint {
		return op.String() + " needs a field that holds addresses"
	}
	p, err := parseAddresses(s)
	if err != nil {
		return "it names no address"
	}
	fields := to.fields
	if to.as == formEndpoint {
		fields = fields[:1]
	}
	for _, f := range fields {
		switch {
		case p.IsSingleIP():
			l.address(f, p)
		case op == IsSuperset:
			return "logs hold single addresses, none of which contains a network"
		default:
			l.add(f+"|cidr", p.String())
		}
	}
	return ""
}

func (l *lines) widen(why string) {
	if !slices.Contains(l.wider, why) {
		l.wider = append(l.wider, why)
	}
}

// value writes = or LIKE with one constant.
func (l *lines) value(op Op, v Value, to target) string {
	var s string
	switch v.Kind {
	case StringValue:
		s = v.Text
		if to.as == formNumber {
			return "a number is never equal to a string"
		}
	case IntValue, FloatValue:
		if to.as != formNumber {
			return "the property is a text, and a text is never equal to a number"
		}
		l.add(to.fields[0], v.String())
		return ""
	case BoolValue:
		s = strconv.FormatBool(v.Bool)
	default:
		return "logs do not hold " + strings.TrimPrefix(v.Kind.String(), "a ") + "s in the form of STIX"
	}
	glob := escapeGlob(s)
	if op == Like {
		glob = likeGlob(s)
	}
	switch to.as {
	case formHash:
		if op == Like {
			return "a part of a hash is not looked for"
		}
		if to.algo == "" {
			l.add(to.fields[0], glob)
		} else {
			l.add(to.fields[0]+"|contains", to.algo+"="+glob)
		}
		return ""
	case formAddress, formEndpoint:
		return l.host(op, s, glob, to)
	case formWord:
		return l.word(op, s, to)
	case formURL:
		return l.url(op, s, to)
	default:
	}
	l.widen(widerCase)
	return l.text(op, s, glob, to)
}

func (l *lines) text(op Op, s, glob string, to target) string {
	field := to.fields[0]
	switch to.as {
	case formPart:
		l.widen(widerText)
		for _, f := range to.fields {
			l.add(f+"|contains", strings.Trim(glob, "*"))
		}
	case formName:
		if strings.Contains(strings.ReplaceAll(strings.TrimPrefix(glob, "*"), `\*`, ""), "*") {
			l.widen(widerFolders)
		}
		if rest, ok := strings.CutPrefix(glob, "*"); ok {
			if rest == "" {
				rest = "*"
			}
			l.add(field+"|endswith", rest)
		} else {
			l.add(field+"|endswith", `\\`+glob, "/"+glob)
		}
	case formFolder:
		if op == Equal {
			l.add(field+"|re|i", "^"+regexp.QuoteMeta(trimFolder(s))+`[\\/][^\\/]*$`)
			break
		}
		l.widen(widerFolders)
		l.add(field+"|startswith", below(s, glob))
	case formBelow:
		l.add(field+"|startswith", below(s, glob))
	case formAccount:
		if isSID(s) {
			return "the log names accounts and has no SIDs"
		}
		l.add(field, glob)
		l.add(field+"|endswith", `\\`+strings.TrimPrefix(glob, "*"))
	case formLogin:
		fields := to.fields[:len(to.fields)/2]
		if isSID(s) {
			fields = to.fields[len(to.fields)/2:]
		}
		for _, f := range fields {
			l.add(f, glob)
		}
		l.fields = fields
	case formKey:
		l.widen(widerValues)
		for _, k := range keyGlobs(glob) {
			l.add(field, k)
			if !strings.HasSuffix(k, "*") {
				l.add(field, k+`\\*`)
			}
		}
	case formValue:
		if rest, ok := strings.CutPrefix(glob, "*"); ok {
			l.add(field+"|endswith", rest)
		} else {
			l.add(field+"|endswith", `\\`+glob)
		}
	case formData:
		l.add(field, glob)
		if n, err := strconv.ParseUint(s, 10, 64); err == nil {
			if n < 1<<32 {
				l.add(field, fmt.Sprintf("DWORD (0x%08x)", n))
			}
			l.add(field, fmt.Sprintf("QWORD (0x%08x-0x%08x)", n>>32, n&0xffffffff))
		}
	default:
		for _, f := range to.fields {
			l.add(f, glob)
		}
	}
	return ""
}

// host writes an address or a name of a host.
func (l *lines) host(op Op, s, glob string, to target) string {
	addresses, names := to.fields, []string(nil)
	if to.as == formEndpoint {
		addresses, names = to.fields[:1], to.fields[1:]
	}
	p, err := parseAddresses(s)
	switch {
	case op == Like:
		l.widen(widerCase)
		addresses = slices.Concat(addresses, names)
		for _, f := range addresses {
			l.add(f, glob)
		}
	case err != nil && to.as == formEndpoint:
		if len(names) == 0 {
			return "the log holds addresses, and this is a name"
		}
		l.widen(widerCase)
		l.add(names[0], glob)
		l.fields = names
		return ""
	case err != nil:
		return "it is no address"
	case p.IsSingleIP():
		for _, f := range addresses {
			l.address(f, p)
		}
	default:
		l.widen(widerNetwork)
		for _, f := range addresses {
			l.add(f+"|cidr", p.String())
		}
	}
	l.fields = addresses
	return ""
}

// address writes one address. IPv6 has several ways of writing it, which logs do not agree upon.
func (l *lines) address(field string, p netip.Prefix) {
	if p.Addr().Is6() {
		l.add(field+"|cidr", p.String())
		return
	}
	l.add(field, p.Addr().String())
}

// word writes an address in a text.
func (l *lines) word(op Op, s string, to target) string {
	p, err := parseAddresses(s)
	if op == Like || err != nil || !p.IsSingleIP() {
		return "only whole addresses are looked for in texts"
	}
	for _, f := range to.fields {
		l.add(f+"|re", `(^|[^0-9A-Fa-f.:])`+regexp.QuoteMeta(p.Addr().String())+`($|[^0-9A-Fa-f.:]|[.:]($|[^0-9A-Fa-f]))`)
	}
	l.fields = to.fields
	return ""
}

const whyParts = "the log has the host and the path of an address apart"

// url writes an address of the web whose host stands by itself.
func (l *lines) url(op Op, s string, to target) string {
	if l.negated {
		return whyParts
	}
	l.widen(widerCase)
	uri, host := to.fields[0], to.fields[1]
	if op == Like && strings.HasPrefix(s, "%/") && !strings.HasPrefix(s, "%//") {
		// What the path ends with or holds, the whole address ends with or holds.
		l.add(uri, likeGlob(s))
		return ""
	}
	_, rest, ok := strings.Cut(s, "://")
	if !ok {
		return whyParts
	}
	rest, _, _ = strings.Cut(rest, "#")
	at, path := rest, "/"
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		at, path = rest[:i], rest[i:]
	}
	if _, after, ok := strings.Cut(at, "@"); ok {
		at = after
	}
	if strings.HasPrefix(path, "?") {
		path = "/" + path
	}
	if at == "" || op == Like && strings.ContainsAny(at, "%_") {
		return whyParts
	}
	if l.with != nil || len(l.items) > 0 {
		return "several addresses that are split into host and path are not looked for at once"
	}
	glob := escapeGlob(path)
	if op == Like {
		glob = likeGlob(path)
	}
	l.add(uri, glob)
	l.with = &lines{}
	l.with.add(host, escapeGlob(at))
	if name, _, ok := strings.Cut(at, ":"); ok && !strings.HasPrefix(at, "[") {
		l.widen(widerPort)
		l.with.add(host, escapeGlob(name))
	}
	return ""
}

// likeGlob is a pattern of LIKE as Sigma writes it.
func likeGlob(s string) string { return strings.NewReplacer("%", "*", "_", "?").Replace(escapeGlob(s)) }

// expression writes MATCHES.
func (l *lines) expression(re string, to target) string {
	fields := to.fields
	switch to.as {
	case formText, formData, formEndpoint, formAddress:
	case formLogin:
		fields = fields[:len(fields)/2]
	case formFolder, formBelow:
		// A folder and all below it: in a whole path a separator always follows.
		if rest, ok := cutEnd(re); ok && !hasMeta(rest, "|$") {
			re = rest + `[\\/]`
			break
		}
		if hasMeta(re, "|") && hasMeta(re, "$") {
			return "the regular expression has alternatives with an end, which mean something else in a whole path"
		}
		tail := `[\\/][^\\/]*$`
		if to.as == formBelow {
			tail = `[\\/]`
		}
		if rest, ok := strings.CutSuffix(re, "$"); ok && !strings.HasSuffix(rest, `\`) {
			re = rest + tail
		} else if to.as == formFolder {
			l.widen(widerFolders)
		}
	case formName, formValue:
		flags := ""
		if rest, ok := strings.CutPrefix(re, "(?i)"); ok {
			re, flags = rest, "(?i)"
		}
		switch rest, anchored := strings.CutPrefix(re, "^"); {
		case hasMeta(rest, "^") || anchored && hasMeta(re, "|"):
			return "the regular expression has alternatives with a beginning, which mean something else in a whole path"
		case anchored:
			re = `[\\/]` + rest
		}
		re = flags + re
		l.widen(widerFolders)
	default:
		if hasMeta(re, "^$") {
			return "the regular expression has a beginning or an end, and the log holds the value within a longer text"
		}
		l.widen(widerText)
	}
	mods := "|re"
	if strings.Contains(re, ".") || strings.Contains(re, "[^") {
		mods = "|re|s"
	}
	for _, f := range fields {
		l.add(f+mods, re)
	}
	l.fields = fields
	return ""
}

// cutEnd takes off what says that a folder ends here, at a separator or altogether.
func cutEnd(re string) (string, bool) {
	for _, end := range [...]string{`([\\/]|$)`, `(?:[\\/]|$)`, `([/\\]|$)`, `(\\|$)`, `(?:\\|$)`, `(/|$)`, `(?:/|$)`} {
		if rest, ok := strings.CutSuffix(re, end); ok {
			return rest, true
		}
	}
	return re, false
}

// hasMeta says whether a regular expression uses one of the characters as what it means there: not escaped, not in a class.
func hasMeta(re, chars string) bool {
	class := false
	for i := 0; i < len(re); i++ {
		switch c := re[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
			if strings.HasPrefix(re[i+1:], "^") {
				i++
			}
			if strings.HasPrefix(re[i+1:], "]") {
				i++
			}
		case strings.IndexByte(chars, c) >= 0:
			return true
		}
	}
	return false
}

func isSID(s string) bool { return strings.HasPrefix(strings.ToUpper(s), "S-1-") }

func trimFolder(s string) string {
	return strings.TrimRight(s, `\/`)
}

// below is a folder, as the beginning of the paths in it.
func below(s, glob string) string {
	if rest, ok := strings.CutSuffix(glob, "*"); ok {
		return rest
	}
	if strings.Contains(s, "/") && !strings.Contains(s, `\`) {
		return strings.TrimRight(glob, "/") + "/"
	}
	return strings.TrimRight(glob, `\`) + `\\`
}

// hives are the names that logs give to hives of the registry.
var hives = map[string][]string{
	"HKEY_LOCAL_MACHINE": {"HKLM"}, "HKLM": {"HKLM"},
	"HKEY_CURRENT_USER": {`HKU\\*`, "HKCU"}, "HKCU": {`HKU\\*`, "HKCU"},
	"HKEY_USERS": {"HKU"}, "HKU": {"HKU"},
	"HKEY_CLASSES_ROOT": {"HKCR", `HKLM\\SOFTWARE\\Classes`, `HKU\\*_Classes`}, "HKCR": {"HKCR", `HKLM\\SOFTWARE\\Classes`, `HKU\\*_Classes`},
	"HKEY_CURRENT_CONFIG": {`HKLM\\SYSTEM\\CurrentControlSet\\Hardware Profiles\\Current`},
}

// keyGlobs writes a key with the names that logs use for its hive.
func keyGlobs(glob string) []string {
	glob = strings.TrimRight(glob, `\`)
	hive, rest, ok := strings.Cut(glob, `\\`)
	// _ is a wildcard of LIKE, and hardly meant as one here.
	if names := hives[strings.ReplaceAll(strings.ToUpper(hive), "?", "_")]; names != nil {
		var out []string
		for _, n := range names {
			if ok {
				n += `\\` + rest
			}
			out = append(out, n)
		}
		return out
	}
	if strings.HasPrefix(glob, "*") {
		return []string{glob}
	}
	return []string{`*\\` + strings.TrimLeft(glob, `\`)}
}

// escapeGlob writes a text so that Sigma takes it as it is.
func escapeGlob(s string) string { return globEscapes.Replace(s) }

var globEscapes = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`)
