package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"entente/internal/exchange"
	"entente/internal/node"
	"entente/internal/store"
)

type serveOptions struct {
	seed   string
	listen string
	plain  bool
	level  string
	page   int
}

func newServeCmd(env Env) *cobra.Command {
	var o serveOptions
	c := &cobra.Command{
		Use:   "serve [flags] [DIR]",
		Short: "Run an exchange node: STIX 2.1 over TAXII 2.1",
		Long: `Run the exchange node in a folder until it is interrupted. Where there is none yet it is made, and the token of its
first account is printed once (see entente init). DIR is ` + defaultNodeDir + ` without an argument; its file ` + node.FileName + ` is
the configuration (docs/node.md), which variables named ENTENTE_… and the flags here override.

The node serves TLS, with a certificate of its own making unless the configuration names another, at 127.0.0.1:8443.
When it is ready it prints where, and the SHA-256 of the certificate.

With --seed FILE a new node is filled with the API roots, collections, accounts and objects of a JSON file
(docs/formats/seed.md). Without DIR such a node lives in a temporary folder and ends with the program: for tests of
clients.

Exit codes: 0 interrupted, 1 failed, 2 wrong usage.`,
		Example: `  entente serve /srv/entente
  entente serve --listen 0.0.0.0:443 /srv/entente
  entente serve --seed seed.json --listen 127.0.0.1:0`,
		Args: atMostOneFolder,
		RunE: func(c *cobra.Command, args []string) error {
			return stopped(runServe(c.Context(), env, &o, c, args))
		},
	}
	f := c.Flags()
	f.StringVar(&o.seed, "seed", "", "fill a new node from this `FILE`, - is standard input")
	f.StringVar(&o.listen, "listen", "", "serve at this `ADDRESS:PORT`; port 0 takes a free one")
	f.BoolVar(&o.plain, "plain-http", false, "serve without TLS, on a loopback address alone")
	f.StringVar(&o.level, "log-level", "", "log this and what is worse: debug, info, warn or error")
	f.IntVar(&o.page, "max-page", 0, "most objects in one answer (default 1000)")
	return c
}

// serveMemory is where a node begins to collect its garbage in earnest. What bodies and answers may hold at once stays below;
// a node that has served a burst shall not keep what it took for good.
const serveMemory = 128 << 20

// boundMemory sets the limit, unless GOMEMLIMIT does.
func boundMemory(env Env) {
	if env.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(serveMemory)
	}
}

func runServe(ctx context.Context, env Env, o *serveOptions, c *cobra.Command, args []string) (err error) {
	boundMemory(env)
	dir := nodeDir(args)
	if o.seed != "" && len(args) == 0 {
		dir, err = os.MkdirTemp("", "entente-seed-")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	cfg, err := node.Load(dir, env.Getenv)
	if err != nil {
		return usagef("%w", err)
	}
	var seed *node.Seed
	if o.seed != "" {
		if seed, err = readSeed(env, o.seed); err != nil {
			return err
		}
		seed.Configure(&cfg)
	}
	if err := o.override(&cfg, c); err != nil {
		return err
	}
	if err := cfg.Finish(); err != nil {
		return usagef("%w", err)
	}
	log := cfg.Logger(env.Stderr)
	st, _, err := node.Prepare(ctx, cfg, dir)
	if err != nil {
		return err
	}
	defer func() { err = closeStore(st, err) }()
	if err := fill(ctx, env, st, seed, log, dir); err != nil {
		if seed != nil && len(args) > 0 && !errors.Is(err, store.ErrExists) {
			return fmt.Errorf("%w; the node in %s is not whole: remove it", err, dir)
		}
		return err
	}
	debug.FreeOSMemory() // what a seed, or the password of a first account, has taken
	n, err := node.Listen(ctx, node.Parts{Config: cfg, Dir: dir, Store: st, Log: log, Version: Version(), Now: env.now})
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "entente: serving %s\n", n.URL())
	if sum := n.Fingerprint(); sum != "" {
		fmt.Fprintf(env.Stdout, "entente: certificate %s, SHA-256 %s\n", n.Certificate(), sum)
	}
	return n.Serve(ctx)
}

// override sets what flags say.
func (o *serveOptions) override(cfg *node.Config, c *cobra.Command) error {
	if o.listen != "" {
		cfg.Listen = o.listen
	}
	if o.level != "" {
		cfg.LogLevel = o.level
	}
	if c.Flags().Changed("max-page") {
		if cfg.MaxPage = o.page; o.page < 1 {
			return usagef("--max-page: %d is not above 0", o.page)
		}
	}
	if c.Flags().Changed("plain-http") {
		cfg.PlainHTTP = o.plain
	}
	return nil
}

func readSeed(env Env, path string) (*node.Seed, error) {
	in := env.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // it was read only
		in = f
	}
	seed, err := node.ReadSeed(in)
	if err != nil {
		return nil, fmt.Errorf("seed %s: %w", path, err)
	}
	return &seed, nil
}

// fill gives a new node its contents.
func fill(ctx context.Context, env Env, st *store.Store, seed *node.Seed, log *slog.Logger, dir string) error {
	if seed != nil {
		for _, w := range seed.Warnings {
			log.WarnContext(ctx, "the seed may be meant otherwise", slog.String("where", w))
		}
		n, err := node.LoadSeed(ctx, st, exchange.New(st, exchange.Options{Log: log}), *seed)
		if err != nil {
			return fmt.Errorf("seed: %w", err)
		}
		fmt.Fprintf(env.Stdout, "entente: %d objects from the seed\n", n)
		return nil
	}
	fresh, err := node.IsNew(ctx, st)
	if err != nil || !fresh {
		return err
	}
	return begin(ctx, env.Stdout, st, node.First{}, dir)
}
