package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"entente/internal/attack"
)

type attackOptions struct {
	bundles []string
	json    bool
	all     bool
	domain  string
}

func newAttackCmd(env Env) *cobra.Command {
	var o attackOptions
	c := &cobra.Command{
		Use:   "attack [flags] ID|NAME…",
		Short: "Look up ATT&CK techniques, groups and software",
		Long: `Show what ATT&CK says of techniques, tactics, groups, software, campaigns and mitigations: names, who uses what,
mitigations, and the data that shows a technique. Groups and software are found by any of their names.

The facts come with the program; --bundle reads newer ones from MITRE's STIX bundles. Ids and tactics of version 19 are
understood in older facts, and the other way round.

Exit codes: 0 found, 1 something is not in ATT&CK, 2 wrong usage.`,
		Example: `  entente attack T1059.001
  entente attack APT40 "China Chopper"
  entente attack search lsass
  entente attack tactics
  entente attack --json G0125 | jq .[0].uses`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return runAttackShow(env, o, args)
		},
	}
	f := c.PersistentFlags()
	f.StringArrayVar(&o.bundles, "bundle", nil, "read facts from a STIX bundle or a folder of them, `FILE|DIR`; may be repeated")
	f.BoolVar(&o.json, "json", false, "print JSON")
	c.Flags().BoolVarP(&o.all, "all", "a", false, "do not shorten long lists")
	c.AddCommand(newAttackSearchCmd(env, &o), newAttackTacticsCmd(env, &o))
	return c
}

func newAttackSearchCmd(env Env, o *attackOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "search WORD…",
		Short: "Find everything whose id or names hold all words",
		Example: `  entente attack search lsass
  entente attack search scheduled task --json | jq -r .[].id`,
		Args: atLeastOne("what to search for: words of a name, or an id"),
		RunE: func(_ *cobra.Command, args []string) error { return runAttackSearch(env, *o, args) },
	}
}

func newAttackTacticsCmd(env Env, o *attackOptions) *cobra.Command {
	c := &cobra.Command{
		Use:   "tactics",
		Short: "List the tactics of a domain in the order of its matrix",
		Example: `  entente attack tactics
  entente attack tactics --domain ics`,
		Args: noArguments,
		RunE: func(_ *cobra.Command, _ []string) error { return runAttackTactics(env, *o) },
	}
	c.Flags().StringVar(&o.domain, "domain", string(attack.Enterprise), "enterprise, ics or mobile")
	return c
}

func (o *attackOptions) facts() (*attack.Facts, error) {
	if len(o.bundles) == 0 {
		return attack.Default()
	}
	if len(o.bundles) == 1 {
		if info, err := os.Stat(o.bundles[0]); err == nil && info.IsDir() {
			return attack.LoadFolder(o.bundles[0])
		}
	}
	return attack.LoadFiles(o.bundles...)
}

// edition says which ATT&CK it is.
func edition(f *attack.Facts) string {
	if f.Version == "" {
		return "ATT&CK"
	}
	return "ATT&CK " + f.Version
}

func runAttackShow(env Env, o attackOptions, args []string) error {
	f, err := o.facts()
	if err != nil {
		return err
	}
	var (
		found   []*attack.Object
		missing []string
	)
	if whole := strings.Join(args, " "); len(args) > 1 && len(f.Named(whole)) > 0 {
		args = []string{whole} // a name of several words, not quoted
	}
	for _, a := range args {
		objects := lookupAttack(f, a)
		if len(objects) == 0 {
			missing = append(missing, a)
		}
		found = append(found, objects...)
	}
	if err := o.print(env, f, found); err != nil {
		return err
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%s has nothing called %s\nhint: try `entente attack search %s`", edition(f),
		printable(strings.Join(missing, ", ")), printable(missing[0]))
}

// lookupAttack finds what an argument means: an id, a tag, else everything in force that is called so.
func lookupAttack(f *attack.Facts, arg string) []*attack.Object {
	if o, ok := f.Lookup(arg); ok {
		return []*attack.Object{o}
	}
	if t, ok := f.FromTag(arg); ok && t.Object != nil {
		return []*attack.Object{t.Object}
	}
	named := f.Named(arg)
	if live := slices.DeleteFunc(slices.Clone(named), func(o *attack.Object) bool {
		return o.Status == attack.Revoked || o.Status == attack.Deprecated
	}); len(live) > 0 {
		return live
	}
	return named
}

