package packexport

import (
	"html"
	"strings"
)

// The Markdown that a description may hold: headings, paragraphs, lists, emphasis, code, links. Anything else, HTML above
// all, is text. It is read into blocks and written anew, so that nothing of the source reaches a reader unescaped.

type proseBlock struct {
	kind  proseKind
	level int         // of a heading: 1 to 6
	text  string      // of code
	items [][]proseIn // lines of a list; the one of a heading or paragraph
}

type proseKind uint8

const (
	paragraph proseKind = iota
	heading
	bullets
	numbers
	codeBlock
)

// proseIn is a run of text.
type proseIn struct {
	text string
	mark proseMark
	url  string // of a link
}

type proseMark uint8

const (
	plain proseMark = iota
	emphasis
	strong
	code
	link
)

// parseProse reads Markdown that is clean.
func parseProse(text string) []proseBlock {
	var out []proseBlock
	var para []string
	flush := func() {
		if len(para) > 0 {
			out = append(out, proseBlock{kind: paragraph, items: [][]proseIn{inline(strings.Join(para, " "))}})
			para = nil
		}
	}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		bare := strings.TrimSpace(lines[i])
		if strings.HasPrefix(bare, "```") {
			flush()
			var body []string
			for i++; i < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[i]), "```"); i++ {
				body = append(body, lines[i])
			}
			out = append(out, proseBlock{kind: codeBlock, text: strings.Join(body, "\n")})
			continue
		}
		if bare == "" {
			flush()
			continue
		}
		if n := len(bare) - len(strings.TrimLeft(bare, "#")); n > 0 && n <= 6 && strings.HasPrefix(bare[n:], " ") {
			flush()
			out = append(out, proseBlock{kind: heading, level: n, items: [][]proseIn{inline(strings.Trim(bare[n:], " #"))}})
			continue
		}
		kind, rest := listItem(bare)
		last := len(out) - 1
		switch {
		case kind != paragraph:
			flush()
			if last < 0 || out[last].kind != kind {
				out = append(out, proseBlock{kind: kind})
				last = len(out) - 1
			}
			out[last].items = append(out[last].items, inline(rest))
		case len(para) == 0 && last >= 0 && (out[last].kind == bullets || out[last].kind == numbers) &&
			i > 0 && strings.TrimSpace(lines[i-1]) != "" && strings.HasPrefix(lines[i], " "):
			items := out[last].items // an item goes on
			items[len(items)-1] = append(items[len(items)-1], append([]proseIn{{text: " "}}, inline(bare)...)...)
		default:
			para = append(para, bare)
		}
	}
	flush()
	return out
}

// listItem tells a line of a list, and returns what is behind its mark.
func listItem(s string) (proseKind, string) {
	if len(s) > 2 && strings.ContainsRune("-*+", rune(s[0])) && s[1] == ' ' {
		return bullets, strings.TrimSpace(s[2:])
	}
	n := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if n > 0 && n < 4 && (strings.HasPrefix(s[n:], ". ") || strings.HasPrefix(s[n:], ") ")) {
		return numbers, strings.TrimSpace(s[n+2:])
	}
	return paragraph, s
}

