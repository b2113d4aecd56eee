package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"entente/internal/coalition"
	"entente/internal/durable"
	"entente/internal/sign"
)

type rootOptions struct {
	coalitionOptions
	out                     string
	members, names          []string
	witnesses               []string
	adopt, release, root    int
	witness                 int
	expires                 string
	logOrigin, logKey       string
	reason, since, replaced string
	anyway                  bool
}

func newCoalitionNewCmd(env Env) *cobra.Command {
	var o rootOptions
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "Make the first root of a coalition, and sign it",
		Long: `Make the first root of a coalition. Every member that is given may do everything, unless its roles are named:

  adopt    its positions count for the adoption of statements
  propose  it may propose statements, and seal them
  release  it holds a share of the key of every seal, and votes for the release
  root     its signature counts for the next version of the root

The file then goes from member to member for entente coalition sign, until enough have signed it. Its digest is what members
tell each other by another way: whoever has it can tell this root from any other.

Exit codes: 0 written, 1 failed, 2 wrong usage.`,
		Example: `  entente coalition new "Allies" --member us=us.card --member uk=uk.card --member eu=eu.card --adopt 2 --release 2 --key me.key`,
		Args:    exactly(1, "the name of the coalition"),
		RunE:    func(c *cobra.Command, args []string) error { return runCoalitionNew(c, env, &o, args[0]) },
	}
	f := c.Flags()
	o.registerKey(f)
	f.StringArrayVar(&o.members, "member", nil, "`ID=CARD[=ROLES]` of a member: us=us.card, or un=un.card=adopt; repeated")
	f.StringArrayVar(&o.names, "name", nil, "`ID=NAME` of a member, as people write it; repeated")
	f.StringArrayVar(&o.witnesses, "witness", nil, "`ID=KEY` of a member's witness, as entente log key prints it; repeated")
	f.IntVar(&o.adopt, "adopt", 0, "`N` members that it takes to adopt a statement (default more than half)")
	f.IntVar(&o.release, "release", 0, "`N` members that it takes to release one, and to open its seal (default more than half)")
	f.IntVar(&o.root, "root", 0, "`N` members that it takes to sign the next root (default more than half)")
	f.IntVar(&o.witness, "witnesses", 0, "`N` witnesses that it takes to say when something was signed (default more than half of those that are given)")
	f.StringVar(&o.expires, "expires", "365d", "`WHEN` the root has to be signed anew: 365d, or a date")
	f.StringVar(&o.logOrigin, "log", "", "`ORIGIN` of the coalition's log, as entente log new prints it")
	f.StringVar(&o.logKey, "log-key", "", "public `KEY` of the log")
	f.StringVarP(&o.out, "out", "o", "", "`FILE` to write (default root-1.json)")
	return c
}

func half(n, all int) int {
	if n > 0 {
		return n
	}
	return all/2 + 1
}

func runCoalitionNew(c *cobra.Command, env Env, o *rootOptions, name string) error {
	r, err := coalition.NewRoot(name, rand.Reader)
	if err != nil {
		return err
	}
	r.Issued = coalition.At(env.now())
	var members []coalition.Member
	with := map[coalition.Role]int{}
	for _, arg := range o.members {
		m, err := memberArg(arg)
		if err != nil {
			return err
		}
		members = append(members, m)
		for _, role := range m.Roles {
			with[role]++
		}
	}
	if err := errors.Join(applyNames(members, o.names), applyWitnesses(members, o.witnesses)); err != nil {
		return err
	}
	for _, m := range members {
		if r.Member(m.ID) != nil {
			return usagef("member %s is given twice", m.ID)
		}
		r.Put(m)
	}
	if err := plainNames(r, ""); err != nil {
		return err
	}
	r.Threshold = coalition.Quorums{
		Adopt: half(o.adopt, with[coalition.RoleAdopt]), Release: half(o.release, with[coalition.RoleRelease]), Root: half(o.root, with[coalition.RoleRoot]),
	}
	if o.logOrigin != "" || o.logKey != "" {
		r.Log = &coalition.Log{Origin: o.logOrigin, Key: o.logKey}
		if r.Threshold.Witness = o.witness; o.witness == 0 && len(o.witnesses) > 0 {
			r.Threshold.Witness = half(0, len(o.witnesses))
		}
	}
	return o.finish(c, env, r, nil)
}

