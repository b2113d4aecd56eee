package advisory

import (
	"fmt"
	"slices"
	"strings"

	"entente/internal/attack"
)

// maxLineage bounds how many objects of ATT&CK one technique is followed through.
const maxLineage = 32

// tacticTrouble says why a TTP's technique does not stand under a tactic. The facts know where techniques and those that
// they replaced stand, but not where each stood in every earlier version, from which an id as published may be: only a
// tactic of another domain is surely wrong.
func (c *checker) tacticTrouble(t *TTP, short string) (why string, sure bool) {
	var known []string
	var domains []attack.Domain
	for _, o := range c.lineage(t) {
		domains = append(domains, o.Domains...)
		for _, ta := range o.Tactics {
			if sameTactic(ta.Short, short) {
				return "", false
			}
			if !slices.Contains(known, ta.Short) {
				known = append(known, ta.Short)
			}
		}
	}
	if len(domains) == 0 { // no technique, which is said elsewhere
		return "", false
	}
	if !slices.ContainsFunc(domains, func(d attack.Domain) bool { _, ok := c.facts.TacticIn(d, short); return ok }) {
		return fmt.Sprintf("%s is no tactic of the techniques of %s, to which it belongs", short, domains[0]), true
	}
	if len(known) == 0 { // a technique of a later version, of which no more than the id is known
		return "", false
	}
	c.facts.SortTactics(known)
	return fmt.Sprintf("ATT&CK %s has it under %s, not under %s: was it published so?", c.facts.Version, strings.Join(known, ", "), short), false
}

// lineage lists a TTP's technique as published and today, and what was replaced by what in between.
func (c *checker) lineage(t *TTP) []*attack.Object {
	var out []*attack.Object
	add := func(o *attack.Object) {
		if o != nil && len(out) < maxLineage && !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	for _, id := range []string{t.ID, t.Current()} {
		if o, ok := c.facts.Technique(id); ok {
			add(o)
		}
	}
	for i := 0; i < len(out); i++ { // what is added on the way is followed as well
		add(out[i].Current)
		for _, o := range out[i].Formerly {
			add(o)
		}
	}
	return out
}

// sameTactic says that two short names are of one tactic, or of the one that version 19 split and a half of it.
func sameTactic(a, b string) bool {
	evasion := []string{"defense-evasion", "stealth", "defense-impairment"}
	return a == b || slices.Contains(evasion, a) && slices.Contains(evasion, b)
}