// inline reads the runs of a line. Marks do not nest; one without its end is text. Each search for an end that finds none is
// remembered, so that a line takes time in proportion to its length.
func inline(s string) []proseIn {
	var out []proseIn
	var text strings.Builder
	dead := map[string]bool{}
	flush := func() {
		if text.Len() > 0 {
			out = append(out, proseIn{text: text.String()})
			text.Reset()
		}
	}
	for i := 0; i < len(s); {
		rest := s[i:]
		if rest[0] == '\\' && len(rest) > 1 && strings.IndexByte("\\`*_[]<>#&|", rest[1]) >= 0 {
			text.WriteByte(rest[1])
			i += 2
			continue
		}
		if rest[0] == '[' && !dead["["] {
			run, n, found := readLink(rest)
			if n > 0 {
				flush()
				out = append(out, run)
				i += n
				continue
			}
			dead["["] = !found
		}
		done := false
		for _, m := range [...]struct {
			sign string
			mark proseMark
		}{{"`", code}, {"**", strong}, {"*", emphasis}, {"_", emphasis}} {
			body, ok := strings.CutPrefix(rest, m.sign)
			if !ok || dead[m.sign] || body == "" || body[0] == ' ' || m.sign == "_" && i > 0 && wordByte(s[i-1]) {
				continue
			}
			end := strings.Index(body, m.sign)
			if end < 0 {
				dead[m.sign] = true
				continue
			}
			if end == 0 || m.sign == "_" && len(body) > end+1 && wordByte(body[end+1]) {
				continue
			}
			flush()
			out = append(out, proseIn{text: body[:end], mark: m.mark})
			i += 2*len(m.sign) + end
			done = true
			break
		}
		if !done {
			text.WriteByte(s[i])
			i++
		}
	}
	flush()
	return out
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// readLink reads [text](address) at the start of s. found says that there is a closing bracket at all.
func readLink(s string) (run proseIn, n int, found bool) {
	text, rest, ok := strings.Cut(s[1:], "]")
	if !ok {
		return run, 0, false
	}
	if !strings.HasPrefix(rest, "(") || len(text) > 500 {
		return run, 0, true
	}
	end := strings.IndexByte(rest[:min(len(rest), 2000)], ')')
	if end < 0 {
		return run, 0, true
	}
	address, ok := webURL(rest[1:end])
	if !ok || text == "" {
		return run, 0, true
	}
	return proseIn{text: text, mark: link, url: address}, 2 + len(text) + end + 1, true
}

// proseHTML writes Markdown as HTML whose headings begin at a level.
func proseHTML(text string, top int) string { return blocksHTML(parseProse(clean(text)), top) }

func blocksHTML(blocks []proseBlock, top int) string {
	var b strings.Builder
	tag := func(name string, items []proseIn) {
		b.WriteString("<" + name + ">")
		for _, r := range items {
			t := html.EscapeString(r.text)
			switch r.mark {
			case emphasis:
				t = "<em>" + t + "</em>"
			case strong:
				t = "<strong>" + t + "</strong>"
			case code:
				t = "<code>" + t + "</code>"
			case link:
				t = `<a rel="noreferrer" href="` + html.EscapeString(r.url) + `">` + t + "</a>"
			case plain:
			}
			b.WriteString(t)
		}
		b.WriteString("</" + name + ">\n")
	}
	for _, bl := range blocks {
		switch bl.kind {
		case heading:
			tag("h"+string(rune('0'+min(6, top+bl.level-1))), bl.items[0])
		case codeBlock:
			b.WriteString("<pre>" + html.EscapeString(bl.text) + "</pre>\n")
		case bullets, numbers:
			name := map[proseKind]string{bullets: "ul", numbers: "ol"}[bl.kind]
			b.WriteString("<" + name + ">\n")
			for _, it := range bl.items {
				tag("li", it)
			}
			b.WriteString("</" + name + ">\n")
		case paragraph:
			tag("p", bl.items[0])
		}
	}
	return b.String()
}

// proseMarkdown writes Markdown anew, with headings that begin at a level and everything else that could mean something
// escaped.
func proseMarkdown(text string, top int) string { return blocksMarkdown(parseProse(clean(text)), top) }

func blocksMarkdown(blocks []proseBlock, top int) string {
	var b strings.Builder
	runs := func(items []proseIn) {
		var l strings.Builder
		for _, r := range items {
			switch r.mark {
			case emphasis:
				l.WriteString("*" + escapeMarkdown(r.text) + "*")
			case strong:
				l.WriteString("**" + escapeMarkdown(r.text) + "**")
			case code:
				l.WriteString(codeMarkdown(r.text))
			case link:
				l.WriteString(linkMarkdown(r.text, r.url))
			case plain:
				l.WriteString(escapeMarkdown(r.text))
			}
		}
		b.WriteString(l.String())
		b.WriteByte('\n')
	}
	for _, bl := range blocks {
		switch bl.kind {
		case heading:
			b.WriteString(strings.Repeat("#", min(6, top+bl.level-1)) + " ")
			runs(bl.items[0])
		case codeBlock:
			b.WriteString(fenced("", bl.text))
		case bullets, numbers:
			for _, it := range bl.items {
				b.WriteString(map[proseKind]string{bullets: "- ", numbers: "1. "}[bl.kind])
				runs(it)
			}
		case paragraph:
			runs(bl.items[0])
		}
		b.WriteByte('\n')
	}
	return b.String()
}
