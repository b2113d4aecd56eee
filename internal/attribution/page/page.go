// Package page writes the dossier of a case as one HTML page that needs nothing else: no script, no network, no other file.
//
// It guarantees that every text of a case is escaped for its place, and that the page's content security policy allows its one
// style sheet, by hash, and nothing besides. What is on it is what the [attribution.Dossier] says: labels are its maker's matter.
package page

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed" // the page's template and style
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"entente/internal/advisory/packexport"
	"entente/internal/attribution"
	"entente/internal/coalition"
)

//go:embed dossier.tmpl.html
var text string

//go:embed dossier.css
var style string

// view is what the template shows beside the dossier.
type view struct {
	*attribution.Dossier
	Policy  string
	Style   template.CSS
	Label   string
	Class   string
	Answers []answer
	Rows    []matrix
	Moments []attribution.DossierMoment // what the evidence is about
	Changes []attribution.DossierMoment // what was done to the case, but for ratings
	Rated   int
	Graph   template.URL // a picture, as data
	texts   map[string]string
}

// answer is a hypothesis with what members judge of it.
type answer struct {
	attribution.DossierAnswer
	Score   *attribution.DossierScore
	Of      int // hypotheses that it is ranked with
	Widest  int // what is against the last of them
	Said    []said
	Spread  *attribution.DossierSpread
	Pooled  *attribution.DossierSlot
	Members int // that are pooled
}

type said struct {
	attribution.DossierOpinion
	Outside bool
	Title   string // of the scale of likelihood
	Sure    string // title of the scale of confidence
}

type matrix struct {
	attribution.DossierMatrix
	Items []row // those that tell most apart first
}

type row struct {
	attribution.DossierRow
	Item *attribution.DossierItem // nil where it may not be told
}

// Options of a page.
type Options struct {
	Label string // of what is on it
	Graph []byte // SVG: a picture of who stands behind whom; nil without. It is shown as an image, so that nothing in it runs or loads
}

// maxGraph bounds a picture.
const maxGraph = 8 << 20

// Write writes the page of a dossier.
func Write(d *attribution.Dossier, opt Options) ([]byte, error) {
	v := newView(d, cmp.Or(opt.Label, d.TLP))
	if len(opt.Graph) > 0 {
		if len(opt.Graph) > maxGraph || !bytes.Contains(opt.Graph[:min(len(opt.Graph), 1024)], []byte("<svg")) {
			return nil, errors.New("the graph is no picture in SVG, or has more than 8 MiB")
		}
		v.Graph = template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(opt.Graph)) //nolint:gosec // an image: it runs and loads nothing
	}
	t, err := template.New("dossier").Funcs(template.FuncMap{
		"w": packexport.Words, "line": packexport.Line, "pct": func(p float64) string { return fmt.Sprintf("%.0f", 100*p) },
		"day": day, "stamp": func(t time.Time) string { return t.UTC().Format(time.RFC3339) }, "words": func(s string) string { return strings.ReplaceAll(s, "-", " ") },
		"says": func(key string) string { return packexport.Words(v.texts[key]) }, "list": func(l []string) string { return packexport.Line(strings.Join(l, ", ")) },
		"rating": rating, "wide": func(least, most int) int { return max(most-least, 1) }, "link": link,
		"share": func(n, of int) int { return 100 * n / max(of, 1) }, "tells": tells, "upper": strings.ToUpper, "letter": func(r string) string { return cmp.Or(r, "?") },
	}).Parse(text)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = t.Execute(&out, v)
	return out.Bytes(), err
}

func newView(d *attribution.Dossier, label string) *view {
	sum := sha256.Sum256([]byte(style))
	v := &view{
		Dossier: d, Style: template.CSS(style), Label: "TLP:" + strings.ToUpper(label), //nolint:gosec // the style is ours
		Policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; base-uri 'none'; form-action 'none'",
		Class:  strings.ReplaceAll(label, "+", "-"), texts: map[string]string{},
	}
	if label == "" {
		v.Label = ""
	}
	for _, h := range d.Hypotheses {
		v.texts[h.Key] = h.Text
		v.Answers = append(v.Answers, v.answer(h))
	}
	slices.SortStableFunc(v.Answers, func(a, b answer) int { return cmp.Compare(a.rank(), b.rank()) })
	items := map[string]*attribution.DossierItem{}
	for n := range d.Evidence {
		items[d.Evidence[n].Key] = &d.Evidence[n]
	}
	for _, m := range d.Matrices {
		if len(m.Rows) == 0 || len(m.Hypotheses) < 2 {
			continue
		}
		x := matrix{DossierMatrix: m}
		for _, r := range m.Rows {
			x.Items = append(x.Items, row{r, items[r.Key]})
		}
		slices.SortStableFunc(x.Items, func(a, b row) int { return cmp.Compare(b.Diagnosticity, a.Diagnosticity) })
		v.Rows = append(v.Rows, x)
	}
	for _, m := range d.Timeline {
		switch m.What {
		case attribution.Happened, attribution.Received:
			v.Moments = append(v.Moments, m)
		case attribution.Rated:
			v.Rated++
		default:
			v.Changes = append(v.Changes, m)
		}
	}
	return v
}

func (a *answer) rank() int {
	if a.Score == nil {
		return 1 << 30
	}
	return a.Score.Rank
}

func (v *view) answer(h attribution.DossierAnswer) answer {
	a := answer{DossierAnswer: h}
	for _, m := range v.Matrices {
		for n := range m.Hypotheses {
			if s := &m.Hypotheses[n]; s.Key == h.Key && m.Set == h.Set && len(m.Rows) > 0 && len(m.Hypotheses) > 1 {
				a.Score, a.Of, a.Widest = s, len(m.Hypotheses), m.Hypotheses[len(m.Hypotheses)-1].Against
			}
		}
	}
	for _, p := range v.Pools {
		for n := range p.Slots {
			if s := &p.Slots[n]; s.Key == h.Key && s.Linear != nil && len(p.Members) > 1 {
				a.Pooled, a.Members = s, len(p.Members)
			}
		}
		for n := range p.Spreads {
			if s := &p.Spreads[n]; s.Hypothesis == h.Key {
				a.Spread = s
			}
		}
	}
	for _, o := range v.Judgements {
		if o.Hypothesis != h.Key {
			continue
		}
		x := said{DossierOpinion: o}
		x.Outside = a.Spread != nil && slices.Contains(a.Spread.Outside, o.By)
		if o.Likelihood != nil {
			x.Title = title(o.Likelihood.Scale)
		}
		if o.Confidence != nil {
			x.Sure = title(o.Confidence.Scale)
		}
		a.Said = append(a.Said, x)
	}
	return a
}

// title is what people call a scale.
func title(scale string) string {
	for _, s := range coalition.Scales {
		if s.Name == scale {
			return s.Title
		}
	}
	return "own words"
}

func day(t any) string {
	switch t := t.(type) {
	case time.Time:
		return t.UTC().Format("2 January 2006")
	case *time.Time:
		return t.UTC().Format("2 January 2006")
	}
	return ""
}

// rating is a rating in words.
func rating(r string) string {
	return map[string]string{
		"CC": "very consistent", "C": "consistent", "N": "neutral", "I": "inconsistent", "II": "very inconsistent", "NA": "not applicable", "": "not rated",
	}[r]
}

// tells is diagnosticity in words.
func tells(d float64) string {
	switch {
	case d == 0:
		return "nothing"
	case d < 0.5:
		return "little"
	case d < 1:
		return "much"
	}
	return "most"
}

// link is an address that a page may link to, "" for all others.
func link(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return ""
	}
	return s
}