// plainNames refuses names by which readers could take one member for another; who is the member that is named now, "" for all.
func plainNames(r *coalition.Root, who string) error {
	var bad []string
	for _, p := range r.NameProblems() {
		if who == "" || slices.Contains(p.Members, who) {
			bad = append(bad, printable(p.What))
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return usagef("members could be taken for one another: %s\nhint: give another name with --name ID=NAME, or another id", strings.Join(bad, "; "))
}

// lossless dates a root so that what was signed with keys that it gives up goes on counting: after witnesses saw it. What they are not known
// to have seen has to be brought to them before.
func (o *rootOptions) lossless(env Env, book *coalition.Book, r *coalition.Root, stolen bool) error {
	for _, e := range book.Lost(r) {
		t, ok := book.Seen(e.ID)
		if !ok && book.Chain().Root(e.Root).Threshold.Witness == 0 { // its date has to do
			t, ok = e.At, true
		}
		if ok && !stolen && t >= r.Issued && t < r.Issued+maxSkew {
			r.Issued = t + 1
		}
	}
	if err := o.unchanged(env, book.Changes(r)); err != nil {
		return err
	}
	lost := book.Lost(r)
	if len(lost) == 0 {
		return nil
	}
	var b strings.Builder
	for i, e := range lost {
		if i == 10 {
			fmt.Fprintf(&b, "\n  and %d more", len(lost)-i)
			break
		}
		fmt.Fprintf(&b, "\n  %s: %s about %s", e.Member, whatOf(e), e.Statement)
	}
	if stolen || o.anyway {
		fmt.Fprintf(env.Stderr, "note: these do not count any more when this root is taken in, for they are not known to have been seen before:%s\n", b.String())
		return nil
	}
	return fmt.Errorf("these would not count any more, for nothing here shows that witnesses have seen them:%s\nhint: entente log submit URL, then again; --anyway where they do not matter", b.String())
}

// unchanged refuses a root under which statements would stand elsewhere than they stand.
func (o *rootOptions) unchanged(env Env, changes []coalition.Change) error {
	if len(changes) == 0 {
		return nil
	}
	var b strings.Builder
	for _, c := range changes {
		then := "nothing that anybody has proposed"
		if c.Then != nil {
			then = string(c.Then.Phase)
		}
		fmt.Fprintf(&b, "\n  %s, revision %d: %s, and then %s", c.Now.Statement, c.Now.Number, c.Now.Phase, then)
	}
	if o.anyway {
		fmt.Fprintf(env.Stderr, "note: for all who take this root in, statements stand elsewhere:%s\n", b.String())
		return nil
	}
	return fmt.Errorf("for all who take this root in, statements would stand elsewhere, for what they rest on would not count, or go by this root:%s\nhint: entente log submit URL, then again, where witnesses have yet to see something; leave members and thresholds as they are in a root that revokes keys of witnesses; --anyway where it is meant", b.String())
}

// endsKeysOf are the members of a root of whose keys the next one gives some up, in order.
func endsKeysOf(latest, next *coalition.Root) (out []string) {
	for i := range latest.Members {
		m := &latest.Members[i]
		now := next.Member(m.ID)
		if slices.ContainsFunc(m.Keys, func(k string) bool { return now == nil || !slices.Contains(now.Keys, k) }) {
			out = append(out, m.ID)
		}
	}
	return out
}

// maxSkew is how far clocks of others may be ahead, in seconds.
const maxSkew = 300

// whatOf is what an event is, in words.
func whatOf(e *coalition.Signed) string {
	switch e.Kind {
	case coalition.KindPosition:
		return "the position " + string(e.Position.Stance)
	case coalition.KindVote:
		return "a vote on " + string(e.Vote.Question)
	case coalition.KindPropose:
		return "its proposal"
	case coalition.KindDecide:
		return "a decision"
	case coalition.KindEmbargo:
		return "an answer about the hour"
	default:
		return "a " + string(e.Kind)
	}
}

// applyWitnesses are --witness us=KEY.
func applyWitnesses(members []coalition.Member, witnesses []string) error {
	for _, arg := range witnesses {
		id, key, ok := strings.Cut(arg, "=")
		found := false
		for i := range members {
			if ok && members[i].ID == id {
				members[i].Witness, found = key, true
			}
		}
		if !found {
			return usagef("--witness %q is of no member that is given", arg)
		}
	}
	return nil
}

// finish signs a root that is dated, and writes it.
func (o *rootOptions) finish(c *cobra.Command, env Env, r, latest *coalition.Root) error {
	now := env.now()
	var err error
	if r.Expires, err = expiry("--expires", o.expires, now); err != nil {
		return err
	}
	s, _, err := o.signer(c, env)
	if err != nil {
		return err
	}
	file, err := coalition.SignRoot(r, s)
	if err != nil {
		return usagef("%w", err)
	}
	out := rootPath(o.out, r.Version)
	if err := writeNew(env, out, file); err != nil {
		return err
	}
	return sayRoot(env, out, file, latest)
}

func newCoalitionSignCmd(env Env) *cobra.Command {
	var o rootOptions
	var yes bool
	c := &cobra.Command{
		Use:   "sign ROOT",
		Short: "Sign a root that another member has made",
		Long: `Read what a root says, and sign it. What it changes against the latest root of your folder is shown first; where there is
no folder yet it is shown whole. At a terminal you are asked whether to sign that, unless with --yes. The signature is added to
the file.

Exit codes: 0 signed, 1 failed, 2 wrong usage.`,
		Example: `  entente coalition sign root-1.json --key me.key`,
		Args:    exactly(1, "the file with the root"),
		RunE: func(c *cobra.Command, args []string) error {
			latest, err := o.latest(env)
			if err != nil {
				return err
			}
			b, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			f, err := coalition.ReadRootFile(b, latest)
			if err != nil {
				return err
			}
			showRoot(env.Stderr, f.Root, latest)
			if !yes && !agrees(env, fmt.Sprintf("Sign version %d of %q?", f.Root.Version, f.Root.Name)) {
				return errors.New("it is not signed")
			}
			s, _, err := o.signer(c, env)
			if err != nil {
				return err
			}
			if b, err = coalition.CosignRoot(b, s); err != nil {
				return err
			}
			if err := durable.WriteFile(args[0], b, 0o644); err != nil {
				return err
			}
			return sayRoot(env, args[0], b, latest)
		},
	}
	o.registerDir(c.Flags())
	o.registerKey(c.Flags())
	c.Flags().BoolVarP(&yes, "yes", "y", false, "sign what is shown without a question")
	return c
}

// agrees asks at a terminal; scripts are not asked.
func agrees(env Env, question string) bool {
	in, ok := env.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return true
	}
	fmt.Fprint(env.Stderr, question+" [y/N] ")
	var answer []byte
	for b := make([]byte, 1); len(answer) < 16; { // no more than the line: the passphrase may come next
		if n, err := in.Read(b); n == 0 || err != nil || b[0] == '\n' || b[0] == '\r' {
			break
		}
		answer = append(answer, b[0])
	}
	word := strings.ToLower(strings.TrimSpace(string(answer)))
	return word == "y" || word == "yes"
}

// latest is the latest root of the folder; nil where there is none.
func (o *coalitionOptions) latest(env Env) (*coalition.Root, error) {
	f, err := coalition.OpenFolder(o.folderName(env), func(string, error) {})
	if errors.Is(err, coalition.ErrNoFolder) && o.dir == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return f.Book().Chain().Latest(), nil
}

func newCoalitionJoinCmd(env Env) *cobra.Command {
	var o rootOptions
	var pin string
	c := &cobra.Command{
		Use:   "join ROOT",
		Short: "Make your folder of a coalition, from its first root",
		Long: `Make the folder in which you keep what you know of a coalition. The first root vouches for all that follows, and nothing
but its digest vouches for it: name the one that the other members told you (--root).

Exit codes: 0 done, 1 the root does not hold, 2 wrong usage.`,
		Example: `  entente coalition join root-1.json --root sha256:5f1e…`,
		Args:    exactly(1, "the file with the first root"),
		RunE: func(_ *cobra.Command, args []string) error {
			b, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			f, err := coalition.CreateFolder(o.folderName(env), b, coalition.Digest(pin))
			if err != nil {
				return err
			}
			r := f.Book().Chain().Latest()
			if pin == "" {
				fmt.Fprintf(env.Stderr, "its digest is %s: compare it with what the other members have\n", f.Book().Chain().Digest())
			}
			fmt.Fprintf(env.Stdout, "joined %q with %d members in %s\n", r.Name, len(r.Members), printable(f.Dir()))
			return nil
		},
	}
	o.registerDir(c.Flags())
	c.Flags().StringVar(&pin, "root", "", "`DIGEST` of the first root, as the other members have it")
	return c
}

// nextRoot makes a verb that changes the latest root.
func nextRoot(env Env, use, short, long, example, arg string, change func(*rootOptions, *coalition.Root, string) error, flags func(*rootOptions, *cobra.Command)) *cobra.Command {
	var o rootOptions
	c := &cobra.Command{
		Use: use, Short: short,
		Long: long + `

The next version of the root is written and signed. It goes from member to member for entente coalition sign, and is taken in
with entente coalition import when enough have signed it.

Exit codes: 0 written, 1 failed, 2 wrong usage.`,
		Example: "  " + example,
		Args:    exactly(1, arg),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := o.folder(env)
			if err != nil {
				return err
			}
			latest := f.Book().Chain().Latest()
			r, err := f.Book().Chain().Next()
			if err != nil {
				return err
			}
			if err := change(&o, r, args[0]); err != nil {
				return err
			}
			for _, t := range []struct {
				n  int
				to *int
			}{{o.adopt, &r.Threshold.Adopt}, {o.release, &r.Threshold.Release}, {o.root, &r.Threshold.Root}, {o.witness, &r.Threshold.Witness}} {
				if t.n > 0 {
					*t.to = t.n
				}
			}
			r.Issued = max(coalition.At(env.now()), latest.Issued)
			stolen := len(r.Revoked) > len(latest.Revoked)
			if err := o.lossless(env, f.Book(), r, stolen); err != nil {
				return err
			}
			if err := o.finish(c, env, r, latest); err != nil {
				return err
			}
			if whose := endsKeysOf(latest, r); len(whose) > 0 && r.Threshold.Witness > 0 {
				fmt.Fprintf(env.Stderr, "  what %s signs with old keys from now on does not count: sign with the new ones, when this root is taken in\n", strings.Join(whose, ", "))
			}
			return nil
		},
	}
	f := c.Flags()
	o.registerDir(f)
	o.registerKey(f)
	f.StringVarP(&o.out, "out", "o", "", "`FILE` to write (default root-VERSION.json)")
	f.StringVar(&o.expires, "expires", "365d", "`WHEN` the root has to be signed anew: 365d, or a date")
	f.IntVar(&o.adopt, "adopt", 0, "`N` members that it takes to adopt a statement from now on")
	f.IntVar(&o.release, "release", 0, "`N` members that it takes to release one from now on")
	f.IntVar(&o.root, "root", 0, "`N` members that it takes to sign the next root from now on")
	f.IntVar(&o.witness, "witnesses", 0, "`N` witnesses that it takes from now on")
	f.BoolVar(&o.anyway, "anyway", false, "make it also where something that was signed would not count any more, or a statement would stand elsewhere")
	if flags != nil {
		flags(&o, c)
	}
	return c
}

