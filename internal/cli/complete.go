package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"entente/internal/node"
	"entente/internal/store"
)

// completer is what shells ask for the values of a flag or an argument.
type completer = cobra.CompletionFunc

// addCompletions offers the values of flags and arguments of the verbs of nodes, where a verb does not offer them itself: the
// words of sets, and the names of what is in the node.
func addCompletions(env Env, c *cobra.Command) {
	for _, sub := range c.Commands() {
		addCompletions(env, sub)
	}
	offer := func(f *pflag.Flag) {
		if _, done := c.GetFlagCompletionFunc(f.Name); done {
			return
		}
		if values := valuesOf(env, c, f); values != nil {
			_ = c.RegisterFlagCompletionFunc(f.Name, values) // it has none
		}
	}
	c.LocalNonPersistentFlags().VisitAll(offer)
	c.PersistentFlags().VisitAll(offer)
	if under(c, "admin") && c.ValidArgsFunction == nil && !c.HasSubCommands() {
		c.ValidArgsFunction = argumentsOf(env, c)
	}
}

// under says whether a command is, or is below, a verb of the program.
func under(c *cobra.Command, verb string) bool {
	for ; c.HasParent(); c = c.Parent() {
		if !c.Parent().HasParent() && c.Name() == verb {
			return true
		}
	}
	return false
}

// valuesOf are the values of a flag, nil where they are not known.
func valuesOf(env Env, c *cobra.Command, f *pflag.Flag) completer {
	switch f.Name {
	case "role":
		return words(namesOf(roleWords, ^store.Roles(0)))
	case "scope":
		return words(namesOf(scopeWords, ^store.Scopes(0)))
	case "clearance":
		return words(tlpLabels[:len(tlpLabels)-1])
	case "label", "tlp":
		return words(tlpLabels)
	case "log-level":
		return words([]string{"debug", "info", "warn", "error"})
	case "spec":
		return words([]string{"2.0", "2.1"})
	case "format":
		switch {
		case strings.HasPrefix(f.Usage, "text"):
			return words([]string{"text", "json"})
		case strings.HasPrefix(f.Usage, "bundle"):
			return words([]string{"bundle", "jsonl"})
		}
	}
	if !under(c, "admin") && !under(c, "import") && !under(c, "case") {
		return nil
	}
	switch f.Name {
	case "owner", "org", "client-of":
		return names(env, organisationNames)
	case "group":
		return names(env, groupNames)
	case "collection":
		return names(env, collectionNames)
	case "as":
		return names(env, userNames)
	}
	return nil
}

// words offers some words, also after others and a comma.
func words(list []string) completer {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndex(typed, ",")+1]
		out := make([]cobra.Completion, 0, len(list))
		for _, w := range list {
			out = append(out, before+w)
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// namer lists the names of one kind of thing in a store.
type namer func(ctx context.Context, st *store.Store) ([]string, error)

func organisationNames(ctx context.Context, st *store.Store) (out []string, err error) {
	list, err := st.Orgs(ctx)
	for _, o := range list {
		out = append(out, o.Name)
	}
	return out, err
}

func userNames(ctx context.Context, st *store.Store) (out []string, err error) {
	list, err := st.Users(ctx, 0)
	for _, u := range list {
		out = append(out, u.Name)
	}
	return out, err
}

func groupNames(ctx context.Context, st *store.Store) (out []string, err error) {
	list, err := st.Groups(ctx, 0)
	for _, g := range list {
		out = append(out, g.Name)
	}
	return out, err
}

func rootNames(ctx context.Context, st *store.Store) (out []string, err error) {
	list, err := st.Roots(ctx)
	for _, r := range list {
		out = append(out, r.Path)
	}
	return out, err
}

func collectionNames(ctx context.Context, st *store.Store) (out []string, err error) {
	list, err := st.AllCollections(ctx, 0)
	for _, c := range list {
		name := c.Alias
		if name == "" {
			name = c.UID
		}
		out = append(out, name+"\t"+c.Title)
	}
	return out, err
}

// names offers names that are in the store of the node.
func names(env Env, list namer) completer {
	return func(c *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		out, err := namesIn(c, env, list)
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

func namesIn(c *cobra.Command, env Env, list namer) (out []string, err error) {
	dir, err := c.Flags().GetString("node")
	if err != nil {
		return nil, err
	}
	cfg, err := node.Load(dir, env.Getenv)
	if err != nil {
		return nil, err
	}
	sc := store.Config{URL: cfg.Database, NoIndexer: true}
	if sc.URL == "" {
		sc.Dir = node.StoreDir(dir)
	}
	ctx := c.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	st, err := store.Open(ctx, sc)
	if err != nil {
		return nil, err
	}
	defer func() { err = closeStore(st, err) }()
	return list(ctx, st)
}

// argumentsOf offers the arguments of a verb of administration, by the words in its usage.
func argumentsOf(env Env, c *cobra.Command) completer {
	expected := strings.Fields(c.Use)[1:]
	return func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= len(expected) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var list namer
		switch word := expected[len(args)]; {
		case word == "ORGANISATION", word == "NAME" && c.Name() == "set" && c.Parent().Name() == "org":
			list = organisationNames
		case word == "USER", word == "NAME" && c.Name() == "set" && c.Parent().Name() == "user":
			list = userNames
		case word == "GROUP":
			list = groupNames
		case word == "ROOT":
			list = rootNames
		case word == "COLLECTION":
			list = collectionNames
		default: // a new name
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(env, list)(c, args, typed)
	}
}
