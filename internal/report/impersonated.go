package report

import (
	"entente/internal/hunt"
	"entente/internal/rpscat"
)

// impersonated is the account in whose name a request of a finding was to be carried out, by the token in its address;
// ok is false where the record holds none. It is the intruder's claim: whether it was believed, the status says.
func impersonated(f *hunt.Finding) (t rpscat.Token, ok bool) { return rpscat.Find(f.Event) }

// withImpersonated puts the account that a token names before what else is told of a finding.
func withImpersonated(f *hunt.Finding, text string) string {
	t, ok := impersonated(f)
	if !ok {
		return text
	}
	return "in the name of " + t.Who() + " · " + text
}
