package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	agecrypt "filippo.io/age"
	"github.com/spf13/cobra"

	"entente/internal/coalition/carrier"
	"entente/internal/sign"
)

type coalitionSyncOptions struct {
	coalitionOptions
	taxii      taxiiOptions
	collection string
	releases   string
	logURL     string
	every      time.Duration
	once       bool
}

func newCoalitionSyncCmd(env Env) *cobra.Command {
	var o coalitionSyncOptions
	c := &cobra.Command{
		Use:   "sync URL",
		Short: "Exchange files with the other members over a server of TAXII, and release at the hour",
		Long: `Do for a member without a node what a node does: bring what is new in the folder to a collection of a TAXII 2.1 server, as packets
that are encrypted to all members, take in what others have brought, give the staged share away at the hour, and with --releases
write what is released into a folder for each statement. It goes on until it is interrupted; with --once it does so once.

Nothing that comes is believed that is not signed by a member. Keys of age are enough to take part (--old-key alone, with a
file that entente coalition key --node-key has written); --key is needed for --log.

Exit codes: 0 interrupted, or done with --once, 1 failed, 2 wrong usage.`,
		Example: `  entente coalition sync --once --token-file token --old-key node.age https://node.ally.example/ally/collections/packets/`,
		Args:    exactly(1, "which server: its URL"),
		RunE: func(c *cobra.Command, args []string) error {
			return stopped(runCoalitionSync(c, env, &o, args[0]))
		},
	}
	o.registerDir(c.Flags())
	o.registerKey(c.Flags())
	f := c.Flags()
	f.StringVarP(&o.collection, "collection", "c", "", "identifier, alias or title of the `COLLECTION`, where the URL names none and there are several")
	f.StringVar(&o.releases, "releases", "", "`FOLDER` that gets a folder for each statement that is released")
	f.StringVar(&o.logURL, "log", "", "`URL` of the coalition's log, to bring events into")
	f.DurationVar(&o.every, "every", 10*time.Second, "time between two looks at the server; a second while shares of a key are missing")
	f.BoolVar(&o.once, "once", false, "do it once")
	f.StringVar(&o.taxii.user, "user", "", "`NAME` for HTTP Basic")
	f.StringVar(&o.taxii.passwordFile, "password-file", "", "`FILE` whose first line is the password")
	f.StringVar(&o.taxii.tokenFile, "token-file", "", "`FILE` whose first line is a bearer token")
	f.StringVar(&o.taxii.ca, "ca", "", "`FILE` of certificates (PEM) to trust besides those of the system")
	f.StringVar(&o.taxii.pin, "pin", "", "`SHA-256` of the server's certificate in hexadecimal: trust it and no other")
	f.BoolVar(&o.taxii.plainHTTP, "plain-http", false, "allow http to other machines: everybody on the way sees who talks to whom")
	f.DurationVar(&o.taxii.timeout, "timeout", time.Minute, "how long an answer may take, and a second more for each KiB")
	return c
}

func runCoalitionSync(c *cobra.Command, env Env, o *coalitionSyncOptions, url string) (err error) {
	if o.every <= 0 {
		return usagef("--every %s: that is not above 0", o.every)
	}
	f, err := o.folder(env)
	if err != nil {
		return err
	}
	var signer sign.Signer
	var ids []agecrypt.Identity
	if o.key == "" && env.Getenv("ENTENTE_KEY") == "" && len(o.oldKeys) > 0 {
		ids, err = o.olderKeys(env)
	} else {
		signer, ids, err = o.signer(c, env)
	}
	if err != nil {
		return err
	}
	if o.logURL != "" && signer == nil {
		return usagef("--log: requests to the log are signed\nhint: --key FILE")
	}
	client, err := o.taxii.client(env, url)
	if err != nil {
		return err
	}
	defer client.Close()
	r, err := carrier.New(carrier.Options{
		Folder: f, Collection: &carrier.TAXIICollection{Client: client, URL: url, Collection: o.collection}, Identities: ids,
		LogURL: o.logURL, Signer: signer, ReleaseDir: o.releases, Every: o.every, Now: env.now, Log: slog.New(slog.NewTextHandler(env.Stderr, nil)),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if !o.once {
		r.Run(c.Context())
		return nil // it was interrupted
	}
	if err := r.Round(c.Context()); err != nil {
		return taxiiError(err)
	}
	s := r.Status()
	fmt.Fprintf(env.Stdout, "sent %d files, %d that came are new, %d packets are for others, %d objects or files were passed over\n", s.Sent, s.Taken, s.NotForUs, s.Bad)
	return nil
}
