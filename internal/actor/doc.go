// Package actor reads objects of STIX as a graph of who is said to be who, and to have done what: persons in their roles,
// organisations, front companies, personas, intrusion sets and activity clusters, what they use, whom they hit, and how states
// responded.
//
//   - Every edge, name and change of clusters is a [Claim]: somebody's, of a date, with sources and a grade. None is a fact.
//   - [Fold] says where clusters stand now, after all that were merged, split or given a name: a pure function of the set of
//     events, whatever their order and however often they come. What contradicts is kept and listed, not decided.
//   - [Around], [Between], [Common], [Whole] and [Timeline] ask a [Source], which may be a node's store or a few files, for
//     parts of the graph, also as it was at a date or as it was known by one.
//   - [ReadGalaxy] makes objects of clusters of MISP's galaxies. STIX and ATT&CK need nothing.
//   - [WriteGraphML], [WriteDOT], [WriteSVG] and [WriteSTIX] hand a graph on.
//
// What it guarantees: names merge nothing; the same objects give the same bytes; a merge that is taken back leaves the graph as
// it was; work is bounded, and what was left out is said ([Graph.Cut]). All content is hostile: it is escaped in what is written.
//
// What it does not do: it stores nothing, decides no right (a source gives what its reader may see), and judges no claim.
// docs/formats/actors.md says how claims stand in objects.
package actor
