// Package jcs writes JSON in the one canonical form of RFC 8785 (JSON Canonicalization Scheme), over which digests,
// signatures and deterministic identifiers are computed.
//
// Members are sorted by the UTF-16 code units of their names, numbers are written as ECMAScript does, strings with the
// fewest escapes, and there is no white space. Input has to be I-JSON (RFC 7493): a name that stands twice in one object,
// a number beyond IEEE 754 double precision, a lone surrogate and text that is not UTF-8 are refused, because two readers
// could take two things from them. Nesting is capped at [MaxDepth]; the output is never more than six times the input.
//
// It does not keep the digits of integers beyond 2^53: they are doubles, as RFC 8785 section 3.2.2.3 says.
package jcs
