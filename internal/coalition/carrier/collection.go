package carrier

import "context"

// Collection is where members put packets for one another. The other end may lose, repeat, reorder and make up objects.
// It is used by one goroutine at a time.
type Collection interface {
	// Name tells the collection from all others, for good: what was brought there is remembered under it.
	Name() string
	// Add puts objects into it. Those that are there already are no error; with an error, some may be there. An object that
	// the collection will never take is a [RefusedError].
	Add(ctx context.Context, objects ...[]byte) error
	// After hands on objects, in the order in which they were added after a place, "" being the beginning; next is the place
	// after those that were handed on, with an error, too. more says that there are others behind it. Objects that are not
	// packets may be among them. raw is the receiver's.
	After(ctx context.Context, place string, each func(raw []byte)) (next string, more bool, err error)
}

// RefusedError says that a collection does not take an object.
type RefusedError struct{ Why string }

func (e *RefusedError) Error() string { return "the collection does not take it: " + e.Why }
