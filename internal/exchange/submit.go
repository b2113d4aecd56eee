package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"entente/internal/stix"
	"entente/internal/store"
)

// SubmitOptions say how objects are to be taken in. The zero value takes what the collection says.
type SubmitOptions struct {
	Group int64        // sharing group that the items get, 0: the collection's
	Label *store.Label // of objects that have none, nil: the collection's

	// What follows is for Import from a seed alone (docs/formats/seed.md).
	Added   func(n int64) time.Time // date_added of the nth object of the stream, from 0; nil or zero: now
	Lenient bool                    // keeps objects that break rules of STIX, too, as long as they can be read and have an id
}

const (
	maxSubmitted = 100_000 // objects of one envelope
	addTogether  = 1000    // objects in one transaction
)

// timeFormat is that of timestamps in TAXII (section 2).
const timeFormat = "2006-01-02T15:04:05.000000Z"

// Submit takes in the objects of a TAXII envelope (section 3.7). What is wrong with single objects is in the status;
// [ErrUnprocessable] says that the body is no envelope with objects, and nothing of it is stored then. When it returns, all
// that succeeded is safe on disk. An error of body comes back as it is.
//
// The whole body is held in memory: who calls bounds it.
func (s *Service) Submit(ctx context.Context, p Principal, c CollectionView, body io.Reader, opt SubmitOptions) (Status, error) {
	in, err := s.newIntake(ctx, p, c, opt)
	if err != nil {
		return Status{}, err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return Status{}, fmt.Errorf("body: %w", err)
	}
	total, err := in.survey(text)
	if err != nil {
		return Status{}, err
	}
	st := Status{ID: newUUID(), Status: "complete", RequestTimestamp: in.now.UTC().Format(timeFormat), TotalCount: total}
	r := stix.NewReader(bytes.NewReader(text), s.opt.Limits)
	var batch []prepared
	for last := false; !last; {
		e, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			last = true
		case err != nil:
			return Status{}, streamError(err) // cannot be: it was read to its end before
		case !e.Bundle:
			batch = append(batch, prepared{entry: e})
		}
		if len(batch) < addTogether && !last {
			continue
		}
		if err := in.submit(ctx, batch, &st); err != nil {
			return Status{}, err
		}
		batch = batch[:0]
	}
	if err := s.putStatus(ctx, p, c, &st); err != nil {
		return Status{}, err
	}
	detail := map[string]any{"collection": c.UID, "total": st.TotalCount, "success": st.SuccessCount, "failure": st.FailureCount}
	return st, s.Audit(ctx, p, DeedSubmit, st.ID, detail)
}

// survey reads the whole body once: whether it is an envelope, how many objects it has, and which markings it defines, which
// may stand after those who use them.
func (in *intake) survey(text []byte) (total int, err error) {
	r := stix.NewReader(bytes.NewReader(text), in.s.opt.Limits)
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, streamError(err)
		}
		if e.Bundle && e.Err != nil {
			return 0, fmt.Errorf("the envelope: %w: %w", e.Err, ErrUnprocessable)
		}
		if e.Bundle && e.Text == 0 {
			continue
		}
		if e.Text > 0 || !strings.HasPrefix(e.Pointer, "/objects/") {
			return 0, fmt.Errorf("the body is an envelope with objects, {\"objects\": […]}: %w", ErrUnprocessable)
		}
		if total++; total > maxSubmitted {
			return 0, fmt.Errorf("send at most %d objects at once: %w", maxSubmitted, ErrUnprocessable)
		}
		in.learn(e.Object)
	}
	if total == 0 {
		return 0, fmt.Errorf("there are no objects in the envelope: %w", ErrUnprocessable)
	}
	return total, nil
}

// submit stores a batch and writes into the status what became of it.
func (in *intake) submit(ctx context.Context, batch []prepared, st *Status) error {
	if err := in.ask(ctx, batch); err != nil {
		return err
	}
	for i := range batch {
		in.prepare(in.known, &batch[i])
	}
	outcomes, err := in.add(ctx, batch)
	if err != nil {
		return err
	}
	for i := range batch {
		x := &batch[i]
		d := StatusDetail{ID: x.entry.Pointer, Version: st.RequestTimestamp, Message: x.failure}
		if o := x.entry.Object; o != nil && o.ID != "" {
			d.ID = o.ID
			if v := o.Version(); !v.Time.IsZero() {
				d.Version = v.Text
			} else if at := outcomes[i].Added; !at.IsZero() {
				d.Version = at.UTC().Format(timeFormat)
			}
		}
		switch {
		case x.failure != "":
		case outcomes[i].Result == store.Conflict:
			d.Message = "another object stands here with the same version: yours is kept as a conflict; give it a new version"
		default:
			d.Message = x.note
			st.SuccessCount++
			st.Successes = append(st.Successes, d)
			continue
		}
		st.FailureCount++
		st.Failures = append(st.Failures, d)
	}
	return nil
}

func (s *Service) putStatus(ctx context.Context, p Principal, c CollectionView, st *Status) error {
	b, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	return meaning(s.st.PutStatus(ctx, p.Caller, c.Root, st.ID, b))
}

// Status is what became of a submission of the caller's. [ErrNotFound] for all others.
func (s *Service) Status(ctx context.Context, p Principal, root store.Root, id string) (Status, error) {
	if p.IsAnonymous() {
		return Status{}, fmt.Errorf("status: %w", ErrNotFound)
	}
	b, err := s.st.Status(ctx, p.Caller, root.ID, id)
	if err != nil {
		return Status{}, meaning(err)
	}
	var st Status
	if err := json.Unmarshal(b, &st); err != nil {
		return Status{}, fmt.Errorf("status: %w", err)
	}
	return st, nil
}
