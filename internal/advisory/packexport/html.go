package packexport

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's template and style
	"encoding/base64"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"entente/internal/advisory"
)

//go:embed advisory.tmpl.html
var htmlTemplate string

//go:embed advisory.css
var htmlStyle string

// htmlPage is what the template shows. Everything in it is text that html/template escapes for its place, except Style,
// which is ours, and Description, which proseHTML has made of escaped pieces.
type htmlPage struct {
	Policy      string
	Style       template.CSS
	M           *advisory.Manifest
	TLP         string
	TLPClass    string
	Issuers     []htmlLink
	Description template.HTML
	Attack      string
	Figures     []htmlFigure
	Columns     []*htmlColumn
	Mitigations []htmlMitigation
	Indicators  []htmlIndicator
	Rules       []*htmlRule
	References  []htmlLink
}

type (
	htmlFigure struct {
		Value int
		Name  string
	}
	htmlLink struct {
		Text, Role, URL string
	}
	htmlColumn struct {
		Anchor, Name string
		Rows         []htmlRow
	}
	// htmlRow is a technique under a tactic: in full under its first one, a pointer under the others.
	htmlRow struct {
		*htmlTechnique
		Elsewhere string // name of the tactic where it stands in full
		Sub       bool   // its parent stands under the tactic, too
	}
	htmlTechnique struct {
		T         *technique
		Anchor    string
		Name, URL string
		Short     string // name without the parent's
		Today     string
		Detected  bool
		Rules     []*htmlRule
		Stops     []htmlLink
	}
	htmlMitigation struct {
		*advisory.Mitigation
		Anchor string
		IDs    []htmlLink
		Stops  []*htmlTechnique
	}
	htmlIndicator struct {
		Type, Value, Context, Confidence, Level string
		TTPs                                    []string
	}
	htmlRule struct {
		Anchor, Title, Level, Status, Description, Path, Text, Stage string
		FalsePos                                                     []string
	}
)

// writeHTML writes one page that needs nothing else: no script, no network, no other file. Its content security policy
// allows its one style sheet, by hash, and nothing besides.
func (b *book) writeHTML(w *bytes.Buffer) error {
	t, err := template.New("advisory").Parse(htmlTemplate)
	if err != nil {
		return err
	}
	b.remarkTests("the page")
	return t.Execute(w, b.htmlPage())
}

func (b *book) htmlPage() *htmlPage {
	m := *b.m
	for _, s := range []*string{&m.Title, &m.Summary, &m.ID, &m.Version, &m.License} {
		*s = line(*s)
	}
	m.Stages = slices.Clone(m.Stages)
	for i := range m.Stages {
		m.Stages[i].Title = line(m.Stages[i].Title)
	}
	p := &htmlPage{
		Policy: htmlPolicy(), Style: template.CSS(htmlStyle), M: &m, TLP: tlpName(line(m.TLP)), //nolint:gosec // the style is ours
		Description: template.HTML(proseHTML(m.Description, 3)), //nolint:gosec // proseHTML escapes
		Attack:      b.attackVersions(),
	}
	m.Title = firstOf(m.Title, m.ID, "Advisory")
	switch m.TLP {
	case "clear", "green", "amber", "red":
		p.TLPClass = "tlp-" + m.TLP
	case "amber+strict":
		p.TLPClass = "tlp-amber"
	}
	for _, is := range m.Issuers {
		u, _ := webURL(is.URL)
		p.Issuers = append(p.Issuers, htmlLink{line(is.Name), line(is.Role), u})
	}
	for _, r := range m.References {
		u, _ := webURL(r.URL)
		p.References = append(p.References, htmlLink{line(firstOf(r.Title, r.URL)), "", u})
	}
	rules := b.htmlRules(p)
	b.htmlTechniques(p, rules)
	for i := range b.p.Indicators {
		in := &b.p.Indicators[i]
		p.Indicators = append(p.Indicators, htmlIndicator{
			line(in.Type), line(defang(in.Type, in.Value)), line(indicatorContext(in)), line(in.Confidence), line(in.Level), in.TTPs,
		})
	}
	count := b.p.Count()
	p.Figures = []htmlFigure{
		{len(b.ttps), "techniques"},
		{len(p.Columns), "tactics"},
		{b.detected(), "with a detection"},
		{count.Rules, "rules"},
		{count.Correlations, "correlations"},
		{len(b.p.Mitigations), "mitigations"},
		{len(b.p.Indicators), "indicators"},
	}
	return p
}

