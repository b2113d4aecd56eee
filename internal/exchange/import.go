package exchange

import (
	"context"
	"io"
	"time"
)

// ImportReport says what became of a stream of objects.
type ImportReport struct {
	Read      int64 // objects in the stream, the broken ones included
	Stored    int64
	Duplicate int64 // stood there already, byte for byte
	Completed int64 // took the place of a redacted copy
	Conflict  int64 // another object with the same version stands there; kept as a conflict
	Failed    int64
	Closed    int64 // got the label amber+strict because of a marking that the node does not know
	Failures  []ImportFailure
	Took      time.Duration
}

// ImportFailure is one object that was not stored. A report holds the first thousand.
type ImportFailure struct {
	Pointer string // JSON pointer in the stream
	ID      string // "" where it cannot be read
	Reason  string
}

// Import takes in a stream of objects of any length: a bundle, an envelope, or JSON Lines. progress, where it is not nil, is
// told after each batch how many are safe on disk. The error is that of the stream; what came before it is stored.
func (s *Service) Import(_ context.Context, _ Principal, _ CollectionView, _ io.Reader, _ SubmitOptions, _ func(done int64)) (ImportReport, error) {
	return ImportReport{}, errUnfinished
}
