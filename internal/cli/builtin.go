package cli

import (
	"entente/internal/hunt"
	"entente/internal/sigma"
)

// builtinRules loads the rules that come with the program.
func builtinRules(so sigma.Options) (*sigma.Collection, error) {
	_ = so
	return nil, usagef("--rules is missing: say where the Sigma rules are")
}

// attackTags resolves tags with the embedded ATT&CK facts.
func attackTags() func([]string) ([]hunt.Technique, []string) { return nil }
