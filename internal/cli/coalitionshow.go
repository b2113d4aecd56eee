package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"entente/internal/coalition"
	"entente/internal/sign"
)

func newCoalitionShowCmd(env Env) *cobra.Command {
	var o coalitionOptions
	c := &cobra.Command{
		Use:   "show",
		Short: "Show the members, their keys and thresholds",
		Long: `Show the latest root of your folder: members, keys, roles, thresholds, revoked keys.

Exit codes: 0 shown, 1 failed, 2 wrong usage.`,
		Example: `  entente coalition show -d allies`,
		Args:    exactly(0, ""),
		RunE: func(*cobra.Command, []string) error {
			f, err := o.folder(env)
			if err != nil {
				return err
			}
			chain := f.Book().Chain()
			fmt.Fprintf(env.Stdout, "digest of the latest root %s\n", chain.Digest())
			showRoot(env.Stdout, chain.Latest(), nil)
			return nil
		},
	}
	o.registerDir(c.Flags())
	return c
}

// showRoot prints a root; against another one only what is different.
func showRoot(w io.Writer, r, latest *coalition.Root) {
	fmt.Fprintf(w, "%s  version %d  coalition %s\n", printable(r.Name), r.Version, r.Coalition)
	fmt.Fprintf(w, "issued %s, to be signed anew before %s\n", r.Issued, r.Expires)
	if latest == nil || latest.Threshold != r.Threshold || len(latest.Members) != len(r.Members) {
		fmt.Fprintf(w, "it takes %d of %d to adopt, %d of %d to release, %d of %d to sign the next root, %d of %d witnesses\n",
			r.Threshold.Adopt, r.With(coalition.RoleAdopt), r.Threshold.Release, r.With(coalition.RoleRelease),
			r.Threshold.Root, r.With(coalition.RoleRoot), r.Threshold.Witness, len(r.Witnesses()))
	}
	if r.Log != nil && (latest == nil || latest.Log == nil || *latest.Log != *r.Log) {
		fmt.Fprintf(w, "log %s, key %s\n", printable(r.Log.Origin), r.Log.Key)
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	mark := ""
	for i := range r.Members {
		m := &r.Members[i]
		if latest != nil {
			old := latest.Member(m.ID)
			switch {
			case old == nil:
				mark = "+ "
			case !sameMember(old, m):
				mark = "~ "
			default:
				continue
			}
		}
		fmt.Fprintf(t, "%s%s\t%s\t%s\t%s\n", mark, m.ID, printable(m.Name), roleNames(m.Roles), strings.Join(keyNames(m), " "))
		for _, card := range cardsOf(m) {
			fmt.Fprintf(t, "\t\t\tfingerprint %s\n", card.Fingerprint())
		}
	}
	if latest != nil {
		for i := range latest.Members {
			if m := &latest.Members[i]; r.Member(m.ID) == nil {
				fmt.Fprintf(t, "- %s\t%s\n", m.ID, printable(m.Name))
			}
		}
	}
	_ = t.Flush() // to a writer that keeps its error
	for _, p := range r.NameProblems() {
		fmt.Fprintf(w, "look at the names: %s\n", printable(p.What))
	}
	for _, x := range r.Revoked {
		if latest == nil || !slices.Contains(latest.Revoked, x) {
			fmt.Fprintf(w, "revoked %s since %s: %s\n", x.Key, x.Since, printable(x.Reason))
		}
	}
}

func sameMember(a, b *coalition.Member) bool {
	return a.Name == b.Name && a.Witness == b.Witness && slices.Equal(a.Keys, b.Keys) && slices.Equal(a.Recipients, b.Recipients) && slices.Equal(a.Roles, b.Roles)
}

func roleNames(roles []coalition.Role) string {
	if len(roles) == 0 {
		return "speaks only"
	}
	var out []string
	for _, r := range roles {
		out = append(out, string(r))
	}
	return strings.Join(out, ",")
}

// maxCards is of how many cards of a member fingerprints are shown.
const maxCards = 4

// cardsOf are the cards that a member can have sent: what coalition key printed of them is compared by another way.
func cardsOf(m *coalition.Member) (out []sign.Card) {
	for _, text := range m.Keys {
		k, err := sign.ParsePublicKey(text)
		if err != nil {
			continue
		}
		for _, r := range m.Recipients {
			if out = append(out, sign.Card{Key: k, Recipient: r}); len(out) == maxCards {
				return out
			}
		}
	}
	return out
}

// keyNames are the ids of a member's keys.
func keyNames(m *coalition.Member) (out []string) {
	for _, text := range m.Keys {
		if k, err := sign.ParsePublicKey(text); err == nil {
			out = append(out, string(k.ID()))
		}
	}
	return out
}
