package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"entente/internal/stix"
)

// Bounds of submissions that go on without their callers.
const (
	maxHanded  = 64 << 20         // bytes of their bodies; beyond, callers wait
	largeWait  = 20 * time.Second // for the large submissions before
	leaseLife  = 2 * time.Minute
	leaseAfter = 30 * time.Second // a pending status is written again after so long
)

// submission is an envelope on its way into the store.
type submission struct {
	in    *intake
	text  spool
	all   []StatusDetail // what the objects are called
	large bool           // it has the turn of the large ones

	mu       sync.Mutex
	st       Status
	handed   bool // the caller has gone with a pending status
	finished bool // the status is final
	written  time.Time
}

// keptStatus is a status as the store has it.
type keptStatus struct {
	Status
	// Until is when a pending status is no longer believed: the process that should have written it again is gone.
	Until time.Time `json:"until,omitzero"`
}

// at is the status at a moment.
func (k *keptStatus) at(now time.Time) Status {
	st := k.Status
	if st.Status == "complete" || now.Before(k.Until) {
		return st
	}
	st.abandon("the node stopped before this object was stored: send it again")
	return st
}

// abandon makes failures of what is pending.
func (st *Status) abandon(why string) {
	for _, d := range st.Pendings {
		d.Message = why
		st.Failures = append(st.Failures, d)
	}
	st.FailureCount += st.PendingCount
	st.Status, st.PendingCount, st.Pendings = "complete", 0, nil
}

// receive takes the body whole, and waits for its turn where it is large.
func (sub *submission) receive(ctx context.Context, body io.Reader) error {
	if _, err := io.Copy(&sub.text, body); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	if sub.text.file == nil {
		return nil
	}
	patience := time.NewTimer(largeWait)
	defer patience.Stop()
	select {
	case sub.in.s.large <- struct{}{}:
		sub.large = true
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-patience.C:
		return fmt.Errorf("other large submissions are worked at: %w", ErrBusy)
	}
}

// close gives back what a submission has taken.
func (sub *submission) close() {
	sub.text.close()
	if sub.large {
		sub.large, sub.all = false, nil
		debug.FreeOSMemory() // of the next one nothing adds to what this one took
		<-sub.in.s.large
	}
}

// survey reads the whole body once: whether it is an envelope, which objects it has, and which markings it defines, which may
// stand after those who use them.
func (sub *submission) survey() error {
	in := sub.in
	now := in.now.UTC().Format(timeFormat)
	nameless := 0
	text, err := sub.text.reader()
	if err != nil {
		return err
	}
	r := stix.NewReader(text, in.s.opt.Limits)
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return streamError(err)
		}
		if e.Bundle && e.Err != nil {
			return fmt.Errorf("the envelope: %w: %w", e.Err, ErrUnprocessable)
		}
		if e.Bundle && e.Text == 0 {
			continue
		}
		if e.Text > 0 || !strings.HasPrefix(e.Pointer, "/objects/") {
			return fmt.Errorf("the body is an envelope with objects, {\"objects\": […]}: %w", ErrUnprocessable)
		}
		if len(sub.all) == maxSubmitted {
			return fmt.Errorf("send at most %d objects at once: %w", maxSubmitted, ErrUnprocessable)
		}
		if e.Object == nil || e.Object.ID == "" {
			// What the status says of such an object is many times as long as the object.
			if nameless++; nameless > maxNameless {
				return fmt.Errorf("more than %d of its objects have no identifier, the last of them is %s: %w", maxNameless, e.Pointer, ErrUnprocessable)
			}
		}
		sub.all = append(sub.all, detailOf(e, now))
		in.learn(e.Object)
	}
	if len(sub.all) == 0 {
		return fmt.Errorf("there are no objects in the envelope: %w", ErrUnprocessable)
	}
	sub.st = Status{ID: newUUID(), Status: "pending", RequestTimestamp: now, TotalCount: len(sub.all)}
	return nil
}

// attend runs a submission and waits for it, but not for ever.
func (s *Service) attend(ctx context.Context, sub *submission) (Status, error) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	release := context.AfterFunc(s.life, cancel) //nolint:contextcheck // the life of the service ends it, too
	done := make(chan error, 1)
	s.running.Go(func() {
		defer cancel()
		defer release()
		err := sub.run(work)
		sub.close()
		done <- err
	})
	patience := time.NewTimer(s.opt.Wait)
	defer patience.Stop()
	select {
	case err := <-done:
		return sub.result(err)
	case <-ctx.Done():
	case <-patience.C:
		st, ok, err := sub.hand(ctx)
		if ok {
			return st, err
		}
		select {
		case err := <-done:
			return sub.result(err)
		case <-ctx.Done():
		}
	}
	cancel() // who asked has gone without a status: what is not stored yet is left
	return sub.result(<-done)
}

