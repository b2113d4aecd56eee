package cli

import (
	"github.com/spf13/cobra"

	"entente/internal/exchange"
	"entente/internal/store"
)

func newAdminWebhookCmd(env Env, o *adminOptions) *cobra.Command {
	return adminNoun("webhook", "Webhooks: addresses of analysts that are told what is added",
		newWebhookListCmd(env, o), newWebhookSetCmd(env, o), newWebhookRemoveCmd(env, o))
}

// operator is who works on the node itself, without an account.
var operator = exchange.Principal{Remote: "local", Roles: store.Admin, Scopes: exchange.AllScopes}

func newWebhookListCmd(env Env, o *adminOptions) *cobra.Command {
	return adminVerb(env, o, "list", "List webhooks, without their secrets", func(a *admin, _ []string) error {
		hooks, err := a.ex.Webhooks(a.ctx, operator)
		if err != nil {
			return err
		}
		users, err := a.st.Users(a.ctx, 0)
		if err != nil {
			return err
		}
		names := map[int64]string{}
		for _, u := range users {
			names[u.ID] = u.Name
		}
		var rows [][]any
		for _, h := range hooks {
			rows = append(rows, []any{h.ID, names[h.User], h.URL, h.Disabled, day(h.State.Delivered), h.State.Failures, h.State.Error})
		}
		return a.table([]string{"id", "user", "url", "disabled", "delivered", "failures", "error"}, rows)
	})
}

func newWebhookSetCmd(env Env, o *adminOptions) *cobra.Command {
	var disabled bool
	c := adminVerb(env, o, "set ID", "Let a webhook rest, or go on", func(a *admin, args []string) error {
		return a.ex.DisableWebhook(a.ctx, operator, args[0], disabled)
	})
	c.Flags().BoolVar(&disabled, "disabled", false, "whether it rests; what is added meanwhile it is told afterwards")
	return c
}

func newWebhookRemoveCmd(env Env, o *adminOptions) *cobra.Command {
	return adminVerb(env, o, "remove ID", "Remove a webhook", func(a *admin, args []string) error {
		return a.ex.RemoveWebhook(a.ctx, operator, args[0])
	})
}
