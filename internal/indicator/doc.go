// Package indicator makes the indicators of STIX bundles ready to be hunted: it reads them, in STIX 2.1 or 2.0, and turns
// their patterns into rules of the hunt.
//
// Read keeps the latest version of each indicator and what the bundle says about it: markings, and what relationships
// say it indicates. Compile makes one rule of each pattern, with a condition for every kind of log that shows its
// objects, and correlations where a pattern joins several observations. The findings carry the indicator.
//
// Nothing is left out in silence: every indicator that is not hunted, or only in part, is a Problem with its reason.
// docs/formats/indicators.md says which objects show in which logs, and what the rules do not tell as patterns do.
//
// The package opens the files it is told to and no others, knows no network and prints nothing.
package indicator
