// Package carrier brings the files of a coalition from folder to folder without anybody's hands, and releases at the hour.
//
// A [Runner] has one member's folder. What is new in it goes as packets, encrypted to all members, into a collection of STIX
// objects: of the node itself, or of a server of TAXII 2.1. What others put there is taken in. Peers mirror the collection
// between nodes and need not be members. At the hour it gives the member's staged share away, and as soon as there are shares
// enough it opens the seal, writes the release and publishes it.
//
// It guarantees that nothing is believed that is not signed by a member: each file is verified by its folder, whoever brought
// it. A restart, or the same packet again, does no harm. What cannot be read is said and passed over, and keeps nothing else from
// being taken in. It gives no share away before its time, and holds no key to sign with unless it brings events into the log.
//
// It does not decide anything: members do, by what they sign. The form of its objects is in docs/formats/coalition-stix.md.
package carrier
