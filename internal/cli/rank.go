package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/attack"
	"entente/internal/attribution/rank"
)

type rankOptions struct {
	attack  string
	top     int
	explain []string
	before  float64
	format  string
	claimed []string
	actor   actorOptions
}

func newRankCmd(env Env) *cobra.Command {
	var o rankOptions
	c := &cobra.Command{
		Use:   "rank [flags] ID|NAME|FILE…",
		Short: "Say whose habits an intrusion is like; which is not who did it",
		Long: `Compare the techniques and software of an intrusion with what each group of ATT&CK is known to use, and print how probable
that makes each of them, and none of them, and why.

Similarity is not attribution. Groups share tools, imitate each other, and are in ATT&CK as far as somebody wrote about them.
A ranking belongs into an assessment as one weak item among others. How often it is right, and how well its probabilities
hold, stands in docs/attribution-ranking.md and is measured by entente attribution eval.

What was observed is given as ids of techniques and software (T1059.001, S0154), names of software ("Cobalt Strike"), and files:
lists of ids, findings of a hunt (jsonl, json, coverage), a layer of the ATT&CK Navigator, a bundle of STIX; - is standard
input. All of it counts as one intrusion. A hunt names every technique that its rules are tagged with, which may be more than
was done: choose what you are sure of. How often something was seen does not matter, nor in which order.

What else is known of it, such as the sector or the country that was hit, or an address, changes no probability: nothing tells how
much it should. --claimed looks it up by name in the graph of actors of a node, or of a --bundle, and prints beside the ranking which
actors are claimed to have to do with it, and by whom.

The groups are those of Enterprise ATT&CK that come with the program; --attack reads MITRE's bundle of another version.

Exit codes: 0 ranked, 1 failed, 2 wrong usage.`,
		Example: `  entente rank T1059.001 T1190 T1505.003 S0020 "Cobalt Strike"
  entente hunt --format jsonl evidence/ | entente rank -
  entente rank layer.json --top 5 --explain HAFNIUM
  entente rank intrusion.txt --claimed Maritime --claimed mail.example.net --node /srv/entente
  entente rank --attack enterprise-attack.json --format json intrusion.txt | jq .none_of_these`,
		Args: atLeastOne("what was observed: ids of techniques and software, or a file that names them"),
		RunE: func(c *cobra.Command, args []string) error { return runRank(c.Context(), env, &o, args) },
	}
	f := c.Flags()
	f.StringVar(&o.attack, "attack", "", "rank the groups of this `BUNDLE` of ATT&CK, as MITRE publishes it (enterprise-attack.json)")
	f.IntVarP(&o.top, "top", "n", 10, "show this `NUMBER` of groups; 0 is all")
	f.StringArrayVar(&o.explain, "explain", nil, "explain the place of this `GROUP`, id or name, in full; may be repeated")
	f.Float64Var(&o.before, "none-before", 0.5, "how probable it is, before anything is seen, that it is nobody in ATT&CK: a `NUMBER` from 0 to 1")
	f.StringVarP(&o.format, "format", "f", "text", "text or json")
	f.StringArrayVar(&o.claimed, "claimed", nil, "print what is claimed of actors and of this `NAME`, of a sector, a country, an address; may be repeated")
	f.StringVarP(&o.actor.admin.dir, "node", "d", defaultNodeDir, "ask the graph of the node in this `FOLDER`, with --claimed")
	f.StringVar(&o.actor.user, "as", "", "`ACCOUNT` with whose eyes to look; it can be left out where there is one alone")
	o.actor.registerBundles(f)
	_ = c.RegisterFlagCompletionFunc("explain", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return completeGroups()
	}) // it has none
	return c
}

