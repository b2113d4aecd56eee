// Package follow reads logs as they grow: each [Follower.Round] looks at all files once and reads what has come in
// since, no record twice and none left out, also when the program was stopped in between.
//
// # How a log is known again
//
// A log is its content, not its name. What has been read of it is remembered by the file's number (device and inode),
// and by hashes of the first and of the last 4 KiB that were read. So
//
//   - a file that is renamed goes on where it was, under its new name;
//   - one that is cut short, or replaced, begins anew, and what a copy of the old content holds beyond what was read is
//     read from the copy (logrotate's copytruncate);
//   - a copy, packed by gzip, zstd or bzip2 or not, is read only from where the log itself was read to. Two logs that
//     are both there and have the same first 4 KiB, and more, are taken for copies; shorter ones are not.
//
// Windows event logs are known chunk by chunk: chunks are filled one record after the other and later overwritten as a
// whole. Of each the first record and the end of the last record read are remembered, so that a copy of a log is not
// read a second time, a log that has wrapped around is, and a record that is still being written waits.
//
// # What is read when
//
//   - Text is read up to the last whole record. A last line without its end waits for it, and is read without when the
//     file has not changed for Settle. So is the last event of an audit log, whose lines come one by one.
//   - Archives, documents of JSON and text in UTF-16 are read as a whole once they have not changed for Settle. When
//     such a file grows afterwards, only the records behind those that were read count.
//   - A file that cannot be read at the moment is tried again every round.
//
// # What is not promised
//
// A log that is deleted loses what was written after the last round, except where the system lets an open file live
// on (everywhere but on Windows) and the program was not stopped in between. A log whose content is changed in place
// beyond its first and last 4 KiB is not noticed.
package follow
