package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/advisory"
	"entente/internal/attack"
)

type packShowOptions struct {
	format string
	rules  bool
}

func newPackShowCmd(env Env) *cobra.Command {
	var o packShowOptions
	c := &cobra.Command{
		Use:   "show [flags] PACK [ID…]",
		Short: "Show a pack: what it is, its TTPs by tactic, its rules",
		Long: `Show what a pack is, its TTPs by tactic with how many detections and questions each has, and what it holds. With ids
of TTPs or mitigations, show these in full.

Exit codes: 0 shown, 1 an id is not in the pack, 2 wrong usage.`,
		Example: `  entente pack show aa21-200b
  entente pack show aa21-200b T1190 T1505.003
  entente pack show exchange-2021 --rules
  entente pack show aa21-200b --format json | jq '.ttps[] | select(.detections == null) | .id'`,
		Args: atLeastOne("which pack to show: a folder, an archive, or the name of one that comes with the program"),
		ValidArgsFunction: func(c *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return completePacks(1)(c, args, word)
			}
			p, _, err := readPack(args[0])
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var out []cobra.Completion
			for i := range p.TTPs {
				out = append(out, p.TTPs[i].ID)
			}
			for i := range p.Mitigations {
				out = append(out, cobra.CompletionWithDesc(p.Mitigations[i].ID, p.Mitigations[i].Title))
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error { return runPackShow(env, o, args[0], args[1:]) },
	}
	c.Flags().StringVar(&o.format, "format", "text", "text or json")
	c.Flags().BoolVar(&o.rules, "rules", false, "list the rules as well")
	return c
}

func runPackShow(env Env, o packShowOptions, arg string, ids []string) error {
	if err := textOrJSON(o.format); err != nil {
		return err
	}
	p, err := openPack(arg)
	if err != nil {
		return err
	}
	if o.format == "json" {
		if len(ids) > 0 {
			return usagef("--format json shows the whole pack: leave the ids out")
		}
		enc := json.NewEncoder(env.Stdout)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(p.Document())
	}
	facts, err := attack.Default()
	if err != nil {
		return err
	}
	width, tty := env.terminalWidth(env.Stdout)
	if !tty {
		width = 100
	}
	s := &packShow{w: env.Stdout, p: p, facts: facts, width: max(60, min(width, 120))}
	if len(ids) > 0 {
		return s.some(ids)
	}
	s.head()
	s.ttps()
	if o.rules {
		s.rules()
	}
	s.counts()
	return nil
}

// packShow prints one pack.
type packShow struct {
	w     io.Writer
	p     *advisory.Pack
	facts *attack.Facts
	width int
}

func (s *packShow) printf(format string, args ...any) { fmt.Fprintf(s.w, format, args...) }

// text prints a paragraph, indented.
func (s *packShow) text(indent, text string) {
	for _, line := range wrapped(printable(oneLine(text)), s.width-len(indent)) {
		s.printf("%s%s\n", indent, line)
	}
}

// row prints a name and a text beside it.
func (s *packShow) row(name, text string) {
	const column = 14
	for i, line := range wrapped(printable(oneLine(text)), s.width-column-2) {
		if i > 0 {
			name = ""
		}
		s.printf("  %-*s%s\n", column, name, line)
	}
}

func (s *packShow) head() {
	m := &s.p.Manifest
	s.text("", m.Title)
	s.printf("%s %s  TLP:%s\n\n", printable(m.ID), printable(m.Version), printable(strings.ToUpper(m.TLP)))
	s.text("", m.Summary)
	s.printf("\n")
	dates := "issued " + string(m.Issued)
	if m.Modified != "" {
		dates += ", modified " + string(m.Modified)
	}
	s.row("dates", dates+", valid until "+string(m.ValidUntil))
	for i, is := range m.Issuers {
		name := ""
		if i == 0 {
			name = "issuers"
		}
		s.row(name, is.Name+" ("+is.Role+")")
	}
	s.row("ATT&CK", "published with "+m.Attack.Published+", checked with "+m.Attack.Today)
	s.row("license", m.License)
	if len(m.Supersedes) > 0 {
		s.row("supersedes", strings.Join(m.Supersedes, ", "))
	}
	for i, st := range m.Stages {
		name := ""
		if i == 0 {
			name = "stages"
		}
		s.row(name, fmt.Sprintf("%s: %s (%s)", st.ID, st.Title, st.Meaning()))
	}
	for i, e := range m.Entrances {
		name := ""
		if i == 0 {
			name = "entrances"
		}
		s.row(name, fmt.Sprintf("%s: silence of %d rules there is an answer", e.Log, len(e.Rules)))
	}
}

// ttps prints the TTPs by tactic. One that has several tactics stands under each.
func (s *packShow) ttps() {
	by := map[string][]*advisory.TTP{}
	var tactics []string
	for i := range s.p.TTPs {
		t := &s.p.TTPs[i]
		for _, short := range t.Tactics {
			if by[short] == nil {
				tactics = append(tactics, short)
			}
			by[short] = append(by[short], t)
		}
	}
	s.facts.SortTactics(tactics)
	for _, short := range tactics {
		name := short
		if o, ok := s.facts.Tactic(short); ok {
			name = o.Name
		}
		s.printf("\n%s\n", printable(name))
		for _, t := range by[short] {
			s.printf("  %-22s %-48s %s\n", printable(ttpID(t)), clip(printable(s.techniqueName(t)), 48), has(t))
		}
	}
}

// ttpID is the id as published, and today's where that is another one.
func ttpID(t *advisory.TTP) string {
	if t.Now != "" {
		return t.ID + " (" + t.Now + ")"
	}
	return t.ID
}

func (s *packShow) techniqueName(t *advisory.TTP) string {
	for _, id := range []string{t.ID, t.Current()} {
		if o, ok := s.facts.Technique(id); ok {
			return o.FullName()
		}
	}
	return ""
}

// has says what there is for a TTP.
func has(t *advisory.TTP) string {
	var parts []string
	switch n := len(t.Detections); {
	case n > 0:
		parts = append(parts, plural(n, "detection"))
	case t.Undetectable != "":
		parts = append(parts, "no log can show it")
	default:
		parts = append(parts, "no detection, and nobody has said why")
	}
	if n := len(t.Questions); n > 0 {
		parts = append(parts, plural(n, "question"))
	}
	return strings.Join(parts, ", ")
}

// clip cuts a text to a number of characters.
func clip(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

func (s *packShow) rules() {
	s.printf("\nRules\n")
	for _, r := range s.p.RuleList() {
		note := r.Level
		switch {
		case r.Indicator:
			continue
		case r.Silent:
			note = "part of a correlation"
		case r.Stage != "":
			note += ", stage " + r.Stage
		}
		s.printf("  %s  %s (%s)\n", printable(r.ID), printable(r.Title), printable(note))
	}
}

func (s *packShow) counts() {
	c := s.p.Count()
	var parts []string
	for _, l := range slices.Backward(levels) {
		if c.Levels[l] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.Levels[l], l))
		}
	}
	s.printf("\n%s in %s (%s of both): %d with detections, %d with questions alone\n", plural(c.TTPs, "TTP"), plural(c.Tactics, "tactic"),
		plural(c.Pairs, "pair"), c.Detected, c.TTPs-c.Detected)
	s.printf("%s and %s", plural(c.Rules, "rule"), plural(c.Correlations, "correlation"))
	if len(parts) > 0 {
		s.printf(": %s", strings.Join(parts, ", "))
	}
	s.printf("; %s, proven by %s and %s\n", plural(c.Filters, "filter"), plural(c.Positives, "positive"), plural(c.Negatives, "negative"))
	s.printf("%s, %s, %s\n", plural(c.Indicators, "indicator"), plural(c.Mitigations, "mitigation"), plural(c.Questions, "question"))
}