func (o *attackOptions) print(env Env, f *attack.Facts, objects []*attack.Object) error {
	w := env.Stdout
	if o.json {
		views := make([]attackView, 0, len(objects))
		for _, ob := range objects {
			views = append(views, viewOf(f, ob))
		}
		return printJSON(w, views)
	}
	width, _ := env.terminalWidth(w)
	for i, ob := range objects {
		if i > 0 {
			fmt.Fprintln(w)
		}
		printObject(w, f, ob, o.all, width)
	}
	return nil
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// attackRef points to an object in JSON output.
type attackRef struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// attackView is an object in JSON output. Lists that do not concern its kind are left out.
type attackView struct {
	attackRef
	FullName       string      `json:"full_name,omitempty"`
	Short          string      `json:"short_name,omitempty"`
	Type           string      `json:"type,omitempty"`
	Status         string      `json:"status"`
	URL            string      `json:"url"`
	Domains        []string    `json:"domains"`
	Aliases        []string    `json:"aliases,omitempty"`
	Platforms      []string    `json:"platforms,omitempty"`
	Tactics        []attackRef `json:"tactics,omitempty"`
	Parent         *attackRef  `json:"parent,omitempty"`
	Subtechniques  []attackRef `json:"subtechniques,omitempty"`
	Current        *attackRef  `json:"current,omitempty"`
	Formerly       []attackRef `json:"formerly,omitempty"`
	FirstSeen      string      `json:"first_seen,omitempty"`
	LastSeen       string      `json:"last_seen,omitempty"`
	Uses           []attackRef `json:"uses,omitempty"`
	UsedBy         []attackRef `json:"used_by,omitempty"`
	Mitigates      []attackRef `json:"mitigates,omitempty"`
	MitigatedBy    []attackRef `json:"mitigated_by,omitempty"`
	Detects        []attackRef `json:"detects,omitempty"`
	DataComponents []attackRef `json:"data_components,omitempty"`
	AttributedTo   []attackRef `json:"attributed_to,omitempty"`
	Campaigns      []attackRef `json:"campaigns,omitempty"`
}

func refOf(o *attack.Object) attackRef { return attackRef{o.ID, o.Kind.String(), o.FullName()} }

func refsOf(list []*attack.Object) []attackRef {
	var out []attackRef
	for _, o := range list {
		out = append(out, refOf(o))
	}
	return out
}

func viewOf(f *attack.Facts, o *attack.Object) attackView {
	v := attackView{
		attackRef: attackRef{o.ID, o.Kind.String(), o.Name}, Short: o.Short, Type: o.Type,
		Status: o.Status.String(), URL: o.URL(), Domains: []string{}, Aliases: o.Aliases, Platforms: o.Platforms,
		Tactics: refsOf(o.Tactics), Formerly: refsOf(o.Formerly), FirstSeen: o.First, LastSeen: o.Last,
		Uses: refsOf(f.Targets(attack.Uses, o)), UsedBy: refsOf(f.Sources(attack.Uses, o)),
		Mitigates: refsOf(f.Targets(attack.Mitigates, o)), MitigatedBy: refsOf(f.Sources(attack.Mitigates, o)),
		Detects: refsOf(f.Targets(attack.Detects, o)), DataComponents: refsOf(f.Sources(attack.Detects, o)),
		AttributedTo: refsOf(f.Targets(attack.AttributedTo, o)), Campaigns: refsOf(f.Sources(attack.AttributedTo, o)),
	}
	for _, d := range o.Domains {
		v.Domains = append(v.Domains, string(d))
	}
	if o.Kind == attack.Technique {
		v.Subtechniques = refsOf(f.Subtechniques(o))
	}
	if o.Parent != nil {
		parent := refOf(o.Parent)
		v.Parent, v.FullName = &parent, o.FullName()
	}
	if now := o.Latest(); now != o {
		current := refOf(now)
		v.Current = &current
	}
	return v
}

// shortList is how many names a list shows without --all.
const shortList = 12

// labelWidth is the width of the labels before an object's lists, the longest tactic included.
const labelWidth = 25

// printObject shows an object. Lines are wrapped to width columns, not at all where width is 0.
func printObject(w io.Writer, f *attack.Facts, o *attack.Object, all bool, width int) {
	fmt.Fprintf(w, "%s  %s\n", o.ID, printable(o.FullName()))
	row := func(name, text string) {
		for i, line := range wrapped(printable(text), width-labelWidth-3) {
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(w, "  %-*s %s\n", labelWidth, name, line)
		}
	}
	list := func(name string, objects []*attack.Object) { row(name, objectNames(objects, all)) }
	row("is", describeObject(f, o))
	row("also called", strings.Join(o.Aliases, ", "))
	if now := o.Latest(); now != o {
		row("now", now.ID+" "+now.FullName())
	}
	list("formerly", o.Formerly)
	list("tactics", o.Tactics)
	row("platforms", strings.Join(o.Platforms, ", "))
	if o.First != "" || o.Last != "" {
		row("seen", cmp.Or(o.First, "?")+" to "+cmp.Or(o.Last, "?"))
	}
	if o.Kind == attack.Technique {
		list("sub-techniques", f.Subtechniques(o))
	}
	if o.Kind == attack.Tactic {
		list("techniques", techniquesOf(f, o))
	}
	list("attributed to", f.Targets(attack.AttributedTo, o))
	list("campaigns", f.Sources(attack.AttributedTo, o))
	printUses(row, f.Targets(attack.Uses, o), all)
	users := f.Sources(attack.Uses, o)
	list("groups", ofKind(users, attack.Group))
	list("software", ofKind(users, attack.Software))
	list("in campaigns", ofKind(users, attack.Campaign))
	list("mitigates", f.Targets(attack.Mitigates, o))
	list("mitigations", f.Sources(attack.Mitigates, o))
	list("shows", f.Targets(attack.Detects, o))
	list("data", f.Sources(attack.Detects, o))
	row("page", o.URL())
}

// wrapped cuts text at blanks into lines of at most width characters; of any length where width is not positive. An
// empty text has no lines.
func wrapped(text string, width int) []string {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil
	}
	if width <= 0 {
		return []string{text}
	}
	lines, n := []string{words[0]}, utf8.RuneCountInString(words[0])
	for _, word := range words[1:] {
		size := utf8.RuneCountInString(word)
		if n+1+size > width {
			lines, n = append(lines, word), size
			continue
		}
		lines[len(lines)-1] += " " + word
		n += 1 + size
	}
	return lines
}

