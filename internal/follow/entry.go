package follow

import (
	"cmp"
	"os"
	"slices"

	"entente/internal/source"
)

// The ways of following a log.
const (
	asLines = "lines" // text, packed or not
	asEVTX  = "evtx"
	asWhole = "whole"
)

// position is how far a log of lines was read.
type position struct {
	Offset int64  `json:"offset"` // of the first byte that was not read; in the text, where it is packed
	Head   digest `json:"head"`   // of the first HeadLen bytes, all of which were read
	Len    int    `json:"head_len"`
	Tail   digest `json:"tail"` // of the last edgeLen bytes that were read
	Before []byte `json:"before,omitempty"`
}

// record is what is remembered of one log.
type record struct {
	Number uint64   `json:"n"` // of the record
	Path   string   `json:"path"`
	Named  string   `json:"named,omitempty"` // as which the user named the file, if at all
	ID     fileID   `json:"id,omitzero"`     // zero where the file is gone or holds something else now
	How    string   `json:"how"`
	Format string   `json:"format,omitempty"` // of lines
	Packed bool     `json:"packed,omitempty"` // lines in gzip, zstd or bzip2
	Pos    position `json:"pos,omitzero"`

	// Of whole and packed files, as they were when they were read to their end.
	Size   int64  `json:"size,omitempty"`
	Mod    int64  `json:"mod,omitempty"`
	Sum    digest `json:"sum,omitzero"`
	Events int64  `json:"events,omitempty"`

	// Chunks of an event log, in order; in a change, only those that have changed.
	Chunks []chunkMark `json:"chunks,omitempty"`

	Seen int64 `json:"seen"` // when the file was last there, in seconds since 1970
}

// chunkMark is how far a chunk was read.
type chunkMark struct {
	At   int64  `json:"at"`   // offset of the chunk
	Key  uint64 `json:"key"`  // of its first record
	Done int    `json:"done"` // offset in the chunk of the first byte that was not read
	Sum  uint64 `json:"sum"`  // of the records that were read
}

// entry is a record with what only this process knows.
type entry struct {
	record // as it was committed

	now     position // as it is once the batch at hand is committed
	chunks  map[int64]chunkMark
	changed []chunkMark // of chunks, since the last commit
	dirty   bool        // differs from what the journal says

	present  bool // the file was there in this round
	looked   fileNow
	lookedAt int64 // when the file was last seen to change, by our clock
	headers  map[int64]digest
	tail     *source.Tail
	open     *os.File // of a log of lines that grows; nil on Windows
	openSize int64    // when it was last looked at
	grown    int64    // when that changed
}

func (e *entry) orphan() bool { return e.ID == fileID{} || !e.present }

// mark notes that the entry has to be saved.
func (e *entry) mark() { e.dirty = true }

func (e *entry) close() {
	if e.open != nil {
		_ = e.open.Close()
		e.open = nil
	}
}

// full is the whole record for the journal.
func (e *entry) full() record {
	r := e.record
	r.Chunks = nil
	for _, m := range e.chunks {
		r.Chunks = append(r.Chunks, m)
	}
	slices.SortFunc(r.Chunks, func(a, b chunkMark) int { return cmp.Compare(a.At, b.At) })
	return r
}

// change is the record with what has changed since the last commit.
func (e *entry) change() record {
	r := e.record
	r.Chunks = slices.Clone(e.changed)
	return r
}