func newCoalitionAddCmd(env Env) *cobra.Command {
	return nextRoot(env, "add ID=CARD[=ROLES]", "Add a member", "Add a member, or give one that is there other roles.", `entente coalition add fr=fr.card --name fr=France --key me.key`, "the member and its card",
		func(o *rootOptions, r *coalition.Root, arg string) error {
			m, err := memberArg(arg)
			if err != nil {
				return err
			}
			list := []coalition.Member{m}
			if err := errors.Join(applyNames(list, o.names), applyWitnesses(list, o.witnesses)); err != nil {
				return err
			}
			r.Put(list[0])
			return plainNames(r, list[0].ID)
		},
		func(o *rootOptions, c *cobra.Command) {
			c.Flags().StringArrayVar(&o.names, "name", nil, "`ID=NAME` of the member, as people write it")
			c.Flags().StringArrayVar(&o.witnesses, "witness", nil, "`ID=KEY` of the member's witness")
		})
}

func newCoalitionRemoveCmd(env Env) *cobra.Command {
	return nextRoot(env, "remove ID", "Take a member out", `Take a member out. What it signed before stays signed, as far as witnesses saw it before this root was issued: bring it into the
log first (entente log submit).`, `entente coalition remove fr --key me.key`, "the member",
		func(_ *rootOptions, r *coalition.Root, id string) error {
			if !r.Remove(id) {
				return usagef("%q is no member", id)
			}
			return nil
		}, nil)
}

