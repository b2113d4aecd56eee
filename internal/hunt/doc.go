// Package hunt runs Sigma rules over logs: all rules at once, on every core, with the same result in the same
// order whatever the number of workers.
//
// How it is fast, in the order of what each step saves:
//
//  1. A record's header (source, channel, provider, event id) selects a [program]: the rules that can be true for
//     such a record, with every test of the header already decided. Programs are built when the first record asks
//     for them, and shared.
//  2. Each rule is guarded by a set of literals of which at least one must occur in a field for the rule to be
//     true. One pass over each guarded field finds the rules that are worth evaluating (see [gramSet]).
//  3. Only fields that a guard or a candidate rule reads are turned into text, once, folded for comparison.
//  4. Tests are shared between rules: each is evaluated at most once a record.
//  5. Findings are rare, so everything about them is built only then.
//
// What it guarantees: the findings are those of sigma.Eval, the reference evaluator; memory does not grow with
// the input. What it does not do: print. Findings go to a function, in order.
package hunt
