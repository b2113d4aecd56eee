package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"entente/internal/coverage"
	"entente/internal/hunt"
)

// NewNavigator writes a layer of the ATT&CK Navigator, format 4.5: per technique the number of findings as score,
// the worst level as colour, and as comment the rules that fired. Memory holds counts per technique and rule. Everything
// is written at Close.
//
// A layer belongs to one matrix: ICS where every technique is one of it (their numbers start with T0), otherwise
// Enterprise. Techniques of another matrix stand in the file all the same; the Navigator does not show them.
func NewNavigator(w io.Writer) Sink { return &navigator{w: w, techniques: map[string]*navTechnique{}} }

type navigator struct {
	w          io.Writer
	techniques map[string]*navTechnique
	marking
}

type navTechnique struct {
	id, name string
	levels   levelCounts
	rules    map[string]*navRule // by ruleKey
	hosts    map[string]bool
	more     bool // there were more hosts than navHosts
}

type navRule struct {
	title string
	level level
	count int64
}

const (
	navHosts    = 1000 // that a technique counts
	navComments = 25   // rules that a comment lists
)

func (n *navigator) Finding(f *hunt.Finding) error {
	m := meta(f)
	n.mark(m)
	for _, t := range f.Techniques {
		nt := n.techniques[t.ID]
		if nt == nil {
			nt = &navTechnique{id: t.ID, name: t.Name, rules: map[string]*navRule{}, hosts: map[string]bool{}}
			n.techniques[t.ID] = nt
		}
		nt.levels[levelOf(f)] += weight(f)
		r := nt.rules[ruleKey(m)]
		if r == nil {
			r = &navRule{title: Title(m), level: levelOf(f)}
			nt.rules[ruleKey(m)] = r
		}
		r.count += weight(f)
		if f.Host != "" && !nt.hosts[f.Host] {
			if len(nt.hosts) < navHosts {
				nt.hosts[strings.Clone(f.Host)] = true
			} else {
				nt.more = true
			}
		}
	}
	return nil
}

// nameHosts joins hosts that have several names.
func (n *navigator) nameHosts(all []string) {
	all = slices.Clone(all)
	for _, t := range n.techniques {
		all = slices.AppendSeq(all, maps.Keys(t.hosts))
	}
	names := coverage.NewNames(all, nil)
	for _, t := range n.techniques {
		t.hosts = names.Set(t.hosts)
	}
}

func (n *navigator) Close(sum *hunt.Summary) error {
	if sum == nil {
		sum = &hunt.Summary{}
	}
	n.nameHosts(sum.Hosts)
	list := make([]*navTechnique, 0, len(n.techniques))
	most := int64(1)
	for _, t := range n.techniques {
		list = append(list, t)
		most = max(most, t.levels.total())
	}
	slices.SortFunc(list, func(a, b *navTechnique) int { return strings.Compare(a.id, b.id) })
	j := jsonText{b: []byte{'{'}}
	j.str("name", "Entente hunt")
	j.object("versions", func() {
		if v, _, _ := strings.Cut(strings.TrimPrefix(sum.ATTACKVersion, "v"), "."); v != "" {
			j.str("attack", v)
		}
		j.str("navigator", "5.1.0")
		j.str("layer", "4.5")
	})
	j.str("domain", navDomain(list))
	j.str("description", navDescription(sum, &n.marking))
	j.num("sorting", 3)
	j.object("layout", func() {
		j.str("layout", "side")
		j.boolean("showID", true)
		j.boolean("showName", true)
		j.boolean("showAggregateScores", true)
		j.boolean("countUnscored", false)
		j.str("aggregateFunction", "sum")
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
		j.list("colors", []string{"#ffffff", high.colour()})
		j.num("minValue", 0)
		j.num("maxValue", most)
	})
	j.array("legendItems", func() {
		for _, l := range levels[:5] {
			j.item(func() {
				j.str("label", "worst level: "+l.String())
				j.str("color", l.colour())
			})
		}
	})
	j.array("metadata", func() {
		for _, kv := range [...][2]string{
			{"findings", strconv.FormatInt(sum.Findings, 10)},
			{"events searched", strconv.FormatInt(sum.Events, 10)},
			{"rules applicable", fmt.Sprintf("%d of %d", sum.Applicable, sum.Rules)},
		} {
			j.item(func() {
				j.str("name", kv[0])
				j.str("value", kv[1])
			})
		}
	})
	j.b = append(j.b, "}\n"...)
	_, err := n.w.Write(j.b)
	return err
}

func (t *navTechnique) write(j *jsonText) {
	j.str("techniqueID", t.id)
	j.num("score", t.levels.total())
	j.str("color", t.levels.worst().colour())
	rules := t.sortedRules()
	var b strings.Builder
	for i, r := range rules {
		if i == navComments {
			fmt.Fprintf(&b, "and %d more rules\n", len(rules)-i)
			break
		}
		fmt.Fprintf(&b, "%s: %s (%d)\n", r.level, visible(r.title), r.count)
	}
	j.str("comment", strings.TrimSuffix(b.String(), "\n"))
	j.boolean("enabled", true)
	j.boolean("showSubtechniques", strings.IndexByte(t.id, '.') < 0)
	j.array("metadata", func() {
		hosts := strconv.Itoa(len(t.hosts))
		if t.more {
			hosts = "more than " + hosts
		}
		for _, kv := range [...][2]string{{"hosts", hosts}, {"rules", strconv.Itoa(len(t.rules))}, {"worst level", t.levels.worst().String()}} {
			j.item(func() {
				j.str("name", kv[0])
				j.str("value", kv[1])
			})
		}
	})
}

// sortedRules are the rules that fired, worst first.
func (t *navTechnique) sortedRules() []*navRule {
	rules := make([]*navRule, 0, len(t.rules))
	for _, r := range t.rules {
		rules = append(rules, r)
	}
	slices.SortFunc(rules, func(a, b *navRule) int {
		return cmp.Or(int(b.level)-int(a.level), cmp.Compare(b.count, a.count), strings.Compare(a.title, b.title))
	})
	return rules
}

func navDomain(list []*navTechnique) string {
	for _, t := range list {
		if !strings.HasPrefix(t.id, "T0") {
			return "enterprise-attack"
		}
	}
	if len(list) == 0 {
		return "enterprise-attack"
	}
	return "ics-attack"
}

// eventsText says of when the records were that were hunted in, and which alone were asked for.
func eventsText(sum *hunt.Summary) (text string) {
	const layout = "2006-01-02 15:04"
	if _, first, last := searchedEvents(sum); hasTime(first) && hasTime(last) {
		text = " Events from " + first.UTC().Format(layout) + " to " + last.UTC().Format(layout) + " UTC."
	}
	if asked := askedText(sum); asked != "" {
		text += " Asked for: " + asked + "."
	}
	return text
}

func navDescription(sum *hunt.Summary, t *marking) string {
	d := "Score: number of findings. Colour: worst level of a rule that fired."
	d += eventsText(sum)
	if text := t.handling(); text != "" {
		d += " " + text
	}
	if text := incompleteText(sum); text != "" {
		d = text + " " + d
	}
	return d
}
