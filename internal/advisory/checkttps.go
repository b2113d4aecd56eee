package advisory

import (
	"fmt"
	"slices"
	"strings"

	"entente/internal/attack"
	"entente/internal/sigma"
)

var (
	confidences = []string{"high", "medium", "low"}
	efforts     = []string{"low", "medium", "high"}
	findLevels  = []string{"low", "medium", "high", "critical"}
)

// formerPlatforms are names that earlier versions of ATT&CK had.
var formerPlatforms = []string{"AWS", "Azure", "Azure AD", "GCP", "Google Workspace", "Office 365", "Network", "SaaS", "IaaS", "Containers"}

// ttps checks the list of TTPs and what it points to.
func (c *checker) ttps() {
	if len(c.pack.TTPs) == 0 {
		c.add(Problem{Kind: KindFormat, File: ttpsDir, Reason: "the pack has no TTPs"})
	}
	platforms := c.platforms()
	seen := map[string]place{}
	silent := c.pack.silentRules()
	mitigations := map[string]bool{}
	for _, m := range c.pack.Mitigations {
		mitigations[m.ID] = true
	}
	for i := range c.pack.TTPs {
		t, at := &c.pack.TTPs[i], c.pack.at.ttps[i]
		kind, warning := KindFormat, false
		bad := func(format string, args ...any) {
			c.add(Problem{Kind: kind, File: at.file, Line: at.line, Reason: t.ID + ": " + fmt.Sprintf(format, args...), Warning: warning})
		}
		if first, ok := seen[t.ID]; ok {
			bad("the id stands here for the second time, first in %s:%d", first.file, first.line)
		}
		seen[t.ID] = at
		if why := c.techniqueTrouble(t); why != "" {
			bad("%s", why)
		}
		if len(t.Tactics) == 0 {
			bad("it has no tactic")
		}
		for _, short := range t.Tactics {
			if o, ok := c.facts.Tactic(short); !ok || o.Short != short {
				bad("ATT&CK knows no tactic %q by its short name", short)
			} else if why, sure := c.tacticTrouble(t, short); why != "" {
				warning = !sure
				bad("%s", why)
				warning = false
			}
		}
		for _, need := range []struct {
			name    string
			missing bool
		}{
			{"procedure", strings.TrimSpace(t.Procedure) == ""},
			{"platforms", len(t.Platforms) == 0},
			{"logs", len(t.Logs) == 0 && t.Undetectable == ""},
			{"mitigations", len(t.Mitigations) == 0},
		} {
			if need.missing {
				bad("%s is missing", need.name)
			}
		}
		if !slices.Contains(confidences, t.Confidence) {
			bad("the confidence %q is none of %s", t.Confidence, strings.Join(confidences, ", "))
		}
		switch {
		case len(t.Detections) > 0 && t.Undetectable != "":
			bad("it has detections, and says why there are none (undetectable)")
		case len(t.Detections) == 0 && t.Undetectable == "":
			bad("it has no detections, and does not say why (undetectable)")
		case len(t.Detections) == 0 && len(t.Questions) == 0:
			bad("it has no detections: a question has to stand in for them")
		}
		for _, q := range t.Questions {
			if q.Ask == "" || q.LookFor == "" || q.Where == "" {
				bad("a question has to say ask, look_for and where")
			}
		}
		kind = KindReference
		for _, id := range t.Detections {
			m := c.metas[strings.ToLower(id)]
			switch {
			case m == nil:
				bad("the pack has no rule %q that loads", id)
			case c.pack.FromIndicator(m):
				bad("the rule %q is made of an indicator: name the TTP there", id)
			case silent[m.ID] != "":
				bad("the rule %q is a silent part of the correlation %q and gives no findings", m.Title, silent[m.ID])
			}
		}
		for _, id := range t.Mitigations {
			if !mitigations[id] {
				bad("the pack has no mitigation %q", id)
			}
		}
		warning = true
		for _, p := range t.Platforms {
			if !platforms[p] {
				bad("ATT&CK knows no platform %q", p)
			}
		}
		for _, id := range t.Detections {
			if m := c.metas[strings.ToLower(id)]; m != nil && !related(t, m) {
				bad("the rule %q has no tag of this technique, or of one above or below it", m.Title)
			}
		}
	}
}

// techniqueTrouble says what is wrong with a TTP's ids.
func (c *checker) techniqueTrouble(t *TTP) string {
	o, ok := c.facts.Technique(t.ID)
	switch {
	case !ok:
		return "ATT&CK knows no technique of that id"
	case t.Now == "" && (o.Status == attack.Revoked || o.Status == attack.Deprecated):
		to := ""
		if l := o.Latest(); l != nil && l != o {
			to = ": add `now: " + l.ID + "`"
		}
		return "the technique is " + o.Status.String() + " today" + to
	case t.Now == t.ID:
		return "now is for the id today where it is another one"
	case t.Now == "":
		return ""
	}
	now, ok := c.facts.Technique(t.Now)
	switch {
	case !ok:
		return fmt.Sprintf("ATT&CK knows no technique %q (now)", t.Now)
	case now.Status == attack.Revoked || now.Status == attack.Deprecated:
		return fmt.Sprintf("%s (now) is %s today", t.Now, now.Status)
	}
	return ""
}