// printUses lists what an actor uses: software, then techniques by tactic.
func printUses(row func(name, text string), used []*attack.Object, all bool) {
	row("uses", objectNames(ofKind(used, attack.Software), all))
	var tactics []*attack.Object
	by := map[*attack.Object][]*attack.Object{}
	for _, t := range ofKind(used, attack.Technique) {
		for _, ta := range t.Latest().Tactics {
			if by[ta] == nil {
				tactics = append(tactics, ta)
			}
			by[ta] = append(by[ta], t)
		}
	}
	slices.SortStableFunc(tactics, attack.CompareTactics)
	for _, ta := range tactics {
		var ids []string
		for _, t := range by[ta] {
			ids = append(ids, t.ID)
		}
		row(ta.Short, strings.Join(ids, " "))
	}
}

func techniquesOf(f *attack.Facts, tactic *attack.Object) []*attack.Object {
	return slices.DeleteFunc(f.Objects(attack.Technique), func(o *attack.Object) bool {
		return o.Parent != nil || o.Status == attack.Revoked || o.Status == attack.Deprecated ||
			!slices.Contains(o.Tactics, tactic)
	})
}

// describeObject says in one line what an object is and whether it is in force.
func describeObject(f *attack.Facts, o *attack.Object) string {
	words := o.Kind.String()
	switch {
	case o.Type != "":
		words = "software, " + o.Type
	case o.Parent != nil:
		words = "sub-technique"
	}
	for _, d := range o.Domains {
		words += ", " + string(d)
	}
	switch o.Status {
	case attack.Active:
	case attack.Newer:
		words += ", of a later version than these facts (" + edition(f) + ")"
	default:
		words += ", " + o.Status.String()
	}
	return words
}

func objectNames(objects []*attack.Object, all bool) string {
	if len(objects) == 0 {
		return ""
	}
	var out []string
	for i, o := range objects {
		if i == shortList && !all && len(objects) > shortList+2 {
			return fmt.Sprintf("%s and %d more (--all)", strings.Join(out, ", "), len(objects)-i)
		}
		out = append(out, o.ID+" "+o.Name)
	}
	return strings.Join(out, ", ")
}

func ofKind(objects []*attack.Object, k attack.Kind) []*attack.Object {
	return slices.DeleteFunc(slices.Clone(objects), func(o *attack.Object) bool { return o.Kind != k })
}

func runAttackSearch(env Env, o attackOptions, args []string) error {
	f, err := o.facts()
	if err != nil {
		return err
	}
	found := f.Search(strings.Join(args, " "))
	if o.json {
		refs := refsOf(found)
		if refs == nil {
			refs = []attackRef{}
		}
		if err := printJSON(env.Stdout, refs); err != nil {
			return err
		}
	} else {
		for _, ob := range found {
			fmt.Fprintf(env.Stdout, "%-10s %-14s %s\n", ob.ID, ob.Kind, printable(objectCalled(ob)))
		}
	}
	if len(found) == 0 {
		return fmt.Errorf("nothing in %s holds %s", edition(f), printable(strings.Join(args, " ")))
	}
	return nil
}

// objectCalled is an object's name with what else it is called and whether it is in force.
func objectCalled(o *attack.Object) string {
	s := o.FullName()
	if len(o.Aliases) > 0 {
		s += " (" + strings.Join(o.Aliases, ", ") + ")"
	}
	if o.Status != attack.Active {
		s += " [" + o.Status.String() + "]"
	}
	return s
}

func runAttackTactics(env Env, o attackOptions) error {
	d := attack.Domain(strings.ToLower(o.domain))
	if !slices.Contains(attack.Domains(), d) {
		return usagef("--domain %q: use enterprise, ics or mobile", o.domain)
	}
	f, err := o.facts()
	if err != nil {
		return err
	}
	cols := f.Matrix(d)
	if len(cols) == 0 {
		return errors.New("these bundles hold no matrix of the domain " + string(d))
	}
	if o.json {
		views := make([]attackView, 0, len(cols))
		for _, c := range cols {
			views = append(views, viewOf(f, c.Tactic))
		}
		return printJSON(env.Stdout, views)
	}
	for _, c := range cols {
		fmt.Fprintf(env.Stdout, "%-7s %-27s %-27s %3d techniques\n", c.Tactic.ID, c.Tactic.Short, printable(c.Tactic.Name), len(c.Techniques))
	}
	return nil
}
