package translog

import (
	"errors"
	"fmt"
)

var (
	// ErrFork matches a [ForkError].
	ErrFork = errors.New("the log has been forked")
	// ErrRollback matches a [RollbackError].
	ErrRollback = errors.New("the log has been put back")
)

// ForkError says that of two checkpoints which the log has signed neither continues the other. Where they have the same size
// the two notes alone prove it to anybody; else they do so with a proof or the tiles for the larger one.
type ForkError struct {
	Seen *SignedCheckpoint // what was seen before
	Got  *SignedCheckpoint // what the log says now
}

func (e *ForkError) Error() string {
	return fmt.Sprintf("log %s has been forked: its tree of %d with root %s is not continued by that of %d with root %s\nhint: keep both checkpoints, they are signed",
		clip(e.Seen.Origin), e.Seen.Size, e.Seen.Root, e.Got.Size, e.Got.Root)
}

// Is makes [ErrFork] match.
func (e *ForkError) Is(target error) bool { return target == ErrFork }

// RollbackError says that the log shows a checkpoint smaller than one that was seen before. It may be a server that is behind; if
// it stays so, the log has forgotten entries.
type RollbackError struct {
	Seen *SignedCheckpoint
	Got  *SignedCheckpoint
}

func (e *RollbackError) Error() string {
	return fmt.Sprintf("log %s has %d entries, and had %d\nhint: try again later or elsewhere; keep both checkpoints",
		clip(e.Seen.Origin), e.Got.Size, e.Seen.Size)
}

// Is makes [ErrRollback] match.
func (e *RollbackError) Is(target error) bool { return target == ErrRollback }

// ConflictError says that a witness has last cosigned a checkpoint of another size than that which a proof begins with.
type ConflictError struct {
	Size int64 // of the checkpoint that the witness has last cosigned; 0 if none
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("the witness has last cosigned a checkpoint of %d entries", e.Size)
}

// AheadError says that a witness has cosigned a checkpoint larger than the one it was asked about. Unless the log has one as
// large, it was put back.
type AheadError struct {
	Witness Key
	Asked   *SignedCheckpoint
	Size    int64 // of what the witness has cosigned
}

func (e *AheadError) Error() string {
	return fmt.Sprintf("witness %s has cosigned %d entries of log %s, more than the %d asked about\nhint: where the log has no more, its folder was put back to an older state; do not append to it",
		clip(e.Witness.Name), e.Size, clip(e.Asked.Origin), e.Asked.Size)
}

// Is makes [ErrRollback] match.
func (e *AheadError) Is(target error) bool { return target == ErrRollback }
