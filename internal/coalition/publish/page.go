package publish

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's template and style
	"encoding/base64"
	"html/template"
	"strconv"
	"strings"

	"entente/internal/advisory/packexport"
	"entente/internal/coalition"
)

//go:embed statement.tmpl.html
var pageTemplate string

//go:embed statement.css
var pageStyle string

// pageData is what the template shows. Everything in it is text that html/template escapes for its place, except Style, which
// is ours, and the prose of texts, which is made of escaped pieces.
type pageData struct {
	Policy, Language, Title, Coalition, TLP, TLPClass string
	Style                                             template.CSS
	Titles                                            []pageWords
	Revision                                          int64
	Supersedes                                        coalition.Digest
	Statement                                         string
	Changed, ChangedAt                                string
	Groups                                            []pageGroup
	Silent                                            []pageParty
	Texts                                             []pageText
	Claims                                            []pageClaim
	Columns                                           []string // claims as the table has them
	Large                                             bool
	Members                                           []*pageMember
	Packs                                             []pagePack
	Digest, First                                     coalition.Digest
	Files                                             []file
}

type (
	pageParty struct{ Name, ID string } // ID is "" where the name says no more
	pageWords struct {
		Language, Name string
		Paragraphs     []string
	}
	pageGroup struct {
		Heading, Meaning, Class string
		Members                 []*pageMember
	}
	pageText struct {
		Path, Language string
		Prose          template.HTML
		Plain          string
	}
	pageClaim struct {
		Number int
		ID     string
		Words  []pageWords
	}
	pageMember struct {
		Anchor, Name, ID, Verb, Class, Part, Covers, At, Signed string
		Likelihood, Confidence                                  *judgement
		Cells                                                   []pageCell
		Words                                                   []pageWords
	}
	pageCell struct {
		Claim  string
		Speaks bool
	}
	pagePack struct {
		Title, Summary, Version, TLP, Figures, Page, Table, Path string
		Columns                                                  []column
	}
)

// page writes one page that needs nothing else: no script, no network, no other file. Its content security policy allows its
// one style sheet, by hash, and nothing besides.
func page(b *book) ([]byte, error) {
	t, err := template.New("statement").Parse(pageTemplate)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, b.page())
	return out.Bytes(), err
}

func (b *book) page() *pageData {
	one, others := primary(b.Manifest.Title)
	sum := sha256.Sum256([]byte(pageStyle))
	p := &pageData{
		Policy:   "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; base-uri 'none'; form-action 'none'",
		Language: one.Language, Title: packexport.Words(one.Text), Coalition: words(b.Root.Name),
		TLP: "TLP:" + strings.ToUpper(b.Manifest.TLP), TLPClass: "tlp-" + b.Manifest.TLP, Style: template.CSS(pageStyle), //nolint:gosec // the style is ours
		Titles: wordsOf(others), Revision: b.Manifest.Revision, Supersedes: b.Manifest.Supersedes, Statement: b.Manifest.Statement,
		Changed: day(b.changed()), ChangedAt: b.changed().String(), Digest: b.Digest, First: b.First, Files: b.files, Large: b.large(),
	}
	members := map[*coalition.Said]*pageMember{}
	if columns := b.claims(); !p.Large && (len(columns) > 1 || columns[0] != "") {
		p.Columns = columns
	}
	for i := range b.Said {
		m := b.pageMember(i, p.Columns)
		p.Members, members[&b.Said[i]] = append(p.Members, m), m
	}
	for _, g := range b.groups {
		pg := pageGroup{Heading: heading(g.Stance), Meaning: meaning(g.Stance), Class: "s-" + string(g.Stance)}
		for _, s := range g.Said {
			pg.Members = append(pg.Members, members[s])
		}
		p.Groups = append(p.Groups, pg)
	}
	for _, n := range b.silent() {
		p.Silent = append(p.Silent, pageParty{words(n.name), n.tag()})
	}
	for _, t := range b.texts {
		pt := pageText{Path: t.Path, Language: t.Language}
		if t.Markdown {
			pt.Prose = template.HTML(packexport.ProseHTML(t.Text, 3)) //nolint:gosec // ProseHTML escapes
		} else {
			pt.Plain = strings.TrimSpace(packexport.Words(t.Text))
		}
		p.Texts = append(p.Texts, pt)
	}
	for i, c := range b.Manifest.Claims {
		p.Claims = append(p.Claims, pageClaim{i + 1, c.ID, wordsOf(c.Text)})
	}
	for _, k := range b.packs {
		p.Packs = append(p.Packs, pagePack{
			words(k.Manifest.Title), words(k.Manifest.Summary), k.Manifest.Version, "TLP:" + strings.ToUpper(k.Manifest.TLP), k.figures(),
			k.name() + ".html", k.name() + ".csv", k.Path, k.columns(),
		})
	}
	return p
}

func (b *book) pageMember(i int, claims []string) *pageMember {
	s := &b.Said[i]
	m := &pageMember{
		Anchor: "member-" + strconv.Itoa(i+1), Name: words(name(s)), ID: partyOf(s).tag(), Verb: verb(s.Stance), Class: "s-" + string(s.Stance), Part: b.part(s),
		Covers: covered(s), At: s.At.String(), Signed: day(s.At), Likelihood: shown(likelihood(s.Likelihood)), Confidence: shown(confidence(s.Confidence)),
		Words: wordsOf(s.Wording),
	}
	for _, c := range claims {
		m.Cells = append(m.Cells, pageCell{c, b.speaks(s, c)})
	}
	return m
}

// words is a name for a page.
func words(s string) string { return strings.Join(strings.Fields(packexport.Words(s)), " ") }

func shown(j *judgement) *judgement {
	if j != nil {
		j.Word, j.Scale = words(j.Word), words(j.Scale)
	}
	return j
}

// wordsOf are wordings for a page, in paragraphs.
func wordsOf(list []coalition.Wording) []pageWords {
	var out []pageWords
	for _, w := range list {
		p := pageWords{Language: w.Language, Name: languageName(w.Language)}
		for para := range strings.SplitSeq(packexport.Words(w.Text), "\n\n") {
			if para = strings.TrimSpace(para); para != "" {
				p.Paragraphs = append(p.Paragraphs, para)
			}
		}
		out = append(out, p)
	}
	return out
}
