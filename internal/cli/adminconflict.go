package cli

import (
	"strconv"

	"github.com/spf13/cobra"

	"entente/internal/exchange"
)

func newAdminConflictCmd(env Env, o *adminOptions) *cobra.Command {
	return adminNoun("conflict", "Conflicts: submissions beside which another object of the same version stands", newConflictListCmd(env, o), newConflictDismissCmd(env, o))
}

func newConflictListCmd(env Env, o *adminOptions) *cobra.Command {
	return adminVerb(env, o, "list", "List conflicts, without what they say", func(a *admin, _ []string) error {
		list, err := a.st.AllConflicts(a.ctx, 0)
		if err != nil {
			return err
		}
		orgs, err := a.st.Orgs(a.ctx)
		if err != nil {
			return err
		}
		collections, err := a.st.AllCollections(a.ctx, 0)
		if err != nil {
			return err
		}
		names, titles := map[int64]string{}, map[int64]string{}
		for _, org := range orgs {
			names[org.ID] = org.Name
		}
		for _, c := range collections {
			titles[c.ID] = c.Title
		}
		rows := make([][]any, 0, len(list))
		for i := range list {
			c := &list[i]
			rows = append(rows, []any{c.Number, titles[c.Collection], names[c.Class.Owner], exchange.LabelName(c.Class.Label), c.ID, c.VersionText, day(c.Added)})
		}
		return a.table([]string{"number", "collection", "org", "label", "object", "version", "came"}, rows)
	})
}

func newConflictDismissCmd(env Env, o *adminOptions) *cobra.Command {
	return adminVerb(env, o, "dismiss NUMBER", "Remove a conflict; what stands there stays", func(a *admin, args []string) error {
		number, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil {
			return usagef("%q is no number of a conflict\nhint: `entente admin conflict list` shows them", args[0])
		}
		if err := a.st.DismissAny(a.ctx, number); err != nil {
			return err
		}
		return a.audit(exchange.DeedDismiss, args[0], nil)
	})
}
