package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/coalition"
)

func newStatementCmd(env Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "statement",
		Short: "What members say together: propose, take positions, adopt, seal, release",
		Long: `A statement is a pack, texts, and the claims in them. Its content is frozen when it is proposed; members then take positions on
it, each in its own words. What enough of them endorse or assess the same is adopted, sealed until its hour, and released by
enough members. Every step is signed, and anybody can check all of them afterwards (entente verify).

  entente statement new draft                       a folder to write in
  entente statement propose draft --until 2021-07-19T11:00:00Z
  entente statement position ID endorse --likelihood icd-203:"very likely" --confidence icd-203:high
  entente statement adopt ID                        when enough members stand behind it
  entente statement seal ID
  entente statement vote ID release                 every member that releases
  entente statement stage ID                        sign your share now, so that your node can give it away at the hour
  entente statement release ID -o folder            at the hour

ID is the statement's, or as much of the beginning of it or of its digest as tells it from the others. Before and after each
step members exchange what is new: entente coalition export and import, or their nodes.`,
		Args: onlyCommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newStatementNewCmd(env), newStatementProposeCmd(env), newStatementListCmd(env), newStatementShowCmd(env), newStatementMatrixCmd(env), newStatementCSAFCmd(env),
		newStatementPositionCmd(env), newStatementAdoptCmd(env), newStatementRejectCmd(env), newStatementHourCmd(env), newStatementSealCmd(env),
		newStatementVoteCmd(env), newStatementStageCmd(env), newStatementReleaseCmd(env))
	return c
}

// revision finds the revision that an argument means.
func revision(f *coalition.Folder, arg string) (*coalition.Revision, error) {
	states := f.Book().State()
	var found []*coalition.Revision
	for _, d := range slices.Sorted(maps.Keys(states)) {
		r := states[d]
		hash := strings.TrimPrefix(string(d), "sha256:")
		if strings.HasPrefix(r.Statement, arg) || len(arg) >= 6 && (strings.HasPrefix(hash, arg) || strings.HasPrefix(string(d), arg)) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b *coalition.Revision) int { return int(b.Number - a.Number) })
	switch {
	case arg == "" || len(found) == 0:
		return nil, usagef("there is no statement %q here\nhint: entente statement list", arg)
	case len(found) > 1 && (found[0].Statement != found[1].Statement || found[0].Number == found[1].Number):
		return nil, usagef("%q is the beginning of several statements\nhint: give more of it, or of the digest", arg)
	}
	return found[0], nil // the latest revision, where several are meant
}

// title is a statement's, if its content is here.
func title(f *coalition.Folder, r *coalition.Revision) string {
	m, err := f.Manifest(r.Manifest)
	if err != nil {
		return "(its content is not here)"
	}
	return coalition.In(m.Title, "en")
}

// statementVerb makes a verb by which the member signs something about a statement.
func statementVerb(env Env, use, short, long, example string, args int, what string, run func(*coalition.Actor, *coalition.Revision, []string) (*coalition.Signed, string, error)) (*cobra.Command, *coalitionOptions) {
	o := new(coalitionOptions)
	c := &cobra.Command{
		Use: use, Short: short,
		Long: long + `

Exit codes: 0 signed, 1 failed, 2 wrong usage.`,
		Example: "  " + example,
		Args:    exactly(args, what),
		RunE: func(c *cobra.Command, args []string) error {
			a, err := o.actor(c, env)
			if err != nil {
				return err
			}
			r, err := revision(a.Folder, args[0])
			if err != nil {
				return err
			}
			e, said, err := run(a, r, args[1:])
			if err != nil {
				return err
			}
			after, err := revision(a.Folder, string(e.Manifest))
			if err != nil {
				return err
			}
			fmt.Fprintf(env.Stdout, "%s signed %s: %s\nit is %s; the embargo is %s\n", e.Member, said, e.ID, after.Phase, after.Embargo)
			writeStanding(env.Stdout, after)
			return nil
		},
	}
	o.registerDir(c.Flags())
	o.registerKey(c.Flags())
	return c, o
}

