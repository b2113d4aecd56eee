package exchange

import (
	"context"
	"time"
)

// evenStep is what the time of an empty answer is a multiple of. Looking at something and finding that the caller may not see it
// takes some tens of microseconds longer than finding nothing, which is enough to be measured by who asks often enough.
const evenStep = 2 * time.Millisecond

// even lets the time pass until an answer that was begun then is no longer to be told from others. It is for answers in which there
// is nothing.
func even(ctx context.Context, begun time.Time) {
	took := time.Since(begun)
	t := time.NewTimer(took.Truncate(evenStep) + evenStep - took)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
