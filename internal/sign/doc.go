// Package sign makes and checks signatures: Ed25519 keys (RFC 8032), DSSE envelopes around payloads, and keys that are
// sealed with a passphrase or held by an ssh-agent. It knows nothing of what is signed.
//
// It guarantees that everything has one form: a key, an id of a key, an envelope and what a member's file holds are read
// only as they are written, so that a digest names them (docs/formats/signatures.md has them byte for byte). A signature
// holds for one key and one message and cannot be turned into another one that holds (see [Verify]). Secrets show in no
// output of fmt, encoding/json or a log.
//
// It does not say whose a key is, when something was signed, or whether a key was good then: that is for who keeps the
// members. It does not wipe memory, which Go cannot promise.
package sign