func newStatementListCmd(env Env) *cobra.Command {
	var o coalitionOptions
	c := &cobra.Command{
		Use:   "list",
		Short: "List the statements that you know of",
		Long: `List the statements of your folder, and where each stands.

Exit codes: 0 listed, 1 failed, 2 wrong usage.`,
		Example: `  entente statement list`,
		Args:    exactly(0, ""),
		RunE: func(*cobra.Command, []string) error {
			f, err := o.folder(env)
			if err != nil {
				return err
			}
			states := f.Book().State()
			list := slices.Collect(maps.Values(states))
			slices.SortFunc(list, func(a, b *coalition.Revision) int {
				return strings.Compare(a.Statement+fmt.Sprintf("%09d", a.Number)+string(a.Manifest), b.Statement+fmt.Sprintf("%09d", b.Number)+string(b.Manifest))
			})
			t := tabwriter.NewWriter(env.Stdout, 0, 4, 2, ' ', 0)
			fmt.Fprintln(t, "STATEMENT\tREV\tPHASE\tEMBARGO\tHOUR\tTITLE")
			for _, r := range list {
				hour := "-"
				if r.Hour != 0 {
					hour = r.Hour.String()
				}
				fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%s\n", r.Statement, r.Number, r.Phase, r.Embargo, hour, printable(title(f, r)))
			}
			return t.Flush()
		},
	}
	o.registerDir(c.Flags())
	return c
}

func newStatementShowCmd(env Env) *cobra.Command {
	var o coalitionOptions
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Show where a statement stands, and what is missing",
		Long: `Show the claims and files of a statement, what members say of it, its embargo and votes, what is missing for its release, and
what is odd about the events.

Exit codes: 0 shown, 1 failed, 2 wrong usage.`,
		Example: `  entente statement show 41a7d7b5`,
		Args:    exactly(1, "the statement"),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := o.folder(env)
			if err != nil {
				return err
			}
			r, err := revision(f, args[0])
			if err != nil {
				return err
			}
			return showStatement(env, f, r, coalition.At(env.now()))
		},
	}
	o.registerDir(c.Flags())
	return c
}

func showStatement(env Env, f *coalition.Folder, r *coalition.Revision, now coalition.Time) error {
	w := env.Stdout
	fmt.Fprintf(w, "%s\n%s, revision %d, content %s\nproposed by %s on %s\n", printable(title(f, r)), r.Statement, r.Number, r.Manifest, r.Proposal.Member, r.Proposal.At)
	fmt.Fprintf(w, "it is %s; the embargo is %s", r.Phase, r.Embargo)
	if r.Hour != 0 {
		fmt.Fprintf(w, ", its hour %s", r.Hour)
	}
	fmt.Fprintln(w)
	for _, d := range slices.Sorted(maps.Keys(r.Asked)) {
		fmt.Fprintf(w, "  proposed in its place: %s (%s)\n", r.Asked[d], d)
	}
	m, err := f.Manifest(r.Manifest)
	if err == nil {
		fmt.Fprintf(w, "\nreleased as TLP:%s\nclaims\n", strings.ToUpper(m.TLP))
		for _, c := range m.Claims {
			fmt.Fprintf(w, "  %-16s %s\n", c.ID, printable(coalition.In(c.Text, "en")))
		}
		fmt.Fprintln(w, "files")
		for _, x := range m.Files {
			fmt.Fprintf(w, "  %s  %d bytes, %s\n", printable(x.Path), x.Size, x.Role)
		}
		if m.Annex != "" {
			fmt.Fprintln(w, "  and an annex for members")
		}
	} else {
		fmt.Fprintf(w, "its content is not here: %s\n", printable(err.Error()))
	}
	fmt.Fprintln(w, "\npositions")
	writeSaid(env, coalition.SaidOf(r, f.Book()))
	writeStanding(w, r)
	if r.Seal != nil {
		fmt.Fprintf(w, "\nsealed by %s on %s\n", r.Seal.Member, r.Seal.At)
		for _, q := range questions {
			if n := r.Yes(q); n > 0 {
				fmt.Fprintf(w, "  %d for %q, of %d that it takes\n", n, q, needOf(r, q))
			}
			writeVotes(w, r.Votes[q])
		}
		fmt.Fprintf(w, "  %d of %d shares of the key given away\n", len(r.Shares), r.Root.Threshold.Release)
		if r.Phase == coalition.Sealed {
			if err := writeStaged(w, f, r); err != nil {
				return err
			}
		}
	}
	switch missing := r.Due(now); {
	case r.Phase == coalition.Released || r.Phase == coalition.Revised || r.Phase == coalition.Withdrawn || r.Phase == coalition.Rejected:
	case missing == "":
		fmt.Fprintln(w, "nothing is missing for its release: members give their shares away now")
	default:
		fmt.Fprintf(w, "missing for its release: %s\n", missing)
		if next := r.Next(); next != "" {
			fmt.Fprintf(w, "next: %s\n", next)
		}
	}
	for _, p := range r.Problems {
		fmt.Fprintf(w, "odd: %s: %s %s\n", p.Member, p.What, p.Events)
	}
	return nil
}

