package cli

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/coalition"
	"entente/internal/logserver"
	"entente/internal/sign"
	"entente/internal/translog"
)

func newLogCmd(env Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "log",
		Short: "The transparency log of a coalition, and the witnesses that watch it",
		Long: `A log shows when something was signed, and that nothing was taken back: digests, in the order in which they came, that can be
added to and never changed. One member runs it; the witnesses of the others cosign what it says after they have checked that
it continues what they saw before. A log that shows different things to different people needs as many false witnesses as the
root asks for.

  entente log key log.key                           a key for a log or a witness, and its public half
  entente log new logdir --origin log.example/allies --key log.key
  entente log serve logdir --key log.key --listen 127.0.0.1:8450 --witness uk=http://127.0.0.1:8451
  entente log witness witnessdir --key w.key --member uk --listen 127.0.0.1:8451
  entente log submit http://127.0.0.1:8450          bring what you signed into the log, and get the proofs
  entente log check http://127.0.0.1:8450           recompute all of it`,
		Args: onlyCommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newLogKeyCmd(env), newLogNewCmd(env), newLogServeCmd(env), newLogWitnessCmd(env), newLogSubmitCmd(env), newLogCheckCmd(env), newLogMonitorCmd(env))
	return c
}

// ed25519Signer is a member's key as the standard library knows signers. It signs messages, not digests.
type ed25519Signer struct{ sign.Signer }

func (s ed25519Signer) Public() crypto.PublicKey {
	k := s.Signer.Public()
	return ed25519.PublicKey(k[:])
}

func (s ed25519Signer) Sign(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	if opts.HashFunc() != 0 {
		return nil, errors.New("an Ed25519 key signs messages, not their digests")
	}
	return s.Signer.Sign(message)
}

func newLogKeyCmd(env Env) *cobra.Command {
	var o coalitionOptions
	c := &cobra.Command{
		Use:   "key FILE",
		Short: "Make the key of a log or a witness, or show the public half of one that is there",
		Long: `Make a key for a log or for a witness, sealed with a passphrase. Where FILE is there already it is not changed. Printed is the
public half, for --log-key and --witness of entente coalition new. A key is for one of them and nothing else.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
		Example: `  entente log key witness.key`,
		Args:    exactly(1, "the file with the key"),
		RunE: func(_ *cobra.Command, args []string) error {
			id, err := openOrMake(env, &o, args[0])
			if err != nil {
				return err
			}
			return writeAll(env, []byte(id.Public().String()+"\n"))
		},
	}
	c.Flags().StringVar(&o.passphraseFile, "passphrase-file", "", "`FILE` whose first line is the passphrase; without it ENTENTE_PASSPHRASE, or you are asked")
	return c
}

func newLogNewCmd(env Env) *cobra.Command {
	var o coalitionOptions
	var origin string
	c := &cobra.Command{
		Use:   "new DIR",
		Short: "Make the folder of a log",
		Long: `Make the folder of a log that has no entries yet. ORIGIN is what its checkpoints are called by, for good: a name like that of a
web site without its scheme, which nobody else uses.

Exit codes: 0 made, 1 failed, 2 wrong usage.`,
		Example: `  entente log new logdir --origin log.example/allies --key log.key`,
		Args:    exactly(1, "the folder to make"),
		RunE: func(_ *cobra.Command, args []string) error {
			if origin == "" {
				return usagef("--origin is missing")
			}
			id, err := o.identity(env)
			if err != nil {
				return err
			}
			l, err := translog.Create(args[0], origin, ed25519Signer{id})
			if err != nil {
				return err
			}
			fmt.Fprintf(env.Stdout, "origin %s\nkey %s\n", origin, id.Public())
			return l.Close()
		},
	}
	o.registerKey(c.Flags())
	c.Flags().StringVar(&origin, "origin", "", "`NAME` of the log")
	return c
}

// serveOptions of a log or a witness.
type logServeOptions struct {
	coalitionOptions
	listen    string
	cert      string
	certKey   string
	witnesses []string
	member    string
}

func (o *logServeOptions) register(c *cobra.Command) {
	f := c.Flags()
	o.registerDir(f)
	o.registerKey(f)
	f.StringVar(&o.listen, "listen", "127.0.0.1:0", "`ADDRESS:PORT`; port 0 takes a free one")
	f.StringVar(&o.cert, "cert", "", "`FILE` with a certificate, to serve TLS")
	f.StringVar(&o.certKey, "cert-key", "", "`FILE` with its key")
	c.MarkFlagsRequiredTogether("cert", "cert-key")
}

// serve serves until ctx ends.
func (o *logServeOptions) serve(ctx context.Context, env Env, what string, h http.Handler) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	scheme := "http"
	if o.cert != "" {
		scheme = "https"
	}
	fmt.Fprintf(env.Stdout, "%s at %s://%s\n", what, scheme, l.Addr())
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	failed := make(chan error, 1)
	go func() {
		if o.cert != "" {
			failed <- server.ServeTLS(l, o.cert, o.certKey)
			return
		}
		failed <- server.Serve(l)
	}()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer stop()
	return server.Shutdown(grace)
}

// liveRoot is the latest root of a folder that others write into.
type liveRoot struct {
	mu     sync.Mutex
	folder *coalition.Folder
	log    *slog.Logger
}

func (r *liveRoot) latest() *coalition.Root {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.folder.Refresh(); err != nil {
		r.log.Warn("the coalition's folder cannot be read", slog.Any("error", err))
	}
	return r.folder.Book().Chain().Latest()
}

func newLogServeCmd(env Env) *cobra.Command {
	var o logServeOptions
	c := &cobra.Command{
		Use:   "serve DIR",
		Short: "Run the log of a coalition",
		Long: `Serve a log: its files for everybody (C2SP tlog-tiles), and POST /add for members of the coalition, whose signature each request
has to bear. Each --witness is asked to cosign what is new. Who the members and witnesses are is read from the coalition's
folder (--dir), also when it changes.

Exit codes: 0 interrupted, 1 failed, 2 wrong usage.`,
		Example: `  entente log serve logdir --key log.key --listen 127.0.0.1:8450 --witness uk=http://127.0.0.1:8451`,
		Args:    exactly(1, "the folder of the log"),
		RunE: func(c *cobra.Command, args []string) error {
			return stopped(runLogServe(c.Context(), env, &o, args[0]))
		},
	}
	o.register(c)
	c.Flags().StringArrayVar(&o.witnesses, "witness", nil, "`ID=URL` of a member's witness; repeated")
	return c
}