// some prints TTPs and mitigations in full.
func (s *packShow) some(ids []string) error {
	var missing []string
	for i, id := range ids {
		if i > 0 {
			s.printf("\n")
		}
		if !s.ttp(id) && !s.mitigation(id) {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("the pack has no TTP or mitigation %s", printable(strings.Join(missing, ", ")))
	}
	return nil
}

func (s *packShow) ttp(id string) bool {
	i := slices.IndexFunc(s.p.TTPs, func(t advisory.TTP) bool { return strings.EqualFold(t.ID, id) || strings.EqualFold(t.Now, id) })
	if i < 0 {
		return false
	}
	t := &s.p.TTPs[i]
	s.printf("%s  %s\n", printable(ttpID(t)), printable(s.techniqueName(t)))
	s.row("tactics", strings.Join(t.Tactics, ", "))
	s.row("procedure", t.Procedure)
	s.row("platforms", strings.Join(t.Platforms, ", "))
	s.row("logs", strings.Join(t.Logs, "; "))
	if len(t.Detections) == 0 {
		s.row("no log", cmp.Or(oneLine(t.Undetectable), "The pack has no detection for it, and does not say why."))
	} else {
		s.row("no log", t.Undetectable)
	}
	titles := map[string]string{}
	for _, r := range s.p.RuleList() {
		titles[r.ID] = fmt.Sprintf("%s (%s)", r.Title, r.Level)
	}
	for j, id := range t.Detections {
		s.row(first(j, "detections"), cmp.Or(titles[strings.ToLower(id)], id))
	}
	s.row("confidence", t.Confidence)
	for j, q := range t.Questions {
		s.row(first(j, "questions"), q.Ask)
		s.row("", "Look for: "+q.LookFor)
		s.row("", "Where: "+q.Where)
	}
	for j, id := range t.Mitigations {
		title := id
		if k := slices.IndexFunc(s.p.Mitigations, func(m advisory.Mitigation) bool { return m.ID == id }); k >= 0 {
			title = id + ": " + s.p.Mitigations[k].Title
		}
		s.row(first(j, "mitigations"), title)
	}
	return true
}

func first(i int, name string) string {
	if i == 0 {
		return name
	}
	return ""
}

func (s *packShow) mitigation(id string) bool {
	i := slices.IndexFunc(s.p.Mitigations, func(m advisory.Mitigation) bool { return strings.EqualFold(m.ID, id) })
	if i < 0 {
		return false
	}
	m := &s.p.Mitigations[i]
	s.printf("%s  %s\n", printable(m.ID), printable(m.Title))
	s.row("text", m.Text)
	s.row("effort", m.Effort)
	for j, a := range m.Attack {
		name := a
		if o, ok := s.facts.Lookup(a); ok {
			name = a + " " + o.Name
		}
		s.row(first(j, "ATT&CK"), name)
	}
	for j, d := range m.D3FEND {
		s.row(first(j, "D3FEND"), strings.TrimSpace(d+" "+advisory.D3FENDName(d)))
	}
	var ttps []string
	for i := range s.p.TTPs {
		if slices.Contains(s.p.TTPs[i].Mitigations, m.ID) {
			ttps = append(ttps, s.p.TTPs[i].ID)
		}
	}
	s.row("against", strings.Join(ttps, ", "))
	return true
}
