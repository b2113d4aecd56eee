package actor

import (
	"strings"
	"unicode"
)

// harmless is a text on one line in which every character shows itself: no control characters, no directions of writing that
// turn around what follows, nothing that XML forbids.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r == unicode.ReplacementChar || !unicode.IsGraphic(r) || r > 0xFFFF && r&0xFFFE == 0xFFFE:
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

// xmlText is a text for XML, between tags and in attributes.
func xmlText(s string) string { return xmlEscapes.Replace(harmless(s)) }

var dotEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// dotText is a string of DOT. A backslash before what is no quote would begin an escape such as \N, so that each is doubled.
func dotText(s string) string { return `"` + dotEscapes.Replace(harmless(s)) + `"` }