func newCoalitionRotateCmd(env Env) *cobra.Command {
	return nextRoot(env, "rotate ID=CARD", "Give a member new keys",
		`Give a member new keys in place of all that it has. What it signed with the old ones counts as far as witnesses saw it before
this root was issued: bring it into the log first (entente log submit). Where something is not known to be there, nothing is
written, unless with --anyway. Where a key was stolen, revoke it, too.`, `entente coalition rotate uk=uk-2.card --key me.key`, "the member and its new card",
		func(_ *rootOptions, r *coalition.Root, arg string) error {
			m, err := memberArg(arg)
			if err != nil {
				return err
			}
			old := r.Member(m.ID)
			if old == nil {
				return usagef("%q is no member", m.ID)
			}
			m.Name, m.Roles, m.Witness = old.Name, old.Roles, old.Witness
			r.Put(m)
			return nil
		}, nil)
}

func newCoalitionRevokeCmd(env Env) *cobra.Command {
	return nextRoot(env, "revoke KEY", "Take a key away that was lost or stolen",
		`Take away a key of a member, a witness or the log that was lost or stolen. KEY is its id, or the public key in base64. What it
signed counts only where witnesses saw it before --since. A member that would have no key left gets a new one with --replace.`, `entente coalition revoke 5f1e… --since 2021-07-12T08:00:00Z --reason "a laptop was stolen" --replace uk=uk-2.card --key me.key`, "the key",
		func(o *rootOptions, r *coalition.Root, arg string) error {
			id := sign.KeyID(arg)
			if k, err := sign.ParsePublicKey(arg); err == nil {
				id = k.ID()
			}
			if !id.Valid() {
				return usagef("%q is no key\nhint: its id (64 hexadecimal digits) or the public key in base64; entente coalition show lists them", arg)
			}
			since := env.now()
			if o.since != "" {
				t, err := parseMoment("--since", o.since, since)
				if err != nil {
					return err
				}
				since = t
			}
			if o.reason == "" {
				return usagef("--reason is missing: members should know why")
			}
			if err := r.Revoke(coalition.Revoked{Key: id, Since: coalition.At(since), Reason: o.reason}); err != nil {
				return err
			}
			if o.replaced == "" {
				return nil
			}
			m, err := memberArg(o.replaced)
			if err != nil {
				return err
			}
			old := r.Member(m.ID)
			if old == nil {
				return usagef("%q is no member", m.ID)
			}
			m.Name, m.Roles, m.Witness = old.Name, old.Roles, old.Witness
			r.Put(m)
			return nil
		},
		func(o *rootOptions, c *cobra.Command) {
			c.Flags().StringVar(&o.since, "since", "", "`TIME` from which it is not the member's any more (default now)")
			c.Flags().StringVar(&o.reason, "reason", "", "`WHY` it is taken away")
			c.Flags().StringVar(&o.replaced, "replace", "", "`ID=CARD` of the member's new keys")
		})
}
