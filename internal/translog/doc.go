// Package translog is an append-only log of digests that nobody has to trust: tiles, checkpoints, witnesses and proofs in
// the formats of C2SP, so that a stranger with other software can verify everything offline. docs/formats/log.md has the bytes.
//
//   - [Log] writes one: [Create], [Open], [Log.Append], [Log.Prove]. An entry is a digest of 32 bytes; the log never sees what
//     it is the digest of.
//   - [Client] reads one, from a folder or over HTTP, and believes nothing of it: [Client.Check], [Client.Monitor].
//   - [Witness] cosigns checkpoints of logs that only grow; [WitnessClient] asks one over HTTP, [AskCosignature] any.
//   - [LogKeys], [Proof] and [SeenAt] verify bytes alone.
//
// What it guarantees: an entry that Append has acknowledged is on the disk, in a tree with a signed checkpoint; whenever the
// process or the machine stops, the log never signs two checkpoints of which one does not continue the other, and a
// witness never cosigns a checkpoint that does not continue those it has cosigned. Whatever is read from others is bounded, and wrong
// bytes are an error.
//
// What it does not do: it cannot tell that its folder was put back to an older state (witnesses can), and it does not say that an
// entry is true or that anybody agrees with it. A cosignature says "append-only" and "seen by then", nothing else.
package translog
