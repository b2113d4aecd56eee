// Package peer exchanges objects with other nodes, and with any server of TAXII 2.1, on its own: it pulls what is new there
// and pushes what is new here, again and again.
//
//   - [Load] reads the peers of a node from a file; [Config] and [Rule] are its manual.
//   - [New] makes a [Runner] of them; [Runner.Run] works until it is told to stop, [Runner.Sync] does one round now.
//
// A peer has an account of its own on our node, of its organisation. Nothing leaves but what that account may see, with what
// it may not see taken out of objects (docs/decisions/0008), and of that only what the rule lets through. What comes is
// submitted by that account, so that the peer's organisation owns it here. Both ends judge the markings for themselves.
//
// What it guarantees:
//
//   - A place is kept when everything before it is on disk at the receiver: a crash or a partition costs objects sent twice,
//     which receivers recognise, and none that is never sent.
//   - Objects do not go round: what an organisation owns is not pushed back to it, and what arrives a second time stays where
//     it is.
//   - A receiver or sender that was restored from an old backup is recognised by what it no longer has of the last objects
//     that crossed: then all that both have is compared, and what is missing crosses again, what the peer itself once sent
//     included. The same is done when a rule or the rights of the peer change, and for pulls in long intervals, because
//     a server does not tell when it lets us see more of what is old.
//
// What it does not do: deletions do not cross (STIX revokes by a new version), and a comparison brings back what was deleted
// here on purpose and still stands there.
package peer
