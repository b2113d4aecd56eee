// Package evtx reads and writes Windows event log files (EVTX).
//
// [Split] cuts a stream into chunks of 64 KiB, [Decoder] turns a chunk into events, and [Writer] makes files that
// other parsers read. A decoder compiles each template definition once into a short program and runs it for every
// record, so that an event costs little more than walking its value table; the values stay slices of the chunk
// until somebody asks for their text.
//
// The reader trusts no size, offset or count of the file. What is damaged is reported with its offset, and every
// record that can be read is read. It never panics, and the work per chunk is bounded.
//
// The package does not render XML, does not look up message texts, and knows nothing of rules.
package evtx
