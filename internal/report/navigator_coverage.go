package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"entente/internal/coverage"
	"entente/internal/hunt"
)

// NewCoverageNavigator writes a layer of the ATT&CK Navigator, format 4.5, for a hunt with advisory packs: each technique
// of the packs in the colour of its state, with what was found, or what is missing, as comment. A technique of several
// packs has the first of their states in the order of [coverage.States]. Techniques that only other rules found are found,
// too. Everything is written at Close.
func NewCoverageNavigator(w io.Writer, o Options) Sink {
	return &coverageLayer{navigator: navigator{w: w, techniques: map[string]*navTechnique{}}, o: o}
}

type coverageLayer struct {
	navigator
	o Options
}

// layerTechnique is a technique of the layer.
type layerTechnique struct {
	id       string
	state    coverage.State
	findings int64
	comment  []string
}

func (c *coverageLayer) Close(sum *hunt.Summary) error {
	if sum == nil {
		sum = &hunt.Summary{}
	}
	r := c.o.Coverage.Report(sum)
	list := c.layer(r)
	j := jsonText{b: []byte{'{'}}
	title, version := "Entente hunt", sum.ATTACKVersion
	if len(r.Packs) > 0 {
		var names []string
		for i := range r.Packs {
			names = append(names, r.Packs[i].Manifest.ID)
		}
		title = "Coverage of " + strings.Join(names, ", ")
		if version == "" {
			version = r.Packs[0].Manifest.Attack.Today
		}
	}
	j.str("name", visible(title))
	j.object("versions", func() {
		if v, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), "."); v != "" {
			j.str("attack", v)
		}
		j.str("navigator", "5.1.0")
		j.str("layer", "4.5")
	})
	j.str("domain", "enterprise-attack")
	j.str("description", coverageDescription(r, sum))
	j.num("sorting", 0)
	j.object("layout", func() {
		j.str("layout", "side")
		j.boolean("showID", true)
		j.boolean("showName", true)
		j.boolean("showAggregateScores", false)
		j.boolean("countUnscored", false)
		j.str("aggregateFunction", "max")
		j.str("expandedSubtechniques", "annotated")
	})
	j.boolean("hideDisabled", false)
	j.array("techniques", func() {
		for _, t := range list {
			j.item(func() { t.write(&j) })
			j.b = append(j.b, '\n')
		}
	})
	j.object("gradient", func() {
		most := int64(1)
		for _, t := range list {
			most = max(most, t.findings)
		}
		j.list("colors", []string{"#ffffff", stateColour(coverage.Found)})
		j.num("minValue", 0)
		j.num("maxValue", most)
	})
	j.array("legendItems", func() {
		for _, s := range coverage.States {
			j.item(func() {
				j.str("label", stateWords(s))
				j.str("color", stateColour(s))
			})
		}
	})
	j.array("metadata", func() {
		for i := range r.Packs {
			p := &r.Packs[i]
			j.item(func() {
				j.str("name", visible(p.Manifest.ID+" "+p.Manifest.Version))
				j.str("value", countsText(p))
			})
		}
		for _, v := range coverage.Verdicts {
			j.item(func() {
				j.str("name", verdictWords(v))
				j.str("value", plural(int64(verdictCount(r, v)), "host"))
			})
		}
	})
	j.b = append(j.b, "}\n"...)
	_, err := c.w.Write(j.b)
	return err
}

