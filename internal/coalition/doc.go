// Package coalition is how members speak together: who they are (a signed, versioned root), what they say of a statement
// (events that they sign), when it may be read (a seal), and how a stranger checks it afterwards (a log and a proof). The
// state of a statement is a function of the events that verify, whatever their order; no server's word is taken for
// anything that a signature or a hash can show. docs/formats/coalition.md has the bytes.
package coalition
