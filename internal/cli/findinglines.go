package cli

import (
	"io"
	"strconv"
	"strings"

	"entente/internal/hunt"
	"entente/internal/report"
)

// findingLines prints each finding on a line for people, as it comes.
type findingLines struct {
	w      io.Writer
	color  bool
	width  int    // 0: lines are not cut
	before func() // called before anything is written
	b      strings.Builder
}

// levelColors are the styles of Sigma's levels.
var levelColors = map[string]string{
	"informational": "38;5;245", "low": "38;5;68", "medium": "38;5;178", "high": "1;38;5;208", "critical": "1;38;5;197",
}

func (l *findingLines) paint(style, s string) string {
	if !l.color || s == "" || style == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

// Finding prints a line.
func (l *findingLines) Finding(f *hunt.Finding) error {
	l.before()
	when := "no time            "
	if !f.Time.IsZero() {
		when = f.Time.UTC().Format("2006-01-02 15:04:05")
	}
	title := report.Title(f.Rule)
	host := f.Host
	if host == "" {
		host = "-"
	}
	head := when + "  " + left(f.Rule.Level, 13) + " "
	l.b.Reset()
	l.b.WriteString(l.paint(styleDim, when) + "  " + l.paint(levelColors[f.Rule.Level], left(printable(f.Rule.Level), 13)) + " ")
	l.b.WriteString(printable(host) + "  " + l.paint(styleBold, printable(title)))
	room := l.width - report.Width(head+printable(host)+"  "+printable(title)) - 2
	if detail := printable(findingDetail(f)); detail != "" {
		if l.width > 0 {
			detail = report.Clip(detail, max(room, 20))
		}
		l.b.WriteString("  " + l.paint(styleDim, detail))
	}
	l.b.WriteByte('\n')
	_, err := io.WriteString(l.w, l.b.String())
	return err
}

// Flush has nothing to do: every line is written at once.
func (*findingLines) Flush() error { return nil }

// findingDetail says who and what in few words.
func findingDetail(f *hunt.Finding) string {
	var parts []string
	if f.User != "" {
		parts = append(parts, f.User)
	}
	if c := f.Correlation; c != nil {
		parts = append(parts, strings.ReplaceAll(string(c.Type), "_", " ")+" "+strconv.FormatFloat(c.Value, 'f', -1, 64))
	}
	for _, m := range f.Matched {
		if m.Value != f.User {
			parts = append(parts, m.Name+"="+m.Value)
		}
	}
	return strings.Join(parts, " · ")
}
