package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"entente/internal/node"
	"entente/internal/store"
)

// defaultNodeDir is the folder of a node where nobody names another.
const defaultNodeDir = "entente-node"

type initOptions struct {
	first node.First
}

func newInitCmd(env Env) *cobra.Command {
	var o initOptions
	c := &cobra.Command{
		Use:   "init [flags] [DIR]",
		Short: "Make a new exchange node in a folder",
		Long: `Make the folder of an exchange node: its store, a TLS certificate signed by itself, a first organisation with an
account that may do everything, and an API root with one collection. The token of the account is printed once and kept
nowhere; entente serve does the same where there is no node yet.

DIR is ` + defaultNodeDir + ` without an argument. Its file ` + node.FileName + `, if there is one, is the configuration: see docs/node.md.

Exit codes: 0 done, 1 failed or there is a node already, 2 wrong usage.`,
		Example: `  entente init --organisation 'CERT of Example' /srv/entente`,
		Args:    atMostOneFolder,
		RunE:    func(c *cobra.Command, args []string) error { return runInit(c.Context(), env, &o, args) },
	}
	f := c.Flags()
	f.StringVar(&o.first.Organisation, "organisation", "", "`NAME` of the organisation that runs the node")
	f.StringVar(&o.first.Admin, "admin", "admin", "`NAME` of the first account")
	f.StringVar(&o.first.Root, "root", "entente", "`PATH` of the first API root")
	return c
}

func atMostOneFolder(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usagef("`%s` takes one folder, but here are %d\nhint: see `%s --help`", c.CommandPath(), len(args), c.CommandPath())
	}
	return nil
}

func nodeDir(args []string) string {
	if len(args) == 0 {
		return defaultNodeDir
	}
	return args[0]
}

func runInit(ctx context.Context, env Env, o *initOptions, args []string) (err error) {
	dir := nodeDir(args)
	cfg, err := node.Load(dir, env.Getenv)
	if err != nil {
		return usagef("%w", err)
	}
	st, _, err := node.Prepare(ctx, cfg, dir)
	if err != nil {
		return err
	}
	defer func() { err = closeStore(st, err) }()
	return begin(ctx, env.Stdout, st, o.first, dir)
}

// begin makes the first account of a node and prints its token.
func begin(ctx context.Context, w io.Writer, st *store.Store, first node.First, dir string) error {
	b, err := node.Begin(ctx, st, first)
	if err != nil {
		return fmt.Errorf("%w\nhint: serve it with `entente serve %s`", err, dir)
	}
	fmt.Fprintf(w, `The node in %s is ready.

  organisation   %s (%s)
  account        %s
  token          %s
  API root       /%s/
  collection     %s (%s)

The token is shown this once. Keep it like a password: Authorization: Bearer TOKEN.
`, dir, b.Organisation.Name, b.Organisation.UID, b.Admin.Name, b.Token, b.Root.Path, b.Collection.UID, b.Collection.Alias)
	return nil
}

func closeStore(st *store.Store, err error) error {
	if closing := st.Close(); err == nil && closing != nil {
		return fmt.Errorf("close the store: %w", closing)
	}
	return err
}
