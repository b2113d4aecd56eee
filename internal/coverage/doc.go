// Package coverage answers what a hunt with advisory packs means: of each host whether it was hit, and of each TTP
// whether it was found, was looked for and not found, could not be looked for, or is one that no log can show.
//
// A [Collector] takes the findings of a hunt as they come and keeps counts, not findings: memory grows with the number
// of hosts times the number of rules that fired there, and has a bound. With the summary of the finished hunt, which has
// to count the logs (hunt.Options.Logs), it makes a [Report]. The same findings in the same order and the same counts
// give the same report. docs/formats/coverage.md says what the states and verdicts mean.
//
// The package reads no log, runs no rule and prints nothing. It does not know what really happened: "not seen" is about
// the logs that were given, and a verdict is as good as the rules it rests on.
package coverage
