package stixpattern

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// What a pattern may measure. The largest that are published have some thousand addresses.
const (
	MaxLength = 1 << 20 // bytes
	MaxDepth  = 100     // parentheses within each other, of observations and comparisons together
	MaxTests  = 10_000  // comparisons
	MaxValues = 50_000  // constants
	MaxSteps  = 32      // of a path
)

// Parse reads a pattern. Its errors are of type [*SyntaxError].
func Parse(text string) (*Pattern, error) {
	if len(text) > MaxLength {
		return nil, syntaxError("", 0, "the pattern has %d bytes; patterns of more than %d are not read", len(text), MaxLength)
	}
	if i := invalidUTF8(text); i >= 0 {
		return nil, syntaxError(text, i, "the pattern is not valid UTF-8 here")
	}
	p := &parser{lexer: lexer{text: text}, out: &Pattern{compiled: map[*Test]matcher{}}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	root, err := p.followedBy()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokEnd {
		return nil, p.expected("AND, OR, FOLLOWEDBY, a qualifier (WITHIN, REPEATS, START) or the end of the pattern")
	}
	p.out.Root = root
	return p.out, nil
}

func invalidUTF8(s string) int {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return -1
}

type parser struct {
	lexer
	tok    token
	out    *Pattern
	depth  int
	tests  int
	values int
}

func (p *parser) advance() (err error) {
	p.tok, err = p.next()
	return err
}

func (p *parser) expected(what string) error {
	return p.fail(p.tok.at, "expected %s, but %s", what, p.tok.describe())
}

func (p *parser) deviates(at int, text string) {
	const most = 100
	if len(p.out.Deviations) < most {
		line, column := position(p.text, at)
		p.out.Deviations = append(p.out.Deviations, Deviation{Offset: at, Line: line, Column: column, Text: text})
	}
}

// isWord says whether the token is a keyword.
func (p *parser) isWord(word string) bool {
	return p.tok.kind == tokWord && strings.EqualFold(p.tok.text, word)
}

// word takes a keyword if it is the token.
func (p *parser) word(word string) (bool, error) {
	if !p.isWord(word) {
		return false, nil
	}
	if p.tok.text != word {
		p.deviates(p.tok.at, "keywords are in upper case: "+word)
	}
	return true, p.advance()
}

func (p *parser) sign(s string) bool { return p.tok.kind == tokSign && p.tok.text == s }

func (p *parser) take(sign, why string) error {
	if !p.sign(sign) {
		return p.expected(why)
	}
	return p.advance()
}

func (p *parser) enter() error {
	if p.depth++; p.depth > MaxDepth {
		return p.fail(p.tok.at, "the pattern is nested deeper than %d levels", MaxDepth)
	}
	return nil
}

func (p *parser) followedBy() (Observation, error) {
	return p.join(FollowedBy, "FOLLOWEDBY", func() (Observation, error) {
		return p.join(JoinOr, "OR", func() (Observation, error) {
			return p.join(JoinAnd, "AND", p.qualified)
		})
	})
}

// join reads a chain of one operator, whose parts bind more tightly.
func (p *parser) join(op JoinOp, word string, part func() (Observation, error)) (Observation, error) {
	var list []Observation
	for {
		o, err := part()
		if err != nil {
			return nil, err
		}
		if j, ok := o.(*Join); ok && j.Op == op {
			list = append(list, j.List...)
		} else {
			list = append(list, o)
		}
		more, err := p.word(word)
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return &Join{Op: op, List: list}, nil
}

// qualified reads an observation expression in brackets or parentheses with its qualifiers.
func (p *parser) qualified() (Observation, error) {
	o, err := p.primary()
	if err != nil {
		return nil, err
	}
	var list []Qualifier
	for {
		at := p.tok.at
		q, ok, err := p.qualifier()
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		if hasKind(list, q.Kind) {
			return nil, p.fail(at, "an observation expression has one qualifier of a kind, and this is the second %s: put the first into parentheses if both are meant",
				qualifierNames[q.Kind])
		}
		list = append(list, q)
	}
	if len(list) == 0 {
		return o, nil
	}
	// Parentheses around what is qualified already mean nothing unless a kind comes twice.
	if inner, ok := o.(*Qualified); ok && !slices.ContainsFunc(list, func(q Qualifier) bool { return hasKind(inner.Qualifiers, q.Kind) }) {
		return &Qualified{Of: inner.Of, Qualifiers: slices.Concat(inner.Qualifiers, list)}, nil
	}
	return &Qualified{Of: o, Qualifiers: list}, nil
}

var qualifierNames = [...]string{Within: "WITHIN", Repeats: "REPEATS", StartStop: "START"}

func hasKind(list []Qualifier, k QualifierKind) bool {
	return slices.ContainsFunc(list, func(q Qualifier) bool { return q.Kind == k })
}

func (p *parser) primary() (Observation, error) {
	open := p.tok
	switch {
	case p.sign("["):
		if err := p.advance(); err != nil {
			return nil, err
		}
		c, types, err := p.comparison()
		if err != nil {
			return nil, err
		}
		if len(types) == 0 {
			return nil, p.fail(open.at, "no object can satisfy this observation expression")
		}
		return &Bracket{Expr: c}, p.take("]", "AND, OR or the ] that closes the observation expression")
	case p.sign("("):
		if err := p.enter(); err != nil {
			return nil, err
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		o, err := p.followedBy()
		if err != nil {
			return nil, err
		}
		p.depth--
		return o, p.take(")", "AND, OR, FOLLOWEDBY, a qualifier or the ) that closes the parenthesis")
	}
	return nil, p.expected("an observation expression, which begins with [ or (")
}

func (p *parser) qualifier() (q Qualifier, ok bool, err error) {
	for kind, name := range qualifierNames {
		if ok, err = p.word(name); !ok || err != nil {
			if err != nil {
				return q, false, err
			}
			continue
		}
		q.Kind = QualifierKind(kind)
		switch q.Kind {
		case Within:
			q.Window, err = p.window()
		case Repeats:
			q.Times, err = p.times()
		case StartStop:
			q.Start, q.Stop, err = p.startStop()
		}
		return q, true, err
	}
	return q, false, nil
}

func (p *parser) need(word string) error {
	ok, err := p.word(word)
	if err == nil && !ok {
		err = p.expected(word)
	}
	return err
}

// window reads n SECONDS. Go measures time in nanoseconds, which ends it at 292 years.
func (p *parser) window() (time.Duration, error) {
	if p.tok.kind != tokNumber {
		return 0, p.expected("a number of seconds after WITHIN")
	}
	t := p.tok
	p.plus(t)
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(t.text, "+"), ".")
	digits := strings.TrimRight(fraction, "0")
	if len(digits) > 9 {
		return 0, p.fail(t.at, "WITHIN %s is finer than a nanosecond: write at most nine digits behind the point", clip(t.text))
	}
	seconds, err := strconv.ParseInt("0"+strings.TrimPrefix(whole, "-"), 10, 64)
	nanos, _ := strconv.ParseInt((digits + "000000000")[:9], 10, 64)
	switch {
	case strings.HasPrefix(t.text, "-") || err == nil && seconds == 0 && nanos == 0:
		return 0, p.fail(t.at, "WITHIN needs a positive number of seconds, and has %s", clip(t.text))
	case err != nil || seconds > int64(1<<63-1)/int64(time.Second)-1:
		return 0, p.fail(t.at, "WITHIN %s is longer than the 292 years that can be measured", clip(t.text))
	}
	if err := p.advance(); err != nil {
		return 0, err
	}
	return time.Duration(seconds)*time.Second + time.Duration(nanos), p.need("SECONDS")
}

func (p *parser) times() (int64, error) {
	if p.tok.kind != tokNumber {
		return 0, p.expected("how many times after REPEATS")
	}
	t := p.tok
	p.plus(t)
	n, err := strconv.ParseInt(t.text, 10, 64)
	if err != nil || n <= 0 {
		return 0, p.fail(t.at, "REPEATS needs a positive integer, and has %s", clip(t.text))
	}
	if err := p.advance(); err != nil {
		return 0, err
	}
	return n, p.need("TIMES")
}

func (p *parser) plus(t token) {
	if strings.HasPrefix(t.text, "+") {
		p.deviates(t.at, "positive numbers have no plus sign")
	}
}

func (p *parser) startStop() (start, stop time.Time, err error) {
	if start, err = p.instant("START"); err != nil {
		return start, stop, err
	}
	if err = p.need("STOP"); err != nil {
		return start, stop, err
	}
	at := p.tok.at
	if stop, err = p.instant("STOP"); err == nil && !start.Before(stop) {
		err = p.fail(at, "STOP has to be later than START: no observation is at or after the one and before the other")
	}
	return start, stop, err
}

// instant reads a timestamp; patterns of 2.0 wrote it as a string.
func (p *parser) instant(after string) (time.Time, error) {
	t := p.tok
	switch t.kind {
	case tokTime:
	case tokString:
		p.deviates(t.at, "timestamps are constants of their own: t'…'")
	default:
		return time.Time{}, p.expected("a timestamp after " + after + ", for example t'2021-07-19T12:00:00Z'")
	}
	at, err := p.timestamp(t)
	if err != nil {
		return at, err
	}
	return at, p.advance()
}

func (p *parser) timestamp(t token) (time.Time, error) {
	at, reason := parseTimestamp(t.text)
	if reason != "" {
		return at, p.fail(t.at, "the timestamp %q %s", clip(t.text), reason)
	}
	return at, nil
}

// parseTimestamp reads a timestamp of STIX (section 2.16): RFC 3339 in UTC with the letters T and Z.
func parseTimestamp(s string) (at time.Time, reason string) {
	const form = "is not of the form 2021-07-19T12:00:00Z"
	if len(s) < len("2006-01-02T15:04:05Z") || s[10] != 'T' || s[len(s)-1] != 'Z' {
		return at, form
	}
	if s[19] == '.' {
		fraction := strings.TrimRight(s[20:len(s)-1], "0")
		if s[20] == 'Z' || strings.Trim(fraction, "0123456789") != "" {
			return at, form
		}
		if len(fraction) > 9 {
			return at, "is finer than a nanosecond: write at most nine digits behind the point"
		}
		if fraction != "" {
			fraction = "." + fraction
		}
		s = s[:19] + fraction + "Z"
	}
	at, err := time.Parse("2006-01-02T15:04:05.999999999Z", s)
	if err != nil {
		return at, form + ", or there is no such day or time"
	}
	return at.UTC(), ""
}

// comparison reads comparisons that are joined by OR. types are those of which an object can satisfy it.
func (p *parser) comparison() (c Comparison, types map[string]bool, err error) {
	var list []Comparison
	types = map[string]bool{}
	for {
		c, t, err := p.conjunction()
		if err != nil {
			return nil, nil, err
		}
		for name := range t {
			types[name] = true
		}
		list = appendFlat(list, c, false)
		more, err := p.word("OR")
		if err != nil {
			return nil, nil, err
		}
		if !more {
			return oneOrAll(list, false), types, nil
		}
	}
}

// conjunction reads comparisons that are joined by AND. All have to start from the same object (section 9.5), so their
// types must have one in common.
func (p *parser) conjunction() (Comparison, map[string]bool, error) {
	var (
		list  []Comparison
		types map[string]bool
	)
	for {
		at := p.tok.at
		c, t, err := p.operand()
		if err != nil {
			return nil, nil, err
		}
		if types == nil {
			types = t
		} else {
			common := map[string]bool{}
			for name := range t {
				if types[name] {
					common[name] = true
				}
			}
			if len(common) == 0 {
				return nil, nil, p.fail(at, "what AND joins is about one object, and this is about %s, what stands before it about %s: "+
					"use OR, or an observation expression of its own, [ … ] AND [ … ]", typeList(t), typeList(types))
			}
			types = common
		}
		list = appendFlat(list, c, true)
		more, err := p.word("AND")
		if err != nil {
			return nil, nil, err
		}
		if !more {
			return oneOrAll(list, true), types, nil
		}
	}
}

func typeList(types map[string]bool) string {
	var names []string
	for name := range types {
		names = append(names, name)
	}
	slices.Sort(names)
	return clip(strings.Join(names, " or "))
}

func appendFlat(list []Comparison, c Comparison, and bool) []Comparison {
	if b, ok := c.(*Bool); ok && b.And == and {
		return append(list, b.List...)
	}
	return append(list, c)
}

func oneOrAll(list []Comparison, and bool) Comparison {
	if len(list) == 1 {
		return list[0]
	}
	return &Bool{And: and, List: list}
}

func (p *parser) operand() (Comparison, map[string]bool, error) {
	if p.sign("(") {
		if err := p.enter(); err != nil {
			return nil, nil, err
		}
		if err := p.advance(); err != nil {
			return nil, nil, err
		}
		c, types, err := p.comparison()
		if err != nil {
			return nil, nil, err
		}
		p.depth--
		return c, types, p.take(")", "AND, OR or the ) that closes the parenthesis")
	}
	t, err := p.test()
	if err != nil {
		return nil, nil, err
	}
	return t, map[string]bool{t.Path.Type: true}, nil
}

func (p *parser) test() (*Test, error) {
	if p.tests++; p.tests > MaxTests {
		return nil, p.fail(p.tok.at, "the pattern has more than %d comparisons", MaxTests)
	}
	t := &Test{}
	var err error
	// NOT and EXISTS in front of a path; but a type of object may be called so.
	for _, word := range [...]string{"NOT", "EXISTS"} {
		if !p.isWord(word) || strings.HasPrefix(strings.TrimLeft(p.text[p.pos:], " \t\r\n"), ":") {
			continue
		}
		if _, err = p.word(word); err != nil {
			return nil, err
		}
		if word == "NOT" {
			t.Not = true
		} else {
			t.Op = Exists
		}
	}
	if t.Not && t.Op != Exists {
		return nil, p.expected("EXISTS: other operators have NOT behind the path, as in file:name NOT = 'x'")
	}
	if t.Path, err = p.path(); err != nil || t.Op == Exists {
		return t, err
	}
	if t.Not, err = p.word("NOT"); err != nil {
		return nil, err
	}
	at := p.tok.at
	if t.Op, err = p.operator(); err != nil {
		return nil, err
	}
	if t.Op == In {
		t.Values, err = p.set()
	} else {
		var v Value
		v, err = p.value("after " + t.Op.String())
		t.Values = []Value{v}
	}
	if err != nil {
		return nil, err
	}
	m, err := compileTest(t)
	if err != nil {
		return nil, p.fail(at, "%s", err)
	}
	if m != nil {
		p.out.compiled[t] = m
	}
	return t, nil
}

func (p *parser) operator() (Op, error) {
	t := p.tok
	if t.kind == tokSign {
		name := t.text
		switch name {
		case "==":
			name = "="
		case "<>":
			name = "!="
		}
		if i := slices.Index(opNames[:In], name); i >= 0 {
			if name != t.text {
				p.deviates(t.at, t.text+" is written "+name)
			}
			return Op(i), p.advance()
		}
	}
	for op := In; op < Exists; op++ {
		if ok, err := p.word(opNames[op]); ok || err != nil {
			return op, err
		}
	}
	return 0, p.expected("an operator: =, !=, <, <=, >, >=, IN, LIKE, MATCHES, ISSUBSET or ISSUPERSET")
}

func (p *parser) path() (Path, error) {
	var path Path
	if p.tok.kind != tokWord {
		return path, p.expected("a comparison, which begins with an object path such as file:name")
	}
	path.Type = p.tok.text
	if err := p.advance(); err != nil {
		return path, err
	}
	if err := p.take(":", "the : between type and property of an object path"); err != nil {
		return path, err
	}
	for {
		name, err := p.name()
		if err != nil {
			return path, err
		}
		path.Steps = append(path.Steps, Step{Name: name})
		for p.sign("[") {
			s, err := p.index()
			if err != nil {
				return path, err
			}
			path.Steps = append(path.Steps, s)
		}
		if len(path.Steps) > MaxSteps {
			return path, p.fail(p.tok.at, "the object path has more than %d steps", MaxSteps)
		}
		if !p.sign(".") {
			return path, nil
		}
		if err := p.advance(); err != nil {
			return path, err
		}
	}
}

func (p *parser) name() (string, error) {
	t := p.tok
	switch t.kind {
	case tokWord:
		if strings.Contains(t.text, "-") {
			p.deviates(t.at, "names with a hyphen stand in apostrophes: '"+clip(t.text)+"'")
		}
	case tokString:
	case tokQuoted:
		p.deviates(t.at, "names stand in apostrophes, not in quotation marks")
	default:
		return "", p.expected("the name of a property")
	}
	if t.text == "" {
		return "", p.fail(t.at, "the name of a property is empty")
	}
	return t.text, p.advance()
}

func (p *parser) index() (Step, error) {
	if err := p.advance(); err != nil {
		return Step{}, err
	}
	s := Step{Kind: StepAny}
	if !p.sign("*") {
		s.Kind = StepIndex
		n, err := strconv.ParseUint(p.tok.text, 10, 31)
		if p.tok.kind != tokNumber || err != nil {
			return s, p.expected("an index of a list: 0, 1, 2 … or *")
		}
		s.Index = int(n)
	}
	if err := p.advance(); err != nil {
		return s, err
	}
	return s, p.take("]", "the ] that closes the index")
}

func (p *parser) set() ([]Value, error) {
	if err := p.take("(", "the ( that opens the list of values after IN"); err != nil {
		return nil, err
	}
	if p.sign(")") {
		return nil, p.advance()
	}
	var list []Value
	for {
		at := p.tok.at
		v, err := p.value("in the list")
		if err != nil {
			return nil, err
		}
		if len(list) > 0 && class(v.Kind) != class(list[0].Kind) {
			return nil, p.fail(at, "the values of a list are of one type, and here is %s after %s", v.Kind, list[0].Kind)
		}
		list = append(list, v)
		if p.sign(")") {
			return list, p.advance()
		}
		if err := p.take(",", "a comma, or the ) that closes the list"); err != nil {
			return nil, err
		}
	}
}

// class puts types together that compare with the same values.
func class(k ValueKind) ValueKind {
	switch k {
	case FloatValue:
		return IntValue
	case HexValue:
		return BinaryValue
	default:
		return k
	}
}

func (p *parser) value(where string) (v Value, err error) {
	t := p.tok
	if p.values++; p.values > MaxValues {
		return v, p.fail(t.at, "the pattern has more than %d values", MaxValues)
	}
	switch t.kind {
	case tokString:
		v = Value{Kind: StringValue, Text: t.text}
	case tokNumber:
		if v, err = p.numeric(t); err != nil {
			return v, err
		}
	case tokHex:
		v.Kind = HexValue
		if v.Bytes, err = hex.DecodeString(t.text); err != nil {
			return v, p.fail(t.at, "h'…' holds pairs of hexadecimal digits, and this is %q", clip(t.text))
		}
	case tokBinary:
		v.Kind = BinaryValue
		if v.Bytes, err = base64.StdEncoding.DecodeString(t.text); err != nil { // line feeds are ignored, as section 9.2 wants
			return v, p.fail(t.at, "b'…' holds base64 with its padding, and this is %q", clip(t.text))
		}
	case tokTime:
		v.Kind = TimeValue
		if v.Time, err = p.timestamp(t); err != nil {
			return v, err
		}
	case tokWord:
		v.Kind = BoolValue
		switch {
		case strings.EqualFold(t.text, "true"):
			v.Bool = true
		case strings.EqualFold(t.text, "false"):
		default:
			return v, p.expected("a constant " + where + " (a string stands in apostrophes)")
		}
		if t.text != strings.ToLower(t.text) {
			p.deviates(t.at, "true and false are in lower case")
		}
	default:
		return v, p.expected("a constant " + where)
	}
	return v, p.advance()
}

func (p *parser) numeric(t token) (v Value, err error) {
	p.plus(t)
	if strings.Contains(t.text, ".") {
		v.Kind = FloatValue
		v.Float, err = strconv.ParseFloat(t.text, 64)
		if err != nil {
			return v, p.fail(t.at, "the number %s is too large", clip(t.text))
		}
		if v.Float == 0 {
			v.Float = 0 // minus nought is nought
		}
		return v, nil
	}
	v.Kind = IntValue
	if digits := strings.TrimLeft(t.text, "+-"); len(digits) > 1 && digits[0] == '0' {
		p.deviates(t.at, "integers have no leading zeros")
	}
	if v.Int, err = strconv.ParseInt(t.text, 10, 64); err != nil {
		return v, p.fail(t.at, "the integer %s is too large", clip(t.text))
	}
	return v, nil
}
