package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"entente/internal/exchange"
	"entente/internal/node"
	"entente/internal/stix"
	"entente/internal/store"
)

// adminOptions are those of every verb of administration.
type adminOptions struct {
	dir    string
	format string
}

func newAdminCmd(env Env) *cobra.Command {
	var o adminOptions
	c := &cobra.Command{
		Use:   "admin",
		Short: "Administer an exchange node",
		Long: `Administer the exchange node in a folder: organisations, accounts, tokens, sharing groups, API roots, collections, rights,
the audit log. The node may be serving meanwhile; what is changed holds from the next request on. Every change has an entry
in the audit log.

Who can read the folder of the node can administer it: these verbs ask for no password.`,
		Example: `  entente admin --node /srv/entente org add 'CERT of Neighbour' --clearance amber
  entente admin --node /srv/entente user add robot --org 'CERT of Neighbour' --service --role reader
  entente admin --node /srv/entente token add robot --expires 8760h
  entente admin --node /srv/entente collection grant shared 'CERT of Neighbour' --read`,
		Args: onlyCommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	f := c.PersistentFlags()
	f.StringVar(&o.dir, "node", defaultNodeDir, "`FOLDER` of the node")
	f.StringVarP(&o.format, "format", "f", "text", "text, or json: one object a line")
	c.AddCommand(
		newAdminOrgCmd(env, &o), newAdminUserCmd(env, &o), newAdminTokenCmd(env, &o), newAdminGroupCmd(env, &o),
		newAdminRootCmd(env, &o), newAdminCollectionCmd(env, &o), newAdminWebhookCmd(env, &o),
		newAdminConflictCmd(env, &o), newAdminAuditCmd(env, &o),
	)
	for words, example := range adminExamples {
		if verb, rest := findCommand(c, strings.Fields(words)); len(rest) == 0 {
			verb.Example = "  entente admin " + words + " " + example
		}
	}
	return c
}

// adminExamples are how the verbs under admin are called.
var adminExamples = map[string]string{ //nolint:gosec // nothing here is a secret
	"audit export":      "--node /srv/entente > audit.jsonl",
	"audit verify":      "--node /srv/entente",
	"collection add":    "--node /srv/entente exchange 'Mail servers' --owner 'CERT of Example' --alias mail",
	"collection grant":  "--node /srv/entente mail 'CERT of Neighbour' --read --write",
	"collection list":   "--node /srv/entente",
	"conflict dismiss":  "--node /srv/entente NUMBER",
	"conflict list":     "--node /srv/entente",
	"collection name":   "--node /srv/entente mail erika",
	"collection remove": "--node /srv/entente mail",
	"collection set":    "--node /srv/entente mail --title 'Mail servers of all' --label green",
	"group add":         "--node /srv/entente neighbours --owner 'CERT of Example'",
	"group join":        "--node /srv/entente neighbours 'CERT of Neighbour'",
	"group leave":       "--node /srv/entente neighbours 'CERT of Neighbour'",
	"group list":        "--node /srv/entente",
	"group remove":      "--node /srv/entente neighbours",
	"org add":           "--node /srv/entente 'CERT of Neighbour' --clearance amber",
	"org list":          "--node /srv/entente --format json",
	"org set":           "--node /srv/entente 'CERT of Neighbour' --clearance green",
	"root add":          "--node /srv/entente exchange --title 'What we exchange'",
	"root remove":       "--node /srv/entente exchange",
	"root list":         "--node /srv/entente",
	"token add":         "--node /srv/entente robot --scope read --expires 8760h",
	"token list":        "--node /srv/entente",
	"token revoke":      "--node /srv/entente ID",
	"user add":          "--node /srv/entente robot --org 'CERT of Neighbour' --service --role reader",
	"user list":         "--node /srv/entente",
	"user set":          "--node /srv/entente robot --role reader,publisher",
	"webhook list":      "--node /srv/entente",
	"webhook remove":    "--node /srv/entente ID",
	"webhook set":       "--node /srv/entente ID --disabled",
}

// admin is the node at work.
type admin struct {
	ctx context.Context //nolint:containedctx // of the one verb that it is made for
	st  *store.Store
	ex  *exchange.Service
	env Env
	o   *adminOptions
}

// adminNoun makes a command that holds verbs.
func adminNoun(use, short string, verbs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: use, Short: short, Long: short + ".", Args: onlyCommands,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(verbs...)
	return c
}

// adminVerb makes a command that takes the named arguments and works on the store of the node.
func adminVerb(env Env, o *adminOptions, use, short string, run func(a *admin, args []string) error) *cobra.Command {
	words := strings.Fields(use)[1:]
	return &cobra.Command{
		Use: use, Short: short, Long: short + ".\n\nExit codes: 0 done, 1 failed, 2 wrong usage.",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != len(words) {
				return usagef("`%s` takes %d arguments: %s\nhint: see `%s --help`", c.CommandPath(), len(words), strings.Join(words, " "), c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return o.work(c.Context(), env, args, run) },
	}
}

// work opens the node for a verb.
func (o *adminOptions) work(ctx context.Context, env Env, args []string, run func(a *admin, args []string) error) (err error) {
	if err := textOrJSON(o.format); err != nil {
		return err
	}
	cfg, err := node.Load(o.dir, env.Getenv)
	if err != nil {
		return usagef("%w", err)
	}
	sc := store.Config{URL: cfg.Database, NoIndexer: true}
	if sc.URL == "" {
		sc.Dir = node.StoreDir(o.dir)
	}
	st, err := store.Open(ctx, sc)
	if err != nil {
		return err
	}
	defer func() { err = closeStore(st, err) }()
	ex := exchange.New(st, exchange.Options{Log: cfg.Logger(env.Stderr)})
	defer func() { err = errors.Join(err, ex.Close(context.WithoutCancel(ctx))) }()
	return run(&admin{ctx: ctx, st: st, ex: ex, env: env, o: o}, args)
}

// audit notes a deed of the operator, who has no account.
func (a *admin) audit(deed, object string, detail any) error {
	return a.ex.Audit(a.ctx, exchange.Principal{Remote: "local"}, "admin."+deed, object, detail)
}

// table prints rows: in columns, or as an object each.
func (a *admin) table(names []string, rows [][]any) error {
	if a.o.format == "json" {
		enc := json.NewEncoder(a.env.Stdout)
		enc.SetEscapeHTML(false)
		for _, row := range rows {
			m := make(map[string]any, len(names))
			for i, n := range names {
				m[n] = row[i]
			}
			if err := enc.Encode(m); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(a.env.Stdout, 0, 0, 2, ' ', 0)
	line := func(cells []any) {
		text := make([]string, len(cells))
		for i, c := range cells {
			if list, ok := c.([]string); ok {
				c = strings.Join(list, ",")
			}
			if text[i] = printable(fmt.Sprint(c)); text[i] == "" {
				text[i] = "-"
			}
		}
		fmt.Fprintln(w, strings.Join(text, "\t"))
	}
	head := make([]any, len(names))
	for i, n := range names {
		head[i] = strings.ToUpper(strings.ReplaceAll(n, "_", " "))
	}
	line(head)
	for _, row := range rows {
		line(row)
	}
	return w.Flush()
}

func (a *admin) say(format string, args ...any) error {
	_, err := io.WriteString(a.env.Stdout, printable(fmt.Sprintf(format, args...))+"\n")
	return err
}

// labels of TLP 2.0 by their number in the store.
var tlpLabels = []string{"clear", "green", "amber", "amber+strict", "red"}

func readLabel(s string) (store.Label, error) {
	known, _ := stix.TLPLabel(s)
	for l, name := range tlpLabels {
		if known == name {
			return store.Label(l), nil
		}
	}
	return 0, usagef("%q is no label\nhint: %s", s, strings.Join(tlpLabels, ", "))
}

// word is a value of a set that is written by words.
type word[T ~uint8] struct {
	name  string
	value T
}

var roleWords = []word[store.Roles]{
	{"reader", store.Reader}, {"analyst", store.Analyst}, {"publisher", store.Publisher}, {"admin", store.Admin}, {"auditor", store.Auditor},
}

var scopeWords = []word[store.Scopes]{
	{"read", store.ScopeRead}, {"write", store.ScopeWrite}, {"admin", store.ScopeAdmin}, {"audit", store.ScopeAudit},
}

func readWords[T ~uint8](what string, words []word[T], given []string) (set T, err error) {
next:
	for _, g := range given {
		for _, w := range words {
			if w.name == g {
				set |= w.value
				continue next
			}
		}
		return 0, usagef("%q is no %s\nhint: %s", g, what, strings.Join(namesOf(words, ^T(0)), ", "))
	}
	return set, nil
}

// namesOf are the words of a set.
func namesOf[T ~uint8](words []word[T], set T) []string {
	out := []string{}
	for _, w := range words {
		if set&w.value != 0 {
			out = append(out, w.name)
		}
	}
	return out
}