func runLogServe(ctx context.Context, env Env, o *logServeOptions, dir string) (err error) {
	urls, err := pairsOf("--witness", o.witnesses)
	if err != nil {
		return err
	}
	f, err := o.folder(env)
	if err != nil {
		return err
	}
	root := f.Book().Chain().Latest()
	if root.Log == nil {
		return usagef("the coalition keeps no log\nhint: entente coalition new --log ORIGIN --log-key KEY")
	}
	id, err := o.identity(env)
	if err != nil {
		return err
	}
	l, err := translog.Open(dir, root.Log.Origin, ed25519Signer{id})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	files, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = files.Close() }()
	logger := slog.New(slog.NewTextHandler(env.Stderr, nil))
	live := &liveRoot{folder: f, log: logger}
	return o.serve(ctx, env, "log "+root.Log.Origin, logserver.New(logserver.Options{
		Log: l, Root: files, Latest: live.latest, Logger: logger,
		Witnesses: func(r *coalition.Root) (out []translog.Cosigner) {
			for member, key := range r.Witnesses() {
				if url := urls[member]; url != "" {
					out = append(out, &translog.WitnessClient{Witness: key, URL: url})
				}
			}
			return out
		},
	}))
}

func newLogWitnessCmd(env Env) *cobra.Command {
	var o logServeOptions
	c := &cobra.Command{
		Use:   "witness DIR",
		Short: "Run a member's witness",
		Long: `Cosign what the coalition's log says, as long as it continues what was seen before (C2SP tlog-witness). DIR keeps what was seen,
and is made where it is not there. Never put an older copy of it back: the witness would forget, and could be led astray.

Exit codes: 0 interrupted, 1 failed, 2 wrong usage.`,
		Example: `  entente log witness witnessdir --key witness.key --member uk --listen 127.0.0.1:8451`,
		Args:    exactly(1, "the folder of the witness"),
		RunE: func(c *cobra.Command, args []string) error {
			return stopped(runLogWitness(c.Context(), env, &o, args[0]))
		},
	}
	o.register(c)
	c.Flags().StringVar(&o.member, "member", "", "`ID` of the member whose witness it is")
	return c
}

