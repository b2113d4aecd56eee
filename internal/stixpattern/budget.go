package stixpattern

import "errors"

// ErrBudget says that a pattern could not be decided over these observations within the limits.
var ErrBudget = errors.New("the pattern could not be decided over this data within the limits: give it less data, or raise the limit")

// Limits bound what [Pattern.Match] may spend. The zero value is the default.
type Limits struct {
	// Steps is the work that may be done, in units of about ten nanoseconds; 0 is 200 million, some seconds. Memory
	// follows it: at most about a byte a step beyond the data.
	Steps int64
}

const defaultSteps = 200_000_000

// budget counts down the steps that are left.
type budget struct{ left int64 }

func newBudget(l Limits) *budget {
	if l.Steps <= 0 {
		l.Steps = defaultSteps
	}
	return &budget{left: l.Steps}
}

func (b *budget) spend(n int) { b.left -= int64(n) }

// gone says that nothing is left. Answers that were found after that are not to be trusted.
func (b *budget) gone() bool { return b.left < 0 }
