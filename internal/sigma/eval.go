package sigma

import (
	"regexp"
	"strings"

	"entente/internal/event"
)

// Val is one value of a record's field.
type Val struct {
	Text string
	Null bool // the field is there without a value; Text is ""
}

// Record is what [Eval] looks at.
type Record interface {
	// Values returns the values of a field and whether the record has the field at all.
	Values(field string) (vals []Val, present bool)
	// All calls yield for every value of every field until it returns false.
	All(yield func(Val) bool)
}

// Eval says whether an expression is true for a record. It is the reference for what expressions mean, written to
// be obviously right: it compiles regular expressions each time and shares nothing. The hunt engine has to give
// the same answers faster.
//
//   - A test of a field that has several values is true when it is true for one of them; so a negated test is true
//     when it is true for none.
//   - A test of a value (all but OpNull and OpExists) is false for null and where the field is missing.
//   - OpMatch and OpRegexp test the text of the value; an empty text is a text.
//   - OpCompare is false where the text is not a number ([ParseDecimal]) and compares exactly; OpCIDR is false where it is no
//     address ([ParseAddress]); OpTime where it is no time ([event.ParseTime]).
//   - OpFieldRef is true when one value of the field stands so to one value of the other.
//   - OpNull is true where the field is missing or all its values are null; OpExists(true) where it is there, null
//     or not.
//   - A keyword (no field) is tested against every value of the record.
func Eval(e Expr, rec Record) bool {
	switch e := e.(type) {
	case And:
		for _, x := range e {
			if !Eval(x, rec) {
				return false
			}
		}
		return true
	case Or:
		for _, x := range e {
			if Eval(x, rec) {
				return true
			}
		}
		return false
	case Not:
		return !Eval(e.X, rec)
	case *Atom:
		return e.Eval(rec)
	default:
		return false
	}
}

// Eval says whether the test is true for a record; see the function of that name.
func (a *Atom) Eval(rec Record) bool {
	if a.Field == "" {
		found := false
		rec.All(func(v Val) bool {
			found = !v.Null && a.test(v.Text, rec)
			return !found
		})
		return found
	}
	vals, present := rec.Values(a.Field)
	switch a.Op {
	case OpExists:
		return present == a.Want
	case OpNull:
		for _, v := range vals {
			if !v.Null {
				return false
			}
		}
		return true
	default:
	}
	for _, v := range vals {
		if !v.Null && a.test(v.Text, rec) {
			return true
		}
	}
	return false
}

// test tests the text of one value.
func (a *Atom) test(text string, rec Record) bool {
	switch a.Op {
	case OpMatch:
		if !a.Cased {
			text = foldString(text)
		}
		return a.Pattern.Match(text)
	case OpRegexp:
		re, err := regexp.Compile(a.Regexp)
		return err == nil && re.MatchString(text)
	case OpCIDR:
		addr, ok := ParseAddress(text)
		return ok && a.Prefix.Contains(addr)
	case OpCompare:
		return a.CompareNumber(text)
	case OpTime:
		t, ok := event.ParseTime(text)
		return ok && a.Compare.Holds(float64(a.Part.Of(t)), a.Number)
	case OpFieldRef:
		others, _ := rec.Values(a.Ref)
		for _, o := range others {
			if !o.Null && a.refers(text, o.Text) {
				return true
			}
		}
	default:
	}
	return false
}

// refers compares a value with one of the other field.
func (a *Atom) refers(text, other string) bool {
	if !a.Cased {
		text, other = foldString(text), foldString(other)
	}
	switch a.Place {
	case Start:
		return strings.HasPrefix(text, other)
	case End:
		return strings.HasSuffix(text, other)
	case Anywhere:
		return strings.Contains(text, other)
	default:
		return text == other
	}
}