// questions are those that members vote on.
var questions = []coalition.Question{coalition.AskRelease, coalition.AskHold, coalition.AskOverride, coalition.AskEnd, coalition.AskWithdraw}

// listed are words with commas between.
func listed[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}

// writeStanding says how far a statement is from its adoption, as long as nobody has decided.
func writeStanding(w io.Writer, r *coalition.Revision) {
	if r.Decision == nil {
		fmt.Fprintf(w, "%d of %d that it takes stand behind it, %d of %d object\n", r.Behind(), r.Root.Threshold.Adopt, r.Against(), r.Root.With(coalition.RoleAdopt))
	}
}

// writeVotes prints who said what to a question, and why.
func writeVotes(w io.Writer, votes map[string]*coalition.Signed) {
	for _, m := range slices.Sorted(maps.Keys(votes)) {
		v := votes[m].Vote
		answer := "no"
		if v.Yes {
			answer = "yes"
		}
		fmt.Fprintf(w, "    %s: %s", m, answer)
		if v.Reason != "" {
			fmt.Fprintf(w, ": %s", printable(v.Reason))
		}
		fmt.Fprintln(w)
	}
}

// writeStaged says whether the member's own share will be given away at the hour.
func writeStaged(w io.Writer, f *coalition.Folder, r *coalition.Revision) error {
	staged, err := f.Staged()
	if err != nil {
		return err
	}
	why, here := "", false
	for _, e := range staged {
		if e.Share.Seal != r.Seal.ID {
			continue
		}
		if here, why = true, f.Book().Void(e); why == "" {
			fmt.Fprintln(w, "  your share is staged")
			return nil
		}
	}
	if here {
		fmt.Fprintf(w, "  your share is staged, and would not count: %s; stage it anew\n", why)
	}
	return nil
}

func needOf(r *coalition.Revision, q coalition.Question) int {
	if q == coalition.AskHold {
		return 1
	}
	return r.Root.Threshold.Release
}

// writeSaid prints who says what.
func writeSaid(env Env, said []coalition.Said) {
	if len(said) == 0 {
		fmt.Fprintln(env.Stdout, "  nobody has taken one")
	}
	t := tabwriter.NewWriter(env.Stdout, 0, 4, 2, ' ', 0)
	for _, s := range said {
		covers := "all"
		if len(s.Covers) > 0 {
			covers = strings.Join(s.Covers, ",")
		}
		likely, confident := "-", "-"
		if s.Likelihood != nil {
			likely = s.Likelihood.Term + " (" + s.Likelihood.Scale + ")"
		}
		if s.Confidence != nil {
			confident = "confidence: " + s.Confidence.Level + " (" + s.Confidence.Scale + ")"
		}
		// Names may be alike; members are told apart by their ids, which are plain letters.
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.Member, printable(s.Name), s.Stance, covers, printable(likely), printable(confident), s.At)
		for _, w := range s.Wording {
			fmt.Fprintf(t, "  \t\t\"%s\" (%s)\n", printable(w.Text), w.Language)
		}
	}
	_ = t.Flush() // to a writer that keeps its error
}

