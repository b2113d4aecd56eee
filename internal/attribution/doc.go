// Package attribution is the analyst's side of an attribution: a case with its evidence, competing hypotheses, how far the
// evidence agrees with each, assumptions, gaps, and what members judge of it.
//
//   - A [Part] is one version of one part of a case. Parts are objects of STIX 2.1: [Part.Marshal] writes them, [Read] reads
//     them; docs/formats/attribution.md says how.
//   - [Fold] makes a [Case] of parts: a pure function of the set of them, whatever their order and however often they come.
//   - [Case.Matrix] is the analysis of competing hypotheses: inconsistency, diagnosticity, sensitivity.
//   - [Case.Pool] puts members' judgements together, and says who disagrees.
//   - [Case.Assessment] is text for a statement, [Case.Dossier] all of it as data to be shown.
//
// What it guarantees: nothing is overwritten, each change is a version with its author; ten reports of one source count once;
// a better grade never costs the hypothesis that an item supports; likelihood and confidence never stand in one sentence of
// generated text.
//
// What it does not do: it knows no store, no network and no command line, and it decides nothing. Similarity that a machine has
// found is one weak item among others, whatever its figures are.
package attribution
