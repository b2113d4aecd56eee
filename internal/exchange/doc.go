// Package exchange is what a node does with what it shares: it knows who asks, what they may do, and hands out what they
// may see.
//
//   - Anonymous, Bearer, Basic and Certificate make a Principal of a caller; roles.go says which roles and scopes allow
//     which deed.
//   - Submit and Import take objects in: read, checked, given a class (label, owner, sharing group, submitter), indexed and
//     stored, each by itself, so that one bad object costs no neighbour.
//   - Objects, Manifest, Versions, Search, Count and Neighbours give them out. What a caller may not see of an object is
//     taken out of its bytes, and the object says so.
//
// What it guarantees: who may see an item is decided in package store alone, by the condition that each of its statements
// carries (docs/decisions/0008); this package neither widens nor narrows it. An object leaves as the bytes that were
// received, or as these without the parts that are marked beyond the caller's labels; it is valid STIX in both cases. Every
// deed has an entry in the audit log.
//
// What it does not do: it knows no HTTP and no SQL.
package exchange
