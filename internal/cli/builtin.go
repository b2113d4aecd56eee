package cli

import (
	"entente/internal/attack"
	"entente/internal/hunt"
)

// attackTags resolves tags with the embedded ATT&CK facts.
func attackTags() func([]string) ([]hunt.Technique, []string) {
	facts, err := attack.Default()
	if err != nil { // the embedded file is part of the build; without it tags keep their ids
		return nil
	}
	return func(tags []string) ([]hunt.Technique, []string) {
		found, tactics := facts.Resolve(tags)
		techniques := make([]hunt.Technique, 0, len(found))
		for _, t := range found {
			h := hunt.Technique{ID: t.ID}
			if t.Object != nil {
				h.Name, h.URL = t.Object.FullName(), t.Object.URL()
				for _, tactic := range t.Object.Tactics {
					h.Tactics = append(h.Tactics, tactic.Short)
				}
			}
			techniques = append(techniques, h)
		}
		return techniques, tactics
	}
}
