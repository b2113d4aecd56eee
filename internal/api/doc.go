// Package api is the JSON API of a node under /api/v1, over what package exchange knows: search, objects, counts, the graph,
// submission, administration, the audit log, events and webhooks. Its description in OpenAPI 3.1 is made of the same Go types
// that requests are checked against.
//
//   - New makes an http.Handler. access.go lets callers in, problem.go gives every error its status (RFC 9457), operations are
//     in a file for each thing that they are about.
//   - events.go streams what is new as server-sent events, which have identifiers and nothing of what is in objects.
//   - Spec and TypeScript write the description and the types for clients.
//
// What it guarantees: every answer goes through package exchange, and so through the one predicate; a parameter or a property
// that no operation knows, and a name that stands twice, are errors; pages are bounded, and next is good for the caller and the
// query that it was given for alone; a secret that the node makes is in one answer and nowhere else.
//
// What it does not do: it decides neither who the caller is (package gate) nor what they may see (package store).
package api
