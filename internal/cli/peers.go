package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"entente/internal/exchange"
	"entente/internal/node"
	"entente/internal/peer"
	"entente/internal/store"
)

func newPeersCmd(env Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "peers",
		Short: "Exchange objects with other nodes",
		Long: `A node pulls from and pushes to its peers while it serves: those that the file ` + node.PeersFile + ` in its folder names
(docs/peers.md). These verbs try the rules out, and do a round at once.`,
		Example: `  entente peers check /srv/entente
  entente peers sync --peer ally /srv/entente`,
		Args: onlyCommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		newPeersVerb(env, "check", "Say whether objects could cross", `Ask each peer for its collections, look up ours and the rights on both, and say of each rule whether objects could cross.
None does.`, (*peer.Runner).Check),
		newPeersVerb(env, "sync", "Do a round of exchange now", `Pull what is new at each peer, and push what is new here, as the node does by itself while it serves. It may be serving.`,
			(*peer.Runner).Sync),
	)
	return c
}

type peersOptions struct {
	peer   string
	format string
}

func newPeersVerb(env Env, name, short, long string, do func(*peer.Runner, context.Context, string) ([]peer.Report, error)) *cobra.Command {
	var o peersOptions
	c := &cobra.Command{
		Use:   name + " [flags] [DIR]",
		Short: short,
		Long:  long + "\n\nExit codes: 0 done, 1 a rule failed, 2 wrong usage, 130 interrupted.",
		Example: `  entente peers ` + name + ` /srv/entente
  entente peers ` + name + ` --peer ally --format json /srv/entente`,
		Args: atMostOneFolder,
		RunE: func(c *cobra.Command, args []string) error {
			return runPeers(c.Context(), env, o, nodeDir(args), do)
		},
	}
	c.Flags().StringVar(&o.peer, "peer", "", "only the peer with this `NAME`")
	c.Flags().StringVar(&o.format, "format", "text", "text or json: one JSON object for each rule")
	return c
}

func runPeers(ctx context.Context, env Env, o peersOptions, dir string, do func(*peer.Runner, context.Context, string) ([]peer.Report, error)) (err error) {
	if err := textOrJSON(o.format); err != nil {
		return err
	}
	cfg, err := node.Load(dir, env.Getenv)
	if err != nil {
		return usagef("%w", err)
	}
	peers, err := peer.Load(filepath.Join(dir, node.PeersFile))
	if err != nil {
		return usagef("%w", err)
	}
	if len(peers) == 0 {
		return usagef("%s names no peers\nhint: docs/peers.md says how", printable(filepath.Join(dir, node.PeersFile)))
	}
	if o.peer != "" {
		peers = slices.DeleteFunc(peers, func(p peer.Config) bool { return p.Name != o.peer })
		if len(peers) == 0 {
			return usagef("%s names no peer %q", printable(filepath.Join(dir, node.PeersFile)), o.peer)
		}
	}
	sc := store.Config{URL: cfg.Database}
	if sc.URL == "" {
		sc.Dir = node.StoreDir(dir)
	}
	st, err := store.Open(ctx, sc)
	if err != nil {
		return err
	}
	defer func() { err = closeStore(st, err) }()
	ex := exchange.New(st, exchange.Options{Log: cfg.Logger(env.Stderr)})
	defer func() { err = errors.Join(err, ex.Close(context.WithoutCancel(ctx))) }()
	r, err := peer.New(ex, st, peers, peer.Options{Dir: dir, UserAgent: "entente/" + Version()})
	if err != nil {
		return err
	}
	failed := false
	for _, p := range peers {
		reports, err := do(r, ctx, p.Name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		failed = failed || err != nil
		if err := printPeerReports(env.Stdout, o.format, p.Name, reports); err != nil {
			return err
		}
		if err != nil && len(reports) == 0 {
			fmt.Fprintf(env.Stderr, "%s: %s\n", p.Name, printable(err.Error()))
		}
	}
	if failed {
		return exit(ExitFailure, nil)
	}
	return nil
}

func printPeerReports(w io.Writer, format, name string, reports []peer.Report) error {
	for i := range reports {
		r := &reports[i]
		if format == "json" {
			b, err := json.Marshal(struct {
				Peer string `json:"peer"`
				*peer.Report
			}{name, r})
			if err != nil {
				return err
			}
			if _, err := w.Write(append(b, '\n')); err != nil {
				return err
			}
			continue
		}
		arrow := "→"
		if r.Direction == "pull" {
			arrow = "←"
		}
		fmt.Fprintf(w, "%s: %s %s %s: %s\n", name, printable(r.Local), arrow, printable(r.Remote), printable(peerSummary(r)))
		for _, n := range r.Notes {
			fmt.Fprintf(w, "    %s\n", printable(n))
		}
	}
	return nil
}

// peerSummary is what a rule did, in a line.
func peerSummary(r *peer.Report) string {
	if r.Failure != "" {
		return "failed: " + r.Failure
	}
	parts := []string{"in order"}
	for _, c := range []struct {
		n    int64
		what string
	}{
		{r.Stored, "new"},
		{r.Known, "known"},
		{r.Conflicts, "in conflict"},
		{r.Failed, "not stored"},
		{r.Taken, "taken"},
		{r.Refused, "refused"},
		{r.Open, "of which nothing is known"},
		{r.Kept, "kept back by the rule"},
	} {
		if c.n > 0 {
			parts = append(parts, thousands(c.n)+" "+c.what)
		}
	}
	if r.Rewound {
		parts = append(parts, "went back to what the peer still has")
	}
	if r.Compared != "" {
		parts = append(parts, "everything was compared: "+r.Compared)
	}
	return strings.Join(parts, ", ")
}