func htmlPolicy() string {
	sum := sha256.Sum256([]byte(htmlStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; img-src data:; base-uri 'none'; form-action 'none'"
}

func (b *book) htmlRules(p *htmlPage) map[*ruleFile]*htmlRule {
	out := map[*ruleFile]*htmlRule{}
	for i, f := range b.files {
		r := &htmlRule{
			Anchor: "rule-" + strconv.Itoa(i+1), Title: line(firstOf(f.main.Title, f.path)), Level: firstOf(f.main.Level, "unrated"),
			Status: line(f.main.Status), Description: strings.TrimSpace(clean(f.main.Description)), Path: f.path,
			Text: strings.TrimSpace(clean(f.fileText())), Stage: line(f.stage),
		}
		for _, fp := range f.main.FalsePos {
			r.FalsePos = append(r.FalsePos, line(fp))
		}
		out[f] = r
		p.Rules = append(p.Rules, r)
	}
	return out
}

func (b *book) htmlTechniques(p *htmlPage, rules map[*ruleFile]*htmlRule) {
	stops := map[string]htmlLink{}
	for i := range b.p.Mitigations {
		m := &b.p.Mitigations[i]
		stops[m.ID] = htmlLink{Text: line(m.Title), URL: "#mitigation-" + strconv.Itoa(i+1)}
	}
	techniques := map[*technique]*htmlTechnique{}
	for i, t := range b.ttps {
		h := &htmlTechnique{
			T: t, Anchor: "ttp-" + strconv.Itoa(i+1), Name: line(t.name), URL: b.attackURL(t.id), Detected: len(t.files) > 0,
		}
		if t.name == t.id {
			h.Name = ""
		}
		if h.Short = h.Name; t.object != nil {
			h.Short = line(t.object.Name)
		}
		if now := t.Current(); now != t.ID {
			h.Today = now
		}
		for _, f := range t.files {
			h.Rules = append(h.Rules, rules[f])
		}
		for _, id := range t.Mitigations {
			if l, ok := stops[id]; ok {
				h.Stops = append(h.Stops, l)
			}
		}
		techniques[t] = h
	}
	first := map[*technique]string{}
	for i, c := range b.columns() {
		col := &htmlColumn{Anchor: "tactic-" + strconv.Itoa(i+1), Name: line(c.Name)}
		for _, t := range c.techniques {
			sub := slices.ContainsFunc(c.techniques, func(o *technique) bool {
				return t.object != nil && o.object != nil && t.object.Parent == o.object
			})
			col.Rows = append(col.Rows, htmlRow{techniques[t], first[t], sub})
			if first[t] == "" {
				first[t] = col.Name
			}
		}
		p.Columns = append(p.Columns, col)
	}
	for i := range b.p.Mitigations {
		m := &b.p.Mitigations[i]
		h := htmlMitigation{Mitigation: m, Anchor: "mitigation-" + strconv.Itoa(i+1)}
		for _, id := range m.Attack {
			h.IDs = append(h.IDs, htmlLink{Text: b.countermeasure(id), URL: b.attackURL(id)})
		}
		for _, id := range m.D3FEND {
			h.IDs = append(h.IDs, htmlLink{Text: b.countermeasure(id)})
		}
		for _, t := range b.stoppedBy(m.ID) {
			h.Stops = append(h.Stops, techniques[t])
		}
		p.Mitigations = append(p.Mitigations, h)
	}
}
