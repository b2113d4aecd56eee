package cli

import "github.com/spf13/cobra"

// verbs lists the program's verbs in the order in which help shows them.
func verbs(env Env) []*cobra.Command {
	return []*cobra.Command{
		newDemoCmd(env),
		newHuntCmd(env),
		newAdviseCmd(env),
		newWatchCmd(env),
		newRulesCmd(env),
		newPackCmd(env),
		newAttackCmd(env),
		newSTIXCmd(env),
		newInitCmd(env),
		newServeCmd(env),
		newAdminCmd(env),
		newStoreCmd(env),
		newImportCmd(env),
		newPeersCmd(env),
		newTAXIICmd(env),
		newMISPCmd(env),
		newRangeCmd(env),
		newEventsCmd(env),
		newLogsCmd(env),
		newLogonsCmd(env),
		newSearchCmd(env),
	}
}
