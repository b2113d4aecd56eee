// Package node puts a running node together: the store, the exchange, the gate, the server of TAXII, what watches over them.
//
//   - [Config] is the manual of the configuration file; [Load] reads it and the environment.
//   - [Prepare] opens the store of a node, made and given its first account where it is new; [Run] serves until its context
//     ends, and then lets what has begun come to its end.
//   - [LoadSeed] fills a new store from a file (docs/formats/seed.md).
//
// What it guarantees: a node listens with TLS unless it is told otherwise and listens on this machine alone; a client that
// sends or reads too slowly, keeps too many connections open or asks too often costs the others nothing; every request has an
// identifier that stands in the answer and in the log; queries, bodies and credentials are never logged.
//
// What it does not do: it knows nothing of what it serves.
package node