// related says that a rule's tags name a TTP's technique, its parent or one of its parts, as published or today.
func related(t *TTP, m *sigma.Meta) bool {
	parent := func(id string) string { p, _, _ := strings.Cut(strings.ToLower(id), "."); return p }
	for _, tag := range m.Tags {
		id, ok := strings.CutPrefix(strings.ToLower(tag), "attack.")
		if ok && (parent(id) == parent(t.ID) || parent(id) == parent(t.Current())) {
			return true
		}
	}
	return false
}

// platforms are the names that ATT&CK uses, or used.
func (c *checker) platforms() map[string]bool {
	out := map[string]bool{"PRE": true}
	for _, o := range c.facts.Objects(attack.Technique) {
		for _, p := range o.Platforms {
			out[p] = true
		}
	}
	for _, p := range formerPlatforms {
		out[p] = true
	}
	return out
}

// mitigations checks mitigations.yml.
func (c *checker) mitigations() {
	seen := map[string]int{}
	used := map[string]bool{}
	for i := range c.pack.TTPs {
		for _, id := range c.pack.TTPs[i].Mitigations {
			used[id] = true
		}
	}
	for i := range c.pack.Mitigations {
		m, at := &c.pack.Mitigations[i], c.pack.at.mitigations[i]
		warning := false
		bad := func(format string, args ...any) {
			c.add(Problem{Kind: KindFormat, File: at.file, Line: at.line, Reason: m.ID + ": " + fmt.Sprintf(format, args...), Warning: warning})
		}
		if first := seen[m.ID]; first > 0 {
			bad("the id stands here for the second time, first on line %d", first)
		}
		seen[m.ID] = at.line
		if !identifier(m.ID) {
			bad("the id has to be lower-case letters, digits and hyphens")
		}
		if m.Title == "" || strings.TrimSpace(m.Text) == "" {
			bad("title or text is missing")
		}
		for _, id := range m.Attack {
			o, ok := c.facts.Lookup(id)
			switch {
			case !ok || o.Kind != attack.Mitigation:
				bad("ATT&CK knows no mitigation %q", id)
			case o.Status == attack.Revoked || o.Status == attack.Deprecated:
				bad("%s is %s today", id, o.Status)
			}
		}
		if !slices.Contains(efforts, m.Effort) {
			bad("the effort %q is none of %s", m.Effort, strings.Join(efforts, ", "))
		}
		for _, id := range m.D3FEND {
			if !d3fendForm(id) {
				bad("%q is no id of D3FEND, as D3-MFA", id)
			}
		}
		warning = true
		for _, id := range m.D3FEND {
			if d3fendForm(id) && D3FENDName(id) == "" {
				bad("%s is not among the techniques of D3FEND that this program knows: look it up", id)
			}
		}
		if !used[m.ID] {
			bad("no TTP names it")
		}
	}
}

// indicators checks indicators.yml, but for types and values, which were checked when the pack was read.
func (c *checker) indicators() {
	ttps := map[string]bool{}
	for i := range c.pack.TTPs {
		t := &c.pack.TTPs[i]
		ttps[t.ID], ttps[t.Current()] = true, true
	}
	for i := range c.pack.Indicators {
		in, at := &c.pack.Indicators[i], c.pack.at.indicators[i]
		kind := KindFormat
		bad := func(format string, args ...any) {
			c.add(Problem{Kind: kind, File: at.file, Line: at.line, Reason: in.Type + " " + in.Value + ": " + fmt.Sprintf(format, args...)})
		}
		if strings.TrimSpace(in.Context) == "" {
			bad("it does not say what it is, and when it means something (context)")
		}
		if !slices.Contains(confidences, in.Confidence) {
			bad("the confidence %q is none of %s", in.Confidence, strings.Join(confidences, ", "))
		}
		if in.Level != "" && !slices.Contains(findLevels, in.Level) {
			bad("the level %q is none of %s", in.Level, strings.Join(findLevels, ", "))
		}
		for _, d := range []Date{in.FirstSeen, in.LastSeen} {
			if d != "" && !d.Valid() {
				bad("%q has to be a date, as 2021-07-19", d)
			}
		}
		if in.FirstSeen != "" && in.LastSeen != "" && in.LastSeen < in.FirstSeen {
			bad("it was last seen before it was first seen")
		}
		kind = KindReference
		if in.Stage != "" && !c.hasStage(in.Stage) {
			bad("the pack has no stage %q", in.Stage)
		}
		for _, id := range in.TTPs {
			if !ttps[id] {
				bad("%s is no TTP of the pack", id)
			}
		}
	}
}

func (c *checker) hasStage(id string) bool {
	return slices.ContainsFunc(c.pack.Manifest.Stages, func(s Stage) bool { return s.ID == id })
}