func newStatementPositionCmd(env Env) *cobra.Command {
	var covers, wording []string
	var likelihood, confidence string
	c, _ := statementVerb(env, "position ID STANCE", "Say where your organisation stands",
		`Take a position on a statement, in your own words. A later one takes the place of an earlier one.

  endorse      says it, too
  assess       has come to a judgement of its own, which --wording gives
  acknowledge  takes note that others say it
  relay        passes on what others say, without a judgement of its own
  reserve      keeps its judgement back
  abstain      takes no part
  object       is against it

Endorse and assess count for adoption. Likelihood and confidence are two things, each in the words of a scale that is named
with it: icd-203, uk-phia, or own-words.`, `entente statement position 41a7d7b5 assess --covers intrusion --wording en="We judge …" --likelihood icd-203:"very likely" --key me.key`, 2, "the statement, and where you stand",
		func(a *coalition.Actor, r *coalition.Revision, args []string) (*coalition.Signed, string, error) {
			p := &coalition.Position{Stance: coalition.Stance(args[0]), Covers: splitList(covers)}
			if !slices.Contains(coalition.Stances, p.Stance) {
				return nil, "", usagef("there is no stance %q\nhint: one of %s", args[0], listed(coalition.Stances))
			}
			slices.Sort(p.Covers)
			for _, arg := range wording {
				language, text, ok := strings.Cut(arg, "=")
				if !ok {
					return nil, "", usagef("--wording %q has no language\nhint: --wording en=\"We judge …\", or --wording en=@file", arg)
				}
				if name, isFile := strings.CutPrefix(text, "@"); isFile {
					b, err := os.ReadFile(name)
					if err != nil {
						return nil, "", err
					}
					text = strings.TrimSpace(string(b))
				}
				p.Wording = append(p.Wording, coalition.Wording{Language: language, Text: text})
			}
			slices.SortFunc(p.Wording, func(a, b coalition.Wording) int { return strings.Compare(a.Language, b.Language) })
			if likelihood != "" {
				scale, term, ok := strings.Cut(likelihood, ":")
				if !ok {
					return nil, "", usagef("--likelihood %q names no scale\nhint: --likelihood icd-203:\"very likely\"", likelihood)
				}
				if why := coalition.ScaleError(scale, term); why != "" {
					return nil, "", usagef("--likelihood: %s", why)
				}
				p.Likelihood = &coalition.Likelihood{Scale: scale, Term: term}
			}
			if confidence != "" {
				scale, level, ok := strings.Cut(confidence, ":")
				if !ok {
					return nil, "", usagef("--confidence %q names no scale\nhint: --confidence icd-203:high", confidence)
				}
				if why := coalition.ConfidenceError(scale, level); why != "" {
					return nil, "", usagef("--confidence: %s", why)
				}
				p.Confidence = &coalition.Confidence{Scale: scale, Level: level}
			}
			e, err := a.Position(r, p)
			return e, "the position " + args[0], err
		})
	f := c.Flags()
	f.StringSliceVar(&covers, "covers", nil, "`CLAIMS` that it is about (default all)")
	f.StringArrayVar(&wording, "wording", nil, "`LANGUAGE=TEXT` of it, or LANGUAGE=@FILE; repeated")
	f.StringVar(&likelihood, "likelihood", "", "`SCALE:TERM`: icd-203:\"very likely\", uk-phia:\"highly likely\", own-words:\"…\"")
	f.StringVar(&confidence, "confidence", "", "`SCALE:LEVEL`: icd-203:high, own-words:\"…\"")
	return c
}

func newStatementAdoptCmd(env Env) *cobra.Command {
	c, _ := statementVerb(env, "adopt ID", "Adopt a statement on the positions that members have taken",
		`Adopt a statement: the positions that it rests on are named in what you sign, and there have to be enough of them.`, `entente statement adopt 41a7d7b5 --key me.key`, 1, "the statement",
		func(a *coalition.Actor, r *coalition.Revision, _ []string) (*coalition.Signed, string, error) {
			e, err := a.Decide(r, true)
			return e, "its adoption", err
		})
	return c
}

func newStatementRejectCmd(env Env) *cobra.Command {
	c, _ := statementVerb(env, "reject ID", "Reject a statement that cannot be adopted any more",
		`Reject a statement: so many members object that the others are not enough to adopt it.`, `entente statement reject 41a7d7b5 --key me.key`, 1, "the statement",
		func(a *coalition.Actor, r *coalition.Revision, _ []string) (*coalition.Signed, string, error) {
			e, err := a.Decide(r, false)
			return e, "its rejection", err
		})
	return c
}