// completeGroups offers the groups that come with the program.
func completeGroups() ([]cobra.Completion, cobra.ShellCompDirective) {
	facts, err := attack.Default()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	var out []cobra.Completion
	for _, g := range facts.Objects(attack.Group) {
		if g.Status == attack.Active {
			out = append(out, cobra.CompletionWithDesc(g.ID, g.Name))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

func (o *rankOptions) check() error {
	switch {
	case o.top < 0:
		return usagef("--top must not be negative")
	case o.format != "text" && o.format != "json":
		return usagef("--format %q: use text or json", printable(o.format))
	case !(o.before >= 0 && o.before <= 1):
		return usagef("--none-before %v: use a number from 0 to 1", o.before)
	case len(o.claimed) == 0 && len(o.actor.bundles) > 0:
		return usagef("--bundle is asked with --claimed\nhint: a bundle of what was observed is an argument, and the groups are read from --attack")
	}
	return nil
}

// observed is what an intrusion is made of, and what is to be said about it.
type observed struct {
	ids   []string
	notes []string
}

func runRank(ctx context.Context, env Env, o *rankOptions, args []string) error {
	if err := o.check(); err != nil {
		return err
	}
	facts, err := attack.Default()
	if err != nil {
		return err
	}
	corpus := rank.FromFacts(facts)
	if o.attack != "" {
		if corpus, err = rank.ReadBundleFile(o.attack); err != nil {
			return fmt.Errorf("%s: %w", printable(o.attack), err)
		}
	}
	seen, err := readObserved(env, facts, args)
	if err != nil {
		return err
	}
	seen.current(facts, corpus)
	profiles, err := corpus.Profiles(rank.Reduction{})
	if err != nil {
		return err
	}
	seen.leaveOutParents(profiles)
	v := rankView{corpus: corpus, ranking: profiles.Rank(seen.ids), seen: seen, before: o.before, top: o.top}
	if err := v.choose(facts, o.explain); err != nil {
		return err
	}
	if len(o.claimed) > 0 {
		v.names = o.claimed
		o.actor.admin.format = "text"
		if v.claims, err = claimsOf(ctx, env, &o.actor, o.claimed, v.ranking); err != nil {
			return err
		}
	}
	for _, note := range seen.notes {
		fmt.Fprintln(env.Stderr, "note:", printable(note))
	}
	if o.format == "json" {
		return printJSON(env.Stdout, v.json())
	}
	s := newSheet(env)
	v.print(s)
	return writeAll(env, s.b.Bytes())
}

// readObserved takes every argument for an id, a file or the name of software, in this order.
func readObserved(env Env, facts *attack.Facts, args []string) (*observed, error) {
	seen := &observed{}
	for _, arg := range args {
		if id, ok := rank.IsID(arg); ok {
			seen.ids = append(seen.ids, id)
			continue
		}
		read, err := readObservedFile(env, arg)
		if errors.Is(err, fs.ErrNotExist) {
			o, ok := facts.Software(arg)
			if !ok {
				return nil, usagef("%s is no id of a technique or of software, no file, and no software of ATT&CK\nhint: entente attack search %s", printable(arg), printable(arg))
			}
			seen.ids = append(seen.ids, o.ID)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", printable(arg), err)
		}
		seen.ids = append(seen.ids, read.IDs...)
		if read.Passed > 0 {
			seen.notes = append(seen.notes, fmt.Sprintf("%s was taken for %s; %s in it named no technique or software", arg, orDash(read.Form), many(int64(read.Passed), "word or document")))
		}
		if read.Incomplete != "" {
			seen.notes = append(seen.notes, fmt.Sprintf("%s is of a hunt that is incomplete: %s", arg, read.Incomplete))
		}
	}
	return seen, nil
}

func readObservedFile(env Env, name string) (rank.Observed, error) {
	if name == "-" {
		return rank.ReadObserved(env.Stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return rank.Observed{}, err
	}
	defer f.Close() //nolint:errcheck // only read
	return rank.ReadObserved(f)
}

// current replaces ids that were revoked by those that are in force, and leaves each in once.
func (seen *observed) current(facts *attack.Facts, corpus *rank.Corpus) {
	for i, id := range seen.ids {
		if _, ok := corpus.Feature(id); ok {
			continue
		}
		o, ok := facts.Lookup(id)
		if !ok {
			continue
		}
		now := []*attack.Object{o.Latest()}
		if o.Status == attack.Newer && len(o.Formerly) == 1 {
			now = o.Formerly
		}
		if _, ok := corpus.Feature(now[0].ID); ok {
			seen.notes = append(seen.notes, fmt.Sprintf("%s is %s in this ATT&CK", id, now[0].ID))
			seen.ids[i] = now[0].ID
		}
	}
	slices.Sort(seen.ids)
	seen.ids = slices.Compact(seen.ids)
	slices.Sort(seen.notes)
	seen.notes = slices.Compact(seen.notes)
}

// leaveOutParents leaves out techniques that no group is known for where one of their sub-techniques was seen, too: rules of hunts
// often name both, and the sub-technique says it already.
func (seen *observed) leaveOutParents(p *rank.Profiles) {
	var out []string
	seen.ids = slices.DeleteFunc(slices.Clone(seen.ids), func(id string) bool {
		below := slices.ContainsFunc(seen.ids, func(other string) bool { return strings.HasPrefix(other, id+".") })
		if below && p.Users(id) == 0 {
			out = append(out, id)
			return true
		}
		return false
	})
	if len(out) > 0 {
		seen.notes = append(seen.notes, strings.Join(out, ", ")+": left out, as sub-techniques of them were seen and no group is known for them without")
	}
}

// choose finds the groups that are to be explained in full.
func (v *rankView) choose(facts *attack.Facts, groups []string) error {
	for _, name := range groups {
		id := strings.ToUpper(name)
		e, ok := v.ranking.Explain(id)
		if !ok {
			if g, found := facts.Group(name); found {
				e, ok = v.ranking.Explain(g.Latest().ID)
			}
		}
		if !ok {
			return usagef("--explain %s: there is no such group among the candidates\nhint: entente attack search %s", printable(name), printable(name))
		}
		v.explain = append(v.explain, e)
	}
	return nil
}
