package cli

import (
	"errors"
	"io"
	"os"
	"sync/atomic"
)

// standardOutput is where a verb writes. It keeps the first error of writing, so that no verb ends as if all was well
// whose output went nowhere, and words it for people.
type standardOutput struct {
	w      io.Writer
	failed atomic.Pointer[error]
}

// Write implements [io.Writer].
func (o *standardOutput) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	if err != nil {
		err = cannotWrite("to standard output", err)
		o.failed.CompareAndSwap(nil, &err)
	}
	return n, err
}

// end turns the end of a verb into that of the program: a verb has failed if its output is lost, and is done if its reader
// has seen enough (`| head`).
func (o *standardOutput) end(err error) error {
	failed := o.failed.Load()
	switch ee, ok := errors.AsType[*exitError](err); {
	case failed == nil:
		return err
	case ok && ee.err == nil, err == nil: // it does not know
		if isBrokenPipe(*failed) {
			return err
		}
	case !errors.Is(err, *failed): // something else is told
		return err
	case isBrokenPipe(*failed):
		return nil
	}
	return exit(ExitFailure, *failed)
}

// fileOf is the file that w writes to, if it is one.
func fileOf(w io.Writer) (*os.File, bool) {
	if o, ok := w.(*standardOutput); ok {
		w = o.w
	}
	f, ok := w.(*os.File)
	return f, ok && f != nil
}
