// Package misp turns events of MISP into STIX 2.1 and back.
//
//   - [Read] reads events in every form in which MISP hands them out: one event, lists of them, answers of a search, files
//     of a feed.
//   - [Importer] makes objects of STIX of an event, [Exporter] makes events of objects of STIX.
//   - [Write] writes events as MISP takes them.
//
// What it guarantees: nothing gets wider. Every object carries the strictest of what its attribute, its object and its event
// say, distribution and sharing groups included. What one side has no place for is a [Loss], with where, what and why; what
// STIX has no property for but MISP asks for again is kept in an extension of ours, so that an event comes back. Identifiers
// follow from those of MISP: the same event gives the same objects. The same input gives the same bytes.
//
// All input is hostile: sizes, counts and nesting are bounded ([Limits]), names that stand twice are refused, and the content
// of attachments is never decoded or written anywhere.
//
// What it does not do: it talks to no server, and it checks no rule that an attribute holds.
package misp
