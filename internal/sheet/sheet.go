// Package sheet keeps cells of the tables we write from being computed by spreadsheets, and gives them back as they were when
// such a table is read again.
package sheet

import (
	"strings"
	"unicode/utf8"
)

// Escape puts an apostrophe before a cell that a spreadsheet could take for a formula: it starts with = + - @, their
// full-width forms, tab, CR or LF. Blanks before that do not count, for programs skip them, and neither do apostrophes, so
// that [Unescape] gives back what there was.
func Escape(cell string) string {
	if formula(cell) {
		return "'" + cell
	}
	return cell
}

// Unescape undoes [Escape]. The result is a part of cell.
func Unescape(cell []byte) []byte {
	if len(cell) > 1 && cell[0] == '\'' {
		if rest := cell[1:]; formula(string(rest)) {
			return rest
		}
	}
	return cell
}

func formula(cell string) bool {
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(cell, " \u00a0\u3000'"))
	return r != utf8.RuneError && strings.ContainsRune("=+-@＝＋－＠\t\r\n", r)
}
