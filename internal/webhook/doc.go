// Package webhook tells webhooks what was added to a node: it sends requests to the addresses that analysts have registered.
//
//   - runner.go looks for what is new and says it; send.go writes and signs a message; reach.go says which addresses a node
//     sends to at all.
//
// What it guarantees: a message has identifiers and nothing of what is in objects, of those objects alone that the user of the
// webhook may see at that moment; what was not taken is said again, later and later, after a restart, too, so that every event
// is told at least once; there is no queue in memory: the place of a webhook in the store is its queue. A request goes to no
// address that is not public unless the configuration names it, whatever a name resolves to, follows no redirection, and uses
// no proxy.
//
// What it does not do: it does not say who may have webhooks (package exchange).
package webhook
