// Package stix holds what every writer and reader of STIX 2.1 here shares: identifiers that depend on content alone, and
// the marking definitions of TLP 2.0.
//
// It is a leaf: it knows no log, no pack and no network. It does not validate objects.
package stix