func newStatementHourCmd(env Env) *cobra.Command {
	var accept, reject string
	c, o := statementVerb(env, "hour ID TIME", "Propose another hour for the release, or answer such a proposal",
		`Propose another hour, or with --accept or --reject answer the proposal of one: TIME is then what was proposed. The old hour
holds until enough members have accepted the new one.`, `entente statement hour 41a7d7b5 2021-07-19T13:00:00Z --key me.key`, 2, "the statement, and the hour", nil)
	c.RunE = func(c *cobra.Command, args []string) error {
		a, err := o.actor(c, env)
		if err != nil {
			return err
		}
		r, err := revision(a.Folder, args[0])
		if err != nil {
			return err
		}
		t, err := parseDue("the hour", args[1], env.now())
		if err != nil {
			return err
		}
		var e *coalition.Signed
		if accept == "" && reject == "" {
			e, err = a.MoveHour(r, coalition.At(t))
		} else {
			var of coalition.Digest
			if of, err = askedHour(r, accept+reject); err != nil {
				return err
			}
			if asked := r.Asked[of]; asked != coalition.At(t) {
				return usagef("%s was proposed, and not %s", asked, coalition.At(t))
			}
			e, err = a.AnswerHour(r, of, accept != "")
		}
		if err != nil {
			return err
		}
		if r, err = revision(a.Folder, string(r.Manifest)); err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "%s signed: %s\nthe hour is %s; the embargo is %s\n", e.Member, e.ID, r.Hour, r.Embargo)
		return nil
	}
	c.Flags().StringVar(&accept, "accept", "", "`DIGEST` of the proposal that you accept, or its beginning")
	c.Flags().StringVar(&reject, "reject", "", "`DIGEST` of the proposal that you reject, or its beginning")
	c.MarkFlagsMutuallyExclusive("accept", "reject")
	return c
}

// askedHour is the proposal of another hour whose digest begins so.
func askedHour(r *coalition.Revision, arg string) (coalition.Digest, error) {
	var found []coalition.Digest
	for _, d := range slices.Sorted(maps.Keys(r.Asked)) {
		if strings.HasPrefix(string(d), arg) || strings.HasPrefix(strings.TrimPrefix(string(d), "sha256:"), arg) {
			found = append(found, d)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", usagef("no proposal of another hour that waits for an answer has the digest %q\nhint: entente statement show lists them", arg)
	}
	return "", usagef("%q is the beginning of several proposals\nhint: give more of it", arg)
}

func newStatementVoteCmd(env Env) *cobra.Command {
	var no bool
	var reason string
	c, _ := statementVerb(env, "vote ID QUESTION", "Vote for the release of a statement, or on what becomes of it",
		`Vote on a question about a statement. A later vote takes the place of an earlier one; --no takes one back.

  release   may it be opened at its hour? Your share of the key is opened and checked first
  hold      is it to wait, whatever its hour? One member is enough
  override  are holds to be passed over?
  end       is the embargo to end before its hour?
  withdraw  is what was released to be withdrawn?`, `entente statement vote 41a7d7b5 release --key me.key`, 2, "the statement, and the question",
		func(a *coalition.Actor, r *coalition.Revision, args []string) (*coalition.Signed, string, error) {
			if !slices.Contains(questions, coalition.Question(args[0])) {
				return nil, "", usagef("there is no question %q\nhint: one of %s", args[0], listed(questions))
			}
			e, err := a.Vote(r, coalition.Question(args[0]), !no, reason)
			return e, "a vote on " + args[0], err
		})
	c.Flags().BoolVar(&no, "no", false, "vote against it, or take back a vote for it")
	c.Flags().StringVar(&reason, "reason", "", "`WHY`, for the other members")
	return c
}

func newStatementStageCmd(env Env) *cobra.Command {
	c, _ := statementVerb(env, "stage ID", "Sign your share of the key, to be given away at the hour",
		`Open your share of the key, sign it, and keep it in your folder. Your node, or entente statement release, gives it away as soon
as it is due, and not before. Whoever reads the file staged in your folder before the hour has your share.`, `entente statement stage 41a7d7b5 --key me.key`, 1, "the statement",
		func(a *coalition.Actor, r *coalition.Revision, _ []string) (*coalition.Signed, string, error) {
			e, err := a.Stage(r)
			return e, "its share, which is kept until it is due", err
		})
	return c
}

// waitStep is how often a release that waits looks again, at most.
const waitStep = time.Second

var errNotReleased = errors.New("it is not released")
