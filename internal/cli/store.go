package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"entente/internal/exchange"
	"entente/internal/node"
	"entente/internal/store"
)

func newStoreCmd(env Env) *cobra.Command {
	o := adminOptions{format: "text"}
	c := &cobra.Command{
		Use:   "store",
		Short: "Check, back up and restore the store of an exchange node",
		Long: `Check, back up and restore the store of the exchange node in a folder. Check and backup may run while the node serves;
before a restore the node has to be stopped.`,
		Example: `  entente store check --node /srv/entente
  entente store backup --node /srv/entente /backups/entente-monday
  entente store restore --node /srv/entente-new /backups/entente-monday`,
		Args: onlyCommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.PersistentFlags().StringVar(&o.dir, "node", defaultNodeDir, "`FOLDER` of the node")
	check := adminVerb(env, &o, "check", "Verify everything that is stored: bytes, what is known of them, indexes, references, the audit log", func(a *admin, _ []string) error {
		problems, err := a.st.Check(a.ctx)
		if err != nil {
			return err
		}
		differing, err := a.st.Compare(a.ctx, exchange.Derive)
		if err != nil {
			return err
		}
		problems = append(problems, differing...)
		for _, p := range problems {
			if err := a.say("%s", p); err != nil {
				return err
			}
		}
		if len(problems) > 0 {
			return fmt.Errorf("the store has %d problems\nhint: restore a backup", len(problems))
		}
		return a.say("the store is in order")
	})
	backup := adminVerb(env, &o, "backup TARGET", "Copy the store while it is in use", func(a *admin, args []string) error {
		if err := a.st.Backup(a.ctx, args[0]); err != nil {
			return err
		}
		return a.audit("store.backup", "", nil)
	})
	restore := &cobra.Command{
		Use: "restore BACKUP", Short: "Make the store of a new node from a backup",
		Long: `Make the store of a node that has none from what entente store backup has written.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
		Example: "  entente store restore --node /srv/entente-new /backups/entente-monday",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("`%s` takes one argument, the backup\nhint: see `%s --help`", c.CommandPath(), c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return restoreStore(c.Context(), env, o.dir, args[0]) },
	}
	check.Example = "  entente store check --node /srv/entente"
	backup.Example = "  entente store backup --node /srv/entente /backups/entente-monday"
	c.AddCommand(check, backup, restore)
	return c
}

func restoreStore(ctx context.Context, env Env, dir, backup string) error {
	cfg, err := node.Load(dir, env.Getenv)
	if err != nil {
		return usagef("%w", err)
	}
	sc := store.Config{URL: cfg.Database}
	if sc.URL == "" {
		sc.Dir = node.StoreDir(dir)
	}
	return store.Restore(ctx, sc, backup, exchange.Derive)
}
