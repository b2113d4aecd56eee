package packexport

import (
	"strings"
	"unicode/utf8"
)

// What other pages of text by strangers are made of: statements that coalitions release have packs in them, and are written
// with the same care.

// Words writes out the characters of a text that show nothing and do something, but for those without which some languages
// are misspelt: joiners, marks of direction, soft hyphens. It is for sentences; names and values are for [Line].
func Words(s string) string {
	var b strings.Builder
	from := 0
	for i, r := range s {
		if spells(r) {
			b.WriteString(clean(s[from:i]))
			b.WriteRune(r)
			from = i + utf8.RuneLen(r)
		}
	}
	b.WriteString(clean(s[from:]))
	return b.String()
}

// spells says that a character that shows nothing belongs to the spelling of words, and changes nothing but the ones beside it.
func spells(r rune) bool {
	switch r {
	case '\u00ad', '\u200c', '\u200d', '\u200e', '\u200f':
		return true
	}
	return false
}

// Line is a text on one line in which every character that shows nothing is written out.
func Line(s string) string { return line(s) }

// EscapeMarkdown writes a line so that CommonMark, and GitHub's tables, show it as it is.
func EscapeMarkdown(s string) string { return escapeMarkdown(s) }

// ProseHTML writes Markdown as HTML whose headings begin at a level. What it does not know, HTML above all, is text.
func ProseHTML(text string, top int) string { return blocksHTML(parseProse(Words(text)), top) }

// ProseMarkdown writes Markdown anew, with headings that begin at a level and all else that could mean something escaped.
func ProseMarkdown(text string, top int) string { return blocksMarkdown(parseProse(Words(text)), top) }

// JSONText is v as indented JSON in which every character that shows nothing is an escape.
func JSONText(v any) ([]byte, error) { return jsonText(v) }
