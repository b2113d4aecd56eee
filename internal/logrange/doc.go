// Package logrange writes synthetic logs to hunt in: a small organisation at work for some days, with planted
// techniques in between, and the ground truth beside it.
//
// [Write] makes a folder of logs as they would lie on the machines of a [Plan]: Windows event logs, Exchange and
// IIS logs, Linux audit logs, syslog and web access logs, and the logs of a cloud tenant. Each host is simulated on
// its own: people log on and work, services and scheduled tasks run, mail clients talk to the mail server, and what
// happens is written to every log that would have shown it, in order of time. A host stops when it has written its
// share of the wanted size; the clock follows the bytes, so that whatever the size, the whole span of time is
// covered, with busy days and quiet nights. [WriteOne] writes a single log to one stream, for benchmarks.
//
// A plant is a technique as it shows in these logs, or a harmless act that looks like one. Every record that a plant
// writes is listed in truth.jsonl with its file and place; docs/formats/range.md documents that file and all plants.
//
// What it guarantees: the same plan gives the same bytes, on every machine and with any number of processors;
// memory does not grow with the size; records of one file are in order of time. Addresses are private (RFC 1918) or
// set aside for documentation (RFC 5737), names end in example.org, example.net or example.com. Persons, hashes and
// identifiers are made up.
//
// What it does not do: it imitates what logs look like, not what systems do. Counters, tickets and hashes are
// plausible, not computed from anything, and two hosts know of each other only where a plant says so.
package logrange
