// Package triage answers the first questions about a heap of logs, before anybody hunts in it: what is there and what
// is missing ([Inventory]), who logged on ([Logons]), where a word occurs ([Search]), and what the records say
// ([Print]).
//
// Everything reads through [source.Run]: on all cores, with results that do not depend on their number. Memory is
// bounded: what is counted per host, account or address has a cap, and where a cap was reached the result says so.
//
// The package does not colour, align or translate; its results are data. It knows no rules.
package triage
