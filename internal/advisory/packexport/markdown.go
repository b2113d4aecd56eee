package packexport

import (
	"bytes"
	"fmt"
	"strings"
)

// writeMarkdown writes the pack for people, in CommonMark with the tables of GitHub. Every text of the pack is escaped: none
// becomes HTML, a link or a heading.
func (b *book) writeMarkdown(w *bytes.Buffer) {
	p := func(format string, args ...any) { fmt.Fprintf(w, format, args...) }
	p("# %s\n\n", escapeMarkdown(line(firstOf(b.m.Title, b.m.ID))))
	p("%s\n\n", escapeMarkdown(line(b.m.Summary)))
	row := func(name, value string) {
		if value != "" {
			p("| %s | %s |\n", name, value)
		}
	}
	p("| | |\n|---|---|\n")
	row("Pack", escapeMarkdown(line(b.m.ID+" "+b.m.Version)))
	row("Handling", escapeMarkdown(tlpName(line(b.m.TLP))))
	row("Issued", escapeMarkdown(line(string(b.m.Issued))))
	row("Modified", escapeMarkdown(line(string(b.m.Modified))))
	row("Valid until", escapeMarkdown(line(string(b.m.ValidUntil))))
	for _, is := range b.m.Issuers {
		name := escapeMarkdown(line(is.Name))
		if u, ok := webURL(is.URL); ok {
			name = linkMarkdown(line(is.Name), u)
		}
		row(escapeMarkdown(capital(line(is.Role))), name)
	}
	row("Supersedes", escapeMarkdown(line(strings.Join(b.m.Supersedes, ", "))))
	row("ATT&CK", escapeMarkdown(b.attackVersions()))
	row("Licence", escapeMarkdown(line(b.m.License)))
	p("\n%s\n\n", escapeMarkdown(b.figures()))
	p("%s", proseMarkdown(b.m.Description, 2))
	if len(b.m.Stages) > 0 {
		p("## The course of an intrusion\n\n")
		for _, s := range b.m.Stages {
			p("1. %s (%s)\n", escapeMarkdown(line(s.Title)), escapeMarkdown(line(s.Meaning())))
		}
		p("\n")
	}
	p("## What the actor does\n\n")
	first := map[*technique]string{}
	for _, c := range b.columns() {
		p("### %s\n\n", escapeMarkdown(line(c.Name)))
		for _, t := range c.techniques {
			title := escapeMarkdown(line(t.title()))
			if where, ok := first[t]; ok {
				p("#### %s\n\nSee %s.\n\n", title, escapeMarkdown(where))
				continue
			}
			first[t] = c.Name
			p("#### %s\n\n", title)
			b.markdownTTP(w, t)
		}
	}
	b.markdownMitigations(w)
	b.markdownIndicators(w)
	if len(b.files) > 0 {
		p("## Rules\n\n")
	}
	for _, f := range b.files {
		p("### %s\n\n%s\n\n%s\n", escapeMarkdown(line(firstOf(f.main.Title, f.path))),
			escapeMarkdown(line(f.main.Description)), fenced("yaml", f.fileText()))
	}
	if len(b.m.References) > 0 {
		p("## References\n\n")
		for _, r := range b.m.References {
			if u, ok := webURL(r.URL); ok {
				p("- %s\n", linkMarkdown(line(firstOf(r.Title, u)), u))
			} else {
				p("- %s: %s\n", escapeMarkdown(line(r.Title)), codeMarkdown(line(r.URL)))
			}
		}
	}
	b.remarkTests("Markdown")
}

