package packexport

import (
	"io"
	"slices"
	"strings"
)

// The parts of a layer, format 4.5, that an export writes.
type (
	navLayer struct {
		Name        string            `json:"name"`
		Versions    map[string]string `json:"versions"`
		Domain      string            `json:"domain"`
		Description string            `json:"description"`
		Sorting     int               `json:"sorting"`
		Layout      navLayout         `json:"layout"`
		Hide        bool              `json:"hideDisabled"`
		Techniques  []navTechnique    `json:"techniques"`
		Gradient    navGradient       `json:"gradient"`
		Legend      []navLegend       `json:"legendItems"`
		Metadata    []navMeta         `json:"metadata"`
		Links       []navLink         `json:"links,omitempty"`
	}
	navLayout struct {
		Layout      string `json:"layout"`
		ShowID      bool   `json:"showID"`
		ShowName    bool   `json:"showName"`
		Expanded    string `json:"expandedSubtechniques"`
		ShowScores  bool   `json:"showAggregateScores"`
		CountUnsure bool   `json:"countUnscored"`
		Function    string `json:"aggregateFunction"`
	}
	navTechnique struct {
		ID       string    `json:"techniqueID"`
		Tactic   string    `json:"tactic,omitempty"`
		Score    int       `json:"score"`
		Colour   string    `json:"color"`
		Comment  string    `json:"comment,omitempty"`
		Enabled  bool      `json:"enabled"`
		Metadata []navMeta `json:"metadata,omitempty"`
		ShowSubs bool      `json:"showSubtechniques"`
	}
	navGradient struct {
		Colours []string `json:"colors"`
		Min     int      `json:"minValue"`
		Max     int      `json:"maxValue"`
	}
	navLegend struct {
		Label  string `json:"label"`
		Colour string `json:"color"`
	}
	navMeta struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	navLink struct {
		Label string `json:"label"`
		URL   string `json:"url"`
	}
)

// What a technique's score and colour say.
const (
	navFound, navAsked       = 1, 0
	navGreen, navSand        = "#2a9d8f", "#e9c46a"
	navMaxComment            = 8 << 10
	navVersion, navLayerForm = "5.1.0", "4.5"
)

// writeNavigator writes a layer: each technique under each of its tactics, with score 1 where the pack has a detection and 0
// where it has not, and the procedure and the detections as comment.
func (b *book) writeNavigator(w io.Writer) error {
	version := b.m.Attack.Published
	if b.today {
		version = b.m.Attack.Today
	}
	l := navLayer{
		Name: firstOf(line(b.m.Title), b.m.ID), Domain: b.navDomain(), Versions: map[string]string{"navigator": navVersion, "layer": navLayerForm},
		Description: line(b.m.Summary), Sorting: 0, Techniques: []navTechnique{},
		Layout:   navLayout{"side", true, true, "annotated", false, false, "max"},
		Gradient: navGradient{[]string{navSand, navGreen}, navAsked, navFound},
		Legend:   []navLegend{{"with a detection", navGreen}, {"no rule can be written", navSand}},
		Metadata: []navMeta{{"pack", b.m.ID}, {"version", b.m.Version}, {"issued", string(b.m.Issued)}, {"tlp", tlpName(b.m.TLP)}},
	}
	if major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), "."); allDigits(major) {
		l.Versions["attack"] = major
	}
	for _, r := range b.m.References {
		if u, ok := webURL(r.URL); ok {
			l.Links = append(l.Links, navLink{firstOf(line(r.Title), u), u})
		}
	}
	l.Metadata = slices.DeleteFunc(l.Metadata, func(m navMeta) bool { return m.Value == "" })
	at := map[[2]string]int{} // two entries may have one id today
	for _, t := range b.ttps {
		tactics := t.tactics
		if b.today {
			tactics = b.tacticsToday(t)
		}
		if len(tactics) == 0 {
			tactics = []string{""}
		}
		for _, tactic := range tactics {
			nt := b.navTechnique(t, tactic)
			key := [2]string{nt.ID, nt.Tactic}
			i, ok := at[key]
			if !ok {
				at[key] = len(l.Techniques)
				l.Techniques = append(l.Techniques, nt)
				continue
			}
			old := &l.Techniques[i]
			old.Comment = clip(old.Comment+"\n\n"+nt.Comment, navMaxComment)
			if nt.Score > old.Score {
				old.Score, old.Colour = nt.Score, nt.Colour
			}
		}
	}
	if n := len(b.p.Indicators); n > 0 {
		b.remark("indicators.yml", "a layer has no place for them: %s left out", plural(n, "indicator is", "indicators are"))
	}
	if n := len(b.files); n > 0 {
		b.remark("rules", "a layer has no place for them: %s named, without text", plural(n, "rule file is", "rule files are"))
	}
	if n := len(b.p.Mitigations); n > 0 {
		b.remark("mitigations.yml", "a layer has no place for them: %s left out", plural(n, "mitigation is", "mitigations are"))
	}
	b.remarkTests("a layer")
	out, err := jsonText(l)
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

// tacticsToday are the tactics that today's id has: a tactic that was split or renamed since is shown under no column.
func (b *book) tacticsToday(t *technique) []string {
	if t.object == nil {
		return t.tactics
	}
	var has, out []string
	for _, o := range t.object.Latest().Tactics {
		has = append(has, o.Short)
	}
	for _, s := range t.tactics {
		if slices.Contains(has, s) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return has
	}
	return out
}

func (b *book) navTechnique(t *technique, tactic string) navTechnique {
	nt := navTechnique{
		ID: t.id, Tactic: tactic, Score: navAsked, Colour: navSand, Enabled: true, ShowSubs: !strings.Contains(t.id, "."),
	}
	parts := []string{t.Procedure}
	if len(t.files) > 0 {
		nt.Score, nt.Colour = navFound, navGreen
		titles := make([]string, len(t.files))
		for i, f := range t.files {
			titles[i] = "- " + line(f.main.Title)
		}
		parts = append(parts, "Detections:\n"+strings.Join(titles, "\n"))
	} else if t.Undetectable != "" {
		parts = append(parts, "No log can show it: "+t.Undetectable)
	}
	nt.Comment = clip(strings.TrimSpace(clean(strings.Join(parts, "\n\n"))), navMaxComment)
	nt.Metadata = []navMeta{{"ref", line(t.Ref)}, {"published as", t.ID}, {"today", t.Current()}, {"confidence", t.Confidence}}
	nt.Metadata = slices.DeleteFunc(nt.Metadata, func(m navMeta) bool {
		return m.Value == "" || m.Value == t.id && m.Name != "ref"
	})
	return nt
}

// clip cuts a text to about n bytes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// navDomain is the matrix that a layer is of: ICS or Mobile where ATT&CK has every technique there, otherwise Enterprise.
func (b *book) navDomain() string {
	for _, d := range []struct{ short, name string }{{"ics", "ics-attack"}, {"mobile", "mobile-attack"}} {
		all := len(b.ttps) > 0
		for _, t := range b.ttps {
			in := false
			if t.object != nil {
				for _, have := range t.object.Domains {
					in = in || string(have) == d.short
				}
				for _, have := range t.object.Domains {
					in = in && string(have) != "enterprise"
				}
			}
			all = all && in
		}
		if all {
			return d.name
		}
	}
	return "enterprise-attack"
}
