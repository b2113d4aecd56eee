package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"entente/internal/exchange"
	"entente/internal/store"
)

type importOptions struct {
	admin      adminOptions
	collection string
	user       string
	quiet      bool
}

func newImportCmd(env Env) *cobra.Command {
	o := importOptions{admin: adminOptions{format: "text"}}
	c := &cobra.Command{
		Use:   "import [flags] FILE…",
		Short: "Take objects of STIX into a collection of an exchange node",
		Long: `Take objects of STIX into a collection of the exchange node in a folder, also while it serves: bundles, TAXII envelopes,
or one object after the other (JSON Lines), of any size, and events of MISP (see entente misp import). - is standard input.
Each object is checked by itself, so that a broken one costs no neighbour; what is counted as done is safe on disk. What
stands there already is left as it is, so that an import can be repeated.

The objects belong to the organisation of the account that --as names, whose roles and rights count.

Exit codes: 0 done, 1 failed, or objects were refused, 2 wrong usage, 130 interrupted.`,
		Example: `  entente import --node /srv/entente --collection shared --as alice bundle.json
  zstd -dc feed.jsonl.zst | entente import --node /srv/entente --collection feed --as robot -`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("which files? `%s` takes one at least\nhint: see `%s --help`", c.CommandPath(), c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if o.collection == "" || o.user == "" {
				return usagef("--collection and --as say where the objects go and whose they are")
			}
			return o.admin.work(c.Context(), env, args, o.run)
		},
	}
	f := c.Flags()
	f.StringVar(&o.admin.dir, "node", defaultNodeDir, "`FOLDER` of the node")
	f.StringVar(&o.collection, "collection", "", "identifier or alias of the `COLLECTION`")
	f.StringVar(&o.user, "as", "", "`ACCOUNT` that submits them")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "say nothing while it runs")
	return c
}

func (o *importOptions) run(a *admin, files []string) error {
	coll, err := a.collection(o.collection)
	if err != nil {
		return err
	}
	p, err := a.principal(o.user)
	if err != nil {
		return err
	}
	view, err := a.viewOf(p, coll)
	if err != nil {
		return err
	}
	failed := int64(0)
	for _, name := range files {
		report, err := o.file(a, p, view, name)
		failed += report.Failed
		for _, f := range report.Failures {
			fmt.Fprintf(a.env.Stderr, "%s%s: %s: %s\n", printable(name), printable(f.Pointer), printable(orDash(f.ID)), printable(f.Reason))
		}
		if n := report.Failed - int64(len(report.Failures)); n > 0 {
			fmt.Fprintf(a.env.Stderr, "%s: %s more were refused\n", printable(name), thousands(n))
		}
		if err := a.say("%s: %s objects, %s new, %s there already, %s in conflict, %s refused, in %s", name, thousands(report.Read),
			thousands(report.Stored+report.Completed), thousands(report.Duplicate), thousands(report.Conflict), thousands(report.Failed),
			report.Took.Round(time.Millisecond)); err != nil {
			return err
		}
		if report.Closed > 0 {
			fmt.Fprintf(a.env.Stderr, "%s: %s got the label amber+strict, because the node does not know one of their markings\n", printable(name), thousands(report.Closed))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if failed > 0 {
		return exit(ExitFailure, nil)
	}
	return nil
}

func (o *importOptions) file(a *admin, p exchange.Principal, view exchange.CollectionView, name string) (exchange.ImportReport, error) {
	in, events := a.env.Stdin, false
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return exchange.ImportReport{}, err
		}
		defer func() { _ = f.Close() }() // it was read only
		in = f
		head := make([]byte, 512)
		if n, _ := f.ReadAt(head, 0); mispBegins.Match(head[:n]) {
			in = struct{ io.Reader }{f}
			events = true
		}
	} else {
		b := bufio.NewReader(in) // standard input is read once
		head, _ := b.Peek(512)
		in, events = b, mispBegins.Match(head)
	}
	if events {
		l := &mispLosses{}
		r, err := mispObjects(a.ctx, in, l)
		if err != nil {
			return exchange.ImportReport{}, err
		}
		in = r
		defer func() {
			_ = r.Close() // it never fails
			fmt.Fprintf(a.env.Stderr, "%s: events of MISP, %s: entente misp import --losses - lists them\n", printable(name), manyLosses(l.n.Load()))
		}()
	}
	var progress func(int64)
	if _, tty := a.env.terminalWidth(a.env.Stderr); tty && !o.quiet {
		last := time.Now()
		progress = func(done int64) {
			if time.Since(last) > time.Second/4 {
				last = time.Now()
				fmt.Fprintf(a.env.Stderr, "\r%s objects ", thousands(done))
			}
		}
		defer fmt.Fprint(a.env.Stderr, "\r\x1b[K")
	}
	return a.ex.Import(a.ctx, p, view, in, exchange.SubmitOptions{}, progress)
}

// principal is an account as the one that acts here, without its credentials: who works on the folder of the node needs none.
func (a *admin) principal(name string) (exchange.Principal, error) {
	user, err := a.st.UserByName(a.ctx, name)
	if err != nil {
		return exchange.Principal{}, err
	}
	org, err := a.st.Org(a.ctx, user.Org)
	if err != nil {
		return exchange.Principal{}, err
	}
	if user.Disabled || org.Disabled {
		return exchange.Principal{}, fmt.Errorf("the account %s is disabled", name)
	}
	return exchange.Principal{
		Caller: store.Caller{User: user.ID, Org: org.ID}, UserName: user.Name, OrgUID: org.UID, OrgName: org.Name, Roles: user.Roles,
		Scopes: exchange.AllScopes, Remote: "local",
	}, nil
}

// viewOf is a collection as an account may use it.
func (a *admin) viewOf(p exchange.Principal, c store.Collection) (exchange.CollectionView, error) {
	view, err := a.ex.Collection(a.ctx, p, store.Root{ID: c.Root}, c.UID)
	if errors.Is(err, exchange.ErrNotFound) || err == nil && !view.CanWrite {
		return view, fmt.Errorf("%s may not write to %s\nhint: entente admin collection grant, and the role publisher", p.UserName, c.Title)
	}
	return view, err
}