func (b *book) markdownTTP(w *bytes.Buffer, t *technique) {
	p := func(format string, args ...any) { fmt.Fprintf(w, format, args...) }
	p("%s\n\n", escapeMarkdown(line(t.Procedure)))
	item := func(name, text string) {
		if text != "" {
			p("- %s: %s\n", name, text)
		}
	}
	if t.Current() != t.ID {
		item("Id", escapeMarkdown(fmt.Sprintf("published as %s, today %s", line(t.ID), line(t.Current()))))
	}
	item("Ref", escapeMarkdown(line(t.Ref)))
	item("Platforms", escapeMarkdown(line(strings.Join(t.Platforms, ", "))))
	item("Logs", escapeMarkdown(line(strings.Join(t.Logs, "; "))))
	for _, f := range t.files {
		item("Detection", fmt.Sprintf("%s (%s)", escapeMarkdown(line(f.main.Title)), escapeMarkdown(line(firstOf(f.main.Level, "unrated")))))
	}
	if len(t.files) > 0 {
		item("Confidence", escapeMarkdown(line(t.Confidence)))
	}
	item("No log can show it", escapeMarkdown(line(t.Undetectable)))
	for _, q := range t.Questions {
		item("Question", fmt.Sprintf("%s Look for: %s Where: %s", escapeMarkdown(line(q.Ask)), escapeMarkdown(line(q.LookFor)), escapeMarkdown(line(q.Where))))
	}
	for _, id := range t.Mitigations {
		if m := b.mitigations[id]; m != nil {
			item("What stops it", escapeMarkdown(line(m.Title)))
		}
	}
	p("\n")
}

func (b *book) markdownMitigations(w *bytes.Buffer) {
	if len(b.p.Mitigations) > 0 {
		w.WriteString("## What stops it\n\n")
	}
	for i := range b.p.Mitigations {
		m := &b.p.Mitigations[i]
		fmt.Fprintf(w, "### %s\n\n%s\n\n", escapeMarkdown(line(m.Title)), escapeMarkdown(line(m.Text)))
		var facts []string
		if m.Effort != "" {
			facts = append(facts, "Effort: "+escapeMarkdown(line(m.Effort)))
		}
		if ids := b.countermeasures(m); len(ids) > 0 {
			facts = append(facts, "See "+escapeMarkdown(strings.Join(ids, ", ")))
		}
		if n := len(b.stoppedBy(m.ID)); n > 0 {
			facts = append(facts, "Stops "+plural(n, "TTP", "TTPs"))
		}
		if len(facts) > 0 {
			fmt.Fprintf(w, "%s.\n\n", strings.Join(facts, ". "))
		}
	}
}

func (b *book) markdownIndicators(w *bytes.Buffer) {
	if len(b.p.Indicators) == 0 {
		return
	}
	w.WriteString("## Indicators\n\nAddresses are written so that nobody follows them by accident.\n\n| Type | Value | What it is | Confidence |\n|---|---|---|---|\n")
	for i := range b.p.Indicators {
		in := &b.p.Indicators[i]
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", escapeMarkdown(line(in.Type)), strings.ReplaceAll(codeMarkdown(line(defang(in.Type, in.Value))), "|", `\|`),
			escapeMarkdown(line(indicatorContext(in))), escapeMarkdown(line(in.Confidence)))
	}
	w.WriteString("\n")
}

// escapeMarkdown writes a text so that CommonMark shows it as it is.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case strings.ContainsRune("\\`*_[]<>&|~#", r):
			b.WriteByte('\\')
		case (r == '-' || r == '+' || r == '=') && strings.TrimSpace(s[:i]) == "",
			(r == ')' || r == '.') && allDigits(strings.TrimSpace(s[:i])): // a mark of a list at the beginning of a line
			b.WriteByte('\\')
		case r == ':' && strings.HasPrefix(s[i:], "://"): // GitHub makes links of addresses
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// codeMarkdown writes a text of one line as code.
func codeMarkdown(s string) string {
	if s == "" {
		return ""
	}
	ticks := strings.Repeat("`", longest(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// fenced writes a text as a block of code.
func fenced(language, s string) string {
	fence := strings.Repeat("`", max(3, longest(s, '`')+1))
	return fence + language + "\n" + strings.TrimRight(clean(s), "\n") + "\n" + fence + "\n"
}

// longest is the length of the longest run of c.
func longest(s string, c byte) (most int) {
	n := 0
	for i := range len(s) {
		if s[i] != c {
			n = 0
			continue
		}
		n++
		most = max(most, n)
	}
	return most
}

func linkMarkdown(text, address string) string {
	address = strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", " ", "%20", "|", "%7C", "\\", "%5C").Replace(address)
	return "[" + escapeMarkdown(text) + "](" + address + ")"
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
