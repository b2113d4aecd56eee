package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"entente/internal/stix"
	"entente/internal/store"
)

// ImportReport says what became of a stream of objects.
type ImportReport struct {
	Read      int64 // objects in the stream, the broken ones included
	Stored    int64
	Duplicate int64 // stood there already, byte for byte
	Completed int64 // took the place of a redacted copy
	Conflict  int64 // another object with the same version stands there; kept as a conflict
	Failed    int64
	Closed    int64 // of those stored, how many got amber+strict or more because of a marking that the node does not know
	Failures  []ImportFailure
	Took      time.Duration
}

// ImportFailure is one object that was not stored. A report holds the first thousand.
type ImportFailure struct {
	Position int64  // among the objects of the stream, from 0
	Pointer  string // JSON pointer within its text, "" where each line is one
	ID       string // "" where it cannot be read
	Reason   string
}

const (
	mostFailures  = 1000
	mostTogether  = 4 << 20 // bytes of objects in one transaction
	mostPreparing = 4
)

// importBatch is a part of a stream on its way.
type importBatch struct {
	list  []prepared
	known markings
	done  chan struct{} // closed when the list is prepared
}

// Import takes in a stream of objects of any length: a bundle, an envelope, or JSON Lines. progress, where it is not nil, is
// told after each batch how many objects were dealt with and are safe on disk. The error is that of the stream or of the
// store; what came before it is stored.
//
// A marking that the stream defines is known to the objects that come after it; where r is an [io.Seeker], to those before
// it, too: the stream is read twice then.
func (s *Service) Import(ctx context.Context, p Principal, c CollectionView, r io.Reader, opt SubmitOptions, progress func(done int64)) (ImportReport, error) {
	begun := time.Now()
	var report ImportReport
	in, err := s.newIntake(ctx, p, c, opt)
	if err != nil {
		return report, err
	}
	if seeker, ok := r.(io.ReadSeeker); ok {
		if err := in.surveyFile(ctx, seeker); err != nil {
			return report, err
		}
	}
	err = in.run(ctx, r, &report, progress)
	report.Took = time.Since(begun)
	detail := map[string]any{
		"read": report.Read, "stored": report.Stored, "duplicate": report.Duplicate, "completed": report.Completed,
		"conflict": report.Conflict, "failed": report.Failed,
	}
	return report, errors.Join(err, s.Audit(ctx, p, DeedImport, c.UID, detail))
}

// surveyFile learns the markings of a file and goes back to where it was.
func (in *intake) surveyFile(ctx context.Context, f io.ReadSeeker) error {
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil //nolint:nilerr // a pipe that says it could seek is read once
	}
	r := stix.NewReader(f, in.s.opt.Limits)
	r.Only = maybeMarking
	for ctx.Err() == nil {
		e, err := r.Next()
		if err != nil {
			break // the second reading meets it again
		}
		in.learn(e.Object)
	}
	if _, err := f.Seek(at, io.SeekStart); err != nil {
		return fmt.Errorf("back to the beginning of the stream: %w", err)
	}
	return ctx.Err()
}

// maybeMarking says whether the text of an object may be that of a marking definition. Letters may be written as escapes.
func maybeMarking(text []byte) bool {
	return bytes.Contains(text, []byte(`"marking-definition"`)) || bytes.Contains(text, []byte(`\u`))
}

// run reads the stream, prepares its objects on all cores and stores them in their order.
func (in *intake) run(ctx context.Context, r io.Reader, report *ImportReport, progress func(int64)) error {
	ctx, cancel := context.WithCancel(ctx)
	workers := min(runtime.GOMAXPROCS(0), mostPreparing)
	ordered := make(chan *importBatch, workers)
	work := make(chan *importBatch)
	spare := make(chan []prepared, workers+2) // lists that were settled, empty
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for i := range workers {
		running.Go(func() {
			var terms extraction
			turns := in.s.st.Turns(3 + i)
			for b := range work {
				for i := range b.list {
					turns.GiveWay()
					x := &b.list[i]
					if in.prepare(b.known, &terms, x); x.failure == "" {
						x.entry.Object = nil // of which the bytes and what was found are enough from here on
					}
				}
				close(b.done)
			}
		})
	}
	var readErr error
	running.Go(func() {
		defer close(ordered)
		defer close(work)
		readErr = in.read(ctx, r, spare, func(b *importBatch) bool {
			for _, to := range []chan *importBatch{ordered, work} {
				select {
				case to <- b:
				case <-ctx.Done():
					return false
				}
			}
			return true
		})
	})
	for b := range ordered {
		select {
		case <-b.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := in.settle(ctx, b.list, report); err != nil {
			return err
		}
		clear(b.list)
		select {
		case spare <- b.list[:0]:
		default:
		}
		if progress != nil {
			progress(report.Read)
		}
	}
	if readErr == nil {
		readErr = ctx.Err()
	}
	return readErr
}

// read cuts the stream into batches, in lists that are spare, as long as there are any.
func (in *intake) read(ctx context.Context, r io.Reader, spare <-chan []prepared, emit func(*importBatch) bool) error {
	reader, turns := stix.NewReader(r, in.s.opt.Limits), in.s.st.Turns(2)
	list, size := make([]prepared, 0, addTogether), 0
	flush := func() (bool, error) {
		if len(list) == 0 {
			return true, nil
		}
		if err := in.ask(ctx, list); err != nil {
			return false, err
		}
		b := &importBatch{list: list, known: in.share(), done: make(chan struct{})}
		select {
		case list = <-spare:
		default:
			list = make([]prepared, 0, addTogether)
		}
		size = 0
		return emit(b), nil
	}
	for n := int64(0); ; {
		turns.GiveWay()
		e, err := reader.Next()
		if err != nil {
			if _, ferr := flush(); ferr != nil {
				return ferr
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return streamError(err)
		}
		if e.Bundle {
			continue
		}
		in.learn(e.Object)
		if e.Object != nil {
			size += len(e.Object.Raw)
		}
		list = append(list, prepared{entry: e, position: n})
		n++
		if len(list) < addTogether && size < mostTogether {
			continue
		}
		if more, err := flush(); err != nil || !more {
			return err
		}
	}
}

// settle stores a batch and counts what became of it.
func (in *intake) settle(ctx context.Context, list []prepared, report *ImportReport) error {
	outcomes, err := in.add(ctx, list)
	if err != nil {
		return err
	}
	for i := range list {
		x := &list[i]
		report.Read++
		if r := outcomes[i].Result; r == store.Altered || r == store.NotTheirs {
			x.failure = refusal(x, r)
		}
		if x.failure != "" {
			report.Failed++
			if len(report.Failures) < mostFailures {
				f := ImportFailure{Position: x.position, Pointer: x.entry.Pointer, Reason: x.failure}
				if f.ID = x.new.ID; x.entry.Object != nil {
					f.ID = x.entry.Object.ID
				}
				report.Failures = append(report.Failures, f)
			}
			continue
		}
		switch outcomes[i].Result {
		case store.Stored:
			report.Stored++
		case store.Duplicate:
			report.Duplicate++
		case store.Completed:
			report.Completed++
		case store.Conflict:
			report.Conflict++
		case store.Altered, store.NotTheirs: // counted above
		}
		if x.closed {
			report.Closed++
		}
	}
	return nil
}
