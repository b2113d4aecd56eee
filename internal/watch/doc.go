// Package watch hunts in logs as they grow: it ties package follow, which reads them, to a live hunt and to the outputs
// of its findings, and keeps the state from which a watch goes on after it was stopped, or killed.
//
// # What is promised
//
// With a state file no record is hunted twice and none is left out, under the conditions that package follow states;
// correlation windows go on as if nothing had happened. A watch works in batches: it reads, delivers the findings, and
// then commits: one line of the state file says how far every log was read, what the correlations hold, and how long the
// output files were. What came in after the last commit when a process dies is read again.
//
//   - An output file (-o) gets every finding exactly once: what stands behind the committed length is cut off at the next
//     start. That holds also when the system loses power, as far as the disk keeps its promises.
//   - Standard output gets every finding at least once. Each is noted in the state file right after it was written, so
//     that a process that is killed repeats no more than the finding it was writing. When the system goes down, those of
//     the last batch may come again.
//   - Without a state file a watch begins anew each time.
//
// The package does not decide how findings look: it is given outputs.
package watch
