// Package taxiiclient speaks TAXII 2.1 (OASIS Standard, 10 June 2021) to any server.
//
//   - [New] makes a [Client] for one server: address, credentials, bounds.
//   - [Client.Discover], [Client.Root], [Client.Collections], [Client.Find] say what is there.
//   - [Client.Objects], [Client.Object], [Client.Manifest], [Client.Versions] read; [Client.Delete] removes.
//   - [Client.NewPusher] sends objects in batches, and says of each what became of it.
//
// What it guarantees: objects come as the bytes that the server sent. A page is fetched whole before its first object is
// handed on, so that a connection that breaks costs a second try and no object comes twice. Credentials go to the host that
// they were given for and nowhere else, neither by a redirect nor by an API root elsewhere. A server, however hostile,
// cannot make it hang, loop, or take more memory than [Config] allows.
//
// What it does not do: it validates no object (package stix does), keeps no state between runs (the caller does, with
// [Position]), and does not speak TAXII 1 or 2.0.
package taxiiclient
