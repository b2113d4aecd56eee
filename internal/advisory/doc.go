// Package advisory reads, checks, builds and writes advisory packs: an actor's TTPs with rules that find them, tests that
// prove the rules, and what stops them. docs/formats/pack.md describes the format.
//
// A pack from elsewhere is hostile until it has been read: archives cannot leave their folder or grow without bound, and
// text is escaped wherever it is shown. The package signs nothing and talks to no network.
package advisory
