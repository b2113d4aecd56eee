package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// onlyCommands is the check of the arguments of a command that does nothing but hold others.
func onlyCommands(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if isSub := func(sub *cobra.Command) bool { return sub.Name() == args[1] }; len(args) > 1 && slices.ContainsFunc(c.Commands(), isSub) {
		return usagef("there is no command %q under `%s`\nhint: the verb comes first: `%s %s %s`", args[0], c.CommandPath(), c.CommandPath(), args[1], args[0])
	}
	return unknownCommand(c, args[0])
}

// noArguments is the check of a command that wants flags only.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usagef("`%s` takes no arguments, but here is %q\nhint: see `%s --help`", c.CommandPath(), args[0], c.CommandPath())
}

// unknownCommand is the error of a word that names none of the commands under c.
func unknownCommand(c *cobra.Command, word string) error {
	c.SuggestionsMinimumDistance = max(1, len(word)/3) // letters that differ: in short words few
	near := c.SuggestionsFor(word)
	for i, name := range near {
		near[i] = fmt.Sprintf("`%s %s`", c.CommandPath(), name)
	}
	hint := fmt.Sprintf("see `%s --help`", c.CommandPath())
	if len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return usagef("there is no command %q under `%s`\nhint: %s", word, c.CommandPath(), hint)
}

// addHelpAndCompletion gives root the commands that cobra would add by itself, but so that a mistyped word is an error.
// Root has its output and all of its verbs already.
func addHelpAndCompletion(root *cobra.Command) {
	help := &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		Example: `  entente help hunt
  entente help rules check`,
		Args: cobra.ArbitraryArgs,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			under, rest := findCommand(root, args)
			if len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var out []cobra.Completion
			for _, sub := range under.Commands() {
				if sub.IsAvailableCommand() {
					out = append(out, cobra.CompletionWithDesc(sub.Name(), sub.Short))
				}
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest := findCommand(root, args)
			if len(rest) > 0 {
				return unknownCommand(c, rest[0])
			}
			c.InitDefaultHelpFlag()
			c.InitDefaultVersionFlag()
			return c.Help()
		},
	}
	root.SetHelpCommand(help)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	if c, rest := findCommand(root, []string{"completion"}); len(rest) == 0 {
		c.Args = onlyCommands
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
		for _, shell := range c.Commands() {
			shell.Example = "  entente completion " + completionUses[shell.Name()]
		}
	}
}

// completionUses are where each shell looks for completions.
var completionUses = map[string]string{
	"bash":       "bash > ~/.local/share/bash-completion/completions/entente",
	"fish":       "fish > ~/.config/fish/completions/entente.fish",
	"powershell": "powershell | Out-String | Invoke-Expression",
	"zsh":        `zsh > "${fpath[1]}/_entente"`,
}

// findCommand follows words down from c as far as they name commands, and returns those that do not.
func findCommand(c *cobra.Command, words []string) (*cobra.Command, []string) {
next:
	for i, w := range words {
		for _, sub := range c.Commands() {
			if sub.Name() == w || sub.HasAlias(w) {
				c = sub
				continue next
			}
		}
		return c, words[i:]
	}
	return c, nil
}
