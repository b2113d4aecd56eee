// Package rank compares what was seen in an intrusion, ATT&CK techniques and software, with what each group of ATT&CK is
// known to use, and says how probable it makes each of them, and none of them.
//
// A ranking says whose habits these are like. It is not an attribution: groups share tools, imitate each other, and are
// in ATT&CK as far as somebody wrote about them. It belongs into an assessment as one weak item among others.
//
// A [Corpus] holds who uses what, read from a bundle of MITRE's ([ReadBundle]) or from the facts of package attack
// ([FromFacts]). [Corpus.Profiles] leaves rows or a group out, for evaluation, and counts what the others have;
// [Profiles.Rank] ranks. Everything is computed from the profiles alone, but for a few constants ([Params]) that were
// fitted on public cases (docs/attribution-ranking.md). The same input gives the same output; the order and the repetition
// of what was observed change nothing.
package rank
