package coalition

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// NameProblem is something about names by which one member could be taken for another.
type NameProblem struct {
	Members []string // whom it is about; none for the coalition
	What    string   // in words, with names quoted
}

// NameProblems are what could mislead about the names of members, in order of member: characters that show nothing or turn text around,
// words of letters of several scripts, and names that look like the name or the id of another member. It is a rule of thumb, for whoever
// makes or signs a root: a root with such names holds, and members are known by their ids.
func (r *Root) NameProblems() (out []NameProblem) {
	type look struct{ member, text string }
	if why := strangeName(r.Name); why != "" {
		out = append(out, NameProblem{nil, fmt.Sprintf("the name of the coalition, %q, %s", r.Name, why)})
	}
	var looks []look
	for i := range r.Members {
		m := &r.Members[i]
		if why := strangeName(m.Name); why != "" {
			out = append(out, NameProblem{[]string{m.ID}, fmt.Sprintf("the name of %s, %q, %s", m.ID, m.Name, why)})
		}
		looks = append(looks, look{m.ID, m.ID})
		if m.Name != m.ID {
			looks = append(looks, look{m.ID, m.Name})
		}
	}
	seen := map[string]look{} // by what a text looks like
	for _, l := range looks {
		for _, s := range skeletons(l.text) {
			other, met := seen[s]
			if !met {
				seen[s] = l
				continue
			}
			if other.member == l.member {
				continue
			}
			who := []string{other.member, l.member}
			if !slices.ContainsFunc(out, func(p NameProblem) bool { return slices.Equal(p.Members, who) }) {
				out = append(out, NameProblem{who, fmt.Sprintf("%q (%s) and %q (%s) look alike", other.text, other.member, l.text, l.member)})
			}
		}
	}
	return out
}

// strangeName says what is wrong with a name by itself, or "".
func strangeName(name string) string {
	runes := []rune(name)
	letters := 0
	for i, r := range runes {
		switch {
		case r == unicode.ReplacementChar:
			return "is not text"
		case r == '\u200c' || r == '\u200d': // which spell words in scripts that join letters
			if i == 0 || i == len(runes)-1 || !joins(runes[i-1]) || !joins(runes[i+1]) {
				return fmt.Sprintf("has a character that shows nothing, %U", r)
			}
		case !unicode.IsGraphic(r), unicode.Is(unicode.Variation_Selector, r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r),
			unicode.IsSpace(r) && r != ' ':
			return fmt.Sprintf("has a character that shows nothing, or as little, %U", r)
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			letters++
		}
	}
	if letters == 0 {
		return "has no letter"
	}
	for word := range strings.FieldsFuncSeq(norm.NFKC.String(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		var scripts []string
		for _, r := range word {
			if s := scriptOf(r); s != "" && !slices.Contains(scripts, s) {
				scripts = append(scripts, s)
			}
		}
		if len(scripts) > 1 {
			slices.Sort(scripts)
			return fmt.Sprintf("has letters of several scripts in one word: %s", strings.Join(scripts, ", "))
		}
	}
	return ""
}

// joins says that a letter is of a script in which U+200C and U+200D spell words.
func joins(r rune) bool { return (unicode.IsLetter(r) || unicode.IsMark(r)) && !alike(r) }

// alike says that a letter is of one of the scripts whose letters look like those of others.
func alike(r rune) bool {
	return unicode.In(r, unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Coptic, unicode.Cherokee)
}

// scriptOf is the script of a letter; "" of what all scripts have, and of those of East Asia, which are written together and with Latin.
func scriptOf(r rune) string {
	if unicode.In(r, unicode.Common, unicode.Inherited, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo) {
		return ""
	}
	for _, s := range [...]struct {
		name  string
		table *unicode.RangeTable
	}{{"Latin", unicode.Latin}, {"Cyrillic", unicode.Cyrillic}, {"Greek", unicode.Greek}, {"Arabic", unicode.Arabic}} { // the usual ones
		if unicode.Is(s.table, r) {
			return s.name
		}
	}
	for name, table := range unicode.Scripts { // a letter is of one
		if unicode.Is(table, r) {
			return name
		}
	}
	return ""
}

// skeletons are what a text looks like, in small and in capital letters: two that have one in common are taken for each other.
func skeletons(text string) []string {
	var bare []rune
	for _, r := range norm.NFKD.String(text) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '|' {
			bare = append(bare, r) // without accents, blanks and signs
		}
	}
	small, large := make([]rune, len(bare)), make([]rune, len(bare))
	for i, r := range bare {
		if strings.ContainsRune("I1|ΙІӀ", r) { // a capital I is a small l
			small[i], large[i] = 'l', 'I'
			continue
		}
		small[i], large[i] = looksLike(unicode.ToLower(r), smallLooks), looksLike(unicode.ToUpper(r), largeLooks)
	}
	return []string{"small " + pairs.Replace(string(small)), "large " + string(large)}
}

// pairs of letters that look like one.
var pairs = strings.NewReplacer("rn", "m", "vv", "w")

// Letters of other scripts, and figures, and the Latin ones that they look like: each in its place.
var (
	smallLooks = looks{[]rune("аеорсухѕіјһԁԛԝкгѵҽӏαορνικγυτχηϲϳօոսհցզıøłđħɑɡ0"), []rune("aeopcyxsijhdqwkrvelaopvikyutxncjonuhgqioldhago")}
	largeLooks = looks{[]rune("АВЕЗЈКМНОРСЅТУХԚԜԌΑΒΕΖΗΚΜΝΟΡΤΥΧՕՍՏԼØŁĐ0"), []rune("ABE3JKMHOPCSTYXQWGABEZHKMNOPTYXOUSLOLDO")}
)

type looks struct{ are, like []rune }

func looksLike(r rune, l looks) rune {
	if i := slices.Index(l.are, r); i >= 0 {
		return l.like[i]
	}
	return r
}