func runLogWitness(ctx context.Context, env Env, o *logServeOptions, dir string) (err error) {
	f, err := o.folder(env)
	if err != nil {
		return err
	}
	root := f.Book().Chain().Latest()
	keys, ok := root.LogKeys()
	if !ok {
		return usagef("the coalition keeps no log")
	}
	id, err := o.identity(env)
	if err != nil {
		return err
	}
	if want, there := root.Witnesses()[o.member]; !there || want.Public != id.Public() {
		return usagef("the root does not name this key as the witness of %q\nhint: --member ID, and the key that entente log key printed", printable(o.member))
	}
	wo := translog.WitnessOptions{Name: root.WitnessName(o.member), Signer: ed25519Signer{id}, Logs: []translog.LogKeys{keys}, Now: env.now}
	w, err := translog.OpenWitness(dir, wo)
	if errors.Is(err, os.ErrNotExist) {
		w, err = translog.CreateWitness(dir, wo)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	logger := slog.New(slog.NewTextHandler(env.Stderr, nil))
	return o.serve(ctx, env, "witness of "+o.member, w.Handler(func(ctx context.Context, request *translog.AddCheckpoint, err error) {
		level := slog.LevelWarn
		if last, ok := errors.AsType[*translog.ConflictError](err); ok && last.Size < request.Checkpoint.Size {
			level = slog.LevelInfo // the log asks again, from there
		}
		logger.LogAttrs(ctx, level, "not cosigned", slog.String("origin", request.Checkpoint.Origin), slog.Int64("size", request.Checkpoint.Size), slog.Any("error", err))
	}))
}

func newLogSubmitCmd(env Env) *cobra.Command {
	var o coalitionOptions
	c := &cobra.Command{
		Use:   "submit URL",
		Short: "Bring what is signed into the log, and keep the proofs",
		Long: `Bring the digests of all events of your folder that are not yet proven into the log, whoever signed them, and keep the proofs.
Events of members without a network are brought in so by whoever has them.

Exit codes: 0 all are proven, 1 failed or some are not cosigned yet, 2 wrong usage.`,
		Example: `  entente log submit http://127.0.0.1:8450 --key me.key`,
		Args:    exactly(1, "where the log is"),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := o.folder(env)
			if err != nil {
				return err
			}
			s, _, err := o.signer(c, env)
			if err != nil {
				return err
			}
			client := &logserver.Client{URL: args[0]}
			done, waiting, err := client.Submit(c.Context(), f, s)
			if done > 0 || err == nil {
				fmt.Fprintf(env.Stdout, "%d events are proven now\n", done)
			}
			if err == nil && waiting > 0 {
				err = fmt.Errorf("%d events are in the log, and too few witnesses have cosigned it yet: try again", waiting)
			}
			return err
		},
	}
	o.registerDir(c.Flags())
	o.registerKey(c.Flags())
	return c
}

// logSource reads a log from an address or a folder. keys are those of the folder's coalition.
func logClient(env Env, o *coalitionOptions, arg string) (*translog.Client, *coalition.Root, error) {
	f, err := o.folder(env)
	if err != nil {
		return nil, nil, err
	}
	root := f.Book().Chain().Latest()
	keys, ok := root.LogKeys()
	if !ok {
		return nil, nil, usagef("the coalition keeps no log")
	}
	c := &translog.Client{Log: keys}
	if info, err := os.Stat(arg); err == nil && info.IsDir() {
		dir, err := os.OpenRoot(arg)
		if err != nil {
			return nil, nil, err
		}
		c.Source = translog.FolderSource{FS: dir.FS()}
		return c, root, nil
	}
	if c.Source, err = translog.NewHTTPSource(arg, nil); err != nil {
		return nil, nil, usagef("%w", err)
	}
	return c, root, nil
}

func newLogCheckCmd(env Env) *cobra.Command {
	var o coalitionOptions
	c := &cobra.Command{
		Use:   "check URL|DIR",
		Short: "Recompute a log from its entries, and compare",
		Long: `Read all entries and tiles of a log, at an address or in a folder, recompute every hash, and compare with what its checkpoint
says. The first file that is wrong is named.

Exit codes: 0 the log is in order, 1 it is not, 2 wrong usage.`,
		Example: `  entente log check http://127.0.0.1:8450`,
		Args:    exactly(1, "the log"),
		RunE: func(c *cobra.Command, args []string) error {
			client, root, err := logClient(env, &o, args[0])
			if err != nil {
				return err
			}
			at, err := client.Checkpoint(c.Context())
			if err != nil {
				return err
			}
			if err := client.Check(c.Context(), at, nil); err != nil {
				return err
			}
			var keys []translog.Key
			for _, k := range root.Witnesses() {
				keys = append(keys, k)
			}
			good, wrong := at.Cosignatures(keys)
			fmt.Fprintf(env.Stdout, "%s has %d entries and is in order; %d witnesses have cosigned it, and it takes %d\n", at.Origin, at.Size, len(good), root.Threshold.Witness)
			return wrong
		},
	}
	o.registerDir(c.Flags())
	return c
}

func newLogMonitorCmd(env Env) *cobra.Command {
	var o coalitionOptions
	var state string
	c := &cobra.Command{
		Use:   "monitor URL",
		Short: "Print what is new in a log, and see whether it goes on from what it said before",
		Long: `Compare what a log says now with what it said the last time (--state, a file that is made and brought up to date), and print
the entries that are new, a digest a line. A log that has forgotten or changed something is an error; both of its checkpoints
are printed then, for everybody to see.

Exit codes: 0 it goes on, 1 it does not or could not be read, 2 wrong usage.`,
		Example: `  entente log monitor http://127.0.0.1:8450 --state seen.txt`,
		Args:    exactly(1, "the log"),
		RunE: func(c *cobra.Command, args []string) error {
			return runLogMonitor(c.Context(), env, &o, args[0], state)
		},
	}
	o.registerDir(c.Flags())
	c.Flags().StringVar(&state, "state", "", "`FILE` with what was seen the last time")
	return c
}
