package attribution

import (
	"fmt"
	"slices"
	"strings"
)

// Section is a part of a text.
type Section struct {
	Heading   string
	Sentences []string // each ends with a full stop, and speaks of likelihood or of confidence, never of both
	List      bool     // they read best one below the other
}

// Assessment is the text of a case for a statement: what is judged, how confident members are, the alternatives, what they rest on, and
// what would change the view. What is labelled more strictly than most ("" for no bound) is counted, not told; ranks are those of the
// whole case. org names an organisation by its identity.
func (c *Case) Assessment(most string, org func(string) string) []Section {
	t := &teller{c: c, most: most, org: org}
	out := []Section{
		{"What is judged", t.judged(), false},
		{"How well founded it is", t.founded(), false},
		{"Alternatives", t.alternatives(), true},
		{"What it rests on", t.rests(), true},
		{"What would change this view", t.changes(), true},
	}
	for _, s := range out {
		for n, sentence := range s.Sentences {
			if Mixes(sentence) { // of two people's words, each of which speaks of one
				s.Sentences[n] = "One thing is not repeated here, because its words mix two judgements."
			}
		}
	}
	return out
}

// Text writes sections as Markdown.
func Text(sections []Section) string {
	var b strings.Builder
	for n, s := range sections {
		if n > 0 {
			b.WriteString("\n\n")
		}
		before, between := "", " "
		if s.List {
			before, between = "- ", "\n- "
		}
		fmt.Fprintf(&b, "## %s\n\n%s%s", s.Heading, before, strings.Join(s.Sentences, between))
	}
	return b.String() + "\n"
}

type teller struct {
	c    *Case
	most string
	org  func(string) string
}

// many is a number with its noun.
func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// quote is a text of somebody within a sentence; instead is said where the text speaks of what the sentence may not.
func quote(text, instead string, barred func(string) bool) string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" || barred(text) {
		return instead
	}
	return "“" + strings.TrimRight(text, ".!?… ") + "”"
}

// name is that of a member.
func (t *teller) name(by string, barred func(string) bool) string {
	n := strings.Join(strings.Fields(t.org(by)), " ")
	if n == "" || barred(n) {
		return "One member"
	}
	return strings.TrimRight(n, ".!?… ")
}

// hypothesis is the text of one.
func (t *teller) hypothesis(id string, barred func(string) bool) string {
	a, err := t.c.Answer(id)
	if err != nil || !a.Shown(t.most) {
		return "a hypothesis that is not told here"
	}
	return quote(a.Text, "the hypothesis "+a.Name, barred)
}

func (t *teller) opinions() []*Opinion {
	return slices.DeleteFunc(slices.Clone(t.c.Opinions), func(o *Opinion) bool {
		a, err := t.c.Answer(o.Hypothesis)
		return !o.Shown(t.most) || err != nil || !a.Shown(t.most)
	})
}

// each walks the hypotheses of which something is said, in order, with what is said of them.
func (t *teller) each(yield func(a *Answer, said []*Opinion)) {
	all := t.opinions()
	for _, a := range t.c.Answers {
		var said []*Opinion
		for _, o := range all {
			if o.Hypothesis == a.ID {
				said = append(said, o)
			}
		}
		if len(said) > 0 {
			yield(a, said)
		}
	}
}

// together gathers names by what they say, in the order in which it is said first.
func together(said []*Opinion, words func(*Opinion) string, name func(*Opinion) string) (groups []string, names map[string][]string) {
	names = map[string][]string{}
	for _, o := range said {
		w := words(o)
		if w == "" {
			continue
		}
		if names[w] == nil {
			groups = append(groups, w)
		}
		names[w] = append(names[w], name(o))
	}
	return groups, names
}

