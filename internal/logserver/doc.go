// Package logserver runs a coalition's transparency log: it takes digests from members and from nobody else, has witnesses
// cosign what it says, and answers with the proofs that members keep. It learns no content: what it takes are digests of
// signed envelopes, each with a salt in it. Whoever runs it cannot forge, change or take back anything; what it can do, say
// nothing or the same thing twice in two ways, witnesses and members see.
package logserver
