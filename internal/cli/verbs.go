package cli

import "github.com/spf13/cobra"

// verbs lists the program's verbs in the order in which help shows them.
func verbs(env Env) []*cobra.Command {
	return []*cobra.Command{
		newHuntCmd(env),
		newRulesCmd(env),
		newEventsCmd(env),
		newLogsCmd(env),
		newSearchCmd(env),
	}
}
