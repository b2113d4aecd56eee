package cli

import "github.com/spf13/cobra"

// verbGroup is a part of the program's work and the verbs for it.
type verbGroup struct {
	title string
	verbs []*cobra.Command
}

// verbs lists the program's verbs in groups, in the order in which help shows these.
func verbs(env Env) []verbGroup {
	return []verbGroup{
		{"Hunt", []*cobra.Command{
			newDemoCmd(env),
			newHuntCmd(env),
			newAdviseCmd(env),
			newWatchCmd(env),
			newRulesCmd(env),
		}},
		{"Look into logs", []*cobra.Command{
			newEventsCmd(env),
			newLogsCmd(env),
			newLogonsCmd(env),
			newSearchCmd(env),
			newRangeCmd(env),
		}},
		{"Advisories and intelligence", []*cobra.Command{
			newPackCmd(env),
			newAttackCmd(env),
			newSTIXCmd(env),
			newMISPCmd(env),
			newTAXIICmd(env),
		}},
		{"Attribute", []*cobra.Command{
			newRankCmd(env),
			newCaseCmd(env),
			newActorCmd(env),
			newAttributionCmd(env),
		}},
		{"Speak together", []*cobra.Command{
			newCoalitionCmd(env),
			newStatementCmd(env),
			newVerifyCmd(env),
			newLogCmd(env),
		}},
		{"A node of your own", []*cobra.Command{
			newInitCmd(env),
			newServeCmd(env),
			newAdminCmd(env),
			newImportCmd(env),
			newPeersCmd(env),
			newAPICmd(env),
			newStoreCmd(env),
		}},
	}
}
