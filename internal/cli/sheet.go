package cli

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"entente/internal/report"
)

// sheet is text for a terminal: aligned, coloured where colour is wanted. Nothing that it is given can move the cursor
// or change the colour: texts of logs have to come through printable.
type sheet struct {
	b     bytes.Buffer
	color bool
	width int
}

// Styles, as parameters of SGR (ECMA-48).
const (
	styleBold   = "1"
	styleDim    = "2"
	styleTitle  = "1;38;5;37"
	styleAlert  = "1;38;5;208"
	styleDanger = "1;38;5;197"
)

func newSheet(env Env) *sheet {
	width, tty := env.terminalWidth(env.Stdout)
	if !tty {
		width = 160
	}
	return &sheet{color: env.color(env.Stdout), width: max(width, 80)}
}

func (s *sheet) paint(style, text string) string {
	if !s.color || text == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// line writes its parts side by side, without blanks at the end.
func (s *sheet) line(parts ...string) {
	for _, p := range parts {
		s.b.WriteString(p)
	}
	s.b.Truncate(len(bytes.TrimRight(s.b.Bytes(), " ")))
	s.b.WriteByte('\n')
}

// section begins a part of the sheet.
func (s *sheet) section(title, note string) {
	s.b.WriteByte('\n')
	s.line("  ", s.paint(styleTitle, title), "  ", s.paint(styleDim, note))
}

// left and right put text into a column.
func left(text string, columns int) string {
	text = report.Clip(text, columns)
	return text + strings.Repeat(" ", max(0, columns-report.Width(text)))
}

func right(text string, columns int) string {
	return strings.Repeat(" ", max(0, columns-report.Width(text))) + text
}

// thousands writes a number in groups of three digits.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// many writes a number with its noun.
func many(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	switch {
	case strings.HasSuffix(noun, "s"):
		noun += "es"
	case strings.HasSuffix(noun, "y"):
		noun = strings.TrimSuffix(noun, "y") + "ies"
	default:
		noun += "s"
	}
	return thousands(n) + " " + noun
}

const dayAndMinute = "2006-01-02 15:04"

// span writes a range of time to the minute; the end goes without what it has in common with the beginning.
func span(from, to time.Time) string {
	if from.IsZero() {
		return ""
	}
	a, b := from.Format(dayAndMinute), to.Format(dayAndMinute)
	switch {
	case a == b:
		return a
	case a[:10] == b[:10]:
		return a + " – " + b[11:]
	case a[:4] == b[:4]:
		return a + " – " + b[5:]
	}
	return a + " – " + b
}

// lasting writes a duration in the two units that matter.
func lasting(d time.Duration) string {
	switch {
	case d >= 24*time.Hour:
		h := int64(d.Round(time.Hour).Hours())
		if h%24 == 0 {
			return strconv.FormatInt(h/24, 10) + "d"
		}
		return strconv.FormatInt(h/24, 10) + "d " + strconv.FormatInt(h%24, 10) + "h"
	case d >= time.Hour:
		m := int64(d.Round(time.Minute).Minutes())
		return strconv.FormatInt(m/60, 10) + "h " + strconv.FormatInt(m%60, 10) + "m"
	default:
		return d.Round(time.Second).String()
	}
}
