// Package stix holds STIX 2.1 objects: it reads them, keeps the bytes that were received, and checks every rule of the
// specification that can be checked without asking anybody.
//
//   - [Parse] and [Reader] turn bytes into an [Object]: the raw JSON, as received, and a typed [Header].
//   - [Checker] checks objects, one by one and against each other; [Check] checks one alone. Each [Finding] has a severity,
//     a JSON pointer, a sentence that says what to do, and the section of the specification.
//   - [CheckVersions] compares two versions of one object, [Upgrade] makes a 2.1 object of one of STIX 2.0,
//     [ObservableID] computes the deterministic identifier of a cyber-observable object.
//   - [ID] and [UUIDv5] are identifiers of Entente's own objects, [TLPMarking] and its kin the Traffic Light Protocol.
//
// What it guarantees: bytes are never re-marshalled, properties that nobody knows stay where they are, a name that stands
// twice in one object at any depth is refused, and no input, however hostile, makes it panic, hang or take more memory than
// a small multiple of [Limits.Size].
//
// What it does not do: it is a leaf and knows no log, no store, no network. It follows no reference out of what it is shown,
// and it does not parse patterns: give [Checker.Pattern] a parser of them.
//
// Sections are those of the OASIS Standard STIX Version 2.1 of 10 June 2021. The types of objects are tables of data, one
// file per family: shapes_domain.go, shapes_relationship.go, shapes_observable.go, shapes_meta.go.
package stix