// layer puts the TTPs of all packs together by technique.
func (c *coverageLayer) layer(r *coverage.Report) []*layerTechnique {
	byID := map[string]*layerTechnique{}
	for i := range r.Packs {
		p := &r.Packs[i]
		for k := range p.TTPs {
			t := &p.TTPs[k]
			lt := byID[t.Current()]
			if lt == nil {
				lt = &layerTechnique{id: t.Current(), state: t.State}
				byID[lt.id] = lt
			}
			if slices.Index(coverage.States[:], t.State) < slices.Index(coverage.States[:], lt.state) {
				lt.state = t.State
			}
			lt.findings += t.Findings
			lt.comment = append(lt.comment, ttpComment(r, p, t, len(r.Packs) > 1))
		}
	}
	for id, n := range c.techniques {
		lt := byID[id]
		if lt == nil {
			lt = &layerTechnique{id: id}
			byID[id] = lt
		}
		if lt.state == coverage.Found {
			continue
		}
		// A rule of no pack found it, or a detection of another TTP that has this technique as a tag, too.
		lt.state, lt.findings = coverage.Found, n.levels.total()
		for _, rule := range n.sortedRules() {
			lt.comment = append(lt.comment, fmt.Sprintf("%s: %s (%d)", rule.level, visible(rule.title), rule.count))
		}
	}
	list := make([]*layerTechnique, 0, len(byID))
	for _, t := range byID {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b *layerTechnique) int { return strings.Compare(a.id, b.id) })
	return list
}

func (t *layerTechnique) write(j *jsonText) {
	j.str("techniqueID", t.id)
	if t.findings > 0 {
		j.num("score", t.findings)
	}
	j.str("color", stateColour(t.state))
	j.str("comment", clipBytes(strings.Join(t.comment, "\n\n"), 4096))
	j.boolean("enabled", true)
	j.boolean("showSubtechniques", strings.IndexByte(t.id, '.') < 0)
	j.array("metadata", func() {
		j.item(func() {
			j.str("name", "state")
			j.str("value", stateWords(t.state))
		})
	})
}

func ttpComment(r *coverage.Report, p *coverage.Pack, t *coverage.TTP, named bool) string {
	var b strings.Builder
	if named {
		fmt.Fprintf(&b, "[%s] ", visible(p.Manifest.ID))
	}
	b.WriteString(stateWords(t.State))
	switch t.State {
	case coverage.Found:
		fmt.Fprintf(&b, ": %s on %s", plural(t.Findings, "finding"), plural(int64(len(t.Hosts)), "host"))
		for i := range t.Rules {
			if rule := &t.Rules[i]; rule.Findings > 0 {
				fmt.Fprintf(&b, "\n%s: %s (%d)", parseLevel(rule.Level), visible(rule.Title), rule.Findings)
			}
		}
	case coverage.Blind:
		for _, n := range t.Missing {
			l := &r.Missing[n]
			fmt.Fprintf(&b, "\nmissing: %s", visible(l.Name))
			for _, how := range l.Enable {
				fmt.Fprintf(&b, "\n  %s", visible(how))
			}
		}
	case coverage.NoLog:
		fmt.Fprintf(&b, ": %s", visible(t.WhyNoLog()))
		for _, q := range t.Questions {
			fmt.Fprintf(&b, "\nask: %s", visible(q.Ask))
			if q.LookFor != "" {
				fmt.Fprintf(&b, "\n  look for: %s", visible(q.LookFor))
			}
			if q.Where != "" {
				fmt.Fprintf(&b, "\n  where: %s", visible(q.Where))
			}
		}
	case coverage.NotFound:
		if t.Partly {
			b.WriteString(", by some of its detections: others lack their logs")
		}
	}
	return b.String()
}

func coverageDescription(r *coverage.Report, sum *hunt.Summary) string {
	var d strings.Builder
	if text := incompleteText(sum); text != "" {
		d.WriteString(text + " ")
	}
	d.WriteString("Colour: found, looked for and not found, could not look (logs missing), or no log can show it. Score: number of findings.")
	for i := range r.Packs {
		m := &r.Packs[i].Manifest
		fmt.Fprintf(&d, " %s %s: %s.", visible(m.Title), visible(m.Version), countsText(&r.Packs[i]))
	}
	d.WriteString(eventsText(sum))
	return d.String()
}

// countsText is how the TTPs of a pack stand, in words.
func countsText(p *coverage.Pack) string {
	var parts []string
	for _, s := range coverage.States {
		parts = append(parts, fmt.Sprintf("%d %s", p.Counts[s], stateWords(s)))
	}
	return strings.Join(parts, ", ")
}