// and lists names.
func and(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

func (t *teller) judged() []string {
	var out []string
	t.each(func(a *Answer, said []*Opinion) {
		groups, names := together(said, func(o *Opinion) string { return o.Likelihood.String() }, func(o *Opinion) string { return t.name(o.By(), speaksOfConfidence) })
		if len(groups) == 0 {
			return
		}
		out = append(out, fmt.Sprintf("The hypothesis %s is: %s.", a.Name, quote(a.Text, "not repeated here", Mixes)))
		for _, g := range groups {
			who := names[g]
			verb := "judges"
			if len(who) > 1 {
				verb = "judge"
			}
			if strings.HasPrefix(g, "“") {
				verb = strings.Replace(verb, "judge", "say", 1) + " of"
				out = append(out, fmt.Sprintf("%s %s it: %s.", and(who), verb, g))
				continue
			}
			out = append(out, fmt.Sprintf("%s %s it %s.", and(who), verb, g))
		}
	})
	if len(out) == 0 {
		return []string{"No judgement of likelihood is told here."}
	}
	return out
}

func (t *teller) founded() []string {
	var out []string
	t.each(func(a *Answer, said []*Opinion) {
		groups, names := together(said, func(o *Opinion) string { return o.Confidence.String() }, func(o *Opinion) string { return t.name(o.By(), speaksOfLikelihood) })
		for _, g := range groups {
			out = append(out, fmt.Sprintf("The confidence of %s in what is judged of the hypothesis %s is %s.", and(names[g]), a.Name, g))
		}
	})
	if len(out) == 0 {
		return []string{"Nobody says how confident they are."}
	}
	return out
}

func (t *teller) alternatives() []string {
	var out []string
	for _, set := range t.c.Sets() {
		m := t.c.Matrix(set)
		hidden := 0
		var told []int
		for _, h := range m.Order() {
			if a, err := t.c.Answer(m.Hypotheses[h]); err != nil || !a.Shown(t.most) {
				hidden++
				continue
			}
			told = append(told, h)
		}
		if len(m.Hypotheses) > 1 {
			out = append(out, fmt.Sprintf("%d hypotheses were weighed against each other, by how little of the evidence is against each.", len(m.Hypotheses)))
		}
		for _, h := range told {
			s := m.Scores[h]
			place := fmt.Sprintf("stands in place %d", s.Rank)
			if s.Rank == 1 {
				place = "has least of the evidence against it"
				if len(m.Leaders()) > 1 {
					place = "is among those that have least of the evidence against them"
				}
			}
			if len(m.Hypotheses) == 1 || len(m.Items) == 0 {
				place = "was weighed without comparing it with others by the evidence"
			}
			out = append(out, fmt.Sprintf("The hypothesis %s %s.", t.hypothesis(m.Hypotheses[h], Mixes), place))
			if s.Unrated > 0 {
				out = append(out, fmt.Sprintf("Of the evidence %s not been held against it.", many(s.Unrated, "independent line has", "independent lines have")))
			}
		}
		if hidden > 0 {
			out = append(out, fmt.Sprintf("Besides, %s not told here.", many(hidden, "hypothesis is", "hypotheses are")))
		}
	}
	if len(t.c.Answers) < 2 {
		out = append(out, "No alternative was set up, which is a weakness of this assessment.")
	}
	if !slices.ContainsFunc(t.c.Answers, func(a *Answer) bool { return a.Stance == Unknown }) {
		out = append(out, "That it was somebody whom the case does not name was not weighed, and cannot be ruled out.")
	}
	if !slices.ContainsFunc(t.c.Answers, func(a *Answer) bool { return a.Stance == FalseFlag }) {
		out = append(out, "That somebody wanted to be taken for another was not weighed as a hypothesis of its own.")
	}
	return out
}

func (t *teller) rests() []string {
	lines, told := map[string]bool{}, map[string]bool{}
	var items []string
	hidden := 0
	for _, i := range t.c.Items {
		lines[i.lineOf()] = true
		if !i.Shown(t.most) {
			hidden++
			continue
		}
		told[i.lineOf()] = true
		items = append(items, fmt.Sprintf("Item %s, of grade %s, says %s.", i.Name, i.Grade, quote(i.Text, "what is not repeated here", Mixes)))
	}
	out := []string{fmt.Sprintf("%s of evidence, from %s, have been weighed.", many(len(t.c.Items), "item", "items"), many(len(lines), "independent source", "independent sources"))}
	out = append(out, items...)
	if hidden > 0 {
		out = append(out, fmt.Sprintf("Of these, %s not told here, because of how strictly it has to be handled.", many(hidden, "item is", "items are")))
	}
	if slices.ContainsFunc(t.c.Items, func(i *Item) bool { return i.Item == Similarity }) {
		out = append(out, "Similarity that a machine has found is not attribution, and counts as one weak item.")
	}
	for _, p := range t.c.Premises {
		if p.Shown(t.most) {
			out = append(out, fmt.Sprintf("It is assumed, without evidence, %s.", quote(p.Text, "what is not repeated here", Mixes)))
		}
	}
	return out
}

func (t *teller) changes() []string {
	var out []string
	for _, o := range t.opinions() {
		if strings.TrimSpace(o.Would) != "" {
			out = append(out, fmt.Sprintf("The view of %s would change with %s.", t.name(o.By(), Mixes), quote(o.Would, "what is not repeated here", Mixes)))
		}
	}
	for _, p := range t.c.Premises {
		if p.Shown(t.most) && strings.TrimSpace(p.IfWrong) != "" {
			out = append(out, fmt.Sprintf("If the assumption %s is wrong, this follows: %s.", p.Name, quote(p.IfWrong, "what is not repeated here", Mixes)))
		}
	}
	for _, g := range t.c.Blanks {
		if !g.Shown(t.most) {
			continue
		}
		out = append(out, fmt.Sprintf("It is not known %s.", quote(g.Text, "what is not repeated here", Mixes)))
		if strings.TrimSpace(g.Would) != "" {
			out = append(out, fmt.Sprintf("This gap would be filled by %s.", quote(g.Would, "what is not repeated here", Mixes)))
		}
	}
	for _, set := range t.c.Sets() {
		m := t.c.Matrix(set)
		if len(m.Hypotheses) < 2 || len(m.Items) == 0 {
			continue
		}
		var names []string
		hidden := map[string]bool{}
		for _, d := range m.Sensitivity() {
			if !d.Leads {
				continue
			}
			for _, id := range d.Items {
				i, err := t.c.Item(id)
				switch {
				case err != nil:
				case !i.Shown(t.most):
					hidden[id] = true
				case !slices.Contains(names, i.Name):
					names = append(names, i.Name)
				}
			}
		}
		switch {
		case len(names) > 0:
			out = append(out, fmt.Sprintf("Another hypothesis would have least against it, alone or beside the first, if one of these items or their source were wrong: %s.", strings.Join(names, ", ")))
		case len(hidden) == 0:
			out = append(out, "No single item, if it were wrong, would put another hypothesis first.")
		}
		if len(hidden) > 0 {
			out = append(out, fmt.Sprintf("The same holds for %s not told here.", many(len(hidden), "item that is", "items that are")))
		}
	}
	return append(out, "Evidence from a source independent of these, against what is judged here, would change this view.")
}
