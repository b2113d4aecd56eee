package stixpattern

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// String is the canonical form of the pattern: one blank between words, keywords in upper case, only the parentheses that
// are needed, and each constant in its shortest form. Parse reads it into an equal tree without deviations.
func (p *Pattern) String() string {
	var b strings.Builder
	if p.Root != nil {
		printObservation(&b, p.Root)
	}
	return b.String()
}

// String is the observation expression in canonical form.
func (o *Bracket) String() string {
	var b strings.Builder
	printObservation(&b, o)
	return b.String()
}

func printObservation(b *strings.Builder, o Observation) {
	switch o := o.(type) {
	case *Bracket:
		b.WriteByte('[')
		printComparison(b, o.Expr)
		b.WriteByte(']')
	case *Join:
		for i, k := range o.List {
			if i > 0 {
				b.WriteString([...]string{JoinAnd: " AND ", JoinOr: " OR ", FollowedBy: " FOLLOWEDBY "}[o.Op])
			}
			j, ok := k.(*Join)
			printParenthesised(b, k, ok && j.Op >= o.Op)
		}
	case *Qualified:
		_, plain := o.Of.(*Bracket)
		printParenthesised(b, o.Of, !plain)
		for _, q := range o.Qualifiers {
			b.WriteByte(' ')
			b.WriteString(q.String())
		}
	}
}

func printParenthesised(b *strings.Builder, o Observation, need bool) {
	if need {
		b.WriteByte('(')
	}
	printObservation(b, o)
	if need {
		b.WriteByte(')')
	}
}

// String is the qualifier in canonical form.
func (q Qualifier) String() string {
	switch q.Kind {
	case Within:
		return "WITHIN " + seconds(q.Window) + " SECONDS"
	case Repeats:
		return "REPEATS " + strconv.FormatInt(q.Times, 10) + " TIMES"
	default:
		return "START " + timeText(q.Start) + " STOP " + timeText(q.Stop)
	}
}

func seconds(d time.Duration) string {
	s := strconv.FormatInt(int64(d/time.Second), 10)
	if rest := int64(d % time.Second); rest != 0 {
		s += "." + strings.TrimRight(strconv.FormatInt(int64(time.Second)+rest, 10)[1:], "0")
	}
	return s
}

func timeText(t time.Time) string {
	return "t'" + t.UTC().Format("2006-01-02T15:04:05.999999999Z") + "'"
}

func printComparison(b *strings.Builder, c Comparison) {
	switch c := c.(type) {
	case *Test:
		b.WriteString(c.String())
	case *Bool:
		for i, k := range c.List {
			if i > 0 {
				b.WriteString(map[bool]string{true: " AND ", false: " OR "}[c.And])
			}
			inner, ok := k.(*Bool)
			need := ok && (c.And || !inner.And)
			if need {
				b.WriteByte('(')
			}
			printComparison(b, k)
			if need {
				b.WriteByte(')')
			}
		}
	}
}

// String is the comparison in canonical form.
func (t *Test) String() string {
	var b strings.Builder
	if t.Op == Exists {
		if t.Not {
			b.WriteString("NOT ")
		}
		b.WriteString("EXISTS ")
		b.WriteString(t.Path.String())
		return b.String()
	}
	b.WriteString(t.Path.String())
	if t.Not {
		b.WriteString(" NOT")
	}
	b.WriteByte(' ')
	b.WriteString(t.Op.String())
	b.WriteByte(' ')
	if t.Op == In {
		b.WriteByte('(')
	}
	for i, v := range t.Values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(v.String())
	}
	if t.Op == In {
		b.WriteByte(')')
	}
	return b.String()
}

// String is the path in canonical form.
func (p Path) String() string {
	var b strings.Builder
	b.WriteString(p.Type)
	sep := byte(':')
	for _, s := range p.Steps {
		switch s.Kind {
		case StepName:
			b.WriteByte(sep)
			sep = '.'
			b.WriteString(nameText(s.Name))
		case StepIndex:
			b.WriteString("[" + strconv.Itoa(s.Index) + "]")
		case StepAny:
			b.WriteString("[*]")
		}
	}
	return b.String()
}

func nameText(s string) string {
	if s == "" || !isWordStart(s[0]) {
		return stringText(s)
	}
	for i := range len(s) {
		if !isWordPart(s[i]) || s[i] == '-' {
			return stringText(s)
		}
	}
	return s
}

func stringText(s string) string {
	return "'" + stringEscapes.Replace(s) + "'"
}

var stringEscapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// String is the constant in canonical form.
func (v Value) String() string {
	switch v.Kind {
	case StringValue:
		return stringText(v.Text)
	case IntValue:
		return strconv.FormatInt(v.Int, 10)
	case FloatValue:
		s := strconv.FormatFloat(v.Float, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	case BoolValue:
		return strconv.FormatBool(v.Bool)
	case BinaryValue:
		return "b'" + base64.StdEncoding.EncodeToString(v.Bytes) + "'"
	case HexValue:
		return "h'" + hex.EncodeToString(v.Bytes) + "'"
	default:
		return timeText(v.Time)
	}
}