func (sub *submission) result(err error) (Status, error) {
	if err != nil {
		return Status{}, err
	}
	sub.mu.Lock()
	defer sub.mu.Unlock()
	return sub.st, nil
}

// hand lets the caller go with a pending status. It does not where the submission has ended meanwhile, or too much goes on by
// itself already.
func (sub *submission) hand(ctx context.Context) (st Status, ok bool, err error) {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	if sub.finished || !sub.in.s.reserve(sub.text.size) {
		return Status{}, false, nil
	}
	st = sub.pending()
	if err := sub.put(ctx, st); err != nil {
		sub.in.s.reserve(-sub.text.size)
		return Status{}, false, nil // the caller waits for the end, which meets the same error
	}
	sub.handed = true
	return st, true, nil
}

// reserve takes room on the disk for a body that goes on without its caller, or gives it back.
func (s *Service) reserve(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > 0 && s.handed+n > maxHanded {
		return false
	}
	s.handed += n
	return true
}

// pending is the status now, with what is still to be done.
func (sub *submission) pending() Status {
	st := sub.st
	done := st.SuccessCount + st.FailureCount
	st.Status, st.PendingCount, st.Pendings = "pending", len(sub.all)-done, sub.all[done:]
	if st.PendingCount == 0 {
		st.Pendings = nil
	}
	return st
}

// put writes a status into the store. The lock is held.
func (sub *submission) put(ctx context.Context, st Status) error {
	in := sub.in
	now := in.s.opt.Now()
	kept := keptStatus{Status: st}
	if st.Status == "pending" {
		kept.Until = now.Add(leaseLife)
	}
	b, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	if err := in.s.st.PutStatus(ctx, in.p.Caller, in.c.Root, st.ID, b); err != nil {
		return meaning(err)
	}
	sub.written = now
	return nil
}

// run stores the objects, batch by batch. An error is for a caller who waits; one who has gone finds it in the status.
func (sub *submission) run(ctx context.Context) error {
	err := sub.store(ctx)
	sub.mu.Lock()
	defer sub.mu.Unlock()
	sub.finished = true
	if sub.handed {
		defer sub.in.s.reserve(-sub.text.size)
	}
	if err != nil && !sub.handed {
		return err
	}
	// From here on the service may be about to close, which does not change what was done.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
	defer cancel()
	log := sub.in.s.opt.Log
	if err != nil {
		log.LogAttrs(ctx, slog.LevelError, "a submission could not be finished", slog.String("status", sub.st.ID), slog.Any("error", err))
		sub.st = sub.pending()
		sub.st.abandon("it could not be stored: send it again")
	}
	sub.st.Status = "complete"
	if err := sub.put(ctx, sub.st); err != nil {
		log.LogAttrs(ctx, slog.LevelError, "the status of a submission could not be written", slog.String("status", sub.st.ID), slog.Any("error", err))
		return err
	}
	detail := map[string]any{
		"collection": sub.in.c.UID, "total": sub.st.TotalCount, "success": sub.st.SuccessCount, "failure": sub.st.FailureCount,
	}
	return sub.in.s.Audit(ctx, sub.in.p, DeedSubmit, sub.st.ID, detail)
}

func (sub *submission) store(ctx context.Context) error {
	text, err := sub.text.reader()
	if err != nil {
		return err
	}
	r := stix.NewReader(text, sub.in.s.opt.Limits)
	var batch []prepared
	size := 0
	for last := false; !last; {
		e, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			last = true
		case err != nil:
			return streamError(err) // cannot be: it was read to its end before
		case !e.Bundle:
			batch = append(batch, prepared{entry: e})
			if e.Object != nil {
				size += len(e.Object.Raw)
			}
		}
		if len(batch) < addTogether && size < mostTogether && !last {
			continue
		}
		if err := sub.batch(ctx, batch); err != nil {
			return err
		}
		clear(batch)
		batch, size = batch[:0], 0
	}
	return nil
}

// batch stores some of the objects and notes what became of them.
func (sub *submission) batch(ctx context.Context, batch []prepared) error {
	if len(batch) == 0 {
		return nil
	}
	details := Status{RequestTimestamp: sub.st.RequestTimestamp}
	if err := sub.in.submit(ctx, batch, &details); err != nil {
		return err
	}
	sub.mu.Lock()
	defer sub.mu.Unlock()
	st := &sub.st
	st.SuccessCount += details.SuccessCount
	st.FailureCount += details.FailureCount
	st.Successes = append(st.Successes, details.Successes...)
	st.Failures = append(st.Failures, details.Failures...)
	if !sub.handed || sub.in.s.opt.Now().Sub(sub.written) < leaseAfter {
		return nil
	}
	return sub.put(ctx, sub.pending())
}
