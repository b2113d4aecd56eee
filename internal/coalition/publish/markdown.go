package publish

import (
	"bytes"
	"fmt"
	"strings"

	"entente/internal/advisory/packexport"
	"entente/internal/coalition"
)

// md is a text on one line of Markdown.
func md(s string) string {
	return packexport.EscapeMarkdown(strings.Join(strings.Fields(packexport.Words(s)), " "))
}

// quote is a text as a quotation, its paragraphs kept.
func quote(s string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimSpace(packexport.Words(s)), "\n") {
		b.WriteString(strings.TrimRight("> "+packexport.EscapeMarkdown(strings.TrimSpace(line)), " ") + "\n")
	}
	return b.String()
}

// day is a time for people.
func day(t coalition.Time) string { return t.Time().Format("2 January 2006, 15:04 UTC") }

// markdown writes the page in CommonMark with the tables of GitHub. Every text is escaped.
func markdown(b *book) []byte {
	var out bytes.Buffer
	p := func(format string, args ...any) { fmt.Fprintf(&out, format, args...) }
	one, others := primary(b.Manifest.Title)
	p("# %s\n\n", md(one.Text))
	for _, w := range others {
		p("*%s* (%s)\n\n", md(w.Text), md(languageName(w.Language)))
	}
	p("TLP:%s · %s · revision %d · positions as of %s\n\n", strings.ToUpper(b.Manifest.TLP), md(b.Root.Name), b.Manifest.Revision, day(b.changed()))
	for _, g := range b.groups {
		names := make([]string, len(g.Said))
		for i, s := range g.Said {
			names[i] = partyOf(s).markdown()
			if part := b.part(s); part != "" {
				names[i] += " (" + part + ")"
			}
		}
		p("- %s: %s\n", heading(g.Stance), strings.Join(names, ", "))
	}
	if silent := b.silent(); len(silent) > 0 {
		names := make([]string, len(silent))
		for i, m := range silent {
			names[i] = m.markdown()
		}
		p("- No position recorded: %s\n", strings.Join(names, ", "))
	}
	p("\n")
	b.markdownTexts(&out)
	if len(b.Manifest.Claims) > 0 {
		p("## The claims\n\n")
	}
	for i, c := range b.Manifest.Claims {
		p("%d. **%s**\n\n", i+1, md(c.ID))
		for _, w := range c.Text {
			p("   %s (%s)\n\n", md(w.Text), md(languageName(w.Language)))
		}
	}
	b.markdownMatrix(&out)
	p("## In each member's own words\n\n")
	for i := range b.Said {
		s := &b.Said[i]
		p("### %s\n\n%s %s. Signed %s.\n\n", partyOf(s).markdown(), partyOf(s).markdown(), md(verb(s.Stance)+": "+covered(s)), day(s.At))
		if l := likelihood(s.Likelihood); l != nil {
			p("- Likelihood: %s\n", md(l.String()))
		}
		if c := confidence(s.Confidence); c != nil {
			p("- Confidence: %s\n", md(c.String()))
		}
		if s.Likelihood != nil || s.Confidence != nil {
			p("\n")
		}
		for _, w := range s.Wording {
			p("%s:\n\n%s\n", md(languageName(w.Language)), quote(w.Text))
		}
	}
	b.markdownPacks(&out)
	p("## How to verify\n\n")
	for para := range strings.SplitSeq(b.verifyText(), "\n") {
		if para != "" {
			p("%s\n\n", packexport.EscapeMarkdown(para))
		}
	}
	p("## Files\n\n| File | What it is | Digest that members signed |\n|---|---|---|\n")
	for _, f := range b.files {
		p("| [%s](%s) | %s | %s |\n", packexport.EscapeMarkdown(f.Path), f.Path, f.What, f.Digest)
	}
	return out.Bytes()
}

func (b *book) markdownTexts(out *bytes.Buffer) {
	for _, t := range b.texts {
		fmt.Fprintf(out, "## Text: %s\n\n", packexport.EscapeMarkdown(t.Path))
		if t.Markdown {
			out.WriteString(packexport.ProseMarkdown(t.Text, 3))
		} else {
			out.WriteString(quote(t.Text) + "\n")
		}
	}
}

func (b *book) markdownMatrix(out *bytes.Buffer) {
	p := func(format string, args ...any) { fmt.Fprintf(out, format, args...) }
	p("## Who says what\n\n")
	if len(b.Said) == 0 {
		p("No member has taken a position.\n\n")
		return
	}
	if b.large() {
		p("The table has too many cells for a page: see [matrix.csv](matrix.csv).\n\n")
		return
	}
	claims := b.claims()
	p("| Member |")
	for _, c := range claims {
		if c == "" {
			c = "all"
		}
		p(" %s |", md(c))
	}
	p(" Likelihood | Confidence |\n|---|%s---|---|\n", strings.Repeat("---|", len(claims)))
	for i := range b.Said {
		s := &b.Said[i]
		p("| %s |", partyOf(s).markdown())
		for _, c := range claims {
			cell := "–"
			if b.speaks(s, c) {
				cell = verb(s.Stance)
			}
			p(" %s |", md(cell))
		}
		p(" %s | %s |\n", md(likelihood(s.Likelihood).String()), md(confidence(s.Confidence).String()))
	}
	p("\nEach likelihood and confidence is in the scale that the member names; scales are not compared.\n\n")
}

// speaks says that a position is about a row of the table: a claim of the statement, one that only positions know, or "" where
// there are no claims.
func (b *book) speaks(s *coalition.Said, claim string) bool {
	if len(s.Covers) == 0 {
		return b.own[claim] || claim == ""
	}
	return names(s, claim)
}

// maxCells bounds the table that a page shows.
const maxCells = 20_000

func (b *book) large() bool { return len(b.claims())*len(b.Said) > maxCells }

func (b *book) markdownPacks(out *bytes.Buffer) {
	p := func(format string, args ...any) { fmt.Fprintf(out, format, args...) }
	if len(b.packs) > 0 {
		p("## What defenders can hunt with\n\n")
	}
	for _, k := range b.packs {
		p("### %s\n\n%s\n\n%s. [Page](%s.html), [archive](%s).\n\n", md(k.Manifest.Title), md(k.Manifest.Summary), md(k.figures()), k.name(), k.Path)
		for _, c := range k.columns() {
			ids := make([]string, len(c.Rows))
			for i, t := range c.Rows {
				ids[i] = md(strings.TrimSpace(t.ID + " " + t.Name))
			}
			p("- %s: %s\n", md(c.Name), strings.Join(ids, ", "))
		}
		p("\n")
	}
}
