package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/coalition"
	"entente/internal/coalition/carrier"
	"entente/internal/coalition/publish"
)

// publication is what a statement is released as. signature is that of its CSAF document, nil for none.
func publication(f *coalition.Folder, r *coalition.Revision, signature []byte) (map[string][]byte, error) {
	s, err := publish.Of(f, r)
	if err != nil {
		return nil, err
	}
	s.CSAFSignature = signature
	return publish.Files(s)
}

func newStatementCSAFCmd(env Env) *cobra.Command {
	var o coalitionOptions
	c := &cobra.Command{
		Use:   "csaf ID",
		Short: "Print the CSAF document of a statement, to be signed with OpenPGP",
		Long: `Print the CSAF 2.0 document that the release of a statement has, with the positions as they are now. CSAF asks for an OpenPGP
signature beside it, by the key under which your organisation publishes advisories: sign the document with it, and hand the
signature to entente statement seal (--csaf-signature).

Exit codes: 0 printed, 1 failed, 2 wrong usage.`,
		Example: `  entente statement csaf 41a7d7b5 > csaf.json
  gpg --armor --detach-sign csaf.json
  entente statement seal 41a7d7b5 --csaf-signature csaf.json.asc --key me.key`,
		Args: exactly(1, "the statement"),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := o.folder(env)
			if err != nil {
				return err
			}
			r, err := revision(f, args[0])
			if err != nil {
				return err
			}
			files, err := publication(f, r, nil)
			if err != nil {
				return err
			}
			return writeAll(env, files["csaf.json"])
		},
	}
	o.registerDir(c.Flags())
	return c
}

func newStatementSealCmd(env Env) *cobra.Command {
	var signature string
	c, _ := statementVerb(env, "seal ID", "Seal a statement for its release",
		`Make everything that is released of an adopted statement, encrypt it, and deal the shares of the key to the members that may
release. From now on fewer of them than it takes can open it neither early nor late.

--csaf-signature is an OpenPGP signature of the CSAF document (entente statement csaf), which is released beside it. It has to
be of the document as it is now; whether it is good, gpg --verify tells.`, `entente statement seal 41a7d7b5 --key me.key`, 1, "the statement",
		func(a *coalition.Actor, r *coalition.Revision, _ []string) (*coalition.Signed, string, error) {
			var asc []byte
			var err error
			if signature != "" {
				if asc, err = os.ReadFile(signature); err != nil {
					return nil, "", err
				}
			}
			files, err := publication(a.Folder, r, asc)
			if err != nil {
				return nil, "", err
			}
			if asc != nil {
				by, err := publish.ReadSignature(asc, files["csaf.json"])
				if err != nil {
					return nil, "", err
				}
				for _, s := range by {
					fmt.Fprintf(env.Stderr, "note: csaf.json is signed with the OpenPGP key %s, which gpg --verify checks\n", cmp.Or(s.Fingerprint, "of somebody"))
				}
			}
			e, err := a.Seal(r, files)
			if err != nil {
				return nil, "", err
			}
			b, err := a.Folder.Blob(e.Seal.Ciphertext)
			sayByHand(env, "what is sealed", int64(len(b)))
			return e, "the seal", err
		})
	c.Flags().StringVar(&signature, "csaf-signature", "", "`FILE` with an OpenPGP signature of the CSAF document")
	return c
}

// sayByHand says so where something is larger than what nodes bring from member to member.
func sayByHand(env Env, what string, size int64) {
	if size > carrier.MaxCarried {
		fmt.Fprintf(env.Stderr, "note: %s has %d bytes, and nodes carry files of at most %d: bring it to the other members with entente coalition export and import\n",
			printable(what), size, carrier.MaxCarried)
	}
}

func newStatementMatrixCmd(env Env) *cobra.Command {
	var o coalitionOptions
	c := &cobra.Command{
		Use:   "matrix ID",
		Short: "Who says what of a statement, claim by claim",
		Long: `Print who says what of a statement: a row for each claim and member, as CSV.

Exit codes: 0 printed, 1 failed, 2 wrong usage.`,
		Example: `  entente statement matrix 41a7d7b5 > matrix.csv`,
		Args:    exactly(1, "the statement"),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := o.folder(env)
			if err != nil {
				return err
			}
			r, err := revision(f, args[0])
			if err != nil {
				return err
			}
			m, err := f.Manifest(r.Manifest)
			if err != nil {
				return err
			}
			return writeAll(env, publish.Matrix(&publish.Statement{Manifest: m, Said: coalition.SaidOf(r, f.Book())}))
		},
	}
	o.registerDir(c.Flags())
	return c
}

type releaseOptions struct {
	coalitionOptions
	out  string
	wait bool
}

func newStatementReleaseCmd(env Env) *cobra.Command {
	var o releaseOptions
	c := &cobra.Command{
		Use:   "release ID -o FOLDER",
		Short: "Give your staged share away when it is due, and write what is released",
		Long: `At the hour: give away the share that you staged, if it is due, and open the seal as soon as enough members have given away
theirs. What is released is written into a folder, with the proof beside it with which anybody checks it (entente verify).

With --wait it waits for the hour, and for what other members bring into your folder in the meantime.

Exit codes: 0 written, 1 failed or not released yet, 2 wrong usage.`,
		Example: `  entente statement release 41a7d7b5 -o release --wait`,
		Args:    exactly(1, "the statement"),
		RunE: func(c *cobra.Command, args []string) error {
			if o.out == "" {
				return usagef("-o FOLDER is missing")
			}
			return runStatementRelease(c.Context(), env, &o, args[0])
		},
	}
	o.registerDir(c.Flags())
	c.Flags().StringVarP(&o.out, "out", "o", "", "`FOLDER` to write")
	c.Flags().BoolVar(&o.wait, "wait", false, "wait until it is released")
	return c
}

func runStatementRelease(ctx context.Context, env Env, o *releaseOptions, arg string) error {
	for {
		f, err := o.folder(env)
		if err != nil {
			return err
		}
		now := env.now()
		given, err := f.GiveDue(coalition.At(now))
		for _, e := range given {
			fmt.Fprintf(env.Stderr, "gave away the share of %s: %s\n", e.Member, e.ID)
		}
		if err != nil {
			return err
		}
		r, err := revision(f, arg)
		if err != nil {
			return err
		}
		switch r.Phase {
		case coalition.Released, coalition.Revised, coalition.Withdrawn:
			return writeRelease(env, f, r, o.out)
		default:
		}
		missing := r.Due(coalition.At(now))
		if missing == "" {
			missing = fmt.Sprintf("%d of %d shares of the key", len(r.Shares), r.Root.Threshold.Release)
		}
		if !o.wait {
			if next := r.Next(); next != "" {
				missing += "\nhint: " + next
			}
			return exit(ExitFailure, fmt.Errorf("%w: %s", errNotReleased, missing))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause(r, now)):
		}
	}
}

// pause is how long a release waits before it looks again: to the hour, if that is sooner.
func pause(r *coalition.Revision, now time.Time) time.Duration {
	if d := r.Hour.Time().Sub(now); d > 0 && d < waitStep {
		return d
	}
	return waitStep
}

// writeRelease writes a release and its proof. A release that is there already is brought up to date: only its proof may
// have grown.
func writeRelease(env Env, f *coalition.Folder, r *coalition.Revision, dir string) error {
	n, _, err := f.WriteTo(dir, r)
	if err == nil {
		fmt.Fprintf(env.Stdout, "released %s: %d files and %s in %s\n", r.Statement, n, coalition.ProofFile, printable(dir))
	}
	return err
}
